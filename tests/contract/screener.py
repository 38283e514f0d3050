"""A process that screens one call after another and ticks, until it is killed; each line says how far it is."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

from stopline.screening.columns import read_calls
from stopline.screening.engine import Engine
from stopline.stores.counter_journal import open_counters
from stopline.stores.screening_state import Snapshots, open_live

CAPACITY, NUMBER = 1 << 10, "+8613800000001"
_NOON_US = 1_773_115_200_000_000  # 2026-03-10 12:00 local


def one_call(engine: Engine, second: float) -> None:
    """Count one call of the number."""
    at = _NOON_US + int(second * 1_000_000)
    batch, rejects = read_calls({"at": [at], "calling": [NUMBER], "called": ["+8613900000002"]})
    assert not rejects
    engine.call_features(batch)


def main() -> None:
    """Screen into the folder named first, with snapshots at the interval named second, and perhaps a journal."""
    folder, every_s = Path(sys.argv[1]), float(sys.argv[2])
    live = open_live(folder, random_bytes=random.Random(1).randbytes, capacity=CAPACITY)
    counters = None
    if "journal" in sys.argv[3:]:
        counters = open_counters(folder, random_bytes=random.Random(2).randbytes, seconds=time.monotonic)
    snapshots = Snapshots(live=live, folder=folder, every_s=every_s, seconds=time.monotonic, counters=counters)
    for count in range(1, 100_000):
        one_call(live.engine, count / 100)
        wrote = snapshots.tick()
        print(json.dumps({"count": count, "at_s": time.monotonic(), "wrote": wrote}), flush=True)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
