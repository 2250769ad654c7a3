"""The `sampling` kind of scenario: which further sampling days would sharpen which parameter of a model."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.fit import DaysResult, extra_days
from livingdrug.models import Model
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About, commas, numbers
from livingdrug.workflows.shared_fields import FRAGMENTS, VALUES, VARIABILITY, EvenSo, built

MODEL, SAMPLES = "Model", "Samples"

# for models that count days; ours, of no published protocol
OUR_DAYS = (0.0, 3.0, 7.0, 10.0, 14.0, 21.0, 28.0, 60.0, 90.0)
OUR_CANDIDATES = (1.0, 2.0, 5.0, 12.0, 17.0, 42.0, 120.0, 180.0, 365.0)


class Sampling(Document):
    """Expected standard errors with sampling on `days`, and with one of the `candidates` more."""

    EXAMPLES: ClassVar = (
        "livingdrug sampling stein_2019 --days 0,3,7,10,14,28 --candidates 60,90,180 --limit 50",
        "livingdrug sampling stein_2019 --fix f_b --subjects 20 --out run_days",
    )

    kind: Literal["sampling"] = "sampling"
    model: Annotated[str, About("A model by name, or a model file (.toml).", argument=True, group=MODEL)]
    fragments: Annotated[tuple[str, ...], FRAGMENTS.under(MODEL)] = ()
    values: Annotated[dict[str, float], VALUES.under(MODEL)] = Field(default_factory=dict)
    variability: Annotated[str | None, VARIABILITY.under(MODEL, ("spread",))] = None
    days: Annotated[
        tuple[float, ...],
        About(
            "When samples are taken, in the model's time unit; an example by default.",
            group=SAMPLES,
            metavar="0,7,14,28",
            read=numbers,
        ),
    ] = ()
    candidates: Annotated[
        tuple[float, ...],
        About(
            "Further times, of which one would be added; examples by default.",
            group=SAMPLES,
            metavar="3,60,90",
            read=numbers,
        ),
    ] = ()
    subjects: Annotated[int, About("Subjects, all sampled alike.", group=SAMPLES)] = 60
    limit: Annotated[
        float | None, About("Limit of quantification, in the unit of the measured output.", group=SAMPLES)
    ] = None
    residual: Annotated[
        float | None,
        About(
            "Residual error: SD of the logarithm of a measured value; the published one by default.",
            group=SAMPLES,
        ),
    ] = None
    fix: Annotated[
        tuple[str, ...],
        About("Parameters whose typical value is taken as known.", metavar="NAME,...", read=commas),
    ] = ()
    even_so: EvenSo = False


@dataclass(frozen=True)
class SamplingAnswer:
    """model; found: the errors; notes: what was taken for granted; sentences: what they say."""

    model: Model
    found: DaysResult
    notes: tuple[str, ...]
    sentences: tuple[str, ...]


def run(scenario: Sampling) -> SamplingAnswer:
    """Build the model, compute the errors. Raises InputError or ModelError before anything is computed."""
    model = built(scenario)
    days, candidates, notes = _schedule(scenario, model)
    found = extra_days(
        model,
        days,
        candidates,
        scenario.subjects,
        scenario.variability,
        scenario.limit,
        scenario.residual,
        scenario.fix,
    )
    return SamplingAnswer(model, found, (*notes, *_notes(found, model)), _sentences(found, _word(model)))


def _schedule(scenario: Sampling, model: Model) -> tuple[tuple[float, ...], tuple[float, ...], list[str]]:
    notes = []
    if not (scenario.days and scenario.candidates) and model.time_unit != "d":
        raise InputError(
            f"`{model.full_name}` counts {model.time_unit}; say when samples are taken (--days, --candidates)"
        )
    days = scenario.days or OUR_DAYS
    if not scenario.days:
        notes.append(
            f"no days were given: {_list(days)} are an example schedule of ours, of no published protocol"
        )
    candidates = scenario.candidates or tuple(day for day in OUR_CANDIDATES if day not in days)
    if not scenario.candidates:
        notes.append(f"no candidates were given: {_list(candidates)} are examples")
    for name, given in (("days", days), ("candidates", candidates)):
        wrong = [value for value in given if not (np.isfinite(value) and value >= 0)]
        if wrong:
            raise InputError(f"{name}: {wrong[0]:g} is no time after the infusion; give numbers from 0 on")
        if len(set(given)) < len(given):
            twice = next(value for value in given if given.count(value) > 1)
            raise InputError(f"{name}: {twice:g} is there twice; give each once")
    return days, candidates, notes


def _notes(found: DaysResult, model: Model) -> list[str]:
    silent = [day for day, told in zip(found.days, found.told, strict=True) if not told]
    below = [
        f"on {_word(model)} {_list(silent)} the typical curve is 0 or below the limit, so these tell nothing"
    ]
    return [
        *(below if silent else []),
        f"first-order expected information of {found.subjects} subjects sampled alike; between-subject "
        "variability and residual error are taken as known, and values below the limit as lost",
    ]


def _sentences(found: DaysResult, word: str) -> tuple[str, ...]:
    """The largest gain, then what the present days do not determine, and what would."""
    said = []
    gains = {name: 1 - _with(found, name, best) / se for name, se in zip(found.names, found.se, strict=True)
             if np.isfinite(se) and (best := found.best(name)) is not None}  # fmt: skip
    if gains:
        name = max(gains, key=lambda name: gains[name])
        best = known(found.best(name), "the best further day")
        before = _percent(found.se[found.names.index(name)])
        after = _percent(_with(found, name, best))
        said.append(f"sampling at {word} {best:g} as well would cut the expected error of {name} from "
                    f"{before} to {after}, the largest cut among these candidates")  # fmt: skip
    lost = [name for name, se in zip(found.names, found.se, strict=True) if np.isinf(se)]
    helped = {name: best for name in lost if (best := found.best(name)) is not None}
    for name, best in helped.items():
        error = _percent(_with(found, name, best))
        said.append(
            f"the present days do not determine {name}; {word} {best:g} as well would (expected "
            f"error {error})"
        )
    if len(helped) < len(lost):
        said.append(_hopeless(found, [name for name in lost if name not in helped]))
    return tuple(said) or ("no candidate would cut any error by a hundredth",)


def _hopeless(found: DaysResult, names: list[str]) -> str:
    """What neither the present days nor one more determine, and the reason where it is a count."""
    told = int(found.told.sum())
    text = (
        f"neither the present days nor one candidate more determine {', '.join(names)}, however many "
        "subjects there are"
    )
    if told + 1 < len(found.names):
        text += (
            f": {told} day(s) that tell something and one more cannot fix a curve of {len(found.names)} "
            "parameters. Add days, or take parameters as known (--fix)"
        )
    return text


def _with(found: DaysResult, name: str, day: float) -> float:
    return float(found.se_with[found.candidates.tolist().index(day), found.names.index(name)])


def _word(model: Model) -> str:
    return {"d": "day", "h": "hour"}.get(model.time_unit, "time")


def _percent(se: float) -> str:
    return f"{100 * se:.3g} %" if se <= 10 else "more than 1000 %"


def _list(values) -> str:
    return ", ".join(f"{value:g}" for value in values)
