"""Sensitivity against closed forms: Ishigami's function, a linear sum, a product of log-normal numbers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.sensitivity import (
    hypercube_points,
    inputs_of,
    morris_indices,
    morris_points,
    prcc_indices,
    sensitivity,
    sentences,
    sobol_indices,
    sobol_points,
)
from livingdrug.sensitivity.run import _interactions

SINGLE = ((0,), (1,), (2,))


def ishigami(u):
    x = -np.pi + 2 * np.pi * u
    return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


# a = 7, b = 0.1 (Ishigami & Homma 1990); the same numbers as the reference case, where it is there
FIRST, TOTAL = (0.31390519, 0.44241114, 0.0), (0.55758886, 0.44241114, 0.24368366)


def test_ishigami():
    path = Path(__file__).parents[3] / "shared" / "reference" / "sobol_ishigami" / "answers.json"
    if path.exists():
        answers = json.loads(path.read_text())["answers"]["ishigami_7_0.1"]
        assert FIRST == pytest.approx(answers["S1"], abs=1e-8) and TOTAL == pytest.approx(
            answers["ST"], abs=1e-8
        )
    found = sobol_indices(ishigami(sobol_points(2**14, SINGLE, 3, 1)))
    np.testing.assert_allclose(found.first, FIRST, atol=0.01)
    np.testing.assert_allclose(found.total, TOTAL, atol=0.01)
    assert (found.total_low <= found.total).all() and (found.total <= found.total_high).all()


def test_a_group_has_the_index_of_its_members_together():
    found = sobol_indices(ishigami(sobol_points(2**13, ((0, 2), (1,)), 3, 1)))
    np.testing.assert_allclose(found.first, [1 - FIRST[1], FIRST[1]], atol=0.02)


def test_intervals_hold_the_truth():
    """Forty designs of 512 points: the 95 % intervals of the total indices hold them 90 to 100 times in 100."""
    held = []
    for seed in range(40):
        found = sobol_indices(ishigami(sobol_points(512, SINGLE, 3, seed)), seed)
        held.append((found.total_low <= TOTAL) & (np.array(TOTAL) <= found.total_high))
    assert np.mean(held) >= 0.9


def test_morris_of_a_linear_sum_is_its_slopes_without_scatter():
    points, moved, by = morris_points(10, 3, 1)
    assert ((points > 0) & (points < 1)).all()
    found = morris_indices(points @ np.array([3.0, -2.0, 0.0]), moved, by)
    np.testing.assert_allclose(found.first, [3, 2, 0], atol=1e-9)
    np.testing.assert_allclose(found.total, 0, atol=1e-9)


def test_prcc_of_a_monotone_function():
    x = hypercube_points(400, 3, 1)
    found = prcc_indices(x, np.exp(5 * x[:, 0]) * np.exp(-5 * x[:, 1]))
    assert found.first[0] > 0.9 and found.first[1] < -0.9
    assert found.first_low[2] < 0 < found.first_high[2]


def test_a_failed_run_takes_its_base_point_with_it():
    y = ishigami(sobol_points(256, SINGLE, 3, 1))
    y[2, 7] = np.nan
    assert sobol_indices(y).used == 5 * 255


def test_stein_2019_is_driven_by_its_peak_and_its_contraction():
    model = ld.get_model("stein_2019")
    found = sensitivity(model, n=256)
    total = dict(zip(found.groups, found.indices.total, strict=True))
    assert total["c_max"] > total["alpha"] > 0.2 > total["t_max"]
    assert found.failed == found.reasons["the fast rate alpha must be above the slow rate beta"]
    assert "c_max" in sentences(found)[0] and "failed" in sentences(found)[-1]


def test_the_total_index_of_the_peak_of_stein_2019_is_that_of_its_logarithm():
    """AUC28 is the peak times what the other parameters make of it, so ln of the peak has its variance over the whole."""
    model = ld.get_model("stein_2019")
    found = sensitivity(model, n=1024)
    k = found.groups.index("c_max")
    se = (found.indices.total_high[k] - found.indices.total_low[k]) / (2 * 1.96)
    drawn = ld.draw_subjects(model, 100_000, 11, "sd")
    auc = ld.simulate(model, drawn, times=[28.0], until=28.0).metric("transgene", "AUC")
    known = np.isfinite(auc)
    expected = np.log(drawn.values["c_max"][known]).var() / np.log(auc[known]).var()
    assert 0.01 < se < 0.04
    assert abs(found.indices.total[k] - expected) < 3 * np.hypot(se, expected * np.sqrt(2 / known.sum()))
    assert abs(found.indices.first[k] - found.indices.total[k]) < 6 * se  # it takes part in no interaction


def test_what_interactions_carry_is_said_with_its_interval_or_not_determined():
    """Ishigami: 0.2437 of the variance (first-order indices 0.3139 and 0.4424)."""
    for n, determined in ((4096, True), (32, False)):
        i = sobol_indices(ishigami(sobol_points(n, SINGLE, 3, 1)))
        assert 1 - i.sum_high < 0.2437 < 1 - i.sum_low
        said = _interactions(i)
        assert ("not determined" in said) != determined and "95 %" in said
    nothing = replace(i, first=np.full(3, np.nan), sum_low=np.nan, sum_high=np.nan)
    assert "not determined" in _interactions(nothing) and "nan" not in _interactions(nothing)


def test_one_input_alone_carries_the_whole_variance():
    model = ld.get_model("stein_2019")
    found = sensitivity(model, inputs=inputs_of(model, ["c_max"]), n=64)
    assert found.indices.total[0] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: sensitivity(m, n=100), "power of 2"),
        (lambda m: sensitivity(m, metric="AUG"), "AUC"),
        (lambda m: inputs_of(m, ["c_maxx"]), "c_max"),
        (lambda m: inputs_of(m, ranges={"c_max": (5.0, 2.0)}), "lower one first"),
        (lambda m: sensitivity(m, groups={"a": ["c_max"], "b": ["c_max"]}, n=16), "two groups"),
        (lambda m: sensitivity(m, groups={"a": ["c_max"]}, n=16, method="morris"), "method sobol"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call(ld.get_model("stein_2019"))


def test_the_command_the_document_and_python_say_the_same(tmp_path):
    import pandas as pd

    from tests.commands import livingdrug

    asked = ("sensitivity", "kirouac_2023", "--cv", 0.5, "--range", "dose=1e7,1e9", "--of", "CMAX", "-n", 16,
             "--group", "product=mu_memory,mu_effector")  # fmt: skip
    assert livingdrug(*asked, "--out", tmp_path / "run").returncode == 0
    table = pd.read_csv(tmp_path / "run" / "results.csv").set_index("input")
    model = ld.get_model("kirouac_2023")
    given = inputs_of(model, cv=0.5, ranges={"dose": (1e7, 1e9)})
    found = sensitivity(model, inputs=given, metric="CMAX", n=16, groups={"product": ("mu_memory", "mu_effector")})
    assert table.loc["product", "total"] == pytest.approx(found.indices.total[0], rel=1e-9)
    assert len(pd.read_csv(tmp_path / "run" / "runs.csv")) == found.runs
    assert livingdrug("run", tmp_path / "run" / "scenario.toml", "--out", tmp_path / "again.csv").returncode == 0
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "run" / "results.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--range", "dose=1e7"), "NAME=LOW,HIGH"),
        (("--group", "product"), "GROUP=NAME"),
        (("--over", "c_maxx"), "c_max"),
        (("-n", "100"), "power of 2"),
        (("--method", "soboll"), "sobol"),
    ],
)
def test_bad_options_are_refused_in_words(words, said):
    from tests.commands import livingdrug

    answer = livingdrug("sensitivity", "stein_2019", *words)
    assert answer.returncode == 2 and said in answer.stderr and "Traceback" not in answer.stderr
