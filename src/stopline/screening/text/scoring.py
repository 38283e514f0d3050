"""The scoring kernel: lane sums over a whole message and over its windows.

A model has eight lanes (see `vocabulary.Lane`). A stretch of text with G fragments has lane
values `bias + unit * (sum of weights) / sqrt(G)`; weights are whole numbers, so that sums are
exact on every machine; its margin is the log-odds of the
fraud lanes against the others. Fraud wrapped in friendly text dilutes the whole message but not
the window it stands in, so a message has two margins: of the whole, and of its worst window.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.compiled import compiled
from stopline.screening.text.fold import M_HAN, M_LATIN
from stopline.screening.text.ngrams import MOST_GRAMS, grams_at, meter_grams
from stopline.screening.text.tokens import Chars

LANES: Final = 8
FIRST_FRAUD_LANE: Final = 3
WINDOW: Final = 40
"""Characters of a window; Latin script says in 120 what Han script says in 40."""
WINDOW_LATIN: Final = 120
COLUMNS: Final = LANES + 4
C_WHOLE: Final = LANES
C_PEAK: Final = LANES + 1
C_PEAK_AT: Final = LANES + 2
C_GRAMS: Final = LANES + 3


@compiled()
def margin_of(lanes: NDArray[np.float64]) -> float:
    """Log-odds of the fraud lanes against the others."""
    top = lanes[0]
    for lane in range(1, LANES):
        top = max(top, lanes[lane])
    good = 0.0
    bad = 0.0
    for lane in range(LANES):
        if lane < FIRST_FRAUD_LANE:
            good += np.exp(lanes[lane] - top)
        else:
            bad += np.exp(lanes[lane] - top)
    return float(np.log(bad + 1e-300) - np.log(good + 1e-300))


@compiled()
def _add(weights: NDArray[np.int16], place: int, sums: NDArray[np.int32]) -> None:
    for lane in range(LANES):
        sums[lane] += weights[place, lane]


@compiled()
def window_of(meters: NDArray[np.int32]) -> int:
    """The window that suits a message's script; windows overlap by half."""
    return WINDOW if 3 * meters[M_HAN] >= meters[M_LATIN] else WINDOW_LATIN


@compiled()
def _accumulate(
    f: Chars, lo: int, hi: int, readings: Chars, weights: NDArray[np.int16],
    cum: NDArray[np.int32], cum_grams: NDArray[np.int64], grams: NDArray[np.int64],
) -> None:  # fmt: skip
    """Running lane sums and fragment counts up to each position of message f[lo:hi]."""
    for j in range(hi - lo):
        found = grams_at(f, lo, hi, lo + j, readings, grams)
        for lane in range(LANES):
            cum[j + 1, lane] = cum[j, lane]
        for g in range(found):
            _add(weights, grams[g], cum[j + 1])
        cum_grams[j + 1] = cum_grams[j] + found


@compiled()
def _stretch(
    cum: NDArray[np.int32], cum_grams: NDArray[np.int64], first: int, last: int,
    context: NDArray[np.int32], context_grams: int, unit: float, bias: NDArray[np.float64],
    lanes: NDArray[np.float64],
) -> float:  # fmt: skip
    """Fill the lane values of the characters first to last and return their margin."""
    grams = cum_grams[last] - cum_grams[first] + context_grams
    scale = unit / np.sqrt(max(grams, 1))
    for lane in range(LANES):
        lanes[lane] = bias[lane] + scale * (cum[last, lane] - cum[first, lane] + context[lane])
    return margin_of(lanes)


@compiled(
    "void(uint32[::1], int64[::1], int32[:,::1], uint32[::1], int16[:,::1], float64[::1], float64, float64[:,::1])"
)
def score_kernel(
    f: Chars, starts: NDArray[np.int64], meters: NDArray[np.int32], readings: Chars,
    weights: NDArray[np.int16], bias: NDArray[np.float64], unit: float,
    out: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill `out`: lane values of the whole, its margin, the worst window's margin and place, G."""
    longest = np.int64(0)
    for row in range(len(starts) - 1):
        longest = max(longest, starts[row + 1] - starts[row])
    cum = np.zeros((longest + 1, LANES), np.int32)
    cum_grams = np.zeros(longest + 1, np.int64)
    grams = np.empty(MOST_GRAMS, np.int64)
    context = np.zeros(LANES, np.int32)
    lanes = np.zeros(LANES, np.float64)
    for row in range(len(starts) - 1):
        lo, hi = starts[row], starts[row + 1]
        n = hi - lo
        _accumulate(f, lo, hi, readings, weights, cum, cum_grams, grams)
        context[:] = 0
        extra = meter_grams(meters[row], grams)
        for g in range(extra):
            _add(weights, grams[g], context)
        out[row, C_WHOLE] = _stretch(cum, cum_grams, 0, n, context, extra, unit, bias, lanes)
        out[row, :LANES] = lanes
        out[row, C_GRAMS] = cum_grams[n] + extra
        out[row, C_PEAK] = out[row, C_WHOLE]
        out[row, C_PEAK_AT] = 0
        width = window_of(meters[row])
        if n > width:
            out[row, C_PEAK] = -1e300
            for step in range((n - width - 1) // (width // 2) + 2):
                at = min(step * (width // 2), n - width)
                margin = _stretch(cum, cum_grams, at, at + width, context, extra, unit, bias, lanes)
                if margin > out[row, C_PEAK]:
                    out[row, C_PEAK] = margin
                    out[row, C_PEAK_AT] = at
