"""Data in other units of the same measure: every array that counts times, values or doses, by one exact
factor."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.units import conversion, factor_between
from livingdrug.data.findings import Findings
from livingdrug.data.table import Changes, Data, Doses, Profile

TIME, VALUE, DOSE, RATE, PLAIN = "time", "value", "dose", "dose per time", "plain"
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
        "end": VALUE,
    },
    Profile: {
        "subject": PLAIN,
        "occasion": PLAIN,
        "output": PLAIN,
        "assay": PLAIN,
        "unit": PLAIN,
        "dose": DOSE,
    },
    Doses: {
        "subject": PLAIN,
        "occasion": PLAIN,
        "time": TIME,
        "amount": DOSE,
        "start": TIME,
        "zero": TIME,
        "line": PLAIN,
        "duration": TIME,
        "rate": RATE,
        "into": PLAIN,
        "every": TIME,
        "steady": PLAIN,
        "reset": PLAIN,
        "given": PLAIN,
    },
    Changes: {"subject": PLAIN, "time": TIME, "text": PLAIN},
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
    """The data with all times in another unit of time.

    Parameters
    ----------
    data : Data
        The samples, see `read_data`.
    unit : str
        Of time.

    Returns
    -------
    Data
    """
    factor = factor_between(data.time_unit, unit)
    return replace(_counted(_counted(data, TIME, factor), RATE, 1 / factor), time_unit=unit)


def doses_in(data: Data, unit: str) -> Data:
    """The data with all doses in another unit of the same measure.

    Parameters
    ----------
    data : Data
        The samples, see `read_data`.
    unit : str
        Of the same measure.

    Returns
    -------
    Data
    """
    factor = factor_between(data.dose_unit, unit)
    return replace(_counted(_counted(data, DOSE, factor), RATE, factor), dose_unit=unit)


def values_in(data: Data, profiles: np.ndarray, unit: str) -> Data:
    """The data with the values of some profiles, which have one unit, in another one of the same measure.

    Parameters
    ----------
    data : Data
        The samples, see `read_data`.
    profiles : ndarray
        A mask, shape (profiles,).
    unit : str
        Of the same measure.

    Returns
    -------
    Data

    Raises
    ------
    InputError
        For logarithms, which no factor converts.
    """
    p = data.profiles
    if data.logarithms:
        given = p.unit[np.flatnonzero(profiles)[0]]
        raise InputError(
            f"the values are kept as logarithms and cannot be counted in {unit} instead of {given}; have "
            "them turned back (--logarithms e), or give them in that unit"
        )
    return values_times(data, profiles, factor_between(str(p.unit[np.flatnonzero(profiles)[0]]), unit), unit)


def values_times(data: Data, profiles: np.ndarray, factor: Fraction, unit: str) -> Data:
    """The data with the values of some profiles (a mask) multiplied, and in another unit."""
    made, p, rows = _counted(data, VALUE, factor), data.profiles, profiles[data.profile]
    kept = {name: np.where(rows, getattr(made, name), getattr(data, name)) for name in _named(Data, VALUE)}
    return replace(data, **kept, profiles=replace(p, unit=np.where(profiles, unit, p.unit).astype(object)))


def _named(kind: type, what: str) -> list[str]:
    return [name for name, counted in COUNTS[kind].items() if counted == what]


def _counted(data: Data, what: str, factor: Fraction) -> Data:
    """The data with everything that counts times, values, doses or doses per time multiplied."""

    def of(part):
        return part and replace(
            part, **{name: exact(getattr(part, name), factor) for name in _named(type(part), what)}
        )

    changing = {name: of(changes) for name, changes in data.changing.items()}
    return replace(of(data), profiles=of(data.profiles), doses=of(data.doses), changing=changing)


def exact(values: np.ndarray, factor: Fraction) -> np.ndarray:
    """Values times a factor, rounded once where the factor or its inverse is whole."""
    if factor.denominator == 1:
        return values * float(factor)
    return values * float(factor.numerator) / float(factor.denominator)
