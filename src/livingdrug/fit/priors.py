"""Priors of a Bayesian fit, each on one number of the problem, stated and never hidden."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.engine import kept
from livingdrug.fit.point import LOGIT, SCALE_CODE, point_of, to_scale
from livingdrug.fit.problem import FitProblem, NormalPrior
from livingdrug.fit.unknowns import COVARIATE, RESIDUAL, TYPICAL, VARIABILITY, Unknowns, unknowns_of

KINDS = (
    "normal",
    "half_normal",
    "half_cauchy",
    "uniform",
    "log_normal",
)  # `add_priors` knows them by their positions
WIDE = 2.0  # sd of a typical value on a log or logit scale: 95 % within a factor of 50 either way
LOOSE = 1.0  # of an omega, a log-normal error or a relative one


@dataclass(frozen=True)
class Prior:
    """The prior of one number of a Bayesian fit.

    Attributes
    ----------
    name : str
        Of the number, such as `c_max` or `omega c_max`.
    kind : {'normal', 'half_normal', 'half_cauchy', 'uniform', 'log_normal'}
        normal: typical values (on the scale of the parameter) and coefficients, around `centre` with `width`;
        half_normal, half_cauchy: variabilities and residual errors as they are (not their logarithms), of
        scale `width`; uniform: correlations, over all that are possible together; log_normal: variabilities,
        whose logarithm is normal around `centre` with `width`.
    centre : float
        Where the prior lies, on the scale that `kind` says.
    width : float
        Its SD or scale, above 0.
    """

    name: str
    kind: str
    centre: float = 0.0
    width: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"prior of `{self.name}`: " + unknown("kind", self.kind, KINDS))
        if not (np.isfinite(self.centre) and np.isfinite(self.width) and self.width > 0):
            raise InputError(
                f"prior of `{self.name}`: the width is {self.width:g}; it must be finite and above 0"
            )


def priors_of(problem: FitProblem, given: Sequence[Prior] = ()) -> tuple[Prior, ...]:
    """One prior for each estimated number, in the order of `Unknowns.names`: the given one, else a weak one
    around the problem's own values (which are the published or given start): see `sentences`.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.
    given : sequence of Prior, optional
        Priors that replace the weakly informative ones of the same numbers.

    Returns
    -------
    tuple of Prior

    Raises
    ------
    InputError
        For a name that is not estimated, or a kind that does not fit it.
    """
    unknowns = unknowns_of(problem)
    said = {prior.name: prior for prior in (*as_priors(problem.priors, problem), *given)}
    for name in said:
        if name not in unknowns.names:
            raise InputError("priors: " + unknown("estimated number", name, unknowns.names))
    found = tuple(said.get(p.name, p) for p in _weak(problem, unknowns))
    for prior, kind in zip(found, unknowns.kinds, strict=True):
        allowed = {
            TYPICAL: ("normal",),
            COVARIATE: ("normal",),
            VARIABILITY: (*KINDS[1:3], "log_normal"),
            RESIDUAL: KINDS[1:3],
        }
        fitting = allowed.get(kind, ("uniform",))
        if prior.kind not in fitting:
            raise InputError(
                f"prior of `{prior.name}` is {prior.kind}; a {kind} takes {' or '.join(fitting)}"
            )
    return found


def _weak(problem: FitProblem, unknowns: Unknowns) -> list[Prior]:
    scale = np.array([SCALE_CODE[p.scale] for p in problem.parameters])
    mu = to_scale(np.array([p.value for p in problem.parameters]), scale)
    point, random = point_of(problem), problem.random
    sd = np.sqrt(np.diag(point.omega))
    names, made = iter(unknowns.names), []
    for i in unknowns.mu:
        p = problem.parameters[i]
        made.append(
            Prior(
                next(names),
                "normal",
                float(mu[i]),
                WIDE if p.scale != "normal" else 10 * max(abs(p.value), p.sd),
            )
        )
    made += [Prior(next(names), "normal", 0.0, LOOSE) for _ in unknowns.beta]
    for r in unknowns.variability:
        made.append(
            Prior(next(names), "half_normal", 0.0, LOOSE if random[r].scale != "normal" else 5 * float(sd[r]))
        )
    made += [Prior(next(names), "uniform") for _ in unknowns.pairs]
    for o in unknowns.a:
        error = problem.residuals[o]
        made.append(
            Prior(next(names), "half_normal", 0.0, LOOSE if error.kind == "lognormal" else 5 * error.a)
        )
    made += [Prior(next(names), "half_normal", 0.0, LOOSE) for _ in unknowns.b]
    return made


def read_priors(texts: Sequence[str]) -> tuple[Prior, ...]:
    """Priors from texts such as `c_max=normal:9.9,1`, `omega c_max=half_cauchy:0.5`.

    Parameters
    ----------
    texts : sequence of str
        Such as `c_max=normal:9.9,1`.

    Returns
    -------
    tuple of Prior

    Raises
    ------
    InputError
        For others.
    """
    from livingdrug.fit.text import read_number

    found = []
    for text in texts:
        name, _, rest = (part.strip() for part in text.partition("="))
        kind, _, numbers = (part.strip() for part in rest.partition(":"))
        values = [read_number(part, f"--prior {name}") for part in numbers.split(",") if part.strip()]
        wanted = {"normal": 2, "half_normal": 1, "half_cauchy": 1, "uniform": 0}.get(kind)
        if not name or wanted is None or len(values) != wanted:
            raise InputError(f"--prior `{text}`: write NAME=normal:MEAN,SD (a typical value on its scale, "
                             "such as ln c_max) or 'omega NAME=half_normal:SCALE' or "
                             "half_cauchy:SCALE")  # fmt: skip
        found.append(Prior(name, kind, values[0] if wanted == 2 else 0.0, values[-1] if values else 1.0))
    return tuple(found)


def as_priors(borrowed: Sequence[NormalPrior], problem: FitProblem) -> tuple[Prior, ...]:
    """Borrowed priors as those of a Bayesian fit: a variability, whose logarithm is normal, is log-normal.

    Parameters
    ----------
    borrowed : sequence of NormalPrior
        What `borrowed` made of a published population.
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.

    Returns
    -------
    tuple of Prior
    """
    names = {p.variability_name for p in problem.random}
    kinds = ("log_normal" if b.name in names else "normal" for b in borrowed)
    return tuple(Prior(b.name, kind, b.centre, b.sd) for b, kind in zip(borrowed, kinds, strict=True))


def log_prior(priors: Sequence[Prior], unknowns: Unknowns, vector: np.ndarray) -> tuple[float, np.ndarray]:
    """Log density of the priors (without constants) of the vector of `Unknowns`, with its gradient.
    Variabilities and residual errors stand there as logarithms, correlations as atanh: the change of
    variable is part of the density."""
    slope = np.empty(len(vector))
    return add_priors(*columns_of(priors), np.asarray(vector, dtype=float), slope), slope


def columns_of(priors: Sequence[Prior]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kinds (positions in KINDS), centres and widths."""
    kinds = np.array([KINDS.index(prior.kind) for prior in priors], dtype=np.int64)
    centres = np.array([prior.centre for prior in priors], dtype=float)
    return kinds, centres, np.array([prior.width for prior in priors], dtype=float)


@kept
def add_priors(kinds, centre, width, vector, slope):
    """`log_prior` of `columns_of`; fills the gradient."""
    total = 0.0
    for i in range(len(vector)):
        x = vector[i]
        if kinds[i] == 0 or kinds[i] == 4:  # normal, or log-normal of what stands there as a logarithm
            z = (x - centre[i]) / width[i]
            total -= 0.5 * z * z
            slope[i] = -z / width[i]
        elif kinds[i] == 3:  # uniform
            r = math.tanh(x)
            total += math.log1p(-r * r) if abs(r) < 1.0 else -math.inf
            slope[i] = -2.0 * r
        else:
            ratio = math.exp(2.0 * min(x, 300.0)) / width[i] ** 2
            half_normal = kinds[i] == 1
            total += x - (0.5 * ratio if half_normal else math.log1p(ratio))
            slope[i] = 1.0 - (ratio if half_normal else 2.0 * ratio / (1.0 + ratio))
    return total


def prior_density(prior: Prior, unknowns: Unknowns, value: np.ndarray) -> np.ndarray | None:
    """Density of a prior at values as they are reported, (values,): for each unit, or of ln value where the
    parameter is log-normal. None for correlations of a block, which depend on each other.

    Parameters
    ----------
    prior : Prior
        Of one estimated number.
    unknowns : Unknowns
        What is estimated, see `unknowns_of`.
    value : ndarray
        Where the density is wanted.

    Returns
    -------
    ndarray or None
    """
    if prior.kind == "uniform":
        return np.full(value.shape, 0.5) if len(unknowns.pairs) == 1 else None
    if prior.kind == "normal":
        p = {p.name: p for p in unknowns.problem.parameters}.get(prior.name)
        code = np.array(SCALE_CODE[p.scale if p else "normal"])
        z = (to_scale(value, code) - prior.centre) / prior.width
        by = 1 / (value * (1 - value)) if code == LOGIT else 1.0
        return by * np.exp(-0.5 * z * z) / (prior.width * np.sqrt(2 * np.pi))
    if prior.kind == "log_normal":
        z = (np.log(value) - prior.centre) / prior.width
        return np.exp(-0.5 * z * z) / (value * prior.width * np.sqrt(2 * np.pi))
    z = value / prior.width
    if prior.kind == "half_normal":
        return np.sqrt(2 / np.pi) * np.exp(-0.5 * z * z) / prior.width
    return 2 / (np.pi * prior.width * (1 + z * z))


def sentences(priors: Sequence[Prior], unknowns: Unknowns) -> tuple[str, ...]:
    """Each prior in words."""
    told = []
    for prior, kind in zip(priors, unknowns.kinds, strict=True):
        if prior.kind == "normal":
            where = "" if kind != TYPICAL else _scale(unknowns, prior.name)
            told.append(f"{prior.name}: normal{where}, mean {prior.centre:.4g}, sd {prior.width:.4g}")
        elif prior.kind == "log_normal":
            told.append(
                f"{prior.name}: log-normal, median {np.exp(prior.centre):.4g}, sd of its ln {prior.width:.4g}"
            )
        elif prior.kind == "uniform":
            told.append(f"{prior.name}: uniform over the possible correlations")
        else:
            told.append(f"{prior.name}: {prior.kind.replace('_', '-')}, scale {prior.width:.4g}")
    return tuple(told)


def _scale(unknowns: Unknowns, name: str) -> str:
    scale = unknowns.problem.parameters[unknowns.problem.position[name]].scale
    return {"log": " on ln", "logit": " on logit", "normal": ""}[scale]
