"""What is said of cure: probabilities of cure and relapse, and of whom nothing can be said."""

from collections.abc import Iterator

import numpy as np

from livingdrug.core.words import number
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.workflows.cure import drawn
from livingdrug.workflows.cure.spec import Cure, CureFound, RunsFound

LEVELS = (5, 25, 50, 75, 95)
POINTS = 150  # of a curve
MOST_ROWS = 20  # subjects named one by one
METHOD = (
    "cells die and multiply independently of each other once few are left (birth and death process, Kendall 1948); until "
    "then the population follows its equations; a relapse is a population that does not die out by the horizon"
)


def answer(scenario: Cure, found: CureFound | RunsFound) -> Answer:
    """Probabilities of the typical subject, or over subjects."""
    if isinstance(found, RunsFound):
        return drawn.answer(scenario, found)
    model = found.model
    return Answer(
        title=f"Probability of cure in {model.full_name}",
        question=f"With what probability is no cell of `{scenario.state}` left by day {scenario.days:g}, and with what "
        "does it come back?",
        sentences=tuple(_sentences(scenario, found)),
        flags=tuple(_flags(scenario, found)),
        checks=(METHOD,),
        tables=tuple(_tables(scenario, found)),
        cards=(model_card(model),),
        seed=scenario.seed,
    )


def _sentences(scenario: Cure, found: CureFound) -> Iterator[str]:
    n, reached = len(found.courses), found.reached
    if scenario.subjects is None:
        if not reached[0]:
            yield (
                f"The typical subject never falls below {scenario.below} cells by day {scenario.days:g}, so its "
                "probability of cure is 0."
            )
            return
        p, day = float(found.cured[0]), found.courses[0].start / found.by * scenario.days
        yield (
            f"The typical subject falls below {scenario.below} cells on day {number(day)}; probability of cure by day "
            f"{scenario.days:g}: {number(p)}, of relapse: {number(1 - p)}."
        )
    else:
        yield (
            f"{int(reached.sum())} of {n} subjects fall below {scenario.below} cells by day {scenario.days:g}; mean "
            f"probability of cure over all subjects: {number(float(found.cured.mean()))}."
        )
        if reached.any():
            mean = float(found.cured[reached].mean())
            yield (
                f"Of those who fall so low, the mean probability of cure is {number(mean)} and of relapse {number(1 - mean)}."
            )
    if found.drawn is not None:
        p, low, high = found.drawn.probability(found.by)
        yield (
            f"Drawn event by event ({scenario.runs:,} runs of the typical subject): {number(p)} cured (95 % interval "
            f"{number(low)} to {number(high)})."
        )


def _flags(scenario: Cure, found: CureFound) -> Iterator[str]:
    missed = int((~found.reached).sum())
    if missed and scenario.subjects is not None:
        yield f"{missed} subject(s) never fall below {scenario.below} cells; their probability of cure counts as 0"
    yield "cells that are followed by chance see the rates of the deterministic course; they do not change it"


def _tables(scenario: Cure, found: CureFound) -> Iterator[Table]:
    if scenario.subjects is not None and found.reached.any():
        cured = found.cured[found.reached]
        rows = tuple(
            (name, *(cell(float(v)) for v in np.percentile(values, LEVELS)))
            for name, values in (("cure", cured), ("relapse", 1 - cured))
        )
        header = ("probability", *(f"{level} %" for level in LEVELS))
        yield Table("percentiles over subjects who fall so low", header, rows)
    shown = table(scenario, found).head(MOST_ROWS)
    rows = tuple(
        (
            str(r["subject"]),
            cell(None if np.isnan(r["few_left_at_d"]) else r["few_left_at_d"]),
            cell(r["p_cure"]),
            cell(r["p_relapse"]),
        )
        for r in shown.to_dict("records")
    )
    more = "" if len(found.courses) <= MOST_ROWS else f", the first {MOST_ROWS}"
    header = ("subject", f"below {scenario.below} cells (d)", "p cure", "p relapse")
    yield Table(f"subjects{more}", header, rows)


def table(scenario: Cure, found: CureFound | RunsFound):
    """A row for each subject; a subject that never falls so low has no time, p_cure 0, and no p_relapse."""
    import pandas as pd

    if isinstance(found, RunsFound):
        return drawn.table(scenario, found)

    starts = np.array([course.start for course in found.courses]) / found.by * scenario.days
    return pd.DataFrame(
        {
            "subject": np.arange(1, len(starts) + 1),
            "few_left_at_d": np.where(found.reached, starts, np.nan),
            "p_cure": found.cured,
            "p_relapse": np.where(found.reached, 1 - found.cured, np.nan),
        }
    )


def files(scenario: Cure, found: CureFound | RunsFound) -> dict:
    """Levels over time, where every population was drawn."""
    return {"levels.csv": drawn.levels(scenario, found)} if isinstance(found, RunsFound) else {}


def figures(scenario: Cure, found: CureFound | RunsFound) -> Iterator[tuple[Picture, object]]:
    """The probability of cure over time."""
    if isinstance(found, RunsFound):
        yield from drawn.figures(scenario, found)
    elif found.reached.any():
        from livingdrug.plots import plot_cure

        caption = (
            f"Probability that no cell of `{scenario.state}` is left, by day: each subject, and their mean."
        )
        times = np.linspace(0.0, found.by, POINTS)
        curves = np.array([[course.extinct_by(t) for t in times] for course in found.courses])
        yield Picture("cure", caption), plot_cure(times / found.by * scenario.days, curves)
