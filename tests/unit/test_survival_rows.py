"""Start-stop rows, strata and robust errors of Cox's model: against a likelihood written out by hand, statsmodels, and what
cannot change when rows are cut in two."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize
from statsmodels.duration.hazard_regression import PHReg

from livingdrug.core.errors import InputError
from livingdrug.response import Times, fit_cox, kaplan_meier, logrank, martingale_residuals, proportionality
from livingdrug.response.survival.cox import score_residuals
from tests.commands import livingdrug

RNG = np.random.default_rng(5)
N = 60
X = RNG.normal(size=(N, 2))
ENTRY = RNG.integers(0, 10, N) / 8.0
STOP = ENTRY + np.ceil(8 * RNG.exponential(1.5 * np.exp(-0.6 * X[:, 0]))) / 8
EVENT = RNG.random(N) < 0.7
STRATUM = RNG.integers(0, 3, N)
COVARIATES = {"a": X[:, 0], "b": X[:, 1]}
ROWS = Times(STOP, EVENT, entry=ENTRY, stratum=STRATUM)


def by_hand(beta, ties, weights=None):
    """The log partial likelihood, event time by event time in each stratum; events that are tied share their weight."""
    total, case = 0.0, np.ones(N) if weights is None else weights
    for s in np.unique(STRATUM):
        for t in np.unique(STOP[EVENT & (s == STRATUM)]):
            at_risk = (s == STRATUM) & (ENTRY < t) & (t <= STOP)
            tied = at_risk & EVENT & (t == STOP)
            weight, count = case * np.exp(X @ beta), tied.sum()
            total += case[tied] @ (X[tied] @ beta)
            for k in range(count):
                out = k / count if ties == "efron" else 0.0
                total -= case[tied].mean() * np.log(weight[at_risk].sum() - out * weight[tied].sum())
    return total


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_maximum_is_that_of_the_likelihood_written_out(ties):
    fit = fit_cox(ROWS, COVARIATES, ties)
    found = minimize(lambda b: -by_hand(b, ties), np.zeros(2), method="BFGS", options={"gtol": 1e-8})
    np.testing.assert_allclose(fit.coefficients, found.x, atol=1e-5)
    assert fit.log_likelihood == pytest.approx(by_hand(fit.coefficients, ties), rel=1e-12)
    assert fit.null_log_likelihood == pytest.approx(by_hand(np.zeros(2), ties), rel=1e-12)


def test_errors_and_robust_errors_are_those_of_statsmodels():
    """They count who enters at the time of an event as at risk then, so their entries come a little later; their robust
    errors leave entries out of account, so these are compared without."""
    theirs = PHReg(STOP, X, status=EVENT, entry=ENTRY + 0.01, strata=STRATUM, ties="breslow").fit()
    ours = fit_cox(ROWS, COVARIATES, "breslow")
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-5)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), rtol=1e-5)
    groups = np.arange(N) // 2
    theirs = PHReg(STOP, X, status=EVENT, strata=STRATUM, ties="breslow").fit(groups=groups)
    ours = fit_cox(Times(STOP, EVENT, stratum=STRATUM), COVARIATES, "breslow", clusters=groups)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), rtol=1e-6)
    assert ours.clusters == 30


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_what_rows_add_to_the_score_is_how_it_moves_with_their_weights(ties):
    """d score / d weight, from the weighted likelihood written out; the residuals add up to nothing."""
    fit = fit_cox(ROWS, COVARIATES, ties)
    residuals = score_residuals(fit)
    np.testing.assert_allclose(residuals.sum(axis=0), 0, atol=1e-8)
    step = 1e-3
    for i in (0, 7, 20, 41):
        for j in range(2):
            sides = []
            for up in (1, -1):
                b, w = fit.coefficients.copy(), np.ones(N)
                b[j] += up * step
                high, low = (by_hand(b, ties, weights=w + e * (np.arange(N) == i)) for e in (step, -step))
                sides.append(high - low)
            assert residuals[i, j] == pytest.approx((sides[0] - sides[1]) / (4 * step**2), abs=1e-5)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_rows_cut_in_two_change_nothing(ties):
    """A subject that is seen in two stretches with the same covariates is one subject."""
    cut = 0.45 * (ENTRY + STOP)
    cut = np.where((ENTRY < cut) & (cut < STOP), cut, (ENTRY + STOP) / 2)
    twice = Times(np.concatenate([cut, STOP]), np.concatenate([np.zeros(N, bool), EVENT]),
                  entry=np.concatenate([ENTRY, cut]), stratum=np.tile(STRATUM, 2))  # fmt: skip
    whole = fit_cox(ROWS, COVARIATES, ties, clusters=np.arange(N))
    parts = fit_cox(twice, {k: np.tile(v, 2) for k, v in COVARIATES.items()}, ties, clusters=np.tile(np.arange(N), 2))
    np.testing.assert_allclose(parts.coefficients, whole.coefficients, rtol=1e-8)
    np.testing.assert_allclose(parts.covariance, whole.covariance, rtol=1e-8)
    np.testing.assert_allclose(parts.naive, whole.naive, rtol=1e-8)
    residual = martingale_residuals(parts)
    np.testing.assert_allclose(residual[:N] + residual[N:], martingale_residuals(whole), atol=1e-10)
    for name, test in proportionality(whole).items():
        assert proportionality(parts)[name].statistic == pytest.approx(test.statistic, rel=1e-8)
    group = X[:, 0] > 0
    assert logrank(twice, np.tile(group, 2)).statistic == pytest.approx(logrank(ROWS, group).statistic, rel=1e-10)


def test_entries_at_nought_and_one_stratum_are_the_plain_model():
    plain, rows = Times(STOP, EVENT), Times(STOP, EVENT, entry=np.zeros(N), stratum=np.zeros(N, dtype=int))
    for ties in ("efron", "breslow"):
        first, second = (fit_cox(t, COVARIATES, ties) for t in (plain, rows))
        np.testing.assert_allclose(second.coefficients, first.coefficients, rtol=1e-10)
        np.testing.assert_allclose(score_residuals(second), score_residuals(first), atol=1e-10)
    np.testing.assert_allclose(kaplan_meier(rows).survival, kaplan_meier(plain).survival)
    assert logrank(rows, X[:, 1] > 0).statistic == pytest.approx(logrank(plain, X[:, 1] > 0).statistic)


def test_late_entry_counts_from_its_entry():
    curve = kaplan_meier(Times([2.0, 3.0, 5.0], [1, 1, 0], entry=np.array([0.0, 0.0, 2.5])))
    np.testing.assert_allclose(curve.at_risk, [2, 2, 1])
    np.testing.assert_allclose(curve.survival, [0.5, 0.25, 0.25])


def test_the_stratified_log_rank_test_adds_up_over_strata():
    group = X[:, 0] > 0
    parts = [logrank(Times(STOP[s], EVENT[s]), group[s]) for s in (STRATUM == k for k in range(3))]
    excess = sum(p.observed[0] - p.expected[0] for p in parts)
    variance = sum((p.observed[0] - p.expected[0]) ** 2 / p.statistic for p in parts)
    found = logrank(Times(STOP, EVENT, stratum=STRATUM), group)
    assert found.statistic == pytest.approx(excess**2 / variance, rel=1e-10)


def test_a_factor_is_tested_as_a_whole():
    dummies = {"arm: B": (STRATUM == 1) * 1.0, "arm: C": (STRATUM == 2) * 1.0}
    tests = proportionality(fit_cox(Times(STOP, EVENT), dummies))
    assert tests["arm"].df == 2 and tests["arm"].statistic == pytest.approx(tests["all terms"].statistic)
    tests = proportionality(fit_cox(Times(STOP, EVENT), dummies | {"a": X[:, 0]}))
    assert list(tests) == ["arm: B", "arm: C", "a", "arm", "all terms"] and tests["arm"].df == 2


def test_an_infinite_hazard_ratio_of_rows_is_refused():
    time = np.arange(1.0, 11)
    with pytest.raises(InputError, match="infinite"):
        fit_cox(Times(time, np.ones(10), entry=time - 0.9 * time), {"a": -time})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Times([1.0, 2.0], [1, 0], entry=np.array([0.0, 2.0])), "start is not before"),
        (lambda: fit_cox(ROWS, COVARIATES, "exact"), "exact ties"),
        (lambda: fit_cox(ROWS, COVARIATES, clusters=np.arange(N) % 2), "2 cluster"),
        (lambda: logrank(ROWS, X[:, 0] > 0, "peto"), "Peto"),
    ],
)
def test_what_cannot_be_is_refused(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


TABLE = "ID,start,stop,event,level,site\n"
LINES = [f"s{i},{a},{b},{e},{x},{'AB'[i % 2]}" for i, (a, b, e, x) in enumerate(
    zip(ENTRY, STOP, EVENT.astype(int), np.exp(X[:, 0]), strict=True))]  # fmt: skip
ASKED = ("response", "rows.csv", "--exposure", "level", "--time", "stop", "--event", "event")


def run(tmp_path, lines, *more):
    (tmp_path / "rows.csv").write_text(TABLE + "\n".join(lines) + "\n")
    return livingdrug(*ASKED, *more, cwd=tmp_path)


def test_the_command_takes_start_stop_rows_strata_and_robust_errors(tmp_path):
    first = LINES[0].split(",")
    middle = str((float(first[1]) + float(first[2])) / 2)
    cut = [",".join([first[0], first[1], middle, "0", *first[4:]]), ",".join([first[0], middle, *first[2:]]), *LINES[1:]]
    done = run(tmp_path, cut, "--start", "start", "--strata", "site", "--robust", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    site = np.arange(N) % 2
    fit = fit_cox(Times(STOP, EVENT, entry=ENTRY, stratum=site), {"x": X[:, 0]}, clusters=np.arange(N))
    assert said["coefficients"][0]["estimate"] == pytest.approx(fit.coefficients[0], rel=1e-6)
    assert said["coefficients"][0]["se"] == pytest.approx(fit.errors[0], rel=1e-6)
    assert said["clusters"] == N and said["concordance"] is None and said["permutation"] is None
    assert any("61 start-stop rows of 60 subjects" in note for note in said["notes"])


@pytest.mark.parametrize(
    ("lines", "more", "sentence"),
    [
        (["s98,0,2,0,3,A", "s98,1,3,1,3,A", *LINES], ("--start", "start"), "rows that overlap"),
        (["s98,0,2,1,3,A", "s98,2,3,1,3,A", *LINES], ("--start", "start"), "rows after its event"),
        (["s99,3,2,1,3,A", *LINES], ("--start", "start"), "start is not before"),
        (LINES, ("--start", "start", "--model", "weibull"), "not for weibull"),
        (LINES, ("--robust", "--model", "km"), "--model cox"),
        (LINES, ("--robust", "--cluster", "site"), "give one of them"),
        (LINES, ("--start", "start", "--landmark", "1"), "a landmark has no place"),
        (LINES, ("--start", "begin"), "begin"),
        (LINES, ("--strata", "site", "--kind", "continuous"), "for a time to an event"),
    ],
)
def test_the_command_refuses_rows_that_cannot_be(lines, more, sentence, tmp_path):
    done = run(tmp_path, lines, *more)
    assert done.returncode == 2 and sentence in " ".join(done.stderr.split()) and "Traceback" not in done.stderr
