"""From the start of Python to the first verdict, with the kernels compiled before and with an empty cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from statistics import median
from time import monotonic
from typing import Final

from stopline.bench.measure import Ask, Figure, Report

_FIRST_VERDICT: Final = """
from stopline.cli_kernels import FOR_CALLS, make_kernels_ready
make_kernels_ready(FOR_CALLS)
from stopline.stores.screen_files import file_desk
desk = file_desk(None)
judged, _rejects = desk.judge_calls({
    "at": ["2026-03-10T12:00:00+08:00"], "calling": ["02885551234"], "called": ["+8613800138000"], "trunk": ["intl-1"],
})
assert judged.verdict.tolist() == [3], judged.verdict
"""
_REPEATS: Final = 3


def run(ask: Ask) -> Report:
    """Measure the start in processes of its own; a warm start loads what the one before it compiled."""
    with tempfile.TemporaryDirectory(prefix="cache-", dir=ask.folder) as cache:
        cold, cold_cpu = _start(cache)
        warm = [_start(cache) for _repeat in range(1 if ask.quick else _REPEATS)]
    warm_s, warm_cpu = median(wall for wall, _cpu in warm), median(cpu for _wall, cpu in warm)
    bare, _cpu = _start("", "pass")
    return Report(
        name="cold-start",
        figures=(
            Figure(name="first time, kernels compiled, wall", value=cold, unit="s"),
            Figure(name="first time, CPU", value=cold_cpu, unit="s"),
            Figure(
                name="again, kernels loaded, wall", value=warm_s, unit="s", ratio=cold / warm_s, against="first time"
            ),
            Figure(name="again, CPU", value=warm_cpu, unit="s"),
            Figure(name="Python that does nothing, wall", value=bare, unit="s"),
        ),
        notes=(
            "one call judged by the shipped pack in a fresh process; the text model is loaded with it",
            "kernels are compiled by this process and helpers, one a core; CPU is that of all of them",
        ),
    )


def _start(cache: str, code: str = _FIRST_VERDICT) -> tuple[float, float]:
    """Return wall and CPU seconds of a process that runs some code."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache} if cache else dict(os.environ)
    before, start = os.times(), monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    wall, after = monotonic() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used
