"""What happens in the country in one minute, as the institutions and people in it see it.

Lines are E.164 texts, accounts are texts within a bank (`B1`…`B6`), amounts are integer fen (CNY
minor units), every `_at` is an aware UTC datetime. Truth about any of it lives in `truth.py` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

PASS, FLAG, HOLD, BLOCK = 0, 1, 2, 3
"""Verdict codes as `World.calls_verdict` and `World.messages_verdict` take them."""

CALL_COLUMNS = (
    *("at", "calling", "called", "displayed", "trunk", "origin_network", "device", "cell"),
    "carrier",
)
MESSAGE_COLUMNS = ("at", "sender", "recipient", "text", "carrier")


class VisitOutcome(StrEnum):
    """How a visit to a person at risk ended."""

    MET = "met"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    ALREADY_PAID = "already_paid"


class StopOutcome(StrEnum):
    """What a bank answers to an order about an account."""

    ACTIVE_FULL = "active_full"
    ACTIVE_PART = "active_part"
    EMPTY = "empty"
    MISMATCH = "mismatch"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTransfer:
    """One executed bank transfer; `source` and `target` are accounts at their banks."""

    reference: str
    at: datetime
    source: str
    source_bank: str
    target: str
    target_bank: str
    amount_minor: int
    currency: str = "CNY"

    def body(self) -> dict[str, object]:
        """Return the transfer as JSON for the doors of the centre."""
        return {
            "reference": self.reference,
            "at": self.at.isoformat(),
            "source": self.source,
            "source_bank": self.source_bank,
            "target": self.target,
            "target_bank": self.target_bank,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A person reports now: `body` is the JSON of the reports door, `truth_id` never leaves the process."""

    at: datetime
    body: dict[str, Any]
    truth_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A traveller stands at a port; `body` is the JSON of the crossings door (with `port` as `G1`…)."""

    at: datetime
    port: str
    body: dict[str, Any]
    truth_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Appellant:
    """Somebody wrongly stopped appeals now, with the reference that the network or the bank told."""

    at: datetime
    reference: str
    contact: str
    statement: str
    truth_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """A citizen recognised somebody from a published notice."""

    at: datetime
    document_no: str
    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """All that happened in the minute that begins at `at`.

    `calls` and `messages` are Arrow record batches in order of time with the columns CALL_COLUMNS
    and MESSAGE_COLUMNS (`at` is timestamp[us, UTC], the rest text; `carrier` names the carrier
    that must ask the centre and is not a column of the door). The truth arrays run beside them:
    0 for lawful traffic, 1 + syndicate for fraud; they are for the scoreboard alone.
    """

    at: datetime
    calls: pa.RecordBatch
    calls_truth: NDArray[np.int16]
    messages: pa.RecordBatch
    messages_truth: NDArray[np.int16]
    transfers: tuple[BankTransfer, ...]
    reports: tuple[Filing, ...]
    crossings: tuple[Crossing, ...]
    appellants: tuple[Appellant, ...]
    tips: tuple[Tip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A carrier's own record: this subscriber answered, or got a message from, this line."""

    line: str
    person: str
    at: datetime
    seconds: int
    kind: str
    district: str
    carrier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A bank's answer: how much it could hold of what was asked, and the account's whole balance."""

    outcome: StopOutcome
    applied_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose line, device or account it is, as the institution's own register has it."""

    value: str
    kind: str
    name: str
    name_latin: str
    birth_on: str
    sex: str
    document_no: str
    phone: str
    institution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredLine:
    """A number registered as a business; `kind` is courier, call_centre, bank_desk, hospital and so on."""

    line: str
    kind: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredSender:
    """A body with the senders it writes from, the hosts of its links and examples of its notices."""

    brand: str
    senders: tuple[str, ...]
    hosts: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DenFinding:
    """What a joint working group finds on the spot: the body of the dens door, and the persons' truth ids."""

    body: dict[str, Any]
    truth_ids: tuple[int, ...]
