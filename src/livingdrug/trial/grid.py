"""The paper's grid (Kirouac 2024, Fig 2D) for any model and spread: subjects per arm over fold change and
variance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.trial.checks import check_trial
from livingdrug.trial.design import LOGARITHMIC, Trial
from livingdrug.trial.outcomes import simulate_arm
from livingdrug.trial.power import effect_of_fold
from livingdrug.trial.sample_size import sample_size_t

FOLDS = (1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)
SCALES = tuple(round(0.1 * i, 1) for i in range(1, 11))
SUBJECTS = 10_000


@dataclass(frozen=True, repr=False)
class SizeGrid(Shown):
    """Subjects per arm over fold change and variability: two equal arms, t-test on the logarithm.

    Attributes
    ----------
    name : str
        Of the endpoint.
    folds : tuple of float
        Changes of the geometric mean.
    scales : tuple of float
        By which the variability is multiplied.
    log_sd : ndarray, shape (scales,)
        SD of the logarithm of the endpoint.
    n : ndarray, shape (scales, folds)
        Subjects per arm.
    power, alpha : float
        Of the test, two-sided.
    """

    name: str
    folds: tuple[float, ...]
    scales: tuple[float, ...]
    log_sd: np.ndarray
    n: np.ndarray
    power: float
    alpha: float


def sizes_over(
    log_sds: Sequence[float], folds: Sequence[float], power: float = 0.8, alpha: float = 0.05
) -> np.ndarray:
    """Subjects per arm for every SD of the logarithm (rows) and fold change (columns), exact noncentral t,
    two-sided."""
    return np.array(
        [[sample_size_t(effect_of_fold(fold, sd), power, alpha) for fold in folds] for sd in log_sds]
    )


def size_grid(
    trial: Trial, seed: int = 1, folds: Sequence[float] = FOLDS, scales: Sequence[float] = SCALES
) -> SizeGrid:
    """How many subjects per arm over folds of exposure and between-subject variabilities, for a trial's own
    control, visits and assay.

    Parameters
    ----------
    trial : Trial
        Of which the first endpoint that is an exposure is taken.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    folds : sequence of float
        Changes of exposure.
    scales : sequence of float
        Factors on all log-variances between subjects; 10,000 subjects give the SD at each, the same ones
        at all.

    Returns
    -------
    SizeGrid

    Raises
    ------
    InputError
        For a trial that cannot be, or without an exposure among its endpoints.
    """
    check_trial(trial)
    endpoint = next((e for e in trial.endpoints if e.kind in LOGARITHMIC), None)
    if endpoint is None:
        raise InputError(
            "the grid of folds and variances is about an exposure; add an endpoint of kind `auc` or `cmax`"
        )
    plan = replace(trial, endpoints=(endpoint,))
    log_sd = []
    for scale in scales:
        arm = replace(trial.shared, n=SUBJECTS, variance_scale=trial.shared.variance_scale * scale)
        values = simulate_arm(plan, arm, 1, seed).outcomes[endpoint.name].value
        log_sd.append(float(np.nanstd(values, ddof=1)))
    n = sizes_over(log_sd, folds, trial.power, trial.alpha)
    return SizeGrid(endpoint.name, tuple(folds), tuple(scales), np.array(log_sd), n, trial.power, trial.alpha)
