"""What a number has done lately, in bounded memory: counters that fade, sketches of a day, outcomes of calls.

State is per calling number (or sender) and per device (or template). A table has a fixed number of
buckets of sixteen slots; a full bucket lets its longest silent slot go, so memory never grows and
what is forgotten depends only on the order of the calls, never on how they were cut into batches.

There is no store of who called whom: callees enter a bitmap of a salted hash that is cleared each day,
and of the number called last only its last three digits and sixteen bits of a hash remain.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.columns import MISSING
from stopline.screening.text.compiled import compiled

WAYS: Final = 16
SKETCH_WORDS: Final = 4
SKETCH_BITS: Final = 256
DAY_US: Final = 86_400_000_000

# columns of the fading counters of a number
_OUT_1M, _OUT_1H, _OUT_1D, _IN_1D, _ENDED, _ANSWERED, _TALK_S, _SHORT = range(8)
# columns of the exact values of a number
_LAST, _FIRST, _LAST_OUT, _DAY, _TODAY, _BITS, _PREV, _RUN, _DEV_BITS = range(9)
# columns of the exact values of a device
_D_LAST, _D_DAY, _D_NUMBERS, _D_CELLS = range(4)

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
)
_LEAST_OUTCOMES: Final = 5.0  # below this many (faded) known outcomes a ratio says nothing
_SHORT_RING_S: Final = 5.0

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
Numbers = tuple[I64, F64, I64, U64]  # keys, fading, exact, sketch
Whole = int | np.int64


class Velocity:
    """The live state of one channel; `advance` moves it over a batch and returns one feature row a call."""

    def __init__(self, *, capacity: int = 1 << 19, salt: int = 0x5DEECE66D, offset_s: int = 8 * 3600) -> None:
        """Reserve at least `capacity` numbers and as many devices; `offset_s` places the local midnight."""
        slots = max(WAYS, 1 << (capacity - 1).bit_length())
        self.offset_us = offset_s * 1_000_000
        self.salt = np.uint64(salt)
        self.keys = np.zeros(slots, dtype=np.int64)
        self.fading = np.zeros((slots, 8), dtype=np.float64)
        self.exact = np.zeros((slots, 9), dtype=np.int64)
        self.sketch = np.zeros((slots, SKETCH_WORDS + 1), dtype=np.uint64)
        self.device_keys = np.zeros(slots, dtype=np.int64)
        self.device_fading = np.zeros(slots, dtype=np.float64)
        self.device_exact = np.zeros((slots, 4), dtype=np.int64)
        self.device_sketch = np.zeros((slots, 2), dtype=np.uint64)
        self.forgotten = np.zeros(2, dtype=np.int64)  # numbers and devices let go for want of room

    def advance(  # noqa: PLR0913 - one array a column
        self, at_us: I64, calling: I64, *, called: I64, device: I64, cell: I64, answered_us: I64, ended_us: I64
    ) -> F64:
        """Return the features of every call (NaN = not known), each as of that call and before its outcome."""
        features = np.full((len(at_us), len(FEATURES)), np.nan, dtype=np.float64)
        _advance(
            (at_us, calling, called, device, cell, answered_us, ended_us),
            (self.keys, self.fading, self.exact, self.sketch),
            (self.device_keys, self.device_fading, self.device_exact, self.device_sketch),
            self.forgotten,
            self.salt,
            self.offset_us,
            features,
        )
        return features

    def outcomes(self, at_us: I64, calling: I64, answered_us: I64, ended_us: I64) -> None:
        """Take the outcomes of earlier attempts into account."""
        numbers = (self.keys, self.fading, self.exact, self.sketch)
        _outcomes(at_us, calling, answered_us, ended_us, numbers, self.forgotten)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot: names and arrays, only the slots in use."""
        used, held = np.flatnonzero(self.keys), np.flatnonzero(self.device_keys)
        return {
            "slots": np.array([len(self.keys)], dtype=np.int64),
            "salt": np.array([self.salt], dtype=np.uint64),
            "used": used,
            "keys": self.keys[used],
            "fading": self.fading[used],
            "exact": self.exact[used],
            "sketch": self.sketch[used],
            "held": held,
            "device_keys": self.device_keys[held],
            "device_fading": self.device_fading[held],
            "device_exact": self.device_exact[held],
            "device_sketch": self.device_sketch[held],
            "forgotten": self.forgotten,
        }

    def restore(self, arrays: dict[str, NDArray[np.generic]]) -> bool:
        """Take a snapshot over; returns False, changing nothing, when it was made for another table size."""
        if arrays["slots"].tolist() != [len(self.keys)]:
            return False
        used, held = arrays["used"].astype(np.int64), arrays["held"].astype(np.int64)
        for name in ("keys", "fading", "exact", "sketch"):
            target = getattr(self, name)
            target[:] = 0
            target[used] = arrays[name]
        for name in ("device_keys", "device_fading", "device_exact", "device_sketch"):
            target = getattr(self, name)
            target[:] = 0
            target[held] = arrays[name]
        self.forgotten[:] = arrays["forgotten"]
        self.salt = np.uint64(arrays["salt"].tolist()[0])
        return True


@compiled()
def mix(value: np.uint64, salt: np.uint64) -> np.uint64:
    """Return a well spread 64-bit hash."""
    value = (value ^ salt) + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled()
def _slot(keys: I64, exact: I64, key: Whole, forgotten: I64, which: int) -> tuple[int, bool]:
    """Return the slot of a key and whether it is new; column 0 of `exact` is when it was touched last."""
    buckets = len(keys) // WAYS
    start = int(mix(np.uint64(key), np.uint64(0)) % np.uint64(buckets)) * WAYS
    oldest = start
    for slot in range(start, start + WAYS):
        if keys[slot] == key:
            return slot, False
        if keys[slot] == 0:
            keys[slot] = key
            return slot, True
        if exact[slot, 0] < exact[oldest, 0]:
            oldest = slot
    forgotten[which] += 1
    keys[oldest] = key
    return oldest, True


@compiled()
def _touch(numbers: Numbers, key: Whole, at: Whole, forgotten: I64) -> int:
    """Return the slot of a number with its counters faded to `at`."""
    keys, fading, exact, sketch = numbers
    slot, new = _slot(keys, exact, key, forgotten, 0)
    if new:
        fading[slot, :] = 0.0
        exact[slot, :] = 0
        sketch[slot, :] = np.uint64(0)
        exact[slot, _LAST] = at
        exact[slot, _FIRST] = at
        exact[slot, _LAST_OUT] = MISSING
        exact[slot, _DAY] = MISSING
        exact[slot, _PREV] = -1
        return slot
    passed_s = (at - exact[slot, _LAST]) / 1e6
    if passed_s > 0.0:
        exact[slot, _LAST] = at
        fading[slot, _OUT_1M] *= math.exp(-passed_s / 60.0)
        fading[slot, _OUT_1H] *= math.exp(-passed_s / 3600.0)
        day = math.exp(-passed_s / 86400.0)
        for column in range(_OUT_1D, _SHORT + 1):
            fading[slot, column] *= day
    return slot


@compiled()
def _outcome(fading: F64, slot: int, at: Whole, answered: Whole, ended: Whole) -> None:
    if ended == MISSING:
        return
    fading[slot, _ENDED] += 1.0
    if answered != MISSING:
        fading[slot, _ANSWERED] += 1.0
        fading[slot, _TALK_S] += max(0.0, (ended - answered) / 1e6)
    elif (ended - at) / 1e6 <= _SHORT_RING_S:
        fading[slot, _SHORT] += 1.0


@compiled()
def _estimate(bits_set: Whole, size: int) -> float:
    """Return how many distinct values set `bits_set` of `size` bits (linear counting, Whang et al. 1990)."""
    zeros = max(size - bits_set, 1)
    return size * math.log(size / zeros)


@compiled()
def _count_callee(exact: I64, sketch: U64, slot: int, called: Whole, salt: np.uint64) -> None:
    """Enter a callee in the bitmap of the day, and in the run of neighbouring numbers."""
    digits = np.uint64(called) >> np.uint64(5)
    place = mix(digits, salt) % np.uint64(SKETCH_BITS)
    word, bit = np.int64(place >> np.uint64(6)), np.uint64(1) << (place & np.uint64(63))
    if sketch[slot, word] & bit == np.uint64(0):
        sketch[slot, word] |= bit
        exact[slot, _BITS] += 1
    tail = np.int64(digits % np.uint64(1000))
    head = np.int64(mix(digits // np.uint64(1000), salt) & np.uint64(0xFFFF))
    prev = exact[slot, _PREV]
    apart = abs(prev % 1000 - tail)
    exact[slot, _RUN] = exact[slot, _RUN] + 1 if prev >= 0 and prev // 1000 == head and 1 <= apart <= 3 else 1
    exact[slot, _PREV] = head * 1000 + tail


@compiled()
def _advance_device(devices: Numbers, call: tuple[Whole, ...], day: Whole, forgotten: I64, row: F64) -> None:
    """Count a call of a device and write its features."""
    keys, fading, exact, sketch = devices
    at, calling, device, cell = call
    slot, new = _slot(keys, exact, device, forgotten, 1)
    if new:
        fading[slot] = 0.0
        exact[slot, :] = 0
        exact[slot, _D_LAST] = at
        exact[slot, _D_DAY] = MISSING
    passed_s = (at - exact[slot, _D_LAST]) / 1e6
    if passed_s > 0.0:
        fading[slot] *= math.exp(-passed_s / 3600.0)
        exact[slot, _D_LAST] = at
    if day > exact[slot, _D_DAY]:
        exact[slot, _D_DAY] = day
        exact[slot, _D_NUMBERS] = exact[slot, _D_CELLS] = 0
        sketch[slot, :] = np.uint64(0)
    fading[slot] += 1.0
    bit = np.uint64(1) << (mix(np.uint64(calling), np.uint64(1)) & np.uint64(63))
    if sketch[slot, 0] & bit == np.uint64(0):
        sketch[slot, 0] |= bit
        exact[slot, _D_NUMBERS] += 1
    if cell != 0:
        bit = np.uint64(1) << (mix(np.uint64(cell), np.uint64(2)) & np.uint64(63))
        if sketch[slot, 1] & bit == np.uint64(0):
            sketch[slot, 1] |= bit
            exact[slot, _D_CELLS] += 1
    row[13] = _estimate(exact[slot, _D_NUMBERS], 64)
    row[14] = _estimate(exact[slot, _D_CELLS], 64) if exact[slot, _D_CELLS] > 0 else np.nan
    row[15] = fading[slot]


@compiled()
def _write(fading: F64, exact: I64, slot: int, at: Whole, idle_h: float, row: F64) -> None:
    """Write the features of a number as of now."""
    row[0] = fading[slot, _OUT_1M]
    row[1] = fading[slot, _OUT_1H]
    row[2] = fading[slot, _OUT_1D]
    row[3] = exact[slot, _TODAY]
    row[4] = min(_estimate(exact[slot, _BITS], SKETCH_BITS), row[3]) if exact[slot, _BITS] > 0 else np.nan
    row[5] = row[4] / row[3]
    row[6] = fading[slot, _OUT_1D] / (fading[slot, _OUT_1D] + fading[slot, _IN_1D])
    if fading[slot, _ENDED] >= _LEAST_OUTCOMES:
        row[7] = fading[slot, _ANSWERED] / fading[slot, _ENDED]
        row[9] = fading[slot, _SHORT] / fading[slot, _ENDED]
        if fading[slot, _ANSWERED] >= 1.0:
            row[8] = fading[slot, _TALK_S] / fading[slot, _ANSWERED]
    row[10] = (at - exact[slot, _FIRST]) / 3.6e9
    row[11] = idle_h
    row[12] = exact[slot, _RUN]


@compiled()
def _advance_call(
    call: tuple[Whole, ...], numbers: Numbers, forgotten: I64, salt: np.uint64, day: Whole, row: F64
) -> int:
    """Count one call at its calling number and write the features; returns the slot."""
    at, calling, called, device = call
    _keys, fading, exact, sketch = numbers
    slot = _touch(numbers, calling, at, forgotten)
    if day > exact[slot, _DAY]:
        exact[slot, _DAY] = day
        exact[slot, _TODAY] = exact[slot, _BITS] = exact[slot, _DEV_BITS] = 0
        sketch[slot, :] = np.uint64(0)
    idle_h = np.nan
    if exact[slot, _LAST_OUT] != MISSING:
        idle_h = max(0.0, (at - exact[slot, _LAST_OUT]) / 3.6e9)
    exact[slot, _LAST_OUT] = max(exact[slot, _LAST_OUT], at)
    for column in range(_OUT_1M, _OUT_1D + 1):
        fading[slot, column] += 1.0
    exact[slot, _TODAY] += 1
    if called > 31:
        _count_callee(exact, sketch, slot, called, salt)
    _write(fading, exact, slot, at, idle_h, row)
    if device != 0:
        bit = np.uint64(1) << (mix(np.uint64(device), np.uint64(3)) & np.uint64(63))
        if sketch[slot, SKETCH_WORDS] & bit == np.uint64(0):
            sketch[slot, SKETCH_WORDS] |= bit
            exact[slot, _DEV_BITS] += 1
        row[16] = _estimate(exact[slot, _DEV_BITS], 64)
    return slot


_I = "int64[::1]"


@compiled(
    f"void(UniTuple({_I}, 7), Tuple(({_I}, float64[:, ::1], int64[:, ::1], uint64[:, ::1])), "
    f"Tuple(({_I}, float64[::1], int64[:, ::1], uint64[:, ::1])), {_I}, uint64, int64, float64[:, ::1])"
)
def _advance(  # noqa: PLR0913, PLR0917 - the types stand in the signature above
    columns: tuple[I64, ...],
    numbers: Numbers,
    devices: Numbers,
    forgotten: I64,
    salt: np.uint64,
    offset: int,
    features: F64,
) -> None:
    at_us, calling, called, device, cell, answered_us, ended_us = columns
    for index in range(len(at_us)):
        at = at_us[index]
        day = (at + offset) // DAY_US
        row = features[index]
        if calling[index] > 31:  # a withheld number has no past
            call = (at, calling[index], called[index], device[index])
            slot = _advance_call(call, numbers, forgotten, salt, day, row)
            _outcome(numbers[1], slot, at, answered_us[index], ended_us[index])
        if device[index] != 0:
            _advance_device(devices, (at, calling[index], device[index], cell[index]), day, forgotten, row)
        if called[index] > 31:
            slot = _touch(numbers, called[index], at, forgotten)
            numbers[1][slot, _IN_1D] += 1.0


@compiled(f"void({_I}, {_I}, {_I}, {_I}, Tuple(({_I}, float64[:, ::1], int64[:, ::1], uint64[:, ::1])), {_I})")
def _outcomes(at_us: I64, calling: I64, answered_us: I64, ended_us: I64, numbers: Numbers, forgotten: I64) -> None:
    for index in range(len(at_us)):
        if calling[index] > 31:
            slot = _touch(numbers, calling[index], max(at_us[index], ended_us[index]), forgotten)
            _outcome(numbers[1], slot, at_us[index], answered_us[index], ended_us[index])
