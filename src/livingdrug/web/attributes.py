"""Product attributes: a table of products, step by step from what its columns mean to what all of them
predict."""

from collections.abc import Iterator
from typing import Any

from dash import State, dcc, html

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.web.address import read_as, read_query, to_query
from livingdrug.web.drawn_answer import drawn, parts_of
from livingdrug.web.files import by_their_names, chooser, in_fields, register_chooser, register_files, shown_file
from livingdrug.web.forms import Entry, form, register_form
from livingdrug.web.pages import Page
from livingdrug.web.parts import attribute, begin, beside, downloads, problem
from livingdrug.web.uploads import MAX_BYTES, PRODUCTS
from livingdrug.web.work import Work
from livingdrug.workflows import Document, workflow

PATH = "/attributes"
WAITING = (
    "Choose a table with a row for each product, its attributes before the infusion and the outcome of "
    "the patient: first whether it is in order, then which attribute goes with the outcome, what all of "
    "them predict, and which range keeps the response."
)
PAGE = Page(PATH, "Product attributes", place=130)
STEPS = {
    "attributes-check": "Is the table in order?",
    "attributes-relate": "Which attribute goes with the outcome?",
    "attributes-learn": "What do all attributes together predict?",
    "attributes-range": "Which range keeps the response?",
}
COLUMNS = Entry(
    "columns",
    "What columns are",
    "YOURS=ROLE: patient, study, batch, clinical, attribute, ignored; or fraction, log, plain",
    apart=";",
    pairs=True,
)
SEVERAL = Entry(
    "several",
    "Several products of one patient",
    choices=(("refuse", "a fault"), ("mean", "their mean is used"), ("first", "the first one is used")),
)
OUTCOME = Entry("outcome", "Outcome", "a column, a class of response such as CR or CR+PR, or TIME:EVENT")
KEEP = Entry("keep", "Attributes kept although they look like the outcome", apart=";")
CLINICAL = Entry("clinical", "Clinical columns known anyway", "such as age; LDH", apart=";")
METHOD = Entry(
    "method",
    "Method",
    choices=(
        ("ridge", "ridge"),
        ("elastic-net", "elastic net"),
        ("lasso", "lasso"),
        ("sparse-pls", "sparse PLS"),
    ),
)
FIELDS = {
    "attributes-check": (COLUMNS, SEVERAL),
    "attributes-relate": (OUTCOME, COLUMNS, SEVERAL, KEEP),
    "attributes-learn": (
        OUTCOME, CLINICAL,
        METHOD,
        Entry("permutations", "Outcomes dealt at random", "499 for a report"), COLUMNS, SEVERAL, KEEP,
    ),
    "attributes-range": (
        OUTCOME, Entry("attribute", "Attribute", "as its column is headed"),
        Entry("floor", "Probability of the outcome to be kept", "such as 0.5"), COLUMNS, SEVERAL, KEEP,
    ),
}  # fmt: skip
# further tables of a question, each with what it is
MORE = {
    "endpoints": "A second table with outcomes or exposures, joined by patient",
    "new": "New products to be scored, under the same headings",
}
QUICK = 99  # permutations on the screen at first


def page(query: str, work: Work) -> html.Div:
    """The file, the step and its fields on the left, the answer on the right."""
    scenario, _ = read_query(query)
    left = [
        *chooser("attributes-upload", f"{PATH}?kind=attributes-check&file={PRODUCTS}"),
        html.Small("A row for each product: attributes known before the infusion, and the outcome."),
    ]
    if scenario is None:
        right = begin("Which attribute of a product matters?", WAITING, f"{PATH}?kind=attributes-check&file={PRODUCTS}")
    elif scenario.kind not in STEPS:
        raise InputError(
            f"this page answers questions of product attributes, not a `{scenario.kind}` scenario"
        )
    else:
        left += [shown_file(getattr(scenario, "file", ""), work), _steps(scenario, work),
                 form(scenario.kind, scenario, to_query(scenario), FIELDS[scenario.kind])]  # fmt: skip
        right = list(_answers(scenario, work))
        left += _more(scenario, work)
    return beside(left, right, answered=scenario is not None)


def _more(scenario: Document, work: Work) -> Iterator:
    """Fields for the further tables of the question, which of them are shown, and a link that leaves one
    out."""
    for name, text in MORE.items():
        if name not in scenario.FILES:
            continue
        yield html.H3(text)
        drop = html.Div(["Drop a file here, or ", html.Span("choose one", className="button")])
        yield dcc.Upload(drop, id=f"attributes-{name}", className="drop", max_size=MAX_BYTES)
        yield html.Div(id=f"attributes-{name}-problem")
        if getattr(scenario, name):
            without = to_query(scenario.model_copy(update={name: None}))
            yield html.P(
                [
                    shown_file(getattr(scenario, name), work),
                    dcc.Link("leave it out", href=f"{PATH}?{without}"),
                ]
            )


def _steps(scenario: Document, work: Work) -> html.Nav:
    """Links to the questions, each with what was said before."""
    links, file = [], getattr(scenario, "file", "")
    for kind, text in STEPS.items():
        noun = workflow(kind).scenario
        kept = {
            n: v
            for n, v in scenario.model_dump(exclude_defaults=True).items()
            if n in noun.model_fields and n != "kind"
        }
        if "outcome" in noun.model_fields:
            kept.setdefault("outcome", _guess(file, work)[0])
        if kind == "attributes-learn":
            kept.setdefault("permutations", QUICK)
        if kind == "attributes-range":
            kept.setdefault("attribute", _guess(file, work)[1])
        mark: dict[str, Any] = {"className": "chosen"} if kind == scenario.kind else {}
        links.append(html.Li(dcc.Link(text, href=f"{PATH}?{to_query(noun(**kept))}", **mark)))
    return html.Nav(html.Ul(links), **attribute("aria-label", "questions"))


def _guess(token: str, work: Work) -> tuple[str, str]:
    """The first outcome and the first attribute of a file, as far as its headings say."""
    from livingdrug.attributes import check_products

    try:
        columns = check_products(work.uploads.path(token)).columns
    except InputError:
        return "response", ""
    outcomes = ["CR+PR" if c.name == "response" else c.heading for c in columns if c.role == "outcome"]
    attributes = [c.heading for c in columns if c.role == "attribute"]
    return next(iter(outcomes), "response"), next(iter(attributes), "")


def _answers(scenario: Document, work: Work) -> Iterator:
    kind, fields, names = workflow(scenario.kind), FIELDS[scenario.kind], {}
    try:
        names = work.names(scenario)
        located = work.located(scenario)
        with work.job():
            found = kind.run(located)
            answer = kind.answer(located, found)
            figures = list(drawn(kind, located, found)) if answer.ok else []
    except LivingdrugError as error:
        yield problem(in_fields(by_their_names(str(error), names), fields))
        return
    yield from parts_of(answer, lambda text: in_fields(by_their_names(text, names), fields), figures)
    yield downloads(to_query(scenario))


def register(app, work: Work) -> None:
    """The callbacks of the page."""
    register_chooser(app, "attributes-upload", work, lambda token: f"kind=attributes-check&file={token}")
    for kind, entries in FIELDS.items():
        register_form(app, kind, entries)
    for name in MORE:
        _register_more(app, name, work)


def _register_more(app, name: str, work: Work) -> None:
    """The callback of a field for a further table: its token goes into the address."""

    def shown(contents, filename, search) -> str:
        return with_table(search, name, work.uploads.add(filename or "data.csv", contents))

    register_files(app, f"attributes-{name}", f"attributes-{name}-problem", [State("address", "search")], shown)


def with_table(search: str, name: str, token: str) -> str:
    """The address of the same question with a further table."""
    scenario, _ = read_as(Document, search.removeprefix("?"))
    return to_query(scenario.model_copy(update={name: token}))
