"""Reads of personal data under watch: which are drawn, whom they concern, and what has become of each."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import ClassVar, Final

from stopline.kernel.ledger import Record

# Columns whose value names the person, line or account that a record is about; never whose hand it went through.
PERSON_COLUMNS: Final = frozenset(
    {
        "account", "accounts", "aliases", "called", "calling", "contact", "contacts", "displayed", "document_no", "id",
        "line", "lines", "name", "name_latin", "node", "number", "own_accounts", "own_line", "parties", "person",
        "person_ref", "persons", "phone", "ref", "source", "subject_label", "subject_ref", "target", "to", "traveller",
        "value",
    }
)  # fmt: skip
_BESIDE: Final = frozenset({"evidence", "further_evidence", "grounds", "supplements"})  # name sources and hands
_OFFICER_COLUMNS: Final = frozenset({"id", "login", "name"})
_TAIL: Final = 10  # +8613800000001 and 13800000001 are one line: of a long number its last ten digits tell


class SampleState(StrEnum):
    """What has become of a read that was drawn."""

    ASKED = "asked"
    UNANSWERED = "unanswered"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class AlertState(StrEnum):
    """What has become of a look at oneself or at a colleague."""

    RAISED = "raised"
    ASKED = "asked"
    UNANSWERED = "unanswered"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Lookup(StrEnum):
    """Whom an officer looked up."""

    OWN = "own_record"
    COLLEAGUE = "colleague_record"


class TieSort(StrEnum):
    """By what the register knows an officer."""

    ID = "id"
    LOGIN = "login"
    NAME = "name"
    LINE = "line"
    ACCOUNT = "account"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One read as it is logged: what was opened, and the values in it that name a person."""

    act: str
    thing: str
    thing_id: str
    reason: str = ""
    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRead:
    """A read to be accounted for. `read_seq` is its row in the audit chain; `told` = the reader was asked."""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("state", "due_at"), ("officer_id",))
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("read_seq",),)

    id: str
    read_seq: int
    read_act: str
    thing: str
    thing_id: str
    officer_id: str
    read_session: str
    purpose: str
    read_at: datetime
    told: bool
    due_at: datetime | None = None
    justification: str = ""
    justified_at: datetime | None = None
    decided_by: str = ""
    decided_session: str = ""
    decided_at: datetime | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSample(WatchedRead):
    """A read that was drawn by lot: the reader says what it was for, an auditor accepts it or not."""

    state: SampleState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAlert(WatchedRead):
    """A look at oneself or at a colleague; the auditor sees it at once, the reader when the auditor asks.

    `drawn` says that the lot fell on it too: then the reader is asked at once, and no sample stands beside it.
    """

    state: AlertState
    lookup: Lookup
    about: tuple[str, ...]  # ids of the officers looked up
    known_by: tuple[TieSort, ...]
    drawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerTie:
    """A line, account, document or other name of an officer, kept as a keyed digest: nobody reads it here."""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("digest",),)

    id: str
    officer_id: str
    sort: TieSort
    digest: str
    registered_by: str
    registered_at: datetime
    ended_by: str = ""
    ended_at: datetime | None = None


SAMPLE_STEPS: Final[dict[tuple[SampleState, str], SampleState]] = {
    (SampleState.ASKED, "lapse"): SampleState.UNANSWERED,
    (SampleState.ASKED, "justify"): SampleState.ANSWERED,
    (SampleState.UNANSWERED, "justify"): SampleState.ANSWERED,
    (SampleState.UNANSWERED, "reject"): SampleState.REJECTED,
    (SampleState.ANSWERED, "accept"): SampleState.ACCEPTED,
    (SampleState.ANSWERED, "reject"): SampleState.REJECTED,
}
_OPEN: Final = (AlertState.RAISED, AlertState.ASKED, AlertState.UNANSWERED, AlertState.ANSWERED)
# Nothing is confirmed against a reader who was not asked first.
ALERT_STEPS: Final[dict[tuple[AlertState, str], AlertState]] = {
    (AlertState.RAISED, "ask"): AlertState.ASKED,
    (AlertState.ASKED, "lapse"): AlertState.UNANSWERED,
    (AlertState.ASKED, "justify"): AlertState.ANSWERED,
    (AlertState.UNANSWERED, "justify"): AlertState.ANSWERED,
    (AlertState.UNANSWERED, "confirm"): AlertState.CONFIRMED,
    (AlertState.ANSWERED, "confirm"): AlertState.CONFIRMED,
    **{(state, "dismiss"): AlertState.DISMISSED for state in _OPEN},
}


def drawn(key: bytes, seq: int, *, one_in: int) -> bool:
    """Return whether the read at row `seq` of the audit chain is drawn: one in `one_in`, by a keyed hash.

    Who holds the key can draw again and find the same; who does not cannot tell beforehand.
    """
    digest = blake2b(seq.to_bytes(8, "big"), key=key, digest_size=8, person=b"read sample").digest()
    return int.from_bytes(digest, "big") % one_in == 0


def tie_digest(key: bytes, value: str) -> str:
    """Return the keyed digest of a line, account, document or name, however it is spaced, cased or prefixed."""
    return blake2b(_mark(value).encode(), key=key, digest_size=16, person=b"officer ties").hexdigest()


def person_values(thing: str, record: Record) -> frozenset[str]:
    """Return the values in a record that name whom it is about."""
    if thing == "officer":
        return frozenset({record.id})
    return frozenset(_values(record))


def asked_values(thing: str, filters: Mapping[str, object]) -> frozenset[str]:
    """Return the values of a list's filters that name a person: who filters by a number looks that number up."""
    columns = _OFFICER_COLUMNS if thing == "officer" else PERSON_COLUMNS
    return frozenset(text for name, value in filters.items() if name in columns for text in _texts(value))


def _mark(value: str) -> str:
    folded = unicodedata.normalize("NFKC", value).casefold()
    letters = "".join(letter for letter in folded if letter.isalnum())
    return letters[-_TAIL:] if letters.isdecimal() else letters


def _values(record: object) -> Iterator[str]:
    for name, value in _columns(record):
        if name in PERSON_COLUMNS:
            yield from _texts(value)
        if isinstance(value, (tuple, list)) and name not in _BESIDE:
            for part in value:
                yield from _values(part)


def _columns(record: object) -> Iterator[tuple[str, object]]:
    if isinstance(record, Mapping):
        yield from ((str(name), value) for name, value in record.items())
    elif dataclasses.is_dataclass(record):
        yield from ((field.name, getattr(record, field.name)) for field in dataclasses.fields(record))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, (tuple, list, frozenset, set)):
        yield from (part.strip() for part in value if isinstance(part, str) and part.strip())
