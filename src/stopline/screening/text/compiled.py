"""One way to compile a kernel: for stated types, kept on disk where that works, when it is first needed."""

import hashlib
from collections.abc import Callable, Iterator
from enum import EnumType
from importlib import import_module
from types import CodeType
from typing import Any, TypeVar, cast

import numba
import numpy as np

from stopline.screening.text.parts import OPTIONS, Part

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])

_HOW = b"parts are linked as they are"  # to be changed with the way that kernels are compiled
_made: "list[Kernel]" = []


def compiled(*signatures: str, inline: bool = False, allocates: bool = True) -> Callable[[_Kernel], _Kernel]:
    """Compile a function for its signatures without the interpreter lock, at its first call or by `make_ready`.

    Without a signature the function is a part of other kernels and is cached only inside them (see `parts`); `inline`
    says that it is written into whatever calls it, however large it is.
    What never `allocates` goes without the counting of references, which costs more than a small part does itself.
    """

    def decorate(function: _Kernel) -> _Kernel:
        if not signatures:
            return cast("_Kernel", Part(function, inline=inline, allocates=allocates))
        kernel = Kernel(function, signatures, allocates=allocates)
        _made.append(kernel)
        return cast("_Kernel", kernel)

    return decorate


class Kernel:
    """A function with the types it is compiled for; importing it costs nothing."""

    def __init__(self, function: Callable[..., Any], signatures: tuple[str, ...], *, allocates: bool) -> None:
        self.py_func = function
        self._signatures = signatures
        self._allocates = allocates
        self._machine: Any = None  # numba's dispatcher, from when it is asked for the machine code
        self._ready: Callable[..., Any] | None = None

    def __call__(self, *values: Any) -> Any:  # noqa: ANN401 - the signatures say what goes in and comes out
        """Run the machine code, compiled now if nobody needed it before."""
        return (self._ready or self.make_ready())(*values)

    @property
    def name(self) -> str:
        """Where the kernel stands, as `kernel_named` finds it."""
        return f"{self.py_func.__module__}:{self.py_func.__name__}"

    @property
    def weight(self) -> int:
        """How much code is compiled into it: what its compilation takes, as near as can be told before."""
        return sum(map(len, _reached(self.py_func, set())))

    @property
    def is_ready(self) -> bool:
        """Whether the machine code is there."""
        return self._ready is not None

    @property
    def is_compiling(self) -> bool:
        """Whether the machine code was not on the disk and is being made."""
        return self._ready is None and self._machine is not None and bool(self._machine.stats.cache_misses)

    def make_ready(self) -> Callable[..., Any]:
        """Compile, or load what an earlier process compiled; numba holds a lock, so that two threads do it once."""
        if self._ready is None:
            # Numba looks only at the kernel's own file to see whether its cache is stale, though parts from other
            # files are compiled into it: a digest of all it reaches keeps yesterday's folding out of today's model.
            self.py_func.__qualname__ = f"{self.py_func.__name__}.{reach_digest(self.py_func)}"
            machine = self._machine = _machine(self.py_func, self._allocates)
            for signature in self._signatures:
                machine.compile(signature)
            machine.disable_compile()
            self._ready = machine
        return self._ready


def kernels() -> Iterator[Kernel]:
    """Iterate over the kernels imported so far, so that a program can make them ready before it opens its doors."""
    return iter(tuple(_made))


def kernel_named(name: str) -> Kernel:
    """Return a kernel by its name; imports the file it stands in."""
    module, function = name.split(":")
    kernel = getattr(import_module(module), function)
    if not isinstance(kernel, Kernel):
        raise TypeError(name)
    return kernel


def _machine(function: Callable[..., Any], allocates: bool) -> Any:  # noqa: ANN401, FBT001 - numba states no types
    """Return numba's dispatcher; where it finds no writable folder, each process compiles for itself."""
    options = OPTIONS | {"_nrt": allocates, "no_cfunc_wrapper": True}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError as refusal:
        if "no locator available" not in str(refusal):
            raise
        return numba.njit(**options)(function)


def reach_digest(function: Callable[..., Any]) -> str:
    """Return a digest of a function with the functions and constants, of any file, that are compiled into it."""
    digest = hashlib.sha256(_HOW)
    for part in _reached(function, set()):
        digest.update(part + b"\0")
    return digest.hexdigest()[:12]


def _reached(function: Callable[..., Any], seen: set[int]) -> Iterator[bytes]:
    if id(function) in seen:
        return
    seen.add(id(function))
    codes = [function.__code__]
    for code in codes:  # grows by the functions written inside
        codes += [value for value in code.co_consts if isinstance(value, CodeType)]
        consts = [value for value in code.co_consts if not isinstance(value, CodeType)]
        yield repr((code.co_name, code.co_code, consts, code.co_names, code.co_varnames)).encode()
        for name in code.co_names:
            value = function.__globals__.get(name)
            part = getattr(value, "py_func", None)
            if part is not None:
                yield from _reached(part, seen)
            elif isinstance(value, np.ndarray):
                yield value.tobytes()
            elif isinstance(value, int | float | str | tuple | np.generic):
                yield f"{name}={value!r}".encode()
            elif isinstance(value, EnumType):
                yield f"{name}={list(value)!r}".encode()
