"""Data in other units of the same measure: every array that counts times, values or doses, by one exact factor."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from livingdrug.core.units import conversion
from livingdrug.data.findings import Findings
from livingdrug.data.table import Data, Doses, Profile

TIME, VALUE, DOSE, PLAIN = "time", "value", "dose", "plain"
# what each array counts; a test walks over all fields, so that a new one is not forgotten where units change
COUNTS = {
    Data: {
        "profile": PLAIN,
        "time": TIME,
        "dv": VALUE,
        "cens": PLAIN,
        "limit": VALUE,
        "line": PLAIN,
        "covariates": PLAIN,
        "by_row": PLAIN,
        "weight": PLAIN,
    },
    Profile: {"subject": PLAIN, "occasion": PLAIN, "output": PLAIN, "assay": PLAIN, "unit": PLAIN, "dose": DOSE},
    Doses: {"subject": PLAIN, "occasion": PLAIN, "time": TIME, "amount": DOSE, "start": TIME},
}


def on_a_clock(data: Data, findings: Findings) -> Data:
    """The data in d or h, as analyses count: times in min and s in h, weeks in d, with a note."""
    unit = data.time_unit
    if unit in ("", "d", "h"):
        return data
    clock = "h" if unit in ("min", "s") else "d"
    findings.note(f"times in {unit} are counted in {clock}: 1 {unit} is {conversion(unit, clock)} {clock}")
    return times_in(data, clock)


def times_in(data: Data, unit: str) -> Data:
    """The data with all times in another unit of time."""
    return replace(_counted(data, TIME, conversion(data.time_unit, unit)), time_unit=unit)


def doses_in(data: Data, unit: str) -> Data:
    """The data with all doses in another unit of the same measure."""
    return replace(_counted(data, DOSE, conversion(data.dose_unit, unit)), dose_unit=unit)


def values_in(data: Data, profiles: np.ndarray, unit: str) -> Data:
    """The data with the values of some profiles, which have one unit, in another one of the same measure.

    profiles: a mask, shape (profiles,).
    """
    p = data.profiles
    made = _counted(data, VALUE, conversion(p.unit[np.flatnonzero(profiles)[0]], unit))
    rows = profiles[data.profile]
    kept = {name: np.where(rows, getattr(made, name), getattr(data, name)) for name in _named(Data, VALUE)}
    return replace(data, **kept, profiles=replace(p, unit=np.where(profiles, unit, p.unit).astype(object)))


def _named(kind: type, what: str) -> list[str]:
    return [name for name, counted in COUNTS[kind].items() if counted == what]


def _counted(data: Data, what: str, factor: Fraction) -> Data:
    """The data with everything that counts times, values or doses multiplied."""

    def of(part):
        return part and replace(part, **{name: exact(getattr(part, name), factor) for name in _named(type(part), what)})

    return replace(of(data), profiles=of(data.profiles), doses=of(data.doses))


def exact(values: np.ndarray, factor: Fraction) -> np.ndarray:
    """Values times a factor, rounded once where the factor or its inverse is whole."""
    if factor.denominator == 1:
        return values * float(factor)
    return values * float(factor.numerator) / float(factor.denominator)
