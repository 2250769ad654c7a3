"""Read the files of an experiment, say what was understood of them and what is wrong, and make the plate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.combine import combine
from livingdrug.assay.events import read_events
from livingdrug.assay.marks import Checked
from livingdrug.assay.plate import Plate
from livingdrug.assay.platemap import Map, read_map
from livingdrug.assay.quality import quality
from livingdrug.assay.tables import File, read_file
from livingdrug.core.errors import InputError
from livingdrug.data import Column, Finding, printable

SHOWN = 20  # findings that an error message lists; all of them are in the check


@dataclass(frozen=True)
class FileCheck:
    """What was understood of one file: layouts of its tables, columns, notes; and what is wrong in it."""

    name: str
    layouts: tuple[str, ...]
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class AssayCheck:
    """What was found in the files of an experiment.

    Attributes
    ----------
    files : tuple of FileCheck
        Each of them, map and events too.
    plate : Plate or None
        The experiment, None where a finding is an error.
    quality : Checked
        What is unusual about it.
    """

    files: tuple[FileCheck, ...]
    plate: Plate | None
    quality: Checked = Checked()

    @property
    def ok(self) -> bool:
        """Whether an analysis may use the plate."""
        return self.plate is not None

    def of(self, severity: str) -> list[tuple[str, Finding]]:
        """(file, finding) of all findings of a severity, `error` or `warning`; of a plate, its name."""
        found = [(f.name, finding) for f in self.files for finding in f.findings]
        found += [(self.plate.name if self.plate else "", finding) for finding in self.quality.findings]
        return [(name, finding) for name, finding in found if finding.severity == severity]


def check(
    paths: Sequence[str | Path],
    plan: str | Path | None = None,
    events: str | Path | None = None,
    reading: AssayReading | None = None,
) -> AssayCheck:
    """Look at the files of one experiment as a whole.

    Parameters
    ----------
    paths : Sequence[str or Path]
        Files of readings, of one plate or of several.
    plan : str or Path or None
        The map of the wells (CSV, Excel, XML), where the files do not hold it.
    events : str or Path or None
        A table of what was done to the wells.
    reading : AssayReading or None
        What the user says where the files leave something open.

    Raises
    ------
    InputError : a file is no table at all; faults inside files are findings
    """
    reading = reading or AssayReading()
    if not paths:
        raise InputError("no file of readings was given; name at least one")
    names = [str(path) for path in paths]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"`{printable(twice[0])}` is named twice; its readings would count twice")
    files = [read_file(path, reading) for path in paths]
    mapped = read_map(plan, reading) if plan is not None else None
    said, found = read_events(events, reading) if events is not None else ([], None)
    plate = combine(files, mapped, said, reading)
    if found is not None and found.failed:
        plate = None
    checks = [_of_file(file) for file in files]
    if mapped is not None:
        checks.append(_of_map(mapped))
    if found is not None and events is not None:
        name = printable(Path(events).name)
        checks.append(FileCheck(name, ("table of events",), (), found.sorted(), tuple(found.notes)))
    made = AssayCheck(tuple(checks), plate, quality(plate, reading) if plate is not None else Checked())
    return replace(made, plate=replace(plate, notes=_notes(made))) if plate is not None else made


def read_assay(
    paths: Sequence[str | Path],
    plan: str | Path | None = None,
    events: str | Path | None = None,
    reading: AssayReading | None = None,
) -> Plate:
    """The plate of the files of one experiment.

    Parameters
    ----------
    paths : Sequence[str or Path]
        Files of readings, of one plate or of several.
    plan : str or Path, optional
        The map of the wells (CSV, Excel, XML), where the files do not hold it.
    events : str or Path, optional
        A table of what was done to the wells.
    reading : AssayReading, optional
        What the user says where the files leave something open.

    Returns
    -------
    Plate

    Raises
    ------
    InputError : every fault of every file, each with its line, its well and what to do
    """
    made = check(paths, plan, events, reading)
    if made.plate is None:
        raise refusal(made)
    return made.plate


def refusal(made: AssayCheck) -> InputError:
    """The error that lists the faults of the files, the first SHOWN of them in full."""
    errors = made.of("error")
    listed = [f"`{name}` {finding.sentence()}" for name, finding in errors[:SHOWN]]
    if len(errors) > SHOWN:
        listed.append(
            f"... and {len(errors) - SHOWN} more; `livingdrug assay check FILES --json` lists all of them"
        )
    if len(listed) == 1:
        return InputError(listed[0])
    return InputError(
        f"the files have {len(errors)} faults and nothing was computed:\n  " + "\n  ".join(listed)
    )


def _of_file(file: File) -> FileCheck:
    f = file.findings
    return FileCheck(file.name, tuple(file.layouts), tuple(file.columns), f.sorted(), tuple(f.notes))


def _of_map(plan: Map) -> FileCheck:
    f = plan.findings
    return FileCheck(printable(plan.name), ("plate map",), plan.columns, f.sorted(), tuple(f.notes))


def _notes(made: AssayCheck) -> tuple[str, ...]:
    notes = [f"{f.name}: {note}" if len(made.files) > 1 else note for f in made.files for note in f.notes]
    warnings = [f"warning: {name} {finding.sentence()}" for name, finding in made.of("warning")]
    return (*notes, *warnings)
