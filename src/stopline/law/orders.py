"""Orders to the points that must act on a measure: given, handed over, answered, and chased until acknowledged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stopline.kernel.ledger import Ledger
from stopline.law.enforcement import Answer, Enforcement, OrderAct, answered, sent, tell
from stopline.law.machines import EnforcementState, Machine, step
from stopline.law.measure import Measure
from stopline.law.transitions import write_step

_ANSWER_WITHIN = timedelta(minutes=30)  # house rule: a point that has not answered by then is chased
_WAITING = (EnforcementState.PENDING.value, EnforcementState.SENT.value, EnforcementState.DELIVERED.value)
_NOT_RELEASED = tuple(state.value for state in EnforcementState if state is not EnforcementState.RELEASED)
_REPEATED = (OrderAct.RELEASE.value, OrderAct.SUSPEND.value)  # what frees somebody is told again until acknowledged


def order(ledger: Ledger, measure: Measure, point: str) -> Enforcement:
    """Give the first order about a measure to one point."""
    row = Enforcement(
        id=ledger.new_id(),
        measure_id=measure.id,
        point=point,
        state=EnforcementState.PENDING,
        order_act=OrderAct.IMPOSE,
        version=1,
        told_version=0,
        unsent=True,
        created_at=ledger.at,
        answer_due_at=ledger.at + _ANSWER_WITHIN,
    )
    ledger.save(row, act="enforcement.order")
    _pending(ledger, row)
    return row


def tell_all(ledger: Ledger, measure: Measure, act: OrderAct) -> None:
    """Give every point of a measure a newer order; a point that has released it is not told again."""
    for row in ledger.find(Enforcement, measure_id=measure.id, state=_NOT_RELEASED):
        after = tell(row, act, version=row.version + 1, answer_due_at=ledger.at + _ANSWER_WITHIN)
        ledger.save(after, act=f"enforcement.{act.value}")
        _pending(ledger, after)


def hand_over(ledger: Ledger, point: str, *, limit: int) -> list[tuple[Measure, Enforcement]]:
    """Return the orders that a point has not been told yet, and record that they were sent."""
    orders = []
    for row in ledger.find(Enforcement, point=point, unsent=True, limit=limit):
        after = sent(row, at=ledger.at)
        ledger.save(after, act="enforcement.send")
        _step(ledger, row, "send", after)
        orders.append((ledger.get(Measure, row.measure_id), after))
    return orders


def record_answer(ledger: Ledger, enforcement_id: str, answer: Answer) -> Enforcement:
    """Record what a point answered; a duplicate changes nothing, one after the time-out is kept as late."""
    row = ledger.get(Enforcement, enforcement_id)
    after = answered(row, answer, at=ledger.at)
    if after != row:
        ledger.save(after, act="enforcement.answer", reason=answer.outcome)
        _step(ledger, row, answer.outcome, after)
        ledger.publish(
            "enforcement.answered", enforcement_id=row.id, measure_id=row.measure_id, state=after.state.value
        )
    return after


def chase(ledger: Ledger) -> list[Enforcement]:
    """Mark the points that have not answered a first order in time; tell the rest again what frees somebody.

    A late answer is still accepted, as late. Returns the rows marked.
    """
    late = []
    for row in ledger.find(Enforcement, before=("answer_due_at", ledger.at), state=_WAITING):
        state = EnforcementState(step(Machine.ENFORCEMENT, row.state, "time_out", subject_id=row.id))
        after = replace(row, state=state)
        ledger.save(after, act="enforcement.time_out")
        _step(ledger, row, "time_out", after)
        ledger.publish("enforcement.timed_out", enforcement_id=row.id, measure_id=row.measure_id)
        late.append(after)
    _repeat(ledger)
    return late


def _repeat(ledger: Ledger) -> None:
    """Send a release or a suspension again that was handed over and not acknowledged."""
    overdue = ("answer_due_at", ledger.at)
    for row in ledger.find(Enforcement, before=overdue, order_act=_REPEATED, unsent=False, state=_NOT_RELEASED):
        if row.answered_version < row.version:
            again = replace(row, unsent=True, answer_due_at=ledger.at + _ANSWER_WITHIN)
            ledger.save(again, act="enforcement.repeat", reason="not acknowledged in time")
            _pending(ledger, again)


def _pending(ledger: Ledger, row: Enforcement) -> None:
    ledger.publish("enforcement.pending", enforcement_id=row.id, measure_id=row.measure_id, point=row.point)


def _step(ledger: Ledger, before: Enforcement, act: str, after: Enforcement) -> None:
    write_step(ledger, Machine.ENFORCEMENT, before.id, before=before.state.value, act=act, after=after.state.value)
