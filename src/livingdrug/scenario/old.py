"""Kinds of scenario that do not have a folder in `workflows` yet."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.report import Answer
from livingdrug.scale import Serial
from livingdrug.workflows import Document

# kind -> (module and name of its noun, module of its answer, function that writes it)
KINDS = {
    "response": ("response", "Response", "outcomes", "answer_response"),
    "index": ("index", "Index", "outcomes", "answer_index"),
}


@dataclass(frozen=True)
class OldWorkflow:
    """What `workflows.base.Workflow` is to folder, table and script."""

    kind: str
    scenario: type[Document]
    counted = "subjects"

    def keep_run(self, scenario: Document, folder: Path, conduct) -> tuple[Answer, None]:
        """Run, and write into a folder that nobody else writes."""
        *_, module, name = KINDS[self.kind]
        write = getattr(import_module(f"livingdrug.scenario.report.{module}"), name)
        if conduct.executor != Serial():
            raise InputError(f"a `{scenario.kind}` scenario runs in one process; leave out --workers and --dask")
        return write(scenario, folder), None

    def run(self, scenario: Document, _=None) -> Document:
        """The scenario, which `table` runs."""
        return scenario

    def table(self, scenario: Document, _=None):
        """The table of results.csv."""
        return import_module("livingdrug.scenario.report.tables").TABLES[self.kind](scenario)

    def script(self, scenario: Document) -> str | None:
        """The Python script; None for a kind that has none."""
        return import_module("livingdrug.scenario.script").old_script(scenario)


def workflow(kind: str) -> OldWorkflow:
    """An old kind."""
    module, name, *_ = KINDS[kind]
    return OldWorkflow(kind, getattr(import_module(f"livingdrug.scenario.{module}"), name))
