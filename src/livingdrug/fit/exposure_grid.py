"""Levels of solved equations on a grid of times beside the samples, for exposures that drive outcomes.

A grid is even, for equations that are linear are solved by exponentials of even steps; a long one has wider
steps after the first weeks. Integrals are by Boole's rule (Abramowitz & Stegun 25.4.14), a peak is the top of
the parabola through the three logarithms around the highest level, whose place has no part in its slopes. A
breakpoint between two times of the grid is not known to it.
"""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.known import known
from livingdrug.fit.design import Design
from livingdrug.fit.outcomes import CMAX, LEVEL, Outcome, Seen
from livingdrug.fit.predict import Predictor, predictor_of
from livingdrug.fit.problem import FitProblem, ResidualError

STEP, EARLY, LATE = 0.25, 28.0, 1.0  # d: of the grid until day EARLY, and after it
BOOLE = np.array([7.0, 32.0, 12.0, 32.0, 7.0]) / 90.0


@dataclass(frozen=True)
class Grid:
    """Times of an outcome. first, count (subjects of whom it is known,): of each one's nodes among all; time,
    weight: of the nodes, weights those of an integral over the grid."""

    first: np.ndarray
    count: np.ndarray
    time: np.ndarray
    weight: np.ndarray
    subject: np.ndarray


@dataclass(frozen=True)
class GridLevels:
    """predictor: of records and nodes by subject; place: of each record, then of each node, among those;
    records, nodes: how many; before: where the nodes of each outcome begin; grids: of each outcome up to
    its time, later: between two visits; widest: nodes of a subject at most."""

    predictor: Predictor
    place: np.ndarray
    records: int
    nodes: int
    copies: int
    before: tuple[int, ...]
    grids: tuple[Grid | None, ...]
    later: tuple[Grid | None, ...]
    outcomes: tuple[Outcome, ...]
    widest: tuple[int, ...]

    def size(self, k: int, copies: int) -> int:
        """Nodes of a subject at most."""
        return self.widest[k]

    def solved(self, table: np.ndarray, slopes: bool) -> tuple[np.ndarray, np.ndarray]:
        """(records x copies, 1 + fitted) and (copies, nodes, 1 + fitted) of levels with slopes, or
        without."""
        found = (
            np.column_stack(self.predictor.slopes(table)) if slopes else self.predictor.values(table)[:, None]
        )
        found = found.reshape(self.copies, self.records + self.nodes, -1)[:, self.place]
        return found[:, : self.records].reshape(self.copies * self.records, -1), found[:, self.records :]

    def exposure(self, k: int, nodes: np.ndarray) -> np.ndarray:
        """CMAX or AUC of all subjects, (m, 1 + fitted)."""
        grid = known(self.grids[k], "the grid of an outcome that follows a level or an exposure")
        m, j = len(grid.first), int(grid.count[0])
        own = nodes[:, self.before[k] : self.before[k] + m * j].reshape(self.copies, m, j, -1)
        if self.outcomes[k].driver.what != CMAX:
            weight = grid.weight.reshape(m, j)
            found = np.einsum("mj,cmjk->cmk", weight, own)
        else:
            found = _peak(own)
        return found.reshape(self.copies * m, -1)

    def course(self, k: int, nodes: np.ndarray) -> list[np.ndarray]:
        """Levels and widths up to the time, the same between two visits, then the level at the time."""
        parts, at = [], self.before[k]
        grids = [known(grid, "the grid of an event") for grid in (self.grids[k], self.later[k])]
        for grid in grids:
            m, total = len(grid.first), len(grid.time)
            own = nodes[:, at : at + total]
            at += total
            place = np.minimum(np.arange(self.widest[k]), grid.count[:, None] - 1) + grid.first[:, None]
            there = np.arange(self.widest[k]) < grid.count[:, None]
            level = own[:, place] if total else np.zeros((self.copies, m, self.widest[k], nodes.shape[2]))
            width = np.zeros_like(level)
            if total:
                width[..., 0] = np.where(there, grid.weight[place], 0.0)
            shape = (self.copies * m, self.widest[k], nodes.shape[2])
            parts += [level.reshape(shape), width.reshape(shape)]
        end = nodes[:, at : at + len(grids[0].first)]
        return [*parts, end.reshape(self.copies * end.shape[1], nodes.shape[2])]


def _peak(own: np.ndarray) -> np.ndarray:
    """(copies, m, 1 + fitted) from levels on a grid (copies, m, J, 1 + fitted)."""
    value = own[..., 0]
    top = np.argmax(np.where(np.isfinite(value), value, -np.inf), axis=2)
    inner = np.clip(top, 1, value.shape[2] - 2)
    near = np.stack(
        [np.take_along_axis(own, (inner + d)[..., None, None], axis=2)[:, :, 0] for d in (-1, 0, 1)]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(near[..., 0])
        bend = logs[0] - 2 * logs[1] + logs[2]
        s = np.where((top == inner) & (bend < 0), 0.5 * (logs[0] - logs[2]) / bend, top - inner)
    s = np.where(np.isfinite(s), np.clip(s, -1.0, 1.0), top - inner)
    weight = np.stack([s * (s - 1) / 2, 1 - s * s, s * (s + 1) / 2])
    with np.errstate(invalid="ignore"):
        log_top = np.where(weight == 0, 0.0, weight * logs).sum(axis=0)
        level = np.exp(log_top)
        relative = np.where(weight[..., None] == 0, 0.0, weight[..., None] * near[..., 1:] / near[..., :1])
        by = level[..., None] * relative.sum(axis=0)
    return np.concatenate([level[..., None], by], axis=2)


def even_grid(begin: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """(times, weights of an integral) between two times: even steps up to EARLY, wider ones after it."""
    cuts = [begin, *([EARLY] if begin < EARLY < end else []), end]
    times, weights = [np.array([begin])], [np.zeros(1)]
    for a, b in zip(cuts[:-1], cuts[1:], strict=True):
        panels = max(int(np.ceil((b - a) / (4 * (STEP if b <= EARLY else LATE)) - 1e-9)), 1)
        h = (b - a) / panels
        own = np.zeros(4 * panels + 1)
        for p in range(panels):
            own[4 * p : 4 * p + 5] += h * BOOLE
        weights[-1][-1] += own[0]
        times.append(a + (b - a) * np.arange(1, 4 * panels + 1) / (4 * panels))
        weights.append(own[1:])
    return np.concatenate(times), np.concatenate(weights)


def _grid(begin: np.ndarray, end: np.ndarray, subject: np.ndarray) -> Grid:
    """Of subjects, from a time to another; none of those where nothing lies between."""
    parts = [
        even_grid(a, b) if b > a else (np.array([a]), np.zeros(1)) for a, b in zip(begin, end, strict=True)
    ]
    count = np.array([len(t) for t, _ in parts], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64) if len(count) else count
    time, weight = (np.concatenate([p[i] for p in parts]) if parts else np.zeros(0) for i in range(2))
    return Grid(first, count, time, weight, np.repeat(subject, count))


def _grids(outcome: Outcome, seen: Seen) -> tuple[Grid | None, Grid | None, np.ndarray, np.ndarray]:
    """(grid, grid between visits, subjects and times of single levels at the end) of an outcome."""
    driver, mine = outcome.driver, np.flatnonzero(np.isfinite(seen.values))
    nothing = np.zeros(0)
    if not driver.output:
        return None, None, np.zeros(0, dtype=np.int64), nothing
    if driver.what != LEVEL:
        return _grid(np.zeros(len(mine)), np.full(len(mine), driver.until), mine), None, mine[:0], nothing
    later = mine[(seen.values[mine] == 1) & (seen.since[mine] < seen.time[mine])]
    first = _grid(np.zeros(len(mine)), seen.since[mine], mine)
    return first, _grid(seen.since[later], seen.time[later], later), mine, seen.time[mine]


def grid_levels(problem: FitProblem, design: Design, copies: int) -> GridLevels:
    """The levels that the outcomes of a problem need, solved together with its records."""
    outputs = [r.output for r in problem.residuals]
    more = [o.driver.output for o in problem.outcomes if o.driver.output and o.driver.output not in outputs]
    outputs += dict.fromkeys(more)
    subject, time, output, before = [], [], [], []
    grids, later, widest, count = [], [], [], 0
    for outcome, seen in zip(problem.outcomes, design.outcomes, strict=True):
        first, second, who, end = _grids(outcome, seen)
        before.append(count)
        for own, at in ((g.subject, g.time) for g in (first, second) if g is not None):
            subject.append(own)
            time.append(at)
        subject.append(who)
        time.append(end)
        size = sum(len(g.time) for g in (first, second) if g is not None) + len(who)
        output.append(np.full(size, outputs.index(outcome.driver.output) if outcome.driver.output else 0))
        count += size
        grids.append(first)
        later.append(second)
        widest.append(max([int(g.count.max(initial=1)) for g in (first, second) if g is not None], default=0))
    wide, place = _beside(design, np.concatenate(subject), np.concatenate(time), np.concatenate(output))
    extra = (ResidualError(name, "additive", a=1.0, fixed=True) for name in dict.fromkeys(more))
    errors = (*problem.residuals, *extra)
    predictor = predictor_of(replace(problem, residuals=errors), wide, copies)
    return GridLevels(
        predictor,
        place,
        len(design.y),
        count,
        copies,
        tuple(before),
        tuple(grids),
        tuple(later),
        problem.outcomes,
        tuple(widest),
    )


def _beside(
    design: Design, subject: np.ndarray, time: np.ndarray, output: np.ndarray
) -> tuple[Design, np.ndarray]:
    """(a design of the records and these nodes by subject, where each record and then each node stands in
    it)."""
    who = np.concatenate([design.subject, subject])
    order = np.argsort(who, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    zero = np.zeros(len(subject), dtype=np.int64)
    parts = {"time": time, "output": output, "occasion": zero, "line": zero}
    own = {name: np.concatenate([getattr(design, name), more])[order] for name, more in parts.items()}
    ends = np.searchsorted(who[order], np.arange(design.n + 1))
    return replace(design, subject=who[order], first=ends[:-1], last=ends[1:], **own), place
