"""Kinds of analysis, one folder each (`__init__.py`, `spec.py`, `answer.py`), found by looking into this one.

`workflows.base` says how a kind is written. Nothing here loads a kind before it is asked for.
"""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if (
    TYPE_CHECKING
):  # loaded when first used: names of kinds are needed where pydantic would cost a start its time
    from livingdrug.workflows.base import (
        Workflow,
        keep_answer,
        keep_run,
        read_scenario,
        scenario_of_text,
        table_of,
        to_script,
        workflow,
    )
    from livingdrug.workflows.conduct import HERE, Conduct, NothingLeft
    from livingdrug.workflows.document import Document, checked, to_toml
    from livingdrug.workflows.fields import COMMAND_LINE, OUTPUT, About, about, flag_of, option_names
    from livingdrug.workflows.found import groups, has_command, help_of, kinds
    from livingdrug.workflows.memory import SIMULATED, check_bytes, check_memory
    from livingdrug.workflows.tables import (
        KineticScenario,
        Points,
        TableScenario,
        analyse,
        column_table,
        finding_table,
        read_pairs,
    )

__all__ = [
    "COMMAND_LINE",
    "HERE",
    "OUTPUT",
    "SIMULATED",
    "About",
    "Conduct",
    "Document",
    "KineticScenario",
    "NothingLeft",
    "Points",
    "TableScenario",
    "Workflow",
    "about",
    "analyse",
    "check_bytes",
    "check_memory",
    "checked",
    "column_table",
    "finding_table",
    "flag_of",
    "groups",
    "has_command",
    "help_of",
    "keep_answer",
    "keep_run",
    "kinds",
    "option_names",
    "read_pairs",
    "read_scenario",
    "scenario_of_text",
    "table_of",
    "to_script",
    "to_toml",
    "workflow",
]

__getattr__, __dir__ = lazy(__name__)
