"""A kind of analysis is one folder: the toy kind of CONTRIBUTING.md runs everywhere, and no other file is edited."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from livingdrug import workflows
from tests.commands import livingdrug
from tests.recipes import recipe


@pytest.fixture()
def toy(tmp_path, monkeypatch):
    """A folder with the kind `doubling`, added to where kinds are looked for."""
    home = tmp_path / "kinds" / "doubling"
    home.mkdir(parents=True)
    for path in ("workflows/doubling/__init__.py", "workflows/doubling/spec.py", "workflows/doubling/answer.py"):
        (home / Path(path).name).write_text(recipe(path))
    monkeypatch.setattr(workflows, "__path__", [*workflows.__path__, str(home.parent)])
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("livingdrug.workflows.doubling")]:
        del sys.modules[name]
    vars(workflows).pop("doubling", None)


def test_the_command_line_lists_explains_and_runs_it(toy):
    assert "doubling Time that cells take to double." in " ".join(livingdrug("--help").stdout.split())
    shown = livingdrug("doubling", "--help").stdout
    for text in ("Growth:", "--rate FLOAT", "Growth rate of the cells. Unit: 1/d.", "--phase [log|late]", "[default: log]",
                 "Examples:\n  livingdrug doubling --rate 0.5"):  # fmt: skip
        assert text in shown, text
    run = livingdrug("doubling", "--rate", "0.5", "--out", "t.csv", cwd=toy)
    assert run.returncode == 0 and "The cells double in 1.39 d." in run.stdout and "doubling time" in run.stdout
    assert (toy / "t.csv").read_text().splitlines() == ["days", "1.3862943611198906"]
    plain = json.loads(livingdrug("doubling", "--rate", "0.5", "--json").stdout)
    assert plain["sentences"] == ["The cells double in 1.39 d."]


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--rate", "-1"], "the rate is -1"), (["--rate", "1", "--phase", "lag"], "`--phase`: `lag` is not one of log, late"),
])  # fmt: skip
def test_the_command_line_refuses_what_it_does_not_take(toy, arguments, sentence):
    run = livingdrug("doubling", *arguments, "--out", "t.csv", cwd=toy)
    assert run.returncode == 2 and sentence in run.stderr and not (toy / "t.csv").exists()


def test_a_document_runs_to_the_same_folder_and_script(toy, monkeypatch):
    (toy / "d.toml").write_text(livingdrug("doubling", "--rate", "0.5", "--as-scenario").stdout)
    assert livingdrug("run", "d.toml", "--out", "run", cwd=toy).returncode == 0
    assert livingdrug("doubling", "--rate", "0.5", "--out", "direct.csv", cwd=toy).returncode == 0
    results = (toy / "run" / "results.csv").read_bytes()
    assert results == (toy / "direct.csv").read_bytes() and (toy / "run" / "pictures" / "line.svg").is_file()
    page = (toy / "run" / "report.html").read_text()
    assert "The cells double in 1.39 d." in page and "A doubling." in page and "doubling time" in page
    monkeypatch.chdir(toy)
    runpy.run_path(str(toy / "run" / "script.py"))
    assert Path("results.csv").read_bytes() == results


def test_a_document_with_a_wrong_key_is_refused(toy):
    (toy / "d.toml").write_text('kind = "doubling"\nrate = 1\nphaze = "log"\n')
    run = livingdrug("run", "d.toml", cwd=toy)
    assert run.returncode == 2 and "did you mean `phase`" in run.stderr


def test_the_app_reads_its_address_and_hands_out_its_files(toy):
    from livingdrug.web.exports import export
    from livingdrug.web.work import Work

    work = Work()
    query = "kind=doubling&rate=0.5"
    assert export("results.csv", query, work) == b"days\n1.3862943611198906\n"
    assert b'kind = "doubling"' in export("scenario.toml", query, work)
    assert b"The cells double in 1.39 d." in export("report.html", query, work)
    assert export("picture.svg", query, work).lstrip().startswith(b"<?xml")


def test_no_table_cuts_a_number_or_a_name_on_a_narrow_terminal(capsys, monkeypatch):
    from rich.console import Console

    from livingdrug.cli.render import show_table
    from livingdrug.report import Table, cell

    names = ("carrgo_restimulation", "host_competition_and_more_of_it")
    numbers = (123456.0, cell(0.00123, ends=(0.0011, 0.0015)))
    rows = tuple((name, *numbers, "words that go on below where there is no room") for name in names)
    for width in (20, 40, 80):
        show_table(Console(width=width), Table("models", ("name", "one", "two (95 %)", "words"), rows))
        shown = capsys.readouterr().out
        assert all(shown.count(text) == 2 for text in ("123,456", "0.00123 (0.0011 to 0.0015)")), width
        assert all(name in shown for name in names), width
        assert "…" not in shown
