"""Fits of models to the data of subjects. The package is called as its verb: `ld.fit(problem)`."""

from livingdrug.core.faces import callable_package
from livingdrug.fit.bayes import Posterior, sample_posterior
from livingdrug.fit.compare import MethodComparison, compare_methods
from livingdrug.fit.compare_models import ModelComparison, compare_models
from livingdrug.fit.conditional import Conditional
from livingdrug.fit.given import regimens_of
from livingdrug.fit.npde import Npde, npde
from livingdrug.fit.objective import evaluate
from livingdrug.fit.problem import Correlation, Effect, FitProblem, Parameter, ResidualError, new_problem
from livingdrug.fit.result import FitResult, Objective
from livingdrug.fit.run import Individual, fit
from livingdrug.fit.saem import Saem
from livingdrug.fit.sir import Sir, sir
from livingdrug.fit.start import start_values
from livingdrug.fit.uncertainty import bootstrap, profile
from livingdrug.fit.vpc import Vpc, vpc

__all__ = [
    "Conditional", "Correlation", "Effect", "FitProblem", "FitResult", "Individual", "MethodComparison", "ModelComparison",
    "Npde", "Objective", "Parameter", "Posterior", "ResidualError", "Saem", "Sir", "Vpc", "bootstrap", "compare_methods",
    "compare_models", "evaluate", "fit", "new_problem", "npde", "profile", "regimens_of", "sample_posterior", "sir",
    "start_values", "vpc",
]  # fmt: skip

callable_package(__name__, fit)
