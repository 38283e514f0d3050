"""A whole call decision: written numbers, state, lists, rules, verdict, log; beside plain Python and DuckDB."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from stopline.bench.duck_calls import DuckCalls
from stopline.bench.gateway import Gateway, each_caller, gateway_of, measured_ns
from stopline.bench.measure import Ask, Figure, Report
from stopline.bench.physical import memory_ns, writes_us
from stopline.bench.plain_calls import PlainCalls
from stopline.bench.traffic import CallFrame, Written, listed_numbers, rules

_BASELINE: Final = 1_000_000  # callers and listed numbers of the baselines: less memory is kinder to them


def run(ask: Ask) -> Report:
    """Measure the whole decision with caller and callee state, and with devices, then the baselines."""
    made = rules(ask.rules, ask.seed)
    gateway = gateway_of(ask, made)
    gc.collect()
    gc.freeze()
    try:
        return _report(ask, made, gateway)
    finally:
        gc.unfreeze()  # or nothing is taken down in order when the process ends


def _report(ask: Ask, made: list[Written], gateway: Gateway) -> Report:
    physical = (memory_ns(quick=ask.quick), *writes_us(ask.folder))
    per_call = [measured_ns(gateway.decide, ask, devices=devices) for devices in (False, True)]
    figures = [
        Figure(name="decision, caller and callee", value=per_call[0] / 1000, unit="us CPU"),
        Figure(name="decision, caller, callee, device", value=per_call[1] / 1000, unit="us CPU"),
    ]
    for devices, name in enumerate(("", ", device")):
        for part, work in gateway.parts().items():
            value = measured_ns(work, ask, devices=bool(devices)) / 1000
            figures.append(Figure(name=f"  of it{name}: {part}", value=value, unit="us CPU"))
    gateway.group.close()
    figures += _waits(gateway)
    figures += _beside(physical, per_call[0], ask.batch)
    figures.append(Figure(name="calls stopped or marked", value=100 * gateway.spoken / gateway.decided, unit="%"))
    figures += [Figure(name=name, value=size / 1e6, unit="MB") for name, size in gateway.sizes().items()]
    small = replace(ask, callers=min(ask.callers, _BASELINE), listed=min(ask.listed, _BASELINE))
    for name, decide in _baselines(small, made):
        found = measured_ns(decide, small, devices=False, batches=4 if ask.quick else 20, repeats=3)
        figures.append(
            Figure(name=name, value=found / 1000, unit="us CPU", ratio=found / per_call[0], against="slower than ours")
        )
    sizes = (
        f"batch {ask.batch}, {ask.callers:,} callers drawn evenly, {ask.rules} rules, {ask.listed:,} numbers listed; "
        f"the baselines hold {small.callers:,} callers and {small.listed:,} numbers, which is kinder to them"
    )
    notes = (
        gateway.filled,
        sizes,
        "an answer goes out when its frame is on the disk; batches that are decided meanwhile share the next wait",
    )
    return Report(name="calls", figures=tuple(figures), notes=notes)


def _beside(physical: tuple[float, float, float], per_call: float, batch: int) -> Iterator[Figure]:
    """Iterate over what the machine can do by itself, with how many of these a decision or a batch takes."""
    read_ns, grow_us, place_us = physical
    yield Figure(name="physical: one random read of memory", value=read_ns, unit="ns CPU",
                 ratio=per_call / read_ns, against="of these a decision")  # fmt: skip
    yield Figure(name="physical: one write and wait, file that grows", value=grow_us, unit="us CPU",
                 ratio=per_call * batch / 1000 / grow_us, against="of these a batch")  # fmt: skip
    yield Figure(name="physical: one write and wait, in place", value=place_us, unit="us CPU",
                 ratio=per_call * batch / 1000 / place_us, against="of these a batch")  # fmt: skip


def _waits(gateway: Gateway) -> Iterator[Figure]:
    """Iterate over how long batches waited for their answer; the wall clock of a shared machine, so read it as such."""
    waits = np.array(gateway.waits) * 1e3
    for share in (50, 99):
        yield Figure(name=f"answer after the decision, {share} in 100", value=float(np.percentile(waits, share)),
                     unit="ms wall")  # fmt: skip


def _baselines(ask: Ask, made: list[Written]) -> Iterator[tuple[str, Callable[[CallFrame], object]]]:
    numbers = listed_numbers(ask.listed, ask.seed)
    plain = PlainCalls(made, set(numbers.tolist()), ask.folder / "plain.log", os.urandom)
    for frame in each_caller(ask.callers):
        plain.touch(frame)
    yield "plain Python, the whole path", plain.decide
    del plain
    duck = DuckCalls(made, numbers=pa.array(numbers))
    for frame in each_caller(ask.callers, 100_000):
        duck.touch(frame)
    yield "DuckDB, the whole path", duck.decide
    duck.connection.close()
