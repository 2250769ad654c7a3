"""The canonical table and the files for other tools: what is written is read back as the same data, every dose included."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.data import Changes, Reading, check, read_data
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
HEAD = "ID,TIME (d),DV,"
DATES = """ID,sample date,infusion date,DV
1,2024-01-09,2024-01-01,5
1,2024-01-02,2024-01-01,310
2,2024-03-02,2024-03-01,<50
"""
CHANGING = """ID,TIME (d),DV,AMT,EVID,WBC,WT,NTIME
1,0,,1e8,1,5,70,0
1,7,100,,0,7,68,7
1,9,,,2,9,,
1,14,80,,0,,66,14
2,1,,1e8,1,,50,0
2,8,3,,0,4,50,7
"""
DIFFER = """USUBJID,SUBJID,ID,TIME (d),DV,DOSE,Day,AVALC,RATE,CMT,=x
S-1,1,7,0,5,3,0,a,1,1,+1
S-1,1,7,7,6,3,7,b,2,2,-z
S-2,1,8,7,6,3,7,b,2,2,'=q
"""
INFUSED = """ID,TIME (d),DV,AMT,EVID,RATE,CMT,ADDL,II,SS
1,0,,100,1,20,2,2,3,0
1,7,5,,0,,1,,,
1,8,,50,4,0,1,0,0,0
1,9,7,,0,,1,,,
1,12,,0,3,,,,,
1,13,,90,1,0,1,0,2,1
1,15,3,,0,,1,,,
2,0,,9,1,3,2,0,0,0
2,1,4,,0,,1,,,
"""
UNTREATED = HEAD + "AMT,EVID,OCC\n1,0,,1e8,1,\n1,7,5,,0,\n2,3,5,,0,\n"
LOGS = HEAD + "LLOQ\n1,0,-1.5,0\n1,7,2.25,0\n1,8,0.5,1\n"
TWICE = HEAD + "DVID\n1,7,5,a\n1,7,6,a\n1,7,5,b\n1,7,6,a\n1,9,<2,a\n2,7,5,b\n2,7,4,a\n"
INTERVALS = HEAD + "CENS,LIMIT\n1,0,5,1,2\n1,7,9,-1,20\n1,8,>30,-1,\n1,9,4,0,\n"
TWO = "ID,TIME (d),DV,PARAM,PCSPEC,ASSAY,AVALU\n" + "".join(
    f"P1,{t},{100 * i + t},{o},{m},{('qPCR', 'flow')[i % 2]},{u}\n" for t in (1, 7)
    for i, (o, m, u) in enumerate((("a", "blood", "copies/ug"), ("a", "CSF", "copies/ug"), ("b", "blood", "IU/L"))))
BESIDE = HEAD + "DOSEA,DOSEU,ARM\n1,0,5,2,10^6 cells/kg,NA\n1,7,6,2,10^6 cells/kg,A\n2,7,6,1,10^6 cells/kg,B\n"
BESIDE = BESIDE.replace("ARM", "ARM,WT").replace("kg,NA", "kg,NA,50").replace("kg,A", "kg,A,50").replace("kg,B", "kg,B,60")
WIDE = "ID,arm,d0,d3,d7\nP1,A,BLQ,120,5200\nP2,B,0,80,700\n"
STUDY = HEAD.replace("TIME (d)", "PCDY") + "AMT,EVID\n1,1,,1e8,1\n1,-3,5,,0\n1,8,6,,0\n"
# files that ask: how they were answered
ANSWERED = {
    "untreated": (UNTREATED, Reading(untreated=True)), "logarithms": (LOGS, Reading(logarithms="kept")),
    "logarithms turned back": (LOGS, Reading(logarithms="e")), "replicates": (TWICE, Reading(duplicates="keep")),
    "means": (TWICE, Reading(duplicates="mean")), "an output": (TWICE, Reading(duplicates="keep", output="a")),
    "days": (WIDE, Reading(infusion_day=3)), "a unit": (PLAIN, Reading(unit="10^9/L", time_unit="h", limit=0.1)),
    "units of outputs": (TWICE, Reading(duplicates="keep", units={"a": "copies/100 ng", "b": "mg/L"})),
    "said": (HEAD + "X,Y\n1,0,5,a,1\n1,0,6,b,1\n1,1,5,a,2\n1,1,8,b,1\n", Reading(columns={"X": "DVID", "Y": "covariate"})),
    "one dose": (STATED, Reading(dose=2, dose_unit="10^6 cells/kg")), "weeks": (PLAIN, Reading(time_unit="week")),
}  # fmt: skip
MORE = {"dates": DATES, "changing covariates": CHANGING, "headings that mean the same": DIFFER,
        "infusions and resets": INFUSED, "intervals": INTERVALS, "outputs": TWO, "doses beside samples": BESIDE,
        "study days": STUDY,
        "an empty column of occasions": DOSED.replace("AMTU", "AMTU,OCC").replace("\n", ",\n").replace("OCC,", "OCC")}
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


ALL = {name: (text, None) for name, text in (FILES | MORE).items()} | ANSWERED


@pytest.mark.parametrize(("text", "reading"), ALL.values(), ids=ALL)
def test_what_was_settled_once_is_not_asked_again(tmp_path, text, reading):
    """The canonical table reads back to the same data, whatever was answered, with every covariate and mark."""
    data = read(tmp_path, text, reading)
    write_csv(data.table(), tmp_path / "canonical.csv")
    back = read_data(tmp_path / "canonical.csv")
    alike(data, back)
    write_csv(back.table(), tmp_path / "again.csv")
    alike(data, read_data(tmp_path / "again.csv"))


def alike(one, other, place="") -> None:
    """Everything but names, lines and notes; numbers to rounding, as times lose and gain that of the infusion."""
    if isinstance(one, Changes):  # a dose beside samples gets a row, which says the same once more
        said = [{(s, round(t, 9), x) for s, t, x in zip(c.subject, c.time, c.text, strict=True)} for c in (one, other)]
        assert said[0] == said[1], place
    elif is_dataclass(one) and is_dataclass(other):
        for field in fields(one):
            if field.name not in ("name", "line", "notes", "zero"):
                alike(getattr(one, field.name), getattr(other, field.name), f"{place}.{field.name}")
    elif isinstance(one, dict):
        assert set(one) == set(other), place
        for key, value in one.items():
            alike(value, other[key], f"{place}.{key}")
    elif isinstance(one, np.ndarray) and one.dtype.kind == "f":
        np.testing.assert_allclose(other, one, rtol=1e-13, atol=1e-13, err_msg=place)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(other, one, err_msg=place)
    else:  # one dose for each profile gets rows of its own
        assert one == other or (place == ".doses" and one is None), place


@pytest.mark.parametrize("name", ["ID", "TIME", "DV", "UNIT", "EVID", "OCC", "TIMEUNIT", "REPLICATE"])
def test_a_covariate_takes_the_place_of_no_other_column(tmp_path, name):
    said = {"who": "ID", "when": "TIME", "level": "DV", name: "covariate"}
    data = read(tmp_path, f"who,when,level,{name}\nA,0,5,x\nA,7,6,x\nB,0,5,y\n", Reading(columns=said, time_unit="d"))
    write_csv(data.table(), tmp_path / "canonical.csv")
    back = read_data(tmp_path / "canonical.csv")
    assert back.covariates[f"{name}_"].tolist() == ["x", "y"] and back.dv.tolist() == data.dv.tolist()
    assert back.subjects == data.subjects and back.time_unit == "d"


def test_every_answer_is_walked():
    """A new answer about a file is one that its canonical table has to keep."""
    asked = {field.name for field in fields(Reading)} - {"assay", "date_order", "pool_assays", "sheet", "dose_unit"}
    given = {name for _, reading in ANSWERED.values() for name, value in vars(reading).items() if value}
    assert asked <= given


def test_what_nca_writes_is_read_as_exposures(tmp_path):
    from livingdrug.nca import nca
    from livingdrug.response import read_subjects

    result = nca(read(tmp_path, STATED))
    write_csv(result.wide(), tmp_path / "wide.csv")
    found = read_subjects(tmp_path / "wide.csv")
    assert found.ids == result.data.subjects
    np.testing.assert_array_equal(found.columns["CMAX"].astype(float), result.values["CMAX"])


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
