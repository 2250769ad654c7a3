"""Verbs on models: a regimen, virtual subjects, simulate, observe, and the result they make."""

from livingdrug.simulation.observe import observe
from livingdrug.simulation.population import Draw, Subjects, draw_subjects, typical_subject
from livingdrug.simulation.regimen import Dose, Regimen, Reset
from livingdrug.simulation.result import Result
from livingdrug.simulation.run import simulate

__all__ = [
    "Dose", "Draw", "Regimen", "Reset", "Result", "Subjects", "draw_subjects", "observe", "simulate", "typical_subject",
]  # fmt: skip
