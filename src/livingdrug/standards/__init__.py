"""Files of other tools' standards as plain data: SBML, PEtab, OMEX. Nothing in a file is fetched or run."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # libsbml is loaded when a file is read
    from livingdrug.standards.sbml import is_sbml_file, read_sbml

__all__ = ["is_sbml_file", "read_sbml"]

__getattr__, __dir__ = lazy(__name__)
