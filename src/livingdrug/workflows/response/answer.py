"""What the fit of an outcome on exposure says, for each group of subjects."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from livingdrug.core.export import write_text
from livingdrug.report import Answer, Cell, Picture, Table
from livingdrug.response import (
    CONFOUNDED,
    CURVE_FILE,
    SEPARATED,
    BinaryFit,
    CompetingFit,
    Curve,
    FittedCurve,
    GradedFit,
    RepeatedFit,
    TimeFit,
    VisitsFit,
    curves_to_toml,
)
from livingdrug.response.words import percent
from livingdrug.workflows.response import by_day
from livingdrug.workflows.response.coefficients import as_estimate, estimate_words
from livingdrug.workflows.response.spec import Response, ResponseAnswer
from livingdrug.workflows.tables import hashes


def telling(kind: str) -> ModuleType:
    """The module of a kind of outcome, which has its name: as_dict, lines, tables, table and figure of an answer."""
    return import_module(f"livingdrug.workflows.response.{kind}")


def answer(scenario: Response, found: tuple[ResponseAnswer, ...]) -> Answer:
    """The sentence of each group first, then its numbers."""
    sample = found[0].sample
    tables, checks, sentences = [], [], []
    for one in found:
        module, of = telling(one.kind), f" ({one.group})" if one.group else ""
        sentences += [
            f"{one.group}: " * bool(one.group) + module.as_dict(one)["sentence"],
            *module.lines(one),
        ]
        parts = list(module.tables(one))
        if one.by_day is not None:
            sentences += by_day.lines(one.by_day)
            parts += by_day.tables(one.by_day, cast(TimeFit | VisitsFit | CompetingFit, one.fit))
        tables += [Table(t.title + of, t.header, t.rows, t.detail) for t in parts]
        checks += [*one.sample.notes, *one.fit.notes]
    tables = [*by_groups(found), *tables]
    return Answer(
        title=f"{sample.endpoint} on {sample.exposure_name}",
        question=f"How does {sample.endpoint} depend on {sample.exposure_name} in {sample.name}?",
        sentences=tuple(sentences),
        flags=(CONFOUNDED,),
        checks=(_head(scenario, found), *dict.fromkeys(checks)),
        tables=tuple(tables),
        data=hashes(scenario),
    )


def by_groups(found: tuple[ResponseAnswer, ...]) -> list[Table]:
    """Where there are several groups: for each the exposures with a given probability, side by side."""
    shown = [(one, telling(one.kind).as_dict(one).get("exposure_at") or []) for one in found]
    if len(found) < 2 or not all(rows and "probability" in rows[0] for _, rows in shown):
        return []
    made = []
    for one, rows in shown:
        unit = f" {one.sample.exposure_unit}" if one.sample.exposure_unit else ""
        for row in rows:
            outcome = f"{row['outcome']}: " if "outcome" in row else ""
            at = estimate_words(as_estimate(row), unit)
            made.append((one.group, outcome + percent(row["probability"]), Cell(at)))
    name = found[0].sample.exposure_name
    return [Table(f"{name} by probability and group", ("group", "probability", "exposure"), tuple(made))]


def _head(scenario: Response, found: tuple[ResponseAnswer, ...]) -> str:
    """What was fitted to whom, and what was chosen by the values."""
    first, subjects = found[0], sum(one.fit.sample.subject_count for one in found)
    unit = f" ({first.sample.exposure_unit})" if first.sample.exposure_unit else ""
    given = {"kind": (scenario.outcome, first.kind), "model": (scenario.model, first.fit.model)}
    chosen = [f"--{name} {taken}" for name, (asked, taken) in given.items() if asked is None]
    text = (
        f"{first.sample.endpoint} on {first.sample.exposure_name}{unit}, {first.fit.model}, "
        f"{first.scale} exposure, "
    )
    text += f"{subjects:,} subjects"
    return text + (f"; chosen by the values of the endpoint: {', '.join(chosen)}" if chosen else "")


def table(_: Response, found: tuple[ResponseAnswer, ...]):
    """The curves with their bands; a first column for the group where there are several."""
    import pandas as pd

    tables = [telling(one.kind).table(one) for one in found]
    if len(tables) == 1:
        return tables[0]
    for part, one in zip(tables, found, strict=True):
        part.insert(0, "group", one.group)
    return pd.concat(tables, ignore_index=True)


def figures(_: Response, found: tuple[ResponseAnswer, ...]) -> Iterator[tuple[Picture, object]]:
    """The curve of each group."""
    for i, one in enumerate(found, 1):
        module, of = telling(one.kind), f" ({one.group})" if one.group else ""
        said = module.as_dict(one)["sentence"]
        name = f"response-{i}" if len(found) > 1 else "response"
        yield (
            Picture(name, f"{one.sample.endpoint} over {one.sample.exposure_name}{of}: {said}"),
            module.figure(one),
        )


def keep(scenario: Response, found: tuple[ResponseAnswer, ...], folder: Path) -> Answer:
    """Tables and figures, and the curves of a probability as a file by which they are used elsewhere."""
    from livingdrug.workflows.base import workflow

    made = fitted_curves(found, hashes(scenario))
    if made:
        write_text(curves_to_toml(made), folder / CURVE_FILE)
    return workflow(scenario.kind).keep_as_usual(scenario, found, folder)


def fitted_curves(found: tuple[ResponseAnswer, ...], data: tuple[tuple[str, str], ...]) -> tuple[FittedCurve, ...]:
    """The curves of all groups; of a time those by the day that was asked; none of a value."""
    made = []
    for one in found:
        curves, doubts, notes = _kept(one)
        sha256 = data[0][1] if data else ""
        made += [_fitted(curve, one, sha256, doubts, notes) for curve in curves]
    return tuple(made)


def _kept(one: ResponseAnswer) -> tuple[tuple[Curve, ...], tuple[str, ...], tuple[str, ...]]:
    """(curves, why they are not sound, what else to know of them) of a fit, for those who take them."""
    fit = one.fit
    if one.by_day is not None:
        return one.by_day.curves, one.by_day.doubts, (*fit.notes, *one.by_day.notes)
    if isinstance(fit, GradedFit):
        return fit.curves, (), fit.notes
    if isinstance(fit, RepeatedFit):
        return ((fit.widened,), (), (*fit.notes, _widened(fit))) if fit.determined else ((fit.curve,), fit.notes, ())
    if isinstance(fit, BinaryFit):
        return ((fit.curve,), (SEPARATED,), ()) if fit.separated else ((fit.curve,), (), fit.notes)
    return (), (), ()


def _widened(fit: RepeatedFit) -> str:
    """How the covariance of the file differs from that of the fit."""
    return (
        f"the covariance is that of the fit times {fit.widening:.4g}, (t / z)^2 at {100 * fit.level:g} %, so that "
        f"normal intervals and draws are as wide as those of Student's t with {fit.degrees} degrees of freedom"
    )


def _fitted(
    curve: Curve, one: ResponseAnswer, sha256: str, doubts: tuple[str, ...], notes: tuple[str, ...]
) -> FittedCurve:
    sample = one.fit.sample  # what entered the fit
    exposure, subjects, day = sample.exposure, one.fit.sample.subject_count, one.by_day.day if one.by_day else None
    return FittedCurve(curve, one.group, float(exposure.min()), float(exposure.max()), subjects, sha256, doubts, day, notes)


def plain(_: Response, found: tuple[ResponseAnswer, ...]) -> dict:
    """Plain data of an answer; one for each group where there are several."""
    made = [_common(one) | telling(one.kind).as_dict(one) | _of_day(one) for one in found]
    return (made[0] if len(made) == 1 else {"groups": made}) | {"caution": CONFOUNDED}


def _of_day(one: ResponseAnswer) -> dict:
    return {} if one.by_day is None else {"by_day": by_day.plain(one.by_day)}


def _common(one: ResponseAnswer) -> dict:
    sample = one.sample
    return {
        "file": sample.name,
        "group": one.group,
        "kind": one.kind,
        "model": one.fit.model,
        "scale": one.scale,
        "exposure": sample.exposure_name,
        "exposure_unit": sample.exposure_unit,
        "endpoint": sample.endpoint,
        "adjusted_for": list(sample.covariates),
        "subjects": one.fit.sample.subject_count,
        "notes": [*sample.notes, *one.fit.notes],
    }
