"""What the machine itself can do, measured in the same run: a read of memory that no cache holds, a wait for the disk.

A figure of the engine over one of these can be carried to another machine better than the figure itself.
"""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from time import process_time_ns
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.bench.measure import REPEATS
from stopline.screening.text.compiled import compiled

_WORDS: Final = 1 << 27  # 1 GiB
_READS: Final = 1 << 20
_WRITE: Final = bytes(8_192)
_WRITES: Final = 100


def memory_ns(*, quick: bool = False) -> float:
    """Return the CPU time of a random read of a gigabyte (when quick, of an eighth), none waiting for another."""
    words = np.zeros(_WORDS >> (3 if quick else 0), dtype=np.uint64)
    words += np.uint64(1)  # now every page is there
    places = np.random.default_rng(1).integers(0, len(words), _READS)
    found = []
    for _repeat in range(REPEATS):
        start = process_time_ns()
        _read_all(words, places)
        found.append((process_time_ns() - start) / _READS)
    return median(found)


def writes_us(folder: Path) -> tuple[float, float]:
    """Return the CPU time of writing 8 KiB and waiting for it: to a file that grows, and over what is there."""
    path = folder / "physical"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return _write_all(descriptor), _write_all(descriptor)
    finally:
        os.close(descriptor)
        path.unlink()


def _write_all(descriptor: int) -> float:
    found = []
    for place in range(_WRITES):
        start = process_time_ns()
        os.pwrite(descriptor, _WRITE, place * len(_WRITE))
        os.fdatasync(descriptor)
        found.append((process_time_ns() - start) / 1e3)
    return median(found)


@compiled("uint64(uint64[::1], int64[::1])", allocates=False)
def _read_all(words: NDArray[np.uint64], places: NDArray[np.int64]) -> np.uint64:
    total = np.uint64(0)
    for row in range(len(places)):
        total += words[places[row]]
    return total
