"""Calling a model's compiled functions by address, so that the solvers are compiled once for all models."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_POINTER = ir.DoubleType().as_pointer()


def _call(context, builder, signature, args):
    """Call the function at args[0] with pointers to (array, index) pairs."""
    pointers = []
    for kind, array, index in zip(signature.args[1::2], args[1::2], args[2::2], strict=True):
        data = context.make_array(kind)(context, builder, array).data
        pointers.append(builder.gep(data, [index]))
    function = ir.FunctionType(ir.VoidType(), [_POINTER] * len(pointers))
    builder.call(builder.inttoptr(args[0], function.as_pointer()), pointers)
    return context.get_dummy_value()


@intrinsic
def call_1(typing, address, a, i):
    """Call f(a[i:])."""
    return types.void(types.intp, a, types.intp), _call


@intrinsic
def call_2(typing, address, a, i, b, j):
    """Call f(a[i:], b[j:])."""
    return types.void(types.intp, a, types.intp, b, types.intp), _call


@intrinsic
def call_3(typing, address, a, i, b, j, c, k):
    """Call f(a[i:], b[j:], c[k:])."""
    return types.void(types.intp, a, types.intp, b, types.intp, c, types.intp), _call


@intrinsic
def call_4(typing, address, a, i, b, j, c, k, d, m):
    """Call f(a[i:], b[j:], c[k:], d[m:])."""
    pairs = (a, types.intp, b, types.intp, c, types.intp, d, types.intp)
    return types.void(types.intp, *pairs), _call
