"""Regimens of preconditioning and splits of a dose, compared."""

import json
import math

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.models import build_model, fludarabine_windows, get_regimen, list_regimens
from livingdrug.simulation import (
    compare_regimens,
    compare_splits,
    fludarabine_exposure,
    preconditioned_doses,
    read_dose,
    read_split,
    with_full_host,
    with_il6,
)
from tests.commands import livingdrug


def test_every_regimen_and_window_has_a_source_and_doses_of_its_text():
    for regimen in list_regimens():
        assert regimen.source and regimen.title and regimen.infusion_day > max(regimen.daily(1.0), default=0)
        for dose, days in (
            (regimen.fludarabine, regimen.fludarabine_days),
            (regimen.cyclophosphamide, regimen.cyclophosphamide_days),
        ):
            assert bool(dose) == bool(days) and (
                not dose or f"{dose:g}" in regimen.title or regimen.name.endswith("_only")
            )
    assert all(w.source and w.finding for w in fludarabine_windows())
    with pytest.raises(InputError, match="did you mean `flu_cy_standard`"):
        get_regimen("flu_cy_standart")


def test_the_exposure_of_fludarabine_is_that_of_its_model_and_of_the_reference_facts():
    """3 x 30 mg/m2 at 1.85 m2, 70 kg and eGFR 90: 17.544 mg*h/L (reference outcomes); half of the patients lie below."""
    found = fludarabine_exposure(get_regimen("flu_cy_standard"), bsa=1.85)
    assert found.median == pytest.approx(17.54405, rel=1e-5)
    assert found.log_sd == pytest.approx(math.sqrt(math.log1p(0.23**2)), rel=1e-9)
    assert found.within(0.1, found.median) == pytest.approx(0.5, abs=1e-6)
    drawn = found.median * np.exp(found.log_sd * np.random.default_rng(1).normal(size=200_000))
    assert found.within(18, 20) == pytest.approx(np.mean((drawn >= 18) & (drawn <= 20)), abs=0.004)
    assert found.percentile(5) == pytest.approx(np.percentile(drawn, 5), rel=0.01)
    weak = fludarabine_exposure(get_regimen("flu_cy_standard"), bsa=1.85, egfr=50.0)
    assert weak.median == pytest.approx(23.472292, rel=1e-5)
    assert fludarabine_exposure(get_regimen("cy_only")).median == 0


@pytest.fixture(scope="module")
def regimens():
    model = with_full_host(build_model("kirouac_2023", ("preconditioning", "host_competition_logistic")))
    names = ("none", "flu_only", "flu_cy_300", "flu_cy_standard")
    return model, compare_regimens(model, [get_regimen(name) for name in names], 1e8, 60.0)


def test_more_drug_takes_more_host_cells_and_leaves_more_room(regimens):
    """Without drugs host T cells stay where they were; with more mass they fall deeper, and CAR-T cells grow more."""
    _, (none, *others) = regimens
    assert none.start == pytest.approx(500.0) and none.nadir > 450 and math.isnan(none.half_day)
    nadirs, peaks = [r.nadir for r in (none, *others)], [r.cmax for r in (none, *others)]
    assert nadirs == sorted(nadirs, reverse=True) and peaks == sorted(peaks)
    standard = others[-1]
    assert standard.nadir == standard.host.min() and standard.nadir < 0.05 * standard.start
    assert 0 < standard.half_day < standard.recovered_day < 60


def test_the_nadir_is_that_of_the_kill_alone_where_host_cells_do_not_grow(regimens):
    """d ln Th/dt = -kd c/(EC50 + c), c = L/V and L' = -k L between doses: ln of the fall in closed form, infusion before."""
    model, _ = regimens
    still = model.with_values(mu_host=0.0)
    (one,) = compare_regimens(still, [get_regimen("flu_only")], 1.0, 28.0)
    q, mg, level, fall = still.typical, 30 * 1.85, 0.0, 0.0
    half = q["chemo_50"] * q["chemo_volume"]
    for span in (1.0, 1.0, 31.0):
        level += mg
        after = level * math.exp(-q["k_chemo"] * span)
        fall += q["k_chemo_kill"] / q["k_chemo"] * math.log((half + level) / (half + after))
        level = after
    assert one.host[-1] == pytest.approx(one.start * math.exp(-fall), rel=1e-4)


def test_drugs_come_before_the_doses_that_are_given():
    doses = preconditioned_doses(get_regimen("flu_cy_standard"), [read_dose("1e8"), read_dose("5e7@7")], 2.0)
    assert [(d.time, d.amount, d.into) for d in doses] == [
        (0.0, 1060.0, "chemo"),
        (1.0, 1060.0, "chemo"),
        (2.0, 1060.0, "chemo"),
        (5.0, 1e8, ""),
        (12.0, 5e7, ""),
    ]


def test_simulate_takes_a_regimen_by_its_name(tmp_path):
    parts = "preconditioning,host_competition_logistic"
    words = ("simulate", "kirouac_2023", "--with", parts, "--regimen", "flu_cy_standard:2")
    asked = livingdrug(*words, "--dose", "1e8", "--as-scenario", cwd=tmp_path)
    assert asked.returncode == 0 and "follow 5 d later" in asked.stderr, asked.stderr
    for dose in ("1060 into=chemo", "1060@1 into=chemo", "1060@2 into=chemo", "100000000@5"):
        assert f'"{dose}"' in asked.stdout
    for more, sentence in (((), "add its dose"), (("--dose", "1e8", "--regimen", "flu"), "unknown regimen")):
        done = livingdrug(*words, *more, cwd=tmp_path)
        assert done.returncode == 2 and sentence in done.stderr, done.stderr
    alone = livingdrug("simulate", "kirouac_2023", "--regimen", "flu_only", "--dose", "1e8", cwd=tmp_path)
    assert alone.returncode == 2 and "add --with preconditioning" in alone.stderr


def test_the_command_compares_regimens_with_a_stated_link(tmp_path):
    words = (
        "preconditioning",
        "kirouac_2023",
        "--regimens",
        "none",
        "--days",
        28,
        "--response",
        0.5,
        "--slope",
        1,
    )
    done = livingdrug(*words, "--out", "p.csv", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in (tmp_path / "p.csv").read_text().splitlines()]
    fold, p = (float(rows[2][rows[0].index(name)]) for name in ("cmax_fold", "p_response"))
    assert [row[0] for row in rows[1:]] == ["flu_cy_standard", "none"] and p == pytest.approx(
        fold / (1 + fold)
    )
    assert any("scaled to others by the mass" in flag for flag in json.loads(done.stdout)["flags"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("kirouac_2023", "--response", 0.5), "takes two numbers"),
        (("kirouac_2023", "--response", 2, "--slope", 1), "between 0 and 1"),
        (("kirouac_2023", "--days", 10), "from 28 to 3650"),
        (("kirouac_2023", "--egfr", 0), "egfr is 0"),
        (("kirouac_2023", "--regimens", "flu"), "unknown regimen"),
        (("stein_2019",), "`stein_2019`"),
        (("brummer_2022",), "`"),
    ],
)
def test_regimens_that_cannot_be_compared_are_refused(words, sentence, tmp_path):
    done = livingdrug("preconditioning", *words, cwd=tmp_path)
    assert done.returncode == 2 and sentence in done.stderr and done.stderr.count("\n") == 1, done.stderr


# -------------------------------------------------------------------------------------------------------- splits


def test_a_split_is_read_and_its_parts_sum_to_one():
    split = read_split("10/30/60@0,1,2")
    assert split.parts == (0.1, 0.3, 0.6) and split.days == (0.0, 1.0, 2.0) and split.text == "10/30/60@0,1,2"
    assert read_split("1/1/1@0,7,14").parts == pytest.approx((1 / 3,) * 3)
    assert [(d.time, d.amount) for d in split.regimen(1e9).doses] == [(0, 1e8), (1, 3e8), (2, 6e8)]


BAD = ("10/30/60", "10/30@0,1,2", "@0", "0/1@0,1", "1/1@1,2", "1/1@0,0", "a@0", "1/1@0,nan", "inf@0")


@pytest.mark.parametrize("text", BAD)
def test_a_split_that_cannot_be_is_refused(text):
    with pytest.raises(InputError, match="split `"):
        read_split(text)


@pytest.fixture(scope="module")
def splits():
    model = with_il6(ld.get_model("hardiansyah_2019"))
    subjects = ld.draw_subjects(model, 12, cv=0.2)
    splits = [read_split(text) for text in ("100@0", "1/1@0,0.001", "1/1@0,20")]
    return model, compare_splits(model, splits, 1.1e9, subjects)


def test_one_infusion_is_that_of_simulate_and_a_split_of_no_time_is_the_same(splits):
    model, found = splits
    single, same, late = found.splits
    once = ld.Regimen.of([ld.read_dose("1.1e9")])
    alone = ld.simulate(model, ld.draw_subjects(model, 12, cv=0.2), once, [0, 28.0], 28.0, ["il6"])
    assert single.il6 == pytest.approx(alone.metric("il6", "CMAX"), rel=1e-6)
    assert same.severe == pytest.approx(single.severe, rel=2e-3) and abs(same.against(single)[0]) < 2e-3
    assert late.car_t.tolist() != single.car_t.tolist() and found.lost == 0


def test_differences_are_taken_subject_by_subject(splits):
    _, found = splits
    single, _, late = found.splits
    mean, low, high = late.against(single)
    assert mean == pytest.approx(late.mean_severe[0] - single.mean_severe[0]) and low <= mean <= high
    assert single.against(single) == (0.0, 0.0, 0.0)
    rate, least, most = single.rate
    assert 0 <= least <= rate <= most <= 1 and rate == np.mean(single.left <= 0.5)


def test_the_link_is_the_fragments_and_moves_with_its_half(splits):
    model, _ = splits
    found = compare_splits(model, [read_split("100@0"), read_split("1/1@0,1")], 1.1e9, crs_50=500.0)
    one = found.splits[0]
    assert one.severe[0] == pytest.approx(1 / (1 + (500.0 / one.il6[0]) ** 1.118), rel=1e-9)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("hardiansyah_2019", "--dose", "0"), "must be above 0"),
        (("hardiansyah_2019", "--dose", "1e9", "--split", "100@0"), "compared from two on"),
        (("hardiansyah_2019", "--dose", "1e9", "--cv", "0.2"), "without a number of subjects"),
        (("hardiansyah_2019", "--dose", "1e9", "--response-day", "10"), "after the last infusion"),
        (("hardiansyah_2019", "--dose", "1e9", "--response-below", "2"), "at most 1"),
        (("stein_2019", "--dose", "1e9"), "`stein_2019`"),
    ],
)
def test_splits_that_cannot_be_compared_are_refused(words, sentence, tmp_path):
    done = livingdrug("fractionation", *words, cwd=tmp_path)
    assert done.returncode == 2 and sentence in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_cells_that_lost_the_antigen_are_tumour_too():
    model = build_model("kirouac_2023", ("il6_crs", "antigen_loss"))
    (one,) = compare_splits(model, [read_split("100@0")], 1e8, response_day=60.0).splits
    run = ld.simulate(model, None, one.split.regimen(1e8), [0.0, 60.0], 60.0, ["tumour", "antigen_negative"])
    both = run.values[0].sum(axis=0)
    assert run.values[0, 1, 1] > 0 and one.left[0] == pytest.approx(both[1] / both[0], rel=1e-6)
    with pytest.raises(InputError, match="must be above 0"):
        compare_splits(model, [read_split("100@0")], 1e8, crs_50=0.0)


def test_a_peak_of_infused_cells_is_said_to_be_one(tmp_path):
    """Cells given straight into the blood stand highest at the infusion."""
    for model, infused in (("kirouac_2023", False), ("hardiansyah_2019", True)):
        done = livingdrug("preconditioning", model, "--dose", "1e9", "--days", "40", cwd=tmp_path)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 0 and ("is the level of the infused cells" in said) == infused, model
