"""Files as people have them: each visible case gives its right answer, or is refused with the column and the line.

Run as users run it, where warnings are no errors; one of a library, which they would not see, is a fault all the same.
"""

import csv
import json
from pathlib import Path

import pytest

from tests.commands import as_users_run

CASES = Path(__file__).parents[3] / "shared" / "reference" / "field_cases"
DAYS = ["--time-unit", "d"]


def run(case: str, command: str, *arguments: str, code: int = 0) -> str:
    """Standard output and error of a command in the folder of a case; --json where it succeeds and says so."""
    if not CASES.exists():
        pytest.skip("the reference folder field_cases is not on this machine")
    done = as_users_run(command, *arguments, cwd=CASES / case, columns=400)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "Warning" not in done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def values(case: str, *arguments: str) -> dict[tuple[str, str, str], float | None]:
    """(subject, output, code) -> value of an analysis."""
    rows = json.loads(run(case, "nca", *arguments, "--json"))["results"]
    return {(row["ID"], row["DVID"], row["PARAMCD"]): row["value"] for row in rows}


def words(text: str) -> str:
    return " ".join(text.split())


def test_01_marrow_is_no_part_of_a_blood_profile():
    found = values("01", "data.csv")
    blood, marrow = "CAR transgene in WHOLE BLOOD", "CAR transgene in BONE MARROW"
    assert found["S-01", blood, "CMAX"] == 21000 and found["S-01", blood, "TMAX"] == 10
    assert found["S-01", blood, "AUCINT"] == pytest.approx(201949.947, abs=1e-3)
    assert found["S-01", marrow, "CMAX"] == 58000
    assert set(values("01", "data.csv", "--output", "whole blood")) == {k for k in found if k[1] == blood}


def test_10_no_patient_is_a_line_of_units():
    made = json.loads(run("10", "check", "kinetics.csv", "--endpoints", "endpoints.csv", "--json"))
    assert made["endpoints"]["subjects"] == 4


def test_14_a_record_that_is_excluded_takes_no_part():
    found = values("14", "data.csv")
    assert found["S-01", "CART", "CMAX"] == 9000 and found["S-01", "CART", "TMAX"] == 7
    assert "1 row(s) are left out as the file asks: NCAXFL = Y" in words(run("14", "nca", "data.csv"))


def test_16_na_is_no_reason():
    assert values("16", "data.csv")["P2", "", "CMAX"] == 12000
    assert "1 row(s) are left out as the file asks: Haemolysed" in words(run("16", "nca", "data.csv"))


def test_17_a_number_with_one_word_is_no_category():
    said = run("17", "fit", "data.csv", "--model", "stein_2019", "--random", "c_max", "--fix", "fold,t_max,alpha,f_b,beta",
               "--covariate", "FERRITIN on c_max", "--method", "focei", code=2)  # fmt: skip
    assert "line 14" in said and "S5" in said and "FERRITIN" in said


def test_19_row_names_are_ignored():
    made = json.loads(run("19", "check", "data.csv", "--json"))
    assert made["ok"] and made["subjects"] == 2 and any("column 1 has no heading" in note for note in made["notes"])


def test_21_remarks_and_states():
    said = json.loads(run("21", "response", "clinical.txt", "--exposure", "CMAX", "--time", "PFS_MONTHS", "--event",
                          "PFS_STATUS", "--json"))  # fmt: skip
    assert said["subjects"] == 10
    assert any("start with #" in note for note in said["notes"])


def test_22_cells_of_rows_that_are_left_out_are_not_judged():
    made = json.loads(run("22", "check", "data.csv", "--json"))
    assert made["ok"] and made["samples"] == 4


def test_25_one_output_of_two():
    asked = ("kinetics.csv", "--endpoints", "endpoints.csv", "--exposure", "CMAX", "--endpoint", "ORR")
    assert json.loads(run("25", "response", *asked, "--output", "CART", "--json"))["subjects"] == 6
    assert "--output" in run("25", "response", *asked, code=2)
    assert "unknown output `CAR`" in run("25", "response", *asked, "--output", "CAR", code=2)


@pytest.mark.parametrize("exposure", ["CMAX", "AUCINT"])
def test_26_patients_who_never_expand_stay(exposure):
    said = json.loads(run("26", "response", "kinetics.csv", "--endpoints", "endpoints.csv", "--exposure", exposure,
                          "--endpoint", "ORR", "--json"))  # fmt: skip
    assert said["subjects"] == 10 and any("stay in: P1, P2, P3" in note for note in said["notes"])


def test_28_a_plate_is_called_a_wide_table():
    said = words(run("28", "check", "impedance.csv", code=2))
    assert "the table is wide" in said and "--column SD" not in said


def test_32_a_unit_for_each_output(tmp_path):
    asked = ("data.csv", *DAYS, "--product", "tisagenlecleucel")
    assert "say it for each" in words(run("32", "compare", *asked, "--unit", "copies/ug", code=2))
    run("32", "compare", *asked, "--unit", "1=copies/ug", "--out", str(tmp_path / "placed.csv"))
    with (tmp_path / "placed.csv").open() as file:
        assert {row["DVID"] for row in csv.DictReader(file)} == {"1"}


def test_35_a_quote_that_is_not_closed():
    for command in ("check", "nca"):
        said = words(run("35", command, "data.csv", code=2))
        assert "quote opens and does not close" in said and "lines 3 to 9" in said


def test_36_times_that_do_not_start_at_the_infusion(tmp_path):
    said = run("36", "nca", "data.csv", *DAYS, code=2)
    assert "45,291" in said and "--infusion-day" in said and "2023-12-31" in said
    lines = (CASES / "36" / "data.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    moved = [lines[0], *(",".join([row[0], str(int(row[1]) - 45290), *row[2:]]) for row in rows)]
    (tmp_path / "b.csv").write_text("\n".join(moved) + "\n")
    assert values("36", "data.csv", *DAYS, "--infusion-day", "45290") == values("36", str(tmp_path / "b.csv"), *DAYS)


def test_37_a_window_without_a_sample():
    found = values("37", "data.csv", *DAYS, "--window", "0", "28")
    assert all(found["P1", "", code] is None for code in ("AUCINT", "CMAX", "TMAX")) and found["P2", "", "CMAX"] == 15000
    said = words(run("37", "compare", "data.csv", *DAYS, "--product", "tisagenlecleucel"))
    assert "placed nowhere by CMAX: P1" in said


def test_38_a_subject_without_a_sample_after_the_infusion():
    found = values("38", "data.csv", *DAYS)
    assert all(value is None for (subject, _, _), value in found.items() if subject == "P2")
    assert found["P1", "", "CMAX"] == 15000


def test_attack_rows_that_balance():
    folder = CASES.parent / "attacks"
    if not folder.exists():
        pytest.skip("the reference folder attacks is not on this machine")
    said = words(run("19", "check", str(folder / "ragged_balanced.csv"), "--json", code=2))
    assert [f["line"] for f in json.loads(said)["findings"]] == [2, 3, 5, 6]
