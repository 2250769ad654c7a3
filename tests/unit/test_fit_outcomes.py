"""Outcomes of other kinds in one fit with the kinetics: likelihood, slopes, estimates, and what is refused."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate
from scipy.special import expit, gammaln

from livingdrug.core.errors import InputError
from livingdrug.fit import evaluate, fit, point_of, unknowns_of
from livingdrug.fit.importance import drawn, propose, weights
from livingdrug.fit.information import louis
from livingdrug.fit.outcome_likelihood import log_likelihood_of, score_of
from livingdrug.fit.point import centre, everything, log_likelihood, moments, prepare, problem_at
from livingdrug.fit.settle import settle
from tests.commands import livingdrug
from tests.outcome_trials import C_MAX, DAYS, SD, T_MAX, area, level, problem_of, write_trial

STATIC = ["TOX=binary:log(CMAX/24000)", "CRS=ordered:log(CMAX/24000)", "INFECTIONS=count:log(CMAX/24000)",
          "PFS=event:log(CMAX/24000)"]  # fmt: skip
EVERY = ["TOX=binary:log(CMAX)", "CRS=ordered:log(AUC28)", "INFECTIONS=count:AUC28", "PFS=event:log(transgene)"]


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """A trial whose kinetics are known almost exactly, and the subjects' ln c_max over the typical one."""
    folder = tmp_path_factory.mktemp("exact")
    return folder, write_trial(folder)


@pytest.fixture(scope="module")
def rough(tmp_path_factory):
    """A small trial with a residual error of 50 %."""
    folder = tmp_path_factory.mktemp("rough")
    write_trial(folder, 8, seed=5, noise=0.5)
    return folder


def moved(problem, by):
    """The problem with other numbers of its outcomes; by: what is added to them, in turn."""
    point = point_of(problem)
    return problem_at(problem, point._replace(theta=point.theta + np.resize(by, len(point.theta))))


def between_visits(problem):
    """The problem whose events fell in the fifth of their time before them."""
    *others, last = problem.outcomes
    since = tuple(0.8 * t if v == 1 else t for t, v in zip(last.time, last.values, strict=True))
    return replace(problem, outcomes=(*others, replace(last, since=since)))


# ------------------------------------------------------------------------------------- the likelihood and its slopes


@pytest.mark.parametrize("last", ["PFS=event:log(transgene)", "PFS=weibull:log(c_max)", "PFS=event:CMAX"])
@pytest.mark.parametrize("visits", [False, True])
def test_slopes_of_the_likelihood_are_those_of_differences(rough, last, visits):
    problem = problem_of(rough, [*EVERY[:3], last], a=0.5)
    problem = between_visits(problem) if visits else problem
    size = len(point_of(problem).theta)
    problem = moved(problem, [0.2, 0.4, -0.1])
    prepared, point, h = prepare(problem, 2), point_of(problem), 1e-5
    phi = centre(prepared, point) + 0.3 * np.random.default_rng(1).normal(size=(prepared.n, 2))
    found = moments(prepared, point, phi)
    f = everything(prepared, phi)
    assert found.f == pytest.approx(f, rel=1e-12)
    assert found.total == pytest.approx(log_likelihood(prepared, point, f), rel=1e-12)
    for k in range(2):
        up, down = (log_likelihood(prepared, point, everything(prepared, phi + s * h * np.eye(2)[k])) for s in (1, -1))
        assert found.gradient[:, k] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-5)
    exposures = f[len(prepared.records[0]) :]
    score, _ = score_of(prepared.exposures, point.theta, exposures)
    for k in range(size):
        step = h * np.eye(size)[k]
        up, down = (log_likelihood_of(prepared.exposures, point.theta + s * step, exposures).sum() for s in (1, -1))
        assert score[k] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-6)


def outcome_log_density(problem, i, c_max):
    """Of the outcomes of EVERY of subject i, written anew from the equations of `fit.outcomes`."""
    tox, crs, infections, pfs = problem.outcomes
    a, b = (n.value for n in tox.numbers)
    p = expit(a + b * np.log(c_max / tox.driver.reference))
    total = np.log(p if tox.values[i] else 1 - p)
    *cuts, b = (n.value for n in crs.numbers)
    above = [1.0, *(expit(c + b * np.log(area(28.0, c_max) / crs.driver.reference)) for c in cuts), 0.0]
    rank = list(crs.grades).index(crs.values[i])
    total += np.log(above[rank] - above[rank + 1])
    a, b = (n.value for n in infections.numbers)
    mean = np.exp(a + b * area(28.0, c_max) / infections.driver.reference)
    total += infections.values[i] * np.log(mean) - mean - gammaln(infections.values[i] + 1)
    a, b = (n.value for n in pfs.numbers)

    def hazard(t):
        return np.exp(a + b * np.log(level(t, c_max) / pfs.driver.reference))

    end = pfs.time[i]
    cuts = sorted({0.0, *(t for t in (T_MAX, T_MAX + 30) if t < end), end})
    parts = zip(cuts[:-1], cuts[1:], strict=True)
    total -= sum(integrate.quad(hazard, s, t, epsabs=1e-12, epsrel=1e-10)[0] for s, t in parts)
    return total + (np.log(hazard(end)) if pfs.values[i] else 0.0)


def test_the_sampled_likelihood_is_that_of_quadrature(rough):
    problem = moved(problem_of(rough, EVERY, a=0.5), [0.2, 0.9, 0.1, 0.05])
    values = problem.data.dv.reshape(len(problem.data.subjects), len(DAYS))
    order = [problem.data.subjects.index(s) for s in problem.data.subjects]
    nodes = np.linspace(-6.0, 6.0, 73)  # the trapezoidal rule, which is exact to rounding for what vanishes so fast
    weights = (nodes[1] - nodes[0]) * np.exp(-0.5 * nodes**2)
    exact = 0.0
    for i in order:
        logs = []
        for eta in (SD * nodes).tolist():
            c_max = C_MAX * np.exp(eta)
            off = (np.log(values[i]) - np.log([level(d, c_max) for d in DAYS])) / 0.5
            kinetics = -0.5 * (off**2).sum() - len(DAYS) * np.log(0.5 * np.sqrt(2 * np.pi)) - np.log(values[i]).sum()
            logs.append(kinetics + outcome_log_density(problem, i, c_max))
        logs = np.array(logs)
        exact -= 2 * (logs.max() + np.log((weights * np.exp(logs - logs.max())).sum() / np.sqrt(2 * np.pi)))
    found = evaluate(problem, "is")
    assert found.se < 0.05
    assert found.minus2ll == pytest.approx(exact, abs=4 * found.se)
    assert evaluate(problem, "laplace").minus2ll == pytest.approx(exact, abs=0.5)


def test_the_cumulative_hazard_of_the_current_level_is_its_integral(rough):
    """With slope 1 of ln (level / reference) the hazard is the level, and its integral the area under the curve."""
    problem = problem_of(rough, ["PFS=event:log(transgene/1000)"], a=0.5)
    (pfs,) = problem.outcomes
    problem = moved(problem, np.array([-7.0, 1.0]) - pfs.theta)
    prepared, point = prepare(problem), point_of(problem)
    for c_max in (2000.0, C_MAX, 3e5):
        for t_max in (4.0, T_MAX, 30.0):
            phi = np.tile(np.log([c_max, t_max]), (prepared.n, 1))
            exposures = everything(prepared, phi)[len(prepared.records[0]) :]
            found = log_likelihood_of(prepared.exposures, point.theta, exposures)
            for i, (time, event) in enumerate(zip(pfs.time, pfs.values, strict=True)):
                expected = -np.exp(-7.0) * area(time, c_max, t_max) / 1000
                expected += event * (-7.0 + np.log(level(time, c_max, t_max) / 1000))
                assert found[i] == pytest.approx(expected, rel=1e-6)


def test_the_order_of_subjects_does_not_matter(rough, tmp_path):
    for name, subject in (("kinetics.csv", len(DAYS)), ("endpoints.csv", 1)):
        head, *rows = (rough / name).read_text().splitlines()
        rows = [f"Q{len(rows) // subject - i // subject},{r.partition(',')[2]}" for i, r in enumerate(rows)]
        (tmp_path / name).write_text("\n".join([head, *rows]) + "\n")
    one, other = (moved(problem_of(f, EVERY, a=0.5), 0.1) for f in (rough, tmp_path))
    found = [evaluate(p, "laplace") for p in (one, other)]
    assert found[0].minus2ll == pytest.approx(found[1].minus2ll, abs=1e-7)
    assert found[0].by_subject == pytest.approx(found[1].by_subject[::-1], abs=1e-7)


def test_score_and_information_of_draws_are_slopes_of_their_likelihood(rough):
    problem = moved(problem_of(rough, [*EVERY[:2], EVERY[3]], a=0.5, estimate=()), [0.2, 0.5, 0.1, 0.0, -0.3, 0.4])
    prepared, point, unknowns, h = prepare(problem), point_of(problem), unknowns_of(problem), 1e-3
    draws = drawn(prepared, point, propose(prepared, point, 1), 256, 1, "test")
    found = louis(prepared, unknowns, point, draws)
    base = unknowns.vector(point)

    def level(*moves):
        logs = weights(prepared, unknowns.point(base + sum(moves), point), draws)
        top = logs.max(axis=1, keepdims=True)
        return float((np.log(np.exp(logs - top).mean(axis=1)) + top[:, 0]).sum())

    step = h * np.eye(len(base))
    for k in range(len(base)):
        assert found.score[k] == pytest.approx((level(step[k]) - level(-step[k])) / (2 * h), rel=1e-4, abs=1e-4)
        for j in range(k + 1):
            corners = [level(a * step[k], b * step[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            bend = -(corners[0] - corners[1] - corners[2] + corners[3]) / (4 * h * h)
            assert found.matrix[k, j] == pytest.approx(bend, rel=1e-3, abs=2e-3)


# ----------------------------------------------------------------------------------------------------- the estimates


def test_with_known_kinetics_the_outcome_part_is_ordinary_regression(exact):
    import statsmodels.api as sm
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    folder, x = exact
    problem = problem_of(folder, STATIC, estimate=())
    unknowns, climbed = unknowns_of(problem), settle(prepare(problem), point_of(problem), 1).climbed
    covariance = np.linalg.inv(climbed.information.matrix)
    top = unknowns.vector(climbed.point) + covariance @ climbed.information.score  # one step more than a fit needs
    numbers = dict(zip(unknowns.names, top, strict=True))
    tox, crs, infections, pfs = problem.outcomes
    columns = sm.add_constant(x)
    logit = sm.Logit(tox.values, columns).fit(disp=0, tol=1e-12)
    ordered = OrderedModel(np.array(crs.values).astype(int), x[:, None], distr="logit").fit(method="bfgs", gtol=1e-8, disp=0)
    poisson = sm.GLM(infections.values, columns, family=sm.families.Poisson()).fit(tol=1e-12)
    # the likelihood of an exponential time is that of a Poisson count of its event (Holford 1980, Biometrics 36:299-305)
    times = sm.GLM(pfs.values, columns, family=sm.families.Poisson(), offset=np.log(pfs.time)).fit(tol=1e-12)
    cuts = -ordered.model.transform_threshold_params(ordered.params)[1:-1]
    expected = {"TOX": logit.params, "INFECTIONS": poisson.params, "PFS": times.params}
    for name, (intercept, slope) in expected.items():
        assert numbers[f"{name} intercept"] == pytest.approx(intercept, abs=1e-3)
        assert numbers[f"{name} slope"] == pytest.approx(slope, abs=1e-3)
    assert [numbers[f"CRS >={g}"] for g in (1, 2, 3)] == pytest.approx(cuts, abs=1e-3)
    assert numbers["CRS slope"] == pytest.approx(ordered.params[0], abs=1e-3)
    own = dict(zip(unknowns.names, np.sqrt(np.diag(covariance)), strict=True))
    for name, fitted in (("TOX", logit), ("INFECTIONS", poisson), ("PFS", times)):
        assert own[f"{name} slope"] == pytest.approx(fitted.bse[1], rel=0.02)  # at the end of the climb, before the last step


def test_thresholds_stay_in_order(exact):
    folder, _ = exact
    problem = problem_of(folder, ["CRS=ordered:log(CMAX)"], estimate=())
    cuts = [n.value for n in problem.outcomes[0].numbers[:-1]]
    assert cuts == sorted(cuts, reverse=True)
    swapped = moved(problem, [-3.0, 3.0, 0.0, 0.0])
    with pytest.raises(InputError, match="not finite"):
        evaluate(swapped, "laplace")


def test_where_an_exposure_tells_all_apart_no_slope_is_stated(tmp_path):
    x = write_trial(tmp_path, 14, seed=9, noise=0.1)
    rows = (tmp_path / "endpoints.csv").read_text().splitlines()
    rows[1:] = [",".join([*r.split(",")[:1], str(int(e > 0)), *r.split(",")[2:]]) for r, e in zip(rows[1:], x, strict=True)]
    (tmp_path / "endpoints.csv").write_text("\n".join(rows) + "\n")
    result = fit(problem_of(tmp_path, ["TOX=binary:log(CMAX)"], a=0.1, estimate=()), "laplace")
    slope = next(e for e in result.estimates if e.name == "TOX slope")
    assert result.exit_code == 4
    assert not slope.determined and slope.se is None


def test_the_example_of_the_docs_says_what_they_say(tmp_path):
    docs = (Path(__file__).parents[2] / "docs" / "fit.md").read_text()
    section = docs.partition("## Outcomes in the same fit")[2].partition("\n## ")[0]
    command, says = (text.strip() for text in section.split("```")[3:6:2])
    write_trial(tmp_path, 40, seed=7, noise=0.3)
    done = livingdrug(*shlex.split(command.replace("\\\n", " "))[1:], "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == told["exit_code"] == 0
    kinds = {row["name"]: row for row in told["parameters"]}
    names = ("CRS>=2 intercept", "CRS>=2 slope", "PFS intercept", "PFS slope")
    assert all(kinds[name]["kind"] == "outcome" and kinds[name]["determined"] for name in names)
    assert any("x = ln(CMAX / 24000)" in note for note in told["notes"])
    slope = kinds["CRS>=2 slope"]
    pattern = r"Twice the CMAX goes with (\S+) times the odds of CRS>=2 \(95 % interval (\S+) to (\S+)\)"
    stated = [float(text) for text in re.fullmatch(pattern, says).groups()]
    assert stated == pytest.approx([2 ** slope[k] for k in ("value", "lower", "upper")], rel=0.01)


# ---------------------------------------------------------------------------------------------------------- bad input


def with_cell(folder, target, column, value, row=1):
    """The trial with another cell in its table of endpoints."""
    rows = [r.split(",") for r in (folder / "endpoints.csv").read_text().splitlines()]
    for k in range(1, len(rows)) if row is None else (row,):
        rows[k][rows[0].index(column)] = value
    target.joinpath("endpoints.csv").write_text("\n".join(",".join(r) for r in rows) + "\n")
    target.joinpath("kinetics.csv").write_text((folder / "kinetics.csv").read_text())
    return target


BAD = [
    ("CRS=ordered:log(CMAX)", "CRS", "7", 1, "7"),
    ("CRS=ordered:log(CMAX)", "CRS", "2", None, "grade 2 in all 8 subjects"),
    ("TOX=binary:log(CMAX)", "TOX", "1", None, "1 \\(yes\\) in all 8 subjects"),
    ("TOX=binary:log(CMAX)", "TOX", "0", None, "0 \\(no\\) in all 8 subjects"),
    ("INFECTIONS=count:log(CMAX)", "INFECTIONS", "-2", 3, "P3 has a count that is no whole number"),
    ("INFECTIONS=count:log(CMAX)", "INFECTIONS", "1.5", 2, "P2 has a count that is no whole number"),
    ("INFECTIONS=count:log(CMAX)", "INFECTIONS", "0", None, "0 in all 8 subjects"),
    ("PFS=event:log(CMAX)", "PFS (d)", "-5", 4, "-5"),
    ("PFS=event:log(CMAX)", "PFS (d)", "0", 4, "P4 has a time that is not after the infusion"),
    ("PFS=event:log(CMAX)", "PFS_event", "0", None, "none of 8 subjects had the event"),
]


@pytest.mark.parametrize(("outcome", "column", "value", "row", "says"), BAD)
def test_what_no_outcome_can_be_is_refused(rough, tmp_path, outcome, column, value, row, says):
    with pytest.raises(InputError, match=says):
        problem_of(with_cell(rough, tmp_path, column, value, row), [outcome], a=0.5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("TOX", "NAME=KIND:DRIVER"), ("TOX=yes:log(CMAX)", "kind"), ("TOX=binary:log(CMIN)", "exposure `CMIN`"),
        ("NONE=binary:log(CMAX)", "column `NONE`"), ("TOX=binary:transgene", "changes with time"),
        ("PFS=weibull:transgene", "no other course"), ("TOX=binary:log(CMAX/0)", "above 0"),
        ("TOX=binary:log(CMAX/x)", "no reference"), ("TOX=binary:CMAX0", "day above 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(rough, text, says):
    with pytest.raises(InputError, match=says):
        problem_of(rough, [text], a=0.5)


def test_methods_that_take_no_outcomes_say_so(rough):
    problem = problem_of(rough, ["TOX=binary:log(CMAX)"], a=0.5)
    with pytest.raises(InputError, match="saem or laplace"):
        fit(problem, "focei")
    for method in ("fo", "foce", "focei"):
        with pytest.raises(InputError, match="laplace or is"):
            evaluate(problem, method)


def test_an_outcome_of_a_subject_without_samples_is_refused_by_name(rough, tmp_path):
    endpoints = tmp_path / "endpoints.csv"
    endpoints.write_text((rough / "endpoints.csv").read_text() + "P77,1,2,3,100,1\n")
    done = livingdrug("fit", rough / "kinetics.csv", "--endpoints", endpoints, "--model", "stein_2019", "--outcome",
                      "TOX=binary:log(CMAX)")  # fmt: skip
    assert done.returncode == 2
    assert "P77" in done.stderr
