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
from livingdrug.engine.vector_math import EXP_HIGH, EXP_LOW, EXP_TERMS, LN2_HIGH, LN2_LOW, LOG2_E, MAGIC

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
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


@intrinsic
def load(typing, array, index):
    """The LANES numbers of a flat array from `index` on."""

    def generate(context, builder, signature, args):
        value = builder.load(_pointer(context, builder, signature.args[0], args[0], args[1]))
        value.align = 8
        return value

    return VECTOR(array, types.intp), generate


@intrinsic
def store(typing, array, index, value):
    """Write LANES numbers into a flat array from `index` on."""

    def generate(context, builder, signature, args):
        builder.store(args[2], _pointer(context, builder, signature.args[0], args[0], args[1]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, VECTOR), generate


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
        pair = [value if kind == VECTOR else _spread(builder, value) for kind, value in zip(sig.args, args, strict=True)]
        return getattr(builder, name)(*pair, flags=_FLAGS)

    for a, b in _PAIRS:
        lower_builtin(symbol, a, b)(generate)


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


@intrinsic
def larger(typing, a, b):
    """The larger of two in each lane; where one is not a number, the second."""

    def generate(context, builder, signature, args):
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return VECTOR(VECTOR, VECTOR), generate


@intrinsic
def choose(typing, a, b, yes, no):
    """`yes` where a <= b, else `no` (also where one is not a number)."""

    def generate(context, builder, signature, args):
        return builder.select(builder.fcmp_ordered("<=", args[0], args[1]), args[2], args[3])

    return VECTOR(VECTOR, VECTOR, VECTOR, VECTOR), generate


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
