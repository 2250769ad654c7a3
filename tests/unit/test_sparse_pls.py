"""Sparse partial least squares: equal to the library without a threshold, to closed forms with one, honest on noise."""

import numpy as np
import pytest

from livingdrug import attributes as at
from livingdrug.attributes.penalised import BINARY, CONTINUOUS, SURVIVAL
from livingdrug.attributes.sparse_pls import fit_sparse_pls


def fitted(x, y, part, components=1, family=CONTINUOUS, event=None):
    """Intercept and coefficients; y is turned to descending order first, as compiled code wants it."""
    order = np.argsort(-y, kind="stable")
    event = np.ones(len(y)) if event is None else event
    beta = np.zeros(x.shape[1])
    own = np.ascontiguousarray(x[order])
    intercept = fit_sparse_pls(
        own, y[order], event[order], np.arange(len(y)), family, components, part, beta
    )
    return intercept, beta


def standardised(seed, n=40, p=12):
    x = np.random.default_rng(seed).normal(size=(n, p))
    x[:, 1] += x[:, 0]
    return (x - x.mean(axis=0)) / x.std(axis=0)


def orthogonal(n=32, p=6):
    """Columns of mean 0 and SD 1 (divisor n) that are orthogonal: x'x = n."""
    x = np.random.default_rng(5).normal(size=(n, p))
    return np.linalg.qr(x - x.mean(axis=0))[0] * np.sqrt(n)


# coefficients of PLSRegression(components, scale=False) of scikit-learn 1.9.1 on the numbers below
LIBRARY = {
    1: [0.028021949213297738, 0.005245128035830218, 0.029493437647337487, 0.07968398984888314],
    2: [0.004367721984948035, 0.0029573032216638545, 0.03962091821506966, 0.0908830057765208],
    3: [0.0031744344647575734, -0.001700400395108772, 0.038097617093377875, 0.0925140078410622],
}


@pytest.mark.parametrize("components", LIBRARY)
def test_without_a_threshold_it_is_partial_least_squares(components):
    i, j = np.meshgrid(np.arange(12), np.arange(4), indexing="ij")
    x = np.sin(1.3 * i * (j + 1) + j)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = np.cos(0.7 * np.arange(12)) + 0.1 * np.arange(12)
    intercept, beta = fitted(x, y, 0.0, components)
    np.testing.assert_allclose(beta, LIBRARY[components], atol=1e-12)
    assert intercept == pytest.approx(y.mean())


@pytest.mark.parametrize("part", [0.0, 0.3, 0.8])
def test_orthogonal_columns_have_a_closed_form(part):
    """With x'x = n the weights are soft-thresholded least-squares coefficients b: beta = s (s'b) / (s's)."""
    x = orthogonal()
    y = x @ np.array([3.0, -2.0, 1.0, 0.5, 0.1, 0.0]) + 0.2 * np.random.default_rng(3).normal(size=len(x))
    least = x.T @ (y - y.mean()) / len(y)
    soft = np.sign(least) * np.maximum(np.abs(least) - part * np.abs(least).max(), 0)
    _, beta = fitted(x, y, part)
    np.testing.assert_allclose(beta, soft * (soft @ least) / (soft @ soft), atol=1e-10)


def test_two_components_equal_deflation_written_out():
    x = standardised(7)
    y = x[:, 0] + x[:, 3] + np.random.default_rng(8).normal(size=len(x))
    left, rest, prediction = x.copy(), y - y.mean(), np.full(len(y), y.mean())
    for _ in range(2):
        w = left.T @ rest
        w = np.sign(w) * np.maximum(np.abs(w) - 0.4 * np.abs(w).max(), 0)
        t = left @ (w / np.linalg.norm(w))
        prediction = prediction + t * (t @ rest) / (t @ t)
        rest = rest - t * (t @ rest) / (t @ t)
        left = left - np.outer(t, left.T @ t / (t @ t))
    intercept, beta = fitted(x, y, 0.4, 2)
    np.testing.assert_allclose(intercept + x @ beta, prediction, atol=1e-10)


def test_of_a_threshold_at_the_largest_weight_nothing_is_left():
    x = standardised(4)
    y = x[:, 0] + 1.0
    intercept, beta = fitted(x, y, 1.0)
    assert not beta.any() and intercept == pytest.approx(y.mean())


def test_classes_are_a_logistic_regression_on_the_component():
    x = standardised(6)
    y = (x[:, 0] + 0.5 * np.random.default_rng(1).normal(size=len(x)) > 0).astype(float)
    w = x.T @ (y - y.mean())
    w = np.sign(w) * np.maximum(np.abs(w) - 0.5 * np.abs(w).max(), 0)
    t = x @ w
    z = np.column_stack([np.ones(len(t)), t / t.std()])
    b = np.array([0.0, 0.0])
    for _ in range(50):  # Newton's steps with a penalty of 1 on the slope
        p = 1 / (1 + np.exp(-z @ b))
        slope = z.T @ (y - p) - np.array([0, b[1]])
        b = b + np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + np.diag([0.0, 1.0]), slope)
    intercept, beta = fitted(x, y, 0.5, family=BINARY)
    np.testing.assert_allclose(intercept + x @ beta, z @ b, atol=1e-6)


def test_a_perfect_separation_stays_finite():
    x = standardised(9)
    y = (x[:, 2] > 0).astype(float)
    _, beta = fitted(x, y, 0.9, family=BINARY)
    assert 0 < np.abs(beta).max() < 20


def test_a_time_ranks_whom_a_column_kills_early_first():
    x = standardised(11, n=60)
    rng = np.random.default_rng(12)
    time = rng.exponential(np.exp(-1.5 * x[:, 0]))
    _, beta = fitted(x, time, 0.5, family=SURVIVAL, event=np.ones(60))
    assert beta[0] > 0.5 and beta[0] == np.abs(beta).max()


def test_inside_the_folds_noise_stays_noise():
    rng = np.random.default_rng(21)
    y = (np.arange(24) < 12).astype(float)
    own = at.Outcome("simulated", "binary", y, np.ones(24))
    plan = at.plan_for(own, 200, "sparse-pls", repeats=5, permutations=39)
    runs = [at.crossed(at.Features(rng.normal(size=(24, 200)), ()), own, plan) for _ in range(8)]
    assert 0.4 < np.mean([run.value for run in runs]) < 0.6
    assert 0.4 < np.mean([run.null.mean() for run in runs]) < 0.6


def test_components_and_threshold_are_chosen_only_where_patients_allow_it():
    few, many = (
        at.Outcome("s", "binary", (np.arange(n) < n // 2).astype(float), np.ones(n)) for n in (20, 60)
    )
    assert at.plan_for(few, 8, "sparse-pls").grid == (0.5,) and at.plan_for(few, 8, "sparse-pls").mixing == 1
    assert len(at.plan_for(many, 8, "sparse-pls").grid) > 1 and at.plan_for(many, 8, "sparse-pls").mixing == 2
