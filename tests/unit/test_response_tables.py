"""`livingdrug response` from files: what is read, who enters, exposures from samples, and what is refused."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.response import Question, fit_binary, read_outcome, read_subjects, select


def write(path, heading: str, rows) -> str:
    path.write_text("\n".join([heading, *(",".join(str(c) for c in row) for row in rows)]) + "\n")
    return str(path)


def subjects(n=60, seed=3):
    rng = np.random.default_rng(seed)
    exposure = np.exp(rng.normal(12, 1, n))
    latent = 1.2 * (np.log(exposure) - 12) + rng.logistic(size=n)
    words = np.array(["PD", "SD", "PR", "CR"])[np.digitize(latent, [-1, 0, 1])]
    grades = np.digitize(latent, [-1, 0.5, 1.5])
    times = np.round(rng.exponential(200, n) + 1, 1)
    each = zip(range(1, n + 1), exposure, words, grades, times, rng.normal(size=n), strict=True)
    return [(f"P{i:02d}", f"{e:.1f}", w, g, t, int(t < 150), f"{b:.3f}") for i, e, w, g, t, b in each]


HEADING = "ID,AUCINT (d*copies/ug),RESPONSE,CRS grade,PFS (d),PFS_event,burden"


@pytest.fixture
def wide(tmp_path) -> str:
    return write(tmp_path / "wide.csv", HEADING, subjects())


def run(*words: str):
    return CliRunner().invoke(cli, ["response", *words])


def answer(*words: str) -> dict:
    return json.loads(CliRunner().invoke(cli, ["response", *words, "--json"], catch_exceptions=False).stdout)


def refused(*words: str) -> str:
    result = CliRunner().invoke(cli, ["response", *words])
    assert isinstance(result.exception, InputError), result.output
    assert not result.stdout
    return str(result.exception)


def test_kind_and_model_follow_from_the_values_and_are_said(wide):
    chosen = {e: (a := answer(wide, "--exposure", "AUCINT", "--endpoint", e))["kind"] + " " + a["model"]
              for e in ("ORR", "CRS", "CRS>=2", "PFS_event")}  # fmt: skip
    assert chosen == {"ORR": "binary logistic", "CRS": "graded ordinal", "CRS>=2": "binary logistic",
                      "PFS_event": "binary logistic"}  # fmt: skip
    printed = " ".join(run(wide, "--exposure", "AUCINT", "--endpoint", "ORR").output.split())
    assert "chosen by the values of the endpoint: --kind binary, --model logistic" in printed
    assert "CR, PR count as yes, SD, PD as no" in printed
    assert "Each doubling of AUCINT multiplies the odds of ORR by" in printed
    assert "not for clinical decisions" in printed and "tumour burden drives both" in printed


def test_the_command_gives_the_numbers_of_python(wide):
    kind, sample = select(read_subjects(wide), Question("AUCINT", "ORR", adjust=("burden",)))
    fit = fit_binary(sample, "firth")
    made = answer(wide, "--exposure", "AUCINT", "--endpoint", "ORR", "--adjust", "burden", "--model", "firth")
    assert kind == "binary" and made["adjusted_for"] == ["burden"]
    assert [row["estimate"] for row in made["coefficients"]] == fit.estimates.tolist()
    assert made["log_likelihood"] == fit.log_likelihood
    assert made["sentence"].endswith("at equal burden.") or "do not tell" in made["sentence"]


def test_a_scenario_repeats_the_command(wide, tmp_path):
    command = (wide, "--exposure", "AUCINT", "--endpoint", "CRS>=2", "--model", "firth", "--scale", "linear")
    document = tmp_path / "response.toml"
    document.write_text(run(*command, "--as-scenario").stdout)
    again = CliRunner().invoke(cli, ["run", str(document), "--json"], catch_exceptions=False)
    assert json.loads(again.stdout) == answer(*command)


def test_words_grades_yes_and_no(tmp_path):
    rows = [("A", 1, "scr", "yes"), ("B", 2, "VGPR", "No"), ("C", 3, "SD", "Y"), ("D", 4, "NE", "n"), ("E", 5, "", ".")]
    table = read_subjects(write(tmp_path / "t.csv", "ID,CMAX,BOR,toci", rows))
    orr, crr, toci = (read_outcome(table, name) for name in ("ORR", "CRR", "toci"))
    np.testing.assert_array_equal(orr.values, [1, 1, 0, np.nan, np.nan])
    np.testing.assert_array_equal(crr.values, [1, 0, 0, np.nan, np.nan])
    np.testing.assert_array_equal(toci.values, [1, 0, 1, 0, np.nan])
    assert "sCR, VGPR count as yes, SD as no; NE is left out" in orr.notes[0]


def test_subjects_without_exposure_are_named_and_left_out(tmp_path):
    rows = [list(row) for row in subjects()]
    rows[4][1] = rows[9][1] = ""
    rows[7][2] = "."
    file = write(tmp_path / "gaps.csv", HEADING, rows)
    made = answer(file, "--exposure", "AUCINT", "--endpoint", "ORR")
    assert made["subjects"] == 57
    assert "2 subject(s) without `AUCINT` are left out: P05, P10" in made["notes"]
    assert "1 subject(s) without `ORR` are left out: P08" in made["notes"]
    whole = [row for i, row in enumerate(rows) if i not in (4, 7, 9)]
    other = answer(write(tmp_path / "whole.csv", HEADING, whole), "--exposure", "AUCINT", "--endpoint", "ORR")
    assert other["coefficients"] == made["coefficients"]


def test_landmark_keeps_who_is_observed_after_it(wide):
    rows = subjects()
    made = answer(wide, "--exposure", "AUCINT", "--endpoint", "ORR", "--landmark", "28", "--time", "PFS")
    gone = [row[0] for row in rows if row[4] <= 28]
    assert gone and made["subjects"] == len(rows) - len(gone)
    text = next(note for note in made["notes"] if note.startswith("landmark at 28 d"))
    assert gone[0] in text and f"{len(gone)} subject(s)" in text
    assert any("it should count up to the landmark and no further" in note for note in made["notes"])


@pytest.fixture
def samples(tmp_path) -> tuple[str, str]:
    """Twelve subjects with the same triangle-like curves of different height, sampled every 7 days; onset in every other."""
    rows, endpoints = [], []
    for i in range(12):
        name, top = f"S{i + 1}", 100.0 * (i + 1)
        levels = (0, top, 2 * top, top, top, 8 * top)
        rows += [(name, day, level) for day, level in zip((0, 7, 14, 21, 28, 35), levels, strict=True)]
        endpoints.append((name, int(i in (2, 4, 5, 7, 9, 10, 11)), 10.5 if i % 2 else "", 20 if i == 3 else 300, 1))
    one = write(tmp_path / "kinetics.csv", "ID,TIME (d),DV (copies/ug)", rows)
    return one, write(tmp_path / "endpoints.csv", "ID,CRS3,onset (d),PFS (d),PFS_event", endpoints)


def exposures(samples, *words: str) -> list:
    from livingdrug.workflows.response.spec import Response
    from livingdrug.workflows.response.spec import run as run_response

    given = dict(zip(words[::2], words[1::2], strict=True))
    scenario = Response(file=samples[0], endpoints=samples[1], endpoint="CRS3", auc="linear", **given)
    (made,) = run_response(scenario)
    return made.sample.exposure.tolist(), made.sample


def test_exposures_are_those_of_nca(samples):
    values, sample = exposures(samples, "exposure", "CMAX")
    assert values == [800.0 * (i + 1) for i in range(12)] and sample.exposure_unit == "copies/ug"
    # 0 to 28 d: 350 + 1050 + 1050 + 700 per 100 of height
    values, sample = exposures(samples, "exposure", "AUCINT")
    assert values == pytest.approx([3150.0 * (i + 1) for i in range(12)]) and sample.exposure_unit == "d*copies/ug"


def test_exposure_up_to_the_onset(samples):
    values, sample = exposures(samples, "exposure", "CMAX", "onset", "onset")
    assert values == [(100.0 if i % 2 else 800.0) * (i + 1) for i in range(12)]
    values, sample = exposures(samples, "exposure", "AUCINT", "onset", "onset")
    # up to day 10.5, half way to the sample at 14: 350 + 3.5 (100 + 150)/2
    assert values == pytest.approx([(787.5 if i % 2 else 3150.0) * (i + 1) for i in range(12)])
    assert any("exposure ends at `onset` in the 6 subject(s)" in note for note in sample.notes)


def test_exposure_up_to_the_landmark(samples):
    values, sample = exposures(samples, "exposure", "CMAX", "landmark", 21.0, "time", "PFS")
    assert values == [200.0 * (i + 1) for i in range(12) if i != 3]
    assert any("left out: S4" in note for note in sample.notes)
    values, _ = exposures(samples, "exposure", "AUCINT", "landmark", 21.0, "time", "PFS")
    assert values == pytest.approx([2450.0 * (i + 1) for i in range(12) if i != 3])


def test_what_describes_a_whole_curve_cannot_be_cut(samples):
    with pytest.raises(InputError, match="`LAMZHL` describes the whole curve"):
        exposures(samples, "exposure", "LAMZHL", "onset", "onset")


def test_a_picture_and_a_table_are_written_for_each_group(wide, tmp_path):
    out, folder = tmp_path / "curve.csv", tmp_path / "pictures"
    words = (wide, "--exposure", "AUCINT", "--endpoint", "CRS>=2", "--model", "firth", "--by", "PFS_event")
    result = run(*words, "--out", str(out), "--plots", str(folder))
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in folder.iterdir()) == [f"response-{i}.{kind}" for i in (1, 2) for kind in ("png", "svg")]
    assert out.read_text().splitlines()[0] == "group,AUCINT,probability,low,high"


def test_pictures_show_the_band_the_rates_and_the_subjects(wide):
    from livingdrug.plots import plot_response

    _, sample = select(read_subjects(wide), Question("AUCINT", "ORR"))
    figure = plot_response(fit_binary(sample))
    (axes,) = figure.axes
    assert axes.get_xlabel() == "AUCINT (d*copies/ug)" and axes.get_xscale() == "log"
    legend = {text.get_text() for text in axes.get_legend().get_texts()}
    assert legend == {"95 % band", "logistic", "observed, exact interval", "subjects"}
    assert sum(len(c.get_offsets()) for c in axes.collections if c.get_label() == "subjects") == sample.n
    assert any("not for clinical decisions" in t.get_text() for t in figure.texts)


@pytest.mark.parametrize(
    ("change", "words", "message"),
    [
        ({}, ("--exposure", "AUC1", "--endpoint", "ORR"), "unknown column `AUC1`; did you mean `AUCINT`?"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "CRZ"), "endpoint: unknown column `CRZ`"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "ORR", "--adjust", "brden"), "--adjust: unknown column `brden`"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "ORR", "--model", "4pl"), "`4pl` does not fit a binary outcome"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "ORR", "--landmark", "28"), "--landmark needs --time COLUMN"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "ORR", "--landmark", "-1", "--time", "PFS"), "the landmark is -1"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "ORR", "--onset", "PFS"), "cannot be cut at `PFS`"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "RESPONSE", "--kind", "graded"), "holds response words"),
        ({}, ("--exposure", "AUCINT"), "name the outcome with --endpoint"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "ORR", "--landmark", "1e6", "--time", "PFS"), "no subject is left"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "ORR", "--adjust", "AUCINT"), "`AUCINT` is the exposure itself"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "PFS_event", "--by", "PFS_event"), "PFS_event `0`: .* does not vary"),
        ({}, ("--exposure", "AUCINT", "--endpoint", "CRS>=2", "--kind", "graded"), "`CRS>=2` is yes or no"),
        ({(3, 1): "-5"}, ("--exposure", "AUCINT", "--endpoint", "ORR"), "`AUCINT` is 0 or negative for P04.*--scale linear"),
        ({(3, 1): "high"}, ("--exposure", "AUCINT", "--endpoint", "ORR"), r"`AUCINT` is not a number in `high` \(P04\)"),
        ({(3, 2): "good"}, ("--exposure", "AUCINT", "--endpoint", "ORR"), r"`good` \(P04\) is no response that is known"),
        ({(3, 3): "7"}, ("--exposure", "AUCINT", "--endpoint", "CRS", "--kind", "graded"), "a grade outside 0 to 5: 7"),
        ({(3, 3): "9"}, ("--exposure", "AUCINT", "--endpoint", "CRS"), r"a grade outside 0 to 5: 9 \(P04\)"),
        ({(3, 3): "1.5"}, ("--exposure", "AUCINT", "--endpoint", "CRS"), r"a grade outside 0 to 5: 1.5 \(P04\)"),
        ({(3, 0): "P02"}, ("--exposure", "AUCINT", "--endpoint", "ORR"), r"subject `P02` has two rows \(line 3 and line 5\)"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(tmp_path, change, words, message):
    import re

    rows = [list(row) for row in subjects()]
    for (row, column), text in change.items():
        rows[row][column] = text
    assert re.search(message, refused(write(tmp_path / "bad.csv", HEADING, rows), *words))


def test_a_code_of_response_that_is_neither_yes_nor_no_is_refused(tmp_path):
    rows = [(f"P{i}", i + 1, i % 2) for i in range(12)]
    rows[3] = ("P3", 4, 2)
    file = write(tmp_path / "codes.csv", "ID,CMAX,ORR", rows)
    assert "`ORR` holds 2 (P3), where 1 (yes) and 0 (no)" in refused(file, "--exposure", "CMAX", "--endpoint", "ORR")


def test_a_value_that_does_not_vary_is_not_called_a_grade(tmp_path):
    file = write(tmp_path / "same.csv", "ID,CMAX,tumour", [(f"P{i}", i + 1, 5) for i in range(12)])
    assert "`tumour` does not vary: it is 5 in all 12 rows" in refused(file, "--exposure", "CMAX", "--endpoint", "tumour")


def test_no_exposure_below_zero_is_printed(tmp_path):
    """The chance of 10 % would lie below 0 on a linear scale."""
    chance = np.repeat([0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1], 2)
    file = write(tmp_path / "line.csv", "ID,CMAX,ORR", [(f"P{i}", i + 1, y) for i, y in enumerate(chance)])
    words = ("--exposure", "CMAX", "--endpoint", "ORR", "--scale", "linear")
    assert answer(file, *words)["exposure_at"][0]["value"] < 0
    lines = [line for line in run(file, *words).stdout.splitlines() if line.startswith("a probability of")]
    assert "10 % at no exposure" in lines[0]
    assert not any(" -" in line for line in lines)


def test_a_falling_response_is_told_which_model_has_a_baseline(tmp_path):
    rows = [(f"P{i}", i + 1, f"{100 - 60 * (i + 1) / (i + 6) + (i % 3):.2f}") for i in range(20)]
    file = write(tmp_path / "fall.csv", "ID,CMAX,tumour", rows)
    assert "use --model emax-baseline" in refused(file, "--exposure", "CMAX", "--endpoint", "tumour")


def test_counts_of_a_group_cannot_pass_its_size(tmp_path):
    file = write(tmp_path / "groups.csv", "dose,events,n", [(1, 1, 5), (2, 6, 5), (3, 3, 5)])
    assert "`events` is 6 of 5 for line 3" in refused(file, "--exposure", "dose", "--endpoint", "events", "--trials", "n")


def test_separation_is_refused_and_firth_answers(tmp_path):
    file = write(tmp_path / "apart.csv", "ID,CMAX,CRS3", [(f"P{i}", i + 1, int(i > 5)) for i in range(12)])
    assert "complete separation" in refused(file, "--exposure", "CMAX", "--endpoint", "CRS3")
    said = answer(file, "--exposure", "CMAX", "--endpoint", "CRS3", "--model", "firth")
    rows = said["coefficients"]
    assert any("complete separation" in note and "whose size is not estimable" in note for note in said["notes"])
    assert all(abs(row["estimate"]) < 50 and row["se"] < 50 for row in rows)


def test_the_simulated_example_runs_as_its_text_says(tmp_path):
    folder = tmp_path / "demo"
    assert CliRunner().invoke(cli, ["example", "response", str(folder)]).exit_code == 0
    text = (folder / "README.txt").read_text()
    assert "EVERYTHING HERE IS SIMULATED" in text
    files = (str(folder / "kinetics.csv"), "--endpoints", str(folder / "endpoints.csv"))
    orr = answer(*files, "--exposure", "CMAX", "--endpoint", "ORR")
    assert orr["subjects"] == 80 and orr["coefficients"][1]["low"] < 1.0 < orr["coefficients"][1]["high"]
    crs = answer(*files, "--exposure", "CMAX", "--endpoint", "CRS", "--adjust", "burden")
    slope, burden = crs["coefficients"][-2:]
    assert slope["low"] < 1.1 < slope["high"] and burden["low"] < 0.5 < burden["high"]
    again = CliRunner().invoke(cli, ["example", "response", str(folder)])
    assert "exists already and is not overwritten" in str(again.exception)


def test_the_published_dose_groups_are_those_of_the_source(tmp_path):
    assert CliRunner().invoke(cli, ["example", "crb401", str(tmp_path / "doses")]).exit_code == 0
    file = str(tmp_path / "doses" / "crb401.csv")
    made = answer(file, "--exposure", "dose", "--endpoint", "responders", "--trials", "patients")
    groups = [(g["start"], g["events"], g["n"]) for g in made["observed"]]
    assert groups == [(50e6, 1, 3), (150e6, 6, 8), (450e6, 18, 19), (800e6, 3, 3)]  # Raje 2019, Table 3
    assert made["events"] == 28 and made["subjects"] == 33 and made["exposure_unit"] == "cells"
