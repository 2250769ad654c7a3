"""Assurance: the power of a trial, averaged over what the fit of its model leaves unknown (O'Hagan, Stevens & Campbell 2005, Pharm
Stat 4:187-201). Power asks how often a trial succeeds if the estimates are true; assurance, how often it does given the data."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.random import stream_key
from livingdrug.simulation import drawn_models
from livingdrug.trial.design import Trial
from livingdrug.trial.run import check_replicates, simulate_trial

BAND = (5.0, 95.0)


@dataclass(frozen=True)
class Assured:
    """value: power, averaged over draws of the estimates; error: of the simulation; low, high: 5 and 95 % of the power over
    the draws, which the replicates of a draw blur; draws."""

    value: float
    error: float
    low: float
    high: float
    draws: int

    @staticmethod
    def of(powers: np.ndarray) -> "Assured":
        """From the power at each draw, shape (draws,)."""
        low, high = np.percentile(powers, BAND)
        return Assured(float(powers.mean()), float(powers.std(ddof=1) / np.sqrt(len(powers))), float(low), float(high), len(powers))


@dataclass(frozen=True)
class Assurance:
    """Assured power of each (endpoint, arm); notes on the draws; replicates: trials at each draw."""

    powers: dict[tuple[str, str], Assured]
    notes: tuple[str, ...]
    replicates: int


def assurance(
    trial: Trial, draws: int, replicates: int = 10_000, seed: int = 1, threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Assurance:  # fmt: skip
    """Power of every version over draws of the estimates of the trial's model.

    Parameters
    ----------
    trial : Trial
        Of a fitted model.
    draws : int
        Of the estimates; all arms of a trial have the same.
    replicates : int
        Simulated trials in all, as many at each draw.
    seed : int
    threads : int, optional
        All processors by default; it changes nothing but the time.
    progress : callable, optional
        `progress(done, all)` counts draws.

    Returns
    -------
    Assurance

    Raises
    ------
    InputError
        As `drawn_models` and `simulate_trial` do.
    """
    check_replicates(replicates)
    made, each = drawn_models(trial.model, draws, seed), max(1, replicates // draws)
    found: dict[tuple[str, str], list[float]] = {}
    for k, model in enumerate(made.models):
        own_seed = stream_key(seed, f"trial at draw {k}")[0] >> 1
        own = simulate_trial(replace(trial, model=model), each, own_seed, threads=threads)
        for answer in own.endpoints:
            for arm in answer.arms:
                found.setdefault((answer.endpoint.name, arm.arm), []).append(arm.power.value)
        if progress:
            progress(k + 1, draws)
    return Assurance({key: Assured.of(np.array(powers)) for key, powers in found.items()}, made.notes, each)
