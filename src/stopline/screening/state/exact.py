"""Exact windows of watched numbers: rings of buckets, never more than what a sliding window would count.

A window is the bucket of now and the five (of an hour: five of ten minutes; of a day: twenty-three of an hour) before
it. Nothing is said until the number was watched for the whole of a window.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from stopline.screening.state.layout import (
    DAY,
    EXACT,
    EXACT_WORDS,
    F64,
    F_EXACT_1D,
    F_EXACT_1H,
    F_EXACT_1M,
    HOUR,
    TICKS_S,
    U32,
    W_MORE,
    WATCHED_BIT,
    X_1H,
    X_10M,
    X_10S,
    X_SINCE,
    State,
    Whole,
)
from stopline.screening.state.table import enter, find, last_of, set_last
from stopline.screening.text.compiled import compiled

_10S: Final = 10 * TICKS_S
_10M: Final = 600 * TICKS_S
_MINUTE: Final = 60 * TICKS_S
_FULL: Final = 0xFFFFFFFF


@compiled(allocates=False)
def watched(state: State, caller: Whole, key: np.uint64, now: Whole) -> Whole:
    """Return the rings of a watched number, -1 when it is not watched; a clock set back starts them anew."""
    words, _floats, book, _block = state
    if np.int64(words[caller + W_MORE]) & WATCHED_BIT == 0:
        return -1
    slot = find(words, book, EXACT, key)
    if slot < 0:  # let go for want of room
        words[caller + W_MORE] &= np.uint32(~WATCHED_BIT & _FULL)
    elif now < last_of(words, slot) - HOUR:
        watch(state, caller, key, now)
    return slot


@compiled(allocates=False)
def watch(state: State, caller: Whole, key: np.uint64, now: Whole) -> Whole:
    """Watch a number from now on; what was counted before it was last forgotten does not count."""
    rings, _floats, book, _block = state
    slot = find(rings, book, EXACT, key)
    if slot < 0:
        slot = enter(rings, book, EXACT, key)
    for place in range(X_SINCE, EXACT_WORDS):
        rings[slot + place] = np.uint32(0)
    set_last(rings, slot, now)
    rings[slot + X_SINCE], rings[slot + X_SINCE + 1] = np.uint32(now & _FULL), np.uint32(now >> 32)
    rings[caller + W_MORE] |= np.uint32(WATCHED_BIT)
    return slot


@compiled(allocates=False)
def turn(rings: U32, slot: Whole, now: Whole) -> None:
    """Empty the buckets that time has passed over."""
    last = last_of(rings, slot)
    if now > last:
        _empty(rings, slot, (X_10S, 6), (last // _10S, now // _10S))
        _empty(rings, slot, (X_10M, 6), (last // _10M, now // _10M))
        _empty(rings, slot, (X_1H, 24), (last // HOUR, now // HOUR))
        set_last(rings, slot, now)


@compiled(allocates=False)
def _empty(rings: U32, slot: Whole, ring: tuple[int, int], span: tuple[Whole, Whole]) -> None:
    first, size = ring
    before, now = span
    for bucket in range(max(before + 1, now - size + 1), now + 1):
        rings[slot + first + bucket % size] = np.uint32(0)


@compiled(allocates=False)
def count_exactly(rings: U32, slot: Whole) -> None:
    """Count a call in the buckets of the record's instant."""
    last = last_of(rings, slot)
    rings[slot + X_10S + last // _10S % 6] += np.uint32(1)
    rings[slot + X_10M + last // _10M % 6] += np.uint32(1)
    rings[slot + X_1H + last // HOUR % 24] += np.uint32(1)


@compiled(allocates=False)
def write_exact(rings: U32, slot: Whole, now: Whole, row: F64) -> None:
    """Write the windows that are known."""
    since = np.int64(rings[slot + X_SINCE]) | np.int64(rings[slot + X_SINCE + 1]) << 32
    if now - since >= _MINUTE:
        row[F_EXACT_1M] = _sum(rings, slot, X_10S, 6)
    if now - since >= HOUR:
        row[F_EXACT_1H] = _sum(rings, slot, X_10M, 6)
    if now - since >= DAY:
        row[F_EXACT_1D] = _sum(rings, slot, X_1H, 24)


@compiled(allocates=False)
def _sum(rings: U32, slot: Whole, first: int, size: int) -> Whole:
    total: Whole = 0
    for place in range(first, first + size):
        total += np.int64(rings[slot + place])
    return total
