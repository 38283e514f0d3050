"""A gateway as the benchmarks drive it: written numbers in, verdicts out, each answer once its frame is on the disk."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count as counted
from statistics import median
from time import monotonic, process_time_ns
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.bench.measure import Ask
from stopline.bench.traffic import NOON_US, STEP_US, CallFrame, Written, frames, listed_numbers, number_of, written
from stopline.screening.columns import MISSING
from stopline.screening.inline import decide as kernel
from stopline.screening.inline.calls import NAMES, CallKernel, moved_of
from stopline.screening.inline.parsing import NumberReader
from stopline.screening.inline.record import Origin
from stopline.screening.lists import NumberLists
from stopline.screening.numbers import HOME, SHIFT, VALID, NumberCodes
from stopline.screening.records import Settings
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.expression import compile_expression
from stopline.screening.rules.features import Channel, catalogue
from stopline.screening.rules.pack import Pack, Rule, Severity
from stopline.screening.state.velocity import Velocity
from stopline.stores.counter_journal import CounterJournal, open_counters
from stopline.stores.group_commit import GroupCommit, Promise
from stopline.stores.verdict_log import open_log

I64 = NDArray[np.int64]

BATCHES: Final = 200
REPEATS: Final = 5
_UNDER_WAY: Final = 8  # batches that may wait for the disk at once
_DRAWN: Final = counted()
_FOREVER: Final = datetime(2090, 1, 1, tzinfo=UTC)
_LEVELS: Final = (Severity.FLAG, Severity.FLAG, Severity.HOLD, Severity.BLOCK)


def measured_ns(
    decide: Callable[[CallFrame], object], ask: Ask, *, devices: bool, batches: int = BATCHES, repeats: int = REPEATS
) -> float:
    """Return the median CPU time of the process in nanoseconds a call; each repeat brings other calls."""
    found = []
    for _repeat in range(repeats + 1):
        drawn = next(_DRAWN)  # the clock goes on: no call is met twice and none comes late
        at_us = NOON_US + drawn * STEP_US * batches * ask.batch
        about = {"callers": ask.callers, "batch": ask.batch, "count": batches, "seed": ask.seed + drawn}
        given = list(frames(**about, devices=devices, start_us=at_us))
        start = process_time_ns()
        for frame in given:
            decide(frame)
        found.append((process_time_ns() - start) / (batches * ask.batch))
    return median(found[1:])  # the first warms the memory up


@dataclass(slots=True)
class Gateway:
    """Everything that a gateway holds, in one process."""

    reader: NumberReader
    kernel: CallKernel
    lists: NumberLists
    release: LoadedRelease
    origin: Origin
    group: GroupCommit
    counters: CounterJournal
    filled: str
    decided: int = 0
    spoken: int = 0
    waits: list[float] = field(default_factory=list)
    _asked: deque[tuple[Promise, float]] = field(default_factory=deque)  # batches whose answer waits for the disk
    _columns: I64 = field(default_factory=lambda: np.empty((kernel.COLUMNS, 0), dtype=np.int64))

    def decide(self, frame: CallFrame) -> None:
        """Decide a batch and keep it: this is what is measured. An answer goes out when its frame is on the disk."""
        columns, texts = self.columns(frame)
        said = self.kernel.decide(columns, self.release, texts=texts)
        promise = self.group.append(said.frame(self.origin, os.urandom))
        self.counters.take(moved_of(columns, said))
        self._asked.append((promise, monotonic()))
        while self._asked and (self._asked[0][0].kept or len(self._asked) > _UNDER_WAY):
            asked, since = self._asked.popleft()
            self.group.wait(asked)
            self.waits.append(monotonic() - since)
        self.decided += said.count
        self.spoken += len(said.records)

    def columns(self, frame: CallFrame) -> tuple[I64, NDArray[np.uint64]]:
        """Read the numbers of a batch and put its columns side by side, in room that every batch uses."""
        count = len(frame.at_us)
        columns = self._columns
        if columns.shape[1] != count:
            columns = self._columns = np.zeros((kernel.COLUMNS, count), dtype=np.int64)
            columns[kernel.ANSWERED] = columns[kernel.ENDED] = MISSING
            columns[kernel.ATTESTATION] = -1
        codes = self.reader.fixed(np.concatenate((frame.calling, frame.called)))
        columns[kernel.AT] = frame.at_us
        columns[kernel.CALLING] = columns[kernel.DISPLAYED] = codes[:count]
        columns[kernel.CALLED] = codes[count:]
        columns[kernel.DEVICE] = frame.device
        columns[kernel.CELL] = frame.cell
        columns[kernel.ABROAD] = frame.abroad
        return columns, frame.calling.view(np.uint64).reshape(count, 3)

    def parts(self) -> dict[str, Callable[[CallFrame], object]]:
        """Return parts of the way by name, to be measured alone."""

        def judged(frame: CallFrame) -> None:
            columns, texts = self.columns(frame)
            self.kernel.decide(columns, self.release, texts=texts)

        return {"numbers read": self.columns, "numbers read and kernel, no logs": judged}

    def sizes(self) -> dict[str, int]:
        """Return bytes by what they hold."""
        tables = {f"memory, {name}": size for name, size in self.kernel.velocity.nbytes.items()}
        edition = self.lists.arrays[1][0]
        return {**tables, "memory, block list": sum(part.nbytes for part in edition)}


def gateway_of(ask: Ask, made: list[Written]) -> Gateway:
    """Return a gateway whose tables hold every caller and whose list is loaded."""
    codes = NumberCodes()
    lists = NumberLists(codes)
    if ask.listed:
        lists.load(0, (listed_numbers(ask.listed, ask.seed) << SHIFT) | HOME | VALID, _FOREVER)
    velocity = Velocity(capacity=ask.callers, devices=max(16, ask.callers // 2))
    reader, release = NumberReader(codes), release_of(made)
    started, began = process_time_ns(), monotonic()
    bench = Gateway(
        reader,
        CallKernel(lists, velocity, reuse=True),
        lists,
        release,
        Origin(channel=Channel.CALL, carrier="bench", release_id=release.id, rules=len(made), features=NAMES),
        GroupCommit(open_log(ask.folder / "verdicts", random_bytes=os.urandom)),
        open_counters(ask.folder / "moved", random_bytes=os.urandom, seconds=monotonic),
        "",
    )
    for frame in each_caller(ask.callers, ask.batch):
        columns, _texts = bench.columns(frame)
        bench.kernel.decide(columns, release)
    cpu_s = (process_time_ns() - started) / 1e9
    bench.filled = f"tables filled with every caller in {cpu_s:.1f} s CPU, {monotonic() - began:.1f} s wall"
    return bench


def each_caller(callers: int, batch: int = 8_192) -> Iterator[CallFrame]:
    """Iterate over one call of every caller, so that the tables are full before anything is measured."""
    day_before = frames(callers=callers, batch=1, count=1, devices=False, seed=0)
    at_us = int(next(day_before).at_us[0]) - 3_600_000_000
    for first in range(0, callers, batch):
        each = np.arange(first, min(first + batch, callers), dtype=np.int64)
        none = np.zeros(len(each), dtype=np.int64)
        calling, called = written(number_of(each, callers)), written(number_of(callers - 1 - each, callers))
        yield CallFrame(np.full(len(each), at_us), calling, called, 1 + each // 2, none, none)


def release_of(made: list[Written]) -> LoadedRelease:
    """Return rules as a release in memory, unsigned: it decides nothing but a benchmark."""
    features = catalogue(Channel.CALL)
    loaded = tuple(
        Rule(
            id=f"bench.{place}",
            channel=Channel.CALL,
            title={"zh": "基准", "en": "benchmark"},
            reason={"zh": "基准", "en": "benchmark"},
            typology="bench",
            severity=_LEVELS[rule.level],
            precision=rule.precision,
            entry="",
            owner="bench",
            condition=compile_expression(rule.sql, features),
            tests=(),
        )
        for place, rule in enumerate(made)
    )
    return LoadedRelease("bench", "", Pack(name="bench", rules=loaded, text=""), Settings(), "")
