"""The text of a file parted into rows of cells; a quote that opens and does not close in its row is a fault
by line."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.data.cells import NUMBER, read_cell

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces"}
HEAD = 30  # lines that are looked at to find headings and delimiter
_SPACED = re.compile(r'"[^"]*"|[^\s"]+|"')


@dataclass(frozen=True)
class Row:
    """cells of a row; line: where it starts in the file; last: where it ends, later where a quoted cell spans
    lines."""

    line: int
    last: int
    cells: list[str]


def find_delimiter(head: Sequence[str], name: str) -> str:
    """The sign that parts most lines into the same number (above 1) of cells; remarks (#) count only where
    all are.

        Raises InputError where no line holds anything.
    """
    filled = [line for line in head if line.strip()]
    if not filled:
        raise InputError(f"`{name}`: the file is empty; it must hold a line of headings and rows of data")
    filled = [line for line in filled if not line.startswith("#")] or filled
    scores = []
    for rank, sign in enumerate(DELIMITERS):
        try:
            counts = [len(row.cells) for row in part_rows("\n".join(filled), sign, name) if any(row.cells)]
        except InputError:
            continue
        common = max(set(counts), key=lambda c: (counts.count(c), c)) if counts else 1
        if common > 1:
            scores.append((counts.count(common) / len(counts), sign != " ", common, -rank, sign))
    return max(scores)[-1] if scores else ","


def part_rows(text: str, delimiter: str, name: str) -> Iterator[Row]:
    """Every row of the text, blank ones too. A row may span lines inside quotes, except between spaces.

    Parameters
    ----------
    text : str
        Of the file.
    delimiter : str
        The sign between cells, such as `,` or `;`.
    name : str
        Of the file, for messages.

    Returns
    -------
    Iterator[Row]
    """
    if delimiter == " ":
        for number, line in enumerate(io.StringIO(text), 1):
            yield Row(
                number, number, [cell.strip('"') if len(cell) > 1 else cell for cell in _SPACED.findall(line)]
            )
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    try:
        for row in reader:
            yield Row(start, reader.line_num, row)
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"`{name}` line {start} cannot be parted into cells ({error}); check its quotes"
        ) from None


class QuoteCheck:
    """Tells a quoted text with line breaks from a quote that was never meant to open.

    A quote swallows what follows up to the next quote or the end of the file. A row that spans lines is taken
    for text only where its quote closes and no line after the first reads as a row of its own: as many cells
    as the table, with a number where the first rows have numbers.
    """

    def __init__(self, text: str, delimiter: str, width: int, first: Sequence[Row]) -> None:
        self.lines = list(io.StringIO(text, newline="")) if '"' in text else []
        self.delimiter, self.width = delimiter, width
        whole = [row.cells for row in first if row.last == row.line and len(row.cells) == width]
        found = [sum(read_cell(cells[i])[-1] == NUMBER for cells in whole) for i in range(width)]
        self.numeric = [i for i, count in enumerate(found) if 2 * count > len(whole) - 1]

    def swallowed(self, row: Row) -> bool:
        """Whether the row holds rows that a stray quote joined to it."""
        if not self.lines:
            return False
        own = self.lines[row.line - 1 : row.last]
        if self.delimiter == " ":
            return own[0].count('"') % 2 == 1
        if '"' not in own[0]:
            return False
        if row.last > row.line and any(self._is_row(line) for line in own[1:]):
            return True
        return row.last == len(self.lines) and self._stays_open(own)

    def _is_row(self, line: str) -> bool:
        cells = [cell.strip(' \t\r\n"') for cell in line.split(self.delimiter)]
        if self.width < 2 or len(cells) < self.width:
            return False
        return not self.numeric or any(read_cell(cells[i])[-1] == NUMBER for i in self.numeric)

    def _stays_open(self, own: Iterable[str]) -> bool:
        try:
            list(csv.reader(own, delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            return "end of data" in str(error)
        return False
