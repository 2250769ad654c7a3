"""Cellular-kinetic non-compartmental analysis. The package is called as its verb: `ld.nca("data.csv")`."""

from livingdrug.core.faces import callable_package
from livingdrug.nca.kinetics import PER_DAY
from livingdrug.nca.parameters import PARAMETERS, SMALL_MOLECULE, Parameter
from livingdrug.nca.result import NcaResult
from livingdrug.nca.run import nca
from livingdrug.nca.settings import NcaSettings, TerminalPoints

__all__ = [
    "PARAMETERS", "PER_DAY", "SMALL_MOLECULE", "NcaResult", "NcaSettings", "Parameter", "TerminalPoints",
    "nca",
]  # fmt: skip

callable_package(__name__, nca)
