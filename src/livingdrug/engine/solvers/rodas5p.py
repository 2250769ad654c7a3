"""L-stable Rosenbrock-Wanner method of order 5(4) over lanes, for stiff subjects.

Rodas5P: Steinebach 2023, BIT Numer Math 63:27 (coefficients in the transformed form of Hairer & Wanner, Solving
Ordinary Differential Equations II, section IV.7; interpolant of order 4). Every stage solves one linear system with
I / (gamma h) - J; its sparse factors are found without pivoting, which a small step makes safe: a step for which they
fail is not finite and is tried again with a shorter one.
"""

import numpy as np

from livingdrug.engine.codegen.calls import call_1, call_2
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vector_type import fused
from livingdrug.engine.codegen.vectors import LANES, TOO_LOW, choose, fill, larger, load, root, size, store

GAMMA = 0.21193756319429014
A = (
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946),
)
C = (
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
     -28.087943162872662),
    (37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
     -54.66780262877968, -9.48861652309627),
)  # fmt: skip
NODES = (0.0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1.0, 1.0, 1.0)
TIME_WEIGHTS = (
    0.21193756319429014, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069, 0.0, 0.0, 0.0
)  # fmt: skip
DENSE = (
    (25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204, 0.524948541321073,
     1.1241088310450404, 0.4272876194431874, -0.17202221070155493),
    (-9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796, 20.176138334709044,
     15.98066361424651, -6.789040303419874, -6.710236069923372),
    (11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643, -52.072871366152654,
     -59.78993625266729, -0.15582684282751913, 4.883087185713722),
)  # fmt: skip
STAGES = 8


DENSE_ROWS = np.array(DENSE)
MIDDLE = 0.25 * (DENSE_ROWS[0] + 0.5 * DENSE_ROWS[1] + 0.25 * DENSE_ROWS[2])


@compiled
def factorise(call, lane, at):
    """Factors for the present step and the Jacobian in place."""
    store(lane, at.w_shift, 1.0 / (GAMMA * load(lane, at.h)))
    call_1(call.factorise, lane, 0)


@compiled
def step(call, lane, at):
    """One trial step: states `yn` and derivatives `fn` at its end, error in units of the tolerance, size of the states."""
    m, t, h = at.n * LANES, load(lane, at.t), load(lane, at.h)
    store(lane, 0, t)
    for p in range(0, m, LANES):
        store(lane, at.w_y + p, load(lane, at.y + p))
    call_1(call.jacobian, lane, 0)
    factorise(call, lane, at)
    for s in range(STAGES):
        prepare_stage(lane, at.k, m, at.y, at.w_y, s, 1.0 / h)
        if s > 0:
            store(lane, 0, t + NODES[s] * h)
            call_1(call.rhs, lane, 0)
        drift = h * TIME_WEIGHTS[s]
        for p in range(0, m, LANES):
            f = load(lane, at.f + p) if s == 0 else load(lane, at.w_f + p) + load(lane, at.inflow + p)
            stage = at.k + s * m + p
            store(lane, stage, fused(drift, load(lane, at.w_ft + p), load(lane, stage) + f))
        call_2(call.solve, lane, 0, lane, at.k + s * m)
    finish(call, lane, at)


def _written(s: int):
    """What `prepare_stage` does at stage s, with the coefficients in the text: a loop over them takes half as long
    again."""
    lines = [f"def stage_{s}(lane, stages, m, start, states, per_h):", "    for p in range(0, m, LANES):"]
    lines += [f"        u{j} = load(lane, stages + {j} * m + p)" for j in range(s)]
    if s >= 6:
        lines.append(f"        value = load(lane, states + p) + u{s - 1}")
    else:
        lines.append("        value = load(lane, start + p)")
        lines += [f"        value = fused({a!r}, u{j}, value)" for j, a in enumerate(A[s])]
    lines.append("        past = fill(0.0)")
    lines += [f"        past = fused({c!r}, u{j}, past)" for j, c in enumerate(C[s])]
    lines.append("        store(lane, states + p, value)")
    lines += [f"        store(lane, stages + {s} * m + p, past * per_h)", ""]
    scope: dict = {"LANES": LANES, "fill": fill, "fused": fused, "load": load, "store": store}
    exec("\n".join(lines), scope)  # noqa: S102 - the text is written above
    return compiled(scope[f"stage_{s}"])


_stage_0, _stage_1, _stage_2, _stage_3 = (_written(s) for s in range(4))
_stage_4, _stage_5, _stage_6, _stage_7 = (_written(s) for s in range(4, STAGES))


@compiled
def prepare_stage(lane, stages, m, start, states, s, per_h):
    """Numbers at stage s from those at the start of the step and the increments so far, which lie m apart at
    `stages`: the stage's states into `states`, and what the increments add to its right-hand side into its own row
    of stages.

    From the seventh stage on the states are those of the stage before plus the last increment.
    """
    if s == 0:
        _stage_0(lane, stages, m, start, states, per_h)
    elif s == 1:
        _stage_1(lane, stages, m, start, states, per_h)
    elif s == 2:
        _stage_2(lane, stages, m, start, states, per_h)
    elif s == 3:
        _stage_3(lane, stages, m, start, states, per_h)
    elif s == 4:
        _stage_4(lane, stages, m, start, states, per_h)
    elif s == 5:
        _stage_5(lane, stages, m, start, states, per_h)
    elif s == 6:
        _stage_6(lane, stages, m, start, states, per_h)
    else:
        _stage_7(lane, stages, m, start, states, per_h)


@compiled
def finish(call, lane, at):
    """New states; the last increment is the error. Derivatives at the end start the next step."""
    m, last = at.n * LANES, at.k + (STAGES - 1) * at.n * LANES
    total, top, wrong = fill(0.0), fill(0.0), fill(0.0)
    for p in range(0, m, LANES):
        increment = load(lane, last + p)
        new = load(lane, at.w_y + p) + increment
        store(lane, at.w_y + p, new)
        store(lane, at.yn + p, new)
        scale = load(lane, at.atol + p) + load(lane, at.rtol + p) * larger(size(load(lane, at.y + p)), size(new))
        part = increment / scale
        total = fused(part, part, total)
        top = larger(new * load(lane, at.cap + p), top)
        wrong = choose(load(lane, at.lowest + p), new, wrong, fill(TOO_LOW))
    store(lane, at.error, larger(wrong, root(total * (1.0 / at.n))))
    store(lane, at.top, top)
    store(lane, 0, load(lane, at.tn))
    call_1(call.rhs, lane, 0)
    for p in range(0, m, LANES):
        store(lane, at.fn + p, load(lane, at.w_f + p) + load(lane, at.inflow + p))


@compiled
def middle(lane, at):
    """States `ym` in the middle of the step."""
    m = at.n * LANES
    for p in range(0, m, LANES):
        bend = fill(0.0)
        for s in range(STAGES):
            bend = fused(MIDDLE[s], load(lane, at.k + s * m + p), bend)
        store(lane, at.ym + p, 0.5 * (load(lane, at.y + p) + load(lane, at.yn + p)) + bend)


@compiled
def dense_weights(lane, at, x):
    """Weights of the stages at the fraction x of a step, into `one_w`."""
    for s in range(STAGES):
        weight = DENSE_ROWS[0, s] + x * (DENSE_ROWS[1, s] + x * DENSE_ROWS[2, s])
        lane[at.one_w + s] = x * (1.0 - x) * weight


@compiled
def states_at(lane, at, me, x):
    """States of lane `me` at the fraction x of the step, into `one_y`."""
    dense_weights(lane, at, x)
    m = at.n * LANES
    for i in range(at.n):
        p = LANES * i + me
        value = (1.0 - x) * lane[at.y + p] + x * lane[at.yn + p]
        for s in range(STAGES):
            value = fused(lane[at.one_w + s], lane[at.k + s * m + p], value)
        lane[at.one_y + i] = value


@compiled
def all_states_at(lane, at, x):
    """States of every lane at its own fraction x of its step, for the model's functions; see `states_at`."""
    m, rest = at.n * LANES, x * (1.0 - x)
    for s in range(STAGES):
        weight = DENSE_ROWS[0, s] + x * (DENSE_ROWS[1, s] + x * DENSE_ROWS[2, s])
        store(lane, at.weights + s * LANES, rest * weight)
    for p in range(0, m, LANES):
        value = (1.0 - x) * load(lane, at.y + p) + x * load(lane, at.yn + p)
        for s in range(STAGES):
            value = fused(load(lane, at.weights + s * LANES), load(lane, at.k + s * m + p), value)
        store(lane, at.w_y + p, value)
