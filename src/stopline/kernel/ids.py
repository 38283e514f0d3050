"""Ids that sort by time (ULID) and references that nobody can guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from stopline.kernel.clock import micros

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1
_REFERENCE_BYTES = 20  # 160 bits: a reference opens a page without login


@dataclass(slots=True)
class Ids:
    """Makes ids from a source of random bytes: the operating system's, or a seeded one in tests.

    Within one millisecond ids count upwards (the monotonic form of the ULID specification), so that what one
    process made in one act comes back in the order in which it was made.
    """

    random_bytes: Callable[[int], bytes]
    _newest: int = 0
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    def new(self, at: datetime) -> str:
        """Return a ULID (26 characters, Crockford base 32): 48 bits of milliseconds, 80 random bits."""
        stamp = micros(at) // 1000
        with self._turn:
            if self._newest >> _RANDOM_BITS == stamp and self._newest & _RANDOM_MASK != _RANDOM_MASK:
                self._newest += 1
            else:
                self._newest = stamp << _RANDOM_BITS | int.from_bytes(self.random_bytes(_RANDOM_BITS // 8), "big")
            return _crockford(self._newest, 26)

    def reference(self) -> str:
        """Return an unguessable reference: 160 random bits in groups of eight characters."""
        text = _crockford(int.from_bytes(self.random_bytes(_REFERENCE_BYTES), "big"), 32)
        return "-".join(text[start : start + 8] for start in range(0, 32, 8))


def is_id(text: str) -> bool:
    """Return whether a text has the form of an id, in capitals or not."""
    return len(text) == 26 and set(text.upper()) <= set(_CROCKFORD)


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
