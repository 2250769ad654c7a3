"""From the sheets of a file to its cells: every table in it is found by its shape, and what stands above it
is kept."""

from dataclasses import dataclass, replace
from pathlib import Path

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.cells import Cells, Values, read_values
from livingdrug.assay.context import Context, after, channel_of
from livingdrug.assay.flow import is_flow, per_well, read_flow
from livingdrug.assay.grids import grid_rows, grid_width, is_labels, read_grid
from livingdrug.assay.long import is_long, read_long
from livingdrug.assay.lysis import is_percent, is_raw, read_percent, read_raw
from livingdrug.assay.source import Sheet, decimal_of, read_sheets, with_labels_spread
from livingdrug.assay.wide import headings_at, read_wide, well_columns
from livingdrug.core.errors import InputError
from livingdrug.data import Column, Findings, printable

LAYOUTS = (
    "8 x 12 grid",
    "column for each well",
    "table of counts",
    "percent lysis",
    "release with controls",
    "long table",
)


@dataclass
class File:
    """One file as it was understood. layouts: shapes of its tables; columns: of its tables, where they have
    headings; layout: sheets that hold labels of wells, which serve as a map."""

    name: str
    layouts: list[str]
    columns: list[Column]
    cells: Cells
    values: Values
    findings: Findings
    labels: list[tuple[str, list[tuple[int, str, list[str]]]]]


def read_file(path: str | Path, reading: AssayReading) -> File:
    """Read one file. Raises InputError where it is no table at all; what is wrong inside it is in the
    findings."""
    findings = Findings()
    name = printable(Path(path).name)
    sheets = read_sheets(path, findings)
    file = File(name, [], [], Cells(), Values.none(), findings, [])
    asked = float("nan") if reading.time is None else reading.time
    context = Context(plate=reading.plate or "", time=asked, asked=asked)
    for sheet in sheets:
        context = _read_sheet(with_labels_spread(sheet), context, reading, file)
    if not file.layouts and not findings.failed:
        raise InputError(
            f"`{name}` holds no table of an assay: neither wells as columns, nor a grid of the plate, nor a "
            f"column of wells was found; {HELP}"
        )
    _check_end(sheets, file)
    decimal = decimal_of([file.cells.text[:5000]])
    file.values = per_well(file.cells, read_values(file.cells, decimal, findings), reading, findings)
    return file


HELP = "a long table has the columns plate, well, time_h, channel, value, unit"


def _read_sheet(sheet: Sheet, context: Context, reading: AssayReading, file: File) -> Context:
    """Read the tables of a sheet; the context after it."""
    i, rows = 0, sheet.rows
    while i < len(rows):
        line, row = rows[i]
        below = next((r for _, r in rows[i + 1 : i + 4] if any(r)), [])
        shape, k, columns = _table(rows, i, row, below, context, reading, file, sheet)
        if shape:
            file.layouts += [] if shape in file.layouts else [shape]
            file.columns += [c for c in columns if c not in file.columns]
            i = max(k, i + 1)
        else:
            context = after(context, line, row)
            context = replace(context, plate=reading.plate) if reading.plate else context
            i += 1
    return context


def _table(rows, i, row, below, context: Context, reading: AssayReading, file: File, sheet: Sheet):
    """(shape, row after it, columns) of the table whose headings are row i; ("", i, ()) where none begins
    here."""
    cells, findings = file.cells, file.findings
    if grid_width(row)[1]:
        return *_grid(rows, i, context, reading, file, sheet), ()
    if not any(row) or not any(below):
        return "", i, ()
    if well_columns(headings_at(rows, i)):
        return "column for each well", read_wide(rows, i, context, reading, cells, findings), ()
    if is_flow(row, below):
        return "table of counts", *read_flow(rows, i, context, reading, cells, findings)
    if is_raw(row):
        return "release with controls", *read_raw(rows, i, context, cells, findings)
    if is_percent(row):
        return "percent lysis", read_percent(rows, i, context, reading, cells, findings), ()
    if is_long(row, below, reading):
        return "long table", *read_long(rows, i, context, reading, cells, findings)
    return "", i, ()


def _grid(rows, i, context: Context, reading: AssayReading, file: File, sheet: Sheet) -> tuple[str, int]:
    quiet = Findings()
    found, k = grid_rows(rows, i, quiet)
    if is_labels(found):
        file.labels.append((context.plate, found))
        return "grid of labels", k
    if not any(cell for _, _, row in found for cell in row) and sheet.title:
        return "", i
    channel = channel_of(context.channel, reading, file.findings, rows[i][0], "")
    if channel is None:
        return "8 x 12 grid", k
    return "8 x 12 grid", read_grid(rows, i, context, channel, file.cells, file.findings)


def _check_end(sheets: list[Sheet], file: File) -> None:
    """What ends in the middle of a line may have lost digits; a block of SoftMax ends with ~End."""
    for sheet in sheets:
        line, row = sheet.rows[-1]
        if not sheet.closed and line in file.cells.line:
            i = len(file.cells.line) - 1 - file.cells.line[::-1].index(line)
            shown = f"{file.cells.place(i)}: `{printable(file.cells.text[i], 30)}`"
            file.findings.add(
                "open-end",
                line,
                file.cells.column[i],
                file.cells.text[i],
                f"the last line of the file has no line end, so its last number may be cut short ({shown})",
                "look whether it is whole; export again if the file ends early",
                "warning",
            )
        begins = [line for line, row in sheet.rows if row[0].startswith("##BLOCKS")]
        if begins and not any(row[0].startswith("~End") for _, row in sheet.rows):
            file.findings.add(
                "truncated",
                sheet.rows[-1][0],
                "",
                "",
                "the block does not end with ~End: the file ends early",
                "export again",
            )
