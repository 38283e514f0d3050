"""B³: worked examples, and what every grouping must satisfy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.campaigns.agreement import agreement


def test_the_worked_example_of_its_authors() -> None:
    """Reference 1-5, 6-7, 8-12; found: the second and third joined (Bagga and Baldwin, 1998, figure 1)."""
    reference = ["a"] * 5 + ["b"] * 2 + ["c"] * 5
    joined = agreement(["x"] * 5 + ["y"] * 7, reference)
    assert joined.precision == pytest.approx((5 + 2 * 2 / 7 + 5 * 5 / 7) / 12)
    assert joined.recall == 1.0


def test_none_is_a_row_alone() -> None:
    alone = agreement([None, None], ["a", "a"])
    assert (alone.precision, alone.recall) == (1.0, 0.5)
    assert agreement([None, None], [None, None]).f == 1.0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_swapping_the_sides_swaps_precision_and_recall(pairs: list[tuple[int, int]]) -> None:
    found, reference = zip(*pairs, strict=True)
    here, there = agreement(found, reference), agreement(reference, found)
    assert here.precision == pytest.approx(there.recall)
    assert 0 < here.f <= 1 + 1e-12
    assert agreement(found, found).f == pytest.approx(1.0)
