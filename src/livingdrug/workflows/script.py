"""A scenario as a Python script that makes the same table, digit by digit, without the scenario document."""

from collections.abc import Callable
from importlib import import_module
from inspect import signature

from livingdrug.core.words import NOTICE
from livingdrug.workflows.document import Document

HEAD = '"""Made by livingdrug. Writes {out} with the numbers of this scenario. {notice}"""\n\n'


def script_of(scenario: Document, write: Callable[[Document, str], str] | None = None) -> str:
    """The script; write: function(scenario, name of the table) that gives all but its head, where the kind
    has its own."""
    out = scenario.table_file
    return HEAD.format(out=out, notice=NOTICE) + (write or by_verb)(scenario, out)


def call(name: str, **arguments) -> str:
    """`name(a=1, b=2)` with the arguments that are given."""
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items() if value not in (None, (), {}))})"


def given(scenario: Document) -> str:
    """`Kind(a=1, ...)` with what differs from the defaults."""
    kept = scenario.model_dump(
        exclude_defaults=True, exclude_none=True, exclude={"kind", "version", "purpose"}
    )
    return f"{type(scenario).__name__}({', '.join(f'{name}={value!r}' for name, value in kept.items())})"


def by_verb(scenario: Document, out: str) -> str:
    """A script that fills the scenario in Python, runs it and writes its table."""
    home, noun = type(scenario).__module__.rpartition(".")[0], type(scenario).__name__
    heeds = len(signature(import_module(f"{home}.spec").run).parameters) > 1  # how it is run
    more, here = ("from livingdrug.workflows import HERE\n", ", HERE") if heeds else ("", "")
    return (
        f"import livingdrug as ld\n{more}from {home}.answer import table\nfrom {home}.spec import {noun}, "
        f"run\n\nscenario = {given(scenario)}\nld.write_csv(table(scenario, run(scenario{here})), {out!r})\n"
    )
