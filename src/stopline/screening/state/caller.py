"""The record of a calling number: eighty bytes, of which a call moves some and reads most."""

from __future__ import annotations

from typing import Final

import numpy as np

from stopline.screening.columns import MISSING
from stopline.screening.state.layout import (
    C_1D,
    C_1H,
    C_1M,
    C_CALLEES,
    C_DEVICES,
    C_ENDED,
    C_FIRST,
    C_GAPS,
    C_HOURS,
    C_PREV,
    C_PROGRESS,
    C_SHARES,
    C_TALK,
    C_TODAY,
    DAY,
    F32,
    F64,
    F_1D,
    F_1H,
    F_1M,
    F_AGE,
    F_ANSWERED,
    F_CALLEE_RATIO,
    F_CALLEES,
    F_DEVICES,
    F_GAP_EVEN,
    F_GAP_MEAN,
    F_IDLE,
    F_NIGHT,
    F_OFFICE,
    F_PROGRESS,
    F_RUN,
    F_SHORT,
    F_TALK,
    F_TODAY,
    F_VICTIMS,
    GAPS_SHIFT,
    HOUR,
    OFFSET,
    QUARTER,
    TICKS_S,
    U32,
    VICTIMS_SHIFT,
    W_MORE,
    State,
    Whole,
)
from stopline.screening.state.table import (
    DISTINCT_16,
    DISTINCT_32,
    DISTINCT_128,
    bits_of,
    day_of,
    faded,
    last_of,
    mix,
    set_bit,
    set_last,
)
from stopline.screening.text.compiled import compiled

SHARE: Final = 65_535.0  # a share of 1 in sixteen bits
HEAVIEST: Final = 4_095.0  # calls: a share of more would not move in sixteen bits
LEAST_OUTCOMES: Final = 5.0  # below this many (faded) known outcomes a ratio says nothing
LEAST_GAPS: Final = 4
SHORT_RING_US: Final = 5_000_000
_GAP_WEIGHT: Final = 8  # gaps that the mean spacing remembers
_GAP_UNIT: Final = 16  # of a second
_LONGEST_GAP_S: Final = 3_600.0
_LONGEST_RUN: Final = 63
_MOST: Final = 255  # calls under way that began in one quarter of the bound
_LATEST_END: Final = 7 * DAY
_WORD: Final = 0xFFFFFFFF


@compiled(allocates=False)
def fade(floats: F32, slot: Whole, passed: Whole) -> None:
    """Let the counters of calls and outcomes fade over some ticks."""
    day = faded(passed, 86400.0)
    hour = day**8  # a day has 24 hours, an hour 60 minutes: powers cost less than a second exponential
    hour *= hour * hour
    minute = hour**12
    minute *= minute * minute * minute * minute
    floats[slot + C_1M] *= minute
    floats[slot + C_1H] *= hour
    floats[slot + C_1D] *= day
    floats[slot + C_ENDED] *= day


@compiled(allocates=False)
def share_moved(share: Whole, weight: float, yes: Whole) -> Whole:
    """Return a share of sixteen bits after one more of which it is told whether it belongs to the share."""
    mean = (share / SHARE * weight + (1.0 if yes else 0.0)) / (weight + 1.0)
    return int(mean * SHARE + 0.5)


@compiled(allocates=False)
def halves(words: U32, slot: Whole, place: Whole) -> tuple[Whole, Whole]:
    """Return the two sixteen-bit values of a word."""
    word = np.int64(words[slot + place])
    return word & 0xFFFF, word >> 16


@compiled(allocates=False)
def begin_call(state: State, slot: Whole, now: Whole, new: Whole, jumped: Whole) -> float:
    """Bring a record to the instant of a call, the call not yet counted; returns the hours it was idle."""
    words, floats, book, _block = state
    if new:
        set_last(words, slot, now)
        words[slot + C_FIRST] = np.uint32(now // TICKS_S)
        return np.nan
    last = last_of(words, slot)
    passed = now - last
    if jumped:  # the clock had run ahead when this record moved last: it goes on from here with what it has
        words[slot + C_PROGRESS] = np.uint32(0)
        words[slot + C_FIRST] = np.uint32(min(np.int64(words[slot + C_FIRST]), now // TICKS_S))
        passed = 0
    if passed > 0:
        fade(floats, slot, passed)
    quarters = now // book[QUARTER] - last // book[QUARTER]
    if quarters > 0:
        word = np.int64(words[slot + C_PROGRESS])
        words[slot + C_PROGRESS] = np.uint32(word << 8 * quarters & _WORD if quarters < 4 else 0)
    if day_of(now, book[OFFSET]) != day_of(last, book[OFFSET]):
        words[slot + C_TODAY] = words[slot + C_DEVICES] = np.uint32(0)
        for place in range(C_CALLEES, C_DEVICES):
            words[slot + place] = np.uint32(0)
        words[slot + W_MORE] &= np.uint32(~(0xFFFF << VICTIMS_SHIFT) & _WORD)
    if not jumped:
        _take_gap(words, slot, passed)
    set_last(words, slot, now)
    return float(passed / HOUR)


@compiled(allocates=False)
def _take_gap(words: U32, slot: Whole, passed: Whole) -> None:
    """Let the mean spacing and its unevenness follow; a pause of an hour or more is no spacing."""
    gap = passed / TICKS_S
    if gap >= _LONGEST_GAP_S:
        return
    count: Whole = np.int64(words[slot + W_MORE]) >> GAPS_SHIFT & 15
    mean_units, uneven_units = halves(words, slot, C_GAPS)
    mean, uneven = mean_units / _GAP_UNIT, uneven_units / SHARE
    if count == 0:
        mean = gap
    else:
        weight = 1.0 / min(count + 1, _GAP_WEIGHT)
        apart = min(abs(gap - mean) / max(mean, 1.0 / _GAP_UNIT), 1.0)
        uneven += (apart - uneven) / min(count, _GAP_WEIGHT)
        mean += (gap - mean) * weight
    words[slot + C_GAPS] = np.uint32(int(mean * _GAP_UNIT + 0.5) | int(uneven * SHARE + 0.5) << 16)
    if count < 15:
        words[slot + W_MORE] += np.uint32(1 << GAPS_SHIFT)


@compiled(allocates=False)
def count_call(state: State, slot: Whole, now: Whole) -> None:
    """Count one call at the hour of the local day at which it is made."""
    words, floats, book, _block = state
    local = now + book[OFFSET]
    hour, weekday = local % DAY // HOUR, (local // DAY + 3) % 7  # 1970 began on a Thursday; Monday is 0
    office, night = halves(words, slot, C_HOURS)
    weight = min(floats[slot + C_1D], HEAVIEST)
    office = share_moved(office, weight, weekday < 5 and 9 <= hour < 18)
    night = share_moved(night, weight, hour >= 22 or hour < 6)
    words[slot + C_HOURS] = np.uint32(office | night << 16)
    for place in range(C_1M, C_1D + 1):
        floats[slot + place] += np.float32(1.0)
    if np.int64(words[slot + C_TODAY]) < _WORD:
        words[slot + C_TODAY] += np.uint32(1)


@compiled(allocates=False)
def count_called(words: U32, slot: Whole, called: Whole, salt: np.uint64, victim: Whole) -> None:
    """Enter a callee in the bitmaps of the day and in the run of neighbouring numbers."""
    digits = np.uint64(called) >> np.uint64(5)
    spread = mix(digits, salt)
    set_bit(words, slot + C_CALLEES, np.int64(spread & np.uint64(127)))
    if victim:
        words[slot + W_MORE] |= np.uint32(1 << VICTIMS_SHIFT + np.int64(spread >> np.uint64(8) & np.uint64(15)))
    tail = np.int64(digits % np.uint64(1000))
    head = np.int64(mix(digits // np.uint64(1000), salt) & np.uint64(0xFFFF))
    before = np.int64(words[slot + C_PREV])
    run: Whole = before >> 26
    apart = abs((before & 1023) - tail)
    run = min(run + 1, _LONGEST_RUN) if run > 0 and before >> 10 & 0xFFFF == head and 1 <= apart <= 3 else 1
    words[slot + C_PREV] = np.uint32(tail | head << 10 | run << 26)


@compiled(allocates=False)
def open_call(words: U32, slot: Whole) -> None:
    """Count a call under way; a quarter that is full stays so until it ages."""
    if np.int64(words[slot + C_PROGRESS]) & 0xFF < _MOST:
        words[slot + C_PROGRESS] += np.uint32(1)


@compiled(allocates=False)
def close_call(words: U32, slot: Whole, began: Whole, quarter: Whole) -> None:
    """Let a call under way go, once, and never below none."""
    behind = last_of(words, slot) // quarter - began // quarter
    if 0 <= behind < 4:
        under_way = np.int64(words[slot + C_PROGRESS]) >> 8 * behind & 0xFF
        if 0 < under_way < _MOST:
            words[slot + C_PROGRESS] -= np.uint32(1 << 8 * behind)


@compiled(allocates=False)
def take_outcome(words: U32, floats: F32, slot: Whole, after: Whole, times_us: tuple[Whole, Whole, Whole]) -> None:
    """Take the end of a call into account, `after` ticks from the last call; `times_us`: at, answered, ended."""
    at_us, answered_us, ended_us = times_us
    grown = 1.0 / faded(min(max(after, 0), _LATEST_END), 86400.0)
    weight = min(floats[slot + C_ENDED] / grown, HEAVIEST)
    answered, short = halves(words, slot, C_SHARES)
    if answered_us != MISSING:
        talk_s = max(0, ended_us - answered_us) / 1e6
        heard = answered / SHARE * weight
        floats[slot + C_TALK] = (floats[slot + C_TALK] * heard + talk_s) / (heard + 1.0)
    brief = answered_us == MISSING and ended_us - at_us <= SHORT_RING_US
    answered = share_moved(answered, weight, int(answered_us != MISSING))
    words[slot + C_SHARES] = np.uint32(answered | share_moved(short, weight, brief) << 16)
    floats[slot + C_ENDED] += grown


@compiled(allocates=False)
def write_caller(words: U32, floats: F32, slot: Whole, when: tuple[Whole, float], row: F64) -> None:
    """Write what the record says as of now."""
    now, idle_h = when
    row[F_1M], row[F_1H], row[F_1D] = floats[slot + C_1M], floats[slot + C_1H], floats[slot + C_1D]
    today: Whole = np.int64(words[slot + C_TODAY])
    row[F_TODAY] = today
    bits = bits_of(words, slot + C_CALLEES, 4)
    if bits > 0 and today > 0:
        row[F_CALLEES] = min(float(DISTINCT_128[bits]), float(today))
        row[F_CALLEE_RATIO] = row[F_CALLEES] / today
    if floats[slot + C_ENDED] >= LEAST_OUTCOMES:
        answered, short = halves(words, slot, C_SHARES)
        row[F_ANSWERED], row[F_SHORT] = answered / SHARE, short / SHARE
        if answered / SHARE * floats[slot + C_ENDED] >= 1.0 - 1e-4:
            row[F_TALK] = floats[slot + C_TALK]
    row[F_AGE] = max(now / TICKS_S - np.int64(words[slot + C_FIRST]), 0.0) / 3600.0
    row[F_IDLE] = idle_h
    row[F_RUN] = np.int64(words[slot + C_PREV]) >> 26
    devices = bits_of(words, slot + C_DEVICES, 1)
    row[F_DEVICES] = DISTINCT_32[devices] if devices > 0 else np.nan
    victims: Whole = 0
    for bit in range(VICTIMS_SHIFT, VICTIMS_SHIFT + 16):
        victims += np.int64(words[slot + W_MORE]) >> bit & 1
    row[F_VICTIMS] = DISTINCT_16[victims]
    office, night = halves(words, slot, C_HOURS)
    row[F_OFFICE], row[F_NIGHT] = office / SHARE, night / SHARE
    if np.int64(words[slot + W_MORE]) >> GAPS_SHIFT & 15 >= LEAST_GAPS:
        mean, uneven = halves(words, slot, C_GAPS)
        row[F_GAP_MEAN], row[F_GAP_EVEN] = mean / _GAP_UNIT, 1.0 - uneven / SHARE


@compiled(allocates=False)
def write_progress(words: U32, slot: Whole, row: F64) -> None:
    """Write how many calls are under way."""
    word = np.int64(words[slot + C_PROGRESS])
    row[F_PROGRESS] = (word & 0xFF) + (word >> 8 & 0xFF) + (word >> 16 & 0xFF) + (word >> 24)
