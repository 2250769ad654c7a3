"""Fractionation: splits of one dose, response and severe CRS."""

from livingdrug.models import ClosedForm, Model, build_model
from livingdrug.simulation import with_il6
from livingdrug.web.pages import Page
from livingdrug.web.questions import Question, fits


def _runs(model: Model) -> bool:
    """Whether a model takes doses, has a tumour, and IL-6 of its own or by the fragment."""
    system = model.system
    if isinstance(system, ClosedForm):
        return False
    dosed = system.dose_into and system.time_unit == "d" and any("target" in s.roles for s in system.states)
    return bool(dosed) and fits(lambda: with_il6(build_model(model.name)).system)


QUESTION = Question(
    kind="fractionation",
    page=Page("/fractionation", "Split doses", place=310),
    heading="The splits",
    begin={"model": "hardiansyah_2019", "dose": 1.1e9, "subjects": 100, "cv": 0.3},
    labels={
        "fragments": "Further mechanisms",
        "values": "Parameters",
        "dose": "Whole dose",
        "splits": "Splits",
        "response_day": "Day of response",
        "response_below": "Response is a tumour of at most",
        "crs_50": "IL-6 of severe CRS in half",
        "subjects": "Virtual subjects",
        "cv": "CV of every rate",
    },
    texts={
        "model": "those that take a dose and have a tumour and IL-6",
        "values": "NAME=VALUE by name or symbol; a semicolon between two",
        "splits": "PARTS@DAYS, such as 10/30/60@0,1,2; a semicolon between two; the first: the reference",
    },
    offered=_runs,
)
PAGE, page, register = QUESTION.page, QUESTION.shown, QUESTION.register
