"""The report as a Word document, by python-docx, where the extra `word` is installed."""

import io
import zipfile
from datetime import datetime
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import below, whole_file
from livingdrug.core.words import NOTICE
from livingdrug.report.folder import report_of
from livingdrug.report.folder_files import WORD
from livingdrug.report.html import Report, Section

WIDTH = 6.0  # inches of a figure
# of the document and of the files in it, so that the same report gives the same bytes
DATE = datetime(2000, 1, 1)
MOST_ROWS = 400  # of one table: Word gets slow with more


def write_word(folder: str | Path) -> Path:
    """Write report.docx into the folder of a run, whole or not at all; the same run gives the same bytes.

    Parameters
    ----------
    folder : str or Path
        Of the run.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        Where python-docx is not installed, and as `rebuild` does.
    """
    return word_document(report_of(folder), folder)


def word_document(report: Report, folder: str | Path) -> Path:
    """Write a report as report.docx into the folder with its figures, whole or not at all; the same report
    gives the same bytes.

    Parameters
    ----------
    report : Report
        What is printed.
    folder : str or Path
        With its figures.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        Where python-docx is not installed.
    """
    try:
        from docx import Document
    except ImportError:
        raise InputError(
            "a Word document needs python-docx; install it with: pip install 'livingdrug[word]'"
        ) from None
    document = Document()
    _fill(document, report, Path(folder))
    made = io.BytesIO()
    document.save(made)
    path = Path(folder) / WORD
    with whole_file(path, "wb") as file:
        file.write(_dateless(made.getvalue()))
    return path


def _fill(document, report: Report, folder: Path) -> None:
    about = document.core_properties
    about.title, about.author, about.created, about.modified = (
        _text(report.title)[:250],
        "livingdrug",
        DATE,
        DATE,
    )
    document.add_heading(_text(report.title), 0)
    document.add_paragraph(NOTICE, style="Intense Quote")
    figures = 0
    for section in report.sections:
        figures = _section(document, section, folder, figures)
    document.add_heading("Settings and versions", 1)
    _table(document, (), list(report.settings.items()))
    document.add_paragraph(NOTICE, style="Intense Quote")


def _section(document, section: Section, folder: Path, figures: int) -> int:
    """A heading with what stands under it; gives how many figures there are up to here."""
    document.add_heading(_text(section.title), 1)
    for line in section.text:
        document.add_paragraph(_text(line))
    for line in section.points:
        document.add_paragraph(_text(line), style="List Bullet")
    for picture in section.pictures:
        figures += 1
        _figure(document, folder, picture.file)
        document.add_paragraph(f"Figure {figures}. {_text(picture.caption)}", style="Caption")
    for title, header, rows in section.tables:
        document.add_paragraph(_text(title), style="Caption")
        _table(document, header, rows)
    if section.code:
        document.add_paragraph(_text(section.code), style="No Spacing")
    return figures


def _figure(document, folder: Path, name: str) -> None:
    from docx.shared import Inches

    path = below(folder, f"pictures/{name}.png")
    if path.is_file():
        document.add_picture(str(path), width=Inches(WIDTH))


def _table(document, header, rows) -> None:
    from docx.shared import Pt

    shown = [*([header] if header else []), *rows[:MOST_ROWS]]
    if not shown:
        return
    table = document.add_table(rows=len(shown), cols=len(shown[0]), style="Light List")
    cells = iter(table._cells)  # one look-up for all: that of each row costs the square of their number
    for k, row in enumerate(shown):
        for text in row:
            run = next(cells).paragraphs[0].add_run(_text(str(text)))
            run.font.size, run.bold = Pt(8), k == 0 and bool(header)
    if len(rows) > MOST_ROWS:
        document.add_paragraph(f"The first {MOST_ROWS} of {len(rows):,} rows; all are in report.html.")


def _text(said: str) -> str:
    """A text without the signs that a Word document cannot hold."""
    return "".join(
        sign for sign in said if sign in "\t\n" or (ord(sign) >= 32 and sign not in "\ufffe\uffff")
    )


def _dateless(made: bytes) -> bytes:
    """The same archive with one date for every file in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, DATE.timetuple()[:6]), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
