"""A report: what a person told, kept as it was told; its state is apart from its outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from stopline.cases.extraction import Identifier, IdentifierKind
from stopline.kernel.errors import BadField, SameHand, WrongState


class ReportState(StrEnum):
    """Where a report stands; none is ever discarded (ATF art. 27(2))."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSAL_PROPOSED = "refusal_proposed"
    REFUSED = "refused"
    OPENED = "opened"
    LINKED = "linked"
    CLOSED = "closed"


class TypologySource(StrEnum):
    """Who named the typology."""

    GIVEN = "given"
    SUGGESTED = "suggested"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPayment:
    """A payment as the person told it; amounts in minor units."""

    reference: str
    at: datetime
    source: str
    source_bank: str
    target: str
    target_bank: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report; `receipt` lets the person follow it without login, `text` is as it was written."""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("state",),
        ("district",),
        ("series_id",),
        ("case_id",),
    )
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("receipt",),)

    id: str
    receipt: str
    state: ReportState
    outcome: str
    phone: str
    name: str
    district: str
    text: str
    typology: str
    typology_source: TypologySource
    identifiers: tuple[Identifier, ...]
    payments: tuple[ReportedPayment, ...]
    loss_minor: int
    currency: str
    happened_at: datetime
    received_at: datetime
    acknowledged_at: datetime
    answer_due_at: datetime
    received_by: str
    accepted_by: str = ""
    decided_at: datetime | None = None
    refusal_reason: str = ""
    refusal_by: str = ""
    refusal_session: str = ""
    refused_by: str = ""
    overdue_at: datetime | None = None
    case_id: str | None = None
    series_id: str | None = None

    def values(self, kind: IdentifierKind) -> tuple[str, ...]:
        """Return the values of one kind of identifier."""
        return tuple(one.value for one in self.identifiers if one.kind is kind)


_R = ReportState
_STEPS: Final[dict[tuple[ReportState, str], ReportState]] = {
    (_R.RECEIVED, "accept"): _R.ACCEPTED,
    (_R.RECEIVED, "open"): _R.OPENED,
    (_R.ACCEPTED, "open"): _R.OPENED,
    (_R.RECEIVED, "refuse"): _R.REFUSAL_PROPOSED,
    (_R.ACCEPTED, "refuse"): _R.REFUSAL_PROPOSED,
    (_R.REFUSAL_PROPOSED, "confirm_refusal"): _R.REFUSED,
    (_R.REFUSAL_PROPOSED, "keep"): _R.ACCEPTED,
    (_R.REFUSED, "reconsider"): _R.ACCEPTED,
    (_R.OPENED, "link"): _R.LINKED,
    (_R.LINKED, "link"): _R.LINKED,
    (_R.LINKED, "unlink"): _R.OPENED,
    (_R.OPENED, "close"): _R.CLOSED,
    (_R.LINKED, "close"): _R.CLOSED,
    (_R.CLOSED, "reopen"): _R.OPENED,
}


def states_for(act: str) -> tuple[str, ...]:
    """Return the states in which an act is allowed."""
    return tuple(state.value for state, name in _STEPS if name == act)


def moved(report: Report, act: str) -> Report:
    """Return the report after one step; raises WrongState when the step does not follow."""
    following = _STEPS.get((report.state, act))
    if following is None:
        names = ", ".join(name for state, name in _STEPS if state is report.state) or "nothing"
        raise WrongState(machine="report", id=report.id, state=report.state.value, act=act, allowed=names)
    return replace(report, state=following)


def refusal_proposed(report: Report, *, officer_id: str, session: str, reason: str) -> Report:
    """Return the report with a reasoned proposal to refuse; it binds nobody until a second officer agrees."""
    if not reason.strip():
        raise BadField(field="reason", value=reason, why="a refusal states its reason")
    after = moved(report, "refuse")
    return replace(after, refusal_reason=reason.strip(), refusal_by=officer_id, refusal_session=session)


def refused(report: Report, *, officer_id: str, session: str, at: datetime) -> Report:
    """Return the report refused; raises SameHand when the proposer or the proposer's session confirms."""
    after = moved(report, "confirm_refusal")
    if officer_id == report.refusal_by or session == report.refusal_session:
        raise SameHand(act="confirm_refusal", measure=report.id, who=officer_id, earlier="proposed it")
    return replace(after, refused_by=officer_id, decided_at=at, outcome="refused")
