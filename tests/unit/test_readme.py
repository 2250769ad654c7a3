"""Blocks of the README run from top to bottom in one folder; commands of docs name options that there are."""

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """(language, text) of each block of code."""
    return BLOCK.findall(page.read_text())


def commands(text: str) -> list[list[str]]:
    """Arguments of each `livingdrug` command of a block; a backslash at the end of a line continues it."""
    lines = text.replace("\\\n", " ").splitlines()
    found = [line.removeprefix("$ ") for line in lines if line.removeprefix("$ ").startswith("livingdrug ")]
    whole = [line for line in found if not any(mark in line for mark in ("<", "[", " ..."))]  # others stand for many
    return [shlex.split(line, comments=True)[1:] for line in whole]


def test_the_readme_runs_from_top_to_bottom(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = 0
    for language, text in blocks(ROOT / "README.md"):
        if language == "python":
            exec(compile(text, "README.md", "exec"), {"__name__": "readme"})
            ran += 1
        for arguments in commands(text):
            if arguments[0] in ("app", "fit"):  # the app goes on until it is ended; fits have tests of their own
                parsed(arguments)
                continue
            # a million subjects are no different from a thousand, but for the time they take; so are 10,000 trials
            fewer = ["--replicates", "200"] if arguments[0] == "trial" else []
            run = CliRunner().invoke(cli, ["1000" if a == "1000000" else a for a in arguments] + fewer)
            assert run.exit_code == 0, f"{arguments}: {run.output}{run.exception}"
            ran += 1
    assert ran >= 10


def parsed(arguments: list[str]) -> click.Context:
    """The context of the command that the arguments name. Raises click.UsageError for what it does not take."""
    command, context = cli, None
    name, left = "livingdrug", list(arguments)
    while True:
        inner = command.make_context(name, left, parent=context)
        rest = [*inner._protected_args, *inner.args] if isinstance(command, click.Group) else []
        if not rest:
            return inner
        name, found, left = command.resolve_command(inner, rest)
        command, context = found, inner


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_of_a_page_name_options_that_there_are(page):
    for language, text in blocks(page):
        for arguments in commands(text) if language in ("", "sh", "bash", "console") else ():
            try:
                parsed(arguments)
            except click.exceptions.Exit:
                pass
            except click.ClickException as error:
                pytest.fail(f"livingdrug {' '.join(arguments)}: {error.message}")


def test_a_command_that_there_is_not_is_found():
    with pytest.raises(click.UsageError):
        parsed(["nca", "f.csv", "--no-such-option"])
    with pytest.raises(click.UsageError):
        parsed(["assay", "nothing"])
    assert commands("$ livingdrug a \\\n  --b 'c d'  # e\nother\n") == [["a", "--b", "c d"]]
