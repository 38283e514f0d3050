"""People on their way home: a den, a screening, a transfer, its custody record, a handover, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from stopline.alliance.requests import PartnerEvidence
from stopline.law.stepping import following

Columns = tuple[tuple[str, ...], ...]


class DenState(StrEnum):
    """Where a den stands."""

    REPORTED = "reported"
    JOINED = "joined"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenPerson:
    """A person whom a partner found in a den; the role is what the partner claims, and no more."""

    name: str
    name_latin: str
    birth_on: str
    document_no: str
    role_claimed: str
    circumstances: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Den:
    """A place that a partner reports, with its evidence. It grounds nothing until a joint group has met."""

    INDEXES: ClassVar[Columns] = (("partner",), ("state",))

    id: str
    partner: str
    place: str
    evidence: tuple[PartnerEvidence, ...]
    persons: tuple[DenPerson, ...]
    state: DenState
    reported_at: datetime
    agreement: str = ""
    legal_document: str = ""
    team: tuple[str, ...] = ()
    joined_by: str = ""
    joined_at: datetime | None = None


class ScreeningState(StrEnum):
    """Whether somebody has been screened."""

    WAITING = "waiting"
    DECIDED = "decided"


class ScreeningResult(StrEnum):
    """What the screening found."""

    OPEN = ""
    VICTIM = "victim"
    NO_INDICATION = "no_indication"


class Strength(StrEnum):
    """How strong an indicator of trafficking or forced labour is."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class VictimIndicator:
    """One indicator, its dimension (recruitment, movement, work, life, coercion, papers) and its strength."""

    dimension: str
    strength: Strength
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VictimScreening:
    """One screening by a trained person outside the investigating team, in a language that is understood."""

    INDEXES: ClassVar[Columns] = (("transfer_id",), ("state",))

    id: str
    transfer_id: str
    circumstances: str
    state: ScreeningState
    result: ScreeningResult
    opened_at: datetime
    indicators: tuple[VictimIndicator, ...] = ()
    language: str = ""
    interpreter: str = ""
    screened_by: str = ""
    screened_at: datetime | None = None
    note: str = ""


class TransferState(StrEnum):
    """Where a person's transfer stands; the last four are exits or holds."""

    NOMINATED = "nominated"
    IDENTITY_CONFIRMED = "identity_confirmed"
    SCREENED = "screened"
    CLEARED = "cleared"
    SCHEDULED = "scheduled"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CLOSED = "closed"
    REFERRED_AS_VICTIM = "referred_as_victim"
    MEDICAL_HOLD = "medical_hold"
    OBJECTION = "objection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One person's transfer; what each authority says of the person is a claim of that authority."""

    INDEXES: ClassVar[Columns] = (("den_id",), ("state",), ("measure_id",), ("handover_id",), ("document_no",))

    id: str
    den_id: str
    partner: str
    name: str
    name_latin: str
    birth_on: str
    document_no: str
    minor: bool
    role_claimed: str
    state: TransferState
    screening_id: str
    nominated_by: str
    nominated_at: datetime
    agreement: str
    legal_document: str
    non_punishment: bool = False
    identity_evidence: str = ""
    measure_id: str = ""
    guardian_told: str = ""
    guardian_told_at: datetime | None = None
    held_state: str = ""
    objection: str = ""
    objection_claim: str = ""
    outcome: str = ""
    handover_id: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRecord:
    """The four parts without which nobody takes a person over; the id is the transfer's."""

    id: str
    risk: str = ""
    offence: str = ""
    health: str = ""
    belongings: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts that are still empty."""
        return tuple(part for part in PARTS if not getattr(self, part).strip())


class HandoverState(StrEnum):
    """Where a handover stands."""

    SCHEDULED = "scheduled"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One journey: who is on it, who gave and who took, and four counts that must agree."""

    INDEXES: ClassVar[Columns] = (("partner", "state"), ("on_day",))

    id: str
    partner: str
    den_id: str
    conveyance: str
    at: datetime
    on_day: str
    transfer_ids: tuple[str, ...]
    minors: bool
    state: HandoverState
    manifest_count: int
    planned_by: str
    planned_at: datetime
    gave_by: str = ""
    gave_at: datetime | None = None
    took_by: str = ""
    took_session: str = ""
    took_at: datetime | None = None
    boarded_count: int | None = None
    landed_count: int | None = None
    received_count: int | None = None
    counted_count: int | None = None  # ours, at the place of arrival
    counted_by: str = ""


class IncidentKind(StrEnum):
    """What may happen to people under way; every one is published and none can be removed."""

    COUNT_MISMATCH = "count_mismatch"
    DEATH = "death"
    INJURY = "injury"
    USE_OF_FORCE = "use_of_force"
    ESCAPE = "escape"
    MEDICAL_EVENT = "medical_event"


class IncidentState(StrEnum):
    """Whether an incident has been explained; an explained one stays."""

    OPEN = "open"
    EXPLAINED = "explained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident of one handover or one person."""

    INDEXES: ClassVar[Columns] = (("handover_id",), ("transfer_id",), ("state",))

    id: str
    kind: IncidentKind
    handover_id: str
    transfer_id: str
    note: str
    state: IncidentState
    reported_by: str
    reported_session: str
    happened_at: datetime
    explanation: str = ""
    explained_by: str = ""


PARTS: Final = ("risk", "offence", "health", "belongings")

_T = TransferState
_BEFORE = (_T.NOMINATED, _T.IDENTITY_CONFIRMED, _T.SCREENED, _T.CLEARED, _T.SCHEDULED)
TRANSFER_STEPS: Final[dict[tuple[TransferState, str], TransferState]] = {
    (_T.NOMINATED, "confirm_identity"): _T.IDENTITY_CONFIRMED,
    **{(state, "refer"): _T.REFERRED_AS_VICTIM for state in (_T.NOMINATED, _T.IDENTITY_CONFIRMED)},
    (_T.IDENTITY_CONFIRMED, "pass_screening"): _T.SCREENED,
    (_T.SCREENED, "redraft"): _T.SCREENED,
    (_T.SCREENED, "clear"): _T.CLEARED,
    **{(state, "fall_back"): _T.SCREENED for state in (_T.CLEARED, _T.SCHEDULED)},
    (_T.CLEARED, "schedule"): _T.SCHEDULED,
    (_T.SCHEDULED, "hand_over"): _T.HANDED_OVER,
    (_T.HANDED_OVER, "depart"): _T.IN_TRANSIT,
    (_T.IN_TRANSIT, "receive"): _T.RECEIVED,
    (_T.RECEIVED, "close"): _T.CLOSED,
    **{(state, "object"): _T.OBJECTION for state in (*_BEFORE, _T.MEDICAL_HOLD)},
    **{(state, "hold_medical"): _T.MEDICAL_HOLD for state in _BEFORE},
}
_H = HandoverState
HANDOVER_STEPS: Final[dict[tuple[HandoverState, str], HandoverState]] = {
    (_H.SCHEDULED, "hand_over"): _H.HANDED_OVER,
    (_H.HANDED_OVER, "depart"): _H.IN_TRANSIT,
    (_H.IN_TRANSIT, "receive"): _H.RECEIVED,
    (_H.RECEIVED, "close"): _H.CLOSED,
}


def moved(transfer: Transfer, act: str) -> Transfer:
    """Return the transfer after one step; raises WrongState."""
    state = following(TRANSFER_STEPS, transfer.state, act, machine="transfer", subject_id=transfer.id)
    return replace(transfer, state=state)


def judge(indicators: tuple[VictimIndicator, ...]) -> ScreeningResult:
    """Return the result of a screening: lower than proof, and doubt is for the person.

    One strong indicator, two medium ones, or a medium one with two weak ones are enough (after the ILO's indicators).
    """
    count = {strength: sum(one.strength is strength for one in indicators) for strength in Strength}
    enough = (
        count[Strength.STRONG] >= 1
        or count[Strength.MEDIUM] >= 2
        or (count[Strength.MEDIUM] >= 1 and count[Strength.WEAK] >= 2)
    )
    return ScreeningResult.VICTIM if enough else ScreeningResult.NO_INDICATION


def view(transfer: Transfer) -> dict[str, object]:
    """Return a transfer as it leaves the house: the flag of non-punishment is always visible."""
    return {
        "id": transfer.id,
        "name": transfer.name,
        "name_latin": transfer.name_latin,
        "birth_on": transfer.birth_on,
        "document_no": transfer.document_no,
        "minor": transfer.minor,
        "state": transfer.state.value,
        "non_punishment": transfer.non_punishment,
    }


def disagreements(handover: Handover) -> dict[str, int]:
    """Return the counts that differ from the manifest."""
    counts = {
        "boarded": handover.boarded_count,
        "landed": handover.landed_count,
        "received": handover.received_count,
        "counted": handover.counted_count,
    }
    return {name: count for name, count in counts.items() if count is not None and count != handover.manifest_count}
