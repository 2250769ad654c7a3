"""Numbers behind an address: what the innermost loops read and write of arrays.

Whenever compiled code takes an array out of a tuple, it counts it: for the samples of a step that took as long as
computing them. An address is a number like any other. Who asks for one holds the array for as long as it is used.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_KINDS = {types.float64: ir.DoubleType(), types.int64: ir.IntType(64)}


@intrinsic
def address_of(typing, array):
    """Address of the first number of a contiguous array."""

    def generate(context, builder, sig, args):
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, ir.IntType(64))

    return types.int64(array), generate


def _place(builder, kind, args):
    pointer = builder.inttoptr(args[0], _KINDS[kind].as_pointer())
    return builder.gep(pointer, [args[1]])


@intrinsic
def number_at(typing, address, index):
    """The number with this index behind an address."""

    def generate(context, builder, sig, args):
        return builder.load(_place(builder, types.float64, args))

    return types.float64(types.int64, types.int64), generate


@intrinsic
def whole_at(typing, address, index):
    """The whole number with this index behind an address."""

    def generate(context, builder, sig, args):
        return builder.load(_place(builder, types.int64, args))

    return types.int64(types.int64, types.int64), generate


@intrinsic
def put_at(typing, address, index, number):
    """Write the number with this index behind an address."""

    def generate(context, builder, sig, args):
        builder.store(args[2], _place(builder, types.float64, args))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), generate
