"""Features as one matrix of doubles, a row each, as the machine reads them; NaN is not known.

Rows stand in the order of the catalogue. A yes or no is 1 or 0, and a text with named values is the place of its value.
Any other text takes two rows, since equality and beginnings ask different things of it:

- *front*, in the row of the feature: its first fifteen digits written to the left in base 11, positive behind a plus
  sign and negative without one, so that a prefix of digits is one interval;
- *whole*, in a row after all features: the front itself where the text is nothing but those digits, else 2^52 plus a
  hash of 52 bits, so that two texts are one exactly when their values are (of other texts but for one chance in 2^52).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.numbers import bytes_key
from stopline.screening.rules.features import Channel, Column, Feature, Table, Type, catalogue
from stopline.screening.text.compiled import compiled

F64 = NDArray[np.float64]

DIGITS: Final = 15
"""Digits of a text that stand in its front; a prefix has no more."""
_BASE: Final = 11  # a digit is 1 to 10, what is no digit and the end are 0
_POWERS: Final = np.array([_BASE**power for power in range(DIGITS + 1)], dtype=np.int64)
_HASHED: Final = 1 << 52  # above every front: 11^15 < 2^52
_PLUS: Final = 43
_ZERO: Final = 48


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the features of a channel stand in its matrix."""

    features: dict[str, Feature]
    rows: dict[str, int]
    whole: dict[str, int]  # rows of the whole texts, after those of all features
    codes: dict[str, dict[str, int]]  # the places of named values

    @property
    def height(self) -> int:
        """How many rows the matrix has."""
        return len(self.rows) + len(self.whole)

    @staticmethod
    def of(channel: Channel) -> Layout:
        """Return the layout of a channel."""
        return _layout(channel)


@cache
def _layout(channel: Channel) -> Layout:
    return layout_of(catalogue(channel))


def layout_of(features: dict[str, Feature]) -> Layout:
    """Return the layout of any catalogue of features."""
    rows = {name: place for place, name in enumerate(features)}
    open_texts = [name for name, feature in features.items() if feature.type is Type.TEXT and not feature.values]
    whole = {name: len(rows) + place for place, name in enumerate(open_texts)}
    codes = {
        name: {value: place for place, value in enumerate(feature.values)}
        for name, feature in features.items()
        if feature.values
    }
    return Layout(features, rows, whole, codes)


def matrix_of(table: Table, layout: Layout, wanted: Collection[str] | None = None) -> F64:
    """Return the matrix of a table of columns; features that are not `wanted` stay unknown."""
    count = len(next(iter(table.values())).known)
    matrix = np.full((layout.height, count), np.nan)
    for name in layout.rows if wanted is None else wanted:
        column, row = table[name], matrix[layout.rows[name]]
        if name in layout.whole:
            _write_texts(column, row, matrix[layout.whole[name]])
        elif name in layout.codes:
            _write_codes(column, layout.codes[name], row)
        else:
            np.copyto(row, column.values.astype(np.float64, copy=False), where=column.known)
    return matrix


def _write_codes(column: Column, codes: dict[str, int], row: F64) -> None:
    names, places = _distinct(column)
    values = np.array([codes[name] if name in codes else text_values(name)[1] for name in names.tolist()], dtype=float)
    np.copyto(row, values[places], where=column.known)


def _write_texts(column: Column, front: F64, whole: F64) -> None:
    if column.names is not None and column.places is not None:
        both = np.array([text_values(name) for name in column.names.tolist()]).reshape(-1, 2)
        np.copyto(front, both[column.places, 0], where=column.known)
        np.copyto(whole, both[column.places, 1], where=column.known)
        return
    texts = np.ascontiguousarray(column.values.astype(np.str_, copy=False))
    width = max(1, texts.dtype.itemsize // 4)
    letters = texts.view(np.uint32).reshape(len(texts), width) if texts.dtype.itemsize else np.zeros((len(texts), 1))
    text_rows(letters.astype(np.uint32, copy=False), column.known, front, whole)
    for row in np.flatnonzero(whole == np.inf).tolist():
        whole[row] = _hashed(str(texts[row]))


def _distinct(column: Column) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    if column.names is not None and column.places is not None:
        return column.names, column.places
    names, places = np.unique(column.values.astype(np.str_, copy=False), return_inverse=True)
    return names, places.astype(np.int64)


# ---------------------------------------------------------------- texts as numbers


def text_values(text: str) -> tuple[float, float]:
    """Return the front and the whole of a text."""
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    value, plain = _front(letters if len(letters) else np.zeros(1, dtype=np.uint32))
    return value, value if plain else _hashed(text)


def prefix_interval(prefix: str) -> tuple[float, float]:
    """Return the lowest and the highest front of texts that begin so; of all texts where the prefix is empty."""
    if not prefix:
        return -np.finfo(np.float64).max, np.finfo(np.float64).max
    digits = prefix.removeprefix("+")
    low, _plain = text_values(prefix)
    span = float(_POWERS[DIGITS - len(digits)] - 1)
    return (low, low + span) if prefix.startswith("+") else (low - span, low)


@compiled()
def e164_value(digits: int) -> float:
    """Return the front and whole, which are one, of a number of 1 to 15 digits behind a plus sign."""
    return number_value(digits, True)


@compiled()
def number_value(digits: int, plus: bool) -> float:  # noqa: FBT001 - kernels hand plain values on
    """Return the front and whole, which are one, of 1 to 15 digits that do not begin with 0."""
    value, left, shift = np.int64(0), np.int64(digits), 0
    while left > 0:  # the last digit first: it is moved to the left once it is known how many there are
        value += (left % 10 + 1) * _POWERS[shift]
        left //= 10
        shift += 1
    value = value * _POWERS[DIGITS - shift] + 1
    return float(value) if plus else -float(value)


@compiled()
def letters_value(letters: NDArray[np.uint32]) -> tuple[float, bool]:
    """Return the front of a text, and whether it is nothing but a plus sign, if that, and 1 to 15 digits."""
    length = len(letters)
    while length > 0 and letters[length - 1] == 0:
        length -= 1
    start = 1 if length > 0 and letters[0] == _PLUS else 0
    value, count = np.int64(0), 0
    while start + count < length and count < DIGITS:
        digit = np.int64(letters[start + count]) - _ZERO
        if digit < 0 or digit > 9:
            break
        value = value * _BASE + digit + 1
        count += 1
    plain = count > 0 and start + count == length
    value = value * _POWERS[DIGITS - count] + 1
    return (float(value) if start == 1 else -float(value)), plain


@compiled("Tuple((float64, boolean))(Array(uint32, 1, 'C', readonly=True))")
def _front(letters: NDArray[np.uint32]) -> tuple[float, bool]:
    return letters_value(letters)


@compiled("void(uint32[:, ::1], boolean[::1], float64[::1], float64[::1])")
def text_rows(letters: NDArray[np.uint32], known: NDArray[np.bool_], front: F64, whole: F64) -> None:
    """Write front and whole of every known text; an infinite whole is still to be hashed."""
    for row in range(len(front)):
        if known[row]:
            front[row], plain = letters_value(letters[row])
            whole[row] = front[row] if plain else np.inf


def _hashed(text: str) -> float:
    return float(_HASHED + (bytes_key(text.encode("utf-8", "surrogatepass")) >> 10))
