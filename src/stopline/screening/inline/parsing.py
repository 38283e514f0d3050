"""Columns of written numbers, read by a kernel: fixed-width bytes as a frame carries them, or Arrow's UTF-8 buffers.

A mobile of home costs its digits only; what was met lately is found in a table by its bytes. What is left, a
number that is new, long or odd, is read one by one as `NumberCodes.code` reads it: the codes are the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.numbers import SHIFT, WITHHELD, Codes, NumberCodes
from stopline.screening.state.table import mix
from stopline.screening.text.compiled import compiled

Bytes = NDArray[np.uint8]
U64 = NDArray[np.uint64]

ODD: Final = -1
"""Stands for the code of a row that the kernel could not read."""
LONGEST: Final = 24
"""Bytes of a number that the table remembers."""
_REMEMBERED: Final = 1 << 16
_WITH_PLUS: Final = 14  # +86 and eleven digits
_BARE: Final = 11

_Tables = tuple[NDArray[np.int8], NDArray[np.int8]]
_TABLES = "UniTuple(int8[::1], 2)"


class NumberReader:
    """Reads columns of numbers for networks of one country; shares what it learns with the codes of the engine."""

    def __init__(self, codes: NumberCodes) -> None:
        self._codes = codes
        self._bare = np.full(100_000, ODD, dtype=np.int8)  # low bits of home mobiles written without +86
        self._met = np.zeros((_REMEMBERED, LONGEST // 8 + 1), dtype=np.uint64)

    def fixed(self, column: NDArray[np.bytes_]) -> Codes:
        """Return the codes of a column of fixed-width bytes, padded with NUL; an empty text is a withheld number."""
        found = np.empty(len(column), dtype=np.int64)
        if column.dtype.itemsize != LONGEST:
            if column.dtype.itemsize > LONGEST:
                return self._long(column, found)
            column = column.astype(f"S{LONGEST}")
        words = np.ascontiguousarray(column).view(np.uint64)
        if _parse_fixed(words, self._tables(), self._met, found):
            self._odd(found, [bytes(column[row]) for row in np.flatnonzero(found == ODD).tolist()])
        return found

    def utf8(self, data: Bytes, offsets: NDArray[np.int32]) -> Codes:
        """Return the codes of an Arrow column of texts; text i is data[offsets[i]:offsets[i + 1]]."""
        found = np.empty(len(offsets) - 1, dtype=np.int64)
        if _parse_utf8(data, offsets, self._tables(), self._met, found):
            odd = np.flatnonzero(found == ODD).tolist()
            self._odd(found, [data[offsets[row] : offsets[row + 1]].tobytes() for row in odd])
        return found

    def _long(self, column: NDArray[np.bytes_], found: Codes) -> Codes:
        texts = column.tolist()
        offsets = np.zeros(len(texts) + 1, dtype=np.int32)
        np.cumsum(np.fromiter(map(len, texts), np.int32, len(texts)), out=offsets[1:])
        found[:] = self.utf8(np.frombuffer(b"".join(texts), dtype=np.uint8), offsets)
        return found

    def _tables(self) -> _Tables:
        return self._codes.prefixes, self._bare

    def _odd(self, found: Codes, texts: list[bytes]) -> None:
        for row, raw in zip(np.flatnonzero(found == ODD).tolist(), texts, strict=True):
            text = raw.decode("utf-8", "replace")
            code = self._codes.code(text)
            found[row] = code
            if len(raw) <= LONGEST and 0 not in raw:
                words = np.frombuffer(raw.ljust(LONGEST, b"\0"), dtype=np.uint64)
                self._met[_met_at(words)] = (*words.tolist(), code)
            if _is_bare_mobile(text) and code >> SHIFT == int("86" + text):
                self._bare[int(text[:5])] = code & ((1 << SHIFT) - 1)


def _is_bare_mobile(text: str) -> bool:
    # 179 begins a carrier's dialling code, and what is dialled behind it is another number
    return (
        len(text) == _BARE
        and text.isascii()
        and text.isdigit()
        and text[0] == "1"
        and text[1] >= "3"
        and text[:3] != "179"
    )


@compiled("int64(Array(uint64, 1, 'C', readonly=True))")
def _met_at(words: U64) -> int:
    return _place(words[0], words[1], words[2])


@compiled(allocates=False)
def _place(first: np.uint64, second: np.uint64, third: np.uint64) -> int:
    return int(mix(first ^ mix(second, np.uint64(3)) ^ mix(third, np.uint64(4)), np.uint64(2)) % np.uint64(_REMEMBERED))


@compiled(allocates=False)
def _eight(word: np.uint64) -> int:
    """Return eight ASCII digits, the first in the lowest byte, as a number; -1 when one is no digit."""
    value = word - np.uint64(0x3030303030303030)
    if (value | (word + np.uint64(0x4646464646464646))) & np.uint64(0x8080808080808080) != np.uint64(0):
        return -1
    value = value * np.uint64(10) + (value >> np.uint64(8))
    low, high = value & np.uint64(0x000000FF000000FF), (value >> np.uint64(16)) & np.uint64(0x000000FF000000FF)
    whole = low * np.uint64(0x000F424000000064) + high * np.uint64(0x0000271000000001)
    return int(np.int64(whole >> np.uint64(32)))


@compiled(allocates=False)
def _read(one: np.uint64, two: np.uint64, three: np.uint64, tables: _Tables, met: U64) -> int:
    """Return the code of a text of at most 24 bytes in three words, or ODD."""
    if one == np.uint64(0) and two == np.uint64(0) and three == np.uint64(0):
        return WITHHELD
    low, number = ODD, 0
    if three == np.uint64(0) and one & np.uint64(0xFFFFFFFF) == np.uint64(0x3136382B):  # "+861"
        head = _eight((one >> np.uint64(8) << np.uint64(24)) | np.uint64(0x303030))
        tail = _eight((one >> np.uint64(48)) | (two << np.uint64(16)))
        if two >> np.uint64(48) == np.uint64(0) and head >= 86_130 and tail >= 0:  # fourteen letters
            number = head * 100_000_000 + tail
            low = int(tables[0][number // 1_000_000 % 100_000])
    elif three == np.uint64(0) and two >> np.uint64(24) == np.uint64(0) and one & np.uint64(255) == np.uint64(49):
        head = _eight((one << np.uint64(40)) | np.uint64(0x3030303030))
        tail = _eight((one >> np.uint64(24)) | (two << np.uint64(40)))
        if head >= 130 and head != 179 and tail >= 0:  # eleven digits
            number = 8_600_000_000_000 + head * 100_000_000 + tail
            low = int(tables[1][number // 1_000_000 % 100_000])
    if low != ODD:
        return number << SHIFT | low
    row = met[_place(one, two, three)]
    same = (row[0] == one) & (row[1] == two) & (row[2] == three)
    return int(np.int64(row[3])) if same and row[3] != np.uint64(0) else ODD


@compiled(f"int64(Array(uint64, 1, 'C', readonly=True), {_TABLES}, uint64[:, ::1], int64[::1])")
def _parse_fixed(words: U64, tables: _Tables, met: U64, found: Codes) -> int:
    odd = 0
    for row in range(len(found)):
        code = _read(words[3 * row], words[3 * row + 1], words[3 * row + 2], tables, met)
        found[row] = code
        odd += code == ODD
    return odd


@compiled(
    f"int64(Array(uint8, 1, 'C', readonly=True), Array(int32, 1, 'C', readonly=True), {_TABLES}, "
    "uint64[:, ::1], int64[::1])"
)
def _parse_utf8(data: Bytes, offsets: NDArray[np.int32], tables: _Tables, met: U64, found: Codes) -> int:
    odd = 0
    for row in range(len(found)):
        first, last = offsets[row], offsets[row + 1]
        code = ODD
        if last - first <= LONGEST:
            one, two, three, hole = np.uint64(0), np.uint64(0), np.uint64(0), 0
            for place in range(last - first):
                byte = np.uint64(data[first + place])
                hole = 1 if byte == np.uint64(0) else hole
                moved = byte << np.uint64(8 * (place & 7))
                if place < 8:
                    one |= moved
                elif place < 16:
                    two |= moved
                else:
                    three |= moved
            code = ODD if hole else _read(one, two, three, tables, met)
        found[row] = code
        odd += code == ODD
    return odd
