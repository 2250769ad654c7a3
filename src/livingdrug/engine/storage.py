"""What the compiled solvers work on.

Four things travel through the inner loops: `lane`, one flat array of numbers; `count`, one of whole numbers; `at`,
where things lie in both and in `table`; `set`, the settings. They are few, and flat, because every array that a
compiled function takes costs reference counts.
"""

from typing import NamedTuple

import numpy as np

from livingdrug.engine.codegen.layout import LANES

OK, STEP_LIMIT, NOT_FINITE, STEP_FAILED, NEGATIVE, TOO_MANY_FOR_EXPLICIT = 0, 1, 2, 3, 4, 9

# rows of `count`
SUBJECT, EVENT, SAMPLE, STEPS, FRESH = (LANES * i for i in range(5))
COUNTERS = 5


class Addresses(NamedTuple):
    """Machine addresses of a model's functions (see `generate`)."""

    rhs: int
    jacobian: int
    factorise: int
    solve: int
    observe: int
    observe_one: int
    observe_all: int
    pools: int
    prepare: int
    initial: int
    switch_times: int


class At(NamedTuple):
    """Sizes, and where things begin in `lane` (in numbers, not rows) and `table`.

    n, states: integrated and all states; outputs, switches, pools, constants, limits, kinks: how many of each. In `lane`,
    first what the model's functions see: w_y ... w_p; then y, f: states and derivatives at the start of a step, yn, fn:
    at its end, ym: in its middle; kink: how far branches of a min, max or abs are apart at its start (see
    `symbolic.kinks`); inflow: zero-order inputs; k: stages; atol, rtol, lowest, cap: per state, absolute
    and relative tolerance, lowest value and 1 / largest size; extinct: per state, the size below which it is 0; t, h,
    tn: start, length and end of a step; wish: step that the controller wants; stop: next exact stop; next: next sample
    time; error, error_before: of this step and the logarithm of that of the one before; top: largest state in units
    of what is allowed; g, dg, gm: outputs and slopes at the start, outputs in the middle; weight: 1 within the window
    of the measures; area ... last_above: measures; limit; low, rise, rise_time: of outputs whose level after the
    distribution minimum is wanted, the lowest level since the last dose (-inf once it has risen again), the largest
    after that and its time; held: 1 while an infusion runs into them; switch_at; one_t, one_y, one_g: one subject's
    states and outputs; one_w: weights of stages; pending: 1 for lanes with a sample time within their step, shown_g,
    weights: their outputs there and weights of stages, where all lanes are sampled at once. In `table`: place: per state
    of the system its integrated index or -1 - its pool; logs; limit_output; rise_output; shown: 1 for states whose doses
    are seen in such an output; diagonal:
    stored entries of the Jacobian's diagonal.
    """

    n: int
    states: int
    outputs: int
    switches: int
    pools: int
    constants: int
    limits: int
    rises: int
    kinks: int
    w_y: int
    w_f: int
    w_kink: int
    w_g: int
    w_dg: int
    w_j: int
    w_ft: int
    w_shift: int
    w_p: int
    y: int
    yn: int
    ym: int
    f: int
    fn: int
    kink: int
    inflow: int
    k: int
    atol: int
    rtol: int
    lowest: int
    cap: int
    extinct: int
    t: int
    h: int
    tn: int
    wish: int
    stop: int
    next: int
    error: int
    error_before: int
    top: int
    weight: int
    g: int
    dg: int
    gm: int
    area: int
    peak: int
    peak_time: int
    above: int
    last_above: int
    limit: int
    low: int
    rise: int
    rise_time: int
    held: int
    switch_at: int
    one_t: int
    one_y: int
    one_g: int
    one_w: int
    pending: int
    shown_g: int
    weights: int
    numbers: int
    place: int
    logs: int
    limit_output: int
    rise_output: int
    shown: int
    diagonal: int


class Settings(NamedTuple):
    """until: end of the run; window_start, window_end: of the measures; budget: steps beyond which the explicit method
    hands a subject over; measure: whether peaks and areas are wanted; extinction: whether a population can go extinct."""

    until: float
    window_start: float
    window_end: float
    rtol: float
    max_steps: int
    budget: float
    measure: bool
    extinction: bool


class Task(NamedTuple):
    """Subjects and what to find out about them.

    Attributes
    ----------
    quantities : ndarray
        Shape (subjects, quantities).
    event_first, event_last : ndarray
        Events of subject i are event_first[i] to event_last[i].
    event_time, event_kind, event_state, event_value : ndarray
        Of all events, flat.
    times : ndarray
        Sample times, flat, increasing for each subject.
    time_first, time_last : ndarray
        Those of subject i are time_first[i] to time_last[i].
    row : ndarray
        Where the values of subject i begin in `Found.values`.
    wanted : ndarray
        Outputs whose values at the sample times are kept.
    """

    quantities: np.ndarray
    event_first: np.ndarray
    event_last: np.ndarray
    event_time: np.ndarray
    event_kind: np.ndarray
    event_state: np.ndarray
    event_value: np.ndarray
    times: np.ndarray
    time_first: np.ndarray
    time_last: np.ndarray
    row: np.ndarray
    wanted: np.ndarray


class Found(NamedTuple):
    """What was found out about subjects.

    Attributes
    ----------
    values : ndarray
        Shape (sample, output), samples of a subject one after the other.
    peak, peak_time, area : ndarray
        Shape (subject, output).
    above, last_above : ndarray
        Shape (subject, limit).
    rise, rise_time : ndarray
        Shape (subject, rise): largest level after the distribution minimum and its time, -inf and NaN where
        the level never rises again.
    status : ndarray
        How each subject ended.
    culprit : ndarray
        The state at which it failed.
    reached : ndarray
        The time that it reached.
    steps : ndarray
        That were taken.
    """

    values: np.ndarray
    peak: np.ndarray
    peak_time: np.ndarray
    area: np.ndarray
    above: np.ndarray
    last_above: np.ndarray
    rise: np.ndarray
    rise_time: np.ndarray
    status: np.ndarray
    culprit: np.ndarray
    reached: np.ndarray
    steps: np.ndarray


def nothing_found(subjects: int, samples: int, wanted: int, outputs: int, limits: int, rises: int = 0) -> Found:
    """Room for findings; what is not filled in stays NaN."""
    numbers = [(samples, wanted), *[(subjects, outputs)] * 3, *[(subjects, limits)] * 2, *[(subjects, rises)] * 2]
    counts = {name: np.zeros(subjects, dtype=np.int64) for name in ("status", "culprit", "steps")}
    names = ("values", "peak", "peak_time", "area", "above", "last_above", "rise", "rise_time")
    arrays = {name: np.full(shape, np.nan) for name, shape in zip(names, numbers, strict=True)}
    return Found(**arrays, **counts, reached=np.zeros(subjects))
