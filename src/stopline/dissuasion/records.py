"""What the desk of dissuasion keeps. A person here is a potential victim, never a suspect (LAW safeguard 37).

None of it can be read from a case: no other desk imports these records, and each is erased at its term.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stopline.law.organisation import Power

Columns = tuple[tuple[str, ...], ...]


class WarningLevel(StrEnum):
    """How near a person seems to paying."""

    LOW = "low"
    MID = "mid"
    HIGH = "high"


class WarningState(StrEnum):
    """Where a warning stands."""

    ISSUED = "issued"
    DELIVERED = "delivered"
    FALSE_ALERT = "false_alert"
    CLOSED = "closed"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact with a watched line; `line` is the evidence, with what confirmed it."""

    line: str
    at: datetime
    seconds: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:  # noqa: A001 - the word of the domain
    """One person warned of one trick; erased at `erase_at`."""

    INDEXES: ClassVar[Columns] = (("person",), ("state",), ("district",), ("erase_at",))
    READ_POWER: ClassVar[Power] = Power.DISSUADE

    id: str
    person: str
    role: str
    carrier: str
    district: str
    level: WarningLevel
    state: WarningState
    typology: str
    contacts: tuple[Contact, ...]
    contacts_count: int
    seconds_count: int
    evidence: tuple[str, ...]
    code: str
    issued_at: datetime
    changed_at: datetime
    erase_at: datetime
    visit_id: str = ""
    outcome: str = ""


class VisitState(StrEnum):
    """Where a visit stands; every state can lead to `closed`, because the person may refuse."""

    ISSUED = "issued"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    LOCATED = "located"
    MET = "met"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit to one person by the station of the district; `code` proves the officer genuine."""

    INDEXES: ClassVar[Columns] = (("person",), ("state",), ("district",), ("erase_at",), ("code",))
    READ_POWER: ClassVar[Power] = Power.DISSUADE

    id: str
    warning_id: str
    person: str
    district: str
    typology: str
    code: str
    state: VisitState
    outcome: str
    issued_at: datetime
    sign_by_at: datetime
    meet_by_at: datetime
    erase_at: datetime
    dispatched_by: str = ""
    dispatched_at: datetime | None = None
    officer_id: str = ""
    signed_at: datetime | None = None
    met_at: datetime | None = None
    late_at: datetime | None = None
    next_follow_up_at: datetime | None = None
    follow_up_due_at: datetime | None = None
    follow_ups: tuple[str, ...] = ()
    closed_at: datetime | None = None


class DeliveryKind(StrEnum):
    """What a text to a person is."""

    WARNING = "warning"
    NOTIFICATION = "notification"
    LESSON = "lesson"
    FOLLOW_UP = "follow_up"
    ONE_TIME_CODE = "one_time_code"


class DeliveryState(StrEnum):
    """Where a text stands."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One text for a carrier to deliver to a number, or to a district (`district:` and its code)."""

    INDEXES: ClassVar[Columns] = (("carrier", "state"), ("about_id",), ("erase_at",))
    READ_POWER: ClassVar[Power] = Power.DISSUADE

    id: str
    carrier: str
    to: str
    sort: DeliveryKind
    about_id: str
    text_zh: str
    text_en: str
    state: DeliveryState
    created_at: datetime
    erase_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A person who wants no further contact; the id is the number."""

    READ_POWER: ClassVar[Power] = Power.DISSUADE

    id: str
    since_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedLine:
    """A line that people were defrauded from; the id is the line. Carriers refer contacts with confirmed ones."""

    INDEXES: ClassVar[Columns] = (("confirmed",),)

    id: str
    typology: str
    since_at: datetime
    until_at: datetime
    confirmed: bool
    refs: tuple[str, ...]
