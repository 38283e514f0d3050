"""The scoring kernel: lane sums over a whole message and over its windows.

A model has eight lanes (see `vocabulary.Lane`). A stretch of text with G fragments has lane
values `bias + unit * (sum of weights) / sqrt(G)`; weights are whole numbers of one byte, so that sums are
exact on every machine; its margin is the log-odds of the
fraud lanes against the others. Fraud wrapped in friendly text dilutes the whole message but not
the window it stands in, so the margin of a message is that of the whole, or of its worst window
of some size less the penalty of that size for having looked so often.
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
WINDOW: Final = 10
"""Characters of the narrowest window; Latin script says in 30 what Han script says in 10."""
WINDOW_LATIN: Final = 30
SIZES: Final = 4
"""Windows are one, two, four and eight times as wide: a short fraud would be lost in a wide window."""
COLUMNS: Final = LANES + 5
C_WHOLE: Final = LANES
C_GRAMS: Final = LANES + 1
C_MARGIN: Final = LANES + 2
"""The margin that counts, of the whole or of a window."""
C_FIRST: Final = LANES + 3
C_LAST: Final = LANES + 4
"""Where the stretch that decided begins and ends."""
MOST_CHARS: Final = 1 << 20
"""Characters of a message that are read: the sums below hold no more, and no door takes as many."""
_ZERO: Final = 128
"""What the byte of a weight holds more than the weight."""
_BYTES = np.uint64(0x00FF00FF00FF00FF)
_HALVES = np.uint64(0x0000FFFF0000FFFF)
_LOW = np.uint64(0xFFFFFFFF)
_8, _16, _32 = np.uint64(8), np.uint64(16), np.uint64(32)
_MOST_AHEAD: Final = float(np.log(LANES - FIRST_FRAUD_LANE)) + 1e-9
"""How much several lanes say together beyond the strongest of them, at the most."""


@compiled(allocates=False)
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


@compiled(allocates=False)
def window_of(meters: NDArray[np.int32]) -> int:
    """The narrowest window that suits a message's script; windows overlap by half."""
    return WINDOW if 3 * meters[M_HAN] >= meters[M_LATIN] else WINDOW_LATIN


@compiled(allocates=False)
def _words(
    f: Chars, lo: int, hi: int, meters: NDArray[np.int32], readings: Chars, packed: NDArray[np.uint64],
    words: NDArray[np.uint64], cum_grams: NDArray[np.int64], grams: NDArray[np.int64],
) -> None:  # fmt: skip
    """Fetch the weights of each fragment: slot 0 holds the disguises, slot j + 1 ends with position j of f[lo:hi].

    All places are known before the first is looked up, so that many looks into the table are under way at once.
    """
    total = np.int64(0)
    for slot in range(hi - lo + 1):
        found = grams_at(f, lo, hi, lo + slot - 1, readings, grams) if slot > 0 else meter_grams(meters, grams)
        for g in range(found):
            words[total + g] = np.uint64(grams[g])
        total += found
        cum_grams[slot] = total
    for at in range(total):
        words[at] = packed[words[at]]


@compiled(allocates=False)
def _accumulate(words: NDArray[np.uint64], cum_grams: NDArray[np.int64], slots: int, sums: NDArray[np.uint64]) -> None:
    """Running sums up to the end of each slot.

    The eight weights of a fragment lie in one word, a byte each. The few fragments of a slot are added as they lie,
    every other byte of a word with 16 bits of room; then four words hold two lanes each with 32 bits of room.
    """
    w0 = w1 = w2 = w3 = np.uint64(0)
    first = np.int64(0)
    for slot in range(slots):
        even = odd = np.uint64(0)
        for at in range(first, cum_grams[slot]):
            even += words[at] & _BYTES
            odd += (words[at] >> _8) & _BYTES
        first = cum_grams[slot]
        w0 += even & _HALVES
        w1 += odd & _HALVES
        w2 += (even >> _16) & _HALVES
        w3 += (odd >> _16) & _HALVES
        sums[slot, 0], sums[slot, 1], sums[slot, 2], sums[slot, 3] = w0, w1, w2, w3


@compiled(allocates=False)
def _stretch(
    sums: NDArray[np.uint64], cum_grams: NDArray[np.int64], first: int, last: int,
    unit: float, bias: NDArray[np.float64], lanes: NDArray[np.float64],
) -> float:  # fmt: skip
    """Fill the lane values of the characters first to last; return a margin that theirs does not exceed.

    The disguises belong to every stretch.
    """
    grams = cum_grams[last] - cum_grams[first] + cum_grams[0]
    scale = unit / np.sqrt(max(grams, 1))
    shift = _ZERO * grams
    for word in range(4):
        both = sums[last, word] - sums[first, word] + sums[0, word]
        lanes[word] = bias[word] + scale * (np.int64(both & _LOW) - shift)
        lanes[word + 4] = bias[word + 4] + scale * (np.int64(both >> _32) - shift)
    good = max(lanes[0], lanes[1], lanes[2])
    bad = max(lanes[3], lanes[4], lanes[5], lanes[6], lanes[7])
    return float(bad - good + _MOST_AHEAD)


def packed_of(weights: NDArray[np.int8]) -> NDArray[np.uint64]:
    """Return the eight weights of each place as the bytes of one word, so that one look brings them all."""
    shifted = (weights.astype(np.int16) + _ZERO).astype(np.uint8)
    return np.ascontiguousarray(shifted).view("<u8").ravel().astype(np.uint64)


@compiled(
    "void(uint32[::1], int64[::1], int32[:,::1], uint32[::1], uint64[::1], float64[::1], float64, float64[:,::1],"
    " float64[:,::1])"
)
def score_kernel(
    f: Chars, starts: NDArray[np.int64], meters: NDArray[np.int32], readings: Chars,
    packed: NDArray[np.uint64], bias: NDArray[np.float64], unit: float, penalties: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill `out`, COLUMNS a message; `penalties` has a row for Han and one for Latin script, a column a size.

    A window is looked at closely only where its lanes could say more than what was found before.
    """
    longest = np.int64(0)
    for row in range(len(starts) - 1):
        longest = max(longest, starts[row + 1] - starts[row])
    longest = min(longest, np.int64(MOST_CHARS))
    sums = np.zeros((longest + 1, 4), np.uint64)
    cum_grams = np.zeros(longest + 1, np.int64)
    words = np.empty(MOST_GRAMS * (longest + 1), np.uint64)
    grams = np.empty(MOST_GRAMS, np.int64)
    lanes = np.zeros(LANES, np.float64)
    for row in range(len(starts) - 1):
        lo, n = starts[row], min(starts[row + 1] - starts[row], np.int64(MOST_CHARS))
        _words(f, lo, lo + n, meters[row], readings, packed, words, cum_grams, grams)
        _accumulate(words, cum_grams, n + 1, sums)
        _stretch(sums, cum_grams, 0, n, unit, bias, lanes)
        best, first, last = margin_of(lanes), np.int64(0), n
        for lane in range(LANES):
            out[row, lane] = lanes[lane]
        out[row, C_WHOLE], out[row, C_GRAMS] = best, cum_grams[n]
        width = window_of(meters[row])
        script = 0 if width == WINDOW else 1
        for size in range(SIZES):
            if n <= width:
                break
            penalty = penalties[script, size]
            for step in range((n - width - 1) // (width // 2) + 2):
                at = min(step * (width // 2), n - width)
                if _stretch(sums, cum_grams, at, at + width, unit, bias, lanes) - penalty > best:
                    margin = margin_of(lanes) - penalty
                    if margin > best:
                        best, first, last = margin, at, at + width
            width *= 2
        out[row, C_MARGIN], out[row, C_FIRST], out[row, C_LAST] = best, first, last
