"""The table under all state: buckets of sixteen tags that fit one cache line, records beside them, never growing."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from stopline.screening.state.layout import (
    B_FORGOTTEN,
    B_TABLES,
    DAY,
    I64,
    LAST_TICK,
    TICKS_S,
    U32,
    W_HIGH,
    W_LAST,
    W_MORE,
    WORDS,
    Whole,
)
from stopline.screening.text.compiled import compiled

WAYS: Final = 16
BUCKETS: Final = 4  # in which a key may stand
_LN_2: Final = math.log(2.0)
_LOG2_E: Final = 1.0 / _LN_2
_HALVES: Final = 0.5 ** np.arange(160.0)  # 0 in float32 comes before its end
_LOW: Final = 0xFFFFFFFF
_EVERY_US: Final = 1_000_000 // (TICKS_S // 4)  # four ticks


@compiled(allocates=False)
def mix(value: np.uint64, salt: np.uint64) -> np.uint64:
    """Return a well spread 64-bit hash, one to one."""
    value = (value ^ salt) + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled(allocates=False)
def bucket_of(slots: Whole, key: np.uint64) -> Whole:
    """Return the first slot of a key's bucket."""
    return np.int64((key >> np.uint64(32)) * np.uint64(slots // WAYS) >> np.uint64(32)) * WAYS


@compiled(allocates=False)
def holds(words: U32, record: Whole, key: np.uint64) -> bool:
    """Return whether a record that once was a key's still is; -1 is nobody's."""
    return bool(record >= 0 and words[record + W_HIGH] == np.uint32(key >> np.uint64(32)))


@compiled(allocates=False)
def find(words: U32, book: I64, which: int, key: np.uint64) -> Whole:
    """Return where the record of a key begins, in its bucket or, when that is full, in the next ones; -1 = none."""
    base, slots, width = book[B_TABLES + 2 * which], book[B_TABLES + 2 * which + 1], WORDS[which]
    if slots == 0:
        return -1
    tag, high = np.uint32(max(key & np.uint64(_LOW), np.uint64(1))), np.uint32(key >> np.uint64(32))
    first = bucket_of(slots, key)
    for _bucket in range(BUCKETS):
        tags, met = np.uint64(base + first), -1
        for way in range(WAYS):  # without a branch: sixteen tags are one comparison
            met = way if words[tags + np.uint64(way)] == tag else met
        if met >= 0:
            record = base + slots + (first + met) * width
            if words[np.uint64(record + W_HIGH)] == high:
                return record
        if words[tags + np.uint64(WAYS - 1)] == 0:  # a bucket fills from its beginning
            return -1
        first = first + WAYS if first + WAYS < slots else 0
    return -1


@compiled(allocates=False)
def likely(words: U32, book: I64, which: int, key: np.uint64) -> Whole:
    """Return the record of a key as far as its tag tells, without asking the record; `holds` makes it sure."""
    base, slots, width = book[B_TABLES + 2 * which], book[B_TABLES + 2 * which + 1], WORDS[which]
    if slots == 0:
        return -1
    tag, first = np.uint32(max(key & np.uint64(_LOW), np.uint64(1))), bucket_of(slots, key)
    tags, met = np.uint64(base + first), -1
    for way in range(WAYS):
        met = way if words[tags + np.uint64(way)] == tag else met
    return base + slots + (first + met) * width if met >= 0 else -1


@compiled(allocates=False)
def enter(words: U32, book: I64, which: int, key: np.uint64) -> Whole:
    """Return an empty record for a key that is not there; a full neighbourhood lets its longest silent go."""
    base, slots, width = book[B_TABLES + 2 * which], book[B_TABLES + 2 * which + 1], WORDS[which]
    first = start = bucket_of(slots, key)
    chosen, oldest = -1, LAST_TICK + 1
    for _bucket in range(BUCKETS):
        for slot in range(first, first + WAYS):
            if chosen < 0 and words[base + slot] == 0:
                chosen = slot
        first = first + WAYS if first + WAYS < slots else 0
    if chosen < 0:
        for slot in range(start, start + WAYS):
            last = last_of(words, base + slots + slot * width)
            if last < oldest:
                chosen, oldest = slot, last
        book[B_FORGOTTEN + which] += 1
    words[base + chosen] = np.uint32(max(key & np.uint64(_LOW), np.uint64(1)))
    record = base + slots + chosen * width
    for place in range(record, record + width):
        words[place] = np.uint32(0)
    words[record + W_HIGH] = np.uint32(key >> np.uint64(32))
    return record


@compiled(allocates=False)
def last_of(words: U32, record: Whole) -> Whole:
    """Return the instant at which a record moved last."""
    return np.int64(words[record + W_LAST]) | (np.int64(words[record + W_MORE]) & 0xFF) << 32


@compiled(allocates=False)
def set_last(words: U32, record: Whole, tick: Whole) -> None:
    """Write the instant at which a record moved last."""
    words[record + W_LAST] = np.uint32(tick & _LOW)
    words[record + W_MORE] = np.uint32((np.int64(words[record + W_MORE]) & ~0xFF) | (tick >> 32))


@compiled(allocates=False)
def tick_of(at_us: Whole) -> Whole:
    """Return an instant in ticks, kept within what forty bits hold."""
    tick: Whole = np.int64(at_us) * 4 // _EVERY_US
    return min(max(tick, 0), LAST_TICK)


@compiled(allocates=False)
def day_of(tick: Whole, offset: Whole) -> Whole:
    """Return the local day of an instant, in days since 1970."""
    return (tick + offset) // DAY


@compiled(allocates=False)
def bits_of(words: U32, place: Whole, count: int) -> Whole:
    """Return how many bits are set in some words (Warren, Hacker's Delight, 5-1)."""
    total: Whole = 0
    for word in range(place, place + count):
        value = np.int64(words[word])
        value -= (value >> 1) & 0x55555555
        value = (value & 0x33333333) + ((value >> 2) & 0x33333333)
        value = (value + (value >> 4)) & 0x0F0F0F0F
        total += ((value * 0x01010101) >> 24) & 0xFF
    return total


@compiled(allocates=False)
def set_bit(words: U32, place: Whole, bit: Whole) -> bool:
    """Set a bit of a bitmap that begins at a word; returns whether it was new."""
    word, mask = place + (bit >> 5), np.int64(1) << (bit & 31)
    before = np.int64(words[word])
    words[word] = np.uint32(before | mask)
    return bool(before & mask == 0)


@compiled(allocates=False)
def faded(passed: Whole, over_s: float) -> float:
    """Return what is left of 1 after some ticks, e^-(t / over_s), right to eight digits: counters are float32."""
    exponent = passed / (TICKS_S * over_s)
    halvings = int(exponent * _LOG2_E + 0.5)
    if halvings >= len(_HALVES):
        return 0.0
    x = halvings * _LN_2 - exponent  # within half an ln 2 of 0
    x2 = x * x
    low = (1.0 + x) + x2 * (1.0 / 2.0 + x * (1.0 / 6.0))
    high = (1.0 / 24.0 + x * (1.0 / 120.0)) + x2 * (1.0 / 720.0 + x * (1.0 / 5040.0))
    return float((low + x2 * x2 * high) * _HALVES[halvings])


def _counting(size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how many distinct values set so many bits of `size` (linear counting, Whang et al. 1990)."""
    return np.array([size * math.log(size / max(size - bits, 1)) for bits in range(size + 1)])


DISTINCT_16: Final = _counting(16)
DISTINCT_32: Final = _counting(32)
DISTINCT_64: Final = _counting(64)
DISTINCT_128: Final = _counting(128)
