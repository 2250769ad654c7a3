"""The paper: its simulated panels, each a press away from the sliders that made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from dash import dcc, html

from livingdrug.models import build_model, get_model
from livingdrug.models.shared import PAPER
from livingdrug.plots import panels_of
from livingdrug.web import explore, outcomes, trial
from livingdrug.web.address import read_as, to_query
from livingdrug.web.assay import ADDED
from livingdrug.web.figures import panel_figure, panels_height
from livingdrug.web.pages import Page
from livingdrug.web.parts import plot
from livingdrug.web.work import Work
from livingdrug.workflows.power.spec import Power
from livingdrug.workflows.simulate.spec import Simulation

PAGE = Page("/paper", "The paper", place=510)


FIRST = "1D"


@dataclass(frozen=True)
class Entry:
    """A panel: its name, what it shows, and the address of the page that draws it."""

    name: str
    title: str
    href: str


def _panel(
    name: str, title: str, first: Simulation, *others: Mapping[str, float], path: str = explore.PATH
) -> Entry:
    """A panel of one curve, and the others of its sweep pinned beside it (six at most)."""
    first = explore.complete(first)
    pins = [to_query(first.model_copy(update={"values": {**first.values, **values}})) for values in others]
    view = explore.view_of(pins[: explore.MOST_PINS], explore.default_line(first))
    return Entry(name, title, f"{path}?{to_query(first, view)}")


@lru_cache(maxsize=1)
def entries() -> tuple[Entry, ...]:
    """The panels that are simulations, in the order of the paper, with the settings of its reproduction
    (`make paper`)."""
    cr1 = Simulation(model="kirouac_2023", doses=("1e8",), days=60)
    host = cr1.model_copy(update={"fragments": ("host_competition",)})
    killed = cr1.model_copy(update={"fragments": ("allogeneic_killing", "host_competition")})
    tissue = cr1.model_copy(update={"fragments": ("tissue",), "values": {"k_loss": 0.0}, "days": 100.0})
    stein = Simulation(model="stein_2019", days=365)
    hill = Simulation(model="two_compartment_hill", days=14)
    daily = tuple(f"10@{day}" for day in range(7))
    turnover = get_model("kirouac_2023").typical["mu_memory"]
    well = Simulation(model="carrgo_restimulation", doses=ADDED, days=3)
    typical = get_model("carrgo_restimulation").typical
    sweeps = (("7B", "Killing of a third to three times", "k_kill", (1 / 3, 0.5, 2.0, 3.0)),
              ("7C", "Proliferation of a third to three times", "k_proliferation", (1 / 3, 0.5, 2.0, 3.0)),
              ("7D", "Exhaustion of half to seven times", "k_exhaustion", (0.5, 3.0, 5.0, 7.0)))  # fmt: skip
    start = get_model("stein_2019").typical["c_max"] / get_model("stein_2019").typical["fold"]
    return (
        _panel("1A", "Two compartments after one dose", hill.model_copy(update={"doses": ("10",)})),
        _panel("1C", "A dose a day for a week", hill.model_copy(update={"doses": daily})),
        _panel(
            "1D",
            "Distribution into tissue and expansion, vector CR1",
            tissue.model_copy(update={"days": 180.0}),
        ),
        _panel(
            "1E",
            "The Kymriah population, variability (omega) read as SD",
            stein.model_copy(update={"subjects": 200, "variability": "sd"}),
        ),
        _panel(
            "1E'",
            "The same, read as variance",
            stein.model_copy(update={"subjects": 200, "variability": "variance"}),
        ),
        Entry(
            "2B", "Response and severe CRS on one exposure", f"{outcomes.PATH}?{to_query(outcomes.EXAMPLE)}"
        ),
        Entry(
            "2D",
            "Patients per arm for a fold change",
            f"{trial.PATH}?{to_query(Power(fold=2.0, model='stein_2019', variability='variance'))}",
        ),
        _panel(
            "3A",
            "Responders and non-responders",
            stein.model_copy(update={"days": 60.0, "values": {"c_max": 1e5, "fold": 1e5 / start}}),
            {"c_max": 1e3, "fold": 1e3 / start},
        ),
        _panel(
            "3B",
            "Memory turnover",
            cr1,
            *({"mu_memory": turnover * fold} for fold in (0.1, 0.3, 0.5, 1.5, 2.0)),
        ),
        _panel(
            "4B",
            "Tissue distribution, return rate",
            tissue.model_copy(update={"values": {"k_loss": 0.0, "k21": 6.0}}),
            *({"k21": k} for k in (0.006, 0.06, 0.6, 60.0, 600.0)),
        ),
        _panel(
            "5A", "Depth of lymphodepletion", host, *({"host_0": left} for left in (0.05, 5.0, 50.0, 500.0))
        ),
        _panel("5B", "Speed of host recovery", host, *({"mu_host": mu} for mu in (0.03, 0.1, 1.0, 3.0))),
        _panel(
            "6A, 6B",
            "Persisters and non-persisters",
            killed.model_copy(update={"values": {"k_allo": 7e-9}, "days": 100.0}),
            {"k_allo": 0.0},
        ),
        _panel(
            "6C",
            "Rejection over five orders of magnitude",
            killed.model_copy(update={"values": {"k_allo": 7e-9}}),
            *({"k_allo": k} for k in (0.0, 1e-12, 1e-11, 1e-10, 1e-9, 1e-7)),
        ),
        *(
            _panel(name, title, well, *({key: typical[key] * fold} for fold in folds), path="/assay")
            for name, title, key, folds in sweeps
        ),
    )


def page(query: str, work: Work) -> html.Div:
    """A list of panels."""
    rows = [html.Li([html.B(f"{e.name} "), dcc.Link(e.title, href=e.href)]) for e in entries()]
    about = f"{PAPER.line()}. Press a panel to get it with the sliders that made it; the other curves of a sweep are pinned."
    more = "`make paper` draws every panel, with the printed numbers beside ours and a page of deviations."
    head = html.H2("Making drugs from T cells, live")
    parts = [
        head,
        html.P(about),
        html.Ul(rows, className="columns"),
        *_first_panel(work),
        html.P(more, className="quiet"),
    ]
    return html.Div(parts, className="card")


def _first_panel(work: Work) -> list:
    """A panel as it is drawn, so that the page begins with a figure."""
    entry = next(e for e in entries() if e.name == FIRST)
    scenario, view = read_as(Simulation, entry.href.partition("?")[2])
    model = build_model(scenario.model, scenario.fragments, scenario.values)
    shown = tuple(panel for panel in panels_of(model) if panel.measured)
    result = work.simulate(scenario)
    figure = panel_figure([result], shown, explore.limit_of(view["line"][-1] if view["line"] else ""))
    said = f"Panel {entry.name}: {entry.title[0].lower()}{entry.title[1:]}, {result.subjects} of {model.full_name}."
    return [plot("paper-panel", figure, said, explore.curve_table(result), panels_height(len(shown)))]


def register(app, work: Work) -> None:
    """There are links only."""
