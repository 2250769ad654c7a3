"""Verbs on models: a regimen, virtual subjects, simulate, observe, and the result they make."""

from livingdrug.simulation.dose_text import read_dose
from livingdrug.simulation.observe import observe
from livingdrug.simulation.population import Draw, Subjects, draw_subjects, typical_subject
from livingdrug.simulation.regimen import Dose, Regimen, Reset
from livingdrug.simulation.result import Result
from livingdrug.simulation.run import default_until, simulate

__all__ = [
    "Dose", "Draw", "Regimen", "Reset", "Result", "Subjects", "default_until", "draw_subjects", "observe",
    "read_dose", "simulate", "typical_subject",
]  # fmt: skip
