"""Tables that have the shape of the plate: a line of column numbers, and a line for each row of wells."""

import re

from livingdrug.assay.cells import NOT_DONE, OVER, Cells
from livingdrug.assay.context import Context
from livingdrug.assay.source import Line
from livingdrug.assay.words import PLATES, ROW_NAMES, Channel
from livingdrug.data import Findings, is_missing

LEAST = 3  # columns that make a line of numbers the head of a grid
WHOLE = {columns: rows for rows, columns in PLATES.values()}


def grid_width(row: list[str]) -> tuple[int, int]:
    """(place of the first column, columns) of a line 1, 2, 3 ...; (0, 0) for other lines."""
    start = next((i for i, cell in enumerate(row) if cell == "1"), None)
    if start is None:
        return 0, 0
    width = 0
    while start + width < len(row) and row[start + width] == str(width + 1):
        width += 1
    before, behind = [cell for cell in row[:start] if cell], [cell for cell in row[start + width :] if cell]
    titled = len(before) <= 1 and all(re.search(r"temp|<>|row|well", cell, re.IGNORECASE) for cell in before)
    return (start, width) if width >= LEAST and titled and not behind else (0, 0)


def grid_rows(rows: list[Line], i: int, findings: Findings) -> tuple[list[tuple[int, str, list[str]]], int]:
    """((line, letter of the row, cells) of each row of the grid whose head is row i, the row after it)."""
    start, width = grid_width(rows[i][1])
    found, k = [], i + 1
    lettered = k < len(rows) and any(cell.upper() in ROW_NAMES for cell in rows[k][1][:start])
    while k < len(rows) and len(found) < len(ROW_NAMES):
        line, row = rows[k]
        name = next((cell.upper() for cell in row[:start] if cell.upper() in ROW_NAMES), "")
        if (lettered and not name) or not any(row) or row[0].startswith("~"):
            break
        if lettered and name != ROW_NAMES[len(found)]:
            problem = f"row {name} of the grid stands where row {ROW_NAMES[len(found)]} is expected"
            findings.add(
                "grid-row", line, "", name, problem, "export the plate again, with every row once, in order"
            )
        if len(row) < start + width:
            count = max(len(row) - start, 0)
            problem = f"row {name or ROW_NAMES[len(found)]} of the grid has {count} of {width} cells"
            findings.add("ragged-row", line, "", name, problem, "export again: the file may end early")
        found.append((line, name or ROW_NAMES[len(found)], row[start : start + width]))
        k += 1
        if len(found) == WHOLE.get(width) and not lettered:
            break
    _complete(rows, i, width, len(found), findings)
    return found, k


def _complete(rows: list[Line], i: int, width: int, count: int, findings: Findings) -> None:
    """A plate of 12 columns has 8 rows: fewer are a file that ends early, or a hand-made part of a plate."""
    wanted = WHOLE.get(width)
    if not count:
        findings.add(
            "truncated",
            rows[i][0],
            "",
            "",
            "a line of column numbers has no rows of wells below it",
            "export again: the file may end early",
        )
    elif wanted and width >= 12 and count < wanted:
        at_end = i + count + 1 >= len(rows)
        problem = f"the grid has rows A to {ROW_NAMES[count - 1]} and not to {ROW_NAMES[wanted - 1]}"
        fix = "export again: the file ends early" if at_end else "check that no row of wells is missing"
        findings.add("truncated", rows[i + count][0], "", "", problem, fix, "error" if at_end else "warning")


def read_grid(
    rows: list[Line], i: int, context: Context, channel: Channel, cells: Cells, findings: Findings
) -> int:
    """Add the readings of the grid whose head is row i; the row after it."""
    found, after = grid_rows(rows, i, findings)
    for line, name, row in found:
        for k, text in enumerate(row):
            cells.add(
                line=line,
                column=str(k + 1),
                plate=context.plate,
                well=f"{name}{k + 1}",
                time=context.time,
                quantity=channel.quantity,
                unit=channel.unit,
                text=text,
            )
    return after


def is_labels(found: list[tuple[int, str, list[str]]]) -> bool:
    """Whether the cells of a grid are labels of wells and not values."""
    filled = [cell for _, _, row in found for cell in row if cell]
    words = [cell for cell in filled if re.match(r"[A-Za-z]", cell) and not is_missing(cell)]
    labels = [cell for cell in words if cell.lower() not in OVER | NOT_DONE]
    return 2 * len(labels) > len(filled)
