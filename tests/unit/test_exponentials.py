"""Closed forms that are sums of exponentials: values in rows, grids of any length, memory that is used again."""

import numpy as np
import pytest

from livingdrug import get_model
from livingdrug.core.errors import InputError
from livingdrug.engine import closed_form_metrics, closed_form_values, exponential_kernel, solve_exponentials
from livingdrug.simulation import Subjects, drawn_values, individual_values

MODEL = get_model("stein_2019")
CODE = exponential_kernel(MODEL.system, tuple(MODEL.individual.items()))
GRIDS = {
    "a month": np.arange(29.0), "three": np.array([0.0, 10.0, 20.0]), "eight": np.linspace(2.0, 16.0, 8),
    "sixteen": np.linspace(0.0, 60.0, 16), "uneven": np.array([0.0, 1.0, 3.0, 7.5, 8.0, 20.0, 28.0, 28.5, 90.0]),
    "none": np.empty(0),
}  # fmt: skip


def drawn(n: int, first: int = 0) -> dict[str, np.ndarray]:
    return drawn_values(MODEL, MODEL.populations[0], 3, first, n)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("window", [(0.0, 28.0), (5.0, 9.0)])
def test_values_and_measures_are_those_of_the_formula(grid, window):
    times, values = GRIDS[grid], drawn(19)
    found = solve_exponentials(CODE, values, times, *window)
    own = individual_values(MODEL, Subjects(values, "drawn here"))
    np.testing.assert_allclose(found.values, closed_form_values(MODEL.system, own, times), rtol=1e-11)
    peak, when, area = closed_form_metrics(MODEL.system, own, window[1], window[0])
    np.testing.assert_allclose(found.peak, peak, rtol=1e-11)
    np.testing.assert_allclose(found.peak_time, when, rtol=1e-9)
    np.testing.assert_allclose(found.area, area, rtol=1e-9)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_subject_is_the_same_bytes_wherever_it_stands(grid):
    together = solve_exponentials(CODE, drawn(19), GRIDS[grid], 0.0, 28.0)
    for i in (0, 7, 8, 18):
        alone = solve_exponentials(CODE, drawn(1, i), GRIDS[grid], 0.0, 28.0)
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], all_of_them[i])


def test_a_value_does_not_depend_on_how_many_there_are():
    whole = solve_exponentials(CODE, drawn(16), np.arange(40.0), 0.0, 28.0).values
    for many in (3, 7, 8, 9, 15, 16, 17):
        part = solve_exponentials(CODE, drawn(16), np.arange(float(many)), 0.0, 28.0).values
        np.testing.assert_array_equal(part, whole[..., :many])


def test_memory_of_an_earlier_call_is_written_over():
    times, limits = np.arange(29.0), [(0, 1000.0)]
    expected = solve_exponentials(CODE, drawn(19), times, 0.0, 28.0, limits)
    room = solve_exponentials(CODE, drawn(19, 19), times, 0.0, 28.0, limits)
    assert (room.values != expected.values).any()
    found = solve_exponentials(CODE, drawn(19), times, 0.0, 28.0, limits, room)
    assert found.values is room.values
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_room_of_another_shape_is_refused():
    times = np.arange(29.0)
    room = solve_exponentials(CODE, drawn(8), times, 0.0, 28.0)
    with pytest.raises(InputError, match="room for values has shape"):
        solve_exponentials(CODE, drawn(16), times, 0.0, 28.0, room=room)
    turned = room._replace(values=np.asfortranarray(np.repeat(room.values, 2, axis=0))[::2])
    with pytest.raises(InputError, match="in one piece"):
        solve_exponentials(CODE, drawn(8), times, 0.0, 28.0, room=turned)
