"""Read a file, look at everything in it, say what was understood and what is wrong, and make the canonical
table."""

from dataclasses import dataclass, replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.data.conversion import on_a_clock
from livingdrug.data.doses import unfolded
from livingdrug.data.findings import SHOWN, Finding, Findings, printable, refusal
from livingdrug.data.infusion import raw_times, since_infusion, with_dates
from livingdrug.data.meanings import SAID, SIMULATED_IN_DAYS, Column, guess, is_simulated
from livingdrug.data.one_subject import with_one_subject
from livingdrug.data.parse import parse
from livingdrug.data.powers import in_base_units, values_as_said
from livingdrug.data.proposals import require
from livingdrug.data.reading import Reading
from livingdrug.data.samples import build, subject_codes
from livingdrug.data.source import read_grid
from livingdrug.data.table import Data
from livingdrug.data.units import is_dose, is_time, read_unit
from livingdrug.data.wide import long_form
from livingdrug.data.written import WRITTEN, as_written


@dataclass(frozen=True, repr=False)
class Check(Shown):
    """What was understood of a file.

    Attributes
    ----------
    name : str
        Of the file.
    columns : tuple of Column
        What each column means.
    findings : tuple of Finding
        What is wrong.
    notes : tuple of str
        What was done to the data.
    data : Data or None
        The table, None where a finding is an error.
    """

    name: str
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    data: Data | None

    @property
    def ok(self) -> bool:
        """Whether an analysis may use the data."""
        return self.data is not None


def check(path: str | Path, reading: Reading | None = None) -> Check:
    """Look at a table of samples as a whole: what each column means, and every fault with its line.

    Parameters
    ----------
    path : str or Path
        CSV, TSV, other separated text, or Excel.
    reading : Reading, optional
        Answers to what the file leaves open.

    Returns
    -------
    Check
        Columns, findings, notes, and the data unless something is wrong.

    Raises
    ------
    InputError
        Only where it is no table, or columns are missing or misnamed.
    """
    reading = reading or Reading()
    name = printable(Path(path).name)
    findings = Findings()
    grid = read_grid(path, findings, reading.sheet)
    grid = long_form(grid, reading.columns, findings)
    own = reading.columns
    grid, reading = as_written(grid, reading)
    columns = guess(grid.headings, grid.units, reading.columns)
    columns = tuple(c if c.why != SAID or c.name in own else replace(c, why=WRITTEN) for c in columns)
    columns = with_dates(grid, columns, reading)
    grid, columns = with_one_subject(grid, columns, findings)
    require(columns, name, grid)
    if not len(grid.lines) and not findings.found:
        raise InputError(f"`{name}` has headings and no data rows; add the rows of the samples")
    parsed = parse(grid, columns, reading, findings)
    parsed, reading = in_base_units(parsed, reading, findings)
    by_meaning = parsed.columns
    time, unit_of_dates = raw_times(parsed, reading, findings)
    time_unit = unit_of_dates or _time_unit(by_meaning, parsed.texts, grid.headings, reading, findings)
    dose_unit = _dose_unit(by_meaning, parsed.texts, reading, findings)
    del grid  # its texts are read, and most of the memory
    codes, subjects = subject_codes(parsed.texts["ID"], parsed.name("ID"), findings)
    parsed, time, codes = unfolded(parsed, time, codes, findings)
    timed = since_infusion(parsed, time, codes, time_unit, reading, findings)
    data = build(name, parsed, timed, codes, subjects, time_unit, dose_unit, reading, findings)
    data = on_a_clock(values_as_said(data, findings), findings)
    found = findings.sorted()
    warnings = [f"warning: {f.sentence()}" for f in found if f.severity == "warning"]
    if len(warnings) > SHOWN:
        warnings = [
            *warnings[:SHOWN],
            f"... and {len(warnings) - SHOWN} more warnings; `livingdrug check` tells them all",
        ]
    data = None if findings.failed else replace(data, notes=(*findings.notes, *warnings))
    return Check(name, columns, found, tuple(findings.notes), data)


def read_data(path: str | Path, reading: Reading | None = None) -> Data:
    """The canonical table of a file.

    Parameters
    ----------
    path : str or Path
        CSV, TSV, other separated text, or Excel.
    reading : Reading, optional
        Answers to what the file leaves open.

    Returns
    -------
    Data

    Raises
    ------
    InputError
        With every fault, each with its line and what to do.
    """
    checked = check(path, reading)
    if checked.data is None:
        raise refusal(checked.name, checked.findings)
    return checked.data


def _time_unit(by_meaning, texts, headings, reading: Reading, findings: Findings) -> str:
    """Unit of time that the file or the user states, "" where nobody does."""
    column = by_meaning.get("TIME") or by_meaning["DATE"]
    stated = set(texts["TIMEUNIT"]) - {"", "."} or ({column.unit} if column.unit else set())
    units = {read_unit(text) for text in stated}
    if len(units) > 1 or not all(is_time(unit) for unit in units):
        shown = ", ".join(f"`{printable(text)}`" for text in sorted(stated))
        where = by_meaning["TIMEUNIT"].name if "TIMEUNIT" in by_meaning else column.name
        fix = "give all times in one unit: d, h, min, s or week"
        findings.add("time-unit", findings.heading, where, shown, f"the unit of time is {shown}", fix)
        return ""
    unit = units.pop() if units else ""
    if not unit and is_simulated(headings) and set(texts["DVID"]) & set(SIMULATED_IN_DAYS):
        unit = "d"
        findings.note("written by `livingdrug simulate`: times are in d")
    if unit and reading.time_unit and unit != reading.time_unit:
        text = f"the file says `{unit}` and --time-unit says `{reading.time_unit}`"
        findings.add("time-unit", findings.heading, column.name, unit, text, "leave the option out")
    if not unit and not reading.time_unit:
        findings.note(
            "the unit of time is not stated; what needs it (28 d) is left out until --time-unit d "
            "or h says it"
        )
    return unit or reading.time_unit or ""


def _dose_unit(by_meaning, texts, reading: Reading, findings: Findings) -> str:
    column = by_meaning.get("AMT")
    stated = set(texts["DOSEUNIT"]) - {"", "."} or (
        {column.unit} if column is not None and column.unit else set()
    )
    units = {read_unit(text) for text in stated}
    name = (
        by_meaning["DOSEUNIT"].name
        if "DOSEUNIT" in by_meaning
        else (column.name if column is not None else "")
    )
    if len(units) > 1 or not all(is_dose(unit) for unit in units):
        shown = ", ".join(f"`{printable(text)}`" for text in sorted(stated))
        fix = "give all doses in one unit, such as cells, cells/kg, mg or mg/kg"
        findings.add("dose-unit", findings.heading, name, shown, f"the unit of the dose is {shown}", fix)
        return ""
    unit = units.pop() if units else ""
    if unit and reading.dose_unit and unit != reading.dose_unit:
        text = f"the file says `{unit}` and --dose-unit says `{reading.dose_unit}`"
        findings.add("dose-unit", findings.heading, name, unit, text, "leave the option out")
    return unit or reading.dose_unit or ""
