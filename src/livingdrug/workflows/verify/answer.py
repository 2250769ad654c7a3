"""What a check of the installation says: each case with what was expected, what came out and the verdict."""

from livingdrug.core.versions import versions
from livingdrug.report import Answer, Cell, Table, cell
from livingdrug.workflows.verify.case import INSTALLATION, OPERATION, VERDICTS, Checked
from livingdrug.workflows.verify.spec import Verified, Verify

STAGES = {INSTALLATION: "Installation qualification (IQ)", OPERATION: "Operational qualification (OQ)"}
HEADER = ("group", "case", "expected", "got", "unit", "tolerance", "verdict", "source")
SCOPE = (
    "These cases show that this installation computes what it is known to compute; whether it fits an "
    "intended use (performance qualification) is for its user to show."
)


def answer(scenario: Verify, found: Verified) -> Answer:
    """How many cases passed, and all of them."""
    failed, open_cases = found.of("failed"), found.of("not determined")
    count = f"{len(found.of('passed'))} of {len(found.cases)} cases passed"
    verdict = f"{count}; {len(failed)} failed" if failed else f"{count}, none failed"
    software = ", ".join(f"{name} {version}" for name, version in versions().items())
    return Answer(
        title="Verification of this installation",
        question="Does this installation compute what it is known to compute?",
        sentences=(f"{verdict}.", f"Run on {found.when}; {found.system}; {software}.", SCOPE),
        flags=(
            *(f"failed: {c.case.group}, {c.case.name}: {_told(c)}" for c in failed),
            *(f"not determined: {c.case.group}, {c.case.name}: {c.why}" for c in open_cases),
        ),
        tables=(
            _counts(found),
            *(
                _table(title, [c for c in found.cases if c.case.stage == stage])
                for stage, title in STAGES.items()
            ),
        ),
    )


def _counts(found: Verified) -> Table:
    """A row for each group of cases."""
    groups = dict.fromkeys((c.case.stage, c.case.group) for c in found.cases)
    rows = []
    for stage, group in groups:
        mine = [c.verdict for c in found.cases if (c.case.stage, c.case.group) == (stage, group)]
        rows.append((stage, group, *(cell(mine.count(verdict)) for verdict in VERDICTS)))
    return Table("cases", ("stage", "group", *VERDICTS), tuple(rows))


def _told(checked: Checked) -> str:
    case = checked.case
    if checked.why:
        return checked.why
    return f"expected {_exact(case.expected)}, got {_exact(checked.got)}, tolerance {case.tolerance:g}"


def _table(title: str, checked: list[Checked]) -> Table:
    rows = tuple(
        (
            c.case.group,
            c.case.name,
            _cell(c.case.expected),
            _cell(c.got),
            c.case.unit,
            _tolerance(c),
            c.verdict,
            c.case.source,
        )
        for c in checked
    )
    return Table(title, HEADER, rows, detail=True)


def _tolerance(checked: Checked) -> str:
    return f"{checked.case.tolerance:g}" if checked.case.tolerance else "none"


def _cell(value: float | str | None) -> Cell:
    return Cell(value) if isinstance(value, str) else cell(value)


def _exact(value: float | str | None) -> str:
    return value if isinstance(value, str) else repr(value)


def table(scenario: Verify, found: Verified):
    """A row for each case, numbers in full."""
    import pandas as pd

    return pd.DataFrame([_row(checked) for checked in found.cases])


def _row(checked: Checked) -> dict:
    case = checked.case
    return {
        "stage": case.stage,
        "group": case.group,
        "case": case.name,
        "expected": _exact(case.expected),
        "got": "" if checked.got is None else _exact(checked.got),
        "unit": case.unit,
        "tolerance": case.tolerance,
        "verdict": checked.verdict,
        "why": checked.why,
        "source": case.source,
    }


def plain(scenario: Verify, found: Verified) -> dict:
    """The report as data."""
    return {
        "when": found.when,
        "system": found.system,
        "versions": versions(),
        **{verdict.replace(" ", "_"): len(found.of(verdict)) for verdict in VERDICTS},
        "cases": [
            _row(checked) | {"expected": checked.case.expected, "got": checked.got} for checked in found.cases
        ],
        "flags": list(answer(scenario, found).flags),
    }


def exit_code(scenario: Verify, found: Verified) -> int:
    """1 where a case failed."""
    return 1 if found.of("failed") else 0
