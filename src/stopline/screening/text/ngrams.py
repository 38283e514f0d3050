"""Features of a folded message: hashed fragments of its characters, readings and words.

At every position: the fragments of 1 to 4 characters that end there (3 to 5 in plain letters),
of 2 and 3 readings (so that a word written with other characters of the same sound stays
near), and at the end of a plain word the word itself and the pair with the word before. A
fragment is known only by its place in a table of 2^18: the table cannot be read back into text.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.compiled import compiled
from stopline.screening.text.fold import (
    M_HOMOPHONES,
    M_INVISIBLE,
    M_LOOKALIKES,
    M_ODD,
    M_RARE,
)
from stopline.screening.text.tokens import Chars, is_alnum

TABLE_BITS: Final = 18
TABLE_ROWS: Final = 1 << TABLE_BITS
MOST_GRAMS: Final = 12
"""More fragments than this never end at one position."""

_SHIFT = np.uint64(64 - TABLE_BITS)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SEED_CHARS = np.uint64(0x51ED270B)
_SEED_SOUNDS = np.uint64(0xA24BAED4)
_SEED_WORDS = np.uint64(0x7F4A7C15)
_SEED_METERS = np.uint64(0x2545F491)
_METERS = np.array([M_INVISIBLE, M_LOOKALIKES, M_ODD, M_HOMOPHONES, M_RARE], np.int64)


@compiled(allocates=False)
def _step(h: np.uint64, c: int | np.integer) -> np.uint64:
    return np.uint64((h ^ np.uint64(c)) * _FACTOR)


@compiled(allocates=False)
def _place(h: np.uint64) -> np.int64:
    return np.int64((h ^ (h >> np.uint64(29))) * _FACTOR >> _SHIFT)


@compiled(allocates=False)
def grams_at(f: Chars, lo: int, hi: int, j: int, readings: Chars, grams: NDArray[np.int64]) -> int:
    """Write the table places of the fragments that end at `j` of message f[lo:hi]; their count."""
    plain = is_alnum(f[j])
    longest = 5 if plain else 4
    shortest = 3 if plain else 1
    h = _SEED_CHARS
    count = 0
    for length in range(1, longest + 1):
        at = j - length + 1
        if at < lo:
            break
        h = _step(h, f[at])
        if length >= shortest:
            grams[count] = _place(h)
            count += 1
    if plain:
        if j + 1 == hi or not is_alnum(f[j + 1]):
            count = _words_at(f, lo, j, grams, count)
        return count
    return _sounds_at(f, lo, j, readings, grams, count)


@compiled(allocates=False)
def _sounds_at(f: Chars, lo: int, j: int, readings: Chars, grams: NDArray[np.int64], count: int) -> int:
    h = _SEED_SOUNDS
    for length in range(1, 4):
        at = j - length + 1
        if at < lo or f[at] >= len(readings) or readings[f[at]] == 0:
            break
        h = _step(h, readings[f[at]])
        if length >= 2:
            grams[count] = _place(h)
            count += 1
    return count


@compiled(allocates=False)
def _words_at(f: Chars, lo: int, j: int, grams: NDArray[np.int64], count: int) -> int:
    h = _SEED_WORDS
    at = j
    while at >= lo and is_alnum(f[at]):
        h = _step(h, f[at])
        at -= 1
    grams[count] = _place(h)
    count += 1
    if at > lo and f[at] == 32 and is_alnum(f[at - 1]):
        h = _step(h, 32)
        at -= 1
        while at >= lo and is_alnum(f[at]):
            h = _step(h, f[at])
            at -= 1
        grams[count] = _place(h)
        count += 1
    return count


@compiled(allocates=False)
def meter_grams(meters: NDArray[np.int32], grams: NDArray[np.int64]) -> int:
    """Write the table places for a message's disguises, each in three strengths; their count."""
    count = 0
    for m in _METERS:
        found = meters[m]
        if found > 0:
            strength = 1 if found == 1 else (2 if found <= 3 else 3)
            grams[count] = _place(_step(_step(_SEED_METERS, m), strength))
            count += 1
    return count


@compiled("Tuple((int32[::1], int64[::1]))(uint32[::1], int64[::1], int32[:,::1], uint32[::1])")
def enumerate_grams(
    f: Chars, starts: NDArray[np.int64], meters: NDArray[np.int32], readings: Chars
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Every fragment of every message, for training.

    A message of n characters has n + 1 slots: one a position, then one for its disguises. Slot s
    of message i holds places[bounds[s']:bounds[s' + 1]] with s' = starts[i] + i + s.
    """
    count = len(starts) - 1
    slots = len(f) + count
    bounds = np.zeros(slots + 1, np.int64)
    places = np.empty(MOST_GRAMS * slots + 1, np.int32)
    grams = np.empty(MOST_GRAMS, np.int64)
    written = 0
    slot = 0
    for row in range(count):
        lo, hi = starts[row], starts[row + 1]
        for j in range(lo, hi + 1):
            found = grams_at(f, lo, hi, j, readings, grams) if j < hi else meter_grams(meters[row], grams)
            for g in range(found):
                places[written] = grams[g]
                written += 1
            slot += 1
            bounds[slot] = written
    return places[:written].copy(), bounds
