"""Replicates of a trial: the subjects, doses, times, covariates and limits as observed, new effects and new
errors.

Streams are keyed by (seed, purpose, subject) and read at the place of the replicate, so that a replicate of a
subject does not depend on how many there are or on the order of subjects. Subjects are named, not numbered,
in the key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.random import uniforms
from livingdrug.engine.densities import LOGNORMAL
from livingdrug.fit.design import LOWER, UPPER
from livingdrug.fit.objective import residual_sd_of
from livingdrug.fit.point import (
    Point,
    Prepared,
    centre,
    point_of,
    predictions,
    prepare,
    problem_at,
    with_etas,
)
from livingdrug.fit.problem import FitProblem, is_closed, with_below

AT_ONCE = {True: 2_000_000, False: 200_000}  # records in one call: of formulas, of equations that are solved


@dataclass(frozen=True)
class Trial:
    """A problem made ready for replicates: every record of the data, those below the limit as such.

    prepared: with one copy. lower, upper (records,): limits, -inf and inf where there are none. observed
    (records,): measured values, -inf below the lower limit and inf above the upper one. notes: for the user.
    """

    prepared: Prepared
    lower: np.ndarray
    upper: np.ndarray
    observed: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def subjects(self) -> np.ndarray:
        """Subject of each record, as a name."""
        return np.array(self.prepared.design.subjects, dtype=object)[self.prepared.design.subject]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Outputs of the model in the order of their positions."""
        return tuple(r.output for r in self.prepared.problem.residuals)


def trial_of(problem: FitProblem) -> Trial:
    """The design of a problem, ready for replicates; values below the limit stay such, whatever the rule
    of the fit."""
    whole, notes = problem, []
    if problem.below not in ("m3", "m4"):
        unstated = (problem.data.cens == 1) & ~(problem.data.dv > 0)
        if unstated.any():
            notes.append(
                f"{int(unstated.sum())} value(s) below a limit that is not stated follow rule {problem.below}"
            )
        else:
            whole = with_below(problem, "m3")
    prepared = prepare(whole)
    d = prepared.design
    lower, upper = _limits(whole, prepared)
    observed = np.where(d.kind == LOWER, -np.inf, np.where(d.kind == UPPER, np.inf, d.y))
    return Trial(prepared, lower, upper, observed, (*d.notes, *notes))


def _limits(problem: FitProblem, prepared: Prepared) -> tuple[np.ndarray, np.ndarray]:
    """Limits of every record: its own; else that of the same subject and output; else the usual one of the
    output."""
    d, data = prepared.design, problem.data
    stated = dict(zip(data.line.tolist(), data.limit.tolist(), strict=True))
    own = np.where(d.kind == LOWER, d.y, np.array([stated[line] for line in d.line.tolist()]))
    high = np.where(d.kind == UPPER, d.y, np.nan)
    lower, upper = np.full(len(own), -np.inf), np.full(len(own), np.inf)
    for output in np.unique(d.output):
        mine = np.flatnonzero(d.output == output)
        lower[mine] = _filled(own[mine], d.subject[mine], -np.inf)
        upper[mine] = _filled(high[mine], d.subject[mine], np.inf)
    # a value that was measured lies inside whatever limit another record had
    inside = (d.kind != LOWER) & (d.y < lower)
    return np.where(inside, d.y, lower), np.where((d.kind != UPPER) & (d.y > upper), d.y, upper)


def _filled(own: np.ndarray, subject: np.ndarray, nothing: float) -> np.ndarray:
    filled, known = own.copy(), np.isfinite(own)
    if not known.any():
        return np.full(len(own), nothing)
    for who in np.unique(subject[known]):
        mine = subject == who
        filled[mine & ~known] = np.median(own[mine & known])
    return np.where(np.isfinite(filled), filled, np.median(own[known]))


def simulate_trial(
    trial: Trial, count: int, seed: int, purpose: str = "replicate", first: int = 0
) -> np.ndarray:
    """Values of all records in `count` replicates from number `first` on, shape (count, records), before any
    limit.

    Raises InputError that names a subject whose prediction cannot be computed.
    """
    if count < 1:
        raise InputError(f"{count} replicates are asked for; ask for one or more")
    out = np.empty((count, len(trial.observed)))
    for begin, f, error in _draws(trial, count, seed, purpose, first):
        out[begin : begin + len(f)] = error(f)
    return out


def simulate_at_points(
    trial: Trial, points: Sequence[Point], count: int, seed: int, purpose: str = "replicate"
) -> np.ndarray:
    """The same where each replicate has numbers of its own: points, such as draws of a posterior, spread
    over them all."""
    problem, rows = trial.prepared.problem, []
    for k in range(count):
        at = problem_at(problem, points[k * len(points) // count])
        own = replace(trial, prepared=replace(trial.prepared, problem=at))
        rows.append(simulate_trial(own, 1, seed, purpose, first=k))
    return np.concatenate(rows)


def _draws(trial: Trial, count: int, seed: int, purpose: str, first: int) -> Iterator[tuple]:
    """(first replicate, predictions (replicates, records), function that adds errors) of one block after
    the other."""
    from scipy.special import ndtri

    prepared, point = trial.prepared, point_of(trial.prepared.problem)
    d, size = prepared.design, len(prepared.random)
    factor = np.linalg.cholesky(point.omega) if size else np.zeros((0, 0))
    block = max(1, min(count, AT_ONCE[is_closed(prepared.problem.model)] // max(len(d.y), 1)))
    copies = prepare(prepared.problem, block, d)
    for begin in range(0, count, block):
        many = min(block, count - begin)
        if many < block:
            copies = prepare(prepared.problem, many, d)
        etas = np.empty((many, d.n, size))
        noise = np.empty((many, len(d.y)))
        for i, name in enumerate(d.subjects):
            records = int(d.last[i] - d.first[i])
            u = uniforms(seed, f"{purpose} effects of {name}", (first + begin) * size, many * size)
            etas[:, i] = ndtri(u).reshape(many, size) @ factor.T
            u = uniforms(seed, f"{purpose} errors of {name}", (first + begin) * records, many * records)
            noise[:, d.first[i] : d.last[i]] = u.reshape(many, records)
        f = predictions(copies, with_etas(copies, centre(copies, point), etas.reshape(many * d.n, size)))
        _check(trial, f)
        yield begin, f.reshape(many, -1), lambda f, noise=noise, copies=copies: with_errors(copies, f, noise)


def _check(trial: Trial, f: np.ndarray) -> None:
    bad = np.flatnonzero(~np.isfinite(f))
    if len(bad):
        record = int(bad[0]) % len(trial.observed)
        raise InputError(
            f"{trial.prepared.design.where(record)}: the model gives no value in a replicate ({len(bad)} of "
            f"{len(f)} such); are the omegas far too large?"
        )


def with_errors(prepared: Prepared, f: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Measured values (replicates, records) from predictions and uniform numbers of the same shape."""
    return measured_values(prepared, point_of(prepared.problem), prepared.design.output, f, u)


def measured_values(
    prepared: Prepared, point: Point, output: np.ndarray, f: np.ndarray, u: np.ndarray
) -> np.ndarray:
    """Simulated measurements around predictions (..., values) at any times.

    Parameters
    ----------
    prepared : Prepared
        The problem and its numbers.
    point : Point
        The problem and its numbers.
    output : ndarray
        Position of that of each value, or of all.
    f : ndarray
        Predictions without residual error, in the unit of the output.
    u : ndarray
        Uniform numbers between 0 and 1, shaped as the predictions.

    Returns
    -------
    ndarray
    """
    from scipy.special import ndtr, ndtri

    s = residual_sd_of(prepared, point, output, f)
    logs = prepared.kind[output] == LOGNORMAL
    if prepared.m4:  # values are positive: the normal error is cut at 0
        with np.errstate(divide="ignore", invalid="ignore"):
            below_zero = np.where(logs, 0.0, ndtr(-f / s))
        u = below_zero + u * (1 - below_zero)
    z = ndtri(u)
    with np.errstate(over="ignore"):
        return np.where(logs, f * np.exp(np.where(logs, s * z, 0.0)), f + s * z)


def typical_values(trial: Trial) -> np.ndarray:
    """Predictions (records,) at the typical values with the subjects' covariates."""
    return predictions(trial.prepared, centre(trial.prepared, point_of(trial.prepared.problem)))


def limited(values: np.ndarray, trial: Trial) -> np.ndarray:
    """Values as an assay reports them: -inf below the lower limit of their record, inf above the upper
    one."""
    return np.where(values < trial.lower, -np.inf, np.where(values > trial.upper, np.inf, values))
