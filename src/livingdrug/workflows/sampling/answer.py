"""What a question about sampling days is answered: expected errors now and with each candidate more."""

import math
from collections.abc import Iterator

from livingdrug.fit import DaysResult
from livingdrug.report import Answer, Cell, Picture, Table, model_card
from livingdrug.workflows.sampling.spec import Sampling, SamplingAnswer

NONE = "-"  # in place of an error that the days do not determine


def answer(_: Sampling, found: SamplingAnswer) -> Answer:
    """What would sharpen what."""
    result, model = found.found, found.model
    days = ", ".join(f"{day:g}" for day in result.days)
    return Answer(
        title=f"Sampling days for {model.full_name}",
        question=f"Which sample more, beside those at {days} {model.time_unit}, would reduce the error of which parameter?",
        sentences=found.sentences,
        flags=found.notes,
        tables=(
            _table(result, f"expected relative standard error (%) with samples at {days} {model.time_unit}"),
        ),
        cards=(model_card(model),),
    )


def _table(result: DaysResult, title: str) -> Table:
    """A row for each parameter: the best candidate, the error now, and with each candidate."""
    rows = []
    for j, name in enumerate(result.names):
        best = result.best(name)
        now = Cell("not determined") if math.isinf(result.se[j]) else _cell(result.se[j])
        rows.append((name, "none" if best is None else f"{best:g}", now, *map(_cell, result.se_with[:, j])))
    header = ("parameter", "best", "now", *(f"+ {day:g}" for day in result.candidates))
    return Table(f"{title}, and one more ({NONE}: not determined)", header, tuple(rows))


def _cell(se: float) -> Cell:
    return Cell(f"{100 * se:.3g}" if se <= 10 else NONE if math.isinf(se) else "> 1000", float(se), "%")


def table(_: Sampling, found: SamplingAnswer):
    """A row for each parameter."""
    return found.found.table()


def figures(_: Sampling, found: SamplingAnswer) -> Iterator[tuple[Picture, object]]:
    """The errors as a map."""
    from livingdrug.plots import plot_days

    caption = "Expected relative standard error (%) now and with each candidate; frame: best."
    yield Picture("sampling", caption), plot_days(found.found, found.model.full_name, found.model.time_unit)


def plain(_: Sampling, found: SamplingAnswer) -> dict:
    """Plain data of an answer; an error that is infinite is null."""
    result = found.found
    parameters = [
        {
            "parameter": name,
            "se": _finite(result.se[j]),
            "se_with": [_finite(se) for se in result.se_with[:, j]],
            "best": result.best(name),
        }
        for j, name in enumerate(result.names)
    ]
    return {
        "model": found.model.full_name,
        "time_unit": found.model.time_unit,
        "subjects": result.subjects,
        "days": result.days.tolist(),
        "candidates": result.candidates.tolist(),
        "parameters": parameters,
        "sentences": list(found.sentences),
        "notes": list(found.notes),
    }


def _finite(value: float) -> float | None:
    return float(value) if value < float("inf") else None
