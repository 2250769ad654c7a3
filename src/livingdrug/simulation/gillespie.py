"""Exact stochastic simulation of a model whose states are whole numbers (Gillespie's direct method).

Every flow is a reaction: it takes one from `out_of` and adds `gain` to `into`, or the other way round where
its rate is
below 0 (logistic growth above the capacity). All runs go on together; a
run's random numbers depend on the seed and the run alone, so that more runs change none.
"""

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.random import check_seed, uniforms
from livingdrug.models import ClosedForm, Model
from livingdrug.simulation.reactions import Reactions, reactions_of

MAX_EVENTS = 1_000_000


def gillespie(model: Model, times, runs: int = 1000, seed: int = 1) -> np.ndarray:
    """Counts of every state at some times, shape (runs, states, times), from the model's initial values,
    without doses.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    times
        In the model's time unit.
    runs : int, optional
        How often.
    seed : int, optional
        Of the random streams.

    Returns
    -------
    ndarray

    Raises
    ------
    InputError
        For a closed form, a rate that changes with time by itself, and a gain or start that is no whole
        number.
    """
    check_seed(seed)
    reactions = _whole(model)
    change, start = reactions.change, reactions.start
    times = np.asarray(times, dtype=float)
    y = np.repeat(start[:, None], runs, axis=1)
    found = np.empty((runs, len(start), len(times)))
    now, asked, going, event = np.zeros(runs), np.zeros(runs, dtype=int), np.arange(runs), 0
    while len(going):
        if event > MAX_EVENTS:
            raise SolveError(
                f"`{model.full_name}`: more than {MAX_EVENTS:,} events in a run; ask for an earlier time"
            )
        speed = reactions.rates(now[going], y[:, going])
        total = np.abs(speed).sum(axis=0)
        wait = -np.log(uniforms(seed, f"wait {event}", 0, runs)[going]) / np.where(total > 0, total, 1e-300)
        then = now[going] + wait
        # all times before the next event see the present counts
        for j in range(len(times)):
            seen = (asked[going] <= j) & (times[j] < then)
            found[going[seen], :, j] = y[:, going[seen]].T
            asked[going[seen]] = j + 1
        pick = uniforms(seed, f"kind {event}", 0, runs)[going] * total
        chosen = (np.cumsum(np.abs(speed), axis=0) <= pick).sum(axis=0).clip(max=len(change) - 1)
        alive = asked[going] < len(times)
        sign = np.sign(speed[chosen, np.arange(len(going))])[alive]
        going, chosen, then = going[alive], chosen[alive], then[alive]
        now[going] = then
        y[:, going] += sign * change[chosen].T
        event += 1
    return found


def _whole(model: Model) -> Reactions:
    """The reactions of a model whose cells can be counted one by one."""
    system = model.system
    if not isinstance(system, ClosedForm) and (system.clocks or system.switches or system.events):
        raise InputError(
            f"`{model.full_name}`: its rates change with time by themselves, which exact simulation here "
            "does not take"
        )
    reactions = reactions_of(model)
    if not all(float(x).is_integer() for x in (*reactions.start, *reactions.change.ravel())):
        raise InputError(
            f"`{model.full_name}`: a start or a gain is no whole number, so its cells cannot be counted one "
            "by one"
        )
    return reactions
