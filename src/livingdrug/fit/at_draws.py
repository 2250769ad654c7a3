"""Predictions of every subject's records at draws of its random effects, and what the data say of each: in
blocks, on all processors."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.engine import lane_formulas, side_by_side
from livingdrug.engine.at_draws import LANES, formulas_at_draws, slopes_at_draws, sum_at_draws, width_of
from livingdrug.fit.outcome_likelihood import log_likelihood_of, slopes_of
from livingdrug.fit.point import Point, Prepared, centre, everything, with_etas
from livingdrug.fit.predict import ClosedPredictor
from livingdrug.fit.unknowns import Unknowns

AT_ONCE = 100_000  # predictions in one call


@dataclass(frozen=True)
class Predicted:
    """Predictions of every subject's records at each of its draws. rows (records, width): they, the draws
    of a record side by side (see `width_of`); driven: in blocks of draws, copies of the subjects and the
    exposures that drive their outcomes."""

    prepared: Prepared
    rows: np.ndarray
    draws: int
    driven: tuple[tuple[Prepared, np.ndarray], ...] = ()

    @property
    def f(self) -> np.ndarray:
        """Predictions (draws, records)."""
        return self.rows[:, : self.draws].T

    def likelihood(self, point: Point) -> np.ndarray:
        """Log-likelihood of each subject's records at each of its draws, (n, draws)."""
        total = np.empty((self.prepared.n, self.rows.shape[1]))
        self._shared(lambda part: sum_at_draws(*self._of(point), *part, total))
        total = total[:, : self.draws]
        return total + self.outcomes(point) if self.driven else total

    def outcomes(self, point: Point) -> np.ndarray:
        """What the outcomes add to it, (n, draws)."""
        parts = side_by_side(
            lambda block: log_likelihood_of(block[0].exposures, point.theta, block[1]), self.driven
        )
        return np.concatenate([part.reshape(-1, self.prepared.n).T for part in parts], axis=1)

    def by_outcomes(self, theta: np.ndarray) -> np.ndarray:
        """Slopes of each subject's outcomes by their numbers at each of its draws, (n, draws, numbers)."""
        parts = side_by_side(lambda block: slopes_of(block[0].exposures, theta, block[1]), self.driven)
        shape = (-1, self.prepared.n, len(theta))
        return np.concatenate([part.reshape(shape).transpose(1, 0, 2) for part in parts], axis=1)

    def by_errors(self, point: Point, unknowns: Unknowns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same with its slopes (n, draws, k) and curvature (n, draws, k, k) by the estimated residual
        errors."""
        count = len(unknowns.a) + len(unknowns.b)
        place_a, place_b = (np.full(len(point.a), -1) for _ in range(2))
        place_a[unknowns.a], place_b[unknowns.b] = np.split(np.arange(count), [len(unknowns.a)])
        n, width = self.prepared.n, self.rows.shape[1]
        total, slopes = np.empty((n, width)), np.zeros((n, count, width))
        bends = np.zeros((n, count, count, width))
        self._shared(
            lambda part: slopes_at_draws(*self._of(point), place_a, place_b, *part, total, slopes, bends)
        )
        total, slopes, bends = (part[..., : self.draws] for part in (total, slopes, bends))
        total = total + self.outcomes(point) if self.driven else total
        return total, slopes.transpose(0, 2, 1), bends.transpose(0, 3, 1, 2)

    def _of(self, point: Point) -> tuple:
        """What the compiled sums take first."""
        own = self.prepared
        y, kind, output, first, last = own.records
        return y, own.ends, kind, output, own.kind, point.a, point.b, own.m4, first, last, self.rows

    def _shared(self, work: Callable) -> None:
        side_by_side(work, _parts(self.rows))


def predicted(prepared: Prepared, point: Point, etas: np.ndarray) -> Predicted:
    """Predictions at draws (n, draws, random)."""
    draws, predictor = etas.shape[1], prepared.predictor
    rows = np.empty((len(prepared.design.y), width_of(draws)))
    parts = _parts(rows)
    if isinstance(predictor, ClosedPredictor) and prepared.exposures is None:
        _, _, _, first, last = prepared.records
        etas, phi = np.ascontiguousarray(etas), centre(prepared, point)
        code = lane_formulas(predictor.formulas, predictor.code.by)

        def formulas(part: tuple[int, int]) -> None:
            formulas_at_draws(
                code.still,
                code.before,
                code.after,
                code.sizes,
                predictor.which,
                prepared.table,
                prepared.columns,
                prepared.scale,
                phi,
                prepared.random,
                etas,
                predictor.time,
                first,
                last,
                *part,
                rows,
            )

        side_by_side(formulas, parts)
        return Predicted(prepared, rows, draws)
    rows[:, draws:] = 1.0  # nobody reads them
    parts = [(begin, min(end, draws)) for begin, end in parts]
    copies = {end - begin: prepared.copied(end - begin) for begin, end in parts}

    def at(part: tuple[int, int]) -> tuple[Prepared, np.ndarray]:
        begin, end = part
        own, flat = copies[end - begin], etas[:, begin:end].transpose(1, 0, 2).reshape(-1, etas.shape[2])
        found = everything(own, with_etas(own, centre(own, point), flat))
        kinetics = own.own(found)
        rows[:, begin:end] = kinetics.reshape(end - begin, -1).T
        return own, found[len(kinetics) :]

    driven = side_by_side(at, parts)
    return Predicted(prepared, rows, draws, tuple(driven) if prepared.exposures is not None else ())


def log_densities(prepared: Prepared, point: Point, records: tuple, f: np.ndarray) -> np.ndarray:
    """Log density of each value by itself (values, draws) at predictions f (draws, values); records: values
    or limits, the other ends, kinds and outputs, as in `Design`."""
    draws, count = f.shape
    rows, total = np.ones((count, width_of(draws))), np.empty((count, width_of(draws)))
    rows[:, :draws] = f.T
    alone, numbers = np.arange(count), (prepared.kind, point.a, point.b, prepared.m4)
    sum_at_draws(*records, *numbers, alone, alone + 1, rows, 0, rows.shape[1], total)
    return total[:, :draws]


def _parts(rows: np.ndarray) -> list[tuple[int, int]]:
    """Draws (begin, end) that are computed in one call: whole lanes."""
    records, width = rows.shape
    many = max(LANES, min(width, AT_ONCE // max(records, 1) // LANES * LANES))
    return [(begin, min(begin + many, width)) for begin in range(0, width, many)]
