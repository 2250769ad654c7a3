"""The rows of an Excel sheet as texts."""

import datetime
import io
import zipfile

from livingdrug.core.errors import InputError
from livingdrug.data.findings import Findings, printable

MAX_UNPACKED = 150_000_000
MAX_RATIO = 200  # a sheet is text: packed better than this it is a bomb


def sheet_rows(raw: bytes, name: str, sheet: str | None, findings: Findings) -> list[tuple[int, list[str]]]:
    """(row number, texts) of one sheet, the first one unless named. Formulas count as the values that were saved.

    Raises InputError for a file that is no workbook, is damaged, unpacks to too much or declares entities.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    _check_package(raw, name)
    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), data_only=True, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        raise InputError(f"`{name}` is not a readable Excel workbook: {printable(str(error))}") from None
    titles = [ws.title for ws in book.worksheets]
    if sheet is not None and sheet not in titles:
        raise InputError(f"`{name}` has no sheet `{sheet}`; it has {', '.join(titles)}")
    if not titles:
        raise InputError(f"`{name}` has no sheet with cells")
    chosen = sheet or titles[0]
    if len(titles) > 1:
        findings.note(f"the sheet `{printable(chosen)}` is read; others are there: {', '.join(titles)}")
    ws = book[chosen]
    for merged in list(ws.merged_cells.ranges)[:20]:
        text = f"the cells {merged.coord} are merged; only the first of them holds a value"
        findings.add("merged-cells", merged.min_row, "", merged.coord, text, "unmerge them and fill every cell")
    return [(i, [_text(cell) for cell in row]) for i, row in enumerate(ws.iter_rows(values_only=True), 1)]


def _check_package(raw: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            infos = package.infolist()
            if not any(info.filename == "xl/workbook.xml" for info in infos):
                raise InputError(f"`{name}`: a zip archive is not a format read here, unless it is an Excel workbook (.xlsx)")
            unpacked = sum(info.file_size for info in infos)
            if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(len(raw), 10_000):
                size = f"{unpacked / 1e6:.0f} MB from {len(raw) / 1e6:.2g} MB"
                raise InputError(f"`{name}` would unpack to {size}; save the sheet as CSV to read it")
            for info in infos:
                if info.filename.endswith((".xml", ".rels")):
                    with package.open(info) as part:
                        if b"<!DOCTYPE" in part.read(4096) or b"<!ENTITY" in part.read(4096):
                            raise InputError(f"`{name}`: entities and document types are not allowed in a workbook")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputError(f"`{name}` is a damaged or locked workbook: {printable(str(error))}") from None


def _text(cell) -> str:
    """The text that a CSV of the sheet would hold; dates as ISO texts, numbers without a spurious `.0`."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time(0)
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="seconds")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
