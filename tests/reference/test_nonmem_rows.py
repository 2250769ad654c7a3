"""Rows of doses as a file holds them, read and predicted as a fit does, against NONMEM 7.4.3.

The table of events is third-party data and is read where it lies; the tests skip where that folder is absent. NONMEM gives
the value just after a dose at the time of an observation, so every value is asked for a millionth of an hour later. Subjects
with a lag, a bioavailability or a modelled rate are left to `test_nonmem_dosing`: a file of doses does not say these. SS 2
on top of earlier doses is refused by a fit.
"""

import csv
import json

import numpy as np
import pytest

from livingdrug.data import Reading, read_data
from livingdrug.fit import ResidualError, new_problem, point_of
from livingdrug.fit.point import centre, predictions, prepare
from tests.reference.test_nonmem_dosing import FOLDER, JUST_AFTER, MODEL


def subjects() -> list[str]:
    if not FOLDER.exists():
        return []
    with (FOLDER / "events.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    answers = json.loads((FOLDER / "answers.json").read_text())["answers"]

    def plain(row) -> bool:
        late = row["ss"] == "2" and float(row["time"]) > 0
        return float(row["lagt"]) == 0 and float(row["bioav"]) == 1 and float(row["rate"]) >= 0 and not late

    return sorted((i for i in answers if all(plain(r) for r in rows if r["id"] == i)), key=int)


@pytest.mark.parametrize("subject", subjects() or ["absent"])
def test_rows_of_a_file_are_what_nonmem_makes_of_them(subject, tmp_path):
    if subject == "absent":
        pytest.skip("the reference folder dosing_nonmem_events_visible is not on this machine")
    with (FOLDER / "events.csv").open() as lines:
        given = [r for r in csv.DictReader(lines) if r["id"] == subject and float(r["evid"])]
    expected = json.loads((FOLDER / "answers.json").read_text())["answers"][subject]
    names = ("time", "amt", "rate", "addl", "ii", "ss", "cmt", "evid")
    lines = ["ID,DV," + ",".join(name.upper() for name in names)]
    lines += [f"{subject},," + ",".join(row[name] for name in names) for row in given]
    lines += [f"{subject},1,{float(time) + JUST_AFTER!r},,,,,,,0" for time in expected["time"]]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    data = read_data(tmp_path / "rows.csv", Reading(time_unit="h", unit="1"))
    table = {"1": "depot", "2": "central"}
    problem = new_problem(MODEL, data, {"cl": 0.3}, residuals=[ResidualError("cp", "additive", a=1.0)], compartments=table)
    prepared = prepare(problem)
    found = predictions(prepared, centre(prepared, point_of(prepared.problem)))
    np.testing.assert_allclose(found, expected["cp"], rtol=1e-3, atol=0.01)
