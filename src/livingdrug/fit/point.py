"""A problem as numbers: where its typical values, effects, variabilities and residuals stand, and from eta to
predictions."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from livingdrug.engine import kept
from livingdrug.engine.at_draws import LARGEST, LOG, LOGIT, NORMAL
from livingdrug.engine.densities import CODE, moments_by_subject, sum_by_subject
from livingdrug.fit.design import Design, design_of
from livingdrug.fit.exposures import Exposures, exposures_of
from livingdrug.fit.outcome_likelihood import add_moments, log_likelihood_of
from livingdrug.fit.predict import RTOL, Predictor, predictor_of
from livingdrug.fit.problem import Correlation, FitProblem, covariance

SCALE_CODE = {"log": LOG, "logit": LOGIT, "normal": NORMAL}


class Point(NamedTuple):
    """The numbers of a problem, as they are estimated.

    Attributes
    ----------
    mu : ndarray, shape (parameters,)
        Typical values on their scales.
    beta : ndarray, shape (effects,)
        Coefficients of the covariates.
    omega : ndarray, shape (random, random)
        Covariance of the random effects.
    a, b : ndarray, shape (outputs,)
        Of the residual errors.
    theta : ndarray
        The numbers of all outcomes as they are estimated.
    """

    mu: np.ndarray
    beta: np.ndarray
    omega: np.ndarray
    a: np.ndarray
    b: np.ndarray
    theta: np.ndarray = np.empty(0)


class Moments(NamedTuple):
    """Log-likelihood of each subject (n,), its gradient (n, parameters) and Gauss-Newton curvature by phi,
    and the predictions (records,) with their slopes by phi (records, parameters); where a problem has
    outcomes, their exposures stand behind the records."""

    total: np.ndarray
    gradient: np.ndarray
    curve: np.ndarray
    f: np.ndarray
    slopes: np.ndarray


def to_scale(value: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values on their scales; scale: codes, broadcast over the last axis."""
    value = np.asarray(value, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.log(value) - np.log1p(-value)
        return np.where(scale == LOG, np.log(value), np.where(scale == LOGIT, logit, value))


def from_scale(phi: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values from their scales."""
    bounded = np.clip(phi, -LARGEST, LARGEST)
    return np.where(scale == LOG, np.exp(bounded), np.where(scale == LOGIT, 1 / (1 + np.exp(-bounded)), phi))


@kept
def fill_values(phi, scale, columns, table, by_phi):
    """`from_scale` of phi (n, parameters) into the fitted columns of a table of quantities, with d value /
    d phi."""
    for i in range(phi.shape[0]):
        for p in range(phi.shape[1]):
            x = phi[i, p]
            value, slope = x, 1.0
            if scale[p] != NORMAL:
                # LARGEST: the key of kept code holds no globals
                x = min(max(x, -700.0), 700.0) if x == x else x
                value = math.exp(x) if scale[p] == LOG else 1.0 / (1.0 + math.exp(-x))
                slope = value if scale[p] == LOG else value * (1.0 - value)
            table[i, columns[p]] = value
            by_phi[i, p] = slope


@kept
def fill_slopes(slopes, by_phi, first, last, out):
    """Slopes by phi from those by the values (records, parameters), by_phi (n, parameters) being d value /
    d phi."""
    for i in range(len(first)):
        for r in range(first[i], last[i]):
            for p in range(slopes.shape[1]):
                out[r, p] = slopes[r, p] * by_phi[i, p]


PARTS = 16  # groups of subjects whose records are kept prepared


@dataclass(frozen=True)
class Prepared:
    """A problem with its records and compiled predictions; copies: of all subjects (chains); exposures:
    that drive its outcomes, None where it has none; rtol: as in `prepare`."""

    problem: FitProblem
    design: Design
    predictor: Predictor
    copies: int = 1
    exposures: Exposures | None = None
    rtol: float = RTOL

    @cached_property
    def columns(self) -> np.ndarray:
        """Columns of the fitted parameters in the table of quantities."""
        names = [q.name for q in self.problem.model.system.quantities]
        return np.array([names.index(p.name) for p in self.problem.parameters], dtype=np.int64)

    @cached_property
    def scale(self) -> np.ndarray:
        """Code of each parameter's scale."""
        return np.array([SCALE_CODE[p.scale] for p in self.problem.parameters])

    @cached_property
    def random(self) -> np.ndarray:
        """Positions of the parameters with between-subject variability."""
        return np.array([i for i, p in enumerate(self.problem.parameters) if p.random], dtype=np.int64)

    @cached_property
    def still(self) -> np.ndarray:
        """Positions of the parameters without one."""
        return np.setdiff1d(np.arange(len(self.problem.parameters)), self.random)

    @cached_property
    def effect_on(self) -> np.ndarray:
        """Position of the parameter of each effect."""
        return np.array([self.problem.position[e.parameter] for e in self.problem.effects], dtype=np.int64)

    @cached_property
    def kind(self) -> np.ndarray:
        """Code of each output's residual error."""
        return np.array([CODE[r.kind] for r in self.problem.residuals], dtype=np.int64)

    @cached_property
    def table(self) -> np.ndarray:
        """Quantities of all subjects (copies x subjects, quantities), fitted ones still typical."""
        return np.tile(self.design.table, (self.copies, 1))

    @cached_property
    def _copied(self) -> dict:
        return {}

    def copied(self, copies: int) -> "Prepared":
        """The same records with that many copies of all subjects; made once."""
        if copies not in self._copied:
            self._copied[copies] = prepare(self.problem, copies, self.design, self.rtol)
        return self._copied[copies]

    @cached_property
    def _parts(self) -> dict:
        return {}

    def of(self, chosen: np.ndarray) -> "Prepared":
        """The records of the chosen subjects, as if each were another one; the last few are kept."""
        key = tuple(chosen.tolist())
        if key not in self._parts:
            if len(self._parts) >= PARTS:
                self._parts.pop(next(iter(self._parts)))
            self._parts[key] = prepare(self.problem, self.copies, self.design.of(chosen), self.rtol)
        return self._parts[key]

    @property
    def n(self) -> int:
        """Number of subjects with their copies."""
        return self.design.n * self.copies

    @cached_property
    def records(self) -> tuple[np.ndarray, ...]:
        """y, kind of record, output, first and last, with the copies."""
        d, size = self.design, len(self.design.y)
        shift = np.repeat(size * np.arange(self.copies), d.n)
        tiled = [np.tile(part, self.copies) for part in (d.y, d.kind, d.output)]
        return (*tiled, np.tile(d.first, self.copies) + shift, np.tile(d.last, self.copies) + shift)

    @cached_property
    def owner(self) -> np.ndarray:
        """Subject, with its copies, of each record, and of each exposure behind them."""
        _, _, _, first, last = self.records
        own = np.repeat(np.arange(self.n), last - first)
        return own if self.exposures is None else np.concatenate([own, self.exposures.layout[1]])

    def own(self, f: np.ndarray) -> np.ndarray:
        """The predictions of records alone."""
        return f if self.exposures is None else f[: len(self.records[0])]

    @cached_property
    def ends(self) -> np.ndarray:
        """The other end of each record's interval, with the copies (see `Design`)."""
        return np.tile(self.design.end, self.copies)

    @property
    def m4(self) -> bool:
        """Whether values below the limit count by M4."""
        return self.problem.below == "m4"


def prepare(
    problem: FitProblem, copies: int = 1, design: Design | None = None, rtol: float = RTOL
) -> Prepared:
    """Compile what a problem needs.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.
    copies : int, optional
        Of all subjects, one after the other.
    design : Design, optional
        The records; those of the problem by default.
    rtol : float, optional
        Relative tolerance where equations are solved by steps in time; slopes have a hundredth of it.

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        For data that the model cannot take.
    """
    design = design or design_of(problem)
    predictor, exposures = predictor_of(problem, design, copies, rtol), exposures_of(problem, design, copies)
    return Prepared(problem, design, predictor, copies, exposures, rtol)


def is_defined(point: Point) -> bool:
    """Whether every number is finite and Omega is positive definite."""
    finite = all(np.isfinite(part).all() for part in point)
    return finite and (not len(point.omega) or np.linalg.eigvalsh(point.omega)[0] > 0)


def point_of(problem: FitProblem) -> Point:
    """The numbers of a problem.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.

    Returns
    -------
    Point
    """
    scale = np.array([SCALE_CODE[p.scale] for p in problem.parameters])
    return Point(
        to_scale(np.array([p.value for p in problem.parameters]), scale),
        np.array([e.coefficient for e in problem.effects]), covariance(problem),
        np.array([r.a for r in problem.residuals]), np.array([r.b for r in problem.residuals]),
        np.concatenate([np.empty(0), *(o.theta for o in problem.outcomes)]),
    )  # fmt: skip


def problem_at(problem: FitProblem, point: Point) -> FitProblem:
    """The problem with other numbers."""
    scale = np.array([SCALE_CODE[p.scale] for p in problem.parameters])
    values = from_scale(point.mu, scale)
    sd = np.sqrt(np.diag(point.omega))
    names = [p.name for p in problem.random]
    sds = dict(zip(names, sd.tolist(), strict=True))
    parameters = tuple(
        replace(p, value=p.value if p.fixed else float(v), sd=sds.get(p.name, 0.0))
        for p, v in zip(problem.parameters, values, strict=True)
    )
    pairs = []
    for pair in problem.correlations:
        i, j = names.index(pair.first), names.index(pair.second)
        pairs.append(Correlation(pair.first, pair.second, float(point.omega[i, j] / (sd[i] * sd[j]))))
    effects = tuple(
        replace(e, coefficient=float(c)) for e, c in zip(problem.effects, point.beta, strict=True)
    )
    residuals = tuple(
        replace(r, a=float(a), b=float(b))
        for r, a, b in zip(problem.residuals, point.a, point.b, strict=True)
    )
    ends = np.cumsum([len(o.numbers) for o in problem.outcomes])
    own = zip(problem.outcomes, np.split(point.theta, ends[:-1]), strict=True) if len(ends) else ()
    return replace(
        problem, parameters=parameters, effects=effects, correlations=tuple(pairs), residuals=residuals,
        outcomes=tuple(outcome.at(theta) for outcome, theta in own),
    )


def centre(prepared: Prepared, point: Point) -> np.ndarray:
    """phi of each subject without its eta, shape (subjects with copies, parameters)."""
    phi = np.empty((prepared.design.n, len(point.mu)))
    phi[:] = point.mu
    for k, position in enumerate(prepared.effect_on):
        phi[:, position] += prepared.design.x[:, k] * point.beta[k]
    return phi if prepared.copies == 1 else np.tile(phi, (prepared.copies, 1))


def with_etas(prepared: Prepared, middle: np.ndarray, etas: np.ndarray) -> np.ndarray:
    """phi of each subject from its centre and eta (subjects, random)."""
    phi = middle.copy()
    phi[:, prepared.random] += etas
    return phi


def individual(prepared: Prepared, phi: np.ndarray) -> np.ndarray:
    """Table of quantities (subjects, quantities) for phi."""
    return table_of(prepared, phi)[0]


def table_of(prepared: Prepared, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same, with d value / d phi (subjects, parameters)."""
    table, by_phi = prepared.table.copy(), np.empty(phi.shape)
    fill_values(phi, prepared.scale, prepared.columns, table, by_phi)
    return table, by_phi


def predictions(prepared: Prepared, phi: np.ndarray) -> np.ndarray:
    """Predictions at all records."""
    return prepared.predictor.values(individual(prepared, phi))


def everything(prepared: Prepared, phi: np.ndarray) -> np.ndarray:
    """Predictions at all records, and behind them the exposures that drive outcomes: what a likelihood
    needs."""
    if prepared.exposures is None:
        return predictions(prepared, phi)
    return prepared.exposures.values(prepared.predictor, individual(prepared, phi))


def log_likelihood(
    prepared: Prepared, point: Point, f: np.ndarray, fixed_f: np.ndarray | None = None
) -> np.ndarray:
    """Log-likelihood of each subject for `everything`; fixed_f: predictions that set the residual SD."""
    y, kind, output, first, last = prepared.records
    out, own = np.empty(len(first)), prepared.own(f)
    sum_by_subject(
        y,
        prepared.ends,
        kind,
        output,
        prepared.kind,
        point.a,
        point.b,
        own,
        own if fixed_f is None else fixed_f,
        prepared.m4,
        first,
        last,
        out,
    )
    if prepared.exposures is not None:
        out += log_likelihood_of(prepared.exposures, point.theta, f[len(own) :])
    return out


def moments(prepared: Prepared, point: Point, phi: np.ndarray, fixed_f: np.ndarray | None = None) -> Moments:
    """Log-likelihood with derivatives by phi; fixed_f: predictions that set the residual SD (no
    interaction)."""
    table, by_phi = table_of(prepared, phi)
    if prepared.exposures is not None:
        f, by_value = prepared.exposures.slopes(prepared.predictor, table)
        return moments_of(prepared, point, f, by_value * by_phi[prepared.owner], fixed_f)
    f, by_value = prepared.predictor.slopes(table)
    _, _, _, first, last = prepared.records
    slopes = np.empty(by_value.shape)
    fill_slopes(by_value, by_phi, first, last, slopes)
    return moments_of(prepared, point, f, slopes, fixed_f)


def moments_of(prepared: Prepared, point: Point, f: np.ndarray, slopes: np.ndarray, fixed_f=None) -> Moments:
    """The same from predictions and slopes."""
    y, kind, output, first, last = prepared.records
    n, k = len(first), slopes.shape[1]
    total, gradient, curve = np.empty(n), np.empty((n, k)), np.empty((n, k, k))
    own = prepared.own(f)
    moments_by_subject(
        y,
        prepared.ends,
        kind,
        output,
        prepared.kind,
        point.a,
        point.b,
        own,
        own if fixed_f is None else fixed_f,
        fixed_f is None,
        prepared.m4,
        np.ascontiguousarray(slopes[: len(own)]),
        first,
        last,
        total,
        gradient,
        curve,
    )
    if prepared.exposures is not None:
        add_moments(
            prepared.exposures, point.theta, f[len(own) :], slopes[len(own) :], total, gradient, curve
        )
    return Moments(total, gradient, curve, f, slopes)
