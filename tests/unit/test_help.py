"""Every option says what it is, once: in the help, in docs/options.md, in an example that runs."""

import shlex
from pathlib import Path

import click
import pytest

from livingdrug.cli.explained import Explained
from livingdrug.cli.options import command_of
from livingdrug.cli.reference import page
from livingdrug.workflows import about, has_command, kinds, workflow
from tests.commands import livingdrug

COMMANDS = [kind for kind in kinds() if has_command(kind)]
# whose examples need files of their own, and are run by the tests named
ELSEWHERE = {"attributes": "test_attribute_commands", "assay": "test_assay_commands"}


def ours(kind: str) -> bool:
    return kind.replace("_", "-").partition("-")[0] not in ELSEWHERE


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The folder that `livingdrug example` fills."""
    folder = tmp_path_factory.mktemp("example")
    assert livingdrug("example", "nca", ".", cwd=folder).returncode == 0
    return folder


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_option_says_what_it_is_and_the_help_ends_with_examples(kind):
    command, scenario = command_of(kind), workflow(kind).scenario
    context = click.Context(command, info_name=kind, max_content_width=100)
    for param in command.params:
        name, text = param.get_help_record(context)
        assert len(text) > 12 and text[0].isupper(), (kind, name, text)
    shown = command.get_help(context)
    assert len(scenario.EXAMPLES) == 2 and all(line in shown for line in scenario.EXAMPLES)
    assert shown.rstrip().endswith(scenario.EXAMPLES[-1])


def listed(group: click.Group, above: str = ""):
    """(name, command) of every command below a group."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from listed(command, f"{above}{name} ")


def test_every_option_of_every_command_says_what_it_is():
    from livingdrug.cli.main import cli

    found = [(name, p) for name, command in listed(cli) for p in command.params if isinstance(p, click.Option)]
    assert len(found) > 400
    sentences = {f"{name} {p.opts[-1]}": p.help or "" for name, p in found}
    said = {option for option, text in sentences.items() if len(text) > 5 and text[0].isupper()}
    assert set(sentences) - said == set()
    assert [option for option, text in sentences.items() if text.startswith("Of ")] == []


def alone():
    """(name, command) of every command that is no kind of analysis."""
    from livingdrug.cli.main import cli

    written = [(name, command) for name, command in listed(cli) if not isinstance(command, click.Group)]
    return [(name, c) for name, c in written if name.replace(" ", "-") not in kinds() and not name.startswith("example ")]


@pytest.mark.parametrize(("name", "command"), alone(), ids=[name for name, _ in alone()])
def test_the_help_of_a_command_that_is_no_kind_ends_with_examples_it_takes(name, command):
    assert isinstance(command, Explained) and len(command.examples) == 2
    assert command.get_help(click.Context(command)).rstrip().endswith(command.examples[-1])
    for line in command.examples:
        words = shlex.split(line)
        assert words[: 1 + len(name.split())] == ["livingdrug", *name.split()]
        command.make_context(name, words[1 + len(name.split()) :])  # parses; below, all but those named are run


# without: what serves for ever, compiles, or needs files of test_fit_cli, test_petab and test_run_log
@pytest.mark.parametrize("line", [line for name, command in alone() for line in command.examples
                                  if name not in ("app", "warmup", "vpc", "petab", "log check")])  # fmt: skip
def test_the_examples_of_other_commands_run(line, runs):
    run = livingdrug(*shlex.split(line)[1:], cwd=runs)
    assert run.returncode == 0 and "Traceback" not in run.stderr, run.stderr


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Designs of trials, a scenario document, and the folders of two runs of it."""
    folder = tmp_path_factory.mktemp("runs")
    assert livingdrug("example", "trial", ".", cwd=folder).returncode == 0
    shown = livingdrug("power", "--fold", "2", "--log-sd", "0.846", "--as-scenario", cwd=folder)
    (folder / "scenario.toml").write_text(shown.stdout)
    for name in ("run_1", "run_2"):
        assert livingdrug("run", "scenario.toml", "--out", name, cwd=folder).returncode == 0
    return folder


@pytest.mark.parametrize("line", [line for kind in filter(ours, COMMANDS) for line in workflow(kind).scenario.EXAMPLES])
def test_the_examples_of_the_help_run(line, example):
    run = livingdrug(*shlex.split(line)[1:], cwd=example)
    assert run.returncode in (0, 3) and run.stdout and "Traceback" not in run.stderr, run.stderr


@pytest.mark.parametrize("kind", kinds())
def test_fields_stand_under_headings_that_are_words(kind):
    groups = {said.group for field in workflow(kind).scenario.model_fields.values() if (said := about(field))}
    assert all(isinstance(group, str) for group in groups), groups


def test_the_page_of_options_is_that_of_the_fields():
    written = (Path(__file__).parents[2] / "docs" / "options.md").read_text(encoding="utf-8")
    assert written == page(), "write it anew: python -m livingdrug.cli.reference > docs/options.md"


def test_the_research_notice_is_worded_once():
    source = Path(__file__).parents[2] / "src" / "livingdrug"
    texts = {path: " ".join(path.read_text(encoding="utf-8").lower().split()) for path in source.rglob("*.py")}
    said = {path.name: text for path, text in texts.items() if "not for clinical decision" in text}
    # help that is a docstring, and a commented example file, are no places for a name
    assert set(said) == {"words.py", "main.py", "vpc.py", "trial.py"}
    assert all("for research, not for clinical decisions" in text for text in said.values())


def test_the_app_offers_what_the_fields_allow():
    from livingdrug.cli.options import get_choices
    from livingdrug.web.files import READING
    from livingdrug.workflows.nca.spec import Nca

    allowed = {name: get_choices(field.annotation) for name, field in Nca.model_fields.items()}
    offered = {entry.key: {value for value, _ in entry.choices} - {""} for entry in READING if allowed[entry.key]}
    assert offered and all(values == set(allowed[key]) for key, values in offered.items())
