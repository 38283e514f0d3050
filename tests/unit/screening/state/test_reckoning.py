"""Calls, ends, retransmits and clock jumps in any order: a plain reckoning with dictionaries comes to the same."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.columns import MISSING
from stopline.screening.state import FEATURES, Velocity

START = 1_773_100_800_000_000  # 2026-03-10 00:00 UTC, a Tuesday
DAY_S, HOUR_S = 86_400, 3_600
OFFSET_S = 8 * HOUR_S
BOUND_H = 4.0

Event = tuple[str, int, int, int, int]  # what, at_us, calling, called, when it ended or MISSING


def number(tail: int) -> int:
    return (8613800000000 + tail) << 5 | 8


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    found: list[Event] = []
    begun: list[Event] = []
    at_s = 0
    for _ in range(draw(st.integers(0, 40))):
        step = st.one_of(st.integers(-60, 7200), st.sampled_from([0, 0, 86_400, -90_000, 400 * 86_400]))
        at_s = max(at_s + draw(step), -20 * DAY_S)
        what = draw(st.sampled_from(["call", "call", "call", "whole", "again", "end", "end"]))
        if what in {"again", "end"} and not begun:
            what = "call"
        if what in {"again", "end"}:
            _what, at_us, calling, called, _ended = draw(st.sampled_from(begun))
            found.append((what, at_us, calling, called, START + at_s * 1_000_000 if what == "end" else MISSING))
            continue
        at_us = START + at_s * 1_000_000
        calling, called = number(draw(st.integers(1, 3))), number(draw(st.integers(1, 6)))
        ended = at_us + draw(st.sampled_from([3, 40, 300])) * 1_000_000 if what == "whole" else MISSING
        found.append((what, at_us, calling, called, ended))
        begun.append(found[-1])
    return found


def run(velocity: Velocity, rows: list[Event], *, batch: int) -> list[np.ndarray[Any, Any]]:
    """Hand the events in, as many calls at once as `batch` and the ends between them allow."""
    found: list[np.ndarray[Any, Any]] = []
    waiting: list[Event] = []

    def flush() -> None:
        if waiting:
            found.extend(velocity.advance(**columns(waiting), device=zeros(waiting), cell=zeros(waiting)))
            waiting.clear()

    for event in rows:
        if event[0] == "end":
            flush()
            velocity.outcomes(**columns([event]))
            continue
        waiting.append(event)
        if len(waiting) == batch:
            flush()
    flush()
    return found


def zeros(rows: list[Event]) -> np.ndarray[Any, Any]:
    return np.zeros(len(rows), dtype=np.int64)


def columns(rows: list[Event]) -> dict[str, Any]:
    _what, at_us, calling, called, ended = (np.array(column) for column in zip(*rows, strict=True))
    answered = np.full(len(rows), MISSING, dtype=np.int64)
    return {"at_us": at_us, "calling": calling, "called": called, "answered_us": answered, "ended_us": ended}


@dataclass
class Line:
    """All that a calling number ever did, nothing faded in place."""

    first: float
    last: float
    calls: list[float] = field(default_factory=list)  # instants as counted, in seconds
    ends: list[tuple[float, bool]] = field(default_factory=list)
    open: Counter[int] = field(default_factory=Counter)  # by quarter of the bound
    today: int = 0


class Reckoning:
    """The same answers from the whole past; `shift` moves a record's past when the clock was set back."""

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}
        self.received: dict[int, list[float]] = {}
        self.heard: dict[int, float] = {}
        self.known: dict[tuple[int, int, int], float | None] = {}
        self.retransmits = self.unmatched = 0

    def call(self, event: Event) -> dict[str, float]:
        _what, at_us, calling, called, ended = event
        key, now = (calling, called, at_us), at_us / 1e6
        again = key in self.known
        self.retransmits += again
        line = self.lines.get(calling)
        if line is None:
            line = self.lines[calling] = Line(first=now, last=now)
        elif not again:
            self.follow(line, now)
        when = line.last
        if not again:
            line.today += 1
            line.calls.append(when)
            self.known[key] = when if ended == MISSING else None
            if ended == MISSING:
                line.open[quarter(when)] += 1
        answer = self.said(line, max(now, when) if now >= when - HOUR_S else now, calling)
        if not again and ended != MISSING:
            line.ends.append((when, ended - at_us <= 5_000_000))
        self.receive(called, now, again=again)
        return answer

    def follow(self, line: Line, now: float) -> None:
        if now < line.last - HOUR_S:  # the clock had run ahead: what was counted counts as of now
            shift = now - line.last
            line.calls = [at + shift for at in line.calls]
            line.ends = [(at + shift, short) for at, short in line.ends]
            line.open.clear()
            line.first = min(line.first, now)
        else:
            now = max(now, line.last)
        if (now + OFFSET_S) // DAY_S != (line.last + OFFSET_S) // DAY_S:
            line.today = 0
        line.last = now

    def end(self, event: Event) -> None:
        _what, at_us, calling, called, ended = event
        began = self.known.get((calling, called, at_us))
        if began is None:
            self.unmatched += 1
            return
        self.known[calling, called, at_us] = None
        line = self.lines[calling]
        if line.open[quarter(began)] > 0:
            line.open[quarter(began)] -= 1
        late = max(at_us, ended) / 1e6
        line.ends.append((max(late, line.last) if late - line.last < 7 * DAY_S else line.last + 7 * DAY_S,
                          ended - at_us <= 5_000_000))  # fmt: skip

    def receive(self, called: int, now: float, *, again: bool) -> None:
        last = self.heard.get(called, now)
        if now < last - HOUR_S:
            self.received[called] = [at + now - last for at in self.received[called]]
            self.heard[called] = now
        else:
            self.heard[called] = now = max(now, last)
        if not again:
            self.received.setdefault(called, []).append(now)

    def said(self, line: Line, now: float, calling: int) -> dict[str, float]:
        known = self.heard.get(calling, now)
        received = faded(self.received.get(calling, []), max(now, known), DAY_S)
        calls_1d = faded(line.calls, line.last, DAY_S)
        ends = faded([at for at, _short in line.ends], line.last, DAY_S)
        brief = faded([at for at, short in line.ends if short], line.last, DAY_S)
        return {
            "calls_1m": faded(line.calls, line.last, 60),
            "calls_1h": faded(line.calls, line.last, HOUR_S),
            "calls_1d": calls_1d,
            "calls_today": line.today,
            "outgoing_ratio": calls_1d / (calls_1d + received),
            "short_ring_ratio": brief / ends if ends >= 5 else math.nan,
            "answered_ratio": 0.0 if ends >= 5 else math.nan,
            "calls_in_progress": sum(count for of, count in line.open.items() if 0 <= quarter(line.last) - of < 4),
        }


def quarter(at: float) -> int:
    return int(at // (BOUND_H * HOUR_S / 4))


def faded(instants: list[float], now: float, over_s: float) -> float:
    return sum(math.exp(-(now - at) / over_s) for at in instants)


@given(events())
def test_a_plain_reckoning_comes_to_the_same(rows: list[Event]) -> None:
    velocity, plain = Velocity(capacity=1024, open_hours=BOUND_H), Reckoning()
    found = iter(run(velocity, rows, batch=1))
    for event in rows:
        if event[0] == "end":
            plain.end(event)
            continue
        row = next(found)
        for name, value in plain.call(event).items():
            said = row[FEATURES.index(name)]
            near_five = name in {"short_ring_ratio", "answered_ratio"} and math.isnan(said) != math.isnan(value)
            assert near_five or said == pytest.approx(value, rel=1e-4, abs=2e-4, nan_ok=True), (event, name)
        assert not (row < 0).any()
    assert velocity.counts["retransmits"] == plain.retransmits
    assert velocity.counts["unmatched ends"] == plain.unmatched


@given(events(), st.sampled_from([2, 7, 1000]))
def test_every_cut_gives_the_same(rows: list[Event], batch: int) -> None:
    one, many = Velocity(capacity=16), Velocity(capacity=16)
    np.testing.assert_array_equal(np.array(run(one, rows, batch=1)), np.array(run(many, rows, batch=batch)))
    first, second = one.arrays(), many.arrays()
    assert all((first[name] == second[name]).all() for name in first)


@given(events(), st.integers(0, 40))
def test_a_snapshot_holds_all_of_it(rows: list[Event], cut: int) -> None:
    whole, first, second = Velocity(capacity=64), Velocity(capacity=64), Velocity(capacity=64, salt=7)
    expected = run(whole, rows, batch=1)
    head = run(first, rows[:cut], batch=1)
    assert second.restore(first.arrays())
    np.testing.assert_array_equal(np.array(head + run(second, rows[cut:], batch=1)), np.array(expected))
    assert second.counts == whole.counts
