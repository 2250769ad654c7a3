"""Forecast: what each patient's samples so far say of the rest of the course, of a file or of simulated patients."""

from dash import html

from livingdrug.core.errors import InputError
from livingdrug.products import get_curve, list_curves
from livingdrug.web.address import read_query, to_query
from livingdrug.web.drawn_answer import answered
from livingdrug.web.files import READING, chooser, register_chooser, shown_file
from livingdrug.web.forms import Entry, folded, form, register_form
from livingdrug.web.model_choice import choices
from livingdrug.web.pages import Page
from livingdrug.web.parts import begin, beside
from livingdrug.web.uploads import EXAMPLE
from livingdrug.web.work import Work
from livingdrug.workflows import checked, workflow

PATH = "/forecast"
WAITING = (
    "Choose a table of samples so far: with the population of a model they give the rest of each "
    "patient's course, with intervals."
)
PAGE = Page(PATH, "Forecast", place=160)
CURVES = (("", "none"), *((name, f"{name} ({get_curve(name).setting})") for name in list_curves()))
FIELDS = (
    Entry("at", "Last day whose samples are used", "such as 14; empty: all samples"),
    Entry("until", "Last day of the forecast"),
    Entry("model", "Population", "a model with between-subject variability", choices=choices()),
    Entry("variability", "Which between-subject variability", "of several, such as sd or variance"),
    Entry("cv", "Log-normal CV on every rate", "where no variability is published, such as 0.5"),
    Entry("residual", "Residual error", "where the model has none, such as lognormal:0.5", apart=";"),
    Entry("response", "Exposure-response of efficacy", choices=CURVES),
    Entry("toxicity", "Exposure-response of toxicity", choices=CURVES),
    Entry("next", "Days of one more sample", "such as 21 28; empty: some after the last one", several=True),
    Entry("check", "Check from these days against later samples", "such as 7 10 14", several=True),
)
BEGIN = {"model": "stein_2019", "at": 14.0}


def page(query: str, work: Work) -> html.Div:
    """The file and the fields on the left, the forecast on the right."""
    scenario, _ = read_query(query)
    if scenario is not None and scenario.kind != "forecast":
        raise InputError(f"this page forecasts patients; a `{scenario.kind}` scenario has a page of its own")
    left = [*chooser("forecast-upload", f"{PATH}?{asked(EXAMPLE)}"),
            html.Small("Samples of patients over time, with doses.")]  # fmt: skip
    if scenario is None:
        right = begin("What will each patient do?", WAITING, f"{PATH}?{asked(EXAMPLE)}")
    else:
        reading = folded("How the file is read", "forecast-reading", scenario, READING)
        fields = form("forecast", scenario, to_query(scenario), FIELDS)
        left += [shown_file(getattr(scenario, "file", ""), work), fields, reading]
        right = list(answered(scenario, (*FIELDS, *READING), work))
    return beside(left, right, answered=scenario is not None)


def asked(token: str) -> str:
    """The address of the first question to a file."""
    return to_query(checked(workflow("forecast").scenario, {"file": token, **BEGIN}, "the page"))


def register(app, work: Work) -> None:
    """The callbacks of the page."""
    register_chooser(app, "forecast-upload", work, asked)
    register_form(app, "forecast", FIELDS)
    register_form(app, "forecast-reading", READING)
