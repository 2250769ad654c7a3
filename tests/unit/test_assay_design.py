"""Designs of an assay: expected errors, what is not told, the plan as a document, and the check by simulation."""

import numpy as np
import pytest

from livingdrug.assay import (
    AssayDesign,
    AssayPlan,
    CountErrors,
    Noise,
    assay_model,
    expected_errors,
    made_plate,
    observe,
    simulated_errors,
    usual_designs,
)
from livingdrug.assay.plan import lay_out
from livingdrug.core.errors import InputError
from tests.commands import livingdrug

MODEL = assay_model("exhaustion")
BASE = {"growth": 0.0289, "crowding": 1e-5, "k_kill": 1e-5, "net_growth": 0.0279, "contact_loss": 1e-6}
FOUR = {design.name: design for design in usual_designs()}["four rounds, three E:T, every 6 h"]
PLAN = """
kind = "assay-design"
wanted = 15
[counting]
targets = 0.2
[[designs]]
name = "two rounds"
ratios = {"4:1" = 4, "1:1" = 4, "1:4" = 4}
alone = 4
rounds = 2
every = 6
count = true
"""


def test_twice_the_wells_cost_a_factor_of_the_square_root_of_two():
    errors = CountErrors(seeding=0.0)
    twice = AssayDesign("twice", {r: 2 * n for r, n in FOUR.ratios.items()}, alone=16, every=6.0)
    one, two = (expected_errors(MODEL, BASE, d, errors) for d in (FOUR, twice))
    for name, rse in one.rse.items():
        assert two.rse[name] == pytest.approx(rse / np.sqrt(2), rel=1e-6)
    assert two.readings == 2 * one.readings


def test_an_error_of_the_effectors_seeded_is_an_error_of_killing_unless_they_are_counted():
    from dataclasses import replace

    off, exact = CountErrors(seeding=0.3), CountErrors(seeding=0.0)
    plain, sure = (expected_errors(MODEL, BASE, FOUR, e).rse["k_kill"] for e in (off, exact))
    assert np.hypot(sure, 0.3) == pytest.approx(plain, rel=0.02)
    assert expected_errors(MODEL, BASE, replace(FOUR, count=True), off).rse["k_kill"] < 0.1


def test_one_reading_of_one_round_tells_no_rate_of_effectors():
    found = expected_errors(MODEL, BASE, usual_designs()[0], CountErrors())
    assert all(np.isinf(found.rse[name]) for name in ("k_kill", "net_growth", "contact_loss"))
    assert {"k_kill", "net_growth", "contact_loss"} <= set(found.together)
    assert not found.reaches({"k_kill": 10.0})


def test_simulated_plates_err_as_expected():
    design = AssayDesign("few", {4.0: 3, 1.0: 3, 0.25: 3}, alone=4, every=8.0, rounds=3, count=True)
    errors = CountErrors(seeding=0.0, well=0.03)
    found = simulated_errors(MODEL, BASE, design, errors, plates=6, seed=3)
    expected = expected_errors(MODEL, BASE, design, errors)
    assert found.plates + found.lost == 6
    for name in ("k_kill", "net_growth", "growth"):
        # six plates: the root mean square is known to some 30 %
        assert 0.4 < found.rms[name] / expected.rse[name] < 2.2


def test_a_made_plate_has_the_cells_of_its_model_and_design():
    quiet = Noise(1e-9, 1e-9, 0.0, 0.0)
    plate = made_plate(MODEL, {"A": BASE, "B": BASE | {"k_kill": 2e-5}}, FOUR, quiet, donors=2, seed=4)
    wells = plate.wells
    assert wells.n == 2 * 2 * 16 + 8
    assert plate.quantities() == ("targets",)
    first = plate.readings.rows(plate.readings.time == 6.0)
    same = wells.effectors == 5000
    by = {c: first.value[same[first.well] & (wells.construct[first.well] == c)] for c in ("A", "B")}
    assert by["B"].max() < by["A"].min()
    low = wells.effectors == 1250
    at = first.value[low[first.well] & (wells.construct[first.well] == "A")]
    assert at == pytest.approx(at[0] * np.ones(len(at)), rel=1e-6)


def test_with_one_donor_the_effectors_seeded_may_be_off_and_it_is_said():
    seen = observe(made_plate(MODEL, {"A": BASE}, FOUR, Noise(), seed=1))
    layout = lay_out(AssayPlan(MODEL), seen)
    assert any(c.name == "effectors_0 (all effectors seeded)" for c in layout.columns)
    assert any("an assumption" in note for note in layout.notes)
    exact = lay_out(AssayPlan(MODEL, seeding=0.0), seen)
    assert not any(c.rate == "effectors_0" for c in exact.columns)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ratios": {}}, "ratios"),
        ({"ratios": {-1.0: 3}}, "ratios"),
        ({"rounds": 0}, "rounds"),
        ({"kept": 0.0}, "kept"),
        ({"alone": -1}, "negative"),
        ({"every": 30.0}, "every"),
        ({"targets": float("nan")}, "targets"),
    ],
)
def test_designs_that_cannot_be_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        AssayDesign(**({"name": "x", "ratios": {1.0: 3}} | change))


def test_rates_that_cannot_be_planned_for_are_refused():
    with pytest.raises(InputError, match="k_kill"):
        expected_errors(MODEL, {"k_kil": 1.0}, FOUR, CountErrors())
    with pytest.raises(InputError, match="above 0"):
        expected_errors(MODEL, {"k_kill": 0.0}, FOUR, CountErrors())


@pytest.fixture()
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


def test_the_usual_designs_are_compared_and_the_cheapest_named():
    done = livingdrug("assay", "design", columns=200)
    assert done.returncode == 0, done.stderr
    assert "cheapest design that tells every rate" in done.stdout
    assert "not told" in done.stdout


def test_a_plan_is_a_document_whose_options_may_be_changed(plan):
    done = livingdrug("assay", "design", str(plan), "--wanted", "60", columns=200)
    assert done.returncode == 0, done.stderr
    assert "with 60 % or less: two rounds (16 wells)" in done.stdout
    shown = livingdrug("assay", "design", str(plan), "--as-scenario").stdout
    assert "two rounds" in shown
    assert "targets = 0.2" in shown


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (PLAN.replace("4:1", "4/1"), [], "4/1"),
        (PLAN.replace("rounds = 2", "rond = 2"), [], "rond"),
        (PLAN.replace("assay-design", "power"), [], "assay-design"),
        (PLAN, ["--wanted", "0"], "above 0"),
        (PLAN, ["--wanted", "0.001", "--simulate", "1"], "none to simulate"),
        (PLAN, ["--set", "k_kil=1"], "k_kill"),
    ],
)
def test_plans_that_cannot_be_are_refused(tmp_path, text, options, said):
    (tmp_path / "plan.toml").write_text(text)
    done = livingdrug("assay", "design", str(tmp_path / "plan.toml"), *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
