"""Kernels compile when they are needed, and where nothing can be cached: the disk may be read-only."""

from __future__ import annotations

import subprocess
import sys
from types import FunctionType

from stopline.screening.text.compiled import Kernel, compiled, kernels, reach_digest
from stopline.screening.text.fold import fold_kernel
from stopline.screening.text.parts import PartLibrary


def test_a_kernel_without_a_place_for_its_cache_still_works() -> None:
    code = compile("def plus_one(x):\n    return x + 1\n", "<nowhere>", "exec").co_consts[0]
    plus_one = FunctionType(code, {"__name__": "nowhere"}, "plus_one")
    kernel = Kernel(plus_one, ("int64(int64)",), allocates=True)
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


def test_a_part_is_compiled_once_whatever_constants_it_is_called_with() -> None:
    part = compiled()(made("def part(x, y):\n    return x + y\n", "part"))
    kernel = Kernel(
        made("def whole(x):\n    return part(x, 1) * part(x, 2)\n", "whole", part=part),
        ("int64(int64)",),
        allocates=False,
    )
    assert kernel(4) == 30
    assert len(part.signatures) == 1  # type: ignore[attr-defined]  # numba names what it compiled


def test_a_part_becomes_machine_code_only_inside_its_kernels() -> None:
    part = compiled()(made("def part(x):\n    return x + 1\n", "part"))
    kernel = Kernel(made("def whole(x):\n    return part(x)\n", "whole", part=part), ("int64(int64)",), allocates=False)
    assert kernel(4) == 5
    (compiled_part,) = part.overloads.values()  # type: ignore[attr-defined]  # numba keeps here what it compiled
    assert isinstance(compiled_part.library, PartLibrary)
    assert part(4) == 5  # and by itself, as tests call it


def made(source: str, name: str, **names: object) -> FunctionType:
    space: dict[str, object] = {"__name__": "nowhere", **names}
    exec(compile(source, "<nowhere>", "exec"), space)  # noqa: S102 - the sources stand in the test below
    function = space[name]
    assert isinstance(function, FunctionType)
    return function


def test_what_is_kept_on_disk_is_known_by_all_that_was_compiled_into_it() -> None:
    inner, other = (compiled()(made(f"def part(x):\n    return x + {more}\n", "part")) for more in (1, 2))
    whole = "def whole(x):\n    return part(x) * FACTOR\n"
    digests = [
        reach_digest(made(whole, "whole", part=part, FACTOR=factor)) for part in (inner, other) for factor in (3, 4)
    ]
    assert len(set(digests)) == 4
    assert digests[0] == reach_digest(made(whole, "whole", part=inner, FACTOR=3, UNUSED=5))
