"""Whether a fit holds: values against predictions, residuals, the curve of each subject, parameters over covariates."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from dash import dcc, html

from livingdrug.core.conventions import Z95
from livingdrug.core.errors import LivingdrugError
from livingdrug.data import check, printable
from livingdrug.plots import COLOURS, MUTED
from livingdrug.report import Table, number, text_table
from livingdrug.web.figures import axis, band, grid_layout, layout, log_range, long_time
from livingdrug.web.fits import FitJob
from livingdrug.web.parts import attribute, plot, problem
from livingdrug.web.work import Work

PATH = "/fit"
MOST = 200  # subjects that are listed, and rows of a table beside a plot
FEW = 6  # different values of a covariate, up to which it is one of classes
BLUE, ORANGE, GREY = COLOURS[0], COLOURS[1], "#777777"
REPLICATES = 300
Covariates = dict[str, dict[str, str]]  # name -> subject -> text


def observed(records, units: dict[str, str]) -> list:
    """Measured values against typical and individual predictions, a plot for each output."""
    made = []
    for k, (output, rows) in enumerate(_measured(records)):
        good = rows[(rows["value"] > 0) & (rows["pred"] > 0) & (rows["ipred"] > 0)]
        ends = log_range(np.concatenate([good["value"], good["pred"], good["ipred"]]))
        line = {
            "x": [10 ** ends[0], 10 ** ends[1]],
            "y": [10 ** ends[0], 10 ** ends[1]],
            "mode": "lines",
            "name": "equal",
            "line": {"color": MUTED, "dash": "dash", "width": 1.2},
        }
        dots = [
            {
                "x": good[key].tolist(),
                "y": good["value"].tolist(),
                "mode": "markers",
                "name": name,
                "text": _who(good),
                "hovertemplate": "%{text}: %{y:,.4g} measured, %{x:,.4g} predicted",
                "marker": {"size": 6, "color": colour},
            }
            for key, name, colour in (
                ("pred", "typical prediction", GREY),
                ("ipred", "individual prediction", BLUE),
            )
        ]
        unit = units.get(output, "")
        logs = {"type": "log", "exponentformat": "power", "dtick": 1, "range": ends}
        drawn = layout(xaxis=axis(f"predicted ({unit})", **logs), yaxis=axis(f"measured ({unit})", **logs))
        said = f"{_words(output)}: {len(good)} measured values against what the model predicts for the typical subject "
        said += "(grey) and for each subject (blue); on the dashed line both are equal."
        shown = good[["subject", "time", "value", "pred", "ipred"]].head(MOST)
        made.append(
            plot(
                _named("observed", k),
                {"data": [line, *dots], "layout": drawn},
                said,
                text_table("values and predictions", shown.astype({"subject": str})),
                440,
            )
        )
    return [html.H2("Measured against predicted"), *made] if made else []


def residuals(records, time_unit: str) -> list:
    """Weighted residuals over time and over the prediction."""
    made = []
    for k, (output, rows) in enumerate(_measured(records)):
        rows = rows[np.isfinite(rows["iwres"])]
        if not len(rows):
            continue
        place, time = long_time(rows["time"].to_numpy(), f"time since the infusion ({time_unit})")
        kinds = [("iwres", "individual (IWRES)", BLUE)]
        if "cwres" in rows and np.isfinite(rows["cwres"]).any():
            kinds.append(("cwres", "conditional (CWRES)", ORANGE))
        data = [
            {
                "x": place(rows["time"].tolist()),
                "y": rows[key].tolist(),
                "mode": "markers",
                "name": name,
                "text": _who(rows),
                "customdata": rows["time"].tolist(),
                "hovertemplate": "%{text} at %{customdata:,.4g}: %{y:.3g}",
                "marker": {"size": 6, "color": colour},
            }
            for key, name, colour in kinds
        ]
        beyond = float((np.abs(rows[kinds[-1][0]]) > Z95).mean())
        shapes = [_level(y, "solid" if y == 0 else "dot") for y in (0, -Z95, Z95)]
        drawn = layout(xaxis=time, yaxis=axis("weighted residual"), shapes=shapes)
        said = f"{_words(output)}: {beyond:.0%} of the {kinds[-1][1]} weighted residuals lie beyond ±1.96; "
        said += "5 % would where model and residual error hold. Values below a limit have none."
        shown = rows[["subject", "time", *(key for key, *_ in kinds)]].head(MOST)
        made.append(
            plot(
                _named("residuals", k),
                {"data": data, "layout": drawn},
                said,
                text_table("weighted residuals", shown.astype({"subject": str})),
                380,
            )
        )
    return [html.H2("Weighted residuals"), *made] if made else []


def subjects(ident: str, records, folder: Path, said: dict, chosen: str) -> list:
    """The curve of one subject beside that of the typical one; every other subject is a link."""
    if not (folder / "curves.csv").is_file():
        return []
    import pandas as pd

    curves = pd.read_csv(folder / "curves.csv", dtype={"subject": str})
    names = list(dict.fromkeys(curves["subject"]))
    chosen = chosen if chosen in names else names[0]
    made = [html.H2("Each subject"), _links(ident, names[:MOST], chosen, "subject")]
    mine = curves[curves["subject"] == chosen]
    for k, (output, rows) in enumerate(mine.groupby("output", sort=False)):
        values = records[(records["subject"] == chosen) & (records["output"] == output)]
        made.append(_one(_named("own", k), chosen, str(output), rows, values, said))
    return made


def _one(ident: str, chosen: str, output: str, rows, values, said: dict) -> html.Figure:
    place, time = long_time(values["time"].to_numpy(), f"time since the infusion ({said['time_unit']})")
    lines = [
        {
            "x": place(rows["time"].tolist()),
            "y": _shown(rows[key]),
            "mode": "lines",
            "name": name,
            "line": {"color": colour, "dash": dash, "width": 2},
        }
        for key, name, colour, dash in (
            ("pred", "typical curve", GREY, "dash"),
            ("ipred", "own curve", BLUE, "solid"),
        )
    ]
    measured, below = values[values["kind"] == "measured"], values[values["kind"] == "below"]
    dots = [
        {
            "x": place(measured["time"].tolist()),
            "y": _shown(measured["value"]),
            "mode": "markers",
            "name": "measured",
            "marker": {"size": 9, "color": ORANGE},
        }
    ]
    if len(below):
        mark = {"symbol": "circle-open", "size": 9, "color": GREY, "line": {"width": 1.5}}
        dots.append(
            {
                "x": place(below["time"].tolist()),
                "y": _shown(below["value"]),
                "mode": "markers",
                "marker": mark,
                "name": "below the limit",
            }
        )
    heights = np.array([y for trace in (*lines, *dots) for y in trace["y"] if y is not None])
    height = axis(
        f"{_words(output)} ({said['units'].get(output, '')})",
        type="log",
        exponentformat="power",
        dtick=1,
        range=log_range(heights),
    )
    text = f"{printable(chosen, 40)}, {_words(output)}: {len(measured)} measured values"
    text += f" and {len(below)} below the limit (open, at the limit)" if len(below) else ""
    table = text_table("values of this subject", values[["time", "value", "kind", "pred", "ipred"]])
    return plot(
        ident,
        {"data": [*lines, *dots], "layout": layout(xaxis=time, yaxis=height)},
        f"{text}, with the typical and the own curve of the fit.",
        table,
        400,
    )


def covariates(ident: str, found: Covariates, folder: Path, chosen: str) -> list:
    """Individual estimates over a covariate of the data; every other covariate is a link."""
    if not found:
        return []
    import pandas as pd

    own = pd.read_csv(folder / "individuals.csv", dtype={"subject": str})
    effects = [name.removeprefix("eta ") for name in own if name.startswith("eta ")]
    effects = [name for name in effects if name in own]
    if not effects:
        return []
    chosen = chosen if chosen in found else next(iter(found))
    values = pd.Series([found[chosen].get(name, "") for name in own["subject"]], index=own.index)
    numeric = pd.Series(pd.to_numeric(values, errors="coerce"))
    classes = bool(numeric.isna().all() or numeric.nunique() <= FEW)
    x = (
        [str(v) or "not given" for v in values]
        if classes
        else [None if v != v else float(v) for v in numeric]
    )
    said = f"Individual estimates (EBE) of {', '.join(effects)} over {printable(chosen, 40)}. Where shrinkage is large they "
    said += "lie close to the typical value, and hide what there is; the report tests relations on sampled parameters."
    shown = Table(
        f"individual estimates and {printable(chosen, 40)}",
        ("subject", printable(chosen, 40), *effects),
        tuple(
            (printable(str(row["subject"]), 40), str(v), *(number(float(row[name])) for name in effects))
            for v, row in zip(x, own.head(MOST).to_dict("records"), strict=False)
        ),
    )
    return [
        html.H2("Individual parameters and covariates"),
        _links(ident, list(found), chosen, "shown-covariate"),
        plot("covariates", _panels(own, effects, x, classes), said, shown, 60 + 230 * -(-len(effects) // 3)),
    ]


def covariates_of(job: FitJob) -> Covariates:
    """Covariate -> subject -> text, of the data that were fitted; nothing where they cannot be read any more."""
    table = next(job.folder.glob("samples.*"), None)
    if table is None:
        return {}
    try:
        data = check(table, job.shown.reading()).data
    except LivingdrugError:
        return {}
    if data is None:
        return {}
    ids = [str(name) for name in data.subjects]
    return {
        name: {i: str(v) for i, v in zip(ids, column, strict=True)}
        for name, column in data.covariates.items()
    }


def _panels(own, effects: Sequence[str], x: list, classes: bool) -> dict:
    """A panel for each parameter, on a log axis where all values are positive."""
    made, data = grid_layout(effects), []
    for k, name in enumerate(effects):
        n = "" if k == 0 else str(k + 1)
        y = own[name].tolist()
        data.append(
            {
                "x": x,
                "y": y,
                "xaxis": f"x{n}",
                "yaxis": f"y{n}",
                "mode": "markers",
                "name": name,
                "text": own["subject"].tolist(),
                "hovertemplate": "%{text}: %{y:.4g}",
                "showlegend": False,
                "marker": {"size": 7, "color": BLUE, "opacity": 0.7},
            }
        )
        made[f"xaxis{n}"] = axis("", type="category") if classes else axis("")
        made[f"yaxis{n}"] = axis("", **({"type": "log", "exponentformat": "power"} if min(y) > 0 else {}))
    return {"data": data, "layout": made}


def stratified(
    ident: str, folder: Path, by: str, names: Sequence[str], draw: Callable, work: Work | None
) -> list:
    """The predictive check of each group of a covariate; every covariate is a link. draw(check): its figures;
    work: lets a long job in."""
    if not names:
        return []
    links = _links(ident, names, by, "shown-strata")
    head = html.P(["Predictive check by: ", links])
    if by not in names or work is None:
        return [head]
    from livingdrug.fit import vpc
    from livingdrug.workflows.fit.fitted import fitted_problem

    try:
        with work.job():
            made = vpc(fitted_problem(folder), REPLICATES, by=by)
    except LivingdrugError as error:
        return [head, problem(f"by {printable(by, 40)}: {error}")]
    return [head, *draw(made)]


def below_panel(ident: str, rows, time_unit: str) -> list:
    """Part of the values below the limit: that of the data in the interval of the model; nothing where there is none."""
    below = rows[rows["quantity"] == "below_limit"]
    if not len(below) or not ((below["high"] > 0).any() or (below["observed"] > 0).any()):
        return []
    place, time = long_time(below["time"].to_numpy(), f"time since the infusion ({time_unit})")
    x = place(below["time"].tolist())
    seen = {
        "x": x,
        "y": (100 * below["observed"]).tolist(),
        "mode": "lines+markers",
        "name": "of the data",
        "line": {"color": ORANGE, "width": 2},
        "marker": {"size": 6},
    }
    edges = band(x, (100 * below["low"]).tolist(), (100 * below["high"]).tolist(), ORANGE)
    edges[1]["name"], edges[1]["showlegend"] = "95 % interval of the model", True
    drawn = layout(xaxis=time, yaxis=axis("values below the limit (%)", range=[-3, 103]))
    out = int(((below["observed"] < below["low"]) | (below["observed"] > below["high"])).sum())
    said = f"Part of the values that lie below the limit of quantification (BLQ): {out} of {len(below)} lie outside the 95 % "
    said += "intervals of the model."
    shown = below[["start", "end", "records", "observed", "low", "median", "high"]]
    return [
        plot(
            ident,
            {"data": [*edges, seen], "layout": drawn},
            said,
            text_table("parts below the limit", shown),
            260,
        )
    ]


def _measured(records):
    return records[records["kind"] == "measured"].groupby("output", sort=False)


def _links(ident: str, names: Sequence[str], chosen: str, key: str) -> html.Nav:
    made = [
        html.Span(printable(name, 30), className="here", **attribute("aria-current", "true"))
        if name == chosen
        else dcc.Link(printable(name, 30), href=f"{PATH}?{urlencode({'job': ident, key: name})}")
        for name in names
    ]
    return html.Nav([part for link in made for part in (link, " ")], **attribute("aria-label", key.removeprefix("shown-")))


def _level(y: float, dash: str) -> dict:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": y,
        "y1": y,
        "line": {"dash": dash, "color": MUTED},
    }


def _who(rows) -> list[str]:
    return [printable(str(name), 30) for name in rows["subject"]]


def _shown(values) -> list[float | None]:
    """What a log axis can show."""
    return [float(v) if v > 0 and np.isfinite(v) else None for v in values]


def _words(output: str) -> str:
    return output.replace("_", " ")


def _named(name: str, k: int) -> str:
    return f"{name}-{k + 1}" if k else name
