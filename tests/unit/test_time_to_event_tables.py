"""Times to an event in tables: what the codes beside them mean, and the units in their headings."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.cli.options import get_choices
from livingdrug.core.errors import InputError
from livingdrug.data import is_cnsr, read_endpoints, speaks_of_censoring, time_unit_of
from livingdrug.data.time_units import DAYS
from livingdrug.response import Question, read_subjects, select
from livingdrug.workflows.response.spec import SAMPLES_ONLY, Response
from livingdrug.workflows.response.spec import run as run_response

TIMES = (90, 30, 200, 60, 150, 15, 300, 45, 120, 20, 250, 75)
EVENTS = (0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1)
CMAX = (40, 8, 30, 12, 9, 6, 50, 25, 21, 5, 33, 14)


def table(path, time="PFS (d)", event="PFS_event", codes=EVENTS, times=TIMES):
    rows = [f"ID,CMAX,{time},{event}"]
    rows += [f"P{i},{e},{t},{c}" for i, (e, t, c) in enumerate(zip(CMAX, times, codes, strict=True))]
    path.write_text("\n".join(rows) + "\n")
    return path


def events(path, **question):
    kind, sample = select(read_subjects(path), Question("CMAX", **question))
    assert kind == "time"
    return sample


CENSORING = (
    "CNSR",
    "cnsr",
    "PFS_CNSR",
    "CENSOR",
    "censored",
    "CENS",
    "PFS_cens",
    "PFS censoring",
    "censor flag",
    "CENSFL",
    "uncensored",
    "PFSCENS",
)


@pytest.mark.parametrize("heading", CENSORING)
def test_a_heading_that_speaks_of_censoring_is_never_taken_for_events(heading, tmp_path):
    codes = [1 - e for e in EVENTS]
    file = table(tmp_path / "t.csv", event=heading, codes=codes)
    assert speaks_of_censoring(heading)
    for question in ({"time": "PFS", "event": heading}, {"endpoint": "PFS", "event": heading}):
        if is_cnsr(heading):
            sample = events(file, **question)
            assert sample.event.tolist() == list(EVENTS) and any("CDISC" in n and "8 events" in n for n in sample.notes)
        else:
            with pytest.raises(InputError, match="--event-value 0"):
                events(file, **question)
        assert events(file, **question, event_value=0).event.tolist() == list(EVENTS)
    with pytest.raises(InputError, match="speaks of censoring"):
        select(read_subjects(file), Question("CMAX", heading))


def test_reasons_of_censoring_are_no_third_code(tmp_path):
    codes = [0 if e else 1 + i % 3 for i, e in enumerate(EVENTS)]
    assert events(table(tmp_path / "t.csv", event="CNSR", codes=codes), time="PFS", event="CNSR").event.tolist() == list(
        EVENTS
    )
    with pytest.raises(InputError, match="no third"):
        events(table(tmp_path / "o.csv", codes=codes), time="PFS", event="PFS_event", event_value=0)


@pytest.mark.parametrize("heading", ["PFS_event", "license", "response", "OS_STATUS", "incident"])
def test_other_headings_do_not_speak_of_censoring(heading):
    assert not speaks_of_censoring(heading)


@pytest.mark.parametrize(
    ("time", "event"),
    [
        ("PFS (d)", "PFS_event"),
        ("PFS", "event"),
        ("PFS_months", "PFS_CNSR"),
        ("OS_MONTHS", "OS_STATUS"),
        ("OS [mo]", "OS event"),
        ("DOR", "DOR_EVENT"),
        ("AVAL", "CNSR"),
        ("time", "status"),
        ("EFS weeks", "efs.status"),
        ("remission", "remission_event"),
    ],
)
def test_a_time_with_an_event_column_beside_it_is_a_time_to_event(time, event, tmp_path):
    codes = [1 - e for e in EVENTS] if is_cnsr(event) else EVENTS
    file = table(tmp_path / "t.csv", time, event, codes)
    name = time.split(" (")[0].split(" [")[0]
    sample = events(file, endpoint=name)
    assert sample.event.tolist() == list(EVENTS) and sample.outcome.tolist() == list(map(float, TIMES))
    kind, plain = select(read_subjects(file), Question("CMAX", name, "continuous"))
    assert kind == "continuous" and any("plain number, as you said" in note for note in plain.notes)


@pytest.mark.parametrize(("time", "event"), [("CRS", "CRS_flag"), ("ferritin", "ferritin_flag"), ("ICANS", "ICANS_event")])
def test_what_is_no_time_stays_what_it_is(time, event, tmp_path):
    file = table(tmp_path / "t.csv", time, event, times=[i % 4 for i in range(12)])
    assert select(read_subjects(file), Question("CMAX", time))[0] == "graded"


def test_a_known_time_without_an_event_column_is_asked_about(tmp_path):
    file = table(tmp_path / "t.csv", "OS", "died_of_what")
    with pytest.raises(InputError, match="needs --event COLUMN"):
        select(read_subjects(file), Question("CMAX", "OS"))
    two = table(tmp_path / "two.csv", "OS", "OS_event").read_text().replace("OS_event", "OS_event,OS_status")
    (tmp_path / "two.csv").write_text("\n".join(f"{row},0" if i else row for i, row in enumerate(two.splitlines())))
    with pytest.raises(InputError, match="`OS_event` and `OS_status`.*name one"):
        select(read_subjects(tmp_path / "two.csv"), Question("CMAX", "OS"))


def answer(*words):
    return json.loads(CliRunner().invoke(cli, ["response", *map(str, words), "--json"], catch_exceptions=False).stdout)


@pytest.mark.parametrize(
    ("codes", "value"),
    [
        ({0: "1", 1: "2"}, 2),
        ({0: "2", 1: "1"}, 1),
        ({0: "no", 1: "TRUE"}, None),
        ({0: "0:LIVING", 1: "1:DECEASED"}, None),
        ({0: "censored", 1: "event"}, None),
    ],
)
def test_codes_of_a_separate_table_of_endpoints(codes, value, tmp_path):
    one = table(tmp_path / "one.csv")
    rows = [row.split(",") for row in table(tmp_path / "t.csv", codes=[codes[e] for e in EVENTS]).read_text().splitlines()]
    (tmp_path / "e.csv").write_text("\n".join(",".join((r[0], r[2], r[3])) for r in rows))
    (tmp_path / "w.csv").write_text("\n".join(",".join(r[:2]) for r in rows))
    asked = ("--exposure", "CMAX", "--time", "PFS", "--event", "PFS_event")
    more = () if value is None else ("--event-value", value)
    made = answer(tmp_path / "w.csv", "--endpoints", tmp_path / "e.csv", *asked, *more)
    assert made["coefficients"] == answer(one, *asked)["coefficients"] and made["events"] == 8
    if value is not None:
        assert "the code of an event (--event-value)" in " ".join(read_endpoints(tmp_path / "e.csv").notes)
        with pytest.raises(InputError, match="--event-value"):
            CliRunner().invoke(
                cli,
                ["response", str(tmp_path / "w.csv"), "--endpoints", str(tmp_path / "e.csv"), *asked],
                catch_exceptions=False,
            )


@pytest.mark.parametrize("heading", ["PFS ({})", "PFS_{}", "PFS [{}]", "PFS {}", "PFS.{}"])
@pytest.mark.parametrize("unit", DAYS)
def test_a_landmark_in_days_means_the_same_in_every_unit(heading, unit, tmp_path):
    heading = heading.format(unit)
    assert time_unit_of(heading).name == unit
    scaled = [f"{t / DAYS[unit]:.12g}" for t in TIMES]
    mine = table(tmp_path / "t.csv", heading, times=scaled)
    found = events(mine, time=heading.split(" (")[0].split(" [")[0], event="PFS_event", landmark=28.0)
    other = events(table(tmp_path / "d.csv"), time="PFS", event="PFS_event", landmark=28.0)
    assert found.subjects == other.subjects and found.outcome_unit == unit and other.n < len(TIMES)
    np.testing.assert_allclose(found.outcome * DAYS[unit], other.outcome, rtol=1e-9)
    if unit == "months":
        assert any("0.9199 months; a month = 30.4375 d" in note for note in found.notes)


def test_an_unknown_unit_is_not_compared_with_a_landmark(tmp_path):
    with pytest.raises(InputError, match="`cycles` is no unit of time"):
        events(table(tmp_path / "t.csv", "PFS (cycles)"), time="PFS", event="PFS_event", landmark=28.0)
    silent = events(table(tmp_path / "t.csv", "PFS"), time="PFS", event="PFS_event", landmark=28.0)
    assert any("unit of `PFS` is not stated" in note for note in silent.notes)


@pytest.mark.parametrize(
    ("heading", "factor"), [("onset (h)", 24.0), ("onset_weeks", 1 / 7), ("onset", 1.0), ("onset (d)", 1.0)]
)
def test_onsets_are_taken_in_the_unit_of_their_heading(heading, factor, tmp_path):
    (tmp_path / "k.csv").write_text(
        "ID,TIME,DV,UNIT,TIMEUNIT\n"
        + "".join(
            f"P{i},{day},{value},cells/uL,d\n"
            for i in range(12)
            for day, value in ((1, 2 + i), (7, 30 + i), (14, 90 + i * i))
        )
    )
    rows = "".join(f"P{i},{8 * factor:.12g},{(i * 7) % 4}\n" for i in range(12))
    (tmp_path / "e.csv").write_text(f"ID,{heading},CRS\n{rows}")
    made = answer(
        tmp_path / "k.csv",
        "--endpoints",
        tmp_path / "e.csv",
        "--exposure",
        "CMAX",
        "--endpoint",
        "CRS>=2",
        "--onset",
        heading,
        "--model",
        "firth",
    )
    (tmp_path / "w.csv").write_text("ID,CMAX,CRS\n" + "".join(f"P{i},{30 + i},{(i * 7) % 4}\n" for i in range(12)))
    plain = answer(tmp_path / "w.csv", "--exposure", "CMAX", "--endpoint", "CRS>=2", "--model", "firth")
    assert made["coefficients"] == plain["coefficients"]
    assert any("onset" in n and ("not stated" in n or "samples are in d" in n) for n in made["notes"]) == (
        heading != "onset (d)"
    )


def said(*words):
    result = CliRunner().invoke(cli, ["response", *map(str, words)])
    return str(result.exception) if result.exception else result.output


@pytest.mark.parametrize("option", [name for name in Response.model_fields if name in SAMPLES_ONLY])
def test_what_is_about_samples_is_refused_with_ready_made_exposures(option, tmp_path):
    file = table(tmp_path / "t.csv")
    before = getattr(Response(file="f", exposure="CMAX"), option)
    point = {"subject": "P1", "start": 1, "end": 2, "reason": "r"}
    special = {"columns": {"CMAX": "DV"}, "units": {"CMAX": "copies/ug"}, "terminal": (point,)}
    number = option in ("dose", "limit", "above", "blood_volume", "infusion_day")
    allowed = [v for v in get_choices(Response.model_fields[option].annotation) if v != before]
    value = special.get(option, allowed[0] if allowed else True if before is False else 1 if number else "x")
    scenario = Response(file=str(file), exposure="CMAX", endpoint="PFS", **{option: value})
    with pytest.raises(InputError, match="ready-made, so --"):
        run_response(scenario)


def test_a_unit_is_that_of_ready_made_exposures(tmp_path):
    file = table(tmp_path / "t.csv")
    assert "CMAX (copies/ug)" in said(file, "--exposure", "CMAX", "--endpoint", "PFS", "--unit", "copies/ug")
    file.write_text(file.read_text().replace("CMAX", "CMAX (cells/uL)"))
    assert "is in cells/uL by its heading and in copies/ug" in said(
        file, "--exposure", "CMAX", "--endpoint", "PFS", "--unit", "copies/ug"
    )
