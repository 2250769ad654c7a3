"""How well forecasts held against what came later, in words and tables."""

import math
from collections.abc import Iterator

from livingdrug.forecast import Cut, Forecast, Proportion, Score
from livingdrug.report import Table, cell


def check_sentences(made: Forecast) -> Iterator[str]:
    """A sentence for each day of the check."""
    for cut in made.checks:
        yield (
            f"from samples to day {cut.at:g}, the 90 % intervals held {_part(cut.samples)} of "
            f"{cut.samples.count} later "
            f"samples of {cut.samples.patients} patients" + _verdict(cut.samples)
        )
        for score in cut.outcomes:
            yield (
                f"from samples to day {cut.at:g}, {score.name} was expected in {score.expected:.0%} and came "
                f"in {score.observed:.0%} of {score.count} patients; Brier score {score.brier:.3f} (the "
                f"observed rate said of everyone: {score.reference:.3f}; lower is better)"
            )


def _part(of: Proportion) -> str:
    ends = f" (95 % CI {of.low:.0%} to {of.high:.0%})" if math.isfinite(of.low) else ""
    return f"{of.value:.0%}{ends}"


def _verdict(of: Proportion) -> str:
    """What the interval says of 90 %."""
    if not math.isfinite(of.low):
        return ", too few patients to judge"
    if of.low > 0.9:
        return ", more than 90 %: they are too wide"
    return ", fewer than 90 %: the population does not fit these patients" if of.high < 0.9 else ""


def checks_tables(made: Forecast) -> tuple[Table, ...]:
    """A row for each day of the check, and one for each score."""
    if not made.checks:
        return ()
    rows = [
        (
            f"{cut.at:g}", str(cut.samples.count), _cell(cut.samples), _cell(cut.auc), str(cut.auc.patients),
            *(f"{part / max(cut.fifths.sum(), 1e-12):.0%}" for part in cut.fifths),
        )
        for cut in made.checks
    ]  # fmt: skip
    header = (
        "to day", "later samples", "within 90 % interval", "AUC28 of all samples within", "patients",
        *(f"{k}. fifth" for k in range(1, 6)),
    )  # fmt: skip
    scores = [
        (cut, score) for cut in made.checks for score in (*((cut.below,) if cut.below else ()), *cut.outcomes)
    ]
    tables = [Table("check: what came later against what was expected", header, tuple(rows))]
    if scores:
        names = (
            "to day",
            "probability of",
            "count",
            "expected",
            "observed",
            "Brier score (SE)",
            "of the rate alone",
            "pairs in order",
        )
        tables.append(
            Table("check: probabilities", names, tuple(_score(cut, score) for cut, score in scores))
        )
    return tuple(tables)


def _cell(of: Proportion):
    return cell(of.value if math.isfinite(of.value) else None, ends=(of.low, of.high))


def _score(cut: Cut, score: Score) -> tuple:
    brier = f"{score.brier:.3f} ({score.se:.3f})"
    ranked = f"{score.ranked:.0%}" if math.isfinite(score.ranked) else "-"
    return (
        f"{cut.at:g}", score.name, str(score.count), f"{score.expected:.1%}", f"{score.observed:.1%}", brier,
        f"{score.reference:.3f}", ranked,
    )  # fmt: skip


def check_table(made: Forecast):
    """Every later sample of every check; None without one."""
    import pandas as pd

    return pd.concat([cut.rows for cut in made.checks], ignore_index=True) if made.checks else None
