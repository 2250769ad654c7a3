"""Every sample file of the reference folder is read as its answers say; every bad one is refused by line."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from livingdrug.assay import AssayReading, check, read_assay
from livingdrug.assay.check import refusal
from livingdrug.assay.words import read_ratio
from livingdrug.core.errors import InputError

FOLDER = Path(__file__).parents[3] / "shared" / "reference" / "killing_assay_formats"
if not FOLDER.is_dir():
    pytest.skip("the reference folder killing_assay_formats is absent", allow_module_level=True)

# what the user has to say, as the README of each format asks
SAID = {
    "grid_mars.csv": {"time": 24.0},
    "softmax_decimal_comma.txt": {"time": 24.0},
    "list_mars_kinetic.csv": {"quantity": "luminescence"},
    "flowjo_table.csv": {"time": 24.0},
    "cytometer_absolute.csv": {"time": 24.0},
    "percent_lysis_wide.txt": {"time": 4.0},
}
QUANTITY = {
    "cell_index": "cell_index",
    "cell_index_mean": "cell_index",
    "red_object_count_per_image": "targets",
    "red_object_count_per_well": "targets",
    "phase_confluence": "confluence",
    "luminescence": "luminescence",
    "effector_events": "effectors",
    "tumour_events": "targets",
    "bead_events": "beads",
    "live_per_uL": "live",
    "tumour_per_uL": "targets",
    "percent_lysis": "lysis",
    "tumour": "targets",
    "effector": "effectors",
}
UNIT = {
    "1/image": "objects/image",
    "1/well": "objects/well",
    "percent": "%",
    "1/uL": "cells/uL",
}


def answers() -> dict[Path, list[dict[str, str]]]:
    """Sample file -> its right readings; the plate map has a test of its own."""
    found: dict[Path, list[dict[str, str]]] = {}
    for path in sorted(FOLDER.glob("*/answers.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["channel"] != "annotation":
                    found.setdefault(path.parent / row["file"], []).append(row)
    return found


ANSWERS = answers()


def plate_of(path: Path, **more):
    """The plate of a sample file with what its README says that the user says."""
    return read_assay([path], reading=AssayReading(**SAID.get(path.name, {}), **more))


def named(row: dict[str, str]) -> str:
    """The name that a table without wells gives a reading: of its construct, ratio and replicate."""
    facts = dict(part.split("=", 1) for part in row["annotation"].split(";") if "=" in part)
    if row["channel"] == "percent_lysis":
        return f"{facts.get('construct', '')} {read_ratio(facts['E:T']):g} {row['well']}".strip()
    return f"{facts['construct']} E:T {facts['E:T']}"


def table_of(path: Path) -> dict[tuple, tuple]:
    """(plate, well, time, quantity) -> (value, unit, flag) of all readings."""
    plate = plate_of(path)
    w, r = plate.wells, plate.readings
    made = {}
    for i in range(r.n):
        k = r.well[i]
        name = w.well[k]
        if r.quantity[i] == "lysis":
            name = f"{w.construct[k]} {w.ratio[k]:g} {name.split()[-1]}".strip()
        made[w.plate[k], name, round(float(r.time[i]), 4), r.quantity[i]] = (r.value[i], r.unit[i], r.flag[i])
    return made


@pytest.mark.parametrize("path", list(ANSWERS), ids=lambda p: p.name)
def test_a_sample_file_is_read_as_its_answers_say(path):
    got, said = table_of(path), SAID.get(path.name, {})
    expected = 0
    for row in ANSWERS[path]:
        time = float(row["time_h"]) if row["time_h"] else said["time"]
        names = [row["well"].replace("+", ",")]
        if not re.fullmatch(r"[A-H]\d+(,[A-H]\d+)?", names[0]):
            reps = [f"rep{k}" for k in (1, 2, 3)] if row["well"] == "rep1-3" else [row["well"]]
            names = [named({**row, "well": rep}) for rep in reps]
        for name in names:
            value, unit, flag = got[row["plate"], name, round(time, 4), QUANTITY[row["channel"]]]
            expected += 1
            assert unit == UNIT.get(row["unit"], row["unit"])
            if row["value"]:
                assert flag == "" and value == pytest.approx(float(row["value"]), abs=0.005)
            else:
                wanted = (
                    "below" if "below" in row["flag"] else "above" if "above" in row["flag"] else "missing"
                )
                assert flag == wanted and np.isnan(value)
    assert len(got) == expected


def test_the_times_are_exact_to_the_second_where_a_clock_stands_beside_rounded_hours():
    times = sorted(set(plate_of(FOLDER / "rtca" / "wide_old_software.txt").readings.time))
    assert times[1] == pytest.approx(17 / 3600, abs=1e-9) and times[-1] == pytest.approx(
        48 + 10 / 3600, abs=1e-9
    )


def test_means_of_wells_are_not_wells():
    plate = plate_of(FOLDER / "rtca" / "wide_mean_sd.csv")
    wells, r = plate.wells, plate.readings
    last = [row for row in ANSWERS[FOLDER / "rtca" / "wide_mean_sd.csv"] if row["well"] == "A1+A2"][-1]
    sd = float(last["annotation"].split("sd=")[1].split(";")[0])
    assert r.sd[(wells.well[r.well] == "A1,A2") & (r.time == r.time.max())] == pytest.approx(sd)
    assert wells.well.tolist() == ["A1,A2", "B1,B2", "C1,C2"] and wells.count.tolist() == [2, 2, 2]


def test_the_layout_of_a_workbook_is_its_map():
    plate = plate_of(FOLDER / "rtca" / "workbook.xlsx")
    w = plate.wells
    assert dict(zip(w.well, w.role, strict=True)) == {
        "A1": "target_alone",
        "A2": "target_alone",
        "B1": "sample",
        "B2": "sample",
        "C1": "sample",
        "C2": "sample",
        "H12": "empty",
    }
    c1 = w.well.tolist().index("C1")
    assert (w.effectors[c1], w.targets[c1], w.treatment[c1]) == (500, 10000, "DRUG 100 ng/ml")


def test_a_plate_map_as_xml_counts_rows_and_columns_from_zero():
    folder = FOLDER / "incucyte"
    w = read_assay([folder / "wells_as_columns.txt"], folder / "platemap.PlateMap").wells
    b2, b3 = w.well.tolist().index("B2"), w.well.tolist().index("B3")
    assert (w.role[b2], w.targets[b2], w.effectors[b2]) == ("target_alone", 5000, 0)
    assert (w.role[b3], w.construct[b3], w.effectors[b3]) == ("sample", "CART-A", 1250)


def test_remarks_of_additions_are_events_after_the_readings_of_their_time():
    plate = plate_of(FOLDER / "serial_long" / "rounds_in_days.csv")
    e = plate.events
    assert sorted(set(e.time)) == [48, 96] and set(e.targets) == {5000} and set(e.kind) == {"rechallenge"}
    assert e.n == 6 and plate.readings.time.max() == 144


def test_events_become_cells_per_well_by_the_beads():
    plate = plate_of(FOLDER / "flow_counts" / "flowjo_table.csv", beads=50000.0)
    r, w = plate.readings, plate.wells
    first = (w.well[r.well] == "A2") & (r.quantity == "targets")
    assert r.value[first][0] == pytest.approx(4226 * 50000 / 9876) and r.unit[first][0] == "cells/well"


@pytest.mark.parametrize("name", [n for n in SAID if n != "list_mars_kinetic.csv"])
def test_a_file_without_times_asks_for_one(name):
    path = next(p for p in ANSWERS if p.name == name)
    made = check([path])
    assert not made.ok
    assert any(f.code == "no-time" and "--time" in f.fix for _, f in made.of("error"))


BAD = FOLDER / "bad"


def faults(name: str, plan: str | None = None, **said) -> list:
    """The errors of a bad file, of which nothing is computed."""
    made = check([BAD / name], BAD / plan if plan else None, reading=AssayReading(**said))
    assert made.plate is None
    assert len(str(refusal(made))) < 10_000
    return [f for _, f in made.of("error")]


def notes(name: str, **said) -> str:
    """How a file that is read was read, in one text; its warnings too."""
    return "\n".join(read_assay([BAD / name], reading=AssayReading(**said)).notes)


def test_bad01_wells_that_do_not_exist_are_named_with_their_lines():
    found = faults("bad01_well_X9.csv")
    assert [(f.line, f.value) for f in found] == [(3, "X9"), (4, "A13")]
    assert all("96-well plate (rows A-H, columns 1-12)" in f.problem for f in found)


def test_bad02_the_map_of_another_plate():
    (fault,) = faults("bad02_platemap_of_other_plate_data.csv", "bad02_platemap_of_other_plate_map.csv")
    assert "P7" in fault.problem and "P9" in fault.problem


def test_bad03_two_values_of_one_well_and_time_are_never_averaged():
    (fault,) = faults("bad03_duplicated_wells.csv")
    assert fault.line == 4
    assert all(part in fault.problem for part in ("A1 at 6 h", "5400", "9900", "A01", "targets"))


def test_bad04_a_normalised_index_below_zero():
    (fault,) = faults("bad04_negative_normalised_index.csv")
    assert fault.line == 4 and "B1 at 12 h" in fault.problem and "--limit" in fault.fix
    r = read_assay(
        [BAD / "bad04_negative_normalised_index.csv"], reading=AssayReading(limits={"": 0.05})
    ).readings
    assert r.flag.tolist().count("below") == 1 and set(r.unit) == {"normalised CI"}


def test_bad06_the_last_number_of_a_file_that_ends_early_is_not_read():
    (fault,) = faults("bad06_truncated.csv")
    assert fault.line == 4 and "5 of 6 cells" in fault.problem


def test_bad07_decimal_commas():
    r = read_assay([BAD / "bad07_decimal_comma.csv"]).readings
    assert r.time.tolist() == [0.25, 0.5, 0.25, 0.5] and r.value.tolist() == [0.312, 0.33, 0.298, 0.301]


def test_bad08_two_vessels_of_one_file_stay_apart():
    plate = read_assay([BAD / "bad08_two_plates_in_one_file.txt"])
    assert plate.wells.names() == ["plate1 B2", "plate1 C2", "plate2 B2", "plate2 C2"]
    assert "2 plates" in "\n".join(plate.notes)


def test_bad09_words_for_too_much_are_censored_from_above():
    path, said = BAD / "bad09_overflow.csv", AssayReading(quantity="luminescence", time=24.0)
    r = read_assay([path], reading=said).readings
    assert r.flag.tolist() == ["", "above", "", "above", "", "above"]
    assert r.limit[3] == 500000 and np.isnan(r.value[r.flag == "above"]).all()


def test_bad10_a_merged_label_holds_for_all_its_columns():
    w = read_assay([BAD / "bad10_merged_header.xlsx"], reading=AssayReading(quantity="targets")).wells
    assert w.construct.tolist() == ["CAR-A"] * 3 + ["CAR-B"] * 3 and set(w.ratio) == {1.0}


def test_bad11_an_addition_is_an_event_and_no_reading():
    plate = read_assay([BAD / "bad11_rechallenge_as_dose.csv"])
    assert plate.readings.time.tolist() == [0, 24, 48]
    e = plate.events
    assert (e.kind[0], e.time[0], e.targets[0], e.effectors[0]) == ("rechallenge", 24, 5000, 0)


def test_bad12_an_integer_overflow_is_missing():
    r = read_assay([BAD / "bad12_incucyte_sentinel.txt"]).readings
    assert r.flag.tolist() == ["", "missing", "", ""]
    assert "integer overflow" in notes("bad12_incucyte_sentinel.txt")


def test_an_unknown_file_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear all,\nthe plate was fine.\n")
    with pytest.raises(InputError, match="holds no table of an assay"):
        check([path])
