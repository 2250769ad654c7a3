"""Fits of models to the data of subjects: populations, single subjects, values below the limit."""

import sys
import types

from livingdrug.fit.objective import evaluate
from livingdrug.fit.problem import Correlation, Effect, FitProblem, Parameter, ResidualError, new_problem
from livingdrug.fit.result import FitResult, Objective
from livingdrug.fit.run import fit
from livingdrug.fit.saem import Saem
from livingdrug.fit.uncertainty import bootstrap, profile

__all__ = [
    "Correlation", "Effect", "FitProblem", "FitResult", "Objective", "Parameter", "ResidualError", "Saem", "bootstrap",
    "evaluate", "fit", "new_problem", "profile",
]  # fmt: skip


class _Verb(types.ModuleType):
    """The package and its verb have one name: `livingdrug.fit(problem)` works whichever of them was loaded first."""

    __call__ = staticmethod(fit)


sys.modules[__name__].__class__ = _Verb
