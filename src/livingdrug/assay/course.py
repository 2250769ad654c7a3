"""Wells through a model: round after round, with the derivatives by a well's rates and by what it started
with.

A round ends where something is done to the well. There cells are taken out and added, so the next round
starts with `kept * cells + added`, and the derivatives of the start of a round go on through the chain rule.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from livingdrug.assay.laws import OF_THE_WELL
from livingdrug.engine import (
    Events,
    EventTable,
    SensitivityKernel,
    Task,
    new_task,
    sensitivity_kernel,
    solve_task_sensitivities,
)
from livingdrug.models import Model, flows_of

RTOL = 1e-8
ABSENT = 1e-9  # cells: a population that is not in a well; it has a logarithm and does nothing


@dataclass(frozen=True)
class Steps:
    """What is done to one well, in order of time (h, from the start of the course); all arrays have shape
    (steps,).

    kept: fraction of all cells that stays; targets, effectors: cells added afterwards; gone (steps, 2):
    whether the effectors, the targets that are left have died out, so that only what is added goes on.
    """

    time: np.ndarray
    kept: np.ndarray
    targets: np.ndarray
    effectors: np.ndarray
    gone: np.ndarray | None = None

    def with_death(self, time: float, which: int) -> "Steps":
        """The steps, with the death of a population (0: effectors, 1: targets) at a time among them."""
        gone = np.zeros((len(self.time), 2), dtype=bool) if self.gone is None else self.gone.copy()
        k = int(np.searchsorted(self.time, time))
        if k < len(self.time) and self.time[k] == time:
            gone[k, which] = True
            return replace(self, gone=gone)
        own = np.arange(2) == which
        return Steps(
            time=np.insert(self.time, k, time),
            kept=np.insert(self.kept, k, 1.0),
            targets=np.insert(self.targets, k, 0.0),
            effectors=np.insert(self.effectors, k, 0.0),
            gone=np.insert(gone, k, own, axis=0),
        )


@dataclass(frozen=True)
class Curves:
    """States at all reading times of all wells, rows in order of well and time.

    cells (rows, states); slopes (rows, states, by): derivatives by the rates of the well and by its states at
    the start, in the order of `Course.by`; sound (wells,): whether the well could be computed."""

    cells: np.ndarray
    slopes: np.ndarray
    sound: np.ndarray


@dataclass(frozen=True)
class _Round:
    """Wells that have a round of this number and length. rows: where their readings go; picked: which of the
    solved rows are readings; ends: the row of a well's end, -1 where nothing comes after; task: for the
    engine; well_of: which of the wells a solved row belongs to."""

    wells: np.ndarray
    length: float
    times: list[np.ndarray]
    rows: np.ndarray
    picked: np.ndarray
    ends: np.ndarray
    task: Task
    well_of: np.ndarray


@dataclass(frozen=True)
class Course:
    """Wells with their steps and reading times (h, increasing; a reading at the time of a step is taken
    before it)."""

    model: Model
    steps: tuple[Steps, ...]
    times: tuple[np.ndarray, ...]

    @cached_property
    def kernel(self) -> SensitivityKernel:
        """Compiled code."""
        system = flows_of(self.model)
        return sensitivity_kernel(system, self.states, tuple(q.name for q in system.quantities))

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states."""
        return tuple(s.name for s in flows_of(self.model).states)

    @property
    def rates(self) -> tuple[str, ...]:
        """The quantities that are the same in all rounds of a well."""
        return tuple(q.name for q in self.model.quantities if q.name not in OF_THE_WELL)

    @property
    def by(self) -> tuple[str, ...]:
        """What derivatives are taken by: the rates, then the states at the start."""
        return (*self.rates, *(f"{state}_0" for state in self.states))

    @cached_property
    def rounds(self) -> tuple[tuple[_Round, ...], ...]:
        """For each number of a round the wells that have it, by its length."""
        first = np.cumsum([0, *(len(t) for t in self.times)])
        found = []
        for k in range(1 + max((len(s.time) for s in self.steps), default=0)):
            by_length: dict[float, list] = {}
            for w, (steps, times) in enumerate(zip(self.steps, self.times, strict=True)):
                if k > len(steps.time):
                    continue
                begin = steps.time[k - 1] if k else 0.0
                ends = k < len(steps.time)
                inside = (times > begin) | (k == 0)
                inside &= times <= steps.time[k] if ends else np.ones(len(times), dtype=bool)
                rows = first[w] + np.flatnonzero(inside)
                if not len(rows) and not ends:
                    continue
                until = steps.time[k] if ends else times[inside][-1]
                by_length.setdefault(float(until - begin), []).append((w, times[inside] - begin, rows, ends))
            found.append(tuple(self._round(length, members) for length, members in by_length.items()))
        return tuple(found)

    def solve(self, values: dict[str, np.ndarray], start: np.ndarray, rtol: float = RTOL) -> Curves:
        """Cells and their derivatives.

        values: rate (and dex_level, dex_loss where the model has them) -> (wells,); start (wells, states):
        cells."""
        n, states, rates = len(self.times), len(self.states), len(self.rates)
        by = rates + states
        cells = np.full((sum(len(t) for t in self.times), states), np.nan)
        slopes = np.full((len(cells), states, by), np.nan)
        now, sound = np.array(start, dtype=float), np.ones(n, dtype=bool)
        moved = np.zeros((n, states, by))
        moved[:, np.arange(states), rates + np.arange(states)] = 1.0
        for k, rounds in enumerate(self.rounds):
            if k:
                kept, added = self.acts[k - 1]
                now, moved = now * kept + added, moved * kept[:, :, None]
            for part in rounds:
                self._one(k, part, values, now, moved, cells, slopes, sound, rtol)
        return Curves(cells, slopes, sound)

    def _one(self, k, part: _Round, values, now, moved, cells, slopes, sound, rtol) -> None:
        """One round of some wells: readings into `cells` and `slopes`, the end into `now` and `moved`."""
        names, rates = self.kernel.by, len(self.rates)
        w = part.wells
        if not part.length:
            cells[part.rows], slopes[part.rows] = now[w][part.picked], moved[w][part.picked]
            return
        table = np.empty((len(w), len(names)))
        for j, name in enumerate(names):
            table[:, j] = (
                now[w, self.states.index(name[:-2])] if name[:-2] in self.states else values[name][w]
            )
        if "dex_level" in names and k:
            begin = np.array([self.steps[i].time[k - 1] for i in w])
            table[:, names.index("dex_level")] *= np.exp(-values["dex_loss"][w] * begin)
        task = part.task._replace(quantities=table)
        found = solve_task_sensitivities(self.kernel, task, part.length, rtol, threads=1)
        own = np.array([names.index(name) for name in self.rates])
        from_start = np.array([names.index(f"{state}_0") for state in self.states])
        total = found.slopes[:, :, from_start] @ moved[w[part.well_of]]
        total[:, :, :rates] += found.slopes[:, :, own]
        cells[part.rows], slopes[part.rows] = found.values[part.picked], total[part.picked]
        at_end = part.ends >= 0
        now[w[at_end]], moved[w[at_end]] = found.values[part.ends[at_end]], total[part.ends[at_end]]
        sound[w] &= np.all(np.isfinite(found.values), axis=1)[np.cumsum([len(t) for t in part.times]) - 1]

    def _round(self, length: float, members: list) -> _Round:
        """The wells of one length; every well is solved to the end of its round."""
        times, rows, picked, ends, at = [], [], [], [], 0
        for _, own, own_rows, is_end in members:
            full = own if len(own) and own[-1] >= length else np.append(own, length)
            times.append(full)
            rows.append(own_rows)
            picked.append(at + np.arange(len(own)))
            ends.append(at + len(full) - 1 if is_end else -1)
            at += len(full)
        wells = np.array([w for w, *_ in members])
        task = new_task(
            np.zeros((len(wells), len(self.kernel.by))),
            EventTable.shared(len(wells), Events.of([])),
            times,
            range(len(self.states)),
        )
        return _Round(
            wells,
            length,
            times,
            np.concatenate(rows).astype(int),
            np.concatenate(picked).astype(int),
            np.array(ends),
            task,
            np.repeat(np.arange(len(wells)), [len(t) for t in times]),
        )

    @cached_property
    def acts(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """What is done at the end of each round: the fraction kept and the cells added, (wells, states)
        each."""
        n, states = len(self.times), self.states
        found = []
        for k in range(max((len(s.time) for s in self.steps), default=0)):
            kept, added = np.ones((n, len(states))), np.zeros((n, len(states)))
            order = [states.index("effectors"), states.index("targets")]
            for w, steps in enumerate(self.steps):
                if k < len(steps.time):
                    kept[w] = steps.kept[k]
                    added[w, states.index("targets")] = steps.targets[k]
                    added[w, states.index("effectors")] = steps.effectors[k]
                    if steps.gone is not None:
                        dead = np.array(order)[steps.gone[k]]
                        kept[w, dead], added[w, dead] = 0.0, np.maximum(added[w, dead], ABSENT)
            found.append((kept, added))
        return tuple(found)
