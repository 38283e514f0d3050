"""A process that decides batches of calls and says each reference once its frame is on the disk, until it is killed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from stopline.screening.columns import MISSING
from stopline.screening.inline import decide as kernel
from stopline.screening.inline.calls import NAMES, CallKernel, moved_of
from stopline.screening.inline.record import Origin
from stopline.screening.lists import NumberLists
from stopline.screening.numbers import NumberCodes
from stopline.screening.records import Settings
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.features import Channel
from stopline.screening.rules.pack import load_pack, shipped_pack
from stopline.screening.state.velocity import Velocity
from stopline.stores.counter_journal import open_counters
from stopline.stores.verdict_log import open_log

NOON_US = 1_773_115_200_000_000
ROWS = 8


def batch(codes: NumberCodes, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Return calls from abroad, every second of them under a national desk's number, and those numbers as written."""
    texts = ["02885551234" if row % 2 else "+4420123456" for row in range(ROWS)]
    columns = np.zeros((kernel.COLUMNS, ROWS), dtype=np.int64)
    columns[kernel.AT] = NOON_US + 1_000 * (step * ROWS + np.arange(ROWS))
    columns[kernel.CALLING] = columns[kernel.DISPLAYED] = codes.codes(texts, ROWS)
    columns[kernel.CALLED] = codes.codes(["+8613800138000"] * ROWS, ROWS)
    columns[kernel.ANSWERED] = columns[kernel.ENDED] = MISSING
    columns[kernel.ABROAD], columns[kernel.ATTESTATION] = 1, -1
    return columns, np.array(texts, dtype="S24").view(np.uint64).reshape(ROWS, 3)


def main() -> None:
    """Decide into the log in the folder named first, for the release named second; counters beside it in `counters`."""
    folder, release_id = Path(sys.argv[1]), sys.argv[2]
    codes = NumberCodes()
    release = LoadedRelease(release_id, "", load_pack(shipped_pack()), Settings(), "")
    decider = CallKernel(NumberLists(codes), Velocity(capacity=64), reuse=True)
    rules = len(release.pack.of(Channel.CALL))
    origin = Origin(channel=Channel.CALL, carrier="C1", release_id=release_id, rules=rules, features=NAMES)
    log = open_log(folder, random_bytes=os.urandom)
    counters = open_counters(folder.with_name("counters"), random_bytes=os.urandom, seconds=time.monotonic)
    for step in range(1_000_000):
        columns, texts = batch(codes, step)
        said = decider.decide(columns, release, texts=texts)
        frame = said.frame(origin, os.urandom)
        log.append(frame)
        counters.take(moved_of(columns, said))
        print(*frame.references(), flush=True)


if __name__ == "__main__":
    main()
