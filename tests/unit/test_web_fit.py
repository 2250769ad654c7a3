"""Fits that the app runs in the background: their processes, folders and addresses, and what a page makes of them."""

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.fit import vpc
from livingdrug.web import fit_worker, fits, jobs
from livingdrug.web.app import make_app, page_of
from livingdrug.web.fit import SHOWN
from livingdrug.web.fit_answer import vpc_sentence, with_ends
from livingdrug.web.fit_plan import DIFFERS, HELD, SAME, model_of, roles_of, with_roles
from livingdrug.web.work import Work
from livingdrug.workflows import to_toml
from livingdrug.workflows.fit.plan import fit_problem
from livingdrug.workflows.fit.scenario import Fit
from tests.pictures import undrawn

WAITS = [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(130)"]
SMALL = Fit(file="samples.csv", model="stein_2019", random=("c_max", "alpha"), method="saem")


@pytest.fixture
def work():
    made = Work()
    yield made
    jobs.end_all(made.fits._jobs)


@pytest.fixture
def idle(monkeypatch):
    """Processes that only wait until they are told to end."""
    monkeypatch.setattr(fits, "worker", lambda module, folder, *options: subprocess.Popen(WAITS, stdin=subprocess.PIPE))


def started(work, scenario=SHOWN):
    return work.fits.start(scenario, work.named(scenario), work.uploads.path(scenario.file))


def test_a_few_fits_run_at_once(work, idle):
    running = [started(work) for _ in range(jobs.RUNNING)]
    assert {path.name for path in work.fits.job(running[0]).folder.iterdir()} == {
        "job.toml", "name.txt", "samples.csv", "kinetics.csv"}
    with pytest.raises(InputError, match="fits are running already"):
        started(work)
    work.fits.cancel(running[0])
    assert work.fits.job(running[0]).state == "interrupted" and work.fits.job(running[1]).state == "running"
    assert started(work) not in running


def test_the_oldest_fit_that_has_ended_goes(work, idle, monkeypatch):
    monkeypatch.setattr(jobs, "KEPT", 3)
    running, first = started(work), started(work)
    folder = work.fits.job(first).folder
    work.fits.cancel(first)
    for _ in range(2):
        work.fits.cancel(started(work))
    assert work.fits.job(running).state == "running" and work.fits.known(first) is None and not folder.exists()
    with pytest.raises(InputError, match="no fit of this address"):
        work.fits.job(first)


@pytest.mark.parametrize(("ends", "said"), [("sys.exit(7)", "code 7"), ("os.kill(os.getpid(), 9)", "signal 9")])
def test_a_process_that_breaks_is_no_cancelled_fit(work, monkeypatch, ends, said):
    command = [sys.executable, "-c", f"import os, sys; {ends}"]
    monkeypatch.setattr(fits, "worker", lambda module, folder, *options: subprocess.Popen(command, stdin=subprocess.PIPE))
    ident = started(work)
    job = work.fits.job(ident)
    job.process.wait()
    assert job.state == "failed" and said in job.why() and "The fit ended early" in str(page_of("/fit", f"job={ident}", work))


def test_an_address_of_a_fit_that_is_gone_says_so(work):
    said = str(page_of("/fit", "job=6c0f", work))
    assert "fits live as long as the app that runs them" in said and "Traceback" not in said


def test_nothing_but_results_is_handed_out(work, idle):
    ident = started(work)
    client = make_app(work).server.test_client()

    def asked(name):
        return client.get(f"/export/{name}?job={ident}", headers={"Host": "127.0.0.1"})

    for name in ("job.toml", "state.npz", "samples.csv", "parameters.csv", "report.html"):
        assert asked(name).status_code in (400, 404), name
    text = asked("scenario.toml").data.decode()
    assert 'file = "kinetics.csv"' in text and str(work.fits.job(ident).folder) not in text
    assert "file='kinetics.csv'" in asked("script.py").data.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"method": "bayes"}, "the app fits by"), ({"evaluate": "is"}, "the app fits by"), ({"starts": 11}, "up to 10 starts"),
     ({"sir": 500}, "leave them out"),
     ({"endpoints": "example"}, "one file of samples")],
)  # fmt: skip
def test_what_the_app_does_not_fit_is_said(work, idle, change, said):
    with pytest.raises(InputError, match=said):
        started(work, SHOWN.model_copy(update=change))
    assert not work.fits._jobs


def test_a_process_ends_when_the_other_end_of_its_input_is_closed(work):
    ident = started(work)
    deadline = time.monotonic() + 60
    while "all" not in work.fits.job(ident).progress() and time.monotonic() < deadline:
        time.sleep(0.05)
    told = work.fits.job(ident).progress()
    assert told["all"] == 350 and np.isfinite(told["objective"])
    work.fits.cancel(ident)
    job = work.fits.job(ident)
    assert job.state == "interrupted" and job.process.returncode == jobs.INTERRUPTED and job.can_resume


def samples(path):
    random = np.random.default_rng(5)
    rows = ["ID,TIME (d),DV,UNIT,ASSAY,EVID,AMT (cells),LIMIT"]
    for i in range(6):
        rows.append(f"S{i},0,,,,1,1e8,")
        top, slow = 24000 * np.exp(0.5 * random.normal()), 0.16 * np.exp(0.3 * random.normal())
        for t in (3, 9, 14, 21, 28):
            level = top * (np.exp(-slow * max(t - 9.3, 0)) if t > 9 else 0.5) * np.exp(0.3 * random.normal())
            rows.append(f"S{i},{t},{level:.1f},copies/ug,qPCR,0,,50")
    path.write_text("\n".join(rows))


def test_an_interrupted_fit_goes_on_to_the_numbers_of_the_script(tmp_path, monkeypatch):
    """The worker itself, without its process: its table is that of the script, byte for byte, though it was interrupted."""
    monkeypatch.setattr("livingdrug.workflows.fit.checks.save", undrawn)  # drawing takes long
    folder = tmp_path / "job"
    folder.mkdir()
    samples(folder / "samples.csv")
    (folder / "job.toml").write_text(to_toml(SMALL.model_copy(update={"file": str(folder / "samples.csv")})))
    (folder / "name.txt").write_text("mine.csv")

    class Impatient(fit_worker.Progress):
        def __call__(self, done, every, objective):
            super().__call__(done, every, objective)
            if done == 40:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_worker.run_job(folder, False, Impatient(folder / "progress.json"))
    assert (folder / "run" / "state.npz").is_file() and not (folder / "answer.json").exists()
    fit_worker.run_job(folder, True, fit_worker.Progress(folder / "progress.json"))
    from livingdrug.workflows import to_script

    (tmp_path / "samples.csv").write_bytes((folder / "samples.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(to_script(SMALL), {})
    assert (tmp_path / "parameters.csv").read_bytes() == (folder / "run" / "parameters.csv").read_bytes()
    assert (folder / "parameters.csv").read_bytes() == (folder / "run" / "parameters.csv").read_bytes()
    report = (folder / "run" / "report.html").read_text()
    assert "mine.csv" in report and "samples.csv" not in report and not (folder / "run" / "state.npz").exists()


def test_roles_are_what_is_fitted(tmp_path):
    samples(tmp_path / "samples.csv")
    scenario = SMALL.model_copy(update={"file": str(tmp_path / "samples.csv"), "random": ("c_max=0.7", "alpha")})
    model = model_of(scenario)
    roles = roles_of(scenario, model)
    assert {n for n, r in roles.items() if r == DIFFERS} == {"c_max", "alpha"} and roles["beta"] == HELD
    changed = with_roles(scenario, model, roles | {"beta": SAME, "alpha": HELD}, {"alpha": 0.2})
    assert roles_of(changed, model) == roles | {"beta": SAME, "alpha": HELD}
    problem = fit_problem(changed)
    assert {p.name: p.random for p in problem.parameters} == {"c_max": True, "beta": False}
    assert problem.parameters[0].sd == 0.7 and problem.model.typical["alpha"] == 0.2
    plain = Fit(file=scenario.file, model="stein_2019")
    fewer = with_roles(plain, model, roles_of(plain, model) | {"beta": SAME}, {"beta": 0.005})
    assert "beta" in fewer.estimate and with_roles(fewer, model, roles_of(plain, model), {}) == plain
    with pytest.raises(InputError, match="at least one"):
        with_roles(plain, model, dict.fromkeys(roles, HELD), {})


def test_the_sentence_of_the_predictive_check_counts_as_the_check_does(tmp_path):
    samples(tmp_path / "samples.csv")
    scenario = SMALL.model_copy(update={"file": str(tmp_path / "samples.csv"), "values": {"c_max": 2e3}})
    check = vpc(fit_problem(scenario), 40, 1)
    write_csv(check.table(), tmp_path / "vpc.csv")
    rows = with_ends(pd.read_csv(tmp_path / "vpc.csv", dtype={"censored": str}))
    out, everything = check.outside()
    assert out > 0 and f"{out} of {everything} " in vpc_sentence("transgene", rows)
