"""Every command that takes an exposure-response holds it against the unit of the exposure it puts into it, by one rule."""

import json

import numpy as np
import pytest
import tomli_w

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.response import Curve, FittedCurve, curves_to_toml, exposure_factor, read_curve
from livingdrug.workflows import kinds, workflow
from livingdrug.workflows.trial.spec import EndpointEntry
from tests.commands import livingdrug

DAYS = {1: 300, 4: 22, 7: 2.5, 10: 1, 14: 3.3, 28: 40}  # parts of the peak
MODEL = "stein_2019"  # gives copies/ug


def written(path, unit, exposure="CMAX", intercept=-10.0):
    curve = Curve("ORR", intercept, 1.0, None, "log", "simulated", "fitted",
                  exposure=exposure, unit=unit)  # fmt: skip
    path.write_text(curves_to_toml((FittedCurve(curve, "", 1e3, 1e5, 80),)))
    return str(path)


def commands(folder, curve, toxicity=""):
    """Each command that takes a curve and an exposure that a model gives: kind -> its line."""
    rows = [f"a,{t},{20_000 / part}" for t, part in DAYS.items()]
    (folder / "levels.csv").write_text("\n".join(["ID,TIME (d),DV (copies/ug)", *rows]) + "\n")
    trial = {
        "kind": "trial", "model": MODEL, "variability": "sd", "control": "a", "multiplicity": "none", "replicates": 20,
        "arms": [{"name": "a", "n": 10}, {"name": "b", "n": 10, "change": {"c_max": 4.0}}],
        "endpoints": [{"name": "response", "kind": "response", "curve": curve}],
    }  # fmt: skip
    (folder / "trial.toml").write_text(tomli_w.dumps(trial))
    crs = "tisagenlecleucel_severe_crs"
    return {
        "forecast": ("forecast", "levels.csv", "--assay", "qPCR", "--model", MODEL, "--response", curve, "--draws", "100"),
        "index": ("index", "--efficacy-curve", curve, "--toxicity-curve", toxicity or crs, "--product-model", MODEL,
                  "-n", "50"),
        "optimise": ("optimise", "singh_2021", "--between", "1e7,1e9", "--points", "2", "-n", "5", "--response", curve,
                     "--toxicity", crs),
        "trial": ("trial", "trial.toml"),
    }  # fmt: skip


def test_no_command_that_takes_curves_is_missing_here(tmp_path):
    """A scenario says which of its fields name curves; an endpoint of a trial has one too."""
    taking = {kind for kind in kinds() if workflow(kind).scenario.CURVES}
    assert taking | {"trial"} == set(commands(tmp_path, "x"))


@pytest.mark.parametrize("kind", ["forecast", "index", "optimise", "trial"])
@pytest.mark.parametrize(
    ("unit", "exposure", "said"),
    [("", "CMAX", "no stated unit"), ("cells/uL", "CMAX", "same unit"), ("copies/ug", "TROUGH", "is on `TROUGH`"),
     ("IU/vial", "CMAX", "unit")],
)  # fmt: skip
def test_every_command_refuses_a_curve_whose_exposure_it_cannot_give(tmp_path, kind, unit, exposure, said):
    curves = [written(tmp_path / f"{name}.toml", unit, exposure) for name in ("response", "toxicity")]
    line = commands(tmp_path, *curves)[kind]
    done = livingdrug(*line, cwd=tmp_path)
    assert done.returncode == 2 and said in " ".join(done.stderr.split()) and "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["forecast", "index", "optimise", "trial"])
def test_every_command_refuses_a_folder_without_a_curve_by_name(tmp_path, kind):
    (tmp_path / "run_pfs").mkdir()
    (tmp_path / "run_pfs" / "scenario.toml").write_text('kind = "response"\ntime = "PFS"\n')
    done = livingdrug(*commands(tmp_path, "run_pfs")[kind], cwd=tmp_path)
    said = " ".join(done.stderr.split())
    assert done.returncode == 2 and "`run_pfs` is the folder of a `response`" in said and "holds no curve" in said


def test_the_unit_of_a_curve_is_converted_not_compared(tmp_path):
    """An EC50 in copies per mg is a thousandfold that in copies per ug: both curves give one answer everywhere."""
    curve = Curve("x", 0.0, 1.0, None, "log", "test", "stated", exposure="CMAX", unit="copies/mg")
    assert exposure_factor(curve, {"CMAX": "copies/ug"}, "a test") == 1000.0
    answers = []
    for unit, intercept in (("copies/ug", -np.log(2e4)), ("copies/mg", -np.log(2e7))):
        own = written(tmp_path / f"{unit[-2:]}.toml", unit, intercept=float(intercept))
        lines = commands(tmp_path, own, written(tmp_path / "toxicity.toml", unit, intercept=float(intercept) - 1))
        found = {}
        for kind in ("index", "trial"):
            done = livingdrug(*lines[kind], "--json", cwd=tmp_path)
            assert done.returncode == 0, done.stderr
            found[kind] = json.loads(done.stdout)
        level = found["trial"]["endpoints"][0]["arms"][0]["level"]
        data = ld.read_data(tmp_path / "levels.csv", ld.Reading(assay="qPCR"))
        one = ld.forecast(ld.get_model(MODEL), data, response=read_curve(own).curve, draws=100).patient("a")
        answers.append((found["index"]["tradeoff"][0]["response"], level, one.chance["ORR"].mean()))
    assert len(answers) == 2 and answers[0] == pytest.approx(answers[1], rel=1e-9)


def test_the_rule_says_what_is_missing():
    curve = Curve("x", 0.0, 1.0, None, "log", "test", "fitted", exposure="CMAX")
    with pytest.raises(InputError, match="write `unit` in its file"):
        exposure_factor(curve, {"CMAX": "cells/uL"}, "a test")


@pytest.mark.parametrize(
    ("exposure", "unit", "day", "asked", "said"),
    [("AUC28", "d*copies/ug", None, {"window": (0.0, 90.0)}, "is on AUC28; leave `window` out"),
     ("CMAX", "copies/ug", 180.0, {"day": 30.0}, "by day 180; leave `day` out")],
)  # fmt: skip
def test_a_trial_puts_no_other_window_or_day_into_a_curve(tmp_path, exposure, unit, day, asked, said):
    curve = Curve("ORR", -10.0, 1.0, None, "log", "simulated", "fitted", exposure=exposure, unit=unit)
    (tmp_path / "own.toml").write_text(curves_to_toml((FittedCurve(curve, "", 1e3, 1e5, 80, day=day),)))
    given = {"name": "response", "kind": "response", "curve": str(tmp_path / "own.toml")}
    with pytest.raises(InputError, match=said):
        EndpointEntry(**given, **asked).endpoint(ld.get_model(MODEL))
    same = {"window": (0.0, 28.0)} if day is None else {"day": 180.0}
    assert EndpointEntry(**given, **same).endpoint(ld.get_model(MODEL)) is not None
