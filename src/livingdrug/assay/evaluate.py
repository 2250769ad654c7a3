"""A point of a fit -> what each reading should be, and its slopes by everything that is looked for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livingdrug.assay.course import Course
from livingdrug.assay.laws import EFFECTORS, EXHAUSTED, HALF_LIFE, TARGETS, is_signed, rates_of
from livingdrug.assay.observed import Observed
from livingdrug.assay.plan import SCALE, SEEDED, Layout, reading_of


@dataclass(frozen=True)
class Expected:
    """level (rows,): expected reading, as a logarithm where errors are of logarithms; by_columns (rows,
    columns), by_well (rows, 2): slopes by the columns and by the logarithms of effectors and targets seeded;
    sound: whether all is finite."""

    level: np.ndarray
    by_columns: np.ndarray
    by_well: np.ndarray
    sound: bool


@dataclass(frozen=True)
class Evaluator:
    """The wells of a fit with the columns of a layout."""

    seen: Observed
    layout: Layout

    @cached_property
    def course(self) -> Course:
        """The wells as the model runs them."""
        return self.seen.course(self.layout.plan.model)

    @cached_property
    def logs(self) -> np.ndarray:
        """Whether the errors of each reading are of its logarithm, (rows,)."""
        return np.array([c.logs for c in self.seen.channels])[self.seen.channel]

    def factor(self, rate: str, columns: np.ndarray) -> np.ndarray:
        """Logarithm of what multiplies a rate in each well, (wells,)."""
        total = np.zeros(self.seen.n)
        for factor in self.layout.factors.get(rate, ()):
            total += factor.log(columns)
        return total

    def rates(self, columns: np.ndarray) -> dict[str, np.ndarray]:
        """Rates of each well, (wells,)."""
        layout, found = self.layout, {}
        model = layout.plan.model
        for rate in rates_of(model):
            known = layout.known[rate]
            which = layout.main.get(rate, np.full(self.seen.n, -1))
            signed = is_signed(model, rate)
            main = np.where(
                which >= 0, columns[which] if signed else np.exp(np.clip(columns[which], -80, 80)), known
            )
            found[rate] = main * np.exp(np.clip(self.factor(rate, columns), -20, 20))
        # nothing grows where there are no targets: Gompertz growth would raise them from nothing
        found["growth"] = np.where(self.seen.start[:, 1] > 1e-6, found["growth"], 0.0)
        if "dex_level" in layout.known:
            treated = self.seen.column("treatment") != ""
            found |= {
                "dex_level": treated.astype(float),
                "dex_loss": np.full(self.seen.n, np.log(2) / HALF_LIFE),
            }
        return found

    def start(self, columns: np.ndarray, wells: np.ndarray) -> np.ndarray:
        """States at the start, (wells, states). wells (wells, 2): logarithms of how seeding differed."""
        states = self.course.states
        start = np.zeros((self.seen.n, len(states)))
        for species, k, name in ((EFFECTORS, 0, SEEDED), (TARGETS, 1, "targets_0")):
            moved = np.clip(self.factor(name, columns) + wells[:, k], -20, 20)
            start[:, states.index(species)] = self.seen.start[:, k] * np.exp(moved)
        return start

    def expect(self, columns: np.ndarray, wells: np.ndarray) -> Expected:
        """Expected readings at a point. columns (columns,); wells (wells, 2)."""
        seen, layout, course = self.seen, self.layout, self.course
        values, start = self.rates(columns), self.start(columns, wells)
        curves = course.solve(values, start)
        cells, slopes = self._cells(curves.cells, curves.slopes)
        by = course.by
        per_cell = np.array([c.per_cell for c in seen.channels])[seen.channel]
        background = np.array([c.background for c in seen.channels])[seen.channel]
        scale = self.factor(SCALE, columns)[seen.well]
        readings = {reading_of(c.quantity): seen.channel == k for k, c in enumerate(seen.channels)}
        for name, mine in readings.items():
            scale[mine] += self.factor(name, columns)[seen.well[mine]]
        signal = per_cell * np.exp(np.clip(scale, -20, 20)) * np.maximum(cells, 1e-200)
        level = signal + background
        # slope of the level by the logarithm of the cells, then by what moves the cells
        by_log = np.where(self.logs, signal / np.maximum(level, 1e-300), signal)
        relative = slopes * (by_log / np.maximum(cells, 1e-200))[:, None]
        found = np.zeros((len(level), len(layout.columns)))
        rows = np.arange(len(level))
        model = layout.plan.model
        for rate, which in layout.main.items():
            own, value = which[seen.well], values[rate][seen.well]
            by_value = relative[:, by.index(rate)]
            if is_signed(model, rate):
                step = np.exp(np.clip(self.factor(rate, columns), -20, 20))[seen.well]
            else:
                step = value
            there = own >= 0
            found[rows[there], own[there]] += (by_value * step)[there]
        for rate, lists in layout.factors.items():
            for factor in lists:
                own, slope = factor.which[seen.well], factor.slope(columns)[seen.well]
                there = own >= 0
                if rate == SCALE or rate in readings:
                    moved = by_log if rate == SCALE else np.where(readings[rate], by_log, 0.0)
                elif rate in (SEEDED, "targets_0"):
                    state = course.states.index(EFFECTORS if rate == SEEDED else TARGETS)
                    moved = relative[:, by.index(f"{course.states[state]}_0")] * start[seen.well, state]
                else:
                    moved = relative[:, by.index(rate)] * values[rate][seen.well]
                found[rows[there], own[there]] += (moved * slope)[there]
        e, t = course.states.index(EFFECTORS), course.states.index(TARGETS)
        by_well = np.stack(
            [
                relative[:, by.index("effectors_0")] * start[seen.well, e],
                relative[:, by.index("targets_0")] * start[seen.well, t],
            ],
            axis=1,
        )
        level = np.where(self.logs, np.log(np.maximum(level, 1e-200)), level)
        sound = bool(
            curves.sound.all()
            and np.isfinite(level).all()
            and np.isfinite(found).all()
            and np.isfinite(by_well).all()
        )
        return Expected(level, found, by_well, sound)

    def _cells(self, cells: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cells that a reading sees and their slopes, one row a reading."""
        states, place = self.course.states, self.seen.place
        of_effectors = np.array([c.species == EFFECTORS for c in self.seen.channels])[self.seen.channel]
        e, t = states.index(EFFECTORS), states.index(TARGETS)
        counted, moved = cells[:, e].copy(), slopes[:, e].copy()
        if EXHAUSTED in states:
            counted += cells[:, states.index(EXHAUSTED)]
            moved += slopes[:, states.index(EXHAUSTED)]
        found = np.where(of_effectors, counted[place], cells[place, t])
        return found, np.where(of_effectors[:, None], moved[place], slopes[place, t])
