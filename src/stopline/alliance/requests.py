"""Requests to other states and what leaves the house with them: nothing without purpose, code, term and recipient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from stopline.kernel.errors import BadField, Refused
from stopline.law.organisation import Signer
from stopline.law.stepping import following, require_other_hand

Columns = tuple[tuple[str, ...], ...]


class Assistance(StrEnum):
    """What is asked for."""

    POLICE = "police"
    PRESERVATION = "preservation"
    STOP_PAYMENT = "stop_payment"
    EVIDENCE = "evidence"
    JOINT_INVESTIGATION = "joint_investigation"
    DEN_ACTION = "den_action"
    EXTRADITION = "extradition"


class Handling(StrEnum):
    """Who may see it at the other side."""

    ADDRESSEE = "addressee"
    AUTHORITY = "authority"
    COURT = "court"


class RequestState(StrEnum):
    """Where a request stands."""

    DRAFTED = "drafted"
    CHECKED = "checked"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    EXECUTED = "executed"
    REFUSED = "refused"
    PART = "part"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerEvidence:
    """What a partner names as evidence; a lead here, and never an order (LAW safeguard 45)."""

    kind: str
    ref: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CooperationRequest:
    """One request; the parts of MLA art. 13 are all there before it is checked."""

    INDEXES: ClassVar[Columns] = (("partner", "state"), ("case_id",), ("state", "deadline_at"))

    id: str
    partner: str
    assistance: Assistance
    state: RequestState
    authority: str
    case_summary: str
    facts: str
    persons: str
    law: str
    purpose: str
    relevance: str
    deadline_at: datetime
    case_id: str
    measure_id: str
    handling: Handling
    retention_days: int
    drafted_by: str
    drafted_session: str
    drafted_at: datetime
    checked_by: str = ""
    export_check: str = ""
    authority_decision: str = ""
    refusal_checks: dict[str, str] | None = None
    sent_by: str = ""
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    answer: str = ""
    evidence: tuple[PartnerEvidence, ...] = ()
    overdue_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One thing that left the house: to whom, why, under which code, until when, and whether it was called back."""

    INDEXES: ClassVar[Columns] = (("object_id",), ("measure_id",), ("recipient",), ("retention_until_at",))

    id: str
    object_kind: str
    object_id: str
    measure_id: str
    recipient: str
    handling: Handling
    purpose: str
    sent_at: datetime
    retention_until_at: datetime
    recalled_at: datetime | None = None
    recall_reason: str = ""
    term_over_at: datetime | None = None


_R = RequestState
STEPS: Final[dict[tuple[RequestState, str], RequestState]] = {
    (_R.DRAFTED, "check"): _R.CHECKED,
    (_R.CHECKED, "send"): _R.SENT,
    **{(state, "acknowledged"): _R.ACKNOWLEDGED for state in (_R.SENT, _R.ACKNOWLEDGED)},
    **{(state, "executed"): _R.EXECUTED for state in (_R.SENT, _R.ACKNOWLEDGED, _R.PART)},
    **{(state, "refused"): _R.REFUSED for state in (_R.SENT, _R.ACKNOWLEDGED, _R.PART)},
    **{(state, "part"): _R.PART for state in (_R.SENT, _R.ACKNOWLEDGED, _R.PART)},
    **{(state, "close"): _R.CLOSED for state in (_R.DRAFTED, _R.CHECKED, _R.EXECUTED, _R.REFUSED, _R.PART)},
}
WAITING = (_R.SENT.value, _R.ACKNOWLEDGED.value, _R.PART.value)
ANSWERS = ("acknowledged", "executed", "refused", "part")
ESSENTIALS = ("authority", "case_summary", "facts", "persons", "law", "purpose", "relevance")
REFUSAL_CHECKS = ("death_penalty", "torture", "political_offence", "discrimination")
_GRAVE = frozenset({Assistance.EVIDENCE, Assistance.EXTRADITION})


def moved(request: CooperationRequest, act: str) -> CooperationRequest:
    """Return the request after one step; raises WrongState."""
    state = following(STEPS, request.state, act, machine="cooperation_request", subject_id=request.id)
    return replace(request, state=state)


def checked(
    request: CooperationRequest, signer: Signer, *, body: Mapping[str, object], at: datetime
) -> CooperationRequest:
    """Return the request checked by a second hand; raises BadField for a missing part of MLA art. 13.

    Raises Refused where the export of data or the grounds for refusal were not looked at.
    """
    earlier = {"drafted it": (request.drafted_by, request.drafted_session)}
    require_other_hand(signer, act="check", subject_id=request.id, earlier=earlier)
    for name in ESSENTIALS:
        if not str(getattr(request, name)).strip():
            raise BadField(field=name, value="", why="MLA art. 13 asks for it")
    if request.deadline_at <= at:
        raise BadField(field="deadline_at", value=request.deadline_at.isoformat(), why="lies behind us")
    looked_at = {name: str(body.get(name) or "").strip() for name in REFUSAL_CHECKS}
    missing = [name for name, text in looked_at.items() if not text]
    if request.assistance in _GRAVE and missing:
        raise Refused(why="before this goes abroad somebody looks at: " + ", ".join(missing))
    return replace(
        moved(request, "check"),
        checked_by=signer.officer.id,
        export_check=_said(body, "export_check"),
        authority_decision=_said(body, "authority_decision"),
        refusal_checks={name: text for name, text in looked_at.items() if text},
    )


def answered(
    request: CooperationRequest, state: str, *, note: str, evidence: tuple[PartnerEvidence, ...], at: datetime
) -> CooperationRequest:
    """Return the request with a partner's answer; raises BadField, WrongState."""
    if state not in ANSWERS:
        raise BadField(field="state", value=state, why="one of " + ", ".join(ANSWERS))
    after = moved(request, state)
    kept = tuple(dict.fromkeys((*request.evidence, *evidence)))
    return replace(after, answer=note or request.answer, evidence=kept, answered_at=request.answered_at or at)


def view(request: CooperationRequest, disclosure: Disclosure | None) -> dict[str, object]:
    """Return a request as its addressee sees it; one that was called back is an empty cover."""
    if disclosure is None or disclosure.recalled_at is not None:
        return {"id": request.id, "recalled": True}
    return {
        "id": request.id,
        "recalled": False,
        "state": request.state.value,
        "assistance": request.assistance.value,
        **{name: getattr(request, name) for name in ESSENTIALS},
        "deadline_at": request.deadline_at.isoformat(),
        "handling": disclosure.handling.value,
        "retention_until_at": disclosure.retention_until_at.isoformat(),
        "use_limit": "only for the purpose named; any other use needs our consent",
    }


def parse_evidence(value: object) -> tuple[PartnerEvidence, ...]:
    """Parse what a partner names as evidence; raises BadField."""
    rows = value if isinstance(value, list) else []
    if len(rows) > 500:
        raise BadField(field="evidence", value=len(rows), why="at most 500 pieces")
    for row in rows:
        if not isinstance(row, Mapping) or not row.get("kind") or not row.get("ref"):
            raise BadField(field="evidence", value=repr(row)[:80], why="kind and ref, and a note if any")
    return tuple(
        PartnerEvidence(kind=str(row["kind"])[:60], ref=str(row["ref"])[:200], note=str(row.get("note") or "")[:2_000])
        for row in rows
    )


def _said(body: Mapping[str, object], name: str) -> str:
    text = str(body.get(name) or "").strip()
    if not text:
        raise BadField(field=name, value="", why="is needed before anything goes abroad")
    return text
