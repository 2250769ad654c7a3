"""Assurance: the power of a trial, averaged over what the fit of its model leaves unknown.

Power asks how often a trial succeeds if the estimates are true; assurance, how often it does given the data
behind them (O'Hagan, Stevens & Campbell 2005, Pharm Stat 4:187-201).
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import numpy as np

from livingdrug.core.pieces import Kept, Stage, each
from livingdrug.core.random import stream_key
from livingdrug.models import Model
from livingdrug.simulation import drawn_models
from livingdrug.trial.design import Trial
from livingdrug.trial.power import Design, arms_of, effect_of_fold, log_sd_of_auc28
from livingdrug.trial.result import Assurance, Assured, TrialAnswer
from livingdrug.trial.run import check_replicates, simulate_trial
from livingdrug.trial.sample_size import power_t

SUBJECTS_AT_A_DRAW = 10_000  # of which the SD of ln AUC is known to 0.7 %


def assured_power(
    model: Model,
    fold: float,
    n: int,
    design: Design,
    spread: str | None = None,
    draws: int = 200,
    seed: int = 1,
) -> tuple[Assured, tuple[str, ...]]:
    """(assured power of a t-test that is to show a fold change of AUC0-28, notes): the SD of ln AUC0-28 is
    that at each draw.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    fold : float
        Of AUC0-28.
    n : int
        Subjects in the smaller arm.
    design : Design
        Of the test.
    spread : str, optional
        Name of the between-subject variability; the first one by default.
    draws : int, optional
        Of the estimates.
    seed : int, optional
        Of the random streams.

    Returns
    -------
    tuple[Assured, tuple of str]

    Raises
    ------
    InputError
        As `drawn_models` does.
    """
    made = drawn_models(model, draws, seed)
    sds = [log_sd_of_auc28(own, spread, seed, SUBJECTS_AT_A_DRAW) for own in made.models]
    first, second = arms_of(n, design.ratio)
    powers = [
        power_t(first, effect_of_fold(fold, sd), design.alpha, design.sides, second / first) for sd in sds
    ]
    return Assured.of(np.array(powers)), made.notes


def with_assurance(answer: TrialAnswer, found: Assurance) -> TrialAnswer:
    """An answer with the assurance of every version beside its power.

    Parameters
    ----------
    answer : TrialAnswer
        Of the trial.
    found : Assurance
        Of `assurance`.

    Returns
    -------
    TrialAnswer
    """
    primary = answer.endpoints[0]
    said = tuple(
        f"`{arm.arm}`: power {arm.power.value:.3f} if the estimates of the fit are true; "
        f"{found.powers[primary.endpoint.name, arm.arm].words}."
        for arm in primary.arms
    )
    blur = f"the power at a draw is that of {found.replicates} simulated trials, which widens its range"
    return replace(
        answer,
        assurance=found,
        sentences=(*answer.sentences, *said),
        notices=(*answer.notices, *found.notes, blur),
    )


def assurance(
    trial: Trial, draws: int, replicates: int = 10_000, seed: int = 1, threads: int | None = None,
    progress: Callable[[int, int], None] | None = None, kept: Kept | None = None,
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
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    threads : int, optional
        All processors by default; it changes nothing but the time.
    progress : callable, optional
        `progress(done, all)` counts draws.
    kept : Kept, optional
        Where finished draws are kept on the way.

    Returns
    -------
    Assurance

    Raises
    ------
    InputError
        As `drawn_models` and `simulate_trial` do.
    """
    check_replicates(replicates)
    made, per_draw = drawn_models(trial.model, draws, seed), max(1, replicates // draws)
    found: dict[tuple[str, str], list[float]] = {}

    def at_draw(k: int) -> dict[tuple[str, str], float]:
        own_seed = stream_key(seed, f"trial at draw {k}")[0] >> 1
        own = simulate_trial(replace(trial, model=made.models[k]), per_draw, own_seed, threads=threads)
        answers = ((answer.endpoint.name, arm) for answer in own.endpoints for arm in answer.arms)
        return {(endpoint, arm.arm): arm.power.value for endpoint, arm in answers}

    def stage() -> Stage:
        of = {"trial": trial, "draws of the estimates": made.models, "replicates": per_draw, "seed": seed}
        return Stage("draws", of, words="draws of the estimates")

    with closing(each(kept, stage, [str(k + 1) for k in range(len(made.models))], at_draw)) as powers:
        for k, own in enumerate(powers):
            for key, power in own.items():
                found.setdefault(key, []).append(power)
            if progress:
                progress(k + 1, draws)
    return Assurance({key: Assured.of(np.array(powers)) for key, powers in found.items()}, made.notes, per_draw)
