"""Predictions of every subject's records at draws of its random effects, and what the data say of each: in
blocks, on all processors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.engine import in_threads
from livingdrug.engine.at_draws import formulas_at_draws, slopes_at_draws, sum_at_draws
from livingdrug.fit.outcome_likelihood import log_likelihood_of, slopes_of
from livingdrug.fit.point import Point, Prepared, centre, everything, with_etas
from livingdrug.fit.predict import ClosedPredictor
from livingdrug.fit.unknowns import Unknowns

AT_ONCE = 100_000  # predictions in one call


@dataclass(frozen=True)
class Predicted:
    """Predictions f (draws, records) of every subject's records at each of its draws; driven: in blocks of
    draws, copies of the subjects and the exposures that drive their outcomes."""

    prepared: Prepared
    f: np.ndarray
    driven: tuple[tuple[Prepared, np.ndarray], ...] = ()

    def likelihood(self, point: Point) -> np.ndarray:
        """Log-likelihood of each subject's records at each of its draws, (n, draws)."""
        total = np.empty((self.prepared.n, len(self.f)))
        self._shared(lambda part: sum_at_draws(*self._of(point), *part, total))
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
        total = np.empty((self.prepared.n, len(self.f)))
        slopes, bends = np.zeros((*total.shape, count)), np.zeros((*total.shape, count, count))
        self._shared(
            lambda part: slopes_at_draws(*self._of(point), place_a, place_b, *part, total, slopes, bends)
        )
        return (total + self.outcomes(point) if self.driven else total), slopes, bends

    def _of(self, point: Point) -> tuple:
        """What the compiled sums take first."""
        own = self.prepared
        y, kind, output, first, last = own.records
        return y, own.ends, kind, output, own.kind, point.a, point.b, own.m4, first, last, self.f

    def _shared(self, work: Callable) -> None:
        side_by_side(work, _parts(*self.f.shape))


def predicted(prepared: Prepared, point: Point, etas: np.ndarray) -> Predicted:
    """Predictions at draws (n, draws, random)."""
    f = np.empty((etas.shape[1], len(prepared.design.y)))
    parts, predictor = _parts(*f.shape), prepared.predictor
    if isinstance(predictor, ClosedPredictor) and prepared.exposures is None:
        _, _, _, first, last = prepared.records
        etas, phi = np.ascontiguousarray(etas), centre(prepared, point)

        def formulas(part: tuple[int, int]) -> None:
            code = predictor.code
            formulas_at_draws(
                code.before,
                code.after,
                code.parts,
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
                f,
            )

        side_by_side(formulas, parts)
        return Predicted(prepared, f)
    copies = {end - begin: prepared.copied(end - begin) for begin, end in parts}

    def at(part: tuple[int, int]) -> tuple[Prepared, np.ndarray]:
        begin, end = part
        own, flat = copies[end - begin], etas[:, begin:end].transpose(1, 0, 2).reshape(-1, etas.shape[2])
        found = everything(own, with_etas(own, centre(own, point), flat))
        kinetics = own.own(found)
        f[begin:end] = kinetics.reshape(end - begin, -1)
        return own, found[len(kinetics) :]

    driven = side_by_side(at, parts)
    return Predicted(prepared, f, tuple(driven) if prepared.exposures is not None else ())


def _parts(draws: int, records: int) -> list[tuple[int, int]]:
    """Draws (begin, end) that are computed in one call."""
    many = max(1, min(draws, AT_ONCE // max(records, 1)))
    return [(begin, min(begin + many, draws)) for begin in range(0, draws, many)]


def side_by_side(work: Callable, items: Sequence) -> list:
    """What `work` gives for each item, on all processors; in their order."""
    if len(items) == 1:
        return [work(items[0])]
    found: list = [None] * len(items)

    def one(k: int) -> int:
        found[k] = work(items[k])
        return 1

    for _ in in_threads(one, range(len(items)), None):
        pass
    return found
