"""The state alone: CPU time a call and bytes a caller as callers grow, beside a plain Python reckoning of less."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.bench.measure import Ask, Figure, Report, cpu_ns
from stopline.screening.columns import MISSING
from stopline.screening.state.kernel import advance_batch
from stopline.screening.state.layout import FEATURES, Events
from stopline.screening.state.velocity import Velocity

I64 = NDArray[np.int64]

SIZES: Final = (1_000_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000)
KINDS: Final = {"caller": (0, 0), "caller and callee": (1, 0), "caller, callee and device": (1, 1)}
_BATCHES: Final = 400
_START_US: Final = 1_773_115_200_000_000
_STEP_US: Final = 10  # a hundred thousand calls a second
_PLAIN_CALLERS: Final = 200_000


def run(ask: Ask) -> Report:
    """Measure the growth of the state up to as many callers as were asked for."""
    sizes = sorted({*(size for size in SIZES if size < ask.callers), ask.callers})
    figures = []
    for size in sizes:
        for kind in KINDS:
            if size == ask.callers or kind == "caller and callee":
                figures += [_named(name, value, unit) for name, value, unit in measure(ask, size, kind)]
    plain = plain_ns(ask)
    figures.append(Figure(name="plain Python over dictionaries, five features", value=plain, unit="ns/call"))
    last = next(figure for figure in reversed(figures) if "callee, uniform" in figure.name)
    figures.append(Figure(name=last.name, value=last.value, unit="ns/call", ratio=plain / last.value,
                          against="plain Python with 200,000 callers"))  # fmt: skip
    return Report(
        name="state",
        figures=tuple(figures),
        notes=(
            f"batches of {ask.batch}; every call moves the state and reads all {len(FEATURES)} features",
            "uniform callers are the worst case; Zipf is a Pareto tail of 1.1",
            "bytes of a caller with the free slots its table keeps; callees, devices, rings and calls apart",
        ),
    )


def measure(ask: Ask, callers: int, kind: str) -> Iterator[tuple[str, float, str]]:
    """Iterate over figures of one size and one set of tables: name, value and unit."""
    callees, devices = KINDS[kind]
    velocity = Velocity(capacity=callers, callees=callees * callers, devices=devices * callers)
    rng = np.random.default_rng(ask.seed)
    traffic = _Traffic(velocity, callers, ask.batch, rng, with_device=bool(devices))
    traffic.fill()
    about = f"{callers:,} callers, {kind}"
    for name, draw in (("uniform", traffic.uniform), ("Zipf", traffic.zipf)):
        work = partial(traffic.play, [traffic.events(draw(ask.batch)) for _batch in range(_BATCHES)])
        yield f"{about}, {name}", cpu_ns(work, rows=_BATCHES * ask.batch), "ns/call"
    taken, held = velocity.nbytes, velocity.held
    yield f"{about}: bytes a caller", taken["callers"] / callers, "bytes"
    yield f"{about}: callers held", held["callers"] / callers, "of 1"
    for name in ("callers", "callees", "devices", "exact", "opens"):
        if taken[name]:
            yield f"{about}: table of {name}", taken[name] / 1e9, "GB"


def plain_ns(ask: Ask) -> float:
    """Return the CPU time a call of a plain reckoning with dictionaries: three counters, today, callees."""
    rng = np.random.default_rng(ask.seed)
    count = _BATCHES * ask.batch // 2
    calling = rng.integers(0, _PLAIN_CALLERS, count).tolist()
    calls = list(zip(range(count), calling, rng.integers(0, 10**9, count).tolist(), strict=True))
    lines: dict[int, PlainLine] = {}

    def work() -> None:
        for step, calling, called in calls:
            line = lines.get(calling)
            if line is None:
                line = lines[calling] = PlainLine()
            line.take(step * 1e-5, called)

    return cpu_ns(work, rows=count)


@dataclass(slots=True)
class PlainLine:
    """What plain Python keeps of one number."""

    last: float = 0.0
    minute: float = 0.0
    hour: float = 0.0
    day: float = 0.0
    today: int = 0
    callees: set[int] = field(default_factory=set)

    def take(self, at: float, called: int) -> tuple[float, float, float, int, int]:
        """Count a call and return five features."""
        passed = at - self.last
        self.last = at
        self.minute = self.minute * math.exp(-passed / 60.0) + 1.0
        self.hour = self.hour * math.exp(-passed / 3600.0) + 1.0
        self.day = self.day * math.exp(-passed / 86400.0) + 1.0
        self.today += 1
        self.callees.add(called)
        return self.minute, self.hour, self.day, self.today, len(self.callees)


class _Traffic:
    """Calls of made-up numbers, a hundred thousand a second, handed to the kernel as a door would."""

    def __init__(
        self, velocity: Velocity, callers: int, batch: int, rng: np.random.Generator, *, with_device: bool
    ) -> None:
        self._state, self._callers, self._batch, self._rng = velocity.state, callers, batch, rng
        self._with_device = with_device
        self._now_us = _START_US
        self._steps = np.arange(batch, dtype=np.int64) * _STEP_US
        self._features = np.empty((len(FEATURES), batch), dtype=np.float64)
        self._places = np.arange(len(FEATURES), dtype=np.int64)

    def uniform(self, count: int) -> I64:
        """Return callers, each as likely as any other."""
        return self._rng.integers(0, self._callers, count)

    def zipf(self, count: int) -> I64:
        """Return callers of whom few make most calls."""
        return (self._rng.pareto(1.1, count) * 1_000).astype(np.int64) % self._callers

    def fill(self) -> None:
        """Let every number call once."""
        for first in range(0, self._callers, self._batch):
            self.play([self.events((first + np.arange(self._batch, dtype=np.int64)) % self._callers)])

    def events(self, callers: I64) -> Events:
        """Return a batch of their calls; when they happen is said when they are played."""
        count = len(callers)
        none, nothing = np.full(count, MISSING, dtype=np.int64), np.zeros(count, dtype=np.int64)
        device = callers * 2_654_435_761 + 1 if self._with_device else nothing
        called = _codes(self.uniform(count))
        return (nothing, _codes(callers), called, device, device, none, none, nothing, nothing)

    def play(self, batches: Sequence[Events]) -> None:
        """Move the state over batches, each a little later than all before: the same instant were a retransmit."""
        for events in batches:
            at_us = self._now_us + self._steps
            self._now_us += self._batch * _STEP_US
            advance_batch((at_us, *events[1:]), self._state, self._places, self._features)


def _codes(callers: I64) -> I64:
    """Return home mobiles as codes: valid and of this country."""
    return (8_613_000_000_000 + callers * 7) << 5 | 24


def _named(name: str, value: float, unit: str) -> Figure:
    return Figure(name=name, value=value, unit=unit)
