"""An answer of any kind on a page: its words, figures and tables, with options called as the fields of the
page."""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, cast

from dash import html

from livingdrug.core.errors import LivingdrugError
from livingdrug.report import Answer, Picture, Table
from livingdrug.web.address import to_query
from livingdrug.web.files import by_their_names, in_fields
from livingdrug.web.forms import Entry
from livingdrug.web.numbers import said_in_words
from livingdrug.web.parts import FILES, downloads, points, problem, sideways, table
from livingdrug.web.work import Work
from livingdrug.workflows import Conduct, Document, Workflow, workflow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Words = Callable[[str], str]
POINT = "- "  # begins a sentence that is one of a list


def answered(
    scenario: Document, entries: Sequence[Entry], work: Work, files: Sequence[tuple[str, str]] = FILES
) -> Iterator:
    """The answer of a kind with its figures and downloads, or the sentence that says why there is none.
    entries: the fields of the page, by which a sentence calls an option; files: (name, text) of the
    downloads."""
    kind, names = workflow(scenario.kind), {}

    def words(text: str) -> str:
        return in_fields(by_their_names(text, names), entries, type(scenario))

    try:
        names = work.names(scenario)
        located = work.located(scenario)
        with work.job() as progress:
            found = kind.run(located, Conduct(progress=progress))
            answer = kind.answer(located, found)
            figures = list(drawn(kind, located, found))
    except LivingdrugError as error:
        yield problem(words(str(error)))
        return
    yield from parts_of(answer, words, figures)
    yield downloads(to_query(scenario), files)


def parts_of(answer: Answer, words: Words, figures: Sequence[html.Figure]) -> Iterator:
    """Sentences, figures, tables, cautions and notes. words: says a text as the page does."""
    first, *more = (said_in_words(words(text)) for text in answer.sentences)
    yield html.P(first, className="answer", id="sentence")
    for listed, texts in groupby(more, lambda text: text.startswith(POINT)):
        made = [html.Li(text.removeprefix(POINT)) if listed else html.P(text) for text in texts]
        yield from [html.Ul(made)] if listed else made
    yield from figures
    shown = [t for t in (*answer.tables, *answer.check_tables) if not t.detail]
    yield from (table(_said(t, words)) for t in shown)
    details = [t for t in answer.tables if t.detail]
    if details:
        summary = html.Summary("More numbers, and how the columns were read")
        yield html.Details([summary, *(table(_said(t, words)) for t in details)])
    yield from filter(
        None,
        (
            points("Cautions", [said_in_words(words(f)) for f in answer.flags]),
            points("What was done", [words(c) for c in answer.checks], "notes"),
        ),
    )


def _said(made: Table, words: Words) -> Table:
    rows = tuple(tuple(words(text) for text in row) for row in made.rows)
    return Table(words(made.title), made.header, rows)


def drawn(kind: Workflow, scenario: Document, found) -> Iterator[html.Figure]:
    """Every figure as an image with the sentence that says what it shows."""
    for picture, figure in kind.figures(scenario, found):
        file = io.BytesIO()
        cast("Figure", figure).savefig(file, format="png", dpi=144)
        yield _figure(file.getvalue(), picture)


def kept(pictures: Iterable[Picture], folder: Path) -> list[html.Figure]:
    """The same of the figures that a run left in a folder."""
    return [_figure((folder / f"{picture.name}.png").read_bytes(), picture) for picture in pictures]


def _figure(png: bytes, picture: Picture) -> html.Figure:
    text = base64.b64encode(png).decode("ascii")
    image = sideways(f"data:image/png;base64,{text}", picture.caption, _width(png) // 2)
    return html.Figure([image, html.Figcaption(picture.caption)])


def _width(png: bytes) -> int:
    """In pixels, as the file says it."""
    return int.from_bytes(png[16:20], "big")


def recorded(said: dict) -> Answer:
    """The answer that the record of a run's folder holds."""
    tables = {
        key: tuple(
            Table(t["title"], tuple(t["header"]), tuple(map(tuple, t["rows"])), t["detail"])
            for t in said[key]
        )
        for key in ("tables", "check_tables")
    }
    return Answer(
        title=said["title"],
        question=said["question"],
        sentences=tuple(said["sentences"]),
        flags=tuple(said["flags"]),
        checks=tuple(said["checks"]),
        tables=tables["tables"],
        check_tables=tables["check_tables"],
        pictures=tuple(Picture(**picture) for picture in said["pictures"]),
        seed=said["seed"],
        ok=said["ok"],
    )
