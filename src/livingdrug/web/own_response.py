"""Exposure and response of a file of the user: which columns, what is wrong in them, the curves and their
numbers."""

from dash import Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.data import printable
from livingdrug.report import Table, text_table
from livingdrug.response import (
    CONFOUNDED,
    CURVE_FILE,
    FITS,
    BinaryFit,
    CompetingFit,
    Looked,
    TimeFit,
    VisitsFit,
    look,
)
from livingdrug.response.sample.columns import KINDS
from livingdrug.web.address import read_query, to_query, view_pairs
from livingdrug.web.files import by_their_names, in_fields
from livingdrug.web.forms import Entry, form, present, register_form
from livingdrug.web.parts import FILES, attribute, choice, downloads, plot, points, problem, table
from livingdrug.web.response_figures import curve_table, response_figure
from livingdrug.web.uploads import RESPONSES
from livingdrug.web.work import Work
from livingdrug.workflows import Document, finding_table
from livingdrug.workflows.index.spec import Index
from livingdrug.workflows.response import by_day
from livingdrug.workflows.response.answer import fitted_curves, telling
from livingdrug.workflows.response.binary import category_tables
from livingdrug.workflows.response.coefficients import as_estimate, estimate_words
from livingdrug.workflows.response.spec import Response
from livingdrug.workflows.response.spec import ResponseAnswer as Answer
from livingdrug.workflows.response.spec import run as run_response
from livingdrug.workflows.tables import KineticScenario, TableScenario

EXAMPLE = Index(file=RESPONSES, exposure="CMAX", efficacy="ORR", toxicity="CRS grade>=3")
NONE = ""
PATH = "/response"
# exposures of samples that are joined to endpoints
COMPUTED = (
    ("CMAX", "CMAX, highest level"), ("AUCINT", "AUC over the window (28 d by default)"),
    ("AUCLST", "AUC to the last level"), ("TMAX", "TMAX, its time"), ("TLST", "time of the last level"),
    ("XFOLD", "fold expansion"),
)
JOINED = (
    Entry(
        "onset", "Exposure ends at this time", "a column of the endpoints, such as the day of onset of CRS"
    ),
    Entry("window", "Window of AUC", "two times, such as 0 28", several=True),
)
KIND = Entry(
    "outcome", "What the outcome is", "a file may hold several rows of each subject",
    choices=(
        ("", "what its values say"), ("binary", "yes or no"),
        ("repeated", "yes or no, in several rows of each subject"), ("graded", "grades"),
        ("time", "a time to one kind of event"),
        ("competing", "a time to the first of several kinds of event"),
        ("visits", "an event between two visits"), ("continuous", "a number"),
    ),
)  # fmt: skip
SCALE = Entry("scale", "Scale of exposure", choices=(("log", "its logarithm"), ("linear", "as it is")))
COMMON = (
    Entry("adjust", "Adjusted for", "columns, a semicolon between two; SEX=F: F is the reference", apart=";"),
    Entry("by", "A fit for each group of", "a column"),
)
GROUPS = Entry("groups", "Groups of exposure")
BY_DAY = Entry("by_day", "Probability of an event by day", "a day after time 0")
MORE = {
    "repeated": (Entry("cluster", "Whose each row is", "a column; that of the subject where it is empty"),),
    "competing": (
        Entry("time", "Time to the first event or the end of observation", "a column"),
        Entry("event", "Column of the event", "with the code of the event that came first"),
        Entry("causes", "Code of each event", "first the one asked about: relapse=1, death=2; 0 is censored",
              apart=",", pairs=True),
        GROUPS, BY_DAY,
        Entry("landmark", "Only subjects free of all events after", "a day"),
    ),
    "visits": (
        Entry("time", "Last visit without the event", "a column; an empty cell where there was none"),
        Entry("seen_by", "First visit with the event", "a column; an empty cell where it was never seen"),
        GROUPS, BY_DAY,
    ),
    "binary": (
        Entry("trials", "Rows are groups of this size", "a column; the outcome is then the number of events"),
        Entry("landmark", "Only subjects free of the event after", "a day, with the time below"),
        Entry("time", "Time to the event or the end of observation", "a column"),
    ),
    "time": (
        Entry("event", "Column of the event", "1: event, 0: still free of it; empty: that of PFS"),
        GROUPS, BY_DAY,
        Entry("landmark", "Only subjects free of the event after", "a day"),
    ),
}  # fmt: skip
TIMED = ("competing", "visits")  # whose outcome is the column of `time`
# fields of some kinds alone, which another kind would refuse
OWN = {
    "causes": ("competing",), "seen_by": ("visits",), "by_day": ("time", *TIMED), "groups": ("time", *TIMED),
    "cluster": ("repeated", "time"),
}  # fmt: skip


def entries(kind: str) -> tuple[Entry, ...]:
    """The fields of a kind of outcome."""
    names = FITS[kind][2]
    models = (("", f"{names[0]} (the first choice)"), *((name, name) for name in names[1:]))
    curve = Entry("model", "Curve", "and how it is fitted", choices=models)
    return (KIND, curve, SCALE, *COMMON, *MORE.get(kind, ()))


def settled(scenario: Response, kind: str) -> Response:
    """The question without what was said of an outcome of another kind, which the fields no longer show."""
    new: dict = {} if scenario.model in FITS[kind][2] else {"model": None}
    for key, kinds in OWN.items():
        if kind not in kinds:
            new[key] = Response.model_fields[key].get_default(call_default_factory=True)
    if kind in TIMED and not scenario.time:
        new |= {"time": scenario.endpoint, "endpoint": None}
    if kind not in TIMED and not scenario.endpoint:
        new |= {"endpoint": scenario.time, "time": None}
    return scenario.model_copy(update=new)


def first_question(token: str, work: Work) -> str:
    """The address of a file that was just chosen: the first exposure and outcomes that its columns offer."""
    try:
        looked = look(work.uploads.path(token))
    except InputError:
        return to_query(Response(file=token, exposure="", endpoint=""))  # the page says what is wrong
    exposure = next(iter([*looked.named("exposure"), *looked.named("number")]), "")
    return to_query(_asked(Response(file=token, exposure=exposure), looked, exposure, *_outcomes(looked)))


def first_of_study(study, work: Work) -> Response | Index:
    """The first question to samples that are joined to endpoints: the outcomes that these offer, over
    CMAX."""
    fields = {
        name: getattr(study, name)
        for name in TableScenario.model_fields
        if name not in ("version", "purpose")
    }
    before = Response(**fields, exposure=COMPUTED[0][0])
    looked = look(work.uploads.path(study.endpoints))
    return _asked(before, looked, before.exposure, *_outcomes(looked))


def _look(scenario: Response | Index, work: Work) -> Looked:
    """The file of outcomes: the endpoints where samples are joined to them."""
    if scenario.endpoints:
        return look(work.uploads.path(scenario.endpoints))
    return look(work.uploads.path(scenario.file or ""), scenario.sheet)


def _outcomes(looked: Looked) -> tuple[str, str]:
    """Efficacy and toxicity where the columns offer both, else one outcome and nothing."""
    chances, grades = looked.outcomes("binary"), looked.outcomes("graded")
    efficacy = next((name for name in chances if name == "ORR"), "")
    toxicity = next((f"{name}>=3" for name in grades), "")
    if efficacy and toxicity:
        return efficacy, toxicity
    return next(iter([*chances, *grades, *looked.outcomes("continuous", "time")]), ""), NONE


def _asked(
    before: Response | Index, looked: Looked, exposure: str, first: str, second: str
) -> Response | Index:
    """The scenario of one outcome, or of two that are weighed against each other."""
    shared = (name for name in KineticScenario.model_fields if name not in ("version", "purpose", "by"))
    kept = {name: getattr(before, name) for name in shared} | {"trials": before.trials, "exposure": exposure}
    if second and first in looked.outcomes("binary"):
        mine = (
            {n: getattr(before, n) for n in ("floor", "ceiling", "fold", "width")}
            if isinstance(before, Index)
            else {}
        )
        return Index(**kept, **mine, efficacy=first, toxicity=second)
    if isinstance(before, Response) and before.outcome in TIMED:
        mine = {name: getattr(before, name) for name in ("event", "causes", "seen_by")}
        return Response(**kept, **mine, time=first, outcome=before.outcome)
    if isinstance(before, Response) and before.outcome == "repeated":
        return Response(**kept, endpoint=first, outcome="repeated", cluster=before.cluster)
    time = first in looked.outcomes("time")
    return Response(**kept, endpoint=first, outcome="time" if time else None)


def left(scenario: Response | Index, work: Work) -> list:
    """Which columns are asked; nothing where the file cannot be read."""
    try:
        looked = _look(scenario, work)
    except InputError:
        return []
    if isinstance(scenario, Response):
        scenario = settled(scenario, _kind(scenario, looked))
    first, second = _given(scenario)
    numbers = [
        *(COMPUTED if scenario.endpoints else ()),
        *((h, h) for h in [*looked.named("exposure"), *looked.named("number")] if not scenario.endpoints),
    ]
    all_ = [(name, f"{name} ({KINDS[kind]})") for g in looked.guesses for name, kind in g.outcomes]
    if isinstance(scenario, Response) and scenario.outcome in TIMED:
        all_ += [(h, h) for h in [*looked.named("time"), *looked.named("number")] if h not in dict(all_)]
    chances = [
        (NONE, "none: one curve"),
        *((name, name) for name in looked.outcomes("binary") if name != first),
    ]
    made = [
        dcc.Store(id="own-query", data=to_query(scenario)),
        choice("own-exposure", "Exposure", scenario.exposure or "", _with(scenario.exposure or "", numbers)),
        choice("own-first", "Outcome, or efficacy", first, _with(first, all_)),
        choice("own-second", "Toxicity, to weigh against it", second, _with(second, chances),
               "for two outcomes that are yes or no"),
    ]  # fmt: skip
    if scenario.endpoints:
        name, more = ("own-joined", JOINED) if isinstance(scenario, Response) else ("own-window", JOINED[1:])
        made.append(form(name, scenario, to_query(scenario), more))
    if isinstance(scenario, Response):
        kind = _kind(scenario, looked)
        made += [
            html.H2("How it is fitted"),
            form(f"own-{kind}", scenario, to_query(scenario), entries(kind)),
        ]
    return made


def _with(value: str, choices: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The choices and what an address asks for, which may be another one."""
    return choices if value in dict(choices) else [(value, value or "choose one"), *choices]


def _given(scenario: Response | Index) -> tuple[str, str]:
    if isinstance(scenario, Index):
        return scenario.efficacy or "", scenario.toxicity or ""
    return scenario.endpoint or scenario.time or "", NONE


def _kind(scenario: Response, looked: Looked) -> str:
    if scenario.outcome:
        return scenario.outcome
    if scenario.causes or scenario.seen_by:
        return "competing" if scenario.causes else "visits"
    kinds = dict(pair for g in looked.guesses for pair in g.outcomes)
    return kinds.get(scenario.endpoint or scenario.time or "", "binary")


def in_file(scenario: Response | Index, work: Work) -> list:
    """Faults by line, and what the columns are taken for. Raises InputError where the file is no table of
    subjects."""
    looked, name = _look(scenario, work), work.uploads.name(scenario.endpoints or scenario.file or "")
    rows = tuple(
        (
            printable(g.heading, 60),
            g.use,
            g.unit or "not stated" if g.use in ("exposure", "number", "time") else "",
            g.why,
        )
        for g in looked.guesses
    )
    columns = Table(f"columns of {name}", ("column", "taken for", "unit", "because of"), rows)
    several = isinstance(scenario, Response) and (scenario.outcome == "repeated" or scenario.start)
    found = tuple(f for f in looked.findings if not (several and f.code == "subject-twice"))
    faults = [table(finding_table(found, name))] if found else []
    return [
        *faults,
        html.Details([html.Summary(f"What the columns of {name} mean ({len(rows)})"), table(columns)]),
    ]


def answers(scenario: Response, work: Work) -> list:
    """The curve of each group with its numbers, or why there is none."""
    names = work.names(scenario)
    made = []
    try:
        made = in_file(scenario, work)
        scenario = settled(scenario, _kind(scenario, _look(scenario, work)))
        if not scenario.exposure or not (scenario.endpoint or scenario.time):
            raise InputError("choose the columns of exposure and outcome on the left")
        with work.job():
            found = run_response(work.located(scenario))
            parts = [part for k, answer in enumerate(found) for part in _answer(answer, k)]
    except LivingdrugError as error:
        more = (entry for kind in ("binary", "time", "competing") for entry in MORE[kind])
        fields = (*entries(scenario.outcome or "binary"), *more, *JOINED)
        return [problem(in_fields(by_their_names(str(error), names), fields)), *made]
    files = (*FILES, (CURVE_FILE, "curve (TOML), for Best dose")) if fitted_curves(found, ()) else FILES
    notes = [by_their_names(n, names) for answer in found for n in (*answer.sample.notes, *answer.fit.notes)]
    return [*parts, points("What was done to the data", list(dict.fromkeys(notes)), "notes"),
            points("What it does not say", [f"{CONFOUNDED[0].upper()}{CONFOUNDED[1:]}."]), *made,
            downloads(to_query(scenario), files)]  # fmt: skip


def _answer(answer: Answer, k: int) -> list:
    import pandas as pd

    module = telling(answer.kind)
    said, curves = module.as_dict(answer), module.table(answer)
    of = f": {printable(answer.group, 40)}" if answer.group else ""
    title = f"{answer.sample.endpoint} over {answer.sample.exposure_name}{of}"
    about = f"{title}; {answer.sample.subject_count:,} subjects, {answer.fit.model}, exposure on a {answer.scale} scale."
    ends = (
        [table(text_table("observed by exposure", pd.DataFrame(said["observed"])))]
        if answer.kind == "binary"
        else []
    )
    if said.get("exposure_at"):
        ends.append(table(_levels(said["exposure_at"], answer.sample.exposure_unit)))
    if isinstance(answer.fit, BinaryFit):
        ends += [table(found) for found in category_tables(answer.fit)]
    if answer.by_day is not None and isinstance(answer.fit, TimeFit | VisitsFit | CompetingFit):
        ends += [table(found) for found in by_day.tables(answer.by_day, answer.fit)]
        ends += [html.P(words) for words in by_day.cautions(answer.by_day)]
    if answer.kind in TIMED:
        numbers = [table(found) for found in module.tables(answer)]
        numbers += [html.P(f"{words[0].upper()}{words[1:]}.") for words in module.lines(answer)]
    else:
        numbers = [table(text_table("coefficients", _coefficients(said["coefficients"])))]
    return [
        html.P(said["sentence"], className="answer", **({} if k else attribute("id", "sentence"))),
        plot(
            f"response-{k + 1}" if k else "response",
            response_figure(answer, curves),
            about,
            curve_table(answer, curves),
        ),
        *numbers,
        *ends,
    ]


def _coefficients(rows: list[dict]):
    """The coefficients; whether one is held is told where one is."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    for name in ("se", "low", "high"):
        frame[name] = frame[name].astype(float)
    held = "held" in frame and bool(frame["held"].any())
    return frame if held else frame.drop(columns="held", errors="ignore")


def _levels(rows: list[dict], unit: str) -> Table:
    """Exposures at given chances, with their intervals."""
    cells = []
    for row in rows:
        words = estimate_words(as_estimate(row), f" {unit}" if unit else "")
        share = row["probability"] if "probability" in row else row["share"]
        cells.append((f"{row['outcome']}: {share:.0%}" if "outcome" in row else f"{share:.3g}", words))
    head = "probability" if "probability" in rows[0] else "part of the change"
    return Table("exposures with a given probability", (head, "exposure"), tuple(cells))


def register(app, work: Work) -> None:
    """The callbacks of the columns and of each kind's fields."""
    for kind in FITS:
        register_form(app, f"own-{kind}", entries(kind))
    register_form(app, "own-joined", JOINED)
    register_form(app, "own-window", JOINED[1:])

    @app.callback(
        Output("address", "search", allow_duplicate=True), Input("own-exposure", "data"), Input("own-first", "data"),
        Input("own-second", "data"), State("own-query", "data"), State("address", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def choose(exposure, first, second, query, search):
        drawn, (before, view) = read_query(query)[0], present(query, search, Document)
        if not (isinstance(before, Response | Index) and isinstance(drawn, Response | Index)):
            raise PreventUpdate
        other_file = (before.file, before.endpoints) != (drawn.file, drawn.endpoints)
        if other_file or (exposure, first, second) == (before.exposure, *_given(before)):
            raise PreventUpdate
        looked = _look(before, work)
        return "?" + to_query(_asked(before, looked, exposure, first, second), view_pairs(view))
