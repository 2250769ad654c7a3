"""What is wrong in a file: line, column, value, what is wrong, how to correct it. Everything is found at
once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.shown import printable

SHOWN = 20  # findings that an error message lists; all of them are in the check
REPEATS = 20  # the same fault with the same value in more rows than this is one finding with a count
MANY = 1000  # and so is one fault with any values in more rows than this


@dataclass(frozen=True)
class Finding:
    """One fault.

    Attributes
    ----------
    code : str
        Short name of the rule.
    severity : str
        `error` (nothing is computed) or `warning`.
    line : int
        In the file, the header counted.
    column : str
        As the file calls it.
    value : str
        What stands there.
    problem : str
        What is wrong with it.
    fix : str
        What to do.
    rows : int
        How many rows have it (line is the first).
    """

    code: str
    severity: str
    line: int
    column: str
    value: str
    problem: str
    fix: str
    rows: int = 1

    def sentence(self) -> str:
        """Where, what, how to correct it."""
        place = f"line {self.line}" + (f", column {printable(self.column)}" if self.column else "")
        more = f" (and {self.rows - 1} more rows)" if self.rows > 1 else ""
        return f"{place}{more}: {printable(self.problem, 300)}; {self.fix}"


@dataclass
class Findings:
    """Collects findings while a file is read.

    Attributes
    ----------
    lines : ndarray, shape (n,)
        Line of the file of each row.
    heading : int
        Line of the headings.
    found : sequence of Finding
        What was found.
    notes : sequence of str
        What is to be known of the data.
    left_out : ndarray or None, shape (n,)
        Rows that take no part, so that nothing is found in their cells.
    """

    lines: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    heading: int = 1
    found: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: np.ndarray | None = None

    def note(self, text: str) -> None:
        """Something that was done to the data and is no fault."""
        if text not in self.notes:
            self.notes.append(text)

    def add(
        self, code: str, line: int, column: str, value: str, problem: str, fix: str, severity="error", rows=1
    ) -> None:
        """One finding."""
        self.found.append(Finding(code, severity, int(line), column, str(value), problem, fix, rows))

    def at(
        self,
        code: str,
        rows: np.ndarray,
        column: str,
        values: Sequence[str] | np.ndarray,
        problem: str,
        fix: str,
        severity: str = "error",
    ) -> None:
        """One finding a row; `{}` in problem stands for the value. Many rows with one value become one
        finding."""
        if self.left_out is not None and len(rows):
            stays = ~self.left_out[rows]
            rows, values = np.asarray(rows)[stays], [v for v, stay in zip(values, stays, strict=True) if stay]
        if len(rows) > MANY:
            rows, values = np.asarray(rows)[np.argsort(self.lines[rows], kind="stable")], [values[0]]
            text = problem.replace("{}", f"`{printable(str(values[0]), 60)}`")
            self.add(code, int(self.lines[rows[0]]), column, values[0], text, fix, severity, len(rows))
            return
        groups: dict[str, list[int]] = {}
        for row, value in zip(rows, values, strict=True):
            groups.setdefault(printable(str(value), 60), []).append(int(row))
        for value, members in groups.items():
            text = problem.replace("{}", f"`{value}`")
            if len(members) > REPEATS:
                self.add(code, min(self.lines[members]), column, value, text, fix, severity, len(members))
                continue
            for row in members:
                self.add(code, self.lines[row], column, value, text, fix, severity)

    def sorted(self) -> tuple[Finding, ...]:
        """All findings by line."""
        return tuple(sorted(self.found, key=lambda f: (f.line, f.column, f.code)))

    @property
    def failed(self) -> bool:
        """Whether something forbids any computing."""
        return any(f.severity == "error" for f in self.found)


def refusal(name: str, findings: Sequence[Finding]) -> InputError:
    """The error that lists the faults of a file, the first SHOWN of them in full.

    Parameters
    ----------
    name : str
        Of the file.
    findings : sequence of Finding
        Errors and warnings.

    Returns
    -------
    InputError
    """
    errors = [f for f in findings if f.severity == "error"]
    listed = [f.sentence() for f in errors[:SHOWN]]
    if len(errors) > SHOWN:
        listed.append(f"... and {len(errors) - SHOWN} more; `livingdrug check FILE --json` lists all of them")
    if len(errors) == 1:
        return InputError(f"`{printable(name)}` {listed[0]}")
    return InputError(
        f"`{printable(name)}` has {len(errors)} faults and nothing was computed:\n  " + "\n  ".join(listed)
    )
