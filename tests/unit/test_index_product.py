"""The product of an index by its model: which area, which peak; and what two curves of files do not say together."""

import math

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.models import ClosedForm, ClosedOutput, Model, Piece, Quantity, Values
from livingdrug.models.shared import SYNTHETIC
from livingdrug.response import Curve, FittedCurve, curves_to_toml
from livingdrug.simulation import Draw, expansion_peak, expansion_words, exposure_task, infusate_first, simulate
from livingdrug.workflows.index import product
from livingdrug.workflows.index.spec import Index
from livingdrug.workflows.index.spec import run as run_index
from tests.commands import livingdrug

HOURS = "mould_2007_alemtuzumab"


def curves(folder, unit, exposure="CMAX", ec50=(1e4, 4e4), seen=(1e-3, 1e9), data=("", "")):
    """Two files of curves: fields of an Index."""
    given = {}
    for side, middle, sha in zip(("efficacy", "toxicity"), ec50, data, strict=True):
        curve = Curve(side, -math.log(middle), 1.0, np.diag([0.1, 0.01]), "log", "simulated", "fitted",
                      exposure=exposure, unit=unit)  # fmt: skip
        (folder / f"{side}.toml").write_text(curves_to_toml((FittedCurve(curve, "", *seen, 80, sha),)))
        given[f"{side}_curve"] = str(folder / f"{side}.toml")
    return given


def said(found, text):
    return [note for note in found.notes if text in note]


# ------------------------------------------------------------------------------------------------------------ areas


@pytest.mark.parametrize("unit", ["h*mg/L", "d*mg/L"])
def test_28_days_are_28_days_of_a_model_in_hours(tmp_path, unit):
    found = run_index(Index(**curves(tmp_path, unit, "AUC28"), product_model=HOURS, cv=1e-6, subjects=2))
    area = simulate(ld.get_model(HOURS), until=28 * 24.0).metric("concentration", "AUC")[0]
    assert found.outlook.spread.median == pytest.approx(area / (1 if unit[0] == "h" else 24), rel=1e-4)
    assert "0 to 672 h" in found.outlook.spread.source


def test_an_area_over_a_window_takes_that_window_in_the_time_of_the_curve(tmp_path):
    medians = []
    for unit, window in (("h*mg/L", (0.0, 168.0)), ("d*mg/L", (0.0, 7.0))):
        given = curves(tmp_path, unit, "AUCINT")
        found = run_index(Index(**given, product_model=HOURS, cv=1e-6, subjects=2, window=window))
        medians.append(found.outlook.spread.median)
        assert "0 to 168 h" in found.outlook.spread.source
    area = simulate(ld.get_model(HOURS), until=168.0).metric("concentration", "AUC")[0]
    assert medians == pytest.approx([area, area / 24], rel=1e-4)


def test_an_area_over_a_window_that_nobody_stated_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"AUCINT.*--window 0 672 \(h\)"):
        run_index(Index(**curves(tmp_path, "h*mg/L", "AUCINT"), product_model=HOURS, cv=0.1, subjects=5))


# ------------------------------------------------------------------------------------------------------------ peaks


def test_a_curve_on_cmax_is_put_on_the_peak_of_the_expansion(tmp_path):
    found = run_index(Index(**curves(tmp_path, "copies/ug"), product_model="singh_2021", subjects=40))
    task = exposure_task(ld.get_model("singh_2021"), Draw(40, 1), window=(0.0, 100.0))
    block = task(0, 40)
    peak, rise = block.peak[block.done, 0], block.rise[block.done, 0]
    peaks = expansion_peak(peak, rise)
    assert infusate_first(peak, rise).any() and (peaks > 0).all()
    assert found.outlook.spread.median == pytest.approx(np.exp(np.median(np.log(peaks))), rel=1e-12)
    assert found.outlook.spread.median < 0.95 * np.median(peak)
    assert expansion_words("efficacy") in found.notes and expansion_words("toxicity") in found.notes


def slow(growth):
    """50 e^(-0.2 t) + 1e-4 e^(g t): it rises within 60 d in those alone who lose cells fast."""
    pieces = (Piece("infused * exp(-a * time) + seed * exp(g * time)"),)
    form = ClosedForm(
        (ClosedOutput("level", pieces, "cells/uL", "CAR-T", measured=True),),
        (Quantity("infused", "cells/uL", "infused"), Quantity("a", "1/d", "loss"),
         Quantity("g", "1/d", "growth", bound="any"), Quantity("seed", "cells/uL", "start")),
    )  # fmt: skip
    values = {"infused": 50.0, "a": 0.2, "g": growth, "seed": 1e-4}
    return Model("slow", "slow", form, (Values("v", SYNTHETIC, values),))


def test_levels_that_never_rise_are_counted_and_left_out(tmp_path, monkeypatch):
    model = slow(0.02)
    monkeypatch.setattr(product, "build_model", lambda *_, **__: model)
    scenario = Index(**curves(tmp_path, "cells/uL"), product_model="slow", cv=0.3, subjects=60)
    found = run_index(scenario)
    block = exposure_task(model, Draw(60, 1, None, 0.3), window=(0.0, 60.0))(0, 60)
    peaks = expansion_peak(block.peak[:, 0], block.rise[:, 0])
    never = int((peaks == 0).sum())
    assert 0 < never < 58
    (note,) = said(found, "never rises;")
    assert f"in {never} of 60 subjects" in note and f"the other {60 - never}" in note
    assert found.outlook.spread.median == pytest.approx(np.exp(np.median(np.log(peaks[peaks > 0]))), rel=1e-12)


def test_a_level_that_rises_in_nobody_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(product, "build_model", lambda *_, **__: slow(-0.1))
    with pytest.raises(InputError, match="never rises after the infused cells in 5 of 5 subjects"):
        run_index(Index(**curves(tmp_path, "cells/uL"), product_model="slow", cv=0.1, subjects=5))


# ---------------------------------------------------------------------------------------- two files, and their range


@pytest.mark.parametrize(("data", "strong"), [(("", ""), False), (("a", "b"), False), (("a", "a"), True)])
def test_curves_of_files_are_said_to_be_taken_as_independent(tmp_path, data, strong):
    given = curves(tmp_path, "copies/ug", data=data)
    (note,) = said(run_index(Index(**given, median=2e4, log_sd=1.0)), "independent; outcomes of the same subjects are not")
    assert ("the same table" in note and "--efficacy" in note) == strong
    done = livingdrug("optimise", "singh_2021", "--between", "1e7,1e9", "--points", "2", "-n", "5", "--draws", "0",
                      "--response", given["efficacy_curve"], "--toxicity", given["toxicity_curve"])  # fmt: skip
    text = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0 and "outcomes of the same subjects are not" in text
    assert ("the same table" in text) == strong


def test_a_curve_of_a_file_and_an_endpoint_of_its_own_table_are_not_independent(tmp_path):
    random = np.random.default_rng(3)
    cmax = np.exp(random.normal(10, 1, 60))
    rows = [f"{i},{x:.1f},{'yes' if random.uniform() < 1 / (1 + 2e4 / x) else 'no'}" for i, x in enumerate(cmax)]
    (tmp_path / "data.csv").write_text("\n".join(["ID,CMAX (copies/ug),ORR", *rows]) + "\n")
    from livingdrug.report import file_hash

    sha = file_hash(tmp_path / "data.csv")
    given = curves(tmp_path, "copies/ug", data=("", sha)) | {"efficacy_curve": None}
    found = run_index(Index(file=str(tmp_path / "data.csv"), exposure="CMAX", efficacy="ORR", **given))
    assert said(found, "were fitted to the same table")


def test_two_built_in_curves_without_errors_are_not_said_to_be_independent():
    found = run_index(Index(efficacy_curve="idecel_response", toxicity_curve="idecel_crs"))
    assert not said(found, "as independent")


def test_what_lies_outside_the_exposures_of_a_file_says_so(tmp_path):
    inside = run_index(Index(**curves(tmp_path, "copies/ug"), median=2e4, log_sd=1.0, ceiling=0.4))
    assert inside.index.window is not None and not said(inside, "extrapolated")
    given = curves(tmp_path, "copies/ug", seen=(2e4, 3e4))
    beyond = run_index(Index(**given, median=1e5, log_sd=1.0, ceiling=0.4))
    assert said(beyond, "efficacy: 1e+04 lies outside the exposures seen, 2e+04 to 3e+04: extrapolated")
    assert said(beyond, "toxicity: 4e+04 lies outside")
    assert len(said(beyond, "the median exposure of the product, 1e+05, lies outside the exposures seen")) == 2
    assert len(said(beyond, "an end of the window, 1e+04, lies outside")) == 2
    far = run_index(Index(**curves(tmp_path, "copies/ug", seen=(1e6, 1e7)), median=2e6, log_sd=1.0, ceiling=0.4))
    assert len(said(far, "the window lies outside the exposures seen")) == 2
    assert not said(far, "median exposure of the product")
