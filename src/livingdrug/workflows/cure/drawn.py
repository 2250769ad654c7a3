"""What is said of cure where every population of a model was drawn by random events."""

from collections.abc import Iterator

import numpy as np

from livingdrug.core.proportion import clopper_pearson
from livingdrug.core.units import in_a_day
from livingdrug.core.words import number
from livingdrug.models import flows_of
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.workflows.cure.spec import Cure, RunsFound

MOST_ROWS = 20  # subjects named one by one
WORDS = ("cure", "relapse")


def answer(scenario: Cure, found: RunsFound) -> Answer:
    """Probabilities of the typical subject, or over subjects, each with its interval."""
    model = found.model
    return Answer(
        title=f"Probability of cure in {model.full_name}, by random events",
        question=f"In what part of the runs is no cell of `{scenario.state}` left on day {scenario.days:g}, and in what "
        "part does it come back from few cells?",
        sentences=tuple(_sentences(scenario, found)),
        flags=tuple(_flags(scenario, found)),
        checks=(
            f"populations below {scenario.large:g} cells are born and die by random events, one by one or in short leaps "
            "(Cao, Gillespie & Petzold 2006); larger ones, and what is not counted in cells, follow their rates",
            f"a relapse is a population that once had fewer than {scenario.below} cells and has some on the last day",
        ),
        tables=tuple(_tables(scenario, found)),
        cards=(model_card(model),),
        seed=scenario.seed,
    )


def _told(scenario: Cure, found: RunsFound):
    return [runs for runs in found.every if not runs.reason]


def _sentences(scenario: Cure, found: RunsFound) -> Iterator[str]:
    told = _told(scenario, found)
    if scenario.subjects is None:
        (runs,) = told
        told_of = [(runs.cured, "has no cell left"), (runs.relapsed, "came down to few cells and has some left")]
        for word, (events, happens) in zip(WORDS, told_of, strict=True):
            p, low, high = runs.interval(events)
            yield (
                f"Probability of {word} of the typical subject by day {scenario.days:g}: {number(p)} (95 % interval "
                f"{number(low)} to {number(high)}; `{scenario.state}` {happens} in {events:,} of {runs.runs:,} runs)."
            )
        return
    for word in WORDS:
        p, low, high = _mean([_part(runs, word) for runs in told])
        yield (
            f"Mean probability of {word} by day {scenario.days:g} over {len(told)} subjects: {number(p)} (95 % interval "
            f"{number(low)} to {number(high)}, as if each subject were seen once)."
        )


def _part(runs, word: str) -> float:
    return (runs.cured if word == "cure" else runs.relapsed) / runs.runs


def _mean(parts: list[float]) -> tuple[float, float, float]:
    """Mean of probabilities, with the exact interval of as many subjects seen once: the widest that they can
    have."""
    n, total = len(parts), float(np.sum(parts))
    return total / n, *clopper_pearson(total, n, 0.95)


def _flags(scenario: Cure, found: RunsFound) -> Iterator[str]:
    missing = [runs for runs in found.every if runs.reason]
    if missing:
        yield f"{len(missing)} subject(s) could not be drawn and are left out; the first: {missing[0].reason}"
    never = sum(runs.cured + runs.relapsed == 0 for runs in _told(scenario, found))
    if never:
        yield f"in {never} subject(s) `{scenario.state}` has {scenario.below} cells or more all the time, in every run"
    yield from found.model.doubts


def _tables(scenario: Cure, found: RunsFound) -> Iterator[Table]:
    shown = table(scenario, found).head(MOST_ROWS)
    columns = ("p_cure", "p_cure_low", "p_cure_high", "p_relapse", "p_relapse_low", "p_relapse_high")
    rows = tuple(
        (str(row["subject"]), *(cell(float(row[name])) for name in columns))
        for row in shown.to_dict("records")
    )
    more = "" if len(found.every) <= MOST_ROWS else f", the first {MOST_ROWS}"
    header = ("subject", "p cure", "from", "to", "p relapse", "from", "to")
    yield Table(f"subjects{more}, with 95 % intervals", header, rows)


def table(scenario: Cure, found: RunsFound):
    """A row for each subject: probabilities with exact 95 % intervals, empty where it could not be drawn."""
    import pandas as pd

    rows = []
    for i, runs in enumerate(found.every, 1):
        nothing = (np.nan,) * 3
        cure, relapse = (nothing if runs.reason else runs.interval(k) for k in (runs.cured, runs.relapsed))
        rows.append((i, runs.runs, *cure, *relapse, "failed" if runs.reason else "ok", runs.reason))
    names = [f"p_{word}{end}" for word in WORDS for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["subject", "runs", *names, "status", "reason"])


def levels(scenario: Cure, found: RunsFound):
    """Percentiles over runs of every state by time, and the part of the runs in which the population is
    gone."""
    import pandas as pd

    states, unit = flows_of(found.model).states, found.model.time_unit
    rows = []
    for i, runs in enumerate(found.every, 1):
        if runs.reason:
            continue
        for state, (low, middle, high) in zip(states, runs.levels.transpose(1, 0, 2), strict=True):
            gone = runs.none_left if state.name == scenario.state else [None] * len(runs.times)
            for row in zip(runs.times, low, middle, high, gone, strict=True):
                rows.append((i, state.name, state.unit, *row))
    columns = ["subject", "state", "unit", f"time_{unit}", "p5", "p50", "p95", "p_none_left"]
    return pd.DataFrame(rows, columns=columns)


def figures(scenario: Cure, found: RunsFound) -> Iterator[tuple[Picture, object]]:
    """The probability of cure over time, and populations of the first subject."""
    from livingdrug.plots import plot_cure, plot_populations

    told = _told(scenario, found)
    days = told[0].times / in_a_day(found.model.time_unit)
    caption = f"Part of the runs in which no cell of `{scenario.state}` is left, by day: each subject, and their mean."
    yield Picture("cure", caption), plot_cure(days, np.array([runs.none_left for runs in told]))
    counted = {
        s.name: told[0].levels[:, i] for i, s in enumerate(flows_of(found.model).states) if s.unit == "cells"
    }
    caption = "Populations of the first subject, median and central 90 % of its runs."
    yield Picture("populations", caption), plot_populations(days, counted)
