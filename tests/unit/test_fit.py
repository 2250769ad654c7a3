"""Fits: densities against scipy, gradients against differences, two forms of one model, resumption, refusals."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.engine import closed_form_values as closed
from livingdrug.fit import (
    Conditional,
    Correlation,
    Effect,
    Parameter,
    ResidualError,
    Saem,
    design_of,
    evaluate,
    few_draws,
    fit,
    new_problem,
    point_of,
    profile,
    unknowns_of,
)
from livingdrug.fit.gradient import slope_of, value_of
from livingdrug.fit.point import prepare
from livingdrug.fit.smooth import smoothed
from livingdrug.fit.store import drop_state, read_state, write_result
from livingdrug.fit.text import read_effects, read_residuals
from livingdrug.models import get_model
from livingdrug.models.text import from_toml
from livingdrug.simulation import draw_subjects, observe, simulate
from tests.bolus import BOLUS
from tests.decline import DECLINE


def table(tmp_path, text: str, **reading):
    path = tmp_path / "data.csv"
    path.write_text(text)
    return read_data(path, Reading(time_unit="d", unit=reading.pop("unit", "copies/ug"), **reading))


def decline_data(tmp_path, n: int = 12, seed: int = 3, spread: float = 0.4, limit: float = 8.0):
    """Simulated declines with age and sex; values below the limit are censored."""
    random = np.random.default_rng(seed)
    lines = ["ID,TIME,DV,LIMIT,AGE,SEX"]
    for i in range(n):
        age, sex = 30 + 3 * i, "FM"[i % 2]
        top, rate = 100 * math.exp(0.5 * random.normal()), 0.2 * math.exp(spread * random.normal())
        for time in (0, 1, 3, 6, 10, 15):
            value = top * math.exp(-rate * time + 0.2 * random.normal())
            lines.append(f"{i},{time},{f'{value:.4f}' if value > limit else f'<{limit}'},{limit},{age},{sex}")
    return table(tmp_path, "\n".join(lines))


def decline(tmp_path, **more):
    data = more.pop("data", None) or decline_data(tmp_path)
    arguments = {"random": {"top": 0.5, "rate": 0.4}, "residuals": [ResidualError("level", "lognormal", a=0.2)]} | more
    return new_problem(from_toml(DECLINE, "decline"), data, **arguments)


# ------------------------------------------------------------------------------------------------ the likelihood

ERRORS = {
    "additive": (ResidualError("level", "additive", a=7.0), lambda f: 7.0 + 0 * f),
    "proportional": (ResidualError("level", "proportional", b=0.3), lambda f: 0.3 * f),
    "combined": (ResidualError("level", "combined", a=4.0, b=0.2), lambda f: 4.0 + 0.2 * f),
    "combined_squares": (ResidualError("level", "combined_squares", a=4.0, b=0.2), lambda f: np.hypot(4.0, 0.2 * f)),
}


@pytest.mark.parametrize("below", ["m1", "m3", "m4"])
@pytest.mark.parametrize("kind", ERRORS)
def test_density_of_every_error(tmp_path, kind, below):
    residual, spread = ERRORS[kind]
    problem = decline(tmp_path, random={}, estimate=["top", "rate"], residuals=[residual], below=below)
    data = problem.data
    f = 100 * np.exp(-0.2 * data.time)
    s, low = spread(f), data.cens == 1
    expected = norm.logpdf(data.dv, f, s)
    if below == "m4":
        expected -= norm.logcdf(f / s)
        inside = norm.cdf(data.dv, f, s) - norm.cdf(0, f, s)
        expected = np.where(low, np.log(inside) - norm.logcdf(f / s), expected)
    else:
        expected = np.where(low, norm.logcdf(data.dv, f, s) if below == "m3" else 0.0, expected)
    objective = evaluate(problem, "focei")
    assert low.sum() > 10
    assert objective.minus2ll == pytest.approx(-2 * expected.sum(), rel=1e-9)
    assert objective.nonmem == pytest.approx(objective.minus2ll - (~low).sum() * math.log(2 * math.pi))


def test_log_normal_error_far_below_the_limit(tmp_path):
    problem = decline(tmp_path, random={}, estimate=["top", "rate"], start={"rate": 4.0},
                      residuals=[ResidualError("level", "lognormal", a=0.05)])  # fmt: skip
    data = problem.data
    f = np.log(100) - 4.0 * data.time
    log_y = np.log(data.dv)
    low = data.cens == 1
    expected = np.where(low, norm.logcdf(log_y, f, 0.05), norm.logpdf(log_y, f, 0.05))
    objective = evaluate(problem, "laplace")
    assert objective.of_logarithms == pytest.approx(-2 * expected.sum(), rel=1e-9)
    assert objective.minus2ll == pytest.approx(objective.of_logarithms + 2 * log_y[~low].sum())


def test_rules_for_values_below_the_limit(tmp_path):
    problem = decline(tmp_path, residuals=[ResidualError("level", "additive", a=5.0)])
    low = int((problem.data.cens == 1).sum())
    designs = {rule: design_of(replace(problem, below=rule)) for rule in ("m1", "m3", "m5", "m6", "m7")}
    assert len(designs["m3"].y) - len(designs["m1"].y) == low
    assert (designs["m3"].kind == 1).sum() == low and (designs["m5"].kind == 0).all()
    assert (designs["m5"].y == 4.0).sum() == low and (designs["m7"].y == 0.0).sum() == low
    # one value stands for each run; a run is the end of a decline here
    runs = len({problem.data.profiles.subject[p] for p, c in zip(problem.data.profile, problem.data.cens, strict=True) if c})
    assert (designs["m6"].y == 4.0).sum() == runs < low


@pytest.mark.parametrize("method", ["focei", "laplace"])
def test_gradient_is_that_of_differences(tmp_path, method):
    data = decline_data(tmp_path)
    effects = [Effect("top", "AGE", "power", 0.2, 40.0), Effect("rate", "SEX", "categorical", -0.1, level="F")]
    problem = decline(tmp_path, data=data, effects=effects, blocks=[("top", "rate")],
                      residuals=[ResidualError("level", "combined", a=1.0, b=0.2)])  # fmt: skip
    problem = replace(problem, correlations=(Correlation("top", "rate", 0.3),))
    prepared, unknowns, point = prepare(problem), unknowns_of(problem), point_of(problem)
    value, modes = value_of(prepared, point, method, None)
    slope = slope_of(prepared, unknowns, point, modes, method)
    assert slope.value == pytest.approx(value, rel=1e-12)
    x = unknowns.vector(point)
    for k in range(unknowns.size):
        step = 1e-4 * np.eye(unknowns.size)[k]
        up, down = (value_of(prepared, unknowns.point(x + s * step, point), method, modes.etas)[0] for s in (1, -1))
        assert slope.gradient[:, k].sum() == pytest.approx((up - down) / 2e-4, rel=2e-3, abs=2e-3), unknowns.names[k]


def test_importance_sampling_of_a_linear_model_is_exact(tmp_path):
    # additive error, one normal effect that enters linearly: the marginal density is normal, and all methods agree
    text = DECLINE.replace('unit = "copies/ug", meaning = "level at 0", bound = "positive"',
                           'unit = "copies/ug", meaning = "level at 0", bound = "any"')  # fmt: skip
    data = decline_data(tmp_path, limit=1e-9)
    problem = new_problem(from_toml(text, "linear"), data, random={"top": 30.0}, fixed={"rate": None},
                          residuals=[ResidualError("level", "additive", a=10.0)])  # fmt: skip
    total = 0.0
    for i in range(12):
        mine = data.profile == i
        f = np.exp(-0.2 * data.time[mine])
        variance = 900 * np.outer(f, f) + 100 * np.eye(mine.sum())
        off = data.dv[mine] - 100 * f
        total += off @ np.linalg.solve(variance, off) + np.linalg.slogdet(2 * math.pi * variance)[1]
    for method in ("fo", "foce", "focei", "laplace"):
        assert evaluate(problem, method).minus2ll == pytest.approx(total, rel=1e-9), method
    sampled = evaluate(problem, "is", draws=8192)
    assert sampled.minus2ll == pytest.approx(total, abs=4 * sampled.se + 1e-3) and sampled.se < 0.05


def test_the_sampled_likelihood_does_not_depend_on_how_draws_are_shared_out(tmp_path, monkeypatch):
    from livingdrug.fit import at_draws

    problem = new_problem(from_toml(DECLINE, "decline"), decline_data(tmp_path), random={"top": 0.5, "rate": 0.3},
                          residuals=[ResidualError("level", "lognormal", a=0.3)])  # fmt: skip
    whole = evaluate(problem, "is", draws=512)
    monkeypatch.setattr(at_draws, "AT_ONCE", 200)
    parts = evaluate(problem, "is", draws=512)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    alone = evaluate(problem, "is", draws=512)
    assert whole.minus2ll == parts.minus2ll == alone.minus2ll and whole.se == parts.se == alone.se


# ------------------------------------------------------------------------------------------ models and their doses


def stein_data(tmp_path, n: int = 8, limit: float = 50.0):
    model = get_model("stein_2019")
    times = (1.0, 5.0, 9.0, 14.0, 28.0, 90.0, 270.0)
    seen = observe(model, simulate(model, draw_subjects(model, n, 4, "sd"), times=times), limit, 4)
    rows = [f"{r.subject},{r.time},{f'<{limit}' if r.below_limit else r.value}" for r in seen.itertuples()]
    return table(tmp_path, "\n".join(["ID,TIME,DV", *rows]))


def test_flows_and_closed_form_of_one_model_agree(tmp_path):
    data = stein_data(tmp_path)
    closed, flows = (new_problem(get_model(name), data) for name in ("stein_2019", "stein_2019_ode"))
    for method in ("foce", "focei"):
        assert evaluate(flows, method).minus2ll == pytest.approx(evaluate(closed, method).minus2ll, abs=5e-3), method


def test_every_dose_is_given_at_its_time(tmp_path):
    data = table(tmp_path, "ID,TIME,DV,AMT,EVID\nA,0,,10,1\nA,1,,20,1\nA,2,5,,0\nA,5,,40,1\nA,6,9,,0\n", unit="1")
    data = replace(data, profiles=replace(data.profiles, unit=np.full(data.profiles.n, "", dtype=object)))
    assert data.doses.time.tolist() == [0, 1, 5] and data.doses.amount.tolist() == [10, 20, 40]
    problem = new_problem(from_toml(BOLUS, "bolus"), data, random={}, estimate=["k"],
                          residuals=[ResidualError("level", "additive", a=1.0)])  # fmt: skip
    amounts = ((0, 10), (1, 20), (5, 40))
    f = np.array([sum(a * math.exp(-0.3 * (t - d)) for d, a in amounts if d < t) / 2 for t in (2, 6)])
    expected = norm.logpdf([5, 9], f, 1.0).sum()
    assert evaluate(problem, "focei").minus2ll == pytest.approx(-2 * expected, rel=1e-5)


def test_covariates_of_a_model_come_from_the_data(tmp_path):
    text = "ID,TIME,DV,female\nA,9,24000,1\nA,20,4000,1\nB,9,24000,0\nB,20,4000,0\n"
    problem = new_problem(get_model("stein_2019"), table(tmp_path, text))
    design = design_of(problem)
    names = [q.name for q in problem.model.system.quantities]
    assert design.table[:, names.index("female")].tolist() == [1.0, 0.0]
    assert any("10 covariate(s)" in note for note in design.notes)


def test_effects_as_they_are_typed(tmp_path):
    data = decline_data(tmp_path)
    texts = ("AGE on top", "SEX on rate", "AGE on top exponential fixed 0.01")
    power, words, fixed = (read_effects([text], data) for text in texts)
    assert power == (Effect("top", "AGE", "power", reference=46.5),)
    assert [(e.shape, e.level) for e in words] == [("categorical", "M")]
    assert fixed == (Effect("top", "AGE", "exponential", 0.01, 46.5, fixed=True),)
    design = design_of(decline(tmp_path, data=data, effects=power + words + fixed))
    np.testing.assert_allclose(design.x[0], [math.log(30 / 46.5), 0.0, 30 - 46.5])
    assert read_residuals(["combined:1,0.2"], from_toml(DECLINE, "d")) == (ResidualError("level", "combined", 1.0, 0.2),)


# ------------------------------------------------------------------------------------------------------------ fits

SHORT = Saem(exploration=60, smoothing=30)


def test_saem_finds_the_top_that_laplace_finds(tmp_path):
    problem = decline(tmp_path)
    saem, laplace = fit(problem, SHORT), fit(problem, "laplace")
    assert saem.status == laplace.status == "converged"
    for a, b in zip(saem.estimates, laplace.estimates, strict=True):
        assert a.name == b.name and a.value == pytest.approx(b.value, rel=0.03)
        assert a.se == pytest.approx(b.se, rel=0.1)
    assert saem.objective.minus2ll == pytest.approx(laplace.objective.minus2ll, abs=0.5)
    other = fit(problem, SHORT, seed=2)
    for a, b in zip(saem.estimates, other.estimates, strict=True):
        assert abs(a.value - b.value) < 0.2 * a.se


class Stopped:
    """Progress that interrupts a run."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, done: int, every: int, objective: float) -> None:
        if done == self.at:
            raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    problem, folder = decline(tmp_path), tmp_path / "out"
    whole = fit(problem, SHORT)
    with pytest.raises(KeyboardInterrupt):
        fit(problem, SHORT, folder=folder, progress=Stopped(40))
    assert [path.name for path in folder.iterdir()] == ["state.npz"]
    resumed = fit(problem, SHORT, folder=folder, resume=True)
    assert resumed.estimates == whole.estimates
    np.testing.assert_array_equal(resumed.trace[:, 1:], whole.trace[:, 1:])
    with pytest.raises(InputError, match="belongs to another"):
        fit(problem, SHORT, seed=2, folder=folder, resume=True)
    write_result(resumed, folder)
    drop_state(folder)
    with pytest.raises(InputError, match="nothing to resume"):
        read_state(folder, "")
    written = json.loads((folder / "objective.json").read_text())
    assert written["status"] == "converged" and written["exit_code"] == 0 and written["below_limit"] > 0
    header = (folder / "parameters.csv").read_text().splitlines()[0]
    assert header == "parameter,kind,value,se,rse,shrinkage,fixed,lower,upper,by,determined"
    assert len(json.loads((folder / "settings.json").read_text())["data_sha256"]) == 64
    assert not list(folder.glob("*.part"))


def test_a_run_interrupted_after_its_search_goes_on_from_its_end(tmp_path, monkeypatch):
    problem, folder = decline(tmp_path), tmp_path / "out"
    whole = fit(problem, SHORT)

    def stopped(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("livingdrug.fit.search.settle", stopped)
        fit(problem, SHORT, folder=folder)
    resumed = fit(problem, SHORT, folder=folder, resume=True, progress=Stopped(0))
    assert resumed.estimates == whole.estimates


def test_a_spread_that_is_not_there_is_said(tmp_path):
    problem = decline(tmp_path, data=decline_data(tmp_path, n=10, spread=0.0, seed=5))
    result = fit(problem, "laplace")
    if result.status == "converged":  # a sample may show a spread by chance; this seed does not
        pytest.fail("the spread of `rate` should be at its bound")
    assert result.exit_code == 4
    rows = {e.name: e for e in result.estimates}
    assert rows["omega rate"].se is None and rows["top"].se > 0
    assert any("between-subject variability of `rate` went to 0" in note for note in result.notes)


def test_fixed_numbers_stay(tmp_path):
    problem = decline(tmp_path, fixed={"rate": 0.25}, random={"top": 0.5, "rate": 0.4})
    result = fit(problem, "focei")
    rows = {e.name: e for e in result.estimates}
    assert rows["rate"].value == 0.25 and rows["rate"].fixed and rows["rate"].se is None
    assert not rows["omega rate"].fixed and rows["omega rate"].se > 0


def test_individuals_given_the_population(tmp_path):
    result = fit(decline(tmp_path), "individual")
    assert result.status == "converged" and result.free == 0
    assert all(e.fixed and e.se is None for e in result.estimates)
    seen = result.predictions
    measured = seen.kind == "measured"
    assert np.nanstd(seen.iwres) < 1.1 and np.isnan(seen.iwres[~measured]).all()
    typical, own = (np.std(np.log(f / seen.value)[measured]) for f in (seen.pred, seen.ipred))
    assert own < 0.5 * typical


def test_other_starts_are_flagged(tmp_path):
    result = fit(decline(tmp_path), "focei", starts=3)
    assert result.settings["starts"] == 3 and any("of 3 starts reached the best" in note for note in result.notes)


def test_profile_says_what_the_data_determine(tmp_path):
    result = fit(decline(tmp_path), "laplace")
    found = profile(result, "rate")
    row = next(e for e in result.estimates if e.name == "rate")
    assert found.words.startswith("the data determine `rate`")
    assert found.lower < row.value < found.upper
    # of 12 subjects: the level at the ends of a t interval, and that interval beside it
    assert found.fall == pytest.approx(12 * math.log(1 + 2.200985**2 / 11), rel=1e-6)
    assert found.upper / found.lower == pytest.approx(row.upper / row.lower, rel=0.1)


# ------------------------------------------------------------------------------------------------------- refusals


def test_what_cannot_be_is_refused(tmp_path):
    data = decline_data(tmp_path)
    for what, more in {
        "unknown parameter `tip`": {"random": ["tip"]},
        "unknown rule for values below": {"below": "m2"},
        "it must be finite and above 0": {"residuals": ()},
        "not positive definite": {},
    }.items():
        with pytest.raises(InputError, match=what):
            if what.startswith("it must"):
                ResidualError("level", "additive", a=0.0)
            problem = decline(tmp_path, data=data, **more)
            third = Parameter("third", 1.0, sd=0.3)
            assert third.random
            pairs = (Correlation("top", "rate", 1 - 1e-12),)
            replace(problem, correlations=pairs)
    with pytest.raises(InputError, match="no published residual error for `level`"):
        decline(tmp_path, data=data, residuals=())
    with pytest.raises(InputError, match="values are in copies/ug and `car_t_blood`"):
        new = get_model("kirouac_2023")
        evaluate(new_problem(new, data, random=["k_kill"], outputs={"": "car_t_blood"},
                             residuals=[ResidualError("car_t_blood", "lognormal", a=0.5)]))  # fmt: skip


def test_a_subject_without_dose_is_named(tmp_path):
    data = table(tmp_path, "ID,TIME,DV\nA,1,5\nB,1,4\n")
    data = replace(data, profiles=replace(data.profiles, unit=np.full(data.profiles.n, "", dtype=object)))
    residual = ResidualError("level", "additive", a=1.0)
    problem = new_problem(from_toml(BOLUS, "bolus"), data, random=["k"], residuals=[residual])
    with pytest.raises(InputError, match="subject `A` has no dose, and `bolus` needs one"):
        evaluate(problem)


def test_a_prediction_of_zero_is_named(tmp_path):
    # sampled before its dose: the prediction is 0 there
    data = table(tmp_path, "ID,TIME,DV,AMT\nA,1,5,10\nA,2,3,10\nB,1,4,10\n")
    empty = np.full(data.profiles.n, "", dtype=object)
    data = replace(data, profiles=replace(data.profiles, unit=empty, dose=np.array([10.0, 0.0])))
    for residual in (ResidualError("level", "lognormal", a=0.5), ResidualError("level", "proportional", b=0.5)):
        problem = new_problem(from_toml(BOLUS, "bolus"), data, random=["k"], residuals=[residual])
        with pytest.raises(InputError, match=r"not finite at the start: subject `B`, time 1 \(line 4\): the prediction is 0"):
            evaluate(problem)


def test_only_values_below_the_limit_are_kept_with_a_note(tmp_path):
    data = table(tmp_path, "ID,TIME,DV\nA,0,90\nA,5,40\nB,0,<10\nB,5,<10\n")
    problem = decline(tmp_path, data=data)
    assert any("1 subject(s) have only values below the limit and are kept (m3): B" in n for n in design_of(problem).notes)
    assert np.isfinite(evaluate(problem, "laplace").minus2ll)
    with pytest.raises(InputError, match="first-order objective takes no values below the limit"):
        evaluate(problem, "fo")


def test_a_zero_without_limit(tmp_path):
    data = table(tmp_path, "ID,TIME,DV\nA,0,90\nA,5,0\n")
    with pytest.raises(InputError, match="below a limit that is not stated"):
        evaluate(decline(tmp_path, data=data))
    additive = decline(tmp_path, data=data, residuals=[ResidualError("level", "additive", a=5.0)])
    assert (design_of(additive).kind == 0).all()


def test_a_smooth_kink_tends_to_the_exact_one(tmp_path):
    data = stein_data(tmp_path)
    exact = evaluate(new_problem(get_model("stein_2019"), data), "foce").minus2ll
    off = [abs(evaluate(new_problem(get_model("stein_2019"), data, smooth=w), "foce").minus2ll - exact) for w in (1.0, 0.01)]
    assert off[1] < 0.05 < off[0]
    with pytest.raises(InputError, match="has no pieces to smooth"):
        new_problem(get_model("stein_2019_ode"), data, smooth=0.5)


def test_a_steep_rise_leaves_nothing_of_itself_behind_a_smooth_kink():
    form = get_model("stein_2019").system
    values = {k: np.array([v]) for k, v in get_model("stein_2019").typical.items()} | {"fold": np.array([1e9])}
    far = np.array([2.0, 5.0, 14.0, 30.0])  # growth by 2.2 a day: at 0.5 d it outruns the weight of a linear mixture
    smooth, exact = closed(smoothed(form, 0.5), values, far), closed(form, values, far)
    assert smooth == pytest.approx(exact, rel=2e-3)
    near = closed(smoothed(form, 0.5), values, np.linspace(7.0, 12.0, 101))
    assert near.max() < 1.5 * values["c_max"]


def test_focei_smooths_a_kink_by_itself_and_says_what_that_changes(tmp_path):
    random = ["fold", "t_max", "c_max", "alpha", "f_b"]
    problem = new_problem(get_model("stein_2019"), stein_data(tmp_path, 24), random, fixed={"beta": None})
    result = fit(problem, "focei")
    assert result.status == "converged"
    assert result.problem.smooth == pytest.approx(0.05 * 9.3)
    assert any("difference" in note and "0.465 d" in note for note in result.notes)


@pytest.mark.parametrize("start", [{"alpha": 1e-9}, {"t_max": 500.0}])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_search_from_far_off_ends_in_a_verdict(tmp_path, start):
    result = fit(new_problem(get_model("stein_2019"), stein_data(tmp_path, 12), start=start), Conditional("focei", most=25))
    assert result.status in ("not_converged", "not_determined")


def test_few_effective_draws_are_a_caution(tmp_path):
    found = evaluate(decline(tmp_path), "is")
    assert few_draws(("A", "B"), replace(found, ess=np.array([51.0, 900.0]))) == ()
    (told,) = few_draws(("A", "B"), replace(found, ess=np.array([900.0, 3.2])))
    assert "1 subject(s) are worth fewer than 50 independent ones (least 3)" in told and told.endswith(": B")
