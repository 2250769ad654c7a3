"""A link to a file of one's own outlives the app that had the file: it is known by its content, and
whoever has it chooses it again."""

from urllib.parse import parse_qsl

from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError
from livingdrug.web.parts import problem
from livingdrug.web.uploads import MAX_BYTES, SUFFIXES, is_token
from livingdrug.web.work import Work

WITH_MAPS = (*SUFFIXES, ".xml", ".toml")  # of plates; targets and curves
SAID = (
    "This link is of {what} that the app does not have (any more): the file of this address is not on this "
    "machine. Choose "
    "the same file again, and the page shows what it showed."
)


def missing(search: str, work: Work) -> list[str]:
    """Files that an address asks for and the app does not have."""
    return [token for token in asked_files(search) if not work.uploads.has(token)]


def asked_files(search: str) -> tuple[str, ...]:
    """Tokens of the files of the user that an address asks for, each once."""
    pairs = parse_qsl(search.lstrip("?"))
    given = (value.partition(":")[0] for key, value in pairs if key != "item")  # one curve of a file stands behind a colon
    return tuple(dict.fromkeys(filter(is_token, given)))


def shown_files(search: str) -> tuple[str, ...]:
    """Tokens of the files that a page of an address speaks of: those that it asks for, and those of the answers that a
    report lists."""
    items = (value for key, value in parse_qsl(search.lstrip("?")) if key == "item")
    inside = (token for item in items for token in asked_files(item))
    return tuple(dict.fromkeys((*asked_files(search), *inside)))


def page(path: str, search: str, work: Work) -> html.Div:
    """A field for the files of an address."""
    count = len(missing(search, work))
    drop = html.Div(["Drop the file here, or ", html.Span("choose it", className="button")])
    return html.Div(
        [
            problem(SAID.format(what="a file" if count == 1 else f"{count} files")),
            dcc.Upload(drop, id="again-upload", className="drop", max_size=MAX_BYTES),
            html.Div(id="again-problem"),
            html.P(dcc.Link("Begin without it", href=path)),
        ]
    )


def given(search: str, name: str, contents: str, work: Work) -> str:
    """The address once a file of it has come. Raises InputError for another file."""
    wanted = missing(search, work)
    token = work.uploads.add(name, contents, WITH_MAPS)
    if token not in wanted:
        raise InputError(
            f"`{work.uploads.name(token)}` has another content than the file of this link; choose the one "
            "that the link was made from, or begin without it"
        )
    return renewed(search)


def renewed(search: str) -> str:
    """The same address in another text, so that its page is shown again."""
    return search[:-1] if search.endswith("&") else f"{search}&"


def register(app, work: Work) -> None:
    """The callback of the field."""

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output("again-problem", "children"),
        Input("again-upload", "contents"), State("again-upload", "filename"), State("address", "search"),
        prevent_initial_call=True,
    )  # fmt: skip
    def take(contents, name, search):
        if not contents:
            raise PreventUpdate
        try:
            return given(search or "", name or "data.csv", contents, work), []
        except InputError as error:
            return no_update, problem(str(error))
