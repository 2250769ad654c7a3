"""Plotly figures as plain data: a simulation's panels, and axes that look alike on every page."""

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import Any

import numpy as np

from livingdrug.plots import COLOURS, DECADES, MUTED, Panel, drawn_curve, is_long, long_ticks
from livingdrug.simulation import Result

DASHES = ("solid", "dash", "dashdot", "dot", "longdash")
TINY = 1e-30  # what lies below is not shown
PANEL_HEIGHT, ROW_GAP, COLUMN_GAP = 310, 96, 0.1  # px, px, part of the width
PLAIN = 6  # powers of ten, below which an axis of few decades has plain numbers
FEW = 1.3  # decades, up to which an axis is labelled between powers of ten
WRAPPED = 44  # signs of a panel's title in one line
BANDS = ((95, 0.16), (50, 0.34))
CLEAR = "rgba(0,0,0,0)"  # the ground of the page, light or dark
FONT = {"family": "system-ui, sans-serif", "size": 13, "color": "#1b1b1b"}


def axis(title: str, **more) -> dict:
    """An axis with its title."""
    said = {"text": title, "font": {"size": 13}}
    return {"title": said, "gridcolor": "#ececec", "zeroline": False, "linecolor": "#777", **more}


def long_time(times: np.ndarray, title: str) -> tuple[Callable[[Sequence[float]], list[float]], dict]:
    """(where times lie on an axis, that axis): as they are, or as square roots where the last one lies so
    far beyond the median that the early ones would be pressed together."""
    if not len(times) or not is_long(times):
        return list, axis(title)

    def place(some: Sequence[float]) -> list[float]:
        return np.sqrt(np.maximum(some, 0.0)).tolist()

    ticks = long_ticks(float(np.max(times)))
    return place, axis(title, tickvals=place(ticks), ticktext=[f"{tick:g}" for tick in ticks])


def grid_layout(names: Sequence[str], across: int = 3) -> dict:
    """The layout of small panels, each under its name."""
    grid = {
        "rows": -(-len(names) // across),
        "columns": across,
        "pattern": "independent",
        "ygap": 0.4,
        "xgap": 0.14,
    }
    made = layout(grid=grid, margin={"l": 50, "r": 15, "t": 30, "b": 40}, annotations=[], shapes=[])
    for k, name in enumerate(names):
        n = "" if k == 0 else str(k + 1)
        place = {
            "xref": f"x{n} domain",
            "yref": f"y{n} domain",
            "x": 0,
            "y": 1.0,
            "yanchor": "bottom",
            "xanchor": "left",
        }
        made["annotations"].append({"text": name, "showarrow": False, **place})
    return made


def layout(**more) -> dict:
    """What all figures share."""
    return {
        "font": FONT,
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "margin": {"l": 64, "r": 15, "t": 14, "b": 50},
        "showlegend": False,  # app.js writes it beside the plot
        "uirevision": "kept",
        "hovermode": "closest",
        **more,
    }


def panel_figure(
    results: list[Result], panels: tuple[Panel, ...], limit: float | None, names: Sequence[str] = ()
) -> dict:
    """All panels in a grid of two columns, of one on a narrow screen (`app.js` chooses); results after the
    first are pinned ones, in grey, called by their names. The unit stands in the title of a panel: beside
    an axis it would lie on the next."""
    made = layout(annotations=[], shapes=[], margin={"l": 60, "r": 12, "t": 30, "b": 46})
    data = traces(results, panels, names)
    ranges = panel_ranges(data, panels, limit)
    made["meta"] = {"wide": _places(len(panels), 2), "narrow": _places(len(panels), 1), "panels": len(panels)}
    for k, panel in enumerate(panels):
        n = "" if k == 0 else str(k + 1)
        made[f"xaxis{n}"] = axis(f"time ({results[0].time_unit})", anchor=f"y{n}")
        made[f"xaxis{n}"]["title"]["standoff"] = 4
        few = ranges[k][1] - ranges[k][0] <= FEW
        decades: dict[str, Any] = {} if few else {"dtick": 1}
        if few and ranges[k][1] < PLAIN:
            decades["tickformat"] = ",.3~r"
        made[f"yaxis{n}"] = axis(
            "", type="log", range=ranges[k], exponentformat="power", anchor=f"x{n}", **decades
        )
        title = "<br>".join(wrap(f"{panel.title} ({panel.unit})", WRAPPED))
        made["annotations"].append(
            {
                "text": f"<b>{title}</b>",
                "xref": f"x{n} domain",
                "yref": f"y{n} domain",
                "x": 0,
                "y": 1.0,
                "align": "left",
                "yanchor": "bottom",
                "xanchor": "left",
                "showarrow": False,
            }
        )
        if panel.measured and limit is not None:
            made["shapes"].append(_limit_line(limit, n))
    for name, place in made["meta"]["wide"]["domains"].items():
        made[name]["domain"] = place
    return {"data": data, "layout": made}


def _places(panels: int, columns: int) -> dict:
    """Where each axis lies with so many columns, and how high the plot is, in px."""
    columns = min(columns, panels)
    down = -(-panels // columns)
    height = PANEL_HEIGHT * down
    high, wide = (1 - ROW_GAP * (down - 1) / (height - 90)) / down, (1 - COLUMN_GAP * (columns - 1)) / columns
    made: dict[str, list[float]] = {}
    for k in range(panels):
        n = "" if k == 0 else str(k + 1)
        left, top = (k % columns) * (wide + COLUMN_GAP), 1 - (k // columns) * (high + ROW_GAP / (height - 90))
        made[f"xaxis{n}"], made[f"yaxis{n}"] = [left, min(left + wide, 1.0)], [max(top - high, 0.0), top]
    return {"domains": made, "height": height}


def panels_height(panels: int) -> int:
    """How high a plot of so many panels is on a wide screen, in px."""
    return _places(panels, 2)["height"]


def _limit_line(limit: float, n: str) -> dict:
    return {
        "type": "line", "xref": f"x{n} domain", "x0": 0, "x1": 1, "yref": f"y{n}", "y0": limit, "y1": limit,
        "line": {"dash": "dash", "color": "#555", "width": 1.2},
        "label": {"text": f"limit {limit:g}", "textposition": "end", "font": {"size": 11}},
    }  # fmt: skip


def traces(results: list[Result], panels: tuple[Panel, ...], names: Sequence[str] = ()) -> list[dict]:
    """Always the same ones in the same order for the same panels, so that only their heights need to be
    sent again."""
    made = []
    for k, panel in enumerate(panels):
        n = "" if k == 0 else str(k + 1)
        where = {"xaxis": f"x{n}", "yaxis": f"y{n}"}
        for p, result in enumerate(results[1:], 1):
            for j, output in enumerate(panel.outputs):
                said = f"pinned {p}: {names[p - 1]}" if p <= len(names) and names[p - 1] else f"pinned {p}"
                times, middle = _middle(result, output)
                made.append({
                    **where, "x": times.tolist(), "y": _heights(middle), "mode": "lines",
                    "name": said, "legendgroup": f"pin{p}", "showlegend": k == 0 and j == 0,
                    "line": {"color": MUTED, "dash": DASHES[j % 5], "width": 1.3},
                })  # fmt: skip
        for j, output in enumerate(panel.outputs):
            colour = COLOURS[j % len(COLOURS)]
            if j == 0 and results[0].n > 1:
                times = results[0].times
                bands, middle = _bands(results[0], output, colour)
                made += [{**band, **where, "x": times.tolist()} for band in bands]
            else:
                times, middle = _middle(results[0], output)
            made.append(
                {
                    **where,
                    "x": times.tolist(),
                    "y": _heights(middle),
                    "mode": "lines",
                    "name": output.replace("_", " "),
                    "showlegend": len(panel.outputs) > 1,
                    "line": {"color": colour, "dash": DASHES[j % 5], "width": 2.2},
                }
            )
    return made


def _bands(result: Result, output: str, colour: str) -> tuple[list[dict], np.ndarray]:
    """Lower and upper edge of each band, the upper one filling down to the lower one; and the median."""
    levels = [edge for width, _ in BANDS for edge in (50 - width / 2, 50 + width / 2)]
    *edges, middle = result.percentiles(output, [*levels, 50])
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    made = []
    for i, (width, alpha) in enumerate(BANDS):
        line = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        fill = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},{alpha})"}
        made.append({**line, "y": _heights(edges[2 * i], floor=True), "name": "band"})
        made.append(
            {
                **line,
                **fill,
                "y": _heights(edges[2 * i + 1], floor=True),
                "name": f"{width} % of the subjects",
            }
        )
    return made, middle


def band(x: list, low: list, high: list, colour: str, alpha: float = 0.18) -> list[dict]:
    """Lower and upper edge of a band, the upper one filling down to the lower one. colour: `#rrggbb`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    edge = {
        "x": x,
        "mode": "lines",
        "line": {"width": 0},
        "showlegend": False,
        "hoverinfo": "skip",
        "name": "band",
    }
    fill = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},{alpha})"}
    return [{**edge, "y": low}, {**edge, **fill, "y": high}]


def _middle(result: Result, output: str) -> tuple[np.ndarray, np.ndarray]:
    """Times and values of the curve of one subject with its maximum, of the median of several."""
    return (
        drawn_curve(result, output) if result.n == 1 else (result.times, result.percentiles(output, (50,))[0])
    )


def _heights(values: np.ndarray, floor: bool = False) -> list[float | None]:
    """What a log axis can show, six digits; a band goes on below it."""
    tiny = TINY if floor else None
    return [float(f"{v:.6g}") if TINY < v < np.inf else tiny for v in values.tolist()]


def log_range(values: np.ndarray) -> list[float]:
    """Exponents of an axis that shows these values: no more than seven decades below the highest."""
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return [-1.0, 1.0]
    top = float(np.log10(values.max()))
    low = max(float(np.log10(values.min())), top - np.log10(DECADES))
    return [low - 0.05 * (top - low) - 0.05, top + 0.08 * (top - low) + 0.05]


def panel_ranges(made: list[dict], panels: tuple[Panel, ...], limit: float | None) -> list[list[float]]:
    """Exponents of each panel's axis, from the heights of its traces."""
    ranges = []
    for k, panel in enumerate(panels):
        here = f"x{'' if k == 0 else k + 1}"
        shown = [
            h for trace in made if trace["xaxis"] == here for h in trace["y"] if h is not None and h > TINY
        ]
        ranges.append(
            log_range(np.array([*shown, *([limit] if limit is not None and panel.measured else [])]))
        )
    return ranges
