"""A scenario document on disk: TOML, whose `kind` says what it runs."""

import tomllib
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.scenario.fit import Fit
from livingdrug.scenario.index import Index
from livingdrug.scenario.response import Response
from livingdrug.scenario.sampling import Sampling
from livingdrug.scenario.simulation import Simulation, checked
from livingdrug.scenario.tables import CheckFile, Compare, Nca, TableScenario, checked_table
from livingdrug.scenario.trials import TrialScenario

KINDS = {"simulate": Simulation, "check": CheckFile, "nca": Nca, "compare": Compare, "response": Response,
         "index": Index, "trial": TrialScenario, "fit": Fit, "sampling": Sampling}  # fmt: skip


def read_scenario(path: str | Path) -> Simulation | TableScenario | TrialScenario | Sampling:
    """The scenario in a TOML file. Raises InputError with every fault at once, each by its key."""
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"`{path}` was not found") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"`{path}` is not a readable TOML document: {error}") from None
    kind = data.get("kind", "simulate")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"{path}: " + unknown("kind", str(kind), KINDS))
    return checked(data, str(path)) if kind == "simulate" else checked_table(KINDS[kind], data, str(path))
