"""Explore: choose a model, switch mechanisms on and off, move sliders, see curves and exposures at once."""

import json
import secrets
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import LivingdrugError
from livingdrug.core.units import in_a_day
from livingdrug.models import Experiment, Model, get_fragment, get_model, list_fragments, list_models
from livingdrug.models.conformance import joining
from livingdrug.plots import panels_of
from livingdrug.report import Table, model_card, number
from livingdrug.simulation import Result, default_until
from livingdrug.web.address import read_as, read_query, to_query, with_query
from livingdrug.web.diagrams import diagram_image
from livingdrug.web.figures import panel_figure, panels_height
from livingdrug.web.model_choice import grouped, model_of
from livingdrug.web.numbers import in_words, plainly
from livingdrug.web.pages import Page
from livingdrug.web.parts import beside, downloads, field, plot, points, problem, table, toggle
from livingdrug.web.sliders import sliders
from livingdrug.web.work import Work
from livingdrug.workflows.simulate.answer import expansion_ratio, exposure_rows, of_unphysical, sentences
from livingdrug.workflows.simulate.spec import Simulation

PATH = "/explore"
PAGE = Page(PATH, "Explore", place=200, kinds=("simulate",))
# published values: the product expands above the limit line, and is still above it when the plot ends
EXAMPLE = Simulation(model="kirouac_2023", days=60)
# 50 copies/ug is that of the example data; cells/uL by the conversion of Kirouac 2024, 0.05 cells/uL for 1
# copy/ug
LINES = {"copies/ug": 50.0, "cells/uL": 2.5}
PATIENTS, CV, POINTS, MOST_PINS = 200, 0.3, 120, 6


def page(query: str, work: Work) -> html.Div:
    """The page of an address; what the address leaves open is filled with what serves a first look."""
    scenario, view = read_query(query)
    scenario = complete(EXAMPLE if scenario is None else read_as(Simulation, query)[0], work)
    line = view["line"][-1] if view["line"] else default_line(scenario, work)
    return body(scenario, view["pin"][:MOST_PINS], line, work)


def complete(scenario: Simulation, work: Work | None = None) -> Simulation:
    """Horizon, step and outputs said, so that the table is that of the curves on the screen."""
    model = model_of(scenario.model_copy(update={"values": {}}), work)
    hours = in_a_day(model.time_unit)
    days = scenario.days or default_until(model) / hours
    names = tuple(dict.fromkeys(name for panel in panels_of(model) for name in panel.outputs))
    return scenario.model_copy(
        update={"days": days, "every": step(days * hours), "outputs": names, "exposure": None}
    )


def step(until: float) -> float:
    """A round step that makes about POINTS rows."""
    rough = until / POINTS
    power = 10.0 ** np.floor(np.log10(rough))
    return float(min((m * power for m in (1, 2, 5, 10)), key=lambda s: abs(np.log(s / rough))))


def default_line(scenario: Simulation, work: Work | None = None) -> str:
    """The limit line where the address names none, "" where nothing is measured in a unit that has one."""
    measured = [o.unit for o in model_of(scenario, work, bare=True).system.outputs if o.measured]
    return f"{LINES[measured[0]]:g}" if measured and measured[0] in LINES else ""


def view_of(pins: list[str], line: str) -> list[tuple[str, str]]:
    """What the address says beside the scenario."""
    return [*(("pin", pin) for pin in pins), *([("line", line)] if line else [])]


def body(scenario: Simulation, pins: list[str], line: str, work: Work) -> html.Div:
    """Choices on the left, answers on the right."""
    model = model_of(scenario, work)
    base = model_of(scenario, work, bare=True)
    query = to_query(scenario, view_of(pins, line))
    stores = [dcc.Store(id="query", data=query), dcc.Store(id="settled")]
    # each page its own, so that its sliders are drawn anew even where the last page started from the same
    # values
    given: dict[str, Any] = {
        "data-spans": json.dumps(sliders(model)),
        "data-query": query,
        "data-page": secrets.token_hex(4),
    }
    buttons = [html.Button("Back to published values", id="reset", n_clicks=0),
               html.Button("Pin this curve", id="pin", n_clicks=0),
               html.Button("Remove pins", id="unpin", n_clicks=0, hidden=not pins)]  # fmt: skip
    left = [
        choose_model(scenario.model, base),
        html.Div(buttons, className="row"),
        html.Div(id="sliders", **given),
        _mechanisms(base, scenario),
        _population(model, scenario),
        _settings(scenario, model, line),
    ]
    right = answers(scenario, model, pins, line, query, work)
    return beside(left, right, stores=stores, ident="explore")


def answers(scenario: Simulation, model: Model, pins: list[str], line: str, query: str, work: Work) -> list:
    """Plot, exposures, cautions, downloads."""
    try:
        result = work.simulate(scenario)
        results, names = [result, *pinned(pins, work)], pin_names(scenario, pins)
        figure = panel_figure(results, panels_of(model), limit_of(line), names)
        said, exposure, notes, numbers = words(scenario, model, result)
    except LivingdrugError as error:
        return [problem(str(error)), html.Div(id="trouble")]
    return [
        html.Div(id="trouble"),
        html.P(id="refusal", className="problem refusal", role="alert"),
        plot("curves", figure, said, numbers, height=panels_height(len(panels_of(model)))),
        html.Div(exposure, id="exposure"),
        html.Div(notes, id="notes"),
        about_model(model),
        downloads(query),
    ]


def words(scenario: Simulation, model: Model, result: Result) -> tuple[str, list, list, Table]:
    """Sentence, exposures, cautions and the numbers of the plot."""
    ratio, why = expansion_ratio(scenario, model, result)
    ratio = f"Expansion ratio (peak cells in blood / cells infused): {plainly(ratio)}."
    told = f"No expansion ratio: {why}." if why else ratio
    first = sentences(model, result)
    said = in_words(f"{result.subjects}: " + " ".join(dict.fromkeys((*first[:1], *first[-2:]))))
    lost = result.uncomputed
    notes = [*result.notices, *of_unphysical(result)]
    if lost:
        notes.append(f"{len(lost)} of {result.n} subjects could not be computed: {result.reason[lost[0]]}")
    exposure = [table(exposure_rows(result)), html.P(told, id="expansion")]
    return said, exposure, [points("Cautions", notes)], curve_table(result)


def curve_table(result: Result) -> Table:
    """Some 13 times of every output, the median of several subjects."""
    rows = np.unique(np.searchsorted(result.times, np.linspace(0, result.times[-1], 13)))
    columns = [result.curve(o) if result.n == 1 else result.percentiles(o, (50,))[0] for o in result.outputs]
    header = (
        f"time ({result.time_unit})",
        *(f"{o} ({u})" for o, u in zip(result.outputs, result.units, strict=True)),
    )
    cells = tuple((f"{result.times[i]:g}", *(number(float(c[i])) for c in columns)) for i in rows)
    return Table("curves" if result.n == 1 else "medians of the curves", header, cells)


def pinned(pins: list[str], work: Work) -> list[Result]:
    """Results of the pinned scenarios."""
    scenarios = [read_query(pin)[0] for pin in pins]
    return [work.simulate(s) for s in scenarios if isinstance(s, Simulation)]


def pin_names(scenario: Simulation, pins: list[str]) -> list[str]:
    """What sets each pinned curve apart: the settings in which it and the others differ, or else all of
    its own."""
    pinned = [s for s in (read_query(pin)[0] for pin in pins) if isinstance(s, Simulation)]
    settings = [_settings_of(s) for s in (*pinned, scenario)]
    differing = {
        key for one in settings for key in one if any(other.get(key) != one[key] for other in settings)
    }
    return [_pin_name(one, differing & set(one)) for one in settings[:-1]]


def _pin_name(settings: dict[str, str], differing: set[str]) -> str:
    shown = [text for key, text in settings.items() if key in differing]
    shown = shown or [text for key, text in settings.items() if key != "model"]
    return ", ".join(shown) or "published values"


def _settings_of(scenario: Simulation) -> dict[str, str]:
    """What was chosen in a scenario, in words by its kind."""
    made = {f"value {name}": f"{name} {in_words(f'{value:.3g}')}" for name, value in scenario.values.items()}
    made |= {f"mechanism {name}": name.replace("_", " ") for name in scenario.fragments}
    made |= {"model": scenario.model} if scenario.model else {}
    made |= {"doses": f"dose {', '.join(scenario.doses)}"} if scenario.doses else {}
    return made | ({"subjects": f"{scenario.subjects} patients"} if scenario.subjects else {})


def limit_of(text: str) -> float | None:
    """The limit line that a text means, none where it is no positive number."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if 0 < value < float("inf") else None


def choose_model(chosen: str, model: Model) -> html.Div:
    """A list of the models by what they describe, in groups by disease; typing searches it."""
    own = (
        [{"group": "Fitted here", "items": [{"value": chosen, "label": model.title}]}] if model.fitted else []
    )
    return html.Div(
        [
            dmc.Select(
                id="explore-model",
                label="Product or disease, and model",
                data=[*own, *grouped()],
                value=chosen,
                searchable=True,
                allowDeselect=False,
                nothingFoundMessage="no model is called so",
                maxDropdownHeight=420,
                size="sm",
                comboboxProps={"width": "max-content", "position": "bottom-start"},
            ),
            html.Small(f"{model.name}: {model.about.purpose}" if model.about else model.name),
        ],
        className="field",
    )


def about_model(model: Model) -> html.Details:
    """The card of the model: what it is for, equations, parameters with sources, anchors, deviations."""
    known = get_model(model.name) if model.name in list_models() else model
    about, card = known.about, model_card(model)
    said = [about.purpose, about.origin, about.can, about.cannot] if about else []
    parts = [html.P(text) for text in (*said, *card.sentences)]
    tables = [table(made) for made in card.tables]
    return html.Details(
        [
            html.Summary("About this model: diagram, equations, sources, anchors, deviations"),
            *parts,
            diagram_image(model),
            *tables,
            points("Deviations", card.deviations, "notes"),
        ],
        id="model-card",
    )


def _mechanisms(base: Model, scenario: Simulation) -> html.Section:
    """Switches, what those that are on mean, and why the others cannot be had."""
    buttons, on_now, refused = [], [], []
    for name in list_fragments():
        on, said, title = name in scenario.fragments, name.replace("_", " "), get_fragment(name).title
        join = joining(base, name)
        if on or (join.fits and (not join.partner or join.partner in scenario.fragments)):
            buttons.append(toggle({"type": "mechanism", "name": name}, said, on, title))
        else:
            refused.append(f"{said}: {join.why or f'needs {join.partner}'.replace('_', ' ')}")
        if on:
            on_now.append(html.Small(f"{said}: {title}."))
    note: list = [] if buttons else [html.P("This model takes no mechanism.", className="quiet")]
    if refused:
        note.append(
            html.Details(
                [
                    html.Summary(f"Those that cannot be joined now ({len(refused)})"),
                    html.Ul([html.Li(text) for text in refused], className="quiet"),
                ]
            )
        )
    return html.Section([html.H2("Mechanisms"), html.Div(buttons, className="row"), *on_now, *note])


def _population(model: Model, scenario: Simulation) -> html.Section:
    spreads = [p.name for p in model.populations]
    several = scenario.subjects is not None
    text = f"{scenario.subjects or PATIENTS} virtual patients"
    row = [toggle("patients", text, several, "draws virtual patients and shows the central 50 and 95 %")]
    chosen = scenario.variability
    row += [
        toggle({"type": "variability", "name": s}, f"variability {s}", chosen == s)
        for s in spreads
        if several
    ]
    published = "published between-subject variability"
    said = (
        f"{published}: {', '.join(spreads)}" if spreads else f"no {published}; CV of {CV:.0%} on every rate"
    )
    return html.Section([html.H2("Virtual population"), html.Div(row, className="row"), html.Small(said)])


def _settings(scenario: Simulation, model: Model, line: str) -> html.Section:
    first = model.experiments[0] if model.experiments else Experiment("none", (), 1.0)
    each = ", ".join(
        [*(f"{amount:g} at {time:g} {model.time_unit}" for time, amount in first.doses), *first.given]
    )
    help_text = f"published: {each or 'none'}"
    return html.Section(
        [
            html.H2("Dose and time"),
            field(
                "dose", "Doses, such as 1e8 or 1e8, 5e7@28", ", ".join(scenario.doses), help_text, type="text"
            ),
            field("days", "Days", scenario.days, type="number", min=0.5, max=3650),
            field("line", "Limit line (unit of the measured output)", line, type="text"),
        ]
    )


def register(app, work: Work) -> None:
    """Callbacks: a slider moves -> curves by `live` -> words, once the hand rests. A field changes -> a
    new figure."""
    app.clientside_callback(
        "window.dash_clientside.livingdrug.reset", Input("reset", "n_clicks"), prevent_initial_call=True
    )
    app.clientside_callback("window.dash_clientside.livingdrug.settle", Input("query", "data"))

    _register_models(app)

    @app.callback(
        Output("curves", "figure"), Output("query", "data"), Output("trouble", "children"),
        Input("dose", "value"), Input("days", "value"), Input("line", "value"), State("query", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def draw(dose, days, line, query):
        try:
            before, view = read_as(Simulation, query)
            given = {"doses": tuple(text.strip() for text in (dose or "").split(",") if text.strip())}
            given |= {"days": float(days)} if days else {}
            scenario = complete(before.model_copy(update=given), work)
            new = to_query(scenario, view_of(view["pin"], line or ""))
            if new == query:
                raise PreventUpdate
            model = model_of(scenario, work)
            results = [work.simulate(scenario), *pinned(view["pin"], work)]
            return (
                panel_figure(results, panels_of(model), limit_of(line), pin_names(scenario, view["pin"])),
                new,
                [],
            )
        except LivingdrugError as error:
            return no_update, no_update, problem(str(error))

    @app.callback(
        Output("curves-sentence", "children"), Output("exposure", "children"), Output("notes", "children"),
        Output("curves-table", "children"), Input("settled", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def tell(query):
        if not query:
            raise PreventUpdate
        scenario = read_as(Simulation, query)[0]
        model = model_of(scenario, work)
        said, exposure, notes, numbers = words(scenario, model, work.simulate(scenario))
        return said, exposure, notes, table(numbers)

    @app.callback(
        Output("address", "search", allow_duplicate=True),
        Input({"type": "mechanism", "name": ALL}, "n_clicks"), Input({"type": "variability", "name": ALL}, "n_clicks"),
        Input("patients", "n_clicks"), Input("pin", "n_clicks"), Input("unpin", "n_clicks"), State("query", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def switch(mechanisms, spreads, patients, pin, unpin, query):
        if not any([*mechanisms, *spreads, patients, pin, unpin]):
            raise PreventUpdate
        return "?" + switched(ctx.triggered_id, query, work)


def _register_models(app) -> None:
    """Another model begins with its own parameters, on the page Explore wherever it was chosen."""

    @app.callback(
        Output("address", "pathname"), Output("address", "search", allow_duplicate=True),
        Input("explore-model", "value"), State("query", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def choose(name, query):
        if not name or read_as(Simulation, query)[0].model == name:
            raise PreventUpdate
        return PATH, f"?kind=simulate&model={name}"


def switched(button, query: str, work: Work | None = None) -> str:
    """The address after a button was pressed."""
    scenario, view = read_as(Simulation, query)
    pins, line = view["pin"], view["line"][-1] if view["line"] else ""
    if button == "pin":
        pins = [*pins, to_query(scenario)][-MOST_PINS:]
    elif button == "unpin":
        pins = []
    elif button == "patients":
        model = model_of(scenario, work, bare=True)
        several = {"subjects": PATIENTS, "variability": model.populations[0].name} if model.populations else {
            "subjects": PATIENTS, "cv": CV}  # fmt: skip
        single = {"subjects": None, "variability": None, "cv": None}
        scenario = scenario.model_copy(update=single if scenario.subjects else several)
    elif button["type"] == "variability":
        scenario = scenario.model_copy(update={"variability": button["name"]})
    else:
        return to_query(_with_mechanism(scenario, button["name"], work), view_of(pins, line))
    return with_query(to_query(scenario, view_of(pins, line)), {})


def _with_mechanism(scenario: Simulation, name: str, work: Work | None) -> Simulation:
    """The scenario with a mechanism more or less; values that have lost their parameter go."""
    on = name in scenario.fragments
    fragments = tuple(f for f in scenario.fragments if f != name) if on else (*scenario.fragments, name)
    known = model_of(scenario.model_copy(update={"fragments": fragments, "values": {}}), work).typical
    kept = {n: v for n, v in scenario.values.items() if n in known}
    return complete(scenario.model_copy(update={"fragments": fragments, "values": kept}), work)
