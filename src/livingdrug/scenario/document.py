"""A scenario document on disk: TOML, whose `kind` says what it runs."""

from importlib import import_module
from pathlib import Path

from livingdrug.core.errors import InputError, LivingdrugError, printable
from livingdrug.core.names import unknown
from livingdrug.core.toml import parse_toml, read_text
from livingdrug.scenario.purpose import Document, checked

# kind -> where its noun lives; a kind is loaded when a document asks for it, as some bring the whole engine along
KINDS = {
    "simulate": ("livingdrug.scenario.simulation", "Simulation"),
    "check": ("livingdrug.scenario.tables", "CheckFile"),
    "nca": ("livingdrug.scenario.tables", "Nca"),
    "compare": ("livingdrug.scenario.tables", "Compare"),
    "power": ("livingdrug.scenario.power", "Power"),
    "response": ("livingdrug.scenario.response", "Response"),
    "index": ("livingdrug.scenario.index", "Index"),
    "trial": ("livingdrug.scenario.trials", "TrialScenario"),
    "escalation": ("livingdrug.scenario.trials", "EscalationScenario"),
    "fit": ("livingdrug.scenario.fit", "Fit"),
    "sampling": ("livingdrug.scenario.sampling", "Sampling"),
}


def scenario_kind(kind: str) -> type[Document]:
    """The scenario of a kind in KINDS."""
    module, name = KINDS[kind]
    return getattr(import_module(module), name)


def read_scenario(path: str | Path) -> Document:
    """The scenario in a TOML file. Raises InputError with every fault at once, each by its key."""
    return scenario_of_text(read_text(path), str(path))


def scenario_of_text(text: str, origin: str) -> Document:
    """The scenario in a TOML text; origin: what to call it in messages. Raises InputError in one printable sentence."""
    data = parse_toml(text, origin)
    kind = data.get("kind", "simulate")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(printable(f"{origin}: " + unknown("kind", f"{kind}"[:60], KINDS)))
    try:
        return checked(scenario_kind(kind), data, origin)
    except LivingdrugError as error:
        # a key or a text in quotes may hold line breaks or terminal codes
        error.args = (printable(str(error)),)
        raise
