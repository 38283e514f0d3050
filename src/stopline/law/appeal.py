"""An appeal: filed without login, acknowledged at once, decided by somebody outside the chain, with its own clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stopline.kernel.errors import SameHand
from stopline.law.machines import AppealState, Machine, step


class AppealChannel(StrEnum):
    """How the person reached us; none needs an account."""

    NOTICE_CODE = "notice_code"
    OWN_PHONE = "own_phone"
    COUNTER = "counter"


class AppealTarget(StrEnum):
    """What an appeal is against."""

    MEASURE = "measure"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """One appeal and its clock; `code` lets the person follow it. An appealed measure still expires."""

    id: str
    code: str
    target_kind: AppealTarget
    target_id: str
    channel: AppealChannel
    statement: str
    contact: str
    state: AppealState
    filed_at: datetime
    acknowledged_at: datetime
    due_at: datetime
    escalated_at: datetime | None = None
    suspended_target_at: datetime | None = None
    assigned_to: str | None = None
    assigned_session: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str = ""
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("code",), ("target_id",), ("state", "due_at"))

    @property
    def open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.state in (AppealState.FILED, AppealState.ASSIGNED)


def assign(appeal: Appeal, *, officer_id: str, session: str, chain: frozenset[str]) -> Appeal:
    """Return the appeal assigned; raises SameHand when the officer took part in what is appealed."""
    _outside(appeal, officer_id, chain)
    state = AppealState(step(Machine.APPEAL, appeal.state, "assign", subject_id=appeal.id))
    return replace(appeal, state=state, assigned_to=officer_id, assigned_session=session)


def decide(
    appeal: Appeal, *, grant: bool, officer_id: str, at: datetime, decision: str, chain: frozenset[str]
) -> Appeal:
    """Return the appeal decided; raises SameHand for a hand of the chain, WrongState when it was decided before."""
    _outside(appeal, officer_id, chain)
    act = "grant" if grant else "reject"
    state = AppealState(step(Machine.APPEAL, appeal.state, act, subject_id=appeal.id))
    return replace(appeal, state=state, decided_by=officer_id, decided_at=at, decision=decision)


def _outside(appeal: Appeal, officer_id: str, chain: frozenset[str]) -> None:
    if officer_id in chain:
        raise SameHand(act="deciding appeal", measure=appeal.id, who=officer_id, earlier="part in what is appealed")
