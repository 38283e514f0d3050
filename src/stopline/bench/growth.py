"""How a decision and its memory grow: with callers, from a tenth to five times those asked for, and with rules."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from stopline.bench.gateway import BATCHES, Gateway, gateway_of, measured_ns
from stopline.bench.measure import Ask, Figure, Report
from stopline.bench.traffic import rules

_RULES: Final = (10, 100, 1_000)
_BYTES: Final = 260
"""What a caller takes in all tables with its device, and the room that filling them needs."""


def run(ask: Ask) -> Report:
    """Measure the decision at several numbers of callers, as far as memory goes, then at several numbers of rules."""
    figures: list[Figure] = []
    notes = ["callers are drawn evenly, the worst case; bytes a caller are those of the table of callers alone"]
    sizes, free = (ask.callers // 10, ask.callers, 5 * ask.callers), _free_bytes()
    for callers in sizes:
        if _BYTES * callers + 10 * ask.listed > free:
            notes.append(f"{callers:,} callers were left out: {free / 1e9:.0f} GB are free")
            continue
        figures += _measured(replace(ask, callers=callers), f"{callers:,} callers")
    few = replace(ask, callers=ask.callers // 10, listed=ask.listed // 10)
    for count in _RULES:
        figures += _measured(replace(few, rules=count), f"{few.callers:,} callers, {count:,} rules", tables=False)
    notes.append(f"batch {ask.batch}; {ask.rules} rules and {ask.listed:,} numbers listed, a tenth of them with rules")
    return Report(name="growth", figures=tuple(figures), notes=tuple(notes))


def _measured(ask: Ask, about: str, *, tables: bool = True) -> Iterator[Figure]:
    place = ask.folder / about.replace(" ", "-")
    place.mkdir()
    gateway = gateway_of(replace(ask, folder=place), rules(ask.rules, ask.seed))
    for devices, whom in enumerate(("caller and callee", "and device")):
        for name, work in {"whole": gateway.decide, **gateway.parts()}.items():
            if name != "numbers read":
                batches = BATCHES // 10 if ask.quick else BATCHES
                value = measured_ns(work, ask, devices=bool(devices), batches=batches) / 1000
                yield Figure(name=f"{about}: {name}, {whom}", value=value, unit="us CPU")
    yield Figure(name=f"{about}: stopped or marked", value=100 * gateway.spoken / gateway.decided, unit="%")
    if tables:
        yield from _tables(gateway, ask.callers, about)
    gateway.group.close()
    gateway.counters.close()
    del gateway
    gc.collect()


def _tables(gateway: Gateway, callers: int, about: str) -> Iterator[Figure]:
    sizes = gateway.kernel.velocity.nbytes
    yield Figure(name=f"{about}: bytes a caller", value=sizes["callers"] / callers, unit="bytes")
    for name, size in sizes.items():
        yield Figure(name=f"{about}: table of {name}", value=size / 1e9, unit="GB")


def _free_bytes() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
