"""Ids sort by time, and within one millisecond by the order in which they were made."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.ids import Ids, is_id

NOW = datetime(2026, 3, 10, tzinfo=UTC)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=50), st.integers(0, 2**32))
def test_ids_sort_as_they_were_made(steps: list[int], seed: int) -> None:
    """However many fall into one millisecond."""
    ids, at, made = Ids(random.Random(seed).randbytes), NOW, []
    for step in steps:
        at += timedelta(milliseconds=step)
        made.append(ids.new(at))
    assert made == sorted(set(made))
    assert all(is_id(one) for one in made)


def test_a_clock_set_back_is_not_hidden() -> None:
    """An id says the instant it was given, even an earlier one."""
    ids = Ids(random.Random(1).randbytes)
    later, earlier = ids.new(NOW), ids.new(NOW - timedelta(seconds=1))
    assert earlier < later


def test_the_count_never_runs_over_into_the_millisecond() -> None:
    """Even where it begins at the highest place there is."""
    ids = Ids(lambda count: b"\xff" * count)
    assert ids.new(NOW)[:10] == ids.new(NOW)[:10] == Ids(random.Random(2).randbytes).new(NOW)[:10]


def test_threads_never_get_the_same_id() -> None:
    """A thousand ids from each of eight threads are eight thousand ids."""
    ids = Ids(random.Random(3).randbytes)
    with ThreadPoolExecutor(8) as pool:
        made = [one for part in pool.map(lambda _: [ids.new(NOW) for _ in range(1_000)], range(8)) for one in part]
    assert len(set(made)) == 8_000
