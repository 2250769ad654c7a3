"""The command line as a user meets it: exit codes, one sentence, nothing written."""

import json
import subprocess
import sys

import pytest

from tests.commands import livingdrug

KIROUAC = "kirouac_2023"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["kirouac_2032"], "did you mean `kirouac_2023`"),
        ([KIROUAC, "--with", "tisue"], "did you mean `tissue`"),
        ([KIROUAC, "--set", "muM=-1"], "must not be negative"),
        ([KIROUAC, "--set", "muM=inf"], "finite"),
        ([KIROUAC, "--set", "muM"], "NAME=VALUE"),
        ([KIROUAC, "--set", "mu_memry=1"], "did you mean `mu_memory`"),
        ([KIROUAC, "--days", "1e12"], "the horizon is 1e+12 d"),
        (["stein_2019", "-n", "1000000000000"], "1000000000000 subjects"),
        ([KIROUAC, "-n", "10"], "no published between-subject variability"),
        ([KIROUAC, "-n", "10", "--cv", "-0.1"], "cv of between-subject variability is -0.1"),
        ([KIROUAC, "-n", "10", "--spread", "variance"], "none can be chosen"),
        (["stein_2019_ode", "--dose", "1e8", "--dose", "5e7@7"], "takes one infusion"),
        ([KIROUAC, "--with", "tissue", "--dose", "1e8", "--dose", "5e7@7"], "takes one infusion"),
        (["stein_2019", "--with", "tissue"], "closed form"),
        ([KIROUAC, "--dose", "many"], "cannot be read"),
        ([KIROUAC, "--dose", "1e8 ovr=2"], "did you mean `over`"),
        ([KIROUAC, "--dose", "1e8 into=tumor"], "did you mean `tumour`"),
        ([KIROUAC, "--dose", "1e8 every=7 repeats=1000000000"], "from 0 to 10,000"),
        ([KIROUAC, "--set", "muM=1", "--set", "dM=0", "--dose", "1e8 every=7 steady=replace"], "no steady state is reached"),
        (["carrgo_restimulation", "--dose", "5000 over=2"], "takes no infusion"),
        ([KIROUAC, "--every", "0"], "must be above 0"),
        ([KIROUAC, "--limit", "50"], "--observe"),
    ],
)
def test_bad_input_is_refused_in_one_sentence_with_exit_code_2(arguments, sentence, tmp_path):
    run = livingdrug("simulate", *arguments, "--out", "table.csv", cwd=tmp_path)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_trajectory_that_leaves_the_finite_range_says_when_and_where():
    run = livingdrug("simulate", KIROUAC, "--set", "muM=1", "--set", "dM=0", "--days", "3000")
    assert run.returncode == 2
    assert "left the finite range" in run.stderr and " d" in run.stderr


def test_json_is_of_the_continuous_solution_and_ignores_every():
    fine = json.loads(livingdrug("simulate", KIROUAC, "--json").stdout)
    coarse = json.loads(livingdrug("simulate", KIROUAC, "--json", "--every", "30").stdout)
    assert fine["outputs"]["car_t"]["unit"] == "cells"
    for metric in ("CMAX", "TMAX", "AUC"):
        assert coarse["outputs"]["car_t"][metric] == pytest.approx(fine["outputs"]["car_t"][metric], rel=1e-6)
    assert fine["outputs"]["car_t"]["CMAX"] == pytest.approx(1.14267e8, rel=1e-4)


def test_json_with_subjects_gives_percentiles_in_order():
    run = json.loads(livingdrug("simulate", "stein_2019", "-n", "200", "--json").stdout)
    levels = list(run["outputs"]["transgene"]["AUC"].values())
    assert list(run["outputs"]["transgene"]["AUC"]) == ["p2.5", "p5", "p25", "p50", "p75", "p95", "p97.5"]
    assert levels == sorted(levels)


def test_the_table_is_long_and_censors_below_the_limit(tmp_path):
    arguments = ["simulate", "stein_2019", "-n", "20", "--days", "60", "--observe", "--limit", "50", "--out", "a.csv"]
    assert livingdrug(*arguments, cwd=tmp_path).returncode == 0
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "subject,time,output,value,unit,limit,below_limit,status"
    assert len(lines) == 1 + 20 * 61
    rows = [line.split(",") for line in lines[1:]]
    assert all(float(r[3]) == 50.0 for r in rows if r[6] == "1")
    assert all(float(r[3]) >= 50.0 for r in rows if r[6] == "0")
    assert any(r[6] == "1" for r in rows)


def test_a_printed_scenario_runs_to_the_same_numbers(tmp_path):
    arguments = ["simulate", KIROUAC, "--with", "host_competition", "--set", "host_0=5", "--dose", "5e7", "--days", "30"]
    (tmp_path / "s.toml").write_text(livingdrug(*arguments, "--as-scenario").stdout)
    assert livingdrug("run", "s.toml", "--json", cwd=tmp_path).stdout == livingdrug(*arguments, "--json").stdout


def test_words_of_a_dose_reach_the_simulation():
    def run(*doses):
        arguments = [part for dose in doses for part in ("--dose", dose)]
        return json.loads(livingdrug("simulate", "carrgo_restimulation", *arguments, "--json").stdout)

    assert run("5000@24 into=tumour every=24 repeats=1") == run("5000@24", "5000@48")
    assert run("5000@24", "reset@30")["outputs"]["tumour"] != run("5000@24")["outputs"]["tumour"]


def test_help_starts_without_what_computes():
    # what makes a start slow is what is imported; seconds depend on what else the machine does
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom livingdrug.cli.main import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0\n"
        "heavy = {'pandas', 'numba', 'sympy', 'scipy', 'matplotlib', 'dash', 'plotly', 'statsmodels', 'duckdb', 'openpyxl'}\n"
        "print(sorted(heavy & set(sys.modules)), len(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    heavy, _, count = done.stdout.rpartition(" ")
    assert heavy == "[]" and int(count) < 900


@pytest.mark.parametrize("name", ["model_expression_injection.yaml", "json_huge_sweep.json", "params_negative_variance.json"])
def test_the_hostile_files_are_refused(name, tmp_path):
    from pathlib import Path

    file = Path(__file__).parents[3] / "shared" / "reference" / "bad_inputs" / "files" / name
    if not file.exists():
        pytest.skip("the reference folder bad_inputs is not on this machine")
    for verb in ("simulate", "run"):
        run = livingdrug(verb, str(file), "--out", "a.csv", cwd=tmp_path)
        assert run.returncode == 2
        assert "Traceback" not in run.stderr and len(run.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_printed_model_file_simulates_to_the_same_numbers(tmp_path):
    (tmp_path / "mine.toml").write_text(livingdrug("models", "show", KIROUAC, "--toml").stdout)
    own = livingdrug("simulate", "mine.toml", "--with", "host_competition", "--json", cwd=tmp_path).stdout
    assert own == livingdrug("simulate", KIROUAC, "--with", "host_competition", "--json").stdout


def test_a_solver_that_gives_up_names_the_time_and_the_state():
    run = livingdrug("simulate", KIROUAC, "--set", "muM=1e308")
    assert run.returncode == 2
    assert "from 0 d on: `memory` changes too fast" in run.stderr


def test_the_help_of_every_command_reads_whole_in_the_list_of_commands():
    """On a terminal of 80 columns, 64 are left beside the longest name; what is longer ends in dots."""
    import click

    from livingdrug.cli.main import cli

    def listed(group):
        for name in group.list_commands(None):
            command = group.get_command(None, name)
            yield command
            if isinstance(command, click.Group):
                yield from listed(command)

    cut = {c.name: c.get_short_help_str(64) for c in listed(cli) if c.get_short_help_str(64).endswith("...")}
    assert not cut
    # what the list says of a command that it does not load is what the command says of itself
    from livingdrug.cli.commands import _line_of

    alone = cli._later()
    assert alone and {n: _line_of(n) for n in alone} == {n: cli.get_command(None, n).get_short_help_str(64) for n in alone}
