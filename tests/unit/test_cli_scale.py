"""`livingdrug simulate --exposure`, `--workers` and `--dask` as a user meets them."""

import csv
import json

import pytest
from test_cli import livingdrug

from livingdrug import exposures
from livingdrug.models import get_model

STEIN = ["stein_2019", "-n", "300"]
WINDOW = ["--exposure", "0", "28"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*STEIN, *WINDOW, "--days", "20"], "ends at 28 d, after the horizon of 20 d"),
        ([*STEIN, "--exposure", "28", "0"], "end after its start"),
        ([*STEIN, *WINDOW, "--above", "transgen=5"], "did you mean `transgene`"),
        ([*STEIN, *WINDOW, "--above", "transgene"], "OUTPUT=VALUE"),
        ([*STEIN, *WINDOW, "--above", "transgene=many"], "cannot be read"),
        ([*STEIN, "--above", "transgene=5"], "without a window"),
        ([*STEIN, *WINDOW, "--observe"], "without residual error"),
        ([*STEIN, *WINDOW, "--every", "2"], "has no curves"),
        ([*STEIN, *WINDOW, "--workers", "0"], "0 workers"),
        ([*STEIN, *WINDOW, "--workers", "2", "--dask", "tcp://127.0.0.1:8786"], "give one of them"),
        (["stein_2019", *WINDOW, "--workers", "2"], "give a number of subjects"),
        (["stein_2019_comedication", "-n", "9", *WINDOW, "--above", "transgene=5"], "no sum of exponentials"),
    ],
)
def test_bad_input_is_refused_in_one_sentence_with_exit_code_2(arguments, sentence, tmp_path):
    run = livingdrug("simulate", *arguments, "--out", "table.csv", cwd=tmp_path)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr and len(run.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_json_is_the_summary_of_the_python_verb_and_a_scenario_gives_it_too(tmp_path):
    above = ["--above", "transgene=50", "--above", "transgene=1000"]
    command = livingdrug("simulate", *STEIN, *WINDOW, *above, "--json")
    summary = exposures(get_model("stein_2019"), 300, limits={"transgene": (50, 1000)}).summary()
    assert json.loads(command.stdout) == summary
    assert "1 of 300 not computed (invalid), subject 137: the fast rate alpha" in command.stderr
    (tmp_path / "s.toml").write_text(livingdrug("simulate", *STEIN, *WINDOW, *above, "--as-scenario").stdout)
    assert livingdrug("run", "s.toml", "--json", "--workers", "1", cwd=tmp_path).stdout == command.stdout


def test_the_table_shows_percentiles_within_80_columns_and_the_failures():
    run = livingdrug("simulate", *STEIN, *WINDOW, "--above", "transgene=50")
    assert run.returncode == 0
    for word in ("CMAX (copies/ug)", "TMAX (d)", "AUC (d*copies/ug)", "time above 50 (d)", "50 %", "the 299 computed"):
        assert word in run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 80


def test_the_typical_subject_has_one_column_of_values():
    run = livingdrug("simulate", "kirouac_2023", *WINDOW, "--above", "car_t_blood=0.05", "--above", "car_t_blood=1e9")
    assert run.returncode == 0 and "value" in run.stdout and "never" in run.stdout
    assert "1.14e8" in run.stdout


def test_an_ordinary_run_gives_the_same_file_with_workers_and_shows_who_failed(tmp_path):
    arguments = ["simulate", *STEIN, "--days", "20", "--every", "10"]
    for name, where in (("one", ()), ("two", ("--workers", "2"))):
        assert livingdrug(*arguments, *where, "--out", f"{name}.csv", cwd=tmp_path).returncode == 0
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    rows = list(csv.DictReader((tmp_path / "two.csv").read_text().splitlines()))
    assert len(rows) == 900
    assert {row["subject"] for row in rows if row["status"] == "invalid"} == {"137"}
    assert {row["status"] for row in rows} == {"ok", "invalid"}
    observed = livingdrug(*arguments, "--workers", "2", "--observe", "--out", "noisy.csv", cwd=tmp_path)
    assert observed.returncode == 0
    assert list(csv.DictReader((tmp_path / "noisy.csv").read_text().splitlines()))[136 * 3]["status"] == "invalid"
