"""Ids sort by time, and within one millisecond by the order in which they were made."""

from __future__ import annotations

import random
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


def test_the_last_number_of_a_millisecond_does_not_run_over() -> None:
    """A millisecond whose numbers are used up starts anew instead of borrowing from the next."""
    ids = Ids(lambda count: b"\xff" * count)
    assert ids.new(NOW)[:10] == ids.new(NOW)[:10]
