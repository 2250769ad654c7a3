"""Best dose: dose and schedule by an exposure-response of efficacy and one of toxicity."""

from livingdrug.models import Model
from livingdrug.web import own_curves
from livingdrug.web.pages import Page
from livingdrug.web.questions import Question
from livingdrug.web.work import Work
from livingdrug.workflows import Document


def _runs(model: Model) -> bool:
    """Whether a model takes a dose."""
    return bool(getattr(model.system, "dose_into", ""))


OWN = {"response_curve": "Efficacy", "toxicity_curve": "Toxicity"}


def _own(scenario: Document, _: Work) -> list:
    return own_curves.choosers(scenario, OWN)


QUESTION = Question(
    kind="optimise",
    page=Page("/optimise", "Best dose", place=320),
    heading="The search",
    begin={
        "model": "singh_2021",
        "between": (1e6, 1e10),
        "points": 9,
        "subjects": 100,
        "response_curve": "tisagenlecleucel_response",
        "toxicity_curve": "tisagenlecleucel_severe_crs",
    },
    labels={
        "fragments": "Mechanisms joined to it",
        "values": "Parameters",
        "output": "Output of the exposure",
        "response_curve": "Exposure-response of efficacy",
        "toxicity_curve": "Exposure-response of toxicity",
        "weight": "Weight of toxicity",
        "ceiling": "Highest toxicity",
        "between": "Lowest and highest dose",
        "points": "Number of doses",
        "days": "Days of a second infusion",
        "fractions": "Fractions given first",
        "schedules": "Or: schedules",
        "doses": "Or: doses",
        "beside": "Doses that every candidate has",
        "subjects": "Virtual patients",
        "cv": "CV of every rate",
        "draws": "Draws of the curves",
    },
    texts={
        "model": "those that take a dose",
        "values": "NAME=VALUE by name or symbol; a semicolon between two",
        "response_curve": "",
        "toxicity_curve": "",
        "between": "such as 1e6 1e10; doses lie even on a log axis between them",
        "doses": "such as 1e7 1e8 1e9, with the lowest and the highest left empty",
        "days": "such as 7 14, beside a single infusion",
        "beside": "such as 5000@24 into=tumour; a semicolon between two",
        "schedules": "FRACTION@DAY with commas, such as 0.1@0,0.3@1,0.6@2; a semicolon between two",
        "method": "the doses given, or a search between them from the best one",
    },
    choices=dict.fromkeys(OWN, own_curves.curves_on_offer),
    more=_own,
    offered=_runs,
)
PAGE, page = QUESTION.page, QUESTION.shown


def register(app, work: Work) -> None:
    """The callbacks of the fields and of the files of curves."""
    QUESTION.register(app, work)
    own_curves.register(app, tuple(OWN), work)
