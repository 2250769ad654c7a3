"""The design of a trial as a form: arms and endpoints as rows of a grid, the rest as fields, the document
beside them. What is typed changes the document, and nothing is simulated before it is asked for."""

from dataclasses import dataclass
from typing import get_args

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.known import known
from livingdrug.response import Link
from livingdrug.web.parts import attribute, problem
from livingdrug.workflows import scenario_of_text, to_toml
from livingdrug.workflows.trial.spec import TrialScenario

MOST_ROWS = 8
TRIAL, ARMS, ENDPOINTS = "trial", "arms", "endpoints"


@dataclass(frozen=True)
class Cell:
    """A field of the design: its key in the document, its label, what to know, how a text is read
    (`numbers`, `pairs`, `dose`; a plain value otherwise), and the words that can be chosen where there are
    only some."""

    key: str
    label: str
    about: str = ""
    read: str = ""
    words: tuple[str, ...] = ()


FIELDS = {
    TRIAL: (
        Cell("model", "Model of the control", "a name of Explore"),
        Cell("variability", "Which published variability (IIV)", "such as sd or variance; empty: by CV"),
        Cell("cv", "CV on every rate", "instead of a published variability"),
        Cell(
            "peak",
            "Peak of models whose infused cells count too",
            "after the distribution minimum, or of all levels",
            "",
            ("expansion", "highest"),
        ),
        Cell("visits", "Days of sampling", "empty: the model's own exposures", "numbers"),
        Cell("limit", "Limit of quantification"),
        Cell("residual", "Residual error (SD of ln)", "empty: the published one"),
        Cell("dropout", "Dropout", "rate per day"),
        Cell("control", "Which arm is the control", "its name in the grid"),
        Cell("multiplicity", "Several arms are", "", "", ("dunnett", "holm", "none")),
        Cell("alpha", "Significance of the whole trial"),
        Cell("power", "Power wanted"),
        Cell("sides", "Sides of the test", "", "", ("1", "2")),
        Cell("sizes", "Sizes of the smallest arm to compare", "", "numbers"),
        Cell("futility", "Stop for futility", "such as at=0.5, below=0.1; empty: never", "pairs"),
        Cell("replicates", "Simulated trials", "1,000 for a look, 10,000 for a report"),
    ),
    ARMS: (
        Cell("name", "Arm"),
        Cell("n", "Patients"),
        Cell("dose", "Dose", "a factor, or 5e7, 5e7@14", "dose"),
        Cell("change", "Changed parameters", "folds, such as c_max=3", "pairs"),
        Cell("variance_scale", "Variance", "factor on IIV"),
        Cell("responders", "Responders", "part in whom it acts"),
        Cell("cost", "Cost", "of a patient"),
    ),
    ENDPOINTS: (
        Cell("name", "Endpoint"),
        Cell("kind", "Kind", "", "", ("auc", "cmax", "response", "toxicity", "persistence", "positive")),
        Cell("window", "Window", "days from, to", "numbers"),
        Cell("test", "Test", "", "", ("pooled", "welch")),
        Cell("exposure", "Driven by", "", "", ("auc", "cmax")),
        Cell("ec50", "EC50", "one for each grade", "numbers"),
        Cell("slope", "Slope"),
        Cell("link", "Link of the curve", "", "", get_args(Link)),
        Cell("at_least", "Grade at least"),
        Cell("above", "Level kept"),
        Cell("day", "On day"),
    ),
}


def form(scenario: TrialScenario) -> html.Div:
    """Grids and fields on the left, the document on the right."""
    box = dcc.Textarea(id="design", value=to_toml(scenario), className="document")
    document = [
        html.Label(
            "The same as a document, to be edited or kept; every number of the example is made up",
            htmlFor="design",
        ),
        box,
        html.Button("Simulate this design", id="simulate", n_clicks=0, className="main"),
        html.Div(id="design-problem"),
    ]
    return html.Div(
        [html.Div(grids(scenario), id="design-grids"), html.Div(document)], className="design card"
    )


def grids(scenario: TrialScenario) -> list:
    """Arms, endpoints, and the fields of the whole trial."""
    return [
        html.H2("Arms"),
        _grid(scenario, ARMS),
        html.H2("Endpoints, the first one is primary"),
        _grid(scenario, ENDPOINTS),
        html.H2("The trial"),
        html.Div(
            [_input(TRIAL, 0, cell, getattr(scenario, cell.key), True) for cell in FIELDS[TRIAL]],
            className="fields",
        ),
    ]


def _grid(scenario: TrialScenario, part: str) -> html.Div:
    rows, cells = getattr(scenario, part), FIELDS[part]
    head = html.Tr([html.Th([cell.label, html.Small(cell.about)], scope="col") for cell in cells])
    body = [
        html.Tr([html.Td(_input(part, k, cell, getattr(row, cell.key), False)) for cell in cells])
        for k, row in enumerate(rows)
    ]
    what = "an arm" if part == ARMS else "an endpoint"
    buttons = [
        html.Button(f"Add {what}", id={"type": "design-row", "part": part, "do": "add"}, n_clicks=0,
                    disabled=len(rows) >= MOST_ROWS),
        html.Button("Remove the last", id={"type": "design-row", "part": part, "do": "remove"}, n_clicks=0,
                    disabled=len(rows) <= (2 if part == ARMS else 1)),
    ]  # fmt: skip
    table = html.Div(
        html.Table([html.Thead(head), html.Tbody(body)]),
        className="scroll grid",
        tabIndex="0",
        role="region",
        **attribute("aria-label", part),
    )
    return html.Div([table, html.Div(buttons, className="row")])


def _input(part: str, row: int, cell: Cell, value, labelled: bool):
    ident = {"type": "design", "part": part, "row": row, "key": cell.key}
    name = cell.label if part == TRIAL else f"{cell.label}, {part} row {row + 1}"
    said = {"label": cell.label, "description": cell.about} if labelled else {}
    given = {"id": ident, "value": shown(value), "size": "xs", "aria-label": name, **said}
    if cell.words:
        return dmc.Select(data=list(cell.words), allowDeselect=False, **given)
    return dmc.TextInput(debounce=True, **given)


def shown(value) -> str:
    """A value of the document as a text that can be edited."""
    if value is None:
        return ""
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_defaults=True)
    if isinstance(value, dict):
        return ", ".join(f"{name}={shown(item)}" for name, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, float):  # short, and never another number than that of the document
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)


def read(text: str, how: str):
    """What a text of a field stands for in the document, None where it is empty. Raises InputError for no
    pair."""
    text = (text or "").strip()
    if not text:
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if how == "numbers":
        return text.replace(",", " ").split()
    if how == "dose":
        return parts if len(parts) > 1 or "@" in text or " " in text else _number(text)
    if how == "pairs":
        return dict(_pair(part) for part in parts)
    return text


def _number(text: str):
    try:
        return float(text)
    except ValueError:
        return [text]


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise InputError(f"`{text}` is no pair such as c_max=3")
    return name, value


def changed(scenario: TrialScenario, part: str, row: int, key: str, text: str) -> TrialScenario:
    """The design with one field as it was typed. Raises InputError that names the field."""
    cell = next(cell for cell in FIELDS[part] if cell.key == key)
    data = scenario.model_dump(exclude_none=True)
    if part == TRIAL:
        place = data
    else:
        data[part] = [dict(item) for item in data[part]]
        place = data[part][row]
    where = f"{cell.label}{'' if part == TRIAL else f' of row {row + 1}'}"
    place.pop(key, None)
    try:
        value = read(text, cell.read)
        if value is not None:
            place[key] = value
        return _renamed(scenario, type(scenario)(**data), part, row, key)
    except ValueError as error:
        why = f": {error}" if isinstance(error, InputError) else ""
        raise InputError(f"{where}: `{str(text)[:40]}` cannot be used here{why}") from None


def _renamed(before: TrialScenario, after: TrialScenario, part: str, row: int, key: str) -> TrialScenario:
    """The control keeps being the control where its arm gets another name."""
    if part == ARMS and key == "name" and before.arms[row].name == before.control:
        return after.model_copy(update={"control": after.arms[row].name})
    return after


def rows_changed(scenario: TrialScenario, part: str, do: str) -> TrialScenario:
    """The design with a row more, as the last one under another name, or less."""
    rows = list(getattr(scenario, part))
    if do == "add" and len(rows) < MOST_ROWS:
        names, k = {row.name for row in rows}, len(rows) + 1
        while f"{part[:-1]} {k}" in names:
            k += 1
        rows.append(rows[-1].model_copy(update={"name": f"{part[:-1]} {k}"}))
    elif do == "remove" and len(rows) > 1:
        gone = rows.pop()
        if part == ARMS and gone.name == scenario.control:
            raise InputError(
                f"`{gone.name}` is the control, with which every arm is compared; name another control first"
            )
    return scenario.model_copy(update={part: tuple(rows)})


def register(app) -> None:
    """A field that is left changes the document; a button changes the rows of both."""

    @app.callback(
        Output("design", "value", allow_duplicate=True), Output("design-problem", "children", allow_duplicate=True),
        Input({"type": "design", "part": ALL, "row": ALL, "key": ALL}, "value"), State("design", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    def edit(_, text):
        ident = ctx.triggered_id
        if ident is None or len(ctx.triggered) != 1:  # the grid was drawn: nothing was typed
            raise PreventUpdate
        try:
            before = read_design(text)
            after = changed(before, ident["part"], ident["row"], ident["key"], ctx.triggered[0]["value"])
        except LivingdrugError as error:
            return no_update, problem(str(error))
        return (no_update if after == before else to_toml(after)), []

    @app.callback(
        Output("design", "value", allow_duplicate=True), Output("design-grids", "children"),
        Output("design-problem", "children", allow_duplicate=True),
        Input({"type": "design-row", "part": ALL, "do": ALL}, "n_clicks"), State("design", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    def rows(clicks, text):
        if not any(clicks):
            raise PreventUpdate
        try:
            pressed = known(ctx.triggered_id, "the button that was pressed")
            after = rows_changed(read_design(text), pressed["part"], pressed["do"])
        except LivingdrugError as error:
            return no_update, no_update, problem(str(error))
        return to_toml(after), grids(after), []


def read_design(text: str) -> TrialScenario:
    """The design of a document. Raises InputError for what is none."""
    scenario = scenario_of_text(text or "", "design")
    if not isinstance(scenario, TrialScenario):
        raise InputError(f"the design is a `{scenario.kind}` scenario; say kind = 'trial'")
    return scenario
