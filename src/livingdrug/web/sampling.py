"""Sampling days: which further sample would sharpen which parameter."""

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

PATH = "/sampling"
PAGE = Page(PATH, "Sampling days", place=410)
FIELDS = (
    Entry(
        "model",
        "Model",
        "those with a published between-subject variability",
        choices=choices(lambda model: bool(model.populations) and not model.populations[0].members),
    ),
    Entry("variability", "Which published variability", "where there are several, such as sd or variance"),
    Entry("days", "Sampling days", "such as 0 3 7 14 28, in the model's unit of time", several=True),
    Entry("candidates", "Days of one sample more", "such as 60 90 180", several=True),
    Entry("subjects", "Subjects"),
    Entry("limit", "Limit of quantification", "in the unit of the measured output"),
    Entry("residual", "Residual error", "SD of the logarithm; empty: the published one"),
    Entry("fix", "Parameters taken as known", "a semicolon between two", apart=";"),
    Entry("fragments", "Mechanisms joined to the model", "such as tissue", apart=";"),
)
BEGIN = {
    "model": "stein_2019",
    "variability": "sd",
    "days": (0, 3, 7, 10, 14, 21, 28, 60, 90),
    "candidates": (5, 12, 42, 120, 180, 365),
    "limit": 50.0,
}


def page(query: str, work: Work) -> html.Div:
    """The plan on the left, expected errors on the right."""
    scenario, _ = read_query(query)
    scenario = scenario or workflow("sampling").scenario(**BEGIN)
    if scenario.kind != "sampling":
        raise InputError(f"this page plans sampling days; a `{scenario.kind}` scenario has a page of its own")
    left = [html.H2("The plan"), form("sampling", scenario, to_query(scenario), FIELDS)]
    right = list(answered(scenario, FIELDS, work))
    return beside(left, right)


def register(app, work: Work) -> None:
    """The callback of the fields."""
    register_form(app, "sampling", FIELDS)
