"""Numbers for structures: published vectors, ranges, between-subject variability, residual error, checks to
reproduce."""

import math
from dataclasses import dataclass, field

from livingdrug.core.errors import InputError, ModelError
from livingdrug.core.names import unknown
from livingdrug.core.sources import Source
from livingdrug.models.elements import Quantity

SCALES = ("sd", "variance", "cv")
ON = ("log", "logit", "normal")  # scales on which subjects differ by a normal eta
PARTS = {
    "lognormal": ("log_sd",),
    "additive": ("a",),
    "proportional": ("b",),
    "combined": ("a", "b"),
    "combined_squares": ("a", "b"),
}  # of residual errors
ERRORS = tuple(PARTS)


@dataclass(frozen=True)
class Variability:
    """Between-subject variability of a quantity: h(P_i) = h(P) + eta, eta ~ N(0, sd^2); `lognormal` makes a
    log-normal one.

    Attributes
    ----------
    given : str
        Which scale was printed: `sd` or `variance` of eta, or `cv` of P.
    value : float
        The printed number.
    scale : str
        Of h: log (P_i = P exp(eta), by default), logit (of a fraction) or normal (P_i = P + eta).
    """

    given: str
    value: float
    scale: str = "log"

    def __post_init__(self) -> None:
        if self.given not in SCALES:
            raise ModelError(
                f"between-subject variability is given as {', '.join(SCALES)}, not as `{self.given}`"
            )
        if self.scale not in ON:
            raise InputError("between-subject variability: " + unknown("scale", self.scale, ON))
        if self.given == "cv" and self.scale != "log":
            raise InputError(
                f"a cv belongs to a log-normal variability; on the scale {self.scale} give sd or variance"
            )
        if not (math.isfinite(self.value) and self.value >= 0):
            raise InputError(
                f"{self.given} of between-subject variability is {self.value:g}; it must be finite and not "
                "negative"
            )

    @property
    def sd(self) -> float:
        """Standard deviation of eta (natural log scale)."""
        if self.given == "variance":
            return math.sqrt(self.value)
        return math.sqrt(math.log1p(self.value**2)) if self.given == "cv" else self.value


def lognormal(
    *, sd: float | None = None, variance: float | None = None, cv: float | None = None
) -> Variability:
    """Log-normal between-subject variability from exactly one of `sd=`, `variance=` (both of the logarithm)
    or `cv=` (a fraction).

    Parameters
    ----------
    sd, variance : float, optional
        Of the logarithm.
    cv : float, optional
        A fraction, of the quantity itself.

    Returns
    -------
    Variability

    Raises
    ------
    InputError
        Unless exactly one is given.
    """
    given = {name: v for name, v in (("sd", sd), ("variance", variance), ("cv", cv)) if v is not None}
    if len(given) != 1:
        raise ModelError("lognormal() takes exactly one of sd=, variance= or cv=; the scale is never guessed")
    ((name, number),) = given.items()
    return Variability(name, float(number))


@dataclass(frozen=True)
class Values:
    """One published vector: a number for every quantity, with its source.

    Attributes
    ----------
    name : str
        Of the vector.
    source : Source
        Where it is from.
    values : dict[str, float]
        Quantity -> number, in the quantity's unit.
    sources : dict[str, Source]
        Sources of single numbers that differ from the vector's.
    notes : dict[str, str]
        Where a number stands, how it is printed.
    unknown : dict[str, str]
        Quantity -> why it has no number; the place stays empty, and nothing runs until a user sets it.
    """

    name: str
    source: Source
    values: dict[str, float] = field(hash=False)
    sources: dict[str, Source] = field(default_factory=dict, hash=False)
    notes: dict[str, str] = field(default_factory=dict, hash=False)
    unknown: dict[str, str] = field(default_factory=dict, hash=False)

    def source_of(self, quantity: str) -> Source:
        """Source of one number."""
        return self.sources.get(quantity, self.source)


@dataclass(frozen=True)
class Correlation:
    """Correlation of the random effects of two parameters; a pair that is not given is not correlated.

    Parameters
    ----------
    first, second : str
        Names of the parameters.
    value : float
        Between -1 and 1.

    Raises
    ------
    InputError
        For a value that is no correlation.
    """

    first: str
    second: str
    value: float = 0.0

    def __post_init__(self) -> None:
        if not abs(self.value) < 1:
            pair = f"`{self.first}` and `{self.second}`"
            raise InputError(f"the correlation of {pair} is {self.value:g}; it must lie between -1 and 1")


@dataclass(frozen=True)
class Population:
    """Between-subject variability around the typical values.

    Attributes
    ----------
    name : str
        By which it is chosen.
    spreads : dict[str, Variability]
        Quantity -> its random effect.
    source : Source
        Where it is from.
    meaning : str
        Whose variability it is.
    members : dict[str, float]
        Published vectors and their weights, where a subject is one of several vectors as a whole (an ensemble
        of fits, a mixture of classes) rather than the default one; random effects then act around the vector
        of the subject.
    correlations : tuple of Correlation
        Of the random effects; without any they are independent.
    """

    name: str
    spreads: dict[str, Variability] = field(hash=False)
    source: Source
    meaning: str = ""
    members: dict[str, float] = field(default_factory=dict, hash=False)
    correlations: tuple[Correlation, ...] = ()

    def __post_init__(self) -> None:
        if self.members and (self.correlations or any(s.scale != "log" for s in self.spreads.values())):
            raise ModelError(
                f"population `{self.name}`: variabilities around several vectors are log-normal and "
                "independent"
            )
        for pair in self.correlations:
            for name in (pair.first, pair.second):
                if name not in self.spreads:
                    raise ModelError(
                        f"population `{self.name}`, correlations: "
                        + unknown("variability", name, self.spreads)
                    )
        weights = list(self.members.values())
        if not all(math.isfinite(w) and w >= 0 for w in weights) or (weights and not sum(weights) > 0):
            raise ModelError(
                f"population `{self.name}`: weights of members must be finite, not negative, and not all 0"
            )

    @property
    def correlated(self) -> tuple[str, ...]:
        """Quantities whose random effects are correlated, in the order of the spreads."""
        named = {name for pair in self.correlations for name in (pair.first, pair.second)}
        return tuple(name for name in self.spreads if name in named)

    def factor(self):
        """Lower factor of the correlation matrix of `correlated`, shape (correlated, correlated). Raises
        InputError where no effects can be correlated so."""
        import numpy as np

        names = self.correlated
        matrix = np.eye(len(names))
        for pair in self.correlations:
            i, j = names.index(pair.first), names.index(pair.second)
            matrix[i, j] = matrix[j, i] = pair.value
        try:
            return np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            raise InputError(
                f"population `{self.name}`: no effects can have these correlations together"
            ) from None


@dataclass(frozen=True)
class Range:
    """Lowest, median and highest value over a group of fits. A column of medians is not a patient.

    Attributes
    ----------
    lowest, median, highest : float
        Over the group, in the unit of the quantity.
    """

    lowest: float
    median: float
    highest: float


@dataclass(frozen=True)
class Ranges:
    """Group ranges of several fits, for reading only: they are never simulated as a vector.

    Attributes
    ----------
    name : str
        Of the group.
    meaning : str
        Which fits it holds.
    ranges : dict[str, Range]
        Quantity -> its range.
    source : Source
        Where it is from.
    """

    name: str
    meaning: str
    ranges: dict[str, Range] = field(hash=False)
    source: Source


@dataclass(frozen=True)
class Residual:
    """Residual error of an output, eps ~ N(0, 1).

    Attributes
    ----------
    output : str
        Name of the output.
    log_sd : float
        SD of the logarithm, for `lognormal`; 0 for the other kinds.
    source : Source
        Where it is from.
    kind : str
        lognormal ln(y) = ln(f) + log_sd eps, by default; additive y = f + a eps; proportional y = f + b f
        eps; combined y = f + (a + b f) eps; combined_squares y = f + sqrt(a^2 + b^2 f^2) eps.
    a : float
        In the unit of the output.
    b : float
        Proportional part: a factor of the prediction (0.2 = 20 %).
    """

    output: str
    log_sd: float
    source: Source
    kind: str = "lognormal"
    a: float = 0.0
    b: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ERRORS:
            raise InputError(f"residual error of `{self.output}`: " + unknown("kind", self.kind, ERRORS))
        used = PARTS[self.kind]
        for name in ("log_sd", "a", "b"):
            if getattr(self, name) and name not in used:
                given = f"residual error of `{self.output}`: {name} is given, and a {self.kind} error"
                raise InputError(f"{given} has {' and '.join(used)}")

    @property
    def words(self) -> str:
        """The error in words."""
        if self.kind == "lognormal":
            return f"SD of its logarithm {self.log_sd:g}"
        return f"{self.kind.replace('_', ' ')}, " + ", ".join(
            f"{name} {getattr(self, name):g}" for name in PARTS[self.kind]
        )


@dataclass(frozen=True)
class Bound:
    """The highest level of an output that a subject can have; beyond it a virtual subject is `unphysical`.

    Attributes
    ----------
    output : str
        Name of the output.
    most : float
        In its unit.
    source : Source
        Of the number.
    meaning : str
        What the number is, in words.
    """

    output: str
    most: float
    source: Source
    meaning: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.most) and self.most > 0):
            raise InputError(
                f"the bound of `{self.output}` is {self.most:g}; it must be a finite number above 0"
            )


def check_value(quantity: Quantity, value: float) -> float:
    """The value as a float, or InputError when it is not finite or outside the quantity's bound.

    Parameters
    ----------
    quantity : Quantity
        Whose bound is met.
    value : float
        In its unit.

    Returns
    -------
    float

    Raises
    ------
    InputError
        For a value that is not finite or outside the bound.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"`{quantity.name}` is {value!r}; it must be a number in {quantity.unit}") from None
    expected = {
        "nonnegative": (number >= 0, "must not be negative"),
        "positive": (number > 0, "must be positive"),
        "fraction": (0 <= number <= 1, "must be between 0 and 1"),
        "any": (True, ""),
    }
    fits, what = expected[quantity.bound]
    if not math.isfinite(number):
        fits, what = False, "must be a finite number"
    if not fits:
        raise InputError(f"`{quantity.name}` ({quantity.meaning}) is {number:g} {quantity.unit}; it {what}")
    return number
