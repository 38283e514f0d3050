"""Where everything lies: places of features, words of records, settings and named counts.

Instants are ticks of 1/256 s since 1970 in forty bits, good until 2106. Every record begins alike: word 0 is the upper
half of the key's hash (the lower half is its tag), words 1 and 2 the instant it moved last.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Whole: TypeAlias = Any  # an integer of 64 bits, by whatever name Python and NumPy know it
State = tuple[U32, F32, I64, F64]
"""The memory of all tables as words, the same memory as float32, the book (settings, counts, room
to work in), and the features of a chunk of rows."""
Events = tuple[I64, I64, I64, I64, I64, I64, I64, I64, I64]
"""at_us, calling, called, device, cell, answered_us, ended_us, call, victim."""
Call = tuple[Whole, Whole, Whole, Whole, Whole, Whole, Whole, Whole]
"""One of them without the call id; then its place in the room to work in."""

STATE_TYPE: Final = "Tuple((uint32[::1], float32[::1], int64[::1], float64[:, ::1]))"
EVENTS_TYPE: Final = "UniTuple(int64[::1], 9)"

FEATURES: Final = (
    "calls_1m",
    "calls_1h",
    "calls_1d",
    "calls_today",
    "callees_today",
    "callee_ratio",
    "outgoing_ratio",
    "answered_ratio",
    "answered_mean_s",
    "short_ring_ratio",
    "age_h",
    "idle_h",
    "sequence_run",
    "device_numbers",
    "device_cells",
    "device_calls_1h",
    "number_devices",
    "calls_in_progress",
    "exact_calls_1m",
    "exact_calls_1h",
    "exact_calls_1d",
    "gap_mean_s",
    "gap_even",
    "office_ratio",
    "night_ratio",
    "callee_calls_1h",
    "callee_strangers_1d",
    "callee_stopped_1d",
    "called_victims",
    "device_new_numbers_1h",
    "shared_digits",
)
# fmt: off
(F_1M, F_1H, F_1D, F_TODAY, F_CALLEES, F_CALLEE_RATIO, F_OUTGOING, F_ANSWERED, F_TALK, F_SHORT, F_AGE, F_IDLE, F_RUN,
 F_DEVICE_NUMBERS, F_DEVICE_CELLS, F_DEVICE_1H, F_DEVICES, F_PROGRESS, F_EXACT_1M, F_EXACT_1H, F_EXACT_1D, F_GAP_MEAN,
 F_GAP_EVEN, F_OFFICE, F_NIGHT, F_CALLEE_1H, F_CALLEE_STRANGERS, F_CALLEE_STOPPED, F_VICTIMS, F_DEVICE_NEW,
 F_SHARED) = range(len(FEATURES))
# fmt: on

TICKS_S: Final = 256
HOUR: Final = 3_600 * TICKS_S
DAY: Final = 24 * HOUR
LAST_TICK: Final = (1 << 40) - 1

# the book: settings, then where each table lies, then counts, then the room to work in
SALT, OFFSET, QUARTER, OPENING, EXACT_FROM = range(5)
CALLERS, CALLEES, DEVICES, EXACT, OPENS = range(5)
B_TABLES: Final = 5  # of each table: its first word, its slots; tags lie before records
TABLES: Final = 5
B_FORGOTTEN: Final = B_TABLES + 2 * TABLES  # keys let go for want of room, by table
FORGOTTEN: Final = ("callers", "callees", "devices", "watched", "calls under way")
B_CLOCK_JUMPS, B_RETRANSMITS, B_UNMATCHED_ENDS, B_CLOCK = range(B_FORGOTTEN + 5, B_FORGOTTEN + 9)
B_WORK: Final = B_CLOCK + 1
CHUNK: Final = 128  # rows whose memory is asked for at once
WORK: Final = 8  # columns of the room to work in
BOOK: Final = B_WORK + WORK * CHUNK + 1

# of a caller, 80 bytes
W_HIGH, W_LAST, W_MORE, C_FIRST, C_1M, C_1H, C_1D, C_ENDED, C_TALK, C_SHARES, C_TODAY, C_CALLEES = range(12)
C_DEVICES, C_PREV, C_PROGRESS, C_GAPS, C_HOURS = range(15, 20)
CALLER_WORDS: Final = 20
GAPS_SHIFT, VICTIMS_SHIFT = 8, 12  # in W_MORE: four bits of how many gaps, a bitmap of sixteen bits, one bit
WATCHED_BIT: Final = 1 << 28
# of a callee, 36 bytes
E_FIRST, E_1H, E_1D, E_STOPPED, E_CALLERS = range(3, 8)
CALLEE_WORDS: Final = 9
# of a device, 44 bytes
D_1H, D_NEW, D_NUMBERS = range(3, 6)
D_BEFORE, D_CELLS = 7, 9
DEVICE_WORDS: Final = 11
# of a watched number, 164 bytes
X_SINCE, X_10S, X_10M, X_1H = 3, 5, 11, 17
EXACT_WORDS: Final = 41
# of a call under way, 16 bytes: its key, the tick at which it began and whether it has ended
OPEN_WORDS: Final = 4
WORDS: Final = (CALLER_WORDS, CALLEE_WORDS, DEVICE_WORDS, EXACT_WORDS, OPEN_WORDS)
