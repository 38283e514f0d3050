"""Columns of whole numbers in as few bytes as they need: one value, or what each is above the least of them.

A block is as many words of eight bytes as there are columns, each with how wide the column is; then the least of each
column; then the columns, one behind the other, each from a word on. A column of one value takes no more than that.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.compiled import compiled

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
Whole = int | np.int64
_Into = tuple[NDArray[np.uint8], NDArray[np.uint16], NDArray[np.uint32], U64]
"""The same room as values of each width."""

FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
SECOND: Final = np.uint64(0x94D049BB133111EB)
_WIDTHS: Final = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def narrow(values: I64, hidden: int, key: np.uint64) -> memoryview:
    """Return the block of some columns (column x row), the first of them `hidden` under a key."""
    columns, rows = values.shape
    words = np.empty(columns * (rows + 2), dtype=np.uint64)
    views = words.view(np.uint8), words.view(np.uint16), words.view(np.uint32), words
    used = _narrow(values.view(np.uint64), hidden, key, views)
    return words[:used].data.cast("B")


def widened(block: bytes | memoryview, columns: int, rows: int) -> U64:
    """Return the columns of a block; raises ValueError where it is none."""
    words = np.frombuffer(block, dtype=np.uint64)
    if len(words) < 2 * columns:
        raise ValueError(len(words))
    found, place = np.empty((columns, rows), dtype=np.uint64), 2 * columns
    for column in range(columns):
        width, least = int(words[column]), words[columns + column]
        found[column] = least
        if width:
            size = -(-rows * width // 8)
            found[column] += words[place : place + size].view(_WIDTHS[width])[:rows]
            place += size
    return found


@compiled(allocates=False)
def hide(value: np.uint64, key: np.uint64) -> np.uint64:
    """Return a value scrambled under a key, one to one (the finaliser of SplitMix64)."""
    value ^= key
    value = (value ^ (value >> np.uint64(30))) * FIRST
    value = (value ^ (value >> np.uint64(27))) * SECOND
    return value ^ (value >> np.uint64(31))


@compiled(
    "int64(uint64[:, ::1], int64, uint64, Tuple((uint8[::1], uint16[::1], uint32[::1], uint64[::1])))", allocates=False
)
def _narrow(values: U64, hidden: int, key: np.uint64, into: _Into) -> Whole:
    columns, rows = values.shape
    words = into[3]
    place = np.int64(2 * columns)
    for column in range(columns):
        line = values[column]
        least, most = np.int64(line[0]), np.int64(line[0])
        for row in range(rows):
            least, most = min(least, np.int64(line[row])), max(most, np.int64(line[row]))
        base, span = np.uint64(least), np.uint64(most) - np.uint64(least)
        width = 0
        if column >= hidden:
            width = _put(line, base, span, place, into)
        elif span == np.uint64(0):
            base = hide(base, key)
        else:
            width, base = 8, np.uint64(0)
            for row in range(rows):
                words[place + row] = hide(line[row], key)
        words[column], words[columns + column] = np.uint64(width), base
        place += (rows * width + 7) // 8
    return place


@compiled(allocates=False)
def _put(line: U64, base: np.uint64, span: np.uint64, place: Whole, into: _Into) -> int:
    """Write what each value of a column is above the least; returns in how many bytes each."""
    bytes_, halves, quarters, words = into
    if span == np.uint64(0):
        return 0
    if span <= np.uint64(0xFF):
        for row in range(len(line)):
            bytes_[8 * place + row] = np.uint8(line[row] - base)
        return 1
    if span <= np.uint64(0xFFFF):
        for row in range(len(line)):
            halves[4 * place + row] = np.uint16(line[row] - base)
        return 2
    if span <= np.uint64(0xFFFFFFFF):
        for row in range(len(line)):
            quarters[2 * place + row] = np.uint32(line[row] - base)
        return 4
    for row in range(len(line)):
        words[place + row] = line[row] - base
    return 8
