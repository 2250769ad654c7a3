"""Cellular-kinetic non-compartmental analysis. The package is called as its verb: `ld.nca("data.csv")`."""

# isort: off
# each registers its parameters, in the order of the tables
import livingdrug.nca.exposure  # noqa: F401
import livingdrug.nca.terminal  # noqa: F401
import livingdrug.nca.cells  # noqa: F401
import livingdrug.nca.small_molecule  # noqa: F401
# isort: on

from livingdrug.core.faces import callable_package
from livingdrug.nca.analysis import PER_DAY, Analysis, Value
from livingdrug.nca.cdisc import NOTES as CDISC_NOTES
from livingdrug.nca.cdisc import adpp, pp
from livingdrug.nca.persistence import PersistenceCurve, persistence_curve
from livingdrug.nca.registry import NcaParameter, parameter, parameter_of, parameters
from livingdrug.nca.result import NcaResult
from livingdrug.nca.rise import expansion_start
from livingdrug.nca.run import nca
from livingdrug.nca.settings import AucRule, BelowRule, NcaSettings, TerminalPoints

__all__ = [
    "expansion_start",
    "CDISC_NOTES",
    "PER_DAY",
    "Analysis",
    "AucRule",
    "BelowRule",
    "NcaParameter",
    "NcaResult",
    "NcaSettings",
    "PersistenceCurve",
    "TerminalPoints",
    "Value",
    "adpp",
    "nca",
    "parameter",
    "parameter_of",
    "parameters",
    "persistence_curve",
    "pp",
]

callable_package(__name__, nca)
