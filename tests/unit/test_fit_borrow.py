"""Published numbers as priors: closed forms of a normal model, limits of the strength, what is said and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.optimize import minimize
from scipy.stats import norm

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import (
    ResidualError,
    Saem,
    as_priors,
    borrowed,
    fit,
    fit_both,
    new_problem,
    priors_of,
    read_borrow,
    unknowns_of,
    with_all,
)
from livingdrug.fit.borrow import STRENGTH, advice
from livingdrug.fit.climb import ENOUGH
from livingdrug.fit.limits import cutoff
from livingdrug.fit.penalty import held_of, likely_log_sd, penalty_of
from livingdrug.fit.priors import log_prior
from livingdrug.fit.problem import NormalPrior
from livingdrug.fit.settle import without
from livingdrug.fit.store import beside_table, objective_as_dict, settings_as_dict
from livingdrug.models import get_model
from livingdrug.models.text import from_toml
from tests.commands import livingdrug
from tests.decline import DECLINE
from tests.pictures import undrawn

SHORT = Saem(exploration=60, smoothing=30)
PUBLISHED = (
    DECLINE
    + """
[[populations]]
name = "published"
[populations.spreads.top]
sd = 0.5
[populations.spreads.rate]
sd = 0.3
[populations.source]
key = "synthetic"
citation = "made up"
"""
)
TIMES, ERROR = (0.0, 1.0, 2.0, 4.0), 0.2


def levels(n: int, centre: float = 150.0, omega: float = 0.6, seed: int = 2) -> np.ndarray:
    """Mean over the times of ln level, with the known decline taken off: normal around ln centre."""
    random = np.random.default_rng(seed)
    own = np.log(centre) + omega * random.standard_normal(n)
    return own[:, None] + ERROR * random.standard_normal((n, len(TIMES)))


def data_of(tmp_path, logs: np.ndarray):
    lines = ["ID,TIME,DV"]
    for i, row in enumerate(logs):
        lines += [f"{i},{t},{np.exp(x - 0.2 * t):.10g}" for t, x in zip(TIMES, row, strict=True)]
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines))
    return read_data(path, Reading(time_unit="d", unit="copies/ug"))


def normal_problem(tmp_path, logs: np.ndarray, omega: float = 0.6, held: bool = True):
    """ln y = ln top_i - 0.2 t + e with e known: linear and normal; held: omega is known too."""
    error = ResidualError("level", "lognormal", a=ERROR, fixed=True)
    problem = new_problem(from_toml(PUBLISHED, "d"), data_of(tmp_path, logs), {"top": omega}, fixed={"rate": None},
                          residuals=[error])  # fmt: skip
    parameters = tuple(replace(p, sd_fixed=held) if p.random else p for p in problem.parameters)
    return replace(problem, parameters=tuple(p for p in parameters if p.random))


def test_the_mode_of_a_typical_value_is_the_mean_weighted_by_precisions(tmp_path):
    logs = levels(6)
    problem = normal_problem(tmp_path, logs)
    borrowing = borrowed(problem, from_toml(PUBLISHED, "d"), 4.0)
    assert borrowing.priors == (NormalPrior("top", np.log(100.0), 0.25),)  # omega is known: no prior on it
    result = fit(replace(problem, priors=borrowing.priors), SHORT)
    data, prior = 6 / (0.6**2 + ERROR**2 / len(TIMES)), 1 / 0.25**2
    mean = (data * logs.mean() + prior * np.log(100.0)) / (data + prior)
    row = next(e for e in result.estimates if e.name == "top")
    assert result.status == "converged"
    mu = np.log(row.value)
    assert mu == pytest.approx(mean, abs=(2 * ENOUGH / (data + prior)) ** 0.5)  # where a climb ends
    assert row.se / row.value == pytest.approx((data + prior) ** -0.5, rel=0.01)
    variance = 0.6**2 + ERROR**2 / len(TIMES)  # -2LL is that of the data alone, where it ended
    among = norm.logpdf(logs.mean(axis=1), mu, variance**0.5).sum()
    within = -0.5 * ((logs - logs.mean(axis=1)[:, None]) ** 2).sum() / ERROR**2
    rest = 6 * (-1.5 * np.log(2 * np.pi) - 3 * np.log(ERROR) - 0.5 * np.log(len(TIMES)))
    jacobian = (logs - 0.2 * np.array(TIMES)).sum()
    assert result.objective.minus2ll == pytest.approx(-2 * (among + within + rest - jacobian), abs=0.02)
    assert np.isnan(result.aic) and np.isnan(result.bic)


def test_mode_and_interval_of_a_variability_are_those_of_the_penalised_likelihood(tmp_path):
    logs = levels(8, omega=0.8)
    problem = normal_problem(tmp_path, logs, held=False)
    borrowing = borrowed(problem, from_toml(PUBLISHED, "d"), 3.0)
    result = fit(replace(problem, priors=borrowing.priors), SHORT)

    def loss(x):
        spread = np.sqrt(np.exp(2 * x[1]) + ERROR**2 / len(TIMES))
        told = norm.logpdf(logs.mean(axis=1), x[0], spread).sum()
        priors = norm.logpdf(x[0], np.log(100), 0.5 / 3**0.5) + norm.logpdf(x[1], np.log(0.5), (1 / 6) ** 0.5)
        return -told - priors

    best = minimize(loss, [4.6, -0.5], tol=1e-10)
    rows = {e.name: e for e in result.estimates}
    assert result.status == "converged"
    found = np.log([rows["top"].value, rows["omega top"].value])
    assert loss(found) - best.fun < ENOUGH  # a climb ends where so little is to be gained
    np.testing.assert_allclose(found, best.x, atol=0.05)
    assert rows["omega top"].rse / 100 == pytest.approx(best.hess_inv[1, 1] ** 0.5, rel=0.05)


def test_subjects_of_an_interval_grow_with_the_part_that_a_prior_says(tmp_path):
    assert cutoff(1e6) == pytest.approx(3.8415, abs=1e-3)
    logs = levels(6)
    problem = normal_problem(tmp_path, logs)
    alone = fit(problem, SHORT)
    weak, strong = (
        fit(replace(problem, priors=borrowed(problem, from_toml(PUBLISHED, "d"), s).priors), SHORT) for s in (1e-6, 1e6)
    )
    rows = [next(e for e in r.estimates if e.name == "top") for r in (alone, weak, strong)]
    assert rows[1].value == pytest.approx(rows[0].value, rel=2e-3)
    assert rows[1].lower == pytest.approx(rows[0].lower, rel=0.01) and rows[1].upper == pytest.approx(rows[0].upper, rel=0.01)
    assert rows[2].value == pytest.approx(100.0, rel=1e-3)
    assert np.log(rows[2].upper / rows[2].lower) == pytest.approx(2 * 1.96 * 0.5e-3, rel=0.02)  # that of the prior


def test_the_most_likely_variability_under_a_prior():
    variance, seen = np.array([0.3, 1e-8, 4.0, 0.2]), np.array([8.0, 8.0, 8.0, 8.0])
    centre, precision = np.log([0.5, 0.5, 0.5, 1.0]), np.array([6.0, 10.0, 1e9, 0.0])
    found = likely_log_sd(variance, seen, centre, precision)
    slope = seen * (variance * np.exp(-2 * found) - 1) - precision * (found - centre)
    np.testing.assert_allclose(slope / (1 + precision), 0.0, atol=1e-9)
    assert found[2] == pytest.approx(np.log(0.5), abs=1e-6) and found[3] == pytest.approx(0.5 * np.log(0.2))


def test_what_data_cannot_say_is_borrowed_and_said_to_be(tmp_path):
    logs = np.repeat(levels(5, omega=1e-9, seed=4).mean(axis=1)[:, None], len(TIMES), axis=1)
    logs = logs + ERROR * np.tile([1.0, -1.0, 1.0, -1.0], (5, 1))  # no variability at all
    problem = normal_problem(tmp_path, logs, held=False)
    model = from_toml(PUBLISHED, "d")
    result = fit_both(problem, borrowed(problem, model), SHORT)
    assert result.exit_code == 0
    row = next(b for b in result.beside if b.name == "omega top")
    assert row.prior == pytest.approx(0.5) and row.prior_upper == pytest.approx(0.5 * np.exp(1.96 / np.sqrt(10)), rel=1e-3)
    assert 0.01 < row.together.value < 0.5 and row.together.determined
    assert result.verdict.data.startswith("Data and priors together determine every estimated number; ")
    if row.alone is not None and not row.alone.determined:
        assert "the data alone do not determine `omega top`" in result.verdict.data
    assert any("borrowed from decline" in note and "worth 5 subject(s)" in note for note in result.notes)
    assert any("the priors add" in note for note in result.notes)
    table = beside_table(result)
    assert list(table.parameter) == list(unknowns_of(problem).names)
    assert objective_as_dict(result)["penalty"] > 0 and objective_as_dict(result)["bic"] is None
    assert [p["name"] for p in settings_as_dict(result)["priors"]] == ["top", "omega top"]


def test_every_prior_of_a_model_stands_where_it_belongs(tmp_path):
    problem = new_problem(get_model("stein_2019"), data_of(tmp_path, levels(3)))
    borrowing = borrowed(problem, get_model("stein_2019"), 2.0)
    unknowns = unknowns_of(problem)
    penalty = penalty_of(unknowns_of(replace(problem, priors=borrowing.priors)))
    typical, spreads = get_model("stein_2019").typical, get_model("stein_2019").populations[0].spreads
    for k, name in enumerate(unknowns.names):
        of = name.removeprefix("omega ")
        if name == of and name in spreads:
            assert penalty.centre[k] == pytest.approx(np.log(typical[name]))
            assert penalty.precision[k] == pytest.approx(2 / spreads[name].sd ** 2)
        elif of in spreads:
            assert penalty.centre[k] == pytest.approx(np.log(spreads[of].sd)) and penalty.precision[k] == pytest.approx(4.0)
        else:
            assert penalty.precision[k] == 0 and name in borrowing.without
    assert penalty.loss(penalty.centre) == 0 and not penalty.pull(penalty.centre).any()
    x = penalty.centre + 0.1
    steps = 1e-5 * np.eye(len(x))
    slopes = [-(penalty.loss(x + s) - penalty.loss(x - s)) / 2e-5 for s in steps]
    np.testing.assert_allclose(penalty.pull(x), slopes, atol=1e-6)
    held = held_of(unknowns_of(replace(problem, priors=borrowing.priors)))
    assert (held.mu[1] > 0).sum() == len(spreads) == (held.log_sd[1] > 0).sum()


def test_a_posterior_has_the_same_priors(tmp_path):
    problem = normal_problem(tmp_path, levels(4), held=False)
    borrowing = borrowed(problem, from_toml(PUBLISHED, "d"), 4.0)
    own = replace(problem, priors=borrowing.priors)
    unknowns, penalty = unknowns_of(own), penalty_of(unknowns_of(own))
    priors = priors_of(own)
    assert priors == priors_of(problem, as_priors(borrowing.priors, problem))
    at = penalty.centre + np.array([0.2, -0.4])
    value, slope = log_prior(priors, unknowns, at)
    assert value == pytest.approx(-penalty.loss(at))
    np.testing.assert_allclose(slope, penalty.pull(at))


def test_which_flags_make_a_fit_whole(tmp_path):
    model = from_toml(PUBLISHED, "d")
    data = data_of(tmp_path, levels(4))
    problem = new_problem(model, data, residuals=[ResidualError("level", "lognormal", a=0.2)])
    result = fit(problem, "individual")
    verdict = fit(normal_problem(tmp_path, levels(4)), SHORT).verdict

    def said(*missing: str) -> str:
        ended = replace(result, status="not_determined", verdict=replace(verdict, undetermined=missing))
        return advice(ended, model, "made.toml")

    assert "`--fix rate` (the same in all subjects, published rate 0.2 1/d)" in said("rate")
    assert "`--random top --estimate rate`" in said("omega rate") and "`--borrow made.toml`" in said("omega rate")
    assert said("top", "rate").count("--fix") == 0  # nothing would be left to fit
    assert said() == "" and advice(replace(result, status="converged"), model, "x") == ""
    assert advice(replace(result, status="not_determined"), from_toml(DECLINE, "d"), "x") == ""


TYPED = {"stein_2019": ("stein_2019", STRENGTH), "a/b.toml:2.5": ("a/b.toml", 2.5)}


@pytest.mark.parametrize(("text", "expected"), TYPED.items())
def test_a_strength_as_it_is_typed(text, expected):
    assert read_borrow(text) == expected


def test_what_cannot_be_borrowed_is_refused(tmp_path):
    problem = normal_problem(tmp_path, levels(3))
    model = from_toml(PUBLISHED, "d")
    for strength in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(InputError, match="above 0"):
            borrowed(problem, model, strength)
    with pytest.raises(InputError, match="no published between-subject variability"):
        borrowed(problem, from_toml(DECLINE, "d"))
    with pytest.raises(InputError, match="none of them is estimated"):
        borrowed(problem, get_model("stein_2019"))
    other = from_toml(PUBLISHED.replace('name = "top", unit = "copies/ug"', 'name = "top", unit = "cells/uL"').replace(
        'name = "level"\nunit = "copies/ug"', 'name = "level"\nunit = "cells/uL"'), "d")  # fmt: skip
    with pytest.raises(InputError, match="unit"):
        borrowed(problem, other)
    with pytest.raises(InputError, match="is not a number"):
        read_borrow("stein_2019:many")
    with pytest.raises(InputError, match="MODEL:STRENGTH"):
        read_borrow(":5")
    priors = borrowed(problem, model).priors
    for method in ("focei", "laplace"):
        with pytest.raises(InputError, match="takes no priors"):
            fit(replace(problem, priors=priors), method)
        with pytest.raises(InputError, match="takes no priors"):
            fit_both(problem, borrowed(problem, model), method)
    with pytest.raises(InputError, match="sd above 0"):
        NormalPrior("top", 1.0, 0.0)


# --------------------------------------------------------------------------------------------------- command line


def test_borrow_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setattr("livingdrug.workflows.fit.checks.save", undrawn)
    data_of(tmp_path, levels(5))
    (tmp_path / "model.toml").write_text(PUBLISHED)
    given = ["fit", str(tmp_path / "data.csv"), "--model", str(tmp_path / "model.toml"), "--time-unit", "d", "--unit",
             "copies/ug", "--random", "top", "--residual", "lognormal:0.2"]  # fmt: skip
    out = tmp_path / "out"
    done = CliRunner().invoke(cli, [*given, "--borrow", f"{tmp_path / 'model.toml'}:3", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "Prior, data alone and both" in done.output and "with 3 estimated numbers" not in done.output
    assert "worth 3 subject(s)" in " ".join(done.output.split())
    table = pd.read_csv(out / "borrowed.csv")
    assert list(table.parameter) == ["top", "omega top", "a level"]
    assert table.prior[0] == pytest.approx(100) and np.isnan(table.prior[2])
    assert table.prior_upper[0] == pytest.approx(100 * np.exp(1.96 * 0.5 / 3**0.5), rel=1e-3)
    report = (out / "report.html").read_text()
    assert "Prior, data alone and both" in report and "borrowed from" in report
    refused = {
        ("--borrow", "decline"): "decline",
        ("--borrow", str(tmp_path / "model.toml"), "--method", "focei"): "--method saem or bayes",
        ("--borrow", str(tmp_path / "model.toml"), "--reduce"): "give one of them",
        ("--borrow", str(tmp_path / "model.toml"), "--profile", "top"): "leave out --profile",
        ("--borrow", str(tmp_path / "model.toml") + ":-2"): "above 0",
        ("--borrow", str(tmp_path / "model.toml"), "--evaluate", "is"): "--evaluate fits nothing",
        ("--reduce", "--method", "laplace"): "--method saem",
        ("--reduce", "--bootstrap", "100"): "leave out --bootstrap",
    }
    for more, why in refused.items():
        done = livingdrug(*given, *more)
        assert done.returncode == 2 and why in done.stderr and "Traceback" not in done.stderr, (more, done.stderr)


def test_a_start_of_draws_has_every_variability(tmp_path):
    problem = new_problem(get_model("stein_2019"), data_of(tmp_path, levels(3)), blocks=[["c_max", "alpha"]])
    found = without(without(problem, "omega beta"), "omega alpha")
    start = with_all(found, problem)
    assert [p.sd for p in start.parameters] == [p.sd for p in problem.parameters]
    assert start.correlations == problem.correlations
    assert unknowns_of(start).names == unknowns_of(problem).names
