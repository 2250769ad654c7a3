"""What a fit or an evaluation gives."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from livingdrug.core.shown import Shown, shortly
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.unknowns import unknowns_of
from livingdrug.fit.verdict import Verdict

CONVERGED, NOT_CONVERGED, NOT_DETERMINED, BETTER_ELSEWHERE, INTERRUPTED = (
    "converged", "not_converged", "not_determined", "better_from_another_start", "interrupted",
)  # fmt: skip
EXIT_CODE = {CONVERGED: 0, NOT_CONVERGED: 3, NOT_DETERMINED: 4, BETTER_ELSEWHERE: 5, INTERRUPTED: 130}


@dataclass(frozen=True, repr=False)
class Objective(Shown):
    """-2 log likelihood under one approximation, in three conventions.

    Attributes
    ----------
    method : str
        fo, foce, focei, laplace or is.
    minus2ll : float
        Of the measured values, nothing left out.
    by_subject : ndarray, shape (n,)
        The part of -2 log likelihood that each subject contributes.
    measured : int
        Number of values that are neither censored nor left out.
    log_jacobian : float
        Sum of ln y over those whose error is log-normal.
    etas : ndarray or None, shape (n, random)
        Modes of the individual effects (not `fo`).
    converged : ndarray or None, shape (n,)
        Whether each mode was found.
    se : float or None
        Monte-Carlo standard error (`is` only).
    ess : ndarray or None, shape (n,)
        Effective sample size (`is` only).
    """

    method: str
    minus2ll: float
    by_subject: np.ndarray
    measured: int
    log_jacobian: float
    etas: np.ndarray | None = None
    converged: np.ndarray | None = None
    se: float | None = None
    ess: np.ndarray | None = None

    @property
    def means(self) -> str:
        """The method in words."""
        return "importance sampling" if self.method == "is" else self.method

    @property
    def nonmem(self) -> float:
        """NONMEM's objective function: without the constant ln(2 pi) for each measured value."""
        return self.minus2ll - self.measured * float(np.log(2 * np.pi))

    @property
    def of_logarithms(self) -> float:
        """-2 log likelihood where log-normal values count as normal logarithms (log-transformed both
        sides)."""
        return self.minus2ll - 2 * self.log_jacobian


class Limit(NamedTuple):
    """The 95 % interval of a number as it is reported; None where the data set no bound on that side. by:
    `standard error` or `profile`; determined: whether both ends are there, not too far apart, and away
    from no variability."""

    lower: float | None
    upper: float | None
    by: str
    determined: bool


@dataclass(frozen=True)
class Estimate:
    """One row of `parameters.csv`.

    Attributes
    ----------
    name : str
        Of the number.
    kind : str
        typical, spread (of a random effect), correlation, covariate or residual.
    value : float
        The estimate; a value that the data do not determine is where the search ended, and no estimate.
    se, rse : float or None
        Standard error, and the same relative to the value in %; None where none is to be had or the value was
        fixed.
    shrinkage : float or None
        Of a variability, in %, from the SD of the individual estimates: 100 (1 - sd(eta) / omega).
    fixed : bool
        Whether it was held at its value.
    lower, upper : float or None
        Of the 95 % interval, None where the data set no bound.
    by : str
        `standard error` or `profile`, empty where there is no interval.
    determined : bool
        Whether the data determine it (see `fit.limits`).
    """

    name: str
    kind: str
    value: float
    se: float | None = None
    rse: float | None = None
    shrinkage: float | None = None
    fixed: bool = False
    lower: float | None = None
    upper: float | None = None
    by: str = ""
    determined: bool = True


class Beside(NamedTuple):
    """One number by prior, data and both. prior, prior_lower, prior_upper: median and 95 % interval of its
    prior, None where it has none; alone: of the data alone, None where that fit did not end; together: of
    both."""

    name: str
    prior: float | None
    prior_lower: float | None
    prior_upper: float | None
    alone: Estimate | None
    together: Estimate | None


class Reduced(NamedTuple):
    """One problem of a path to fewer numbers. left_out: what it lacks, in words; minus2ll, bic: at its
    optimum; free: how many numbers it estimates."""

    left_out: tuple[str, ...]
    minus2ll: float
    free: int
    bic: float


@dataclass(frozen=True)
class Covariance:
    """Covariance of the estimates.

    names: of the estimated numbers in order; matrix: on the scale where they are estimated (typical values on
    their own scale, variabilities and residuals as logarithms), or None with the reason; method: how it was
    computed; condition: ratio of the largest to the smallest eigenvalue of the correlation matrix; sandwich:
    the same allowing for a wrong model, from the subjects' scores (White 1982, Econometrica 50:1-25).
    """

    names: tuple[str, ...]
    matrix: np.ndarray | None
    method: str
    condition: float | None = None
    reason: str = ""
    sandwich: np.ndarray | None = None


@dataclass(frozen=True)
class Individuals:
    """Subjects at the end. etas: modes (n, random); mean, sd: conditional mean and sd of eta, or None;
    values: parameter -> individual value at the mode (n,)."""

    subjects: tuple[str, ...]
    random: tuple[str, ...]
    etas: np.ndarray
    values: dict[str, np.ndarray]
    mean: np.ndarray | None = None
    sd: np.ndarray | None = None


@dataclass(frozen=True)
class Predictions:
    """One row for each record used. kind: measured, below or above; pred: at the typical values with the
    subject's covariates; ipred: at the individual estimate; iwres: individual weighted residual, nan where
    censored; cwres: conditional weighted residual (`fit.conditional_residuals`), nan where censored, None
    where they have not been computed."""

    subject: np.ndarray
    time: np.ndarray
    output: np.ndarray
    value: np.ndarray
    kind: np.ndarray
    pred: np.ndarray
    ipred: np.ndarray
    iwres: np.ndarray
    line: np.ndarray
    cwres: np.ndarray | None = None


@dataclass(frozen=True, repr=False)
class FitResult(Shown):
    """A fit.

    Attributes
    ----------
    problem : FitProblem
        With the numbers found.
    started : FitProblem
        With those it started from.
    method : str
        Name of the estimation method, such as `saem`.
    status : str
        How the search ended: a key of EXIT_CODE, such as `converged`.
    objective : Objective
        The likelihood at the end.
    estimates : tuple of Estimate
        Every number of the fit with its SE, interval and what is to be known of it.
    covariance : Covariance
        Of the estimates.
    individuals : Individuals
        Individual estimates (EBE).
    predictions : Predictions
        Of every record.
    trace : ndarray
        One row for each iteration, columns `trace_names`.
    trace_names : tuple of str
        Names of the columns of `trace`.
    notes : tuple of str
        What a reader must know.
    settings : dict
        Of the method, seed and versions.
    verdict : Verdict, optional
        In three parts; None where no population was estimated.
    beside : tuple of Beside
        Numbers by prior, data and both, of a fit that borrows (`fit.borrow`).
    path : tuple of Reduced
        Problems with fewer numbers, of a fit of few subjects that the data do not determine
        (`fit.reduce`).
    advice : str
        What may make such a fit whole, in words.
    """

    problem: FitProblem
    started: FitProblem
    method: str
    status: str
    objective: Objective
    estimates: tuple[Estimate, ...]
    covariance: Covariance
    individuals: Individuals
    predictions: Predictions
    trace: np.ndarray
    trace_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    settings: dict = field(default_factory=dict, hash=False)
    verdict: Verdict | None = None
    beside: tuple[Beside, ...] = ()
    path: tuple[Reduced, ...] = ()
    advice: str = ""

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return EXIT_CODE[self.status]

    @property
    def free(self) -> int:
        """How many numbers were estimated, a variability that went to 0 among them."""
        return unknowns_of(self.started).size if self.covariance.names else 0

    @property
    def aic(self) -> float:
        """Akaike's criterion: -2LL + 2 p; nan where the likelihood is not known, or priors took part."""
        return self._penalised(2.0)

    @property
    def bic(self) -> float:
        """Bayesian criterion with the number of subjects: -2LL + p ln n; nan where the likelihood is not
        known, or priors took part."""
        return self._penalised(float(np.log(len(self.individuals.subjects))))

    def _penalised(self, each: float) -> float:
        known = (self.verdict is None or self.verdict.sound) and not self.problem.priors
        return self.objective.minus2ll + each * self.free if known else float("nan")

    def _facts(self) -> dict[str, str]:
        facts = {
            "name": self.problem.model.full_name,
            "method": self.method,
            "status": self.status,
            "subjects": f"{len(self.individuals.subjects):,}",
            "-2LL": f"{self.objective.minus2ll:.2f} ({self.objective.means})",
        }
        return facts | ({"notes": " ".join(self.notes)} if self.notes and self.status != CONVERGED else {})

    def _frame(self):
        import pandas as pd

        rows = [
            (e.name, e.kind, shortly(e.value) if e.determined else "not determined", e.lower, e.upper)
            for e in self.estimates
        ]
        return pd.DataFrame(rows, columns=["name", "kind", "value", "lower", "upper"])
