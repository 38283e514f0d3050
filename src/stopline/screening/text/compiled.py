"""One way to compile a kernel: once at import, for stated types, kept on disk where that works."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def compiled(*signatures: str) -> Callable[[_Kernel], _Kernel]:
    """Compile a function for its signatures without the interpreter lock.

    Without a signature the function is a part of other kernels and is cached only inside them.
    Numba refuses to cache where neither the package folder nor the user's cache folder can be
    written; there the kernel is compiled anew by each process instead.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": False, "error_model": "numpy"}

    def decorate(function: _Kernel) -> _Kernel:
        types = list(signatures) or None
        try:
            kernel = numba.njit(types, cache=bool(signatures), **options)(function)
        except RuntimeError as refusal:
            if "no locator available" not in str(refusal):
                raise
            kernel = numba.njit(types, **options)(function)
        return cast("_Kernel", kernel)

    return decorate
