"""Kernels are made ready before they are needed: the right ones, and by every core when they have to be compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from stopline.cli_kernels import FOR_CALLS, shares

_JUDGE = """
from stopline.stores.screen_files import file_desk
judged, _rejects = file_desk(None).judge_calls({
    "at": ["2026-03-10T12:00:00+08:00"], "calling": ["02885551234"], "called": ["+8613800138000"], "trunk": ["intl-1"],
})
assert judged.verdict.tolist() == [3], judged.verdict
from stopline.screening.text.compiled import kernels
print(*(kernel.name for kernel in kernels() if kernel.is_ready))
"""
_MAKE = """
import sys
from stopline.cli_kernels import make_kernels_ready
from stopline.screening.text.compiled import kernel_named
make_kernels_ready(sys.argv[1:])
print(*(kernel_named(name).is_compiling or kernel_named(name).is_ready for name in sys.argv[1:]))
"""


def ran(code: str, *words: str, cache: Path | None = None) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)} if cache else dict(os.environ)
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()


def test_what_is_made_ready_for_calls_is_what_a_call_needs() -> None:
    assert sorted(ran(_JUDGE).split()) == sorted(FOR_CALLS)


def test_kernels_that_are_nowhere_are_compiled_and_kept(tmp_path: Path) -> None:
    names = ("stopline.screening.scores:combined_scores", "stopline.screening.scores:base_scores")
    assert ran(_MAKE, *names, cache=tmp_path) == "True True"
    kept = {path.name.split(".")[1] for path in tmp_path.rglob("*.nbi")}
    assert kept == {"combined_scores", "base_scores"}


def test_work_is_shared_out_by_weight_and_what_is_at_work_counts() -> None:
    assert shares([3, 5, 2, 4], 2, at_work=9) == [[0], [1, 3, 2]]
    assert shares([1, 1], 1, at_work=0) == [[0, 1]]
    assert shares([], 3, at_work=1) == [[], [], []]
