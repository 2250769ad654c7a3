"""A scenario document on disk: TOML, whose `kind` says what it runs."""

import tomllib
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.scenario.fit import Fit
from livingdrug.scenario.index import Index
from livingdrug.scenario.power import Power
from livingdrug.scenario.purpose import Document
from livingdrug.scenario.response import Response
from livingdrug.scenario.sampling import Sampling
from livingdrug.scenario.simulation import Simulation, checked
from livingdrug.scenario.tables import CheckFile, Compare, Nca, checked_table
from livingdrug.scenario.trials import EscalationScenario, TrialScenario

KINDS = {"simulate": Simulation, "check": CheckFile, "nca": Nca, "compare": Compare, "power": Power, "response": Response,
         "index": Index, "trial": TrialScenario, "escalation": EscalationScenario, "fit": Fit,
         "sampling": Sampling}  # fmt: skip


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
    return checked(data, origin) if kind == "simulate" else checked_table(KINDS[kind], data, origin)
