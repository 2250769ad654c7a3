"""What a finished fit shows: parameters in words and numbers, what the data determine, the predictive
check, the course."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from dash import dcc, html

from livingdrug.core.known import known as known_of
from livingdrug.models import MODEL_FILE, read_model
from livingdrug.plots import COLOURS, MUTED
from livingdrug.report import Table, number, text_table
from livingdrug.web import fit_checks
from livingdrug.web.figures import axis, band, grid_layout, layout, log_range, long_time
from livingdrug.web.fits import FitJob, result_file
from livingdrug.web.limits import OWN
from livingdrug.web.parts import downloads, plot, points, table
from livingdrug.web.uploads import EXAMPLE
from livingdrug.web.work import Work
from livingdrug.web.worker import RUN
from livingdrug.workflows.fit.words import VERDICTS

FILES = (
    ("parameters.csv", "parameters (CSV)"),
    ("individuals.csv", "subjects (CSV)"),
    ("predictions.csv", "predictions (CSV)"),
    ("model.toml", "fitted model (TOML)"),
    ("vpc.csv", "predictive check (CSV)"),
    ("trace.csv", "course (CSV)"),
    ("picture.svg", "figure (SVG)"),
    ("picture.png", "figure (PNG)"),
    ("scenario.toml", "scenario (TOML)"),
    ("script.py", "Python script"),
    ("report.html", "report (HTML)"),
)
ELSEWHERE = (
    ("model.nonmem.txt", "NONMEM control stream"), ("samples.nonmem.csv", "samples for NONMEM (CSV)"),
    ("model.monolix.txt", "Monolix model"), ("samples.monolix.csv", "samples for Monolix (CSV)"),
    ("model.nlmixr2.R", "nlmixr2"), ("model.mrgsolve.cpp", "mrgsolve"), ("model.pumas.jl", "Pumas"),
)  # fmt: skip
MADE = ("scenario.toml", "script.py")  # when they are asked for
WIDTH, REPLICATES = 95, 300  # of the check that a fit makes: `report.fit_folder`
DECADES = 1e7  # what lies this far below the highest value is not shown
ACROSS = 3


@dataclass(frozen=True)
class Shown:
    """Which subject, which covariate, and the predictive check by which covariate a page shows."""

    subject: str = ""
    covariate: str = ""
    strata: str = ""


def finished(ident: str, job: FitJob, shown: Shown, work: Work | None = None) -> list:
    """Everything, under a sentence with the verdict."""
    folder, said = job.folder / RUN, known_of(job.answer(), "the answer of a finished fit")
    records = _read(folder / "predictions.csv")
    known = fit_checks.covariates_of(job)

    def strata(made) -> list:
        return _strata(made, records, known[shown.strata], said)

    there = [(name, text) for name, text in FILES if name in MADE or result_file(job.folder, name)]
    return [
        html.H2(f"{job.shown.model} fitted to {job.shown.file}"),
        *numbers(folder, said),
        *uses(ident, folder),
        html.Div(id="fit-compared"),
        *_checks(folder, said),
        *fit_checks.stratified(ident, folder, shown.strata, list(known), strata, work),
        *fit_checks.observed(records, said["units"]),
        *fit_checks.residuals(records, said["time_unit"]),
        *fit_checks.subjects(ident, records, folder, said, shown.subject),
        *fit_checks.covariates(ident, known, folder, shown.covariate),
        *_course(folder, said["averaged_from"]),
        downloads(f"job={ident}", there),
    ]


def uses(ident: str, folder: Path) -> list:
    """Links to what the fitted model can be used for from here on; nothing where it became none."""
    if not (folder / MODEL_FILE).is_file():
        return []
    model = read_model(folder / MODEL_FILE, even_so=True)
    given = {"model": f"{OWN}{ident}", **({"even_so": "true"} if model.doubts else {})}
    random = {"subjects": "200"} if model.populations else {}
    links = {"Explore": ("/explore", {"kind": "simulate", **given, **random}),
             "Which parameter matters": ("/sensitivity", {"kind": "sensitivity", **given, "n": "64"}),
             "Sampling days": ("/sampling", {"kind": "sampling", **given}),
             "How many patients": ("/trial", {"kind": "power", "fold": "2", **given}),
             "Forecast": ("/forecast", {"kind": "forecast", "file": EXAMPLE, "at": "14", **given})}
    shown = links if model.populations else {"Explore": links["Explore"]}
    doubts = (
        [html.P("The fit is not sound; every answer says so.", className="notes")] if model.doubts else []
    )
    row = [
        dcc.Link(text, href=f"{path}?{urlencode(query)}", className="button")
        for text, (path, query) in shown.items()
    ]
    files = downloads(f"job={ident}", ELSEWHERE, add=False)
    said = html.P("For other tools, the model at its estimates and the samples:")
    return [html.H2("Use this model"), *doubts, html.Div(row, className="row"), said, files]


def numbers(folder: Path, said: dict) -> list:
    """What was found: verdict, notes, parameters in words and as a table, what the data determine."""
    found = said["objective"]
    verdict = f"{VERDICTS[said['status']]} -2 log likelihood {found['minus2ll']:.2f}"
    if found["aic"] is not None:  # there is none where the likelihood is not known
        verdict += f", AIC {found['aic']:.2f}, BIC {found['bic']:.2f}"
    verdict += f", with {found['estimated']} estimated numbers."
    return [
        html.P(verdict, className="answer", id="sentence"),
        points("Notes", said["notes"]),
        points("Parameters in words", said["words"], "notes"),
        table(_estimates(folder.parent)),
        points("What the data determine", said["determined"], "notes"),
    ]


def _read(path: Path):
    import pandas as pd

    return pd.read_csv(path, dtype={"subject": str, "group": str, "censored": str, "parameter": str})


def _estimates(folder: Path) -> Table:
    rows = []
    for row in _read(folder / "parameters.csv").to_dict("records"):
        told = ["" if v != v else form(v) for v, form in ((row["se"], number), (row["rse"], "{:.1f}".format),
                                                          (row["shrinkage"], "{:.0f}".format))]  # fmt: skip
        shown = "fixed" if row["fixed"] else told[0] or "-"
        rows.append((row["parameter"], row["kind"], number(row["value"]), shown, *told[1:]))
    return Table("estimates", ("parameter", "kind", "value", "SE", "RSE %", "shrinkage %"), tuple(rows))


def _checks(folder: Path, said: dict) -> list:
    """A predictive check of each output, nothing where it could not be made."""
    if not (folder / "vpc.csv").is_file():
        return []
    check, records = with_ends(_read(folder / "vpc.csv")), _read(folder / "predictions.csv")
    made: list = [html.H2("Does it describe the data? Visual predictive check")]
    for k, (output, rows) in enumerate(check.groupby("output", sort=False)):
        ident = f"vpc-{k + 1}" if k else "vpc"
        mine = records[records["output"] == output]
        told = vpc_sentence(str(output), rows)
        made.append(plot(ident, _vpc_figure(rows, mine, said), told, _vpc_table(rows), 460))
        made += fit_checks.below_panel(f"{ident}-below", rows, said["time_unit"])
    return made


def _strata(made, records, texts: dict[str, str], said: dict) -> list:
    """The check of each output and group."""
    drawn = []
    for k, ((output, group), rows) in enumerate(
        with_ends(made.table()).groupby(["output", "group"], sort=False)
    ):
        mine = records[(records["output"] == output) & (records["subject"].map(texts) == str(group))]
        figure = _vpc_figure(rows, mine, said)
        drawn.append(
            plot(f"strata-{k + 1}", figure, f"{group}. {vpc_sentence(output, rows)}", _vpc_table(rows), 380)
        )
    return drawn


def with_ends(check):
    """The table with -inf and inf where a number lies below or above a limit, which is named in the column
    `censored`."""
    check = check.copy()
    for name in ("observed", "low", "median", "high"):
        for side, end in (("below", -np.inf), ("above", np.inf)):
            beyond = (
                check["censored"].fillna("").str.split("; ").map(lambda words, w=f"{name} {side}": w in words)
            )
            check.loc[beyond, name] = end
    return check


def vpc_sentence(output: str, rows) -> str:
    """How many percentiles of the data lie outside the intervals of the model, and how many would by
    chance."""
    levels, below = rows[rows["quantity"] != "below_limit"], rows[rows["quantity"] == "below_limit"]
    counted = [levels, below] if (below["high"] > 0).any() or (below["observed"] > 0).any() else [levels]
    out = sum(
        int(((part["observed"] < part["low"]) | (part["observed"] > part["high"])).sum()) for part in counted
    )
    everything = sum(len(part) for part in counted)
    what = "percentiles and parts below the limit" if len(counted) > 1 else "percentiles"
    return (
        f"{output.replace('_', ' ')}: {out} of {everything} {what} of the data lie outside the {WIDTH} % "
        f"intervals of {REPLICATES} simulated trials; about {(1 - WIDTH / 100) * everything:.1f} would by "
        "chance. Lines: 5th, 50th and 95th percentile of the data, without a mark where one is BLQ; bands: "
        "the model's intervals of them."
    )


def _vpc_table(rows) -> Table:
    shown = rows[["start", "end", "records", "quantity", "observed", "low", "median", "high"]]
    cells = [[_cell(v) if isinstance(v, float) else str(v) for v in shown[name].tolist()] for name in shown]
    return Table(
        "percentiles of the data and intervals of the model; below_limit: part of the values below the limit",
        tuple(shown),
        tuple(zip(*cells, strict=True)),
    )


def _cell(value: float) -> str:
    return {-np.inf: "below", np.inf: "above"}.get(value, number(value))


def _vpc_figure(rows, records, said: dict) -> dict:
    output = rows["output"].iloc[0]
    levels = rows[rows["quantity"] != "below_limit"]
    measured, limits = records[records["kind"] == "measured"], records[records["kind"] == "below"]["value"]
    top = float(np.nanmax([measured["value"].max(), levels[np.isfinite(levels["high"])]["high"].max()]))
    values = np.concatenate([measured["value"], limits, levels["observed"], levels["median"]])
    values = values[np.isfinite(values) & (values > top / DECADES)]
    foot = float(values.min()) / 3 if len(values) else top / DECADES
    dots = {"size": 4, "color": "#bbbbbb"}
    place, time = long_time(records["time"].to_numpy(), f"time since the infusion ({said['time_unit']})")
    made = [
        {
            "x": place(measured["time"].tolist()),
            "y": measured["value"].tolist(),
            "mode": "markers",
            "marker": dots,
            "name": "values",
        }
    ]
    quantities = list(dict.fromkeys(levels["quantity"]))
    for k, name in enumerate(quantities):
        mine = levels[levels["quantity"] == name]
        colour, dash = COLOURS[1 if k == len(quantities) // 2 else 0], ("dot", "solid", "dash")[k % 3]
        made += _percentile(mine, colour, dash, foot, place)
    shapes = []
    if limits.nunique() == 1:
        level = float(limits.iloc[0])
        line = {"dash": "dash", "color": "#555", "width": 1.2}
        shapes = [
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": level,
                "y1": level,
                "line": line,
                "label": {"text": f"limit {level:g}", "textposition": "end", "font": {"size": 11}},
            }
        ]
    height = axis(
        f"{output.replace('_', ' ')} ({said['units'][output]})",
        type="log",
        exponentformat="power",
        dtick=1,
        range=log_range(np.array([foot, top, *values])),
    )
    axes = {"xaxis": time, "yaxis": height}
    return {"data": made, "layout": layout(shapes=shapes, **axes)}


def _percentile(rows, colour: str, dash: str, foot: float, place) -> list[dict]:
    """Band of the model and line of the data; an end below the limit goes down to the foot, a value there
    has no mark."""
    x, name = (
        place(rows["time"].tolist()),
        str(rows["quantity"].iloc[0]).replace("p", "", 1) + "th percentile",
    )
    low, high = ([max(v, foot) if np.isfinite(v) else foot for v in rows[end]] for end in ("low", "high"))
    seen = [v if np.isfinite(v) and v > 0 else None for v in rows["observed"]]
    line = {"x": x, "y": seen, "mode": "lines+markers", "name": f"{name} of the data",
            "line": {"color": colour, "dash": dash, "width": 2}, "marker": {"size": 5}}  # fmt: skip
    return [*band(x, low, high, colour), line]


def _course(folder: Path, averaged_from: int | None) -> list:
    """Every estimated number over the iterations."""
    path = folder / "trace.csv"
    trace = _read(path) if path.stat().st_size > 1 else None
    if trace is None or len(trace) < 2:
        return []
    # an apostrophe keeps a spreadsheet from taking it for a formula
    trace.columns = [name.lstrip("'") for name in trace]
    said = f"Every estimated number over {len(trace)} iterations, on the scale of its estimation"
    said += f"; from the dotted line on ({averaged_from}) they are averaged." if averaged_from else "."
    rows = np.unique(np.linspace(0, len(trace) - 1, 13).astype(int))
    shown = trace.iloc[rows].copy()
    shown.insert(0, "iteration", [str(i + 1) for i in rows])
    down = -(-len(trace.columns) // ACROSS)
    drawn = plot(
        "trace", _trace_figure(trace, averaged_from), said, text_table("course", shown), 60 + 170 * down
    )
    return [html.H2("Course of the fit"), drawn]


def _trace_figure(trace, averaged_from: int | None) -> dict:
    names = list(trace)
    made, data = grid_layout(names, ACROSS), []
    x = list(range(1, len(trace) + 1))
    for k, name in enumerate(names):
        n = "" if k == 0 else str(k + 1)
        data.append(
            {
                "x": x,
                "y": trace[name].tolist(),
                "xaxis": f"x{n}",
                "yaxis": f"y{n}",
                "mode": "lines",
                "name": name,
                "line": {"color": COLOURS[0], "width": 1.3},
            }
        )
        made[f"xaxis{n}"], made[f"yaxis{n}"] = axis(""), axis("")
        if averaged_from:
            line = {
                "type": "line",
                "line": {"dash": "dot", "color": MUTED},
                "y0": 0,
                "y1": 1,
                "yref": f"y{n} domain",
            }
            made["shapes"].append({**line, "xref": f"x{n}", "x0": averaged_from, "x1": averaged_from})
    return {"data": data, "layout": made}
