"""Pieces that every page shares: tables, downloads, a plot with its sentence and its table."""

import json
from collections.abc import Sequence
from typing import Any, cast

from dash import dcc, html

from livingdrug.report import Table
from livingdrug.web.numbers import in_words

PROBLEM = "problem"  # the class of a sentence about what cannot be done
CONFIG = {
    # the button of Plotly that would send a chart with its data to a server
    "showSendToCloud": False, "plotlyServerURL": "",
    "displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": "svg"},
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}  # fmt: skip
FILES = (
    ("results.csv", "data (CSV)"), ("picture.svg", "figure (SVG)"), ("picture.png", "figure (PNG)"),
    ("scenario.toml", "scenario (TOML)"), ("script.py", "Python script"), ("report.html", "report (HTML)"),
    ("report.docx", "report (Word)"),
)  # fmt: skip


def attribute(name: str, text: str) -> dict[str, Any]:
    """An attribute of an element whose name is no name of Python, such as `aria-label`."""
    return {name: text}


def beside(
    fields: Sequence, answer: Sequence, *, answered: bool = True, stores: Sequence = (), ident: str = "page",
    answer_ident: str = "answer",
) -> html.Div:
    """Fields with their answer beside them. On a narrow screen they stand above one another: the answer first
    where there is one, else the fields, with a link from each to the other.

    answered: whether there is an answer, or only a word on what to do; stores: what the page keeps and nobody
    sees; ident, answer_ident: ids of the whole and of the answer, which a callback may fill.
    """
    to_fields = [html.A("Change the question", href="#question", className="jump")] if answered else []
    to_answer = [html.A("Back to the answer", href=f"#{answer_ident}", className="jump")] if answered else []
    return html.Div(
        [
            *stores,
            *to_fields,
            html.Div([*fields, *to_answer], className="left", id="question"),
            html.Div(list(answer), className="right", id=answer_ident),
        ],
        id=ident,
        className="two answered" if answered else "two",
    )


def table(made: Table) -> html.Div:
    """A table with its caption; it scrolls sideways, by keyboard too. `app.js` draws it from plain data,
    as text."""
    rows = [[_cell(text) for text in row] for row in made.rows]
    data = json.dumps(
        {"title": in_words(made.title), "header": made.header, "rows": rows}, ensure_ascii=False
    )
    given: dict[str, Any] = {"data-table": data, "aria-label": made.title}
    return html.Div(className="scroll", tabIndex="0", role="region", **given)


def begin(title: str, text: str, example: str) -> list:
    """What a page that waits for a file would do with it, and a way to see that at once. example: an address."""
    way = dcc.Link("See it on simulated data", href=example, className="button")
    return [html.H2(title), html.P(text), html.P(way, className="begin")]


def sideways(source: str, said: str, least: int, name: str = "figure") -> html.Div:
    """A drawing that keeps a width at which its words can be read, so many px at least: on a narrow screen it
    scrolls, by keyboard too."""
    image = html.Img(src=source, alt=said, style={"--least": f"{least}px"})
    return html.Div(image, className="sideways", tabIndex="0", role="region", **attribute("aria-label", name))


def headline(text: str, ident: str = "sentence") -> html.Div:
    """What is answered: the first sentence as a heading would stand, the others below it."""
    first, stop, rest = text.partition(". ")
    more = [html.P(rest)] if rest else []
    return html.Div([html.P(first + stop.strip(), className="answer"), *more], id=ident)


def _cell(text: str) -> str | tuple[str, str]:
    """A cell of a table; with numbers in words and as they are where the two differ."""
    text = str(text)
    words = in_words(text)
    return text if words == text else (words, text)


def plot(ident: str, figure: dict, sentence: str, numbers: Table | None, height: int = 640) -> html.Figure:
    """A plot, the sentence that says what it shows, and its numbers as a table."""
    return html.Figure(
        [
            dcc.Graph(
                id=ident,
                figure=cast(Any, figure),
                config=cast(Any, CONFIG),
                style={"height": f"{height}px"},
                responsive=True,
            ),
            html.Figcaption(sentence, id=f"{ident}-sentence", **attribute("aria-live", "polite")),
            html.Details(
                [
                    html.Summary("The numbers of this plot as a table"),
                    html.Div(table(numbers) if numbers else [], id=f"{ident}-table"),
                ]
            ),
        ]
    )


def downloads(query: str, files: Sequence[tuple[str, str]] = FILES, add: bool = True) -> html.Nav:
    """Links to everything that reproduces what is on the screen; they follow the address. add: with a
    button that keeps it for a report of several answers."""
    links = [
        html.A(
            text,
            href=f"/export/{name}?{query}",
            download=name,
            **attribute("data-export", name),
            className="button",
        )
        for name, text in files
    ]
    keep = [html.Button("Add to a report", type="button", **attribute("data-add", "report-added")),
            dcc.Link("To the report", href="/report")] if add else []  # fmt: skip
    return html.Nav(
        [html.Span("Download: ", className="quiet"), *links, *keep], **attribute("aria-label", "downloads")
    )


def field(
    ident: str | dict[str, str], label: str, value: str | float | None = "", help_text: str = "", **given
) -> html.Div:
    """A labelled input."""
    more = [html.Small(help_text)] if help_text else []
    return html.Div(
        [
            html.Label(label, htmlFor=_in_page(ident)),
            dcc.Input(id=ident, value=value, **{"debounce": True, **given}),
            *more,
        ],
        className="field",
    )


def _in_page(ident) -> str:
    """How Dash writes the id of an element into the page."""
    return ident if isinstance(ident, str) else json.dumps(ident, sort_keys=True, separators=(",", ":"))


def choice(
    ident, label: str, value: str, choices: Sequence[tuple[str, str]], help_text: str = ""
) -> html.Div:
    """One of several; choices: (value, text) of each. `app.js` draws a native list, as Dash's own fails
    accessibility checks; what is chosen is the property `data` of `ident`."""
    given = {"id": ident, "label": label, "help": help_text, "value": value, "choices": choices}
    place = html.Div(className="choice", **attribute("data-choice", json.dumps(given, ensure_ascii=False)))
    return html.Div([dcc.Store(id=ident, data=value), place], className="field")


def problem(text: str) -> html.P:
    """One sentence about what cannot be done."""
    return html.P(text, className=PROBLEM, role="alert")


def points(title: str, texts: Sequence[str], kind: str = "flags") -> html.Section | None:
    """A list under a heading, nothing where it is empty."""
    if not texts:
        return None
    return html.Section([html.H2(title), html.Ul([html.Li(text) for text in texts])], className=kind)


def toggle(ident, text: str, on: bool, title: str = "") -> html.Button:
    """A button that says whether it is on."""
    pressed = attribute("aria-pressed", str(on).lower())
    return html.Button(text, id=ident, n_clicks=0, title=title, className="toggle", **pressed)
