"""What is fitted: a model, data, which numbers are looked for, how they vary and how values are measured.

The individual value P_i of a parameter has a scale h (log, logit or normal) on which it is linear:

    h(P_i) = h(P) + sum_c beta_c x_ic + eta_i,    eta_i ~ N(0, Omega)

A measured value y of an output f has an SD s(f) (see ResidualError), on the scale of f or of ln f.
"""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown, shortly
from livingdrug.data import Data
from livingdrug.fit.outcomes import Outcome
from livingdrug.models import ClosedForm, Correlation, Model

SCALES = ("log", "logit", "normal")
SHAPES = ("power", "exponential", "categorical")
# as in engine.densities.CODE
ERRORS = ("additive", "proportional", "combined", "combined_squares", "lognormal")
# of an omega on a log or logit scale that a fit starts from: 90 % of subjects within a factor of ten millions
WIDEST = 10.0
# Beal 2001, J Pharmacokinet Pharmacodyn 28:481-504
MISSING = ("", "median", "leave-out", "estimate")
BELOW = ("m1", "m3", "m4", "m5", "m6", "m7")


@dataclass(frozen=True)
class Parameter:
    """A quantity of the model in a fit.

    Attributes
    ----------
    name : str
        Of the quantity.
    value : float
        Typical value (for the reference subject), in the quantity's unit: where a fit starts, or what it
        found.
    scale : str
        On which it is linear.
    sd : float
        Standard deviation of eta between subjects on that scale, 0 for none.
    fixed, sd_fixed : bool
        Whether value and sd stay as they are.
    changes : str
        The parameter that this one changes in one occasion (see `fit.occasions`); the changes of one
        parameter have the same sd.
    """

    name: str
    value: float
    scale: str = "log"
    sd: float = 0.0
    fixed: bool = False
    sd_fixed: bool = False
    changes: str = ""

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise InputError(f"`{self.name}`: " + unknown("scale", self.scale, SCALES))
        inside = {"log": self.value > 0, "logit": 0 < self.value < 1, "normal": True}[self.scale]
        if not (math.isfinite(self.value) and inside):
            expected = {"log": "above 0", "logit": "above 0 and below 1", "normal": "finite"}[self.scale]
            raise InputError(
                f"`{self.name}` is {self.value:g}; on the scale {self.scale} it must be {expected}"
            )
        if not (math.isfinite(self.sd) and self.sd >= 0):
            raise InputError(f"the omega of `{self.name}` is {self.sd:g}; it must be finite and not negative")

    @property
    def random(self) -> bool:
        """Whether it differs between subjects."""
        return self.sd > 0

    @property
    def variability_name(self) -> str:
        """Of its sd: omega between subjects, gamma between occasions."""
        return f"gamma {self.changes}" if self.changes else f"omega {self.name}"


@dataclass(frozen=True)
class Effect:
    """A covariate on a parameter: adds coefficient * x to its scale.

    Parameters
    ----------
    parameter, covariate : str
        Names of the parameter and of the covariate, as the model and the data have them.
    shape : {'power', 'exponential', 'categorical'}
        x = ln(covariate / reference); covariate - reference; 1 where the covariate is `level`, else 0.
        With the scale log these are factors (covariate / reference)^c, exp(c x), exp(c).
    coefficient : float
        Initial estimate, or the value where it is fixed.
    reference : float
        Of the covariate.
    level : str
        Of a category.
    fixed : bool
        Whether the coefficient is fixed at this value instead of estimated.

    Raises
    ------
    InputError
        For an unknown shape, or a power without a reference above 0.
    """

    parameter: str
    covariate: str
    shape: str = "power"
    coefficient: float = 0.0
    reference: float = 0.0
    level: str = ""
    fixed: bool = False

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise InputError(
                f"`{self.covariate}` on `{self.parameter}`: " + unknown("shape", self.shape, SHAPES)
            )
        if self.shape == "power" and not (math.isfinite(self.reference) and self.reference > 0):
            raise InputError(
                f"`{self.covariate}` on `{self.parameter}`: the reference of a power must be above 0"
            )

    @property
    def name(self) -> str:
        """Such as `WT on c_max` or `SEX=F on c_max`."""
        return f"{self.covariate}{'=' + self.level if self.level else ''} on {self.parameter}"


@dataclass(frozen=True)
class ResidualError:
    """Standard deviation s of a measured value of an output f.

    Parameters
    ----------
    output : str
        Name of the output of the model that the error is of.
    kind : str
        `additive` s = a; `proportional` s = b f; `combined` s = a + b f; `combined_squares` s = sqrt(a^2
        + b^2 f^2); `lognormal`: ln y = ln f + e, s = a on the scale of logarithms.
    a, b : float
        In the unit of the output, and as a factor.
    fixed : bool
        a and b stay as they are.

    Raises
    ------
    InputError
        For an unknown kind, or numbers that are not above 0.
    """

    output: str
    kind: str
    a: float = 0.0
    b: float = 0.0
    fixed: bool = False

    def __post_init__(self) -> None:
        if self.kind not in ERRORS:
            raise InputError(f"residual error of `{self.output}`: " + unknown("kind", self.kind, ERRORS))
        for name in self.names:
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(
                    f"residual error of `{self.output}`: {name} is {value:g}; it must be finite and above 0"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Which of a and b the kind has."""
        return {"additive": ("a",), "lognormal": ("a",), "proportional": ("b",)}.get(self.kind, ("a", "b"))


@dataclass(frozen=True)
class NormalPrior:
    """A normal prior on one estimated number, by its name (`alpha`, `omega alpha`), on the scale on which
    it is estimated: a typical value on that of its parameter, a between-subject variability as its
    logarithm."""

    name: str
    centre: float
    sd: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.centre) and math.isfinite(self.sd) and self.sd > 0):
            numbers = f"mean {self.centre:g} and sd {self.sd:g}"
            raise InputError(
                f"the prior of `{self.name}` has {numbers}; the mean must be finite and the sd above 0"
            )


@dataclass(frozen=True, repr=False)
class FitProblem(Shown):
    """A model, data and what is looked for. Its numbers are those a fit starts from, or those it found.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    data : Data
        Samples, doses and covariates of all subjects, as `read_data` or `check` gives them.
    parameters : tuple of Parameter
        Estimated or fixed, with their random effects.
    residuals : tuple of ResidualError
        One for each output in the data.
    effects : tuple of Effect
        Covariates on parameters.
    correlations : tuple of Correlation
        Between random effects.
    outputs : tuple of (str, str)
        Output in the data ("" where the data name none), output of the model.
    below : str
        How values below the limit count: m3 with the probability of lying there; m1 not at all; m4 as m3,
        given that values are positive; m5 as half the limit; m6 half the limit once in a run, the rest
        not at all; m7 as 0.
    smooth : float, optional
        Time over which the pieces of a closed form pass into each other, 0 for exact breakpoints; None:
        exact ones, but in the search of FOCEI and Laplace, which need slopes.
    compartments : tuple of (str, str)
        As rows of doses name them, state of the model.
    missing : str
        What becomes of a subject without a covariate that is used; refused by default.
    own : dict of str to ndarray
        Quantities with a value for each subject of the data (see `fit.steps`).
    moving : tuple of str
        Those of them that are times on the subject's clock.
    notes : tuple of str
        For the user, such as what was done to the data so that they meet the model.
    priors : tuple of NormalPrior
        On some of the numbers (see `fit.borrow`); SAEM then maximises the likelihood times their density.
    outcomes : tuple of Outcome
        Of other kinds, driven by the individual exposure (see `fit.outcomes`).

    Raises
    ------
    InputError
        For names that do not exist, or numbers that cannot be.
    """

    model: Model
    data: Data
    parameters: tuple[Parameter, ...]
    residuals: tuple[ResidualError, ...]
    effects: tuple[Effect, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    below: str = "m3"
    smooth: float | None = None
    compartments: tuple[tuple[str, str], ...] = ()
    missing: str = ""
    own: dict[str, np.ndarray] = field(default_factory=dict, compare=False, repr=False)
    moving: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    priors: tuple[NormalPrior, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    def __post_init__(self) -> None:
        if self.missing not in MISSING:
            raise InputError(unknown("rule for missing covariates", self.missing, MISSING[1:]))
        if self.smooth and not is_closed(self.model):
            raise InputError(f"`{self.model.full_name}` has no pieces to smooth; leave the width out")
        if self.below not in BELOW:
            raise InputError(unknown("rule for values below the limit", self.below, BELOW))
        _check_names(self)
        covariance(self)

    @property
    def random(self) -> tuple[Parameter, ...]:
        """Parameters that differ between subjects, in order."""
        return tuple(p for p in self.parameters if p.random)

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each parameter stands."""
        return {p.name: i for i, p in enumerate(self.parameters)}

    def _facts(self) -> dict[str, str]:
        fixed = tuple(p.name for p in self.parameters if not p.random)
        return {
            "name": self.model.full_name,
            "data": f"{self.data.name}, {len(self.data.subjects):,} subjects, {self.data.rows:,} samples",
            "random": shortly(tuple(p.name for p in self.random)) or "none",
        } | ({"without variability": shortly(fixed)} if fixed else {})


def _check_names(problem: FitProblem) -> None:
    quantities = {q.name for q in problem.model.quantities}
    seen: set[str] = set()
    if not problem.parameters:
        raise InputError(
            "nothing is to be fitted; name a parameter (command line: --random c_max or --estimate c_max)"
        )
    for parameter in problem.parameters:
        if parameter.name not in quantities:
            raise InputError(
                f"`{problem.model.full_name}` has an " + unknown("parameter", parameter.name, quantities)
            )
        if parameter.name in seen:
            raise InputError(f"parameter `{parameter.name}` is given twice; give it once")
        seen.add(parameter.name)
    for effect in problem.effects:
        if effect.parameter not in seen:
            raise InputError(
                f"covariate effect `{effect.name}`: " + unknown("fitted parameter", effect.parameter, seen)
            )
    random = {p.name for p in problem.random}
    for pair in problem.correlations:
        for name in (pair.first, pair.second):
            if name not in random:
                raise InputError(
                    "a correlation names the " + unknown("parameter with a random effect", name, random)
                )
    known = {o.name for o in problem.model.system.outputs}
    for residual in problem.residuals:
        if residual.output not in known:
            raise InputError("residual error: " + unknown("output", residual.output, known))


def covariance(problem: FitProblem) -> np.ndarray:
    """Omega, shape (random, random). Raises InputError where it is not positive definite."""
    sd = np.array([p.sd for p in problem.random])
    names = [p.name for p in problem.random]
    correlation = np.eye(len(sd))
    for pair in problem.correlations:
        i, j = names.index(pair.first), names.index(pair.second)
        correlation[i, j] = correlation[j, i] = pair.value
    if len(sd) and np.linalg.eigvalsh(correlation)[0] <= 1e-10:
        pairs = ", ".join(f"{c.first}-{c.second} {c.value:g}" for c in problem.correlations)
        raise InputError(
            f"Omega (covariance of random effects) is not positive definite with the correlations {pairs}"
        )
    return sd[:, None] * correlation * sd


def default_scale(model: Model, name: str) -> str:
    """That of its published variability, or of the fit that the model is from; else log for what is
    positive, logit for a fraction, normal for the rest."""
    bound = next(q.bound for q in model.quantities if q.name == name)
    published = [p.spreads[name].scale for p in model.populations if name in p.spreads]
    if published:
        return published[0]
    if model.fitted and (own := [e.scale for e in model.fitted.estimates if e.name == name]):
        return own[0]
    return {"fraction": "logit", "any": "normal"}.get(bound, "log")


def outputs_of(model: Model, data: Data, given: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Which output of the model each output of the data is.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    data : Data
        The samples, see `read_data`.
    given : dict[str, str]
        Name in the data -> output of the model, where a user says so.

    Raises
    ------
    InputError
        Where the model has none.
    """
    known = [o.name for o in model.system.outputs]
    measured = [o.name for o in model.system.outputs if o.measured]
    named = sorted(set(data.profiles.output.tolist()))
    found = {}
    for name in named:
        target = given.get(name, name)
        if target in known:
            found[name] = target
        elif name == "" or len(named) == 1:
            if len(measured or known) != 1:
                listed = ", ".join(f"`{n}`" for n in measured or known)
                raise InputError(
                    f"`{model.full_name}` has several measured outputs ({listed}); say which one the values "
                    "are: in a column DVID of the data, or keep one `measured` in the model file (of SBML: "
                    "in a map, `livingdrug models new --roles-of`)"
                )
            found[name] = (measured or known)[0]
        else:
            raise InputError(f"`{model.full_name}`: the data name the " + unknown("output", name, known))
    return tuple(found.items())


def is_closed(model: Model) -> bool:
    """Whether the model is given by formulas of time."""
    return isinstance(model.system, ClosedForm)


def with_below(problem: FitProblem, below: str) -> FitProblem:
    """The same problem with another rule for values below the limit."""
    return replace(problem, below=below)
