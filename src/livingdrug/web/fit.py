"""Fit: choose data, model and method, start it, watch it, cancel it, come back later by its address."""

from dash import ALL, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.report import Table, number
from livingdrug.web.address import read_query, to_query
from livingdrug.web.files import READING, chooser, register_chooser, shown_file
from livingdrug.web.fit_answer import Shown, finished, numbers
from livingdrug.web.fit_plan import (
    ENTRIES,
    MORE,
    PATH,
    fit_values,
    model_of,
    models,
    parameters,
    plan,
    roles_of,
    with_roles,
)
from livingdrug.web.fits import FitJob
from livingdrug.web.forms import folded, form, present, register_form, taken_up
from livingdrug.web.job_view import ended, going_on, kept_address, register_button
from livingdrug.web.pages import Page
from livingdrug.web.parts import attribute, begin, beside, problem, table
from livingdrug.web.uploads import EXAMPLE
from livingdrug.web.work import Work
from livingdrug.web.worker import RUN
from livingdrug.workflows.fit.spec import Fit
from livingdrug.workflows.fit.words import VERDICTS

WAITING = (
    "Choose a table of samples over time: you see what would be fitted before anything runs. A fit says "
    "whether it converged, what the data do not determine, and checks the model against the data; "
    "Explore, Trial and Forecast take what was fitted."
)
PAGE = Page(PATH, "Fit", place=150)
FIRST = "stein_2019"
# the example's slow rate hardly differs between its subjects
SHOWN = Fit(file=EXAMPLE, model=FIRST, random=("fold", "t_max", "c_max", "alpha", "f_b"), estimate=("beta",))
MOST_LISTED = 10


def page(query: str, work: Work) -> html.Div:
    """A fit that was started, or one that is being put together."""
    scenario, view = read_query(query)
    if view["job"]:
        shown = Shown(*(view[name][-1] if view[name] else "" for name in ("subject", "shown-covariate", "shown-strata")))
        return _job_page(view["job"][-1], work, shown)
    if scenario is not None and not isinstance(scenario, Fit):
        raise InputError(f"this page fits models to data; a `{scenario.kind}` scenario has a page of its own")
    left = chooser("fit-upload", f"{PATH}?{to_query(SHOWN)}")
    if scenario is None:
        right = begin("Fit a model to samples of subjects", WAITING, f"{PATH}?{to_query(SHOWN)}")
    else:
        left += [shown_file(scenario.file, work), *_form(scenario)]
        right = plan(scenario, work)
    store = dcc.Store(id="fit-query", data=to_query(scenario) if scenario else "")
    right = [html.Div(id="fit-start-problem"), *right]
    return beside([*left, *_mine()], right, answered=scenario is not None, stores=[store])


def _fields_to_mend(scenario: Fit) -> list:
    """The parameters with values as they were typed, of a scenario whose values cannot be; none of a model that cannot."""
    try:
        return [parameters(scenario, model_of(scenario.model_copy(update={"values": {}})))]
    except LivingdrugError:
        return []


def _form(scenario: Fit) -> list:
    try:
        chosen = [parameters(scenario, model_of(scenario))]
    except LivingdrugError:  # a mechanism that does not fit, or a value that cannot be: the right side says it
        chosen = _fields_to_mend(scenario)
    return [
        folded("How the file is read", "fit-reading", scenario, READING),
        models(scenario), *chosen, html.Div(id="fit-roles-problem"),
        html.H2("How it is fitted"), form("fit", scenario, to_query(scenario), ENTRIES),
        folded("Covariates, correlated random effects and more", "fit-more", scenario, MORE),
    ]  # fmt: skip


def _mine() -> list:
    """Fits that were started in this browser: their addresses stay in it."""
    return [dcc.Store(id="fit-mine", storage_type="local", data=[]), html.Div(id="fit-list")]


def _job_page(ident: str, work: Work, shown: Shown) -> html.Div:
    job = work.fits.job(ident)
    asked = to_query(job.asked)
    left = [
        html.H2("This fit"), html.P([html.B(job.shown.model), f" to {job.shown.file} by {job.shown.method}",
                                     " (simulated data)" if job.asked.file == EXAMPLE else ""]),
        kept_address("fits"),
        html.P(dcc.Link("Change something and fit again", href=f"{PATH}?{asked}")),
    ]  # fmt: skip
    stores = [dcc.Store(id="fit-job-name", data=ident), dcc.Store(id="fit-mine", storage_type="local", data=[])]
    return beside(left, job_view(ident, job, shown, work), stores=stores, answer_ident="fit-job")


def job_view(ident: str, job: FitJob, shown: Shown | None = None, work: Work | None = None) -> list:
    """How far a fit is, what it found, or why it found nothing."""
    state = job.state
    if state == "finished":
        return finished(ident, job, shown or Shown(), work)
    again = html.Button("Go on" if job.can_resume else "Start it again", id="fit-resume", n_clicks=0, className="main")
    if state == "running":
        title = f"{job.shown.model} is being fitted to {job.shown.file}"
        return going_on("fit", title, progress_view(job), [html.Div(_found(job), id="fit-numbers")])
    kept = "Where it stood was saved: it can go on to the same numbers." if job.can_resume else "It starts again."
    titles = ("The fit did not go to its end", "The fit was refused", "The fit ended early")
    return ended("fit", job, titles, again, f"{job.stopped} {kept}", job.why())


def _found(job: FitJob) -> list:
    """The numbers of a fit whose checks and pictures are still being made."""
    said = job.answer()
    return numbers(job.folder / RUN, said) if said else []


def progress_view(job: FitJob) -> list:
    """A bar with iteration, objective and the time left."""
    told = job.progress()
    done, every, left = told.get("done"), told.get("all"), told.get("left")
    said = told["phase"][0].upper() + told["phase"][1:]
    if done is None:
        return [html.Progress(**attribute("aria-label", "how far the fit is")), html.P(f"{said} ...")]
    numbers = f"{said}: iteration {done} of {every}, objective {told['objective']:.2f}"
    if done < every and left is not None:
        numbers += f", about {left:.0f} s left in the search"
    bar = html.Progress(value=str(done), max=str(every), **attribute("aria-label", "how far the search is"))
    then = " Standard errors, predictive checks and the report follow the search." if done < every else ""
    return [bar, html.P(f"{numbers}.{then}")]


def register(app, work: Work) -> None:
    """Callbacks: choices go through the address, a running fit is looked at once a second."""
    register_chooser(app, "fit-upload", work, lambda token: to_query(Fit(file=token, model=FIRST)))
    register_form(app, "fit-reading", READING)
    register_form(app, "fit", ENTRIES)
    register_form(app, "fit-more", MORE)

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output("fit-roles-problem", "children"),
        Input({"type": "fit-role", "name": ALL}, "data"), Input({"type": "fit-value", "name": ALL}, "value"),
        State("fit-query", "data"), State("address", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def choose(roles, values, query, search):
        scenario, _ = read_query(query)
        if not isinstance(scenario, Fit) or present(query, search, Fit)[0].model != scenario.model:
            raise PreventUpdate  # these are the parameters of another model
        try:
            model = model_of(scenario)
            names = list(roles_of(scenario, model))
            chosen = dict(zip(names, roles, strict=True))
            typed = fit_values(chosen, dict(zip(names, values, strict=True)))
            new = taken_up(query, search, with_roles(scenario, model, chosen, typed))
        except LivingdrugError as error:
            return no_update, problem(str(error))
        if new is None:
            raise PreventUpdate
        return "?" + new, []

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output("fit-start-problem", "children"),
        Output("fit-mine", "data"), Input("fit-start", "n_clicks"), State("fit-query", "data"), State("fit-mine", "data"),
        State("address", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def start(clicks, query, mine, search):
        if not clicks:
            raise PreventUpdate
        try:
            scenario, _ = present(query, search, Fit)
            ident = work.fits.start(scenario, work.named(scenario), work.uploads.path(scenario.file))
        except LivingdrugError as error:
            return no_update, problem(str(error)), no_update
        return f"?job={ident}", [], [*(mine or []), ident][-MOST_LISTED:]

    @app.callback(Output("fit-list", "children"), Input("fit-mine", "modified_timestamp"), State("fit-mine", "data"))
    def listed(_, mine):
        known = [(ident, work.fits.known(ident)) for ident in mine or []]
        links = [html.Li([dcc.Link(f"{job.shown.model} to {job.shown.file}", href=f"{PATH}?job={ident}"), f" {job.state}"])
                 for ident, job in reversed(known) if job is not None]  # fmt: skip
        return [html.H2("Fits started in this browser"), html.Ul(links)] if links else []

    _register_job(app, work)


def compared(ident: str, mine: list[str], work: Work) -> list:
    """Fits of this browser to the same file, side by side; nothing where there is one."""
    here = work.fits.job(ident)
    known = [(name, job) for name in dict.fromkeys([*mine, ident]) if (job := work.fits.known(name)) is not None]
    mine_too = [(name, job) for name, job in known if job.asked.file == here.asked.file and job.state == "finished"]
    same = [(name, job, said) for name, job in mine_too if (said := job.answer()) is not None]
    if len(same) < 2:
        return []
    rows = tuple((job.shown.model, job.shown.method, _chosen(job), number(said["objective"]["minus2ll"]),
                  *("-" if said["objective"][k] is None else number(said["objective"][k]) for k in ("aic", "bic")),
                  str(said["objective"]["estimated"]), VERDICTS[said["status"]]) for _, job, said in same)
    header = ("model", "method", "differs between subjects", "-2 log likelihood", "AIC", "BIC", "estimated numbers", "status")
    links = [html.Li(dcc.Link(f"{job.shown.model} by {job.shown.method}: {_chosen(job)}", href=f"{PATH}?job={name}"))
             for name, job, _ in same if name != ident]
    note = "AIC and BIC compare fits of the same values by the same rule of BLQ values alone; lower is better."
    return [html.H2("Fits to the same file"), table(Table("fits of this browser", header, rows)), html.P(note),
            html.Ul(links)]


def _chosen(job: FitJob) -> str:
    """What a fit let differ between subjects."""
    return ", ".join(job.shown.random) or "as published"


def _register_job(app, work: Work) -> None:
    """Callbacks of a fit that was started."""

    @app.callback(Output("fit-compared", "children"), Input("fit-mine", "modified_timestamp"), State("fit-mine", "data"),
                  State("fit-job-name", "data"))
    def side_by_side(_, mine, ident):
        return compared(ident, mine or [], work) if work.fits.known(ident) else []

    @app.callback(
        Output("fit-job", "children"), Output("fit-progress", "children"), Output("fit-numbers", "children"),
        Input("fit-beat", "n_intervals"), State("fit-job-name", "data"), State("fit-numbers", "children"),
        prevent_initial_call=True,
    )  # fmt: skip
    def look(_, ident, shown):
        try:
            job = work.fits.job(ident)
        except InputError as error:
            return [problem(str(error))], no_update, no_update
        if job.state == "running":
            return no_update, progress_view(job), no_update if shown else _found(job)
        return job_view(ident, job), no_update, no_update

    def view(ident):
        return job_view(ident, work.fits.job(ident))

    register_button(app, "fit", "fit-cancel", work.fits.cancel, view)
    register_button(app, "fit", "fit-resume", work.fits.resume, view)
