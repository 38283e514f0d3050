"""An operation: one aim, its targets, two signatures, the measures it drafts, and whether it worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from stopline.kernel.errors import BadField
from stopline.kernel.ledger import Ledger
from stopline.law.measure import Ground, GroundKind, Subject
from stopline.law.office import Draft
from stopline.law.organisation import Signer
from stopline.law.register import SubjectKind
from stopline.law.stepping import following, require_other_hand

Columns = tuple[tuple[str, ...], ...]
REVIEW_AFTER = timedelta(days=90)  # house rule: has the flow come back?


class Aim(StrEnum):
    """What an operation is for."""

    CUT_FLOW = "cut_flow"
    REMOVE_NAIL = "remove_nail"
    BREAK_CHAIN = "break_chain"


class TargetKind(StrEnum):
    """What an operation acts on; people are reached through notices and ports, each by its own measure."""

    DEVICE = "device"
    CHANNEL = "channel"


class OperationState(StrEnum):
    """Where an operation stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RUNNING = "running"
    CLOSED = "closed"
    REVIEWED = "reviewed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation; what it did to whom stands in its measures."""

    INDEXES: ClassVar[Columns] = (("state",), ("state", "review_due_at"))

    id: str
    aim: Aim
    title: str
    state: OperationState
    network_id: str
    proposed_by: str
    proposed_session: str
    proposed_at: datetime
    lead_by: str = ""
    lead_session: str = ""
    legal_by: str = ""
    legal_session: str = ""
    rights_check: str = ""
    approved_at: datetime | None = None
    started_at: datetime | None = None
    closed_at: datetime | None = None
    result: str = ""
    review_due_at: datetime | None = None
    review_said_at: datetime | None = None
    before_count: int | None = None
    after_count: int | None = None
    recovered: bool | None = None
    reviewed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationTarget:
    """One thing that an operation acts on, the measure drafted for it, and what its holder answered."""

    INDEXES: ClassVar[Columns] = (("operation_id",), ("ref",), ("measure_id",))

    id: str
    operation_id: str
    kind: TargetKind
    ref: str
    holder: str
    lines: tuple[str, ...]
    evidence: tuple[str, ...]
    amount_minor: int = 0
    currency: str = "CNY"
    measure_id: str = ""
    answer: str = ""
    answered_at: datetime | None = None


_O = OperationState
STEPS: Final[dict[tuple[OperationState, str], OperationState]] = {
    (_O.PROPOSED, "approve_lead"): _O.PROPOSED,
    (_O.PROPOSED, "approve_legal"): _O.PROPOSED,
    (_O.PROPOSED, "approve"): _O.APPROVED,
    (_O.PROPOSED, "drop"): _O.DROPPED,
    (_O.APPROVED, "drop"): _O.DROPPED,
    (_O.APPROVED, "start"): _O.RUNNING,
    (_O.RUNNING, "note_result"): _O.RUNNING,
    (_O.RUNNING, "close"): _O.CLOSED,
    (_O.CLOSED, "review"): _O.REVIEWED,
}
OPEN = (_O.PROPOSED.value, _O.APPROVED.value, _O.RUNNING.value)


def signed_lead(operation: Operation, signer: Signer, *, at: datetime) -> Operation:
    """Return the operation with the lead's signature; raises SameHand for whoever proposed it or signed for law."""
    _step(operation, "approve_lead")
    earlier = {
        "proposed it": (operation.proposed_by, operation.proposed_session),
        "signed for the law": (operation.legal_by, operation.legal_session),
    }
    require_other_hand(signer, act="approve_lead", subject_id=operation.id, earlier=earlier)
    return _both(replace(operation, lead_by=signer.officer.id, lead_session=signer.session), at=at)


def signed_legal(operation: Operation, signer: Signer, *, rights_check: str, at: datetime) -> Operation:
    """Return the operation with the lawyer's signature and the written check of what it does to people's rights."""
    _step(operation, "approve_legal")
    if not rights_check.strip():
        raise BadField(field="rights_check", value=rights_check, why="what it does to people's rights, in words")
    earlier = {
        "proposed it": (operation.proposed_by, operation.proposed_session),
        "signed as its lead": (operation.lead_by, operation.lead_session),
    }
    require_other_hand(signer, act="approve_legal", subject_id=operation.id, earlier=earlier)
    after = replace(
        operation, legal_by=signer.officer.id, legal_session=signer.session, rights_check=rights_check.strip()
    )
    return _both(after, at=at)


def moved(operation: Operation, act: str) -> Operation:
    """Return the operation after one step; raises WrongState."""
    return replace(operation, state=_step(operation, act))


def closed(operation: Operation, *, result: str, at: datetime) -> Operation:
    """Return the operation closed, to be looked at again when its effect can be judged."""
    after = moved(operation, "close")
    return replace(after, closed_at=at, result=result, review_due_at=at + REVIEW_AFTER)


def parse_targets(rows: Sequence[object], *, ids: Sequence[str], operation_id: str) -> tuple[OperationTarget, ...]:
    """Parse targets from outside; raises BadField for one without kind, ref, holder and evidence."""
    if not rows:
        raise BadField(field="targets", value=rows, why="at least one")
    return tuple(_target(row, record_id, operation_id) for row, record_id in zip(rows, ids, strict=True))


def drafts_for(target: OperationTarget, *, reason: str) -> tuple[Draft, ...]:
    """Return what a running operation prepares for a target, the first choice first; officers sign, or do not."""
    lesser = "re-verification of the holder does not end a use that is going on now and has other victims"
    match target.kind:
        case TargetKind.DEVICE:
            label = f"device {target.ref} with {len(target.lines)} lines"
            subject = Subject(kind=SubjectKind.DEVICE, ref=target.ref, label=label, holder=target.holder)
            return (
                Draft(
                    entry_id="CN.ATF.14.cut",
                    subject=subject,
                    reason=reason,
                    grounds=_grounds(target, "illegal_device_identified", GroundKind.VERDICTS),
                    lesser_means=lesser,
                    facts_key=target.operation_id,
                ),
            )
        case TargetKind.CHANNEL:
            subject = Subject(kind=SubjectKind.ACCOUNT, ref=target.ref, label=target.ref, holder=target.holder)
            stop = Draft(
                entry_id="CN.86.stop",
                subject=subject,
                reason=reason,
                grounds=_grounds(target, "victim_report_received", GroundKind.TRANSFER),
                amount_minor=target.amount_minor,
                currency=target.currency,
                lesser_means=lesser,
                facts_key=target.operation_id,
            )
            limit = Draft(
                entry_id="CN.ATF.18.restrict",
                subject=subject,
                reason=reason,
                grounds=_grounds(target, "account_abnormal", GroundKind.TRANSFER),
                lesser_means=lesser,
                facts_key=target.operation_id,
            )
            return (stop, limit)


def targets_of(ledger: Ledger, operation_id: str) -> list[OperationTarget]:
    """Return the targets of an operation."""
    return ledger.find(OperationTarget, operation_id=operation_id)


def open_target(ledger: Ledger, ref: str) -> OperationTarget | None:
    """Return the target by which an operation that is not over acts on a thing: two must not collide."""
    for target in ledger.find(OperationTarget, ref=ref):
        if ledger.get(Operation, target.operation_id).state.value in OPEN:
            return target
    return None


def _grounds(target: OperationTarget, fact: str, kind: GroundKind) -> tuple[Ground, ...]:
    first, *further = target.evidence
    return (
        Ground(kind=fact, ref=first),
        *(Ground(kind=kind.value, ref=ref) for ref in further[:20]),
    )


def _target(row: object, record_id: str, operation_id: str) -> OperationTarget:
    kinds = {kind.value for kind in TargetKind}
    if not isinstance(row, Mapping) or row.get("kind") not in kinds or not row.get("ref"):
        raise BadField(field="targets", value=repr(row)[:80], why="kind (" + ", ".join(sorted(kinds)) + ") and ref")
    evidence, lines = row.get("evidence"), row.get("lines")
    if not isinstance(evidence, list) or not evidence or not row.get("holder"):
        raise BadField(field="targets", value=str(row["ref"]), why="each names its holder and its evidence")
    return OperationTarget(
        id=record_id,
        operation_id=operation_id,
        kind=TargetKind(str(row["kind"])),
        ref=str(row["ref"]),
        holder=str(row["holder"]),
        lines=tuple(str(line) for line in lines) if isinstance(lines, list) else (),
        evidence=tuple(str(ref) for ref in evidence),
    )


def _both(operation: Operation, *, at: datetime) -> Operation:
    if operation.lead_by and operation.legal_by:
        return replace(moved(operation, "approve"), approved_at=at)
    return operation


def _step(operation: Operation, act: str) -> OperationState:
    return following(STEPS, operation.state, act, machine="operation", subject_id=operation.id)
