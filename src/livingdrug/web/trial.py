"""Trial: how many patients per arm to see an x-fold change, the power curve, and a whole trial simulated."""

from functools import lru_cache

import numpy as np
from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.report import Table, number, text_table
from livingdrug.trial import Design, OneArm, PowerAnswer, Smallest, TrialAnswer, effect_of_fold, size_for_means
from livingdrug.web import design
from livingdrug.web.address import read_query, to_query
from livingdrug.web.figures import axis, layout
from livingdrug.web.files import in_fields
from livingdrug.web.forms import Entry, form, register_form
from livingdrug.web.limits import check_run
from livingdrug.web.model_choice import choices
from livingdrug.web.pages import Page
from livingdrug.web.parts import attribute, beside, downloads, plot, points, problem, table
from livingdrug.web.work import Work
from livingdrug.workflows import Conduct, scenario_of_text, workflow
from livingdrug.workflows.examples.trial import UMBRELLA
from livingdrug.workflows.power.answer import NAMES, assumed
from livingdrug.workflows.power.spec import Power, log_sd_of, over_sizes, power_curve
from livingdrug.workflows.power.spec import run as run_power
from livingdrug.workflows.trial.spec import TrialScenario, with_sizes
from livingdrug.workflows.trial.spec import run as run_trial

PATH = "/trial"
PAGE = Page(PATH, "Trial", place=400, kinds=("power", "escalation"))
EXAMPLE = Power(fold=2.0, model="stein_2019", variability="sd")
WITH_IIV = (("", "none: the SD above"), *choices(lambda model: bool(model.populations)))
FOLDS, SDS = (1.25, 1.5, 2.0, 3.0, 4.0, 5.0), (0.4, 0.6, 0.8, 1.0, 1.25, 1.5)
COMMON = (
    Entry("power", "Power wanted", "0.8: 8 trials in 10 see it"),
    Entry("alpha", "Significance"),
    Entry("sides", "Sides of the test", "1 or 2"),
    Entry("arms", "Allocation", "1:1, 1:2 ..."),
    Entry(
        "n",
        "This many in the smaller arm",
        "their power; with the difference left empty: the smallest one they show",
    ),
)
ONE_ARM = (
    Entry("historical", "Historical rate", "p0, such as 0.2"),
    Entry("rate", "Rate hoped for", "p1, such as 0.4"),
    Entry(
        "two_stage",
        "Stages",
        choices=(("", "one stage"), ("optimal", "two, Simon's optimal"), ("minimax", "two, Simon's minimax")),
    ),
    Entry("power", "Power wanted", "0.8: 8 trials in 10 see it"),
    Entry("alpha", "Significance", "one-sided"),
    Entry(
        "n",
        "This many patients",
        "of one stage: their power; with the rate hoped for left empty: the smallest they show",
    ),
)
ASKED = {
    "fold": (
        Entry("fold", "Fold change of exposure (AUC0-28)"),
        Entry(
            "log_sd", "SD of ln exposure", "instead of a model; two numbers: one for each arm", several=True
        ),
        Entry("model", "Model whose variability gives the SD", choices=WITH_IIV),
        Entry("variability", "Which published variability"),
    ),
    "effect": (Entry("effect", "Difference of means, in SD"),),
    "hazard_ratio": (
        Entry("hazard_ratio", "Hazard ratio"),
        Entry("event_rate", "Proportion of subjects with the event"),
    ),
    "proportions": (
        Entry("proportions", "Two response rates", "such as 0.3 0.5", several=True),
        Entry("control_rate", "Or: rate of the first arm alone", "with a number of patients"),
    ),
}
QUESTIONS = {
    "fold": (EXAMPLE, "a fold change of exposure"),
    "effect": (Power(effect=0.5), "a difference of means"),
    "proportions": (Power(proportions=(0.3, 0.5)), "two response rates"),
    "hazard_ratio": (Power(hazard_ratio=0.6, event_rate=0.5), "a hazard ratio"),
    "historical": (Power(historical=0.2, rate=0.4), "one arm above a historical rate"),
}


def page(query: str, work: Work) -> html.Div:
    """A question on the left, its answer on the right."""
    scenario, _ = read_query(query)
    scenario = scenario or EXAMPLE
    if isinstance(scenario, TrialScenario):
        return _simulated(scenario, work)
    if not isinstance(scenario, Power):
        raise InputError(f"this page answers questions of power, not a `{scenario.kind}` scenario")
    links = [
        html.Li(dcc.Link(text, href=f"{PATH}?{to_query(example)}")) for example, text in QUESTIONS.values()
    ]
    wanted = scenario.wanted()
    left = [
        html.H2("How many patients does it take to see ..."),
        html.Nav(html.Ul(links), **attribute("aria-label", "questions")),
        form(f"power-{wanted}", scenario, to_query(scenario), _entries(wanted)),
        html.H2("A whole trial, simulated"),
        html.P(
            dcc.Link("Several versions against a shared control", href=f"{PATH}?{to_query(_example_trial())}")
        ),
    ]
    return beside(left, _answers(scenario, work))


def _entries(wanted: str) -> tuple[Entry, ...]:
    """The fields of a question."""
    return ONE_ARM if wanted == "historical" else (*ASKED[wanted], *COMMON)


def _example_trial() -> TrialScenario:
    text = UMBRELLA.replace('kind = "trial"', 'kind = "trial"\nreplicates = 1000', 1)
    made = scenario_of_text(text, "example")
    if not isinstance(made, TrialScenario):
        raise ValueError("the example of a trial is a scenario of a trial")
    return made


def _answers(scenario: Power, work: Work) -> list:
    try:
        check_run(scenario)
        here = work.located(scenario)
        with work.job():
            answer = run_power(here)
            return [*_shown(here, answer), downloads(to_query(scenario))]
    except LivingdrugError as error:
        return [problem(in_fields(str(error), _entries(scenario.wanted())))]


def _shown(scenario: Power, answer: PowerAnswer | Smallest | OneArm) -> list:
    """Sentence, numbers, figure, and what is assumed."""
    if isinstance(answer, PowerAnswer):
        return _of_sizes(scenario, answer)
    told = workflow("power").answer(scenario, answer)
    curve = answer.curve() if isinstance(answer, OneArm) else over_sizes(scenario).table()
    made, what = _one_arm_figure(answer) if isinstance(answer, OneArm) else _smallest_figure(curve, answer)
    return [
        html.P(answer.sentence, className="answer", id="sentence"),
        *(html.P(flag, className="notes") for flag in told.flags),
        *(table(numbers) for numbers in told.tables),
        plot("power", made, what, text_table("numbers of the figure", curve), 420),
        points("What is assumed", assumed(scenario, answer), "notes"),
    ]  # fmt: skip


def _line_with_answer(sizes, values, name: str, n: float, value: float) -> list[dict]:
    """A line over the number of subjects, and the answer on it."""
    line = {"x": sizes.tolist(), "y": values.tolist(), "mode": "lines", "name": name, "line": {"color": "#0072B2"}}
    dots = {"size": 12, "color": "#D55E00"}
    return [line, {"x": [n], "y": [value], "mode": "markers", "name": "the answer", "marker": dots}]


def _smallest_figure(curve, answer: Smallest) -> tuple[dict, str]:
    name = NAMES[answer.quantity]
    made = _line_with_answer(curve["n"], curve[answer.quantity], "smallest", answer.n_per_arm, answer.value)
    axes = {"xaxis": axis("subjects in the smaller arm"), "yaxis": axis(name)}
    return {"data": made, "layout": layout(**axes)}, f"The smallest {name} over the number of subjects."


def _one_arm_figure(answer: OneArm) -> tuple[dict, str]:
    from livingdrug.plots import COLOURS

    curve = answer.curve()
    made = [
        {
            "x": curve["rate"].tolist(),
            "y": curve[f"claim_{name.replace(' ', '_')}"].tolist(),
            "mode": "lines",
            "name": name,
            "line": {"color": COLOURS[k]},
        }
        for k, (name, _) in enumerate(answer.designs)
    ]
    dotted = {"dash": "dot", "color": "#555"}
    lines = [{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": rate, "x1": rate, "line": dotted}
             for rate in (answer.design.p0, answer.design.p1)]  # fmt: skip
    axes = {
        "xaxis": axis("true rate of response"),
        "yaxis": axis("probability of the claim", range=[0, 1.02]),
    }
    what = (
        "Probability of calling the rate above the historical one, over the true rate; dotted: the two rates."
    )
    return {"data": made, "layout": layout(shapes=lines, **axes)}, what


def _of_sizes(scenario: Power, answer: PowerAnswer) -> list:
    curve = power_curve(scenario)
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
        plot(
            "power",
            _power_figure(curve, answer),
            f"Power over the number of subjects, to see {curve.what}.",
            text_table("power curve", curve.table()),
            420,
        ),
        *([_grid(scenario)] if scenario.wanted() == "fold" and len(scenario.log_sd) < 2 else []),
        points("What is assumed", curve.assumptions, "notes"),
    ]


def _power_figure(curve, answer) -> dict:
    made = _line_with_answer(curve.sizes, curve.power, "power", answer.n_per_arm, answer.power_at_n)
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": curve.wanted, "y1": curve.wanted,
            "line": {"dash": "dash", "color": "#555"}}  # fmt: skip
    return {"data": made, "layout": layout(xaxis=axis("subjects in the smaller arm"), shapes=[line],
                                           yaxis=axis("power", range=[0, 1.02]))}  # fmt: skip


@lru_cache(maxsize=1024)  # the grid is the same for every question with the same power and test
def _size(fold: float, sd: float, design_: Design) -> int:
    """Patients in the smaller arm for a fold change at an SD of ln exposure."""
    return size_for_means(effect_of_fold(fold, sd), design_, "", None).n_per_arm


def _grid(scenario: Power) -> html.Div:
    """Patients in the smaller arm over folds and spreads, with the scenario's own spread among them."""
    own = log_sd_of(scenario)
    rows = []
    for sd in sorted({*SDS, own}):
        cells = [str(_size(f, sd, scenario.design())) for f in FOLDS]
        rows.append((f"{sd:.3g}{' (yours)' if sd == own else ''}", *cells))
    header = ("SD of ln exposure", *(f"{fold:g}-fold" for fold in FOLDS))
    return table(
        Table("patients in the smaller arm, by fold change and SD of ln exposure", header, tuple(rows))
    )


def _simulated(scenario: TrialScenario, work: Work) -> html.Div:
    """The verdict first, the form of the design below it."""
    back = html.P(dcc.Link("Back to the formulas", href=PATH))
    answer = html.Div(_trial_answers(scenario, work), className="right")
    return html.Div([back, answer, html.H2("The design"), design.form(scenario)])


def _trial_answers(scenario: TrialScenario, work: Work) -> list:
    try:
        check_run(scenario)
        with work.job() as progress:
            answer = run_trial(with_sizes(scenario), Conduct(progress=progress))
    except LivingdrugError as error:
        return [problem(str(error))]
    rows = [
        (str(p.n), *(f"{share.value:.3f} ± {share.error:.3f}" for share in p.power)) for p in answer.sizes
    ]
    sizes = Table("power over size", ("n", *(arm.name for arm in answer.trial.versions)), tuple(rows))
    return [
        html.Div(
            [html.P(s, className="" if k else "answer") for k, s in enumerate(answer.sentences)],
            id="sentence",
        ),
        plot("sizes", _size_figure(answer), _size_sentence(answer), sizes, 420),
        table(_in_plain_words(text_table("endpoints and arms", answer.table()))),
        points("What to know", answer.notices, "notes"),
        downloads(to_query(scenario)),
    ]


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
        made.append(
            {
                "x": [p.n for p in answer.sizes],
                "y": [s.value for s in share],
                "mode": "lines+markers",
                "name": arm.name,
                "error_y": {"type": "data", "array": (2 * np.array([s.error for s in share])).tolist()},
                "line": {
                    "color": COLOURS[k % len(COLOURS)],
                    "dash": ("solid", "dash", "dot", "dashdot")[k % 4],
                },
            }
        )
    axes = {"xaxis": axis("subjects in the smallest arm"), "yaxis": axis("power", range=[0, 1.02])}
    return {"data": made, "layout": layout(**axes)}


def register(app, work: Work) -> None:
    """Callbacks of the questions and of the design."""
    design.register(app)
    for wanted in QUESTIONS:
        register_form(app, f"power-{wanted}", _entries(wanted))

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
