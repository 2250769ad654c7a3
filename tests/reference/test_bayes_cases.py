"""Reference posteriors of posteriordb through the library's sampler, at the tolerances stated with them."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from livingdrug.fit import Sampling
from livingdrug.fit.nuts import draw, faults, mixing, summary

FOLDER = Path(__file__).parents[3] / "shared" / "reference"
pytestmark = pytest.mark.skipif(find_spec("nutpie") is None, reason="the extra `bayes` is not installed")


def case(name):
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(f"the reference folder {name} is not on this machine")
    return (json.loads((folder / file).read_text()) for file in ("data.json", "answers.json"))


def check(names, x, divergences, answers):
    """Means within 4 Monte-Carlo errors of both runs, sd and quantiles within 5 %, mixed.

    The reference's 10,000 draws leave a quantile near 0 uncertain by more than 5 % of it (q05 of mu: 10 %), so that quantiles
    may also agree as means do: within 4 Monte-Carlo errors of both.
    """
    assert faults(mixing(tuple(names), x), divergences) == ()
    table = summary(tuple(names), x).set_index("name")
    drawn = answers["answers"]["reference_quality"]["n_draws"]
    for i, name in enumerate(names):
        expected, own = answers["answers"]["posterior"][name], table.loc[name]
        reach = 4 * np.hypot(expected["mcse_mean_if_independent"], own["mcse"])
        assert abs(own["mean"] - expected["mean"]) < reach, name
        assert own["sd"] == pytest.approx(expected["sd"], rel=0.05), name
        for p in (0.05, 0.25, 0.5, 0.75, 0.95):
            key = f"q{100 * p:02.0f}"
            # a step of the empirical quantile function over one of probability: 1 / density
            stretch = np.diff(np.quantile(x[:, :, i], (p - 0.02, p + 0.02)))[0] / 0.04
            error = stretch * np.sqrt(p * (1 - p) * (1 / drawn + 1 / own["ess_tail"]))
            assert abs(own[key] - expected[key]) <= max(0.05 * abs(expected[key]), 4 * error), (name, key)


def test_eight_schools():
    data, answers = case("bayes_posteriordb_eight_schools")
    y, sigma = np.array(data["y"], dtype=float), np.array(data["sigma"], dtype=float)

    def density(x):
        # mu, ln tau, z: theta = mu + tau z
        mu, tau, z = x[0], np.exp(x[1]), x[2:]
        off = (y - mu - tau * z) / sigma
        value = -0.5 * (mu / 5) ** 2 - np.log1p((tau / 5) ** 2) + x[1] - 0.5 * z @ z - 0.5 * off @ off
        slope = np.empty(10)
        slope[0] = -mu / 25 + (off / sigma).sum()
        slope[1] = 1 - 2 * tau**2 / (25 + tau**2) + tau * (off / sigma) @ z
        slope[2:] = -z + tau * off / sigma
        return value, slope

    found = draw(density, np.zeros(10), Sampling(draws=1500, seed=5, acceptance=0.9))
    mu, tau, z = found.x[:, :, :1], np.exp(found.x[:, :, 1:2]), found.x[:, :, 2:]
    names = [f"theta[{j + 1}]" for j in range(8)] + ["mu", "tau"]
    check(names, np.concatenate([mu + tau * z, mu, tau], axis=2), found.divergences, answers)


def test_linear_regression():
    data, answers = case("bayes_posteriordb_sblrc")
    y, design = np.array(data["y"]), np.array(data["X"])

    def density(x):
        beta, sigma = x[:5], np.exp(x[5])
        off = (y - design @ beta) / sigma
        value = -0.5 * (beta @ beta + sigma**2) / 100 + x[5] - len(y) * x[5] - 0.5 * off @ off
        return value, np.append(-beta / 100 + design.T @ off / sigma, -(sigma**2) / 100 + 1 - len(y) + off @ off)

    start = np.append(np.linalg.lstsq(design, y, rcond=None)[0], 0.0)
    found = draw(density, start, Sampling(draws=1000, seed=1))
    x = np.concatenate([found.x[:, :, :5], np.exp(found.x[:, :, 5:])], axis=2)
    check([f"beta[{k + 1}]" for k in range(5)] + ["sigma"], x, found.divergences, answers)
