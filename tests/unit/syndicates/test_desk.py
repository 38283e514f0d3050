from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from stopline.kernel.errors import BadField, NotFound, Refused, SameHand, WrongState
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from stopline.law.organisation import Power
from stopline.syndicates.desk import SyndicateDesk
from stopline.syndicates.network import Network, NodeKind, TieKind
from stopline.syndicates.notices import Notice, NoticeState, Suspect, Tip, TipContact
from stopline.syndicates.operations import Operation, OperationState, OperationTarget
from tests.factories import World, signer, world
from tests.scenes import IDENTITY, do, fact, into_force


@pytest.fixture
def centre() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def desk(centre: World) -> SyndicateDesk:
    return SyndicateDesk(centre.office)


def report(report_id: str, *, lines: list[str], accounts: list[str]) -> dict[str, object]:
    return {"report_id": report_id, "phone": f"+86138{report_id}", "lines": lines, "accounts": accounts}


def draw(centre: World, desk: SyndicateDesk) -> Network:
    with centre.act() as ledger:
        desk.report_received(ledger, fact("report.received", **report("r1", lines=["L1"], accounts=["A1"])))
        desk.report_received(ledger, fact("report.received", **report("r2", lines=["L1"], accounts=["A2"])))
        desk.trace_extended(ledger, fact("trace.extended", report_id="r1", accounts=["A9"]))
        desk.trace_extended(ledger, fact("trace.extended", report_id="r2", accounts=["A9"]))
        joined = fact("series.joined", series_id="s1", report_ids=["r1", "r2"], lines=["L1"], accounts=["A1", "A2"])
        desk.series_joined(ledger, joined)
        desk.series_joined(ledger, joined)
        return ledger.find(Network)[0]


def test_a_joined_series_becomes_one_network_however_often_it_is_told(centre: World, desk: SyndicateDesk) -> None:
    network = draw(centre, desk)
    with centre.act() as ledger:
        assert ledger.count(Network) == 1
    assert {node.ref for node in network.nodes} == {"L1", "A1", "A2", "A9"}
    kinds = {(tie.a, tie.b, tie.kind) for tie in network.ties}
    assert ("A1", "A9", TieKind.MONEY) in kinds
    assert ("L1", "A2", TieKind.NAMED_TOGETHER) in kinds
    assert all(tie.evidence for tie in network.ties)


def test_the_clock_ranks_a_network_that_has_grown(centre: World, desk: SyndicateDesk) -> None:
    draw(centre, desk)
    with centre.act() as ledger:
        desk.tick(ledger)
        network = ledger.find(Network)[0]
    assert network.rankings is not None
    assert not network.stale
    assert [row.node for row in network.rankings["financier"]][:1] == ["A9"]


def test_a_device_joins_the_networks_that_know_its_lines_and_is_proposed_once(
    centre: World, desk: SyndicateDesk
) -> None:
    draw(centre, desk)
    seen = fact("device.suspected", device="D1", lines=["L1", "L2"], carrier="C1", verdict_refs=["v1", "v2"])
    with centre.act() as ledger:
        desk.device_suspected(ledger, seen)
        desk.device_suspected(ledger, seen)
        network, operations = ledger.find(Network)[0], ledger.find(Operation)
    assert NodeKind.DEVICE in {node.kind for node in network.nodes}
    assert [(one.aim.value, one.state, one.network_id) for one in operations] == [
        ("cut_flow", OperationState.PROPOSED, network.id)
    ]


def approved_operation(centre: World, desk: SyndicateDesk) -> str:
    with centre.act() as ledger:
        seen = fact("device.suspected", device="D1", lines=["L1"], carrier="C1", verdict_refs=["v1"])
        desk.device_suspected(ledger, seen)
        operation_id = ledger.find(Operation)[0].id
    do(centre, desk, "lead", "operation", "approve_lead", operation_id)
    do(centre, desk, "counsel", "operation", "approve_legal", operation_id, rights_check="sole users are told")
    return operation_id


def test_an_operation_needs_its_lead_and_a_lawyer_and_they_are_two(centre: World, desk: SyndicateDesk) -> None:
    with centre.act() as ledger:
        desk.device_suspected(ledger, fact("device.suspected", device="D1", lines=[], carrier="C1", verdict_refs=["v"]))
        operation_id = ledger.find(Operation)[0].id
    do(centre, desk, "lead", "operation", "approve_lead", operation_id)
    with pytest.raises(SameHand):
        do(centre, desk, "lead", "operation", "approve_legal", operation_id, rights_check="fine")
    with pytest.raises(WrongState):
        do(centre, desk, "inv", "operation", "start", operation_id)


def test_running_drafts_the_cut_and_an_officer_signs_it(centre: World, desk: SyndicateDesk) -> None:
    operation_id = approved_operation(centre, desk)
    do(centre, desk, "inv", "operation", "start", operation_id)
    with centre.act() as ledger:
        target = ledger.find(OperationTarget)[0]
        measure = ledger.get(Measure, target.measure_id)
    assert (measure.entry_id, measure.state, measure.holder) == ("CN.ATF.14.cut", MeasureState.DRAFTED, "C1")
    duty = signer("duty")
    with centre.act(duty.actor) as ledger:
        centre.office.sign(ledger, duty, measure.id, points=["C1"])
        answered = fact("enforcement.answered", enforcement_id="e", measure_id=measure.id, state="active_full")
        desk.enforcement_answered(ledger, answered)
        assert ledger.find(OperationTarget)[0].answer == "active_full"


def test_a_payment_channel_is_stopped_or_else_limited(centre: World, desk: SyndicateDesk) -> None:
    body = {"account": "A9", "bank": "B1", "report_ids": ["r1", "r2"], "amount_minor": 500, "currency": "CNY"}
    with centre.act() as ledger:
        desk.channel_suspected(ledger, fact("payment_channel.suspected", **body))
        operation = ledger.find(Operation)[0]
    do(centre, desk, "lead", "operation", "approve_lead", operation.id)
    do(centre, desk, "counsel", "operation", "approve_legal", operation.id, rights_check="holders are told")
    for n in range(2):  # the account has had both its stops
        entry = centre.office.register.entry("CN.86.stop")
        with centre.act(signer(f"other-{n}").actor) as ledger:
            from tests.factories import draft_for  # noqa: PLC0415 - only this test spends attempts

            spent = draft_for(entry, ref="A9")
            centre.office.draft(ledger, spent)
    do(centre, desk, "inv", "operation", "start", operation.id)
    with centre.act() as ledger:
        measure = ledger.get(Measure, ledger.find(OperationTarget)[0].measure_id)
    assert measure.entry_id == "CN.ATF.18.restrict"


def test_two_operations_never_act_on_one_thing(centre: World, desk: SyndicateDesk) -> None:
    approved_operation(centre, desk)
    target = {"kind": "device", "ref": "D1", "holder": "C1", "evidence": ["v9"]}
    with pytest.raises(Refused, match="acts on D1 already"):
        do(centre, desk, "analyst", "operation", "new", aim="cut_flow", title="again", targets=[target])


def test_an_operation_is_looked_at_again_after_ninety_days(centre: World, desk: SyndicateDesk) -> None:
    operation_id = approved_operation(centre, desk)
    do(centre, desk, "inv", "operation", "start", operation_id)
    do(centre, desk, "inv", "operation", "close", operation_id, result="cut")
    with pytest.raises(WrongState, match="review from"):
        do(centre, desk, "analyst", "operation", "review", operation_id, recovered=False, reason="early")
    centre.clock.move_to(centre.clock.now() + timedelta(days=90, minutes=1))
    with centre.act() as ledger:
        desk.tick(ledger)
        assert ledger.get(Operation, operation_id).review_said_at is not None
    do(centre, desk, "analyst", "operation", "review", operation_id, recovered=False, reason="no return")


def published(centre: World, desk: SyndicateDesk) -> Notice:
    do(centre, desk, "inv", "suspect", "new", **IDENTITY)
    with centre.act() as ledger:
        notice = ledger.find(Notice)[0]
    into_force(centre, notice.measure_id, points=())
    with centre.act() as ledger:
        desk.measure_changed(ledger, fact("measure.in_force", measure_id=notice.measure_id, measure="publish_notice"))
        return ledger.get(Notice, notice.id)


def test_a_notice_is_public_when_its_measure_is_in_force_and_not_before(centre: World, desk: SyndicateDesk) -> None:
    do(centre, desk, "inv", "suspect", "new", **IDENTITY)
    with centre.act() as ledger:
        assert desk.public_notices(ledger) == []
        assert ledger.find(Notice)[0].state is NoticeState.DRAFTED


def test_the_public_sees_the_least(centre: World, desk: SyndicateDesk) -> None:
    published(centre, desk)
    with centre.act() as ledger:
        [card] = desk.public_notices(ledger)
    assert card["birth_year"] == "1988"
    assert "法" in str(card["presumption_zh"])
    assert "guilty" in str(card["presumption_en"])
    for hidden in ("E12345678", "1988-05-01", "case-1", "warrant"):
        assert hidden not in repr(card)


def test_a_suspended_notice_is_not_shown(centre: World, desk: SyndicateDesk) -> None:
    notice = published(centre, desk)
    with centre.act() as ledger:
        centre.office.suspend(ledger, notice.measure_id, reason="doubt")
        assert desk.public_notices(ledger) == []


def test_a_catch_ends_notice_and_measure_in_one_act(centre: World, desk: SyndicateDesk) -> None:
    notice = published(centre, desk)
    with centre.act() as ledger:
        desk.person_caught(ledger, fact("person.caught", person=notice.person, hit_id="h1"))
        assert desk.public_notices(ledger) == []
        assert ledger.get(Measure, notice.measure_id).state is MeasureState.REVOKED
        assert ledger.get(Notice, notice.id).state is NoticeState.CAPTURED
        desk.person_caught(ledger, fact("person.caught", person=notice.person, hit_id="h1"))


def test_a_supplement_cites_what_it_adds_to(centre: World, desk: SyndicateDesk) -> None:
    notice = published(centre, desk)
    do(centre, desk, "inv", "notice", "supplement", notice.id, text_zh="又名张三", text_en="also Zhang San")
    with centre.act() as ledger:
        [addition] = ledger.get(Notice, notice.id).supplements
    assert addition.cites == "A2026-0001, 2026-03-10"


def test_a_tip_keeps_the_words_and_the_hour_and_the_giver_apart(centre: World, desk: SyndicateDesk) -> None:
    notice = published(centre, desk)
    centre.clock.move_to(centre.clock.now() + timedelta(minutes=17, seconds=5))
    with centre.act() as ledger:
        tip_id = desk.tip(ledger, {"notice_id": notice.id, "text": "seen", "place": "market", "contact": "138"})
        tip = ledger.get(Tip, tip_id)
        assert tip.received_at.minute == 0
        assert "138" not in repr(tip)
        assert ledger.get(TipContact, tip_id).contact == "138"


def test_a_mistaken_identity_revokes_and_no_tip_is_taken_afterwards(centre: World, desk: SyndicateDesk) -> None:
    notice = published(centre, desk)
    with centre.act() as ledger:
        tip_id = desk.tip(ledger, {"notice_id": notice.id, "text": "that is me", "kind": "mistaken_identity"})
    do(centre, desk, "reviewer", "tip", "uphold", tip_id, reason="papers compared")
    with centre.act() as ledger:
        assert ledger.get(Notice, notice.id).state is NoticeState.REVOKED
        with pytest.raises(NotFound):
            desk.tip(ledger, {"notice_id": notice.id, "text": "late"})


def test_the_same_document_is_the_same_suspect(centre: World, desk: SyndicateDesk) -> None:
    first = do(centre, desk, "inv", "suspect", "new", **IDENTITY)
    assert do(centre, desk, "other", "suspect", "new", **IDENTITY) == first
    with centre.act() as ledger:
        assert (ledger.count(Suspect), ledger.count(Notice)) == (1, 1)


def test_a_partial_birth_date_identifies_nobody(centre: World, desk: SyndicateDesk) -> None:
    with pytest.raises(BadField, match="birth_on"):
        do(centre, desk, "inv", "suspect", "new", **(IDENTITY | {"birth_on": "1988"}))


def test_powers_are_asked_for(centre: World, desk: SyndicateDesk) -> None:
    weak = signer("clerk", powers=[Power.DRAFT])
    with pytest.raises(Refused):
        do(centre, desk, weak, "suspect", "new", **IDENTITY)
