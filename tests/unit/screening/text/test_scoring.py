"""The scoring kernel against a reading of its definition in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stopline.screening.text.alphabet import alphabet
from stopline.screening.text.fold import fold_all
from stopline.screening.text.ngrams import MOST_GRAMS, TABLE_ROWS, enumerate_grams, grams_at
from stopline.screening.text.scoring import (
    C_GRAMS,
    C_PEAK,
    C_WHOLE,
    COLUMNS,
    LANES,
    score_kernel,
    window_of,
)

WEIGHTS = np.random.default_rng(3).integers(-900, 900, (TABLE_ROWS, LANES)).astype(np.int16)
BIAS = np.linspace(-0.5, 0.5, LANES)
UNIT = 0.002
TEXTS = st.lists(st.text("微信加好的abc 12.🔗发票\u200b", max_size=150), min_size=1, max_size=5)


def _score(texts: list[str]) -> NDArray[np.float64]:
    folded = fold_all(texts)
    out = np.zeros((len(texts), COLUMNS))
    score_kernel(folded.chars, folded.starts, folded.meters, alphabet().readings, WEIGHTS, BIAS, UNIT, out)
    return out


def _margin(places: list[int]) -> float:
    sums = [sum(int(WEIGHTS[place, lane]) for place in places) for lane in range(LANES)]
    scale = UNIT / math.sqrt(max(len(places), 1))
    odds = [math.exp(bias + scale * total) for bias, total in zip(BIAS, sums, strict=True)]
    return math.log(sum(odds[3:])) - math.log(sum(odds[:3]))


@given(TEXTS)
def test_the_kernel_computes_its_definition(texts: list[str]) -> None:
    folded = fold_all(texts)
    places, bounds = enumerate_grams(folded.chars, folded.starts, folded.meters, alphabet().readings)
    scored = _score(texts)
    for row in range(len(texts)):
        first = int(folded.starts[row]) + row
        n = int(folded.starts[row + 1] - folded.starts[row])
        slots = [[int(p) for p in places[bounds[first + s] : bounds[first + s + 1]]] for s in range(n + 1)]
        whole = [place for slot in slots for place in slot]
        assert scored[row, C_GRAMS] == len(whole)
        assert scored[row, C_WHOLE] == pytest.approx(_margin(whole), abs=1e-9)
        width = int(window_of(folded.meters[row]))
        places_of_windows = sorted({*range(0, max(n - width, 0), width // 2), max(n - width, 0)})
        margins = [
            _margin([p for slot in [*slots[at : at + width], slots[n]] for p in slot]) for at in places_of_windows
        ]
        expected = max(margins) if n > width else _margin(whole)
        assert scored[row, C_PEAK] == pytest.approx(expected, abs=1e-9)


@given(TEXTS, st.integers(0, 5))
def test_any_cut_of_a_batch_scores_the_same(texts: list[str], cut: int) -> None:
    cut = min(cut, len(texts))
    parts = [_score(part) for part in (texts[:cut], texts[cut:]) if part]
    assert np.array_equal(_score(texts), np.concatenate(parts))


def test_no_position_ends_more_fragments_than_there_is_room_for() -> None:
    folded = fold_all(["abc defgh 我们今天abcdefgh好"])
    grams = np.zeros(64, np.int64)
    counts = [
        grams_at(folded.chars, 0, len(folded.chars), at, alphabet().readings, grams) for at in range(len(folded.chars))
    ]
    assert 0 < max(counts) <= MOST_GRAMS
