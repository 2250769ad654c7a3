"""What a score says: by product and by metric, and how much so few products can tell."""

from collections.abc import Iterator
from pathlib import Path

from livingdrug.assay import MetricScore, Score
from livingdrug.data import printable
from livingdrug.report import Answer, Picture, Table, cell, file_hash
from livingdrug.workflows.assay.score.spec import ScorePrediction

FEW = 8  # products beside the control, below which nothing is confirmed
OPEN = "not known"


def answer(scenario: ScorePrediction, found: Score) -> Answer:
    """Coverage, directions, order."""
    rows = tuple(
        (
            r.group, r.metric, cell(r.predicted, ends=(r.low, r.high)),
            cell(r.observed, ends=(r.observed_low, r.observed_high)), cell(r.patients),
            OPEN if r.held is None else "yes" if r.held else "no", r.direction,
        )
        for r in found.rows
    )  # fmt: skip
    return Answer(
        title="Predictions from the assay beside patients",
        question=f"Do patients show what the assay predicted, relative to {found.control}?",
        sentences=tuple(_sentences(found)),
        flags=tuple(_flags(found)),
        checks=found.notes,
        tables=(
            Table(
                f"ratios to {found.control} (95 % band of the prediction, 95 % interval of what was "
                "observed)",
                ("product", "metric", "predicted", "observed", "patients", "band holds it", "direction"),
                rows,
            ),
            Table(
                "by metric, over products (95 % intervals)",
                (
                    "metric",
                    "products",
                    "bands that hold it",
                    "right of clear directions",
                    "by guessing",
                    "rank correlation",
                ),
                tuple(_of_metric(m) for m in found.metrics),
            ),
        ),
        data=((printable(Path(scenario.observed).name), file_hash(scenario.observed)),),
    )


def _part(part) -> str:
    return (
        f"{part.k} of {part.n} ({100 * part.low:.0f} to {100 * part.high:.0f} %)"
        if part.n
        else "none is clear"
    )


def _of_metric(m: MetricScore) -> tuple:
    guessed = cell(m.chance) if m.directions.n else "-"
    rank = cell(m.rank, ends=(m.rank_low, m.rank_high)) if m.rank == m.rank else "not determined"
    return m.metric, cell(m.products), _part(m.held), _part(m.directions), guessed, rank


def _sentences(found: Score) -> Iterator[str]:
    for m in found.metrics:
        what = "product" if m.products == 1 else "products"
        said = f"{m.metric}, {m.products} {what} beside {found.control}: the 95 % band holds what was observed in"
        yield f"{said} {_part(m.held)}; direction right in {_part(m.directions)} that are clear."
    least = min(m.products for m in found.metrics)
    if least < FEW:
        yield (
            f"{least} product(s) beside the control cannot confirm predictions: bands that hold 95 % of the "
            "time and bands that hold half of the time would look alike. A clear failure can be seen, a "
            "success cannot."
        )


def _flags(found: Score) -> Iterator[str]:
    for r in found.rows:
        if r.held is False:
            yield f"{r.group}, {r.metric}: predicted {r.low:.3g} to {r.high:.3g}, observed {r.observed:.3g}: outside the band"
        if r.direction == "disagrees":
            yield f"{r.group}, {r.metric}: the change goes the other way than predicted"
    yield "patients of two products differ in more than the product (disease, dose, conditioning): nothing is adjusted for"


def table(_: ScorePrediction, found: Score):
    """A row for each product and metric."""
    return found.table()


def files(_: ScorePrediction, found: Score) -> dict:
    """The score of each metric."""
    import pandas as pd

    rows = [
        {
            "metric": m.metric,
            "products": m.products,
            "held": m.held.k,
            "of": m.held.n,
            "held_low": m.held.low,
            "held_high": m.held.high,
            "directions_right": m.directions.k,
            "directions_clear": m.directions.n,
            "by_guessing": m.chance,
            "rank_correlation": m.rank,
            "rank_low": m.rank_low,
            "rank_high": m.rank_high,
        }
        for m in found.metrics
    ]
    return {"metrics.csv": pd.DataFrame(rows)}


def figures(_: ScorePrediction, found: Score) -> Iterator[tuple[Picture, object]]:
    """Predicted against observed."""
    from livingdrug.plots import plot_scored

    caption = "Predicted and observed ratios to the control with 95 % intervals, a panel a metric; line: as predicted."
    yield Picture("scored", caption), plot_scored(found)
