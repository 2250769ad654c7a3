"""One document that says what is run: the command line fills it, a report records it, `run_simulation` runs it."""

from livingdrug.scenario.document import read_scenario
from livingdrug.scenario.simulation import Simulation, build_model, plan, run_simulation, to_toml

__all__ = ["Simulation", "build_model", "plan", "read_scenario", "run_simulation", "to_toml"]
