"""What a check of a killing assay says: how the files were read, every fault, and what is unusual about
the plate."""

from collections.abc import Iterator

from livingdrug.assay import AssayCheck, Plate
from livingdrug.core.known import known
from livingdrug.core.words import number
from livingdrug.data import Finding, printable
from livingdrug.report import Answer, Picture, Table
from livingdrug.workflows.assay.check.spec import CheckAssay
from livingdrug.workflows.assay.inputs import hashes
from livingdrug.workflows.tables import column_table, finding_table


def answer(scenario: CheckAssay, found: AssayCheck) -> Answer:
    """Whether a fit may use the plate, how each file was understood, and every finding."""
    findings = [*found.of("error"), *found.of("warning")]
    tables = [_layouts(found)]
    tables += [column_table(file) for file in found.files if file.columns]
    tables += [finding_table(file.findings, file.name) for file in found.files if file.findings]
    if found.quality.findings:
        tables.append(_of_plate(found))
    return Answer(
        title="Check of a killing assay",
        question="Does this plate pass validation, and how was each file read?",
        sentences=tuple(_sentences(found)),
        flags=tuple(f"{name}: {f.sentence()}" if name else f.sentence() for name, f in findings),
        checks=tuple(f"{file.name}: {note}" for file in found.files for note in file.notes),
        check_tables=tuple(tables),
        data=hashes(scenario),
        ok=found.ok,
    )


def _sentences(found: AssayCheck) -> Iterator[str]:
    errors, warnings = len(found.of("error")), len(found.of("warning"))
    if not found.ok:
        yield f"Failed validation: {errors} error(s); correct them and check again. Nothing was computed."
        return
    told = summary(known(found.plate, "the plate of files that passed validation"))
    roles = ", ".join(f"{n} {role.replace('_', ' ')}" for role, n in told["roles"].items())
    quantities = ", ".join(told["quantities"])
    low, high = told["hours"] or (float("nan"), float("nan"))
    yield (
        f"Passed validation: {told['wells']} wells ({roles}), {told['readings']:,} readings of {quantities} "
        f"from {number(low)} to {number(high)} h."
    )
    if warnings:
        yield f"{warnings} warning(s): look at them before a fit; nothing was dropped or changed."


def _layouts(found: AssayCheck) -> Table:
    rows = tuple((f.name, printable(", ".join(f.layouts)) or "no table") for f in found.files)
    return Table("files as they were read", ("file", "layout"), rows)


def _of_plate(found: AssayCheck) -> Table:
    rows = tuple((f.code, f.severity, printable(f.problem, 400), f.fix) for f in found.quality.findings)
    return Table("findings on the plate", ("check", "severity", "what is unusual", "what to do"), rows)


def summary(plate: Plate) -> dict:
    """Numbers of a plate that a reader looks for first."""
    r, w = plate.readings, plate.wells
    return {
        "plates": sorted(set(w.plate)),
        "wells": w.n,
        "roles": {role or "not mapped": int((w.role == role).sum()) for role in dict.fromkeys(w.role)},
        "constructs": sorted(set(w.construct) - {""}),
        "donors": sorted(set(w.donor) - {""}),
        "quantities": list(plate.quantities()),
        "readings": r.n,
        "flags": {flag: int((r.flag == flag).sum()) for flag in dict.fromkeys(r.flag) if flag},
        "hours": [float(r.time.min()), float(r.time.max())] if r.n else None,
        "events": {kind: int((plate.events.kind == kind).sum()) for kind in dict.fromkeys(plate.events.kind)},
    }


def table(_: CheckAssay, found: AssayCheck):
    """The readings with what is known of their wells; None where a fit would be refused."""
    return found.plate.table() if found.plate is not None else None


def files(_: CheckAssay, found: AssayCheck) -> dict:
    """Events and findings."""
    import pandas as pd

    rows = [{"file": name, **vars(f)} for name, f in (*found.of("error"), *found.of("warning"))]
    made = {"findings.csv": pd.DataFrame(rows, columns=["file", *Finding.__dataclass_fields__])}
    return made | ({"events.csv": found.plate.event_table()} if found.plate is not None else {})


def figures(scenario: CheckAssay, found: AssayCheck) -> Iterator[tuple[Picture, object]]:
    """A heat map of the plate for each check, first those in which it names wells."""
    from livingdrug.plots import plot_plates

    if found.plate is None:
        return
    maps = sorted(found.quality.maps, key=lambda shown: not shown.marked.any())
    titles = {shown.code: shown.title for shown in maps}
    for name, figure in plot_plates(found.plate, maps, scenario.size).items():
        caption = f"{titles[name]}, by well; wells that the check names are outlined."
        yield Picture(f"plate_{name}", caption), figure


def plain(_: CheckAssay, found: AssayCheck) -> dict:
    """Plain data of a check."""
    return {
        "ok": found.ok,
        "files": [
            {
                "file": f.name,
                "layouts": list(f.layouts),
                "columns": [vars(column) for column in f.columns],
                "findings": [vars(finding) for finding in f.findings],
                "notes": list(f.notes),
            }
            for f in found.files
        ],
        "quality": [vars(finding) for finding in found.quality.findings],
        "plate": summary(found.plate) if found.plate is not None else None,
    }
