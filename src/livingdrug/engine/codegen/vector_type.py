"""The type of LANES numbers side by side, and the one operation that rounds once: `fused`.

No compiled code here lets the compiler choose where to fuse a product with a sum: it chooses differently in different
surroundings, and a subject's numbers would depend on what else was compiled. Where it is worth it, it is written.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from livingdrug.engine.codegen.layout import LANES

DOUBLE = ir.DoubleType()
DOUBLES = ir.VectorType(DOUBLE, LANES)


class Vector(types.Type):
    """numba type of LANES doubles."""

    def __init__(self) -> None:
        super().__init__(name=f"Vector({LANES})")


VECTOR = Vector()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type) -> None:
        super().__init__(dmm, fe_type, DOUBLES)


def widened(*kinds):
    """Argument types: vectors, and numbers that will be spread over the lanes."""
    return tuple(kind if kind == VECTOR else types.float64 for kind in kinds)


def spread(builder, number):
    """A number in all lanes."""
    one = builder.insert_element(ir.Constant(DOUBLES, ir.Undefined), number, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(DOUBLES, ir.Undefined), zeros)


def spread_all(builder, sig, args):
    """Arguments as vectors."""
    return [v if kind == VECTOR else spread(builder, v) for kind, v in zip(sig.args, args, strict=True)]


@intrinsic
def fused(typing, a, b, c):
    """a b + c, rounded once; of numbers, or of vectors and numbers."""
    wide = VECTOR in (a, b, c)

    def generate(context, builder, sig, args):
        kind, name = (DOUBLES, f"llvm.fma.v{LANES}f64") if wide else (DOUBLE, "llvm.fma.f64")
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
        return builder.call(function, spread_all(builder, sig, args) if wide else args)

    if wide:
        return VECTOR(*widened(a, b, c)), generate
    return types.float64(types.float64, types.float64, types.float64), generate
