"""The desk of funds: a report starts a trace, a bank's answer carries it on, and each step drafts what may be held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from stopline.funds import accounts, channels, figures, holds, payments
from stopline.funds.records import (
    Hold,
    HoldSort,
    Statement,
    Trace,
    TracedAccount,
    TraceState,
)
from stopline.funds.tracing import Bounds, fifo
from stopline.kernel.errors import BadField, Refused
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act, Field, FieldKind
from stopline.law.enforcement import Enforcement
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from stopline.law.office import Office
from stopline.law.organisation import Power, Signer, require_power

Body = Mapping[str, object]
_RELEASE_AFTER = timedelta(hours=1)  # register: release_within of the stop
_BOUNDS = Bounds(cut_minor=100)  # a part below one yuan is dropped, and counted as dropped
_DRAFTS = (MeasureState.DRAFTED, MeasureState.REVIEWED, MeasureState.APPROVED)


@dataclass(frozen=True, slots=True)
class FundsDesk:
    """Follows money and drafts holds; amounts below `least_minor` are traced and not stopped."""

    office: Office
    bounds: Bounds = _BOUNDS
    least_minor: int = 10_000
    stop_tiers: int = 6

    # -- reactions

    def trace_report(self, ledger: Ledger, fact: Fact) -> None:
        """On `report.received` with payments: open the trace, and draft the stops of the first tier."""
        told = fact.body.get("payments")
        report_id = fact.text("report_id")
        if not isinstance(told, list) or not told or ledger.maybe(Trace, report_id):
            return
        payments.store(ledger, f"report:{report_id}", told, by_bank=False)
        trace = Trace(
            id=report_id,
            report_id=report_id,
            case_id=None,
            district=fact.text("district"),
            rule="fifo",
            state=TraceState.OPEN,
            currency=fact.text("currency"),
            reported_minor=fact.number("loss_minor"),
            loss_minor=0,
            claims=(),
            edges=(),
            sunk=(),
            dropped_minor=0,
            returned_minor=0,
            frontier=(),
            reported_at=fact.at,
            watermark_at=ledger.at,
            version=0,
        )
        self._follow(ledger, trace)

    def case_opened(self, ledger: Ledger, fact: Fact) -> None:
        """On `case.opened`: a freeze is now possible where the stops of an account were spent."""
        trace = ledger.maybe(Trace, str(fact.body.get("report_id", "")))
        if trace is None or trace.case_id is not None:
            return
        trace = replace(trace, case_id=fact.text("case_id"))
        ledger.save(trace, act="trace.case")
        for row in ledger.find(TracedAccount, report_id=trace.report_id, attempts_spent=True):
            self._freeze_spent(ledger, trace, row)

    def ground_fell(self, ledger: Ledger, fact: Fact) -> None:
        """On `report.refused`, and `case.closed` as unfounded: end what rests on the report."""
        if not fact.body.get("ground_fell", True):
            return
        named = fact.body.get("report_ids")
        report_ids = named if isinstance(named, list) else [fact.body.get("report_id", "")]
        for report_id in report_ids:
            for hold in ledger.find(Hold, report_id=str(report_id), ended_at=None):
                self._end(ledger, hold, "the report that it rests on was refused or unfounded")
            trace = ledger.maybe(Trace, str(report_id))
            if trace is not None:
                ledger.save(replace(trace, state=TraceState.CLOSED), act="trace.close")

    def measure_moved(self, ledger: Ledger, fact: Fact) -> None:
        """On `measure.in_force`, `lifted`, `expired`, `revoked`, `withdrawn`: keep the hold's own times."""
        hold = ledger.maybe(Hold, fact.text("measure_id"))
        if hold is None:
            return
        measure = ledger.get(Measure, hold.id)
        after = figures.with_measure(ledger, hold, measure)
        if after != hold:
            ledger.save(after, act="hold.follow")
            self._refresh(ledger, hold.report_id)

    def enforcement_answered(self, ledger: Ledger, fact: Fact) -> None:
        """On `enforcement.answered`: count what the bank holds."""
        row = ledger.maybe(Enforcement, fact.text("enforcement_id"))
        hold = ledger.maybe(Hold, row.measure_id) if row else None
        if hold is not None:
            self._applied(ledger, hold)

    # -- doors

    def answered(self, ledger: Ledger, enforcement_id: str, transfers: Sequence[object] | None) -> int:
        """Take the statement that a bank sent with its answer, and carry on every trace through the account.

        Returns how many payments were new. Rows that do not touch the account are left out and noted.
        Raises BadField naming the field that cannot be used.
        """
        row = ledger.get(Enforcement, enforcement_id)
        hold = ledger.maybe(Hold, row.measure_id)
        if hold is None:
            return 0
        self._applied(ledger, hold)
        if transfers is None:
            return 0
        touching = [one for one in transfers if _touches(one, hold.account)]
        if len(touching) < len(transfers):
            count = len(transfers) - len(touching)
            ledger.note(
                act="statement.left_out",
                subject_kind="enforcement",
                subject_id=enforcement_id,
                reason=f"{count} rows do not touch the account",
            )
        kept = payments.store(ledger, row.point, touching, by_bank=True)
        statement = Statement(
            id=f"{row.point}:{hold.account}",
            account=hold.account,
            bank=row.point,
            balance_minor=row.balance_minor,
            as_of_at=row.answered_at or ledger.at,
        )
        if ledger.maybe(Statement, statement.id) != statement:
            ledger.save(statement, act="statement.told")
        for reached in ledger.find(TracedAccount, account=hold.account):
            trace = ledger.get(Trace, reached.report_id)
            if trace.state is TraceState.OPEN:
                self._follow(ledger, trace)
        return len(kept)

    # -- timers

    def tick(self, ledger: Ledger) -> None:
        """Draft the freeze before a stop runs out, and release what the trace shows to be unrelated."""
        if ledger.clock_sure:
            due = ledger.at - holds.FREEZE_AFTER + timedelta(microseconds=1)
            for hold in ledger.find(
                Hold,
                before=("in_force_at", due),
                sort=HoldSort.STOP.value,
                freeze_id="",
                ended_at=None,
            ):
                self._to_freeze(ledger, hold)
        late = ledger.at - _RELEASE_AFTER + timedelta(microseconds=1)
        for hold in ledger.find(Hold, before=("unrelated_at", late), ended_at=None):
            self._end(ledger, hold, "the trace shows that the money held is unrelated to the report")

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to traces and holds; the measures themselves are signed in the office."""
        account = Field(name="account")
        reason = Field(name="reason", kind=FieldKind.LONG_TEXT)
        open_ = (TraceState.OPEN.value,)
        return (
            Act(
                thing="trace",
                name="extend",
                power=Power.ANALYSE,
                run=self._act_extend,
                states=open_,
            ),
            Act(
                thing="trace",
                name="stop",
                power=Power.DRAFT,
                run=self._act_stop,
                states=open_,
                fields=(account,),
                coercive=True,
            ),
            Act(
                thing="trace",
                name="freeze",
                power=Power.DRAFT,
                run=self._act_freeze,
                states=open_,
                fields=(account,),
                coercive=True,
            ),
            Act(
                thing="trace",
                name="spare",
                power=Power.REVIEW,
                run=self._act_spare,
                states=open_,
                fields=(account, Field(name="amount_minor", kind=FieldKind.MONEY), reason),
            ),
            Act(
                thing="hold",
                name="release",
                power=Power.REVIEW,
                run=self._act_release,
                fields=(reason,),
            ),
        )

    def _act_extend(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        self._follow(ledger, ledger.get(Trace, record_id))
        return record_id

    def _act_stop(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.DRAFT, at=ledger.at)
        trace, row = self._named(ledger, record_id, body)
        hold = holds.draft_stop(ledger, self.office, trace, row)
        if hold is None:
            raise Refused(why=f"the stops that the register allows for {row.account} are spent")
        return hold.id

    def _act_freeze(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.DRAFT, at=ledger.at)
        trace, row = self._named(ledger, record_id, body)
        after = holds.live(ledger, record_id, row.account, HoldSort.STOP)
        hold = holds.draft_freeze(ledger, self.office, trace, row, after=after)
        if hold is None:
            raise Refused(why=f"nothing that the trace claims is left in {row.account}")
        return hold.id

    def _act_spare(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Leave an amount to the account's holder for essential living; the next freeze is smaller by it."""
        require_power(signer, Power.REVIEW, at=ledger.at)
        _trace, row = self._named(ledger, record_id, body)
        spared = int(str(body["amount_minor"]))
        after = replace(row, spared_minor=spared, spared_reason=str(body["reason"]))
        ledger.save(after, act="trace.spare", reason=after.spared_reason)
        return record_id

    def _act_release(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        hold = ledger.get(Hold, record_id)
        measure = ledger.get(Measure, hold.id)
        if measure.state in _DRAFTS:
            require_power(signer, Power.REVIEW, at=ledger.at)
            self.office.release(ledger, measure, "withdraw", why=str(body["reason"]))
        else:
            self.office.lift(ledger, signer, measure.id, reason=str(body["reason"]))
        self._settle(ledger, hold)
        return record_id

    # -- below: the steps

    def _follow(self, ledger: Ledger, trace: Trace) -> None:
        """Trace anew from what is known now; if anything changed: save, tell, draft, and look for channels."""
        lost = payments.losses(ledger, trace.report_id, trace.currency)
        known = payments.Ledgers(ledger, trace.currency, lost)
        traced = fifo(lost, known, self.bounds)
        held = {claim.account for claim in traced.claims}
        after = replace(
            trace,
            loss_minor=traced.loss_minor,
            claims=traced.claims,
            edges=traced.edges,
            sunk=traced.sunk,
            dropped_minor=traced.dropped_minor,
            returned_minor=traced.returned_minor,
            frontier=tuple(sorted(held - known.told)),
        )
        if after == trace:
            return
        after = replace(after, watermark_at=ledger.at, version=trace.version + 1)
        ledger.save(after, act="trace.follow")
        rows = accounts.update(ledger, after, traced)
        ledger.publish(
            "trace.extended",
            report_id=trace.report_id,
            accounts=[row.account for row in rows if row.tier > 1],
            frontier=list(after.frontier),
        )
        for row in rows:
            if row.tier <= self.stop_tiers:
                self._draft(ledger, after, row)
            channels.look(ledger, row, after)
        self._refresh(ledger, trace.report_id)

    def _draft(self, ledger: Ledger, trace: Trace, row: TracedAccount) -> None:
        if holds.stop_wanted(ledger, row, least_minor=self.least_minor):
            hold = holds.draft_stop(ledger, self.office, trace, row)
            if hold is None and trace.case_id is not None:
                self._freeze_spent(ledger, trace, replace(row, attempts_spent=True))
        for hold in ledger.find(Hold, report_id=trace.report_id, account=row.account, ended_at=None):
            self._mark_unrelated(ledger, hold, row)

    def _freeze_spent(self, ledger: Ledger, trace: Trace, row: TracedAccount) -> None:
        """Where no stop is left, the freeze is drafted at once, for officers to sign or not."""
        if row.claimed_minor < self.least_minor:
            return
        if not ledger.count(Hold, report_id=trace.report_id, account=row.account):
            holds.draft_freeze(ledger, self.office, trace, row, after=None)

    def _mark_unrelated(self, ledger: Ledger, hold: Hold, row: TracedAccount) -> None:
        """What is held beyond the claim is not this report's money; all of it, and it is to be released."""
        over = max(0, hold.applied_minor - row.claimed_minor)
        others = any(
            one.claimed_minor and one.report_id != hold.report_id
            for one in ledger.find(TracedAccount, account=row.account)
        )
        wholly = hold.applied_minor > 0 and row.claimed_minor == 0 and not others
        since = (hold.unrelated_at or ledger.at) if wholly else None
        after = replace(hold, over_minor=over, unrelated_at=since)
        if after != hold:
            ledger.save(after, act="hold.compare")

    def _applied(self, ledger: Ledger, hold: Hold) -> None:
        after = figures.with_answers(ledger, hold)
        if after == hold:
            return
        ledger.save(after, act="hold.answered")
        if after.sort is HoldSort.STOP and after.applied_minor > hold.applied_minor:
            ledger.publish(
                "money.stopped",
                report_id=hold.report_id,
                amount_minor=after.applied_minor - hold.applied_minor,
                currency=hold.currency,
                account=hold.account,
            )
        row = ledger.maybe(TracedAccount, f"{hold.report_id}:{hold.account}")
        if row is not None:
            self._mark_unrelated(ledger, after, row)
        self._refresh(ledger, hold.report_id)

    def _to_freeze(self, ledger: Ledger, hold: Hold) -> None:
        trace = ledger.get(Trace, hold.report_id)
        row = ledger.maybe(TracedAccount, f"{hold.report_id}:{hold.account}")
        if row is None or trace.case_id is None or not hold.applied_minor:
            return
        if holds.live(ledger, hold.report_id, hold.account, HoldSort.FREEZE) is None:
            holds.draft_freeze(ledger, self.office, trace, row, after=hold)

    def _end(self, ledger: Ledger, hold: Hold, why: str) -> None:
        measure = ledger.get(Measure, hold.id)
        if measure.live:
            self.office.release(ledger, measure, "lift", why=why)
        elif measure.state in _DRAFTS:
            self.office.release(ledger, measure, "withdraw", why=why)
        self._settle(ledger, hold)

    def _settle(self, ledger: Ledger, hold: Hold) -> None:
        after = figures.with_measure(ledger, hold, ledger.get(Measure, hold.id))
        if after != hold:
            ledger.save(after, act="hold.follow")
        self._refresh(ledger, hold.report_id)

    def _refresh(self, ledger: Ledger, report_id: str) -> None:
        trace = ledger.maybe(Trace, report_id)
        if trace is not None:
            figures.refresh(ledger, trace)

    def _named(self, ledger: Ledger, record_id: str, body: Body) -> tuple[Trace, TracedAccount]:
        trace = ledger.get(Trace, record_id)
        account = payments.account_key(str(body["account"]))
        row = ledger.maybe(TracedAccount, f"{record_id}:{account}")
        if row is None:
            raise BadField(field="account", value=account, why="an account that this trace reached")
        return trace, row


def _touches(row: object, account: str) -> bool:
    if not isinstance(row, Mapping):
        return True  # left to the reader, which names what is wrong with it
    sides = (str(row.get("source", "")), str(row.get("target", "")))
    return account in {payments.account_key(side) for side in sides}
