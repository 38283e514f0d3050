"""The engine's state: whatever way calls are cut into batches it says the same, and it says what it should."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.columns import MISSING
from stopline.screening.state import FEATURES, Velocity

START = 1_773_100_800_000_000  # 2026-03-10 00:00 UTC
CODE = 8  # a valid mobile
DAY_US = 86_400_000_000
COLUMNS = ("at_us", "calling", "called", "device", "cell", "answered_us", "ended_us")
Calls = dict[str, Any]


@st.composite
def calls(draw: st.DrawFn) -> Calls:
    count = draw(st.integers(0, 40))
    number = st.integers(1, 6).map(lambda tail: (8613800000000 + tail) << 5 | CODE)
    steps = draw(st.lists(st.integers(-60, 7200), min_size=count, max_size=count))
    at = START + np.cumsum(np.array([0, *steps], dtype=np.int64))[1:] * 1_000_000

    def column(of: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(of, min_size=count, max_size=count))

    ends = column(st.sampled_from([MISSING, 3, 40, 300]))
    answered = column(st.sampled_from([MISSING, 2]))
    ended = [
        MISSING if after == MISSING else int(when) + after * 1_000_000 for when, after in zip(at, ends, strict=True)
    ]
    taken = [
        MISSING if after == MISSING else int(when) + after * 1_000_000 for when, after in zip(at, answered, strict=True)
    ]
    return {
        "at_us": at,
        "calling": np.array(column(st.one_of(number, st.just(7))), dtype=np.int64),
        "called": np.array(column(number), dtype=np.int64),
        "device": np.array(column(st.integers(0, 3)), dtype=np.int64),
        "cell": np.array(column(st.integers(0, 3)), dtype=np.int64),
        "answered_us": np.array(taken, dtype=np.int64),
        "ended_us": np.array(ended, dtype=np.int64),
    }


def advance(velocity: Velocity, rows: Calls) -> np.ndarray[Any, Any]:
    rest = {name: rows[name] for name in COLUMNS[2:]}
    return velocity.advance(rows["at_us"], rows["calling"], **rest)


@given(calls(), st.lists(st.integers(0, 40), max_size=6), st.sampled_from([16, 64]))
def test_every_cut_into_batches_gives_the_same_features(rows: Calls, cuts: list[int], capacity: int) -> None:
    whole = advance(Velocity(capacity=capacity), rows)
    count = len(rows["at_us"])
    for places in (sorted({0, count, *(min(cut, count) for cut in cuts)}), list(range(count + 1))):
        velocity = Velocity(capacity=capacity)
        parts = [
            advance(velocity, {name: rows[name][first:last] for name in COLUMNS}) for first, last in pairwise(places)
        ]
        joined = np.concatenate(parts) if parts else whole
        np.testing.assert_array_equal(joined, whole)


@given(calls(), st.integers(0, 40))
def test_a_snapshot_goes_on_where_it_was_taken(rows: Calls, cut: int) -> None:
    whole = advance(Velocity(capacity=64), rows)
    first = Velocity(capacity=64)
    head = advance(first, {name: rows[name][:cut] for name in COLUMNS})
    second = Velocity(capacity=64, salt=99)
    assert second.restore(first.arrays())
    tail = advance(second, {name: rows[name][cut:] for name in COLUMNS})
    np.testing.assert_array_equal(np.concatenate([head, tail]), whole)


def test_a_snapshot_of_another_size_is_left_aside() -> None:
    assert not Velocity(capacity=64).restore(Velocity(capacity=128).arrays())


def test_memory_is_bounded_and_what_is_let_go_is_counted() -> None:
    velocity = Velocity(capacity=56)
    many = 5_000
    rows = plain(many, calling=[(8613800000000 + row) << 5 | CODE for row in range(many)])
    before = velocity.nbytes
    advance(velocity, rows)
    assert velocity.nbytes == before
    assert velocity.held["callers"] == 64
    assert velocity.counts["forgotten callers"] == many - 64
    again = advance(velocity, plain(1, calling=[(8613800000000 + many - 1) << 5 | CODE], at_us=[START + many * 10**6]))
    assert again[0, FEATURES.index("calls_today")] == 2, "the one heard last stays"


def test_different_callees_are_estimated_within_a_tenth() -> None:
    for distinct in (10, 60, 200):
        rows = plain(400, called=[(8613900000000 + 7919 * (row % distinct)) << 5 | CODE for row in range(400)])
        found = advance(Velocity(capacity=64), rows)[-1, FEATURES.index("callees_today")]
        assert abs(found - distinct) <= max(2.0, 0.15 * distinct)


def test_neighbouring_numbers_make_a_run_and_others_break_it() -> None:
    called = [(8613900000000 + tail) << 5 | CODE for tail in (1, 2, 3, 5, 90, 91)]
    found = advance(Velocity(capacity=64), plain(6, called=called))[:, FEATURES.index("sequence_run")]
    assert found.tolist() == [1, 2, 3, 4, 1, 2]


def test_a_device_with_many_numbers_in_one_cell_is_seen() -> None:
    rows = plain(30, calling=[(8613800000000 + row % 15) << 5 | CODE for row in range(30)])
    rows["device"][:], rows["cell"][:] = 77, 5
    found = advance(Velocity(capacity=256), rows)[-1]
    assert found[FEATURES.index("device_numbers")] == pytest.approx(15, rel=0.25)
    assert found[FEATURES.index("device_cells")] < 1.1
    assert found[FEATURES.index("device_calls_1h")] == pytest.approx(30, rel=0.02)


def plain(count: int, **columns: list[int]) -> Calls:
    """Return calls a second apart, from one number to another unless told otherwise."""
    rows: Calls = {
        "at_us": START + np.arange(count, dtype=np.int64) * 1_000_000,
        "calling": np.full(count, 8613800000000 << 5 | CODE, dtype=np.int64),
        "called": np.full(count, 8613900000000 << 5 | CODE, dtype=np.int64),
        "device": np.zeros(count, dtype=np.int64),
        "cell": np.zeros(count, dtype=np.int64),
        "answered_us": np.full(count, MISSING, dtype=np.int64),
        "ended_us": np.full(count, MISSING, dtype=np.int64),
    }
    return rows | {name: np.array(values, dtype=np.int64) for name, values in columns.items()}
