"""Modes of individual effects: they are tops, found in few steps, and each subject's are its own."""

import numpy as np
import pytest

import livingdrug as ld
from bench.recovery import data_set
from livingdrug.fit import modes as modes_module
from livingdrug.fit import new_problem, point_of
from livingdrug.fit.estimators.focei import with_slopes
from livingdrug.fit.modes import find_modes
from livingdrug.fit.point import centre, moments, prepare, with_etas


@pytest.fixture(scope="module")
def prepared():
    """Forty subjects whose curves are smooth around their peaks."""
    problem = new_problem(ld.get_model("stein_2019"), data_set(1, 40, 50.0))
    return prepare(with_slopes(problem, "focei"))


def counted(monkeypatch):
    """Steps of all subjects at once."""
    steps, plain = [], modes_module._search
    monkeypatch.setattr(modes_module, "_search", lambda *a: steps.append(1) or plain(*a))
    return steps


def test_a_mode_is_a_top_reached_in_few_steps(prepared, monkeypatch):
    steps, point = counted(monkeypatch), point_of(prepared.problem)
    found = find_modes(prepared, point)
    # Gauss-Newton alone takes 54: where a curve hardly bends it gains an eighth of what is left
    assert found.converged.all() and len(steps) < 40, len(steps)
    phi = with_etas(prepared, centre(prepared, point), found.etas)
    slope = -moments(prepared, point, phi, None).gradient[:, prepared.random] + found.etas @ found.precision
    size = np.sqrt(np.linalg.inv(found.gauss_newton(prepared.random)).diagonal(axis1=1, axis2=2))
    assert np.abs(slope * size).max() < 1e-6
    random = np.random.default_rng(1)
    for _ in range(5):
        moved = found.etas + 0.05 * size * random.standard_normal(found.etas.shape)
        there = moments(prepared, point, with_etas(prepared, centre(prepared, point), moved), None).total
        height = -there + 0.5 * np.einsum("ni,ij,nj->n", moved, found.precision, moved)
        assert (height > found.height).all()


def test_a_subject_has_its_own_mode_whoever_else_is_there(prepared):
    point = point_of(prepared.problem)
    together = find_modes(prepared, point)
    chosen = np.array([16, 3, 29])
    alone = find_modes(prepare(prepared.problem, 1, prepared.design.of(chosen)), point)
    np.testing.assert_array_equal(alone.etas, together.etas[chosen])
