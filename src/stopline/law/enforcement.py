"""Enforcement: one row per point that must act on a measure, and the orders it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stopline.kernel.errors import BadField
from stopline.law.machines import EnforcementState, Machine, step
from stopline.law.measure import Measure


class OrderAct(StrEnum):
    """What an order tells a point to do."""

    IMPOSE = "impose"
    RENEW = "renew"
    SUSPEND = "suspend"
    RESUME = "resume"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcement:
    """What one point has been told about one measure, and what it answered.

    `version` grows with each order; an answer names the version it answers. `told_version` is the last one sent.
    """

    id: str
    measure_id: str
    point: str
    state: EnforcementState
    order_act: OrderAct
    version: int
    told_version: int
    unsent: bool
    created_at: datetime
    answer_due_at: datetime
    told_at: datetime | None = None
    answered_at: datetime | None = None
    answered_version: int = 0
    applied_minor: int | None = None
    balance_minor: int | None = None
    remark: str = ""
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("measure_id",), ("point", "unsent"), ("state", "answer_due_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a point says about one version of an order; `outcome` is an answer of the transition table or `released`."""

    version: int
    outcome: str
    applied_minor: int | None = None
    balance_minor: int | None = None
    remark: str = ""


_NO_ANSWERS = {"pending", "sent", "delivered", "timed_out", "released", "late"}
_ANSWERS = {state.value for state in EnforcementState} - _NO_ANSWERS
_GONE = frozenset({"released", "empty", "mismatch"})  # after any of these, nothing is held at that point any more


def tell(enforcement: Enforcement, act: OrderAct, *, version: int, answer_due_at: datetime) -> Enforcement:
    """Return the row with a newer order that is still to be sent."""
    return replace(enforcement, order_act=act, version=version, unsent=True, answer_due_at=answer_due_at)


def sent(enforcement: Enforcement, *, at: datetime) -> Enforcement:
    """Return the row after its latest order was handed to the point; repeating it changes nothing."""
    if enforcement.told_version == enforcement.version and not enforcement.unsent:
        return enforcement
    state = enforcement.state
    if state is EnforcementState.PENDING:
        state = EnforcementState(step(Machine.ENFORCEMENT, state, "send", subject_id=enforcement.id))
    return replace(enforcement, state=state, told_at=at, told_version=enforcement.version, unsent=False)


def answered(enforcement: Enforcement, answer: Answer, *, at: datetime) -> Enforcement:
    """Return the row after an answer. A duplicate changes nothing; one that comes after the time-out is late.

    Raises BadField for a version that was never told, or an outcome that does not answer the order.
    """
    version, outcome = answer.version, answer.outcome
    if version > enforcement.told_version or version < 1:
        raise BadField(field="version", value=version, why=f"the point was told version {enforcement.told_version}")
    if outcome != "released" and outcome not in _ANSWERS:
        raise BadField(field="outcome", value=outcome, why="one of " + ", ".join(sorted(_ANSWERS | {"released"})))
    if version <= enforcement.answered_version:
        return enforcement  # a duplicate, or an answer to an order that a newer answer has overtaken
    act = _act(enforcement, answer)
    state = enforcement.state
    if act is not None:
        state = EnforcementState(step(Machine.ENFORCEMENT, state, act, subject_id=enforcement.id))
    return replace(
        enforcement,
        state=state,
        answered_at=at,
        answered_version=version,
        applied_minor=enforcement.applied_minor if answer.applied_minor is None else answer.applied_minor,
        balance_minor=answer.balance_minor,
        remark=answer.remark,
    )


def _act(enforcement: Enforcement, answer: Answer) -> str | None:
    """Return the act of the transition table that an answer is; None when it moves nothing."""
    outcome = answer.outcome
    if answer.version < enforcement.version:  # a newer order is under way: only that one can be released
        return None if outcome == "released" else outcome
    match enforcement.order_act:
        case OrderAct.RELEASE:
            if outcome not in _GONE:  # an error must not pass for a release
                raise BadField(field="outcome", value=outcome, why="a release order is answered with released")
            return "release"
        case OrderAct.SUSPEND:
            return None if outcome == "released" else outcome  # the effect rests, the order stands
        case OrderAct.IMPOSE | OrderAct.RENEW | OrderAct.RESUME:
            if outcome == "released":
                why = f"the order is to {enforcement.order_act.value}, not to release"
                raise BadField(field="outcome", value=outcome, why=why)
            return outcome


def order_of(measure: Measure, enforcement: Enforcement) -> dict[str, object]:
    """Return the order as plain values, ready for canonical encoding and signature (see wire.orders)."""
    return {
        "order_id": enforcement.id,
        "version": enforcement.version,
        "act": enforcement.order_act.value,
        "measure_id": measure.id,
        "kind": measure.kind.value,
        "entry": measure.entry_id,
        "entry_version": measure.entry_version,
        "subject_kind": measure.subject_kind.value,
        "subject": measure.subject_ref,
        "subject_label": measure.subject_label,
        "point": enforcement.point,
        "amount_minor": measure.amount_minor,
        "currency": measure.currency,
        "reason": measure.reason,
        "approved_by": measure.approved_by,
        "authorization_id": measure.authorization_id,
        "starts_at": measure.starts_at.isoformat() if measure.starts_at else None,
        "expires_at": measure.expires_at.isoformat() if measure.expires_at else None,
        "answer_due_at": enforcement.answer_due_at.isoformat(),
    }
