"""SBML, levels 2 and 3 of its core, in the words of a model file."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.standards.sbml.document import is_sbml_file
    from livingdrug.standards.sbml.formula import formula_text
    from livingdrug.standards.sbml.own import OWN
    from livingdrug.standards.sbml.tables import read_sbml

__all__ = ["OWN", "formula_text", "is_sbml_file", "read_sbml"]

__getattr__, __dir__ = lazy(__name__)
