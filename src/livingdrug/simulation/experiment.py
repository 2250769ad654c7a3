"""The regimens of published experiments: amounts and times, or doses in their text form."""

from livingdrug.models import Experiment, Model
from livingdrug.simulation.dose_text import read_dose
from livingdrug.simulation.regimen import Regimen


def default_regimen(model: Model) -> Regimen:
    """The doses of the model's first published experiment.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    Regimen
    """
    return experiment_regimen(model.experiments[0]) if model.experiments else Regimen()


def experiment_regimen(experiment: Experiment) -> Regimen:
    """The doses of a published experiment."""
    return Regimen.of([*experiment.doses, *map(read_dose, experiment.given)])
