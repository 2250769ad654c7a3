"""LANES numbers side by side as one value of compiled code: `load`, `store`, `fill`, arithmetic, `choose`.

Loops over lanes inside the solvers are written with it, because a compiler vectorises such short loops only when it
can prove that arrays do not overlap. Only numba-compiled functions can use these names.
"""

import math
import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.core.typing.templates import ConcreteTemplate, infer_global
from numba.extending import intrinsic, lower_builtin

from livingdrug.engine.codegen.layout import LANES
from livingdrug.engine.codegen.vector_math import (
    EXP_HIGH,
    EXP_LOW,
    EXP_TERMS,
    LN2_HIGH,
    LN2_LOW,
    LOG2_E,
    MAGIC,
    MAGIC_BITS,
    SQRT_HALF_BITS,
)
from livingdrug.engine.codegen.vector_type import DOUBLES, VECTOR, spread, spread_all, widened

TOO_LOW = 4.0  # error of a step that makes a count negative: the next one is three quarters as long


def _pointer(context, builder, array_type, array, index):
    bare = isinstance(array_type, types.CPointer)
    data = array if bare else context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), DOUBLES.as_pointer())


@intrinsic
def load(typing, array, index):
    """The LANES numbers of a flat array (or behind a pointer) from `index` on."""

    def generate(context, builder, signature, args):
        value = builder.load(_pointer(context, builder, signature.args[0], args[0], args[1]))
        value.align = 8
        return value

    return VECTOR(array, types.intp), generate


@intrinsic
def store(typing, array, index, value):
    """Write LANES numbers (or one, in all lanes) into a flat array from `index` on."""

    def generate(context, builder, signature, args):
        numbers = args[2] if signature.args[2] == VECTOR else spread(builder, args[2])
        builder.store(numbers, _pointer(context, builder, signature.args[0], args[0], args[1]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, VECTOR if value == VECTOR else types.float64), generate


@intrinsic
def store_turned(typing, array, index, stride, source, start):
    """Write the LANES rows of LANES numbers that lie in a flat array from `start` on as columns: what lane i holds
    of all of them, one after the other, from index + i stride on."""

    def generate(context, builder, sig, args):
        array, index, stride, source, start = args
        whole = ir.IntType(64)
        rows = []
        for i in range(LANES):
            place = builder.add(start, whole(i * LANES))
            value = builder.load(_pointer(context, builder, sig.args[3], source, place))
            value.align = 8
            rows.append(value)
        for column, value in enumerate(_turned(builder, rows)):
            place = builder.add(index, builder.mul(stride, whole(column)))
            builder.store(value, _pointer(context, builder, sig.args[0], array, place), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, source, types.intp), generate


def _turned(builder, rows: list) -> list:
    """Columns of a square of numbers from its rows: squares of twice the width change their corners, until it is
    done."""
    width = 1
    while width < LANES:
        lanes = [i for i in range(LANES) if not i & width]
        starts = [i + first for i in range(0, LANES, 2 * width) for first in (0, LANES)]
        low = [j for start in starts for j in range(start, start + width)]
        high = [j + width for j in low]
        masks = [ir.Constant(ir.VectorType(ir.IntType(32), LANES), mask) for mask in (low, high)]
        for i in lanes:
            pair = rows[i], rows[i + width]
            rows[i], rows[i + width] = (builder.shuffle_vector(*pair, mask) for mask in masks)
        width *= 2
    return rows


@intrinsic
def fill(typing, number):
    """The same number in all lanes."""

    def generate(context, builder, signature, args):
        return spread(builder, args[0])

    return VECTOR(types.float64), generate


def _arithmetic(symbol, name: str) -> None:
    """Let `symbol` join two vectors, or a vector and a number, with the machine instruction `name`."""

    @infer_global(symbol)
    class Operation(ConcreteTemplate):
        cases = [signature(VECTOR, a, b) for a, b in _PAIRS]

    def generate(context, builder, sig, args):
        return getattr(builder, name)(*spread_all(builder, sig, args))

    for a, b in _PAIRS:
        lower_builtin(symbol, a, b)(generate)


@infer_global(operator.neg)
class _Negative(ConcreteTemplate):
    cases = [signature(VECTOR, VECTOR)]


@lower_builtin(operator.neg, VECTOR)
def _negative(context, builder, sig, args):
    return builder.fneg(args[0])


_PAIRS = ((VECTOR, VECTOR), (VECTOR, types.float64), (types.float64, VECTOR))
for _symbol, _name in (
    (operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")
):  # fmt: skip
    _arithmetic(_symbol, _name)


def _call(name: str, count: int):
    def generate(context, builder, signature, args):
        kind = ir.FunctionType(DOUBLES, [DOUBLES] * count)
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f64")
        return builder.call(function, args)

    return generate


@intrinsic
def root(typing, a):
    """Square roots."""
    return VECTOR(VECTOR), _call("sqrt", 1)


@intrinsic
def size(typing, a):
    """Absolute values."""
    return VECTOR(VECTOR), _call("fabs", 1)


@intrinsic
def larger(typing, a, b):
    """The larger of two in each lane; where one is not a number, the second."""

    def generate(context, builder, sig, args):
        pair = spread_all(builder, sig, args)
        return builder.select(builder.fcmp_ordered(">", *pair), *pair)

    return VECTOR(*widened(a, b)), generate


@intrinsic
def choose(typing, a, b, yes, no):
    """`yes` where a <= b, else `no` (also where one is not a number)."""

    def generate(context, builder, sig, args):
        a, b, yes, no = spread_all(builder, sig, args)
        return builder.select(builder.fcmp_ordered("<=", a, b), yes, no)

    return VECTOR(*widened(a, b, yes, no)), generate


@intrinsic
def choose_below(typing, a, b, yes, no):
    """`yes` where a < b, else `no` (also where one is not a number)."""

    def generate(context, builder, sig, args):
        a, b, yes, no = spread_all(builder, sig, args)
        return builder.select(builder.fcmp_ordered("<", a, b), yes, no)

    return VECTOR(*widened(a, b, yes, no)), generate


@intrinsic
def any_above(typing, a, b):
    """Whether a > b in any lane."""

    def generate(context, builder, signature, args):
        mask = builder.fcmp_ordered(">", *args)
        bits = builder.bitcast(mask, ir.IntType(LANES))
        return builder.icmp_unsigned("!=", bits, ir.IntType(LANES)(0))

    return types.boolean(VECTOR, VECTOR), generate


@intrinsic
def exponential(typing, a):
    """e^x in each lane, as `vector_math.exp`."""

    def generate(context, builder, sig, args):
        wide = ir.VectorType(ir.IntType(64), LANES)

        def number(x):
            return ir.Constant(DOUBLES, [x] * LANES)

        kind = ir.FunctionType(DOUBLES, [DOUBLES] * 3)
        fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f64")

        def fuse(x, y, z):
            return builder.call(fma, [x, y, z])

        x = args[0]
        low, high = builder.fcmp_ordered("<", x, number(EXP_LOW)), builder.fcmp_ordered(">", x, number(EXP_HIGH))
        # as a smallest and a largest of two: one instruction each
        above = builder.select(low, number(EXP_LOW), x)
        inside = builder.select(builder.fcmp_ordered(">", above, number(EXP_HIGH)), number(EXP_HIGH), above)
        shifted = fuse(inside, number(LOG2_E), number(MAGIC))
        k = builder.fsub(shifted, number(MAGIC))
        r = fuse(k, number(-LN2_LOW), fuse(k, number(-LN2_HIGH), inside))
        values, power = [number(term) for term in EXP_TERMS], r
        while len(values) > 1:
            # Estrin's scheme: pairs side by side, as a chain of additions would wait for itself
            pairs = [fuse(b, power, a) for a, b in zip(values[::2], values[1::2], strict=False)]
            values = pairs + values[2 * len(pairs) :]
            power = builder.fmul(power, power)
        value = values[0]
        bits = builder.shl(builder.bitcast(shifted, wide), ir.Constant(wide, [52] * LANES))
        scale = builder.bitcast(builder.add(bits, ir.Constant(wide, [1023 << 52] * LANES)), DOUBLES)
        value = builder.fmul(value, scale)
        return builder.select(low, number(0.0), builder.select(high, number(math.inf), value))

    return VECTOR(VECTOR), generate


@intrinsic
def split(typing, a):
    """(m, e) with a = m 2^e and m from sqrt(1/2) to sqrt(2), for positive numbers."""

    def generate(context, builder, sig, args):
        wide = ir.VectorType(ir.IntType(64), LANES)

        def whole(x):
            return ir.Constant(wide, [x] * LANES)

        bits = builder.bitcast(args[0], wide)
        e = builder.ashr(builder.sub(bits, whole(SQRT_HALF_BITS)), whole(52))
        m = builder.bitcast(builder.sub(bits, builder.shl(e, whole(52))), DOUBLES)
        # a whole number becomes a double by the bits of MAGIC: not every processor can convert it
        number = builder.bitcast(builder.add(e, whole(MAGIC_BITS)), DOUBLES)
        number = builder.fsub(number, ir.Constant(DOUBLES, [MAGIC] * LANES))
        return context.make_tuple(builder, sig.return_type, (m, number))

    return types.UniTuple(VECTOR, 2)(VECTOR), generate
