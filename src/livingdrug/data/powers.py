"""Columns whose units hold a power of ten or a size: values, limits and doses in units of the closed list,
with a note."""

from dataclasses import replace

import numpy as np

from livingdrug.data.cells import Numbers
from livingdrug.data.conversion import values_times
from livingdrug.data.findings import Findings, printable
from livingdrug.data.parse import Parsed
from livingdrug.data.reading import Reading
from livingdrug.data.table import Data
from livingdrug.data.units import Scaled, read_scaled, read_unit


def in_base_units(parsed: Parsed, reading: Reading, findings: Findings) -> tuple[Parsed, Reading]:
    """Values, limits and doses in units of the closed list, with a note for every factor.

    `--limit` is in the unit of the file, as the values are; a unit that the user states is read like one in a
    heading.
    """
    reading, said = _dose_as_said(parsed, reading, findings)
    stated = read_scaled(reading.unit) if reading.unit else None
    if stated is not None and _stated(parsed, "UNIT", "DV") == {stated}:
        reading = replace(reading, unit=stated.unit)  # the file says so too
    texts, columns, factor = _converted(parsed, "UNIT", "DV", "values", findings)
    limits = _limit_factor(parsed, columns, factor, findings)
    dose_texts, dose_columns, dosed = _converted(parsed, "DOSEUNIT", "AMT", "doses", findings)
    dosed = dosed * said
    reading = _scaled_limit(parsed, factor, reading, findings)
    made = replace(
        parsed,
        texts=parsed.texts | texts | dose_texts,
        columns=parsed.columns | columns | dose_columns,
        dv=parsed.dv.times(factor),
        limit=parsed.limit * limits,
        amount=parsed.amount.times(dosed),
        event=parsed.event | _rates(parsed, dosed),
    )
    _refuse_logarithms(parsed, factor, reading, findings)
    return made, reading


def _dose_as_said(parsed: Parsed, reading: Reading, findings: Findings) -> tuple[Reading, float]:
    """(the reading with --dose-unit of the closed list and --dose in it, factor of doses whose file states no
    unit)."""
    said = read_scaled(reading.dose_unit) if reading.dose_unit else None
    if reading.dose_unit is None or said is None or said == Scaled(reading.dose_unit):
        return reading, 1.0
    stated = _stated(parsed, "DOSEUNIT", "AMT")
    if stated and stated != {said}:
        where = parsed.name("DOSEUNIT") or parsed.name("AMT")
        problem = (
            f"the file states another unit than --dose-unit, which says `{printable(reading.dose_unit, 40)}`"
        )
        findings.add("dose-unit", findings.heading, where, "", problem, "leave the option out")
        return reading, 1.0
    _noted(reading.dose_unit, "doses", findings)
    dose = None if reading.dose is None else reading.dose * float(said.factor)
    return replace(reading, dose=dose, dose_unit=said.unit), 1.0 if stated else float(said.factor)


def _stated(parsed: Parsed, unit: str, value: str) -> set[Scaled | None]:
    """The units that the rows, or else the heading, of values or doses state; None stands for a text that is
    none."""
    rows = parsed.evid == 0 if unit == "UNIT" else parsed.evid >= 0
    texts = set(parsed.texts[unit][rows]) - {"", "."} or {
        parsed.columns[value].unit if parsed.has(value) else ""
    } - {""}
    return {read_scaled(text) for text in texts}


def values_as_said(data: Data, findings: Findings) -> Data:
    """The data with every profile whose unit the user stated with a power of ten in a unit of the closed
    list."""
    for text in sorted(set(data.profiles.unit)):
        scaled = read_scaled(text)
        if scaled is None or read_unit(text) is not None:
            continue
        if data.logarithms and scaled.factor != 1:
            problem = (
                "values that are kept as logarithms take no power of ten, which --unit "
                f"`{printable(text, 40)}` holds"
            )
            findings.add(
                "unit", findings.heading, "", "", problem, "have them turned back (--logarithms e or 10)"
            )
        else:
            _noted(text, "values", findings)
            data = values_times(data, data.profiles.unit == text, scaled.factor, scaled.unit)
    return data


def _rates(parsed: Parsed, dosed: np.ndarray) -> dict[str, Numbers]:
    """Rates of infusions are doses per time; a negative one is a code."""
    if "RATE" not in parsed.event:
        return {}
    rate = parsed.event["RATE"]
    return {"RATE": rate.times(np.where(rate.value > 0, dosed, 1.0))}


def _refuse_logarithms(parsed: Parsed, factor: np.ndarray, reading: Reading, findings: Findings) -> None:
    """Values that stay logarithms take no factor."""
    if reading.logarithms == "kept" and (factor != 1).any():
        where = parsed.name("UNIT") or parsed.name("DV")
        problem = "values that are kept as logarithms take no power of ten, which their unit holds"
        findings.add(
            "unit", findings.heading, where, "", problem, "have them turned back (--logarithms e or 10)"
        )


def _scaled_limit(parsed: Parsed, factor: np.ndarray, reading: Reading, findings: Findings) -> Reading:
    if reading.limit is None:
        return reading
    stated = (parsed.evid == 0) & (~np.isin(parsed.texts["UNIT"], ["", "."]) if parsed.has("UNIT") else True)
    factors = np.unique(factor[stated])
    if not len(factors):
        return reading
    if len(factors) > 1:
        problem = "--limit is one number, and the values are in several units"
        findings.add(
            "limit", findings.heading, parsed.name("UNIT"), "", problem, "state the limits in a column LIMIT"
        )
        return reading
    one = float(factors[0])
    if reading.logarithms in ("e", "10"):  # the limit is a logarithm too, until `settle_limits` turns it back
        size = np.log(10.0) if reading.logarithms == "10" else 1.0
        return replace(reading, limit=reading.limit + float(np.log(one)) / size)
    return replace(reading, limit=reading.limit * one)


def _converted(parsed: Parsed, unit: str, value: str, what: str, findings: Findings):
    """(texts and columns with units of the closed list, factor of each row)."""
    n = len(parsed.texts[unit])
    stated = parsed.texts[unit]
    if parsed.has(unit) and any(t not in ("", ".") for t in stated):
        read = {text: _noted(text, what, findings) for text in set(stated)}
        words = {text: scaled.unit if scaled else text for text, scaled in read.items()}
        factors = {text: float(scaled.factor) if scaled else 1.0 for text, scaled in read.items()}
        units = np.array([words[text] for text in stated], dtype=object)
        return {unit: units}, {}, np.fromiter(map(factors.__getitem__, stated), float, n)
    column = parsed.columns.get(value)
    scaled = _noted(column.unit, what, findings) if column is not None and column.unit else None
    if column is None or scaled is None:
        return {}, {}, np.ones(n)
    return {}, {value: replace(column, unit=scaled.unit)}, np.full(n, float(scaled.factor))


def _noted(text: str, what: str, findings: Findings) -> Scaled | None:
    """What a text stands for, said where it is more than a spelling."""
    scaled = read_scaled(text)
    if scaled is not None and read_unit(text) is None:
        times = f": {what} times {float(scaled.factor):g}" if scaled.factor != 1 else ""
        findings.note(f"the unit `{printable(text, 40)}` is read as {scaled.unit}{times}")
    return scaled


def _limit_factor(parsed: Parsed, columns, factor: np.ndarray, findings: Findings):
    """Factor of the column of limits: its own where its heading states a unit, which must be one of the
    values."""
    own = parsed.columns["LIMIT"].unit if parsed.has("LIMIT") else ""
    if not own:
        return factor
    scaled = read_scaled(own)
    heading = columns.get("DV", parsed.columns.get("DV"))
    units = {read_scaled(t) for t in set(parsed.texts["UNIT"]) - {"", "."}} or {read_scaled(heading.unit)}
    units = {s.unit for s in units if s}
    if scaled is None or (units and units != {scaled.unit}):
        problem = (
            f"the limit is in `{printable(own, 30)}` and the values are in "
            f"{', '.join(sorted(units)) or 'another unit'}"
        )
        findings.add(
            "unit",
            findings.heading,
            parsed.name("LIMIT"),
            own,
            problem,
            "state limits in the unit of the values",
        )
        return factor
    return float(scaled.factor)
