"""My study: samples and endpoints of the same subjects, joined once and used by every page."""

import json

from dash import State, dcc, html

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.known import known
from livingdrug.data import printable
from livingdrug.web import forecast, own_response
from livingdrug.web.address import read_as, read_query, to_query
from livingdrug.web.files import LIMITS, READING, by_their_names, found_in_file, in_fields, register_files
from livingdrug.web.fit import FIRST
from livingdrug.web.forms import ahead, form, register_form
from livingdrug.web.pages import Page
from livingdrug.web.parts import attribute, begin, beside, downloads, problem
from livingdrug.web.uploads import EXAMPLES, MAX_BYTES, STUDY
from livingdrug.web.work import Work
from livingdrug.workflows import Document, TableScenario, workflow
from livingdrug.workflows.check.spec import Checked, CheckFile
from livingdrug.workflows.compare.spec import Compare
from livingdrug.workflows.fit.spec import Fit
from livingdrug.workflows.nca.spec import Nca

PATH = "/study"
WAITING = (
    "Choose the samples first; endpoints (response, toxicity, survival, covariates) are joined to them by"
    " subject. What is said here of how they are read goes along to every page."
)
PAGE = Page(PATH, "My study", place=100, kinds=("check",))
FILES = {"file": "Samples over time", "endpoints": "Endpoints, a row for each subject"}
EXAMPLE = CheckFile(file=STUDY["file"], endpoints=STUDY["endpoints"])
PRODUCT = "tisagenlecleucel"
MOST_NAMED = 8


def page(query: str, work: Work) -> html.Div:
    """The files and how they are read on the left; what was found, and the ways on, on the right."""
    scenario, _ = read_query(query)
    if scenario is not None and not isinstance(scenario, CheckFile):
        raise InputError(f"this page joins files; a `{scenario.kind}` scenario has a page of its own")
    left = [dcc.Store(id="study-query", data=to_query(scenario) if scenario else ""), html.H2("Your files")]
    for name, label in FILES.items():
        drop = html.Div([f"{label}: drop a file here, or ", html.Span("choose one", className="button")])
        left.append(dcc.Upload(drop, id=f"study-{name}", className="drop", max_size=MAX_BYTES))
    left += [html.Small(LIMITS), html.Div(id="study-files-problem")]
    left.append(html.P(dcc.Link("Look at the example (simulated data)", href=f"{PATH}?{to_query(EXAMPLE)}")))
    if scenario is None:
        right = begin("Samples and endpoints, joined once", WAITING, f"{PATH}?{to_query(EXAMPLE)}")
    else:
        left += [
            *_shown(scenario, work),
            html.H2("How the samples are read"),
            form("study", scenario, to_query(scenario), READING),
        ]
        right = _found(scenario, work)
    return beside(left, right, answered=scenario is not None)


def _shown(scenario: CheckFile, work: Work) -> list:
    made = []
    for name, label in FILES.items():
        token = getattr(scenario, name)
        if token:
            simulated = " (simulated)" if token in EXAMPLES else ""
            made.append(html.P([f"{label}: ", html.B(work.uploads.name(token)), simulated]))
    return made


def _found(scenario: CheckFile, work: Work) -> list:
    """Faults by line, who is in which file, and links to the pages."""
    names: dict[str, str] = {}
    try:
        names = work.names(scenario)
        with work.job():
            found = workflow("check").run(work.located(scenario))
        made = [part for checked in found.parts for part in _told(checked, names)]
        if not found.ok:
            return made
        ways = uses(scenario, found, work)
    except LivingdrugError as error:
        return [problem(in_fields(by_their_names(str(error), names)))]
    kept = {href.partition("?")[0]: href for _, href in reversed(ways)}
    links = [html.Li(dcc.Link(text, href=href)) for text, href in ways]
    said = joined_words(found)
    return [
        html.P(said, className="answer", id="sentence"),
        html.H2("Go on with this study"),
        html.Ul(links, id="study-ways", **attribute("data-study", json.dumps(kept))),
        html.P(
            "This browser remembers it: the other pages offer it beside their own choice of a file.",
            className="quiet",
        ),
        *made,
        downloads(to_query(scenario), (("scenario.toml", "scenario (TOML)"),)),
    ]


def _told(checked, names: dict[str, str]) -> list:
    found, refused = found_in_file(checked, names)
    return [*([refused] if refused is not None else []), *found]


def joined_words(found: Checked) -> str:
    """How many subjects have samples, endpoints, or both, and who is in one file alone."""
    data = known(found.samples.data, "the samples of a file that passed validation")
    samples = [str(name) for name in data.subjects]
    if found.endpoints is None:
        return f"{len(samples)} subjects with samples; no endpoints were given."
    ends = [str(name) for name in found.endpoints.subjects]
    both = len(set(samples) & set(ends))
    said = f"{both} subjects have samples and endpoints."
    for names, others, what in ((samples, ends, "samples alone"), (ends, samples, "endpoints alone")):
        alone = [name for name in names if name not in set(others)]
        if alone:
            shown = ", ".join(printable(name, 30) for name in alone[:MOST_NAMED])
            said += f" {len(alone)} with {what}: {shown}{' ...' if len(alone) > MOST_NAMED else ''}."
    return said


def uses(scenario: CheckFile, found: Checked, work: Work) -> list[tuple[str, str]]:
    """(text, address) of each page that takes the study, with everything that was said of how it is read."""
    fields = {
        name: getattr(scenario, name)
        for name in TableScenario.model_fields
        if name not in ("version", "purpose")
    }
    alone = {name: value for name, value in fields.items() if name != "endpoints"}
    ways: list[tuple[str, Document, str]] = [("Kinetics of every subject", Nca(**fields), "/data")]
    heading = _response(found)
    if heading:
        ways.append(("Kinetics by response, groups compared", Nca(**fields, by=heading), "/data"))
    ways.append((f"Beside published exposures of {PRODUCT}", Compare(**fields, product=PRODUCT), "/data"))
    if scenario.endpoints:
        ways.append(("Exposure and outcomes", own_response.first_of_study(scenario, work), own_response.PATH))
    ways.append(("Fit a model to the samples", Fit(**alone, model=FIRST), "/fit"))
    noun = workflow("forecast").scenario
    mine = {name: value for name, value in alone.items() if name in noun.model_fields}
    ways.append(("What will each patient do?", noun(**mine, **forecast.BEGIN), forecast.PATH))
    return [(text, f"{path}?{to_query(asked)}") for text, asked, path in ways]


def _response(found: Checked) -> str:
    """The column of response words, "" where there is none."""
    names = found.endpoints.values if found.endpoints else ()
    return next((name for name in names if name.upper().startswith("RESPONSE")), "")


def register(app, work: Work) -> None:
    """Callbacks: files and fields go through the address."""
    register_form(app, "study", READING)
    for name in FILES:
        _register_chooser(app, name, work)


def _register_chooser(app, name: str, work: Work) -> None:
    def shown(contents, title, query, search) -> str:
        return to_query(with_file(ahead(query, search, CheckFile), name, contents, title, work))

    states = (State("study-query", "data"), State("address", "search"))
    register_files(app, f"study-{name}", "study-files-problem", states, shown)


def with_file(query: str, name: str, contents: str, title: str, work: Work) -> CheckFile:
    """The study with another file. Raises InputError for one that is no table, or endpoints before
    samples."""
    before = read_as(CheckFile, query)[0] if query else None
    if before is None and name != "file":
        raise InputError("choose the samples first; endpoints are joined to them by subject")
    token = work.uploads.add(title or "data.csv", contents)
    own = before is not None and before.file not in STUDY.values()
    kept = before.model_dump(exclude_defaults=True) if before is not None and (own or name != "file") else {}
    return CheckFile(**{**kept, name: token})
