"""Expected standard errors and the worth of a further sampling day, against closed forms."""

import numpy as np
import pytest

from livingdrug import get_model
from livingdrug.core.errors import InputError
from livingdrug.fit import extra_days
from livingdrug.fit.days import standard_errors
from livingdrug.models import (
    ClosedForm,
    ClosedOutput,
    Model,
    Piece,
    Population,
    Quantity,
    Residual,
    Source,
    Values,
    lognormal,
)

OURS = Source("synthetic")
A, K, SA, SK, SD = 100.0, 0.1, 0.3, 0.5, 0.2
EXPONENTIAL = Model(
    "decay", "mono-exponential",
    ClosedForm(
        (ClosedOutput("level", (Piece("a * exp(-k * time)"),), "1", "level", measured=True),),
        (Quantity("a", "1", "start", bound="positive"), Quantity("k", "1/d", "rate", bound="positive")),
    ),
    (Values("v", OURS, {"a": A, "k": K}),),
    populations=(Population("sd", {"a": lognormal(sd=SA), "k": lognormal(sd=SK)}, OURS),),
    residuals=(Residual("level", SD, OURS),),
)  # fmt: skip


def closed(times):
    """se of ln a and ln k: ln y = ln a - k t is linear in ln a, with slope -k t in ln k; M^-1 = Omega + sd^2 (G'G)^-1."""
    x = -K * np.asarray(times)
    n, sx, sxx = len(x), x.sum(), (x * x).sum()
    determinant = n * sxx - sx * sx
    return np.sqrt([SA**2 + SD**2 * sxx / determinant, SK**2 + SD**2 * n / determinant])


def test_mono_exponential_has_its_closed_form():
    days, candidates = [0.0, 3.0, 7.0], [1.0, 14.0, 28.0]
    found = extra_days(EXPONENTIAL, days, candidates, subjects=20)
    assert found.names == ("a", "k")
    assert found.se == pytest.approx(closed(days) / np.sqrt(20), rel=1e-6)
    for day, se in zip(candidates, found.se_with, strict=True):
        assert se == pytest.approx(closed([*days, day]) / np.sqrt(20), rel=1e-6)
    assert found.best("k") == 28.0
    table = found.table()
    assert table[table["parameter"] == "k"]["day"].tolist() == [28.0, 14.0, 1.0]
    assert (table["reduction"] > 0).all()


def test_the_closed_form_is_the_scatter_of_two_stage_estimates():
    # mean over subjects of each one's least-squares line, on simulated subjects: its variance is what is expected
    days, n, rng = np.array([0.0, 3.0, 7.0]), 40_000, np.random.default_rng(3)
    slopes = np.stack([np.ones(3), -K * days], axis=1)
    eta = rng.normal(size=(n, 2)) * [SA, SK]
    y = eta @ slopes.T + SD * rng.normal(size=(n, 3))
    estimates = y @ np.linalg.pinv(slopes).T
    assert estimates.std(axis=0) == pytest.approx(standard_errors(slopes, np.diag([SA**2, SK**2]), SD), rel=0.02)


def test_what_the_days_do_not_determine_is_infinite_until_a_day_is_added():
    found = extra_days(EXPONENTIAL, [7.0], [7.0, 14.0])
    assert np.isinf(found.se).all() and np.isinf(found.se_with[0]).all()
    assert found.se_with[1] == pytest.approx(closed([7.0, 14.0]), rel=1e-6)
    assert np.isinf(extra_days(EXPONENTIAL, [], [0.0]).se).all()
    # at time 0 the level tells a alone
    assert np.isfinite(extra_days(EXPONENTIAL, [0.0], [0.0]).se).tolist() == [True, False]


def test_a_day_below_the_limit_tells_nothing():
    found = extra_days(EXPONENTIAL, [0.0, 3.0, 7.0, 28.0], [40.0], limit=10.0)
    assert found.told.tolist() == [True, True, True, False]
    assert found.se == pytest.approx(closed([0.0, 3.0, 7.0]), rel=1e-6) and (found.se_with[0] == found.se).all()


def test_late_days_sharpen_the_slow_rate_of_stein():
    days = [0.0, 1.0, 3.0, 5.0, 7.0, 11.0, 14.0, 21.0, 28.0, 60.0]
    found = extra_days(get_model("stein_2019"), days, [4.0, 90.0, 365.0], subjects=60)
    assert found.best("beta") == 365.0
    # a sample more never blurs anything
    assert (found.se_with <= found.se * (1 + 1e-9)).all() and np.isfinite(found.se).all()
    table = found.table()
    beta = table[table["parameter"] == "beta"].set_index("day")["reduction"]
    assert beta[365.0] > beta[90.0] > beta[4.0] > -1e-9


def test_bad_designs_are_refused():
    with pytest.raises(InputError, match="no published between-subject variability"):
        extra_days(get_model("kirouac_2023"), [7.0], [14.0], residual_sd=0.3)
    with pytest.raises(InputError, match="no published residual error of `transgene`; give residual_sd"):
        extra_days(get_model("singh_2021"), [7.0], [14.0])
    with pytest.raises(InputError, match="the residual SD is -1"):
        extra_days(EXPONENTIAL, [7.0], [14.0], residual_sd=-1.0)
    with pytest.raises(InputError, match="0 subjects"):
        extra_days(EXPONENTIAL, [7.0], [14.0], subjects=0)
