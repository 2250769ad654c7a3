"""Curves of files: what `livingdrug response --out` writes as curve.toml is chosen on a page, by its content."""

from collections.abc import Mapping, Sequence

from dash import State, dcc, html

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.known import known
from livingdrug.products import get_curve, list_curves
from livingdrug.response import read_curves
from livingdrug.web.address import to_query, view_pairs
from livingdrug.web.files import by_their_names, register_files
from livingdrug.web.forms import present
from livingdrug.web.uploads import MAX_BYTES, is_token
from livingdrug.web.work import Work
from livingdrug.workflows import Document

ENDING = ".toml"


def curves_on_offer(scenario: Document, work: Work) -> list[tuple[str, str]]:
    """(value, text) of each curve that a field can take: the built-in ones, and those of files that the
    scenario names."""
    made = [(name, f"{name} ({get_curve(name).setting})") for name in list_curves()]
    given = (getattr(scenario, name) or "" for name in scenario.CURVES)
    tokens = dict.fromkeys(token for token in (text.partition(":")[0] for text in given) if is_token(token))
    return [*made, *(pair for token in tokens for pair in _of_file(token, work))]


def _of_file(token: str, work: Work) -> list[tuple[str, str]]:
    """The curves of a file; one that cannot be read is refused where it is used."""
    try:
        found = read_curves(str(work.uploads.path(token)), even_so=True)
    except LivingdrugError:
        return []
    return [(f"{token}:{one.name}", f"{one.name}, of {work.uploads.name(token)}") for one in found]


def choosers(scenario: Document, labels: Mapping[str, str]) -> list:
    """A field for a file for each curve. labels: field -> what its curve is of, in words."""
    made: list = [html.H2("Curves of your own"), dcc.Store(id="curves-query", data=to_query(scenario))]
    for name, what in labels.items():
        drop = html.Div([f"{what}: drop its file here, or ", html.Span("choose it", className="button")])
        made.append(dcc.Upload(drop, id=f"curve-{name}", className="drop", max_size=MAX_BYTES))
    said = "curve.toml, a download of the page Exposure and response; of several curves in it, choose one in the field above"
    return [*made, html.Small(said), html.Div(id="curves-problem")]


def register(app, fields: Sequence[str], work: Work) -> None:
    """A callback for each of the fields for a file."""
    for name in fields:
        _register(app, name, work)


def _register(app, name: str, work: Work) -> None:
    def shown(contents, title, query, search) -> str:
        scenario, view = present(query, search, Document)
        return to_query(with_curve(scenario, name, title or "curve.toml", contents, work), view_pairs(view))

    register_files(app, f"curve-{name}", "curves-problem", (State("curves-query", "data"), State("address", "search")), shown)


def with_curve(scenario: Document, name: str, title: str, contents: str, work: Work) -> Document:
    """The scenario with the first curve of a file in one of its fields. Raises InputError for a file that
    holds none, and one whose fit is not sound, by the name that its user gave it."""
    token = work.uploads.add(title, contents, (ENDING,))
    path = work.uploads.path(token)
    try:
        found = read_curves(str(path), even_so=bool(getattr(scenario, "even_so", False)))
    except InputError as error:
        called = work.uploads.name(token)
        raise InputError(by_their_names(f"{error}", {str(path): called, path.name: called})) from None
    first = known(next(iter(found), None), "the first curve of a file that was read")
    return scenario.model_copy(update={name: f"{token}:{first.name}"})
