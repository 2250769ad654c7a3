"""What a page hands out: the same bytes as the command line and the script give."""

import io
import tempfile
from pathlib import Path

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.export import write_csv
from livingdrug.core.tables import write_table
from livingdrug.models import MODEL_FILE
from livingdrug.models import to_toml as model_to_toml
from livingdrug.plots import panels_of, plot_panels
from livingdrug.response import CURVE_FILE
from livingdrug.web.address import read_query
from livingdrug.web.model_choice import model_of
from livingdrug.web.work import Work
from livingdrug.workflows import Document, to_script, to_toml, workflow
from livingdrug.workflows.fit.spec import Fit
from livingdrug.workflows.simulate.spec import Simulation

CDISC = ("pp.csv", "pp.xpt", "adpp.csv", "adpp.xpt")
# of a model in the words of another tool -> its target
MODEL_FILES = {
    "model.toml": "toml",
    "model.sbml.xml": "sbml",
    "model.nonmem.txt": "nonmem",
    "model.nlmixr2.R": "nlmixr2",
    "model.mrgsolve.cpp": "mrgsolve",
    "model.monolix.txt": "monolix",
    "model.pumas.jl": "pumas",
}
TYPES = {
    ".csv": "text/csv",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".toml": "text/plain",
    ".py": "text/plain",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".xpt": "application/x-sas-xport",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
# a fit in the words of other tools: its model at the estimates, its samples -> the target, or the layout
OF_FITS = {name: target for name, target in MODEL_FILES.items() if target not in ("toml", "sbml")}
OF_FITS |= {"samples.nonmem.csv": "nonmem", "samples.monolix.csv": "monolix"}


def export(name: str, query: str, work: Work) -> bytes:
    """The bytes of one file of what an address shows. Raises LivingdrugError for what cannot be."""
    scenario, view = read_query(query)
    if view["item"]:
        from livingdrug.web.report import bound

        return bound(name, view, work)
    if view["job"]:
        ident = view["job"][-1]
        if name in OF_FITS and not work.runs.known(ident):
            return _of_fit(name, ident, work)
        return (work.runs if work.runs.known(ident) else work.fits).file(ident, name)
    if scenario is None:
        raise InputError("the address names no scenario, so there is nothing to download")
    if name == "scenario.toml":
        return to_toml(work.named(scenario)).encode()
    if name == "script.py":
        return to_script(work.named(scenario)).encode()
    if name == MODEL_FILE and scenario.kind == "population":
        return _population(scenario, work)
    if name == CURVE_FILE and scenario.kind == "response":
        return _curve(scenario, work)
    if isinstance(scenario, Fit) or scenario.LONG:
        raise InputError("a fit is started on its page; its files come from there")
    if name in CDISC and scenario.kind in ("nca", "compare"):
        return _layout(name, "nca", Path(name).stem, work.located(scenario), work)
    if name in MODEL_FILES and isinstance(scenario, Simulation):
        return _model(scenario, MODEL_FILES[name], work)
    if name == "results.csv":
        return _table(scenario, work)
    if name == "report.html":
        return (work.kept_run(scenario) / name).read_bytes()
    if name == "report.docx":
        from livingdrug.report import write_word

        folder = work.kept_run(scenario)
        with work.job():
            return write_word(folder).read_bytes()
    if name in ("picture.svg", "picture.png"):
        return _picture(scenario, view, name, work)
    raise InputError(f"there is no file `{name[:40]}`")


def _model(scenario: Simulation, target: str, work: Work) -> bytes:
    """The model with its mechanisms in the words of another tool; at published values, as `models export`
    gives it."""
    from livingdrug.export import model_text

    model = model_of(scenario.model_copy(update={"values": {}}), work)
    return (model_to_toml(model) if target == "toml" else model_text(model, target)).encode()


def _population(scenario: Document, work: Work) -> bytes:
    """The matched population as a model. Raises InputError where the targets are out of reach."""
    path = work.kept_run(scenario) / MODEL_FILE
    if not path.is_file():
        raise InputError("the targets are out of reach, so there is no population to download")
    return path.read_bytes()


def _curve(scenario: Document, work: Work) -> bytes:
    """The curves of a response, for an index or a search of the best dose. Raises InputError where there is none."""
    path = work.kept_run(scenario) / CURVE_FILE
    if not path.is_file():
        raise InputError("this outcome has no curve of a probability that other questions could take")
    return path.read_bytes()


def _of_fit(name: str, ident: str, work: Work) -> bytes:
    """The model of a fit at its estimates, or its samples, for another tool.

    Raises InputError where there is none.
    """
    from livingdrug.export import model_text
    from livingdrug.models import read_model

    if name in MODEL_FILES:
        return model_text(read_model(work.fitted(ident), even_so=True), OF_FITS[name]).encode()
    job = work.fits.job(ident)
    here = job.shown.model_copy(update={"file": str(job.folder / job.shown.file)})
    return _layout(name, "check", OF_FITS[name], here, work)


def _layout(name: str, of: str, layout: str, scenario: Document, work: Work) -> bytes:
    """The table in another layout, as `--as` of the command of a kind gives it.

    scenario: with its files where they lie.
    """
    kind = workflow(of)
    own = kind.scenario(**{key: value for key, value in scenario.model_dump(exclude_defaults=True).items()
                           if key in kind.scenario.model_fields and key != "kind"})
    with work.job(), tempfile.TemporaryDirectory() as folder:
        table, *_ = kind.layouts(kind.run(own))[layout]()
        write_table(table, Path(folder) / name)
        return (Path(folder) / name).read_bytes()


def _table(scenario: Document, work: Work) -> bytes:
    from livingdrug.workflows import table_of

    with work.job(), tempfile.TemporaryDirectory() as folder:
        write_csv(table_of(work.located(scenario)), Path(folder) / "results.csv")
        return (Path(folder) / "results.csv").read_bytes()


def _picture(scenario: Document, view: dict[str, list[str]], name: str, work: Work) -> bytes:
    """The panels of a simulation with what is pinned, or the first picture of another kind's run."""
    if not isinstance(scenario, Simulation):
        folder = work.kept_run(scenario)
        pictures = (
            sorted((folder / "pictures").glob(f"*{Path(name).suffix}"))
            if (folder / "pictures").is_dir()
            else []
        )
        if not pictures:
            raise InputError(f"a `{scenario.kind}` scenario has no figure")
        return pictures[0].read_bytes()
    from matplotlib import rc_context

    from livingdrug.plots import SETTINGS
    from livingdrug.web.explore import limit_of, pinned

    results = [work.simulate(scenario), *pinned(view["pin"], work)]
    line = limit_of(view["line"][-1]) if view["line"] else None
    out = io.BytesIO()
    with work.job(), rc_context(SETTINGS):
        figure = plot_panels(results, panels_of(model_of(scenario, work)), line)
        kind = Path(name).suffix[1:]
        figure.savefig(out, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()


def register(server, work: Work) -> None:
    """The routes: an error is one sentence of text."""
    from flask import Response, request

    @server.route("/export/<name>")
    def hand_out(name: str):
        try:
            made = export(name, request.query_string.decode(), work)
        except LivingdrugError as error:
            return Response(f"{error}\n", 400, mimetype="text/plain")
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(made, mimetype=TYPES.get(Path(name).suffix, "text/plain"), headers=headers)
