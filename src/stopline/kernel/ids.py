"""Ids that sort by time (ULID) and references that nobody can guess."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from stopline.kernel.clock import micros

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_REFERENCE_BYTES = 20  # 160 bits: a reference opens a page without login


@dataclass(slots=True)
class Ids:
    """Makes ids from a source of random bytes: the operating system's, or a seeded one in tests.

    Ids of one millisecond count upwards, so that what one process made in one act comes back in the order in which
    it was made (the monotonic form of the ULID specification). The count begins at a random place, so that two
    processes do not meet; taking the next number is one step that no thread can come between.
    """

    random_bytes: Callable[[int], bytes]
    _first: int = field(init=False)
    _numbers: count[int] = field(default_factory=count, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Draw the place where the count begins; its highest bit stays free, so that it never runs over."""
        self._first = int.from_bytes(self.random_bytes(_RANDOM_BITS // 8), "big") >> 1

    def new(self, at: datetime) -> str:
        """Return a ULID (26 characters, Crockford base 32): 48 bits of milliseconds, 80 bits of the count."""
        return crockford(micros(at) // 1000 << _RANDOM_BITS | self._first + next(self._numbers), 26)

    def reference(self) -> str:
        """Return an unguessable reference: 160 random bits in groups of eight characters."""
        text = crockford(int.from_bytes(self.random_bytes(_REFERENCE_BYTES), "big"), 32)
        return "-".join(text[start : start + 8] for start in range(0, 32, 8))


def is_id(text: str) -> bool:
    """Return whether a text has the form of an id, in capitals or not."""
    return len(text) == 26 and set(text.upper()) <= set(_CROCKFORD)


def reference_key(text: str) -> str:
    """Return a typed reference as it is stored: letters that look like digits are read as digits."""
    letters = text.strip().upper().translate(_LOOKALIKES)
    kept = "".join(letter for letter in letters if letter in _CROCKFORD)
    return "-".join(kept[start : start + 8] for start in range(0, len(kept), 8))


def crockford(value: int, length: int) -> str:
    """Return the last `length` letters of a number of at most 160 bits, in Crockford's base 32."""
    return b32encode(value.to_bytes(20, "big")).translate(_TO_CROCKFORD).decode()[-length:]


_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _CROCKFORD.encode())
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
