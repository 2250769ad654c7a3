"""Every option says what it is, once: in the help, in docs/options.md, in an example that runs."""

import shlex
from pathlib import Path

import click
import pytest

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
