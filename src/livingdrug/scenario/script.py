"""A scenario as a Python script that makes the same table, digit by digit, without the scenario document."""

from collections.abc import Callable

from livingdrug.scenario.index import Index
from livingdrug.scenario.response import Response
from livingdrug.workflows import Document
from livingdrug.workflows.script import given, script_of


def old_script(scenario: Document) -> str | None:
    """The script, which writes the table of a run's folder; None for a kind that has none."""
    writer = WRITERS.get(type(scenario))
    return writer and script_of(scenario, writer)


def _whole(verb: str, imports: str, table: str, home: str = "") -> Callable[[Document, str], str]:
    """A script that fills the scenario in Python and calls its verb; `{}` in `table` is the answer; home: module of the verb,
    where it is not that of the scenario."""

    def write(scenario: Document, out: str) -> str:
        noun = f"from {type(scenario).__module__} import {type(scenario).__name__}"
        module = [noun, f"from {home} import {verb}"] if home else [f"{noun}, {verb}"]
        lines = ["import livingdrug as ld", *([imports] if imports else []), *module, ""]
        lines += [f"scenario = {given(scenario)}", f"answer = {verb}(scenario)"]
        return "\n".join([*lines, f"ld.write_csv({table.format('answer')}, {out!r})"]) + "\n"

    return write


OUTCOMES = "from livingdrug.scenario.report.outcomes import "
WRITERS: dict[type[Document], Callable[[Document, str], str]] = {
    Response: _whole("run_response", OUTCOMES + "response_table", "response_table({})"),
    Index: _whole("run_index", OUTCOMES + "index_curves", "index_curves({})"),
}
