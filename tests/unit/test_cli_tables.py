"""check, nca, compare and example as a user meets them."""

import csv
import json

import pytest

from livingdrug.nca import parameters
from tests import commands


def livingdrug(*arguments, cwd=None):
    return commands.livingdrug(*arguments, cwd=cwd, columns=140)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    run = livingdrug("example", "nca", ".", cwd=folder)
    assert run.returncode == 0 and "simulated" in run.stderr
    return folder


def test_the_example_is_labelled_simulated_and_never_overwritten(example):
    assert "EVERYTHING HERE IS SIMULATED" in (example / "README.txt").read_text()
    again = livingdrug("example", "nca", ".", cwd=example)
    assert again.returncode == 2 and "is not overwritten" in again.stderr


def test_check_explains_columns_and_counts(example):
    run = livingdrug("check", "kinetics.csv", "--endpoints", "endpoints.csv", "--out", "canonical.csv", cwd=example)
    assert run.returncode == 0 and "passed validation: 24 subjects" in run.stdout
    header = (example / "canonical.csv").read_text().splitlines()[0]
    assert header.startswith("ID,TIME,DV,DVID,UNIT,ASSAY,EVID,AMT,CENS,LIMIT,OCC")
    seen = json.loads(livingdrug("check", "kinetics.csv", "--json", cwd=example).stdout)
    assert seen["ok"] and seen["subjects"] == 24 and seen["findings"] == [] and seen["columns"][0]["meaning"] == "ID"


def test_the_canonical_table_reads_back_to_the_same_numbers(example):
    livingdrug("check", "kinetics.csv", "--out", "canonical.csv", cwd=example)
    one = json.loads(livingdrug("nca", "kinetics.csv", "--json", cwd=example).stdout)["results"]
    two = json.loads(livingdrug("nca", "canonical.csv", "--json", cwd=example).stdout)["results"]
    assert [row["value"] for row in one] == [row["value"] for row in two]


def test_results_are_long_with_flag_reason_and_points(example):
    run = livingdrug("nca", "kinetics.csv", "--out", "results.csv", cwd=example)
    assert run.returncode == 0, run.stderr
    with (example / "results.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0])[:7] == ["ID", "PARAMCD", "value", "unit", "flag", "reason", "points"]
    assert len(rows) == 24 * len(parameters()) and all(row["flag"] and row["reason"] and row["unit"] for row in rows)
    assert all((row["value"] == "") == (row["flag"] == "absent") for row in rows)
    assert {row["unit"] for row in rows if row["PARAMCD"] == "AUCINT"} == {"d*copies/ug"}
    lamz = [row for row in rows if row["PARAMCD"] == "LAMZ" and row["value"]]
    assert all(len(row["points"].split()) >= 3 for row in lamz)


def test_wide_results_have_one_row_a_profile(example):
    livingdrug("nca", "kinetics.csv", "--out", "wide.csv", "--wide", cwd=example)
    with (example / "wide.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 24 and "CMAX" in rows[0] and all(row["notes"] for row in rows)


def test_a_scenario_runs_to_the_same_numbers(example):
    for verb, more in (("nca", ["--auc", "linear", "--window", "0", "14", "--blq-last", "drop"]), ("check", []),
                       ("compare", ["--product", "kymriah"])):  # fmt: skip
        command = [verb, "kinetics.csv", *more]
        (example / f"{verb}.toml").write_text(livingdrug(*command, "--as-scenario", cwd=example).stdout)
        direct = livingdrug(*command, "--json", cwd=example).stdout
        assert direct and livingdrug("run", f"{verb}.toml", "--json", cwd=example).stdout == direct


def test_rules_and_counts_are_printed(example):
    shown = livingdrug("nca", "kinetics.csv", "--blq-first", "drop", cwd=example).stdout
    assert "values below the limit: first drop (38), middle drop (3), last zero (1)" in shown
    assert "AUCINT over 0 to 28 d" in shown and "interval-censored Kaplan-Meier, 1 of 24 lost" in shown


def test_compare_places_subjects_and_writes_them(example):
    run = livingdrug("compare", "kinetics.csv", "--product", "tisagenlecleucel", "--out", "placed.csv", cwd=example)
    assert run.returncode == 0 and "model stein_2019, spread sd" in run.stdout and "US PI" in run.stdout
    with (example / "placed.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert all(row["source"] and row["reason"] for row in rows)
    assert all(0 <= float(row["percentile"]) <= 100 for row in rows if row["percentile"])


def test_pictures_are_written_as_png_and_svg_and_repeat_to_the_byte(example):
    for folder in ("one", "two"):
        more = ["--endpoints", "endpoints.csv", "--by", "response", "--plots", folder]
        run = livingdrug("nca", "kinetics.csv", *more, cwd=example)
        assert run.returncode == 0, run.stderr
    names = sorted(path.name for path in (example / "one").iterdir())
    assert names == ["all.png", "all.svg", "profiles-1.png", "profiles-1.svg", "profiles-2.png", "profiles-2.svg"]
    assert all((example / "one" / name).read_bytes() == (example / "two" / name).read_bytes() for name in names)
    assert livingdrug("compare", "kinetics.csv", "--product", "kymriah", "--plots", "one", cwd=example).returncode == 0
    assert (example / "one" / "exposure.svg").exists()


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["nca", "nowhere.csv"], "`nowhere.csv` was not found"), (["nca", "."], "is a folder"),
    (["nca", "kinetics.csv", "--auc", "spline"], "`--auc`: `spline` is not one of linup-logdown, linear"),
    (["nca", "kinetics.csv", "--column", "DV"], "write YOURS=OURS"),
    (["nca", "kinetics.csv", "--bridge", "magic"], "unknown conversion"),
    (["nca", "kinetics.csv", "--by", "shoe size"], "unknown covariate"),
    (["nca", "kinetics.csv", "--terminal", "SIM-01"], "write ID:FROM:TO:WHY"),
    (["nca", "kinetics.csv", "--window", "28", "0"], "the window is 28 to 0"),
    (["nca", "kinetics.csv", "--out", "none/a.csv"], "missing or read-only"),
    (["nca", "kinetics.csv", "--unit", "cells/uL"], "named conversion"),
    (["check", "kinetics.csv", "--sheet", "one"], "not an Excel"),
    (["compare", "kinetics.csv", "--product", "aspirin"], "unknown product `aspirin`"),
])  # fmt: skip
def test_refusals_are_one_sentence_and_exit_code_2(arguments, sentence, example):
    before = sorted(p.name for p in example.iterdir())
    run = livingdrug(*arguments, cwd=example)
    assert run.returncode == 2 and sentence in run.stderr and "Traceback" not in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert sorted(p.name for p in example.iterdir()) == before


def test_an_unknown_kind_of_scenario_is_named(tmp_path):
    (tmp_path / "s.toml").write_text('kind = "ncaa"\nfile = "x.csv"\n')
    run = livingdrug("run", "s.toml", cwd=tmp_path)
    assert run.returncode == 2 and "unknown kind `ncaa`; did you mean `nca`" in run.stderr
    (tmp_path / "s.toml").write_text('kind = "nca"\nfile = "x.csv"\nblq_frist = "drop"\n')
    run = livingdrug("run", "s.toml", cwd=tmp_path)
    assert run.returncode == 2 and "did you mean `blq_first`" in run.stderr
