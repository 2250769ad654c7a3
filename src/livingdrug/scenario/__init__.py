"""One document that says what is run: the command line fills it, a report records it, `run_simulation` runs it."""

from livingdrug.scenario.simulation import Simulation, plan, run_simulation

__all__ = ["Simulation", "plan", "run_simulation"]
