"""What a finished fit shows beside its numbers, and its model on other pages: one small fit of made-up data."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from livingdrug.core.errors import InputError
from livingdrug.web import fit_worker
from livingdrug.web.app import make_app, page_of
from livingdrug.web.fit import compared
from livingdrug.web.fits import FitJob
from livingdrug.web.live import live
from livingdrug.web.work import Work
from livingdrug.workflows import to_toml
from livingdrug.workflows.fit.scenario import Fit
from tests.pictures import undrawn

ASKED = Fit(file="a" * 24, model="stein_2019", random=("c_max", "alpha"), method="focei")
IDENT = "made_for_this_test_alone"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """An app that holds one finished fit."""
    folder = tmp_path_factory.mktemp("job")
    samples(folder / "samples.csv")
    samples(folder / "mine.csv")  # as `fits` puts it there
    (folder / "job.toml").write_text(to_toml(ASKED.model_copy(update={"file": str(folder / "samples.csv")})))
    (folder / "name.txt").write_text("mine.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("livingdrug.workflows.fit.checks.save", undrawn)
        fit_worker.run_job(folder, False, fit_worker.Progress(folder / "progress.json"))
    made, process = Work(), subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    process.wait()
    made.fits._jobs[IDENT] = FitJob(folder, ASKED.model_copy(update={"file": "mine.csv"}), ASKED, {}, process)
    return made


def samples(path):
    """Ten subjects around the published curve, with two covariates and late values below the limit."""
    random = np.random.default_rng(5)
    rows = ["ID,TIME (d),DV,UNIT,ASSAY,EVID,AMT (cells),LIMIT,SEX,burden"]
    for i in range(10):
        about = f"{'FM'[i % 2]},{60 + 3 * i}"
        rows.append(f"S{i},0,,,,1,1e8,,{about}")
        top, slow = 24000 * np.exp(0.5 * random.normal()), 0.16 * np.exp(0.3 * random.normal())
        for t in (3, 9, 14, 21, 28, 60):
            level = top * (np.exp(-slow * max(t - 9.3, 0)) if t > 9 else 0.5) * np.exp(0.3 * random.normal())
            value = f"{level:.1f}" if level > 300 else "<300"
            rows.append(f"S{i},{t},{value},copies/ug,qPCR,0,,300,{about}")
    path.write_text("\n".join(rows))


def parts(work, query):
    return list(page_of("/fit", query, work)._traverse())


def figures(work, query=f"job={IDENT}"):
    return {part.id: part.figure for part in parts(work, query) if getattr(part, "figure", None)}


def test_every_check_of_a_fit_is_drawn_from_its_files(work):
    drawn = figures(work)
    assert (
        {"vpc", "vpc-below", "observed", "residuals", "own", "covariates", "trace"}
        >= set(drawn)
        >= {"vpc", "vpc-below", "observed", "residuals", "own", "covariates"}
    )
    records = pd.read_csv(work.fits.job(IDENT).folder / "run" / "predictions.csv")
    measured = records[records["kind"] == "measured"]
    typical, own = (t for t in drawn["observed"]["data"] if t["mode"] == "markers")
    assert typical["y"] == own["y"] == measured["value"].tolist() and own["x"] == measured["ipred"].tolist()
    below = drawn["vpc-below"]["data"]  # lower and upper edge of the model, and what the data show
    assert max(below[2]["y"]) > 0 and all(a <= b for a, b in zip(below[0]["y"], below[1]["y"], strict=True))
    weighted = drawn["residuals"]["data"][0]
    assert len(weighted["y"]) == len(measured) and weighted["customdata"] == measured["time"].tolist()
    # late times do not press early ones together, on every axis of time alike
    for name in ("residuals", "own", "vpc-below"):
        assert "ticktext" in drawn[name]["layout"]["xaxis"] or max(drawn[name]["data"][0]["x"]) <= 61


def test_a_subject_and_a_covariate_are_chosen_by_address(work):
    text = str(page_of("/fit", f"job={IDENT}&subject=S3&shown-covariate=SEX", work))
    assert "S3, transgene: " in text and "over SEX" in text
    drawn = figures(work, f"job={IDENT}&shown-covariate=SEX")["covariates"]
    assert set(drawn["data"][0]["x"]) == {"F", "M"} and len(drawn["data"]) == 2
    weight = figures(work, f"job={IDENT}&shown-covariate=burden")["covariates"]["data"][0]["x"]
    assert weight == [60.0 + 3 * i for i in range(10)]
    below = [
        t for t in figures(work, f"job={IDENT}&subject=S3")["own"]["data"] if t["name"] == "below the limit"
    ]
    records = pd.read_csv(work.fits.job(IDENT).folder / "run" / "predictions.csv")
    count = int(((records["subject"] == "S3") & (records["kind"] == "below")).sum())
    assert (len(below[0]["x"]) if below else 0) == count


def test_the_predictive_check_of_each_group_is_one_click_away(work):
    links = [part.href for part in parts(work, f"job={IDENT}") if "shown-strata=" in str(getattr(part, "href", ""))]
    assert any(href.endswith("shown-strata=SEX") for href in links)
    drawn = figures(work, f"job={IDENT}&shown-strata=SEX")
    assert {"strata-1", "strata-2"} <= set(drawn)
    dots = [len(drawn[name]["data"][0]["x"]) for name in ("strata-1", "strata-2")]
    records = pd.read_csv(work.fits.job(IDENT).folder / "run" / "predictions.csv")
    assert sum(dots) == int((records["kind"] == "measured").sum()) and min(dots) > 0


def test_the_model_and_the_samples_of_a_fit_are_handed_out_for_other_tools(work):
    from livingdrug.export import model_text
    from livingdrug.models import read_model
    from livingdrug.web.exports import OF_FITS, export
    from livingdrug.web.fit_answer import ELSEWHERE

    assert {name for name, _ in ELSEWHERE} == set(OF_FITS)
    model = read_model(work.fits.job(IDENT).folder / "run" / "model.toml", even_so=True)
    for name, target in OF_FITS.items():
        made = export(name, f"job={IDENT}", work).decode()
        if not name.startswith("samples"):
            assert made == model_text(model, target)
    rows = export("samples.nonmem.csv", f"job={IDENT}", work).decode().splitlines()
    assert len(rows) == 71 and {"ID", "TIME", "DV", "AMT", "EVID", "MDV"} <= set(rows[0].split(","))
    shown = "".join(str(getattr(part, "href", "")) for part in parts(work, f"job={IDENT}"))
    assert all(f"/export/{name}?job={IDENT}" in shown for name in OF_FITS)


def test_the_model_of_a_fit_is_taken_to_other_pages(work, tmp_path):
    links = {
        part.href
        for part in parts(work, f"job={IDENT}")
        if f"fit%3A{IDENT}" in str(getattr(part, "href", ""))
    }
    paths = {href.partition("?")[0] for href in links}
    assert {"/explore", "/sensitivity", "/sampling", "/trial", "/forecast"} == paths
    by_path = {href.partition("?")[0]: href.partition("?")[2] for href in links}
    for path, more in (("/explore", "&days=28"), ("/sensitivity", "&n=8"), ("/trial", "")):
        text = str(page_of(path, by_path[path] + more, work))
        assert "className='problem'" not in text.replace("id='refusal', className='problem'", ""), path
    assert "Fitted here" in str(page_of("/explore", by_path["/explore"], work))
    query = f"kind=simulate&model=fit:{IDENT}&even_so=true"
    own = work.fits.job(IDENT).folder / "run" / "individuals.csv"
    assert own.is_file() and max(live(query, work)["heights"][0][1:]) > 1000
    client = make_app(work).server.test_client()
    scenario = client.get(f"/export/scenario.toml?{query}").text
    assert 'model = "model.toml"' in scenario and str(work.fits.job(IDENT).folder) not in scenario
    (tmp_path / "model.toml").write_bytes(client.get(f"/export/model.toml?job={IDENT}").data)
    (tmp_path / "scenario.toml").write_text(scenario)
    run = [sys.executable, "-m", "livingdrug", "run", "scenario.toml", "--out", "run.csv"]
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "run.csv").read_bytes() == client.get(f"/export/results.csv?{query}").data


@pytest.mark.parametrize("name", ["fit:" + "x" * 24, "fit:../../etc/passwd", "fit:", "fit:made_for_this"])
def test_a_fit_that_is_not_there_is_no_model(work, name):
    for path, query in (
        ("/explore", f"kind=simulate&model={name}"),
        ("/sensitivity", f"kind=sensitivity&model={name}"),
    ):
        text = str(page_of(path, query, work))
        assert "no fit of this address" in text or "models that come with livingdrug" in text
    with pytest.raises(InputError):
        live(f"kind=simulate&model={name}", work)


def test_fits_to_one_file_stand_side_by_side(work):
    assert compared(IDENT, [], work) == []
    other = "another_fit_of_this_test"
    work.fits._jobs[other] = work.fits._jobs[IDENT]
    made = str(compared(IDENT, [other, "gone"], work))
    del work.fits._jobs[other]
    assert "Fits to the same file" in made and f"job={other}" in made and "AIC" in made
