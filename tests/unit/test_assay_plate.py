"""The canonical table of a killing assay: what goes in comes out, and what cannot be is refused by well and
time."""

import numpy as np
import pytest

from livingdrug.assay import Plate
from livingdrug.core.errors import InputError

WELLS = {
    "plate": ["P1", "P1"],
    "well": ["A1", "H12"],
    "role": ["sample", "target_alone"],
    "effectors": [1250, 0],
    "targets": [5000, 5000],
    "ratio": [0.25, 0],
}
READINGS = {
    "well": [1, 0, 0],
    "time": [0, 6, 0],
    "quantity": ["targets"] * 3,
    "value": [5100.0, np.nan, 4800.0],
    "flag": ["", "below", ""],
    "limit": [np.nan, 25, np.nan],
}
EVENTS = {"well": [0], "time": [24], "kind": ["replating"], "kept": [1 / 3], "targets": [5000]}


def plate(**changes) -> Plate:
    """The small plate with some columns of readings changed."""
    return Plate.of("small", WELLS, READINGS | changes, EVENTS)


def test_readings_are_in_order_of_well_and_time_with_the_usual_unit():
    r = plate().readings
    assert r.well.tolist() == [0, 0, 1] and r.time.tolist() == [0, 6, 0]
    assert set(r.unit) == {"cells/well"} and r.flag.tolist() == ["", "below", ""]
    assert np.isnan(r.value[1]) and r.limit[1] == 25


def test_a_nan_without_a_flag_is_missing():
    assert plate(flag=["", "", ""]).readings.flag.tolist() == ["", "missing", ""]


def test_the_table_holds_the_map_beside_every_reading():
    table = plate().table()
    assert table["well"].tolist() == ["A1", "A1", "H12"]
    assert table["effectors_seeded"].tolist() == [1250, 1250, 0]
    events = plate().event_table()
    assert events["fraction_kept"].tolist() == [1 / 3] and events["targets_added"].tolist() == [5000]


def test_some_wells_keep_their_own_readings_and_events():
    first, second = plate().of_wells([True, False]), plate().of_wells([False, True])
    assert first.readings.n == 2 and first.events.n == 1
    assert second.readings.n == 1 and second.events.n == 0 and second.readings.well.tolist() == [0]
    assert second.wells.names() == ["H12"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"time": [0, np.nan, 0]}, "A1 at nan h"),
        ({"time": [0, 0, 0]}, "A1 at 0 h: two readings"),
        ({"quantity": ["cells"] * 3}, "a quantity is one of"),
        ({"unit": ["RLU"] * 3}, "its unit is none"),
        ({"value": [np.inf, 1, 1]}, "H12 at 0 h"),
        ({"well": [2, 0, 0]}, "among the 2 wells"),
        ({"flag": ["", "OVER", ""]}, "a flag is one of"),
        ({"value": [1.0, 2.0]}, "shape"),
        ({"sd": [-1, 1, 1]}, "SD"),
        ({"colour": ["red"] * 3}, "no column `colour`"),
    ],
)
def test_what_cannot_be_is_refused_by_well_and_time(changes, said):
    with pytest.raises(InputError, match=said):
        plate(**changes)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"kind": ["wash"]}, "an event is one of"),
        ({"kept": [0]}, "kept must be above 0"),
        ({"targets": [-5]}, "0 or above"),
        ({"time": [1e9]}, "number of hours"),
    ],
)
def test_events_that_cannot_be_are_refused(columns, said):
    with pytest.raises(InputError, match=said):
        Plate.of("small", WELLS, READINGS, EVENTS | columns)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"well": ["A1", "A1"]}, "stands twice"),
        ({"role": ["sample", "control"]}, "role"),
        ({"effectors": [-1, 0]}, "effectors"),
        ({"well": None}, "no column `well`"),
    ],
)
def test_wells_that_cannot_be_are_refused(columns, said):
    wells = {k: v for k, v in (WELLS | columns).items() if v is not None}
    with pytest.raises(InputError, match=said):
        Plate.of("small", wells, READINGS)
