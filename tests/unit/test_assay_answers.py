"""Ranking, predicted courses, numbers that need no design, and what a construct would change in a patient."""

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.assay import (
    Estimates,
    Question,
    Rate,
    derived,
    derived_ranking,
    predict_courses,
    predict_patient,
    rank,
    read_link,
    usual,
)
from livingdrug.assay.ranking import ranking_of
from livingdrug.core.errors import InputError
from livingdrug.models import get_model
from tests.commands import livingdrug

SHARED = {"growth": (0.03, "1/h"), "crowding": (1e-5, "1/cells")}
OWN = {"k_kill": (1e-5, "1/cells/h"), "net_growth": (0.025, "1/h"), "contact_loss": (1e-6, "1/cells/h")}


def made(kill=(1e-5, 1.5e-5), se=0.05, status="determined") -> Estimates:
    """Estimates of two constructs that differ in killing; independent errors."""
    rates = [
        Rate(n, "", u, v, v * 0.9, v * 1.1, np.log(v), 0.02, 1e6, True, "determined")
        for n, (v, u) in SHARED.items()
    ]
    for name, (value, unit) in OWN.items():
        for group, own in zip(("A", "B"), kill, strict=True):
            v = own if name == "k_kill" else value
            log = name != "net_growth"
            at, width = (np.log(v), se) if log else (v, se * v)
            rates.append(Rate(name, group, unit, v, v * 0.9, v * 1.1, at, width, 1e6, log, status))
    n = len(rates)
    return Estimates(
        {"name": "exhaustion", "killing": "mass_action", "growth": "logistic"},
        tuple(rates),
        np.diag([r.se**2 for r in rates]),
        np.full((n, n), 1e6),
        {"k_kill": 0.2},
        (),
        (),
        20,
        400,
        0.0,
        (),
        {},
        {"effectors": 5000.0, "targets": 5000.0, "steps": [[24.0, 1.0, 5000.0]], "until": 48.0},
    )


def test_the_probability_of_being_best_is_that_of_two_normal_numbers():
    from scipy.stats import norm

    found = rank(made((1e-5, 1.06e-5)), "k_kill", count=40_000)
    expected = norm.cdf(np.log(1.06) / np.hypot(0.05, 0.05))
    assert found.rows[0].group == "B"
    assert found.rows[0].best == pytest.approx(expected, abs=0.01)
    assert found.pairs[0, 1] == pytest.approx(expected, abs=0.01)


def test_a_loss_is_best_when_it_is_lowest():
    assert not rank(made(), "contact_loss").high
    assert rank(made(), "k_kill").high


def test_equal_constructs_share_a_place():
    draws = np.array([[12.0, 12.0, 3.0]] * 10)
    found = ranking_of("rounds", ["A", "B", "C"], [12, 12, 3], draws, True, ())
    assert [row.best for row in found.rows] == [0.5, 0.5, 0.0]
    assert found.rows[0].rank == 1.5
    assert found.pairs[0, 1] == 0.5


def test_what_is_not_determined_is_not_ranked_or_predicted():
    lost = made(status="not determined")
    with pytest.raises(InputError, match="not determined"):
        rank(lost, "k_kill")
    with pytest.raises(InputError, match="not determined"):
        predict_courses(lost, Question(100.0, 100.0))
    with pytest.raises(InputError, match="not determined"):
        predict_patient(lost, get_model("kirouac_2023"), [read_link("k_kill=k_kill")], "A")
    assert derived(lost) == []
    with pytest.raises(InputError, match="not determined"):
        derived_ranking(lost, "kills")


def test_predicted_courses_are_those_of_the_model():
    sure = made(se=1e-9)
    for band in predict_courses(sure, Question(1e-12, 2000.0, 1, 40.0), ["A"], every=40.0):
        grown = np.exp(0.03 * 40)
        expected = 2000 * grown / (1 + 1e-5 * 2000 * (grown - 1))
        assert band.targets[1, -1] == pytest.approx(expected, rel=0.01)
    few, more = (predict_courses(sure, Question(e, 5000.0), ["A"])[0] for e in (1000.0, 4000.0))
    assert more.targets[1, -1] < few.targets[1, -1]


def test_a_new_donor_has_the_wider_band():
    usual_donor, new = (
        predict_courses(made(), Question(5000.0, 5000.0), ["A"], new_donor=new)[0] for new in (False, True)
    )
    widths = [np.log(b.targets[2, -1] / b.targets[0, -1]) for b in (usual_donor, new)]
    assert widths[1] > 2 * widths[0]


def test_numbers_that_need_no_design_are_closed_forms():
    by = {(d.name, d.group): d for d in derived(made(se=1e-9))}
    assert by["kills", "A"].value == pytest.approx(24 * 1e-5 * 5000, rel=1e-3)
    assert by["kills", "B"].value == pytest.approx(1.5 * 24 * 1e-5 * 5000, rel=1e-3)
    assert by["target_doubling", "A"].value == pytest.approx(np.log(2) / 0.03, rel=0.05)
    assert by["effector_doubling", "A"].value == pytest.approx(np.log(2) / (0.025 - 1e-6 * 5000), rel=1e-3)
    assert -1 < by["gr_24h", "B"].value < by["gr_24h", "A"].value < 1
    none = {(d.name, d.group): d for d in derived(made((1e-12, 1e-12), 1e-9))}
    assert none["gr_24h", "A"].value == pytest.approx(1.0, abs=1e-3)
    assert none["rounds", "A"].value == 0


def test_the_usual_design_is_that_of_the_plate():
    assert usual(made()) == Question(5000.0, 5000.0, 2, 24.0, 5000.0, 1.0)


@pytest.mark.parametrize(
    ("text", "slope", "sd", "assumed"),
    [
        ("k_kill=k_kill:1+-0.5", 1.0, 0.5, False),
        ("a=b", 1.0, 0.5, True),
        ("a=b:-0.5±0.1", -0.5, 0.1, False),
        ("a=b:2", 2, 0, False),
    ],
)
def test_links_are_read(text, slope, sd, assumed):
    found = read_link(text)
    assert (found.slope, found.sd, found.assumed) == (slope, sd, assumed)


@pytest.mark.parametrize("text", ["k_kill", "a=b:x", "a=b:1+-", "a=b:1+--1", "=b", "a=b:inf"])
def test_links_that_cannot_be_read_are_refused(text):
    with pytest.raises(InputError, match="RATE=QUANTITY"):
        read_link(text)


def test_a_certain_ratio_with_a_certain_slope_is_a_change_of_the_model():
    """The same numbers as the model with its killing rate times 1.5^0.5."""
    from livingdrug.simulation import simulate

    model = get_model("kirouac_2023")
    found = predict_patient(made(se=1e-9), model, [read_link("k_kill=k_kill:0.5")], "A", count=20)
    changed = model.with_values(k_kill=model.typical["k_kill"] * 1.5**0.5)
    base, own = (simulate(m, until=28.0, outputs=["car_t_blood", "tumour"]) for m in (model, changed))
    cmax = next(c for c in found.changes if c.metric == "car_t_blood CMAX" and c.of == "both")
    assert cmax.ratio == pytest.approx(
        float(own.metric("car_t_blood", "CMAX")[0] / base.metric("car_t_blood", "CMAX")[0]), rel=1e-4
    )
    assert cmax.high / cmax.low == pytest.approx(1.0, abs=1e-4)


def test_the_band_carries_both_uncertainties():
    found = predict_patient(made(), get_model("kirouac_2023"), [read_link("k_kill=k_kill")], "A", count=200)
    widths = {c.of: np.log(c.high / c.low) for c in found.changes if c.metric == "tumour at the end"}
    assert widths["both"] > max(widths["assay"], widths["slope"]) * 0.98
    assert widths["slope"] > widths["assay"] > 0.05
    assert any("assumption" in note for note in found.notes)


def test_a_rate_that_may_be_negative_has_no_ratio():
    wide = made()
    rates = tuple(replace(r, se=0.05) if r.rate == "net_growth" else r for r in wide.rates)
    wide = replace(wide, rates=rates, covariance=np.diag([r.se**2 for r in rates]))
    with pytest.raises(InputError, match="negative"):
        predict_patient(wide, get_model("kirouac_2023"), [read_link("net_growth=mu_effector")], "A", count=50)


@pytest.fixture()
def folder(tmp_path):
    (tmp_path / "estimates.json").write_text(made().as_json())
    return str(tmp_path)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["rank", "{}"], "B has the highest k_kill with probability 1.00"),
        (["rank", "{}", "--by", "gr_24h"], "lowest gr_24h"),
        (["curves", "{}", "--ratio", "0.5", "--rounds", "2"], "2 round(s) of 24 h, 2500 effectors"),
        (["predict", "{}", "--map", "k_kill=k_kill", "--draws", "20"], "an assumption of ours"),
    ],
)
def test_commands_answer_from_the_folder(folder, command, said):
    done = livingdrug("assay", *(part.format(folder) for part in command), columns=200)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["rank", "{}", "--by", "k_kil"], "k_kill"),
        (["rank", "{}/none"], "estimates.json"),
        (["curves", "{}", "--rounds", "0"], "1 to 50 rounds"),
        (["curves", "{}", "--constructs", "Z"], "Z"),
        (["predict", "{}", "--map", "k_kill=kappa"], "kappa"),
        (["predict", "{}", "--map", "k_kill=k_kill", "--control", "Z"], "Z"),
        (["predict", "{}", "--map", "k_kill=k_kill", "--product", "carrgo_restimulation"], "days"),
    ],
)
def test_what_cannot_be_is_refused(folder, command, said):
    done = livingdrug("assay", *(part.format(folder) for part in command))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_less_than_one_cell_is_none():
    """Targets that effectors push below one cell, and that the equations let come back once these are dead."""
    estimates = made(se=1e-9)
    fast = {"value": -0.15, "at": -0.15, "low": -0.16, "high": -0.14}
    rates = tuple(replace(r, **fast) if r.rate == "net_growth" else r for r in estimates.rates)
    dying = replace(estimates, rates=rates)
    question = Question(effectors=300000.0, targets=5000.0, rounds=1, hours=400.0)
    (band,) = predict_courses(dying, question, ("A",), every=2.0, count=4)
    fell = int((band.targets[1] < 1).argmax())
    assert 0 < band.times[fell] < 100 and band.died == 1
    assert (band.targets[1, fell + 1 :] < 1e-3).all()  # 400 h of growth at 0.03 per h would make thousands of them
    assert (band.effectors[1, -1] < 1e-3) and np.isfinite(band.effectors).all()


def test_cells_that_are_added_come_after_a_death():
    from livingdrug.assay.course import Course, Steps

    model = made().model
    steps = Steps(np.array([10.0]), np.ones(1), np.array([3000.0]), np.zeros(1)).with_death(10.0, 1).with_death(4.0, 0)
    values = {"growth": 0.0, "crowding": 0.0, "k_kill": 0.0, "net_growth": 0.0, "contact_loss": 0.0}
    found = Course(model, (steps,), (np.array([3.0, 5.0, 12.0]),)).solve(
        {k: np.array([v]) for k, v in values.items()}, np.array([[700.0, 50.0]])
    )
    assert found.cells[:, 0] == pytest.approx([700.0, 0.0, 0.0], abs=1e-6)
    assert found.cells[:, 1] == pytest.approx([50.0, 50.0, 3000.0])
    assert found.slopes[2, 1, -1] == 0  # what the dead were at the start moves nothing


@pytest.mark.parametrize(("lowest", "said"), [(0.2, "below one cell in 50%"), (5.0, "")])
def test_a_tumour_below_one_cell_is_eradicated_and_no_ratio(lowest, said):
    from types import SimpleNamespace

    from livingdrug.simulation.carried import _died

    def result(*values):
        return SimpleNamespace(
            outputs=("tumour",), values=np.array(values)[:, None, :], n=len(values), failed=(), unit_of=lambda _: "cells"
        )

    cautions = _died(result([1e6, 1e3]), result([1e6, 1e3], [1e6, lowest]), "C2")
    assert len(cautions) == bool(said) and all(said in text and "eradicated" in text for text in cautions)
