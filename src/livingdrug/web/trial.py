"""Trial: how many patients per arm to see an x-fold change, the power curve, and a whole trial simulated."""

import numpy as np
from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.models import get_model, list_models
from livingdrug.report import Table, number, text_table
from livingdrug.trial import TrialAnswer, effect_of_fold, size_for_means
from livingdrug.web import design
from livingdrug.web.address import read_query, to_query
from livingdrug.web.figures import axis, layout
from livingdrug.web.files import in_fields
from livingdrug.web.forms import Entry, form, register_form
from livingdrug.web.limits import check_run
from livingdrug.web.pages import Page
from livingdrug.web.parts import downloads, plot, points, problem, table
from livingdrug.web.work import Work
from livingdrug.workflows import scenario_of_text
from livingdrug.workflows.examples.trial import UMBRELLA
from livingdrug.workflows.power.spec import Power, log_sd_of, power_curve
from livingdrug.workflows.power.spec import run as run_power
from livingdrug.workflows.trial.spec import TrialScenario, with_sizes
from livingdrug.workflows.trial.spec import run as run_trial

PATH = "/trial"
PAGE = Page(PATH, "Trial", place=40)
EXAMPLE = Power(fold=2.0, model="stein_2019", variability="sd")
FOLDS, SDS = (1.25, 1.5, 2.0, 3.0, 4.0, 5.0), (0.4, 0.6, 0.8, 1.0, 1.25, 1.5)
COMMON = (
    Entry("power", "Power wanted", "0.8: 8 trials in 10 see it"),
    Entry("alpha", "Significance"),
    Entry("sides", "Sides of the test", "1 or 2"),
    Entry("arms", "Allocation", "1:1, 1:2 ..."),
    Entry("n", "Or: the power of this many in the smaller arm"),
)
ASKED = {
    "fold": (Entry("fold", "Fold change of exposure (AUC0-28)"),
             Entry("log_sd", "SD of ln exposure", "instead of a model; two numbers: one for each arm", several=True),
             Entry("model", "Model whose variability gives the SD"), Entry("variability", "Which published variability")),
    "effect": (Entry("effect", "Difference of means, in SD"),),
    "hazard_ratio": (Entry("hazard_ratio", "Hazard ratio"), Entry("event_rate", "Proportion of subjects with the event")),
    "proportions": (Entry("proportions", "Two response rates", "such as 0.3 0.5", several=True),),
}  # fmt: skip
QUESTIONS = {"fold": (EXAMPLE, "a fold change of exposure"), "effect": (Power(effect=0.5), "a difference of means"),
             "proportions": (Power(proportions=(0.3, 0.5)), "two response rates"),
             "hazard_ratio": (Power(hazard_ratio=0.6, event_rate=0.5), "a hazard ratio")}  # fmt: skip


def page(query: str, work: Work) -> html.Div:
    """A question on the left, its answer on the right."""
    scenario, _ = read_query(query)
    scenario = scenario or EXAMPLE
    if isinstance(scenario, TrialScenario):
        return _simulated(scenario, work)
    if not isinstance(scenario, Power):
        raise InputError(f"this page answers questions of power, not a `{scenario.kind}` scenario")
    links = [html.Li(dcc.Link(text, href=f"{PATH}?{to_query(example)}")) for example, text in QUESTIONS.values()]
    wanted = scenario.wanted()
    left = [
        html.H2("How many patients does it take to see ..."), html.Nav(html.Ul(links), **{"aria-label": "questions"}),
        form(f"power-{wanted}", scenario, to_query(scenario), (*ASKED[wanted], *COMMON)), html.H2("A whole trial, simulated"),
        html.P(dcc.Link("Several versions against a shared control", href=f"{PATH}?{to_query(_example_trial())}")),
    ]  # fmt: skip
    return html.Div([html.Div(left, className="left"), html.Div(_answers(scenario, work), className="right")],
                    className="two")  # fmt: skip


def _example_trial() -> TrialScenario:
    text = UMBRELLA.replace('kind = "trial"', 'kind = "trial"\nreplicates = 1000', 1)
    return scenario_of_text(text, "example")


def _answers(scenario: Power, work: Work) -> list:
    try:
        check_run(scenario)
        if scenario.model is not None and scenario.model not in list_models():
            get_model(scenario.model)
        with work.job():
            answer, curve = run_power(scenario), power_curve(scenario)
    except LivingdrugError as error:
        return [problem(in_fields(str(error), (*ASKED[scenario.wanted()], *COMMON)))]
    facts = Table("answer", ("", ""), (
        ("in the smaller arm", str(answer.n_per_arm)), ("in both arms", str(answer.n_total)),
        ("before rounding up, smaller arm", number(answer.n_exact)),
        ("power with these numbers, by the formula below", f"{answer.power_at_n:.3f}"),
        *([("exact power of this test, over all numbers of events", f"{answer.power_enumerated:.3f}")]
          if answer.power_enumerated is not None else []),
    ))  # fmt: skip
    return [
        html.P(answer.sentence, className="answer", id="sentence"),
        table(facts),
        plot("power", _power_figure(curve, answer), f"Power over the number of subjects, to see {curve.what}.",
             text_table("power curve", curve.table()), 420),
        *([_grid(scenario)] if scenario.wanted() == "fold" and len(scenario.log_sd) < 2 else []),
        points("What is assumed", curve.assumptions, "notes"),
        downloads(to_query(scenario)),
    ]  # fmt: skip


def _power_figure(curve, answer) -> dict:
    dots = {"size": 12, "color": "#D55E00"}
    made = [
        {"x": curve.sizes.tolist(), "y": curve.power.tolist(), "mode": "lines", "name": "power",
         "line": {"color": "#0072B2"}},
        {"x": [answer.n_per_arm], "y": [answer.power_at_n], "mode": "markers", "name": "the answer", "marker": dots},
    ]
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": curve.wanted, "y1": curve.wanted,
            "line": {"dash": "dash", "color": "#555"}}  # fmt: skip
    return {"data": made, "layout": layout(xaxis=axis("subjects in the smaller arm"), shapes=[line],
                                           yaxis=axis("power", range=[0, 1.02]))}  # fmt: skip


def _grid(scenario: Power) -> html.Div:
    """Patients in the smaller arm over folds and spreads, with the scenario's own spread among them."""
    own = log_sd_of(scenario)
    rows = []
    for sd in sorted({*SDS, own}):
        cells = [str(size_for_means(effect_of_fold(f, sd), scenario.design(), "", None).n_per_arm) for f in FOLDS]
        rows.append((f"{sd:.3g}{' (yours)' if sd == own else ''}", *cells))
    header = ("SD of ln exposure", *(f"{fold:g}-fold" for fold in FOLDS))
    return table(Table("patients in the smaller arm, by fold change and SD of ln exposure", header, tuple(rows)))


def _simulated(scenario: TrialScenario, work: Work) -> html.Div:
    """The verdict first, the form of the design below it."""
    back = html.P(dcc.Link("Back to the formulas", href=PATH))
    answer = html.Div(_trial_answers(scenario, work), className="right")
    return html.Div([back, answer, html.H2("The design"), design.form(scenario)])


def _trial_answers(scenario: TrialScenario, work: Work) -> list:
    try:
        check_run(scenario)
        with work.job():
            answer = run_trial(with_sizes(scenario))
    except LivingdrugError as error:
        return [problem(str(error))]
    rows = [(str(p.n), *(f"{share.value:.3f} ± {share.error:.3f}" for share in p.power)) for p in answer.sizes]
    sizes = Table("power over size", ("n", *(arm.name for arm in answer.trial.versions)), tuple(rows))
    return [
        html.Div([html.P(s, className="" if k else "answer") for k, s in enumerate(answer.sentences)], id="sentence"),
        plot("sizes", _size_figure(answer), _size_sentence(answer), sizes, 420),
        table(_in_plain_words(text_table("endpoints and arms", answer.table()))),
        points("What to know", answer.notices, "notes"),
        downloads(to_query(scenario)),
    ]  # fmt: skip


def _in_plain_words(made: Table) -> Table:
    """Headings without the signs of a file."""
    return Table(made.title, tuple(name.replace("_", " ") for name in made.header), made.rows)


def _size_sentence(answer: TrialAnswer) -> str:
    what = f"Power on {answer.endpoints[0].endpoint.name} over the size of the smallest arm"
    return f"{what}, with twice the error of {answer.replicates:,} simulated trials."


def _size_figure(answer: TrialAnswer) -> dict:
    from livingdrug.plots import COLOURS

    made = []
    for k, arm in enumerate(answer.trial.versions):
        share = [p.power[k] for p in answer.sizes]
        made.append({
            "x": [p.n for p in answer.sizes], "y": [s.value for s in share], "mode": "lines+markers", "name": arm.name,
            "error_y": {"type": "data", "array": (2 * np.array([s.error for s in share])).tolist()},
            "line": {"color": COLOURS[k % len(COLOURS)], "dash": ("solid", "dash", "dot", "dashdot")[k % 4]},
        })  # fmt: skip
    axes = {"xaxis": axis("subjects in the smallest arm"), "yaxis": axis("power", range=[0, 1.02])}
    return {"data": made, "layout": layout(**axes)}


def register(app, work: Work) -> None:
    """Callbacks of the questions and of the design."""
    design.register(app)
    for wanted, entries in ASKED.items():
        register_form(app, f"power-{wanted}", (*entries, *COMMON))

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output("design-problem", "children"),
        Input("simulate", "n_clicks"), State("design", "value"), prevent_initial_call=True,
    )  # fmt: skip
    def simulate(clicks, text):
        if not clicks:
            raise PreventUpdate
        try:
            scenario = design.read_design(text)
            check_run(scenario)
        except LivingdrugError as error:
            return no_update, problem(str(error))
        return "?" + to_query(scenario), []
