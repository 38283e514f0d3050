"""What banks answered and what came of the money: stopped, frozen, released, returned, out of reach, each apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stopline.funds.records import Hold, HoldSort, Recovery, Statement, Trace
from stopline.funds.tracing import SinkKind
from stopline.kernel.ledger import Ledger
from stopline.law.enforcement import Enforcement
from stopline.law.machines import EnforcementState, Machine, ended
from stopline.law.measure import Measure

_HELD = frozenset(
    {
        EnforcementState.ACTIVE_FULL,
        EnforcementState.ACTIVE_PART,
        EnforcementState.LATE,
    }
)


def with_answers(ledger: Ledger, hold: Hold) -> Hold:
    """Return the hold with what its points say they hold; it never holds more than it was drafted for."""
    rows = ledger.find(Enforcement, measure_id=hold.id)
    told = sum(row.applied_minor or 0 for row in rows if row.state in _HELD)
    applied = min(hold.amount_minor, told)
    answers = [row.state.value for row in rows if row.answered_at is not None]
    first: datetime | None = hold.first_applied_at
    if applied and first is None:
        first = min((row.answered_at for row in rows if row.answered_at), default=ledger.at)
    if any(row.state is EnforcementState.RELEASED for row in rows):
        applied = max(applied, hold.applied_minor)  # what was once held stays in the figure, as released
    return replace(
        hold,
        applied_minor=applied,
        first_applied_at=first,
        answer=",".join(sorted(answers)) or hold.answer,
    )


def with_measure(ledger: Ledger, hold: Hold, measure: Measure) -> Hold:
    """Return the hold with its measure's times; when a stop ends under a live freeze nothing is released."""
    after = replace(hold, in_force_at=hold.in_force_at or measure.starts_at)
    if hold.ended_at is None and ended(Machine.MEASURE, measure.state):
        freeze = ledger.maybe(Hold, hold.freeze_id)
        carried = freeze.applied_minor if freeze and freeze.ended_at is None else 0
        released = max(0, hold.applied_minor - carried)
        after = replace(after, ended_at=measure.ended_at or ledger.at, released_minor=released, unrelated_at=None)
    return after


def refresh(ledger: Ledger, trace: Trace) -> Recovery:
    """Save what came of one report's money, when it changed; the figures are never merged into one sum."""
    rows = ledger.find(Hold, report_id=trace.report_id)
    before = ledger.maybe(Recovery, trace.id)
    stops = [row for row in rows if row.sort is HoldSort.STOP]
    freezes = [row for row in rows if row.sort is HoldSort.FREEZE]
    first = min((row.first_applied_at for row in rows if row.first_applied_at), default=None)
    live = {row.account: 0 for row in rows}
    for row in rows:
        if row.ended_at is None:
            live[row.account] = max(live[row.account], row.applied_minor)
    claimed = sum(claim.claimed_minor for claim in trace.claims)
    after = Recovery(
        id=trace.id,
        currency=trace.currency,
        reported_minor=trace.reported_minor,
        traced_minor=trace.loss_minor,
        stopped_minor=sum(row.applied_minor for row in stops),
        frozen_minor=sum(row.applied_minor for row in freezes),
        released_minor=sum(row.released_minor for row in rows),
        returned_minor=trace.returned_minor,
        cash_minor=_sunk(trace, SinkKind.CASH),
        abroad_minor=_sunk(trace, SinkKind.ABROAD),
        unknown_minor=_sunk(trace, SinkKind.UNKNOWN, SinkKind.BEYOND) + trace.dropped_minor,
        unheld_minor=max(0, claimed - sum(live.values())),
        kept_minor=_kept(ledger, live),
        reported_at=trace.reported_at,
        first_stop_at=first,
        minutes_count=None if first is None else _minutes(trace.reported_at, first),
        updated_at=ledger.at if before is None else before.updated_at,
    )
    if after != before:
        after = replace(after, updated_at=ledger.at)
        ledger.save(after, act="recovery.count")
    return after


def _sunk(trace: Trace, *kinds: SinkKind) -> int:
    return sum(one.amount_minor for one in trace.sunk if one.kind in kinds)


def _kept(ledger: Ledger, live: dict[str, int]) -> int:
    """What stays free in the accounts where an amount is held: a hold takes an amount, not an account."""
    kept = 0
    for account, applied in live.items():
        for statement in ledger.find(Statement, account=account) if applied else ():
            kept += max(0, (statement.balance_minor or 0) - applied)
    return kept


def _minutes(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds() // 60))
