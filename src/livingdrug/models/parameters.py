"""Numbers for structures: published vectors, ranges, between-subject variability, residual error, checks to reproduce."""

import math
from dataclasses import dataclass, field

from livingdrug.core.errors import InputError, ModelError
from livingdrug.core.sources import Source
from livingdrug.models.structure import Quantity

SCALES = ("sd", "variance", "cv")


@dataclass(frozen=True)
class LogNormal:
    """Log-normal between-subject variability around a typical value: P_i = P * exp(eta), eta ~ N(0, sd^2). Make it with
    `lognormal`.

    given: which scale was printed (sd or variance of eta, or cv of P); value: the printed number.
    """

    given: str
    value: float

    def __post_init__(self) -> None:
        if self.given not in SCALES:
            raise ModelError(f"between-subject variability is given as {', '.join(SCALES)}, not as `{self.given}`")
        if not (math.isfinite(self.value) and self.value >= 0):
            raise InputError(
                f"{self.given} of between-subject variability is {self.value:g}; it must be finite and not negative"
            )

    @property
    def sd(self) -> float:
        """Standard deviation of eta (natural log scale)."""
        if self.given == "variance":
            return math.sqrt(self.value)
        return math.sqrt(math.log1p(self.value**2)) if self.given == "cv" else self.value


def lognormal(*, sd: float | None = None, variance: float | None = None, cv: float | None = None) -> LogNormal:
    """Log-normal between-subject variability from exactly one of `sd=`, `variance=` (both of the logarithm) or
    `cv=` (a fraction)."""
    given = {name: v for name, v in (("sd", sd), ("variance", variance), ("cv", cv)) if v is not None}
    if len(given) != 1:
        raise ModelError("lognormal() takes exactly one of sd=, variance= or cv=; the scale is never guessed")
    ((name, number),) = given.items()
    return LogNormal(name, float(number))


@dataclass(frozen=True)
class Values:
    """One published vector: a number for every quantity, with its source.

    sources: sources of single numbers that differ from the vector's. notes: where a number stands, how it is printed.
    unknown: quantity -> why it has no number; the place stays empty, and nothing runs until a user sets it.
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
class Population:
    """Spreads between subjects around the typical values.

    members: published vectors and their weights, where a subject is one of several vectors as a whole (an ensemble of fits,
    a mixture of classes) rather than the default one; spreads then act around the vector of the subject.
    """

    name: str
    spreads: dict[str, LogNormal] = field(hash=False)
    source: Source
    meaning: str = ""
    members: dict[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        weights = list(self.members.values())
        if not all(math.isfinite(w) and w >= 0 for w in weights) or (weights and not sum(weights) > 0):
            raise ModelError(f"population `{self.name}`: weights of members must be finite, not negative, and not all 0")


@dataclass(frozen=True)
class Range:
    """Lowest, median and highest value over a group of fits. A column of medians is not a patient."""

    lowest: float
    median: float
    highest: float


@dataclass(frozen=True)
class Ranges:
    """Group ranges of several fits, for reading only: they are never simulated as a vector."""

    name: str
    meaning: str
    ranges: dict[str, Range] = field(hash=False)
    source: Source


@dataclass(frozen=True)
class Residual:
    """Residual error of an output: ln(y) = ln(f) + sd * eps, eps ~ N(0, 1)."""

    output: str
    log_sd: float
    source: Source


@dataclass(frozen=True)
class Experiment:
    """A dosing plan that was published or that serves as example; the first one of a model is its default.

    doses: (time, amount) pairs; until: horizon; both in the model's time unit and the unit of the dosed state. given: doses
    that are more than that (infusions, other states), in the words of `--dose`. vector: the published vector it belongs to
    (the default one where empty).
    """

    name: str
    doses: tuple[tuple[float, float], ...]
    until: float
    changes: dict[str, float] = field(default_factory=dict, hash=False)
    given: tuple[str, ...] = ()
    vector: str = ""


@dataclass(frozen=True)
class Anchor:
    """A number that the model must reproduce.

    Either `expression` of quantities, or `quantity` (CMAX, TMAX, AUC, or the value at a time as `C7`) of `output` in
    `experiment`; `after` leaves out the time before it, `until` shortens the experiment, `every` says that the published
    number is the highest on a grid with this step rather than of the continuous curve.
    """

    name: str
    value: float
    unit: str
    rtol: float
    source: Source
    expression: str = ""
    output: str = ""
    quantity: str = ""
    experiment: str = ""
    after: float = 0.0
    until: float = 0.0
    every: float = 0.0


def check_value(quantity: Quantity, value: float) -> float:
    """The value as a float, or InputError when it is not finite or outside the quantity's bound."""
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
