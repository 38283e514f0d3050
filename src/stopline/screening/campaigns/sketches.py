"""Sketches of texts: hashed shingles of the folded form, by which two copies are found and compared.

A text is its words and Han characters, numbers, links and contacts masked by the folding. Its shingles are each
word, and each two and three tokens in a row. What is kept of it are salted 32-bit hashes of shingles, at most
`MOST`: of a longer text those whose hash ends in `level` zero bits, so that two sketches of different levels still
estimate one Jaccard similarity (A. Broder, "On the resemblance and containment of documents", 1997; scaled
sketches). Texts of up to `MOST` different shingles are compared exactly. No text can be read back from a sketch.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.alphabet import GAP
from stopline.screening.text.compiled import compiled
from stopline.screening.text.tokens import Chars, is_alnum

MOST: Final = 192  # shingles kept of one text
LEAST: Final = 10  # different shingles: a shorter text is the same as another by chance
BANDS: Final = 16
ROWS: Final = 3  # minima of a band: copies at .65 meet in one of 16 bands 99 times in 100
LANES: Final = BANDS * ROWS
SLOTS: Final = 1024  # of the set of one text's shingles
RESEMBLANCE: Final = 0.65
"""The Jaccard similarity of shingles from which two texts are copies; docs/campaigns.md says on what it was chosen."""

_ONE = np.uint32(1)
_MULTIPLIERS: Final = (np.random.default_rng(20_240_611).integers(0, 1 << 31, LANES, dtype=np.uint32) << 1) | _ONE
_ADDENDS: Final = np.random.default_rng(20_240_612).integers(0, 1 << 32, LANES, dtype=np.uint32)
_FULL = np.uint32(0xFFFFFFFF)

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]
Room = tuple[U32, U32, U32, U32]  # the set's slots, its members, every shingle with repeats, the minima


@compiled(allocates=False)
def longest_of(starts: I64) -> np.int64:
    """Return the characters of the longest text."""
    longest = np.int64(0)
    for row in range(len(starts) - 1):
        longest = max(longest, starts[row + 1] - starts[row])
    return longest


@compiled()
def make_room(longest: int | np.int64) -> Room:
    """Return what sketching one text after the other works in."""
    return (
        np.zeros(SLOTS, np.uint32),
        np.empty(MOST + 1, np.uint32),
        np.empty(3 * longest + 3, np.uint32),
        np.empty(LANES, np.uint32),
    )


@compiled(allocates=False)
def enough(count: int, level: int) -> bool:
    """Whether a text has enough different shingles to be compared."""
    return bool(level > 0 or count >= LEAST)


@compiled(allocates=False)
def sketch_one(chars: Chars, first: int, last: int, salt: np.uint32, room: Room) -> tuple[int, int, int, np.uint64]:
    """Sketch chars[first:last] into the room: how many shingles it has kept, how many with repeats, level, key."""
    slots, members, raw, _minima = room
    raws = _shingle(chars, first, last, salt, raw)
    for place in range(SLOTS):
        slots[place] = 0
    count = 0
    level = 0
    mask = np.uint32(0)
    for i in range(raws):
        h = raw[i]
        if h & mask or not _add(slots, h):
            continue
        members[count] = h
        count += 1
        while count > MOST:
            level += 1
            mask = np.uint32((mask << _ONE) | _ONE)
            count = _thinned(slots, members, count, mask)
    key = np.uint64(level)
    for i in range(count):
        key += _spread(members[i])
    return count, raws, level, key | np.uint64(1)


@compiled(allocates=False)
def _shingle(chars: Chars, first: int, last: int, salt: np.uint32, raw: U32) -> int:
    """Write the hashes of all shingles; of a Han character alone none, of a word alone one."""
    count = 0
    one = np.uint32(0)
    two = np.uint32(0)
    at = first
    seen = 0
    while at < last:
        c = chars[at]
        if c == GAP:
            at += 1
            continue
        token = _mixed(c ^ salt)
        word = False
        at += 1
        if is_alnum(c):
            while at < last and is_alnum(chars[at]):
                token = _mixed((token * np.uint32(31)) ^ chars[at])
                at += 1
                word = True
        if word:
            raw[count] = token | np.uint32(token == 0)
            count += 1
        if seen >= 1:
            raw[count] = _joined(one, token)
            count += 1
        if seen >= 2:
            raw[count] = _joined(_joined(two, one), token)
            count += 1
        two = one
        one = token
        seen += 1
    return count


@compiled(allocates=False)
def _mixed(h: np.uint32) -> np.uint32:
    """Finish a 32-bit hash (lowbias32 of C. Wellons)."""
    h = np.uint32(h ^ (h >> np.uint32(16)))
    h = np.uint32(h * np.uint32(0x7FEB352D))
    h = np.uint32(h ^ (h >> np.uint32(15)))
    h = np.uint32(h * np.uint32(0x846CA68B))
    return np.uint32(h ^ (h >> np.uint32(16)))


@compiled(allocates=False)
def _joined(one: np.uint32, other: np.uint32) -> np.uint32:
    h = _mixed(np.uint32(np.uint32(one * np.uint32(0x9E3779B1)) + other))
    return np.uint32(h | np.uint32(h == 0))


@compiled(allocates=False)
def _spread(h: np.uint32) -> np.uint64:
    wide = np.uint64(h) * np.uint64(0x9E3779B97F4A7C15)
    wide = (wide ^ (wide >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return np.uint64(wide ^ (wide >> np.uint64(29)))


@compiled(allocates=False)
def _add(slots: U32, h: np.uint32) -> bool:
    """Add to the set; whether it was new."""
    place = np.int64(h >> np.uint32(22))
    while slots[place]:
        if slots[place] == h:
            return False
        place = (place + 1) & (SLOTS - 1)
    slots[place] = h
    return True


@compiled(allocates=False)
def _thinned(slots: U32, members: U32, count: int, mask: np.uint32) -> int:
    for place in range(SLOTS):
        slots[place] = 0
    kept = 0
    for i in range(count):
        if not members[i] & mask:
            members[kept] = members[i]
            _add(slots, members[i])
            kept += 1
    return kept


@compiled(allocates=False)
def holds(slots: U32, h: np.uint32) -> bool:
    """Whether a hash is in the set."""
    place = np.int64(h >> np.uint32(22))
    while slots[place]:
        if slots[place] == h:
            return True
        place = (place + 1) & (SLOTS - 1)
    return False


@compiled(allocates=False)
def bands_of(raw: U32, raws: int, minima: U32, bands: U32) -> None:
    """Write the band keys: each from three minima of the shingles under different permutations."""
    for lane in range(LANES):
        minima[lane] = _FULL
    for i in range(raws):
        h = raw[i]
        for lane in range(LANES):
            value = np.uint32(np.uint32(h * _MULTIPLIERS[lane]) + _ADDENDS[lane])
            minima[lane] = min(minima[lane], value)
    for band in range(BANDS):
        key = np.uint32(band + 1)
        for row in range(ROWS):
            key = _mixed(np.uint32(np.uint32(key * np.uint32(0x9E3779B1)) + minima[band * ROWS + row]))
        bands[band] = key


@compiled(allocates=False)
def likeness(room: Room, sizes: tuple[int, int], other: U32, other_sizes: tuple[int, int]) -> float:
    """Return the Jaccard similarity of the text in the room and a kept sketch, at the coarser of their levels."""
    slots, members = room[0], room[1]
    count, level = sizes
    others, other_level = other_sizes
    coarse = max(level, other_level)
    mask = np.uint32((np.uint32(1) << np.uint32(coarse)) - np.uint32(1))
    here = count
    if level < coarse:
        here = 0
        for i in range(count):
            here += (members[i] & mask) == 0
    there = 0
    both = 0
    for i in range(others):
        h = other[i]
        if h & mask:
            continue
        there += 1
        both += holds(slots, h)
    either = here + there - both
    return both / either if either > 0 else 0.0
