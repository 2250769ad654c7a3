"""Models: a catalogue with a card for each, found by disease, mechanism, target or data; the whole card
one click away."""

from urllib.parse import parse_qsl, urlencode

from dash import Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError
from livingdrug.models import (
    WORDS,
    Model,
    find_models,
    get_fragment,
    get_model,
    list_fragments,
    list_models,
    list_runnable,
)
from livingdrug.models.conformance import joining
from livingdrug.web.explore import PATH as EXPLORE
from livingdrug.web.explore import about_model
from livingdrug.web.exports import MODEL_FILES
from livingdrug.web.pages import Page
from livingdrug.web.parts import attribute, choice, downloads
from livingdrug.web.sensitivity import PATH as SENSITIVITY
from livingdrug.web.work import Work

PATH = "/models"
PAGE = Page(PATH, "Models", place=210)
FILTERS = {
    "disease": "Disease",
    "mechanism": "Mechanism",
    "target": "Target",
    "data": "Made from",
    "kind": "Numbers are",
}
DATA = {
    "patients": "from patients",
    "mice": "from mice",
    "assay": "from assays",
    "assumed": "numbers assumed",
}
MOST = 200  # signs of an address of this page that are read of a word


def page(query: str, work: Work) -> html.Div:
    """The catalogue, or the card of one model."""
    asked = {name: value[:MOST] for name, value in parse_qsl(query.lstrip("?"))}
    strange = [name for name in asked if name not in (*FILTERS, "model")]
    if strange:
        raise InputError(f"this page finds models by {', '.join(FILTERS)}; it knows no `{strange[0][:40]}`")
    if "model" in asked:
        return _one(get_model(asked["model"]))
    return _catalogue(asked)


def _catalogue(asked: dict[str, str]) -> html.Div:
    found = find_models(**asked) if asked else list_models()
    fields = [
        choice(
            f"models-{name}",
            label,
            asked.get(name, ""),
            (("", "any of them"), *((w, w) for w in _words(name))),
        )
        for name, label in FILTERS.items()
    ]
    said = f"{len(found)} of {len(list_models())} models."
    none = [html.P(dcc.Link("Show all of them", href=PATH))] if not found else []
    cards = html.Ul([_card(get_model(name)) for name in found], className="cards", id="models-found")
    return html.Div(
        [
            html.Div(fields, className="row"),
            html.P(said, id="models-count", **attribute("aria-live", "polite")),
            *none,
            cards,
            _mechanisms(),
        ]
    )


def _words(name: str) -> list[str]:
    """The words by which models of the catalogue are found: those that some model has."""
    used: set[str] = set()
    for about in (get_model(model).about for model in list_models()):
        given = getattr(about, name, ())
        used |= {given} if isinstance(given, str) else set(given)
    return [word for word in WORDS[name] if word in used]


def _card(model: Model) -> html.Li:
    about = model.about
    diseases = ["any disease" if word == "any" else word for word in about.disease] if about else []
    tags = [*diseases, *about.mechanism, *(DATA[word] for word in about.data)] if about else []
    purpose = [about.purpose] if about else []
    href = f"{PATH}?{urlencode({'model': model.name})}"
    return html.Li(
        dcc.Link(
            [html.B(model.title), *purpose, html.Small(", ".join(tags)), html.Small(model.name)], href=href
        )
    )


def _one(model: Model) -> html.Div:
    """Everything that is known of a model, and what can be done with it."""
    able = model.name in list_runnable()
    missing = ", ".join(sorted(model.unknown))
    links = (
        [
            ("Explore it", f"{EXPLORE}?kind=simulate&model={model.name}"),
            ("Which parameter matters", f"{SENSITIVITY}?{_sensitivity(model)}"),
        ]
        if able
        else []
    )
    fits = [name for name in list_fragments() if joining(model, name).fits]
    said = f"Mechanisms that can be joined to it: {', '.join(fits).replace('_', ' ')}."
    card = about_model(model)
    setattr(card, "open", True)  # noqa: B010 - an attribute that Dash gives every Details
    return html.Div(
        [
            html.P(dcc.Link("All models", href=PATH)),
            html.H2(model.title),
            *([html.P(f"It cannot be run as it is: no number is public for {missing}.")] if missing else []),
            html.P(
                [
                    part
                    for text, href in links
                    for part in (dcc.Link(text, href=href, className="button"), " ")
                ]
            ),
            html.P(said if fits else "It takes no mechanism."),
            *([_exports(model)] if able else []),
            card,
        ],
        className="card",
    )


def _exports(model: Model) -> html.Nav:
    """The model for other tools."""
    query = urlencode({"kind": "simulate", "model": model.name})
    names = {
        "toml": "livingdrug (TOML)",
        "sbml": "SBML",
        "nonmem": "NONMEM",
        "nlmixr2": "nlmixr2",
        "mrgsolve": "mrgsolve",
        "monolix": "Monolix",
        "pumas": "Pumas",
    }
    return downloads(query, [(file, names[target]) for file, target in MODEL_FILES.items()], add=False)


def _sensitivity(model: Model) -> str:
    """A question that can be answered: by the published variability, else by a CV of our own on every
    rate."""
    given = {"variability": model.populations[0].name} if model.populations else {"cv": "0.5"}
    return urlencode({"kind": "sensitivity", "model": model.name, "n": "64", **given})


def _mechanisms() -> html.Details:
    """What can be joined to models."""
    rows = [
        html.Li([html.B(name.replace("_", " ")), f": {get_fragment(name).title}."])
        for name in list_fragments()
    ]
    return html.Details([html.Summary(f"Mechanisms that join models ({len(rows)})"), html.Ul(rows)])


def register(app, work: Work) -> None:
    """What is chosen becomes the address."""

    @app.callback(
        Output("address", "search", allow_duplicate=True),
        *(Input(f"models-{name}", "data") for name in FILTERS),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def choose(*given):
        *words, before = given
        chosen = {name: word for name, word in zip(FILTERS, words, strict=True) if word}
        new = f"?{urlencode(chosen)}" if chosen else ""
        if new == (before or ""):
            raise PreventUpdate
        return new
