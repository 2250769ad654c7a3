"""Shapes in which people keep their data: a column per day, a row per parameter, CDISC domains, no subject, no headings."""

import shlex

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, check, check_endpoints, read_data
from livingdrug.data.wide import read_moment
from livingdrug.response import read_events, read_subjects

CURVES = {"P1": ("60", "9000", "4000", "700"), "P2": ("<50", "12000", "", "900")}
DAYS = (0, 7, 14, 28)


def write(folder, text: str, name: str = "data.csv"):
    path = folder / name
    path.write_text(text)
    return path


def wide(*headings: str) -> str:
    return f"ID,{','.join(headings)},ARM\n" + "".join(f"{who},{','.join(v)},A\n" for who, v in CURVES.items())


@pytest.mark.parametrize("pattern", ["D{}", "Day {}", "day_{}", "d{}", "{} d", "CART D{}", "CART_day{}", "copies/ug D{}",
                                     "Day {} (copies/ug)", "Day{}", "{}d"])  # fmt: skip
def test_a_column_per_day_is_a_row_per_sample(pattern, tmp_path):
    checked = check(write(tmp_path, wide(*(pattern.format(day) for day in DAYS))), Reading(infusion_day=0))
    data = checked.data
    assert data.time.tolist() == [0, 7, 14, 28, 0, 7, 28] and data.time_unit == "d"
    assert data.dv.tolist() == [60, 9000, 4000, 700, 50, 12000, 900] and data.line.tolist() == [2] * 4 + [3] * 3
    assert data.covariates["ARM"].tolist() == ["A", "A"]
    assert set(data.profiles.unit) == ({"copies/ug"} if "copies" in pattern else {""})
    assert any("the table is wide: 4 columns" in note for note in checked.notes)
    assert {c.meaning for c in checked.columns} == {"ID", "TIME", "DV", "covariate"}
    with pytest.raises(InputError, match="as day 0 or as day 1"):
        read_data(write(tmp_path, wide(*(pattern.format(day) for day in DAYS))))


def test_plain_numbers_and_hours_are_times_too(tmp_path):
    data = read_data(write(tmp_path, wide("0", "7", "14", "28")))
    assert data.time.tolist() == [0, 7, 14, 28, 0, 7, 28] and data.time_unit == ""
    assert read_data(write(tmp_path, wide("0 h", "24 h", "48h", "h 96"))).time_unit == "h"


def test_several_outputs_in_wide_columns_stay_apart(tmp_path):
    text = "ID,CART D0,CART D7,IL6 D0,IL6 D7\nP1,1,5,30,900\n"
    data = read_data(write(tmp_path, text), Reading(infusion_day=0))
    assert data.profiles.output.tolist() == ["CART", "IL6"] and data.dv.tolist() == [1, 5, 30, 900]


@pytest.mark.parametrize("heading", ["IL6", "CD19", "CMAX", "AGE", "AUC28", "arm 2b", "P1", "T2", "dose 1", "Q10", "H3K27"])
def test_other_headings_with_numbers_are_no_times(heading):
    assert read_moment(heading) is None


def test_a_table_with_times_is_never_turned(tmp_path):
    data = read_data(write(tmp_path, "ID,TIME,DV,D1,D2,D3\nA,0,5,1,2,3\nA,7,9,1,2,3\n"))
    assert data.rows == 2


@pytest.mark.parametrize("rows", ["1,5\n3,9\n7,2\n", "1,<5\n3,9\n7,\n9,1\n"])
def test_one_curve_without_a_subject_is_one_subject(rows, tmp_path):
    checked = check(write(tmp_path, "time,conc\n" + rows))
    assert checked.ok and checked.data.subjects == ("1",)
    assert any("all rows are one subject" in note for note in checked.notes)


@pytest.mark.parametrize("text", [
    "time,conc\n1,5\n3,9\n1,5\n3,9\n", "time,conc\n1,5\n1,9\n", "time,conc,who\n1,5,A\n3,9,B\n7,2,B\n",
    "time,conc,nr\n1,5,1\n3,9,1\n7,2,2\n", "time,conc,who\n7,5,A\n3,9,A\n",
], ids=["stacked", "doubles", "words", "numbers", "falling"])  # fmt: skip
def test_rows_that_may_be_several_subjects_need_a_name(text, tmp_path):
    with pytest.raises(InputError, match="no column means ID"):
        read_data(write(tmp_path, text))


@pytest.mark.parametrize(("first", "taken"), [("1 2 3 4", True), ("0 1 2 3", True), ("a b c d", True), ("1 5 9 11", True),
                                              ("a a b b", False), ("1 1 2 2", False)])  # fmt: skip
def test_a_first_column_without_a_name_is_ignored_only_where_it_names_rows(first, taken, tmp_path):
    rows = ["P1,0,5", "P1,7,9", "P2,0,6", "P2,7,8"]
    text = ",ID,TIME,DV\n" + "".join(f"{name},{row}\n" for name, row in zip(first.split(), rows, strict=True))
    if not taken:
        with pytest.raises(InputError, match="column 1 has no heading"):
            check(write(tmp_path, text))
        return
    checked = check(write(tmp_path, text))
    assert checked.data.subjects == ("P1", "P2") and any("column 1 has no heading" in note for note in checked.notes)


def test_row_names_are_no_subjects_and_not_lost_where_nothing_else_names_them(tmp_path):
    with pytest.raises(InputError, match="ID, if it names the subjects"):
        check(write(tmp_path, ",TIME,DV\nP1,0,5\nP2,7,9\n"))


@pytest.mark.parametrize("text", ["P1,0,5\nP1,7,900\nP2,0,6\n", "1;0;5\n1;7;900\n2;0;<50\n", "1\t0\t5\n1\t7\t900\n"])
def test_a_file_without_headings_is_told_so(text, tmp_path):
    with pytest.raises(InputError, match="no line of headings: line 1 holds"):
        check(write(tmp_path, text))


@pytest.mark.parametrize(("text", "options"), [
    ("Pat.-Nr.,Zeit,Wert\n1,1,5\n1,3,9.5\n2,1,5\n2,3,9\n", ["Pat.-Nr.=ID", "Zeit=TIME", "Wert=DV"]),
    ("ID,TIME,LIDV\nA,1,5\nA,3,9.5\n", ["LIDV=DV"]), ("ID,NOMTIME,LIDV\nA,1,5\nA,3,9.5\n", ["NOMTIME=TIME", "LIDV=DV"]),
    ("ID,TIME,signal (a.u.)\nA,1,5\nA,3,9.5\n", ["signal (a.u.)=DV"]),
    ("ID,TIME,STUDY,SD(A1)\nA,1,x,5\nA,3,x,9.5\n", []), ("USUBJID2,CTOT,x\n1,5,1\n7,9,2\n", []),
    ("ID,TIME,conc,level2\nA,1,x,y\nA,3,z,w\n", []), ("ID,TIME,result a,result b\nA,1,5,5\nA,3,9,9\n", []),
])  # fmt: skip
def test_only_columns_whose_values_fit_are_proposed_and_can_be_typed(text, options, tmp_path):
    text = text.replace("conc,", "konz,")
    with pytest.raises(InputError) as caught:
        check(write(tmp_path, text))
    words = shlex.split(str(caught.value).rpartition("; say which one does, ")[2].removeprefix("such as ")) if options else []
    assert [w for w in words if w != "--column"] == options
    assert options or "such as" not in str(caught.value)


PC = """USUBJID,PCSEQ,PCTESTCD,PCSPEC,PCORRES,PCORRESU,PCSTRESC,PCSTRESN,PCSTRESU,PCSTAT,PCLLOQ,VISIT,PCDTC,PCDY,PCRFTDTC
X-1,1,CART,BLOOD,<50,copies/ug,<50,,copies/ug,,50,D1,2024-03-02,2,2024-03-01
X-1,2,CART,BLOOD,9000,copies/ug,9000,9000,copies/ug,,50,D8,2024-03-08,8,2024-03-01
X-1,3,CART,BLOOD,,copies/ug,,,copies/ug,NOT DONE,50,D10,2024-03-10,10,2024-03-01
X-1,4,CART,MARROW,50000,copies/ug,50000,50000,copies/ug,,50,D8,2024-03-08,8,2024-03-01
X-1,5,CART,BLOOD,BLQ,copies/ug,BLQ,,copies/ug,,50,D29,2024-03-29,29,2024-03-01
"""


def test_the_domain_of_concentrations_keeps_what_is_below_its_limit(tmp_path):
    data = read_data(write(tmp_path, PC))
    assert data.profiles.output.tolist() == ["CART in BLOOD", "CART in MARROW"] and data.time_unit == "d"
    assert data.time.tolist() == [1, 7, 28, 7] and data.cens.tolist() == [1, 0, 1, 0] and (data.limit == 50).all()


def test_analysis_data_keep_the_text_beside_the_number(tmp_path):
    text = "USUBJID,PARAMCD,AVAL,AVALC,AVALU,AFRLT,RRLTU\n"
    text += "A,C,0,<50,copies/ug,0,h\nA,C,900,900,copies/ug,24,h\nA,C,,BLQ,copies/ug,96,h\n"
    data = read_data(write(tmp_path, text))
    assert data.cens.tolist() == [1, 0, 1] and data.limit[0] == 50 and data.time.tolist() == [0, 24, 96]


LONG = """USUBJID,PARAMCD,PARAM,AVAL,AVALC,AVALU,CNSR,ARM,ADY
S1,PFS,Progression-free,30,,DAYS,0,A,1
S1,OS,Overall,90,,DAYS,1,A,2
S1,BOR,Best response,,CR,,,A,3
S1,OVR,Response,,PR,,,A,4
S1,OVR,Response,,CR,,,A,5
S2,PFS,Progression-free,10,,DAYS,2,B,1
S2,BOR,Best response,,PD,,,B,3
"""


def test_a_row_per_parameter_becomes_a_row_per_subject(tmp_path):
    path = write(tmp_path, LONG)
    ends = check_endpoints(path)
    assert ends.ok and ends.subjects == ("S1", "S2") and ends.values["RESPONSE"].tolist() == ["CR", "PD"]
    assert ends.values["PFS"].tolist() == ["30", "10"] and ends.values["PFSEVENT"].tolist() == ["1", "0"]
    table = read_subjects(path)
    assert (
        table.units["PFS"] == "DAYS" and np.isnan(table.numbers("OS", "")[1]) and table.columns["ARM"].tolist() == ["A", "B"]
    )
    assert "ADY" not in table.columns and any("`OVR`" in note for note in table.notes)
    assert any("0 is an event" in note for note in table.notes)


def test_the_domain_of_parameters_gives_exposures(tmp_path):
    text = "USUBJID,PPTESTCD,PPSTRESN,PPSTRESC,PPSTRESU\n" + "".join(
        f"S{i},{code},{i * size},{i * size},{unit}\n" for i in (1, 2)
        for code, size, unit in (("CMAX", 100, "copies/ug"), ("AUCLST", 1000, "day*copies/ug")))  # fmt: skip
    table = read_subjects(write(tmp_path, text))
    assert table.numbers("CMAX", "").tolist() == [100, 200] and table.units["CMAX"] == "copies/ug"


def test_tables_that_are_one_row_per_subject_stay_as_they_are(tmp_path):
    table = read_subjects(write(tmp_path, "USUBJID,PARAMCD,AVAL,CNSR\nS1,PFS,30,0\nS2,PFS,10,1\n"))
    assert list(table.columns) == ["USUBJID", "PARAMCD", "AVAL", "CNSR"]


@pytest.mark.parametrize(("one", "other", "what"), [
    ("Mu\u0308ller", "M\u00fcller", "Unicode form"), ("P1", "\u04201", "look alike"), ("S\u20131", "S-1", "look alike"),
    ("A1", "\u03911", "look alike"), ("p1", "P1", "case"), ("01", "1", "leading zeros"),
])  # fmt: skip
def test_names_that_look_alike_are_pointed_out(one, other, what, tmp_path):
    (found,) = check(write(tmp_path, f"ID,TIME,DV\n{one},0,5\n{other},7,9\n")).findings
    assert found.severity == "warning" and what in found.problem


def test_names_that_look_alike_are_pointed_out_between_tables(tmp_path):
    from livingdrug.data import read_endpoints
    from livingdrug.response import with_endpoints

    table = read_subjects(write(tmp_path, "ID,CMAX\nP1,5\n\u04202,9\n"))
    joined = with_endpoints(table, read_endpoints(write(tmp_path, "ID,RESPONSE\nP1,CR\nP2,PD\n", "e.csv")))
    assert any("look alike" in note for note in joined.notes)


def test_dates_in_a_column_of_times_are_read_as_dates(tmp_path):
    data = read_data(write(tmp_path, "ID,time,DV,infusion date\nA,2024-03-08,5,2024-03-01\nA,2024-03-15,9,2024-03-01\n"))
    assert data.time.tolist() == [7, 14] and any("`time` minus `infusion date`" in note for note in data.notes)
    dosed = write(tmp_path, "ID,day,DV,AMT\nA,01.03.2024,,1e8\nA,08.03.2024,900,\n")
    assert read_data(dosed, Reading(date_order="dmy")).time.tolist() == [7]


@pytest.mark.parametrize("sign", ["#", "# "])
def test_remarks_above_the_headings_are_skipped_and_said(sign, tmp_path):
    text = f"{sign}made, by, hand\n{sign}ID\tx\nID,TIME,DV\nA,0,5\nA,7,9\n"
    checked = check(write(tmp_path, text))
    assert checked.data.rows == 2 and any("2 line(s) that start with #" in note for note in checked.notes)
    assert read_data(write(tmp_path, f"{sign}ID,TIME,DV\nA,0,5\nA,7,9\n")).rows == 2


def test_states_count_by_the_number_before_the_colon(tmp_path):
    text = "ID,OS,STATUS,ratio\nA,5,1:DECEASED,1:2\nB,7,0:LIVING,1:3\nC,8,,1:4\n"
    table = read_subjects(write(tmp_path, text))
    assert table.numbers("STATUS", "").tolist()[:2] == [1, 0] and table.columns["ratio"].tolist() == ["1:2", "1:3", "1:4"]


@pytest.mark.parametrize("said", [(), ("--event-value", "0"), ("--event-value", "1")])
def test_events_of_a_row_per_parameter_are_those_of_cnsr(said, tmp_path):
    """CNSR 0 is an event, whatever code is said: one of three subjects has one."""
    rows = "".join(f"S{i},PFS,{10 * i},{int(i > 1)}\nS{i},CMAX,{i},\n" for i in (1, 2, 3))
    table = read_subjects(write(tmp_path, "USUBJID,PARAMCD,AVAL,CNSR\n" + rows))
    assert read_events(table, "PFS_event", float(said[1]) if said else None)[0].tolist() == [1, 0, 0]


@pytest.mark.parametrize("code", ["-1", "0.5", "x", "<1"])
def test_a_cnsr_that_is_no_code_is_refused(code, tmp_path):
    rows = f"S1,PFS,10,{code}\nS1,CMAX,5,\nS2,PFS,9,0\nS2,CMAX,5,\n"
    with pytest.raises(InputError, match=f"line 2, column CNSR: `{code}` is no code"):
        read_subjects(write(tmp_path, "USUBJID,PARAMCD,AVAL,CNSR\n" + rows))


def test_states_whose_words_contradict_their_number_are_read_by_the_words(tmp_path):
    table = read_subjects(write(tmp_path, "ID,OS,STATUS\nA,5,0:DECEASED\nB,7,1:LIVING\n"))
    assert read_events(table, "STATUS", None)[0].tolist() == [1, 0]
