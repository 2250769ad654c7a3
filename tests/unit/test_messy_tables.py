"""What spreadsheets and programs leave in tables: read as meant, or said, never a silent gap or a wrong number."""

import numpy as np
import openpyxl
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, check, cross, read_data, read_endpoints

HEADINGS = ["ID", "TIME (d)", "DV"]


def workbook(path, rows, change=lambda sheet, book: None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active, book)
    book.save(path)
    return path


def text_file(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_a_merged_title_does_no_harm_and_merged_rows_do(tmp_path):
    rows = [["Transgene in blood"], HEADINGS, ["A", 0, 5], ["A", 7, 500]]
    assert check(workbook(tmp_path / "a.xlsx", rows, lambda sheet, _: sheet.merge_cells("A1:C1"))).ok
    found = check(workbook(tmp_path / "b.xlsx", rows, lambda sheet, _: sheet.merge_cells("A3:A4"))).findings
    assert {(f.code, f.line) for f in found} == {("merged-cells", 3), ("no-subject", 4)}


def test_formulas_saved_without_values_are_no_empty_cells(tmp_path):
    checked = check(workbook(tmp_path / "a.xlsx", [HEADINGS, ["A", 0, 5], ["A", 7, "=C2*100"], ["A", 9, "=C2*10"]]))
    (found,) = checked.findings
    assert (found.code, found.line, found.value, found.rows) == ("formula", 3, "C3", 2)


def test_a_number_shown_as_percent_is_not_read_as_a_hundredth(tmp_path):
    def percent(sheet, _):
        sheet["C3"].number_format = "0.0%"

    (found,) = check(workbook(tmp_path / "a.xlsx", [HEADINGS, ["A", 0, 5], ["A", 7, 0.125]], percent)).findings
    assert found.line == 3 and found.value == "12.5%" and "unit % in the heading" in found.fix


def test_hidden_rows_other_sheets_and_far_cells_are_said(tmp_path):
    def hide(sheet, _):
        sheet.row_dimensions[3].hidden = True

    notes = check(workbook(tmp_path / "a.xlsx", [HEADINGS, ["A", 0, 5], ["A", 7, 50]], hide)).notes
    assert "1 row(s) that the sheet hides or filters out are read like the others" in notes
    with pytest.raises(InputError, match="take another sheet .*`levels`"):
        check(workbook(tmp_path / "b.xlsx", [["See the next sheet"]], lambda _, book: book.create_sheet("levels")))

    def far(sheet, _):
        sheet["XFD1048576"] = 1

    with pytest.raises(InputError, match="reaches to row 1,048,576"):
        check(workbook(tmp_path / "c.xlsx", [HEADINGS, ["A", 0, 5]], far))


def test_the_line_of_excel_about_the_separator_is_obeyed(tmp_path):
    data = read_data(text_file(tmp_path / "a.csv", "sep=;\nID;TIME (d);copies/µg\nA;0;1,5\nA;7;20,25\n", "cp1252"))
    assert data.dv.tolist() == [1.5, 20.25] and data.line.tolist() == [3, 4]


def test_decimal_commas_hold_for_bridges_and_endpoints_too(tmp_path):
    text = "ID;TIME (d);copies/ug;WBC\nA;0;10,5;4000,5\nA;7;100,5;5000,5\n"
    crossed = cross(read_data(text_file(tmp_path / "a.csv", text)), "white_cells:wbc=WBC,vcn=1")
    assert crossed.dv.tolist() == pytest.approx([10.5 * 4000.5 * 6.6e-6, 100.5 * 5000.5 * 6.6e-6])
    ends = read_endpoints(text_file(tmp_path / "e.csv", "ID;PFS (d);PFS_event\nA;120,5;1\n"))
    assert ends.values["PFS"].tolist() == ["120.5"]


def test_rows_that_nonmem_skips_are_said_and_can_be_left_out(tmp_path):
    path = text_file(tmp_path / "a.csv", "C,ID,TIME,DV\n.,A,1,10\nC,A,2,999\n.,A,7,50\n")
    (found,) = check(path).findings
    assert (found.line, found.severity) == (3, "warning") and "--column C=EXCL" in found.fix
    assert read_data(path, Reading(columns={"C": "EXCL"})).dv.tolist() == [10, 50]


@pytest.mark.parametrize(("cell", "limit"), [("≤50", 50), ("< 50", 50), ("<=50", 50), ("< LOD", None), ("< LLOQ", None)])
def test_spellings_of_below_the_limit(cell, limit, tmp_path):
    data = read_data(text_file(tmp_path / "a.csv", f"ID,TIME,DV\nA,0,{cell}\nA,7,500\n"))
    assert data.cens.tolist() == [1, 0]
    assert np.isnan(data.limit[0]) if limit is None else data.limit[0] == limit


def test_subjects_that_lost_their_zeros_are_warned_about(tmp_path):
    (found,) = check(text_file(tmp_path / "a.csv", "ID,TIME,DV\n001,0,5\n1,7,50\n10,0,5\n100,0,5\n")).findings
    assert (found.line, found.severity) == (3, "warning") and "leading zeros" in found.problem


def test_suggested_options_can_be_pasted(tmp_path):
    with pytest.raises(InputError, match="--column '% CAR\\+ of CD3=DV'"):
        check(text_file(tmp_path / "a.csv", "ID,TIME,% CAR+ of CD3\nA,0,5\n"))


def test_very_many_alike_subjects_and_reasons_stay_readable(tmp_path):
    names = [f"{'a' if i % 2 else 'A'}{i // 2}" for i in range(4000)]
    rows = "".join(f"{name},{t},{t + 5},{'' if t else f'why {name}'}\n" for name in names for t in (0, 7))
    checked = check(text_file(tmp_path / "a.csv", "ID,TIME,DV,EXCL\n" + rows))
    assert len(checked.findings) == 2000 and len(checked.notes) < 30
    assert "3980 more row(s) are left out for 3980 other reasons that the file gives" in checked.notes
    assert len(checked.data.notes) < 60 and "and 1980 more warnings" in checked.data.notes[-1]
