"""Dosing records against NONMEM 7.4.3: bolus, infusion, repeats, steady state, lag, bioavailability, resets.

The table of events is third-party data and is read where it lies; the tests skip where that folder is absent. NONMEM gives
the value just after a dose at the time of an observation, livingdrug (after time 0) the one just before, so every value is
asked for a millionth of an hour later.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from livingdrug.models import Flow, Model, Output, Place, Quantity, Source, State, Structure, Values
from livingdrug.simulation import Dose, Regimen, Reset, simulate

FOLDER = Path(__file__).parents[3] / "shared" / "reference" / "dosing_nonmem_events_visible"
IDS = ("1", "2", "3", "5", "6", "7", "9", "11", "14", "17", "19", "21", "23", "25")
JUST_AFTER = 1e-6

STRUCTURE = Structure(
    places=(Place("body"),),
    states=(
        State("depot", "1", "amount to be absorbed", ("infused",), "body"),
        State("central", "1", "amount in the body", ("drug",), "body"),
    ),
    flows=(
        Flow("absorption", "ka * depot", "exchange", out_of="depot", into="central"),
        Flow("elimination", "cl / v * central", "clearance", out_of="central"),
    ),
    outputs=(Output("cp", "central / (v / 1000)", "1", "concentration", measured=True),),
    quantities=(
        Quantity("ka", "1/h", "absorption rate"), Quantity("cl", "1/h", "clearance"), Quantity("v", "1", "volume"),
        Quantity("lag", "h", "delay of doses into central"), Quantity("bioavailability", "1", "part of them that arrives"),
        Quantity("modelled_rate", "1/h", "rate of an infusion"),
        Quantity("modelled_duration", "h", "duration of an infusion"),
    ),
    dose_into="depot",
    time_unit="h",
)  # fmt: skip
NUMBERS = {"ka": 1.5, "cl": 1.1, "v": 20.0, "lag": 0.0, "bioavailability": 1.0,
           "modelled_rate": 0.0, "modelled_duration": 0.0}  # fmt: skip
MODEL = Model("advan2", "one compartment with absorption", STRUCTURE, (Values("case", Source("case"), NUMBERS),))


def records(subject: str) -> list[dict[str, float]]:
    with (FOLDER / "events.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["id"] == subject]
    return [{key: float(value) for key, value in row.items()} for row in rows]


def dose(row: dict[str, float]) -> Dose:
    into = ("depot", "central")[int(row["cmt"]) - 1]
    central = into == "central"
    given = {-1.0: {"rate": "modelled_rate"}, -2.0: {"duration": "modelled_duration"}}.get(row["rate"], {"rate": row["rate"]})
    return Dose(
        row["amt"], row["time"], into, repeats=int(row["addl"]), steady_state=("", "replace", "add")[int(row["ss"])],
        # the reference writes an interval on records without repeats too, where it says nothing
        every=row["ii"] if row["addl"] or row["ss"] else 0.0,
        lag="lag" if central else 0.0, fraction="bioavailability" if central else 1.0, **given,
    )  # fmt: skip


def regimen(rows: list[dict[str, float]]) -> Regimen:
    given = [row for row in rows if row["evid"]]
    resets = [Reset(row["time"]) for row in given if row["evid"] in (3, 4)]
    return Regimen.of([*resets, *(dose(row) for row in given if row["evid"] in (1, 4))])


@pytest.mark.parametrize("subject", IDS)
def test_every_scenario_is_what_nonmem_gives(subject):
    if not FOLDER.exists():
        pytest.skip("the reference folder dosing_nonmem_events_visible is not on this machine")
    expected = json.loads((FOLDER / "answers.json").read_text())["answers"][subject]
    rows = records(subject)
    first = rows[0]
    model = MODEL.with_values(
        lag=first["lagt"], bioavailability=first["bioav"], modelled_rate=first["rat2"], modelled_duration=first["dur2"]
    )
    times = np.array(expected["time"]) + JUST_AFTER
    curve = simulate(model, regimen=regimen(rows), times=times, outputs=["cp"]).curve("cp")
    np.testing.assert_allclose(curve, expected["cp"], rtol=1e-3, atol=0.01)


def test_all_scenarios_of_the_file_are_covered():
    if not FOLDER.exists():
        pytest.skip("the reference folder dosing_nonmem_events_visible is not on this machine")
    assert set(json.loads((FOLDER / "answers.json").read_text())["answers"]) == set(IDS)
