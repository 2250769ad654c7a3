"""Many simulated dose escalations side by side: one step of the loop is one cohort in every trial that still
runs."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from livingdrug.core.known import known
from livingdrug.core.pieces import Keeper, Stage, each
from livingdrug.core.random import check_seed, uniforms
from livingdrug.core.shown import Shown
from livingdrug.engine import normals
from livingdrug.response import logistic
from livingdrug.simulation import caution_counts
from livingdrug.trial.checks import EXPANSION, drawn_cautions, percent
from livingdrug.trial.course import arm_seed, arm_subjects, course
from livingdrug.trial.design import Arm, Trial
from livingdrug.trial.escalation import Escalation, Level, boin_boundaries, isotonic_level, too_toxic
from livingdrug.trial.escalation_checks import check_escalation
from livingdrug.trial.outcomes import BLOCK
from livingdrug.trial.result import Share
from livingdrug.trial.run import check_replicates


@dataclass(frozen=True)
class LevelAnswer:
    """rate: true chance of a dose-limiting toxicity; selected: trials that end with this level as the
    tolerated dose; patients, toxicities: means of a trial."""

    level: str
    rate: float
    selected: Share
    patients: float
    toxicities: float


@dataclass(frozen=True, repr=False)
class EscalationAnswer(Shown):
    """Operating characteristics of a dose escalation; `sentence` says them in words.

    Attributes
    ----------
    escalation : Escalation
        The design and the true rates.
    replicates, seed : int
        Of the simulated trials.
    levels : tuple of LevelAnswer
        Of each dose.
    none : Share
        Trials that end without a tolerated dose.
    notices : tuple of str
        What to know of them.
    """

    escalation: Escalation
    replicates: int
    seed: int
    levels: tuple[LevelAnswer, ...]
    none: Share
    notices: tuple[str, ...]

    @property
    def patients(self) -> float:
        """Mean number of patients."""
        return sum(level.patients for level in self.levels)

    @property
    def toxicities(self) -> float:
        """Mean number of dose-limiting toxicities."""
        return sum(level.toxicities for level in self.levels)

    @property
    def best(self) -> LevelAnswer:
        """The level that should be found: the one whose rate is closest to the target; under 3+3, which has
        none, the highest level with a rate of at most 1 in 3 (or the lowest)."""
        if self.escalation.rule == "boin":
            return min(self.levels, key=lambda level: abs(level.rate - self.escalation.target))
        return next((level for level in reversed(self.levels) if level.rate <= 1 / 3), self.levels[0])

    @property
    def sentence(self) -> str:
        """The answer in words."""
        best, often = self.best, round(10 * self.best.selected.value)
        found = f"{often} times in 10" if 0 < often < 10 else f"in {best.selected.value:.1%} of trials"
        target = self.escalation.target
        goal = (
            f"closest to the target of {target:.0%}" if self.escalation.rule == "boin" else "at most 1 in 3"
        )
        return (
            f"The trial would pick `{best.level}` (a true rate of {best.rate:.0%}, {goal}) {found}, and no "
            f"dose in {self.none.value:.1%} of trials; it would treat {self.patients:.1f} patients, "
            f"{self.toxicities:.1f} with dose-limiting toxicity."
        )

    def table(self):
        """Long table: one row for each level."""
        import pandas as pd

        rows = [
            {
                "level": level.level,
                "rate": level.rate,
                "selected": level.selected.value,
                "selected_error": level.selected.error,
                "patients": level.patients,
                "toxicities": level.toxicities,
                "replicates": self.replicates,
            }
            for level in self.levels
        ]
        return pd.DataFrame(rows)

    def _facts(self) -> dict[str, str]:
        return {"rule": self.escalation.rule, "replicates": f"{self.replicates:,}", "answer": self.sentence}

    def _frame(self):
        return self.table()


def simulate_escalation(
    escalation: Escalation, replicates: int = 10_000, seed: int = 1, threads: int | None = None,
    progress: Callable[[int, int], None] | None = None, kept: Keeper | None = None,
) -> EscalationAnswer:  # fmt: skip
    """Simulate a dose escalation.

    Parameters
    ----------
    escalation : Escalation
        Dose levels, rule, target toxicity and cohorts.
    replicates : int
        How often.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    threads : int, optional
        All processors by default; it changes nothing but the time.
    progress : callable, optional
        `progress(done, all)` counts subjects.
    kept : Kept, optional
        Where blocks of patients at a level of a model are kept on the way.

    Returns
    -------
    EscalationAnswer

    Raises
    ------
    InputError
        For what `check_escalation` finds.

    Notes
    -----
    A patient has the same body and the same luck at every level: replicate r holds patients r m ... r m + m -
    1 of one stream, m being the most that a trial can treat.
    """
    check_escalation(escalation)
    check_replicates(replicates)
    check_seed(seed)
    total, own = replicates * escalation.most, arm_seed(seed, "escalation")
    luck, toxic, rates, failed, seen = uniforms(own, "outcome", 0, total), [], [], 0.0, []
    for k, level in enumerate(escalation.levels):
        chance = _chances(escalation, level, own, total, threads, seen, kept)
        if progress:
            progress((k + 1) * total, len(escalation.levels) * total)
        # a patient without an answer of the model has no toxicity that could be counted
        unknown = np.isnan(chance)
        failed = max(failed, float(unknown.mean()))
        toxic.append(~unknown & (luck < np.where(unknown, 0.0, chance)))
        rates.append(float(chance[~unknown].mean()) if not unknown.all() else 0.0)
    table = np.stack(toxic, axis=1).reshape(replicates, escalation.most, len(rates))
    y, n, selected = (_three_plus_three if escalation.rule == "3+3" else _boin)(escalation, table)
    levels = tuple(
        LevelAnswer(
            level.name,
            rates[k],
            Share(int((selected == k).sum()), replicates),
            float(n[:, k].mean()),
            float(y[:, k].mean()),
        )
        for k, level in enumerate(escalation.levels)
    )
    none = Share(int((selected < 0).sum()), replicates)
    return EscalationAnswer(escalation, replicates, seed, levels, none, _notices(escalation, rates, failed, seen))


@dataclass(frozen=True)
class _Seen:
    """Of a stretch of patients at a level: how many, in how many the infused cells are the peak, and of how many each
    caution of the model is true."""

    level: str
    patients: int
    infusate: int
    cautioned: tuple[int, ...]


def _notices(escalation: Escalation, rates: list[float], failed: float, seen: list[_Seen]) -> tuple[str, ...]:
    found = []
    if escalation.model is not None:
        found += drawn_cautions(escalation.model, [(one.cautioned, one.patients) for one in seen])
    shares = {}
    for level in dict.fromkeys(one.level for one in seen if one.infusate):
        mine = [one for one in seen if one.level == level]
        shares[level] = sum(one.infusate for one in mine) / sum(one.patients for one in mine)
    if shares:
        parts = ", ".join(f"`{level}` {percent(share)}" for level, share in shares.items())
        found.append(f"patients that have the infused cells as their peak: {EXPANSION}: {parts}")
    if any(b < a for a, b in zip(rates, rates[1:], strict=False)):
        found.append("toxicity does not rise from level to level, which both rules take for granted")
    if failed:
        share = f"{100 * failed:.2g} %"
        found.append(
            f"up to {share} of patients at a level could not be computed by the model and count as without "
            "toxicity"
        )
    return tuple(found)


def _chances(
    escalation: Escalation, level: Level, seed: int, total: int, threads: int | None, seen: list[_Seen],
    kept: Keeper | None = None,
) -> np.ndarray:  # fmt: skip
    """Chance of dose-limiting toxicity of every patient at a level, shape (total,); what was seen of them is appended."""
    if level.rate is not None:
        return np.full(total, level.rate)
    curve = known(escalation.toxicity, "the curve of toxicity")
    if level.median is not None:
        exposure = level.median * np.exp(level.log_sd * normals(seed, "exposure", 0, total))
    else:
        blocks = [(first, min(BLOCK, total - first)) for first in range(0, total, BLOCK)]

        def block(i: int) -> tuple[np.ndarray, _Seen]:
            return _exposures(escalation, level, seed, *blocks[i], threads)

        def stage() -> Stage:
            at = f"level-{escalation.levels.index(level) + 1}"
            of = {"design": escalation, "seed": seed}
            return Stage(at, of, (_Seen,), f"blocks of patients at level `{level.name}`")

        with closing(each(kept, stage, [f"{f + 1}-{f + n}" for f, n in blocks], block)) as made:
            parts = list(made)
        exposure = np.concatenate([part for part, _ in parts])
        seen += [own for _, own in parts]
    return logistic(np.maximum(exposure, 1e-300), curve.ec50[curve.at_least - 1], curve.slope, curve.link)


def level_trial(escalation: Escalation) -> Trial:
    """The levels as arms: the same steps lead from a dose to an exposure."""
    arms = tuple(Arm(level.name, escalation.most, level.dose, level.change) for level in escalation.levels)
    return Trial(
        known(escalation.model, "the model"),
        arms,
        escalation.levels[0].name,
        (known(escalation.toxicity, "the curve of toxicity"),),
        escalation.output,
        escalation.spread,
        escalation.cv,
        escalation.doses,
        peak=escalation.peak,
    )


def _exposures(
    escalation: Escalation, level: Level, seed: int, first: int, count: int, threads: int | None
) -> tuple[np.ndarray, "_Seen"]:
    """(exposures, what was seen) of patients at a level."""
    trial = level_trial(escalation)
    arm = next(arm for arm in trial.arms if arm.name == level.name)
    toxicity = known(escalation.toxicity, "the curve of toxicity")
    window = trial.window_of(toxicity)
    subjects = arm_subjects(trial, arm, seed, first, count)
    # who rises above any patient is no patient without toxicity: the numbers stand
    found = course(trial, arm, subjects, np.empty(0), (window,), threads, keep=True)
    on_peak = toxicity.exposure == "cmax" and window in found.infusate
    infusate = int(found.infusate[window].sum()) if on_peak else 0
    seen = _Seen(level.name, count, infusate, tuple(map(int, caution_counts(trial.model, subjects))))
    return (found.areas if toxicity.exposure == "auc" else found.peaks)[window], seen


def _treat(table, level, size, active, y, n) -> None:
    """The next `size` patients of every active trial at its level: y toxicities of n treated, both
    (replicates, levels)."""
    rows = np.flatnonzero(active)
    at = level[rows]
    for _ in range(size):
        y[rows, at] += table[rows, n[rows].sum(axis=1), at]
        n[rows, at] += 1


def _three_plus_three(escalation: Escalation, table: np.ndarray):
    """(toxicities, treated, selected) of the traditional rule (Storer 1989, Biometrics 45:925).

    0 of 3: up; 1 of 3: three more; at most 1 of 6: up; 2 or more: this level is too toxic and the next lower
    one gets six patients. The tolerated dose is the highest level with at most 1 of 6."""
    replicates, _, levels = table.shape
    y, n = np.zeros((replicates, levels), dtype=np.int64), np.zeros((replicates, levels), dtype=np.int64)
    level, ceiling = np.full(replicates, escalation.start - 1), np.full(replicates, levels)
    selected, active, row = np.full(replicates, -1), np.ones(replicates, dtype=bool), np.arange(replicates)
    while active.any():
        _treat(table, level, 3, active, y, n)
        here_y, here_n = y[row, level], n[row, level]
        toxic = active & (here_y >= 2)
        ceiling[toxic] = level[toxic]
        fine = active & ((here_n == 3) & (here_y == 0) | (here_n == 6) & (here_y <= 1))
        up, last = fine & (level + 1 < ceiling), fine & (level + 1 >= ceiling) & (here_n == 6)
        selected[last] = level[last]
        level[up] += 1
        level[toxic] -= 1
        out = toxic & (level < 0)
        below = np.maximum(level, 0)
        # the lower level has its six already, of whom at most one had a toxicity
        known = toxic & ~out & (n[row, below] == 6)
        selected[known] = level[known]
        active &= ~(last | out | known)
        level = below
    return y, n, selected


def _boin(escalation: Escalation, table: np.ndarray):
    """(toxicities, treated, selected) of the Bayesian optimal interval design (Liu and Yuan 2015)."""
    replicates, most, levels = table.shape
    y, n = np.zeros((replicates, levels), dtype=np.int64), np.zeros((replicates, levels), dtype=np.int64)
    level, ceiling = np.full(replicates, escalation.start - 1), np.full(replicates, levels)
    active, row = np.ones(replicates, dtype=bool), np.arange(replicates)
    low, high = boin_boundaries(escalation.target)
    for begin in range(0, most, escalation.cohort):
        _treat(table, level, min(escalation.cohort, most - begin), active, y, n)
        here_y, here_n = y[row, level], n[row, level]
        lost = active & too_toxic(here_y, here_n, escalation.target)
        ceiling[lost] = level[lost]
        active &= ceiling > 0
        rate = here_y / np.maximum(here_n, 1)
        up = active & (rate <= low) & (level + 1 < ceiling)
        down = active & ((rate >= high) | lost) & (level > 0)
        level = level + up - down
    given_up = np.arange(levels) >= ceiling[:, None]
    return y, n, _selected(y, n, given_up, escalation.target)


def _selected(y: np.ndarray, n: np.ndarray, given_up: np.ndarray, target: float) -> np.ndarray:
    """Isotonic choice of every trial, worked out once for each different outcome."""
    outcomes, which = np.unique(np.concatenate([y, n, given_up], axis=1), axis=0, return_inverse=True)
    k = y.shape[1]
    chosen = [isotonic_level(row[:k], row[k : 2 * k], target, row[2 * k :].astype(bool)) for row in outcomes]
    return np.array(chosen)[which.ravel()]
