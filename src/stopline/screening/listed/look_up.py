"""The kernel that asks the lists: one pass over the editions, so that memory answers many rows at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.listed.tables import (
    E_LAPSES,
    E_NEWEST,
    E_REPORTS,
    LISTS,
    NEVER,
    Edition,
    Entries,
    Ranges,
    block_of,
    in_ranges,
    on_edition,
    range_of,
    slot_of,
)
from stopline.screening.numbers import WITHHELD, Codes
from stopline.screening.text.compiled import compiled

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

# places of what the lists say, in a table of features by rows
L_REPORTS: Final = LISTS
L_AGE_H: Final = LISTS + 1
L_BLOCK: Final = LISTS + 2
ANSWERS: Final = LISTS + 3
_HOUR_US: Final = 3.6e9

Lists = tuple[Entries, tuple[Edition, Edition, Edition, Edition], I64, Ranges]
"""Entries; editions of every list; until when each edition lasts, then the country code of home; prefixes."""

_ENTRIES = "Tuple((int64[::1], int64[:, ::1]))"
_EDITION = "Tuple((int32[::1], uint64[:, ::1], int64[::1]))"
_RANGES = "Tuple((int64[::1], int32[::1], int64[:, ::1], int32[::1]))"
LISTS_TYPE: Final = f"Tuple(({_ENTRIES}, UniTuple({_EDITION}, {LISTS}), int64[::1], {_RANGES}))"


@compiled(allocates=False)
def ask_edition(lists: Lists, codes: Codes, at_us: I64, which: int, out: F64) -> None:
    """Write whether each number stands in the edition of one list."""
    _entries, editions, terms, _ranges = lists
    edition, until, home = editions[which], terms[which], terms[LISTS]
    if until == NEVER:
        out[:] = 0.0
        return
    for row in range(len(codes)):
        out[row] = 1.0 if until > at_us[row] and on_edition(edition, codes[row], home) else 0.0


@compiled(allocates=False)
def ask_entries(lists: Lists, codes: Codes, at_us: I64, slots: I64, features: F64, places: I64) -> None:
    """Add what entries and prefixes say, and the reports; `slots` gets each number's entry, -1 for none."""
    entries, _editions, _terms, ranges = lists
    keys, values = entries
    for row in range(len(codes)):  # first all addresses: memory fetches them side by side
        slot = slot_of(keys, codes[row])
        slots[row] = slot if keys[slot] == codes[row] and codes[row] != WITHHELD else -1
    for row in range(len(codes)):
        at, slot = at_us[row], slots[row]
        reports, age_h = 0.0, np.nan
        if slot >= 0:
            for which in range(LISTS):
                if values[slot, which] > at and places[which] >= 0:
                    features[places[which], row] = 1.0
            if at < values[slot, E_LAPSES]:
                reports = float(values[slot, E_REPORTS])
                age_h = max(0.0, (at - values[slot, E_NEWEST]) / _HOUR_US)
        features[places[L_REPORTS], row] = reports
        features[places[L_AGE_H], row] = age_h
    _ask_blocks(entries, codes, at_us, slots, features[places[L_BLOCK]])
    if len(ranges[0]) > 0:
        _ask_ranges(ranges, codes, at_us, features, places)


@compiled(allocates=False)
def _ask_blocks(entries: Entries, codes: Codes, at_us: I64, slots: I64, out: F64) -> None:
    """Write how many other numbers of each number's block were reported; its own report is no ground for this one."""
    keys, values = entries
    for row in range(len(codes)):
        out[row] = 0.0
        block = block_of(codes[row])
        if block == 0:
            continue
        place = slot_of(keys, block)
        if keys[place] == block and at_us[row] < values[place, E_LAPSES]:
            slot = slots[row]
            own = slot >= 0 and values[slot, E_REPORTS] > 0  # also when it has lapsed: the block counted it once
            out[row] = float(values[place, E_REPORTS] - (1 if own else 0))


@compiled(allocates=False)
def _ask_ranges(ranges: Ranges, codes: Codes, at_us: I64, features: F64, places: I64) -> None:
    for row in range(len(codes)):
        first = range_of(ranges, codes[row])
        if first >= 0:
            for which in range(LISTS):
                if places[which] >= 0 and in_ranges(ranges, first, codes[row], which, at_us[row]):
                    features[places[which], row] = 1.0


@compiled(allocates=False)
def ask_lists(lists: Lists, codes: Codes, at_us: I64, slots: I64, features: F64, places: I64) -> None:
    """Write what the lists say of every row, into the rows of `features` that `places` names (-1 = not asked)."""
    for which in range(LISTS):
        if places[which] >= 0:
            ask_edition(lists, codes, at_us, which, features[places[which]])
    ask_entries(lists, codes, at_us, slots, features, places)


@compiled(f"void({LISTS_TYPE}, int64[::1], int64[::1], int64[::1], float64[:, ::1], int64[::1])")
def ask_lists_of(lists: Lists, codes: Codes, at_us: I64, slots: I64, features: F64, places: I64) -> None:
    """Ask the lists alone, as messages do."""
    ask_lists(lists, codes, at_us, slots, features, places)


@compiled(allocates=False)
def ask_one_list(lists: Lists, which: int, codes: Codes, at_us: I64, found: I64) -> None:
    """Write 1 where a number stands on one list, in its edition or as an entry; 0 elsewhere."""
    (keys, values), editions, terms, _ranges = lists
    edition, until, home = editions[which], terms[which], terms[LISTS]
    for row in range(len(codes)):
        slot = slot_of(keys, codes[row])
        named = keys[slot] == codes[row] and values[slot, which] > at_us[row]
        known = until > at_us[row] and on_edition(edition, codes[row], home)
        found[row] = 1 if named or known else 0


@compiled(f"void({LISTS_TYPE}, int64, int64[::1], int64[::1], int64[::1])")
def ask_one_list_of(lists: Lists, which: int, codes: Codes, at_us: I64, found: I64) -> None:
    """Ask one list alone."""
    ask_one_list(lists, which, codes, at_us, found)
