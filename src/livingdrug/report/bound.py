"""Several runs as one document, in the order that is asked for. Sources are printed once, and cited by
number throughout."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import below
from livingdrug.report.document import Cited, build_report
from livingdrug.report.folder import checked_record
from livingdrug.report.folder_files import REPORT
from livingdrug.report.html import Report, Section, write_report

MOST_RUNS = 20
PICTURES = "pictures"


def bind(folders: Sequence[str | Path], out: str | Path, title: str = "") -> Report:
    """Write report.html of several runs into a folder, with the PNG files that a Word document of it takes.

    Parameters
    ----------
    folders : sequence of str or Path
        Folders of runs, in the order of the document; 1 to 20 of them.
    out : str or Path
        A folder that is not there yet, or is empty.
    title : str
        Of the document.

    Returns
    -------
    Report
        What was written, for `word_document`.

    Raises
    ------
    InputError
        For a folder without a whole run, for none or too many of them, or for an `out` that holds files.
    """
    paths, out = [Path(folder) for folder in folders], Path(out)
    if not 1 <= len(paths) <= MOST_RUNS:
        raise InputError(f"{len(paths)} runs cannot be one document; give 1 to {MOST_RUNS} of them")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise InputError(f"`{out}` is there and not empty; name a new or an empty folder for the document")
    report = bound_report(paths, title)
    (out / PICTURES).mkdir(parents=True, exist_ok=True)
    for k, folder in enumerate(paths, 1):
        for png in sorted(below(folder, PICTURES).glob("*.png")):
            shutil.copyfile(below(folder, f"{PICTURES}/{png.name}"), out / PICTURES / f"{k}-{png.name}")
    write_report(report, out / REPORT)
    return report


def bound_report(folders: Sequence[Path], title: str = "") -> Report:
    """The document of several runs: a chapter for each, then the sources of all."""
    cited, chapters, summary, settings = Cited(), [], [], {}
    for k, folder in enumerate(folders, 1):
        record = checked_record(folder)
        made = build_report(record, folder, cited, f"r{k}-")
        chapters += _chapter(k, made)
        summary.append(f"{k}. {made.title}: {made.summary[0] if made.summary else 'no answer'}")
        settings |= {
            (name if name in record["versions"] else f"{name}, run {k}"): text
            for name, text in made.settings.items()
        }
    if cited.sources:
        chapters.append(
            Section("sources", "Sources", [f"[{k}] {text}" for k, text in enumerate(cited.sources, 1)])
        )
    return Report(title or f"Report of {len(folders)} runs", summary, chapters, settings)


def _chapter(k: int, made: Report) -> list[Section]:
    """The sections of a run, numbered, with names of their own."""
    head = Section(f"run{k}", f"{k}. {made.title}", made.summary[:1])
    return [head, *(_numbered(section, k, j) for j, section in enumerate(made.sections, 1))]


def _numbered(section: Section, k: int, j: int) -> Section:
    pictures = [replace(picture, file=f"{k}-{picture.file}") for picture in section.pictures]
    return replace(
        section, anchor=f"run{k}-{section.anchor}", title=f"{k}.{j} {section.title}", pictures=pictures
    )
