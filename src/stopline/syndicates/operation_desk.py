"""The desk of operations: proposes from evidence, lets two sign, drafts the measures, and keeps what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stopline.kernel.errors import AttemptsSpent, Refused, WrongState
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind, Run
from stopline.law.office import Office
from stopline.law.organisation import Power, Signer, require_power
from stopline.law.stepping import states_for
from stopline.syndicates import operations
from stopline.syndicates.network import NetworkNode
from stopline.syndicates.operations import STEPS, Aim, Operation, OperationState, OperationTarget, TargetKind

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OperationDesk:
    """Everything that happens to an operation."""

    office: Office

    def device_suspected(self, ledger: Ledger, fact: Fact) -> None:
        """On `device.suspected` {device, lines, carrier, verdict_refs}: propose to cut the device off."""
        device = fact.text("device")
        target = OperationTarget(
            id=ledger.new_id(),
            operation_id="",
            kind=TargetKind.DEVICE,
            ref=device,
            holder=str(fact.body.get("carrier", "")),
            lines=texts(fact.body.get("lines")),
            evidence=texts(fact.body.get("verdict_refs")) or (f"fact:{fact.id}",),
        )
        self._propose(ledger, target, Aim.CUT_FLOW, f"cut off device {device}")

    def channel_suspected(self, ledger: Ledger, fact: Fact) -> None:
        """On `payment_channel.suspected` {account, bank, report_ids, …}: propose to close the channel."""
        account = fact.text("account")
        reports = texts(fact.body.get("report_ids"))
        target = OperationTarget(
            id=ledger.new_id(),
            operation_id="",
            kind=TargetKind.CHANNEL,
            ref=account,
            holder=str(fact.body.get("bank", "")),
            lines=(),
            evidence=tuple(f"report:{one}" for one in reports) or (f"fact:{fact.id}",),
            amount_minor=int(str(fact.body.get("amount_minor", 0))),
            currency=str(fact.body.get("currency", "CNY")),
        )
        self._propose(ledger, target, Aim.BREAK_CHAIN, f"close payment channel {account}")

    def answered(self, ledger: Ledger, fact: Fact) -> None:
        """On `enforcement.answered`: keep what the holder of a target did."""
        for target in ledger.find(OperationTarget, measure_id=fact.text("measure_id")):
            after = replace(target, answer=fact.text("state"), answered_at=target.answered_at or ledger.at)
            if after != target:
                ledger.save(after, act="operation_target.answer")
                ledger.publish("operation.effect", operation_id=target.operation_id, ref=target.ref, state=after.answer)

    def tick(self, ledger: Ledger) -> None:
        """Say once of each closed operation that its review is due."""
        closed = (OperationState.CLOSED.value,)
        for one in ledger.find(Operation, before=("review_due_at", ledger.at), state=closed, review_said_at=None):
            ledger.save(replace(one, review_said_at=ledger.at), act="operation.review_due")
            ledger.publish("operation.review_due", operation_id=one.id)

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to operations."""
        reason = Field(name="reason", kind=FieldKind.LONG_TEXT)
        result = Field(name="result", kind=FieldKind.LONG_TEXT)
        new = (
            Field(name="aim", kind=FieldKind.CHOICE, choices=tuple(aim.value for aim in Aim)),
            Field(name="title"),
            Field(name="targets", kind=FieldKind.LIST),
            Field(name="network_id", required=False),
        )
        review = (
            Field(name="recovered", kind=FieldKind.YES_NO),
            Field(name="before_count", kind=FieldKind.NUMBER, required=False),
            Field(name="after_count", kind=FieldKind.NUMBER, required=False),
            reason,
        )
        rights = Field(name="rights_check", kind=FieldKind.LONG_TEXT)
        lead, legal, works = Power.APPROVE, Power.REVIEW, Power.INVESTIGATE
        return (
            _act(NEW, Power.ANALYSE, self._new, new),
            _act("approve_lead", lead, self._approve_lead, (), coercive=True),
            _act("approve_legal", legal, self._approve_legal, (rights,), coercive=True),
            _act("drop", lead, self._drop, (reason,)),
            _act("start", works, self._start, (), coercive=True),
            _act("note_result", works, self._note_result, (result,)),
            _act("close", works, self._close, (result,)),
            _act("review", Power.ANALYSE, self._review, review),
        )

    def _propose(self, ledger: Ledger, target: OperationTarget, aim: Aim, title: str) -> None:
        before = operations.open_target(ledger, target.ref)
        if before is not None:
            lines = tuple(dict.fromkeys((*before.lines, *target.lines)))
            evidence = tuple(dict.fromkeys((*before.evidence, *target.evidence)))
            after = replace(before, lines=lines, evidence=evidence)
            if after != before:
                ledger.save(after, act="operation_target.extend")
            return
        network = next(
            (row.network_id for ref in (target.ref, *target.lines) for row in ledger.find(NetworkNode, ref=ref)), ""
        )
        operation = Operation(
            id=ledger.new_id(),
            aim=aim,
            title=title,
            state=OperationState.PROPOSED,
            network_id=network,
            proposed_by=ledger.actor.id,
            proposed_session=ledger.actor.session,
            proposed_at=ledger.at,
        )
        self._save_new(ledger, operation, (replace(target, operation_id=operation.id),))

    def _save_new(self, ledger: Ledger, operation: Operation, targets: tuple[OperationTarget, ...]) -> None:
        ledger.save(operation, act="operation.propose")
        for target in targets:
            ledger.save(target, act="operation_target.new")
        ledger.publish("operation.proposed", operation_id=operation.id, aim=operation.aim.value)

    def _new(self, ledger: Ledger, signer: Signer, _record_id: str, body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        rows = body["targets"] if isinstance(body["targets"], list) else []
        operation = Operation(
            id=ledger.new_id(),
            aim=Aim(str(body["aim"])),
            title=str(body["title"]),
            state=OperationState.PROPOSED,
            network_id=str(body.get("network_id", "")),
            proposed_by=signer.officer.id,
            proposed_session=signer.session,
            proposed_at=ledger.at,
        )
        ids = [ledger.new_id() for _ in rows]
        targets = operations.parse_targets(rows, ids=ids, operation_id=operation.id)
        for target in targets:
            other = operations.open_target(ledger, target.ref)
            if other is not None:  # deconfliction: one operation a thing
                raise Refused(why=f"operation {other.operation_id} acts on {target.ref} already")
        self._save_new(ledger, operation, targets)
        return operation.id

    def _approve_lead(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.APPROVE, at=ledger.at)
        before = ledger.get(Operation, record_id)
        return self._signed(ledger, before, operations.signed_lead(before, signer, at=ledger.at), "approve_lead")

    def _approve_legal(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.REVIEW, at=ledger.at)
        before = ledger.get(Operation, record_id)
        text = str(body["rights_check"])
        after = operations.signed_legal(before, signer, rights_check=text, at=ledger.at)
        return self._signed(ledger, before, after, "approve_legal")

    def _signed(self, ledger: Ledger, before: Operation, after: Operation, act: str) -> str:
        ledger.save(after, act=f"operation.{act}")
        if after.state is OperationState.APPROVED and before.state is not OperationState.APPROVED:
            ledger.publish("operation.approved", operation_id=after.id)
        return after.id

    def _drop(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.APPROVE, at=ledger.at)
        after = operations.moved(ledger.get(Operation, record_id), "drop")
        ledger.save(after, act="operation.drop", reason=str(body["reason"]))
        return record_id

    def _start(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        before = ledger.get(Operation, record_id)
        after = replace(operations.moved(before, "start"), started_at=ledger.at)
        ledger.save(after, act="operation.start")
        for target in operations.targets_of(ledger, record_id):
            self._prepare(ledger, after, target)
        ledger.publish("operation.started", operation_id=record_id)
        return record_id

    def _prepare(self, ledger: Ledger, operation: Operation, target: OperationTarget) -> None:
        """Draft the measure for one target; where its attempts are spent, the next of the ladder."""
        reason = f"operation {operation.id}: {operation.title}"
        for draft in operations.drafts_for(target, reason=reason):
            try:
                measure = self.office.draft(ledger, draft)
            except AttemptsSpent:
                continue
            ledger.save(replace(target, measure_id=measure.id), act="operation_target.draft")
            return

    def _note_result(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        before = operations.moved(ledger.get(Operation, record_id), "note_result")
        lines = [line for line in (before.result, str(body["result"])) if line]
        ledger.save(replace(before, result="\n".join(lines)), act="operation.note_result")
        return record_id

    def _close(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        after = operations.closed(ledger.get(Operation, record_id), result=str(body["result"]), at=ledger.at)
        ledger.save(after, act="operation.close", reason=after.result)
        ledger.publish("operation.closed", operation_id=record_id)
        return record_id

    def _review(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        before = ledger.get(Operation, record_id)
        if before.review_due_at is not None and ledger.at < before.review_due_at:
            allowed = f"review from {before.review_due_at:%Y-%m-%d}"
            raise WrongState(machine="operation", id=record_id, state="closed", act="review", allowed=allowed)
        after = replace(
            operations.moved(before, "review"),
            recovered=bool(body["recovered"]),
            before_count=_number(body.get("before_count")),
            after_count=_number(body.get("after_count")),
            reviewed_by=signer.officer.id,
        )
        ledger.save(after, act="operation.review", reason=str(body["reason"]))
        return record_id


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list that came with a fact or a form."""
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()


def _number(value: object) -> int | None:
    return None if value in (None, "") else int(str(value))


def _act(name: str, power: Power, run: Run, fields: tuple[Field, ...], *, coercive: bool = False) -> Act:
    states = () if name == NEW else states_for(STEPS, name)
    return Act(thing="operation", name=name, power=power, run=run, states=states, fields=fields, coercive=coercive)
