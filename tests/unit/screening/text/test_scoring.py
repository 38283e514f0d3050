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
    C_FIRST,
    C_GRAMS,
    C_LAST,
    C_MARGIN,
    C_WHOLE,
    COLUMNS,
    LANES,
    MOST_CHARS,
    SIZES,
    packed_of,
    score_kernel,
    window_of,
)

WEIGHTS = np.random.default_rng(3).integers(-127, 128, (TABLE_ROWS, LANES)).astype(np.int8)
PACKED = packed_of(WEIGHTS)
BIAS = np.linspace(-0.5, 0.5, LANES)
UNIT = 0.02
LETTERS = "微信加好的abc 12.🔗发票\u200b"
TEXTS = st.lists(st.text(LETTERS, max_size=150) | st.text(LETTERS, min_size=90, max_size=400), min_size=1, max_size=5)
PENALTIES = st.lists(st.floats(-3.0, 3.0) | st.just(math.inf), min_size=2 * SIZES, max_size=2 * SIZES)


def _score(texts: list[str], penalties: list[float] | None = None) -> NDArray[np.float64]:
    folded = fold_all(texts)
    out = np.zeros((len(texts), COLUMNS))
    given = np.array(penalties or [0.5] * (2 * SIZES)).reshape(2, SIZES)
    score_kernel(folded.chars, folded.starts, folded.meters, alphabet().readings, PACKED, BIAS, UNIT, given, out)
    return out


def _margin(places: list[int]) -> float:
    sums = [sum(int(WEIGHTS[place, lane]) for place in places) for lane in range(LANES)]
    scale = UNIT / math.sqrt(max(len(places), 1))
    odds = [math.exp(bias + scale * total) for bias, total in zip(BIAS, sums, strict=True)]
    return math.log(sum(odds[3:])) - math.log(sum(odds[:3]))


@given(TEXTS, PENALTIES)
def test_the_kernel_computes_its_definition(texts: list[str], penalties: list[float]) -> None:
    folded = fold_all(texts)
    places, bounds = enumerate_grams(folded.chars, folded.starts, folded.meters, alphabet().readings)
    scored = _score(texts, penalties)
    for row in range(len(texts)):
        first = int(folded.starts[row]) + row
        n = int(folded.starts[row + 1] - folded.starts[row])
        slots = [[int(p) for p in places[bounds[first + s] : bounds[first + s + 1]]] for s in range(n + 1)]
        whole = [place for slot in slots for place in slot]
        assert scored[row, C_GRAMS] == len(whole)
        assert scored[row, C_WHOLE] == pytest.approx(_margin(whole), abs=1e-9)
        narrowest = int(window_of(folded.meters[row]))
        margins = {(0, n): _margin(whole)}
        for size in range(SIZES):
            width, penalty = narrowest << size, penalties[(SIZES if narrowest > 10 else 0) + size]
            if n > width:
                for at in {*range(0, n - width, width // 2), n - width}:
                    margin = _margin([p for slot in [*slots[at : at + width], slots[n]] for p in slot]) - penalty
                    margins[at, at + width] = margin
        assert scored[row, C_MARGIN] == pytest.approx(max(margins.values()), abs=1e-9)
        decided = (int(scored[row, C_FIRST]), int(scored[row, C_LAST]))
        assert margins[decided] == pytest.approx(max(margins.values()), abs=1e-9)


def test_sums_hold_the_longest_message_whose_every_fragment_weighs_most() -> None:
    heavy = packed_of(np.full((TABLE_ROWS, LANES), 127, dtype=np.int8))
    chars = np.full(MOST_CHARS + 5, ord("信"), dtype=np.uint32)
    out, starts, meters = np.zeros((1, COLUMNS)), np.array([0, len(chars)]), np.zeros((1, 12), dtype=np.int32)
    never = np.full((2, SIZES), math.inf)
    score_kernel(chars, starts, meters, alphabet().readings, heavy, np.zeros(LANES), 1.0, never, out)
    count = out[0, C_GRAMS]
    assert count > 6 * MOST_CHARS - 20
    assert out[0, :LANES].tolist() == pytest.approx([127 * math.sqrt(count)] * LANES)


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
