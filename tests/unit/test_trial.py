"""Simulated trials: closed forms, other software's tests, streams, and what becomes of subjects."""

import math
from dataclasses import replace

import numpy as np
import pytest

from livingdrug.models import get_model
from livingdrug.response import marginal_rate
from livingdrug.simulation import Regimen, draw_subjects, read_dose, simulate
from livingdrug.trial import Arm, Endpoint, Futility, Trial, power_log_rank, power_t, simulate_trial, size_grid
from livingdrug.trial import outcomes as trial_outcomes
from livingdrug.trial.comparisons import hazard_ratio, log_rank, moments, pooled_t, proportions, welch_t
from livingdrug.trial.course import arm_seed, arm_subjects, course
from livingdrug.trial.outcomes import Outcome, simulate_arm
from livingdrug.trial.sample_size import exact_size_t
from livingdrug.trial.sampling import loss, sampled_exposures

# fast contraction, so that alpha is above beta in everybody: c_max is the peak, log-normal with SD 0.65
STEIN = get_model("stein_2019").with_values(alpha=5.0)
CMAX = Endpoint("peak", "cmax", window=(0.0, 200.0))
AUC = Endpoint("AUC28", "auc")
DAYS = (1.0, 3.0, 7.0, 10.0, 14.0, 21.0, 28.0)
SD = 0.65


def two_arms(n: int = 17, fold: float = 2.0, **more) -> Trial:
    arms = (Arm("control", n), Arm("version", n, change={"c_max": fold}))
    return Trial(STEIN, arms, "control", more.pop("endpoints", (CMAX,)), spread="sd", **more)


def exact_fold(n: int, power: float = 0.8) -> float:
    """The fold that a pooled t-test on the logarithm sees with exactly this power."""
    from scipy.optimize import brentq

    return math.exp(SD * brentq(lambda d: power_t(n, d) - power, 0.1, 3.0, xtol=1e-12))


def test_power_and_type_one_error_of_an_exact_design():
    """Within 2.5 standard errors of the truth: 0.790 to 0.810, 0.0445 to 0.0557 (10,000 trials)."""
    answer = simulate_trial(two_arms(17, exact_fold(17)), 10_000, 1)
    (arm,) = answer.endpoints[0].arms
    assert 0.790 <= arm.power.value <= 0.810
    assert 0.0445 <= arm.false.value <= 0.0557
    assert arm.closed_form == pytest.approx(0.8, abs=0.005)
    assert arm.effect == pytest.approx(exact_fold(17), rel=0.01)


@pytest.mark.parametrize("test", ["pooled", "welch"])
def test_unequal_arms_and_spreads_agree_with_the_closed_form(test):
    arms = (Arm("control", 40), Arm("version", 12, change={"c_max": 1.6}, variance_scale=0.3))
    endpoint = replace(CMAX, test=test)
    answer = simulate_trial(Trial(STEIN, arms, "control", (endpoint,), spread="sd"), 5_000, 2)
    (arm,) = answer.endpoints[0].arms
    assert arm.power.value == pytest.approx(arm.closed_form, abs=4 * arm.power.error + 0.004)


def test_one_sided_test_looks_at_the_better_side_only():
    worse = simulate_trial(two_arms(20, 0.5, sides=1), 500, 1).endpoints[0].arms[0]
    lower = two_arms(20, 0.5, sides=1, endpoints=(replace(CMAX, better="lower"),))
    asked = simulate_trial(lower, 500, 1).endpoints[0].arms[0]
    assert worse.power.value == 0
    assert asked.power.value > 0.9
    assert asked.closed_form == pytest.approx(power_t(20, math.log(2) / SD, sides=1), abs=0.02)


def test_same_answer_for_any_number_of_threads_and_size_of_blocks(monkeypatch):
    trial = two_arms(9, visits=DAYS, limit=50.0, dropout=0.01, endpoints=(AUC, Endpoint("there", "persistence", above=500.0)))
    one = simulate_trial(trial, 300, 5, sizes=(5, 12), threads=1)
    monkeypatch.setattr(trial_outcomes, "BLOCK", 701)
    four = simulate_trial(trial, 300, 5, sizes=(5, 12), threads=4)
    assert (one.endpoints, one.conduct, one.sizes) == (four.endpoints, four.conduct, four.sizes)
    assert simulate_trial(trial, 300, 6).endpoints != one.endpoints


def test_more_replicates_and_other_arms_leave_an_arm_as_it_was():
    trial = two_arms(9, visits=DAYS, endpoints=(AUC,))
    few = simulate_arm(trial, trial.arms[1], 20, 3).outcomes["AUC28"].value
    more = simulate_arm(replace(trial, arms=(*trial.arms, Arm("third", 9))), trial.arms[1], 50, 3).outcomes["AUC28"].value
    assert np.array_equal(few, more[:20], equal_nan=True)


def test_without_visits_exposures_are_those_of_simulate():
    trial = two_arms(6, 3.0, endpoints=(AUC,))
    values = simulate_arm(trial, trial.arms[1], 4, 8).outcomes["AUC28"].value.ravel()
    subjects = draw_subjects(STEIN, 24, arm_seed(8, "version"), "sd")
    subjects.values["c_max"] *= 3.0
    expected = simulate(STEIN, subjects, times=[28.0], until=28.0).metric("transgene", "AUC")
    assert np.exp(values) == pytest.approx(expected, rel=1e-12)


def test_areas_and_peaks_of_samples_are_those_of_nca(tmp_path):
    from livingdrug.data import read_data
    from livingdrug.nca import NcaSettings, nca

    random = np.random.default_rng(4)
    visits, limit = np.array([1.0, 3.0, 7.0, 10.0, 14.0, 21.0, 28.0, 60.0]), 50.0
    levels = np.exp(random.normal(5.0, 2.0, (60, 8)))
    levels[0] = 1.0
    area, peak = sampled_exposures(levels, visits, limit, (0.0, 28.0), np.full(60, 8))
    path = tmp_path / "samples.csv"
    with path.open("w") as file:
        file.write("ID,TIME (d),DV,UNIT,ASSAY,LIMIT\n")
        for i, row in enumerate(levels):
            for day, level in zip(visits, row, strict=True):
                value = repr(float(level)) if level >= limit else "<50"
                file.write(f"S{i:02d},{day:g},{value},copies/ug,qPCR,50\n")
    result = nca(read_data(str(path)), NcaSettings(window=(0.0, 28.0)))
    known = np.isfinite(result.values["AUCINT"])
    assert known.sum() >= 50
    assert area[known] == pytest.approx(result.values["AUCINT"][known], rel=1e-10)
    inside = np.isfinite(result.values["CMAX"]) & (result.values["TMAX"] <= 28.0)
    assert peak[inside] == pytest.approx(result.values["CMAX"][inside], rel=1e-12)
    assert area[0] == peak[0] == 0.0
    # what comes after the last visit that a subject came to is not known
    early = sampled_exposures(levels, visits, limit, (0.0, 28.0), np.full(60, 7))
    alone = sampled_exposures(levels[:, :7], visits[:7], limit, (0.0, 28.0), np.full(60, 7))
    assert np.array_equal(early, alone) and not np.array_equal(early[0], area)


def test_t_tests_and_proportions_are_those_of_scipy():
    from scipy.stats import chi2_contingency, ttest_ind

    random = np.random.default_rng(1)
    a, b = random.normal(0.3, 1, (5, 12)), random.normal(0, 2, (5, 9))
    a[0, 3] = b[2, :2] = np.nan
    for ours, equal in ((pooled_t, True), (welch_t, False)):
        found = ours(moments(Outcome(a)), moments(Outcome(b)))
        theirs = ttest_ind(a, b, axis=1, equal_var=equal, nan_policy="omit")
        assert found.statistic == pytest.approx(np.asarray(theirs.statistic), rel=1e-12)
        assert found.p_value(2, 1) == pytest.approx(np.asarray(theirs.pvalue), rel=1e-10)
    yes, no = (a > 0.5).astype(float)[3:4], (b > 0.5).astype(float)[3:4]
    table = [[yes.sum(), 12 - yes.sum()], [no.sum(), 9 - no.sum()]]
    assert proportions(moments(Outcome(yes)), moments(Outcome(no))).p_value(2, 1)[0] == pytest.approx(
        chi2_contingency(table, correction=False).pvalue, rel=1e-10
    )


def test_log_rank_is_that_of_statsmodels():
    from statsmodels.duration.survfunc import survdiff

    random = np.random.default_rng(2)
    visit = random.integers(0, 7, (6, 30)).astype(float)
    lost = random.uniform(size=(6, 30)) < 0.6
    visit[:, 0], lost[:, 0] = 6.0, False
    found = log_rank(Outcome(visit[:, :14], lost[:, :14]), Outcome(visit[:, 14:], lost[:, 14:]), 7)
    group = np.arange(30) < 14
    for i in range(6):
        chi2, p = survdiff(visit[i] + 1, lost[i].astype(int), group)
        assert found.statistic[i] ** 2 == pytest.approx(chi2, rel=1e-10)
        assert found.p_value(2, 1)[i] == pytest.approx(p, rel=1e-8)


def test_hazard_ratio_and_its_closed_form():
    """Lost at every visit with chance 0.1 or 0.2."""
    random = np.random.default_rng(3)

    def arm(chance):
        visit = random.geometric(chance, (3_000, 40)) - 1.0
        return Outcome(np.minimum(visit, 5.0), visit < 6)

    slow, fast = arm(0.1), arm(0.2)
    ratio = math.log(0.9) / math.log(0.8)
    assert hazard_ratio(slow, fast, 6) == pytest.approx(ratio, rel=0.02)
    seen = (np.abs(log_rank(slow, fast, 6).statistic) > 1.959964).mean()
    events = (slow.lost.mean() + fast.lost.mean()) / 2
    assert seen == pytest.approx(power_log_rank(40, ratio, events), abs=0.03)


def test_persistence_is_known_from_visits_and_ends_with_dropout():
    levels = np.array([[9.0, 9, 1, 1], [9, 1, 9, 9], [1, 1, 1, 1], [9, 9, 9, 9], [9, 9, 9, 9]])
    visit, lost = loss(levels, 5.0, np.array([4, 4, 4, 4, 0]))
    assert visit.tolist() == [2, 3, 0, 3, -1]
    assert lost[:4].tolist() == [True, False, True, False]


def test_dropout_leaves_at_its_rate_and_small_arms_are_counted_not_nan():
    trial = two_arms(3, visits=DAYS, dropout=0.05, endpoints=(AUC,))
    answer = simulate_trial(trial, 2_000, 1)
    (arm,) = answer.endpoints[0].arms
    gone = 1 - math.exp(-0.05 * 28)
    assert answer.conduct[0].left == pytest.approx(gone, abs=0.02)
    # an arm is testable with two of three or more
    enough = 3 * gone * (1 - gone) ** 2 + (1 - gone) ** 3
    assert arm.untestable / 2_000 == pytest.approx(1 - enough**2, abs=0.03)
    assert 0 <= arm.power.value < 0.1
    assert any("fewer than 2 evaluable subjects" in notice for notice in answer.notices)


def test_change_acts_in_responders_only():
    arms = (Arm("control", 50), Arm("version", 50, change={"c_max": 4.0}, responders=0.25))
    answer = simulate_trial(Trial(STEIN, arms, "control", (CMAX,), spread="sd"), 400, 1)
    assert answer.endpoints[0].arms[0].effect == pytest.approx(4.0**0.25, rel=0.03)


def test_response_and_grades_follow_the_curve():
    median = STEIN.typical["c_max"]
    response = Endpoint("response", "response", (0.0, 200.0), exposure="cmax", ec50=(20_000.0,), slope=1.3)
    grades = Endpoint("CRS", "toxicity", (0.0, 200.0), exposure="cmax", ec50=(5e3, 2e4, 9e4), slope=1.1, at_least=3)
    answer = simulate_trial(two_arms(40, 2.0, endpoints=(response, grades)), 1_000, 1)
    for found, ec50, slope in zip(answer.endpoints, (2e4, 9e4), (1.3, 1.1), strict=True):
        (arm,) = found.arms
        assert arm.control_level == pytest.approx(marginal_rate(ec50, slope, median, SD), abs=0.01)
        assert arm.level == pytest.approx(marginal_rate(ec50, slope, 2 * median, SD), abs=0.01)
        assert arm.power.value == pytest.approx(arm.closed_form, abs=0.06)


def test_futility_stops_as_often_as_conditional_power_says():
    from scipy.stats import norm

    trial = two_arms(60, 1.0, futility=Futility(0.5, 0.2))
    answer = simulate_trial(trial, 4_000, 1)
    share = answer.conduct[1].stopped.value
    bound = math.sqrt(0.5) * (norm.isf(0.025) + norm.ppf(0.2) * math.sqrt(0.5))
    assert share == pytest.approx(norm.cdf(bound), abs=0.02)
    # the only version stops, so the control stops with it
    assert answer.patients == pytest.approx(120 - 60 * share)
    assert answer.endpoints[0].arms[0].power.value < 0.05


def test_futility_costs_little_where_the_difference_is_large():
    open_trial = simulate_trial(two_arms(20, 2.0), 2_000, 1).endpoints[0].arms[0].power.value
    watched = simulate_trial(two_arms(20, 2.0, futility=Futility(0.5, 1.1, "effect")), 2_000, 1)
    assert open_trial - 0.05 < watched.endpoints[0].arms[0].power.value <= open_trial


@pytest.mark.parametrize(
    ("multiplicity", "low", "high"), [("dunnett", 0.04, 0.06), ("holm", 0.033, 0.056), ("none", 0.09, 0.16)]
)
def test_family_wise_error_is_measured(multiplicity, low, high):
    arms = tuple(Arm(name, 15, cost=2.0) for name in ("control", "a", "b", "c"))
    answer = simulate_trial(Trial(STEIN, arms, "control", (CMAX,), spread="sd", multiplicity=multiplicity), 5_000, 3)
    assert low <= answer.endpoints[0].any_false.value <= high
    assert answer.cost == 2.0 * 60
    # nothing differs in the trial itself either, whose arms have streams of their own
    assert answer.endpoints[0].any_power == answer.endpoints[0].any_false


def test_size_needed_is_that_of_the_closed_form():
    fold = 1.9
    answer = simulate_trial(two_arms(20, fold), 4_000, 1, sizes=(8, 12, 16, 24, 32))
    exact = exact_size_t(math.log(fold) / SD)
    (need,) = answer.needed
    # the range is two standard errors to either side; four are allowed
    assert abs(need.n - exact) < need.high - need.low
    assert need.closed_form == pytest.approx(exact, rel=0.02)
    assert need.n == pytest.approx(exact, rel=0.06)


def test_infusions_add_up_only_when_that_is_said():
    doses = Regimen.of([read_dose("1@0"), read_dose("0.5@14")])
    days = (0.0, 7.0, 14.0, 20.0, 28.0)
    trial = two_arms(5, endpoints=(AUC,), visits=days, residual=0.0, doses=doses, repeat="superposition")
    subjects = arm_subjects(trial, trial.shared, 7, 0, 5)
    found = course(trial, trial.shared, subjects, np.array(trial.visits), ((0.0, 28.0),))
    alone = simulate(STEIN, subjects, times=[0.0, 6.0, 7.0, 14.0, 20.0, 28.0])
    first = alone.values[:, 0][:, [0, 2, 3, 4, 5]]
    second = np.stack([0 * first[:, 0]] * 3 + [alone.values[:, 0, 1], alone.values[:, 0, 3]], axis=1)
    assert found.levels == pytest.approx(first + 0.5 * second, rel=1e-12)
    areas = [simulate(STEIN, subjects, times=[end], until=end).metric("transgene", "AUC") for end in (28.0, 14.0)]
    assert found.areas[0.0, 28.0] == pytest.approx(areas[0] + 0.5 * areas[1], rel=1e-12)
    assert any(notice.startswith("superposition:") for notice in simulate_trial(trial, 20, 1).notices)


def test_a_model_of_flows_takes_doses():
    model = get_model("two_compartment_hill")
    split = Regimen.of([read_dose("1e6"), read_dose("1e6@7")])
    arms = (Arm("one", 4), Arm("triple", 4, dose=3.0), Arm("split", 4, dose=split))
    trial = Trial(model, arms, "one", (Endpoint("AUC", "auc", (0.0, 28.0)),), cv=0.2)
    answer = simulate_trial(trial, 10, 1)
    assert all(arm.evaluable == 4 and math.isfinite(arm.effect) for arm in answer.endpoints[0].arms)


def test_the_papers_grid_for_a_spread_of_ones_own():
    grid = size_grid(two_arms(10), folds=(1.5, 2.0), scales=(0.25, 1.0))
    assert grid.log_sd == pytest.approx([SD / 2, SD], rel=0.02)
    assert grid.n[1, 1] == math.ceil(exact_size_t(math.log(2) / grid.log_sd[1]))
    assert (np.diff(grid.n, axis=0) > 0).all() and (np.diff(grid.n, axis=1) < 0).all()
