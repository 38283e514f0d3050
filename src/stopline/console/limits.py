"""Rate limits in memory: a bucket a caller, bounded in number, refilled by a steady clock."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_CALLERS_MAX = 100_000  # what is beyond forgets the caller that was silent longest


@dataclass(slots=True)
class RateLimit:
    """Allows `burst` requests at once and `per_minute` in the long run, for each caller."""

    per_minute: float
    burst: int
    seconds: Callable[[], float]
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, caller: str) -> bool:
        """Take one request of a caller; False when there is none left."""
        now = self.seconds()
        with self._lock:
            left, since = self._buckets.pop(caller, (float(self.burst), now))
            left = min(float(self.burst), left + (now - since) * self.per_minute / 60.0)
            allowed = left >= 1.0
            self._buckets[caller] = (left - 1.0 if allowed else left, now)
            while len(self._buckets) > _CALLERS_MAX:
                self._buckets.popitem(last=False)
        return allowed
