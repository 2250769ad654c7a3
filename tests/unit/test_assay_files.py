"""Files of killing assays, small and made here: what is read, what is asked, what is refused by line and
well."""

import itertools

import numpy as np
import openpyxl
import pytest

from livingdrug.assay import AssayReading, check, read_assay
from livingdrug.core.errors import InputError, LivingdrugError

LONG = "plate,well,time_h,channel,value,unit\n"
ROWS = (
    LONG + "P1,A1,0,tumour,5000,cells/well\nP1,A1,24,tumour,<25,cells/well\nP1,B1,24,tumour,9000,cells/well\n"
)
RTCA = "Time-Interval(Hour)\tTime-Interval\tY (A1)\tY (A2)\n"
RTCA += "0\tT00:00:00,0\t0\t0.001\n0\tT00:00:17,0\t-0.002\t0.1\n"
SCAN = "Time Stamp: 1/16/2026 3:43:00 AM\tElapsed: {}\n\t1\t2\t3\nA\t\t{}\t{}\nB\t\t\t\n\n"
VESSEL = "Vessel Name: v1\nMetric: Phase Object Confluence (Percent)\n\n"
SOFTMAX = (
    "##BLOCKS= 1\nPlate:\tP8\t1.3\tPlateFormat\tEndpoint\tLuminescence\n"
    "\tTemperature\t1\t2\t3\t\n\t26,0\t1,5\t2,5\tOVRFLW\t\n\t\t4,5\t5,5\t6,5\t\n\n~End\n"
)
MAP = "well,role,construct,donor,effectors_seeded,targets_seeded\nA1,co-culture,C1,D1,1250,5000\n"
MAP += "B1,tumour alone,,,0,5000\n"


@pytest.fixture
def put(tmp_path):
    """A function that writes a file and gives its path."""
    count = itertools.count()

    def write(text: str | bytes, name: str = "") -> str:
        path = tmp_path / (name or f"file{next(count)}.csv")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


@pytest.fixture
def book(tmp_path):
    """A function that writes a workbook of sheets of rows and gives its path."""

    def write(sheets: dict[str, list[list]], merged=(), name: str = "book.xlsx") -> str:
        wb = openpyxl.Workbook()
        wb.remove(wb.active)
        for title, rows in sheets.items():
            ws = wb.create_sheet(title)
            for row in rows:
                ws.append(row)
            for place in merged:
                ws.merge_cells(place)
        wb.save(tmp_path / name)
        return str(tmp_path / name)

    return write


def readings(path, plan=None, events=None, **said) -> dict:
    """(well, time, quantity) -> (value, flag) of a file."""
    plate = read_assay([path], plan, events, AssayReading(**said))
    r, w = plate.readings, plate.wells
    keys = zip(w.well[r.well], r.time.round(6), r.quantity, strict=True)
    return dict(zip(keys, zip(r.value, r.flag, strict=True), strict=True))


def errors(*paths, plan=None, events=None, **said):
    """The errors of files that are refused."""
    made = check(paths, plan, events, AssayReading(**said))
    assert made.plate is None and not made.quality.findings
    return [f for _, f in made.of("error")]


def test_a_long_table_with_a_limit(put):
    got = readings(put(ROWS))
    assert got["A1", 0, "targets"] == (5000, "")
    assert got["A1", 24, "targets"][1] == "below"
    assert read_assay([put(ROWS)]).readings.limit.tolist()[1] == 25


def test_quantities_as_columns(put):
    got = readings(put("well,time (d),tumour,CAR-T\na01,2,100,50\nH12,2,7,N/A\n"))
    assert got["A1", 48, "targets"] == (100, "") and got["A1", 48, "effectors"] == (50, "")
    assert got["H12", 48, "targets"] == (7, "")
    assert got["H12", 48, "effectors"][1] == "missing"


def test_impedance_takes_the_clock_and_keeps_small_negative_indices(put):
    got = readings(put("\t\tExperiment ID: X1\n" + RTCA))
    assert got["A1", round(17 / 3600, 6), "cell_index"] == (-0.002, "")


def test_a_grid_for_each_scan(put):
    text = VESSEL + SCAN.format(0, 10, 20) + SCAN.format(2.5, 12, "")
    got = readings(put(text))
    assert got["A2", 2.5, "confluence"] == (12, "") and got["A3", 2.5, "confluence"][1] == "missing"
    assert not any(well == "B1" for well, _, _ in got)


def test_a_grid_with_decimal_commas_and_too_much(put):
    got = readings(put(SOFTMAX.encode("latin-1"), "s.txt"), time=24.0)
    assert got["A1", 24, "luminescence"] == (1.5, "") and got["B3", 24, "luminescence"] == (6.5, "")
    assert got["A3", 24, "luminescence"][1] == "above"


def test_a_list_with_durations_as_headings(put):
    got = readings(put("Well;Content;Raw 0 h;Raw 1 h 30 min\nA01;X1;985;492\n"), quantity="luminescence")
    assert got["A1", 1.5, "luminescence"] == (492, "")


def test_flow_names_hold_the_well_and_zero_is_a_count(put):
    text = ",CAR+ | Count,Tumour | Count,Beads | Count\nS_B1_B01_3.fcs,0,40,100\nMean,0,40,100\n"
    got = readings(put(text), time=1.0, beads=1000.0)
    assert got["B1", 1, "effectors"] == (0, "") and got["B1", 1, "targets"] == (400, "")


def test_percent_lysis_under_ratios(put):
    plate = read_assay(
        [put("Construct\t1:1\t\t1:4\t\nA\t50\t60\t\t-2\n", "l.txt")], reading=AssayReading(time=4.0)
    )
    assert plate.wells.ratio.tolist() == [1, 1, 0.25, 0.25]
    assert sorted(plate.readings.flag) == ["", "", "", "missing"]


def test_release_is_corrected_by_its_own_controls(put):
    text = "Target,E:T,Rep1\nL,1:1,0.8\nL,2:1,0.9\nL,target spontaneous,0.2\nL,target maximum,1.2\n"
    text += ",effector spontaneous 1:1,0.15\n,medium,0.1\n"
    got = readings(put(text), time=4.0)
    assert got["1:1 rep1", 4, "lysis"][0] == pytest.approx(100 * (0.7 - 0.05 - 0.1) / (1.1 - 0.1))
    assert got["2:1 rep1", 4, "lysis"][1] == "missing"


def test_rounds_as_columns_of_samples(put):
    plate = read_assay(
        [put("sample;R1 (48h);R2 (96h)\nC1 E:T 1:2 tumour;2E3;TNTC\nC1 E:T 1:2 CAR-T;n.d.;<50\n")]
    )
    assert plate.wells.construct.tolist() == ["C1"] and plate.wells.ratio.tolist() == [0.5]
    assert plate.readings.flag.tolist() == ["", "above", "missing", "below"]


def test_a_workbook_of_blocks_with_its_layout(book):
    layout = [
        [None, 1, 2, 3],
        ["A", "L(9000)\n", "L(9000)\nCART(3000)\nDEX(5ng/ml)\n", None],
        ["B", None, None, None],
    ]
    block = [["Cell Index at: 1:30:00"], [None, 1, 2, 3], ["A", 0.5, 0.25, None], ["B", None, None, 0.1]]
    plate = read_assay([book({"Cover": [["Exp ID:", "E1"]], "Layout": layout, "Cell Index": block})])
    w = plate.wells
    assert w.names() == ["A1", "A2", "B3"] and set(w.plate) == {"E1"}
    assert w.role.tolist() == ["target_alone", "sample", "empty"]
    assert (w.construct[1], w.effectors[1], w.treatment[1]) == ("CART", 3000, "DEX 5 ng/ml")
    assert set(plate.readings.time) == {1.5}


def test_a_merged_label_holds_for_its_columns(book):
    rows = [["Time (h)", "C1 1:2", None], [None, "A1", "A2"], [0, 10, 20], [1, 11, 21]]
    plate = read_assay([book({"S": rows}, ["B1:C1"])], reading=AssayReading(quantity="targets"))
    assert plate.wells.construct.tolist() == ["C1", "C1"] and plate.wells.ratio.tolist() == [0.5, 0.5]


def test_the_map_and_its_roles(put):
    plate = read_assay([put(ROWS)], put(MAP))
    w = plate.wells
    assert w.role.tolist() == ["sample", "target_alone"] and w.ratio.tolist() == [0.25, 0]
    assert w.construct.tolist() == ["C1", ""]


def test_a_map_as_grids_one_below_the_other(put):
    text = "construct\n,1,2,3\nA,C1,,\nB,,,\n\neffectors_seeded\n,1,2,3\nA,1250,,\nB,0,,\n\n"
    text += "targets_seeded\n,1,2,3\nA,5000,,\nB,5000,,\n"
    w = read_assay([put(ROWS)], put(text)).wells
    assert w.construct.tolist() == ["C1", ""] and w.effectors.tolist() == [1250, 0]
    assert w.role.tolist() == ["sample", "target_alone"]


def test_a_ratio_that_a_spreadsheet_made_a_time_of_is_read_back(put):
    w = read_assay(
        [put(ROWS)], put("well,construct,E:T,targets seeded\nA1,C1,01:04:00,5000\nB1,,0:1,5000\n")
    ).wells
    assert w.ratio.tolist() == [0.25, 0] and w.effectors.tolist() == [1250, 0]


XML = '<?xml version="1.0"?>{}<plateMap><wellStore><wells><well row="{}" col="0"><items>{}</items></well>'
XML += "</wells></wellStore></plateMap>"
ITEM = '<wellItem type="CellType" seedingDensity="5000" seedingDensityUnits="cells/well">'
ITEM += '<referenceItem displayName="{}"/></wellItem>'


def test_a_map_as_xml(put):
    w = read_assay([put(ROWS)], put(XML.format("", 0, ITEM.format("L")), "m.PlateMap")).wells
    assert w.targets[0] == 5000 and w.role[0] == "target_alone" and w.role[1] == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (XML.format('<!DOCTYPE a [<!ENTITY b "bb">]>', 0, ITEM.format("&b;")), "not allowed"),
        (XML.format('<!DOCTYPE a SYSTEM "file:///etc/passwd">', 0, ITEM.format("L")), "not allowed"),
        (XML.format("", 0, ITEM.format("L"))[:-20], "not well formed"),
        ("<?xml version='1.0'?><other/>", "no wells of a plateMap"),
        ("<?xml version='1.0'?>" + "<plateMap>" * 200, "not allowed|not well formed"),
    ],
)
def test_xml_that_is_no_plain_map_is_refused(put, text, said):
    with pytest.raises(InputError, match=said):
        check([put(ROWS)], put(text, "m.PlateMap"))


def test_a_place_of_an_xml_map_that_no_plate_has(put):
    (fault,) = errors(put(ROWS), plan=put(XML.format("", 9, ITEM.format("L")), "m.PlateMap"))
    assert "96-well plate" in fault.problem


EVENTS = "time_h,event,targets_added,fraction_kept,wells\n24,re-plate and re-challenge,5000,0.25,all\n"


def test_events_of_a_table_add_targets_to_wells_with_targets_alone(put):
    plan = MAP.replace("B1,tumour alone,,,0,5000", "B1,effector alone,C1,D1,500,0")
    e = read_assay([put(ROWS)], put(plan), put(EVENTS)).events
    assert (
        e.kept.tolist() == [0.25, 0.25] and e.targets.tolist() == [5000, 0] and set(e.kind) == {"replating"}
    )


def test_events_that_the_user_states(put):
    e = read_assay(
        [put(ROWS)], reading=AssayReading(rechallenges=((5000, 24),), replatings=((0.5, 12),))
    ).events
    assert sorted(zip(e.time, e.kind, e.targets, e.kept, strict=True)) == [
        (12, "replating", 0, 0.5),
        (12, "replating", 0, 0.5),
        (24, "rechallenge", 5000, 1),
        (24, "rechallenge", 5000, 1),
    ]


def test_a_remark_adds_cells_once_for_both_readouts(put):
    rows = "well,day,readout,cells,comment\nA1,2,tumour,10,+500 targets after count\n"
    rows += "A1,2,CAR-T,9,+500 targets after count\n"
    e = read_assay([put(rows)]).events
    assert (e.n, e.time[0], e.targets[0]) == (1, 48, 500)


def test_a_row_of_an_addition_is_no_reading_and_restarts_nothing(put):
    text = "ID,TIME,TIME_UNIT,AMT,EVID,CMT,DV\nA1,0,h,.,0,tumour,50\n"
    text += "A1,24,h,500,1,tumour,.\nA1,48,h,.,0,tumour,7\n"
    plate = read_assay([put(text)])
    assert plate.readings.time.tolist() == [0, 48] and plate.events.targets.tolist() == [500]


def test_wells_are_left_out_and_kept(put):
    r = read_assay([put(ROWS)], reading=AssayReading(leave_out=("P1 B1",))).readings
    assert r.flag.tolist() == ["", "below", "left_out"] and r.value[2] == 9000
    with pytest.raises(InputError, match="no such well"):
        read_assay([put(ROWS)], reading=AssayReading(leave_out=("C7",)))


def test_limits_of_the_user_censor(put):
    r = read_assay(
        [put(ROWS)], reading=AssayReading(limits={"targets": 6000}, saturations={"": 8000})
    ).readings
    assert r.flag.tolist() == ["below", "below", "above"] and r.limit.tolist() == [6000, 25, 8000]


def test_files_of_one_plate_are_joined_and_their_readings_count_once(put):
    other = LONG + "P1,A1,48,tumour,77,cells/well\n"
    assert read_assay([put(ROWS), put(other)]).readings.n == 4
    (fault,) = errors(put(ROWS), put(LONG + "P1,A1,0,tumour,77,cells/well\n"))
    assert "A1 at 0 h" in fault.problem and fault.code == "duplicate"


# what is wrong -> (code, line, parts of the sentence)
BAD = {
    LONG + "P1,A1,0,tumour,1,cells/well\nP1,I1,0,tumour,1,cells/well\n": ("well", 3, ("I1", "96-well")),
    LONG + "P1,A1,0,tumour,1,cells/well\nP1,A13,0,tumour,1,cells/well\n": ("well", 3, ("A13", "--wells 384")),
    LONG + "P1,A1,6,tumour,1,cells/well\nP1,a01,6,tumour,2,cells/well\n": (
        "duplicate",
        3,
        ("A1 at 6 h", "1 and 2"),
    ),
    LONG + "P1,A1,6,tumour,-3,cells/well\n": ("negative", 2, ("A1 at 6 h", "-3")),
    LONG + "P1,A1,6,tumour,12e,cells/well\n": ("number", 2, ("A1 at 6 h", "12e")),
    LONG + 'P1,A1,6,tumour,"12,400",cells/well\n': ("number", 2, ("12,400", "thousands")),
    LONG + "P1,A1,6,tumour,1,cells/well\nP1,A1,12,tum": ("truncated", 3, ("4 of 6", "ends early")),
    LONG + "P1,A1,6,tumour,1,furlongs\n": ("unit", 2, ("furlongs",)),
    LONG + "P1,A1,soon,tumour,1,cells/well\n": ("time", 2, ("soon",)),
    LONG + "P1,A1,6,zebra,1,cells/well\n": ("quantity", 2, ("zebra",)),
    LONG + "P1,A1,99999,tumour,1,cells/well\n": ("time", 2, ("A1", "lasts that long")),
    LONG + "P1,A1,6,tumour,1e12,cells/well\n": ("too-many", 2, ("1e12",)),
    "well,time_h,tumour (10^3 cells/well)\nA1,0,5\n": ("scale", 1, ("10^3",)),
    "well,time_h,log10 tumour\nA1,0,5\n": ("scale", 1, ("log10",)),
    "well,time_h,channel,cells (x1000)\nA1,0,tumour,5\n": ("scale", 1, ("x1000",)),
    LONG + "P1,A1,6,tumour,1,1e3 cells/well\n": ("scale", 2, ("1e3",)),
    "well,time,TIME_UNIT,tumour\nA1,1,h,5\nA1,1,d,6\n": ("time-unit", 1, ("no unit of time",)),
    "well,time,TIME_UNIT,tumour\nA1,1,month,5\n": ("time-unit", 1, ("no unit of time",)),
    VESSEL + "Elapsed\tB2\tC2\n0\t101\t99\n": ("too-many", 5, ("B2 at 0 h", "100 %")),
    "well,tumour\nA1,5\n": ("no-time", 2, ("A1",)),
    "well,time,tumour\nA1,5,5\n": ("time-unit", 1, ("`time`",)),
    "Time (h),A1,A2\n0,1,2\n": ("quantity", 1, ("nothing says what",)),
    "Time (Hour),Y (A1),Y (B1)\n0,1,1\n6,1.2,-0.3\n": ("negative", 3, ("B1 at 6 h", "normalised")),
    "Time (Hour),Y (A1),Y (B1)\n0,1,1.1\n6,1.2\n": ("truncated", 3, ("2 of 3",)),
    VESSEL + "\t1\t2\t3\nA\t1\t2\t3\nC\t1\t2\t3\n": ("grid-row", 6, ("row C", "row B")),
    VESSEL + "\t" + "\t".join(map(str, range(1, 13))) + "\nA" + "\t1" * 12 + "\n": (
        "truncated",
        5,
        ("A to A", "H"),
    ),
    SOFTMAX.replace("~End\n", ""): ("truncated", 6, ("~End",)),
    ",A | Count,Beads | Count\nS_A1_B2.fcs,1,2\n": ("well", 2, ("A1 and B2",)),
    "Target,E:T,Rep1\nL,1:1,0.8\nL,target spontaneous,0.2\n": ("no-controls", 1, ("target maximum",)),
}


@pytest.mark.parametrize(
    "text", list(BAD), ids=[f"{code}-{i}" for i, (code, _, _) in enumerate(BAD.values())]
)
def test_what_is_wrong_is_named_by_line_and_well(put, text):
    code, line, parts = BAD[text]
    found = [f for f in errors(put(text)) if f.code == code]
    assert found, f"no finding of {code}"
    assert found[0].line == line and found[0].fix
    assert all(part in found[0].sentence() for part in parts)


BAD_MAPS = {
    "plate,well,role\nP9,A1,sample\n": ("other-plate", ("P1", "P9")),
    "well,role\nC5,sample\n": ("other-plate", ("A1",)),
    "well,role\nA1,sample\na01,sample\n": ("duplicate", ("A1", "line 2")),
    "well,role\nA1,sample\nZ9,sample\n": ("well", ("Z9",)),
    "well,role\nA1,hero\n": ("map", ("A1", "hero")),
    "well,role,E:T\nA1,sample,a few\n": ("map", ("A1", "a few")),
    "well,effectors_seeded,targets_seeded\nA1,many,5000\n": ("map", ("A1", "many")),
    "well,E:T,effectors_seeded,targets_seeded\nA1,4:1,5000,5000\n": ("map", ("A1", "4:1")),
    "well,role,effectors_seeded\nA1,target alone,500\n": ("map", ("A1", "500 effectors")),
    "well,role,targets_seeded (x10^3)\nA1,sample,5\n": ("scale", ("x10",)),
    "well,role,construct\nA1,sample\n": ("truncated", ("2 of 3",)),
}


@pytest.mark.parametrize("text", list(BAD_MAPS))
def test_a_map_that_does_not_fit_is_refused(put, text):
    code, parts = BAD_MAPS[text]
    found = [f for f in errors(put(ROWS), plan=put(text)) if f.code == code]
    assert found and all(part in found[0].sentence() for part in parts)


def test_one_map_for_two_plates_is_asked_for(put):
    two = ROWS + "P2,A1,0,tumour,1,cells/well\n"
    (fault,) = errors(put(two), plan=put(MAP))
    assert fault.code == "plates" and "--same-map" in fault.fix
    w = read_assay([put(two)], put(MAP), reading=AssayReading(same_map=True)).wells
    assert w.role.tolist() == ["sample", "target_alone", "sample"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("time_h,event\n24,party\n", "event"),
        ("time_h,event,fraction_kept\n24,re-plate,0\n", "event"),
        ("time_h,event,wells\n24,re-plate,Z9\n", "well"),
        ("time_h,event,targets_added\n24,re-challenge,lots\n", "number"),
    ],
)
def test_events_that_cannot_be_are_refused(put, text, code):
    assert code in [f.code for f in errors(put(ROWS), events=put(text))]


def test_a_last_number_without_a_line_end_is_looked_at(put):
    made = check([put(ROWS.rstrip("\n"))])
    assert made.ok and "open-end" in [f.code for _, f in made.of("warning")]
    assert "open-end" not in [f.code for _, f in check([put(ROWS)]).of("warning")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("well,day,tumour\nA1,1,5\nA1,3,6\n", "day-one"),
        ("well,time_h,lysis\nA1,4,0.5\nA2,4,0.7\nA3,4,0.1\n", "fraction"),
    ],
)
def test_what_may_be_meant_otherwise_is_warned_of(put, text, code):
    assert code in [f.code for _, f in check([put(text)]).of("warning")]


def test_a_guess_is_shown(put):
    text = "Vessel Name: v\nMetric: Red Object Count (Per Image)\n\nElapsed\tB2\tC2\n0\t1\t2\n"
    assert any("a guess" in note for note in read_assay([put(text)]).notes)
    said = {"Red Object Count (Per Image)": "effectors"}
    assert set(read_assay([put(text)], reading=AssayReading(columns=said)).readings.quantity) == {"effectors"}


def test_minutes_can_be_said(put):
    r = read_assay([put(ROWS)], reading=AssayReading(time_unit="min")).readings
    assert r.time.max() == pytest.approx(0.4)


@pytest.mark.parametrize(
    "said",
    [
        {"quantity": "joy"},
        {"time_unit": "moon"},
        {"size": 95},
        {"beads": 0.0},
        {"time": np.inf},
        {"limits": {"joy": 1.0}},
        {"replatings": ((0.0, 5.0),)},
        {"columns": {"value": "joy"}},
    ],
)
def test_answers_that_mean_nothing_are_refused(put, said):
    with pytest.raises(InputError):
        check([put(ROWS)], reading=AssayReading(**said))


def test_a_file_cut_anywhere_is_refused_warned_of_or_read_right(put):
    """Whatever the byte after which a file ends: no other value than that of the whole file goes unsaid."""
    for name, text, said in (
        ("long.csv", ROWS, {}),
        ("wide.txt", "\t\tExperiment ID: X1\n" + RTCA, {}),
        ("scan.txt", VESSEL + SCAN.format(0, 10, 20) + SCAN.format(2.5, 12, 14), {}),
        ("soft.txt", SOFTMAX, {"time": 24.0}),
        ("list.csv", "Well;Raw 0 h;Raw 2 h\nA1;985;492\nB1;831;416\n", {"quantity": "luminescence"}),
    ):
        whole = readings(put(text, name), **said)
        for end in range(len(text) % 3, len(text), 3):
            path = put(text[:end], name)
            try:
                made = check([path], reading=AssayReading(**said))
            except LivingdrugError:
                continue
            if made.ok and not {f.code for _, f in made.of("warning")} & {"open-end", "truncated"}:
                got = readings(path, **said)
                assert all(repr(whole.get(key)) == repr(value) for key, value in got.items()), (name, end)
