"""What the public is told of a number: one of four states, each with a term, each open to redress.

A list of everything that was ever reported meets few of the next day's fraud numbers and keeps what has since got
an honest holder. So reports lapse, and a state never stops a call by itself: rules do, with conduct beside it.
"""

from __future__ import annotations

from enum import StrEnum

from stopline.kernel.ledger import Ledger
from stopline.screening.records import EntryState, ListKind, NumberEntry, ReportedLine, Snooze, SnoozeState


class PublicState(StrEnum):
    """What is known of a number; there is no state that says "safe"."""

    CONFIRMED = "confirmed"
    OFFICIAL = "official"
    REPORTED = "reported"
    UNKNOWN = "unknown"


def public_state(ledger: Ledger, number: str) -> PublicState:
    """Return the state of a normalised number now.

    Confirmed is what a signed measure or list entry in force restricts, official what a signed entry names as a
    public service, reported what a case named and has not lapsed. Whoever was granted redress is unknown again at
    once, for as long as the redress runs.
    """
    signed = ledger.find(NumberEntry, number=number, state=EntryState.SIGNED.value, since=("expires_at", ledger.at))
    kinds = {entry.list_kind for entry in signed}
    if ListKind.BLOCK in kinds:
        return PublicState.CONFIRMED
    if kinds & {ListKind.EXEMPT, ListKind.SENDER}:
        return PublicState.OFFICIAL
    running = ("expires_at", ledger.at)
    if ledger.find(Snooze, number=number, state=SnoozeState.ACTIVE.value, since=running, limit=1):
        return PublicState.UNKNOWN
    line = ledger.maybe(ReportedLine, number)
    reported = line is not None and line.expires_at > ledger.at
    return PublicState.REPORTED if reported else PublicState.UNKNOWN
