"""What the desk of borders keeps: named orders, hits, namesakes, and for a day the trips of parties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from stopline.borders.matching import Identity

Columns = tuple[tuple[str, ...], ...]


class OrderState(StrEnum):
    """Whether an order waits, stands, or is over; it binds only while its measure does."""

    WAITING = "waiting"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderOrder:
    """One named person: document number, name and full birth date. Nothing else can be a criterion."""

    INDEXES: ClassVar[Columns] = (("document_key", "state"), ("birth_on", "state"), ("measure_id",), ("person",))

    id: str
    person: str
    name: str
    name_latin: str
    birth_on: str
    document_no: str
    document_key: str
    measure_id: str
    case_id: str
    state: OrderState
    drafted_at: datetime
    live_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def identity(self) -> Identity:
        """Whom the order names."""
        return Identity(
            name=self.name, name_latin=self.name_latin, birth_on=self.birth_on, document_no=self.document_no
        )


class HitState(StrEnum):
    """Where a hit stands."""

    RAISED = "raised"
    IDENTITY_CHECKED = "identity_checked"
    CONFIRMED = "confirmed"
    FALSE = "false"
    ACTED = "acted"
    NOTIFIED = "notified"


class SecondDatum(StrEnum):
    """What an officer compares beside the photograph."""

    DOCUMENT_CHIP = "document_chip"
    FINGERPRINT = "fingerprint"
    PLACE_OF_BIRTH = "place_of_birth"
    FAMILY = "family"
    EARLIER_DOCUMENT = "earlier_document"


class HitAction(StrEnum):
    """What was done with a confirmed person; only what the order's measure allows."""

    HANDED_OVER = "handed_over"  # to the unit of the case: the person is caught
    EXIT_REFUSED = "exit_refused"
    LET_GO = "let_go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One traveller referred to an officer; the traveller's data are emptied when the hit was false."""

    INDEXES: ClassVar[Columns] = (("state", "resolve_by_at"), ("order_id",), ("crossing_id",), ("port",))

    id: str
    order_id: str
    measure_id: str
    person: str
    crossing_id: str
    port: str
    direction: str
    closeness: str
    traveller: str
    name: str
    birth_on: str
    document_no: str
    state: HitState
    raised_at: datetime
    resolve_by_at: datetime
    overdue_at: datetime | None = None
    photo_same: bool | None = None
    second_datum: str = ""
    second_same: bool | None = None
    checked_by: str = ""
    resolved_by: str = ""
    resolved_at: datetime | None = None
    delay_s: int | None = None
    action: str = ""
    acted_by: str = ""
    told_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesakeToken:
    """A traveller who is not the person of an order; the id is `order:pseudonym`, and nothing else is kept."""

    INDEXES: ClassVar[Columns] = (("order_id",),)

    id: str
    order_id: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TripLeg:
    """One person through a port with others, for a day, under pseudonyms; then `trip` and `traveller` are emptied.

    `trip` is the pseudonym of the vehicle, or of the person in whose company the traveller went.
    """

    INDEXES: ClassVar[Columns] = (("trip", "at"), ("traveller", "out"), ("kept", "at"))

    id: str
    trip: str
    traveller: str
    out: bool
    at: datetime
    kept: bool = True


class LeadState(StrEnum):
    """How far a hypothesis about organisers has come."""

    HYPOTHESIS = "hypothesis"
    REVIEWED = "reviewed"
    CORROBORATED = "corroborated"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganiserLead:
    """A pattern of escorted trips: a hypothesis. Those who were brought out are taken for victims until screened."""

    INDEXES: ClassVar[Columns] = (("state",), ("escort",))

    id: str
    trip: str
    port: str
    escort: str
    escorted: tuple[str, ...]
    evidence: tuple[str, ...]
    state: LeadState
    raised_at: datetime
    default_for_escorted: str = "victim_screening"
    reviewed_by: str = ""
    reviewed_session: str = ""
    decided_by: str = ""
    further_evidence: tuple[str, ...] = ()
    reason: str = ""


_H = HitState
HIT_STEPS: Final[dict[tuple[HitState, str], HitState]] = {
    (_H.RAISED, "check_identity"): _H.IDENTITY_CHECKED,
    (_H.RAISED, "find_false"): _H.FALSE,
    (_H.IDENTITY_CHECKED, "find_false"): _H.FALSE,
    (_H.IDENTITY_CHECKED, "confirm"): _H.CONFIRMED,
    (_H.CONFIRMED, "act"): _H.ACTED,
    (_H.ACTED, "notify"): _H.NOTIFIED,
}
UNRESOLVED = (_H.RAISED.value, _H.IDENTITY_CHECKED.value)

_L = LeadState
LEAD_STEPS: Final[dict[tuple[LeadState, str], LeadState]] = {
    (_L.HYPOTHESIS, "review"): _L.REVIEWED,
    (_L.REVIEWED, "corroborate"): _L.CORROBORATED,
    (_L.HYPOTHESIS, "drop"): _L.DROPPED,
    (_L.REVIEWED, "drop"): _L.DROPPED,
    (_L.CORROBORATED, "drop"): _L.DROPPED,
}
