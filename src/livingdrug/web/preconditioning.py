"""Preconditioning: regimens before the infusion side by side."""

from livingdrug.models import Model, build_model, list_regimens
from livingdrug.simulation import with_full_host
from livingdrug.web.pages import Page
from livingdrug.web.questions import Question, fits
from livingdrug.workflows.preconditioning.spec import DEFAULT_HOST, NEEDED


def _runs(model: Model) -> bool:
    """Whether the drugs and host T cells can be joined to a model that takes a dose."""
    if not getattr(model.system, "dose_into", ""):
        return False
    return fits(lambda: with_full_host(build_model(model.name, (NEEDED, DEFAULT_HOST))).system)


QUESTION = Question(
    kind="preconditioning",
    page=Page("/preconditioning", "Preconditioning", place=300),
    heading="The regimens",
    begin={"model": "kirouac_2023"},
    labels={
        "fragments": "Further mechanisms",
        "values": "Parameters",
        "reference": "Compared with",
        "dose": "Dose",
        "days": "Horizon",
        "bsa": "Body surface",
        "weight": "Body weight",
        "egfr": "Kidney function (eGFR)",
        "response": "Probability of response, stated by you",
        "slope": "Slope, stated by you",
    },
    texts={
        "model": "those with CAR-T cells in blood that take a dose",
        "reference": "",
        "values": "NAME=VALUE, such as host_0=300 (host T cells before the drugs); a semicolon between two",
    },
    choices={"reference": lambda *_: [(r.name, f"{r.name}: {r.title}") for r in list_regimens()]},
    offered=_runs,
)
PAGE, page, register = QUESTION.page, QUESTION.shown, QUESTION.register
