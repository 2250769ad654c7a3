"""Plotly figures of an exposure-response: the curve with its band, what was observed, times by exposure."""

from typing import cast

import numpy as np

from livingdrug.plots import COLOURS, FEW_DECADES, MARKS, MUTED
from livingdrug.report import Table, text_table
from livingdrug.response import (
    BinaryFit,
    CompetingFit,
    ContinuousFit,
    GradedFit,
    ObservedRate,
    RepeatedFit,
    TimeFit,
    VisitsFit,
    observed_rates,
)
from livingdrug.web.figures import DASHES, axis, band, layout
from livingdrug.workflows.response.spec import ResponseAnswer as Answer

ROWS = 13  # of a curve in its table


def response_figure(answer: Answer, curves) -> dict:
    """The figure of a fit; curves: the table that `results.csv` holds."""
    known = {
        "binary": _binary, "repeated": _repeated, "graded": _graded, "continuous": _continuous,
        "time": _survival, "competing": _incidence, "visits": _visits,
    }  # fmt: skip
    return known[answer.kind](answer, curves)


def curve_table(answer: Answer, curves) -> Table:
    """Some rows of each curve."""
    by = {
        "graded": ["outcome"], "time": ["exposure"], "competing": ["exposure", "cause"],
        "visits": ["exposure"],
    }.get(answer.kind)  # fmt: skip
    parts = [part for _, part in curves.groupby(by, sort=False)] if by else [curves]
    import pandas as pd

    some = [part.iloc[np.unique(np.linspace(0, len(part) - 1, ROWS).astype(int))] for part in parts]
    return text_table("the curves, some rows of them", pd.concat(some))


def _line(x, y, colour: str, k: int, name: str) -> dict:
    return {"x": list(x), "y": list(y), "mode": "lines", "name": name, "legendgroup": name,
            "line": {"color": colour, "dash": DASHES[k % len(DASHES)], "width": 2.2}}  # fmt: skip


def _rates(rates: tuple[ObservedRate, ...], colour: str, name: str, shown: bool = True) -> dict:
    reach = {"type": "data", "symmetric": False, "array": [g.high - g.rate for g in rates],
             "arrayminus": [g.rate - g.low for g in rates], "thickness": 1.2}  # fmt: skip
    return {"x": [g.median for g in rates], "y": [g.rate for g in rates], "mode": "markers", "error_y": reach, "name": name,
            "marker": {"color": colour, "size": 8}, "showlegend": shown, "legendgroup": name}  # fmt: skip


def _exposure_axis(answer: Answer) -> dict:
    sample = answer.sample
    title = sample.exposure_name + (f" ({sample.exposure_unit})" if sample.exposure_unit else "")
    if answer.scale != "log" or not sample.exposure.min() > 0:
        return axis(title)
    few = sample.exposure.max() < FEW_DECADES * sample.exposure.min()
    return axis(title, type="log", exponentformat="power", **({} if few else {"dtick": 1}))


def _made(answer: Answer, data: list[dict], height: dict) -> dict:
    return {"data": data, "layout": layout(xaxis=_exposure_axis(answer), yaxis=height)}


def _repeated(answer: Answer, curves) -> dict:
    """The curve and observed rates; exact intervals of them would take rows of one subject for those of many."""
    fit, sample = cast(RepeatedFit, answer.fit), answer.sample
    x, rates = curves[sample.exposure_name].tolist(), observed_rates(sample, sample.outcome, fit.level)
    made = [*band(x, curves["low"].tolist(), curves["high"].tolist(), COLOURS[0]),
            _line(x, curves["probability"], COLOURS[0], 0, f"{fit.model}, {100 * fit.level:g} % band"),
            {"x": [g.median for g in rates], "y": [g.rate for g in rates], "mode": "markers", "name": "observed, of all rows",
             "marker": {"color": "#333333", "size": 8}}]  # fmt: skip
    return _made(answer, made, axis(f"probability of {sample.endpoint}", range=[-0.07, 1.07]))


def _binary(answer: Answer, curves) -> dict:
    fit, sample = cast(BinaryFit, answer.fit), answer.sample
    x = curves[sample.exposure_name].tolist()
    made = [*band(x, curves["low"].tolist(), curves["high"].tolist(), COLOURS[0]),
            _line(x, curves["probability"], COLOURS[0], 0, f"{fit.model}, {100 * fit.level:g} % band"),
            _rates(observed_rates(sample, sample.outcome, fit.level), "#333333", "observed, exact interval")]  # fmt: skip
    if (sample.trials == 1).all():
        spread = MARKS * ((np.arange(sample.n) * 0.6180339887) % 1.0)  # keeps neighbours apart
        y = np.where(sample.outcome == 1, 1.02 + spread, -0.02 - spread)
        made.append({"x": sample.exposure.tolist(), "y": y.tolist(), "mode": "markers", "name": "subjects",
                     "marker": {"color": MUTED, "size": 4, "opacity": 0.6}})  # fmt: skip
    return _made(answer, made, axis(f"probability of {sample.endpoint}", range=[-0.08, 1.08]))


def _graded(answer: Answer, curves) -> dict:
    fit, sample, made = cast(GradedFit, answer.fit), answer.sample, []
    for k, ((name, rows), grade) in enumerate(zip(curves.groupby("outcome", sort=False), fit.grades[1:], strict=True)):
        x, colour = rows[sample.exposure_name].tolist(), COLOURS[k % len(COLOURS)]
        rates = observed_rates(sample, (sample.outcome >= grade).astype(float), fit.level)
        made += [*band(x, rows["low"].tolist(), rows["high"].tolist(), colour, 0.1),
                 _line(x, rows["probability"], colour, k, str(name)), _rates(rates, colour, str(name), False)]  # fmt: skip
    return _made(answer, made, axis(f"probability of this grade of {sample.endpoint} or above", range=[-0.03, 1.03]))


def _continuous(answer: Answer, curves) -> dict:
    fit, sample = cast(ContinuousFit, answer.fit), answer.sample
    x = curves[sample.exposure_name].tolist()
    made = [*band(x, curves["low"].tolist(), curves["high"].tolist(), COLOURS[0]),
            _line(x, curves["response"], COLOURS[0], 0, f"{fit.model}, {100 * fit.level:g} % band"),
            {"x": sample.exposure.tolist(), "y": sample.outcome.tolist(), "mode": "markers", "name": "observed",
             "marker": {"color": "#333333", "size": 5}}]  # fmt: skip
    unit = f" ({sample.outcome_unit})" if sample.outcome_unit else ""
    return _made(answer, made, axis(f"{sample.endpoint}{unit}"))


def _survival(answer: Answer, curves) -> dict:
    fit, made = cast(TimeFit, answer.fit), []
    for k, group in enumerate(fit.groups):
        curve, colour = group.curve, COLOURS[k % len(COLOURS)]
        time = [0.0, *curve.time.tolist()]
        low, high = ([1.0, *np.where(np.isnan(b), curve.survival, b).tolist()] for b in (curve.low, curve.high))
        line = _line(time, [1.0, *curve.survival.tolist()], colour, k, f"{group.label}: {group.events} of {group.n}")
        steps = [*band(time, low, high, colour, 0.1), line]
        for step in steps:
            step["line"] = {**step["line"], "shape": "hv"}
        seen = curve.censored > 0
        ticks = {"color": colour, "symbol": "line-ns-open", "size": 8}
        made += [*steps, {"x": curve.time[seen].tolist(), "y": curve.survival[seen].tolist(), "mode": "markers",
                          "marker": ticks, "name": "end of observation", "showlegend": False}]  # fmt: skip
    height = axis(f"free of the event ({fit.times.endpoint})", range=[0, 1.03])
    return {"data": made, "layout": layout(xaxis=_time_axis(fit), yaxis=height)}


def _incidence(answer: Answer, curves) -> dict:
    """Cumulative incidence of each cause by group: a colour for each group, a dash for each cause; bands of
    the first cause."""
    fit, made = cast(CompetingFit, answer.fit), []
    for k, group in enumerate(fit.groups):
        colour = COLOURS[k % len(COLOURS)]
        causes = zip(fit.times.causes, group.events, group.curves, strict=True)
        for c, (cause, events, curve) in enumerate(causes):
            time = [0.0, *curve.time.tolist()]
            low, high = ([0.0, *np.nan_to_num(part).tolist()] for part in (curve.low, curve.high))
            label = f"{cause}, {group.label}: {events} of {group.n}"
            line = _line(time, [0.0, *curve.incidence.tolist()], colour, c, label)
            steps = [*(band(time, low, high, colour, 0.1) if c == 0 else []), line]
            for step in steps:
                step["line"] = {**step["line"], "shape": "hv"}
            made += steps
    height = axis("cumulative incidence", range=[0, 1.03])
    return {"data": made, "layout": layout(xaxis=_time_axis(fit), yaxis=height)}


def _visits(answer: Answer, curves) -> dict:
    """Part free of an event between visits by group (Turnbull); within a shaded stretch it is not known."""
    fit, made = cast(VisitsFit, answer.fit), []
    last = max(float(np.max(fit.times.upper[fit.times.event])), float(fit.times.time.max()))
    for k, group in enumerate(fit.groups):
        colour, x, free, known = COLOURS[k % len(COLOURS)], [0.0], [1.0], group.curve
        edges: list[tuple[float, float, float]] = [(0.0, 1.0, 1.0)]  # time, lowest, highest
        falls = (part.tolist() for part in (known.start, known.end, known.share))
        for start, end, left in zip(*falls, strict=True):
            if not np.isfinite(end):  # when the rest had it is not known
                continue
            before = free[-1]
            edges += [(start, before, before), (start, left, before), (end, left, before), (end, left, left)]
            x, free = [*x, start, end], [*free, before, left]
        edges.append((last, free[-1], free[-1]))
        at, low, high = map(list, zip(*edges, strict=True))
        label = f"{group.label}: {group.events} of {group.n}"
        made += [*band(at, low, high, colour, 0.25), _line([*x, last], [*free, free[-1]], colour, k, label)]
    title = f"free of the event ({fit.times.endpoint})"
    return {"data": made, "layout": layout(xaxis=_time_axis(fit), yaxis=axis(title, range=[0, 1.03]))}


def _time_axis(fit: TimeFit | CompetingFit | VisitsFit) -> dict:
    return axis(f"time ({fit.times.unit})" if fit.times.unit else "time")
