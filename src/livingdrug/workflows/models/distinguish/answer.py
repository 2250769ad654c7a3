"""Which sample decides between two explanations."""

import math
from collections.abc import Iterator

from livingdrug.core.units import in_a_day
from livingdrug.core.words import number
from livingdrug.report import Answer, Cell, Picture, Table, cell, model_card
from livingdrug.simulation import Distinguished, Separation
from livingdrug.workflows.models.distinguish.spec import ModelsDistinguish

SHOWN = 12
MANY = 100  # patients, more than which early trials do not have


def answer(scenario: ModelsDistinguish, found: Distinguished) -> Answer:
    """The best sample first."""
    names = [model.full_name for model in found.models]
    if names[0] == names[1]:
        names = list(scenario.models)
    return Answer(
        title=f"{names[0]} or {names[1]}?",
        question=f"Which sample would say whether `{names[0]}` or `{names[1]}` holds?",
        sentences=tuple(_sentences(found)),
        flags=tuple(_flags(found)),
        checks=(
            f"{found.results[0].subjects}; {found.results[1].subjects}",
            "difference: of the mean ln value over its SD in one patient; patients: whose samples show it "
            "from the other model's expectation (two-sided 5 %, power 80 %, normal approximation)",
            *(f"caution: {notice}" for notice in found.notices),
        ),
        tables=tuple(_tables(found, names)),
        cards=tuple(model_card(model) for model in found.models),
        seed=scenario.seed,
    )


def _day(found: Distinguished, row: Separation) -> float:
    return row.time / in_a_day(found.models[0].time_unit)


def _sentences(found: Distinguished) -> Iterator[str]:
    best = found.rows[0]
    if not best.patients <= MANY:
        yield (
            f"No sample looked at decides between them with {MANY} patients: the best, {best.output} on day "
            f"{_day(found, best):g}, differs {number(max(best.ratio, 1 / best.ratio))}-fold, "
            f"{number(best.difference)} SD of one patient."
        )
        return
    yield _words(found, best)
    seen = {best.output}
    for row in found.rows:
        if row.output not in seen and row.patients <= MANY:
            seen.add(row.output)
            yield _words(found, row)
    never = sorted({row.output for row in found.rows} - seen)
    if never:
        yield f"With up to {MANY} patients {', '.join(never)} would not decide on any of the days."


def _words(found: Distinguished, row: Separation) -> str:
    one, other = (number(v) for v in row.medians)
    patients = "one patient" if row.patients == 1 else f"{row.patients:,.0f} patients"
    return (
        f"{row.output} on day {_day(found, row):g}: median {one} against {other} {row.unit}, "
        f"{number(row.difference)} SD of one patient apart; the samples of {patients} show it."
    )


def _flags(found: Distinguished) -> Iterator[str]:
    yield (
        "each model is taken as it is, with its estimates: what refitting either to the new sample would "
        "take up is not counted"
    )
    if found.noiseless:
        names = ", ".join(found.noiseless)
        yield f"no residual error of {names} is stated in both models: it is left out (--noise gives one)"
    bare = [row.output for row in found.rows if row.output not in found.limits]
    if bare:
        yield "without a limit of quantification (--limit OUTPUT=VALUE) a difference may lie below what an assay sees"
    for model, left, variable in zip(found.models, found.left, found.variable, strict=True):
        if left:
            yield f"`{model.full_name}`: {left:,} virtual patients were not computed, or are unphysical, and are left out"
        if not variable:
            who = f"`{model.full_name}` has no between-subject variability"
            yield f"{who}: its typical patient stands for all (--cv states one)"
    if found.apart:
        yield f"not compared, as only one model has them in this unit: {', '.join(found.apart)}"
    hashes = [model.fitted.data_sha256 for model in found.models if model.fitted is not None]
    if len(hashes) == 2 and hashes[0] != hashes[1]:
        yield "the two models were fitted to different data, so they are not two explanations of the same"


def _tables(found: Distinguished, names: list[str]) -> Iterator[Table]:
    header = (
        "output",
        "day",
        f"median, {names[0]}",
        f"median, {names[1]}",
        "difference (SD)",
        "AUC",
        "patients",
    )
    rows = tuple(_row(found, row) for row in found.rows)
    more = len(rows) > SHOWN
    yield Table("samples, those that decide with fewest patients first", header, rows[:SHOWN])
    if more:
        yield Table("all samples", header, rows, detail=True)


def _row(found: Distinguished, row: Separation) -> tuple:
    medians = [_level(value, below, row) for value, below in zip(row.medians, row.below, strict=True)]
    many = Cell("> 10,000", None) if math.isinf(row.patients) else cell(int(row.patients))
    difference = Cell("no noise", None) if math.isinf(row.difference) else cell(row.difference)
    return (
        row.output,
        cell(_day(found, row)),
        *medians,
        difference,
        Cell(f"{row.overlap:.2f}", row.overlap),
        many,
    )


def _level(value: float, below: float, row: Separation) -> Cell:
    text = number(value) + (f" ({below:.0%} BLQ)" if below > 0 else "")
    return Cell(text, value, row.unit)


def table(_: ModelsDistinguish, found: Distinguished):
    """A row for each output and day: output, unit, day, median and part below the limit of either model,
    ratio (second over first), difference (SD), auc, patients (empty above 10,000)."""
    import pandas as pd

    return pd.DataFrame([
        {
            "output": row.output, "unit": row.unit, "day": _day(found, row), "median_1": row.medians[0],
            "median_2": row.medians[1], "below_1": row.below[0], "below_2": row.below[1], "ratio": row.ratio,
            "difference": row.difference, "auc": row.overlap,
            "patients": math.nan if math.isinf(row.patients) else row.patients,
        }
        for row in found.rows
    ])  # fmt: skip


def figures(_: ModelsDistinguish, found: Distinguished) -> Iterator[tuple[Picture, object]]:
    """How far apart the two models are over the days, for each output."""
    from livingdrug.plots import plot_separations

    caption = "Expected difference of the two models over its SD in one patient, by day, for each output that both have."
    yield Picture("separations", caption), plot_separations(found)
