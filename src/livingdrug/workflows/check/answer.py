"""What a check of a table says: its columns, what is wrong, and the canonical table."""

from functools import partial

from livingdrug.core.known import known
from livingdrug.data import Check, Endpoints
from livingdrug.export import LAYOUTS, data_file
from livingdrug.report import Answer
from livingdrug.workflows.check.spec import Checked, CheckFile
from livingdrug.workflows.tables import checks_of, hashes, reading_call, size


def answer(scenario: CheckFile, found: Checked) -> Answer:
    """Whether the tables passed, what each column means, and every error."""
    checked = found.samples
    verdict = f"passed validation: {size(checked)}" if found.ok else (
        f"failed validation: {len(found.findings)} finding(s); correct the errors and check again"
    )  # fmt: skip
    more = (
        f"{found.endpoints.name}: {len(found.endpoints.subjects):,} subjects with endpoints."
        if found.endpoints
        else ""
    )
    return Answer(
        title=f"Check of {checked.name}",
        question=f"Does {checked.name} pass validation, and what does each column mean?",
        sentences=tuple(filter(None, (f"{checked.name} {verdict}.", more))),
        flags=tuple(f.sentence() for f in found.findings),
        data=hashes(scenario),
        ok=found.ok,
        **checks_of(found.parts, detail=False),
    )


def table(_: CheckFile, found: Checked):
    """The samples in their canonical columns; None where an analysis would refuse them."""
    data = found.samples.data
    return data.table() if found.ok and data is not None else None


def files(_: CheckFile, found: Checked) -> dict:
    """Everything that is wrong."""
    import pandas as pd

    columns = ["code", "severity", "line", "column", "value", "problem", "fix", "rows"]
    return {"findings.csv": pd.DataFrame([vars(f) for f in found.findings], columns=columns)}


def layouts(found: Checked) -> dict:
    """The samples as other tools take them."""
    return {name: partial(_laid_out, found, name) for name in LAYOUTS}


def _laid_out(found: Checked, name: str):
    made = data_file(known(found.samples.data, "the samples of a file that passed validation"), name)
    return made.table, made.notes, made.reading.columns


def plain(_: CheckFile, found: Checked) -> dict:
    """Plain data of a check."""
    data = found.samples.data
    sizes = {"subjects": len(data.subjects), "samples": data.rows, "profiles": data.profiles.n} if data else (
        dict.fromkeys(("subjects", "samples", "profiles"))
    )  # fmt: skip
    made = _plain(found.samples) | sizes
    if found.endpoints:
        made["endpoints"] = _plain(found.endpoints) | {"subjects": len(found.endpoints.subjects)}
    return made


def _plain(part: Check | Endpoints) -> dict:
    return {
        "file": part.name, "ok": part.ok, "columns": [vars(c) for c in part.columns],
        "findings": [vars(f) for f in part.findings], "notes": list(part.notes),
    }  # fmt: skip


def script(scenario: CheckFile, out: str) -> str:
    """The script that reads the file and writes its canonical table."""
    lines = [
        "import livingdrug as ld",
        "",
        f"data = ld.read_data({scenario.file!r}, {reading_call(scenario)})",
    ]
    return "\n".join([*lines, f"ld.write_csv(data.table(), {out!r})"]) + "\n"
