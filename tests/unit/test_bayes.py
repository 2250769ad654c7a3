"""The sampler against distributions that are known, the posterior's gradient against differences, what did not mix."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from livingdrug.core.errors import ConvergenceError, InputError
from livingdrug.data import Reading, read_data
from livingdrug.engine.densities import CODE
from livingdrug.fit import (
    Correlation,
    Effect,
    Parameter,
    Posterior,
    Prior,
    ResidualError,
    Sampling,
    new_problem,
    point_of,
    prior_density,
    priors_of,
    sample_posterior,
    unknowns_of,
)
from livingdrug.fit.bayes import log_posterior
from livingdrug.fit.convergence import ess_bulk, ess_mean, ess_tail, r_hat
from livingdrug.fit.joint import likelihood
from livingdrug.fit.nuts import Draws, draw, faults, mixing, summary
from livingdrug.fit.point import prepare
from livingdrug.fit.priors import log_prior
from livingdrug.models import get_model
from livingdrug.models.text import from_toml
from tests.pictures import undrawn

LEVEL = """
name = "level"
title = "One level"
[closed_form]
time_unit = "d"
quantities = [{ name = "level", unit = "copies/ug", meaning = "level", bound = "any" }]
[[closed_form.outputs]]
name = "y"
unit = "copies/ug"
meaning = "level"
measured = true
pieces = [{ expression = "level" }]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { level = 10.0 }
"""
needs_nutpie = pytest.mark.skipif(find_spec("nutpie") is None, reason="the extra `bayes` is not installed")
ROWS = [
    (f"s{i}", t, max(5000.0 * (1 + 0.2 * i) * np.exp(-0.15 * (t - 9) + 0.3 * np.sin(7 * i + t)), 50.0), SEX)
    for i, SEX in enumerate("FMFMFM") for t in (9, 14, 21, 28, 60)
]  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("bayes") / "d.csv"
    table = pd.DataFrame(ROWS, columns=["ID", "TIME", "DV", "SEX"]).assign(CENS=0)
    table.loc[table["DV"] <= 50, "CENS"] = 1
    table.loc[(table["DV"] <= 50) & table["ID"].isin(["s0", "s3"]), "LIMIT"] = 20.0  # known to lie between 20 and 50
    table.to_csv(path, index=False)
    return read_data(path, Reading(time_unit="d", unit="copies/ug"))


def problem_of(data, error=None, **more):
    residual = [error or ResidualError("transgene", "lognormal", a=0.4)]
    return new_problem(get_model("stein_2019"), data, random={"c_max": 0.5, "alpha": 0.3, "f_b": 0.4}, residuals=residual,
                       **more)  # fmt: skip


@pytest.mark.parametrize(
    "error",
    [
        ResidualError("transgene", "lognormal", a=0.4),
        ResidualError("transgene", "combined", a=30.0, b=0.3),
        ResidualError("transgene", "combined_squares", a=30.0, b=0.3),
    ],
    ids=lambda e: e.kind,
)
@pytest.mark.parametrize("below", ["m3", "m4"])
def test_the_gradient_is_that_of_the_density(data, error, below):
    problem = problem_of(data, error, estimate=("beta",), effects=[Effect("c_max", "SEX", "categorical", 0.2, level="F")],
                         below=below)  # fmt: skip
    problem = replace(problem, correlations=(Correlation("c_max", "alpha", 0.3),))
    density, start = log_posterior(problem)
    assert (density.frame.part > 0.2).any()
    x = start + 0.3 * np.sin(np.arange(len(start)))
    _, slope = density(x)
    for i in [*range(density.unknowns.size + 4), len(x) - 1]:
        step = np.zeros(len(x))
        step[i] = 1e-5
        expected = (density(x + step)[0] - density(x - step)[0]) / 2e-5
        assert slope[i] == pytest.approx(expected, rel=2e-5, abs=2e-4), (i, density.unknowns.names[: i + 1][-1])


def test_formulas_and_equations_of_one_model_have_the_same_density(data):
    random = {"c_max": 0.5, "alpha": 0.3, "f_b": 0.4}
    closed, flows = (new_problem(get_model(name), data, random=random) for name in ("stein_2019", "stein_2019_ode"))
    density, start = log_posterior(closed)
    other = replace(density, prepared=prepare(flows))
    x = start + 0.3 * np.sin(np.arange(len(start)))
    (value, slope), (solved, solved_slope) = density(x), other(x)
    assert solved == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(solved_slope, slope, rtol=1e-5, atol=1e-5 * np.abs(slope).max())


def test_the_density_is_likelihood_times_priors_whatever_the_parametrisation(data):
    # (theta, z) and (u, w) are one-to-one: the density of w is that of z times |dz / dw|, taken here by differences
    from livingdrug.fit.point import centre, log_likelihood, predictions, with_etas

    density, start = log_posterior(problem_of(data))
    p, at_zero = density.unknowns.size, np.zeros(len(start))

    def parts(x):
        vector = density.numbers(x)
        point = density.unknowns.point(vector, density.frame.base)
        phi = with_etas(density.prepared, centre(density.prepared, point), density.effects(x, point).etas)
        likelihood = log_likelihood(density.prepared, point, predictions(density.prepared, phi)).sum()
        z = np.linalg.solve(np.linalg.cholesky(point.omega), density.effects(x, point).etas.T).T
        return likelihood + log_prior(density.priors, density.unknowns, vector)[0] - 0.5 * (z**2).sum(), z

    def log_stretch(x):
        steps = 1e-4 * np.eye(len(x))[p:]
        slopes = [(parts(x + step)[1] - parts(x - step)[1]).ravel() / 2e-4 for step in steps]
        return np.linalg.slogdet(np.array(slopes))[1]

    x = start + 0.5 * np.cos(np.arange(len(start)))
    expected = [parts(at)[0] + log_stretch(at) for at in (x, at_zero)]
    assert density(x)[0] - density(at_zero)[0] == pytest.approx(expected[0] - expected[1], abs=1e-6)


def test_effects_of_a_normal_model_are_as_wide_under_every_spread(tmp_path):
    # y = theta + eta + e: given the estimated numbers, w is standard normal whatever omega is, so that by w the density bends
    # by 1 and slopes by nothing at w = 0
    rows = [(f"s{i}", t, 10 + 2 * np.sin(3 * i) + 0.5 * np.cos(5 * i + t)) for i in range(8) for t in (1, 2, 3)]
    pd.DataFrame(rows, columns=["ID", "TIME", "DV"]).assign(CENS=0).to_csv(tmp_path / "d.csv", index=False)
    own = read_data(tmp_path / "d.csv", Reading(time_unit="d", unit="copies/ug"))
    error = ResidualError("y", "additive", a=0.6)
    problem = new_problem(from_toml(LEVEL, "level"), own, random={"level": 1.5}, residuals=[error])
    density, start = log_posterior(problem)
    spread = density.unknowns.names.index("omega level")
    for far in (-2.0, 0.0, 1.0):
        x = start.copy()
        x[: density.unknowns.size] = np.linalg.solve(density.frame.axes, far * np.eye(3)[spread])
        slopes = density(x)[1][3:]
        step = np.append(np.zeros(3), np.full(8, 1e-3))
        bends = -(density(x + step)[1][3:] - slopes) / 1e-3
        np.testing.assert_allclose(bends, 1.0, rtol=0.05)
        np.testing.assert_allclose(slopes, 0.0, atol=0.05)


def test_the_frame_makes_the_posterior_round(data):
    # the curvature by the sampler's numbers of single subjects at the origin is next to 1
    density, start = log_posterior(problem_of(data))
    p, h = density.unknowns.size, 1e-3
    bends = []
    for i in range(p, len(start)):
        step = np.zeros(len(start))
        step[i] = h
        bends.append(-(density(start + step)[1][i] - density(start - step)[1][i]) / (2 * h))
    assert 0.6 < np.median(bends) < 1.7 and np.quantile(bends, 0.1) > 0.3, bends


def test_priors_are_stated_and_checked(data):
    problem = problem_of(data)
    names = unknowns_of(problem).names
    found = priors_of(problem, [Prior("c_max", "normal", 9.0, 0.5)])
    assert [p.name for p in found] == list(names)
    assert found[0] == Prior("c_max", "normal", 9.0, 0.5)
    with pytest.raises(InputError, match="unknown estimated number `c_mx`"):
        priors_of(problem, [Prior("c_mx", "normal")])
    with pytest.raises(InputError, match="a variability takes half_normal or half_cauchy"):
        priors_of(problem, [Prior("omega c_max", "normal")])
    with pytest.raises(InputError, match="width is -1"):
        Prior("c_max", "normal", 0, -1)


@pytest.mark.parametrize("kind", ["half_normal", "half_cauchy"])
def test_priors_of_spreads_keep_their_density_on_the_log_scale(data, kind):
    from scipy.integrate import quad
    from scipy.stats import halfcauchy, halfnorm

    problem = problem_of(data)
    unknowns = unknowns_of(problem)
    place = unknowns.names.index("omega c_max")
    priors = priors_of(problem, [Prior("omega c_max", kind, 0, 0.7)])
    vector = np.zeros(unknowns.size)

    def density(x):
        moved = vector.copy()
        moved[place] = x
        return np.exp(log_prior(priors, unknowns, moved)[0] - log_prior(priors, unknowns, vector)[0])

    whole = quad(density, -20, 20, limit=200)[0]
    part = quad(density, -20, np.log(0.7), limit=200)[0]
    expected = {"half_normal": halfnorm, "half_cauchy": halfcauchy}[kind].cdf(1.0)
    assert part / whole == pytest.approx(expected, rel=1e-6)


def test_effective_sample_sizes_of_autoregressive_chains():
    rng = np.random.default_rng(4)
    for phi in (0.0, 0.6):
        x = np.zeros((4, 4000))
        noise = rng.normal(size=x.shape)
        for t in range(1, x.shape[1]):
            x[:, t] = phi * x[:, t - 1] + noise[:, t]
        # known: n (1 - phi) / (1 + phi)
        expected = x.size * (1 - phi) / (1 + phi)
        assert ess_mean(x) == pytest.approx(expected, rel=0.15)
        assert ess_bulk(x) == pytest.approx(expected, rel=0.15)
        assert r_hat(x) < 1.01 and ess_tail(x) > 1000
    assert r_hat(x + np.array([[0], [0], [0], [1.0]])) > 1.05  # one chain elsewhere
    assert r_hat(x * np.array([[1], [1], [1], [3.0]])) > 1.01  # one chain wider
    assert np.isnan(r_hat(np.ones((4, 100))))


def test_what_did_not_mix_is_named():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, 500, 2))
    x[3, :, 1] += 1
    told = faults(mixing(("good", "bad"), x), 3)
    assert [line.split(" is ")[0] for line in told[:1]] == ["R-hat of bad"]
    assert "good" not in " ".join(told) and told[-1].startswith("3 draw(s) diverged")
    assert faults(mixing(("good",), x[:, :, :1]), 0) == ()


@needs_nutpie
def test_draws_of_a_normal_density_and_the_same_seed():
    covariance = np.array([[2.0, 1.2], [1.2, 1.0]])
    precision = np.linalg.inv(covariance)

    def density(x):
        off = x - np.array([3.0, -1.0])
        return -0.5 * off @ precision @ off, -precision @ off

    one = draw(density, np.zeros(2), Sampling(draws=500, tune=200, seed=3))
    two = draw(density, np.zeros(2), Sampling(draws=500, tune=200, seed=3))
    np.testing.assert_array_equal(one.x, two.x)
    table = summary(("a", "b"), one.x)
    np.testing.assert_array_less(abs(table["mean"] - [3.0, -1.0]), 4 * table["mcse"])
    np.testing.assert_allclose(np.cov(one.x.reshape(-1, 2).T), covariance, rtol=0.2)
    assert faults(mixing(("a", "b"), one.x), one.divergences) == ()


@needs_nutpie
def test_draws_of_a_posterior_do_not_depend_on_how_many_chains_run_at_once(data, monkeypatch):
    import nutpie

    settings = Sampling(chains=2, draws=50, tune=50, seed=5)
    one = sample_posterior(problem_of(data), settings=settings)
    together = nutpie.sample
    monkeypatch.setattr(nutpie, "sample", lambda *given, **more: together(*given, **(more | {"cores": 1})))
    two = sample_posterior(problem_of(data), settings=settings)
    np.testing.assert_array_equal(one.x, two.x)
    np.testing.assert_array_equal(one.etas, two.etas)


@needs_nutpie
def test_a_start_without_density_is_refused():
    with pytest.raises(InputError, match="not finite around the start"):
        draw(lambda x: (np.nan, x), np.zeros(2))
    with pytest.raises(InputError, match="2 chains or more"):
        Sampling(chains=1)


@needs_nutpie
def test_a_posterior_that_quadrature_knows(data):
    # ln y = ln c_max + shape(t) + e: one mean and one sd, over a grid
    problem = problem_of(data, below="m1")
    problem = replace(problem, parameters=(Parameter("c_max", 5000.0),))
    priors = (Prior("c_max", "normal", np.log(5000), 1.0), Prior("a transgene", "half_normal", 0.0, 1.0))
    found = sample_posterior(problem, priors, Sampling(draws=500, tune=200, seed=2))
    assert found.faults == () and found.etas.shape == (4, 500, 6, 0)
    density, _ = log_posterior(problem, priors)
    middle, sd = np.log(found.x[:, :, 0]).mean(), np.log(found.x).std(axis=(0, 1))
    grid = [np.linspace(m - 6 * s, m + 6 * s, 61) for m, s in zip((middle, np.log(found.x[:, :, 1]).mean()), sd, strict=True)]
    frame = density.frame
    to_x = np.linalg.inv(frame.axes)
    logs = np.array([[density(to_x @ (np.array([u, v]) - frame.theta))[0] for v in grid[1]] for u in grid[0]])
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    expected = np.array([weight.sum(axis=1) @ np.exp(grid[0]), weight.sum(axis=0) @ np.exp(grid[1])])
    table = found.table()
    np.testing.assert_array_less(abs(table["mean"] - expected), 4 * table["mcse"])
    assert found.sentences()[0].startswith("c_max is ") and "copies/ug (90 %" in found.sentences()[0]
    bad = replace(found, x=found.x * (1 + np.arange(4)[:, None, None]))
    assert bad.status == "not_converged"
    with pytest.raises(ConvergenceError, match="the posterior is not shown: R-hat of c_max is"):
        bad.table()


@needs_nutpie
def test_the_command_shows_and_writes_no_posterior_that_did_not_mix(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from livingdrug.cli.main import cli

    monkeypatch.setattr("livingdrug.workflows.fit.posterior.save", undrawn)
    # no SAEM before it
    monkeypatch.setattr("livingdrug.fit.estimators.bayes.from_saem", lambda prepared, *_: prepared.problem)
    table, out = tmp_path / "d.csv", tmp_path / "out"
    pd.DataFrame(ROWS, columns=["ID", "TIME (d)", "DV (copies/ug)", "SEX"]).to_csv(table, index=False)
    command = ["fit", str(table), "--model", "stein_2019", "--random", "c_max=0.5", "--method", "bayes", "--tune", "50",
               "--draws", "50", "--prior", "c_max=normal:8.5,0.5", "--out", str(out)]  # fmt: skip
    answer = CliRunner().invoke(cli, command)
    assert answer.exit_code == 3 and "so none of it is shown" in answer.output and "fewer than 400" in answer.output
    assert "c_max: normal on ln, mean 8.5, sd 0.5" in answer.output
    assert {p.name for p in out.iterdir()} == {"mixing.csv", "scenario.toml", "settings.json", "record.json", "script.py",
                                               "report.html", "pictures"}  # fmt: skip
    assert {p.name for p in (out / "pictures").iterdir()} == {"ranks.png", "ranks.svg"}
    report = (out / "report.html").read_text()
    assert "none of it is shown" in report and "fewer than 400" in report and "normal on ln, mean 8.5" in report
    assert "(90 % " not in report
    refused = CliRunner().invoke(cli, [*command, "--prior", "c_max=8"])
    assert isinstance(refused.exception, InputError) and "--prior `c_max=8`" in str(refused.exception)


def posterior_of(problem, together=False) -> Posterior:
    """Independent draws around the start, the second number going with the first where that is asked for."""
    unknowns, rng = unknowns_of(problem), np.random.default_rng(5)
    middle, p = unknowns.vector(point_of(problem)), unknowns.size
    x = middle + 0.1 * rng.normal(size=(4, 200, p))
    if together:
        x[:, :, 1] = middle[1] - 0.9 * (x[:, :, 0] - middle[0]) + 0.04 * rng.normal(size=(4, 200))
    natural = np.array([unknowns.natural(row)[0] for row in x.reshape(-1, p)]).reshape(x.shape)
    draws = Draws(x, np.zeros((4, 200)), 0, 7.0)
    priors = priors_of(problem, [Prior("c_max", "normal", 8.5, 0.5)])
    return Posterior(problem, unknowns.names, unknowns.kinds, natural, np.zeros((4, 200, 6, 3)), draws, priors, Sampling())


def test_the_folder_of_a_posterior_holds_draws_checks_and_a_report_made_again(tmp_path, monkeypatch):
    from livingdrug.report import rebuild
    from livingdrug.workflows import keep_answer
    from livingdrug.workflows.fit import checks, posterior
    from livingdrug.workflows.fit.fitted import fitted_points, fitted_problem
    from livingdrug.workflows.fit.plan import fit_problem
    from livingdrug.workflows.fit.scenario import Fit
    from tests.commands import livingdrug

    monkeypatch.chdir(tmp_path)
    for module in (checks, posterior):
        monkeypatch.setattr(module, "save", undrawn)
    pd.DataFrame(ROWS, columns=["ID", "TIME (d)", "DV (copies/ug)", "SEX"]).to_csv("d.csv", index=False)
    scenario = Fit(file="d.csv", model="stein_2019", random=("c_max=0.5",), method="bayes", prior=("c_max=normal:8.5,0.5",))
    found = posterior_of(fit_problem(scenario))
    assert found.faults == ()
    folder = tmp_path / "out"
    keep_answer(scenario, folder, lambda part: posterior.keep_posterior(scenario, found, part))
    report = (folder / "report.html").read_text()
    for text in (
        "c_max: normal on ln, mean 8.5, sd 0.5", "R-hat", "effective sample size", "Divergences: 0", "Posterior and prior",
        "draws of the posterior)", found.sentences()[0],
    ):  # fmt: skip
        assert text in report, text
    assert {"posterior.csv", "draws.csv", "vpc.csv", "mixing.csv", "script.py"} <= {p.name for p in folder.iterdir()}
    (folder / "report.html").unlink()
    rebuild(folder)
    assert (folder / "report.html").read_text() == report
    # the folder is a posterior to go on from: medians, and draws for a check
    problem = fitted_problem(folder)
    assert problem.parameters[0].value == pytest.approx(np.median(found.x[:, :, 0]))
    points = fitted_points(folder, problem)
    assert len(points) == 500 and np.std([p.mu[0] for p in points]) == pytest.approx(np.log(found.x[:, :, 0]).std(), rel=0.15)
    done = livingdrug("vpc", folder, "--replicates", "30")
    assert done.returncode == 0 and "30 draws of the posterior)" in done.stdout


def test_pictures_of_a_posterior_show_priors_chains_and_what_goes_together(data):
    from livingdrug.plots import pairs_together, plot_chains, plot_densities, plot_pairs, plot_ranks

    found = posterior_of(problem_of(data), together=True)
    unknowns = unknowns_of(found.problem)
    ((i, j, r),) = pairs_together(found)
    assert (i, j) == (1, 0) and r == pytest.approx(-0.91, abs=0.04)
    assert len(plot_pairs(found).axes) == 1 and len(plot_chains(found).axes[0].lines) == 4
    ranks = plot_ranks(found)
    assert len(ranks.axes[0].patches) == 4 and ranks.axes[0].patches[0].get_data().values.mean() == pytest.approx(1.0)
    axes = plot_densities(found).axes[0]
    line, bars = axes.lines[0], axes.patches[0].get_data()
    assert np.sum(bars.values * np.diff(np.log(bars.edges))) == pytest.approx(1)
    np.testing.assert_allclose(line.get_ydata(), prior_density(found.priors[0], unknowns, line.get_xdata()))


@pytest.mark.parametrize("kind", ["normal", "half_normal", "half_cauchy"])
def test_densities_of_priors_are_those_of_scipy(data, kind):
    from scipy.stats import halfcauchy, halfnorm, norm

    unknowns, value = unknowns_of(problem_of(data)), np.array([0.2, 1.0, 3.0])
    name = "alpha" if kind == "normal" else "omega alpha"
    expected = {"normal": norm(0.4, 0.7).pdf(np.log(value)), "half_normal": halfnorm(0, 0.7).pdf(value),
                "half_cauchy": halfcauchy(0, 0.7).pdf(value)}[kind]  # fmt: skip
    np.testing.assert_allclose(prior_density(Prior(name, kind, 0.4, 0.7), unknowns, value), expected)


def of_record(y, censored, kind, f, a, b):
    """(log density, its slopes by f, ln a and ln b) of one record, as a posterior takes them."""
    by_phi, by_a, by_b = np.zeros((1, 1)), np.zeros(1), np.zeros(1)
    none, one = np.zeros(1, dtype=np.int64), np.ones((1, 1))
    total = likelihood(
        np.array([y]), np.array([np.inf]), np.array([censored], dtype=np.int8), none, np.array([CODE[kind]]),
        np.array([a]), np.array([b]), np.array([f]), one, False, one, none, none + 1, by_phi, by_a, by_b,
    )  # fmt: skip
    return total, by_phi[0, 0], by_a[0], by_b[0]


@pytest.mark.parametrize("kind", ["additive", "proportional", "combined", "combined_squares", "lognormal"])
@pytest.mark.parametrize("censored", [-1, 0, 1])
def test_a_record_has_the_normal_density_and_its_slopes(kind, censored):
    a, b, y, step = 0.0 if kind == "proportional" else 3.0, 0.2, 20.0, 1e-6
    b = 0.0 if kind in ("additive", "lognormal") else b
    for f in (2.0, 17.0, 90.0):
        s = np.hypot(a, b * f) if kind == "combined_squares" else a + b * f
        z = (np.log(y / f) if kind == "lognormal" else y - f) / s
        jacobian = np.log(y) if kind == "lognormal" else 0.0
        known = {-1: norm.logsf(z), 0: norm.logpdf(z) - np.log(s) - jacobian, 1: norm.logcdf(z)}
        value, *slopes = of_record(y, censored, kind, f, a, b)
        assert value == pytest.approx(known[censored], rel=1e-11)
        for k, found in enumerate(slopes):
            sides = []
            for h in (step, -step):
                moved = np.array([f, a, b])
                moved[k] *= np.exp(h)
                sides.append(of_record(y, censored, kind, *moved)[0])
            expected = (sides[0] - sides[1]) / (2 * step) / (f if k == 0 else 1.0)
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-7), (f, k)
