"""Kernels compile where nothing can be cached: the program may stand on a read-only disk."""

from __future__ import annotations

from types import FunctionType

from stopline.screening.text.compiled import compiled


def test_a_kernel_without_a_place_for_its_cache_still_works() -> None:
    code = compile("def plus_one(x):\n    return x + 1\n", "<nowhere>", "exec").co_consts[0]
    plus_one = FunctionType(code, {"__name__": "nowhere"}, "plus_one")
    assert compiled("int64(int64)")(plus_one)(41) == 42
