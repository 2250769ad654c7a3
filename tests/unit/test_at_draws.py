"""Densities and formulas at many draws: sums of single calls, slopes by differences, formulas in one part and in two."""

import numpy as np
import pytest

import livingdrug as ld
from bench.small_trials import data_set
from livingdrug.engine.at_draws import slopes_at_draws, sum_at_draws
from livingdrug.engine.densities import ADDITIVE, COMBINED, LOGNORMAL, PROPORTIONAL, SQUARES, sum_by_subject
from livingdrug.fit import new_problem, point_of, unknowns_of
from livingdrug.fit.at_draws import predicted
from livingdrug.fit.climb import expected_gain, inverse_of
from livingdrug.fit.importance import drawn, propose, weights, worth_of
from livingdrug.fit.information import weighted_at
from livingdrug.fit.point import centre, log_likelihood, predictions, prepare, with_etas
from livingdrug.fit.settle import without

KINDS = np.array([ADDITIVE, PROPORTIONAL, COMBINED, SQUARES, LOGNORMAL])


def records_of(m4: bool):
    """Every kind of residual error with values measured, below, above and between two limits; two subjects, three draws."""
    random = np.random.default_rng(1)
    output = np.tile(np.repeat(np.arange(5), 4), 2)
    censored = np.tile([0, 1, -1, 1], 10)
    y = np.exp(random.normal(1.0, 0.4, len(output)))
    other = np.where(np.arange(len(y)) % 4 == 3, 0.5 * y, np.inf)
    other[np.arange(len(y)) % 4 == 1] = -np.inf
    f = np.exp(random.normal(1.0, 0.4, (3, len(y))))
    first, last = np.array([0, 20]), np.array([20, 40])
    a, b = np.array([0.5, 0.0, 0.3, 0.3, 0.4]), np.array([0.0, 0.2, 0.2, 0.2, 0.0])
    return (y, other, censored, output, KINDS, a, b, m4, first, last, f)


@pytest.mark.parametrize("m4", [False, True])
def test_sums_at_draws_are_those_of_single_calls(m4):
    y, other, censored, output, kind, a, b, m4, first, last, f = records = records_of(m4)
    total, out = np.empty((2, 3)), np.empty(2)
    sum_at_draws(*records, 0, 3, total)
    for c in range(3):
        sum_by_subject(y, other, censored, output, kind, a, b, f[c], f[c], m4, first, last, out)
        assert total[:, c] == pytest.approx(out, rel=1e-13)


@pytest.mark.parametrize("m4", [False, True])
def test_slopes_and_curvature_by_residual_errors_are_those_of_differences(m4):
    *front, a, b, m4, first, last, f = records_of(m4)
    place_a, place_b = np.array([0, -1, 1, 2, 3]), np.array([-1, 4, 5, 6, -1])
    total, slopes, bends = np.empty((2, 3)), np.zeros((2, 3, 7)), np.zeros((2, 3, 7, 7))
    slopes_at_draws(*front, a, b, m4, first, last, f, place_a, place_b, 0, 3, total, slopes, bends)
    numbers = [("a", 0), ("a", 2), ("a", 3), ("a", 4), ("b", 1), ("b", 2), ("b", 3)]

    def level(moves) -> np.ndarray:
        moved, out = {"a": a.copy(), "b": b.copy()}, np.empty((2, 3))
        for k, size in moves:
            which, o = numbers[k]
            moved[which][o] *= np.exp(size)
        sum_at_draws(*front, moved["a"], moved["b"], m4, first, last, f, 0, 3, out)
        return out

    assert total == pytest.approx(level([]), rel=1e-13)
    h = 1e-4
    for k in range(7):
        assert slopes[:, :, k] == pytest.approx((level([(k, h)]) - level([(k, -h)])) / (2 * h), rel=1e-5, abs=1e-6)
        for m in range(7):
            corners = sum(i * j * level([(k, i * h), (m, j * h)]) for i in (1, -1) for j in (1, -1))
            assert bends[:, :, k, m] == pytest.approx(corners / (4 * h * h), rel=1e-4, abs=1e-4)


@pytest.fixture(scope="module")
def trial():
    """Twelve subjects, a curve of two pieces, one parameter without variability; draws at a point."""
    problem = without(new_problem(ld.get_model("stein_2019"), data_set("twelve_sparse", 1)), "omega beta")
    prepared, point = prepare(problem), point_of(problem)
    return prepared, point, drawn(prepared, point, propose(prepared, point, 1), 1024, 1, "information")


def test_predictions_at_draws_are_those_of_formulas_in_one_part(trial):
    prepared, point, draws = trial
    etas = draws.etas(prepared, point)
    found = predicted(prepared, point, etas)
    for c in (0, 7, 1023):
        f = predictions(prepared, with_etas(prepared, centre(prepared, point), etas[:, c]))
        assert found.f[c] == pytest.approx(f, rel=1e-12)
        assert found.likelihood(point)[:, c] == pytest.approx(log_likelihood(prepared, point, f), rel=1e-11)


def test_draws_follow_a_parameter_without_variability_and_know_the_likelihood_there(trial):
    prepared, point, draws = trial
    unknowns = unknowns_of(prepared.problem)
    k = unknowns.names.index("beta")
    vector = unknowns.vector(point)
    vector[k] += 0.3
    moved = unknowns.point(vector, point)
    new = drawn(prepared, moved, propose(prepared, moved, 1), 8192, 2, "information")
    followed, fresh = (weighted_at(prepared, unknowns, moved, d) for d in (draws, new))
    worth = [worth_of(found.logs) for found in (followed, fresh)]
    noise = np.sqrt(sum((1 / w).sum() for w in worth))  # of the difference, for independent draws
    assert noise < 0.3 and followed.level == pytest.approx(fresh.level, abs=3 * noise)
    assert worth[0].min() > 0.8 * worth_of(weights(prepared, point, draws)).min()


def test_the_score_is_the_slope_of_the_level_on_the_same_draws(trial):
    prepared, point, draws = trial
    unknowns = unknowns_of(prepared.problem)
    vector, h = unknowns.vector(point), 1e-4
    score = weighted_at(prepared, unknowns, point, draws).score()
    for k, name in enumerate(unknowns.names):
        step = h * np.eye(unknowns.size)[k]
        sides = [unknowns.point(vector + side * step, point) for side in (1, -1)]
        up, down = (weighted_at(prepared, unknowns, side, draws).level for side in sides)
        assert score[k] == pytest.approx((up - down) / (2 * h), rel=0.01, abs=0.02), name


def test_a_number_of_which_an_information_says_nothing_stays_where_it_is():
    matrix = np.array([[4.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 2.0]])
    found = inverse_of(matrix, np.array([], dtype=np.int64))
    assert found[np.ix_([0, 2], [0, 2])] == pytest.approx(np.linalg.inv(matrix[np.ix_([0, 2], [0, 2])]))
    assert not found[1].any() and expected_gain(np.array([1.0, 5.0, 0.0]), matrix, np.array([2])) == pytest.approx(0.125)
