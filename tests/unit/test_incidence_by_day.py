"""Cumulative incidence by a day as a curve of exposure, with competing risks: limits, leaving out, coverage, the command."""

import json

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.response import Sample, fit_response, incidences_by, probability, probability_band, read_curves
from livingdrug.response.survival.by_day import together
from livingdrug.response.survival.competing import CompetingTimes, cumulative_incidence
from livingdrug.response.survival.cox import fit_cox
from livingdrug.response.survival.fine_gray import baseline, fit_fine_gray
from tests.commands import livingdrug

CAUSES, MOST, EFFECT = ("relapse", "death"), 0.5, 0.6  # incidence of relapse in the end, and its slope, where ln x = 0


def drawn(n: int, seed: int, effect: float = EFFECT, until: float = 2.5) -> Sample:
    """Subjects whose relapse has F = 1 - (1 - MOST (1 - exp(-t)))^exp(effect ln x) (Fine & Gray 1999, section 5)."""
    random = np.random.default_rng(seed)
    x = random.normal(size=n)
    power = np.exp(effect * x)
    relapses = random.uniform(size=n) < 1 - (1 - MOST) ** power
    u = random.uniform(size=n) * (1 - (1 - MOST) ** power)
    time = np.where(relapses, -np.log(1 - (1 - (1 - u) ** (1 / power)) / MOST), random.exponential(size=n))
    end = random.uniform(0.3, until, n)
    cause = np.where(time <= end, np.where(relapses, 1, 2), 0)
    return Sample(np.exp(x), np.minimum(time, end), "CMAX", "time", "copies/ug", "d", event=cause.astype(float),
                  causes=CAUSES)  # fmt: skip


def curve_of(sample: Sample, at: float = 1.0):
    return incidences_by(fit_response(sample, "competing"), at, lambda cause: f"{cause} by then")[0][0]


def times_of(sample: Sample) -> tuple[CompetingTimes, np.ndarray]:
    return CompetingTimes(sample.outcome, sample.event, CAUSES), np.log(sample.exposure)


def test_without_competing_events_it_is_that_of_cox():
    sample = drawn(400, 3)
    times, x = times_of(sample)
    alone = CompetingTimes(times.time, np.where(times.cause == 2, 0, times.cause), CAUSES)
    log_hazard, covariance = baseline(fit_fine_gray(alone, {"x": x}), 1.0)
    cox = fit_cox(alone.events_of(1), {"x": x}, ties="breslow")
    risk = np.exp((x - x.mean()) * cox.coefficients[0])
    ends = np.sort(alone.time[alone.cause == 1])
    hazard = sum(1 / risk[alone.time >= t].sum() for t in ends[ends <= 1.0])
    assert np.exp(log_hazard) == pytest.approx(hazard, rel=1e-8)
    # robust and model-based errors are the same where the model holds, to 1 / sqrt(n)
    assert np.sqrt(covariance[1, 1]) == pytest.approx(cox.errors[0], rel=0.15)
    assert np.sqrt(covariance[0, 0]) == pytest.approx(1 / np.sqrt((ends <= 1.0).sum()), rel=0.15)


def test_its_covariance_is_that_of_leaving_out_each_subject():
    times, x = times_of(drawn(150, 7))
    _, covariance = baseline(fit_fine_gray(times, {"x": x}), 1.0)
    left = []
    for i in range(150):
        keep = np.arange(150) != i
        one = fit_fine_gray(times.of(keep), {"x": x[keep]})
        b = float(one.coefficients[0])
        left.append([baseline(one, 1.0)[0] + b * (x.mean() - x[keep].mean()), b])  # at the same exposure
    off = np.array(left) - np.mean(left, axis=0)
    np.testing.assert_allclose(covariance, off.T @ off * 149 / 150, rtol=0.12, atol=2e-4)


def test_with_no_effect_it_is_aalen_and_johansens_and_so_is_its_error():
    sample = drawn(3000, 5, effect=0.0)
    times, _ = times_of(sample)
    plain = cumulative_incidence(times).at(1.0)
    curve = curve_of(sample)
    at = np.exp(np.log(sample.exposure).mean())
    low, high = (float(end[0]) for end in probability_band(curve, np.array([at])))
    assert float(probability(curve, [at])[0]) == pytest.approx(plain.value, abs=0.003)
    assert high - low == pytest.approx(plain.high - plain.low, rel=0.05)


def test_intervals_hold_the_truth_as_often_as_they_say():
    x = 0.7
    truth, hits = 1 - (1 - MOST * (1 - np.exp(-1.0))) ** np.exp(EFFECT * x), 0
    for seed in range(100):
        low, high = probability_band(curve_of(drawn(100, 500 + seed)), np.array([np.exp(x)]))
        hits += low[0] <= truth <= high[0]
    assert 88 <= hits <= 100  # 95 %, and three binomial standard deviations


def test_what_is_not_determined_is_refused_or_said():
    sample = drawn(60, 2)
    fit = fit_response(sample, "competing")
    first = float(sample.outcome[sample.event == 1].min())
    with pytest.raises(InputError, match="nobody has had relapse"):
        incidences_by(fit, 0.5 * first, str)
    with pytest.raises(InputError, match="beyond the observations"):
        incidences_by(fit, 99.0, str)
    with pytest.raises(InputError, match="fine-gray"):
        incidences_by(fit_response(sample, "competing", "cause-specific"), 1.0, str)
    late = Sample(sample.exposure, np.where(sample.event == 2, sample.outcome + 2, sample.outcome), "CMAX", "time",
                  event=sample.event, causes=CAUSES)  # fmt: skip
    curves, missing = incidences_by(fit_response(late, "competing"), 1.0, str)
    assert [c.name for c in curves] == ["relapse"] and "death" in missing[0] and "not determined" in missing[0]


def test_incidences_that_add_up_to_more_than_one_are_named():
    fit = fit_response(drawn(60, 2), "competing")
    (one, other), _ = incidences_by(fit, 1.0, str)
    assert together(fit, (one, other)) == ""
    assert "do not hold together" in together(fit, (one, one, one, one, other))


def test_the_command_writes_a_curve_for_each_cause_that_others_take(tmp_path):
    sample = drawn(80, 9)
    rows = [f"{i},{e:.5g},{200 * t:.6g},{int(c)}" for i, (e, t, c) in
            enumerate(zip(sample.exposure, sample.outcome, sample.event, strict=True))]  # fmt: skip
    (tmp_path / "data.csv").write_text("\n".join(["ID,CMAX (copies/ug),time (d),status", *rows]))
    asked = ("response", "data.csv", "--exposure", "CMAX", "--time", "time (d)", "--event", "status",
             "--cause", "relapse=1,death=2")  # fmt: skip
    done = livingdrug(*asked, "--by-day", "180", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "`relapse by day 180` and `death by day 180`" in said and "not tested" in said
    one, other = read_curves(str(tmp_path / "run"))
    assert (one.curve.name, other.curve.name, one.day) == ("relapse by day 180", "death by day 180", 180.0)
    assert any("not tested" in note for note in one.notes)
    again = livingdrug(*asked, "--by-day", "180", "--json", cwd=tmp_path)
    by_day = json.loads(again.stdout)["by_day"]
    assert by_day["curves"][0]["intercept"] == pytest.approx(one.curve.intercept)
    assert any("which is not tested" in note for note in by_day["notes"])
    both = livingdrug("index", "--efficacy-curve", "run:death by day 180", "--toxicity-curve", "run:relapse by day 180",
                      "--median", "1", "--log-sd", "1", cwd=tmp_path)  # fmt: skip
    assert both.returncode in (0, 1) and "relapse by day 180" in both.stdout, both.stderr
    wrong = livingdrug(*asked, "--by-day", "180", "--model", "cause-specific", cwd=tmp_path)
    assert wrong.returncode == 2 and "fine-gray" in wrong.stderr
