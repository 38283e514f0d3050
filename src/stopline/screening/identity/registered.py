"""Senders that two officers have registered for a brand: which brand, until when, with which hosts and templates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.clock import micros
from stopline.kernel.phone import NumberKind
from stopline.screening.identity.brands import BrandBook, shipped_brands
from stopline.screening.numbers import KINDS, Codes, NumberCodes, bytes_key, kinds
from stopline.screening.records import NumberEntry
from stopline.screening.text.fold import Folded, fold_all

_LINES: Final = tuple(KINDS.index(kind) for kind in (NumberKind.MOBILE, NumberKind.FIXED, NumberKind.FOREIGN))
NEVER: Final = np.iinfo(np.int64).min
# Whom a notice addresses is not its wording.
ADDRESSES: Final = ("先生", "女士", "小姐")
_ADDRESSED: Final = re.compile(rf"(尊敬的|亲爱的)[^\W\d_a-z]{{1,4}}({'|'.join(ADDRESSES)})")


@dataclass(frozen=True, slots=True)
class Registration:
    """One signed entry: the brand by its place in the book, until when, its hosts and the keys of its templates."""

    brand: int
    until_us: int
    hosts: tuple[str, ...]
    templates: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Table:
    """What entries and brands come to; `codes` are sorted."""

    book: BrandBook
    by_code: dict[int, tuple[Registration, ...]]
    codes: NDArray[np.int64]
    vouched: NDArray[np.int64]


class Senders:
    """The registered senders in memory, and the book of brands with the names that entries brought in.

    Whoever judges only calls never pays for them: they are made ready at the first message.
    """

    def __init__(self, codes: NumberCodes) -> None:
        self._numbers = codes
        self._entries: tuple[NumberEntry, ...] = ()
        self._names: tuple[str, ...] = ()  # of brands that only entries know
        self._book: BrandBook | None = None
        self._table: _Table | None = None

    def rebuild(self, entries: Iterable[NumberEntry]) -> None:
        """Start again from signed entries."""
        self._entries, self._table = tuple(entries), None

    @property
    def book(self) -> BrandBook:
        """The brands of the shipped file, and those that only entries in force know."""
        return self._ready().book

    @property
    def vouched(self) -> NDArray[np.int64]:
        """By brand: until when anybody is registered for it; one more stands for no brand."""
        return self._ready().vouched

    def of(self, code: int) -> tuple[Registration, ...]:
        """Return what a sender is registered for, lapsed registrations included."""
        return self._ready().by_code.get(code, ())

    def calls_elsewhere(self, number: str) -> bool:
        """Return whether a number is somebody's line: service numbers and what is no number at all are not."""
        return int(kinds(np.array([self._numbers.code(number)]))[0]) in _LINES

    def among(self, codes: Codes) -> NDArray[np.bool_]:
        """Return which of these senders are registered for anything."""
        known = self._ready().codes
        if not len(known):
            return np.zeros(len(codes), dtype=np.bool_)
        places = np.minimum(np.searchsorted(known, codes), len(known) - 1)
        found: NDArray[np.bool_] = known[places] == codes
        return found

    def _ready(self) -> _Table:
        if self._table is None:
            shipped = shipped_brands()
            names = tuple(sorted({row.brand for row in self._entries} - shipped.places.keys()))
            if self._book is None or names != self._names:
                self._names, self._book = names, shipped.with_names(names)
            self._table = self._made(self._book)
        return self._table

    def _made(self, book: BrandBook) -> _Table:
        by_code: dict[int, tuple[Registration, ...]] = {}
        vouched = np.full(len(book.brands) + 1, NEVER, dtype=np.int64)
        for row in self._entries:
            until_us, brand = micros(row.expires_at), book.places[row.brand]
            templates = frozenset(int(key, 16) for key in row.templates)
            code = self._numbers.code(row.number)
            by_code[code] = (*by_code.get(code, ()), Registration(brand, until_us, row.hosts, templates))
            vouched[brand] = max(vouched[brand], until_us)
        return _Table(book, by_code, np.array(sorted(by_code), dtype=np.int64), vouched)


def fingerprint_key(folded: Folded, row: int) -> int:
    """Return the key of one message's template: its folded letters, its numbers, links and codes masked."""
    return bytes_key(folded.chars[folded.starts[row] : folded.starts[row + 1]].tobytes())


def addressed_key(folded: str) -> int | None:
    """Return the key of one folded text without the name that it addresses, None where it addresses nobody."""
    plain, changed = _ADDRESSED.subn(r"\1\2", folded)
    return bytes_key(plain.encode("utf-32-le", "surrogatepass")) if changed else None


def fingerprints(examples: Iterable[str]) -> tuple[str, ...]:
    """Return the fingerprints under which examples of notices are registered; the texts cannot be read back."""
    folded = fold_all(list(examples))
    keys = [addressed_key(folded.text(row)) or fingerprint_key(folded, row) for row in range(len(folded.starts) - 1)]
    return tuple(dict.fromkeys(f"{key:016x}" for key in keys))
