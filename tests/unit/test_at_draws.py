"""Densities and formulas at many draws: sums of single calls, slopes by differences, formulas in one part and in two."""

import numpy as np
import pytest
from scipy.special import log_ndtr

import livingdrug as ld
from bench.small_trials import data_set
from livingdrug.engine import Formulas, formula_kernel, formula_values, lane_formulas
from livingdrug.engine.at_draws import LOG, LOGIT, NORMAL, formulas_at_draws, slopes_at_draws, sum_at_draws, width_of
from livingdrug.engine.densities import ADDITIVE, COMBINED, LOGNORMAL, PROPORTIONAL, SQUARES, sum_by_subject
from livingdrug.fit import new_problem, point_of, unknowns_of
from livingdrug.fit.at_draws import predicted
from livingdrug.fit.climb import expected_gain, inverse_of
from livingdrug.fit.importance import drawn, propose, weights, worth_of
from livingdrug.fit.information import weighted_at
from livingdrug.fit.point import centre, from_scale, log_likelihood, predictions, prepare, with_etas
from livingdrug.fit.settle import without
from livingdrug.models import Piece

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
    return (y, other, censored, output, KINDS, a, b, m4, first, last, in_rows(f))


def in_rows(f: np.ndarray) -> np.ndarray:
    """Predictions (draws, records) as compiled code takes them; what nobody reads is no number."""
    rows = np.full((f.shape[1], width_of(len(f))), np.nan)
    rows[:, : len(f)] = f.T
    return rows


@pytest.mark.parametrize("m4", [False, True])
def test_sums_at_draws_are_those_of_single_calls(m4):
    y, other, censored, output, kind, a, b, m4, first, last, f = records = records_of(m4)
    total, out = np.empty((2, 8)), np.empty(2)
    sum_at_draws(*records, 0, 8, total)
    for c in range(3):
        own = f[:, c].copy()
        sum_by_subject(y, other, censored, output, kind, a, b, own, own, m4, first, last, out)
        assert total[:, c] == pytest.approx(out, rel=1e-13)


@pytest.mark.parametrize("m4", [False, True])
def test_slopes_and_curvature_by_residual_errors_are_those_of_differences(m4):
    *front, a, b, m4, first, last, f = records_of(m4)
    place_a, place_b = np.array([0, -1, 1, 2, 3]), np.array([-1, 4, 5, 6, -1])
    total, slopes, bends = np.empty((2, 8)), np.zeros((2, 7, 8)), np.zeros((2, 7, 7, 8))
    slopes_at_draws(*front, a, b, m4, first, last, f, place_a, place_b, 0, 8, total, slopes, bends)
    total, slopes, bends = (part[..., :3] for part in (total, slopes, bends))
    numbers = [("a", 0), ("a", 2), ("a", 3), ("a", 4), ("b", 1), ("b", 2), ("b", 3)]

    def level(moves) -> np.ndarray:
        moved, out = {"a": a.copy(), "b": b.copy()}, np.empty((2, 8))
        for k, size in moves:
            which, o = numbers[k]
            moved[which][o] *= np.exp(size)
        sum_at_draws(*front, moved["a"], moved["b"], m4, first, last, f, 0, 8, out)
        return out[:, :3]

    assert total == pytest.approx(level([]), rel=1e-13)
    h = 1e-4
    for k in range(7):
        assert slopes[:, k] == pytest.approx((level([(k, h)]) - level([(k, -h)])) / (2 * h), rel=1e-5, abs=1e-6)
        for m in range(7):
            corners = sum(i * j * level([(k, i * h), (m, j * h)]) for i in (1, -1) for j in (1, -1))
            assert bends[:, k, m] == pytest.approx(corners / (4 * h * h), rel=1e-4, abs=1e-4)


EDGES = np.array([0.0, -0.0, 5e-324, 1e-310, 2.0**-1022, 1e-100, 0.3, 0.7, 1.0, 3.0, 40.0, 1e3, 1e150, 1e300, 1.7e308,
                  np.inf, -5e-324, -0.7, -1e300, -np.inf, np.nan])  # fmt: skip
SIZES = ((0.4, 0.2), (0.0, 0.2), (0.4, 0.0), (0.0, 0.0), (1e-310, 5e-324), (1e-3, 1e-3), (1e200, 1e200), (np.inf, 3.0))


def plain(y: float, censored: int, kind: int, f: np.ndarray, a: float, b: float) -> np.ndarray:
    """Log density of one record as its definition says it."""
    spread = {PROPORTIONAL: b * abs(f), COMBINED: a + b * abs(f), SQUARES: np.sqrt(a * a + b * b * abs(f) * abs(f))}
    s = np.broadcast_to(spread.get(kind, a), f.shape)
    at, middle = (np.log(y), np.log(f)) if kind == LOGNORMAL else (y, f)
    z = (at - middle) / s
    value = -0.5 * np.log(2 * np.pi) - np.log(s) - 0.5 * z * z - (at if kind == LOGNORMAL else 0.0)
    value = value if censored == 0 else log_ndtr(censored * z)
    possible = (s > 0) & ((f > 0) | (kind != LOGNORMAL))
    return np.where(possible & ~np.isnan(value), value, -np.inf)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("censored", [0, 1, -1])
@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
def test_densities_of_predictions_at_the_edges_are_those_of_the_definition(kind, censored):
    rows, first, zero = in_rows(EDGES[:, None]), np.array([0]), np.array([0])
    kinds, limit = np.array([kind]), np.array([np.inf if censored == -1 else -np.inf])
    for y in (5e-324, 1e-3, 0.7, 3.0, 2e4, 1e300):
        for a, b in SIZES:
            sizes = (np.array([y]), limit, np.array([censored]), zero, kinds, np.array([a]), np.array([b]), False)
            total, out = np.empty((1, rows.shape[1])), np.empty(1)
            sum_at_draws(*sizes, first, first + 1, rows, 0, rows.shape[1], total)
            found = total[0, : len(EDGES)]
            assert found == pytest.approx(plain(y, censored, kind, EDGES, a, b), rel=1e-13, abs=1e-13), (y, a, b)
            one_by_one = []
            for f in EDGES:
                sum_by_subject(*sizes[:-1], np.array([f]), np.array([f]), False, first, first + 1, out)
                one_by_one.append(out[0])
            assert (np.isfinite(found) == np.isfinite(one_by_one)).all(), (y, a, b)
            again, slopes, bends = np.empty_like(total), np.zeros((1, 2, total.size)), np.zeros((1, 2, 2, total.size))
            places = (np.array([0]), np.array([1]))
            slopes_at_draws(*sizes, first, first + 1, rows, *places, 0, rows.shape[1], again, slopes, bends)
            assert np.array_equal(again, total)
            # what the data exclude has no slope
            assert not slopes[0, :, : len(EDGES)][:, found == -np.inf].any()
            assert not bends[0, :, :, : len(EDGES)][:, :, found == -np.inf].any()


def test_draws_that_are_no_whole_lanes_are_refused():
    *records, f = records_of(False)
    with pytest.raises(ValueError, match="whole lanes"):
        sum_at_draws(*records, f, 0, 3, np.empty((2, 8)))
    with pytest.raises(ValueError, match="whole lanes"):
        sum_at_draws(*records, f, 0, 16, np.empty((2, 16)))


@pytest.mark.parametrize("moving", [("end", "x", "n"), ("end", "n"), ("x", "n", "k", "end")])
def test_formulas_of_every_function_in_pieces_are_those_of_single_records(moving):
    names = ("x", "n", "k", "end")
    values = (
        (Piece("exp(-k * time) + exp(0.3) * n", "end"), Piece("hill(x, n, 0.5) + time ** 1.5", "2 * end"), Piece("x")),
        (Piece("min(x, time) * max(n, 0.2) + choose(x - time, k, n)"),),
        (Piece("log(x) + log1p(x) + sqrt(time) + tanh(n) + abs(x - 1)", "1"), Piece("expm1(k * time) ** 3 / (1 + x ** 2)")),
        (Piece("7"),),
    )  # fmt: skip
    formulas = Formulas(values, names, (), (("n", "n * exp(k)"),))
    draws, n, times = 13, 3, np.array([0.0, 0.5, 1.0, 2.0, 4.0, 9.0])
    which = np.tile(np.repeat(np.arange(4), len(times)), n)
    time, count = np.tile(times, 4 * n), 4 * len(times)
    first = count * np.arange(n)
    random = np.random.default_rng(3)
    phi, etas = random.normal(size=(n, 3)), random.normal(size=(n, draws, 2))
    etas[1, 4, 1], etas[1, 5, 0], etas[2, 3, 0] = np.nan, 1e4, -1e4
    base = np.tile([1.5, 1.5, 0.3, 1.5], (n, 1)) * np.arange(1, n + 1)[:, None]
    columns, scale, moved = np.array([3, 0, 1]), np.array([LOG, LOGIT, NORMAL]), np.array([0, 2])
    code, rows = lane_formulas(formulas, moving), np.empty((n * count, 16))
    parts = (code.still, code.before, code.after, code.sizes)
    drawn = (which, base, columns, scale, phi, moved, etas, time, first, first + count)
    formulas_at_draws(*parts, *drawn, 0, 16, rows)
    kernel = formula_kernel(formulas, ())
    for c in range(draws):
        own = phi.copy()
        own[:, moved] += etas[:, c]
        table = base.copy()
        table[:, columns] = np.stack([from_scale(own[:, p], scale[p]) for p in range(3)], axis=1)
        expected = formula_values(kernel, which, table, np.repeat(np.arange(n), count), time)
        assert rows[:, c] == pytest.approx(expected, rel=1e-13, nan_ok=True), c
    pieces = np.empty_like(rows)
    for begin in (8, 0):
        formulas_at_draws(*parts, *drawn, begin, begin + 8, pieces)
    assert np.array_equal(pieces, rows, equal_nan=True)


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
