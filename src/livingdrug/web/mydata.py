"""My data: a file, what its columns mean, what is wrong by line, parameters with flags, terminal points by
hand."""

from dataclasses import replace
from typing import Any

import numpy as np
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.conventions import Z95
from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.data import check, printable
from livingdrug.nca import NcaResult, nca
from livingdrug.products import Comparison, compare, exposure_facts
from livingdrug.report import Table, number
from livingdrug.web.address import read_query, to_query, view_pairs
from livingdrug.web.figures import axis, layout
from livingdrug.web.files import (
    BRIDGE,
    READING,
    by_their_names,
    chooser,
    found_in_file,
    in_fields,
    register_chooser,
    shown_file,
)
from livingdrug.web.forms import Entry, folded, present, register_form
from livingdrug.web.pages import Page
from livingdrug.web.parts import (
    FILES,
    attribute,
    begin,
    beside,
    downloads,
    field,
    plot,
    points,
    problem,
    table,
)
from livingdrug.web.profile_figures import MOST, all_profiles, one_profile, rows_of
from livingdrug.web.uploads import EXAMPLE
from livingdrug.web.work import Work
from livingdrug.workflows import Document, Points, analyse
from livingdrug.workflows.compare.answer import placement_sentences, placement_table
from livingdrug.workflows.compare.spec import Compare
from livingdrug.workflows.nca.answer import group_tables, nca_sentences, value_cells
from livingdrug.workflows.nca.groups import compared, study_tables
from livingdrug.workflows.nca.spec import Nca

PATH = "/data"
BEGIN = (
    "Choose a table of samples over time: CMAX, TMAX, exposure, half-life and persistence of every "
    "subject, each flag with its reason; then groups compared, and published products beside your "
    "subjects. Faults are named by their line first."
)
PAGE = Page(PATH, "My data", place=110, kinds=("nca", "compare"))
SHOWN = ("CMAX", "TMAX", "AUCINT", "LAMZHL", "CLST", "TLST")
BELOW = (("drop", "left out"), ("zero", "0"), ("lloq", "the limit"), ("half", "half the limit"))
# a field for every question that the analysis can ask; a test compares them with `nca.NcaSettings`
RULES = (
    Entry("auc", "Rule of the trapezoids", choices=(("linup-logdown", "linear up, logarithmic down"), ("linear", "linear"))),
    Entry("blq_first", "Values below the limit before the first one above", choices=BELOW),
    Entry("blq_middle", "Values below the limit between two above", choices=BELOW),
    Entry("blq_last", "Values below the limit after the last one above", choices=BELOW),
    Entry("window", "Window of the exposure AUCINT", "two times, such as 0 28", several=True),
    Entry("above", "Level of the time above (XTLIM)", "the limit of quantification by default"),
    Entry("blood_volume", "Blood volume (uL)", "for the expansion ratio; 5e6 in an adult"),
    Entry("small_molecule", "Also CL, VZ, MRT and AUMC", choices=(("false", "no: they mean nothing for growing cells"),
                                                                ("true", "yes"))),
    Entry("by", "Groups of subjects", "a covariate of the file, such as response"),
)  # fmt: skip
CDISC = (("pp.xpt", "SDTM PP (XPT)"), ("pp.csv", "SDTM PP (CSV)"), ("adpp.xpt", "ADPP (XPT)"), ("adpp.csv", "ADPP (CSV)"))
FIELDS = (*READING, BRIDGE, *RULES)  # what a sentence can name


def page(query: str, work: Work) -> html.Div:
    """Upload on the left, what was found on the right."""
    scenario, view = read_query(query)
    subject = view["subject"][-1] if view["subject"] else ""
    if scenario is not None and not isinstance(scenario, Nca | Compare):
        raise InputError(f"this page analyses samples; a `{scenario.kind}` scenario has a page of its own")
    if scenario is None:
        found = begin("Kinetics of your subjects", BEGIN, f"{PATH}?kind=nca&file={EXAMPLE}")
    else:
        found = answers(scenario, subject, work)
    store = dcc.Store(id="data-query", data=to_query(scenario, _view(subject)) if scenario else "")
    return beside(_left(scenario, work), found, answered=scenario is not None, stores=[store])


def _view(subject: str) -> list[tuple[str, str]]:
    return [("subject", subject)] if subject else []


def _left(scenario: Nca | Compare | None, work: Work) -> list:
    made = chooser("upload", f"{PATH}?kind=nca&file={EXAMPLE}")
    if scenario is None:
        return made
    made.append(shown_file(scenario.file, work))
    made.append(folded("How the file is read", "reading", scenario, (*READING, BRIDGE)))
    made.append(folded("How it is analysed", "rules", scenario, RULES))
    chosen = getattr(scenario, "product", None)
    links = []
    for product in sorted({f.product for f in exposure_facts()}):
        there = to_query(_compared(scenario, None if product == chosen else product))
        mark: dict[str, Any] = {"className": "chosen"} if product == chosen else {}
        links.append(html.Li(dcc.Link(product, href=f"{PATH}?{there}", **mark)))
    head = html.H2("Beside a product")
    return [*made, head, html.Nav(html.Ul(links), **attribute("aria-label", "products")),
            html.Small("Press the marked one to take the comparison away.")]  # fmt: skip


def _compared(scenario: Nca | Compare | None, product: str | None) -> Nca | Compare:
    kept = {name: getattr(scenario, name) for name in Nca.model_fields if name != "kind"}
    return Nca(**kept) if product is None else Compare(**kept, product=product)


def answers(scenario: Nca | Compare, subject: str, work: Work) -> list:
    """What the file holds, and the analysis where it is fit."""
    names = work.names(scenario)
    try:
        with work.job():
            return _answers(scenario, subject, names, work)
    except LivingdrugError as error:
        return [problem(in_fields(by_their_names(str(error), names), FIELDS))]


def _answers(scenario: Nca | Compare, subject: str, names: dict[str, str], work: Work) -> list:
    here = work.located(scenario)
    checked = check(here.file, here.reading())
    made, faulty = found_in_file(checked, names)
    if checked.data is None:
        return [faulty, *made]
    result = analyse(here, checked.data, here.settings())
    beside = compare(result, here.product, here.indication, here.variability) if isinstance(here, Compare) else None
    return [*(_beside(beside) if beside else []), *_analysis(scenario, result, subject), *made,
        downloads(to_query(scenario, _view(subject)), (*FILES, *CDISC))]  # fmt: skip


def _analysis(scenario: Nca | Compare, result: NcaResult, subject: str) -> list:
    ids = [str(i) for i in result.ids]
    subject = subject if subject in ids else ids[0]
    said = " ".join(nca_sentences(result))
    return [
        *_not_stated(result),
        html.H2("All subjects"),
        plot("profiles", all_profiles(result, subject), f"{said} Thick: {printable(subject, 40)}.",
             _samples(result, subject), 420),
        table(_parameters(result)),
        html.Small("* flagged   > censored; every flag has its reason below and in the CSV file"),
        _reasons(result),
        *_by_group(scenario, result),
        *_rules_compared(scenario, result),
        html.H2(f"Terminal points of {printable(subject, 40)}"),
        _subjects(scenario, ids, subject),
        *_terminal(scenario, result, subject),
    ]  # fmt: skip


def _not_stated(result: NcaResult) -> list:
    """What has to be said before numbers mean anything: the fields for units that neither file nor user has
    stated."""
    labels = {entry.key: entry.label for entry in READING}
    missing = [labels["time_unit"]] if not result.data.time_unit else []
    missing += [labels["unit"]] if not all(result.data.profiles.unit) else []
    fields = " and ".join(f'"{label}"' for label in missing)
    return [problem(f"A unit is not stated: fill in {fields} under “How the file is read”. Until then the numbers are in the "
                    "unit of the file, whatever that is, and are placed beside nothing.")] if missing else []


def _rules_compared(scenario: Nca | Compare, result: NcaResult) -> list:
    """Medians under each rule of values below the limit; nothing where there are none, or too many profiles for
    a screen."""
    if not (result.data.cens == 1).any() or result.data.profiles.n > MOST:
        return []
    settings, rows = scenario.settings(), []
    codes = [code for code in ("AUCLST", "AUCALL", "AUCINT", "LAMZHL", "TLST") if code in result.codes]
    for rule, words in BELOW:
        same = replace(settings, blq_first=rule, blq_middle=rule, blq_last=rule)
        other = result if same == settings else nca(result.data, same)
        known = [other.values[code][np.isfinite(other.values[code])] for code in codes]
        rows.append((words, *(f"{number(float(np.median(v)))} (n {len(v)})" if len(v) else "-" for v in known)))
    now = ", ".join(f"{place}: {dict(BELOW)[rule]}" for place, rule in zip(("before", "between", "after"), settings.rules,
                                                                          strict=True))  # fmt: skip
    made = Table("medians under each rule, the same for values before, between and after", ("values below the limit", *(
        f"{code} ({result.unit(code)[0]})" for code in codes)), tuple(rows))  # fmt: skip
    return [html.Details([html.Summary("What other rules for values below the limit would give"), table(made),
                          html.Small(f"The rules used here: {now}.")])]  # fmt: skip


def _by_group(scenario: Nca | Compare, result: NcaResult) -> list:
    """Groups compared, and the tables of each group, open where groups were asked for."""
    made, said = compared(result, scenario.by)
    tables = [*group_tables(result, scenario.by), *study_tables(result, scenario.by)]
    fold = html.Details([html.Summary("Parameters over the subjects"), *(table(t) for t in tables)], open=bool(scenario.by))
    head = [html.H2(f"Groups of {printable(scenario.by, 40)}")] if scenario.by else []
    return [*head, *(html.P(text) for text in said), *(table(t) for t in made), fold]


def _parameters(result: NcaResult) -> Table:
    units = [f"{code} ({result.unit(code)[0]})" for code in SHOWN]
    shown = result.ids[:MOST]
    cells = (value_cells(result, code, np.arange(len(shown))) for code in SHOWN)
    rows = zip((printable(str(name), 40) for name in shown), *cells, strict=True)
    more = f" (the first {MOST} of {len(result.ids):,})" if len(result.ids) > MOST else ""
    return Table(f"parameters of every profile{more}", ("subject", *units), tuple(rows))


def _reasons(result: NcaResult) -> html.Details:
    """Each value that is flagged, with its reason."""
    frame = result.table()
    odd = frame[frame["flag"] != "ok"].iloc[:1000]
    cells = zip(odd["ID"], odd["PARAMCD"], odd["flag"], odd["reason"], strict=True)
    rows = tuple((printable(str(a), 40), b, c, d) for a, b, c, d in cells)
    return html.Details([html.Summary(f"Flags and reasons ({len(rows)})"),
                         table(Table("flagged values", ("subject", "parameter", "flag", "reason"), rows))])  # fmt: skip


def _subjects(scenario: Nca | Compare, ids: list[str], subject: str) -> html.Nav:
    unique = list(dict.fromkeys(ids))[:MOST]
    links = [
        html.Span(printable(name, 30), className="here", **attribute("aria-current", "true")) if name == subject
        else dcc.Link(printable(name, 30), href=f"{PATH}?{to_query(scenario, _view(name))}") for name in unique
    ]  # fmt: skip
    return html.Nav([part for link in links for part in (link, " ")], **attribute("aria-label", "subjects"))


def _terminal(scenario: Nca | Compare, result: NcaResult, subject: str) -> list:
    i = [str(n) for n in result.ids].index(subject)
    profile, times = result.used["LAMZ"]
    used = np.sort(times[profile == i])
    half, area = (f"{number(float(result.values[c][i]))} {result.unit(c)[i]}" for c in ("LAMZHL", "AUCIFO"))
    said = f"LAMZ rests on {len(used)} points{f', {used[0]:g} to {used[-1]:g}' if len(used) else ''}: half-life {half}, "
    said += f"area to infinity {area}; {result.reasons('LAMZ')[i]}."
    chosen = [p for p in scenario.terminal if p.subject == subject]
    by_hand = [html.P(f"Chosen by hand: {p.start:g} to {p.end:g}, because: {p.reason}") for p in chosen]
    start, end = (chosen[-1].start, chosen[-1].end) if chosen else (None, None)
    return [
        plot("profile", one_profile(result, i, used), said, _samples(result, subject), 380),
        html.P("Press two points of the curve, or type the times: the points between them become the terminal ones.",
               className="quiet"),
        html.Div(
            [
                field("terminal-start", "From (time)", start, type="number"),
                field("terminal-end", "To (time)", end, type="number"),
                field("terminal-reason", "Reason", "", type="text"),
                html.Button("Use these points", id="terminal-use", n_clicks=0, className="main"),
                html.Button("Undo the last choice", id="terminal-undo", n_clicks=0, disabled=not scenario.terminal),
            ],
            className="row",
        ),
        html.Div(id="terminal-problem"), dcc.Store(id="terminal-subject", data=subject), *by_hand,
    ]  # fmt: skip


def _samples(result: NcaResult, subject: str) -> Table:
    data, rows = result.data, []
    for i in np.flatnonzero(np.array([str(n) for n in result.ids]) == subject):
        rows += [(f"{data.time[r]:g}", number(float(data.dv[r])), "below the limit" if data.cens[r] == 1 else "measured")
                 for r in rows_of(result, i)]  # fmt: skip
    return Table(f"samples of {printable(subject, 40)}", (f"time ({data.time_unit})", "value", ""), tuple(rows))


def _beside(comparison: Comparison) -> list:
    """Where the subjects lie among the published groups."""
    made = placement_table(comparison)
    said = " ".join(placement_sentences(comparison)[:3])
    usable = [p for p in comparison.placements if p.fact.parameter == "CMAX" and not p.absent and p.fact.log_sd]
    head = html.H2(f"Beside {comparison.product}")
    if not usable:
        return [head, html.P(said), table(made), *filter(None, [points("Notes", comparison.notes, "notes")])]
    return [head, plot("beside", _groups(usable), said, made, 90 + 40 * len(usable))]


def _groups(usable) -> dict:
    """CMAX of every subject over the central 50 and 95 % of each published group."""
    made, names = [], []
    for placed in usable:
        fact, name = placed.fact, printable(placed.fact.group, 48)
        center = np.log(fact.value) - (fact.log_sd**2 / 2 if fact.statistic == "mean" else 0.0)
        for reach, width in ((Z95, 4), (0.6744897501960817, 12)):
            ends = np.exp(center + fact.log_sd * np.array([-reach, reach])).tolist()
            made.append({"x": ends, "y": [name, name], "mode": "lines", "line": {"color": "#bdbdbd", "width": width},
                         "name": "published", "showlegend": False})  # fmt: skip
        mine = [float(v) for v in placed.values if np.isfinite(v) and v > 0]
        made.append({"x": mine, "y": [name] * len(mine), "mode": "markers", "name": "your subjects", "showlegend": False,
                     "marker": {"color": "#0072B2", "size": 8, "opacity": 0.6}})  # fmt: skip
        # above its row: beside the axis it would take the room of the plot on a narrow screen
        place = {"x": 0, "xref": "paper", "xanchor": "left", "y": name, "yshift": 15}
        names.append({"text": name, "showarrow": False, **place})
    levels = axis(f"CMAX ({usable[0].fact.unit})", type="log", exponentformat="power", dtick=1)
    top = len({n["text"] for n in names}) - 0.2
    rows = {"showticklabels": False, "range": [-0.6, top], "showgrid": False}
    margin = {"l": 15, "r": 15, "t": 10, "b": 50}
    return {"data": made, "layout": layout(xaxis=levels, yaxis=rows, annotations=names, margin=margin)}


def register(app, work: Work) -> None:
    """Callbacks: everything that changes goes through the address."""

    register_chooser(app, "upload", work, lambda token: f"kind=nca&file={token}")
    register_form(app, "reading", (*READING, BRIDGE))
    register_form(app, "rules", RULES)

    @app.callback(
        Output("terminal-start", "value"), Output("terminal-end", "value"), Input("profile", "clickData"),
        State("terminal-start", "value"), State("terminal-end", "value"), prevent_initial_call=True,
    )  # fmt: skip
    def press(click, start, end):
        if not click:
            raise PreventUpdate
        time = click["points"][0]["customdata"]  # the axis may be one of square roots
        if start is None or end is not None:
            return time, None
        return min(start, time), max(start, time)

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output("terminal-problem", "children"),
        Input("terminal-use", "n_clicks"), Input("terminal-undo", "n_clicks"), State("terminal-start", "value"),
        State("terminal-end", "value"), State("terminal-reason", "value"), State("terminal-subject", "data"),
        State("data-query", "data"), State("address", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def choose(use, undo, start, end, reason, subject, query, search):
        if not (use or undo):
            raise PreventUpdate
        drawn, (scenario, view) = read_query(query)[0], present(query, search, Document)
        if not (isinstance(scenario, Nca | Compare) and isinstance(drawn, Nca | Compare)) or scenario.file != drawn.file:
            raise PreventUpdate
        terminal = scenario.terminal
        if ctx.triggered_id == "terminal-undo":
            terminal = terminal[:-1]
        elif start is None or end is None:
            return no_update, problem("both times are needed: press two points, or type them")
        else:
            made = Points(subject=subject, start=start, end=end, reason=reason or "")
            terminal = (*(p for p in terminal if p.subject != subject), made)
        changed = scenario.model_copy(update={"terminal": terminal})
        try:
            changed.settings()
        except InputError as error:
            return no_update, problem(str(error))
        return "?" + to_query(changed, view_pairs(view) or _view(subject)), []
