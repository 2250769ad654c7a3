"""Profiles of subjects as plots: samples below the limit as open circles, late times without pressing the
early ones."""

from typing import SupportsIndex

import numpy as np

from livingdrug.data import printable
from livingdrug.nca import NcaResult
from livingdrug.web.figures import axis, layout, log_range, long_time

MOST = 200  # subjects in a list or a plot
OWN, OTHERS, FAINT = "#D55E00", "#0072B2", "rgba(0,114,178,0.35)"
HOVER = "%{customdata:,.4g}: %{y:,.4g}"


def rows_of(result: NcaResult, i: SupportsIndex) -> np.ndarray:
    """Rows of a profile in the order of time."""
    rows = np.flatnonzero(result.data.profile == i)
    return rows[np.argsort(result.data.time[rows], kind="stable")]


def all_profiles(result: NcaResult, subject: str) -> dict:
    """A line for each subject, the chosen one thick, and every sample below the limit."""
    place, made = _placing(result), []
    for i, name in enumerate(result.ids[:MOST]):
        mine = str(name) == subject
        line = {"color": OWN if mine else FAINT, "width": 3 if mine else 1}
        made.append(
            _measured(result, i, place)
            | {
                "marker": {"size": 6 if mine else 3},
                "line": line,
                "name": printable(str(name), 30),
                "showlegend": mine,
            }
        )
    made += _below(result, range(min(len(result.ids), MOST)), place, 6)
    return {"data": made, "layout": _axes(result, place)}


def one_profile(result: NcaResult, i: int, used: np.ndarray) -> dict:
    """The samples of a subject, those of the terminal phase ringed, and its line."""
    place, measured = _placing(result), _measured(result, i, _placing(result))
    x, y = measured["customdata"], measured["y"]
    chosen = [h if t in set(used.tolist()) else None for t, h in zip(x, y, strict=True)]
    ring = {"size": 16, "symbol": "circle-open", "color": OWN, "line": {"width": 2.5}}
    made = [
        measured | {"name": "measured", "marker": {"size": 9}, "line": {"color": OTHERS}},
        {
            "x": place(x),
            "customdata": x,
            "y": chosen,
            "mode": "markers",
            "name": "terminal points",
            "marker": ring,
        },
        *_below(result, [i], place, 9),
    ]
    lamz, heights = float(result.values["LAMZ"][i]), [h for h in chosen if h]
    if np.isfinite(lamz) and heights:
        middle, height = (
            float(np.mean([t for t, h in zip(x, chosen, strict=True) if h])),
            float(np.log(heights).mean()),
        )
        times = np.linspace(float(used[0]), float(used[-1]), 25).tolist()
        fit = [float(np.exp(height - lamz * (t - middle))) for t in times]
        made.append(
            {
                "x": place(times),
                "customdata": times,
                "y": fit,
                "mode": "lines",
                "name": "terminal fit",
                "line": {"color": OWN, "dash": "dash"},
            }
        )
    return {"data": made, "layout": _axes(result, place, i) | {"clickmode": "event"}}


def _placing(result: NcaResult):
    """Where times lie on the axis: as they are, or as square roots where the last one lies far beyond the
    median."""
    return long_time(result.data.time, "")[0]


def _measured(result: NcaResult, i: int, place) -> dict:
    data, rows = result.data, rows_of(result, i)
    heights = [float(data.dv[r]) if data.cens[r] != 1 and data.dv[r] > 0 else None for r in rows]
    times = data.time[rows].tolist()
    return {
        "x": place(times),
        "customdata": times,
        "y": heights,
        "mode": "lines+markers",
        "hovertemplate": HOVER,
    }


def _below(result: NcaResult, profiles, place, size: int) -> list[dict]:
    """Samples below the limit, at the limit; none where there are none."""
    data, times, heights = result.data, [], []
    for i in profiles:
        for r in rows_of(result, i):
            limit = float(data.limit[r])
            if data.cens[r] == 1 and np.isfinite(limit) and limit > 0:
                times.append(float(data.time[r]))
                heights.append(limit)
    if not times:
        return []
    mark = {"symbol": "circle-open", "size": size, "color": "#777777", "line": {"width": 1.5}}
    return [{"x": place(times), "customdata": times, "y": heights, "mode": "markers", "marker": mark,
             "name": "below the limit", "hovertemplate": "%{customdata:,.4g}: below %{y:,.4g}"}]  # fmt: skip


def _axes(result: NcaResult, place, i: int = 0) -> dict:
    data, p = result.data, result.data.profiles
    shown = data.dv[(data.cens != 1) & (data.dv > 0)]
    height = axis(
        p.unit[i] or "unit not stated", type="log", range=log_range(shown), exponentformat="power", dtick=1
    )
    time = long_time(data.time, f"time since the infusion ({data.time_unit or 'unit not stated'})")[1]
    made = layout(xaxis=time, shapes=[], yaxis=height)
    limits = data.limit[np.isfinite(data.limit)]
    if len(limits):
        top = float(limits.max())
        made["yaxis"]["range"] = log_range(np.append(shown, top))
        line = {"dash": "dash", "color": "#777", "width": 1.2}
        made["shapes"] = [
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": top,
                "y1": top,
                "line": line,
                "label": {"text": f"limit {top:g}"},
            }
        ]
    return made
