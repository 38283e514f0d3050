"""How a figure is taken: CPU time of the process, the median of several runs, and what the machine was doing."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import process_time_ns
from typing import Final

REPEATS: Final = 5
_SCHEDULERS: Final = {0: "SCHED_OTHER", 1: "SCHED_FIFO", 2: "SCHED_RR", 3: "SCHED_BATCH", 5: "SCHED_IDLE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a benchmark is to measure; `quick` takes a tenth of the work, for a first look."""

    callers: int = 10_000_000
    rules: int = 100
    listed: int = 100_000_000
    batch: int = 512
    quick: bool = False
    seed: int = 1
    folder: Path = Path()  # where it may write


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure; `ratio` says how many times it is better than the baseline `against`, of the same run."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""


def machine() -> tuple[str, ...]:
    """Return what the figures depend on: processor, cores, scheduler, load."""
    policy = _SCHEDULERS.get(os.sched_getscheduler(0), "another scheduler")
    one, five, _fifteen = os.getloadavg()
    return (
        f"processor: {_processor()}",
        f"cores: {len(os.sched_getaffinity(0))} usable of {os.cpu_count()}",
        f"scheduler: {policy}, nice {os.nice(0)}",
        f"load: {one:.1f} in the last minute, {five:.1f} in five",
        f"Python {platform.python_version()} on {platform.system()} {platform.release()}",
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a benchmark found, and what to know about the figures."""

    name: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()
    machine: tuple[str, ...] = field(default_factory=machine)


def cpu_ns(work: Callable[[], object], *, rows: int, repeats: int = REPEATS) -> float:
    """Return the median CPU time of the process, in nanoseconds a row, of work that handles so many rows."""
    found = []
    for _repeat in range(repeats):
        start = process_time_ns()
        work()
        found.append((process_time_ns() - start) / max(rows, 1))
    return median(found)
