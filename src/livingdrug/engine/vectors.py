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
from numba.extending import intrinsic, lower_builtin, models, register_model

from livingdrug.engine.layout import LANES
from livingdrug.engine.vector_math import (
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

TOO_LOW = 4.0  # error of a step that makes a count negative: the next one is three quarters as long
_FLAGS = ("contract", "nsz")
_DOUBLE = ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, LANES)


class Vector(types.Type):
    """numba type of LANES doubles."""

    def __init__(self) -> None:
        super().__init__(name=f"Vector({LANES})")


VECTOR = Vector()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type) -> None:
        super().__init__(dmm, fe_type, _VECTOR)


def _pointer(context, builder, array_type, array, index):
    bare = isinstance(array_type, types.CPointer)
    data = array if bare else context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


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
        numbers = args[2] if signature.args[2] == VECTOR else _spread(builder, args[2])
        builder.store(numbers, _pointer(context, builder, signature.args[0], args[0], args[1]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, VECTOR if value == VECTOR else types.float64), generate


@intrinsic
def fill(typing, number):
    """The same number in all lanes."""

    def generate(context, builder, signature, args):
        return _spread(builder, args[0])

    return VECTOR(types.float64), generate


def _spread(builder, number):
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), zeros)


def _arithmetic(symbol, name: str) -> None:
    """Let `symbol` join two vectors, or a vector and a number, with the machine instruction `name`."""

    @infer_global(symbol)
    class Operation(ConcreteTemplate):
        cases = [signature(VECTOR, a, b) for a, b in _PAIRS]

    def generate(context, builder, sig, args):
        return getattr(builder, name)(*_spread_all(builder, sig, args), flags=_FLAGS)

    for a, b in _PAIRS:
        lower_builtin(symbol, a, b)(generate)


@infer_global(operator.neg)
class _Negative(ConcreteTemplate):
    cases = [signature(VECTOR, VECTOR)]


@lower_builtin(operator.neg, VECTOR)
def _negative(context, builder, sig, args):
    return builder.fneg(args[0], flags=_FLAGS)


_PAIRS = ((VECTOR, VECTOR), (VECTOR, types.float64), (types.float64, VECTOR))
for _symbol, _name in (
    (operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")
):  # fmt: skip
    _arithmetic(_symbol, _name)


def _call(name: str, count: int):
    def generate(context, builder, signature, args):
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * count)
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


def _widened(*kinds):
    """Argument types: vectors, and numbers that will be spread over the lanes."""
    return tuple(kind if kind == VECTOR else types.float64 for kind in kinds)


def _spread_all(builder, sig, args):
    return [v if kind == VECTOR else _spread(builder, v) for kind, v in zip(sig.args, args, strict=True)]


@intrinsic
def larger(typing, a, b):
    """The larger of two in each lane; where one is not a number, the second."""

    def generate(context, builder, sig, args):
        pair = _spread_all(builder, sig, args)
        return builder.select(builder.fcmp_ordered(">", *pair), *pair)

    return VECTOR(*_widened(a, b)), generate


@intrinsic
def choose(typing, a, b, yes, no):
    """`yes` where a <= b, else `no` (also where one is not a number)."""

    def generate(context, builder, sig, args):
        a, b, yes, no = _spread_all(builder, sig, args)
        return builder.select(builder.fcmp_ordered("<=", a, b), yes, no)

    return VECTOR(*_widened(a, b, yes, no)), generate


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
            return ir.Constant(_VECTOR, [x] * LANES)

        def join(name, x, y):
            return getattr(builder, name)(x, y, flags=_FLAGS)

        x = args[0]
        low, high = builder.fcmp_ordered("<", x, number(EXP_LOW)), builder.fcmp_ordered(">", x, number(EXP_HIGH))
        inside = builder.select(low, number(EXP_LOW), builder.select(high, number(EXP_HIGH), x))
        shifted = join("fadd", join("fmul", inside, number(LOG2_E)), number(MAGIC))
        k = builder.fsub(shifted, number(MAGIC))
        r = join("fsub", join("fsub", inside, join("fmul", k, number(LN2_HIGH))), join("fmul", k, number(LN2_LOW)))
        values, power = [number(term) for term in EXP_TERMS], r
        while len(values) > 1:
            # Estrin's scheme: pairs side by side, as a chain of additions would wait for itself
            pairs = [join("fadd", join("fmul", b, power), a) for a, b in zip(values[::2], values[1::2], strict=False)]
            values = pairs + values[2 * len(pairs) :]
            power = join("fmul", power, power)
        value = values[0]
        bits = builder.shl(builder.bitcast(shifted, wide), ir.Constant(wide, [52] * LANES))
        scale = builder.bitcast(builder.add(bits, ir.Constant(wide, [1023 << 52] * LANES)), _VECTOR)
        value = join("fmul", value, scale)
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
        m = builder.bitcast(builder.sub(bits, builder.shl(e, whole(52))), _VECTOR)
        # a whole number becomes a double by the bits of MAGIC: not every processor can convert it
        number = builder.bitcast(builder.add(e, whole(MAGIC_BITS)), _VECTOR)
        number = builder.fsub(number, ir.Constant(_VECTOR, [MAGIC] * LANES))
        return context.make_tuple(builder, sig.return_type, (m, number))

    return types.UniTuple(VECTOR, 2)(VECTOR), generate
