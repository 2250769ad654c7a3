"""Theophylline in 12 subjects: PKNCA 0.12.1 and Phoenix WinNonlin, every subject and parameter.

Both references choose the same terminal points in these subjects, so no difference of rule shows here; it would where two
choices of points lie within 1e-4 of each other in adjusted R2 (Phoenix: more points; PKNCA adds 1e-4 times their number).
"""

import json
from pathlib import Path

import pytest

from livingdrug.data import Reading, read_data
from livingdrug.nca import NcaSettings, nca, parameters

FOLDER = Path(__file__).parents[3] / "shared" / "reference"
RULES = {"linear": "linear", "lin_up_log_down": "linup-logdown", "linear_up_log_down": "linup-logdown"}


def answers(case):
    folder = FOLDER / case
    if not folder.exists():
        pytest.skip(f"the reference folder {case} is not on this machine")
    return folder, json.loads((folder / "answers.json").read_text())["answers"]


def digits(value: float) -> float:
    """Relative size of half a unit in the last printed digit."""
    text = repr(value).replace(".", "").replace("-", "").lstrip("0").split("e")[0]
    return 0.5 / max(int(text or 1), 1)


def close(computed: float, printed: float) -> bool:
    if printed == 0:
        return computed == 0
    return abs(computed / printed - 1) <= max(1e-8, 1.01 * digits(printed))


@pytest.mark.parametrize("rule", ["linear", "linear_up_log_down"])
def test_winnonlin(rule):
    folder, expected = answers("nca_theoph_winnonlin")
    codes = {p.phoenix: p.code for p in parameters(small_molecule=True)}
    result = nca(folder / "theoph_conc.csv", NcaSettings(auc=RULES[rule], small_molecule=True), Reading(dose=320))
    checked = 0
    for subject, values in expected[rule].items():
        row = list(result.ids).index(subject)
        for name, printed in values.items():
            assert close(result.values[codes[name]][row], printed), (subject, name)
            checked += 1
    assert checked == 12 * 34


@pytest.mark.parametrize("rule", ["linear", "lin_up_log_down"])
def test_pknca_to_infinity(rule):
    folder, expected = answers("nca_theoph_pknca")
    rows = [line.split(",") for line in (folder / "theoph_dose.csv").read_text().splitlines()[1:]]
    doses = {subject: float(dose) for subject, _, dose, _ in rows}
    codes = {p.pknca: p.code for p in parameters(small_molecule=True)}
    result = nca(folder / "theoph_conc.csv", NcaSettings(auc=RULES[rule], small_molecule=True))
    checked = 0
    for subject, values in expected[rule]["[0,Inf]"].items():
        row = list(result.ids).index(subject)
        area, lamz = result.values["AUCIFO"][row], result.values["LAMZ"][row]
        for name, printed in values.items():
            # the dose differs between subjects here, and the analysis takes one for all
            by_dose = {"cl.obs": doses[subject] / area, "vz.obs": doses[subject] / (area * lamz)}
            computed = by_dose[name] if name in by_dose else result.values[codes[name]][row]
            assert close(computed, printed), (subject, name)
            checked += 1
    assert checked == 12 * 23


@pytest.mark.parametrize("rule", ["linear", "lin_up_log_down"])
def test_pknca_over_24_hours(rule, tmp_path):
    folder, expected = answers("nca_theoph_pknca")
    codes = {p.pknca: p.code for p in parameters(small_molecule=True)} | {"aucint.last": "AUCINT"}
    settings = NcaSettings(auc=RULES[rule], window=(0, 24), small_molecule=True)
    whole = nca(folder / "theoph_conc.csv", settings)
    # PKNCA sees only the samples inside the interval, except for the ends of the area
    header, *lines = (folder / "theoph_conc.csv").read_text().splitlines()
    inside = [line for line in lines if float(line.split(",")[1]) <= 24]
    (tmp_path / "inside.csv").write_text("\n".join([header, *inside]) + "\n")
    part = nca(read_data(tmp_path / "inside.csv"), settings)
    for subject, values in expected[rule]["[0,24]"].items():
        for name, printed in values.items():
            result = whole if name.startswith("aucint") else part
            row = list(result.ids).index(subject)
            if name == "aucint.last" and values["tlast"] == whole.values["TLST"][row]:
                # nothing lies behind 24 h in this subject: this area of PKNCA ends at the last sample
                result, name = part, "auclast"
            assert close(result.values[codes[name]][row], printed), (subject, name)
