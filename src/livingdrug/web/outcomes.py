"""Exposure and response: efficacy and toxicity on one axis, the window between them, what dose or spread
would buy; built in and cited curves, or those of a file."""

from typing import Any

import numpy as np
from dash import dcc, html

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.plots import COLOURS, axis_label, shown_exposures
from livingdrug.products import get_curve, list_curves
from livingdrug.report import Table, number, text_table
from livingdrug.response import CONFOUNDED, probability, probability_band, quantiles, verdict
from livingdrug.web import own_response
from livingdrug.web.address import read_query, to_query
from livingdrug.web.figures import FEW, axis, band, layout
from livingdrug.web.files import by_their_names, chooser, in_fields, register_chooser, shown_file
from livingdrug.web.forms import Entry, form, register_form
from livingdrug.web.pages import Page
from livingdrug.web.parts import attribute, beside, downloads, headline, plot, points, problem, table
from livingdrug.web.work import Work
from livingdrug.workflows.index.answer import both_curves
from livingdrug.workflows.index.spec import Index, IndexAnswer
from livingdrug.workflows.index.spec import run as run_index
from livingdrug.workflows.response.spec import Response

PATH = own_response.PATH
PAGE = Page(PATH, "Exposure and response", place=120, kinds=("index",))
EXAMPLE = Index(efficacy_curve="tisagenlecleucel_response", toxicity_curve="tisagenlecleucel_severe_crs",
                product_model="stein_2019", variability="sd", subjects=2000)  # fmt: skip
ROWS = "A row for each subject: a column of exposure, and columns of response, grades, values or times."
ENTRIES = (
    Entry("floor", "Response wanted at least", "0.5: half of the patients"),
    Entry("ceiling", "Toxicity accepted at most", "0.2: one in five"),
    Entry("fold", "Change of the product's median", "2: twice the exposure, as by dose"),
    Entry("width", "Change of its variability", "0.5: half the log-SD, as by a more even product"),
    Entry("product_model", "Model that gives the product's exposure", "or median and log-SD below"),
    Entry("variability", "Which published variability of it"),
    Entry("median", "Median exposure of the product"),
    Entry("log_sd", "SD of its natural logarithm"),
)


OWN_ENTRIES = (
    Entry(
        "model",
        "Curve",
        choices=(
            ("logistic", "logistic"),
            ("firth", "firth: finite where groups separate"),
            ("probit", "probit"),
            ("cloglog", "complementary log-log"),
        ),
    ),
    *ENTRIES,
)


def page(query: str, work: Work) -> html.Div:
    """A file or curves and the product on the left, the verdict on the right."""
    scenario, _ = read_query(query)
    scenario = scenario or EXAMPLE
    if not isinstance(scenario, Index | Response):
        raise InputError(
            f"this page relates exposure to response; a `{scenario.kind}` scenario has a page of its own"
        )
    left = [*chooser("response-upload", f"{PATH}?{to_query(own_response.EXAMPLE)}"), html.Small(ROWS)]
    left += _own(scenario, work) if isinstance(scenario, Response) or scenario.file else _built_in(scenario)
    right = (
        own_response.answers(scenario, work) if isinstance(scenario, Response) else _answers(scenario, work)
    )
    return beside(left, right)


def _own(scenario: Index | Response, work: Work) -> list:
    """Columns of the file, and for two outcomes limits and product."""
    files = [file for file in (scenario.file, scenario.endpoints) if file]
    made = [
        *(shown_file(token, work) for token in files),
        html.P(dcc.Link("Back to the built-in curves", href=PATH)),
        *own_response.left(scenario, work),
    ]
    if isinstance(scenario, Index):
        made += [html.H2("Limits and product"), form("own-index", scenario, to_query(scenario), OWN_ENTRIES)]
    return made


def _built_in(scenario: Index) -> list:
    """The built-in curves of both sides, limits and product."""
    left = []
    for side in ("efficacy", "toxicity"):
        chosen = getattr(scenario, f"{side}_curve")
        links = [html.Li(_link(scenario, side, name, chosen)) for name in list_curves()]
        left.append(
            html.Nav(
                [html.H2(f"Curve of {side}"), html.Ul(links)], **attribute("aria-label", f"curves of {side}")
            )
        )
    return [*left, html.H2("Limits and product"), form("index", scenario, to_query(scenario), ENTRIES)]


def _link(scenario: Index, side: str, name: str, chosen: str):
    there = scenario.model_copy(update={f"{side}_curve": name})
    mark: dict[str, Any] = {"className": "chosen"} if name == chosen else {}
    return dcc.Link(
        name.replace("_", " "), href=f"{PATH}?{to_query(there)}", title=get_curve(name).basis, **mark
    )


def _answers(scenario: Index, work: Work) -> list:
    names, made = work.names(scenario), []
    try:
        made = own_response.in_file(scenario, work) if scenario.file else []
        with work.job():
            answer = run_index(work.located(scenario))
    except LivingdrugError as error:
        return [problem(in_fields(by_their_names(str(error), names), OWN_ENTRIES)), *made]
    if not isinstance(answer, IndexAnswer):
        raise InputError("this page compares curves; `livingdrug index --list` lists the built-in ones")
    index, outlook = answer.index, answer.outlook
    notes = [by_their_names(note, names) for note in answer.notes]
    return [
        headline(verdict(index, outlook)),
        plot("index", _figure(answer), verdict(index), _numbers(answer), 480),
        table(_key_numbers(index, outlook)),
        plot(
            "tradeoff",
            _tradeoff(answer),
            "What another median (fold) and another variability (width) of exposure would "
            "buy: proportion of patients in the window.",
            text_table("medians and variabilities", answer.table),
            400,
        ),
        points("What it rests on", notes, "notes"),
        points("What it does not say", [f"{CONFOUNDED[0].upper()}{CONFOUNDED[1:]}."]),
        *made,
        downloads(to_query(scenario)),
    ]


def _key_numbers(index, outlook) -> Table:
    """Exposures, their ratio, the window and what the product's patients would get, with intervals."""
    pair, spread = index.pair, outlook.spread
    unit = f" {pair.efficacy.unit}" if pair.efficacy.unit else ""
    reached = (
        (pair.efficacy.name, index.at[0], index.efficacious),
        (pair.toxicity.name, index.at[1], index.toxic),
    )
    rows = [(f"exposure with {at:.0%} {name}", _interval(found, unit)) for name, at, found in reached]
    window = "none" if index.window is None else " to ".join(f"{end:,.4g}" for end in index.window) + unit
    rows += [
        ("their ratio, the therapeutic index", _interval(index.ratio)),
        ("exposures within both limits", window),
        ("median of the product", f"{number(spread.median)}{unit}, log-SD {spread.log_sd:.2f}"),
    ]
    rows += [
        (f"{name}, over all patients", _interval(found, "", 100, " %"))
        for name, found in ((pair.efficacy.name, outlook.response), (pair.toxicity.name, outlook.toxicity))
    ]
    rows.append(("patients within both limits", f"{outlook.share:.0%}"))
    return Table("what the curves and the product give", ("what", "value"), tuple(rows))


def _interval(found, unit: str = "", times: float = 1.0, sign: str = "") -> str:
    """A value with its interval where it has one."""
    if np.isnan(found.value):
        return f"none: {found.method}"
    high = number(times * found.high) if np.isfinite(found.high) else "infinity"
    ends = "" if np.isnan(found.low) else f" ({number(times * found.low)} to {high})"
    return f"{number(times * found.value)}{sign}{unit}{ends}"


def _numbers(answer: IndexAnswer) -> Table:
    frame = both_curves(answer)
    rows = np.unique(np.linspace(0, len(frame) - 1, 13).astype(int))
    return text_table("both curves", frame.iloc[rows])


def _figure(answer: IndexAnswer) -> dict:
    index, spread = answer.index, answer.outlook.spread
    x = shown_exposures(index.pair, spread)
    made = []
    for curve, colour, dash in (
        (index.pair.efficacy, "#0072B2", "solid"),
        (index.pair.toxicity, "#D55E00", "dash"),
    ):
        low, high = probability_band(curve, x, index.level)
        if np.isfinite(low).all():
            made += band(x.tolist(), low.tolist(), high.tolist(), colour, 0.15)
        name = f"{curve.name}, {curve.label}"
        made.append({"x": x.tolist(), "y": probability(curve, x).tolist(), "mode": "lines", "name": name,
                     "line": {"color": colour, "dash": dash, "width": 2.4}})  # fmt: skip
    for low, high, width in ((0.025, 0.975, 3), (0.25, 0.75, 9)):
        made.append(
            {
                "x": quantiles(spread, [low, high]).tolist(),
                "y": [-0.06, -0.06],
                "mode": "lines",
                "showlegend": False,
                "line": {"color": "#777", "width": width},
                "name": "the product's patients",
            }
        )
    shapes = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": y,
            "y1": y,
            "line": {"dash": "dot", "color": c},
            "label": {"text": text, "font": {"size": 11}, "textposition": place},
        }
        for y, c, text, place in (
            (index.floor, "#0072B2", f"floor {index.floor:.0%}", "start"),
            (index.ceiling, "#D55E00", f"ceiling {index.ceiling:.0%}", "end"),
        )
    ]
    if index.window is not None:
        low, high = np.clip(index.window, x[0], x[-1])
        shapes.append({"type": "rect", "xref": "x", "x0": low, "x1": high, "yref": "paper", "y0": 0, "y1": 1,
                       "layer": "below", "fillcolor": "#e3efe3", "line": {"width": 0}})  # fmt: skip
    decades = {"dtick": 1} if x[-1] / x[0] > 10**FEW else {}  # else it is labelled between powers of ten
    axes = {"xaxis": axis(axis_label(index.pair), type="log", exponentformat="power", **decades),
            "yaxis": axis("probability", range=[-0.1, 1.02])}  # fmt: skip
    return {"data": made, "layout": layout(shapes=shapes, **axes)}


def _tradeoff(answer: IndexAnswer) -> dict:
    made = []
    for k, (width, rows) in enumerate(answer.table.sort_values("fold").groupby("width")):
        line = {"dash": ("solid", "dash", "dot", "dashdot")[k % 4], "color": COLOURS[k % len(COLOURS)]}
        made.append(
            {
                "x": rows["fold"].tolist(),
                "y": rows["share"].tolist(),
                "mode": "lines+markers",
                "line": line,
                "name": f"variability x {number(float(width))}",
            }
        )
    return {
        "data": made,
        "layout": layout(
            xaxis=axis("fold change of the median", type="log", tickvals=[0.25, 0.5, 1, 2, 4]),
            yaxis=axis("proportion of patients in window", rangemode="tozero"),
        ),
    }





def register(app, work: Work) -> None:
    """The callbacks of file and forms."""
    register_form(app, "index", ENTRIES)
    register_form(app, "own-index", OWN_ENTRIES)
    register_chooser(app, "response-upload", work, lambda token: own_response.first_question(token, work))
    own_response.register(app, work)
