"""What is going to happen, in order of time: a person pays, a mule passes money on, somebody reports."""

from __future__ import annotations

import heapq
from collections.abc import Callable

Deed = Callable[[float], None]
"""What is done when its second of the day comes; it is handed that second."""


class Agenda:
    """Deeds by the local second of the day; those of one second happen in the order they were put down."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Deed]] = []
        self._serial = 0

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, at_s: float, deed: Deed) -> None:
        """Put down a deed for a second of the day; one that lies in the past happens at the next turn."""
        heapq.heappush(self._heap, (at_s, self._serial, deed))
        self._serial += 1

    def run_until(self, end_s: float) -> None:
        """Do everything due before `end_s`, also what these deeds put down in turn."""
        while self._heap and self._heap[0][0] < end_s:
            at_s, _, deed = heapq.heappop(self._heap)
            deed(at_s)
