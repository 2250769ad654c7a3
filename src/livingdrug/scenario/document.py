"""A scenario document on disk: TOML, whose `kind` says what it runs."""

import tomllib
from importlib import import_module
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
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
}


def scenario_kind(kind: str) -> type[Document]:
    """The scenario of a kind in KINDS."""
    module, name = KINDS[kind]
    return getattr(import_module(module), name)


def read_scenario(path: str | Path) -> Document:
    """The scenario in a TOML file. Raises InputError with every fault at once, each by its key."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"`{path}` was not found") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` is not a readable TOML document: {error}") from None
    return scenario_of_text(text, str(path))


def scenario_of_text(text: str, origin: str) -> Document:
    """The scenario in a TOML text; origin: what to call it in messages."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"`{origin}` is not a readable TOML document: {error}") from None
    kind = data.get("kind", "simulate")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"{origin}: " + unknown("kind", str(kind), KINDS))
    return checked(scenario_kind(kind), data, origin)
