"""Fitting the lanes: AdaGrad over hashed fragments, with labels that may leave a choice.

Many sets say only "unwanted": such a row allows several lanes, and the loss is the negative log
of their summed probability. What is certain elsewhere decides between them.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.compiled import compiled
from stopline.screening.text.ngrams import TABLE_ROWS
from stopline.screening.text.scoring import FIRST_FRAUD_LANE, LANES

_WINDOWED: Final = 0.5
"""How often a row is fitted on its worst window instead of the whole: of the second, third or fourth size in turn."""


class Grams(NamedTuple):
    """Fragments of messages as `ngrams.enumerate_grams` lays them out."""

    places: NDArray[np.int32]
    bounds: NDArray[np.int64]
    windows: NDArray[np.int64]
    """The narrowest window that suits each message."""
    slots: NDArray[np.int64]
    """First slot of each message, and one past the last."""


class Fitted(NamedTuple):
    """Weights [2^18, 8] and the bias of each lane."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float64]


def fit(
    grams: Grams, allowed: NDArray[np.uint8], importance: NDArray[np.float64],
    clusters: NDArray[np.int64], *, epochs: int, rate: float, decay: float, seed: int,
) -> Fitted:  # fmt: skip
    """Fit the lanes; `allowed` has bit l set where lane l may be right for the row."""
    weights = np.zeros((TABLE_ROWS, LANES), np.float32)
    squares = np.full((TABLE_ROWS, LANES), 1e-2, np.float32)
    bias = np.zeros(LANES, np.float64)
    usable = _often_enough(grams.places, grams.bounds, grams.slots, clusters)
    generator = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = generator.permutation(len(allowed))
        draws = generator.random(len(allowed))
        _one_epoch(
            grams.places, grams.bounds, grams.slots, grams.windows, allowed, importance, usable,
            order, draws, weights, squares, bias, rate, epoch >= 2,
        )  # fmt: skip
        weights *= np.float32(1.0 - decay)
    return Fitted(weights=weights, bias=bias)


@compiled("uint8[::1](int32[::1], int64[::1], int64[::1], int64[::1])")
def _often_enough(
    places: NDArray[np.int32], bounds: NDArray[np.int64], slots: NDArray[np.int64],
    clusters: NDArray[np.int64],
) -> NDArray[np.uint8]:  # fmt: skip
    """Places seen in three near-duplicate clusters and more; the rest would memorise rows."""
    seen = np.zeros(TABLE_ROWS, np.uint8)
    last = np.full(TABLE_ROWS, -1, np.int64)
    for row in range(len(slots) - 1):
        for at in range(bounds[slots[row]], bounds[slots[row + 1]]):
            place = places[at]
            if last[place] != clusters[row]:
                last[place] = clusters[row]
                seen[place] = min(seen[place] + 1, 3)
    return (seen >= 3).astype(np.uint8)


@compiled(allocates=False)
def _values(
    places: NDArray[np.int32], first: int, last: int,
    weights: NDArray[np.float32], bias: NDArray[np.float64], out: NDArray[np.float64],
) -> float:  # fmt: skip
    """Lane probabilities of the fragments places[first:last]; returns their scale."""
    out[:] = 0.0
    for at in range(first, last):
        place = places[at]
        for lane in range(LANES):
            out[lane] += weights[place, lane]
    scale = float(1.0 / np.sqrt(max(last - first, 1)))
    top = -1e300
    for lane in range(LANES):
        out[lane] = out[lane] * scale + bias[lane]
        top = max(top, out[lane])
    total = 0.0
    for lane in range(LANES):
        out[lane] = np.exp(out[lane] - top)
        total += out[lane]
    for lane in range(LANES):
        out[lane] /= total
    return scale


@compiled(allocates=False)
def _worst_window(
    places: NDArray[np.int32], bounds: NDArray[np.int64], first_slot: int, n: int,
    width: int, weights: NDArray[np.float32], bias: NDArray[np.float64],
    out: NDArray[np.float64],
) -> int:  # fmt: skip
    """Where the window with the most fraud begins."""
    best = -1.0
    best_at = 0
    at = 0
    while True:
        at = min(at, n - width)
        _values(places, bounds[first_slot + at], bounds[first_slot + at + width],
                weights, bias, out)  # fmt: skip
        bad = 0.0
        for lane in range(FIRST_FRAUD_LANE, LANES):
            bad += out[lane]
        if bad > best:
            best = bad
            best_at = at
        if at == n - width:
            return best_at
        at += width // 2


@compiled(
    "void(int32[::1], int64[::1], int64[::1], int64[::1], uint8[::1], float64[::1], uint8[::1], int64[::1],"
    " float64[::1], float32[:,::1], float32[:,::1], float64[::1], float64, boolean)"
)
def _one_epoch(
    places: NDArray[np.int32], bounds: NDArray[np.int64], slots: NDArray[np.int64],
    widths: NDArray[np.int64], allowed: NDArray[np.uint8], importance: NDArray[np.float64], usable: NDArray[np.uint8],
    order: NDArray[np.int64], draws: NDArray[np.float64], weights: NDArray[np.float32],
    squares: NDArray[np.float32], bias: NDArray[np.float64], rate: float, windows: bool,
) -> None:  # fmt: skip
    p = np.zeros(LANES, np.float64)
    gradient = np.zeros(LANES, np.float64)
    for row in order:
        first_slot, end_slot = slots[row], slots[row + 1]
        n = end_slot - first_slot - 1
        first, last = bounds[first_slot], bounds[end_slot]
        width = widths[row] << 1 + int(draws[row] / _WINDOWED * 3.0) % 3
        if windows and n > width and draws[row] < _WINDOWED:
            at = _worst_window(places, bounds, first_slot, n, width, weights, bias, p)
            first, last = bounds[first_slot + at], bounds[first_slot + at + width]
        if last == first:
            continue
        scale = _values(places, first, last, weights, bias, p)
        right = 1e-12
        for lane in range(LANES):
            if allowed[row] >> lane & 1:
                right += p[lane]
        for lane in range(LANES):
            target = p[lane] / right if allowed[row] >> lane & 1 else 0.0
            gradient[lane] = importance[row] * (p[lane] - target)
            bias[lane] -= 0.002 * gradient[lane]
            gradient[lane] *= scale
        for at in range(first, last):
            place = places[at]
            if not usable[place]:
                continue
            for lane in range(LANES):
                g = gradient[lane]
                squares[place, lane] += np.float32(g * g)
                weights[place, lane] -= np.float32(rate * g / np.sqrt(squares[place, lane]))
