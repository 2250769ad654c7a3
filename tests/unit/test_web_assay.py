"""The page of killing assays: the example from its check to a fit that runs as a job, own files, refusals."""

import base64
import json
import subprocess
import sys

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web import jobs, run_worker
from livingdrug.web.address import read_query, to_query
from livingdrug.web.app import make_app, page_of
from livingdrug.web.assay import EXAMPLE, with_files
from livingdrug.web.assay_fields import after, step
from livingdrug.web.runs import Runs
from livingdrug.web.work import Work
from livingdrug.web.worker import Progress
from livingdrug.workflows import to_toml, workflow

WAITS = [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(130)"]
ALONE = {"by": ("well",), "shared": ("none",), "model": "exhaustion"}


def text_of(work: Work, query: str) -> str:
    def plain(thing):
        return thing.to_plotly_json() if hasattr(thing, "to_plotly_json") else str(thing)

    return json.dumps(page_of("/assay", f"?{query}", work).to_plotly_json(), default=plain, ensure_ascii=False)


@pytest.fixture(scope="module")
def work():
    made = Work()
    yield made
    jobs.end_all(made.runs._jobs)


@pytest.fixture
def idle(monkeypatch):
    """Processes that only wait until they are told to end."""
    monkeypatch.setattr(Runs, "launch", lambda *_: subprocess.Popen(WAITS, stdin=subprocess.PIPE))


def sent(text: str) -> str:
    return "data:text/csv;base64," + base64.b64encode(text.encode()).decode()


def test_the_example_is_one_click_away_and_is_checked_with_heat_maps(work):
    assert to_query(EXAMPLE) in text_of(work, "")
    said = text_of(work, to_query(EXAMPLE))
    assert "Passed validation: 96 wells" in said and "E8 at 42 h" in said and "simulated data" in said
    assert "data:image/png;base64" in said and '"className": "problem"' not in said
    assert to_query(step("assay-fit", EXAMPLE)) in said and "model=exhaustion" in to_query(step("assay-fit", EXAMPLE))


def test_own_files_are_read_under_their_names_and_faults_name_the_field(work):
    readings = "well,time_h,value\nA1,0,1.2\nA1,2,1.4\n"
    asked = with_files("", "files", [sent(readings)], ["index.csv"], work)
    said = text_of(work, to_query(asked))
    assert "index.csv" in said and "What the values measure" in said and "--quantity" not in said
    assert asked.files[0] not in said.replace(to_query(asked), "").replace(f"files={asked.files[0]}", "")
    more = with_files(to_query(asked), "plan", sent("well,role\nA1,target_alone\n"), "map.csv", work)
    assert more.files == asked.files and work.uploads.name(more.plan) == "map.csv"


def test_a_map_without_readings_and_a_file_of_another_kind_are_refused(work):
    with pytest.raises(InputError, match="choose the readings first"):
        with_files("", "plan", sent("well\nA1\n"), "map.csv", work)
    with pytest.raises(InputError, match="no table that is read here"):
        with_files("", "files", [sent("x")], ["plate.exe"], work)


def test_a_fit_runs_as_a_job_that_may_be_cancelled(work, idle):
    asked = step("assay-fit", EXAMPLE)
    assert "assay-start" in text_of(work, to_query(asked))
    ident = work.runs.start(asked, work.named(asked), work.located(asked))
    said = text_of(work, f"job={ident}")
    assert "assay-cancel" in said and "readings.csv" in said and "simulated data" in said
    with pytest.raises(InputError, match="no answer"):
        work.located(after("assay-rank", ident))
    work.runs.cancel(ident)
    assert "Start it again" in text_of(work, f"job={ident}")


def test_a_job_leaves_the_folder_of_a_run_and_the_page_shows_it(work, idle, tmp_path):
    asked = step("assay-fit", EXAMPLE).model_copy(update={**ALONE, "leave_out": tuple(_all_wells_but("A12"))})
    ident = work.runs.start(asked, work.named(asked), work.located(asked))
    job = work.runs.job(ident)
    run_worker.run_job(job.folder, Progress(job.folder / "progress.json"))  # what its process would do
    work.runs.cancel(ident)
    assert job.state == "finished"
    said = text_of(work, f"job={ident}")
    assert "rates with 95 % intervals" in said and "data:image/png;base64" in said and str(job.folder) not in said
    client = make_app(work).server.test_client()
    table, document = (client.get(f"/export/{name}?job={ident}") for name in ("results.csv", "scenario.toml"))
    assert table.data == (job.run / "results.csv").read_bytes()
    assert 'files = [\n    "readings.csv",\n]' in document.text and str(job.folder) not in document.text
    for name in ("job.toml", "given.json", "estimates.json", "../job.toml", "../../job.toml"):
        with pytest.raises(InputError, match="has no file"):
            work.runs.file(ident, name)


def _all_wells_but(name: str) -> list[str]:
    return [f"{row}{column}" for row in "ABCDEFGH" for column in range(1, 13) if f"{row}{column}" != name]


def test_who_waits_for_a_fit_sees_what_it_answers_as_it_comes(monkeypatch):
    """The right side alone is drawn anew when a run ends."""
    from pathlib import Path
    from types import SimpleNamespace

    from livingdrug.report import Answer
    from livingdrug.web import assay_job
    from livingdrug.web.assay_fields import AFTER

    monkeypatch.setattr(assay_job, "recorded", lambda _: Answer(title="a fit", question="?", sentences=("said",)))
    shown = SimpleNamespace(FOLDERS=(), each_well=False, table_file="results.csv", kind="assay-fit")
    job = SimpleNamespace(state="finished", answer=dict, shown=shown, run=Path(), names={})
    monkeypatch.setattr(assay_job, "kept", lambda *_: [])
    view = assay_job.job_view("a" * 24, job)
    drawn = json.dumps(view, default=lambda part: part.to_plotly_json(), ensure_ascii=False)
    assert all(question in drawn for question in AFTER.values())


@pytest.mark.parametrize("folder", ["/", "/tmp", "fitted", "../x", "a" * 24])
def test_a_ranking_starts_from_a_run_of_this_app_alone(work, folder):
    with pytest.raises(InputError, match="opens no folders|no run of this address"):
        work.located(workflow("assay-rank").scenario(folder=folder))


@pytest.mark.parametrize("kind", ["assay-fit", "assay-models", "assay-predict"])
def test_what_takes_long_is_not_computed_by_a_download(kind, work):
    given = {"folder": "a" * 24, "links": ("k_kill=k_kill",)} if kind == "assay-predict" else {"files": EXAMPLE.files}
    query = to_query(workflow(kind).scenario(**given))
    client = make_app(work).server.test_client()
    for name in ("results.csv", "report.html", "picture.svg"):
        assert client.get(f"/export/{name}?{query}").status_code == 400


def test_every_field_of_the_page_is_one_of_its_scenario():
    from livingdrug.assay import AssayReading
    from livingdrug.cli.options import get_choices
    from livingdrug.web.assay_fields import FIELDS, MORE

    asked = {e.key for part in (FIELDS, MORE) for e in part["assay-check"]}
    assert set(AssayReading.__dataclass_fields__) - asked == {"rechallenges", "replatings"}  # events are a file here
    for kind, entries in (*FIELDS.items(), *MORE.items()):
        fields = workflow(kind).scenario.model_fields
        assert {e.key for e in entries} <= set(fields)
        for entry in (e for e in entries if get_choices(fields[e.key].annotation)):
            assert {value for value, _ in entry.choices} - {""} == set(get_choices(fields[entry.key].annotation)), entry.key


def test_a_model_file_of_this_machine_is_not_opened(work, tmp_path):
    asked = workflow("assay-predict").scenario(folder="a" * 24, links=("k_kill=k_kill",), model=str(tmp_path / "x.toml"))
    with pytest.raises(InputError, match="models that come with livingdrug"):
        work.located(asked)


def test_an_address_is_read_back_with_limits_and_several_files(work):
    asked = EXAMPLE.model_copy(update={"files": (*EXAMPLE.files, "other"), "limits": {"targets": 25.0}, "leave_out": ("E8",)})
    assert read_query(to_query(asked))[0] == asked and "limits" in to_toml(asked)
