"""A question of a killing assay that takes long: how far it is, and what it found."""

from dash import Input, Output, State, dcc, html, no_update

from livingdrug.core.errors import InputError
from livingdrug.report import REPORT, SCENARIO
from livingdrug.web.address import to_query
from livingdrug.web.assay_fields import AFTER, PATH, STEPS, in_page_words, steps_after
from livingdrug.web.drawn_answer import kept, parts_of, recorded
from livingdrug.web.job_view import ended, going_on, kept_address, register_button
from livingdrug.web.parts import attribute, beside, downloads, problem
from livingdrug.web.runs import RunJob
from livingdrug.web.uploads import EXAMPLES
from livingdrug.web.work import Work


def job_page(ident: str, work: Work) -> html.Div:
    """A run that was started: what it is about on the left, how far it is or what it found on the right."""
    job = work.runs.job(ident)
    left = [html.H2({**STEPS, **AFTER}[job.shown.kind]), *_about(job, work)]
    left.append(html.P(dcc.Link("Change something and start again", href=f"{PATH}?{to_query(job.asked)}")))
    left.append(kept_address("runs"))
    store = dcc.Store(id="assay-job-name", data=ident)
    return beside(left, job_view(ident, job), stores=[store], answer_ident="assay-job")


def _about(job: RunJob, work: Work) -> list:
    if job.shown.FOLDERS:
        fit = work.runs.known(job.asked.folder)
        said = f"the fit of {', '.join(fit.shown.files)}" if fit else "a fit that the app no longer keeps"
        back = [html.P(["From ", dcc.Link(said, href=f"{PATH}?job={job.asked.folder}") if fit else said])]
        return [*back, *([steps_after(job.asked.folder, job.shown.kind)] if fit else [])]
    simulated = " (simulated data)" if any(token in EXAMPLES for token in job.asked.files) else ""
    return [html.P([html.B(", ".join(job.shown.files)), f", {job.shown.model} model{simulated}"])]


def job_view(ident: str, job: RunJob) -> list:
    """How far a run is, what it found, or why it found nothing."""
    state = job.state
    again = html.Button("Start it again", id="assay-again", n_clicks=0, className="main")
    if state == "finished":
        answer = recorded(job.answer())
        files = [(f"{p.name}.svg", f"{p.name} (SVG)") for p in answer.pictures[:6]]
        files = [
            (job.shown.table_file, "data (CSV)"),
            *files,
            (SCENARIO, "scenario (TOML)"),
            ("script.py", "Python script"),
            (REPORT, "report (HTML)"),
        ]
        figures = kept(answer.pictures, job.run / "pictures")
        # beside the answer, so that who waits for it sees them as it comes
        ready = not job.shown.FOLDERS and not job.shown.each_well
        steps = [html.P("What the fit answers:"), steps_after(ident)] if ready else []
        return [
            html.H2(answer.title),
            *steps,
            *parts_of(answer, lambda text: in_page_words(text, job.names), figures),
            downloads(f"job={ident}", files),
        ]
    if state == "running":
        return going_on("assay", "Running", progress_view(job))
    titles = ("It did not go to its end", "It was refused", "It ended early")
    why = in_page_words(job.why(), job.names) if state == "refused" else job.why()
    return ended("assay", job, titles, again, job.stopped, why)


def progress_view(job: RunJob) -> list:
    """What is done now."""
    phase = job.progress()["phase"]
    said = f"{phase[:1].upper()}{phase[1:]}"
    return [
        html.Progress(**attribute("aria-label", "it runs")),
        html.P(f"{said} ...", **attribute("aria-live", "polite")),
    ]


def register_job(app, work: Work) -> None:
    """Callbacks of a run that was started."""

    @app.callback(
        Output("assay-job", "children"), Output("assay-progress", "children"), Input("assay-beat", "n_intervals"),
        State("assay-job-name", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def look(_, ident):
        try:
            job = work.runs.job(ident)
        except InputError as error:
            return [problem(str(error))], no_update
        if job.state == "running":
            return no_update, progress_view(job)
        return job_view(ident, job), no_update

    def view(ident):
        return job_view(ident, work.runs.job(ident))

    register_button(app, "assay", "assay-cancel", work.runs.cancel, view)
    register_button(app, "assay", "assay-again", lambda ident: work.runs.again(work.runs.job(ident)), view)
