"""Virtual patients that no patient can be: bounds of outputs, the status `unphysical`, and what summaries make of it."""

from dataclasses import replace

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.models import (
    Bound,
    ClosedForm,
    Flow,
    Model,
    Output,
    Place,
    Quantity,
    State,
    Structure,
    Values,
    bounds_of,
    get_fragment,
    get_model,
    list_models,
    read_model,
    to_toml,
)
from livingdrug.models.shared import BLOOD_VOLUME, SYNTHETIC
from livingdrug.simulation import UNPHYSICAL, Draw, draw_subjects, exposure_task, simulate

CEILING = get_fragment("lymphocyte_capacity").values.values["car_t_ceiling"]


def growing(rate: float = 0.5, start: float = 1.0) -> Model:
    """CAR-T cells in blood, cells/uL, that grow without bound."""
    structure = Structure(
        places=(Place("blood", volume="blood_volume"),),
        states=(State("cells", "cells/uL", "CAR-T cells", ("car_t",), "blood", "cells_0"),),
        flows=(Flow("growth", "k * cells", "expansion", into="cells"),),
        outputs=(
            Output("level", "density(car_t @ blood)", "cells/uL", "CAR-T cells", measured=True),
            Output("copies", "copies_per_cell * density(car_t @ blood)", "copies/ug", "transgene"),
        ),
        quantities=(
            Quantity("k", "1/d", "growth rate"),
            Quantity("cells_0", "cells/uL", "at the start", bound="positive"),
            Quantity("copies_per_cell", "copies*uL/ug/cells", "copies"),
            BLOOD_VOLUME,
        ),
        time_unit="d",
    )
    values = {"k": rate, "cells_0": start, "copies_per_cell": 100.0, "blood_volume": 5e6}
    return Model("growing", "growing", structure, (Values("v", SYNTHETIC, values),))


def test_the_ceiling_holds_for_cells_per_microlitre_of_car_t_in_blood_and_for_nothing_else():
    found = 0
    for name in list_models():
        model = get_model(name)
        if model.unknown:
            continue
        units = {output.name: output.unit for output in model.system.outputs}
        bounds = {bound.output: bound for bound in bounds_of(model)}
        assert all(units[output] == "cells/uL" and b.source.citation for output, b in bounds.items())
        if isinstance(model.system, ClosedForm) or (model.about and "mice" in model.about.data):
            assert not bounds
        elif units.get("car_t_blood") == "cells/uL":
            assert bounds["car_t_blood"].most == CEILING
            found += 1
        others = ("tumour", "leukaemia", "b_cells", "b_cells_blood", "neutrophils", "normal_t", "lymphocytes", "transgene")
        assert not bounds.keys() & set(others)
    assert found >= 10


def test_a_subject_beyond_the_ceiling_keeps_its_numbers_and_says_why():
    model = growing()
    result = simulate(model, until=28.0, outputs=["copies"])
    assert result.status == (UNPHYSICAL,)
    assert result.reason[0].startswith("level reaches 1.2e+06 cells/uL, above 10,592 cells/uL")
    assert "Liu" in result.reason[0]
    assert result.metric("copies", "CMAX")[0] == pytest.approx(100 * np.exp(14), rel=1e-5)
    assert result.summary()["copies"]["CMAX"] == result.metric("copies", "CMAX")[0]
    assert simulate(model, until=10.0).status == ("ok",)


def test_the_window_of_an_exposure_does_not_hide_an_earlier_peak():
    model = growing(start=3e4).with_values(k=0.0)
    falls = replace(
        model,
        structure=replace(
            model.structure, flows=(Flow("death", "k * cells", "death", out_of="cells"),)
        ),
    ).with_values(k=1.0)
    block = exposure_task(falls, None, window=(10.0, 28.0))(0, 1)
    assert block.peak[0, 0] < 10 and block.status == (UNPHYSICAL,)


def test_summaries_count_the_unphysical_and_leave_them_out():
    model = growing()
    subjects = draw_subjects(model, 200, cv=0.5)
    result = simulate(model, subjects, until=20.0, times=[0.0, 20.0])
    peaks = result.metric("level", "CMAX")
    beyond = peaks > CEILING
    assert 0 < beyond.sum() < 200
    assert [status == UNPHYSICAL for status in result.status] == beyond.tolist()
    assert result.failed == result.unphysical == np.flatnonzero(beyond).tolist() and not result.uncomputed
    assert result.summary()["level"]["CMAX"]["p50"] == np.median(peaks[~beyond])
    summary = ld.exposures(model, 200, cv=0.5, window=(0.0, 20.0))
    assert (summary.unphysical, summary.done) == (int(beyond.sum()), int((~beyond).sum()))
    assert summary.metrics["level"]["CMAX"].count == int((~beyond).sum())
    assert summary.with_unphysical["level"]["CMAX"].count == 200
    assert summary.summary()["failed"][0]["status"] == UNPHYSICAL


def test_no_virtual_patient_of_kirouac_is_ok_above_the_ceiling():
    """bench/believable.py does the same with 100,000."""
    task = exposure_task(get_model("kirouac_2023"), Draw(500, 1, None, 0.5), window=(0.0, 60.0), outputs=["car_t_blood"])
    block = task(0, 500)
    above = block.peak[:, 0] > CEILING
    assert above.sum() > 20
    assert not (above & block.done).any()
    assert all(block.status[i] == UNPHYSICAL for i in np.flatnonzero(above))
    # warnings count the subjects that were drawn, not the typical one
    assert any("of 500 subjects" in said and "grows without bound" in said for said in task.cautions(block))


def test_a_model_states_its_own_bound(tmp_path):
    model = replace(growing(), bounds=(Bound("copies", 1e4, SYNTHETIC, "made up"), Bound("level", 1e9, SYNTHETIC)))
    result = simulate(model, until=20.0)
    above = "copies reaches 2.2e+06 copies/ug, above 10,000 copies/ug, made up"
    assert result.reason[0] == f"{above} ({SYNTHETIC.citation})"
    path = tmp_path / "own.toml"
    path.write_text(to_toml(model))
    assert read_model(path).bounds == model.bounds
    closed = replace(get_model("stein_2019"), bounds=(Bound("transgene", 10.0, SYNTHETIC),))
    assert simulate(closed).status == (UNPHYSICAL,)


@pytest.mark.parametrize("most", [0.0, -1.0, float("inf"), float("nan")])
def test_a_bound_that_cannot_be_is_refused(most):
    with pytest.raises(InputError, match="finite number above 0"):
        Bound("level", most, SYNTHETIC)


def test_a_bound_of_no_output_is_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(to_toml(replace(growing(), bounds=(Bound("levle", 1.0, SYNTHETIC),))))
    with pytest.raises(InputError, match=r"bounds.*levle.*level"):
        read_model(path)


def test_the_fragment_of_the_ceiling_keeps_subjects_below_it():
    held = growing() + get_fragment("lymphocyte_capacity")
    result = simulate(held, until=60.0)
    assert result.status == ("ok",) and result.metric("level", "CMAX")[0] == pytest.approx(CEILING, rel=1e-4)
    assert bounds_of(held.with_values(car_t_ceiling=5e4))[0].most == pytest.approx(5e4, rel=1e-3)
