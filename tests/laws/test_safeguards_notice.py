"""Safeguards 8, 11 and 13 to 16: on what ground, what must be told, and the way back. See docs/safeguards.md."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from stopline.kernel.actors import PUBLIC
from stopline.kernel.errors import (
    BadField,
    FactsMissing,
    GroundForbidden,
    GroundsInsufficient,
    LesserMeansUntried,
    NotFound,
    NotificationIncomplete,
    Refused,
    SameHand,
)
from stopline.law.acts import NEW, parse_body
from stopline.law.appeal import Appeal, AppealChannel
from stopline.law.enforcement import Enforcement, OrderAct
from stopline.law.machines import AppealState, MeasureState
from stopline.law.measure import WEAK_GROUNDS, Ground, GroundKind, Measure, Subject, parse_grounds, vocabulary
from stopline.law.notification import Notification, check_complete
from stopline.law.preparation import Draft
from stopline.law.register import NOTICE_MINIMUM, Entry, NoticePart, SubjectKind
from stopline.stores.tables import FACT
from tests.factories import CUSTODIAL, MEASURES, REGISTER, World, draft_for, examples, signer, world

SHARED = settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
FEWER = settings(SHARED, max_examples=examples(30))
entries = st.sampled_from(MEASURES)
FREEZE = REGISTER.entry("CN.PR.239")
RESTRICT = REGISTER.entry("CN.ATF.32.restrict")
WORDS = vocabulary(REGISTER)
FORBIDDEN = re.compile(
    r"hometown|birthplace|native|origin|ethnic|nationalit|race|religio|belief|faith|age$|^age|birth|gender|sex|politic"
    r"|residen|hukou|籍贯|民族|国籍|宗教|信仰|年龄|户籍"
)

_count = iter(range(10**9))


def fresh() -> str:
    return f"n{next(_count)}"


@pytest.fixture(scope="module")
def w() -> Iterator[World]:
    with world() as made:
        yield made


def facts_of(w: World, kind: str) -> list[str]:
    with w.act() as ledger:
        rows = ledger.connection.execute(FACT.select().where(FACT.c.kind == kind))
        return [row.body for row in rows]


# ---------------------------------------------------------------- 8: forbidden grounds


def test_8_no_field_and_no_word_can_say_origin_belief_or_age() -> None:
    named = [field.name for kind in (Measure, Subject, Draft, Ground) for field in dataclasses.fields(kind)]
    named += [*WORDS] + [kind.value for kind in SubjectKind] + [kind.value for kind in GroundKind]
    assert not [name for name in named if FORBIDDEN.search(name)]
    assert {kind.value for kind in SubjectKind} == {"line", "person", "account", "amount", "device"}


HOSTILE = st.one_of(
    st.sampled_from(
        ["hometown", "ethnicity", "nationality", "age", "religion", "area", "籍贯", "民族", "国籍", "地区"]
    ),
    st.sampled_from(sorted(WORDS)).map(str.upper),
    st.sampled_from(sorted(WORDS)).map(lambda word: f"{word} and nationality"),
    st.text(max_size=20),
    st.none(),
    st.integers(),
)


@given(kind=HOSTILE)
def test_8_a_ground_outside_the_vocabulary_is_refused(kind: object) -> None:
    assume(kind not in WORDS)
    with pytest.raises(GroundForbidden):
        parse_grounds([{"kind": kind, "ref": "x"}], WORDS)


@given(
    field=st.one_of(st.sampled_from(["hometown", "ethnicity", "nationality", "age", "area", "where"]), st.text()),
    value=st.one_of(st.text(), st.integers(), st.lists(st.text(max_size=3), max_size=2)),
)
def test_8_a_ground_with_another_field_is_refused(field: str, value: object) -> None:
    assume(field not in {"kind", "ref", "note"})
    with pytest.raises(GroundForbidden):
        parse_grounds([{"kind": "report", "ref": "x", field: value}], WORDS)


@given(rows=st.lists(st.one_of(st.text(), st.integers(), st.lists(st.text())), min_size=1))
def test_8_what_is_no_ground_at_all_is_refused(rows: list[object]) -> None:
    with pytest.raises(GroundForbidden):
        parse_grounds(rows, WORDS)


@SHARED
@given(
    entry=st.sampled_from([entry for entry in MEASURES if not entry.area_measure]),
    left=st.text(max_size=8),
    mark=st.sampled_from("*?%=<>|\n\x07"),
    right=st.text(max_size=8),
)
def test_8_a_subject_is_one_thing_and_no_condition(w: World, entry: Entry, left: str, mark: str, right: str) -> None:
    draft = draft_for(entry, ref="x")
    with pytest.raises((GroundForbidden, BadField)):
        w.draft(entry, "x", draft=replace(draft, subject=replace(draft.subject, ref=f"a{left}{mark}{right}b")))


@SHARED
@given(entry=entries, kind=st.sampled_from(SubjectKind), ref=st.sampled_from(["", " ", "ok"]))
def test_8_a_subject_is_of_a_kind_the_entry_names(w: World, entry: Entry, kind: SubjectKind, ref: str) -> None:
    assume(kind not in entry.subjects or not ref.strip())
    draft = draft_for(entry, ref="x")
    with pytest.raises(BadField):
        w.draft(entry, "x", draft=replace(draft, subject=replace(draft.subject, kind=kind, ref=ref)))


@pytest.mark.parametrize("field", ["hometown", "ethnicity", "nationality", "age", "religion", "where"])
def test_8_the_form_of_a_draft_has_no_such_field(w: World, field: str) -> None:
    act = next(one for one in w.desk.acts() if (one.thing, one.name) == ("measure", NEW))
    with pytest.raises(BadField):
        parse_body(act, {"entry_id": FREEZE.id, field: "x"})


@SHARED
@given(entry=entries, weak=st.lists(st.sampled_from(sorted(WEAK_GROUNDS)), min_size=1, max_size=4))
def test_8_a_rank_a_name_or_a_score_carries_no_measure(w: World, entry: Entry, weak: list[str]) -> None:
    draft = draft_for(entry, ref=fresh())
    only = [Ground(kind=kind, ref=f"x{place}") for place, kind in enumerate(weak)]
    with pytest.raises((GroundsInsufficient, FactsMissing)):
        w.draft(entry, "x", draft=replace(draft, grounds=only))


# ---------------------------------------------------------------- 11: a graded response


@SHARED
@given(entry=st.sampled_from([entry for entry in MEASURES if entry.graded]), empty=st.sampled_from(["", " ", "\t\n"]))
def test_11_a_measure_needs_the_reason_why_less_was_not_enough(w: World, entry: Entry, empty: str) -> None:
    with pytest.raises(LesserMeansUntried):
        w.draft(entry, "x", draft=replace(draft_for(entry, ref=fresh()), lesser_means=empty))


# ---------------------------------------------------------------- 13: the notification


@SHARED
@given(entry=entries)
def test_13_every_measure_in_force_has_told_every_part_in_both_languages(w: World, entry: Entry) -> None:
    measure_id = w.impose(entry, fresh())
    with w.act() as ledger:
        (notification,) = ledger.find(Notification, measure_id=measure_id)
    assert set(entry.notice_parts) >= NOTICE_MINIMUM
    for language in ("zh", "en"):
        for part in entry.notice_parts:
            assert notification.parts[language][part.value].strip()
    assert len(notification.code.replace("-", "")) * 5 >= 128


@SHARED
@given(entry=entries, language=st.sampled_from(["zh", "en"]), data=st.data())
def test_13_a_notification_that_lacks_one_part_is_refused(
    w: World, entry: Entry, language: str, data: st.DataObject
) -> None:
    part = data.draw(st.sampled_from(entry.notice_parts)).value
    measure_id = w.impose(entry, fresh())
    with w.act() as ledger:
        (whole,) = ledger.find(Notification, measure_id=measure_id)
    for lacking in ({part: " "}, {part: ""}):
        parts = {**whole.parts, language: {**whole.parts[language], **lacking}}
        with pytest.raises(NotificationIncomplete):
            check_complete(replace(whole, parts=parts), entry, at=whole.made_at)


@SHARED
@given(entry=entries, lacking=st.sampled_from(["reason", "amount"]))
def test_13_a_measure_whose_notification_lacks_a_part_does_not_take_effect(
    w: World, entry: Entry, lacking: str
) -> None:
    assume(lacking == "reason" or NoticePart.AMOUNT in entry.notice_parts)
    ref = fresh()
    draft = draft_for(entry, ref=ref)
    draft = replace(draft, reason="  ") if lacking == "reason" else replace(draft, amount_minor=None, currency=None)
    measure_id = w.approved(entry, ref, draft=draft)
    with pytest.raises(NotificationIncomplete):
        w.activate(measure_id, by=signer("executor"))
    assert w.measure(measure_id).state is MeasureState.APPROVED
    with w.act() as ledger:
        assert not ledger.count(Enforcement, measure_id=measure_id)


delays = st.one_of(st.none(), st.timedeltas(timedelta(days=-1), timedelta(days=400)))


@FEWER
@given(ground=st.sampled_from(["", " ", "the inquiry would be lost"]), delay=delays)
def test_13_a_delay_needs_a_ground_and_an_end_and_ends_by_itself(ground: str, delay: timedelta | None) -> None:
    with world() as w:
        measure_id = w.approved(FREEZE, "s")
        hand, now = signer("executor"), w.clock.now()
        until = None if delay is None else now + delay
        plain = not ground and until is None
        lawful = plain or (bool(ground.strip()) and until is not None and now < until <= now + timedelta(days=180))
        try:
            with w.act(hand.actor) as ledger:
                w.office.activate(ledger, hand, measure_id, points=["B1"], delay_ground=ground, delay_until=until)
        except NotificationIncomplete:
            assert not lawful or (until is not None and until > now + timedelta(days=180))
            assert not w.measure(measure_id).live
            return
        assert plain or (until is not None and ground.strip())
        assert len(facts_of(w, "notification.made")) == (1 if plain else 0)
        if until is None:
            return
        w.later(until - now - timedelta(microseconds=1))
        assert facts_of(w, "notification.due") == []
        w.later(timedelta(microseconds=1))
        w.tick()
        assert len(facts_of(w, "notification.due")) == 1


# ---------------------------------------------------------------- 14 to 16: appeals


def code_of(w: World, measure_id: str) -> str:
    with w.act() as ledger:
        return ledger.find(Notification, measure_id=measure_id)[0].code


def file(w: World, reference: str, channel: AppealChannel = AppealChannel.NOTICE_CODE) -> Appeal:
    with w.act(PUBLIC) as ledger:
        return w.appeals.file(ledger, reference=reference, statement="it was not me", contact="", channel=channel)


def run(w: World, by: str, name: str, appeal_id: str) -> None:
    hand = signer(by)
    act = next(one for one in w.appeals.acts() if one.name == name)
    with w.act(hand.actor) as ledger:
        act.run(ledger, hand, appeal_id, {"decision": "因为 / because"})


def appeal_now(w: World, appeal_id: str) -> Appeal:
    with w.act() as ledger:
        return ledger.get(Appeal, appeal_id)


@SHARED
@given(entry=entries, channel=st.sampled_from(AppealChannel))
def test_14_an_appeal_needs_no_login_and_is_acknowledged_at_once(
    w: World, entry: Entry, channel: AppealChannel
) -> None:
    ref = fresh()
    measure_id = w.impose(entry, ref)
    if channel is AppealChannel.NOTICE_CODE:
        code = code_of(w, measure_id)
    else:  # somebody who proved at a counter, or by the own phone, that the line is theirs holds no notice
        with w.act() as ledger:
            (code,) = w.appeals.codes_of(ledger, ref)
    appeal = file(w, code, channel)
    assert appeal.acknowledged_at == appeal.filed_at == w.clock.now()
    assert appeal.due_at > appeal.filed_at
    assert file(w, code).id == appeal.id  # a second one does not open a second clock
    with w.act(PUBLIC) as ledger:
        assert w.appeals.by_code(ledger, appeal.code) == appeal


def test_14_a_reference_that_names_nothing_and_a_statement_that_says_nothing_are_refused(w: World) -> None:
    with pytest.raises(NotFound):
        file(w, "0" * 8)
    code = code_of(w, w.impose(FREEZE, fresh()))
    for statement in ("", "  ", "a\x00b", "x" * 4_001):
        with pytest.raises(BadField), w.act(PUBLIC) as ledger:
            w.appeals.file(ledger, reference=code, statement=statement, contact="", channel=AppealChannel.NOTICE_CODE)
    with w.act() as ledger:
        assert w.appeals.codes_of(ledger, "") == []


@SHARED
@given(entry=entries, hand=st.sampled_from(["drafter", "reviewer", "approver", "executor"]), grant=st.booleans())
def test_14_nobody_of_the_chain_decides(w: World, entry: Entry, hand: str, *, grant: bool) -> None:
    ref = fresh()
    appeal = file(w, code_of(w, w.impose(entry, ref)))
    with pytest.raises(SameHand):
        run(w, f"{hand}-{ref}", "assign", appeal.id)
    run(w, "outsider", "assign", appeal.id)
    with pytest.raises(SameHand):
        run(w, f"{hand}-{ref}", "grant" if grant else "reject", appeal.id)
    assert appeal_now(w, appeal.id).open


def test_14_who_renewed_overrode_or_co_signed_is_of_the_chain_too() -> None:
    with world() as w:
        entry = REGISTER.entry("CN.ACL.32")
        measure_id = w.impose(entry, "s")
        renewer = signer("renewer")
        expires_at = w.measure(measure_id).expires_at
        assert expires_at is not None
        with w.act(renewer.actor) as ledger:
            w.office.renew(ledger, renewer, measure_id, until=expires_at + timedelta(days=2), reason="complex")
        appeal = file(w, code_of(w, measure_id))
        for hand in ("renewer", "second-s"):
            with pytest.raises(SameHand):
                run(w, hand, "assign", appeal.id)
        stop = w.impose(REGISTER.entry("CN.86.stop"), "t")
        appeal = file(w, code_of(w, stop))
        with pytest.raises(SameHand):
            run(w, "counsel-t", "assign", appeal.id)


@FEWER
@given(entry=entries, minutes=st.integers(1, 600))
def test_15_an_overdue_appeal_escalates_and_then_suspends_what_is_not_custody(entry: Entry, minutes: int) -> None:
    with world() as w:
        measure_id = w.impose(entry, "s")
        appeal = file(w, code_of(w, measure_id))
        w.later(appeal.due_at - w.clock.now())
        assert appeal_now(w, appeal.id).escalated_at is None
        w.later(timedelta(minutes=minutes))
        escalated = appeal_now(w, appeal.id)
        assert escalated.escalated_at == w.clock.now()
        assert len(facts_of(w, "appeal.escalated")) == 1
        live_then = w.measure(measure_id).live
        w.later(timedelta(hours=24))
        measure = w.measure(measure_id)
        if measure.live:
            assert measure.suspended is (measure.kind not in CUSTODIAL)
        assert appeal_now(w, appeal.id).suspended_target_at == w.clock.now()
        assert measure.live or not live_then or measure.state is MeasureState.EXPIRED  # appealed, it still expires
        if measure.suspended:
            with w.act() as ledger:
                assert [order.order_act for _, order in w.office.orders_for(ledger, "B1")] == [OrderAct.SUSPEND]
            hand = signer("approver-2")
            with pytest.raises(Refused), w.act(hand.actor) as ledger:  # nor can it be resumed over the open appeal
                w.office.resume(ledger, hand, measure_id, reason="x")


@SHARED
@given(entry=entries, assigned=st.booleans(), suspended=st.booleans())
def test_16_an_upheld_appeal_lifts_at_once_and_tells_the_points(
    w: World, entry: Entry, *, assigned: bool, suspended: bool
) -> None:
    ref = fresh()
    measure_id = w.impose(entry, ref, points=[f"P-{ref}", f"Q-{ref}"])
    appeal = file(w, code_of(w, measure_id))
    if suspended:
        with w.act() as ledger:
            w.office.suspend(ledger, measure_id, reason="doubt")
    if assigned:
        run(w, "outsider", "assign", appeal.id)
    run(w, "outsider", "grant", appeal.id)
    after = appeal_now(w, appeal.id)
    assert (after.state, after.decided_by, after.decided_at) == (AppealState.GRANTED, "outsider", w.clock.now())
    measure = w.measure(measure_id)
    assert (measure.state, measure.ended_at) == (MeasureState.LIFTED, w.clock.now())
    for point in (f"P-{ref}", f"Q-{ref}"):
        with w.act() as ledger:
            assert [order.order_act for _, order in w.office.orders_for(ledger, point)] == [OrderAct.RELEASE]
    told = [body for body in facts_of(w, "appeal.granted") if appeal.id in body]
    assert len(told) == 1  # disclosures and the bulletin follow from this fact


def test_16_an_appeal_against_a_verdict_tells_that_it_was_upheld() -> None:
    with world() as w:
        w.verdicts = frozenset({"VERDICT"})
        appeal = file(w, "VERDICT")
        assert appeal.due_at == w.clock.now() + timedelta(hours=24)
        with pytest.raises(SameHand):
            run(w, "signer", "grant", appeal.id)
        run(w, "outsider", "grant", appeal.id)
        (body,) = facts_of(w, "appeal.granted")
        assert '"target_id":"VERDICT"' in body


@SHARED
@given(entry=entries)
def test_16_a_rejected_appeal_changes_nothing_and_may_be_filed_again(w: World, entry: Entry) -> None:
    measure_id = w.impose(entry, fresh())
    code = code_of(w, measure_id)
    appeal = file(w, code)
    run(w, "outsider", "assign", appeal.id)
    run(w, "outsider", "reject", appeal.id)
    assert w.measure(measure_id).binding
    assert file(w, code).id != appeal.id
    for name in ("grant", "reject"):
        with pytest.raises(Refused):
            run(w, "outsider", name, appeal.id)
