"""A model in the words of another tool."""

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.export.antimony import antimony
from livingdrug.export.monolix import monolix
from livingdrug.export.mrgsolve import mrgsolve
from livingdrug.export.nlmixr2 import nlmixr2
from livingdrug.export.nonmem import nonmem
from livingdrug.export.plan import plan
from livingdrug.export.pumas import pumas
from livingdrug.export.sbml import sbml
from livingdrug.models import Model

TARGETS = {"nonmem": nonmem, "nlmixr2": nlmixr2, "mrgsolve": mrgsolve, "monolix": monolix, "pumas": pumas}
# of the typical subject, with the doses of its first experiment
STANDARDS = {"sbml": sbml, "antimony": antimony}


def model_text(model: Model, target: str, spread: str | None = None) -> str:
    """The model as a NONMEM control stream, an nlmixr2 (rxode2) function, an mrgsolve model file, Mlxtran for
    Monolix, a Pumas model, SBML or Antimony.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    target : str
        A word of TARGETS or STANDARDS.
    spread : str, optional
        Which published between-subject variability; the first one by default.

    Returns
    -------
    str

    Raises
    ------
    InputError
        For an unknown target or variability, and for what the target cannot express.
    """
    if target in STANDARDS:
        if spread:
            raise InputError(f"{target} holds one subject, so no variability can be chosen; leave it out")
        return STANDARDS[target](model)
    if target == "omex":
        raise InputError(
            "an OMEX archive is a file of several parts, not a text; in Python: livingdrug.export.omex(model)"
        )
    if target not in TARGETS:
        raise InputError(unknown("target", target, [*TARGETS, *STANDARDS, "omex"]))
    return TARGETS[target](plan(model, spread))
