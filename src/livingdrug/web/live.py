"""What Explore draws while a slider moves: the heights of the curves alone, past Dash, so that they follow
the hand. Layout, words and tables come later and less often."""

import json

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.plots import MUTED, panels_of
from livingdrug.web.address import read_query, to_query, view_pairs
from livingdrug.web.explore import complete, limit_of, pinned
from livingdrug.web.figures import panel_ranges, traces
from livingdrug.web.model_choice import model_of
from livingdrug.web.work import Work
from livingdrug.workflows.simulate.spec import Simulation


def live(query: str, work: Work) -> dict:
    """{query: the address of what is drawn; traces: which of the figure's traces have moved; heights: of
    each of them; times: of each of them, nothing where they are those of the trace before; ranges:
    exponents of each panel's axis}. Pinned curves stand still. Raises LivingdrugError for what cannot be
    run."""
    scenario, view = read_query(query)
    if not isinstance(scenario, Simulation):
        raise InputError("the address names no simulation, so there are no curves to draw")
    scenario = complete(scenario, work)
    panels = panels_of(model_of(scenario, work))
    made = traces([work.simulate(scenario), *pinned(view["pin"], work)], panels)
    moved = [i for i, trace in enumerate(made) if trace["line"].get("color") != MUTED]
    ranges = panel_ranges(made, panels, limit_of(view["line"][-1] if view["line"] else ""))
    heights, times = [made[i]["y"] for i in moved], [made[i]["x"] for i in moved]
    times = [x if k == 0 or x != times[k - 1] else None for k, x in enumerate(times)]
    drawn = {"traces": moved, "heights": heights, "times": times, "ranges": ranges}
    return {"query": to_query(scenario, view_pairs(view)), **drawn}


def register(server, work: Work) -> None:
    """The route: an error is one sentence of text."""
    from flask import Response, request

    @server.route("/live")
    def hand_over():
        try:
            made = live(request.query_string.decode(), work)
        except LivingdrugError as error:
            return Response(f"{error}", 400, mimetype="text/plain")
        return Response(json.dumps(made, separators=(",", ":")), mimetype="application/json")
