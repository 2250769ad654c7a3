"""The rows of an Excel sheet as texts."""

import datetime
import io
import itertools
import re
import zipfile
from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.data.findings import Findings, printable

MAX_UNPACKED = 150_000_000
MAX_CELLS = 10_000_000
MAX_GAP = (
    10_000  # blank rows between two filled ones: what stands below more of them is a stray cell, no table
)
MAX_RATIO = 200  # a sheet is text: packed better than this it is a bomb


@dataclass(frozen=True)
class Sheet:
    """rows: (row number, texts) of each row; others: names of the other sheets; merged: (first row, last row,
    place)."""

    rows: list[tuple[int, list[str]]]
    others: tuple[str, ...]
    merged: list[tuple[int, int, str]]


def read_sheet(raw: bytes, name: str, sheet: str | None, findings: Findings) -> Sheet:
    """One sheet of a workbook, the first one unless named. Formulas count as the values that were saved.

    Raises InputError for a file that is no workbook, is damaged, unpacks to too much or declares entities.
    """
    return _guarded(lambda: _read(raw, name, sheet, findings), name)


def read_book(raw: bytes, name: str, findings: Findings) -> dict[str, Sheet]:
    """Title -> sheet of all sheets of a workbook, as `read_sheet` reads one and with its errors.

    Parameters
    ----------
    raw : bytes
        Of the file.
    name : str
        Of the file, for messages.
    findings : Findings
        Takes what is wrong.

    Returns
    -------
    dict[str, Sheet]
    """
    return _guarded(lambda: _read_all(raw, name, findings), name)


def _guarded(read, name: str):
    """What `read` returns. Raises InputError for whatever a damaged workbook makes it raise."""
    try:
        return read()
    except (InputError, MemoryError):
        raise
    # zipfile and openpyxl answer a damaged file with whatever their innards meet: no list of exceptions is
    # ever whole
    except Exception as error:
        said = printable(f"{type(error).__name__}: {error}")
        raise InputError(
            f"`{name}` is a damaged or locked workbook ({said}); open it in a spreadsheet and save it again, "
            "or save the sheet as CSV"
        ) from None


def _read(raw: bytes, name: str, sheet: str | None, findings: Findings) -> Sheet:
    has_formulas = _check_package(raw, name)
    book = _open(raw, values=True)
    titles = [ws.title for ws in book.worksheets]
    if sheet is not None and sheet not in titles:
        raise InputError(f"`{name}` has no sheet `{sheet}`; it has {', '.join(titles)}")
    if not titles:
        raise InputError(f"`{name}` has no sheet with cells")
    chosen = sheet or titles[0]
    if len(titles) > 1:
        findings.note(f"the sheet `{printable(chosen)}` is read; others are there: {', '.join(titles)}")
    ws = book[chosen]
    cells = _filled(ws)
    _check_range(cells, name, chosen)
    hidden = sum(dimension.hidden for dimension in ws.row_dimensions.values())
    if hidden:
        findings.note(f"{hidden} row(s) that the sheet hides or filters out are read like the others")
    if has_formulas:
        _unsaved_formulas(cells, _filled(_open(raw, values=False)[chosen]), findings)
    merged = [(m.min_row, m.max_row, m.coord) for m in ws.merged_cells.ranges]
    return Sheet(_rows(cells), tuple(title for title in titles if title != chosen), sorted(merged))


def _read_all(raw: bytes, name: str, findings: Findings) -> dict[str, Sheet]:
    has_formulas = _check_package(raw, name)
    book = _open(raw, values=True)
    written = _open(raw, values=False) if has_formulas else None
    titles, made = tuple(ws.title for ws in book.worksheets), {}
    for ws in book.worksheets:
        cells = _filled(ws)
        _check_range(cells, name, ws.title)
        if written is not None:
            _unsaved_formulas(cells, _filled(written[ws.title]), findings)
        merged = [(m.min_row, m.max_row, m.coord) for m in ws.merged_cells.ranges]
        made[ws.title] = Sheet(_rows(cells), tuple(t for t in titles if t != ws.title), sorted(merged))
    return made


def _open(raw: bytes, values: bool):
    """The workbook with the values of its formulas, or with the formulas."""
    import openpyxl

    return openpyxl.load_workbook(io.BytesIO(raw), data_only=values, keep_links=False)


def _filled(ws) -> dict:
    """(row, column) -> cell of a sheet that holds something, row by row.

    openpyxl's own iteration makes a cell for every place up to the last one: gigabytes where one stands at
    the bottom.
    """
    return {place: cell for place, cell in sorted(ws._cells.items()) if cell.value is not None}


def _check_range(cells: dict, name: str, sheet: str) -> None:
    """Refuse a sheet whose cells lie far apart, by the name of the cell that does."""
    rows = sorted({row for row, _ in cells})
    for above, row in itertools.pairwise([0, *rows]):
        if row - above > MAX_GAP:
            stray = next(cell.coordinate for place, cell in cells.items() if place[0] == row)
            raise InputError(
                f"`{name}`: the sheet `{sheet}` reaches to row {rows[-1]:,}: a cell stands at {stray}, after "
                f"{row - above - 1:,} blank rows; delete that row, or save the table as CSV"
            )
    width = max((column for _, column in cells), default=0)
    if rows and rows[-1] * width > MAX_CELLS:
        last = max(cells.values(), key=lambda cell: cell.column).coordinate
        raise InputError(
            f"`{name}`: the sheet `{sheet}` reaches to row {rows[-1]:,} and column {width:,} (a cell stands "
            f"at {last}); delete what stands below or beside the table, or save it as CSV"
        )


def _rows(cells: dict) -> list[tuple[int, list[str]]]:
    """(row number, texts) from row 1 to the last filled one, all of the same width."""
    width = max((column for _, column in cells), default=0)
    last = max((row for row, _ in cells), default=0)
    rows = [(row, [""] * width) for row in range(1, last + 1)]
    for (row, column), cell in cells.items():
        rows[row - 1][1][column - 1] = _text(cell)
    return rows


def _unsaved_formulas(values, formulas, findings: Findings) -> None:
    """A program that writes formulas without computing them leaves cells that look empty."""
    lost = [cell for place, cell in formulas.items() if cell.data_type == "f" and place not in values]
    if lost:
        problem = f"the formula in {lost[0].coordinate} was saved without its value"
        fix = "open the file in a spreadsheet and save it, or write the value"
        findings.add(
            "formula",
            lost[0].row,
            "",
            lost[0].coordinate,
            problem,
            fix,
            rows=len({cell.row for cell in lost}),
        )


def merged_faults(sheet: Sheet, findings: Findings) -> None:
    """Merged cells below the headings; a merged title above them does no harm."""
    for first, last, place in sheet.merged:
        if last > findings.heading:
            text = f"the cells {place} are merged; only the first of them holds a value"
            findings.add("merged-cells", first, "", place, text, "unmerge them and fill every cell")


def _check_package(raw: bytes, name: str) -> bool:
    """Whether a sheet holds a formula; InputError for a package that is no workbook or not safe to open."""
    has_formulas = False
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        infos = package.infolist()
        if not any(info.filename == "xl/workbook.xml" for info in infos):
            raise InputError(
                f"`{name}`: a zip archive is not a format read here, unless it is an Excel workbook (.xlsx)"
            )
        unpacked = sum(info.file_size for info in infos)
        if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(len(raw), 10_000):
            size = f"{unpacked / 1e6:.0f} MB from {len(raw) / 1e6:.2g} MB"
            raise InputError(f"`{name}` would unpack to {size}; save the sheet as CSV to read it")
        for info in infos:
            text = package.read(info).replace(b"\x00", b"")  # UTF-16 too
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise InputError(f"`{name}`: entities and document types are not allowed in a workbook")
            has_formulas |= "worksheets/" in info.filename and re.search(rb"<(\w+:)?f[ >/]", text) is not None
    return has_formulas


def _text(place) -> str:
    """The text that a CSV of the sheet would hold: dates as ISO texts, numbers without a spurious `.0`, and a
    number that is shown as 12.5% as that text, so that nobody takes it for 0.125."""
    cell = place.value
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, int | float) and "%" in place.number_format:
        return f"{cell * 100:.12g}%"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time(0)
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="seconds")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
