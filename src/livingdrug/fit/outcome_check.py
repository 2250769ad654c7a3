"""What was seen of outcomes beside what a joint fit expects, by tercile of the individual exposure.

Individual parameters are drawn given a subject's samples alone, not given its outcome, so that no outcome
explains itself. Subjects are parted by the median of their exposures so drawn; by CMAX where a hazard follows
the current level, whose mean would depend on when the event came. Expected is the mean over draws; the
interval holds what a tercile of so many subjects would show in 90 % of trials: new draws of their parameters,
and new outcomes. Of an event the expectation is the cumulative hazard up to when a subject was last seen.
"""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.draws import normalised
from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.random import stream_key
from livingdrug.fit.at_draws import Predicted, predicted
from livingdrug.fit.exposures import Exposures
from livingdrug.fit.importance import Draws, drawn, propose, weights
from livingdrug.fit.outcome_terms import GAP, POISSON, Entries, terms_of
from livingdrug.fit.outcomes import BINARY, CMAX, COUNT, LEVEL, ORDERED, TIMED, Driver, Outcome, Seen
from livingdrug.fit.point import Point, Prepared, point_of, prepare
from livingdrug.fit.result import FitResult

DRAWS, TRIALS, WIDTH = 1024, 1000, 90.0
GROUPS = ("low", "middle", "high")
FEWEST = 6  # subjects of an outcome, below which there are no terciles


@dataclass(frozen=True)
class Tercile:
    """One group of one outcome. what: `yes`, `grade >= g`, `mean count`, `events`; start, end: exposures of
    its subjects; observed, expected, lower, upper: proportions, means, or numbers of events."""

    outcome: str
    what: str
    driver: str
    group: str
    start: float
    end: float
    n: int
    observed: float
    expected: float
    lower: float
    upper: float

    @property
    def inside(self) -> bool:
        """Whether what was seen lies in the interval."""
        return self.lower <= self.observed <= self.upper


@dataclass(frozen=True)
class OutcomeCheck:
    """Observed against expected outcomes.

    Attributes
    ----------
    terciles : tuple of Tercile
        Of all outcomes, by exposure.
    notes : tuple of str
        What could not be made.
    """

    terciles: tuple[Tercile, ...]
    notes: tuple[str, ...] = ()

    def table(self):
        """Pandas table with a row for each tercile of each outcome."""
        import pandas as pd

        return pd.DataFrame([vars(t) | {"inside": t.inside} for t in self.terciles])

    @property
    def words(self) -> str:
        """How many lie outside, beside how many would."""
        out, every = sum(not t.inside for t in self.terciles), len(self.terciles)
        return (f"{out} of {every} terciles of exposure lie outside the {WIDTH:g} % interval of the fit "
                f"(about {every * (1 - WIDTH / 100):.1f} would by chance).")  # fmt: skip


def outcome_check(result: FitResult, seed: int = 1) -> OutcomeCheck | None:
    """Observed against expected outcomes of a fit; None where it has no outcomes.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    seed : int, optional
        Of the simulated outcomes.

    Returns
    -------
    OutcomeCheck or None
    """
    problem = result.problem
    if not problem.outcomes:
        return None
    prepared, point = prepare(problem), point_of(problem)
    weight, draws = _given_samples(prepared, point, result.individuals.etas, seed)
    steady = tuple(replace(o, driver=parted_by(o)) for o in problem.outcomes)
    apart = draws.found
    if steady != problem.outcomes:
        own = prepare(replace(problem, outcomes=steady), 1, prepared.design)
        apart = predicted(own, point, draws.etas(prepared, point))
    found, notes, before = [], [], 0
    for k, outcome in enumerate(problem.outcomes):
        theta = point.theta[before : before + len(outcome.numbers)]
        before += len(outcome.numbers)
        seen, known = (
            prepared.design.outcomes[k],
            np.flatnonzero(np.isfinite(prepared.design.outcomes[k].values)),
        )
        if len(known) < FEWEST:
            notes.append(
                f"outcome `{outcome.name}` is known of {len(known)} subjects, too few for terciles of "
                "exposure"
            )
            continue
        exposure = _exposures(apart, k, steady[k].driver, len(known))
        expected = _expected(draws.found, k, outcome, seen, theta, len(known))
        generator = np.random.default_rng(stream_key(seed, f"outcome check {outcome.name}")[0])
        named = replace(outcome, driver=steady[k].driver)
        found += _terciles(named, seen, known, weight[known], exposure, expected, generator)
    return OutcomeCheck(tuple(found), tuple(notes))


def _given_samples(prepared: Prepared, point: Point, etas: np.ndarray, seed: int) -> tuple[np.ndarray, Draws]:
    """(weights of draws given the samples alone (n, draws), draws)."""
    if not len(prepared.random):
        raise InputError("no parameter differs between subjects, so all have one exposure")
    draws = drawn(prepared, point, propose(prepared, point, seed, etas), DRAWS, seed, "outcome check")
    logs = weights(prepared, point, draws) - draws.found.outcomes(point)
    logs = np.where(np.isnan(logs), -np.inf, logs)
    return normalised(logs), draws


def parted_by(outcome: Outcome) -> Driver:
    """The exposure by which subjects are parted: the driver, or CMAX for a current level."""
    driver = outcome.driver
    if driver.what != LEVEL:
        return driver
    return Driver(f"CMAX of {driver.output}", CMAX, driver.output, MONTH, driver.log, driver.reference)


def _exposures(found: Predicted, k: int, driver: Driver, m: int) -> np.ndarray:
    """Exposures of the subjects of whom an outcome is known, (m, draws)."""
    parts = []
    for block, exposures in found.driven:
        parts.append(exposures[_driving(block).layout[0][k].x[:, 0]].reshape(-1, m).T)
    x = np.concatenate(parts, axis=1)
    return (np.exp(x) if driver.log else x) * driver.reference


def _driving(block: Prepared) -> Exposures:
    return known(block.exposures, "the exposures that drive outcomes")


def _expected(found: Predicted, k: int, outcome: Outcome, seen: Seen, theta, m: int) -> np.ndarray:
    """What is expected of the same subjects, (m, draws, what is looked at)."""
    parts = []
    for block, exposures in found.driven:
        driving = _driving(block)
        e = expectation(outcome, seen, theta, driving.layout[0][k], exposures, driving.n)
        parts.append(e.reshape(-1, m, e.shape[1]).transpose(1, 0, 2))
    return np.concatenate(parts, axis=1)


def expectation(outcome: Outcome, seen: Seen, theta, own: Entries, found: np.ndarray, n: int) -> np.ndarray:
    """What is expected of each subject, (m, what is looked at): probabilities, a mean, or a number of
    events."""
    x = found[own.x[:, 0]]
    if outcome.kind == BINARY:
        return (1 / (1 + np.exp(-(theta[0] + theta[1] * x))))[:, None]
    if outcome.kind == ORDERED:
        return 1 / (1 + np.exp(-(theta[:-1] + theta[-1] * x[:, None])))
    if outcome.kind == COUNT:
        return np.exp(theta[0] + theta[1] * x)[:, None]
    total = np.zeros(n * (int(own.who.max()) // n + 1))
    for term in terms_of(outcome, seen, theta, own, found, n):
        if term.kind == POISSON:
            total += np.bincount(term.who, np.exp(term.eta), len(total))
        elif (
            term.kind == GAP
        ):  # the mean of what of a hazard `eta` is used up before an event that is known to come in it
            total += np.bincount(term.who, 1 - term.eta / np.expm1(term.eta), len(total))
    return total[own.who][:, None]


def looked_at(outcome: Outcome) -> tuple[str, ...]:
    """What of an outcome is compared."""
    if outcome.kind == ORDERED:
        return tuple(f"grade >= {g}" for g in outcome.grades[1:])
    return ("events",) if outcome.kind in TIMED else ("mean count",) if outcome.kind == COUNT else ("yes",)


def _terciles(outcome: Outcome, seen: Seen, known, weight, exposure, expected, generator) -> list[Tercile]:
    values, n = seen.values[known], len(known)
    order = np.argsort(exposure, axis=1)
    run = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    middle = np.take_along_axis(exposure, order, axis=1)[np.arange(n), np.argmax(run >= 0.5, axis=1)]
    ranked = np.argsort(middle, kind="stable")
    trials = _simulated(outcome, weight, expected, generator)
    mean = (weight[..., None] * expected).sum(axis=1)
    found = []
    for j, what in enumerate(looked_at(outcome)):
        own = _seen(outcome, values, j)
        for name, rows in zip(GROUPS, np.array_split(ranked, 3), strict=True):
            size = 1 if outcome.kind in TIMED else len(rows)
            many = trials[:, rows, j].sum(axis=1) / size
            low, high = np.percentile(many, [50 - WIDTH / 2, 50 + WIDTH / 2])
            found.append(
                Tercile(
                    outcome=outcome.name,
                    what=what,
                    driver=outcome.driver.name,
                    group=name,
                    start=float(middle[rows].min()),
                    end=float(middle[rows].max()),
                    n=len(rows),
                    observed=float(own[rows].sum() / size),
                    expected=float(mean[rows, j].sum() / size),
                    lower=float(low),
                    upper=float(high),
                )
            )
    return found


def _seen(outcome: Outcome, values: np.ndarray, j: int) -> np.ndarray:
    return (values >= outcome.grades[1 + j]).astype(float) if outcome.kind == ORDERED else values


def _simulated(outcome: Outcome, weight, expected, generator) -> np.ndarray:
    """Outcomes of new trials, (trials, subjects, what is looked at)."""
    n, _, sizes = expected.shape
    run = np.cumsum(weight, axis=1)
    out = np.empty((TRIALS, n, sizes))
    for i in range(n):
        at = np.minimum(np.searchsorted(run[i], generator.random(TRIALS)), len(run[i]) - 1)
        own = expected[i, at]
        if outcome.kind in (BINARY, ORDERED):
            out[:, i] = generator.random((TRIALS, 1)) < own
        else:
            out[:, i] = generator.poisson(np.minimum(own, 1e9))
    return out
