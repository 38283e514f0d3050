"""How a part of kernels is compiled: translated once, made fast and turned into machine code only inside its kernels.

Numba would treat each part as a function that Python may call: with wrappers, optimised and turned into machine code by
itself, then linked into whatever calls it and optimised there once more, and once more a level above. Here a part ends
as plain code of the compiler. This rests on `pipeline_class`, which Numba documents, and on how its code libraries are
built, which it does not: the versions are locked, and a test notices when a part no longer goes this way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numba
from numba.core import compiler, typed_passes, types, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.registry import CPUDispatcher

OPTIONS: Final[dict[str, Any]] = {"nogil": True, "fastmath": False, "error_model": "numpy"}
_UNWRAPPED: Final[dict[str, Any]] = {"nopython": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

# Passes for closures, object mode and expressions on whole arrays: parts have none of these.
_NOT_NEEDED: Final = {
    untyped_passes.WithLifting,
    untyped_passes.InlineClosureLikes,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.InlineInlinables,
    untyped_passes.FindLiterallyCalls,
    untyped_passes.LiteralUnroll,
    untyped_passes.LiteralPropagationSubPipelinePass,
    typed_passes.InlineOverloads,
    typed_passes.NopythonRewrites,
}


class Part(CPUDispatcher):
    """A function that kernels are made of, compiled once for each set of types."""

    def __init__(self, function: Callable[..., Any], *, inline: bool, allocates: bool) -> None:
        options = OPTIONS | _UNWRAPPED | {"_nrt": allocates, "forceinline": inline}
        super().__init__(py_func=function, targetoptions=options, pipeline_class=_PartCompiler)
        self._alone: Callable[..., Any] | None = None

    def __call__(self, *values: Any) -> Any:  # noqa: ANN401 - whatever the part takes and returns
        """Run the part by itself, as tests do: it becomes a kernel of its own."""
        if self._alone is None:
            self._alone = numba.njit(**OPTIONS)(self.py_func)
        return self._alone(*values)

    def get_call_template(self, args: Any, kws: Any) -> Any:  # noqa: ANN401 - types as numba has them
        """Return the types of a call. One part serves every constant; it is written into its callers for their sake."""
        plain = tuple(map(types.unliteral, args))
        if plain != tuple(args):
            self.targetoptions["forceinline"] = True
        return super().get_call_template(plain, kws)


class PartLibrary(JITCodeLibrary):
    """The code of a part, to be linked into kernels: the machine never sees it by itself."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]  # numba states no types
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _PartLowering(typed_passes.NativeLowering):
    """Writes the code of a part and tells Numba that others may call it."""

    _name = "part_lowering"

    def run_pass(self, state: Any) -> bool:  # noqa: ANN401 - numba states no types
        codegen, name = state.targetctx.codegen(), state.func_id.func_qualname
        state.library = PartLibrary(codegen, name)  # type: ignore[no-untyped-call]  # numba states no types
        state.flags.no_compile = True
        super().run_pass(state)  # type: ignore[no-untyped-call]  # numba states no types
        nobody: list[None] = []
        entry = nobody.append  # Numba tells functions by their entries and wants a built-in one; nobody calls this
        state["cr"] = state["cr"]._replace(cfunc=entry)
        state.targetctx.insert_user_function(entry, state["cr"].fndesc, [state.library])
        return True


class _PartCompiler(compiler.CompilerBase):
    """Numba's way with a function, without what parts do not need."""

    def define_pipelines(self) -> list[Any]:
        whole = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        mine = PassManager("part")
        for step, what in whole.passes:
            if step not in _NOT_NEEDED:
                mine.add_pass(_PartLowering if step is typed_passes.NativeLowering else step, what)
        mine.finalize()
        return [mine]
