"""Parts of a problem as they are typed: `WT on c_max`, `transgene=combined:0.5,0.1`, `beta=0.0032`."""

from collections.abc import Sequence

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import Data
from livingdrug.fit.covariates import WEIGHT, as_number, first_texts, is_missing, known_covariates
from livingdrug.fit.problem import ERRORS, SHAPES, Effect, ResidualError
from livingdrug.models import Model


def read_number(text: str, what: str) -> float:
    """A finite number. Raises InputError that says what it was for."""
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"{what}: `{text}` is not a number")
    return value


def read_names(texts: Sequence[str], what: str, default: float | None = None) -> dict[str, float | None]:
    """`NAME` or `NAME=NUMBER` texts, commas between several; a name alone has the default."""
    found = {}
    for text in (part.strip() for given in texts for part in given.split(",")):
        if text:
            name, equals, number = text.partition("=")
            found[name.strip()] = read_number(number, f"{what} `{text}`") if equals else default
    return found


def read_effects(texts: Sequence[str], data: Data) -> tuple[Effect, ...]:
    """Covariate effects such as `WT on c_max`, `AGE on alpha exponential around 40`, `SEX=F on c_max`, `WT on
    cl fixed 0.75`.

        Without a shape numbers act as a power and words as categories, each level but the most frequent one
        with its own coefficient; without `around` the reference is the median over the subjects; `from` and
        `fixed` give the coefficient.
    """
    return tuple(effect for text in texts for effect in _effects(text, data))


def _effects(text: str, data: Data) -> list[Effect]:
    head, on, tail = text.partition(" on ")
    words = tail.split()
    if not on or not words:
        raise InputError(
            f"covariate `{text}` cannot be read; write COVARIATE on PARAMETER, such as WT on c_max"
        )
    name, _, level = head.strip().partition("=")
    parameter, rest = words[0], words[1:]
    shape = rest.pop(0) if rest and rest[0] in SHAPES else ""
    given = dict(zip(rest[::2], rest[1::2], strict=False))
    if len(rest) % 2 or not set(given) <= {"around", "from", "fixed"}:
        raise InputError(
            f"covariate `{text}`: after the parameter come a shape, around NUMBER, from NUMBER or fixed "
            "NUMBER"
        )
    numbers = {word: read_number(value, f"covariate `{text}`") for word, value in given.items()}
    coefficient, fixed = numbers.get("fixed", numbers.get("from", 0.0)), "fixed" in numbers
    texts = first_texts(data, name)
    if texts is None:
        raise InputError(f"covariate `{text}`: " + unknown("covariate", name, known_covariates(data)))
    if level:
        return [Effect(parameter, name, "categorical", coefficient, level=level, fixed=fixed)]
    values = _as_numbers(texts, None if shape == "categorical" else data, name)
    if shape == "categorical" or (not shape and values is None):
        levels, counts = np.unique([str(t) for t in texts if not is_missing(t)], return_counts=True)
        common = levels[np.argmax(counts)]
        return [
            Effect(parameter, name, "categorical", coefficient, level=str(v), fixed=fixed)
            for v in levels
            if v != common
        ]
    if values is None:
        raise InputError(
            f"covariate `{text}`: `{name}` holds words; leave the shape out, or write {name}=LEVEL"
        )
    reference = numbers.get("around", float(np.nanmedian(values)))
    name = "WT" if name.lower() in WEIGHT else name
    return [Effect(parameter, name, shape or "power", coefficient, reference, fixed=fixed)]


def _as_numbers(texts: np.ndarray, data: Data | None, name: str) -> np.ndarray | None:
    """The texts as numbers, None where they are words. With data, a word among numbers is a fault of its
    subject."""
    values = np.array([np.nan if is_missing(t) else as_number(t) for t in texts])
    words = [i for i, t in enumerate(texts) if not is_missing(t) and not np.isfinite(values[i])]
    if not words:
        return values
    # twice as many words as numbers may be categories, some of which are numbers
    if data is not None and len(words) < 2 * np.isfinite(values).sum():
        i = words[0]
        lines = data.line[data.profiles.subject[data.profile] == i]
        place = f"line {int(lines.min())}, " if len(lines) else ""
        more = f" (and {len(words) - 1} more subjects)" if len(words) > 1 else ""
        others = "most others are" if 2 * len(words) <= len(texts) else "others are"
        raise InputError(
            f"{place}subject `{data.subjects[i]}`{more}: covariate `{name}` is `{texts[i]}`, which is no "
            f"number, and {others}; correct the cell, leave it empty (--missing says what becomes of it), or "
            "say categorical"
        )
    return None


def read_residuals(texts: Sequence[str], model: Model) -> tuple[ResidualError, ...]:
    """Residual errors such as `combined:0.5,0.1` or `transgene=lognormal:0.5`; the numbers are a and b."""
    return tuple(_residual(text, model) for text in texts)


def _residual(text: str, model: Model) -> ResidualError:
    output, equals, rest = text.partition("=")
    if not equals:
        measured = [o.name for o in model.system.outputs if o.measured] or [
            o.name for o in model.system.outputs
        ]
        if len(measured) != 1:
            raise InputError(f"residual error `{text}`: say of which output, such as {measured[0]}={text}")
        output, rest = measured[0], text
    kind, _, numbers = rest.partition(":")
    kind = kind.strip()
    if kind not in ERRORS:
        raise InputError(f"residual error `{text}`: " + unknown("kind", kind, ERRORS))
    values = [read_number(part, f"residual error `{text}`") for part in numbers.split(",") if part.strip()]
    names = {"additive": ("a",), "lognormal": ("a",), "proportional": ("b",)}.get(kind, ("a", "b"))
    if len(values) != len(names):
        example = f"{kind}:{','.join(['0.3'] * len(names))}"
        raise InputError(f"residual error `{text}`: {kind} needs {' and '.join(names)}, such as {example}")
    a, b = (values[names.index(part)] if part in names else 0.0 for part in ("a", "b"))
    return ResidualError(output.strip(), kind, a=a, b=b)
