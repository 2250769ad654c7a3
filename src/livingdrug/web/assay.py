"""Killing assay: tumour cells are added again and again; what proliferation, killing and exhaustion change."""

from dash import html

from livingdrug.web import explore
from livingdrug.web.address import read_query, to_query
from livingdrug.web.pages import Page
from livingdrug.web.work import Work
from livingdrug.workflows.simulate.spec import Simulation

PAGE = Page("/assay", "Killing assay", place=60)
ADDED = ("5000@24 into=tumour", "5000@48 into=tumour")
PUBLISHED = Simulation(model="carrgo_restimulation", doses=ADDED, days=3)


def page(query: str, work: Work) -> html.Div:
    """The explore page of the assay, with the published curve pinned."""
    scenario, _ = read_query(query)
    pinned = to_query(explore.complete(PUBLISHED))
    query = query.lstrip("?") if scenario else to_query(explore.complete(PUBLISHED), [("pin", pinned)])
    about = "Effector and tumour cells in a well (Kirouac 2024, equations 4 and 5); 5,000 tumour cells are added after 24 "
    about += "and 48 h. Grey: the published values. Move proliferation, killing or exhaustion, or write other additions."
    return html.Div([html.P(about, className="quiet"), explore.page(query, work)])


def register(app, work: Work) -> None:
    """The callbacks are those of Explore."""
