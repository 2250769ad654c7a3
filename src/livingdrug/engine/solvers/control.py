"""How long a step may be, whether it was good, and when a subject must stop for good; each lane by itself."""

import math

from livingdrug.engine.codegen.vector_functions import log_or_never
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vector_type import fused
from livingdrug.engine.codegen.vectors import LANES, choose, exponential, fill, larger, load, root, size, store
from livingdrug.engine.storage import (
    NEGATIVE,
    NOT_FINITE,
    OK,
    STEP_FAILED,
    STEP_LIMIT,
    STEPS,
    SUBJECT,
    TOO_MANY_FOR_EXPLICIT,
)

SHORTEST = 4e-15  # shortest step in units of the time reached
SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0
# proportional-integral control of the step for a pair of orders 5 and 4 (Hairer & Wanner, section IV.2)
PROPORTIONAL, INTEGRAL = 0.7 / 5, 0.4 / 5
CORNER = 0.05  # of the two distances between branches of a min, max or abs at the ends of a step
STABLE = 3.0  # largest product of step and decay rate for which the explicit method is stable, a little less
CHECK_EVERY = 64  # accepted steps between two looks at what the explicit method will still need


@compiled
def first_step(lane, at, rtol, me):
    """A step over which the states change by about a hundredth (Hairer, Norsett & Wanner, section II.4)."""
    d0, d1 = 0.0, 0.0
    for p in range(me, at.n * LANES, LANES):
        scale = lane[at.atol + p] + lane[at.rtol + p] * abs(lane[at.y + p])
        d0 += (lane[at.y + p] / scale) ** 2
        d1 += (lane[at.f + p] / scale) ** 2
    if not d1 > 0.0:
        return 1e-3
    return max(1e-6, 0.01 * math.sqrt(d0 / d1)) * (rtol / 1e-3) ** 0.2


@compiled
def plan(lane, count, at):
    """Length of the next step: what the controller wishes, or what reaches the next stop."""
    for me in range(LANES):
        t = lane[at.t + me]
        left, wish = lane[at.stop + me] - t, lane[at.wish + me]
        if count[SUBJECT + me] < 0:
            lane[at.h + me], lane[at.tn + me] = 0.0, t
        elif wish * 1.0001 >= left:
            lane[at.h + me], lane[at.tn + me] = left, lane[at.stop + me]
        else:
            lane[at.h + me], lane[at.tn + me] = wish, t + wish


@compiled
def commit(lane, at, measure):
    """Move the lanes whose step was good to its end, and set every lane's next step."""
    error, one = load(lane, at.error), fill(1.0)
    for p in range(0, at.n * LANES, LANES):
        store(lane, at.y + p, choose(error, one, load(lane, at.yn + p), load(lane, at.y + p)))
        store(lane, at.f + p, choose(error, one, load(lane, at.fn + p), load(lane, at.f + p)))
    if measure:
        for p in range(0, at.outputs * LANES, LANES):
            store(lane, at.g + p, choose(error, one, load(lane, at.w_g + p), load(lane, at.g + p)))
            store(lane, at.dg + p, choose(error, one, load(lane, at.w_dg + p), load(lane, at.dg + p)))
    for p in range(0, at.kinks * at.n * LANES, LANES):
        store(lane, at.kink + p, choose(error, one, load(lane, at.w_kink + p), load(lane, at.kink + p)))
    store(lane, at.t, choose(error, one, load(lane, at.tn), load(lane, at.t)))
    # what is not a number, or infinite, shrinks the step as much as is allowed
    finite = choose(error, fill(1e300), larger(error, fill(1e-6)), fill(1e300))
    h, wish, log_error = load(lane, at.h), load(lane, at.wish), log_or_never(finite)
    factor = SAFETY * exponential(INTEGRAL * load(lane, at.error_before) - PROPORTIONAL * log_error)
    grown = h * choose(factor, fill(GROW), larger(factor, fill(SHRINK)), fill(GROW))
    # a step cut short by a stop says little about the next one
    short = choose(fill(1.0), factor, choose(wish, h, grown, larger(grown, wish)), grown)
    again = h * larger(SAFETY * exponential(-0.2 * log_error), fill(SHRINK))
    store(lane, at.wish, choose(error, one, short, again))
    store(lane, at.error_before, choose(error, one, log_error, load(lane, at.error_before)))


@compiled
def judge_kinks(lane, at):
    """Turn a good step into a bad one where a min, max or abs changed its branch within it and what that may have cost is
    more than the tolerance. The method knows smooth equations alone: its own error does not see a corner well.

    With d0 and d1, how far apart the branches are at both ends in terms of the derivative, the corner bends the course
    by at most h (d0 + d1) / 2, and a tenth of it is what quadrature of high order makes of that.
    """
    m, one, zero = at.n * LANES, fill(1.0), fill(0.0)
    if at.kinks == 0:
        return
    total, h = fill(0.0), load(lane, at.h)
    for q in range(0, at.kinks * m, m):
        for p in range(0, m, LANES):
            d0, d1 = load(lane, at.kink + q + p), load(lane, at.w_kink + q + p)
            state = larger(size(load(lane, at.y + p)), size(load(lane, at.yn + p)))
            scale = load(lane, at.atol + p) + load(lane, at.rtol + p) * state
            part = choose(zero, d0 * d1, zero, CORNER * h * (size(d0) + size(d1)) / scale)
            total = fused(part, part, total)
    error = load(lane, at.error)
    wrong = root(total * (1.0 / at.n))
    store(lane, at.error, choose(error, one, larger(wrong, error), error))


@compiled
def negative(lane, at, me):
    """The count that the last step would have made negative, or -1."""
    for i in range(at.n):
        p = i * LANES + me
        if lane[at.yn + p] < lane[at.lowest + p]:
            return i
    return -1


@compiled
def verdict(lane, count, at, set, me, implicit):
    """Whether a lane must stop for good, and why."""
    steps, t = count[STEPS + me], lane[at.t + me]
    if lane[at.error + me] <= 1.0:
        if lane[at.top + me] > 1.0:
            return NOT_FINITE
        if steps % CHECK_EVERY == 0 and not implicit and steps + (set.until - t) / lane[at.wish + me] > set.budget:
            return TOO_MANY_FOR_EXPLICIT
    elif lane[at.wish + me] < SHORTEST * max(t, 1e-6 * set.until):
        if lane[at.top + me] > 1.0:
            return NOT_FINITE
        return STEP_FAILED if negative(lane, at, me) < 0 else NEGATIVE
    return STEP_LIMIT if steps >= set.max_steps else OK


@compiled
def needs_service(lane, count, at, set, me):
    """Whether a step of this lane may have reached a stop, a fault or the time for a look at the method."""
    count[STEPS + me] += 1
    if not lane[at.error + me] <= 1.0:
        # a rejected step is looked at when it has become very short
        return lane[at.wish + me] < 1e-9 * set.until or count[STEPS + me] >= set.max_steps
    look = count[STEPS + me] % CHECK_EVERY == 0 or count[STEPS + me] >= set.max_steps
    return look or lane[at.t + me] >= lane[at.stop + me] or lane[at.top + me] > 1.0


@compiled
def too_stiff_at_start(lane, at, table, set, me):
    """Whether stability alone would ask for more explicit steps than the budget, by the fastest rate at the start."""
    fastest = 0.0
    for i in range(at.n):
        fastest = max(fastest, abs(lane[at.w_j + table[at.diagonal + i] + me]))
    return fastest * set.until > set.budget * STABLE
