"""What a model file says of the fit that its numbers come from, and a fitted model at other values of its
estimates."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models.parameters import Correlation, Variability

if TYPE_CHECKING:
    from livingdrug.models.model import Model

KINDS = ("typical", "covariate", "variability", "correlation", "residual")
FORMER = {"spread": "variability"}  # kinds as files of earlier versions call them
SOUND = "converged"
EDITED = (
    "its equations or numbers are not those that the fit wrote: the file was edited, or a fragment has "
    "changed since; take the table `fitted` out of the file to have a model of your own"
)


@dataclass(frozen=True)
class Estimated:
    """One number of a fit, as its table of estimates has it.

    Attributes
    ----------
    name : str
        As the table of estimates has it.
    kind : str
        Typical, covariate, variability (of a random effect), correlation or residual.
    value : float
        The estimate, on its own scale.
    scale : str
        On which it was estimated: log, logit, atanh (of a correlation) or normal.
    se : float or None
        Standard error of the value, on its own scale.
    lower, upper : float or None
        Ends of the 95 % interval, None where there is none.
    fixed : bool
        Whether it was fixed instead of estimated.
    determined : bool
        Whether the data determine it.
    """

    name: str
    kind: str
    value: float
    scale: str = "log"
    se: float | None = None
    lower: float | None = None
    upper: float | None = None
    fixed: bool = False
    determined: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", FORMER.get(self.kind, self.kind))
        if self.kind not in KINDS:
            raise InputError(f"`{self.name}`: " + unknown("kind", self.kind, KINDS))
        if self.scale not in _TO:
            raise InputError(f"`{self.name}`: " + unknown("scale", self.scale, _TO))
        if not math.isfinite(self.value):
            raise InputError(f"`{self.name}` is {self.value:g}; it must be a finite number")

    @property
    def place(self) -> float:
        """The value on the scale of its estimation."""
        return _TO[self.scale](self.value)

    def at(self, place: float) -> float:
        """The value at a place on the scale of its estimation."""
        return _FROM[self.scale](place)


def _logit(p: float) -> float:
    return math.log(p) - math.log1p(-p)


def _expit(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(x, -700.0), 700.0)))


_TO = {"log": math.log, "logit": _logit, "atanh": math.atanh, "normal": float}
_FROM = {
    "log": lambda x: math.exp(min(max(x, -700.0), 700.0)),
    "logit": _expit,
    "atanh": math.tanh,
    "normal": float,
}


@dataclass(frozen=True)
class Fitted:
    """The fit behind the numbers of a model.

    Attributes
    ----------
    model, data, method, status : str
        What was fitted to what, how, and how it ended.
    data_sha256 : str
        Of what the fit saw of the data.
    version : str
        Version of livingdrug that made the fit.
    subjects, samples : int
        How many of the data.
    estimates : tuple of Estimated
        Every number of it.
    names : tuple of str
        Those that were estimated together.
    covariance : tuple[tuple of float, ...]
        Of `names` in their order, in their places on their scales; empty where the fit gave none.
    draws : str
        A file beside the model file with draws of the posterior, a column for each of `names`; empty without
        one.
    doubts : tuple of str
        Why the fit is not sound, a sentence each; empty where it is.
    numbers_sha256 : str
        Of equations and numbers as they were written.
    """

    model: str
    data: str
    data_sha256: str
    method: str
    status: str
    version: str
    subjects: int
    samples: int
    estimates: tuple[Estimated, ...]
    names: tuple[str, ...] = ()
    covariance: tuple[tuple[float, ...], ...] = field(default=(), hash=False)
    draws: str = ""
    doubts: tuple[str, ...] = ()
    numbers_sha256: str = ""

    def __post_init__(self) -> None:
        known = {e.name for e in self.estimates}
        for name in self.names:
            if name not in known:
                raise InputError("names of the covariance: " + unknown("estimate", name, known))
        sizes = {len(self.covariance), *(len(row) for row in self.covariance)}
        if self.covariance and sizes != {len(self.names)}:
            raise InputError(
                f"the covariance has rows of {sorted(sizes)} numbers, and {len(self.names)} names"
            )
        if not all(math.isfinite(v) for row in self.covariance for v in row):
            raise InputError("the covariance holds a number that is not finite")

    @property
    def line(self) -> str:
        """The fit in one sentence."""
        return (
            f"fitted to {self.data} ({self.subjects} subjects, {self.samples} samples) by {self.method}; "
            f"status {self.status.replace('_', ' ')}"
        )

    def estimate(self, name: str) -> Estimated:
        """The estimate of this name."""
        return next(e for e in self.estimates if e.name == name)

    def scale_of(self, parameter: str) -> str:
        """On which subjects differ in a parameter: that of its typical value, log where the fit has none
        of it."""
        return next((e.scale for e in self.estimates if e.name == parameter), "log")


def coefficient_name(effect: str) -> str:
    """The quantity that holds the coefficient of a covariate effect: `WT on c_max` is `wt_on_c_max`.

    Parameters
    ----------
    effect : str
        Such as `WT on c_max`.

    Returns
    -------
    str
    """
    return re.sub(r"[^a-z0-9]+", "_", effect.lower()).strip("_")


def with_numbers(model: "Model", numbers: Mapping[str, float]) -> "Model":
    """A fitted model with other values of its estimates, by the names that its fit gives them.

    Parameters
    ----------
    model : 'Model'
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    numbers : Mapping[str, float]
        Name of an estimate -> its value.

    Returns
    -------
    'Model'

    Raises
    ------
    InputError
        For a model that is not fitted, and for a name that its fit does not have.
    """
    if model.fitted is None:
        raise InputError(f"`{model.full_name}` is no fitted model, so it has no estimates")
    typical, population, residuals = (
        dict(model.values[0].values),
        model.populations[:1],
        list(model.residuals),
    )
    spreads = dict(population[0].spreads) if population else {}
    pairs = {(c.first, c.second): c for c in population[0].correlations} if population else {}
    for name, value in numbers.items():
        kind = model.fitted.estimate(name).kind
        if kind == "typical":
            typical[name] = value
        elif kind == "covariate":
            typical[coefficient_name(name)] = value
        elif kind == "variability":
            of = name.split(" ")[1]
            before = spreads.get(of) or Variability("sd", value, model.fitted.scale_of(of))
            spreads[of] = replace(before, given="sd", value=value)
        elif kind == "correlation":
            first, second = name.split(" ")[1:]
            pairs[first, second] = Correlation(first, second, value)
        else:
            part, output = name.split(" ")
            residuals = [_with_part(r, part, value) if r.output == output else r for r in residuals]
    if population:
        population = (
            replace(population[0], spreads=spreads, correlations=tuple(pairs.values())),
            *model.populations[1:],
        )
    values = (replace(model.values[0], values=typical), *model.values[1:])
    made = replace(
        model, values=values, populations=population or model.populations, residuals=tuple(residuals)
    )
    if "system" in model.__dict__:  # the equations do not depend on values
        made.__dict__["system"] = model.system
    return made


def _with_part(residual, part: str, value: float):
    return (
        replace(residual, log_sd=value)
        if residual.kind == "lognormal"
        else replace(residual, **{part: value})
    )


def numbers_hash(model: "Model") -> str:
    """SHA-256 of the assembled equations and of all numbers of a model, whatever the version of the library.

    Parameters
    ----------
    model : 'Model'
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    str
    """
    system = model.system
    parts = ("outputs", "quantities", "definitions", "valid", "states", "flows", "clocks", "switches")
    equations = [[_kept(item) for item in getattr(system, part, ())] for part in parts]
    numbers = [_kept(item) for item in (*model.values, *model.populations, *model.residuals)]
    whole = [model.time_unit, system.dose_into, equations, numbers, model.individual]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _kept(item) -> dict:
    """What a table says, without what it leaves empty: a field that later versions add changes nothing."""
    return {key: value for key, value in asdict(item).items() if value not in ("", (), {}, None, False, 0)}
