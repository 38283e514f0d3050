"""What goes before a measure binds: the draft and its count of attempts, the execution and its notification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stopline.kernel.errors import AttemptsSpent, EmergencyRepeated
from stopline.kernel.ledger import Ledger
from stopline.law.machines import MeasureState
from stopline.law.measure import Ground, Measure, Subject
from stopline.law.notification import Notification, compose
from stopline.law.organisation import Officer, Signer, Unit
from stopline.law.register import AttemptScope, Entry, MeasureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a measure is drafted from."""

    entry_id: str
    subject: Subject
    reason: str
    grounds: Sequence[Ground]
    lesser_means: str = ""
    case_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    major: bool = False
    facts_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What the executor names: the points that act, the term, the event it runs from, a delay of the telling."""

    points: Sequence[str]
    until: datetime | None = None
    runs_from_at: datetime | None = None
    delay_ground: str = ""
    delay_until: datetime | None = None


def drafted(ledger: Ledger, entry: Entry, draft: Draft, *, kind: MeasureKind) -> Measure:
    """Return the measure that a draft makes; it binds nobody."""
    actor, subject = ledger.actor, draft.subject
    return Measure(
        id=ledger.new_id(),
        kind=kind,
        entry_id=entry.id,
        entry_version=str(entry.version),
        state=MeasureState.DRAFTED,
        subject_kind=subject.kind,
        subject_ref=subject.ref,
        subject_label=subject.label,
        holder=subject.holder,
        area=subject.area,
        person_ref=subject.person_ref,
        reason=draft.reason,
        grounds=tuple(draft.grounds),
        lesser_means=draft.lesser_means,
        case_id=draft.case_id,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        major=draft.major,
        drafted_by=actor.id,
        drafted_session=actor.session,
        drafted_at=ledger.at,
        facts_key=draft.facts_key,
    )


def check_attempts(ledger: Ledger, entry: Entry, draft: Draft) -> None:
    """Count what the subject has had already: drafts that still wait count, withdrawn ones do not.

    Raises AttemptsSpent, or EmergencyRepeated where the register counts by facts.
    """
    if entry.attempts_max is None:
        return
    ended_early = (MeasureState.REVOKED.value, MeasureState.EXPIRED.value)
    same = ledger.find(Measure, entry_id=entry.id, subject_ref=draft.subject.ref)
    earlier = [row for row in same if row.starts_at is not None or row.state.value not in ended_early]
    if entry.attempts_per is AttemptScope.FACTS:
        earlier = [row for row in earlier if _same_facts(row, draft)]
        if len(earlier) >= entry.attempts_max:
            raise EmergencyRepeated(facts_key=draft.facts_key or "unnamed", earlier=earlier[0].id)
    if len(earlier) >= entry.attempts_max:
        raise AttemptsSpent(subject=draft.subject.ref, count=len(earlier), entry=entry.id, most=entry.attempts_max)


def notify(
    ledger: Ledger, measure: Measure, entry: Entry, execution: Execution, *, within: datetime, signer: Signer
) -> Notification:
    """Return the notification of a measure in the name of the unit that approved it."""
    approver = ledger.maybe(Officer, measure.approved_by or "") or signer.officer
    unit = ledger.get(Unit, approver.unit_id)
    return Notification(
        id=ledger.new_id(),
        code=ledger.new_reference(),
        measure_id=measure.id,
        person_ref=measure.person_ref or measure.subject_ref,
        parts=compose(measure, entry, authority_zh=unit.name_zh, authority_en=unit.name_en),
        made_at=ledger.at,
        due_at=execution.delay_until or within,
        delay_ground=execution.delay_ground,
        delay_until_at=execution.delay_until,
    )


def _same_facts(earlier: Measure, draft: Draft) -> bool:
    """Whether a draft rests on what an earlier measure rested on: a fresh name does not make facts new."""
    then = {(ground.kind, ground.ref) for ground in earlier.grounds if ground.ref}
    now = {(ground.kind, ground.ref) for ground in draft.grounds if ground.ref}
    return earlier.facts_key == draft.facts_key or now <= then
