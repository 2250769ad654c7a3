"""Patients in whom nothing was ever measured stay in every exposure-response, and nobody is told to take them out."""

import numpy as np
import pytest

from livingdrug.response import Sample, on_axis
from livingdrug.workflows.index.spec import Index
from livingdrug.workflows.index.spec import run as run_index
from livingdrug.workflows.response.spec import Response
from livingdrug.workflows.response.spec import run as run_response
from tests.commands import livingdrug

LEVELS = {f"P{i + 1:02d}": 300.0 * 2**i for i in range(9)}
NEVER = ("N1", "N2", "N3")


def files(folder, mark: str = "<50", limit: bool = True):
    rows = [f"{who},{day},{level / part:g}" for who, level in LEVELS.items() for day, part in ((7, 2), (10, 1), (28, 5))]
    rows += [f"{who},{day},{mark}" for who in NEVER for day in (7, 10, 28)]
    (folder / "k.csv").write_text("ID,TIME (d),DV (copies/ug)\n" + "\n".join(rows) + "\n")
    ends = [
        f"{who},{'CR' if i % 3 or i > 6 else 'PD'},{i % 4},{60 + 20 * (5 * i % 9)},{int(i % 3 > 0)}"
        for i, who in enumerate(LEVELS)
    ]
    ends += [f"{who},PD,0,{30 + 5 * i},1" for i, who in enumerate(NEVER)]
    (folder / "e.csv").write_text("ID,RESPONSE,CRS,PFS (d),PFS_event\n" + "\n".join(ends) + "\n")
    return {"file": str(folder / "k.csv"), "endpoints": str(folder / "e.csv")}


def answer(folder, mark="<50", **asked):
    (found,) = run_response(Response(**files(folder, mark), **asked))
    return found


AREA = {"CMAX": 50.0, "AUCINT": 50 * 28.0, "AUCLST": 50 * 28.0, "AUCALL": 50 * 28.0}


@pytest.mark.parametrize("exposure", AREA)
@pytest.mark.parametrize("asked", [
    {"endpoint": "ORR"}, {"endpoint": "ORR", "model": "firth"}, {"endpoint": "CRS", "outcome": "graded"},
    {"time": "PFS", "event": "PFSEVENT"}, {"time": "PFS", "event": "PFSEVENT", "model": "weibull"},
], ids=["logistic", "firth", "grades", "cox", "weibull"])  # fmt: skip
def test_they_stay_at_the_limit_for_every_exposure_and_outcome(exposure, asked, tmp_path):
    sample = answer(tmp_path, exposure=exposure, **asked).sample
    placed = dict(zip(sample.subjects, sample.exposure, strict=True))
    assert len(placed) == 12 and {placed[who] for who in NEVER} == {AREA[exposure]}
    (note,) = (n for n in sample.notes if "stay in" in n)
    assert all(who in note for who in NEVER)


@pytest.mark.parametrize("exposure", AREA)
def test_without_a_limit_they_stand_below_everybody_else(exposure, tmp_path):
    sample = answer(tmp_path, "0", exposure=exposure, endpoint="ORR").sample
    placed = dict(zip(sample.subjects, sample.exposure, strict=True))
    lowest = min(v for who, v in placed.items() if who not in NEVER)
    assert {placed[who] for who in NEVER} == {lowest / 2}


def test_a_limit_above_a_measured_exposure_puts_nobody_above_it():
    sample = Sample(np.array([0, 0, 40.0, 900]), np.array([0, 0, 1, 1.0]), floor=np.array([50, 10, np.nan, np.nan]))
    assert on_axis(sample, "binary", None, "log").exposure.tolist() == [20, 10, 40, 900]
    for kind, model, scale in (("binary", None, "linear"), ("continuous", None, "log"), ("time", "km", "log")):
        assert on_axis(sample, kind, model, scale) is sample


def test_a_table_of_exposures_keeps_its_zeros_too(tmp_path):
    rows = [f"{who},{level:g},{int(i > 3)}" for i, (who, level) in enumerate(LEVELS.items())] + [f"{n},0,0" for n in NEVER]
    (tmp_path / "t.csv").write_text("ID,CMAX,CR\n" + "\n".join(rows) + "\n")
    (found,) = run_response(Response(file=str(tmp_path / "t.csv"), exposure="CMAX", endpoint="CR", model="firth"))
    assert found.sample.n == 12 and found.sample.exposure[-1] == 150
    (plain,) = run_response(Response(file=str(tmp_path / "t.csv"), exposure="CMAX", endpoint="CR", model="firth",
                                     scale="linear"))  # fmt: skip
    assert plain.sample.exposure[-1] == 0


def test_the_slope_is_that_of_everybody(tmp_path):
    """Without the three the same data show another slope: that of the expanders alone."""
    everybody = answer(tmp_path, exposure="CMAX", endpoint="ORR", model="firth").fit
    x = np.log([50.0] * 3 + list(LEVELS.values()))
    y = np.array([0.0] * 3 + [float(i % 3 > 0 or i > 6) for i in range(9)])
    from livingdrug.response import fit_binary

    assert everybody.curve.slope == pytest.approx(fit_binary(Sample(np.exp(x), y), "firth").curve.slope, rel=1e-6)
    assert everybody.curve.slope != pytest.approx(fit_binary(Sample(np.exp(x[3:]), y[3:]), "firth").curve.slope, rel=0.1)


def test_an_index_counts_them_among_the_patients(tmp_path):
    scenario = Index(**files(tmp_path), exposure="CMAX", efficacy="ORR", toxicity="CRS>=2", model="firth")
    found = run_index(scenario)
    assert any("stay in" in note for note in found.notes) and "12 subjects" in found.outlook.spread.source


def test_the_cut_at_an_onset_knows_who_had_not_risen_yet(tmp_path):
    sample = answer(tmp_path, exposure="CMAX", endpoint="ORR", time="PFS", event="PFSEVENT", landmark=8).sample
    assert sample.n == 12 and dict(zip(sample.subjects, sample.exposure, strict=True))["N1"] == 50


@pytest.mark.parametrize("command", ["response", "index"])
def test_no_advice_takes_patients_out(command, tmp_path):
    given = files(tmp_path)
    more = ["--endpoint", "ORR"] if command == "response" else ["--efficacy", "ORR", "--toxicity", "CRS>=2"]
    for exposure in (*AREA, "LAMZHL", "DOSE"):
        run = livingdrug(command, given["file"], "--endpoints", given["endpoints"], "--exposure", exposure, *more)
        seen = " ".join((run.stdout + run.stderr).split())
        assert not any(word in seen for word in ("take these rows out", "leave it out", "take them out", "leave them out"))
