"""`simulate_trial`: a trial, a number of replicates and a seed in; its operating characteristics out."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.pieces import Kept
from livingdrug.core.random import check_seed
from livingdrug.trial.analysis import Analysed, analyse, critical_value, looked_at
from livingdrug.trial.checks import check_trial, notices
from livingdrug.trial.closed_form import Expected, closed_power
from livingdrug.trial.comparisons import hazard_ratio
from livingdrug.trial.design import LOGARITHMIC, Arm, Endpoint, Trial
from livingdrug.trial.needed import needed_size
from livingdrug.trial.outcomes import ArmData, Outcome, simulate_arm
from livingdrug.trial.result import (
    ArmAnswer,
    ArmConduct,
    ClosedCurve,
    EndpointAnswer,
    Share,
    SizePoint,
    TrialAnswer,
)
from livingdrug.trial.words import change_text, name_of_test, sentences

MAX_VALUES = 100_000_000  # subjects, over arms and replicates, times endpoints: what a computer at hand keeps in memory
FEW = 100_000  # subjects that are computed within a second or two, of which nothing is kept
CURVE_POINTS = 40
Progress = Callable[[int, int], None]


def simulate_trial(
    trial: Trial, replicates: int = 10_000, seed: int = 1, sizes: Sequence[int] = (), threads: int | None = None,
    progress: Progress | None = None, kept: Kept | None = None,
) -> TrialAnswer:  # fmt: skip
    """Simulate a trial and, as often, the same trial without any difference between the arms.

    Parameters
    ----------
    trial : Trial
        Arms, endpoints and comparisons.
    replicates : int
        How often.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    sizes : sequence of int
        Numbers in the smallest arm (the others in proportion) at which the power is simulated as well,
        nested: the smaller trials are the first subjects of the larger.
    threads : int, optional
        All processors by default; it changes nothing but the time.
    progress : callable, optional
        `progress(done, all)` counts subjects.
    kept : Kept, optional
        Where finished subjects are kept on the way.

    Returns
    -------
    TrialAnswer
        It depends on trial, replicates, seed and sizes alone.

    Raises
    ------
    InputError
        For what `check_trial` finds, or a number that cannot be.
    """
    check_trial(trial)
    check_replicates(replicates)
    seed, sizes = check_seed(seed), tuple(sorted(set(sizes)))
    # sizes are about the primary endpoint alone
    largest = _scaled(replace(trial, endpoints=trial.endpoints[:1]), _check_sizes(sizes)) if sizes else None
    planned = [trial, _without_difference(trial), *([largest] if largest else [])]
    total = (sum(arm.n for t in planned for arm in t.arms) - trial.shared.n) * replicates
    _check_amount(total, len(trial.endpoints))
    how = {"replicates": replicates, "seed": seed, "threads": threads, "progress": _Counter(total, progress)}
    how["kept"] = kept if total > FEW else None
    data = {arm.name: simulate_arm(trial, arm, stage=f"arm{k}", **how) for k, arm in enumerate(trial.arms)}
    null = planned[1]
    same = {arm.name: simulate_arm(null, arm, stage=f"same{k}", **how) for k, arm in enumerate(null.versions)}
    same[trial.control] = data[trial.control]
    (found, stopped), (by_chance, _) = analyse(trial, data), analyse(null, same)
    endpoints = tuple(_answer(trial, e, data, found[e.name], by_chance[e.name]) for e in trial.endpoints)
    points, needed, curve = (), (), ClosedCurve((), ())
    if largest:
        data_large = {
            arm.name: simulate_arm(largest, arm, stage=f"large{k}", **how) for k, arm in enumerate(largest.arms)
        }
        points = tuple(_point(trial, size, data_large) for size in sizes)
        between = np.geomspace(sizes[0], sizes[-1], CURVE_POINTS).round().astype(int).tolist()
        curve = _curve(trial, sorted({*sizes, *between}), data_large, endpoints[0])
        needed = tuple(needed_size(trial, arm.name, i, points, curve) for i, arm in enumerate(trial.versions))
    conduct = _conduct(trial, data, stopped, replicates)
    known = notices(trial, endpoints, conduct, data.values())
    answer = TrialAnswer(trial, replicates, seed, endpoints, conduct, points, curve, needed, (), known)
    return replace(answer, sentences=sentences(answer))


class _Counter:
    """Subjects done so far, told to whoever wants to know."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total, self.progress, self.done = total, progress, 0

    def __call__(self, subjects: int) -> None:
        self.done += subjects
        if self.progress:
            self.progress(self.done, self.total)


def _check_amount(subjects: int, endpoints: int) -> None:
    if subjects * endpoints > MAX_VALUES:
        raise InputError(
            f"{subjects:,} subjects with {endpoints} endpoint(s) would be simulated, more than "
            f"{MAX_VALUES:,} values; take fewer replicates, subjects or sizes"
        )


def check_replicates(replicates: int) -> None:
    """InputError unless it is a whole number of at least 1."""
    if isinstance(replicates, bool) or not isinstance(replicates, int | np.integer) or replicates < 1:
        raise InputError(
            f"replicates is {replicates}; at least 1 trial is needed, and 10000 tell a power to within 0.01"
        )


def _check_sizes(sizes: tuple[int, ...]) -> int:
    if sizes[0] < 2:
        raise InputError(f"sizes holds {sizes[0]}; an arm needs at least 2 subjects")
    return sizes[-1]


def _scaled(trial: Trial, smallest: int) -> Trial:
    """The trial with so many in its smallest arm, the other arms in proportion."""
    base = min(arm.n for arm in trial.arms)
    return replace(
        trial,
        arms=tuple(replace(arm, n=max(2, math.ceil(arm.n * smallest / base - 1e-9))) for arm in trial.arms),
    )


def _without_difference(trial: Trial) -> Trial:
    """The trial in which every version is the control's product."""
    shared = trial.shared
    return replace(
        trial, arms=tuple(replace(shared, name=arm.name, n=arm.n, cost=arm.cost) for arm in trial.arms)
    )


def _answer(
    trial: Trial, endpoint: Endpoint, data: Mapping[str, ArmData], found: Analysed, null: Analysed
) -> EndpointAnswer:
    outcomes = {name: arm.outcomes[endpoint.name] for name, arm in data.items()}
    effects = {arm.name: _effect(trial, endpoint, outcomes, arm) for arm in trial.versions}
    expected = _expected(endpoint, outcomes, effects)
    arms = []
    for i, arm in enumerate(trial.versions):
        level, control = (_level(endpoint, outcomes[name]) for name in (arm.name, trial.control))
        closed = closed_power(trial, endpoint, arm.name, expected, found.critical)
        arms.append(
            ArmAnswer(
                arm.name,
                arm.n,
                level,
                control,
                effects[arm.name],
                _share(found.rejected[:, i]),
                _share(null.rejected[:, i]),
                *closed,
                int(np.isnan(found.compared[i].statistic).sum()),
                expected[arm.name].n,
            )
        )
    return EndpointAnswer(
        endpoint,
        _unit(trial, endpoint),
        name_of_test(trial, endpoint),
        found.critical,
        tuple(arms),
        _share(np.any(found.rejected, axis=1)),
        _share(np.any(null.rejected, axis=1)),
    )


def _expected(
    endpoint: Endpoint, outcomes: Mapping[str, Outcome], effects: Mapping[str, float]
) -> dict[str, Expected]:
    """Moments of every arm over all replicates, and of persistence the share lost and the hazard ratio."""
    found = {name: _overall(outcome) for name, outcome in outcomes.items()}
    if endpoint.kind != "persistence":
        return found
    lost = {name: 1.0 - _level(endpoint, outcome) for name, outcome in outcomes.items()}
    return {
        name: moments._replace(lost=lost[name], hazard_ratio=effects.get(name, 1.0))
        for name, moments in found.items()
    }


def _curve(
    trial: Trial, sizes: Sequence[int], data: Mapping[str, ArmData], primary: EndpointAnswer
) -> ClosedCurve:
    """Closed forms over the size, from the moments of the largest trial: the smaller ones are of the same
    populations."""
    endpoint, rows = primary.endpoint, []
    outcomes = {name: arm.outcomes[endpoint.name] for name, arm in data.items()}
    whole = _expected(endpoint, outcomes, {arm.arm: arm.effect for arm in primary.arms})
    share = {name: whole[name].n / arm.outcomes[endpoint.name].value.shape[1] for name, arm in data.items()}
    for size in sizes:
        expected = {
            arm.name: whole[arm.name]._replace(n=share[arm.name] * arm.n) for arm in _scaled(trial, size).arms
        }
        critical = critical_value(trial, endpoint, {name: arm.n for name, arm in expected.items()})
        powers = [closed_power(trial, endpoint, arm.name, expected, critical)[0] for arm in trial.versions]
        rows.append(tuple(math.nan if power is None else power for power in powers))
    return ClosedCurve(tuple(sizes), tuple(rows))


def _overall(outcome: Outcome) -> Expected:
    """Moments over all replicates."""
    there = outcome.value[~np.isnan(outcome.value)]
    if len(there) < 2:
        return Expected(len(there) / len(outcome.value), math.nan, math.nan)
    return Expected(len(there) / len(outcome.value), float(there.mean()), float(there.std(ddof=1)))


def _level(endpoint: Endpoint, outcome: Outcome) -> float:
    """Geometric mean, rate, or the share of the evaluable that were not lost."""
    there = ~np.isnan(outcome.value)
    if not there.any():
        return math.nan
    if endpoint.kind == "persistence":
        return 1.0 - float(known(outcome.lost, "who was lost")[there].mean())
    mean = float(outcome.value[there].mean())
    return math.exp(mean) if endpoint.kind in LOGARITHMIC else mean


def _effect(trial: Trial, endpoint: Endpoint, outcomes: Mapping[str, Outcome], arm: Arm) -> float:
    """Ratio of geometric means, difference of rates, or hazard ratio."""
    own, control = outcomes[arm.name], outcomes[trial.control]
    if endpoint.kind == "persistence":
        return hazard_ratio(own, control, len(trial.visits))
    levels = _level(endpoint, own), _level(endpoint, control)
    return levels[0] / levels[1] if endpoint.kind in LOGARITHMIC else levels[0] - levels[1]


def _unit(trial: Trial, endpoint: Endpoint) -> str:
    if endpoint.kind == "auc":
        return f"{trial.model.time_unit}*{trial.unit}"
    return trial.unit if endpoint.kind == "cmax" else "1"


def _share(happened: np.ndarray) -> Share:
    return Share(int(happened.sum()), len(happened))


def _point(trial: Trial, size: int, data: Mapping[str, ArmData]) -> SizePoint:
    """Power on the primary endpoint at one size: the first subjects of the largest trial."""
    scaled = _scaled(replace(trial, endpoints=trial.endpoints[:1]), size)
    nested = {arm.name: data[arm.name].of_first(arm.n) for arm in scaled.arms}
    found = analyse(scaled, nested)[0][trial.endpoints[0].name]
    return SizePoint(size, tuple(_share(column) for column in found.rejected.T))


def _conduct(
    trial: Trial, data: Mapping[str, ArmData], stopped: np.ndarray, replicates: int
) -> tuple[ArmConduct, ...]:
    """What becomes of each arm. The control goes on as long as any version does."""
    rows, column = [], {arm.name: i for i, arm in enumerate(trial.versions)}
    for arm in trial.arms:
        ended = stopped[:, column[arm.name]] if arm.name in column else np.all(stopped, axis=1)
        saved = arm.n - looked_at(trial.futility, arm.n) if trial.futility else 0
        patients = arm.n - saved * float(ended.mean())
        share = _share(ended) if trial.futility and arm.name in column else None
        mine = data[arm.name]
        rows.append(
            ArmConduct(
                arm.name,
                _what(trial, arm),
                share,
                patients,
                patients * arm.cost,
                mine.left,
                mine.failed,
                mine.unphysical,
                mine.below,
                mine.infusate,
            )
        )
    return tuple(rows)


def _what(trial: Trial, arm: Arm) -> str:
    return "control" if arm.name == trial.control else change_text(arm)
