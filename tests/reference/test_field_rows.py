"""Cases from the field that touch rows of doses and covariates; they are read where they lie, and skip where absent."""

from pathlib import Path

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, check, read_data
from livingdrug.fit import ResidualError, evaluate, new_problem
from livingdrug.fit.text import read_effects
from livingdrug.models.text import from_toml

FOLDER = Path(__file__).parents[3] / "shared" / "reference" / "field_cases"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the reference folder field_cases is not on this machine")


def test_an_infusion_in_a_column_of_rates_is_one():
    """Case 03: the integral over the random effect, on a grid far finer than the likelihood is wide. (The README's -0.167
    is by 120 Gauss-Hermite nodes around 0, which lie 0.2 apart where the likelihood of a subject has an SD of 0.13.)"""
    data = read_data(FOLDER / "03" / "data.csv", Reading(time_unit="d"))
    model = from_toml((FOLDER / "03" / "model.toml").read_text(), "one_place")
    problem = new_problem(model, data, {"k_el": 0.2}, fixed={"v": None},
                          residuals=[ResidualError("concentration", "lognormal", a=0.1)])
    z = np.linspace(-8, 8, 16001)[:, None]
    weight = np.exp(-0.5 * z[:, 0] ** 2)
    weight /= weight.sum()
    k, total = 0.5 * np.exp(0.2 * z), 0.0
    for i in range(3):
        mine = data.profiles.subject[data.profile] == i
        t, y = data.time[mine], data.dv[mine]
        f = 5 / k * (1 - np.exp(-k * np.minimum(t, 2))) * np.exp(-k * np.maximum(t - 2, 0))
        log = (-0.5 * np.log(2 * np.pi * 0.01) - 0.5 * (np.log(y / f) / 0.1) ** 2 - np.log(y)).sum(axis=1)
        total -= 2 * (log.max() + np.log((weight * np.exp(log - log.max())).sum()))
    found = evaluate(problem, "is")
    assert found.minus2ll == pytest.approx(total, abs=4 * found.se) and found.se < 0.01
    assert evaluate(problem, "laplace").minus2ll == pytest.approx(total, abs=0.02)


def test_a_word_in_a_numeric_covariate_is_refused_with_its_subject():
    with pytest.raises(InputError, match="subject `S5`: covariate `FERRITIN` is `<60`, which is no number"):
        read_effects(["FERRITIN on c_max"], read_data(FOLDER / "17" / "data.csv"))


def test_infusions_with_clocks_of_their_own_are_not_doubles():
    found = check(FOLDER / "27" / "data.csv")
    assert found.ok and not found.findings
    np.testing.assert_array_equal(found.data.profiles.dose, [1e8, 3e8])
