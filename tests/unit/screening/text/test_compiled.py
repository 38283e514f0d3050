"""Kernels compile when they are needed, and where nothing can be cached: the disk may be read-only."""

from __future__ import annotations

import subprocess
import sys
from types import FunctionType

from stopline.screening.text.compiled import Kernel, compiled, kernels
from stopline.screening.text.fold import fold_kernel


def test_a_kernel_without_a_place_for_its_cache_still_works() -> None:
    code = compile("def plus_one(x):\n    return x + 1\n", "<nowhere>", "exec").co_consts[0]
    plus_one = FunctionType(code, {"__name__": "nowhere"}, "plus_one")
    kernel = Kernel(plus_one, ("int64(int64)",))
    assert kernel(41) == 42
    assert kernel.make_ready() is kernel.make_ready()


def test_the_kernels_of_the_running_centre_can_be_made_ready_beforehand() -> None:
    assert fold_kernel in [*kernels()]


def test_importing_kernels_compiles_nothing() -> None:
    source = (
        "import stopline.screening.engine\n"
        "from stopline.screening.text.compiled import kernels\n"
        "print(*{kernel.is_ready for kernel in kernels()})\n"
    )
    said = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_a_part_without_types_stays_a_part() -> None:
    known = [*kernels()]
    compiled()(lambda x: x)
    assert [*kernels()] == known
