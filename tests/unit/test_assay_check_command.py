"""`livingdrug assay check` and `example assay`: what a user sees, the exit code, what is written."""

import json

import pandas as pd
import pytest

from livingdrug.assay import read_assay
from livingdrug.assay.example import RATES
from tests.commands import livingdrug


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A folder with the example."""
    folder = tmp_path_factory.mktemp("assay") / "example"
    assert livingdrug("example", "assay", folder).returncode == 0
    return folder


def files(folder) -> list[str]:
    return [
        str(folder / "readings.csv"),
        "--map",
        str(folder / "map.csv"),
        "--events",
        str(folder / "events.csv"),
    ]


def test_the_example_says_that_it_is_simulated_and_reads_back(example):
    assert "EVERYTHING HERE IS SIMULATED" in (example / "README.txt").read_text()
    plate = read_assay([example / "readings.csv"], example / "map.csv", example / "events.csv")
    assert plate.wells.n == 96 and set(plate.wells.construct) == {*RATES, ""}
    assert sorted(set(plate.events.time)) == [24, 48, 72] and set(plate.events.targets) == {5000}
    again = livingdrug("example", "assay", example)
    assert again.returncode == 2 and "exists already" in again.stderr


def test_a_check_names_the_spoilt_reading_and_writes_tables_and_heat_maps(example, tmp_path):
    out = tmp_path / "checked"
    made = livingdrug("assay", "check", *files(example), "--out", out)
    assert made.returncode == 0, made.stderr
    found = pd.read_csv(out / "findings.csv")
    assert found["code"].tolist() == ["outlier"] and "at 42 h" in found["problem"][0]
    assert "research" in made.stdout
    table = pd.read_csv(out / "readings.csv", keep_default_na=False)
    assert {"plate", "well", "time_h", "quantity", "value", "flag", "construct", "donor"} <= set(
        table.columns
    )
    pictures = out / "pictures"
    assert (pictures / "plate_outliers_targets.png").read_bytes()[:4] == b"\x89PNG"
    assert len(list(pictures.glob("plate_*.svg"))) == len(list(pictures.glob("plate_*.png"))) >= 4
    assert "E8 at 42 h" in (out / "report.html").read_text() and len(pd.read_csv(out / "events.csv")) > 0
    assert 'kind = "assay-check"' in (out / "scenario.toml").read_text()


def test_json_holds_findings_and_the_numbers_of_the_plate(example):
    made = livingdrug("assay", "check", *files(example), "--json", "--leave-out", "SIM1 A1")
    told = json.loads(made.stdout)
    assert told["ok"] and told["plate"]["wells"] == 96 and told["plate"]["flags"]["left_out"] > 0
    assert told["plate"]["roles"]["target_alone"] == 12


def test_a_fault_ends_with_exit_code_2_and_gives_no_readings(example, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text((example / "readings.csv").read_text().replace(",A1,", ",X9,"))
    made = livingdrug("assay", "check", bad, "--out", tmp_path / "out.csv")
    assert made.returncode == 2 and "X9 does not exist" in " ".join(made.stdout.split())
    assert not (tmp_path / "out.csv").exists() and "Traceback" not in made.stderr
    made = livingdrug("assay", "check", bad, "--out", tmp_path / "out")
    assert made.returncode == 2 and "X9 does not exist" in (tmp_path / "out" / "findings.csv").read_text()
    assert not (tmp_path / "out" / "readings.csv").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--limit", "low"), "--limit `low`"),
        (("--rechallenge", "5000"), "5000@24"),
        (("--column", "value"), "YOURS=OURS"),
        (("--wells", "95"), "--wells 95"),
        (("--leave-out", "Q1"), "no such well"),
    ],
)
def test_options_that_cannot_be_read_are_refused_in_a_sentence(example, options, said):
    made = livingdrug("assay", "check", example / "readings.csv", *options)
    assert made.returncode == 2 and said in made.stderr and "Traceback" not in made.stderr
