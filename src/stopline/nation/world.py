"""The country itself: one seeded, minute-stepped world without a clock, without I/O and without the centre.

A minute goes: `step(at)`, then `calls_verdict` and `messages_verdict` with what the centre said,
then `ends()`; the other feedback methods may be called at any time between two steps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.nation.events import (
    BankTransfer,
    DenFinding,
    Exposure,
    Holder,
    Minute,
    RegisteredLine,
    Stopped,
    VisitOutcome,
)


class World:
    """A country of `subscribers` people from `start` on; the same seed lives the same day."""

    def __init__(self, seed: int, subscribers: int, start: datetime) -> None:
        raise NotImplementedError

    def step(self, at: datetime) -> Minute:
        """Live the minute that begins at `at` (steps follow each other by 60 s)."""
        raise NotImplementedError

    # -- what the centre answered about this minute's traffic

    def calls_verdict(self, codes: NDArray[np.uint8], references: Sequence[str] = ()) -> None:
        """Take one verdict code a call of the last minute (events.PASS…BLOCK), row order kept.

        `references` may be empty, or one text a row (empty where nothing was stopped); wrongly
        stopped callers keep theirs and may appeal with it later (`Minute.appellants`).
        """
        raise NotImplementedError

    def messages_verdict(self, codes: NDArray[np.uint8], references: Sequence[str] = ()) -> None:
        """Take one verdict code a message of the last minute; as `calls_verdict`."""
        raise NotImplementedError

    def ends(self) -> pa.RecordBatch:
        """Return calls that ended by the end of this minute: at, calling, called, answered_at, ended_at, cause, carrier.

        `answered_at` is null for a call that nobody took; only calls that were passed on appear.
        """
        raise NotImplementedError

    # -- what carriers, banks and partners know from their own records

    def registered_lines(self) -> tuple[RegisteredLine, ...]:
        """Return the numbers registered as businesses (what carriers hand to the centre before the day)."""
        raise NotImplementedError

    def exposures(self, lines: Collection[str], since: datetime | None = None) -> tuple[Exposure, ...]:
        """Return who answered these lines, or got a message from them, since an instant (24 h by default)."""
        raise NotImplementedError

    def holder_of(self, value: str) -> Holder | None:
        """Return who stands in the institution's register behind a line, a device or an account."""
        raise NotImplementedError

    def statement(self, bank: str, account: str, since: datetime) -> tuple[BankTransfer, ...]:
        """Return the account's transfers, in and out, from an instant on, oldest first."""
        raise NotImplementedError

    def den_finding(self) -> DenFinding | None:
        """Return what a joint working group finds in the den abroad; None once it has been cleared."""
        raise NotImplementedError

    # -- what is done to people, lines, accounts

    def warned(self, person: str, at: datetime) -> None:
        """A warning reached this line."""
        raise NotImplementedError

    def visited(self, person: str, at: datetime, arrived: datetime | None = None) -> VisitOutcome:
        """An officer stood at the door of this line's holder at `arrived` (or `at`)."""
        raise NotImplementedError

    def lesson_reached(self, district: str, at: datetime) -> None:
        """A lesson about the new trick reached the people of a district."""
        raise NotImplementedError

    def line_cut(self, value: str, at: datetime) -> bool:
        """A carrier cut a line or a device; return whether anything was found to cut."""
        raise NotImplementedError

    def line_restored(self, value: str, at: datetime) -> None:
        """A carrier restored a line or a device."""
        raise NotImplementedError

    def account_stopped(self, bank: str, account: str, amount_minor: int | None, at: datetime) -> Stopped:
        """A bank held an amount (None: all, and what comes later) in an account."""
        raise NotImplementedError

    def account_released(self, bank: str, account: str, amount_minor: int | None, at: datetime) -> Stopped:
        """A bank let go of what it held (None: all)."""
        raise NotImplementedError

    def wronged(self, person: str, reference: str, at: datetime) -> None:
        """Somebody was told of a measure against a line or account of theirs; the innocent may appeal."""
        raise NotImplementedError

    def appeal_answered(self, reference: str, at: datetime, *, granted: bool) -> None:
        """The centre answered an appeal."""
        raise NotImplementedError

    def notice_published(self, document_no: str, at: datetime) -> None:
        """A wanted notice about this person stands on the public page; somebody may recognise them."""
        raise NotImplementedError

    def caught(self, document_no: str, at: datetime) -> bool:
        """Police took this person; return whether they are one of the country's criminals."""
        raise NotImplementedError

    def den_raided(self, at: datetime) -> None:
        """The den abroad was raided: its callers fall silent."""
        raise NotImplementedError
