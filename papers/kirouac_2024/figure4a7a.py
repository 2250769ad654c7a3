"""Figures 4A and 7A: what the models are, drawn from the models themselves."""

import pandas as pd

from livingdrug.diagram import diagram_of, graph_of
from livingdrug.models import Model, build_model
from livingdrug.plots import plot_diagram
from papers.kirouac_2024.panel import Panel


def _panel(name: str, title: str, model: Model, caption: tuple[str, ...]) -> Panel:
    graph = graph_of(model)
    rows = [(r.mark, r.name, r.moves, r.kind, r.driven, r.rate) for r in graph.flows]
    data = pd.DataFrame(rows, columns=["number", "flow", "moves", "kind", "driven_by", "rate"])
    values = {
        "states": float(sum(node.kind == "state" for node in graph.nodes)),
        "flows between blood and tissue": float((data["kind"] == "exchange").sum()),
        "flows": float(len(data)),
    }
    return Panel(name, title, caption, plot_diagram(diagram_of(model, table=name == "7A")), data, values)


def panel_4a() -> Panel:
    """Blood, tissue and tumour."""
    caption = (
        "The model behind 4B, drawn from its equations: every phenotype of CAR-T cells in blood has its own "
        "store in tissue, "
        "reached with k12 and left with k21 once the delay is over (numbers 20 / 24 and so on); CAR-T cells "
        "meet tumour and "
        "antigen in blood only. Numbers name flows; their rates are in data/figure4A.csv.",
    )
    return _panel("4A", "Blood and tissue, as a diagram", build_model("kirouac_2023", ("tissue",)), caption)


def panel_7a() -> Panel:
    """CAR-T cells and tumour cells in a well."""
    caption = (
        "The model behind 7B to 7D, drawn from its equations. The paper's 7A is an illustration of assays "
        "around such a model "
        "and has no numbers.",
    )
    return _panel("7A", "Killing assay, as a diagram", build_model("carrgo_restimulation", ()), caption)


PANELS = (panel_4a, panel_7a)
