"""A file of the user on a page: choosing it, how it is read, what its columns mean, and what is wrong in it by line."""

from collections.abc import Callable, Mapping

from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError
from livingdrug.data import Check
from livingdrug.web.forms import Entry
from livingdrug.web.parts import points, problem, table
from livingdrug.web.uploads import EXAMPLES, MAX_BYTES, SUFFIXES
from livingdrug.web.work import Work
from livingdrug.workflows.tables import column_table, finding_table

LIMITS = f"CSV or Excel up to {MAX_BYTES / 1e6:g} MB ({', '.join(SUFFIXES)}); the file stays on this machine."
READING = (
    Entry("unit", "Unit of the values", "copies/ug, cells/uL ... where the file states none"),
    Entry("time_unit", "Unit of the times", "d or h, where the file states none"),
    Entry("assay", "Assay", "qPCR, ddPCR, flow ..."),
    Entry("limit", "Limit of quantification", "where rows state none"),
    Entry("dose", "One dose for every subject", "where the file holds none"),
    Entry("dose_unit", "Unit of the dose", "cells or cells/kg"),
)


def chooser(ident: str, example: str) -> list:
    """A field for a file, and a link to the example."""
    upload = dcc.Upload(html.Div(["Drop a file here, or ", html.Span("choose one", className="button")]), id=ident,
                        className="drop", max_size=MAX_BYTES)  # fmt: skip
    return [
        html.H2("Your file"), upload, html.Small(LIMITS), html.Div(id=f"{ident}-problem"),
        html.P(dcc.Link("Look at the example (simulated data)", href=example)),
    ]  # fmt: skip


def register_chooser(app, ident: str, work: Work, query_of: Callable[[str], str]) -> None:
    """The callback of a field for a file. query_of(token): the address that shows the file."""

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output(f"{ident}-problem", "children"), Input(ident, "contents"),
        State(ident, "filename"), prevent_initial_call=True,
    )  # fmt: skip
    def take(contents, name):
        if not contents:
            raise PreventUpdate
        try:
            token = work.uploads.add(name or "data.csv", contents)
        except InputError as error:
            return no_update, problem(str(error))
        return f"?{query_of(token)}", []


def shown_file(token: str, work: Work) -> html.P:
    """Which file the page shows."""
    try:
        name = work.uploads.name(token)
    except InputError:
        name = "no file"
    return html.P(["Shown: ", html.B(name), " (simulated)" if token in EXAMPLES else ""])


def by_their_names(text: str, names: Mapping[str, str]) -> str:
    """A text with files as their user calls them. names: here -> theirs."""
    for here, theirs in names.items():
        text = text.replace(here, theirs)
    return text


def found_in_file(checked: Check, names: Mapping[str, str]) -> tuple[list, html.P | None]:
    """(faults by line, what the columns mean, what was done to the data; the sentence that refuses a faulty file)."""
    mine = names.get(checked.name, checked.name)
    columns = column_table(checked)
    made = [html.Details([html.Summary(f"What the columns of {mine} mean ({len(columns.rows)})"), table(columns)])]
    if checked.findings:
        made = [table(finding_table(checked.findings, mine)), *made]
    made += filter(None, [points("What was done to the data", checked.notes, "notes")])
    if checked.ok:
        return made, None
    wrong = sum(f.severity == "error" for f in checked.findings)
    return made, problem(f"{mine} has {wrong} fault(s) and nothing was computed; mend them and choose it again.")
