"""From a path to a grid: what kind of file this is, whether it is readable text, how it is encoded."""

import io
import stat
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.data.findings import Findings, printable
from livingdrug.data.grid import Grid, grid_of_rows, grid_of_text
from livingdrug.data.simulated import without_failed

MAX_BYTES = 250_000_000  # a file takes about 20 times its size in memory
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".dat", ".tbl", "")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
CONTROLS = bytes(code for code in range(1, 32) if code not in (9, 10, 12, 13, 27))
READ_HERE = "a table as CSV, TSV or Excel (.xlsx) is read here"
# first bytes of files that people give a wrong name
SIGNATURES = {
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "Parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file (.xls)",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"\x80\x03": "a pickle",
    b"HEADER RECORD": "a SAS transport file",
    b"RDX": "an R file",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite": "a database",
    b"<?xml": "XML",
    b"<sbml": "SBML",
    b"<!DOCTYPE": "XML or HTML",
    b"<html": "HTML",
    b"{\\rtf": "rich text",
}


def read_grid(path: str | Path, findings: Findings, sheet: str | None = None) -> Grid:
    """Grid of a CSV, TSV or Excel file, without simulated subjects that are no patients (`without_failed`).

    Parameters
    ----------
    path : str or Path
        Of the file.
    findings : Findings
        Takes what is wrong.
    sheet : str, optional
        Of a workbook; the only one by default.

    Returns
    -------
    Grid

    Raises
    ------
    InputError
        Where the file is not a readable table.
    """
    path = Path(path)
    return without_failed(_whole(path, findings, sheet), printable(path.name), findings)


def _whole(path: Path, findings: Findings, sheet: str | None) -> Grid:
    raw = read_bytes(path)
    if raw[:4] == b"PK\x03\x04":
        from livingdrug.data.excel import merged_faults, read_sheet

        found = read_sheet(raw, path.name, sheet, findings)
        grid = grid_of_rows(found.rows, path.name, findings)
        merged_faults(found, findings)
        return replace(grid, other_sheets=found.others)
    if sheet is not None:
        raise InputError(f"`{path.name}` is not an Excel file, so it has no sheet `{sheet}`")
    return grid_of_text(read_text(raw, path, findings), path.name, findings)


def read_text(raw: bytes, path: Path, findings: Findings) -> str:
    """The text of a file that is no workbook.

    Parameters
    ----------
    raw : bytes
        Of the file.
    path : Path
        Of the file.
    findings : Findings
        Takes what is wrong.

    Returns
    -------
    str

    Raises
    ------
    InputError
        Where it is not a readable text table.
    """
    _check_kind(raw, path)
    return _decode(raw, path.name, findings)


def read_bytes(path: Path) -> bytes:
    """All of an ordinary file.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        Where there is none, or it is too large.
    """
    name = printable(str(path))
    try:
        status = path.stat()
        fault = _fault_of_status(status)
        raw = b"" if fault else path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"`{name}` was not found") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"`{name}` cannot be read: {printable(str(reason))}") from None
    if fault:
        raise InputError(f"`{name}` {fault}")
    return raw


def _fault_of_status(status) -> str:
    """What forbids opening the file at all, "" if nothing."""
    if stat.S_ISDIR(status.st_mode):
        return "is a folder; give the file with the table"
    if not stat.S_ISREG(status.st_mode):
        return "is a device or a pipe; give an ordinary file"
    if status.st_size > MAX_BYTES:
        size, most = status.st_size / 1e6, MAX_BYTES / 1e6
        need = f"it would take about {20 * status.st_size / 1e9:.0f} GB of memory"
        return f"has {size:,.0f} MB; the limit is {most:g} MB, as {need}: split the file by subject"
    return ""


def _check_kind(raw: bytes, path: Path) -> None:
    name = printable(path.name)
    if not raw.strip():
        raise InputError(f"`{name}`: the file is empty; it must hold a line of headings and rows of data")
    start = raw[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, kind in SIGNATURES.items():
        if start.startswith(signature):
            what = "SBML" if kind == "XML" and b"<sbml" in raw[:4000] else kind
            raise InputError(f"`{name}`: {what} is not a format read here, not a text table; {READ_HERE}")
    if path.suffix.lower() in EXCEL_SUFFIXES:
        raise InputError(f"`{name}` is no Excel workbook inside; if it is text, call it .csv")
    if path.suffix.lower() not in TEXT_SUFFIXES:
        raise InputError(f"`{name}`: `{printable(path.suffix)}` is not a format read here; {READ_HERE}")


def _decode(raw: bytes, name: str, findings: Findings) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError:
            raise InputError(
                f"`{name}` is not a text table: its UTF-16 text is damaged; {READ_HERE}"
            ) from None
        findings.note("the text is UTF-16")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1") if b"\x00" in raw else _decode_windows(raw)
            findings.note(
                "the text is not UTF-8; it was read as Windows-1252, so look at accents and the micro sign"
            )
    odd = len(raw) - len(raw.translate(None, CONTROLS))
    if "\x00" in text or odd > len(raw) / 100:
        raise InputError(f"`{name}` is not a text table (it holds control characters); {READ_HERE}")
    return text


def _decode_windows(raw: bytes) -> str:
    # five bytes have no meaning in Windows-1252; they stay visible as replacement marks
    return io.TextIOWrapper(io.BytesIO(raw), encoding="cp1252", errors="replace", newline="").read()
