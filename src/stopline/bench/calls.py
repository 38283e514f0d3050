"""A whole call decision: written numbers, state, lists, rules, verdict, log; beside plain Python and DuckDB."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from time import monotonic, process_time_ns
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.bench.duck_calls import DuckCalls
from stopline.bench.measure import Ask, Figure, Report
from stopline.bench.plain_calls import PlainCalls
from stopline.bench.traffic import CallFrame, Written, frames, listed_numbers, number_of, rules, written
from stopline.screening.columns import MISSING
from stopline.screening.inline import decide as kernel
from stopline.screening.inline.calls import NAMES, CallKernel
from stopline.screening.inline.parsing import NumberReader
from stopline.screening.inline.record import Origin
from stopline.screening.lists import NumberLists
from stopline.screening.moved import Moved, What
from stopline.screening.numbers import HOME, SHIFT, VALID, NumberCodes
from stopline.screening.records import Settings
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.expression import compile_expression
from stopline.screening.rules.features import Channel, catalogue
from stopline.screening.rules.pack import Pack, Rule, Severity
from stopline.screening.state.velocity import Velocity
from stopline.stores.counter_journal import CounterJournal, open_counters
from stopline.stores.verdict_log import VerdictLog, open_log

I64 = NDArray[np.int64]

_BATCHES: Final = 200
_REPEATS: Final = 5
_BASELINE: Final = 1_000_000  # callers and listed numbers of the baselines: less memory is kinder to them
_FOREVER: Final = datetime(2090, 1, 1, tzinfo=UTC)
_LEVELS: Final = (Severity.FLAG, Severity.FLAG, Severity.HOLD, Severity.BLOCK)


def run(ask: Ask) -> Report:
    """Measure the whole decision with caller and callee state, and with devices, then the baselines."""
    made, notes = rules(ask.rules, ask.seed), []
    bench = _bench(ask, made)
    notes.append(bench.filled)
    gc.collect()
    gc.freeze()
    per_call = {devices: _measured(bench.decide, ask, devices=devices) for devices in (False, True)}
    figures = [
        Figure(name="decision, caller and callee", value=per_call[False] / 1000, unit="us CPU"),
        Figure(name="decision, caller, callee, device", value=per_call[True] / 1000, unit="us CPU"),
    ]
    for name, work in bench.parts().items():
        figures.append(Figure(name=f"  of it: {name}", value=_measured(work, ask, devices=False) / 1000, unit="us CPU"))
    figures.append(Figure(name="calls stopped or marked", value=100 * bench.spoken / max(bench.decided, 1), unit="%"))
    figures += [Figure(name=name, value=size / 1e6, unit="MB") for name, size in bench.sizes().items()]
    small = replace(ask, callers=min(ask.callers, _BASELINE), listed=min(ask.listed, _BASELINE))
    for name, decide in _baselines(small, made):
        found = _measured(decide, small, devices=False, batches=4 if ask.quick else 20, repeats=3)
        figures.append(
            Figure(
                name=name, value=found / 1000, unit="us CPU", ratio=found / per_call[False], against="slower than ours"
            )
        )
    notes.append(
        f"batch {ask.batch}, {ask.callers:,} callers drawn evenly, {ask.rules} rules, {ask.listed:,} numbers listed; "
        f"the baselines hold {small.callers:,} callers and {small.listed:,} numbers, which is kinder to them"
    )
    return Report(name="calls", figures=tuple(figures), notes=tuple(notes))


def _measured(
    decide: Callable[[CallFrame], object], ask: Ask, *, devices: bool, batches: int = _BATCHES, repeats: int = _REPEATS
) -> float:
    """Return the median CPU time of the process in nanoseconds a call; each repeat brings other calls."""
    found = []
    for repeat in range(repeats + 1):
        given = list(
            frames(callers=ask.callers, batch=ask.batch, count=batches, devices=devices, seed=ask.seed + repeat)
        )
        start = process_time_ns()
        for frame in given:
            decide(frame)
        found.append((process_time_ns() - start) / (batches * ask.batch))
    return median(found[1:])  # the first warms the memory up


@dataclass(slots=True)
class _Bench:
    """Everything that a gateway holds, in one process."""

    reader: NumberReader
    kernel: CallKernel
    lists: NumberLists
    release: LoadedRelease
    origin: Origin
    log: VerdictLog
    counters: CounterJournal
    filled: str
    decided: int = 0
    spoken: int = 0

    def decide(self, frame: CallFrame) -> None:
        """Decide a batch and keep it: this is what is measured."""
        columns, texts = self.columns(frame)
        said = self.kernel.decide(columns, self.release, texts=texts)
        self.log.append(said.frame(self.origin, os.urandom))
        self.counters.take(_moved(columns))
        self.decided += said.count
        self.spoken += len(said.records)

    def columns(self, frame: CallFrame) -> tuple[I64, NDArray[np.uint64]]:
        """Read the numbers of a batch and put its columns side by side."""
        count = len(frame.at_us)
        columns = np.empty((kernel.COLUMNS, count), dtype=np.int64)
        codes = self.reader.fixed(np.concatenate((frame.calling, frame.called)))
        columns[kernel.AT] = frame.at_us
        columns[kernel.CALLING] = columns[kernel.DISPLAYED] = codes[:count]
        columns[kernel.CALLED] = codes[count:]
        columns[kernel.DEVICE] = frame.device
        columns[kernel.CELL] = frame.cell
        columns[kernel.ANSWERED] = columns[kernel.ENDED] = MISSING
        columns[kernel.CALL] = 0
        columns[kernel.ABROAD] = frame.abroad
        columns[kernel.ATTESTATION] = -1
        return columns, frame.calling.view(np.uint64).reshape(count, 3)

    def parts(self) -> dict[str, Callable[[CallFrame], object]]:
        """Return parts of the way by name, to be measured alone."""

        def judged(frame: CallFrame) -> None:
            columns, texts = self.columns(frame)
            self.kernel.decide(columns, self.release, texts=texts)

        return {"numbers read": self.columns, "numbers read and kernel, no log": judged}

    def sizes(self) -> dict[str, int]:
        """Return bytes by what they hold."""
        tables = {f"memory, {name}": size for name, size in self.kernel.velocity.nbytes.items()}
        edition = self.lists.arrays[1][0]
        return {**tables, "memory, block list": sum(part.nbytes for part in edition)}


def _moved(columns: I64) -> Moved:
    keys = tuple(columns[row] for row in (kernel.CALLING, kernel.CALLED, kernel.DEVICE, kernel.CELL))
    plain = tuple(columns[row] for row in (kernel.AT, kernel.ANSWERED, kernel.ENDED))
    return Moved(What.CALLS, keys, plain)


def _bench(ask: Ask, made: list[Written]) -> _Bench:
    codes = NumberCodes()
    lists = NumberLists(codes)
    if ask.listed:
        lists.load(0, (listed_numbers(ask.listed, ask.seed) << SHIFT) | HOME | VALID, _FOREVER)
    velocity = Velocity(capacity=ask.callers, devices=max(16, ask.callers // 2))
    reader, release = NumberReader(codes), release_of(made)
    started, began = process_time_ns(), monotonic()
    bench = _Bench(
        reader,
        CallKernel(lists, velocity, reuse=True),
        lists,
        release,
        Origin(channel=Channel.CALL, carrier="bench", release_id=release.id, rules=len(made), features=NAMES),
        open_log(ask.folder / "verdicts", random_bytes=os.urandom),
        open_counters(ask.folder / "moved", random_bytes=os.urandom, seconds=monotonic),
        "",
    )
    for frame in _each_caller(ask.callers):
        columns, _texts = bench.columns(frame)
        bench.kernel.decide(columns, release)
    cpu_s = (process_time_ns() - started) / 1e9
    bench.filled = f"tables filled with every caller in {cpu_s:.1f} s CPU, {monotonic() - began:.1f} s wall"
    return bench


def _each_caller(callers: int, batch: int = 8_192) -> Iterator[CallFrame]:
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


def _baselines(ask: Ask, made: list[Written]) -> Iterator[tuple[str, Callable[[CallFrame], object]]]:
    numbers = listed_numbers(ask.listed, ask.seed)
    plain = PlainCalls(made, set(numbers.tolist()), ask.folder / "plain.log", os.urandom)
    for frame in _each_caller(ask.callers):
        plain.touch(frame)
    yield "plain Python, the whole path", plain.decide
    del plain
    duck = DuckCalls(made, numbers=pa.array(numbers))
    for frame in _each_caller(ask.callers, 100_000):
        duck.touch(frame)
    yield "DuckDB, the whole path", duck.decide
    duck.connection.close()
