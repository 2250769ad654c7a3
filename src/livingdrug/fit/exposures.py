"""Individual exposures that drive outcomes, with their slopes by the fitted quantities.

Of a closed form each piece is walked on a clock of its own, from 0 where it begins to 1 where it ends: nodes
move with the individual breakpoints, so that a peak is met exactly and an integral (Gauss and Legendre) has
no kink between its nodes. Of equations that are solved, the level is asked for on a grid of times beside the
samples (Boole's rule, a parabola through the highest logarithms).

What the kinetics give for all subjects is one array: the predictions of all records, then all exposures
(entries).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livingdrug.core.expressions import names
from livingdrug.core.known import known
from livingdrug.engine import FormulaKernel, Formulas, formula_kernel, formula_slopes, formula_values
from livingdrug.fit.design import Design
from livingdrug.fit.exposure_grid import GridLevels, grid_levels
from livingdrug.fit.occasions import put
from livingdrug.fit.outcome_terms import Entries
from livingdrug.fit.outcomes import CMAX, LEVEL, QUANTITY, Driver, Outcome, Seen
from livingdrug.fit.predict import Predictor
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.models import Definition, Piece, closed_form_of

BEGIN, END = "exposure_begin", "exposure_end"  # of the window of a subject, among its quantities
CUTS = (0.0, 0.125, 0.5, 0.875, 1.0)  # of a piece, in each of which lie so many nodes
NODES = 8
PEAKS = 9  # places in a piece where a peak is looked for first
ZOOMS, FINER = 3, 4  # rounds around the highest of them, and how much finer each is
LEAST = -700.0  # of the logarithm of a level: of none at all


@dataclass(frozen=True)
class PieceLevels:
    """Levels of a closed form. code: formulas of the pieces of each output, then of their lengths; first: of
    each output, the position of its first piece; pieces: how many it has; half: pieces in all."""

    code: FormulaKernel
    first: dict[str, int]
    pieces: dict[str, int]
    half: int

    def nodes(self, output: str, table: np.ndarray, slopes: bool):
        """(levels, lengths) at the nodes of all pieces with slopes, (m, J, 1 + fitted) each; lengths hold the
        weights."""
        u, w = _nodes()
        m, p = len(table), self.pieces[output]
        which = np.repeat(self.first[output] + np.arange(p), len(u))
        level = self._at(
            np.tile(which, m), np.repeat(np.arange(m), p * len(u)), np.tile(u, m * p), table, slopes
        )
        length = self._lengths(output, table, slopes)
        shape = (m, p * len(u), level.shape[1])
        widths = (length.reshape(m, p, 1, length.shape[1]) * w[:, None]).reshape(shape)
        return level.reshape(shape), widths

    def peak(self, output: str, table: np.ndarray, slopes: bool) -> np.ndarray:
        """The highest level in the window and its slopes, (m, 1 + fitted); the place of the peak has no part
        in them."""
        m, p = len(table), self.pieces[output]
        u, rows = np.linspace(0.0, 1.0, PEAKS), np.arange(m)
        which = np.repeat(self.first[output] + np.arange(p), PEAKS)
        grid = self._at(
            np.tile(which, m), np.repeat(rows, p * PEAKS), np.tile(u, m * p), table, False
        ).reshape(m, -1)
        there = np.repeat(self._lengths(output, table, False).reshape(m, p) > 0, PEAKS, axis=1)
        top = np.argmax(np.where(np.isfinite(grid) & there, grid, -np.inf), axis=1)
        piece, at, step = self.first[output] + top // PEAKS, u[top % PEAKS], u[1]
        inside = (top % PEAKS > 0) & (top % PEAKS < PEAKS - 1)
        if inside.any():
            at = at.copy()
            at[inside] = self._zoomed(piece[inside], at[inside], step, table[inside])
        return self._at(piece, rows, at, table, slopes)

    def _zoomed(self, piece: np.ndarray, at: np.ndarray, step: float, table: np.ndarray) -> np.ndarray:
        """Where a smooth peak lies: finer and finer around the highest place, then the top of a parabola."""
        m, off = len(at), np.arange(-FINER, FINER + 1) / FINER
        rows = np.arange(m)
        f, best = np.empty((m, len(off))), np.ones(m, dtype=np.int64)
        for k in range(ZOOMS + 1):
            near = np.clip(at[:, None] + step * off, 0.0, 1.0)
            f = self._at(
                np.repeat(piece, len(off)), np.repeat(rows, len(off)), near.ravel(), table, False
            )
            f = f.reshape(m, -1)
            best = np.argmax(f, axis=1)
            if k == ZOOMS:
                best = np.clip(best, 1, len(off) - 2)
            at = near[rows, best]
            step /= FINER
        low, middle, high = f[rows, best - 1], f[rows, best], f[rows, best + 1]
        bend = low - 2 * middle + high
        with np.errstate(divide="ignore", invalid="ignore"):
            move = np.where(bend < 0, 0.5 * (low - high) / bend, 0.0)
        return np.clip(at + step * np.clip(move, -1.0, 1.0), 0.0, 1.0)

    def at_end(self, output: str, table: np.ndarray, slopes: bool) -> np.ndarray:
        """The level at the end of the window, (m, 1 + fitted): that of the last piece that lasts."""
        m, p = len(table), self.pieces[output]
        length = self._lengths(output, table, False).reshape(m, p)
        last = p - 1 - np.argmax((length > 0)[:, ::-1], axis=1)
        return self._at(self.first[output] + last, np.arange(m), np.ones(m), table, slopes)

    def _lengths(self, output: str, table: np.ndarray, slopes: bool) -> np.ndarray:
        """How long each piece lasts within the window, (m x pieces, 1 + fitted)."""
        m, p = len(table), self.pieces[output]
        which = np.tile(self.half + self.first[output] + np.arange(p), m)
        return self._at(which, np.repeat(np.arange(m), p), np.zeros(m * p), table, slopes)

    def _at(self, which, subject, u, table, slopes: bool) -> np.ndarray:
        if not slopes:
            return formula_values(self.code, which, table, subject, u)[:, None]
        value, by = formula_slopes(self.code, which, table, subject, u)
        return np.column_stack([value, by])


def _nodes() -> tuple[np.ndarray, np.ndarray]:
    """Nodes between 0 and 1, and their weights."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    parts = list(zip(CUTS[:-1], CUTS[1:], strict=True))
    return (np.concatenate([a + (b - a) * (x + 1) / 2 for a, b in parts]),
            np.concatenate([(b - a) * w / 2 for a, b in parts]))  # fmt: skip


def piece_levels(problem: FitProblem, outputs: tuple[str, ...], by: tuple[str, ...]) -> PieceLevels:
    """Compiled levels of these outputs of a closed form."""
    form = closed_form_of(problem.model)
    definitions = [d for d in form.definitions if "time" not in names(d.expression)]
    levels, lengths, first, count = [], [], {}, {}
    for output in (next(o for o in form.outputs if o.name == name) for name in outputs):
        first[output.name], count[output.name] = len(levels), len(output.pieces)
        begin = BEGIN
        for piece in output.pieces:
            k = len(levels)
            end = f"max(begin_{k}, min({piece.until}, {END}))" if piece.until else f"max(begin_{k}, {END})"
            definitions += [
                Definition(f"begin_{k}", begin),
                Definition(f"end_{k}", end),
                Definition(f"clock_{k}", f"begin_{k} + time * (end_{k} - begin_{k})"),
            ]
            texts = {"time": f"clock_{k}"}
            for d in form.definitions:
                if names(d.expression) & {"time"}:
                    definitions.append(Definition(f"{d.name}_{k}", put(d.expression, texts)))
                    texts[d.name] = f"{d.name}_{k}"
            levels.append((Piece(put(piece.expression, texts)),))
            lengths.append((Piece(f"end_{k} - begin_{k}"),))
            begin = f"end_{k}"
    quantities = (*(q.name for q in form.quantities), BEGIN, END)
    individual = tuple(problem.model.individual.items())
    code = formula_kernel(Formulas((*levels, *lengths), quantities, tuple(definitions), individual), by)
    return PieceLevels(code, first, count, len(levels))


@dataclass(frozen=True)
class Exposures:
    """Exposures of all outcomes, for copies of all subjects. seen: each outcome of the subjects of the
    design; levels: of the model's outputs; code: formulas of the quantities that are drivers themselves;
    moved: the fitted quantities."""

    outcomes: tuple[Outcome, ...]
    seen: tuple[Seen, ...]
    n: int
    copies: int
    levels: PieceLevels | GridLevels | None
    code: FormulaKernel | None
    fitted: int

    @cached_property
    def who(self) -> tuple[np.ndarray, ...]:
        """Subjects, with their copies, of whom each outcome is known."""
        found = []
        for seen in self.seen:
            mine = np.flatnonzero(np.isfinite(seen.values))
            found.append((np.arange(self.copies)[:, None] * self.n + mine).ravel())
        return tuple(found)

    @cached_property
    def layout(self) -> tuple[tuple[Entries, ...], np.ndarray]:
        """(where the exposures of each outcome lie, subject of every exposure)."""
        found, owner, before = [], [], 0
        for k, (outcome, who) in enumerate(zip(self.outcomes, self.who, strict=True)):
            m = len(who)
            if outcome.driver.what != LEVEL:
                found.append(Entries(who, before + np.arange(m)[:, None]))
                owner.append(who)
                before += m
                continue
            own, size = [], 0
            later = self._later(k)
            for rows in (who, who[later]):
                j = (
                    self.levels.size(k, self.copies)
                    if isinstance(self.levels, GridLevels)
                    else self._size(outcome)
                )
                shape = (len(rows), j)
                own += [before + size + np.arange(shape[0] * j).reshape(shape),
                        before + size + shape[0] * j + np.arange(shape[0] * j).reshape(shape)]  # fmt: skip
                owner += [np.repeat(rows, j), np.repeat(rows, j)]
                size += 2 * shape[0] * j
            here = before + size + np.arange(m)
            owner.append(who)
            found.append(Entries(who, own[0], own[1], here, later, own[2], own[3]))
            before += size + m
        return tuple(found), np.concatenate(owner) if owner else np.zeros(0, dtype=np.int64)

    def _size(self, outcome: Outcome) -> int:
        return self._pieces().pieces[outcome.driver.output] * len(_nodes()[0])

    def _pieces(self) -> PieceLevels:
        if not isinstance(self.levels, PieceLevels):
            raise ValueError("only levels of a closed form come in pieces")
        return self.levels

    def _later(self, k: int) -> np.ndarray:
        """Positions, among those of whom it is known, whose event fell between two visits."""
        seen, mine = self.seen[k], self.who[k] % self.n
        return np.flatnonzero((seen.values[mine] == 1) & (seen.since[mine] < seen.time[mine]))

    def values(self, predictor: Predictor, table: np.ndarray) -> np.ndarray:
        """Predictions of all records, then all exposures."""
        return self._everything(predictor, table, False)[:, 0]

    def slopes(self, predictor: Predictor, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same with slopes by the fitted quantities (all, fitted)."""
        found = self._everything(predictor, table, True)
        return found[:, 0].copy(), found[:, 1:]

    def _everything(self, predictor: Predictor, table: np.ndarray, slopes: bool) -> np.ndarray:
        """(all, 1 + fitted) with slopes, else (all, 1)."""
        if isinstance(self.levels, GridLevels):
            records, nodes = self.levels.solved(table, slopes)
        else:
            nodes = None
            records = np.column_stack(predictor.slopes(table)) if slopes else predictor.values(table)[:, None]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            parts = [self._of(k, table, nodes, slopes) for k in range(len(self.outcomes))]
        return np.concatenate([records, *parts])

    def _of(self, k: int, table: np.ndarray, nodes, slopes: bool) -> np.ndarray:
        outcome, who = self.outcomes[k], self.who[k]
        driver = outcome.driver
        if driver.what == LEVEL:
            return self._level_entries(k, table, nodes, slopes)
        if driver.what == QUANTITY:
            which = [o.driver.name for o in self.outcomes if o.driver.what == QUANTITY].index(driver.name)
            place = (
                np.full(len(who), which),
                np.ascontiguousarray(table[who]),
                np.arange(len(who)),
                np.zeros(len(who)),
            )
            code = known(self.code, "the formulas of the quantities that are drivers")
            raw = (np.column_stack(formula_slopes(code, *place)) if slopes
                   else formula_values(code, *place)[:, None])  # fmt: skip
        elif isinstance(self.levels, GridLevels):
            raw = self.levels.exposure(k, nodes)
        else:
            own = _windowed(table[who], 0.0, driver.until)
            if driver.what == CMAX:
                raw = self._pieces().peak(driver.output, own, slopes)
            else:
                level, length = self._pieces().nodes(driver.output, own, slopes)
                raw = _product(level, length)
        return scaled(raw, driver)

    def _level_entries(self, k: int, table: np.ndarray, nodes, slopes: bool) -> np.ndarray:
        """x and lengths at the nodes up to the time, the same between two visits, then x at the time."""
        outcome, who, seen = self.outcomes[k], self.who[k], self.seen[k]
        driver, mine, later = outcome.driver, who % self.n, self._later(k)
        if isinstance(self.levels, GridLevels):
            parts = self.levels.course(k, nodes)
        else:
            since, until, levels = seen.since[mine], seen.time[mine], self._pieces()
            first = levels.nodes(driver.output, _windowed(table[who], 0.0, since), slopes)
            between = _windowed(table[who[later]], since[later], until[later])
            end = levels.at_end(driver.output, _windowed(table[who], 0.0, until), slopes)
            parts = [*first, *levels.nodes(driver.output, between, slopes), end]
        flat = [part.reshape(-1, part.shape[-1]) for part in parts]
        return np.concatenate(
            [scaled(flat[0], driver), flat[1], scaled(flat[2], driver), flat[3], scaled(flat[4], driver)]
        )


def _windowed(table: np.ndarray, begin, end) -> np.ndarray:
    """Quantities with the window of each subject behind them."""
    return np.ascontiguousarray(
        np.column_stack([table, *(np.broadcast_to(t, len(table)) for t in (begin, end))])
    )


def _product(level: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Sum over nodes of level times length with slopes: (m, J, 1 + fitted) each in, (m, 1 + fitted) out."""
    value = (level[..., 0] * length[..., 0]).sum(axis=1)
    if level.shape[2] == 1:
        return value[:, None]
    by = level[..., 1:] * length[..., :1] + level[..., :1] * length[..., 1:]
    return np.column_stack([value, by.sum(axis=1)])


def scaled(raw: np.ndarray, driver: Driver) -> np.ndarray:
    """x of a driver from exposures and their slopes, (rows, 1 + fitted)."""
    reference = driver.reference or 1.0
    if not driver.log:
        return raw / reference
    value = raw[:, :1]
    x = np.where(value > 0, np.log(np.where(value > 0, value, 1.0) / reference), LEAST)
    x = np.where(np.isnan(value), np.nan, x)
    return np.concatenate([x, np.where(value > 0, raw[:, 1:] / np.where(value > 0, value, 1.0), 0.0)], axis=1)


def exposures_of(problem: FitProblem, design: Design, copies: int) -> Exposures | None:
    """What drives the outcomes of a problem, None where it has none."""
    if not problem.outcomes:
        return None
    by = tuple(p.name for p in problem.parameters)
    drivers = [o.driver for o in problem.outcomes]
    own = tuple(d.name for d in drivers if d.what == QUANTITY)
    code, levels = None, None
    if own:
        quantities = tuple(q.name for q in problem.model.system.quantities)
        individual = tuple(problem.model.individual.items())
        code = formula_kernel(Formulas(tuple((Piece(name),) for name in own), quantities, (), individual), by)
    outputs = tuple(dict.fromkeys(d.output for d in drivers if d.output))
    if outputs:
        closed = is_closed(problem.model)
        levels = piece_levels(problem, outputs, by) if closed else grid_levels(problem, design, copies)
    return Exposures(problem.outcomes, design.outcomes, design.n, copies, levels, code, len(by))
