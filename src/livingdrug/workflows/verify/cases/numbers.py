"""Numbers that must be the same everywhere: random streams, texts, blocks of subjects."""

from collections.abc import Iterator

from livingdrug.workflows.verify.case import Case

OWN = "record of livingdrug (Philox keyed by seed, purpose and subject)"


def cases(full: bool) -> Iterator[Case]:
    """Streams, digits, and a population computed in parts."""
    yield Case("numbers", "random stream of seed 1, subject 1,000,001", STREAM, _stream, 0.0, OWN)
    yield Case(
        "numbers",
        "numbers of a table that do not read back to themselves",
        0,
        _misread,
        0.0,
        "shortest decimal text of a double",
    )
    yield Case("numbers", "subjects that differ when a population is computed in blocks of 7", 0, _apart, 0.0,
               "the numbers of a subject depend on the subject alone")  # fmt: skip
    if full:
        yield Case("numbers", "subjects that differ when two processes share the work", 0, _shared, 0.0,
                   "the numbers of a subject depend on the subject alone")  # fmt: skip


STREAM = "0x1.a043bf4e90580p-1 0x1.35da192c6088ap-3"


def _stream() -> str:
    from livingdrug.core.random import uniforms

    return " ".join(value.hex() for value in uniforms(1, "verify", 1_000_000, 2).tolist())


def _misread() -> float:
    import numpy as np

    from livingdrug.core.digits import float_texts
    from livingdrug.core.random import uniforms

    values = np.exp(1400 * (uniforms(1, "verify digits", 0, 20_000) - 0.5))
    made = float_texts(values)
    texts = (row[b:e].tobytes() for row, b, e in zip(made.bytes, made.begin, made.end, strict=True))
    return sum(
        float(text) != value or text.decode() != repr(value)
        for text, value in zip(texts, values.tolist(), strict=True)
    )


def _task():
    import numpy as np

    from livingdrug.models import get_model
    from livingdrug.simulation import CurvesTask, Draw

    model = get_model("stein_2019")
    outputs = tuple(o.name for o in model.system.outputs)
    return CurvesTask(model, Draw(40, 1, "sd"), None, np.arange(0.0, 29.0), 28.0, outputs)


def _apart() -> float:
    from livingdrug.simulation import joined

    task = _task()
    return _different(task(0, 40), joined([task(first, min(7, 40 - first)) for first in range(0, 40, 7)]))


def _shared() -> float:
    from livingdrug.scale import choose_executor, run_curves

    return _different(_task()(0, 40), run_curves(_task(), choose_executor(2, None), size=9))


def _different(one, other) -> float:
    """Subjects of whom any byte differs."""
    return sum(a.tobytes() != b.tobytes() for a, b in zip(one.values, other.values, strict=True))
