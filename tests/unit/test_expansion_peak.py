"""XCMAX: the largest level after the distribution minimum, where infused cells are counted too."""

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.models import (
    Flow,
    Model,
    Output,
    Place,
    Quantity,
    State,
    Structure,
    Values,
    get_model,
    infused_outputs,
)
from livingdrug.models.shared import BLOOD_VOLUME, SYNTHETIC
from livingdrug.nca import expansion_start
from livingdrug.simulation import Dose, Regimen, exposure_task, simulate
from livingdrug.trial import Arm, Endpoint, Trial, simulate_trial

A, G = 2.0, 0.4  # loss of infused cells, growth of the others, 1/d


def model(growth: float = G) -> Model:
    """Infused cells that leave blood, and a few that grow: D e^(-A t) + S e^(G t)."""
    structure = Structure(
        places=(Place("blood", volume="blood_volume"),),
        states=(
            State("infusate", "cells/uL", "infused", ("car_t",), "blood"),
            State("grown", "cells/uL", "grown", ("car_t",), "blood", "seed"),
            State("target", "cells/uL", "target", ("target",), "blood"),
        ),
        flows=(
            Flow("leave", "a * infusate", "death", out_of="infusate"),
            Flow("grow", "g * grown", "expansion", into="grown"),
        ),
        outputs=(Output("level", "density(car_t @ blood)", "cells/uL", "CAR-T", measured=True),
                 Output("other", "target", "cells/uL", "target")),
        quantities=(Quantity("a", "1/d", "loss"), Quantity("g", "1/d", "growth", bound="any"),
                    Quantity("seed", "cells/uL", "start"), BLOOD_VOLUME),
        dose_into="infusate", time_unit="d",
    )  # fmt: skip
    values = {"a": A, "g": growth, "seed": 0.01, "blood_volume": 5e6}
    return Model("two", "two", structure, (Values("v", SYNTHETIC, values),))


def expected(time, doses):
    return sum(d * np.exp(-A * (time - t)) for t, d in doses if time >= t) + 0.01 * np.exp(G * time)


def test_where_the_infusate_is_the_peak_the_expansion_is_told_apart():
    found = simulate(model(), regimen=[(0.0, 50.0)], until=10.0)
    assert found.infused == ("level",)
    assert found.metric("level", "CMAX")[0] == pytest.approx(50.01)
    assert found.metric("level", "XCMAX")[0] == pytest.approx(expected(10.0, [(0.0, 50.0)]), rel=1e-5)
    assert found.metric("level", "XTMAX")[0] == pytest.approx(10.0)
    assert found.summary()["level"].keys() == {"unit", "CMAX", "TMAX", "AUC", "XCMAX", "XTMAX"}
    assert found.summary()["other"].keys() == {"unit", "CMAX", "TMAX", "AUC"}


def test_where_the_expansion_is_the_peak_both_are_one():
    found = simulate(model(), regimen=[(0.0, 50.0)], until=40.0)
    assert found.metric("level", "XCMAX")[0] == found.metric("level", "CMAX")[0]
    assert found.metric("level", "XTMAX")[0] == found.metric("level", "TMAX")[0]
    assert found.summary()["level"].keys() == {"unit", "CMAX", "TMAX", "AUC"}


def test_a_level_that_never_rises_has_none():
    found = simulate(model(growth=-0.1), regimen=[(0.0, 50.0)], until=10.0)
    assert np.isnan(found.metric("level", "XCMAX")[0]) and found.infusate_peaks("level")[0]


def test_each_dose_is_seen_and_none_is_an_expansion():
    doses = [(0.0, 50.0), (7.0, 500.0)]
    found = simulate(model(), regimen=doses, until=12.0)
    # just before the second dose the level has risen for days; after it, to the end
    before, end = expected(7.0 - 1e-12, doses[:1]), expected(12.0, doses)
    assert found.metric("level", "XCMAX")[0] == pytest.approx(max(before, end), rel=1e-4)
    assert found.metric("level", "CMAX")[0] > 500
    # a dose of target cells changes nothing
    more = simulate(model(), regimen=[Dose(50.0), Dose(10.0, 5.0, into="target")], until=10.0)
    assert more.metric("level", "XCMAX")[0] == pytest.approx(expected(10.0, doses[:1]), rel=1e-5)


def test_the_rise_while_cells_are_infused_is_none():
    found = simulate(model(), regimen=Regimen((Dose(50.0, 0.0, duration=0.5),)), until=10.0)
    assert found.metric("level", "CMAX")[0] > 20
    assert found.metric("level", "XTMAX")[0] == pytest.approx(10.0)


def test_a_tripled_dose_of_singh_gains_no_expansion():
    base = get_model("singh_2021")
    assert "transgene" in infused_outputs(base)
    one, three = (exposure_task(base, None, [(0.0, amount)], (0.0, 28.0))(0, 1) for amount in (5e7, 1.5e8))
    late = [exposure_task(base, None, [(0.0, a)], (1.0, 28.0), outputs=["transgene"])(0, 1) for a in (5e7, 1.5e8)]
    k = [o.name for o in base.system.outputs].index("transgene")
    assert three.peak[0, k] / one.peak[0, k] > 1.3
    gain = three.rise[0, k] / one.rise[0, k]
    assert gain == pytest.approx(0.98, abs=0.01)
    assert gain == pytest.approx(late[1].peak[0, 0] / late[0].peak[0, 0], rel=1e-5)


def test_a_trial_compares_expansions_and_says_so():
    arms = (Arm("a", 10), Arm("b", 10, dose=3.0))
    endpoints = (Endpoint("peak", "cmax", window=(0.0, 28.0)),)
    plan = Trial(get_model("singh_2021"), arms, "a", endpoints, "transgene", cv=0.1, doses=Regimen.of([(0.0, 5e7)]))
    found = simulate_trial(plan, 10, 1)
    assert found.endpoints[0].arms[0].effect < 1.1
    assert any("XCMAX" in notice for notice in found.notices)
    highest = simulate_trial(replace(plan, peak="highest"), 10, 1)
    assert highest.endpoints[0].arms[0].effect > 1.2
    assert not any("XCMAX" in notice for notice in highest.notices)


@pytest.mark.parametrize(
    ("times", "levels", "start"),
    [
        ((0.04, 0.1, 0.5, 3, 7, 14), (100, 95, 97, 5, 60, 400), 4),  # noise of the first hours is no rise
        ((0.04, 1, 3, 7), (100, 50, 20, 5), 4),  # never rises
        ((3, 7, 14), (100, 50, 20), 0),  # no sample of the first day
        ((0.04, 3, 7, 14), (100, 40, 60, 50), 2),  # a rise that is not two-fold, where none is
        ((0.04, 3, 7, 90, 120), (100, 5, 400, 5, 12), 2),  # the first clear rise, not a later one
    ],
)
def test_where_the_expansion_begins_in_samples(times, levels, start):
    found = expansion_start(np.array([levels], dtype=float), np.array([times], dtype=float), 1.0)
    assert found.tolist() == [start]


def test_a_response_takes_the_expansion_where_the_infusate_is_the_largest_sample(tmp_path):
    from livingdrug.data import Reading, read_data
    from livingdrug.nca import NcaSettings
    from livingdrug.response.sample.samples import table_of_samples

    courses = {"a": (900, 5, 300), "b": (10, 40, 300), "c": (900, 50, 5)}
    rows = [f"{k},{t},{v}" for k, course in courses.items() for t, v in zip((0.05, 3, 10), course, strict=True)]
    path = tmp_path / "samples.csv"
    path.write_text("\n".join(["ID,TIME (d),DV (copies/ug)", *rows]))
    table = table_of_samples(read_data(path, Reading(limit=1.0)), NcaSettings(), "CMAX", None)
    # that of c, which never rises, stays
    assert table.computed["CMAX"].tolist() == [300, 300, 900]
    assert any("in 1 subject(s) the largest sample is one of the first day" in note for note in table.notes)
