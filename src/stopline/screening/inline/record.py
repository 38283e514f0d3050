"""The record of a verdict other than PASS: fixed words that a kernel writes, from which the verdict is told again.

A record is 64-bit words in the machine's order: two of the reference, then what `Word` names, then a bit a rule that
spoke, then the features as they were (eight bytes each, NaN = not known). A frame is the records of one batch with
the counts of the whole batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.ids import crockford, reference_key
from stopline.screening.rules.features import Channel

Words = NDArray[np.uint64]


class Word(IntEnum):
    """Places in a record, in words."""

    REFERENCE = 0  # two words, drawn at random
    AT_US = 2
    CODE = 3  # of the calling number or the sender
    STATE = 4  # verdict in bits 0-7, then a bit each: undecided, decided by the release on trial
    ROW = 5  # its place in the batch
    SCORE = 6
    BASE = 7
    TEXT = 8  # three words: the number as it was written, its first 24 bytes
    DEVICE = 11
    HITS = 12  # as many words as the release needs; the features follow


REFERENCE_LETTERS: Final = 26
UNDECIDED_BIT: Final = 1 << 8
TRIAL_BIT: Final = 1 << 9
COUNTS: Final = ("screened", "pass", "flag", "hold", "block", "undecided")


def hit_words(rules: int) -> int:
    """Return how many words hold one bit a rule."""
    return (rules + 63) // 64


def record_words(rules: int, features: int) -> int:
    """Return how many words a record has."""
    return Word.HITS + hit_words(rules) + features


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the records of a frame have in common: who asked, which releases answered, how wide a record is."""

    channel: Channel
    carrier: str
    release_id: str
    rules: int  # hit bits of a record
    features: tuple[str, ...]
    trial_id: str = ""  # of the release on trial, "" where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The verdicts other than PASS of one batch, and how many rows of it got which answer."""

    origin: Origin
    counts: tuple[int, ...]  # as COUNTS
    records: Words  # record x word

    @property
    def features(self) -> NDArray[np.float64]:
        """The features of every record, in the order of the origin."""
        found: NDArray[np.float64] = self.records[:, Word.HITS + hit_words(self.origin.rules) :].view(np.float64)
        return found

    def hits(self) -> NDArray[np.bool_]:
        """Return which rules spoke, record x rule."""
        words = np.ascontiguousarray(self.records[:, Word.HITS : Word.HITS + hit_words(self.origin.rules)])
        bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
        return bits[:, : self.origin.rules].astype(np.bool_)

    def references(self) -> list[str]:
        """Return the references as people read them."""
        return [reference_of(raw.tobytes()) for raw in self.records[:, Word.REFERENCE : Word.AT_US]]


def reference_of(raw: bytes) -> str:
    """Return 128 random bits as a reference: letters of base 32 in groups of eight."""
    return reference_key(crockford(int.from_bytes(raw, "big"), REFERENCE_LETTERS))
