"""The records of a called number and of a device: what was done to it, and who used it."""

from __future__ import annotations

import numpy as np

from stopline.screening.state.layout import (
    CALLEES,
    D_1H,
    D_BEFORE,
    D_CELLS,
    D_NEW,
    D_NUMBERS,
    DEVICES,
    E_1D,
    E_1H,
    E_CALLERS,
    E_FIRST,
    E_STOPPED,
    F64,
    F_1D,
    F_AGE,
    F_CALLEE_1H,
    F_CALLEE_STOPPED,
    F_CALLEE_STRANGERS,
    F_DEVICE_1H,
    F_DEVICE_CELLS,
    F_DEVICE_NEW,
    F_DEVICE_NUMBERS,
    F_OUTGOING,
    HOUR,
    OFFSET,
    TICKS_S,
    State,
    Whole,
)
from stopline.screening.state.table import (
    DISTINCT_64,
    bits_of,
    day_of,
    enter,
    faded,
    find,
    holds,
    last_of,
    mix,
    set_bit,
    set_last,
)
from stopline.screening.text.compiled import compiled


@compiled(allocates=False)
def callee_at(state: State, key: np.uint64, seen: Whole, now: Whole) -> Whole:
    """Return the record of a called number, faded to now; `seen` is where it stood when memory was asked."""
    words, floats, book, _block = state
    slot = np.int64(seen) if holds(words, seen, key) else find(words, book, CALLEES, key)
    if slot < 0:
        slot = enter(words, book, CALLEES, key)
        words[slot + E_FIRST] = np.uint32(now // TICKS_S)
        set_last(words, slot, now)
        return slot
    last = last_of(words, slot)
    if now < last - HOUR:
        words[slot + E_FIRST] = np.uint32(min(np.int64(words[slot + E_FIRST]), now // TICKS_S))
    elif now <= last:
        return slot
    if now > last:
        floats[slot + E_1H] *= faded(now - last, 3600.0)
        day = faded(now - last, 86400.0)
        floats[slot + E_1D] *= day
        floats[slot + E_STOPPED] *= day
    if day_of(now, book[OFFSET]) != day_of(last, book[OFFSET]):
        words[slot + E_CALLERS] = words[slot + E_CALLERS + 1] = np.uint32(0)
    set_last(words, slot, now)
    return slot


@compiled(allocates=False)
def advance_callee(state: State, keys: tuple[np.uint64, np.uint64], when: tuple[Whole, Whole, Whole], row: F64) -> None:
    """Count a call at the called number and write its features, this call counted; a retransmit counts nothing.

    `keys`: its own, the caller's (0 = withheld); `when`: where it was seen, the instant, whether this is a retransmit.
    """
    words, floats, _book, _block = state
    key, caller = keys
    seen, now, again = when
    slot = callee_at(state, key, seen, now)
    if not again:
        floats[slot + E_1H] += np.float32(1.0)
        floats[slot + E_1D] += np.float32(1.0)
        if caller != np.uint64(0):
            set_bit(words, slot + E_CALLERS, np.int64(caller >> np.uint64(20) & np.uint64(63)))
    row[F_CALLEE_1H], row[F_CALLEE_STOPPED] = floats[slot + E_1H], floats[slot + E_STOPPED]
    row[F_CALLEE_STRANGERS] = DISTINCT_64[bits_of(words, slot + E_CALLERS, 2)]


@compiled(allocates=False)
def write_called_before(state: State, key: np.uint64, seen: Whole, now: Whole, row: F64) -> None:
    """Write what follows from the calls that the calling number itself was called with."""
    words, floats, book, _block = state
    received = 0.0
    slot = np.int64(seen) if holds(words, seen, key) else find(words, book, CALLEES, key)
    if slot >= 0:
        passed = max(now - last_of(words, slot), 0)
        received = floats[slot + E_1D] * faded(passed, 86400.0)
        row[F_AGE] = max(row[F_AGE], (now / TICKS_S - np.int64(words[slot + E_FIRST])) / 3600.0)
    row[F_OUTGOING] = row[F_1D] / (row[F_1D] + received)


@compiled(allocates=False)
def device_at(state: State, key: np.uint64, seen: Whole, now: Whole) -> Whole:
    """Return the record of a device, faded to now."""
    words, floats, book, _block = state
    slot = np.int64(seen) if holds(words, seen, key) else find(words, book, DEVICES, key)
    if slot < 0:
        slot = enter(words, book, DEVICES, key)
        set_last(words, slot, now)
        return slot
    last = last_of(words, slot)
    if last - HOUR <= now <= last:
        return slot
    if now > last:
        hour = faded(now - last, 3600.0)
        floats[slot + D_1H] *= hour
        floats[slot + D_NEW] *= hour
    days = day_of(now, book[OFFSET]) - day_of(last, book[OFFSET])
    if days != 0:
        for word in range(2):
            words[slot + D_BEFORE + word] = words[slot + D_NUMBERS + word] if days == 1 else np.uint32(0)
            words[slot + D_NUMBERS + word] = words[slot + D_CELLS + word] = np.uint32(0)
    set_last(words, slot, now)
    return slot


@compiled(allocates=False)
def advance_device(
    state: State, keys: tuple[np.uint64, np.uint64, np.uint64], when: tuple[Whole, Whole, Whole], row: F64
) -> None:
    """Count a call from a device and write its features; a retransmit counts nothing.

    `keys`: its own, the caller's, the cell (0 = not given); `when`: as for a callee.
    """
    words, floats, _book, _block = state
    key, caller, cell = keys
    seen, now, again = when
    slot = device_at(state, key, seen, now)
    if not again:
        floats[slot + D_1H] += np.float32(1.0)
        bit = np.int64(caller >> np.uint64(26) & np.uint64(63))
        known = np.int64(words[slot + D_BEFORE + (bit >> 5)]) >> (bit & 31) & 1
        if set_bit(words, slot + D_NUMBERS, bit) and known == 0:
            floats[slot + D_NEW] += np.float32(1.0)
        if cell != np.uint64(0):
            set_bit(words, slot + D_CELLS, np.int64(mix(cell, np.uint64(2)) & np.uint64(63)))
    row[F_DEVICE_1H], row[F_DEVICE_NEW] = floats[slot + D_1H], floats[slot + D_NEW]
    row[F_DEVICE_NUMBERS] = DISTINCT_64[bits_of(words, slot + D_NUMBERS, 2)]
    cells = bits_of(words, slot + D_CELLS, 2)
    row[F_DEVICE_CELLS] = DISTINCT_64[cells] if cells > 0 else np.nan
