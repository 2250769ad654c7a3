"""From rates in a well to a patient: the ratio of two constructs' rates in the assay is carried over by
`simulation.carry`, through a slope that is stated with its uncertainty."""

from collections.abc import Sequence

import numpy as np

from livingdrug.assay.predicted import drawn_rates
from livingdrug.assay.ranking import draws_of
from livingdrug.assay.rates import Estimates
from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models import Model
from livingdrug.simulation import Change, Link, Prediction, carry, read_link, settled

__all__ = ["ASSAY", "Change", "Link", "Prediction", "predict_patient", "read_link"]

ASSAY = "assay"  # the uncertainty of the rates
DRAWS = 300
UNTIL = MONTH


def predict_patient(
    estimates: Estimates,
    model: Model,
    links: Sequence[Link],
    control: str,
    until: float = UNTIL,
    count: int = DRAWS,
    seed: int = 1,
) -> Prediction:
    """Exposure and tumour of a mechanistic model with each construct, over those with the control construct.

    Parameters
    ----------
    estimates : Estimates
        Of an assay fit.
    model : Model
        In days, whose typical patient got the control construct.
    links : sequence of Link
        How rates of the assay move quantities of the model.
    control : str
        The construct that the model's values stand for.
    until : float, optional
        Horizon in d.
    count, seed : int, optional
        Of the draws, each of rates and of slopes.

    Raises
    ------
    InputError : unknown names, a rate that is not determined or not positive, a model that cannot be computed
    """
    groups = [g for g in estimates.groups if g != control]
    if control not in estimates.groups or not groups:
        raise InputError(unknown("control construct", control, estimates.groups))
    links = settled(model, links)
    ratios = dict(zip(groups, ratios_of(estimates, links, [control, *groups], count, seed)[1:], strict=True))
    return carry(model, links, ratios, control, until, seed, ASSAY)


def ratios_of(estimates: Estimates, links, groups: list[str], count: int, seed: int) -> list[np.ndarray]:
    """Logarithms of each group's rates over those of the first one, (count, links) each."""
    draws = draws_of(estimates, count, seed)
    values = [drawn_rates(estimates, group, draws) for group in groups]
    found = []
    for own in values:
        columns = []
        for link in links:
            if link.rate not in own:
                raise InputError(unknown("rate of the assay", link.rate, own))
            if (own[link.rate] <= 0).mean() > 0.01 or (values[0][link.rate] <= 0).mean() > 0.01:
                raise InputError(
                    f"`{link.rate}` may be 0 or negative in this assay, so it has no ratio to carry over"
                )
            columns.append(
                np.log(np.maximum(own[link.rate], 1e-300) / np.maximum(values[0][link.rate], 1e-300))
            )
        found.append(np.stack(columns, axis=1))
    return found
