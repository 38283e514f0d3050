"""What moves the counters: the port through which the engine tells it, so that it can be moved again after a kill."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]


class What(IntEnum):
    """What a batch was of."""

    CALLS = 1
    ENDS = 2
    MESSAGES = 3
    STOPS = 4  # attempts that were stopped, at the numbers called


@dataclass(frozen=True, slots=True)
class Moved:
    """One batch as the counters took it: columns that name numbers or devices, and plain ones.

    Calls that were decided by the one kernel have a fifth plain column: whether each was stopped.
    """

    what: What
    keys: tuple[I64, ...]
    plain: tuple[I64, ...]


class Inputs(Protocol):
    """Keeps what moved the counters; it never raises: counters that cannot be kept do not stop the screening."""

    def take(self, moved: Moved) -> None:
        """Keep one batch."""
        ...
