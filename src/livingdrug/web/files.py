"""A file of the user on a page: choosing it, how it is read, what its columns mean, and what is wrong in
it by line."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.export import safe_cell
from livingdrug.data import Check
from livingdrug.report import Table
from livingdrug.web.forms import Entry
from livingdrug.web.parts import attribute, points, problem, table
from livingdrug.web.uploads import EXAMPLES, MAX_BYTES, SUFFIXES
from livingdrug.web.work import Work
from livingdrug.workflows import Document, about, column_table, finding_table, option_names

LIMITS = f"CSV or Excel up to {MAX_BYTES / 1e6:g} MB ({', '.join(SUFFIXES)}); the file stays on this machine."
# a field for every question that the reader of files can ask; a test compares them with `data.Reading`
READING = (
    Entry(
        "columns",
        "What columns mean",
        "YOURS=OURS, such as result=DV; probe=DVID; note=ignore",
        apart=";",
        pairs=True,
    ),
    Entry("output", "The only output to use", "of several, by analyte, matrix or DVID"),
    Entry("unit", "Unit of the values", "copies/ug, cells/uL, 10^9/L ... where the file states none"),
    Entry(
        "units",
        "Units of several outputs",
        "OUTPUT=UNIT, such as CART=copies/ug; blasts=cells/uL",
        apart=";",
        pairs=True,
    ),
    Entry("time_unit", "Unit of the times", "d or h, where the file states none"),
    Entry(
        "infusion_day",
        "Day number of the infusion",
        "0 or 1 where days are counted, or as the file counts them",
    ),
    Entry(
        "date_order",
        "Order of dates",
        choices=(
            ("", "as ISO writes them (2024-03-01)"),
            ("dmy", "day, month, year"),
            ("mdy", "month, day, year"),
        ),
    ),
    Entry(
        "duplicates",
        "Values of one subject, output and time",
        choices=(("", "a fault"), ("mean", "their mean is used"), ("keep", "replicates, for a fit")),
    ),
    Entry("assay", "Assay", "qPCR, ddPCR, flow ..."),
    Entry(
        "pool_assays",
        "Several assays of one output",
        choices=(("false", "analysed apart"), ("true", "joined")),
    ),
    Entry("limit", "Limit of quantification", "where rows state none"),
    Entry(
        "logarithms",
        "The values are",
        choices=(
            ("", "levels"),
            ("e", "natural logarithms, to be turned back"),
            ("10", "logarithms to base 10, to be turned back"),
            ("kept", "logarithms, kept as they are"),
        ),
    ),
    Entry("dose", "One dose for every subject", "where the file holds none"),
    Entry("dose_unit", "Unit of the dose", "cells, cells/kg, 10^6 cells, mg ..."),
    Entry(
        "untreated",
        "Subjects without a dose, where others have one",
        choices=(("false", "a fault"), ("true", "were not treated")),
    ),
    Entry("sheet", "Sheet of an Excel file", "the first by default"),
)
BRIDGE = Entry("conversion", "Conversion between units", "its name, such as kirouac_2024; empty: none")
# an option in a sentence, and what is to be said with it where that can be told
_OPTION = re.compile(
    r"(--[a-z][a-z0-9]*(?:-[a-z0-9]+)*|(?<![\w-])-[a-z](?= ))"
    r"(?:[ ]((?:'[^']*=[^']*'|[^\s;,()']+=[^\s;,()']+)|-?\d(?:[\w.,/@+]*\w)?|(?:dmy|mdy|mean|keep|e|10|kept)\b))?(?![\w-])"
)

_COMMAND = re.compile(r"(`livingdrug [^`]*`)")  # is left as it is

# options that are called otherwise than the keys of a document
_OTHERWISE = {"with": "fragments", "set": "values", "dose": "doses", "range": "ranges", "group": "groups"}


def in_fields(
    text: str, entries: Sequence[Entry] = (*READING, BRIDGE), kind: type[Document] | None = None
) -> str:
    """A sentence for the command line with its options called as the fields of the page: `--infusion-day
    0` is `0` in the field "Day number of the infusion". kind: whose options they are."""
    labels = {entry.key: entry.label for entry in entries}
    fields = kind.model_fields.items() if kind else ()
    own = {option: name for name, info in fields if about(info) for option in option_names(name, info)}

    def called(found: re.Match) -> str:
        option, value = found.group(1), (found.group(2) or "").strip("'")
        key = own.get(option) or option.lstrip("-").replace("-", "_")
        key = {"column": "columns", "unit": "units"}.get(key, key) if key == "column" or "=" in value else key
        key = key if key in labels else _OTHERWISE.get(key, key)
        if key not in labels:
            return found.group(0)
        return f'`{value}` in the field "{labels[key]}"' if value else f'the field "{labels[key]}"'

    return "".join(p if k % 2 else _OPTION.sub(called, p) for k, p in enumerate(_COMMAND.split(text)))


def chooser(ident: str, example: str) -> list:
    """A field for a file, and a link to the example."""
    upload = dcc.Upload(
        html.Div(["Drop a file here, or ", html.Span("choose one", className="button")]),
        id=ident,
        className="drop",
        max_size=MAX_BYTES,
    )
    return [
        html.H2("Your file"), upload, html.Small(LIMITS), html.Div(id=f"{ident}-problem"),
        html.P(dcc.Link("Look at the example (simulated data)", href=example)),
        html.P(**attribute("data-mine", example.partition("?")[0])),
    ]  # fmt: skip


def register_chooser(app, ident: str, work: Work, query_of: Callable[[str], str]) -> None:
    """The callback of a field for a file. query_of(token): the address that shows the file."""

    def shown(contents, name) -> str:
        return query_of(work.uploads.add(name or "data.csv", contents))

    register_files(app, ident, f"{ident}-problem", (), shown)


def register_files(app, ident: str, problem_ident: str, states: Sequence[State], query_of: Callable[..., str]) -> None:
    """The callback of a field for files.

    problem_ident: where a refusal is said; states: what the address is made of;
    query_of(contents, names, *states): the address that shows the files too.
    """

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output(problem_ident, "children", allow_duplicate=True),
        Input(ident, "contents"), State(ident, "filename"), *states, prevent_initial_call=True,
    )  # fmt: skip
    def take(contents, names, *given):
        if not contents:
            raise PreventUpdate
        try:
            return f"?{query_of(contents, names, *given)}", []
        except LivingdrugError as error:
            return no_update, problem(str(error))


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


def _as_file(found: Table) -> html.A:
    """The faults as a file, for whoever corrects the data."""
    lines = [",".join(safe_cell(str(cell)) for cell in row) for row in (found.header, *found.rows)]
    return html.A(
        "Findings (CSV)",
        href=f"data:text/csv;charset=utf-8,{quote(chr(10).join(lines))}",
        download="findings.csv",
        className="button",
    )


def found_in_file(checked: Check, names: Mapping[str, str]) -> tuple[list, html.P | None]:
    """(faults by line, what the columns mean, what was done to the data; the sentence that refuses a
    faulty file)."""
    mine = names.get(checked.name, checked.name)
    columns = column_table(checked)
    made = [
        html.Details([html.Summary(f"What the columns of {mine} mean ({len(columns.rows)})"), table(columns)])
    ]
    if checked.findings:
        found = finding_table(checked.findings, mine)
        rows = tuple((*row[:3], *(in_fields(text) for text in row[3:])) for row in found.rows)
        found = replace(found, rows=rows)
        made = [table(found), _as_file(found), *made]
    notes = [in_fields(note) for note in checked.notes]
    made += [part for part in [points("What was done to the data", notes, "notes")] if part is not None]
    if checked.ok:
        return made, None
    wrong = sum(f.severity == "error" for f in checked.findings)
    return made, problem(
        f"{mine} has {wrong} fault(s) and nothing was computed; correct them and choose it again."
    )
