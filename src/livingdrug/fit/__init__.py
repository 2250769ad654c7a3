"""Fits of models to the data of subjects: `from livingdrug.fit import fit`, as the package has the name of its verb."""

from livingdrug.fit.given import regimens_of
from livingdrug.fit.objective import evaluate
from livingdrug.fit.problem import Correlation, Effect, FitProblem, Parameter, ResidualError, new_problem
from livingdrug.fit.result import FitResult, Objective
from livingdrug.fit.run import fit
from livingdrug.fit.saem import Saem
from livingdrug.fit.sir import Sir, sir
from livingdrug.fit.uncertainty import bootstrap, profile

__all__ = [
    "Correlation", "Effect", "FitProblem", "FitResult", "Objective", "Parameter", "ResidualError", "Saem", "Sir", "bootstrap",
    "evaluate", "fit", "new_problem", "profile", "regimens_of", "sir",
]  # fmt: skip
