"""The three machines: the table itself, and a centre in which anybody may try anything at any time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, consumes, invariant, multiple, rule

from stopline.kernel.actors import PUBLIC, machine
from stopline.kernel.errors import Refused, StoplineError, WrongState
from stopline.law.appeal import Appeal, AppealChannel
from stopline.law.authorization import Authorization, covers
from stopline.law.deadlines import due
from stopline.law.enforcement import Enforcement, OrderAct
from stopline.law.machines import (
    TABLE,
    AppealState,
    EnforcementState,
    Machine,
    MeasureState,
    Transition,
    allowed,
    ended,
    step,
)
from stopline.law.measure import Measure, lapses_at
from stopline.law.notification import Notification
from stopline.law.register import Level
from stopline.stores.export import verify_store
from stopline.stores.ledger import SqlLedger
from tests.factories import MEASURES, REGISTER, World, examples, signer, world

STATES: dict[Machine, type[MeasureState | EnforcementState | AppealState]] = {
    Machine.MEASURE: MeasureState,
    Machine.ENFORCEMENT: EnforcementState,
    Machine.APPEAL: AppealState,
}
ACTS = sorted({act for _, _, act in TABLE})
POINTS = ("B1", "C1")
ENTRY_IDS = st.sampled_from([entry.id for entry in MEASURES])
REFS = st.sampled_from(["s1", "s2", "s3"])
OUTCOMES = st.sampled_from(["active_full", "active_part", "queued", "empty", "refused", "released"])
CHANGES = st.sampled_from(["ratify", "renew", "lift", "suspend", "resume"])
HANDS = tuple(f"h{place}" for place in range(6))


@given(of=st.sampled_from(Machine), act=st.one_of(st.sampled_from(ACTS), st.text(max_size=8)), data=st.data())
def test_a_step_is_in_the_table_or_refused_by_naming_what_is_allowed(
    of: Machine, act: str, data: st.DataObject
) -> None:
    state = data.draw(st.sampled_from(STATES[of])).value
    if (of, state, act) in TABLE:
        assert step(of, state, act, subject_id="x") in {member.value for member in STATES[of]}
    else:
        with pytest.raises(WrongState) as refused:
            step(of, state, act, subject_id="x")
        assert (refused.value.state, refused.value.act) == (state, act)
        assert all(name in str(refused.value) for name in allowed(of, state))


@pytest.mark.parametrize("of", Machine)
def test_every_state_is_named_reached_and_leads_to_an_end(of: Machine) -> None:
    names = {state.value for state in STATES[of]}
    edges = {(here, there) for (kind, here, _), there in TABLE.items() if kind is of}
    assert {state for edge in edges for state in edge} == names
    reaches = {name for name in names if ended(of, name)}
    for _ in names:
        reaches |= {here for here, there in edges if there in reaches}
    assert reaches == names
    for name in names:
        assert ended(of, name) is (not allowed(of, name))


class Centre(RuleBasedStateMachine):
    """Officers, points, the public and the clock do what they like, lawful or not; the invariants hold throughout."""

    measures: Bundle[str] = Bundle("measures")
    orders: Bundle[tuple[str, int]] = Bundle("orders")
    appeals: Bundle[str] = Bundle("appeals")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.w: World = self.stack.enter_context(world())
        self.ended: dict[str, MeasureState] = {}

    def teardown(self) -> None:
        verify_store(self.w.store)
        self.stack.close()

    @rule(target=measures, entry=ENTRY_IDS, ref=REFS, hand=st.sampled_from(HANDS))
    def draft(self, entry: str, ref: str, hand: str) -> MultipleResults[str] | str:
        try:
            return self.w.draft(REGISTER.entry(entry), ref, by=signer(hand))
        except Refused:
            return multiple()

    @rule(target=measures, entry=ENTRY_IDS, ref=REFS)
    def prepare(self, entry: str, ref: str) -> MultipleResults[str] | str:
        try:
            return self.w.approved(REGISTER.entry(entry), ref)
        except Refused:
            return multiple()

    @rule(target=measures, entry=ENTRY_IDS, ref=REFS)
    def impose(self, entry: str, ref: str) -> MultipleResults[str] | str:
        try:
            return self.w.impose(REGISTER.entry(entry), ref, points=POINTS)
        except Refused:
            return multiple()

    @rule(
        measure_id=measures,
        act=st.sampled_from(["review", "override", "approve", "cosign", "activate"]),
        hand=st.sampled_from(HANDS),
        level=st.sampled_from(Level),
        borrowed=st.booleans(),
    )
    def sign(self, measure_id: str, act: str, hand: str, level: Level, *, borrowed: bool) -> None:
        by = signer(hand, level, session="one terminal" if borrowed else "")
        with contextlib.suppress(StoplineError):
            match act:
                case "review":
                    self.w.review(measure_id, by=by)
                case "override":
                    self.w.override(measure_id, by=by)
                case "approve":
                    self.w.approve(measure_id, by=by)
                case "cosign":
                    self.w.cosign(measure_id, by=by)
                case _:
                    self.w.activate(measure_id, by=by, points=POINTS)

    @rule(
        measure_id=measures,
        act=CHANGES,
        days=st.integers(0, 400),
    )
    def change(self, measure_id: str, act: str, days: int) -> None:
        hand, office, at = signer("chief"), self.w.office, self.w.clock.now()
        with contextlib.suppress(Refused), self.w.act(hand.actor) as ledger:
            match act:
                case "ratify":
                    office.ratify(ledger, hand, measure_id)
                case "renew":
                    office.renew(ledger, hand, measure_id, until=at + timedelta(days=days), reason="needed")
                case "lift":
                    office.lift(ledger, hand, measure_id, reason="not needed")
                case "resume":
                    office.resume(ledger, hand, measure_id, reason="no doubt")
                case _:
                    office.suspend(ledger, measure_id, reason="doubt")

    @rule(measure_id=measures, act=st.sampled_from(["review", "approve", "activate", "lift", "renew"]))
    def machine_tries(self, measure_id: str, act: str) -> None:
        before = self.w.measure(measure_id)
        by, office = signer("ghost"), self.w.office
        at = self.w.clock.now()
        steps: dict[str, Callable[[SqlLedger], object]] = {
            "review": lambda ledger: office.review(ledger, by, measure_id),
            "approve": lambda ledger: office.approve(ledger, by, measure_id),
            "activate": lambda ledger: office.activate(ledger, by, measure_id, points=POINTS),
            "lift": lambda ledger: office.lift(ledger, by, measure_id, reason="x"),
            "renew": lambda ledger: office.renew(ledger, by, measure_id, until=at, reason="x"),
        }
        with pytest.raises(Refused), self.w.act(machine("engine")) as ledger:
            steps[act](ledger)
        assert self.w.measure(measure_id) == before

    @rule(target=orders, point=st.sampled_from(POINTS))
    def fetch(self, point: str) -> MultipleResults[tuple[str, int]] | tuple[str, int]:
        with self.w.act() as ledger:
            handed = self.w.office.orders_for(ledger, point)
        return multiple(*((order.id, order.version) for _, order in handed))

    @rule(order=orders, outcome=OUTCOMES)
    def answer(self, order: tuple[str, int], outcome: str) -> None:
        with contextlib.suppress(StoplineError), self.w.act() as ledger:
            self.w.office.answer(ledger, order[0], version=order[1], outcome=outcome)

    @rule(target=appeals, measure_id=measures, channel=st.sampled_from(AppealChannel))
    def appeal(self, measure_id: str, channel: AppealChannel) -> MultipleResults[str] | str:
        with self.w.act(PUBLIC) as ledger:
            told = ledger.find(Notification, measure_id=measure_id)
            if not told:
                return multiple()
            filed = self.w.appeals.file(ledger, reference=told[0].code, statement="not me", contact="", channel=channel)
            assert filed.acknowledged_at == filed.filed_at
            return filed.id

    @rule(appeal_id=consumes(appeals), hand=st.sampled_from([*HANDS, "chief", "outsider"]), grant=st.booleans())
    def decide(self, appeal_id: str, hand: str, *, grant: bool) -> None:
        by = signer(hand)
        acts = {act.name: act for act in self.w.appeals.acts()}
        for name in ("assign", "grant" if grant else "reject"):
            with contextlib.suppress(Refused), self.w.act(by.actor) as ledger:
                acts[name].run(ledger, by, appeal_id, {"decision": "because"})

    @rule(why=st.sampled_from(["acquitted", "closed"]))
    def ground_falls(self, why: str) -> None:
        with self.w.act() as ledger:
            self.w.office.ground_fell(ledger, "case-1", why=why)
            assert not any(measure.live for measure in ledger.find(Measure, case_id="case-1"))

    @rule(
        span=st.one_of(
            st.timedeltas(timedelta(minutes=1), timedelta(hours=30)),
            st.timedeltas(timedelta(days=1), timedelta(days=200)),
        )
    )
    def time_passes(self, span: timedelta) -> None:
        self.w.later(span)

    @rule(sure=st.booleans())
    def doubt_the_clock(self, *, sure: bool) -> None:
        self.w.clock.declare(sure=sure)

    @invariant()
    def holds(self) -> None:
        with self.w.store.read(machine("test")) as ledger:
            now = ledger.at
            notified = {row.measure_id for row in ledger.find(Notification)}
            held = {row.id: row for row in ledger.find(Authorization)}
            rows = ledger.find(Enforcement)
            measures = ledger.find(Measure)
            steps = ledger.find(Transition)
            appeals = ledger.find(Appeal)
        by_measure: dict[str, list[Enforcement]] = {}
        for row in rows:
            by_measure.setdefault(row.measure_id, []).append(row)
        for measure in measures:
            if measure.live:
                self._live(measure, held, notified)
                assert all(row.order_act is not OrderAct.RELEASE for row in by_measure.get(measure.id, []))
                lapse = lapses_at(measure)
                assert lapse is not None
                assert now < lapse
            elif measure.starts_at is not None:
                assert self.ended.setdefault(measure.id, measure.state) is measure.state  # an end is an end
                assert all(_freed(row) for row in by_measure[measure.id])
            else:
                assert measure.id not in by_measure
                assert measure.id not in notified
        _stops(measures)
        keys = [(one.machine, one.subject_id, one.ordinal) for one in steps]
        assert len(keys) == len(set(keys))
        chains = {measure.id: _hands(measure) for measure in measures}
        for appeal in appeals:
            if appeal.decided_by is not None:
                assert appeal.decided_by not in chains[appeal.target_id]

    def _live(self, measure: Measure, held: dict[str, Authorization], notified: set[str]) -> None:
        entry = self.w.office.register.entry(measure.entry_id, measure.entry_version)
        now, calendar = self.w.clock.now(), self.w.office.calendar
        assert covers(held[measure.authorization_id or ""], measure, at=now)
        assert measure.id in notified
        assert measure.starts_at is not None
        assert measure.term_from_at is not None
        assert measure.expires_at is not None
        assert measure.expires_at <= held[measure.authorization_id or ""].to_at
        assert entry.max_term is not None
        if measure.renewals_count == 0:
            assert measure.expires_at <= due(measure.term_from_at, entry.max_term, calendar)
        elif entry.total_max is not None:
            assert measure.expires_at <= due(measure.term_from_at, entry.total_max, calendar)
        assert entry.renewals_max is None or measure.renewals_count <= entry.renewals_max
        if entry.min_term is not None:
            assert measure.expires_at >= due(measure.term_from_at, entry.min_term, calendar)
        hands = [measure.drafted_by, measure.reviewed_by, measure.approved_by, measure.executed_by]
        sessions = [measure.reviewed_session, measure.approved_session, measure.executed_session]
        assert all(hand is not None for hand in hands)
        assert measure.drafted_by not in hands[1:]
        assert measure.drafted_session not in sessions
        if entry.separation:
            assert len(set(hands)) == 4
            assert len({measure.drafted_session, *sessions}) == 4
        if entry.executors > 1:
            assert measure.cosigned_by is not None
            assert measure.cosigned_by not in hands
        assert not entry.needs_override or measure.override_by is not None
        assert set(entry.facts_required) <= {ground.kind for ground in measure.grounds if ground.ref}
        assert not entry.graded or measure.lesser_means.strip()
        assert held[measure.authorization_id or ""].level >= (entry.approver_level or 0)


def _freed(row: Enforcement) -> bool:
    """Whether a point has been told to release, will be at its next call, or has done so."""
    return row.order_act is OrderAct.RELEASE and (
        row.unsent or row.told_version == row.version or row.state is EnforcementState.RELEASED
    )


def _stops(measures: list[Measure]) -> None:
    bound: dict[tuple[str, str], int] = {}
    for measure in measures:
        if measure.starts_at is not None:
            key = (measure.entry_id, measure.subject_ref)
            bound[key] = bound.get(key, 0) + 1
    assert all(count <= 2 for (entry_id, _), count in bound.items() if entry_id == "CN.86.stop")
    assert all(count <= 1 for (entry_id, _), count in bound.items() if entry_id == "CN.PR.278.urgent")


def _hands(measure: Measure) -> set[str | None]:
    return {measure.drafted_by, measure.reviewed_by, measure.approved_by, measure.executed_by, measure.override_by}


class LongCentre(Centre):
    """The same for as long as one likes."""


TestCentre = Centre.TestCase
TestCentre.settings = settings(max_examples=examples(40), stateful_step_count=25)
TestLongCentre = pytest.mark.soak(LongCentre.TestCase)
TestLongCentre.settings = settings(max_examples=150, stateful_step_count=50)
