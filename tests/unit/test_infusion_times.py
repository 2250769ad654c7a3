"""When was the infusion, and was anybody sampled after it? A curve that nobody sampled has no peak and no area."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, check, read_data
from livingdrug.nca import NcaSettings, nca

CURVE = ((1, 400), (4, 3000), (7, 9000), (10, 12000), (14, 8000), (21, 2500), (28, 900), (60, 200))
STATED = Reading(time_unit="d", unit="copies/ug")


def write(folder, rows, head="ID,TIME,DV", name="data.csv"):
    path = folder / name
    path.write_text(head + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("start", [45290, 33000, 200, 61])
@pytest.mark.parametrize("heading", ["TIME", "day", "study day"])
def test_times_that_count_from_elsewhere_are_a_question(start, heading, tmp_path):
    """Spreadsheet dates and study days, in every column of times; answered, the numbers are those of the shifted table."""
    path = write(tmp_path, [(who, t + start, v) for who in "AB" for t, v in CURVE], f"ID,{heading},DV")
    with pytest.raises(InputError, match="--infusion-day"):
        read_data(path, STATED)
    (found,) = [f for f in check(path, STATED).findings if "first sampled" in f.problem]
    assert f"{start + 1:,}" in found.problem and ("spreadsheet" in found.problem) == (start > 32874)
    told = read_data(path, Reading(time_unit="d", unit="copies/ug", infusion_day=start))
    plain = read_data(write(tmp_path, [(who, t, v) for who in "AB" for t, v in CURVE], name="b.csv"), STATED)
    assert nca(told).table().equals(nca(plain).table())


def test_a_spreadsheet_day_is_no_time_even_where_day_0_was_said_or_a_dose_is_given(tmp_path):
    path = write(tmp_path, [("A", t + 45290, v) for t, v in CURVE])
    with pytest.raises(InputError, match="45,291 is 2023-12-31"):
        read_data(path, Reading(time_unit="d", infusion_day=0))
    dosed = write(tmp_path, [("A", 0, "", 1e8), *(("A", t + 45290, v, "") for t, v in CURVE)], "ID,TIME,DV,AMT")
    with pytest.raises(InputError, match="spreadsheet"):
        read_data(dosed, STATED)


@pytest.mark.parametrize(("unit", "first", "asks"), [("d", 59, False), ("d", 61, True), ("h", 1400, False), ("h", 1500, True),
                                                     (None, 1400, False), (None, 45291, True)])  # fmt: skip
def test_the_bound_is_two_months_in_any_unit(unit, first, asks, tmp_path):
    path = write(tmp_path, [("A", first, 5), ("A", first + 20, 2)])
    assert check(path, Reading(time_unit=unit)).ok is not asks
    assert check(path, Reading(time_unit=unit, infusion_day=0)).ok is (first < 40000)


def test_dates_beside_that_of_the_infusion_are_no_question(tmp_path):
    path = write(tmp_path, [("A", "2024-06-01", 5, "2024-03-01"), ("A", "2024-07-01", 2, "2024-03-01")],
                 "ID,date,DV,infusion date")  # fmt: skip
    assert read_data(path, Reading(unit="copies/ug")).time.tolist() == [92, 122]


def test_days_are_not_taken_from_hours(tmp_path):
    path = write(tmp_path, [("A", 24, 5), ("A", 48, 2)])
    with pytest.raises(InputError, match="counts days, and the times are in h"):
        read_data(path, Reading(time_unit="h", infusion_day=1))


UNSAMPLED = {
    "before the dose only": [("P2", -10, 60, ""), ("P2", -3, 70, ""), ("P2", 0, "", 1e8)],
    "at the dose only": [("P2", 0, "", 1e8), ("P2", 0, 60, "")],
    "dosed after the last sample": [("P2", 2, 500, ""), ("P2", 5, 700, ""), ("P2", 30, "", 1e8)],
}


@pytest.mark.parametrize("rows", UNSAMPLED.values(), ids=UNSAMPLED)
def test_a_subject_without_a_sample_after_the_infusion_has_no_number(rows, tmp_path):
    """Neither a CMAX of 0 nor a place in any count."""
    from livingdrug.nca.summary import summary

    head = "ID,TIME,DV,AMT"
    path = write(tmp_path, [("P1", 0, "", 1e8), *(("P1", t, v, "") for t, v in CURVE), *rows], head)
    result = nca(read_data(path, STATED), NcaSettings(small_molecule=True))
    mine = np.flatnonzero(result.ids == "P2")
    for code in result.codes:
        assert np.isnan(result.values[code][mine]).all() and set(result.flags(code)[mine]) == {"absent"}
        assert set(result.reasons(code)[mine]) == {"no sample was taken after the infusion"}
    counts = summary(result)
    assert (counts.loc[counts["PARAMCD"] == "CMAX", "n"] == 1).all()


@pytest.mark.parametrize("first", [29, 35, 59])
def test_who_is_sampled_first_after_the_usual_peak_has_no_peak_and_no_place(first, tmp_path):
    from livingdrug.products import compare

    rows = [("P1", t, v) for t, v in CURVE] + [("P2", first, 360), ("P2", 60, 200), ("P2", 90, 120)]
    result = nca(read_data(write(tmp_path, rows), STATED))
    for code in ("CMAX", "TMAX", "AUCINT", "AUCLST", "AUCALL", "AUCIFO"):
        assert np.isnan(result.values[code][1]) and "after the usual peak" in result.reasons(code)[1]
    assert result.values["XPERS"][1] == 90 and np.isfinite(result.values["AUCINT"][0])
    placed = compare(result, "tisagenlecleucel")
    table = placed.table()
    of_peak = table["PARAMCD"].isin(["CMAX", "TMAX", "AUC28"])
    assert table.loc[of_peak & (table["ID"] == "P2"), "percentile"].isna().all()
    assert table.loc[of_peak & (table["ID"] == "P1"), "percentile"].notna().any()
    assert any("P2" in note and "after the usual peak" in note for note in placed.notes)


@pytest.mark.parametrize(("window", "measured"), [((0, 28), True), ((0, 0.5), False), ((0, 1), False), ((2, 3), False),
                                                 ((0, 4), True), ((61, 90), False), ((8, 12), True)])  # fmt: skip
def test_a_window_without_a_sample_has_no_area(window, measured, tmp_path):
    result = nca(read_data(write(tmp_path, [("P1", t, v) for t, v in CURVE]), STATED), NcaSettings(window=window))
    assert np.isfinite(result.values["AUCINT"][0]) == measured
    assert measured or "window" in result.reasons("AUCINT")[0]


@pytest.mark.parametrize(("unit", "days"), [("d", 1.0), ("h", 1 / 24), ("min", 1 / 1440), ("s", 1 / 86400), ("week", 7.0)])
def test_the_question_when_the_infusion_was_counts_in_every_unit(unit, days, tmp_path):
    """A first sample after 59 days is taken as it is, one after 61 days is asked about, whatever the unit."""
    for day in (59, 61):
        (tmp_path / "t.csv").write_text(f"ID,time ({unit}),DV\nA,{day / days:.12g},5\nA,{(day + 7) / days:.12g},9\n")
        assert check(tmp_path / "t.csv").ok == (day == 59)
    if unit != "d":
        found = check(tmp_path / "t.csv", Reading(infusion_day=3)).findings
        assert any(f"counts days, and the times are in {unit}" in f.problem for f in found)


def test_rows_left_out_stay_so_where_doses_get_rows_of_their_own(tmp_path):
    rows = "A,0,10,.,1,2,1,\nA,4,.,x,0,.,.,spilled\nA,5,.,3,0,.,.,\nA,6,.,x,0,.,.,spilled\n"
    (tmp_path / "t.csv").write_text("ID,TIME,AMT,DV,EVID,ADDL,II,EXCL\n" + rows)
    data = check(tmp_path / "t.csv").data
    assert len(data.doses.time) == 3 and data.dv.tolist() == [3]
