"""Which numbers few subjects carry: the path of BIC, what is never left out, and what is said of it."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.fit import Saem, fit, point_of
from livingdrug.fit.point import prepare
from livingdrug.fit.reduce import Path, carries_little, path_from
from livingdrug.fit.settle import settle, without
from tests.unit.test_fit import decline, decline_data

SHORT = Saem(exploration=60, smoothing=30)


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """Ten subjects that decline alike: no variability of the rate."""
    folder = tmp_path_factory.mktemp("reduce")
    return decline(folder, data=decline_data(folder, n=10, spread=0.0, seed=5, limit=1e-9))


def walked(problem, undetermined: tuple[str, ...] = ()) -> Path:
    """The path from the optimum above the truth."""
    prepared = prepare(problem)
    return path_from(prepared, settle(prepared, point_of(problem), 1), undetermined, 1)


def test_what_is_not_there_is_left_out_first_and_bic_is_that_of_the_smaller_fit(problem):
    path = walked(problem)
    first, second = path.steps[0], path.steps[1]
    assert first.left_out == () and first.free == 5
    assert second.left_out[0].startswith("omega rate") and second.free == 4
    for step in path.steps:
        assert step.bic == pytest.approx(step.minus2ll + step.free * np.log(10))
    smaller = fit(without(problem, "omega rate"), SHORT)
    assert path.lowest.left_out == second.left_out
    assert path.lowest.minus2ll == pytest.approx(smaller.objective.minus2ll, abs=0.1)
    assert path.lowest.bic == pytest.approx(smaller.bic, abs=0.1)
    assert path.best.prepared.problem.random[0].name == "top" and len(path.best.prepared.problem.random) == 1


def test_only_values_that_are_not_determined_are_held(problem):
    # both typical values are published ones, so BIC would hold them both: data that confirm a number still determine it
    held = [text for step in walked(problem).steps for text in step.left_out if "fixed at" in text]
    assert held == []
    asked = walked(problem, ("rate",))
    assert asked.steps[-1].left_out[-1] == "rate (fixed at 0.2)" and asked.lowest == asked.steps[-1]
    parameter = next(p for p in asked.best.prepared.problem.parameters if p.name == "rate")
    assert parameter.fixed and parameter.value == 0.2
    assert "omega rate" in asked.words and "fixed at 0.2" in asked.words and "too narrow" in asked.words


def test_a_path_stands_where_the_data_do_not_determine_every_number(problem):
    whole, reduced = fit(problem, SHORT), fit(problem, SHORT, reduce=True)
    if whole.status == "not_determined":
        assert whole.path and whole.path == reduced.path
        assert reduced.status == "converged" and reduced.free == min(whole.path, key=lambda s: s.bic).free
        assert reduced.bic < whole.bic and any("left out or fixed" in note for note in reduced.notes)
        assert "of the reduced model" in reduced.verdict.data and "omega rate" in reduced.verdict.data
        assert len(reduced.trace_names) == reduced.trace.shape[1]
        names = {e.name for e in reduced.estimates}
        assert "omega rate" not in names and "omega rate" in {e.name for e in whole.estimates}
    else:
        pytest.fail("no variability of `rate` is in the data, so they cannot determine it")
    assert carries_little(10, ("a",), problem) and not carries_little(10, (), problem)
    assert not carries_little(40, ("a",), problem)


def test_reduce_is_for_saem(problem):
    with pytest.raises(InputError, match="--reduce"):
        fit(problem, "laplace", reduce=True)
