"""`livingdrug sampling` as a user meets it; the numbers themselves are held in test_sampling_days."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.fit import extra_days
from livingdrug.models import get_model
from livingdrug.workflows.sampling.spec import OUR_DAYS, Sampling
from livingdrug.workflows.sampling.spec import run as run_sampling

DAYS = (0.0, 3.0, 7.0, 10.0, 14.0, 21.0, 28.0)


def run(*arguments):
    return CliRunner().invoke(cli, ["sampling", *arguments], env={"COLUMNS": "140"}, catch_exceptions=False)


def test_command_scenario_and_python_give_the_same_errors(tmp_path):
    asked = ("stein_2019", "--days", "0,3,7,10,14,21,28", "--candidates", "60,365", "--subjects", "30")
    out = tmp_path / "days.csv"
    answer = json.loads(run(*asked, "--json", "--out", str(out)).stdout)
    found = extra_days(get_model("stein_2019"), DAYS, (60.0, 365.0), 30)
    assert [p["parameter"] for p in answer["parameters"]] == list(found.names)
    assert [p["se"] for p in answer["parameters"]] == found.se.tolist()
    assert [p["se_with"] for p in answer["parameters"]] == found.se_with.T.tolist()
    assert len(out.read_text().splitlines()) == 1 + 2 * len(found.names)
    document = tmp_path / "days.toml"
    document.write_text(run(*asked, "--as-scenario").stdout)
    again = CliRunner().invoke(cli, ["run", str(document), "--json"], catch_exceptions=False)
    assert json.loads(again.stdout) == answer


def test_the_sentence_names_the_largest_cut_with_the_numbers_of_the_table():
    answer = run_sampling(Sampling(model="stein_2019", days=(*DAYS, 60.0), candidates=(5.0, 365.0)))
    found = answer.found
    cuts = 1 - found.se_with / found.se
    i, j = np.unravel_index(np.argmax(cuts), cuts.shape)
    text = answer.sentences[0]
    assert f"day {found.candidates[i]:g} " in text and f"error of {found.names[j]} " in text
    assert f"to {100 * found.se_with[i, j]:.3g} %" in text
    shown = run("stein_2019", "--days", "0,3,7,10,14,21,28,60", "--candidates", "5,365")
    assert text in shown.stdout.replace("\n", " ") and f"{100 * found.se_with[i, j]:.3g}" in shown.stdout


def test_what_the_days_cannot_determine_is_said_with_the_way_out():
    answer = run_sampling(Sampling(model="stein_2019", days=(0.0, 7.0, 14.0, 28.0), candidates=(3.0, 60.0)))
    assert np.isinf(answer.found.se_with).all()
    assert "neither the present days nor one candidate more determine fold, t_max, c_max" in answer.sentences[0]
    assert "4 day(s)" in answer.sentences[0] and "6 parameters" in answer.sentences[0] and "--fix" in answer.sentences[0]
    fewer = run_sampling(
        Sampling(model="stein_2019", days=(0.0, 7.0, 14.0, 28.0), candidates=(3.0, 60.0), fix=("f_b", "beta", "fold"))
    )
    assert fewer.found.names == ("t_max", "c_max", "alpha") and np.isfinite(fewer.found.se).all()


def test_what_one_day_would_determine_is_said():
    answer = run_sampling(Sampling(model="stein_2019", days=(7.0, 10.0), candidates=(28.0,), fix=("fold", "t_max", "f_b")))
    assert answer.found.names == ("c_max", "alpha", "beta") and np.isinf(answer.found.se).tolist() == [False, True, True]
    told = " ".join(answer.sentences)
    for name in ("alpha", "beta"):
        assert f"do not determine {name}; day 28 as well would" in told
    assert "c_max" not in told


def test_schedules_of_ours_are_labelled():
    answer = run_sampling(Sampling(model="stein_2019", candidates=(180.0,)))
    assert answer.found.days.tolist() == list(OUR_DAYS)
    assert "example schedule of ours, of no published protocol" in answer.notes[0]


def test_a_folder_keeps_table_script_picture_and_report(tmp_path, monkeypatch):
    asked = ("stein_2019", "--days", "0,3,7,10,14,21,28", "--candidates", "180")
    assert run(*asked, "--out", str(tmp_path / "kept")).exit_code == 0
    assert run(*asked, "--out", str(tmp_path / "days.csv")).exit_code == 0
    assert (tmp_path / "kept" / "results.csv").read_bytes() == (tmp_path / "days.csv").read_bytes()
    report = (tmp_path / "kept" / "report.html").read_text()
    assert "sampling at day 180 as well would cut" in report
    script = (tmp_path / "kept" / "script.py").read_text()
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "script.py", "exec"), {})
    assert (tmp_path / "results.csv").read_bytes() == (tmp_path / "days.csv").read_bytes()


def test_pictures_are_written(tmp_path):
    shown = run("stein_2019", "--candidates", "5,180", "--plots", str(tmp_path))
    assert shown.exit_code == 0 and {p.name for p in tmp_path.iterdir()} == {"sampling.png", "sampling.svg"}
    text = (tmp_path / "sampling.svg").read_text()
    assert "beta" in text and "not for clinical decisions" in text


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"days": (0.0, -1.0)}, "days: -1 is no time after the infusion"),
        ({"days": (0.0, float("nan"))}, "days: nan is no time"),
        ({"candidates": (3.0, 3.0)}, "candidates: 3 is there twice"),
        ({"fix": ("speed",)}, "speed"),
        ({"fix": ("fold", "t_max", "c_max", "alpha", "f_b", "beta")}, "none is left to be looked for"),
        ({"subjects": 0}, "0 subjects"),
        ({"spread": "range"}, "unknown variability `range`"),
    ],
)
def test_bad_questions_are_refused(changed, message):
    with pytest.raises(InputError, match=message):
        run_sampling(Sampling(**{"model": "stein_2019", "days": DAYS, "candidates": (60.0,), **changed}))


def test_a_text_that_is_no_number_is_named():
    with pytest.raises(InputError, match="--days: `x` is not a number"):
        run("stein_2019", "--days", "0,x")


def test_errors_that_the_days_do_not_determine_are_said_and_never_printed_as_inf():
    printed = run("singh_2021", "--residual", "0.3").output
    assert "not determined" in printed and "inf " not in printed and "inf:" not in printed
