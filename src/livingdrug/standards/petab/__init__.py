"""PEtab, versions 1 and 2: a fit as tables, read and checked against each other."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.standards.petab.problem import (
        Measurement,
        Observable,
        PetabParameter,
        PetabProblem,
    )
    from livingdrug.standards.petab.read import read_petab

__all__ = ["Measurement", "Observable", "PetabParameter", "PetabProblem", "read_petab"]

__getattr__, __dir__ = lazy(__name__)
