"""The probability of an event by a day as a function of exposure: closed forms, full likelihood, coverage, units."""

import json

import numpy as np
import pytest
from scipy import stats

from livingdrug.core.errors import InputError
from livingdrug.response import Sample, curves_by, fit_response, probability, probability_band, read_curves
from livingdrug.workflows.response.spec import Response, run
from tests.commands import livingdrug
from tests.pictures import undrawn

ASKED = ("--exposure", "CMAX", "--time", "PFS", "--event", "PFS_event")


def sample(n=80, seed=4, covariate=True, law="weibull") -> Sample:
    random = np.random.default_rng(seed)
    exposure, burden = np.exp(random.normal(9, 1, n)), random.normal(size=n)
    error = {
        "weibull": stats.gumbel_l, "loglogistic": stats.logistic, "lognormal": stats.norm, "exponential": stats.gumbel_l,
    }[law].rvs(size=n, random_state=random)  # fmt: skip
    middle = 5.0 + 0.4 * (np.log(exposure) - 9) - 0.3 * burden * covariate
    time = np.exp(middle + (1 if law == "exponential" else 0.8) * error)
    end = random.uniform(100, 600, n)
    covariates = {"burden": burden} if covariate else {}
    return Sample(exposure, np.minimum(time, end), "CMAX", "PFS", "copies/ug", "d", event=(time <= end).astype(float),
                  covariates=covariates)  # fmt: skip


LAWS = {"weibull": stats.gumbel_l, "exponential": stats.gumbel_l, "loglogistic": stats.logistic, "lognormal": stats.norm}


@pytest.mark.parametrize("law", LAWS)
def test_a_distribution_of_times_gives_its_own_cumulative_distribution(law):
    s = sample(law=law)
    fit = fit_response(s, "time", law)
    event, free = curves_by(fit, 180.0, "event", "free")
    r, x = fit.regression, np.exp(np.linspace(7, 11, 7))
    middle = r.coefficients[0] + r.coefficients[1] * np.log(x) + r.coefficients[2] * s.covariates["burden"].mean()
    np.testing.assert_allclose(probability(event, x), LAWS[law].cdf((np.log(180) - middle) / r.scale), rtol=1e-9)
    np.testing.assert_allclose(probability(event, x) + probability(free, x), 1.0, rtol=1e-12)
    # errors: of estimates drawn from their normal distribution, shrunk so that a straight line is all there is
    shrunk = 1e-4 * np.random.default_rng(1).multivariate_normal(np.zeros(len(r.covariance)), r.covariance, 40_000)
    drawn = r.coefficients[:, None] + shrunk[:, : len(r.coefficients)].T
    scale = r.scale * np.exp(shrunk[:, -1]) if law != "exponential" else 1.0
    mu = drawn[0] + drawn[1] * np.log(x[2]) + drawn[2] * s.covariates["burden"].mean()
    eta = (np.log(180) - mu) / scale
    gradient = np.array([1.0, np.log(x[2])])
    assert eta.std() * 1e4 == pytest.approx(np.sqrt(gradient @ event.covariance @ gradient), rel=0.02)


@pytest.mark.parametrize("covariate", [False, True])
def test_of_cox_it_is_the_full_likelihood_with_a_jump_at_each_event(covariate):
    """Jumps of the cumulative hazard and coefficients as the parameters of one likelihood: its estimates and information."""
    s = sample(60, covariate=covariate)
    fit = fit_response(s, "time", "cox")
    event, _ = curves_by(fit, 150.0, "event", "free")
    x = np.column_stack([np.log(s.exposure), *s.covariates.values()])
    weight = np.exp(x @ fit.regression.coefficients)
    ends = np.sort(s.outcome[s.event == 1])
    at_risk = s.outcome[None, :] >= ends[:, None]  # (events, n)
    jumps = 1 / (at_risk @ weight)
    k, p = len(ends), x.shape[1]
    information = np.zeros((k + p, k + p))
    information[:k, :k] = np.diag(1 / jumps**2)
    information[:k, k:] = at_risk @ (weight[:, None] * x)
    information[k:, :k] = information[:k, k:].T
    information[k:, k:] = np.einsum("n,np,nq->pq", (at_risk.T @ jumps) * weight, x, x)
    joint = np.linalg.inv(information)
    early = (ends <= 150.0).astype(float)
    hazard = early @ jumps
    held = np.array([values.mean() for values in s.covariates.values()])
    a = np.log(hazard) + held @ fit.regression.coefficients[1:]
    turn = np.zeros((2, k + p))
    turn[0, :k], turn[0, k + 1 :], turn[1, k] = early / hazard, held, 1.0
    assert [event.intercept, event.slope] == pytest.approx([a, fit.regression.coefficients[0]], rel=1e-8)
    np.testing.assert_allclose(event.covariance, turn @ joint @ turn.T, rtol=1e-6)


def test_with_no_effect_it_is_one_less_kaplan_meier_nearly():
    """Mean exposure, many subjects, no effect of exposure: Cox's baseline and the product limit are the same to 1/n."""
    random = np.random.default_rng(8)
    time, end = random.exponential(200, 4000), random.uniform(50, 500, 4000)
    s = Sample(np.exp(random.normal(9, 1, 4000)), np.minimum(time, end), "CMAX", "PFS", "copies/ug", "d",
               event=(time <= end).astype(float))  # fmt: skip
    event, _ = curves_by(fit_response(s, "time", "cox"), 180.0, "event", "free")
    middle = np.array([np.exp(9.0)])
    assert probability(event, middle)[0] == pytest.approx(1 - np.exp(-0.9), abs=0.015)
    low, high = probability_band(event, middle)
    n_eff = 4000
    assert (high[0] - low[0]) / 3.92 == pytest.approx(np.sqrt(0.593 * 0.407 / n_eff), rel=0.25)


@pytest.mark.parametrize("model", ["cox", "weibull"])
def test_intervals_hold_the_truth_as_often_as_they_say(model):
    truth, hits = stats.gumbel_l.cdf((np.log(180) - 5.4) / 0.8), 0  # at ln exposure 10
    for seed in range(100):
        fit = fit_response(sample(50, 1000 + seed, covariate=False), "time", model)
        event, _ = curves_by(fit, 180.0, "event", "free")
        low, high = probability_band(event, np.array([np.exp(10.0)]))
        hits += low[0] <= truth <= high[0]
    assert 88 <= hits <= 100  # 95 %, and three binomial standard deviations


def rows(path, unit="d", factor=1.0):
    s = sample(60, 12, covariate=False)
    lines = [f"ID,CMAX (copies/ug),PFS{f' ({unit})' if unit else ''},PFS_event"]
    lines += [f"{i},{e:.4f},{t / factor:.10f},{int(d)}" for i, (e, t, d) in
              enumerate(zip(s.exposure, s.outcome, s.event, strict=True))]  # fmt: skip
    path.write_text("\n".join(lines))
    return str(path)


def asked(file, **more):
    return Response(file=file, exposure="CMAX", time="PFS", event="PFS_event", **more)


def test_days_are_days_whatever_the_unit_of_the_times_and_count_from_the_infusion(tmp_path):
    days, months = rows(tmp_path / "days.csv"), rows(tmp_path / "months.csv", "months", 30.4375)
    (one,), (other,) = (run(asked(file, by_day=180.0, model="weibull")) for file in (days, months))
    for mine, theirs in zip(one.by_day.curves, other.by_day.curves, strict=True):
        assert [mine.intercept, mine.slope] == pytest.approx([theirs.intercept, theirs.slope], rel=1e-6)
        assert mine.name == theirs.name
    (late,) = run(asked(days, by_day=180.0, model="cox", landmark=60.0))
    direct = curves_by(late.fit, 120.0, "a", "b")[0]
    assert late.by_day.curves[0].intercept == direct.intercept and "free of it at day 60" in late.by_day.curves[0].name


@pytest.mark.parametrize(
    ("more", "said"),
    [({"model": "km", "by_day": 90.0}, "Kaplan-Meier curves give no probability"),
     ({"by_day": 5000.0}, "lies beyond the observations"), ({"by_day": 0.001}, "nobody has had PFS by 0.001"),
     ({"by_day": -1.0}, "must be a day above 0"), ({"by_day": 50.0, "landmark": 60.0}, r"above 60 \(the landmark\)"),
     ({"by_day": 90.0, "robust": True}, "leave out --start, --strata, --robust"),
     ({"by_day": 90.0, "causes": {"a": "1", "b": "2"}, "model": "cause-specific"}, "use --model fine-gray")],
)  # fmt: skip
def test_what_has_no_such_probability_is_refused(tmp_path, more, said):
    file = rows(tmp_path / "days.csv")
    if "causes" in more:
        text = (tmp_path / "days.csv").read_text().splitlines()
        (tmp_path / "days.csv").write_text("\n".join([text[0], *(r[:-1] + str(i % 3) for i, r in enumerate(text[1:]))]))
    with pytest.raises(InputError, match=said):
        run(asked(file, **more))


def test_hazards_that_are_not_proportional_make_a_doubt(tmp_path, monkeypatch):
    """Exposure that helps early and harms late: no one effect, so the curve is marked and refused without --even-so."""
    random = np.random.default_rng(2)
    x = random.normal(size=400)
    time = np.where(x > 0, 100 + 20 * random.normal(size=400), random.exponential(150, 400)).clip(1)
    lines = ["ID,CMAX (copies/ug),PFS (d),PFS_event", *(f"{i},{np.exp(9 + v):.3f},{t:.4f},1" for i, (v, t) in
                                                        enumerate(zip(x, time, strict=True)))]  # fmt: skip
    (tmp_path / "data.csv").write_text("\n".join(lines))
    monkeypatch.setattr("livingdrug.report.save", undrawn)
    done = livingdrug("response", "data.csv", *ASKED, "--by-day", "90", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with pytest.raises(InputError, match="changes with time"):
        read_curves(str(tmp_path / "run"))
    found = read_curves(str(tmp_path / "run"), even_so=True)
    assert [one.day for one in found] == [90.0, 90.0] and [one.curve.link for one in found] == ["cloglog", "loglog"]


def test_the_app_shows_it_with_what_speaks_against_it(tmp_path):
    from livingdrug.web.own_response import _answer

    file = rows(tmp_path / "days.csv", "")
    (found,) = run(asked(file, by_day=180.0))
    shown = str(_answer(found, 0))
    assert "PFS event by day 180" in shown and "the unit of the times is not stated" in shown


def test_visits_have_it_too(tmp_path):
    """Visits so close that times are known: the same curve as of the times."""
    s = sample(60, 12, covariate=False)
    lines = ["ID,CMAX (copies/ug),last (d),seen (d)"]
    for i, (e, t, d) in enumerate(zip(s.exposure, s.outcome, s.event, strict=True)):
        lines.append(f"{i},{e:.4f},{t - 1e-4:.6f},{f'{t + 1e-4:.6f}' if d else ''}")
    (tmp_path / "visits.csv").write_text("\n".join(lines))
    given = Response(file=str(tmp_path / "visits.csv"), exposure="CMAX", time="last", seen_by="seen", by_day=180.0)
    (close,), (exact,) = run(given), run(asked(rows(tmp_path / "days.csv"), by_day=180.0, model="weibull"))
    mine, theirs = close.by_day.curves[0], exact.by_day.curves[0]
    assert [mine.intercept, mine.slope] == pytest.approx([theirs.intercept, theirs.slope], rel=1e-3)
    assert [curve.name for curve in close.by_day.curves] == ["event by day 180", "no event by day 180"]


def test_all_commands_take_it(tmp_path, monkeypatch):
    from tests.unit.test_curves_taken import commands

    rows(tmp_path / "days.csv")
    monkeypatch.setattr("livingdrug.report.save", undrawn)
    done = livingdrug("response", "days.csv", *ASKED, "--by-day", "180", "--out", "run", "--json", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["by_day"]["curves"][0]["link"] == "cloglog"
    for kind, line in commands(tmp_path, "run:no PFS event by day 180").items():
        done = livingdrug(*line, "--json", cwd=tmp_path)
        assert done.returncode == 0, f"{kind}: {done.stderr}"
        assert "no PFS event by day 180" in done.stdout, kind
    refused = livingdrug(*commands(tmp_path, "run")["trial"], cwd=tmp_path)
    assert refused.returncode == 2 and "holds 2 curves, and one is taken; name it" in " ".join(refused.stderr.split())


def test_few_events_are_noted_wherever_the_curve_is_taken(tmp_path, monkeypatch):
    """What `response` notes of the fit is in the file, and no command that takes it leaves it out."""
    from tests.unit.test_curves_taken import commands

    rows(tmp_path / "all.csv")
    text = (tmp_path / "all.csv").read_text().splitlines()
    (tmp_path / "days.csv").write_text("\n".join(text[:14]))
    monkeypatch.setattr("livingdrug.report.save", undrawn)
    done = livingdrug("response", "days.csv", *ASKED, "--by-day", "180", "--model", "weibull", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0 and "events for 3 estimated number(s)" in " ".join(done.stdout.split())
    one = read_curves(str(tmp_path / "run"))[0]
    assert any("events for 3 estimated number(s)" in note for note in one.notes) and not one.doubts
    for kind, line in commands(tmp_path, "run:no PFS event by day 180").items():
        done = livingdrug(*line, cwd=tmp_path)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 0 and "events for 3 estimated number(s)" in said, f"{kind}: {done.stderr}"
