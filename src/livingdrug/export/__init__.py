"""Models and data for the tools that others trust: NONMEM, nlmixr2, mrgsolve, Monolix."""

from livingdrug.export.data_file import LAYOUTS, DataFile, data_file
from livingdrug.export.model_text import TARGETS, model_text
from livingdrug.export.omex import omex

__all__ = [
    "LAYOUTS", "TARGETS", "DataFile", "data_file", "model_text", "omex",
]  # fmt: skip
