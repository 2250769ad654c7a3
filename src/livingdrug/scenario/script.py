"""A scenario as a Python script that makes the same table, digit by digit, without the scenario document."""

from collections.abc import Callable

from livingdrug.scenario.fit import Fit
from livingdrug.workflows.document import Document
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


def _fit(scenario: Fit, out: str) -> str:
    """The verb and the table of a fit, of a posterior, of an evaluation or of a comparison."""
    if scenario.compares:
        return _whole("run_comparison", "", "{}[0].table()", "livingdrug.scenario.fit_comparison")(scenario, out)
    if scenario.evaluate:
        return _whole("evaluate_fit", STORE + "objective_table", "objective_table({}[0])")(scenario, out)
    if scenario.method == "bayes":
        return _whole("run_posterior", "", "{}.table()")(scenario, out)
    return _whole("run_fit", STORE + "parameter_table", "parameter_table({})")(scenario, out)


STORE = "from livingdrug.fit.store import "
WRITERS: dict[type[Document], Callable[[Document, str], str]] = {
    Fit: _fit,
}
