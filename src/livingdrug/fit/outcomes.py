"""Outcomes that are fitted together with the kinetics: what each subject had, and the exposure that drives
it.

With x the driver of a subject (its individual exposure E over a reference E0: x = ln(E / E0), or x = E / E0),
a an intercept and b a slope:

    binary   P(yes) = 1 / (1 + exp(-(a + b x)))
    ordered  P(grade >= g) = 1 / (1 + exp(-(a_g + b x))), one intercept for each grade above the lowest
    count    y ~ Poisson(exp(a + b x))
    event    hazard h = exp(a + b x), constant, or following the current level where x is that of the level
    weibull  hazard h(t) = exp(a + b x) k (t / s)^(k - 1), s a reference time

An outcome adds its log-likelihood to that of the subject's measured values, given the same individual
parameters; its own numbers are the same for all.
"""

import math
import re
from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown

BINARY, ORDERED, COUNT, EVENT, WEIBULL = KINDS = ("binary", "ordered", "count", "event", "weibull")
TIMED = (EVENT, WEIBULL)
CMAX, AUC, LEVEL, QUANTITY = "cmax", "auc", "level", "quantity"  # what a driver is
_WINDOWED = re.compile(r"(CMAX|AUC)([0-9]+(?:\.[0-9]+)?)?")


@dataclass(frozen=True)
class Driver:
    """An exposure of a subject. name: as it is said (`CMAX`, `AUC28`, an output's name, a quantity's name);
    what: one of CMAX, AUC (of `output`, until day `until`), LEVEL (of `output`, at every time), QUANTITY;
    log: whether x is ln(E / reference), else it is E / reference; reference: None until it is known."""

    name: str
    what: str
    output: str = ""
    until: float = MONTH
    log: bool = True
    reference: float | None = None

    def __post_init__(self) -> None:
        if self.reference is not None and not (math.isfinite(self.reference) and self.reference > 0):
            raise InputError(
                f"the reference of `{self.name}` is {self.reference:g}; it must be finite and above 0"
            )

    @property
    def words(self) -> str:
        """x in words, such as `ln(CMAX / 24000)`."""
        ratio = f"{self.name} / {self.reference:.10g}" if self.reference else self.name
        return f"ln({ratio})" if self.log else f"({ratio})"

    @property
    def text(self) -> str:
        """As it is typed."""
        ratio = f"{self.name}/{self.reference!r}" if self.reference else self.name
        return f"log({ratio})" if self.log else ratio


@dataclass(frozen=True)
class Number:
    """An estimated number of an outcome. log: whether it is estimated as its logarithm."""

    name: str
    value: float
    log: bool = False


@dataclass(frozen=True)
class Outcome:
    """An outcome of all subjects of the data, nan where it is not known.

    values (subjects,): 1 or 0, grades, counts; of an event 1 where it was seen, 0 where it was not until
    `time`. time: of the event, or last seen without it; since: last seen without an event that fell between
    two visits, else its time. grades: those that occur, ascending. scale: reference time s. numbers: where a
    fit starts, or what it found. notes: for the user.
    """

    name: str
    kind: str
    driver: Driver
    values: tuple[float, ...] = field(repr=False)
    time: tuple[float, ...] = field(default=(), repr=False)
    since: tuple[float, ...] = field(default=(), repr=False)
    grades: tuple[int, ...] = ()
    scale: float = 1.0
    numbers: tuple[Number, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"outcome `{self.name}`: " + unknown("kind", self.kind, KINDS))
        if self.driver.what == LEVEL and self.kind not in TIMED:
            raise InputError(
                f"outcome `{self.name}` is {self.kind}, and the level of `{self.driver.name}` changes with "
                "time: take CMAX, AUC28 or a parameter; a current level drives an event"
            )
        if self.driver.what == LEVEL and self.kind == WEIBULL:
            raise InputError(
                f"outcome `{self.name}`: a hazard that follows the current level of `{self.driver.name}` has "
                "no other course in time; take event"
            )

    @property
    def known(self) -> int:
        """Of how many subjects it is known."""
        return int(np.isfinite(self.values).sum())

    @property
    def theta(self) -> np.ndarray:
        """Its numbers as they are estimated."""
        return np.array([math.log(n.value) if n.log else n.value for n in self.numbers])

    def at(self, theta: np.ndarray) -> "Outcome":
        """The outcome with other numbers."""
        values = (math.exp(t) if n.log else t for n, t in zip(self.numbers, theta.tolist(), strict=True))
        return replace(
            self, numbers=tuple(replace(n, value=v) for n, v in zip(self.numbers, values, strict=True))
        )


@dataclass(frozen=True)
class Seen:
    """An outcome of the subjects of a design, (n,) each; see `Outcome`."""

    values: np.ndarray
    time: np.ndarray
    since: np.ndarray

    def of(self, chosen: np.ndarray) -> "Seen":
        """Those of chosen subjects."""
        return Seen(self.values[chosen], self.time[chosen], self.since[chosen])


def seen_of(outcome: Outcome, present: np.ndarray) -> Seen:
    """What the design holds of an outcome; present: its subjects among those of the data."""
    found = [np.asarray(part, dtype=float) for part in (outcome.values, outcome.time, outcome.since)]
    nothing = np.full(len(found[0]), np.nan)
    return Seen(*((part if len(part) else nothing)[present] for part in found))


def read_driver(
    text: str, outputs: tuple[str, ...], measured: str, quantities: tuple[str, ...], what: str
) -> Driver:
    """A driver as it is typed: `log(CMAX)`, `AUC28`, `log(c_max)`, `log(CMAX/20000)`. outputs, quantities:
    of the model; measured: the output that CMAX and AUC are of, "" where several are measured. Raises
    InputError."""
    own = text.strip()
    log = bool(found := re.fullmatch(r"(?:log|ln)\((.*)\)", own))
    own = found.group(1).strip() if found else own
    name, slash, number = (part.strip() for part in own.partition("/"))
    reference = None
    if slash:
        try:
            reference = float(number)
        except ValueError:
            raise InputError(
                f"{what}: `{number}` is no reference; write a number, such as log({name}/20000)"
            ) from None
    name, _, output = (part.strip() for part in name.partition(" of "))
    windowed = _WINDOWED.fullmatch(name)
    if windowed:
        output = output or measured
        if not output:
            raise InputError(
                f"{what}: several outputs are measured; say of which one, such as {name} of {outputs[0]}"
            )
        if output not in outputs:
            raise InputError(f"{what}: " + unknown("output", output, outputs))
        until = float(windowed.group(2) or MONTH)
        if not until > 0:
            raise InputError(f"{what}: {name} ends on day {until:g}; give a day above 0")
        kind = CMAX if windowed.group(1) == "CMAX" else AUC
        said = name if output == measured else f"{name} of {output}"
        return Driver(said, kind, output, until, log, reference)
    if name in outputs:
        return Driver(name, LEVEL, name, math.inf, log, reference)
    if name in quantities:
        return Driver(name, QUANTITY, "", math.inf, log, reference)
    raise InputError(f"{what}: " + unknown("exposure", name, ("CMAX", "AUC28", *outputs, *quantities)))


def number_names(name: str, kind: str, grades: tuple[int, ...]) -> tuple[str, ...]:
    """Names of the numbers of an outcome, in order."""
    first = tuple(f"{name} >={g}" for g in grades[1:]) if kind == ORDERED else (f"{name} intercept",)
    return (*first, f"{name} slope", *((f"{name} shape",) if kind == WEIBULL else ()))


def with_start(outcome: Outcome) -> Outcome:
    """The outcome with numbers where a fit starts: as often as it was seen, whatever the exposure."""
    values = np.array(outcome.values)
    known = values[np.isfinite(values)]
    names = number_names(outcome.name, outcome.kind, outcome.grades)
    if outcome.kind == ORDERED:
        reached = np.array([(known >= g).mean() for g in outcome.grades[1:]])
        first = np.log(reached / (1 - reached)).tolist()
    elif outcome.kind == BINARY:
        first = [math.log(known.mean() / (1 - known.mean()))]
    elif outcome.kind == COUNT:
        first = [math.log(known.mean())]
    else:
        time = np.array(outcome.time)
        first = [math.log(known.sum() / np.nansum(np.where(np.isfinite(values), time, np.nan)))]
    rest = [0.0] + ([1.0] if outcome.kind == WEIBULL else [])
    numbers = (Number(n, float(v), n.endswith(" shape")) for n, v in zip(names, [*first, *rest], strict=True))
    return replace(outcome, numbers=tuple(numbers))
