"""The benchmark problem is the one it says it is, and the peers solve the library's own equations."""

import numpy as np
import pytest

import livingdrug as ld
from bench.closed_form_numpy import check
from bench.equations import equations, equations_without_pools, hill
from bench.problem import CV, SEED, SETTINGS, error, model_of, problem
from livingdrug.simulation import Subjects

BOTH = pytest.mark.parametrize("write", (equations, equations_without_pools))


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_stored_draw_is_the_librarys_own(setting):
    stored = problem(setting, 50)
    drawn = ld.draw_subjects(model_of(setting), n=50, seed=SEED, cv=CV)
    for i, quantity in enumerate(stored.model.system.quantities):
        np.testing.assert_allclose(stored.values[:, i], drawn.values[quantity.name], rtol=1e-12, err_msg=quantity.name)


def test_error_counts_from_one_cell_in_the_body():
    few = problem("mild", 2)
    states = np.ones((2, 60, 13))
    host = [s.name for s in few.model.system.states].index("host")
    below, above = states.copy(), states.copy()
    # 1e-9 cells/uL are 0.005 cells, 2e-7 are one cell
    states[:, :, host], below[:, :, host], above[:, :, host] = 1e-9, 1e-8, np.e * 2e-7
    below[:, :, 0] = -0.3
    np.testing.assert_allclose(error(few, below, states), 0.0)
    np.testing.assert_allclose(error(few, above, states), 1.0)
    above[1, 3, 2] = np.nan
    assert np.isinf(error(few, above, states)[1])


@BOTH
@pytest.mark.parametrize("setting", SETTINGS)
def test_peers_solve_the_librarys_equations(setting, write):
    import math

    from scipy.integrate import solve_ivp

    one = problem(setting, 1)
    names = [s.name for s in one.model.system.states]
    values = {q.name: one.values[:, i] for i, q in enumerate(one.model.system.quantities)}
    times = one.times[:16]  # the first 15 days
    ours = ld.simulate(one.model, Subjects(values, "stored"), regimen=[1e8], times=times, outputs=names)
    made = write(one.model.system)
    rhs = made.function(_hill=hill, _exp=math.exp)
    solved = solve_ivp(
        rhs, (0, times[-1]), made.start(one)[0], "LSODA", times, args=(made.values(one)[0],), rtol=1e-9, atol=1e-6
    )
    short = type(one)(one.setting, one.model, one.values, one.start, times)
    assert error(short, made.whole(short, solved.y.T[None]), ours.values.transpose(0, 2, 1))[0] < 1e-4


def test_numpy_closed_form_agrees_with_the_library():
    check()
