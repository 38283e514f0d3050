"""The desk of appeals: filed without login, acknowledged at once, and carried on by its clock if nobody moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stopline.kernel.errors import BadField, NotFound
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act, Field, FieldKind
from stopline.law.appeal import Appeal, AppealChannel, AppealTarget, assign, decide
from stopline.law.deadlines import due
from stopline.law.machines import AppealState, Machine
from stopline.law.measure import Measure
from stopline.law.notification import Notification
from stopline.law.office import Office
from stopline.law.organisation import Power, Signer, require_human, require_power
from stopline.law.register import MeasureKind
from stopline.law.transitions import write_step

_VERDICT_WITHIN = timedelta(hours=24)  # house rule: a blocked caller has an answer within a day
_MEASURE_WITHIN = timedelta(days=3)  # house rule where the register names no time
_GRACE = timedelta(hours=24)  # between the escalation of an overdue appeal and the suspension of what it attacks
_OPEN = (AppealState.FILED.value, AppealState.ASSIGNED.value)
_CUSTODIAL = frozenset({MeasureKind.TRANSFER_PERSON})
_LONGEST_STATEMENT = 4_000

VerdictChain = Callable[[Ledger, str], frozenset[str] | None]  # who signed what a verdict stands under; None = unknown


@dataclass(frozen=True, slots=True)
class AppealDesk:
    """Takes appeals against measures (by their notification code) and against verdicts (by their reference)."""

    office: Office
    verdict_chain: VerdictChain

    def file(self, ledger: Ledger, *, reference: str, statement: str, contact: str, channel: AppealChannel) -> Appeal:
        """Take an appeal and acknowledge it at once; a second one while the first is open returns the first.

        Raises NotFound for a reference that names nothing, BadField for an empty or overlong statement.
        """
        if not statement.strip() or len(statement) > _LONGEST_STATEMENT or "\x00" in statement:
            raise BadField(field="statement", value=statement[:40], why=f"1 to {_LONGEST_STATEMENT} characters")
        kind, target = self._target(ledger, reference)
        for earlier in ledger.find(Appeal, target_id=target, state=_OPEN):
            return earlier
        appeal = Appeal(
            id=ledger.new_id(),
            code=ledger.new_reference(),
            target_kind=kind,
            target_id=target,
            channel=channel,
            statement=statement,
            contact=contact[:200],
            state=AppealState.FILED,
            filed_at=ledger.at,
            acknowledged_at=ledger.at,
            due_at=self._due(ledger, kind, target),
        )
        ledger.save(appeal, act="appeal.file")
        self._row(ledger, appeal, "", "file")
        ledger.publish("appeal.filed", appeal_id=appeal.id, target=kind.value, target_id=target)
        return appeal

    def by_code(self, ledger: Ledger, code: str) -> Appeal:
        """Return the appeal that a code opens; raises NotFound."""
        for appeal in ledger.find(Appeal, code=code, limit=1):
            return appeal
        raise NotFound(kind="appeal", id=code[:8] + "…")

    def codes_of(self, ledger: Ledger, ref: str) -> list[str]:
        """Return the notification codes of the measures on a line, account or person, newest first.

        For somebody who proved at a counter, or by a code sent to the own phone, that it is theirs: none needs the
        notice in hand to appeal.
        """
        measures = {row.id: row for row in ledger.find(Measure, subject_ref=ref) if row.live} if ref else {}
        measures |= {row.id: row for row in ledger.find(Measure, person_ref=ref) if row.live} if ref else {}
        found = ledger.find(Notification, measure_id=tuple(measures), newest_first=True) if measures else []
        return [notification.code for notification in found]

    def tick(self, ledger: Ledger) -> None:
        """Escalate what is overdue, then suspend the measure it attacks; no hand is needed."""
        for appeal in ledger.find(Appeal, before=("due_at", ledger.at), state=_OPEN):
            if appeal.escalated_at is None:
                ledger.save(replace(appeal, escalated_at=ledger.at), act="appeal.escalate", reason="overdue")
                ledger.publish("appeal.escalated", appeal_id=appeal.id)
            elif appeal.suspended_target_at is None and ledger.at >= appeal.escalated_at + _GRACE:
                self._suspend(ledger, appeal)

    def acts(self) -> tuple[Act, ...]:
        """Return what appeal officers can do."""
        decision = Field(name="decision", kind=FieldKind.LONG_TEXT)
        power = Power.DECIDE_APPEAL
        return (
            Act(thing="appeal", name="assign", power=power, run=self._assign, states=("filed",)),
            Act(thing="appeal", name="grant", power=power, run=self._grant, states=_OPEN, fields=(decision,)),
            Act(thing="appeal", name="reject", power=power, run=self._reject, states=("assigned",), fields=(decision,)),
        )

    def chain(self, ledger: Ledger, appeal: Appeal) -> frozenset[str]:
        """Return the officers who took part in what is appealed."""
        if appeal.target_kind is AppealTarget.MEASURE:
            return self.office.chain(ledger, ledger.get(Measure, appeal.target_id))
        return self.verdict_chain(ledger, appeal.target_id) or frozenset()

    def _assign(self, ledger: Ledger, signer: Signer, record_id: str, _body: Mapping[str, object]) -> str:
        appeal = self._load(ledger, signer, record_id, "assign")
        chain = self.chain(ledger, appeal)
        after = assign(appeal, officer_id=signer.officer.id, session=signer.session, chain=chain)
        ledger.save(after, act="appeal.assign")
        self._row(ledger, after, appeal.state.value, "assign")
        return record_id

    def _grant(self, ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object]) -> str:
        appeal = self._decide(ledger, signer, record_id, body, grant=True)
        if appeal.target_kind is AppealTarget.MEASURE:
            measure = ledger.get(Measure, appeal.target_id)
            if measure.live:
                self.office.release(ledger, measure, "lift", why=f"appeal {appeal.id} was upheld")
        return record_id

    def _reject(self, ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object]) -> str:
        self._decide(ledger, signer, record_id, body, grant=False)
        return record_id

    def _decide(
        self, ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object], *, grant: bool
    ) -> Appeal:
        appeal = self._load(ledger, signer, record_id, "grant" if grant else "reject")
        after = decide(
            appeal,
            grant=grant,
            officer_id=signer.officer.id,
            at=ledger.at,
            decision=str(body["decision"]),
            chain=self.chain(ledger, appeal),
        )
        ledger.save(after, act=f"appeal.{'grant' if grant else 'reject'}", reason=after.decision)
        self._row(ledger, after, appeal.state.value, "grant" if grant else "reject")
        ledger.publish(
            "appeal.granted" if grant else "appeal.rejected",
            appeal_id=after.id,
            target=after.target_kind.value,
            target_id=after.target_id,
            decided_by=signer.officer.id,
        )
        return after

    def _load(self, ledger: Ledger, signer: Signer, record_id: str, act: str) -> Appeal:
        require_human(ledger.actor, act=act, subject=record_id)
        require_power(signer, Power.DECIDE_APPEAL, at=ledger.at)
        return ledger.get(Appeal, record_id)

    def _target(self, ledger: Ledger, reference: str) -> tuple[AppealTarget, str]:
        for notification in ledger.find(Notification, code=reference, limit=1):
            return AppealTarget.MEASURE, notification.measure_id
        if self.verdict_chain(ledger, reference) is not None:
            return AppealTarget.VERDICT, reference
        raise NotFound(kind="reference", id=reference[:8] + "…")

    def _due(self, ledger: Ledger, kind: AppealTarget, target: str) -> datetime:
        if kind is AppealTarget.VERDICT:
            return ledger.at + _VERDICT_WITHIN
        measure = ledger.get(Measure, target)
        entry = self.office.register.entry(measure.entry_id, measure.entry_version)
        if entry.appeal_decide_within is None:
            return ledger.at + _MEASURE_WITHIN
        return due(ledger.at, entry.appeal_decide_within, self.office.calendar)

    def _suspend(self, ledger: Ledger, appeal: Appeal) -> None:
        ledger.save(replace(appeal, suspended_target_at=ledger.at), act="appeal.suspend_target", reason="overdue")
        if appeal.target_kind is AppealTarget.MEASURE:
            measure = ledger.get(Measure, appeal.target_id)
            if measure.kind not in _CUSTODIAL:
                self.office.suspend(ledger, measure.id, reason=f"appeal {appeal.id} is overdue")
        else:
            ledger.publish("appeal.overdue", appeal_id=appeal.id, target_id=appeal.target_id)

    def _row(self, ledger: Ledger, appeal: Appeal, before: str, act: str) -> None:
        write_step(ledger, Machine.APPEAL, appeal.id, before=before, act=act, after=appeal.state.value)
