"""Matched patients: a virtual population whose exposures are distributed as published."""

from livingdrug.models import Model
from livingdrug.population import published_groups
from livingdrug.products import list_products
from livingdrug.web.pages import Page
from livingdrug.web.parts import FILES
from livingdrug.web.questions import Question
from livingdrug.workflows import Document


def _products(_: Document) -> list[tuple[str, str]]:
    return [(name, name) for name in list_products() if published_groups(name)]


def _groups(scenario: Document) -> list[tuple[str, str]]:
    product = getattr(scenario, "product", None)
    found = [(name, name) for name in published_groups(product)] if product else [("", "of a product")]
    return found or [("", "none is published")]


def _runs(model: Model) -> bool:
    """Whether a model has an exposure in days that products have."""
    return model.system.time_unit == "d" and any(o.measured for o in model.system.outputs)


QUESTION = Question(
    kind="population",
    page=Page("/population", "Matched patients", place=250),
    heading="The population",
    begin={
        "model": "stein_2019",
        "product": "tisagenlecleucel",
        "group": "B-ALL: responder, N=114 (EU SmPC)",
        "subjects": 500,
        "variability": "sd",
    },
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
    offered=_runs,
    files=(*FILES, ("model.toml", "the population as a model (TOML)")),
)
PAGE, page, register = QUESTION.page, QUESTION.shown, QUESTION.register
