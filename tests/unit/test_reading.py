"""Reading tables: the same data in every dress, every fault with its line, nothing assumed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.core.errors import InputError
from livingdrug.data import Findings, Reading, check, read_data
from livingdrug.data.grid import grid_of_text
from livingdrug.nca import nca

PLAIN = """subject,time,conc
A,0,<50
A,3,310
A,7,5200.5
A,10,24000
A,14,11800
A,28,900
B,0,<50
B,5,120
B,9,7000
B,14,2200
B,28,<50
"""
STATED = Reading(time_unit="d", unit="copies/ug")


def write(folder, text: str, name: str = "data.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()]


def values(path, reading=STATED):
    """Numbers of an analysis, which do not depend on how the file was dressed."""
    result = nca(read_data(path, reading))
    return np.stack([result.values[code] for code in result.codes], axis=1)


def nonmem(text):
    lines = ["ID,TIME,DV,EVID,AMT,CENS,LIMIT"]
    for who in ("A", "B"):
        lines.append(f"{who},0,.,1,1e8,0,.")
        for subject, time, conc in rows(text)[1:]:
            if subject == who:
                below = conc.startswith("<")
                lines.append(f"{who},{time},{50 if below else conc},0,.,{int(below)},{'.' if below else 50}")
    return "\n".join(lines) + "\n"


def monolix(text):
    lines = ["id;time;y;cens;limit"]
    for subject, time, conc in rows(text)[1:]:
        below = conc.startswith("<")
        lines.append(f"{subject};{time};{'50' if below else conc};{int(below)};{'0' if below else '.'}".replace(".", ".", 1))
    return "\n".join(lines) + "\n"


def adnca(text):
    lines = ["USUBJID,PARAM,AVAL,AVALU,AFRLT,RRLTU,BLQFL,ALLOQ,DOSEA,DOSEU"]
    for subject, time, conc in rows(text)[1:]:
        below = conc.startswith("<")
        value = "" if below else conc
        lines.append(f"{subject},transgene,{value},copies/\u00b5g,{time},DAYS,{'Y' if below else 'N'},50,1e8,cells")
    return "\n".join(lines) + "\n"


def decimal_comma(text):
    return text.replace(",", ";").replace("5200.5", "5200,5").replace("conc", "conc [copies/\u03bcg DNA]")


def several_headings(text):
    body = text.splitlines()
    body[1:1] = ["(name),(d),(copies/ug)"]
    return "Study X\nexported by hand\n\n" + "\n".join(body) + "\n"


DRESSES = {
    "tabs": PLAIN.replace(",", "\t"), "bars": PLAIN.replace(",", "|"), "semicolons": PLAIN.replace(",", ";"),
    "blanks": PLAIN.replace(",", "   "), "nonmem": nonmem(PLAIN), "monolix": monolix(PLAIN), "adnca": adnca(PLAIN),
    "decimal comma": decimal_comma(PLAIN), "several headings": several_headings(PLAIN),
    "byte order mark": "\ufeff" + PLAIN, "windows lines": PLAIN.replace("\n", "\r\n"),
    "old mac lines": PLAIN.replace("\n", "\r"), "blank rows": PLAIN.replace("\nB,0", "\n\n,,\nB,0"),
    "quotes": "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows(PLAIN)),
    "utf-16": PLAIN.encode("utf-16"), "unit in the heading": PLAIN.replace("conc", "copies/\u00b5g"),
    "padded": PLAIN.replace(",", " , "),
}  # fmt: skip


@pytest.mark.parametrize("dress", DRESSES)
def test_one_data_set_in_every_dress_gives_the_same_numbers(dress, tmp_path):
    plain = values(write(tmp_path, PLAIN))
    assert np.array_equal(values(write(tmp_path, DRESSES[dress], "other.csv")), plain, equal_nan=True)


def test_windows_text_keeps_its_micro_sign(tmp_path):
    path = write(tmp_path, PLAIN.replace("conc", "conc (copies/\u00b5g)").encode("cp1252"))
    assert set(read_data(path, Reading(time_unit="d")).profiles.unit) == {"copies/ug"}


def test_excel_sheets_are_read_with_dates_titles_and_units(tmp_path):
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Study X"])
    sheet.append(["Subject", "Date", "Infusion date", "copies/\u00b5g"])
    start = datetime.date(2024, 2, 27)
    for day, value in ((0, "<50"), (3, 310), (7, 5200.5), (10, 24000), (14, 11800), (28, 900)):
        sheet.append(["A", start + datetime.timedelta(days=day), start, value])
    book.create_sheet("notes")
    book.save(tmp_path / "data.xlsx")
    data = read_data(tmp_path / "data.xlsx")
    assert data.time.tolist() == [0, 3, 7, 10, 14, 28] and data.time_unit == "d"
    assert any("`Date` minus `Infusion date`" in note for note in data.notes)
    assert any("notes" in note for note in data.notes)
    plain = values(write(tmp_path, "\n".join(PLAIN.splitlines()[:7])))
    assert np.array_equal(values(tmp_path / "data.xlsx", Reading()), plain, equal_nan=True)


def test_twelve_planted_faults_are_twelve_findings_with_their_lines(tmp_path):
    lines = ["ID,TIME,DV,EVID,AMT,CENS,LIMIT,UNIT"]
    for who in "ABCDEFGH":
        lines.append(f"{who},0,,1,1e8,0,,")
        lines += [f"{who},{day},{level},0,,0,50,copies/ug" for day, level in ((1, 60), (7, 5200), (14, 900), (28, 90))]
    faults = {
        3: "A,1,n/a?,0,,0,50,copies/ug", 5: "A,,900,0,,0,50,copies/ug", 8: "B,1,-60,0,,0,50,copies/ug",
        10: "B,14,inf,0,,0,50,copies/ug", 13: ",1,60,0,,0,50,copies/ug", 15: 'C,14,"1,900",0,,0,50,copies/ug',
        17: "D,0,,1,,0,,", 19: "D,7,5200,9,,0,50,copies/ug", 24: "E,7,5200,0,,2,50,copies/ug",
        29: "F,7,40,0,,0,50,copies/ug", 34: "G,7,5200,0,,0,50,furlongs", 41: "H,14,95,0,,0,50,copies/ug",
    }  # fmt: skip
    for line, text in faults.items():
        lines[line - 1] = text
    found = check(write(tmp_path, "\n".join(lines) + "\n")).findings
    assert [f.line for f in found] == sorted(faults) and len(found) == 12
    assert all(f.problem and f.fix for f in found)


def test_rows_with_too_many_or_too_few_cells_are_named(tmp_path):
    found = check(write(tmp_path, PLAIN.replace("A,7,5200.5", "A,7,5200.5,7").replace("B,5,120", "B,5"))).findings
    assert [(f.line, f.code) for f in found] == [(4, "ragged-row"), (9, "ragged-row")]


def test_lines_are_those_of_the_file_even_behind_quoted_line_ends(tmp_path):
    text = 'subject,time,conc,comment\nA,0,1,"two\nlines"\nA,1,x,\nA,2,3,\n'
    assert [f.line for f in check(write(tmp_path, text)).findings] == [4]


@pytest.mark.parametrize("order", range(3))
def test_permuted_rows_give_the_same_results(order, tmp_path):
    header, *body = nonmem(PLAIN).splitlines()
    shuffled = np.random.default_rng(order).permutation(body)
    path = write(tmp_path, "\n".join([header, *shuffled]) + "\n")
    plain = write(tmp_path, nonmem(PLAIN), "b.csv")
    assert nca(read_data(path, STATED)).table().equals(nca(read_data(plain, STATED)).table())


def test_the_swift_and_the_careful_reader_agree(tmp_path):
    swift, careful = Findings(), Findings()
    plain = grid_of_text(PLAIN, "a", swift)
    quoted = grid_of_text("\n".join(",".join(f'"{c}"' for c in row) for row in rows(PLAIN)), "a", careful)
    assert plain.headings == quoted.headings and plain.lines.tolist() == quoted.lines.tolist()
    assert all(np.array_equal(a, b) for a, b in zip(plain.columns, quoted.columns, strict=True))


def test_the_day_of_the_infusion_is_asked(tmp_path):
    path = write(tmp_path, "subject,day,conc\nA,1,0\nA,4,310\nA,8,5200\nA,15,900\n")
    with pytest.raises(InputError, match="--infusion-day 0 or --infusion-day 1"):
        read_data(path)
    assert read_data(path, Reading(infusion_day=0)).time.tolist() == [1, 4, 8, 15]
    assert read_data(path, Reading(infusion_day=1)).time.tolist() == [0, 3, 7, 14]


def test_study_days_know_no_day_0(tmp_path):
    path = write(tmp_path, "subject,day,conc\nA,-1,0\nA,1,0\nA,8,5200\n")
    assert read_data(path, Reading(infusion_day=1)).time.tolist() == [-1, 0, 7]


def test_a_dose_row_answers_the_question_of_the_day(tmp_path):
    path = write(tmp_path, "subject,day,conc,dose\nA,1,,1e8\nA,4,310,\nA,8,5200,\n")
    assert read_data(path).time.tolist() == [3, 7]


def test_dates_need_an_order_that_was_said(tmp_path):
    path = write(tmp_path, "subject,date,infusion date,conc\nA,02/03/2024,01/03/2024,310\nA,09/03/2024,01/03/2024,5200\n")
    with pytest.raises(InputError, match="--date-order dmy or mdy"):
        read_data(path)
    assert read_data(path, Reading(date_order="dmy")).time.tolist() == [1, 8]


def test_a_reinfusion_starts_a_new_profile(tmp_path):
    text = "ID,TIME,DV,AMT\nA,0,,1e8\nA,7,500,\nA,60,80,\nA,90,,2e8\nA,90,60,\nA,97,900,\n"
    data = read_data(write(tmp_path, text), STATED)
    assert data.profiles.occasion.tolist() == ["1", "2"] and data.profiles.dose.tolist() == [1e8, 2e8]
    assert data.time.tolist() == [7, 60, 0, 7]
    split = "ID,TIME,DV,AMT,OCC\nA,0,,1e7,1\nA,1,,3e7,1\nA,2,,6e7,1\nA,9,500,,1\n"
    joined = read_data(write(tmp_path, split, "b.csv"), STATED)
    assert joined.profiles.dose.tolist() == [1e8] and joined.time.tolist() == [9]


def test_doses_per_kg_take_the_weight(tmp_path):
    path = write(tmp_path, "ID,TIME,DV,AMT (cells/kg),WT\nA,0,,2e6,50\nA,7,500,,50\n")
    data = read_data(path, STATED)
    assert data.profiles.dose.tolist() == [1e8] and data.dose_unit == "cells"


def test_what_simulate_writes_is_read_unedited(tmp_path):
    from livingdrug.models import get_model
    from livingdrug.simulation import draw_subjects, observe, simulate

    model = get_model("stein_2019")
    result = simulate(model, draw_subjects(model, 5, 1), times=[0.0, 3, 7, 10, 14, 21, 28])
    observe(model, result, 50.0).to_csv(tmp_path / "seen.csv", index=False)
    result.table().to_csv(tmp_path / "true.csv", index=False)
    for name in ("seen.csv", "true.csv"):
        checked = check(tmp_path / name)
        assert checked.ok and not checked.findings
        assert checked.data.time_unit == "d" and set(checked.data.profiles.unit) == {"copies/ug"}
    assert (read_data(tmp_path / "seen.csv").limit == 50).all()


def test_outputs_that_name_the_unit_of_time_exist_only_in_models_that_count_days():
    from livingdrug.data.meanings import SIMULATED_IN_DAYS
    from livingdrug.models import get_model, list_models

    units = {(o.name, m.time_unit) for m in map(get_model, list_models()) for o in m.system.outputs}
    assert {unit for name, unit in units if name in SIMULATED_IN_DAYS} == {"d"}


def test_zeros_are_never_measured_zeros_in_silence(tmp_path):
    data = read_data(write(tmp_path, "ID,TIME,DV\nA,0,0\nA,7,500\n"))
    assert data.cens.tolist() == [1, 0] and np.isnan(data.limit[0])
    assert any("1 value(s) are 0 and no limit is stated" in note for note in data.notes)
    said = read_data(write(tmp_path, "ID,TIME,DV\nA,0,0\nA,7,500\n", "b.csv"), Reading(limit=50))
    assert said.limit.tolist() == [50, 50] and said.cens.tolist() == [1, 0]


def test_assays_are_pooled_only_when_said(tmp_path):
    path = write(tmp_path, "ID,TIME,DV,ASSAY\nA,0,60,qPCR\nA,7,500,ddPCR\n")
    apart = read_data(path)
    assert apart.profiles.assay.tolist() == ["ddPCR", "qPCR"]
    assert any("--pool-assays joins them" in note for note in apart.notes)
    joined = read_data(path, Reading(pool_assays=True))
    assert joined.profiles.assay.tolist() == ["ddPCR+qPCR"] and any("pooled" in note for note in joined.notes)


def test_a_double_is_a_fault_until_a_mean_is_asked_for(tmp_path):
    path = write(tmp_path, "subject,time,conc\n9,0,5\n9,3,12.7\n9,3,8.0\n9,6,1\n")
    found = check(path).findings
    assert [(f.line, f.code) for f in found] == [(4, "double")] and "line 3" in found[0].problem
    data = read_data(path, Reading(duplicates="mean"))
    assert data.dv.tolist() == [5, 10.35, 1] and any("mean" in note for note in data.notes)


def test_rows_left_out_need_a_reason(tmp_path):
    path = write(tmp_path, "ID,TIME,DV,EXCL,EXCLRSN\nA,0,5,,\nA,3,900,Y,sample mixed up\nA,7,1,Y,\n")
    assert [(f.line, f.code) for f in check(path).findings] == [(4, "exclusion")]


def test_columns_are_explained_and_can_be_corrected(tmp_path):
    path = write(tmp_path, "who,when,what\nA,0,5\nA,3,9\n")
    with pytest.raises(InputError, match="no column means ID or TIME or DV among `who`, `when`, `what`"):
        check(path)
    said = Reading(columns={"who": "ID", "when": "TIME", "what": "DV"})
    checked = check(path, said)
    assert [(c.meaning, c.why) for c in checked.columns] == [(m, "you said so") for m in ("ID", "TIME", "DV")]
    with pytest.raises(InputError, match="unknown column `whom`; did you mean `who`"):
        check(path, Reading(columns={"whom": "ID"}))
    with pytest.raises(InputError, match="unknown meaning `Tme`; did you mean `TIME`"):
        check(path, Reading(columns={"when": "Tme"}))


def test_logarithms_are_not_taken_for_levels(tmp_path):
    with pytest.raises(InputError, match="looks like logarithms"):
        check(write(tmp_path, "ID,TIME,LNDV\nA,0,1\n"))


@pytest.mark.parametrize(("said", "sentence"), [
    ({"unit": "IU/L"}, "--unit `IU/L`"), ({"time_unit": "months"}, "--time-unit `months`"), ({"limit": -1.0}, "limit is -1"),
    ({"dose_unit": "mg/L"}, "--dose-unit `mg/L`"), ({"dose": float("nan")}, "dose"),
    ({"units": {"a": "IU/L"}}, "--unit `IU/L`"),
])  # fmt: skip
def test_answers_that_do_not_fit_are_refused(said, sentence):
    with pytest.raises(InputError, match=sentence):
        Reading(**said)


def test_stated_units_are_not_overruled(tmp_path):
    path = write(tmp_path, "ID,TIME (h),DV,UNIT\nA,0,5,cells/uL\nA,3,9,cells/\u03bcL\n")
    found = check(path, Reading(time_unit="d", unit="copies/ug")).findings
    assert sorted(f.code for f in found) == ["time-unit", "unit"]


@pytest.mark.parametrize(("heading", "unit"), [
    ("Transgene copies/\u00b5g DNA", "copies/ug"), ("copies_ug", "copies/ug"), ("CAR+ cells/\u03bcL", "cells/uL"),
    ("level (copies per microgram)", "copies/ug"),
])  # fmt: skip
def test_a_heading_may_carry_the_unit(heading, unit, tmp_path):
    path = write(tmp_path, f"Patient,Day post infusion,{heading}\nA,0,5\nA,3,9\n")
    data = read_data(path)
    assert set(data.profiles.unit) == {unit} and data.time_unit == "d"


def test_rows_out_of_order_are_noted_and_outputs_one_after_the_other_are_not(tmp_path):
    sorted_note = "rows were not in order of time"
    mixed = read_data(write(tmp_path, "ID,TIME,DV\nA,7,5\nB,0,9\nA,3,9\nB,3,9\n"))
    assert any(sorted_note in note for note in mixed.notes)
    blocks = "ID,TIME,DV,DVID\nA,0,5,x\nA,7,9,x\nA,0,5,y\nA,7,9,y\n"
    assert not any(sorted_note in note for note in read_data(write(tmp_path, blocks)).notes)


def test_subjects_without_a_usable_sample_are_named(tmp_path):
    data = read_data(write(tmp_path, "ID,TIME,DV\nA,0,5\nA,7,9\nB,0,.\nB,7,\n"))
    assert any("1 subject(s) have no sample that can be used, so no results of their own: B" in note for note in data.notes)


def test_doubles_are_averaged_alike_in_any_order(tmp_path):
    body = ["A,0,0.1", "A,0,0.2", "A,0,0.3", "A,7,9"]
    means = {
        read_data(write(tmp_path, "ID,TIME,DV\n" + "\n".join(rows) + "\n"), Reading(duplicates="mean")).dv[0]
        for rows in (body, body[::-1], [body[1], body[2], body[0], body[3]])
    }
    assert len(means) == 1


def test_nonmem_dose_rows_without_evid_may_hold_a_0(tmp_path):
    data = read_data(write(tmp_path, "ID,TIME,AMT,DV\nA,0,1e8,0\nA,3,.,310\nA,7,0,5200\nB,0,2e8,0\nB,3,.,90\n"))
    assert data.time.tolist() == [3, 7, 3] and data.profiles.dose.tolist() == [1e8, 2e8]


def test_a_dose_beside_every_sample_is_no_event(tmp_path):
    data = read_data(write(tmp_path, "ID,TIME,AMT,DV\nA,0,1e8,0\nA,3,1e8,\nA,7,1e8,5200\nA,9,1e8,0\n"))
    assert data.time.tolist() == [0, 7, 9] and data.profiles.dose.tolist() == [1e8]


@pytest.mark.parametrize("shape", ["S{:03d}", "{:d}", "P{:d}-{:02d}", "x{:02d}y{:d}"])
def test_names_are_sorted_by_their_numbers_however_they_are_written(shape):
    from livingdrug.data.order import natural_key, naturally_sorted

    draw = np.random.default_rng(2)
    texts = list(dict.fromkeys(shape.format(*draw.integers(0, 300, 2).tolist()) for _ in range(200)))
    assert naturally_sorted(texts) == sorted(range(len(texts)), key=lambda i: natural_key(texts[i]))
    assert naturally_sorted([]) == []


@given(st.lists(st.text("aA01\n\t\x1c\x0b é\u0430-"), max_size=6))
def test_names_folded_at_once_are_those_folded_one_by_one(names):
    from livingdrug.data.names import all_folded, folded

    assert all_folded(names) == [folded(name) for name in names]


def test_rows_in_any_order_make_the_same_table(tmp_path):
    head, *rows = PLAIN.splitlines()
    shuffled = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))]
    one = read_data(write(tmp_path, PLAIN), STATED)
    other = read_data(write(tmp_path, "\n".join([head, *shuffled, ""]), "other.csv"), STATED)
    for name in ("profile", "time", "dv", "cens", "limit"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)


@pytest.mark.parametrize("texts", [[], ["b", "a", "b", "", "a"], [str(i % 70) for i in range(300)]])
def test_the_different_texts_are_the_same_found_one_by_one_or_by_pandas(texts, monkeypatch):
    from livingdrug.data import distinct

    column = np.array(texts, dtype=object)
    one_by_one = distinct.distinct(column)
    monkeypatch.setattr(distinct, "MANY", 0)
    by_pandas = distinct.distinct(column)
    assert one_by_one[0].tolist() == by_pandas[0].tolist() and one_by_one[1].tolist() == by_pandas[1].tolist()


@pytest.mark.parametrize("sign", [",", "\t", ";"])
@pytest.mark.parametrize("more", ["", "A,40, 3.5\n", "C,0,1\nC,3,<50\n", "C\u2028,0,1\n\x1cC,\u3000\x0b3,<50\n"])
def test_small_and_large_texts_are_read_alike(sign, more, monkeypatch):
    from livingdrug.data import grid as grids

    text = (PLAIN + more).replace(",", sign)
    small = grid_of_text(text, "a.csv", Findings())
    monkeypatch.setattr(grids, "SMALL", 0)
    assert grids._fast_columns(text, sign, list(grids.part_rows(text, sign, "a.csv")), 3, 1) is not None
    large = grid_of_text(text, "a.csv", Findings())
    assert small.headings == large.headings and small.lines.tolist() == large.lines.tolist()
    assert [c.tolist() for c in small.columns] == [c.tolist() for c in large.columns]
