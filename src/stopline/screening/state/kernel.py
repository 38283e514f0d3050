"""The way of a batch through the state: what a row will need is asked of memory while rows before it are reckoned."""

from __future__ import annotations

from typing import Final

import numpy as np

from stopline.screening.columns import MISSING
from stopline.screening.numbers import HASHED, SHIFT
from stopline.screening.state.callee import (
    advance_callee,
    advance_device,
    callee_at,
    write_called_before,
)
from stopline.screening.state.caller import (
    begin_call,
    close_call,
    count_call,
    count_called,
    open_call,
    take_outcome,
    write_caller,
    write_progress,
)
from stopline.screening.state.exact import count_exactly, turn, watch, watched, write_exact
from stopline.screening.state.layout import (
    B_CLOCK,
    B_CLOCK_JUMPS,
    B_RETRANSMITS,
    B_TABLES,
    B_UNMATCHED_ENDS,
    B_WORK,
    C_1H,
    C_DEVICES,
    CALLEES,
    CALLERS,
    CHUNK,
    DAY,
    DEVICES,
    E_STOPPED,
    EVENTS_TYPE,
    EXACT,
    EXACT_FROM,
    F64,
    F_DEVICES,
    F_SHARED,
    FEATURES,
    HOUR,
    I64,
    OPENING,
    QUARTER,
    SALT,
    STATE_TYPE,
    U32,
    WORDS,
    Call,
    Events,
    State,
    Whole,
)
from stopline.screening.state.open_calls import call_key, end, entry_of, line_of, put
from stopline.screening.state.prefetch import prefetch
from stopline.screening.state.table import (
    bucket_of,
    enter,
    find,
    holds,
    last_of,
    likely,
    mix,
    set_bit,
    tick_of,
)
from stopline.screening.text.compiled import compiled

POWERS: Final = np.array([10**power for power in range(19)], dtype=np.int64)
_MOBILES: Final = 10**12
_NOBODY: Final = 31  # codes up to here are withheld numbers
_ASKED: Final = 12
_FOUND: Final = 6
"""So many rows before its turn a row's buckets are asked for; so many rows later they are there, and say where its
records lie."""
_CALLER, _CALLED, _DEVICE, _OPEN, _CALLER_SLOT, _CALLED_SLOT, _OWN_SLOT, _DEVICE_SLOT = range(8)


@compiled(inline=True, allocates=False)
def advance(events: Events, state: State, places: I64, features: F64) -> None:
    """Move the state over a batch; `places` names the row of `features` for each of FEATURES, -1 = not wanted."""
    at_us, calling, called, device, cell, answered_us, ended_us, _call, victim = events
    block, count = state[3], len(at_us)
    for step in range(count + _ASKED):
        if step < count:
            _ask_buckets(events, state, step)
        found, at = step - _ASKED + _FOUND, step - _ASKED
        if 0 <= found < count:
            _ask_records(state, device[found] != 0, found % CHUNK)
        if at < 0:
            continue
        place = at % CHUNK
        if place == 0:
            block[:] = np.nan
        call = (at_us[at], calling[at], called[at], device[at], cell[at], answered_us[at], ended_us[at], place)
        _advance_row(call, state, victim[at], block[:, place])
        if place == CHUNK - 1 or at == count - 1:
            for feature in range(len(FEATURES)):
                if places[feature] >= 0:
                    for row in range(place + 1):
                        features[places[feature], at - place + row] = block[feature, row]


@compiled(allocates=False)
def _room(column: int) -> Whole:
    """Return where a column of the room to work in begins."""
    return B_WORK + column * CHUNK


@compiled(inline=True, allocates=False)
def _ask_buckets(events: Events, state: State, at: Whole) -> None:
    """Hash the keys of a row and ask memory for their buckets."""
    at_us, calling, called, device, _cell, _answered_us, _ended_us, names, _victim = events
    words, _floats, book, _block = state
    salt, place = np.uint64(book[SALT]), at % CHUNK
    caller, callee = mix(np.uint64(calling[at]), salt), mix(np.uint64(called[at]), salt)
    book[_room(_CALLER) + place], book[_room(_CALLED) + place] = np.int64(caller), np.int64(callee)
    _ask_bucket(words, book, CALLERS, caller)
    _ask_bucket(words, book, CALLEES, callee)
    _ask_bucket(words, book, CALLEES, caller)
    if device[at] != 0:
        key = mix(np.uint64(device[at]), salt)
        book[_room(_DEVICE) + place] = np.int64(key)
        _ask_bucket(words, book, DEVICES, key)
    if book[OPENING] != 0:
        key = call_key(caller, callee, at_us[at], names[at])
        book[_room(_OPEN) + place] = np.int64(key)
        prefetch(words, line_of(book, key))


@compiled(allocates=False)
def _ask_bucket(words: U32, book: I64, which: int, key: np.uint64) -> None:
    base, slots = book[B_TABLES + 2 * which], book[B_TABLES + 2 * which + 1]
    if slots > 0:
        prefetch(words, base + bucket_of(slots, key))


@compiled(inline=True, allocates=False)
def _ask_records(state: State, device: Whole, place: Whole) -> None:
    """Find the records of a row as far as tags tell, and ask memory for them; a record may lie across two lines."""
    words, _floats, book, _block = state
    caller, callee = np.uint64(book[_room(_CALLER) + place]), np.uint64(book[_room(_CALLED) + place])
    _ask_record(words, book, CALLERS, caller, _room(_CALLER_SLOT) + place)
    _ask_record(words, book, CALLEES, callee, _room(_CALLED_SLOT) + place)
    _ask_record(words, book, CALLEES, caller, _room(_OWN_SLOT) + place)
    if device:
        _ask_record(words, book, DEVICES, np.uint64(book[_room(_DEVICE) + place]), _room(_DEVICE_SLOT) + place)


@compiled(allocates=False)
def _ask_record(words: U32, book: I64, which: int, key: np.uint64, into: Whole) -> None:
    slot = likely(words, book, which, key)
    book[into] = slot
    first = max(slot, 0)
    prefetch(words, first)
    prefetch(words, first + WORDS[which] - 1)


@compiled(inline=True, allocates=False)
def _advance_row(call: Call, state: State, victim: Whole, row: F64) -> None:
    """Count one call everywhere, or nowhere when it is a retransmit, and write its features."""
    words, _floats, book, _block = state
    at_us, calling, called, device, cell, _answered_us, _ended_us, place = call
    now = tick_of(at_us)
    if book[B_CLOCK] != 0 and (now < book[B_CLOCK] - HOUR or now > book[B_CLOCK] + DAY):
        book[B_CLOCK_JUMPS] += 1
    book[B_CLOCK] = now
    row[F_SHARED] = shared_digits(calling, called)
    again = False
    if book[OPENING] != 0 and calling > _NOBODY:
        again = entry_of(words, book, np.uint64(book[_room(_OPEN) + place])) >= 0
        if again:
            book[B_RETRANSMITS] += 1
    caller_key = np.uint64(0)
    if calling > _NOBODY:
        caller_key = np.uint64(book[_room(_CALLER) + place])
        _advance_caller(call, state, (now, again, victim), row)
    if device != 0 and book[B_TABLES + 2 * DEVICES + 1] > 0:
        key, seen = np.uint64(book[_room(_DEVICE) + place]), book[_room(_DEVICE_SLOT) + place]
        advance_device(state, (key, np.uint64(book[_room(_CALLER) + place]), np.uint64(cell)), (seen, now, again), row)
    if called > _NOBODY and book[B_TABLES + 2 * CALLEES + 1] > 0:
        key, seen = np.uint64(book[_room(_CALLED) + place]), book[_room(_CALLED_SLOT) + place]
        advance_callee(state, (key, caller_key), (seen, now, again), row)


@compiled(inline=True, allocates=False)
def _advance_caller(call: Call, state: State, when: tuple[Whole, Whole, Whole], row: F64) -> None:
    """Count one call at its calling number and write what is known of it before the call's own outcome."""
    words, floats, book, _block = state
    at_us, _calling, _called, device, _cell, answered_us, ended_us, place = call
    now, again, victim = when
    key = np.uint64(book[_room(_CALLER) + place])
    slot, new = book[_room(_CALLER_SLOT) + place], False
    if not holds(words, slot, key):
        slot = find(words, book, CALLERS, key)
        new = slot < 0
        if new:
            slot = enter(words, book, CALLERS, key)
    jumped = not new and now < last_of(words, slot) - HOUR
    if not new and not jumped:
        now = max(now, last_of(words, slot))  # a call that comes late counts as one of now
    idle_h = np.nan
    if not again or new:
        idle_h = begin_call(state, slot, now, new, jumped)
    if not again:
        _count(call, state, (slot, now, victim))
    write_caller(words, floats, slot, (now, idle_h), row)
    if device == 0:
        row[F_DEVICES] = np.nan
    if book[OPENING] != 0:
        write_progress(words, slot, row)
    write_called_before(state, key, book[_room(_OWN_SLOT) + place], now, row)
    if book[B_TABLES + 2 * EXACT + 1] > 0:
        _count_windows(state, slot, key, (now, again), row)
    if not again and ended_us != MISSING:
        take_outcome(words, floats, slot, 0, (at_us, answered_us, ended_us))


@compiled(inline=True, allocates=False)
def _count(call: Call, state: State, where: tuple[Whole, Whole, Whole]) -> None:
    """Count one call in the record of its calling number."""
    words, _floats, book, _block = state
    _at_us, _calling, called, device, _cell, _answered_us, ended_us, place = call
    slot, now, victim = where
    count_call(state, slot, now)
    if called > _NOBODY:
        count_called(words, slot, called, np.uint64(book[SALT]), victim)
    if device != 0:
        set_bit(words, slot + C_DEVICES, book[_room(_DEVICE) + place] & 31)
    if book[OPENING] != 0:
        put(words, book, np.uint64(book[_room(_OPEN) + place]), now, ended_us != MISSING)
        if ended_us == MISSING:
            open_call(words, slot)


@compiled(inline=True, allocates=False)
def _count_windows(state: State, slot: Whole, key: np.uint64, when: tuple[Whole, Whole], row: F64) -> None:
    """Count a call in the exact windows of a watched number, and watch one that has become busy."""
    now, again = when
    rings = watched(state, slot, key, now)
    if rings < 0 and not again and state[1][slot + C_1H] >= state[2][EXACT_FROM]:
        rings = watch(state, slot, key, now)
    if rings >= 0:
        turn(state[0], rings, now)
        if not again:
            count_exactly(state[0], rings)
        write_exact(state[0], rings, now, row)


@compiled(allocates=False)
def shared_digits(calling: Whole, called: Whole) -> float:
    """Return how many leading digits two numbers of one length have in common; NaN where that means nothing."""
    if calling <= _NOBODY or called <= _NOBODY or (calling | called) & HASHED != 0:
        return float(np.nan)
    left, right = np.int64(calling) >> SHIFT, np.int64(called) >> SHIFT
    length = 13 if left >= _MOBILES else 1  # most are: a country code of two digits and a mobile of eleven
    while length < 18 and left >= POWERS[length]:
        length += 1
    if not POWERS[length - 1] <= right < POWERS[length]:
        return float(np.nan)
    tail = 0
    apart = abs(left - right)
    while apart >= POWERS[tail]:
        tail += 1
    while tail < length:
        first = (
            left // POWERS[tail] * POWERS[tail]
        )  # one division tells whether all digits before the tail are the same
        if first <= right < first + POWERS[tail]:
            break
        tail += 1
    return float(length - tail)


@compiled(allocates=False)
def stopped(state: State, called: Whole, at_us: Whole) -> None:
    """Count an attempt at a called number that was stopped."""
    _words, floats, book, _block = state
    if called > _NOBODY and book[B_TABLES + 2 * CALLEES + 1] > 0:
        slot = callee_at(state, mix(np.uint64(called), np.uint64(book[SALT])), -1, tick_of(at_us))
        floats[slot + E_STOPPED] += np.float32(1.0)


@compiled(allocates=False)
def ended(state: State, call: tuple[Whole, Whole, Whole, Whole], times_us: tuple[Whole, Whole, Whole]) -> None:
    """Let a call under way go and take its outcome into account; `call`: at_us, calling, called, key of its id.

    An end that meets no call under way (a second end, or one from before the state began) counts nothing.
    """
    words, floats, book, _block = state
    at_us, calling, called, name = call
    if calling <= _NOBODY or book[OPENING] == 0:
        return
    salt = np.uint64(book[SALT])
    key = mix(np.uint64(calling), salt)
    began = end(words, book, call_key(key, mix(np.uint64(called), salt), at_us, name))
    if began < 0:
        book[B_UNMATCHED_ENDS] += 1
        return
    slot = find(words, book, CALLERS, key)
    if slot >= 0:
        close_call(words, slot, began, book[QUARTER])
        at, answered, over = times_us
        after = tick_of(max(at, over)) - last_of(words, slot)
        take_outcome(words, floats, slot, after, (at, answered, over))


@compiled(f"void({EVENTS_TYPE}, {STATE_TYPE}, int64[::1], float64[:, ::1])", allocates=False)
def advance_batch(events: Events, state: State, places: I64, features: F64) -> None:
    """Move the state alone over a batch."""
    advance(events, state, places, features)


@compiled(f"void(UniTuple(int64[::1], 6), {STATE_TYPE})", allocates=False)
def end_batch(ends: tuple[I64, I64, I64, I64, I64, I64], state: State) -> None:
    """Take ends into account: at_us, calling, called, call, answered_us, ended_us."""
    at, calling, called, call, answered, over = ends
    for row in range(len(at)):
        if over[row] != MISSING:
            ended(state, (at[row], calling[row], called[row], call[row]), (at[row], answered[row], over[row]))


@compiled(f"void(int64[::1], int64[::1], {STATE_TYPE})", allocates=False)
def stop_batch(called: I64, at_us: I64, state: State) -> None:
    """Count stopped attempts at called numbers."""
    for row in range(len(called)):
        stopped(state, called[row], at_us[row])


@compiled(f"void(int64[::1], int64[::1], {STATE_TYPE})", allocates=False)
def watch_batch(calling: I64, at_us: I64, state: State) -> None:
    """Watch numbers exactly from now on; a number that is watched or has never called is left as it is."""
    words, _floats, book, _block = state
    for row in range(len(calling)):
        key = mix(np.uint64(calling[row]), np.uint64(book[SALT]))
        slot = find(words, book, CALLERS, key)
        if slot >= 0 and book[B_TABLES + 2 * EXACT + 1] > 0:
            now = max(tick_of(at_us[row]), last_of(words, slot))
            if watched(state, slot, key, now) < 0:
                watch(state, slot, key, now)
