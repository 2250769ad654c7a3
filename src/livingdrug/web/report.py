"""Report: what was added on other pages, in an order of one's own, as one document (HTML, PDF, Word)."""

import secrets
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from dash import Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.report import MOST_RUNS, REPORT, bind, word_document, write_pdf
from livingdrug.web.address import read_query
from livingdrug.web.pages import Page, pages
from livingdrug.web.parts import beside, downloads, field
from livingdrug.web.uploads import EXAMPLES
from livingdrug.web.work import Work
from livingdrug.web.worker import RUN

PATH = "/report"
PAGE = Page(PATH, "Report", place=500)
STORE = "report-added"  # in the browser: the addresses that were added (app.js writes it)
FILES = (("report.html", "report (HTML)"), ("report.pdf", "report (PDF)"), ("report.docx", "report (Word)"))
ITEM, TITLE = "item", "title"


def page(query: str, work: Work) -> html.Div:
    """The chapters in their order, and what else was added in this browser."""
    _, view = read_query(query)
    items, title = view[ITEM], view[TITLE][-1] if view[TITLE] else ""
    about = (
        f"Every answer has a button “Add to a report”. Choose and order up to {MOST_RUNS} of them here; the "
    )
    about += "document begins with the answers, prints a source once, and holds settings, versions and hashes of each run."
    left = [
        dcc.Store(id=STORE, storage_type="local", data=[]),
        dcc.Store(id="report-query", data=query.lstrip("?")),
        html.H2("Added in this browser"),
        html.Div(id="report-others"),
        field("report-title", "Title of the document", title, type="text"),
    ]
    right = [html.H2(title or "The document"), html.P(about, className="quiet")]
    if items:
        chapters = [_chapter(items, k, title, work) for k in range(len(items))]
        right += [html.Ol(chapters, id="report-chapters"), downloads(address(items, title), FILES, add=False)]
    else:
        right.append(html.P("No chapter is chosen yet.", id="report-chapters"))
    return beside(left, right, answered=bool(items))


def address(items: list[str], title: str) -> str:
    """The query of a document."""
    return urlencode([*((ITEM, item) for item in items), *([(TITLE, title)] if title else [])])


def _chapter(items: list[str], k: int, title: str, work: Work) -> html.Li:
    """What a chapter is, and links that move it or leave it out."""
    said, there = described(items[k], work)
    moved = {
        "Up": _swapped(items, k - 1),
        "Down": _swapped(items, k),
        "Leave out": items[:k] + items[k + 1 :],
    }
    links = [
        dcc.Link(
            text,
            href=f"{PATH}?{address(order, title)}",
            className="button",
            title=f"{text}: {said}",
        )
        for text, order in moved.items()
        if order is not None
    ]
    name = dcc.Link(said, href=there) if there else html.Span(said)
    return html.Li([name, html.Div(links, className="row")])


def _swapped(items: list[str], k: int) -> list[str] | None:
    """The items with k and the next one swapped, None where there is no such pair."""
    if not 0 <= k < len(items) - 1:
        return None
    return [*items[:k], items[k + 1], items[k], *items[k + 2 :]]


def described(item: str, work: Work) -> tuple[str, str]:
    """(what an added address shows, in words; the address of its page, "" where it shows nothing any
    more)."""
    try:
        scenario, view = read_query(item)
        if view["job"]:
            job = (work.runs if work.runs.known(view["job"][-1]) else work.fits).job(view["job"][-1])
            scenario, path = job.shown, "/fit" if job.shown.kind == "fit" else "/assay"
        else:
            path = place_of(scenario)
            scenario = work.named(scenario) if scenario is not None else None
    except LivingdrugError as error:
        return f"cannot be shown: {error}", ""
    if scenario is None:
        return "cannot be shown: the address names no analysis", ""
    return _words(scenario), f"{path}?{item}"


def _words(scenario) -> str:
    files = [getattr(scenario, name) for name in scenario.FILES if getattr(scenario, name)]
    names = [name for value in files for name in ((value,) if isinstance(value, str) else value)]
    about = [*names, *([scenario.model] if getattr(scenario, "model", None) else [])]
    simulated = " (simulated data)" if set(names) & set(EXAMPLES.values()) else ""
    kind = scenario.kind.replace("-", " ")
    return f"{kind[0].upper()}{kind[1:]}: {', '.join(map(str, about)) or 'built-in'}{simulated}"


def place_of(scenario) -> str:
    """The path of the page of a scenario: the first one that takes it."""
    kind = getattr(scenario, "kind", "simulate")
    named = [path for path, module in pages().items() if kind in module.PAGE.kinds]
    return next((path for path in (*named, f"/{kind}", f"/{kind.partition('-')[0]}") if path in pages()), "/")


def bound(name: str, view: dict[str, list[str]], work: Work) -> bytes:
    """The document of an address. Raises LivingdrugError for a chapter that cannot be made, by its number."""
    if name not in dict(FILES):
        raise InputError(f"a report of several runs has no file `{name[:40]}`")
    if len(view[ITEM]) > MOST_RUNS:
        raise InputError(f"the report has {len(view[ITEM])} chapters; at most {MOST_RUNS} are bound")
    with tempfile.TemporaryDirectory(dir=work.folder) as made:
        folders = [_chapter_folder(k, item, Path(made), work) for k, item in enumerate(view[ITEM], 1)]
        out = Path(made) / secrets.token_hex(4)
        with work.job():
            report = bind(folders, out, view[TITLE][-1] if view[TITLE] else "")
            if name == REPORT:
                return (out / REPORT).read_bytes()
            return (
                write_pdf(out / REPORT) if name.endswith("pdf") else word_document(report, out)
            ).read_bytes()


def _chapter_folder(k: int, item: str, made: Path, work: Work) -> Path:
    """A copy of the folder of a run: that of the app goes when others come."""
    try:
        scenario, view = read_query(item)
        if view["job"]:
            ident = view["job"][-1]
            known = work.runs.known(ident)
            job = known or work.fits.job(ident)
            if job.state != "finished":
                raise InputError("it has not come to its end; its page says how far it is")
            shutil.copytree(job.folder / RUN, made / str(k))
        elif scenario is None:
            raise InputError("its address names no analysis")
        else:
            work.copy_run(scenario, made / str(k))
    except LivingdrugError as error:
        raise InputError(f"chapter {k}: {error}") from None
    return made / str(k)


def register(app, work: Work) -> None:
    """Callbacks: the title goes through the address; what else was added is listed."""

    @app.callback(
        Output("address", "search", allow_duplicate=True),
        Input("report-title", "value"),
        State("report-query", "data"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def entitle(title, drawn, search):
        query = (search or "").lstrip("?") or drawn  # chapters may have been moved since
        view = read_query(query)[1]
        new = address(view[ITEM], (title or "").strip()[:200])
        if new == query or (not view[ITEM] and not title):
            raise PreventUpdate
        return f"?{new}"

    @app.callback(
        Output("report-others", "children"),
        Input(STORE, "modified_timestamp"),
        State(STORE, "data"),
        State("report-query", "data"),
    )
    def listed(_, added, query):
        view = read_query(query)[1]
        return others(added or [], view[ITEM], view[TITLE][-1] if view[TITLE] else "", work)


def others(added: list[str], items: list[str], title: str, work: Work) -> list:
    """Links that append what was added in this browser and is no chapter yet."""
    left = [item for item in added if isinstance(item, str) and item not in items]
    if not left:
        said = (
            "All of it is in the document."
            if added
            else "Nothing yet: press “Add to a report” below any answer."
        )
        return [html.P(said, className="quiet")]
    links = [
        html.Li(dcc.Link(f"Add: {described(item, work)[0]}", href=f"{PATH}?{address([*items, item], title)}"))
        for item in left
    ]
    whole = dcc.Link("Add all", href=f"{PATH}?{address([*items, *left], title)}", className="button")
    return [html.Ul(links), *([whole] if len(left) > 1 else [])]
