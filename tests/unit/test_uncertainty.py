"""What a fit left unknown: draws of its estimates, parts of a range, assurance; against closed forms."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.models import Estimated, Fitted
from livingdrug.models.text import from_toml
from livingdrug.simulation import CurvesTask, Draw, bands, drawn_models
from livingdrug.trial import Arm, Design, Endpoint, Trial, assurance, assured_power, power_t, simulate_trial
from livingdrug.workflows import workflow
from livingdrug.workflows.document import checked
from tests.decline import DECLINE

POPULATION = """
[[populations]]
name = "fitted"
source = { key = "synthetic", citation = "made up" }
spreads = { top = { sd = 0.5 } }
"""
NAMES = ("top", "rate", "omega top")


def model(sd_top: float = 0.3, sd_rate: float = 0.2, sd_omega: float = 0.0, shared: float = 0.0):
    """A decline whose estimates of ln top, ln rate and ln omega have these SDs; shared: correlation of the first two."""
    rows = (Estimated("top", "typical", 100.0), Estimated("rate", "typical", 0.2), Estimated("omega top", "variability", 0.5))
    matrix = np.diag([sd_top**2, sd_rate**2, sd_omega**2])
    matrix[0, 1] = matrix[1, 0] = shared * sd_top * sd_rate
    own = tuple(map(tuple, matrix.tolist()))
    fitted = Fitted("decline", "data.csv", "0", "saem", "converged", "0", 12, 72, rows, NAMES, own)
    return replace(from_toml(DECLINE + POPULATION, "decline"), fitted=fitted)


def test_draws_have_the_covariance_of_the_estimates():
    made = drawn_models(model(shared=0.6), 4000).models
    logs = np.log([[m.typical["top"] / 100, m.typical["rate"] / 0.2] for m in made])
    assert np.abs(logs.mean(axis=0)).max() < 4 * 0.3 / np.sqrt(4000)
    assert np.allclose(logs.std(axis=0), (0.3, 0.2), rtol=4 / np.sqrt(2 * 4000))
    assert abs(np.corrcoef(logs.T)[0, 1] - 0.6) < 4 / np.sqrt(4000)
    assert all(m.populations[0].spreads["top"].sd == pytest.approx(0.5) for m in made)
    few = drawn_models(model(shared=0.6), 3).models  # a draw depends on the seed and its number alone
    assert [m.typical for m in few] == [m.typical for m in made[:3]]


def test_without_a_covariance_intervals_are_drawn_from():
    """Half of a normal distribution towards each end; a variability may reach down to 0."""
    own = model()
    rows = (
        Estimated("top", "typical", 100.0, lower=50.0, upper=400.0), Estimated("rate", "typical", 0.2, upper=0.4),
        Estimated("omega top", "variability", 0.5, lower=0.0, upper=1.0, determined=False),
    )  # fmt: skip
    bare = replace(own, fitted=replace(own.fitted, estimates=rows, names=(), covariance=()))
    made = drawn_models(bare, 4000)
    assert not made.held and any("no covariance" in note for note in made.notes)
    tops = np.array([m.typical["top"] for m in made.models])
    assert np.quantile(tops, [0.025, 0.5, 0.975]) == pytest.approx([50, 100, 400], rel=0.06)
    rates = np.array([m.typical["rate"] for m in made.models])
    assert np.quantile(rates, [0.025, 0.5, 0.975]) == pytest.approx([0.1, 0.2, 0.4], rel=0.06)
    omegas = np.array([m.populations[0].spreads["top"].sd for m in made.models])
    assert np.quantile(omegas, [0.025, 0.5, 0.975]) == pytest.approx([0, 0.5, 1], abs=0.05) and omegas.min() > 0
    nothing = replace(rows[2], value=0.0)  # a variability that the search lost, with its upper limit
    left_out = tuple(replace(p, spreads={"rate": p.spreads["top"]}) for p in bare.populations)
    lost = replace(bare, populations=left_out, fitted=replace(bare.fitted, estimates=(*rows[:2], nothing)))
    omegas = np.array([m.populations[0].spreads["top"].sd for m in drawn_models(lost, 4000).models])
    assert np.quantile(omegas, [0.5, 0.95]) == pytest.approx(np.array([0.6745, 1.96]) / 1.96, rel=0.06)
    alone = replace(bare.fitted, estimates=(*rows[:2], replace(nothing, upper=None)))
    assert drawn_models(replace(lost, fitted=alone), 20).held == ("omega top",)
    held = replace(bare.fitted, estimates=tuple(replace(e, lower=None, upper=None) for e in rows))
    with pytest.raises(InputError, match="no covariance of its estimates and no intervals"):
        drawn_models(replace(bare, fitted=held), 20)


def test_what_is_between_patients_and_what_is_uncertainty():
    """CMAX is top: its log-variance is omega^2 between patients, and that of ln top over the estimates."""
    own = model(sd_top=0.3, sd_rate=0.0)
    task = CurvesTask(own, Draw(2000), None, np.array([0.0, 5.0]), 5.0, ("level",))
    made = bands(task, task(0, 2000), 400)
    between, unknown = made.parts["level", "CMAX"]
    assert abs(between / 0.25 - 1) < 0.15 and abs(unknown / 0.09 - 1) < 4 * np.sqrt(2 / 400)
    middle, low, high = made.exposures["level", "CMAX"][1]
    assert abs(np.log(middle / 100)) < 0.05
    assert abs(np.log(high / low) / (2 * 1.645 * 0.3) - 1) < 0.2
    known = bands(task, task(0, 2000), 3)
    assert np.array_equal(known.middle, made.middle)
    still = bands(replace(task, model=model(0.0, 0.0)), task(0, 2000), 3)
    assert np.allclose(still.low, still.high, rtol=1e-12) and still.parts["level", "CMAX"][1] < 1e-20


def test_assurance_is_power_over_the_uncertainty_of_omega(monkeypatch):
    """The SD of ln AUC is omega of top: assurance is the power at omega, averaged over its log-normal estimate."""
    own = import_module("livingdrug.trial.assurance")
    monkeypatch.setattr(own, "SUBJECTS_AT_A_DRAW", 2000)  # which give the SD to 1.6 %
    design = Design()
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    n, sd = 17, 0.4
    expected = sum(w * power_t(n, np.log(2) / (0.5 * np.exp(sd * x))) for x, w in zip(nodes, weights, strict=True))
    expected /= np.sqrt(2 * np.pi)
    found, _ = assured_power(model(sd_omega=sd), 2.0, n, design, draws=300)
    assert abs(found.value - expected) < 4 * found.error + 0.005 and found.error < 0.02
    sure, _ = assured_power(model(0.3, 0.2, 0.0), 2.0, n, design, draws=5)
    assert sure.value == pytest.approx(power_t(n, np.log(2) / 0.5), abs=0.02)


def test_a_trial_of_known_numbers_is_assured_its_power():
    arms = (Arm("a", 10), Arm("b", 10, change={"top": 2.0}))
    trial = Trial(model(0.0, 0.0, 0.0), arms, "a", (Endpoint("auc", "auc"),), multiplicity="none")
    found = assurance(trial, 20, 2000).powers["auc", "b"]
    power = simulate_trial(trial, 2000).endpoints[0].arms[0].power
    assert abs(found.value - power.value) < 4 * np.hypot(power.error, found.error)
    wide = assurance(replace(trial, model=model(0.0, 0.0, 0.8)), 20, 2000).powers["auc", "b"]
    assert wide.high - wide.low > 2 * (found.high - found.low)


@pytest.mark.parametrize(("kind", "given"), [
    ("simulate", {"subjects": 10, "uncertainty": 20}),
    ("power", {"fold": 2.0, "uncertainty": 20}),
    ("trial", {"control": "a", "multiplicity": "none", "replicates": 5, "uncertainty": 2, "arms": [
        {"name": "a", "n": 4}, {"name": "b", "n": 4}], "endpoints": [{"name": "auc", "kind": "auc"}]}),
])  # fmt: skip
def test_a_model_that_no_fit_wrote_has_no_uncertainty(kind, given):
    own = workflow(kind)
    with pytest.raises(InputError, match="not the model of a fit"):
        own.run(checked(own.scenario, {"kind": kind, "model": "stein_2019", **given}, "test"))


@pytest.mark.parametrize("count", [-1, 1, 10_001])
def test_a_number_of_draws_that_cannot_be_is_refused(count):
    with pytest.raises(InputError, match="number of draws"):
        drawn_models(model(), count)


def test_a_posterior_of_fewer_draws_than_are_wanted_says_that_they_repeat(tmp_path):
    draws = tmp_path / "draws.csv"
    draws.write_text("top,rate,omega top\n" + "".join(f"{90 + k},0.2,0.5\n" for k in range(10)))
    own = model()
    own = replace(own, fitted=replace(own.fitted, draws=str(draws)))
    assert not any("stand for several" in note for note in drawn_models(own, 10).notes)
    many = drawn_models(own, 25)
    assert len(many.models) == 25 and "has 10 draws and 25 were taken" in many.notes[-1]


def test_draws_that_are_no_model_are_counted():
    text = DECLINE.replace('meaning = "rate", bound = "positive"', 'meaning = "rate", bound = "fraction"')
    own = replace(from_toml(text + POPULATION, "decline"), fitted=model(sd_rate=1.0).fitted)
    made = drawn_models(own, 100)
    assert all(m.typical["rate"] <= 1 for m in made.models) and "left out" in made.notes[0]
