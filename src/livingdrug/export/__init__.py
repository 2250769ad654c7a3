"""Models and data for the tools that others trust: NONMEM, nlmixr2, mrgsolve, Monolix."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.export.data_file import LAYOUTS, DataFile, data_file
    from livingdrug.export.model_text import TARGETS, model_text
    from livingdrug.export.omex import omex
    from livingdrug.export.petab import PetabFiles, petab_files

__all__ = [
    "LAYOUTS", "TARGETS", "DataFile", "PetabFiles", "data_file", "model_text", "omex", "petab_files",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__)
