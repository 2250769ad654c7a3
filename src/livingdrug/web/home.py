"""The first page asks what its reader wants to know; every answer begins with a figure of data that come
with livingdrug."""

from dataclasses import dataclass
from functools import lru_cache

from dash import dcc, html

from livingdrug.web import assay, attributes, forecast, mydata, own_response, paper, trial
from livingdrug.web.address import to_query
from livingdrug.web.pages import Page
from livingdrug.web.uploads import EXAMPLE, PRODUCTS
from livingdrug.web.work import Work
from livingdrug.workflows.compare.spec import Compare
from livingdrug.workflows.nca.spec import Nca

PAGE = Page("/", "Start", place=0)
LYMPHODEPLETION = "5A"  # the paper's panel of how many host cells are left


@dataclass(frozen=True)
class Card:
    """A question in its reader's words, what the first figure shows, what can be done with it, and the
    address of it."""

    question: str
    first: str
    then: str
    href: str


@lru_cache(maxsize=1)
def cards() -> tuple[Card, ...]:
    """The eight questions."""
    panels = {entry.name: entry.href for entry in paper.entries()}
    return (
        Card(
            "How does my product compare?",
            "Simulated patients among the published exposures of tisagenlecleucel.",
            "Then: your own file, another product.",
            f"{mydata.PATH}?{to_query(Compare(file=EXAMPLE, product='tisagenlecleucel'))}",
        ),
        Card(
            "Is my file in order?",
            "Every column with its meaning, every fault by its line, kinetics with a reason for each flag.",
            "Then: drop your own CSV or Excel file.",
            f"{mydata.PATH}?{to_query(Nca(file=EXAMPLE))}",
        ),
        Card(
            "How many patients?",
            "Power over the size of an arm, for a two-fold change of exposure.",
            "Then: response rates, hazard ratios, a whole simulated trial.",
            f"{trial.PATH}?{to_query(trial.EXAMPLE)}",
        ),
        Card(
            "What drives toxicity?",
            "Response and severe CRS on one exposure, with the window between them (simulated patients).",
            "Then: your own outcomes, other limits.",
            f"/response?{to_query(own_response.EXAMPLE)}",
        ),
        Card(
            "What would lymphodepletion change?",
            "CAR-T cells with few to many host T cells left, after the model of Kirouac 2023.",
            "Then: move host cells, rejection, dose.",
            panels[LYMPHODEPLETION],
        ),
        Card(
            "Which construct kills better?",
            "A simulated plate of several constructs: how it was read, and what is wrong with it.",
            "Then: rates with intervals, a ranking, your own plates.",
            f"{assay.PATH}?{to_query(assay.EXAMPLE)}",
        ),
        Card(
            "What will this patient do?",
            "The first two weeks of simulated patients, and what is likely to follow.",
            "Then: your own samples, another population.",
            f"{forecast.PATH}?{forecast.asked(EXAMPLE)}",
        ),
        Card(
            "Show me the paper",
            "Making drugs from T cells (Kirouac, Zmurchok and Morris 2024), panel by panel.",
            "Then: press a panel and move what made it.",
            "/paper",
        ),
    )


ATTRIBUTES = f"{attributes.PATH}?kind=attributes-relate&file={PRODUCTS}&outcome=CR%2BPR"
FURTHER = {
    "Models": {
        "/explore": "Explore a model: mechanisms as switches, parameters as sliders, a source for every number",
        "/models": "Find a model by disease or mechanism",
        "/sensitivity": "Which parameter matters?",
        "/models-compare": "How do models differ on one axis?",
        "/models-distinguish": "Which sample tells two models apart?",
        "/population": "Which virtual patients look like published ones?",
    },
    "Dose and regimen": {
        "/preconditioning": "What does a regimen before the infusion change?",
        "/fractionation": "Should the dose be split?",
        "/optimise": "Which dose is best?",
        "/cure": "Who is cured?",
    },
    "Study and product": {
        "/sampling": "When should samples be taken?",
        ATTRIBUTES: "Which attribute of a product matters? (simulated data)",
        "/fit": "What do my samples say of a model's parameters?",
        "/study": "Join samples and endpoints once, for every page",
    },
}


def _further() -> list:
    """Links to the other questions, in groups."""
    return [
        html.Section(
            [html.H2(group), html.Ul([html.Li(dcc.Link(text, href=path)) for path, text in links.items()])]
        )
        for group, links in FURTHER.items()
    ]


def page(query: str, work: Work) -> html.Div:
    """The questions as cards."""
    made = [
        html.Li(dcc.Link([html.B(card.question), card.first, html.Small(card.then)], href=card.href))
        for card in cards()
    ]
    return html.Div(
        [
            html.P(
                "Quantitative pharmacology of engineered T cells. Each question opens on an example at once; "
                "your own data come second."
            ),
            html.Ul(made, className="cards"),
            html.Div(_further(), className="further"),
        ]
    )


def register(app, work: Work) -> None:
    """There are links only."""
