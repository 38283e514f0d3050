"""Scores of the kernels against the formula written out in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.release import combine
from stopline.screening.scores import CONDUCT, base_scores

MAYBE = st.one_of(st.none(), st.floats(0, 1))
COUNTS = st.one_of(st.none(), st.floats(0, 1e6), st.just(math.inf))
BOUNDS = {0: (0.0, 0.499), 1: (0.0, 0.499), 2: (0.5, 0.899), 3: (0.9, 1.0)}


@given(st.lists(st.tuples(COUNTS, MAYBE, MAYBE, COUNTS, MAYBE), max_size=8))
def test_the_base_is_the_logistic_of_conduct(rows: list[tuple[float | None, ...]]) -> None:
    conduct = np.array([[math.nan if value is None else value for value in row] for row in rows]).reshape(-1, 5).T
    base = np.empty(len(rows))
    base_scores(np.ascontiguousarray(conduct), base)
    for found, (callees, ratio, answered, devices, outgoing) in zip(base.tolist(), rows, strict=True):
        many = (callees or 0.0) * (ratio or 0.0)
        if math.isnan(many):
            continue
        odds = -7.0 + 1.3 * math.log1p(many) + 2.0 * (0.5 if outgoing is None else outgoing)
        odds += 2.0 * (1.0 - (0.5 if answered is None else answered)) + 0.8 * math.log(max(devices or 1.0, 1.0))
        expected = 1 / (1 + math.exp(-odds))
        assert found == pytest.approx(expected, abs=1e-9)
        assert found == round(found, 9)


@given(st.lists(st.tuples(st.floats(0, 0.499), st.lists(st.booleans(), min_size=3, max_size=3), st.integers(0, 3))))
def test_each_rule_closes_a_part_of_what_is_left_open(rows: list[tuple[float, list[bool], int]]) -> None:
    precisions = np.array([0.3, 0.87, 0.97])
    base = np.array([row[0] for row in rows], dtype=np.float64)
    hits = np.array([row[1] for row in rows], dtype=np.bool_).reshape(-1, 3)
    score = combine(base, hits, precisions, np.array([row[2] for row in rows], dtype=np.int8))
    for found, (start, spoke, verdict) in zip(score.tolist(), rows, strict=True):
        left = math.prod(1 - precision for precision, hit in zip(precisions.tolist(), spoke, strict=True) if hit)
        low, high = BOUNDS[verdict]
        assert found == pytest.approx(min(max(1 - (1 - start) * left, low), high), abs=1e-9)


def test_the_conduct_that_counts_is_named() -> None:
    assert CONDUCT == ("callees_today", "callee_ratio", "answered_ratio", "number_devices", "outgoing_ratio")
