"""Safeguards 1 to 7, 9, 10, 12 and 17: who may act, how long it lasts, how it ends. See docs/safeguards.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from stopline.kernel.actors import PUBLIC, Actor, ActorKind, machine
from stopline.kernel.errors import (
    AttemptsSpent,
    AuthorityOutOfArea,
    AuthorityTooLow,
    AuthorizationMissing,
    BadField,
    ClockUnsure,
    EmergencyRepeated,
    ExecutorMissing,
    FactsMissing,
    MachineMayNotSign,
    PowerMissing,
    Refused,
    SameHand,
    TermOutOfBounds,
    WrongState,
)
from stopline.law.authorization import Authorization, covers
from stopline.law.deadlines import due
from stopline.law.enforcement import Enforcement, OrderAct
from stopline.law.machines import EnforcementState, MeasureState
from stopline.law.measure import Ground, Measure, longest_until
from stopline.law.organisation import Power, Signer
from stopline.law.register import Entry, Level, MeasureKind
from tests.factories import AREAS, COUNTY, MEASURES, REGISTER, World, draft_for, examples, signer, with_entry, world

SHARED = settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
FEWER = settings(max_examples=examples(30))  # each example opens a store of its own
entries = st.sampled_from(MEASURES)
levels = st.sampled_from(Level)
SEPARATED = [entry for entry in MEASURES if entry.separation]
FREEZE = REGISTER.entry("CN.PR.239")
STOP = REGISTER.entry("CN.86.stop")
URGENT = REGISTER.entry("CN.PR.278.urgent")
BANNED = REGISTER.entry("CN.ATF.36.1")
AFTER_SENTENCE = REGISTER.entry("CN.ATF.36.2")
TWO_EXECUTORS = REGISTER.entry("CN.ACL.32")
OWN_AREA = REGISTER.entry("CN.PR.274")


@pytest.fixture(scope="module")
def w() -> Iterator[World]:
    with world() as made:
        yield made


_count = iter(range(10**9))


def fresh() -> str:
    """A subject that no earlier example has used."""
    return f"s{next(_count)}"


# ---------------------------------------------------------------- 1: no measure without a current authorization


@SHARED
@given(entry=entries, damage=st.sampled_from(["none", "expired", "withdrawn", "other subject", "other entry", "early"]))
def test_1_activation_without_a_current_authorization_is_refused(w: World, entry: Entry, damage: str) -> None:
    measure_id = w.approved(entry, fresh())
    measure = w.measure(measure_id)
    with w.act() as ledger:
        held = ledger.get(Authorization, measure.authorization_id or "")
        now = ledger.at
        match damage:
            case "none":
                ledger.save(replace(measure, authorization_id=None), act="test.damage")
            case "expired":
                ledger.save(replace(held, to_at=now), act="test.damage")
            case "withdrawn":
                ledger.save(replace(held, withdrawn_at=now), act="test.damage")
            case "other subject":
                ledger.save(replace(held, subject_ref="somebody else"), act="test.damage")
            case "other entry":
                ledger.save(replace(held, entry_version="1999-01-01"), act="test.damage")
            case _:
                ledger.save(replace(held, from_at=now + timedelta(seconds=1)), act="test.damage")
    with pytest.raises(AuthorizationMissing):
        w.activate(measure_id, by=signer("executor"))
    assert w.measure(measure_id).state is MeasureState.APPROVED
    with w.act() as ledger:
        assert not ledger.count(Enforcement, measure_id=measure_id)


@SHARED
@given(entry=entries)
def test_1_no_step_can_be_left_out(w: World, entry: Entry) -> None:
    measure_id = w.draft(entry, fresh())
    with pytest.raises(WrongState):
        w.activate(measure_id, by=signer("executor"))
    if entry.needs_override:
        w.override(measure_id, by=signer("counsel"))
    with pytest.raises(WrongState):
        w.approve(measure_id, by=signer("approver"))


# ---------------------------------------------------------------- 2: hands and sessions apart


STEPS = ("drafter", "reviewer", "approver", "executor")


@SHARED
@given(
    entry=st.sampled_from(SEPARATED),
    pair=st.sampled_from([(a, b) for a in range(4) for b in range(a + 1, 4)]),
    by_session=st.booleans(),
)
def test_2_the_same_hand_or_the_same_session_never_takes_two_steps(
    w: World, entry: Entry, pair: tuple[int, int], *, by_session: bool
) -> None:
    ref = fresh()
    hands = [signer(f"{step}-{ref}") for step in STEPS]
    first, second = pair
    hands[second] = (
        replace(hands[second], session=hands[first].session)
        if by_session
        else replace(hands[first], session=f"another-{ref}")
    )
    with pytest.raises(SameHand):
        _walk(w, entry, ref, hands)
    assert not w.measure(_latest(w, ref)).live


def _walk(w: World, entry: Entry, ref: str, hands: list[Signer]) -> None:
    drafter, reviewer, approver, executor = hands
    measure_id = w.draft(entry, ref, by=drafter)
    w.review(measure_id, by=reviewer)
    if entry.needs_override:
        w.override(measure_id, by=signer(f"counsel-{ref}"))
    w.approve(measure_id, by=approver)
    if entry.executors > 1:
        w.cosign(measure_id, by=signer(f"second-{ref}"))
    w.activate(measure_id, by=executor)


def _latest(w: World, ref: str) -> str:
    with w.act() as ledger:
        return ledger.find(Measure, subject_ref=ref)[-1].id


def test_2_the_kinds_that_need_four_eyes_are_separated_in_the_register() -> None:
    kinds = {
        MeasureKind.FREEZE_AMOUNT,
        MeasureKind.BORDER_STOP,
        MeasureKind.PUBLISH_NOTICE,
        MeasureKind.TRANSFER_PERSON,
    }
    assert {entry.measure for entry in SEPARATED} >= kinds
    assert all(entry.separation for entry in MEASURES if entry.measure in kinds)


def test_2_a_drafter_never_signs_its_own_draft_even_where_one_signature_is_enough(w: World) -> None:
    ref = fresh()
    drafter = signer("alone")
    measure_id = w.draft(STOP, ref, by=drafter)
    w.override(measure_id, by=signer("counsel"))
    with pytest.raises(SameHand), w.act(drafter.actor) as ledger:
        w.office.sign(ledger, drafter, measure_id, points=["B1"])


def test_2_two_officers_carry_out_an_administrative_freeze(w: World) -> None:
    ref = fresh()
    measure_id = w.draft(TWO_EXECUTORS, ref)
    w.review(measure_id, by=signer("r"))
    w.approve(measure_id, by=signer("a"))
    with pytest.raises(ExecutorMissing):
        w.activate(measure_id, by=signer("e1"))
    with pytest.raises(SameHand):
        w.cosign(measure_id, by=signer("a"))
    w.cosign(measure_id, by=signer("e1"))
    with pytest.raises(SameHand):
        w.activate(measure_id, by=signer("e1"))
    with pytest.raises(SameHand):
        w.activate(measure_id, by=signer("e2", session="session-e1"))
    w.activate(measure_id, by=signer("e2"))
    assert w.measure(measure_id).live


# ---------------------------------------------------------------- 3: the level and the area


@SHARED
@given(entry=entries, level=levels, major=st.booleans())
def test_3_a_signature_below_the_level_of_the_register_is_refused(
    w: World, entry: Entry, level: Level, *, major: bool
) -> None:
    ref = fresh()
    measure_id = w.draft(entry, ref, draft=replace(draft_for(entry, ref=ref), major=major))
    w.review(measure_id, by=signer(f"r-{ref}"))
    if entry.needs_override:
        w.override(measure_id, by=signer(f"c-{ref}"))
    needs = entry.major_level if major and entry.major_level else entry.approver_level
    assert needs is not None
    approver = signer(f"a-{ref}", level)
    if level < needs:
        with pytest.raises(AuthorityTooLow):
            w.approve(measure_id, by=approver)
        assert w.measure(measure_id).authorization_id is None
    else:
        w.approve(measure_id, by=approver)
        assert w.measure(measure_id).state is MeasureState.APPROVED


def test_3_the_levels_that_the_law_names_stand_in_the_register() -> None:
    assert REGISTER.entry("CN.PR.278").approver_level is Level.PROVINCE
    assert AFTER_SENTENCE.approver_level is Level.PREFECTURE
    assert FREEZE.approver_level is Level.COUNTY
    assert FREEZE.major_level is Level.PREFECTURE


@SHARED
@given(area=st.sampled_from([*AREAS.values(), "02", "0201", "010102"]), level=levels)
def test_3_a_notice_is_approved_in_its_own_area_and_wider_by_the_superior(w: World, area: str, level: Level) -> None:
    ref = fresh()
    measure_id = w.draft(OWN_AREA, ref, draft=draft_for(OWN_AREA, ref=ref, area=area))
    w.review(measure_id, by=signer(f"r-{ref}"))
    approver = signer(f"a-{ref}", level)
    wider = len(area) < len(COUNTY)
    needs = Level.PREFECTURE if wider else Level.COUNTY
    if level < needs:
        with pytest.raises(AuthorityTooLow):
            w.approve(measure_id, by=approver)
    elif not area.startswith(approver.officer.area):
        with pytest.raises(AuthorityOutOfArea):
            w.approve(measure_id, by=approver)
    else:
        w.approve(measure_id, by=approver)


@SHARED
@given(entry=entries, power=st.sampled_from(Power))
def test_3_an_approval_needs_the_power_to_approve(w: World, entry: Entry, power: Power) -> None:
    ref = fresh()
    needs = Power.APPROVE if entry.signatures > 1 else Power.DUTY
    assume(power is not needs)
    measure_id = w.draft(entry, ref)
    w.review(measure_id, by=signer(f"r-{ref}"))
    with pytest.raises(PowerMissing):
        w.approve(measure_id, by=signer(f"a-{ref}", powers=(power,)))


# ---------------------------------------------------------------- 4: it ends by itself


@settings(max_examples=examples(35))
@given(entry=entries, early=st.timedeltas(timedelta(minutes=1), timedelta(hours=20)), sure=st.booleans())
def test_4_every_measure_lapses_at_its_expiry_with_no_hand_and_its_point_is_told(
    entry: Entry, early: timedelta, *, sure: bool
) -> None:
    with world() as w:
        measure_id = w.impose(entry, "s")
        before = w.measure(measure_id)
        assert before.starts_at is not None
        assert before.expires_at is not None
        cap = longest_until(entry, start=before.starts_at, major=False, calendar=w.office.calendar)
        assert before.starts_at < before.expires_at <= cap
        w.clock.declare(sure=sure)  # an unsure clock holds nothing beyond its expiry
        w.later(before.expires_at - early - w.clock.now())
        assert w.measure(measure_id).live
        with w.act() as ledger:
            w.office.orders_for(ledger, "B1")
        w.later(early)
        after = w.measure(measure_id)
        assert after.state is MeasureState.EXPIRED
        assert after.ended_at == before.expires_at
        with w.act() as ledger:
            orders = w.office.orders_for(ledger, "B1")
        assert [(order.order_act, measure.id) for measure, order in orders] == [(OrderAct.RELEASE, measure_id)]


@SHARED
@given(entry=entries, beyond=st.timedeltas(timedelta(seconds=1), timedelta(days=4_000)))
def test_4_a_term_beyond_the_cap_is_refused(w: World, entry: Entry, beyond: timedelta) -> None:
    measure_id = w.approved(entry, fresh())
    cap = longest_until(entry, start=w.clock.now(), major=False, calendar=w.office.calendar)
    with pytest.raises(TermOutOfBounds):
        w.activate(measure_id, by=signer("executor"), until=cap + beyond)
    with pytest.raises(TermOutOfBounds):
        w.activate(measure_id, by=signer("executor"), until=w.clock.now())


@FEWER
@given(entry=st.sampled_from([entry for entry in MEASURES if entry.renewable]), tries=st.integers(1, 4))
def test_4_renewals_stay_within_what_the_register_allows(entry: Entry, tries: int) -> None:
    with world() as w:
        measure_id = w.impose(entry, "s")
        first = w.measure(measure_id)
        calendar = w.office.calendar
        assert entry.renewal_term is not None
        assert first.term_from_at is not None
        for _ in range(tries):
            before = w.measure(measure_id)
            assert before.expires_at is not None
            until = due(before.expires_at, entry.renewal_term, calendar)
            _renew(w, measure_id, until + timedelta(seconds=1), expect=True)
            spent = entry.renewals_max is not None and before.renewals_count >= entry.renewals_max
            whole = due(first.term_from_at, entry.total_max, calendar) if entry.total_max else None
            _renew(w, measure_id, until, expect=spent or (whole is not None and until > whole))
            after = w.measure(measure_id)
            assert after.expires_at is not None
            with w.act() as ledger:
                held = ledger.get(Authorization, after.authorization_id or "")
            assert covers(held, after, at=w.clock.now())
            assert held.to_at >= after.expires_at


def _renew(w: World, measure_id: str, until: object, *, expect: bool) -> None:
    hand = signer("renewer")
    try:
        with w.act(hand.actor) as ledger:
            w.office.renew(ledger, hand, measure_id, until=until, reason="still needed")  # type: ignore[arg-type]  # an instant
    except Refused:
        assert expect
    else:
        assert not expect


def test_4_a_release_is_told_again_until_the_point_acknowledges_it(w: World) -> None:
    measure_id = w.impose(FREEZE, fresh(), points=["BX"])
    hand = signer("lifter")
    with w.act(hand.actor) as ledger:
        w.office.lift(ledger, hand, measure_id, reason="unrelated")
    order = None
    for _ in range(3):
        with w.act() as ledger:
            ((_measure, order),) = w.office.orders_for(ledger, "BX")
            assert w.office.orders_for(ledger, "BX") == []
        assert order.order_act is OrderAct.RELEASE
        w.later(timedelta(minutes=31))
    assert order is not None
    with pytest.raises(BadField), w.act() as ledger:  # an error must not pass for a release
        w.office.answer(ledger, order.id, version=order.version, outcome="refused")
    with w.act() as ledger:
        w.office.orders_for(ledger, "BX")
        after = w.office.answer(ledger, order.id, version=order.version, outcome="released")
    assert after.state is EnforcementState.RELEASED
    w.later(timedelta(minutes=31))
    with w.act() as ledger:
        assert w.office.orders_for(ledger, "BX") == []


# ---------------------------------------------------------------- 5: emergencies


@FEWER
@given(ratify_at=st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=9))), level=levels)
def test_5_an_urgent_order_ends_unless_it_is_ratified_in_time_and_by_the_level(
    ratify_at: timedelta | None, level: Level
) -> None:
    register, entry = with_entry(URGENT, max_term=BANNED.max_term)  # a longer term shows what ratifying changes
    with world(register=register) as w:
        measure_id = w.impose(entry, "s")
        week = w.clock.now() + timedelta(days=7)
        ratified = False
        if ratify_at is not None:
            w.later(ratify_at)
            hand = signer("province", level)
            lawful = w.clock.now() < week and level >= Level.PROVINCE
            try:
                with w.act(hand.actor) as ledger:
                    w.office.ratify(ledger, hand, measure_id)
                ratified = True
            except Refused:
                ratified = False
            assert ratified is lawful
        w.later(max(week - w.clock.now(), timedelta(0)))
        assert w.measure(measure_id).live is ratified


def test_5_the_shipped_urgent_order_is_gone_after_seven_days(w: World) -> None:
    with world() as mine:
        measure_id = mine.impose(URGENT, "s")
        mine.later(timedelta(days=7) - timedelta(minutes=1))
        assert mine.measure(measure_id).live
        mine.later(timedelta(minutes=1))
        assert mine.measure(measure_id).state is MeasureState.EXPIRED


@SHARED
@given(
    entry=st.sampled_from([entry for entry in MEASURES if entry.attempts_max == 1]),
    how=st.sampled_from(["same key", "same evidence", "part of the evidence"]),
)
def test_5_a_second_emergency_on_the_same_facts_is_refused_whatever_it_is_called(
    w: World, entry: Entry, how: str
) -> None:
    ref = fresh()
    first = draft_for(entry, ref=ref)
    first = replace(first, grounds=[*first.grounds, Ground(kind="report", ref=f"r-{ref}")])
    w.impose(entry, ref, draft=first)
    match how:
        case "same key":
            again = replace(first, grounds=[replace(ground, ref=ground.ref + "'") for ground in first.grounds])
        case "same evidence":
            again = replace(first, facts_key="a fresh label")
        case _:
            again = replace(first, facts_key="a fresh label", grounds=first.grounds[:-1])
    with pytest.raises(EmergencyRepeated):
        w.draft(entry, ref, draft=again)
    fresh_facts = [replace(ground, ref=ground.ref + "-new") for ground in first.grounds]
    w.draft(entry, ref, draft=replace(first, facts_key="new", grounds=fresh_facts))


# ---------------------------------------------------------------- 6: stop-payment


def test_6_a_stop_lasts_48_hours_and_a_third_on_the_account_is_refused() -> None:
    with world() as w:
        for _ in range(2):
            measure_id = w.impose(STOP, "account")
            measure = w.measure(measure_id)
            assert measure.starts_at is not None
            assert measure.expires_at == measure.starts_at + timedelta(hours=48)
            w.later(timedelta(hours=49))
            assert w.measure(measure_id).state is MeasureState.EXPIRED
        with pytest.raises(AttemptsSpent):
            w.draft(STOP, "account")
        w.draft(STOP, "another account")


@FEWER
@given(ends=st.lists(st.sampled_from(["wait", "withdraw", "lapse", "lift"]), min_size=3, max_size=6))
def test_6_only_a_draft_that_never_bound_gives_an_attempt_back(ends: list[str]) -> None:
    with world() as w:
        counted = 0
        for end in ends:
            if counted >= 2:
                with pytest.raises(AttemptsSpent):
                    w.draft(STOP, "account")
                return
            if end == "withdraw":
                measure_id = w.draft(STOP, "account")
                with w.act() as ledger:
                    w.office.release(ledger, ledger.get(Measure, measure_id), "withdraw", why="mistaken")
                continue
            counted += 1
            if end == "wait":
                w.draft(STOP, "account")
                continue
            measure_id = w.impose(STOP, "account")
            if end == "lift":
                hand = signer("lifter")
                with w.act(hand.actor) as ledger:
                    w.office.lift(ledger, hand, measure_id, reason="mistaken")
            else:
                w.later(timedelta(hours=48))


# ---------------------------------------------------------------- 7: exit bans


@SHARED
@given(entry=entries, keep=st.lists(st.booleans(), min_size=5, max_size=5), blank=st.booleans())
def test_7_a_measure_needs_every_fact_of_its_entry_with_evidence(
    w: World, entry: Entry, keep: list[bool], *, blank: bool
) -> None:
    assume(entry.facts_required)
    assume(not all(keep[: len(entry.facts_required)]))
    ref = fresh()
    whole = draft_for(entry, ref=ref)
    grounds = [Ground(kind="report", ref="r1")]
    for ground, kept in zip(whole.grounds, keep, strict=False):
        if kept:
            grounds.append(ground)
        elif blank:
            grounds.append(replace(ground, ref=""))
    with pytest.raises(FactsMissing):
        w.draft(entry, ref, draft=replace(whole, grounds=grounds))


def test_7_the_two_exit_bans_ask_for_what_the_law_asks() -> None:
    assert set(BANNED.facts_required) == {"destination_severe_area", "major_suspicion"}
    assert str(AFTER_SENTENCE.min_term) == "6 months"
    assert str(AFTER_SENTENCE.max_term) == "3 years"


@FEWER
@given(
    since=st.timedeltas(timedelta(0), timedelta(days=1_500)),
    asked=st.one_of(st.none(), st.timedeltas(timedelta(-10), timedelta(days=1_500))),
)
def test_7_after_a_sentence_the_ban_runs_from_its_end_for_six_months_to_three_years(
    since: timedelta, asked: timedelta | None
) -> None:
    with world() as w:
        measure_id = w.approved(AFTER_SENTENCE, "s")
        now, calendar, hand = w.clock.now(), w.office.calendar, signer("executor")
        done_at = now - since
        assert AFTER_SENTENCE.min_term is not None
        assert AFTER_SENTENCE.max_term is not None
        low = due(done_at, AFTER_SENTENCE.min_term, calendar)
        high = due(done_at, AFTER_SENTENCE.max_term, calendar)
        until = None if asked is None else now + asked
        wanted = high if until is None else until
        lawful = low <= wanted <= high and wanted > now
        try:
            with w.act(hand.actor) as ledger:
                w.office.activate(ledger, hand, measure_id, points=["G1"], until=until, runs_from_at=done_at)
        except TermOutOfBounds:
            assert not lawful
        else:
            assert lawful
            assert w.measure(measure_id).expires_at == wanted


def test_7_the_end_of_the_sentence_must_be_given_and_have_come(w: World) -> None:
    measure_id = w.approved(AFTER_SENTENCE, fresh())
    hand = signer("executor")
    with pytest.raises(FactsMissing), w.act(hand.actor) as ledger:
        w.office.activate(ledger, hand, measure_id, points=["G1"])
    tomorrow = w.clock.now() + timedelta(days=1)
    with pytest.raises(BadField), w.act(hand.actor) as ledger:
        w.office.activate(ledger, hand, measure_id, points=["G1"], runs_from_at=tomorrow)


# ---------------------------------------------------------------- 9: lifting is never harder


@SHARED
@given(entry=entries, level=levels, area=st.sampled_from(["", "02", "010101"]))
def test_9_lifting_never_needs_more_than_imposing_and_any_reviewer_suspends_at_once(
    w: World, entry: Entry, level: Level, area: str
) -> None:
    ref = fresh()
    measure_id = w.impose(entry, ref, points=[f"B-{ref}"])
    reviewer = signer(f"rr-{ref}", Level.STATION, area=area, powers=(Power.REVIEW,))
    act = next(one for one in w.desk.acts() if (one.thing, one.name) == ("measure", "suspend"))
    with w.act() as ledger:
        w.office.orders_for(ledger, f"B-{ref}")
    with w.act(reviewer.actor) as ledger:
        act.run(ledger, reviewer, measure_id, {"reason": "doubt"})
    assert not w.measure(measure_id).binding
    with w.act() as ledger:  # the same minute
        assert [order.order_act for _, order in w.office.orders_for(ledger, f"B-{ref}")] == [OrderAct.SUSPEND]
    lifter = signer(f"l-{ref}", level, area=area, powers=(Power.REVIEW,))
    assert entry.approver_level is not None
    assert entry.lift_level is not None
    assert entry.lift_level <= entry.approver_level
    if level >= entry.approver_level:
        with w.act(lifter.actor) as ledger:
            w.office.lift(ledger, lifter, measure_id, reason="not needed")
        with w.act() as ledger:
            assert [order.order_act for _, order in w.office.orders_for(ledger, f"B-{ref}")] == [OrderAct.RELEASE]
    elif level < entry.lift_level:
        with pytest.raises(AuthorityTooLow), w.act(lifter.actor) as ledger:
            w.office.lift(ledger, lifter, measure_id, reason="not needed")


def test_9_what_was_suspended_goes_on_only_by_an_approver_and_not_under_an_open_appeal() -> None:
    with world() as w:
        measure_id = w.impose(FREEZE, "s")
        with w.act() as ledger:
            w.office.suspend(ledger, measure_id, reason="doubt")
        station = signer("station", Level.STATION)
        with pytest.raises(AuthorityTooLow), w.act(station.actor) as ledger:
            w.office.resume(ledger, station, measure_id, reason="no doubt")
        head = signer("head", Level.COUNTY)
        with w.act(head.actor) as ledger:
            w.office.resume(ledger, head, measure_id, reason="no doubt")
        assert w.measure(measure_id).binding


# ---------------------------------------------------------------- 10: a ground that falls


@FEWER
@given(states=st.lists(st.sampled_from(["drafted", "approved", "in force", "suspended"]), min_size=1, max_size=4))
def test_10_when_the_case_falls_everything_that_rests_on_it_ends(states: list[str]) -> None:
    with world() as w:
        ids = []
        for place, state in enumerate(states):
            entry = MEASURES[(place * 7) % len(MEASURES)]
            ref = f"s{place}"
            if state == "drafted":
                ids.append(w.draft(entry, ref))
            elif state == "approved":
                ids.append(w.approved(entry, ref))
            else:
                ids.append(w.impose(entry, ref))
                if state == "suspended":
                    with w.act() as ledger:
                        w.office.suspend(ledger, ids[-1], reason="doubt")
        other = w.impose(FREEZE, "other", draft=replace(draft_for(FREEZE, ref="other"), case_id="case-2"))
        with w.act() as ledger:
            w.office.ground_fell(ledger, "case-1", why="acquitted")
        for measure_id, state in zip(ids, states, strict=True):
            ended = MeasureState.REVOKED if state in ("drafted", "approved") else MeasureState.LIFTED
            assert w.measure(measure_id).state is ended
            with w.act() as ledger:
                rows = ledger.find(Enforcement, measure_id=measure_id)
            assert all(row.order_act is OrderAct.RELEASE and row.unsent for row in rows)
        assert w.measure(other).live


# ---------------------------------------------------------------- 12: an unsure clock


@FEWER
@given(entry=entries, step=st.sampled_from(["draft", "approve", "activate", "renew"]))
def test_12_while_the_clock_is_unsure_nothing_new_is_imposed(entry: Entry, step: str) -> None:
    with world() as w:
        ref = "s"
        match step:
            case "draft":
                w.clock.declare(sure=False)
                with pytest.raises(ClockUnsure):
                    w.draft(entry, ref)
            case "approve":
                measure_id = w.draft(entry, ref)
                w.review(measure_id, by=signer("r"))
                w.clock.declare(sure=False)
                with pytest.raises(ClockUnsure):
                    w.approve(measure_id, by=signer("a"))
            case "activate":
                measure_id = w.approved(entry, ref)
                w.clock.declare(sure=False)
                with pytest.raises(ClockUnsure):
                    w.activate(measure_id, by=signer("e"))
            case _:
                measure_id = w.impose(entry, ref)
                w.clock.declare(sure=False)
                before = w.measure(measure_id)
                hand = signer("renewer")
                assert before.expires_at is not None
                with pytest.raises(ClockUnsure), w.act(hand.actor) as ledger:
                    w.office.renew(ledger, hand, measure_id, until=before.expires_at, reason="x")
                assert w.measure(measure_id) == before


# ---------------------------------------------------------------- 17: a human hand signs


HANDS = [
    machine("engine"),
    PUBLIC,
    Actor(kind=ActorKind.INSTITUTION, id="B1", session="key"),
    Actor(kind=ActorKind.OFFICER, id="officer", session=""),
]


@SHARED
@given(entry=entries, hand=st.sampled_from(HANDS), at=st.integers(0, 3))
def test_17_no_machine_institution_or_public_hand_takes_a_step(w: World, entry: Entry, hand: Actor, at: int) -> None:
    ref = fresh()
    measure_id = w.draft(entry, ref)
    person = signer(f"p-{ref}")
    steps = [
        lambda ledger: w.office.review(ledger, person, measure_id),
        lambda ledger: w.office.approve(ledger, person, measure_id),
        lambda ledger: w.office.activate(ledger, person, measure_id, points=["B1"]),
        lambda ledger: w.office.lift(ledger, person, measure_id, reason="x"),
    ]
    with pytest.raises(MachineMayNotSign), w.act(hand) as ledger:
        steps[at](ledger)
    borrowed = replace(person.actor, session="a session of somebody else")
    with pytest.raises(SameHand), w.act(borrowed) as ledger:
        steps[at](ledger)
    assert w.measure(measure_id).state is MeasureState.DRAFTED


def test_17_the_unattended_path_imposes_nothing_however_long_it_runs() -> None:
    """The machine drafts what it likes; with nobody there, nothing ever binds anybody."""
    with world() as w:
        with w.act(machine("engine")) as ledger:
            for entry in MEASURES:
                w.office.draft(ledger, draft_for(entry, ref=f"s-{entry.id}"))
        for _ in range(20):
            w.later(timedelta(days=3))
        with w.act() as ledger:
            assert {measure.state for measure in ledger.find(Measure)} == {MeasureState.DRAFTED}
            assert not ledger.count(Enforcement)
