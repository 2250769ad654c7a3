"""An OMEX (COMBINE) archive of a run: the model as SBML with its doses, what is simulated of it as SED-ML,
the curves of the
typical subject, and a manifest."""

import io
import math
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.export.sbml import sbml
from livingdrug.export.sedml import sedml
from livingdrug.models import Model

_COMBINE = "http://identifiers.org/combine.specifications"
_FORMATS = {
    ".": f"{_COMBINE}/omex",
    "./manifest.xml": f"{_COMBINE}/omex-manifest",
    "./simulation.sedml": f"{_COMBINE}/sed-ml.level-1.version-4",
    "./model.xml": f"{_COMBINE}/sbml.level-3.version-1.core",
    "./curves.csv": "http://purl.org/NET/mediatypes/text/csv",
}
FEWEST = 20  # steps of a run
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold, so that one model gives the same bytes


def omex(model: Model) -> bytes:
    """The archive of a run of the model's first experiment (the doses of its SBML).

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    bytes
        A zip of `manifest.xml`, `simulation.sedml` (SED-ML level 1 version 4, the file that tools run),
        `model.xml` (SBML
        level 3 version 1) and `curves.csv` (what it reports, as simulated here: subject, time, output,
        value, unit, status).

    Raises
    ------
    InputError
        Where python-libsbml is missing, for what SBML cannot hold, and where the run fails.
    """
    from livingdrug.simulation import default_until

    until = float(default_until(model))
    steps = max(math.ceil(until), FEWEST)
    files = {
        "manifest.xml": _manifest(),
        "simulation.sedml": sedml(model, "model.xml", until, steps),
        "model.xml": sbml(model),
        "curves.csv": _curves(model, until, steps),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text.encode(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _manifest() -> str:
    master = {"./simulation.sedml": ' master="true"'}
    contents = "".join(
        f'  <content location="{place}" format="{form}"{master.get(place, "")}/>\n'
        for place, form in _FORMATS.items()
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<omexManifest xmlns="{_COMBINE}/omex-manifest">\n'
    return f"{head}{contents}</omexManifest>\n"


def _curves(model: Model, until: float, steps: int) -> str:
    from livingdrug.simulation import simulate

    result = simulate(model, times=np.linspace(0.0, until, steps + 1), until=until)
    if result.uncomputed:
        raise InputError(f"`{model.full_name}` could not be simulated for the archive: {result.status[0]}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "curves.csv"
        write_csv(result.table(), path)
        return path.read_text(encoding="utf-8")
