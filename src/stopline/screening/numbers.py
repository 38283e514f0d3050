"""Numbers as column values: one 64-bit code a number, agreeing with `kernel.phone.read_number`.

A code keeps what the kernels need and nothing is lost beside it: batches keep the raw text.

    bits 0-2 kind | bit 3 valid | bit 4 home country | bits 5.. digits, or 57 bits of a hash with bit 62 set

A home mobile in E.164 is read by a kernel over a whole column: a plan of numbers decides kind and validity
by prefix and length, so that only a prefix that is new costs `read_number`. Other texts come from a bounded
two-generation cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
import phonenumbers
from numpy.typing import NDArray

from stopline.kernel.phone import NumberKind, read_number
from stopline.screening.text.compiled import compiled

KINDS: Final = tuple(NumberKind)
WITHHELD: Final = KINDS.index(NumberKind.WITHHELD)
VALID: Final = 8
HOME: Final = 16
SHIFT: Final = 5
HASHED: Final = 1 << 62
_GENERATION: Final = 1 << 18  # texts kept before the older half is let go
_REMEMBERED: Final = 1 << 13
_MOBILE_LETTERS: Final = 14  # +86 and eleven digits
_MOBILE_PREFIX: Final = slice(3, 8)  # the five digits on which the plan decides
_UNREAD: Final = -1

Codes = NDArray[np.int64]
Letters = NDArray[np.uint32]


class NumberCodes:
    """Turns texts into codes for networks of one country, remembering the recent ones."""

    def __init__(self, country: str = "CN") -> None:
        self.country = country
        self.home = phonenumbers.country_code_for_region(country)
        self._home = str(self.home)
        self._young: dict[str | None, int] = {None: WITHHELD}
        self._old: dict[str | None, int] = {}
        self.prefixes = np.full(100_000, _UNREAD, dtype=np.int8)  # low bits of home mobiles by their prefix

    def codes(self, texts: Sequence[str | None], count: int) -> Codes:
        """Return the code of every text; None and "" are withheld numbers."""
        known = [text or "" for text in texts]
        found = np.empty(count, dtype=np.int64)
        _mobiles(*packed(known, count), self.prefixes, found)
        for row in np.flatnonzero(found == _UNREAD).tolist():
            found[row] = self.code(texts[row])
        return found

    def code(self, text: str | None) -> int:
        """Return the code of one text."""
        if text is None:
            return WITHHELD
        code = self._young.get(text)
        if code is None:
            code = self._old.get(text)
            if code is None:
                code = self._read(text)
            if len(self._young) >= _GENERATION:
                self._young, self._old = {None: WITHHELD}, self._young
            self._young[text] = code
        return code

    def _read(self, text: str) -> int:
        """Read a number; a home mobile in E.164 is decided by a prefix that was read before."""
        if self._home == "86" and _is_home_mobile(text):
            prefix = int(text[_MOBILE_PREFIX])
            low = int(self.prefixes[prefix])
            if low == _UNREAD:
                low = self._slow(text) & ((1 << SHIFT) - 1)
                self.prefixes[prefix] = low
            return int(text[1:]) << SHIFT | low
        return self._slow(text)

    def _slow(self, text: str) -> int:
        number = read_number(text, country=self.country)
        low = KINDS.index(number.kind) | (VALID if number.valid else 0)
        normalised = number.normalised
        if number.kind is NumberKind.WITHHELD:
            return WITHHELD
        if number.kind is NumberKind.SHORT_CODE:
            return _number_or_hash(normalised, low | HOME)
        if normalised.startswith("+"):
            home = HOME if normalised.startswith("+" + self._home) and number.kind is not NumberKind.FOREIGN else 0
            return _number_or_hash(normalised[1:], low | home)
        return _hashed(normalised, low)


def kinds(codes: Codes) -> NDArray[np.int64]:
    """Return the index into KINDS of every code."""
    return codes & 7


def text_key(text: str) -> int:
    """Return a positive 62-bit key of any identifier that is only ever compared: a device, a cell, a template."""
    return bytes_key(text.encode("utf-8", "surrogatepass"))


def bytes_key(data: bytes) -> int:
    """Return a positive 62-bit key of bytes that are only ever compared."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 2 | 1


def bytes_keys(many: Iterable[bytes]) -> NDArray[np.int64]:
    """Return the keys of many."""
    digests = b"".join([blake2b(data, digest_size=8).digest() for data in many])
    return (np.frombuffer(digests, dtype=">u8") >> 2 | 1).astype(np.int64)


def text_keys(texts: Sequence[str | None], count: int) -> NDArray[np.int64]:
    """Return the key of every text, 0 for a missing one."""
    keys = bytes_keys([(text or "").encode("utf-8", "surrogatepass") for text in texts]).reshape(count)
    for row in [row for row, text in enumerate(texts) if not text]:
        keys[row] = 0
    return keys


class Keys:
    """Turns identifiers that are often the same into keys, remembering the recent ones; 0 stands for a missing one.

    A key is made in less time than it takes to find it again among a hundred thousand others.
    """

    def __init__(self) -> None:
        self._known: dict[str | None, int] = {None: 0, "": 0}

    def keys(self, texts: Sequence[str | None], count: int) -> NDArray[np.int64]:
        """Return the key of every text."""
        known = self._known
        found = list(map(known.get, texts))
        if None in found:
            new = list({text for text, key in zip(texts, found, strict=True) if key is None and text})
            if len(known) + len(new) > _REMEMBERED:
                known = self._known = {None: 0, "": 0}
                new = list({text for text in texts if text})
            keys = bytes_keys([text.encode("utf-8", "surrogatepass") for text in new])
            known.update(zip(new, keys.tolist(), strict=True))
            found = list(map(known.__getitem__, texts))
        return np.array(found, dtype=np.int64).reshape(count)


def packed(texts: Sequence[str], count: int) -> tuple[Letters, NDArray[np.int64]]:
    """Return the letters of all texts in one array; text i is letters[starts[i]:starts[i + 1]]."""
    letters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, count), out=starts[1:])
    return letters, starts


def _is_home_mobile(text: str) -> bool:
    return (
        len(text) == _MOBILE_LETTERS
        and text.startswith("+861")
        and text[4] in "3456789"
        and text.isascii()
        and text[1:].isdigit()
    )


@compiled("void(Array(uint32, 1, 'C', readonly=True), int64[::1], int8[::1], int64[::1])")
def _mobiles(letters: Letters, starts: NDArray[np.int64], prefixes: NDArray[np.int8], found: Codes) -> None:
    """Write the codes of home mobiles whose prefix was read before and of withheld numbers; _UNREAD of others."""
    for row in range(len(found)):
        first, length = starts[row], starts[row + 1] - starts[row]
        found[row] = WITHHELD if length == 0 else _UNREAD
        if length != _MOBILE_LETTERS or letters[first] != 43 or letters[first + 4] < 51:  # "+" and "3"
            continue
        digits, odd = np.int64(0), 0
        for place in range(first + 1, first + _MOBILE_LETTERS):
            digit = np.int64(letters[place]) - 48
            odd = 1 if digit < 0 or digit > 9 else odd
            digits = digits * 10 + digit
        if not odd and digits // 10_000_000_000 == 861:
            low = prefixes[digits // 1_000_000 % 100_000]
            if low != _UNREAD:
                found[row] = digits << SHIFT | low


def _number_or_hash(digits: str, low: int) -> int:
    if digits.isascii() and digits.isdigit() and len(digits) <= 15 and not digits.startswith("0"):
        return int(digits) << SHIFT | low
    return _hashed(digits, low)


def _hashed(text: str, low: int) -> int:
    return HASHED | (text_key(text) >> 6 << SHIFT) | low
