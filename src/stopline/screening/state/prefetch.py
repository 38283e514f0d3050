"""Asking memory for what will be needed soon, without waiting for it: a hint to the processor that changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from stopline.screening.state.layout import U32, Whole


def _ask(_typing: object, words: types.Array, place: types.Integer) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ANN401 - numba states no types
        array = context.make_array(signature.args[0])(context, builder, values[0])
        hint, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        address = builder.bitcast(builder.gep(array.data, [values[1]]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, hint, hint, hint])
        ask = builder.module.globals.get(_NAME) or ir.Function(builder.module, kind, _NAME)
        builder.call(ask, [address, *(ir.Constant(hint, value) for value in (0, 3, 1))])  # to read, to keep, data
        return context.get_dummy_value()

    return types.void(words, place), generate


_NAME = "llvm.prefetch.p0"
prefetch = cast("Callable[[U32, Whole], None]", intrinsic(_ask))
"""Ask for the cache line of one word of an array; its place must be within the array."""
