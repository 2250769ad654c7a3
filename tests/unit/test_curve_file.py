"""The curve of a response is used elsewhere: by an index, by a trial."""

import json

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.response import exposure_at, is_curve_file, read_curve, read_curves
from livingdrug.workflows import workflow
from livingdrug.workflows.document import checked
from tests.commands import livingdrug
from tests.pictures import undrawn


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Simulated outcomes on a simulated CMAX, and the folders of their fits."""
    path, random = tmp_path_factory.mktemp("curves"), np.random.default_rng(4)
    lines = ["ID,CMAX (copies/ug),ORR,CRS"]
    for i in range(80):
        cmax = np.exp(random.normal(np.log(20_000), 1.0))
        yes = random.uniform() < 1 / (1 + (20_000 / cmax) ** 1.2)
        grade = int((random.uniform() < np.array([1 / (1 + (k / cmax) ** 1.5) for k in (1e4, 4e4, 2e5)])).sum())
        lines.append(f"{i},{cmax:.1f},{'yes' if yes else 'no'},{grade}")
    (path / "data.csv").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("livingdrug.report.save", undrawn)
        for endpoint, out in (("ORR", "orr"), ("CRS", "crs")):
            done = livingdrug("response", "data.csv", "--exposure", "CMAX", "--endpoint", endpoint, "--out", out, cwd=path)
            assert done.returncode == 0, done.stderr
    return path


def test_the_file_is_the_curve_that_was_fitted(folder):
    done = livingdrug("response", "data.csv", "--exposure", "CMAX", "--endpoint", "ORR", "--json", cwd=folder)
    told = json.loads(done.stdout)
    one = read_curve(str(folder / "orr"))
    intercept, slope = told["coefficients"][:2]
    assert [one.curve.intercept, one.curve.slope] == pytest.approx([intercept["estimate"], slope["estimate"]], rel=1e-12)
    assert one.curve.unit == "copies/ug" and one.subjects == 80 and one.lowest < 20_000 < one.highest and one.data_sha256
    assert np.isfinite(exposure_at(one.curve, 0.5).low)
    grades = read_curves(str(folder / "crs"))
    assert len(grades) == 3 and len({c.curve.slope for c in grades}) == 1
    chosen = read_curve(f"{folder / 'crs'}:{grades[1].name}")
    assert chosen.curve.intercept == grades[1].curve.intercept


def test_what_is_no_curve_is_refused(folder, tmp_path):
    assert not is_curve_file("tisagenlecleucel_severe_crs") and not is_curve_file(str(folder))
    with pytest.raises(InputError, match="several curves"):
        read_curve(str(folder / "crs"))
    with pytest.raises(InputError, match="unknown curve"):
        read_curves(f"{folder / 'crs'}:none")
    own = (folder / "orr" / "curve.toml").read_text()
    for text, why in (("x = 1", "no list"), ("[[curves]]\nname = 1", "missing"), ("[[curves]]\nnam = 1", "unknown key"),
                      (own.replace("slope = ", "slope = 'a' #"), "number"),
                      (own.replace("subjects = ", "subjects = 'abc' #"), "whole number"),
                      (own + "doubts = 5\n", "list of texts"), (own + "doubts = 'one'\n", "list of texts"),
                      (own + "notes = 5\n", "list of texts")):  # fmt: skip
        (tmp_path / "wrong.toml").write_text(text)
        with pytest.raises(InputError, match=why):
            read_curves(str(tmp_path / "wrong.toml"))


def test_an_index_takes_it(folder):
    names = [c.name.replace(" ", "") for c in read_curves(str(folder / "crs"))]
    given = ("--efficacy-curve", "orr", "--toxicity-curve", f"crs:{names[-1]}")
    done = livingdrug("index", *given, "--median", "20000", "--log-sd", "1", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "80 subjects" in done.stdout
    alone = livingdrug("index", *given, cwd=folder)
    assert alone.returncode == 2 and "says nothing of the product's exposure" in alone.stderr


def trial(**endpoint):
    own = workflow("trial")
    document = {
        "kind": "trial", "model": "stein_2019", "variability": "sd", "control": "a", "multiplicity": "none",
        "replicates": 200,
        "arms": [{"name": "a", "n": 10}, {"name": "b", "n": 10, "change": {"c_max": 4.0}}],
        "endpoints": [{"name": "response", "kind": "response", **endpoint}],
    }  # fmt: skip
    return own.run(checked(own.scenario, document, "test"))


def test_a_trial_takes_it_as_its_numbers(folder):
    curve = read_curve(str(folder / "orr")).curve
    by_file = trial(curve=str(folder / "orr"))
    by_number = trial(exposure="cmax", ec50=float(np.exp(-curve.intercept / curve.slope)), slope=curve.slope)
    assert by_file.endpoints[0].arms[0].power == by_number.endpoints[0].arms[0].power
    assert by_file.endpoints[0].arms[0].level == pytest.approx(by_number.endpoints[0].arms[0].level, rel=1e-12)
    assert any("taken for known" in notice for notice in by_file.notices)
    with pytest.raises(InputError, match="either the curve of a file, or ec50"):
        trial(curve=str(folder / "orr"), ec50=100.0)
    with pytest.raises(InputError, match="and one is taken; name it"):
        trial(curve=str(folder / "crs"))


def test_units_must_agree_and_doubts_travel(folder, tmp_path):
    text = (folder / "orr" / "curve.toml").read_text()
    (tmp_path / "other.toml").write_text(text.replace("copies/ug", "cells/uL"))
    with pytest.raises(InputError, match="gives it in copies/ug"):
        trial(curve=str(tmp_path / "other.toml"))
    (tmp_path / "doubt.toml").write_text(text + 'doubts = ["one exposure separates the outcomes"]\n')
    with pytest.raises(InputError, match="even-so"):
        trial(curve=str(tmp_path / "doubt.toml"))
    assert read_curve(str(tmp_path / "doubt.toml"), even_so=True).doubts


def test_a_forecast_gives_its_probability_and_names_who_lies_outside(folder, tmp_path):
    parts = {1: 300, 4: 22, 7: 2.5, 10: 1, 14: 3.3, 28: 40}  # of the peak
    rows = [f"{who},{t},{top / part}" for who, top in (("usual", 20_000), ("low", 90)) for t, part in parts.items()]
    (tmp_path / "levels.csv").write_text("\n".join(["ID,TIME (d),DV (copies/ug)", *rows]) + "\n")
    asked = ("forecast", "levels.csv", "--assay", "qPCR", "--model", "stein_2019", "--response")
    done = livingdrug(*asked, str(folder / "orr"), "--toxicity", f"{folder / 'crs'}:CRS>=2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    one, said = read_curve(str(folder / "orr")).curve, " ".join((done.stdout + done.stderr).split())
    assert "ORR: fitted to 80 subjects" in said and "lies outside the exposures that ORR was fitted to" in said
    assert "extrapolated: low" in said
    data = ld.read_data(tmp_path / "levels.csv", ld.Reading(assay="qPCR"))
    usual = ld.forecast(ld.get_model("stein_2019"), data, response=one).patient("usual")
    at_middle = 1 / (1 + np.exp(-one.intercept - one.slope * np.log(np.median(usual.cmax))))
    assert usual.chance["ORR"].mean() == pytest.approx(at_middle, abs=0.06)
    refused = livingdrug(*asked, str(folder / "crs"), cwd=tmp_path)
    assert refused.returncode == 2 and "several curves" in refused.stderr
