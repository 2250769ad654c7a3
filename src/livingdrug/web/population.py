"""Matched patients: a virtual population whose exposures are distributed as published, or as targets of one's
own say."""

from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import LivingdrugError
from livingdrug.models import Model
from livingdrug.population import of_product, published_groups, read_targets, targets_text
from livingdrug.products import list_products
from livingdrug.web.address import to_query, view_pairs
from livingdrug.web.forms import present
from livingdrug.web.model_choice import model_of
from livingdrug.web.pages import Page
from livingdrug.web.parts import FILES, problem
from livingdrug.web.questions import Question
from livingdrug.web.uploads import MAX_BYTES
from livingdrug.web.work import Work
from livingdrug.workflows import Document
from livingdrug.workflows.population.spec import PopulationScenario

NAME = "targets.toml"
HELP = (
    "A [[targets]] table for each exposure: percentiles, geometric mean with CV, or mean with SD, and the patients behind "
    "them; or how often a response happens. The text begins with what is matched now."
)


def _products(scenario: Document, _: Work) -> list[tuple[str, str]]:
    if getattr(scenario, "targets", None):
        return [("", "targets of your own")]
    return [(name, name) for name in list_products() if published_groups(name)]


def _groups(scenario: Document, _: Work) -> list[tuple[str, str]]:
    product = getattr(scenario, "product", None)
    found = [(name, name) for name in published_groups(product)] if product else [("", "of a product")]
    return found or [("", "none is published")]


def _runs(model: Model) -> bool:
    """Whether a model has an exposure in days that products have."""
    return model.system.time_unit == "d" and any(o.measured for o in model.system.outputs)


def _start(scenario: PopulationScenario, work: Work) -> str:
    """The text of the targets of a scenario; of a product its published exposures."""
    if scenario.targets:
        return work.uploads.path(scenario.targets).read_text(encoding="utf-8-sig", errors="replace")
    try:
        return targets_text(of_product(scenario.product or "", model_of(scenario, work), scenario.group))
    except LivingdrugError:
        return '[[targets]]\nexposure = "CMAX"\nunit = ""\nn = 30\nmedian = \nsource = ""\n'


def _own(scenario: Document, work: Work) -> list:
    """A file or a text of targets."""
    if not isinstance(scenario, PopulationScenario):
        return []
    drop = html.Div(["Drop a file of targets here, or ", html.Span("choose one", className="button")])
    made = [
        html.H2("Targets of your own"),
        dcc.Store(id="targets-query", data=to_query(scenario)),
        dcc.Upload(drop, id="targets-upload", className="drop", max_size=MAX_BYTES),
        html.Label("Or the targets as a text", htmlFor="targets-text"),
        dcc.Textarea(id="targets-text", value=_start(scenario, work), className="document"),
        html.Small(HELP),
        html.Button("Match these targets", id="targets-use", n_clicks=0),
        html.Div(id="targets-problem"),
    ]
    if scenario.targets:
        back = scenario.model_copy(
            update={"targets": None, **{name: BEGIN[name] for name in ("product", "group")}}
        )
        shown = html.P(["Shown: ", html.B(work.uploads.name(scenario.targets))])
        made += [shown, html.P(dcc.Link("Back to published exposures", href=f"{PATH}?{to_query(back)}"))]
    return made


PATH = "/population"
BEGIN = {
    "model": "stein_2019",
    "product": "tisagenlecleucel",
    "group": "B-ALL: responder, N=114 (EU SmPC)",
    "subjects": 500,
    "variability": "sd",
}
QUESTION = Question(
    kind="population",
    page=Page(PATH, "Matched patients", place=250),
    heading="The population",
    begin=BEGIN,
    labels={
        "product": "Product to be matched",
        "group": "Published group",
        "least": "Least effective sample size",
        "subjects": "Candidates",
        "cv": "CV of every rate",
        "fragments": "Mechanisms joined to it",
        "values": "Parameters",
        "doses": "Doses",
        "by": "How",
        "keep": "Most members",
    },
    texts={
        "model": "with a published between-subject variability, or with a CV of every rate",
        "product": "",
        "group": "of the product",
        "values": "NAME=VALUE by name or symbol; a semicolon between two",
        "doses": "such as 1e8; the model's first experiment by default",
    },
    choices={"product": _products, "group": _groups},
    more=_own,
    offered=_runs,
    files=(*FILES, ("model.toml", "the population as a model (TOML)")),
)
PAGE, page = QUESTION.page, QUESTION.shown


def with_targets(scenario: PopulationScenario, token: str, work: Work) -> PopulationScenario:
    """The scenario with a file of targets in place of a product. Raises InputError for what is no list of
    targets of its model, by the name of the file."""
    changed = scenario.model_copy(update={"targets": token, "product": None, "group": None})
    path, name = work.uploads.path(token), work.uploads.name(token)
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    read_targets(text, name, model_of(changed, work))
    return changed


def register(app, work: Work) -> None:
    """The callbacks of the fields, and of a file or a text of targets."""
    QUESTION.register(app, work)

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output("targets-problem", "children"),
        Input("targets-upload", "contents"), Input("targets-use", "n_clicks"), State("targets-upload", "filename"),
        State("targets-text", "value"), State("targets-query", "data"), State("address", "search"),
        prevent_initial_call=True,
    )  # fmt: skip
    def take(contents, clicks, title, text, query, search):
        chosen = ctx.triggered_id == "targets-upload"
        if not (contents if chosen else clicks):
            raise PreventUpdate
        try:
            scenario, view = present(query, search, PopulationScenario)
            uploads, typed = work.uploads, (text or "").encode()
            token = uploads.add(title or NAME, contents, (".toml",)) if chosen else uploads.keep(NAME, typed)
            changed = with_targets(scenario, token, work)
        except LivingdrugError as error:
            return no_update, problem(str(error))
        return "?" + to_query(changed, view_pairs(view)), []
