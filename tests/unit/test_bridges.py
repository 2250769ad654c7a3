"""Bridges between units: off until named, exact in their factor, stamped on whatever they touched."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import BRIDGES, Reading, cross, read_data, read_unit
from livingdrug.data.bridges import read_bridge
from livingdrug.nca import NcaSettings, nca

TEXT = "ID,TIME (d),DV,WBC,CD3\nA,0,<50,1000,100\nA,7,1000,5000,400\nA,14,500,8000,800\n"


def data(folder, unit="copies/ug", text=TEXT):
    path = folder / "data.csv"
    path.write_text(text)
    return read_data(path, Reading(unit=unit, dose=1e8, dose_unit="cells"))


def test_the_papers_bridge_and_the_conflict_it_states(tmp_path):
    crossed = cross(data(tmp_path), "kirouac_2024")
    assert crossed.dv.tolist() == pytest.approx([2.5, 50, 25]) and crossed.limit[0] == pytest.approx(2.5)
    assert set(crossed.profiles.unit) == {"cells/uL"}
    assert "100-fold" in crossed.bridge and "doi:10.1038/s41540-024-00355-3" in crossed.bridge
    other = cross(data(tmp_path), "singh_2021")
    assert (crossed.dv / other.dv).tolist() == pytest.approx([100, 100, 100])


def test_white_cells_may_change_by_row_and_give_the_papers_factor_at_7600(tmp_path):
    crossed = cross(data(tmp_path), "white_cells:wbc=WBC,vcn=2")
    assert crossed.dv.tolist() == pytest.approx([50 * 1000 * 6.6e-6 / 2, 1000 * 5000 * 6.6e-6 / 2, 500 * 8000 * 6.6e-6 / 2])
    seven = cross(data(tmp_path), "white_cells:wbc=7600,vcn=1")
    assert seven.dv[1] / 1000 == pytest.approx(0.05, rel=0.005)


def test_a_share_of_cd3_times_an_absolute_count(tmp_path):
    crossed = cross(data(tmp_path, "%"), "percent_of_cd3:cd3=CD3")
    assert crossed.dv[1] == pytest.approx(1000 / 100 * 400)


def test_the_stamp_is_on_every_row_and_the_ratio_says_it_went_over_a_bridge(tmp_path):
    plain = nca(data(tmp_path), NcaSettings(blood_volume=5e6))
    assert plain.flags("XEXPR")[0] == "absent" and set(plain.table()["bridge"]) == {""}
    result = nca(cross(data(tmp_path), "kirouac_2024"), NcaSettings(blood_volume=5e6))
    assert result.values["XEXPR"][0] == pytest.approx(50 * 5e6 / 1e8)
    assert result.flags("XEXPR")[0] == "caution" and "unit conversion" in result.reasons("XEXPR")[0]
    assert result.table()["bridge"].str.startswith("bridge kirouac_2024").all()
    assert result.wide()["bridge"].str.startswith("bridge kirouac_2024").all()


@pytest.mark.parametrize(("text", "sentence"), [
    ("kirouac", "did you mean `kirouac_2024`"), ("white_cells", "needs wbc .* and vcn"),
    ("white_cells:wbc=5000", "needs vcn"),
    ("white_cells:wbc=0,vcn=1", "finite and above 0"), ("white_cells:wbc=WBX,vcn=1", "did you mean `WBC`"),
    ("kirouac_2024:wbc=1", "no argument"), ("percent_of_cd3:cd3=800", "starts from %, the data are in copies/ug"),
])  # fmt: skip
def test_bridges_that_cannot_be_crossed_are_refused(text, sentence, tmp_path):
    with pytest.raises(InputError, match=sentence):
        cross(data(tmp_path), text)


def test_a_missing_argument_is_named_by_its_line(tmp_path):
    with pytest.raises(InputError, match="line 3: column `WBC` holds nothing"):
        cross(data(tmp_path, text=TEXT.replace("5000", "")), "white_cells:wbc=WBC,vcn=1")


def test_every_bridge_has_a_source_and_an_uncertainty():
    for name, bridge in BRIDGES.items():
        assert bridge.name == name and bridge.source.line() and bridge.uncertain
        assert bridge.into == "cells/uL" and read_unit(bridge.unit) == bridge.unit
    assert read_bridge("white_cells: wbc = 5000 , vcn=1")[1] == {"wbc": "5000", "vcn": "1"}


@pytest.mark.parametrize(("text", "unit"), [
    ("copies/\u00b5g", "copies/ug"), ("copies/\u03bcg DNA", "copies/ug"), ("Copies per microgram", "copies/ug"),
    ("cells/\u00b5L", "cells/uL"), ("CELLS/UL", "cells/uL"), ("cells/mm3", "cells/uL"), ("Days", "d"), ("hr", "h"),
    ("%", "%"),
    ("furlongs", None), ("IU/L", None), ("", None), ("cells/mL", "cells/mL"),
])  # fmt: skip
def test_units_are_read_into_the_closed_list(text, unit):
    assert read_unit(text) == unit


def test_millilitres_do_not_become_microlitres(tmp_path):
    with pytest.raises(InputError, match="one unit becomes another only by a named conversion"):
        path = tmp_path / "data.csv"
        path.write_text(TEXT.replace("DV", "DV (cells/mL)"))
        read_data(path, Reading(unit="cells/uL"))


def test_levels_are_finite_after_a_bridge(tmp_path):
    crossed = cross(data(tmp_path), "kirouac_2024")
    assert np.isfinite(nca(crossed).values["CMAX"]).all()
