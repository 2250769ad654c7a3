"""Killing assay: from the files of a plate to a check, a fit, a ranking, and what a construct would change
in a patient."""

from collections.abc import Iterator

from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.web import explore
from livingdrug.web.address import read_as, read_query, to_query
from livingdrug.web.assay_fields import (
    AFTER,
    FIELDS,
    FOLDER,
    MORE,
    PATH,
    STEPS,
    in_page_words,
    link,
    step,
    steps_after,
)
from livingdrug.web.assay_job import job_page, register_job
from livingdrug.web.drawn_answer import drawn, parts_of
from livingdrug.web.files import register_files
from livingdrug.web.forms import ahead, form, present, register_form
from livingdrug.web.pages import Page
from livingdrug.web.parts import attribute, beside, downloads, problem
from livingdrug.web.uploads import EXAMPLES, MAX_BYTES, PLATE, SUFFIXES
from livingdrug.web.work import Work
from livingdrug.workflows import Document, checked, workflow
from livingdrug.workflows.simulate.spec import Simulation

PAGE = Page(PATH, "Killing assay", place=140)
ADDED = ("5000@24 into=tumour", "5000@48 into=tumour")
PUBLISHED = Simulation(model="carrgo_restimulation", doses=ADDED, days=3)
EXAMPLE = checked(
    workflow("assay-check").scenario,
    {"files": (PLATE["files"],), "plan": PLATE["plan"], "events": PLATE["events"]},
    "the example",
)
CHOSEN = {"files": "Readings", "plan": "Plate map", "events": "Events"}
TAKEN = {
    "files": "xCELLigence, Incucyte, plate reader, flow cytometry, lysis or a long table; several files are one experiment",
    "plan": "what each well holds: CSV, Excel or XML with well, role, construct, donor, effectors_seeded, targets_seeded",
    "events": "what was done to the wells: time_h, event, targets_added, fraction_kept",
}
WITH_MAPS = (*SUFFIXES, ".xml")


def page(query: str, work: Work) -> html.Div:
    """The files, the step and its fields on the left, the answer on the right."""
    scenario, view = read_query(query)
    if view["job"]:
        return job_page(view["job"][-1], work)
    if isinstance(scenario, Simulation):
        return _simulated(query, work)
    if scenario is not None and scenario.kind not in FIELDS:
        raise InputError(f"this page answers questions of killing assays, not a `{scenario.kind}` scenario")
    left = [*_choosers(scenario), *(_shown(scenario, work) if scenario else ())]
    right = list(_right(scenario, work)) if scenario else _begin()
    store = dcc.Store(id="assay-query", data=to_query(scenario) if scenario else "")
    return beside(left, right, answered=scenario is not None, stores=[store])


def _begin() -> list:
    curves = to_query(explore.complete(PUBLISHED))
    return [
        html.H2("From the plate to rates, a ranking and a patient"),
        html.P(
            "Choose the readings on the left, then the plate map and the events. You see how they were "
            "read and what is wrong before anything is fitted.",
            className="quiet",
        ),
        html.P(
            dcc.Link(
                "Try it on an example (simulated data)",
                href=f"{PATH}?{to_query(EXAMPLE)}",
                className="button",
            )
        ),
        html.P(
            dcc.Link(
                "Or move proliferation, killing and exhaustion of a simulated assay (Kirouac 2024, Fig 7)",
                href=f"{PATH}?{curves}&pin={_pinned()}",
            )
        ),
    ]


def _pinned() -> str:
    from urllib.parse import quote

    return quote(to_query(explore.complete(PUBLISHED)), safe="")


def _simulated(query: str, work: Work) -> html.Div:
    """The explore page of the assay, with the published curve pinned."""
    about = "Effector and tumour cells in a well (Kirouac 2024, equations 4 and 5); 5,000 tumour cells are added after 24 "
    about += "and 48 h. Grey: the published values. Move proliferation, killing or exhaustion, or write other additions."
    return html.Div([html.P(about, className="quiet"), html.P(dcc.Link("To the files of a plate", href=PATH)),
                     explore.page(query.lstrip("?"), work)])  # fmt: skip


def _choosers(scenario: Document | None) -> list:
    made: list = [html.H2("Your files")]
    for field, label in CHOSEN.items():
        drop = html.Div([f"{label}: drop here, or ", html.Span("choose", className="button")])
        made += [
            dcc.Upload(
                drop, id=f"assay-{field}", className="drop", max_size=MAX_BYTES, multiple=field == "files"
            ),
            html.Small(TAKEN[field]),
        ]
    made.append(html.Small(f"Up to {MAX_BYTES / 1e6:g} MB each; the files stay on this machine."))
    made.append(html.Div(id="assay-files-problem"))
    if scenario is not None:
        made.append(html.P(dcc.Link("Start with other files", href=PATH)))
    return made


def _shown(scenario: Document, work: Work) -> Iterator:
    """Which files or which fit the page is about, the steps, and the fields of this one."""
    if scenario.FOLDERS:
        folder = getattr(scenario, FOLDER)
        fit = work.runs.job(folder)
        yield html.P(
            [
                "From the ",
                dcc.Link(f"fit of {', '.join(fit.shown.files)}", href=f"{PATH}?job={folder}"),
                _simulated_note(fit.asked),
            ]
        )
        yield steps_after(folder, scenario.kind)
    else:
        for field, label in CHOSEN.items():
            value = getattr(scenario, field)
            tokens = value if isinstance(value, tuple) else (value,) if value else ()
            if tokens:
                yield html.P([f"{label}: ", html.B(", ".join(map(work.uploads.name, tokens)))])
        yield html.P(_simulated_note(scenario).strip())
        links = [
            html.Li(link(text, step(kind, scenario), kind == scenario.kind)) for kind, text in STEPS.items()
        ]
        yield html.Nav(html.Ul(links), **attribute("aria-label", "steps"))
    yield form(scenario.kind, scenario, to_query(scenario), FIELDS[scenario.kind])
    more = MORE.get(scenario.kind, ())
    if more:
        usual = type(scenario).model_fields
        chosen = any(
            getattr(scenario, e.key) != usual[e.key].get_default(call_default_factory=True) for e in more
        )
        fields = form(f"{scenario.kind}-more", scenario, to_query(scenario), more)
        named = {
            "assay-check": "More on how the files are read",
            "assay-fit": "Doses, scales, counts and plates",
        }
        yield html.Details([html.Summary(named[scenario.kind]), fields], open=chosen)


def _simulated_note(scenario: Document) -> str:
    return " (simulated data)" if any(token in EXAMPLES for token in getattr(scenario, "files", ())) else ""


def _right(scenario: Document, work: Work) -> Iterator:
    """The answer, or for what takes long the button that starts it."""
    names: dict[str, str] = {}
    try:
        names = work.names(scenario)
        located = work.located(scenario)
        kind = workflow(scenario.kind)
        if scenario.LONG:
            yield from _start(scenario)
            return
        with work.job():
            found = kind.run(located)
            answer = kind.answer(located, found)
            figures = list(drawn(kind, located, found)) if answer.ok else []
    except LivingdrugError as error:
        yield problem(in_page_words(str(error), names))
        return
    checked = scenario.kind == "assay-check"  # findings come before the heat maps
    yield from parts_of(answer, lambda text: in_page_words(text, names), [] if checked else figures)
    yield from figures if checked else ()
    if answer.ok and scenario.kind == "assay-check":
        yield html.P(link("Go on: fit the rates", step("assay-fit", scenario)))
    yield downloads(to_query(scenario))


def _start(scenario: Document) -> list:
    text = {
        "assay-fit": "Rates of each group with 95 % intervals, ratios to the control, and what the readings leave open. "
        "A plate of 96 wells and four rounds takes half a minute of one processor; you see how far it is "
        "and may cancel.",
        "assay-predict": "Exposure and tumour in a patient with each construct over those with the control construct, with "
        "the uncertainty of the assay and of the slope. No public data tell the slope: it is an assumption.",
    }[scenario.kind]
    return [
        html.H2({**STEPS, **AFTER}[scenario.kind]),
        html.P(text),
        html.Button("Start", id="assay-start", n_clicks=0, className="main"),
        html.Div(id="assay-start-problem"),
        downloads(to_query(scenario), (("scenario.toml", "scenario (TOML)"), ("script.py", "Python script"))),
    ]


def register(app, work: Work) -> None:
    """Callbacks: files and fields go through the address, a running fit is looked at once a second."""
    for kind, entries in FIELDS.items():
        register_form(app, kind, entries)
    for kind, entries in MORE.items():
        register_form(app, f"{kind}-more", entries)
    for field in CHOSEN:
        _register_chooser(app, field, work)

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output("assay-start-problem", "children"),
        Input("assay-start", "n_clicks"), State("assay-query", "data"), State("address", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def start(clicks, query, search):
        if not clicks:
            raise PreventUpdate
        try:
            scenario, _ = present(query, search, type(read_as(Document, query)[0]))
            ident = work.runs.start(scenario, work.named(scenario), work.located(scenario))
        except LivingdrugError as error:
            return no_update, problem(in_page_words(str(error), {}))
        return f"?job={ident}", []

    register_job(app, work)


def _register_chooser(app, field: str, work: Work) -> None:
    def shown(contents, names, query, search) -> str:
        return to_query(with_files(ahead(query, search, Document), field, contents, names, work))

    states = (State("assay-query", "data"), State("address", "search"))
    register_files(app, f"assay-{field}", "assay-files-problem", states, shown)


def with_files(query: str, field: str, contents, names, work: Work) -> Document:
    """The check of the files that the page is about, with these as well. Raises InputError for other
    files."""
    scenario, _ = read_query(query) if query else (None, {})
    if field == "files":
        tokens = tuple(work.uploads.add(name or "data.csv", text, WITH_MAPS)
                       for name, text in zip(names, contents, strict=True))  # fmt: skip
        given = {"files": tokens}
    else:
        if scenario is None or not getattr(scenario, "files", ()):
            raise InputError("choose the readings first; the map and the events belong to them")
        given = {field: work.uploads.add(names or "map.csv", contents, WITH_MAPS)}
    noun = type(EXAMPLE)
    known = {}
    if scenario is not None and hasattr(scenario, "files"):
        known = step("assay-check", scenario).model_dump(exclude_defaults=True)
    if field == "files" and set(known.get("files", ())) & set(EXAMPLES):
        known = {}  # one's own readings do not go with the map of the example
    return noun(**{**known, **given})
