"""Calls under way: one salted hash each, so that a retransmit counts nothing and an end counts once.

An entry is the hash of calling, called and a call id (else the instant), and the tick at which the call began, with a
bit that says it has ended. Four entries fill a cache line; a full line lets an ended call go first, else the oldest.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from stopline.screening.state.layout import (
    B_FORGOTTEN,
    B_TABLES,
    I64,
    LAST_TICK,
    OPEN_WORDS,
    OPENS,
    U32,
    Whole,
)
from stopline.screening.state.table import mix
from stopline.screening.text.compiled import compiled

PLACES: Final = 4
_ENDED: Final = 1 << 40
_LOW: Final = 0xFFFFFFFF
_UNDER_WAY_RANK: Final = 1 << 50


@compiled(allocates=False)
def call_key(caller: np.uint64, callee: np.uint64, at_us: Whole, call: Whole) -> np.uint64:
    """Return the key of a call; 0 stands for an empty entry."""
    named = np.uint64(call) if call != 0 else np.uint64(at_us) | np.uint64(1 << 63)
    return mix(caller + callee * np.uint64(3), named) | np.uint64(1)


@compiled(allocates=False)
def line_of(book: I64, key: np.uint64) -> Whole:
    """Return where a key's line of entries begins."""
    base, entries = book[B_TABLES + 2 * OPENS], book[B_TABLES + 2 * OPENS + 1]
    line = np.int64((key >> np.uint64(32)) * np.uint64(entries // PLACES) >> np.uint64(32))
    return base + line * PLACES * OPEN_WORDS


@compiled(allocates=False)
def entry_of(words: U32, book: I64, key: np.uint64) -> Whole:
    """Return the entry of a call, -1 where there is none."""
    low, high = np.uint32(key & np.uint64(_LOW)), np.uint32(key >> np.uint64(32))
    first, found = line_of(book, key), -1
    for place in range(PLACES):  # without a branch, as are those below: none of them could be foreseen
        entry = np.uint64(first + place * OPEN_WORDS)
        apart = (words[entry] ^ low) | (words[entry + np.uint64(1)] ^ high)
        found = place if apart == 0 else found
    return first + found * OPEN_WORDS if found >= 0 else -1


@compiled(allocates=False)
def _began(words: U32, entry: Whole) -> Whole:
    return np.int64(words[entry + 2]) | np.int64(words[entry + 3]) << 32


@compiled(allocates=False)
def put(words: U32, book: I64, key: np.uint64, now: Whole, ended: Whole) -> None:
    """Enter a call that is not there."""
    first = line_of(book, key)
    chosen, oldest = np.int64(0), np.int64(1 << 62)
    for place in range(PLACES):
        entry = np.uint64(first + place * OPEN_WORDS)
        began = np.int64(words[entry + np.uint64(2)]) | np.int64(words[entry + np.uint64(3)]) << 32
        rank = began & LAST_TICK if began & _ENDED != 0 else began + _UNDER_WAY_RANK
        rank = np.int64(-1) if words[entry] == 0 else rank  # a key is odd: it has no empty lower half
        chosen = np.int64(place) if rank < oldest else chosen
        oldest = min(rank, oldest)
    chosen = first + chosen * OPEN_WORDS
    if oldest >= _UNDER_WAY_RANK:
        book[B_FORGOTTEN + OPENS] += 1
    words[chosen], words[chosen + 1] = np.uint32(key & np.uint64(_LOW)), np.uint32(key >> np.uint64(32))
    words[chosen + 2] = np.uint32(now & _LOW)
    words[chosen + 3] = np.uint32((now | _ENDED if ended else now) >> 32)


@compiled(allocates=False)
def end(words: U32, book: I64, key: np.uint64) -> Whole:
    """Mark a call as ended; returns the tick at which it began, -1 when none is under way under this key."""
    entry = entry_of(words, book, key)
    if entry < 0:
        return -1
    began = _began(words, entry)
    if began & _ENDED != 0:
        return -1
    words[entry + 3] |= np.uint32(_ENDED >> 32)
    return began
