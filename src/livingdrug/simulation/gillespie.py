"""Exact stochastic simulation of a model whose states are whole numbers (Gillespie's direct method).

Every flow is a reaction: it takes one from `out_of` and adds `gain` to `into`. All runs go on together; a
run's random numbers depend on the seed and the run alone, so that more runs change none.
"""

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.random import check_seed, uniforms
from livingdrug.engine import array_function
from livingdrug.models import ClosedForm, Model

MAX_EVENTS = 1_000_000


def gillespie(model: Model, times, runs: int = 1000, seed: int = 1) -> np.ndarray:
    """Counts of every state at some times, shape (runs, states, times), from the model's initial values,
    without doses.

    Parameters
    ----------
    model : Model
        The model.
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
    rates, change, start = reactions_of(model)
    times = np.asarray(times, dtype=float)
    y = np.repeat(np.array(start)[:, None], runs, axis=1)
    found = np.empty((runs, len(start), len(times)))
    now, asked, going, event = np.zeros(runs), np.zeros(runs, dtype=int), np.arange(runs), 0
    while len(going):
        if event > MAX_EVENTS:
            raise SolveError(
                f"`{model.full_name}`: more than {MAX_EVENTS:,} events in a run; ask for an earlier time"
            )
        speed = np.maximum(rates(y[:, going]), 0.0)
        total = speed.sum(axis=0)
        wait = -np.log(uniforms(seed, f"wait {event}", 0, runs)[going]) / np.where(total > 0, total, 1e-300)
        then = now[going] + wait
        # all times before the next event see the present counts
        for j in range(len(times)):
            seen = (asked[going] <= j) & (times[j] < then)
            found[going[seen], :, j] = y[:, going[seen]].T
            asked[going[seen]] = j + 1
        pick = uniforms(seed, f"kind {event}", 0, runs)[going] * total
        chosen = (np.cumsum(speed, axis=0) <= pick).sum(axis=0).clip(max=len(change) - 1)
        alive = asked[going] < len(times)
        going, chosen, then = going[alive], chosen[alive], then[alive]
        now[going] = then
        y[:, going] += change[chosen].T
        event += 1
    return found


def reactions_of(model: Model):
    """(rates of counts, change of every reaction, start)."""
    system, typical = model.system, model.typical
    if isinstance(system, ClosedForm):
        raise InputError(
            f"`{model.full_name}` is a closed form without populations; take a model made of flows"
        )
    if system.clocks or system.switches or system.events:
        raise InputError(
            f"`{model.full_name}`: its rates change with time by themselves, which exact simulation here "
            "does not take"
        )
    names, numbers = [s.name for s in system.states], tuple(typical)
    lines = tuple((d.name, d.expression) for d in system.definitions)
    values = list(typical.values())
    start = array_function(numbers, (), tuple(s.initial for s in system.states))(*values)
    gains = array_function(numbers, (), tuple(f.gain for f in system.flows))(*values)
    if not all(float(x).is_integer() for x in (*start, *gains)):
        raise InputError(
            f"`{model.full_name}`: a start or a gain is no whole number, so its cells cannot be counted one "
            "by one"
        )
    change = np.zeros((len(system.flows), len(names)))
    for i, (flow, gain) in enumerate(zip(system.flows, gains, strict=True)):
        if flow.out_of:
            change[i, names.index(flow.out_of)] -= 1
        if flow.into:
            change[i, names.index(flow.into)] += gain
    made = array_function((*numbers, *names), lines, tuple(f.rate for f in system.flows))

    def rates(y: np.ndarray) -> np.ndarray:
        return np.array([np.broadcast_to(rate, y.shape[1:]) for rate in made(*values, *y)], dtype=float)

    return rates, change, [float(x) for x in start]
