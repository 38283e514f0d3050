"""Ids that sort by time (ULID) and references that nobody can guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from stopline.kernel.clock import micros

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE_BYTES = 20  # 160 bits: a reference opens a page without login


@dataclass(frozen=True, slots=True)
class Ids:
    """Makes ids from a source of random bytes: the operating system's, or a seeded one in tests."""

    random_bytes: Callable[[int], bytes]

    def new(self, at: datetime) -> str:
        """Return a ULID (26 characters, Crockford base 32): 48 bits of milliseconds, 80 random bits."""
        value = (micros(at) // 1000 << 80) | int.from_bytes(self.random_bytes(10), "big")
        return _crockford(value, 26)

    def reference(self) -> str:
        """Return an unguessable reference: 160 random bits in groups of eight characters."""
        text = _crockford(int.from_bytes(self.random_bytes(_REFERENCE_BYTES), "big"), 32)
        return "-".join(text[start : start + 8] for start in range(0, 32, 8))


def reference_key(text: str) -> str:
    """Return a typed reference as it is stored: letters that look like digits are read as digits."""
    letters = text.strip().upper().translate(_LOOKALIKES)
    kept = "".join(letter for letter in letters if letter in _CROCKFORD)
    return "-".join(kept[start : start + 8] for start in range(0, len(kept), 8))


def _crockford(value: int, length: int) -> str:
    letters = []
    for _ in range(length):
        letters.append(_CROCKFORD[value & 31])
        value >>= 5
    return "".join(reversed(letters))


_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
