"""Explicit Runge-Kutta method of order 5(4) over lanes.

Tsitouras 2011, Comput Math Appl 62:770-775: seven stages, the last of which is the first of the next step, and an
interpolant of order 4. Each lane has its own subject, time and step.
"""

from livingdrug.engine.codegen.calls import call_1
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vector_type import fused
from livingdrug.engine.codegen.vectors import LANES, TOO_LOW, choose, fill, larger, load, root, size, store

C2, C3, C4, C5 = 0.161, 0.327, 0.9, 0.9800255409045097
A21 = 0.161
A31, A32 = -0.008480655492356989, 0.335480655492357
A41, A42, A43 = 2.8971530571054935, -6.359448489975075, 4.3622954328695815
A51, A52, A53, A54 = 5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525
A61, A62, A63, A64, A65 = (
    5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383
)  # fmt: skip
B1, B2, B3, B4, B5, B6 = (
    0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774
)  # fmt: skip
E1, E2, E3, E4, E5, E6, E7 = (
    -0.00178001105222577714, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629, 0.5823571654525552,
    -0.45808210592918697, 0.015151515151515152,
)  # fmt: skip


@compiled
def weights(x):
    """Weights of the stages at the fraction x of a step."""
    return (
        -1.0530884977290216 * x * (x - 1.3299890189751412) * (x * x - 1.4364028541716351 * x + 0.7139816917074209),
        0.1017 * x * x * (x * x - 2.1966568338249754 * x + 1.2949852507374631),
        2.490627285651252793 * x * x * (x * x - 2.38535645472061657 * x + 1.57803468208092486),
        -16.54810288924490272 * (x - 1.21712927295533244) * (x - 0.61620406037800089) * x * x,
        47.37952196281928122 * (x - 1.203071208372362603) * (x - 0.658047292653547382) * x * x,
        -34.87065786149660974 * (x - 1.2) * (x - 0.666666666666666667) * x * x,
        2.5 * (x - 1.0) * (x - 0.6) * x * x,
    )


@compiled
def _stage(call, lane, at, share, k):
    """Derivatives at the stage whose states lie in w, at this share of the step, into stage k."""
    store(lane, 0, fused(share, load(lane, at.h), load(lane, at.t)))
    call_1(call.rhs, lane, 0)
    for p in range(0, at.n * LANES, LANES):
        store(lane, at.k + k * at.n * LANES + p, load(lane, at.w_f + p) + load(lane, at.inflow + p))


@compiled
def step(call, lane, at):
    """One trial step: states `yn` and derivatives `fn` at its end, error in units of the tolerance, size of the states."""
    m, h = at.n * LANES, load(lane, at.h)
    k1, k2, k3, k4, k5, k6 = at.f, at.k + m, at.k + 2 * m, at.k + 3 * m, at.k + 4 * m, at.k + 5 * m
    for p in range(0, m, LANES):
        _put(lane, at, p, h, A21 * load(lane, k1 + p))
    _stage(call, lane, at, C2, 1)
    for p in range(0, m, LANES):
        _put(lane, at, p, h, fused(A32, load(lane, k2 + p), A31 * load(lane, k1 + p)))
    _stage(call, lane, at, C3, 2)
    for p in range(0, m, LANES):
        slope = fused(A42, load(lane, k2 + p), A41 * load(lane, k1 + p))
        _put(lane, at, p, h, fused(A43, load(lane, k3 + p), slope))
    _stage(call, lane, at, C4, 3)
    for p in range(0, m, LANES):
        slope = fused(A52, load(lane, k2 + p), A51 * load(lane, k1 + p))
        _put(lane, at, p, h, fused(A54, load(lane, k4 + p), fused(A53, load(lane, k3 + p), slope)))
    _stage(call, lane, at, C5, 4)
    for p in range(0, m, LANES):
        slope = fused(A62, load(lane, k2 + p), A61 * load(lane, k1 + p))
        slope = fused(A64, load(lane, k4 + p), fused(A63, load(lane, k3 + p), slope))
        _put(lane, at, p, h, fused(A65, load(lane, k5 + p), slope))
    _stage(call, lane, at, 1.0, 5)
    for p in range(0, m, LANES):
        slope = fused(B2, load(lane, k2 + p), B1 * load(lane, k1 + p))
        slope = fused(B4, load(lane, k4 + p), fused(B3, load(lane, k3 + p), slope))
        _put(lane, at, p, h, fused(B6, load(lane, k6 + p), fused(B5, load(lane, k5 + p), slope)))
        store(lane, at.yn + p, load(lane, at.w_y + p))
    _stage(call, lane, at, 1.0, 6)
    _judge(lane, at)


@compiled
def _put(lane, at, p, h, slope):
    """States of a stage for the model's functions."""
    store(lane, at.w_y + p, fused(h, slope, load(lane, at.y + p)))


@compiled
def _judge(lane, at):
    """Error of the step (root mean square over the states) and largest state in units of what is allowed."""
    m, h = at.n * LANES, load(lane, at.h)
    k1, k2, k3, k4, k5, k6, k7 = at.f, at.k + m, at.k + 2 * m, at.k + 3 * m, at.k + 4 * m, at.k + 5 * m, at.k + 6 * m
    total, top, wrong = fill(0.0), fill(0.0), fill(0.0)
    for p in range(0, m, LANES):
        last = load(lane, k7 + p)
        slope = fused(E2, load(lane, k2 + p), E1 * load(lane, k1 + p))
        slope = fused(E4, load(lane, k4 + p), fused(E3, load(lane, k3 + p), slope))
        slope = fused(E7, last, fused(E6, load(lane, k6 + p), fused(E5, load(lane, k5 + p), slope)))
        store(lane, at.fn + p, last)
        new = load(lane, at.yn + p)
        scale = load(lane, at.atol + p) + load(lane, at.rtol + p) * larger(size(load(lane, at.y + p)), size(new))
        part = h * slope / scale
        total = fused(part, part, total)
        top = larger(new * load(lane, at.cap + p), top)
        wrong = choose(load(lane, at.lowest + p), new, wrong, fill(TOO_LOW))
    store(lane, at.error, larger(wrong, root(total * (1.0 / at.n))))
    store(lane, at.top, top)


@compiled
def middle(lane, at):
    """States `ym` in the middle of the step."""
    b1, b2, b3, b4, b5, b6, b7 = weights(0.5)
    m, h = at.n * LANES, load(lane, at.h)
    k1, k2, k3, k4, k5, k6, k7 = at.f, at.k + m, at.k + 2 * m, at.k + 3 * m, at.k + 4 * m, at.k + 5 * m, at.k + 6 * m
    for p in range(0, m, LANES):
        slope = b1 * load(lane, k1 + p) + b2 * load(lane, k2 + p) + b3 * load(lane, k3 + p) + b4 * load(lane, k4 + p)
        slope = slope + b5 * load(lane, k5 + p) + b6 * load(lane, k6 + p) + b7 * load(lane, k7 + p)
        store(lane, at.ym + p, load(lane, at.y + p) + h * slope)


@compiled
def states_at(lane, at, me, s):
    """States of lane me at the fraction s of the step, into `one_y`."""
    b1, b2, b3, b4, b5, b6, b7 = weights(s)
    m = at.n * LANES
    for i in range(at.n):
        p = LANES * i + me
        k = at.k + p
        slope = b1 * lane[at.f + p] + b2 * lane[k + m] + b3 * lane[k + 2 * m] + b4 * lane[k + 3 * m]
        slope += b5 * lane[k + 4 * m] + b6 * lane[k + 5 * m] + b7 * lane[k + 6 * m]
        lane[at.one_y + i] = lane[at.y + p] + lane[at.h + me] * slope


@compiled
def all_states_at(lane, at, s):
    """States of every lane at its own fraction s of its step, for the model's functions; compare `states_at`."""
    b1, b2, b3, b4, b5, b6, b7 = weights(s)
    m, h = at.n * LANES, load(lane, at.h)
    for p in range(0, m, LANES):
        k = at.k + p
        slope = b1 * load(lane, at.f + p) + b2 * load(lane, k + m) + b3 * load(lane, k + 2 * m)
        slope = slope + b4 * load(lane, k + 3 * m)
        slope = slope + (b5 * load(lane, k + 4 * m) + b6 * load(lane, k + 5 * m) + b7 * load(lane, k + 6 * m))
        store(lane, at.w_y + p, load(lane, at.y + p) + h * slope)
