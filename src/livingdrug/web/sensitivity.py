"""Sensitivity: which parameter, group of parameters or dose drives an exposure."""

from dash import html

from livingdrug.core.errors import InputError
from livingdrug.web.address import read_query, to_query
from livingdrug.web.drawn_answer import answered
from livingdrug.web.forms import Entry, form, register_form
from livingdrug.web.model_choice import choices
from livingdrug.web.pages import Page
from livingdrug.web.parts import beside
from livingdrug.web.work import Work
from livingdrug.workflows import workflow

PATH = "/sensitivity"
PAGE = Page(PATH, "Sensitivity", place=220)
METHODS = (
    ("sobol", "Sobol's indices: parts of the variance"),
    ("morris", "Morris' effects: which to leave out"),
    ("prcc", "partial rank correlations"),
)
FIELDS = (
    Entry("model", "Model", choices=choices()),
    Entry("fragments", "Mechanisms joined to it", "such as tissue; host_competition", apart=";"),
    Entry("of", "What is to be explained", choices=(("AUC", "AUC"), ("CMAX", "CMAX"), ("TMAX", "TMAX"))),
    Entry("output", "Output or state", "the first output by default"),
    Entry("days", "Horizon", "d; 28 by default"),
    Entry("doses", "Doses", "such as 1e8; 5e7@28; the model's first experiment by default", apart=";"),
)
VARIES = (
    Entry("over", "Parameters that vary", "all that have a variability or a range by default", apart=";"),
    Entry("variability", "Which published variability", "where there are several, such as sd or variance"),
    Entry("cv", "Log-normal CV on every rate", "where no variability is published, such as 0.5"),
    Entry(
        "ranges",
        "Ranges",
        "NAME=LOW,HIGH, such as dose=1e7,1e9; a semicolon between two",
        apart=";",
        pairs=True,
        several=True,
    ),
    Entry(
        "groups",
        "Inputs that are one thing",
        "GROUP=NAME,NAME; a semicolon between two",
        apart=";",
        pairs=True,
        several=True,
    ),
    Entry("method", "Method", choices=METHODS),
    Entry("n", "Points", "of Sobol a power of 2; more of them narrow the intervals"),
    Entry("seed", "Seed"),
)
# a first look: a quarter of the points of the command line's default, with their intervals
BEGIN = {"model": "stein_2019", "variability": "sd", "n": 128}


def page(query: str, work: Work) -> html.Div:
    """Model and what varies on the left, what drives the exposure on the right."""
    scenario, _ = read_query(query)
    scenario = scenario or workflow("sensitivity").scenario(**BEGIN)
    if scenario.kind != "sensitivity":
        raise InputError(
            f"this page asks which parameter matters; a `{scenario.kind}` scenario has a page of its own"
        )
    mine = to_query(scenario)
    left = [
        html.H2("What is explained"),
        form("sensitivity", scenario, mine, FIELDS),
        html.H2("What varies"),
        form("sensitivity-varies", scenario, mine, VARIES),
    ]
    right = list(answered(scenario, (*FIELDS, *VARIES), work))
    return beside(left, right)


def register(app, work: Work) -> None:
    """The callbacks of the fields."""
    register_form(app, "sensitivity", FIELDS)
    register_form(app, "sensitivity-varies", VARIES)
