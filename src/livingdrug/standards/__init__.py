"""Files of other tools' standards as plain data: SBML, PEtab, OMEX. Nothing in a file is fetched or run."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # libsbml is loaded when a file is read
    from livingdrug.standards.petab import Measurement, Observable, PetabParameter, PetabProblem, read_petab
    from livingdrug.standards.sbml import OWN, formula_text, is_sbml_file, read_sbml

__all__ = [
    "OWN",
    "Measurement",
    "Observable",
    "PetabParameter",
    "PetabProblem",
    "formula_text",
    "is_sbml_file",
    "read_petab",
    "read_sbml",
]

__getattr__, __dir__ = lazy(__name__)
