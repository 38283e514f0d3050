"""Number lists as flat arrays: what a kernel asks of a hundred million numbers in a few nanoseconds each.

A list has three parts, and a number is on it when any of them says so.

- *entries*: single numbers with an expiry of their own, what was reported of numbers, and how many numbers of a block
  of a hundred were reported: one open-addressing table.
- *an edition*: very many numbers with one expiry. The national plan is one bit a number, in pages of 2^20 numbers
  that exist where a number is listed; foreign, short and irregular numbers stand in a hash set.
- *ranges*: prefixes as disjoint intervals over numbers written to the left in fifteen digits, found by their first
  five. An interval names its longest prefix and that one the next shorter, so that each may lapse by itself. A short
  code stands there behind a 0, with which no country code begins: 95588 is a desk and +95588 a part of another country.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.phone import NumberKind
from stopline.screening.numbers import HASHED, HOME, KINDS, SHIFT, Codes
from stopline.screening.state.table import mix
from stopline.screening.text.compiled import compiled

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
Whole = int | np.int64

LISTS: Final = 4
"""Lists side by side: block, watch, exempt, victims."""
E_REPORTS: Final = 4
E_NEWEST: Final = 5
E_LAPSES: Final = 6
E_SNOOZE: Final = 7
ENTRY_COLUMNS: Final = 8
"""Of an entry: until when on each list, reports, the newest and when they lapse, the first snooze (0 = none)."""
NEVER: Final = np.iinfo(np.int64).min

PAGE_BITS: Final = 20
PAGE_WORDS: Final = 1 << (PAGE_BITS - 6)
PLAN_PAGES: Final = (10**11 >> PAGE_BITS) + 1
_LEAST: Final = 16
_KIND: Final = 7  # the bits of a code that say what kind of number it is
_SHORT: Final = KINDS.index(NumberKind.SHORT_CODE)
_BLOCK: Final = 1 << 61  # no number's code has this bit
_LEAST_BLOCKED: Final = 10**8

RANGE_DIGITS: Final = 15
N_LENGTH: Final = LISTS
N_PARENT: Final = LISTS + 1
NODE_COLUMNS: Final = LISTS + 2
"""Of a prefix: until when on each list, how many digits it has, the next shorter one (-1 = none)."""

Entries = tuple[I64, I64]
Edition = tuple[I32, U64, I64]
Ranges = tuple[I64, I32, I64, I32]
POWERS: Final = np.array([10**power for power in range(16)], dtype=np.int64)
_INDEX_SPAN: Final = 10 ** (RANGE_DIGITS - 5)


@compiled(allocates=False)
def national(code: Whole, home: Whole) -> Whole:
    """Return the place of a number in the national plan (10^9..10^11), -1 for every other number."""
    if code & HASHED != 0 or code & HOME == 0:
        return -1
    digits = code >> SHIFT
    place = digits - home * 100_000_000_000
    if 10_000_000_000 <= place < 100_000_000_000:
        return place
    place = digits - home * 10_000_000_000
    return place if 1_000_000_000 <= place < 10_000_000_000 else -1


@compiled(allocates=False)
def slot_of(keys: I64, code: Whole) -> Whole:
    """Return where a key stands or would stand; the table always has an empty place."""
    mask = len(keys) - 1
    slot = np.int64(mix(np.uint64(code), np.uint64(5)) & np.uint64(mask))
    while keys[slot] != code and keys[slot] != 0:
        slot = (slot + 1) & mask
    return slot


@compiled(allocates=False)
def block_of(code: Whole) -> Whole:
    """Return the key of a number's block of a hundred; 0 for short, irregular and withheld numbers."""
    digits = code >> SHIFT
    if code & HASHED != 0 or digits < _LEAST_BLOCKED:
        return np.int64(0)
    return np.int64(digits // 100 << SHIFT | _BLOCK)


@compiled(allocates=False)
def on_edition(edition: Edition, code: Whole, home: Whole) -> bool:
    """Return whether a number stands in an edition."""
    directory, pages, others = edition
    place = national(code, home)
    if place >= 0:
        page = directory[place >> PAGE_BITS]
        within = place & ((1 << PAGE_BITS) - 1)
        return bool((pages[page, within >> 6] >> np.uint64(within & 63)) & np.uint64(1) != np.uint64(0))
    return bool(others[slot_of(others, code)] == code)


@compiled(allocates=False)
def range_of(ranges: Ranges, code: Whole) -> Whole:
    """Return the longest prefix in whose interval a number lies, -1 where there is none."""
    starts, firsts, _nodes, index = ranges
    digits = code >> SHIFT
    if code & HASHED != 0 or digits == 0 or len(starts) == 0:
        return -1
    length = _length(code)
    aligned = digits * POWERS[RANGE_DIGITS - length] if length <= RANGE_DIGITS else digits // 10
    place = aligned // _INDEX_SPAN
    low, high = index[place], index[place + 1]  # the last start at or below lies in low - 1 .. high - 1
    while low < high:
        middle = (low + high) >> 1
        if starts[middle] <= aligned:
            low = middle + 1
        else:
            high = middle
    return firsts[low - 1] if low > 0 else -1


@compiled(allocates=False)
def digits_of(number: Whole) -> int:
    """Return how many decimal digits a number has."""
    count = 1
    while count < RANGE_DIGITS and number >= POWERS[count]:
        count += 1
    return count


@compiled(allocates=False)
def _length(code: Whole) -> int:
    """Return how many digits a number has among the ranges: one more for a short code, which stands behind a 0."""
    return digits_of(code >> SHIFT) + (1 if code & _KIND == _SHORT else 0)


@compiled(allocates=False)
def in_ranges(ranges: Ranges, first: Whole, code: Whole, which: Whole, at: Whole) -> bool:
    """Return whether a number starts with a prefix that is on a list now; `first` is its longest."""
    nodes = ranges[2]
    length = _length(code)
    node = np.int64(first)
    while node >= 0:
        if nodes[node, which] > at and nodes[node, N_LENGTH] <= length:
            return True
        node = nodes[node, N_PARENT]
    return False


_ENTRIES = "Tuple((int64[::1], int64[:, ::1]))"
_EDITION = "Tuple((int32[::1], uint64[:, ::1], int64[::1]))"
_RANGES = "Tuple((int64[::1], int32[::1], int64[:, ::1], int32[::1]))"


@compiled("int64(int64[::1], int64, int32[::1])")
def _count_pages(codes: Codes, home: int, directory: I32) -> int:
    """Number the pages that hold one of the numbers, from 1 on; returns how many numbers lie outside the plan."""
    outside = 0
    for row in range(len(codes)):
        place = national(codes[row], home)
        if place < 0:
            outside += 1
        else:
            directory[place >> PAGE_BITS] = 1
    used = 0
    for page in range(len(directory)):
        if directory[page] != 0:
            used += 1
            directory[page] = used
    return outside


@compiled(f"void(int64[::1], int64, {_EDITION})")
def _fill_edition(codes: Codes, home: int, edition: Edition) -> None:
    directory, pages, others = edition
    for row in range(len(codes)):
        place = national(codes[row], home)
        if place >= 0:
            within = place & ((1 << PAGE_BITS) - 1)
            pages[directory[place >> PAGE_BITS], within >> 6] |= np.uint64(1) << np.uint64(within & 63)
        else:
            others[slot_of(others, codes[row])] = codes[row]


@compiled(f"void(int64[::1], int64[:, ::1], {_ENTRIES})")
def _move_entries(keys: I64, values: I64, into: Entries) -> None:
    for old in range(len(keys)):
        if keys[old] != 0:
            slot = slot_of(into[0], keys[old])
            into[0][slot] = keys[old]
            into[1][slot] = values[old]


def no_edition() -> Edition:
    """Return an edition with no number on it."""
    return (
        np.zeros(PLAN_PAGES, dtype=np.int32),
        np.zeros((1, PAGE_WORDS), dtype=np.uint64),
        np.zeros(_LEAST, dtype=np.int64),
    )


def make_edition(codes: Codes, home: int) -> Edition:
    """Return an edition of numbers, given as codes in any order; a number given twice is one."""
    directory = np.zeros(PLAN_PAGES, dtype=np.int32)
    outside = _count_pages(codes, home, directory)
    pages = np.zeros((int(directory.max(initial=0)) + 1, PAGE_WORDS), dtype=np.uint64)  # touched where a number is
    edition = (directory, pages, np.zeros(_room(outside), dtype=np.int64))
    _fill_edition(codes, home, edition)
    return edition


class EntryTable:
    """Numbers with values of their own; it doubles before it is half full."""

    def __init__(self) -> None:
        self.count = 0
        self.arrays: Entries = _empty(_LEAST)

    def row(self, code: int) -> I64:
        """Return the values of a number, to be read and written; a new number is on no list."""
        found = self.find(code)
        if found is not None:
            return found
        keys, values = self.arrays
        if 2 * (self.count + 1) > len(keys):
            grown = _empty(2 * len(keys))
            _move_entries(keys, values, grown)
            self.arrays = keys, values = grown
        place = int(_place(keys, code))
        keys[place] = code
        self.count += 1
        new: I64 = values[place]
        return new

    def find(self, code: int) -> I64 | None:
        """Return the values of a number, None when it has none."""
        keys, values = self.arrays
        place = int(_place(keys, code))
        return values[place] if keys[place] == code else None


@compiled("int64(int64[::1], int64)")
def _place(keys: I64, code: int) -> Whole:
    return slot_of(keys, code)


def _empty(size: int) -> Entries:
    values = np.zeros((size, ENTRY_COLUMNS), dtype=np.int64)
    values[:, :LISTS] = NEVER
    values[:, E_LAPSES] = NEVER
    return np.zeros(size, dtype=np.int64), values


def _room(count: int) -> int:
    """Return a power of two that a number of keys fill by half at most."""
    return max(_LEAST, 1 << (2 * count).bit_length())


def make_ranges(prefixes: Iterable[Mapping[str, int]]) -> Ranges:
    """Return prefixes of lists, each with its instant of expiry, as intervals."""
    untils: dict[str, list[int]] = {}
    for which, of_list in enumerate(prefixes):
        for prefix, until in of_list.items():
            digits = _plain(prefix)
            if digits:
                lists = untils.setdefault(digits, [NEVER] * LISTS)
                lists[which] = max(lists[which], until)
    names = sorted(untils)  # a prefix comes before all that begin with it
    nodes = np.full((len(names), NODE_COLUMNS), NEVER, dtype=np.int64)
    bounds: list[tuple[int, int]] = []
    _intervals(names, nodes, bounds)
    for place, name in enumerate(names):
        nodes[place, :LISTS] = untils[name]
        nodes[place, N_LENGTH] = len(name)
    starts = np.array([start for start, _node in bounds], dtype=np.int64)
    firsts = np.array([node for _start, node in bounds], dtype=np.int32)
    heads = np.arange(100_001, dtype=np.int64) * _INDEX_SPAN
    index = np.searchsorted(starts, heads, side="left").astype(np.int32)
    return starts, firsts, nodes, index


def _intervals(names: list[str], nodes: I64, bounds: list[tuple[int, int]]) -> None:
    """Cut the line of numbers where a prefix begins or ends; each piece names the longest that covers it."""
    open_nodes: list[tuple[int, int]] = []  # end, node
    for place, name in enumerate(names):
        start = int(name) * 10 ** (RANGE_DIGITS - len(name))
        _close(open_nodes, bounds, start)
        nodes[place, N_PARENT] = open_nodes[-1][1] if open_nodes else -1
        _cut(bounds, start, place)
        open_nodes.append((start + 10 ** (RANGE_DIGITS - len(name)), place))
    _close(open_nodes, bounds, 10**RANGE_DIGITS)


def _close(open_nodes: list[tuple[int, int]], bounds: list[tuple[int, int]], start: int) -> None:
    while open_nodes and open_nodes[-1][0] <= start:
        end, _node = open_nodes.pop()
        _cut(bounds, end, open_nodes[-1][1] if open_nodes else -1)


def _cut(bounds: list[tuple[int, int]], start: int, node: int) -> None:
    if bounds and bounds[-1][0] == start:
        bounds[-1] = (start, node)
    else:
        bounds.append((start, node))


def _plain(prefix: str) -> str:
    """Return a prefix as the digits it stands for among the ranges, "" for one that no number begins with."""
    plus = prefix.startswith("+")
    digits = prefix[1:] if plus else "0" + prefix
    if not prefix.isascii() or not digits.isdigit() or digits.startswith("0") is plus:
        return ""
    return digits if (plus or digits[1:2] not in ("", "0")) and len(digits) <= RANGE_DIGITS else ""
