"""Columns that people have: what tells samples apart, what leaves rows out, what says nothing; each kind walked over."""

import itertools

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, check, read_data
from livingdrug.nca import nca

BLOOD = ((0, 60), (3, 800), (7, 12000), (10, 21000), (15, 9000), (21, 4000), (28, 1500))
MARROW = ((14, 58000), (27, 15000))
SAME_DAYS = ((7, 300), (15, 58000))
STATED = Reading(time_unit="d")


def write(folder, text: str):
    path = folder / "data.csv"
    path.write_text(text)
    return path


def two_in_one(column: str, labels: tuple[str, str], second) -> str:
    rows = [(t, f"P1,{t},{v},{labels[0]}") for t, v in BLOOD] + [(t, f"P1,{t},{v},{labels[1]}") for t, v in second]
    return f"ID,TIME,DV,{column}\n" + "".join(row + "\n" for _, row in sorted(rows))


def peaks(data) -> dict[str, float]:
    result = nca(data)
    return dict(zip(data.profiles.output.tolist(), result.values["CMAX"].tolist(), strict=True))


@pytest.mark.parametrize("second", [MARROW, SAME_DAYS])
@pytest.mark.parametrize("column", ["PCSPEC", "Specimen", "matrix", "tissue", "DVID", "y_ID", "PCTEST"])
def test_known_columns_make_profiles_of_their_own(column, second, tmp_path):
    path = write(tmp_path, two_in_one(column, ("BLOOD", "MARROW"), second))
    assert peaks(read_data(path, STATED)) == {"BLOOD": 21000, "MARROW": 58000}
    assert peaks(read_data(path, Reading(time_unit="d", output="blood"))) == {"BLOOD": 21000}
    with pytest.raises(InputError, match="unknown output `bloot`; did you mean `BLOOD`"):
        read_data(path, Reading(output="bloot"))


@pytest.mark.parametrize("second", [MARROW, SAME_DAYS])
@pytest.mark.parametrize("column", ["CMT", "NAME", "position", "Probe", "what was drawn", "ANALYT"])
@pytest.mark.parametrize("labels", [("1", "2"), ("A", "B"), ("0", "1"), ("N", "Y")])
def test_unknown_columns_that_come_back_are_a_question_that_names_them(column, labels, second, tmp_path):
    path = write(tmp_path, two_in_one(column, labels, second))
    (found,) = check(path, STATED).findings
    assert (found.code, found.column, found.severity) == ("tells-apart", column, "error")
    assert "mean" not in found.fix and "=DVID" in found.fix and "=covariate" in found.fix
    with pytest.raises(InputError, match="tell outputs or matrices apart"):
        read_data(path, Reading(time_unit="d", duplicates="mean"))
    told = peaks(read_data(path, Reading(time_unit="d", columns={column: "DVID"})))
    assert told == {labels[0]: 21000, labels[1]: max(v for _, v in second)}


@pytest.mark.parametrize(("column", "asks"), [("CMT", True), ("position", True), ("Organ", True), ("state", False)])
def test_a_name_that_tells_apart_asks_also_where_one_value_follows_another(column, asks, tmp_path):
    path = write(tmp_path, two_in_one(column, ("1", "2"), ((60, 58000), (90, 9000))))
    assert check(path, STATED).ok is not asks


@pytest.mark.parametrize("known", [(), ("PARAM",), ("PARAM", "PCSPEC"), ("PCSPEC",)])
def test_three_columns_that_tell_apart_are_one_question_whose_answer_joins_them(known, tmp_path):
    import shlex

    heads = [*known, *("probe", "position", "organ")[len(known) :]]
    kinds = list(itertools.product("ab", "12", ("left", "right")))
    rows = "".join(f"P1,{t},{100 * i + t},{','.join(kind)}\n" for t in (1, 7, 14) for i, kind in enumerate(kinds))
    path = write(tmp_path, f"ID,TIME,DV,{','.join(heads)}\n{rows}")
    (found,) = check(path, STATED).findings
    unknown = [head for head in heads if head not in known]
    assert found.code == "tells-apart" and found.severity == "error" and "mean" not in found.fix
    assert len(unknown) == 1 or all(f"`{head}`: " in found.problem for head in unknown)
    words = shlex.split(found.fix.partition("say ")[2].partition(" (")[0])
    said = dict(word.rsplit("=", 1) for word in words if word != "--column")
    data = read_data(path, Reading(time_unit="d", columns=said))
    assert data.profiles.n == 8 and sorted(peaks(data).values()) == [100 * i + 14 for i in range(8)]
    assert all(word in " ".join(data.profiles.output) for word in ("left", "right", "a", "2"))
    one = read_data(path, Reading(time_unit="d", columns=said, output=str(data.profiles.output[3])))
    assert one.profiles.n == 1


def test_advice_can_be_typed_as_it_stands(tmp_path):
    import shlex

    path = write(tmp_path, two_in_one("what was drawn", ("A", "B"), MARROW))
    (found,) = check(path).findings
    words = shlex.split(found.fix.partition("say ")[2].partition(" (")[0])
    assert words == ["--column", "what was drawn=DVID"]


def test_an_output_and_a_matrix_make_profiles_of_both(tmp_path):
    rows = "".join(f"P1,{t},{100 * i + t},{o},{m}\n" for i, (o, m) in enumerate(itertools.product("ab", ("blood", "CSF")))
                   for t in (1, 7, 14))  # fmt: skip
    path = write(tmp_path, "ID,TIME,DV,PARAM,PCSPEC\n" + rows)
    assert peaks(read_data(path, STATED)) == {"a in CSF": 114, "a in blood": 14, "b in CSF": 314, "b in blood": 214}
    with pytest.raises(InputError, match="is `a in CSF`, `b in CSF`; name one of them"):
        read_data(path, Reading(output="CSF"))
    back = read_data(path, STATED)
    back.table().to_csv(tmp_path / "back.csv", index=False)
    assert peaks(read_data(tmp_path / "back.csv")) == peaks(back)


@pytest.mark.parametrize(("column", "values"), [
    ("VISIT", "B1 B2 B1 B2 B1 B2 B1"), ("comment", ",x,,,y,,x"), ("dose group", "A A A A A A A"), ("line", "1 2 1 2 1 2 1"),
    ("state", "A A A B B C C"), ("WBC", "1.5 2.5 1.5 3.5 1.5 2.5 9"), ("CRP", "11 32 13 44 15 67 89"),
    ("PCSPEC", "B B B B B B B"), ("DAY nominal", "0 3 7 10 14 21 28"),
])  # fmt: skip
def test_columns_that_describe_a_course_ask_nothing(column, values, tmp_path):
    cells = values.split(" ") if " " in values else values.split(",")
    rows = "".join(f"P1,{t},{v},{cell}\n" for (t, v), cell in zip(BLOOD, cells, strict=True))
    data = read_data(write(tmp_path, f"ID,TIME,DV,{column}\n{rows}"), STATED)
    assert data.profiles.n == 1 and nca(data).values["CMAX"][0] == 21000


def test_one_unit_is_not_said_for_several_outputs(tmp_path):
    path = write(tmp_path, two_in_one("DVID", ("CART", "blasts"), SAME_DAYS))
    with pytest.raises(InputError, match="2 outputs .*--unit CART=copies/ug"):
        read_data(path, Reading(unit="copies/ug"))
    data = read_data(path, Reading(units={"cart": "copies/ug"}))
    assert dict(zip(data.profiles.output, data.profiles.unit, strict=True)) == {"CART": "copies/ug", "blasts": ""}
    assert set(read_data(path, Reading(unit="copies/ug", output="CART")).profiles.unit) == {"copies/ug"}
    with pytest.raises(InputError, match="unknown output `cars`"):
        read_data(path, Reading(units={"cars": "copies/ug"}))
    with pytest.raises(InputError, match="--unit `IU/L` is not a unit"):
        Reading(units={"CART": "IU/L"})


def test_two_outputs_are_never_both_placed_among_a_product(tmp_path):
    from livingdrug.products import compare

    path = write(tmp_path, two_in_one("DVID", ("CART", "blasts"), SAME_DAYS))
    both = read_data(path, Reading(time_unit="d", units={"CART": "copies/ug", "blasts": "copies/ug"}))
    with pytest.raises(InputError, match="`CART`, `blasts`.*--output"):
        compare(nca(both), "tisagenlecleucel")
    one = compare(nca(read_data(path, Reading(time_unit="d", units={"CART": "copies/ug"}))), "tisagenlecleucel")
    assert set(one.table()["DVID"]) == {"CART"}


NOTHING = ("", ".", "NA", "N/A", "n/a", "NaN", "nan", "ND", "unknown", "UNKNOWN")


@pytest.mark.parametrize("word", NOTHING)
def test_a_word_for_nothing_says_nothing_in_every_column(word, tmp_path):
    """As reason, flag, limit, covariate, assay, dose, weight and mark of a missing value."""
    columns = "EXCL,NCA1XRS,EXCLFCOM,NCAXFL,CENS,MDV,LIMIT,AGE,ASSAY,WT".split(",")
    plain = {name: "" for name in columns}
    head = "ID,TIME,DV," + ",".join(columns) + "\n"

    def table(filler: str) -> str:
        cells = ",".join(filler for _ in plain)
        return head + "".join(f"P{who},{t},{v},{cells}\n" for who in (1, 2) for t, v in BLOOD)

    one, other = (read_data(write(tmp_path, table(filler)), STATED) for filler in ("", word))
    assert one.table().equals(other.table()) and one.notes == other.notes


@pytest.mark.parametrize("word", NOTHING)
def test_a_row_of_nothing_is_no_value_and_a_subject_of_nothing_is_refused(word, tmp_path):
    data = read_data(write(tmp_path, f"ID,TIME,DV\nA,0,5\nA,3,{word}\nA,7,9\n"), STATED)
    assert data.rows == 2 or (word.upper() == "ND" and data.cens.tolist() == [0, 1, 0])
    found = check(write(tmp_path, f"ID,TIME,DV\nA,0,5\n{word},3,6\n")).findings
    assert [(f.line, f.code) for f in found] == [(3, "no-subject")]


@pytest.mark.parametrize(("column", "cell", "words"), [
    ("NCAXFL", "Y", "NCAXFL = Y"), ("PKSUMXF", "Y", "PKSUMXF = Y"), ("NCA1XRS", "Haemolysed", "Haemolysed"),
    ("NCA2XRS", "late", "late"), ("NCA12XRS", "late", "late"), ("EXCLFCOM", "outlier", "outlier"), ("EXCL", "late", "late"),
])  # fmt: skip
def test_records_that_a_file_excludes_take_no_part_and_are_counted(column, cell, words, tmp_path):
    rows = "".join(f"P1,{t},{v},{cell if v == 21000 else 'N' if cell == 'Y' else ''}\n" for t, v in BLOOD)
    data = read_data(write(tmp_path, f"ID,TIME,DV,{column}\n{rows}"), STATED)
    assert nca(data).values["CMAX"][0] == 12000
    assert f"1 row(s) are left out as the file asks: {words}" in data.notes


def test_several_records_of_exclusion_add_up(tmp_path):
    text = "ID,TIME,DV,NCAXFL,NCA1XRS,EXCLFCOM\nA,0,1,,,\nA,3,900,Y,,mixed up\nA,7,800,,late,\nA,9,700,,,odd\nA,14,5,N,,\n"
    data = read_data(write(tmp_path, text), STATED)
    assert data.dv.tolist() == [1, 5] and sum("left out as the file asks" in note for note in data.notes) == 3


def test_cells_of_rows_that_take_no_part_are_not_judged(tmp_path):
    text = (
        "ID,TIME,DV,UNIT,LIMIT,EXCL,MDV\nA,0,5,copies/ug,2,,0\nA,x,clotted,furlongs,-1,clotted,0\nA,3,lost,copies/ug,2,,1\n"
    )
    checked = check(write(tmp_path, text + "A,7,9,copies/ug,2,,0\n"), STATED)
    assert checked.ok and checked.data.dv.tolist() == [5, 9]
    odd = check(write(tmp_path, text.replace(",clotted,0", ",,0")), STATED)
    assert {f.line for f in odd.findings} == {3}


@pytest.mark.parametrize("cell", ["<60", ">60", "high", "12,400", "60?"])
def test_a_numeric_covariate_with_a_cell_that_is_no_number_is_refused_by_line(cell, tmp_path):
    from livingdrug.fit.text import read_effects

    rows = "".join(f"P{who},{t},9,{100 + who if who != 3 else cell!r}\n" for who in range(8) for t in (1, 7))
    data = read_data(write(tmp_path, "ID,TIME,DV,FERR\n" + rows.replace("'", '"')), STATED)
    with pytest.raises(InputError, match="line 8, subject `P3`"):
        read_effects(["FERR on c_max"], data)
    assert len(read_effects(["FERR on c_max categorical"], data)) == 7


@pytest.mark.parametrize("first", [
    "P1,None,", "P1,D,", "P1,d,", "P1,h,", "P1,%,", "P1,cells,", "None,D,", "D,d,", "1,None,",
])  # fmt: skip
def test_no_subject_is_lost_to_a_line_of_units(first, tmp_path):
    from livingdrug.data import check_endpoints

    path = write(tmp_path, f"ID,bridging,arm\n{first}\nP2,Chemo,A\nP3,None,B\n")
    assert len(check_endpoints(path).subjects) == 3


@pytest.mark.parametrize("line", [",d,copies/ug", "(name),(d),(copies/ug)", ".,[d],", "text,d,", "-,h,%"])
def test_a_line_of_units_is_read_as_such(line, tmp_path):
    data = read_data(write(tmp_path, f"ID,TIME,DV\n{line}\nA,0,5\nA,7,9\n"))
    assert data.subjects == ("A",) and np.array_equal(data.time, [0, 7]) and data.time_unit == ("h" if "h" in line else "d")
