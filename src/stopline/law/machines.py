"""Three small machines on one transition table: measure, enforcement, appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from stopline.kernel.errors import WrongState


class Machine(StrEnum):
    """What moves through states."""

    MEASURE = "measure"
    ENFORCEMENT = "enforcement"
    APPEAL = "appeal"


class MeasureState(StrEnum):
    """The legal state of a measure."""

    DRAFTED = "drafted"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    RENEWED = "renewed"
    LIFTED = "lifted"
    EXPIRED = "expired"
    REVOKED = "revoked"


class EnforcementState(StrEnum):
    """What one point (a bank, a carrier, a gateway, a port) has done with an order."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    ACTIVE_FULL = "active_full"
    ACTIVE_PART = "active_part"
    QUEUED = "queued"
    MISMATCH = "mismatch"
    EMPTY = "empty"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    RELEASED = "released"
    LATE = "late"


class AppealState(StrEnum):
    """Where an appeal stands."""

    FILED = "filed"
    ASSIGNED = "assigned"
    GRANTED = "granted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step of one machine; (machine, subject, ordinal) is unique, so no step is taken twice."""

    id: str
    machine: Machine
    subject_id: str
    ordinal: int
    state_from: str
    act: str
    state_to: str
    at: datetime
    by: str
    session: str
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("machine", "subject_id", "ordinal"),)


_M, _E, _A = Machine.MEASURE, Machine.ENFORCEMENT, Machine.APPEAL
_ANSWERS: Final = ("active_full", "active_part", "queued", "mismatch", "empty", "refused")
_UNANSWERED: Final = ("pending", "sent", "delivered", "timed_out")

# (machine, state, act) -> next state. Who may take the step, and when, stands in measure.py and appeal.py.
TABLE: Final[dict[tuple[Machine, str, str], str]] = {
    (_M, "drafted", "review"): "reviewed",
    (_M, "drafted", "withdraw"): "revoked",
    (_M, "reviewed", "approve"): "approved",
    (_M, "reviewed", "withdraw"): "revoked",
    (_M, "approved", "activate"): "in_force",
    (_M, "approved", "withdraw"): "revoked",
    **{(_M, state, "renew"): "renewed" for state in ("in_force", "renewed")},
    **{(_M, state, "lift"): "lifted" for state in ("in_force", "renewed")},
    **{(_M, state, "revoke"): "revoked" for state in ("in_force", "renewed")},
    **{(_M, state, "expire"): "expired" for state in ("drafted", "reviewed", "approved", "in_force", "renewed")},
    (_E, "pending", "send"): "sent",
    (_E, "sent", "deliver"): "delivered",
    **{(_E, state, "time_out"): "timed_out" for state in ("pending", "sent", "delivered")},
    # a later order (renewed, suspended, resumed) is answered from where the first answer led
    **{(_E, state, answer): answer for state in ("sent", "delivered", *_ANSWERS) for answer in _ANSWERS},
    **{(_E, state, answer): "late" for state in ("timed_out", "late") for answer in _ANSWERS},
    **{(_E, state, "release"): "released" for state in (*_UNANSWERED, *_ANSWERS, "late")},
    (_A, "filed", "assign"): "assigned",
    **{(_A, state, "grant"): "granted" for state in ("filed", "assigned")},
    (_A, "assigned", "reject"): "rejected",
}
_ENDS: Final = {_M: {"lifted", "expired", "revoked"}, _E: {"released"}, _A: {"granted", "rejected"}}


def allowed(machine: Machine, state: str) -> tuple[str, ...]:
    """Return the acts that the table allows in a state."""
    return tuple(act for (of, here, act) in TABLE if of is machine and here == state)


def ended(machine: Machine, state: str) -> bool:
    """Return whether nothing follows a state."""
    return state in _ENDS[machine]


def step(machine: Machine, state: str, act: str, *, subject_id: str) -> str:
    """Return the next state; raises WrongState when the table has no such step."""
    following = TABLE.get((machine, state, act))
    if following is None:
        names = ", ".join(allowed(machine, state)) or "nothing, it has ended"
        raise WrongState(machine=machine.value, id=subject_id, state=state, act=act, allowed=names)
    return following
