"""The canonical table and the files for other tools: what is written is read back as the same data, every dose included."""

from dataclasses import fields

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.data import Reading, check, read_data
from livingdrug.export import data_file
from livingdrug.fit import evaluate, new_problem
from livingdrug.models import get_model

PLAIN = "ID,TIME,DV\n1,0,<50\n1,7.25,100\n1,14,50.5\n2,0,0\n2,7,80\n2,14,10\n"
STATED = "ID,TIME [d],DV [copies/ug],WT\n1,0,<50,70\n1,7.25,100,70\n2,7,80,\n2,14,10,\n"
DOSED = "ID,TIME,DV,AMT,EVID,AMTU\n1,0,,2e8,1,cells\n1,7.25,100,,0,\n2,0,,1e8,1,cells\n2,7,80,,0,\n"
SPLIT = """ID,TIME,DV,AMT,EVID,OCC,LIMIT
1,0,,3e7,1,1,
1,1,,3e7,1,1,
1,2.5,,9e7,1,1,
1,7.25,100,,0,1,50
1,14,50,,0,1,50
2,-1,,1e8,1,1,
2,6,80,,0,1,50
"""
AGAIN = "ID,TIME,DV,AMT,EVID\n1,0,,1e8,1\n1,7,100,,0\n1,90.25,,2e8,1\n1,97.5,900,,0\n2,0,,1e8,1\n2,7,80,,0\n2,60,,5e7,1\n"
FILES = {"no units": PLAIN, "units": STATED, "doses": DOSED, "split doses": SPLIT, "two infusions": AGAIN}


def read(folder, text: str, reading: Reading | None = None):
    (folder / "in.csv").write_text(text)
    return read_data(folder / "in.csv", reading)


def same(one, two, but: tuple[str, ...] = ()) -> None:
    """Every field but the name of the file, its lines and the notes (and some more)."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if field.name in ("name", "line", "notes", *but):
            continue
        if field.name in ("profiles", "doses") and a is not None and b is not None:
            same(a, b, but)
        elif isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b, err_msg=field.name)
        else:
            assert a == b, field.name


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_canonical_table_is_read_back_as_the_same_data(tmp_path, text):
    data = read(tmp_path, text)
    write_csv(data.table(), tmp_path / "canonical.csv")
    back = check(tmp_path / "canonical.csv")
    assert [f.sentence() for f in back.findings] == []
    assert back.data.table().equals(data.table())
    same(back.data, data)


def test_a_subject_with_a_dose_and_no_sample_has_no_row(tmp_path):
    data = read(tmp_path, DOSED + "3,0,,1e8,1,cells\n")
    assert data.subjects == ("1", "2", "3") and set(data.table()["ID"]) == {"1", "2"}


def test_a_stated_unit_fills_an_empty_column_and_a_unit_that_some_rows_lack_is_a_fault(tmp_path):
    write_csv(read(tmp_path, PLAIN).table(), tmp_path / "canonical.csv")
    stated = read_data(tmp_path / "canonical.csv", Reading(unit="copies/ug", time_unit="d"))
    assert set(stated.profiles.unit) == {"copies/ug"}
    with pytest.raises(InputError, match="line 3, column UNIT: the row states no unit, others do; write the unit"):
        read(tmp_path, "ID,TIME,DV,UNIT\n1,0,5,copies/ug\n1,7,6,\n")
    with pytest.raises(InputError, match="`furlong` is not a unit"):
        read(tmp_path, "ID,TIME,DV,UNIT\n1,0,5,furlong\n1,7,6,furlong\n")


@pytest.mark.parametrize("layout", ["nonmem", "monolix"])
def test_files_for_other_tools_hold_every_dose_at_its_time(tmp_path, layout):
    data = read(tmp_path, SPLIT)
    made = data_file(data, layout)
    doses = made.table[made.table["EVID"].astype(str) != "0"]
    # subject 2 was infused at -1: its clock starts there; a split dose is one occasion, so nothing is reset
    assert doses["TIME"].tolist() == ["0.0", "1.0", "2.5", "0.0"]
    assert doses["AMT"].tolist() == ["30000000.0", "30000000.0", "90000000.0", "100000000.0"]
    assert set(doses["EVID"].astype(str)) == {"1"}
    write_csv(made.table, tmp_path / "out.csv")
    same(read_data(tmp_path / "out.csv", made.reading), data, ("zero",))  # the clock starts with the infusion there


def test_each_later_infusion_starts_the_clock_of_its_occasion(tmp_path):
    table = data_file(read(tmp_path, AGAIN), "nonmem").table
    assert table["TIME"].tolist() == ["0.0", "7.0", "0.0", "7.25", "0.0", "7.0", "0.0"]
    assert table["EVID"].tolist() == ["1", "0", "4", "0", "1", "0", "4"]


def test_a_fit_refuses_infusions_whose_distance_is_lost(tmp_path):
    table = data_file(read(tmp_path, AGAIN), "monolix").table
    write_csv(table, tmp_path / "out.csv")
    data = read_data(tmp_path / "out.csv", Reading(time_unit="d", unit="copies/ug"))
    with pytest.raises(InputError, match="subject `1`: occasions 1 and 2 both begin at time 0"):
        evaluate(new_problem(get_model("stein_2019_ode"), data), "fo")
