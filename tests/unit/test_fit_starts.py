"""FOCEI and Laplace from far off: a between-subject variability of 0 is no finding where a larger one has a lower optimum."""

from dataclasses import replace

import numpy as np
import pytest

from bench.focei_starts import moved
from bench.linear_models import problem_of, simulated, two_compartments
from livingdrug.core.errors import InputError
from livingdrug.fit import Conditional, fit, point_of, unknowns_of
from livingdrug.fit.conditional import search
from livingdrug.fit.point import prepare
from livingdrug.fit.starts import GIVEN, OWN, Tried, _with_larger, from_starts, wide_start
from livingdrug.fit.unknowns import VARIABILITY

PLAIN = Conditional("focei", several=False)


@pytest.fixture(scope="module")
def far():
    """(prepared, unknowns) of a start far off, whose search from the given numbers alone ended without two variabilities."""
    off = moved(problem_of(two_compartments(), 20), 3)
    return prepare(off), unknowns_of(off)


@pytest.fixture(scope="module")
def shrunk(far):
    """The best numbers without a variability of `q`, as a search that ended there."""
    prepared, unknowns = far
    problem = problem_of(two_compartments(), 20)
    parameters = tuple(replace(p, sd=1e-3, sd_fixed=True) if p.name == "q" else p for p in problem.parameters)
    without = replace(problem, parameters=parameters)
    held = search(prepare(without), unknowns_of(without), PLAIN)
    return search(prepared, unknowns, replace(PLAIN, most=0), held.point)


def spreads(unknowns, point) -> np.ndarray:
    return np.exp(unknowns.vector(point)[unknowns.of_kind(VARIABILITY)])


def test_a_variability_that_shrank_is_tried_larger(far, shrunk):
    # from another start, whose search from the given numbers alone runs off to an omega of 10, in a tenth of the time
    off = moved(problem_of(two_compartments(), 20), 13)
    prepared, unknowns = prepare(off), unknowns_of(off)
    found = from_starts(prepared, unknowns, Conditional("focei"))
    assert found.found.slope.value < shrunk.slope.value - 3
    assert spreads(unknowns, found.found.point).min() > 0.1 and spreads(unknowns, found.found.point).max() < 1
    assert [row["from"] for row in found.record] == [OWN, GIVEN]
    # and where nothing but the optimum without a variability had been found
    prepared, unknowns = far
    tried = [Tried(GIVEN, shrunk)]
    best, notes, confirmed = _with_larger(prepared, unknowns, PLAIN, tried[0], tried, None)
    assert confirmed and not notes and tried[1].start == "a larger `omega q`"
    assert best.value == pytest.approx(found.found.slope.value, abs=0.05)


def test_the_subjects_own_parameters_start_near_the_data(far):
    prepared, unknowns = far
    near = np.exp(unknowns.vector(wide_start(prepared, unknowns, point_of(prepared.problem))))
    truth = np.array([4.0, 12.0, 6.0, 30.0])
    assert (np.abs(np.log(near[:4] / truth)) < 0.15).all()
    assert (near[4:8] > 0.1).all() and (near[4:8] < 0.5).all() and 0.1 < near[8] < 0.2


def test_a_true_variability_of_0_is_stated_with_what_was_tried():
    problem = problem_of(two_compartments(), 20)
    result = fit(replace(problem, data=simulated(problem.model, 20, 3, omega=0.0)), "focei")
    assert result.exit_code == 4
    stated = [note for note in result.notes if "went to 0" in note]
    tried = [note for note in result.notes if "a search from a larger value" in note]
    assert stated and tried and "`omega" in tried[0]
    assert any(row["from"].startswith("a larger omega") for row in result.settings["searches"])


def test_a_variability_of_0_that_was_not_tried_larger_is_no_finding(monkeypatch):
    def refused(prepared, unknowns, settings, start, *more):
        if spreads(unknowns, start).max() > 0.99:
            raise InputError("no finite slopes")
        return search(prepared, unknowns, settings, start, *more)

    monkeypatch.setattr("livingdrug.fit.starts.search", refused)
    problem = problem_of(two_compartments(), 20)
    result = fit(replace(problem, data=simulated(problem.model, 20, 3, omega=0.0)), "focei")
    assert result.status == "not_converged"
    assert not any("went to 0" in note for note in result.notes)
    assert any("did not show whether it is: no finite slopes" in note for note in result.notes)


def test_a_search_that_cannot_begin_leaves_the_other_one(far, monkeypatch):
    prepared, unknowns = far

    def refused(prepared, unknowns, settings, start, *more):
        if np.allclose(start.mu, point_of(prepared.problem).mu):
            raise InputError("no finite slopes")
        return search(prepared, unknowns, settings, start, *more)

    monkeypatch.setattr("livingdrug.fit.starts.search", refused)
    found = from_starts(prepared, unknowns, Conditional("focei"))
    assert "no search could begin at the given numbers (no finite slopes)" in found.notes[0]
    monkeypatch.setattr("livingdrug.fit.starts.wide_start", lambda *arguments: None)
    with pytest.raises(InputError, match="no finite slopes"):
        from_starts(prepared, unknowns, Conditional("focei"))


@pytest.fixture(scope="module")
def best_of_laplace():
    return fit(problem_of(two_compartments(), 20), "laplace").objective.minus2ll


@pytest.mark.parametrize("k", [1, 2])
def test_laplace_ends_where_it_ends_from_the_truth(k, best_of_laplace):
    found = fit(moved(problem_of(two_compartments(), 20), k), "laplace")
    assert found.objective.minus2ll == pytest.approx(best_of_laplace, abs=0.05)
