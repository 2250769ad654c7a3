"""Cure: the probability that no tumour cell is left, once few are left and each lives or dies by chance."""

from livingdrug.models import Model
from livingdrug.web.pages import Page
from livingdrug.web.questions import Question


def _counted(model: Model) -> list[str]:
    """Target cells that are counted in cells."""
    states = getattr(model.system, "states", ())
    return [s.name for s in states if s.unit == "cells" and "target" in s.roles]


QUESTION = Question(
    kind="cure",
    page=Page("/cure", "Cure", place=330),
    heading="Who dies out",
    begin={"model": "kimmel_2021", "values": {"mu_tumour": 0.1}},
    labels={
        "fragments": "Mechanisms joined to it",
        "values": "Parameters",
        "doses": "Doses",
        "state": "Population of cells",
        "below": "Followed by chance from",
        "days": "Horizon",
        "subjects": "Virtual subjects",
        "cv": "CV of every rate",
        "runs": "Runs drawn event by event",
    },
    texts={
        "model": "those with tumour cells that are counted in cells",
        "values": "NAME=VALUE by name or symbol; a semicolon between two",
        "doses": "such as 1e8; the model's first experiment by default",
    },
    offered=lambda model: bool(_counted(model)),
)
PAGE, page, register = QUESTION.page, QUESTION.shown, QUESTION.register
