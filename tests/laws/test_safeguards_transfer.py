"""Safeguards 30 to 35 and 43: screening before everything, custody only with complete records, counts that agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.alliance import persons
from stopline.alliance.desk import AllianceDesk
from stopline.alliance.persons import (
    PARTS,
    TRANSFER_STEPS,
    Den,
    Handover,
    HandoverState,
    Incident,
    ScreeningResult,
    Strength,
    Transfer,
    TransferState,
    VictimIndicator,
    VictimScreening,
    judge,
)
from stopline.kernel.errors import BadField, PowerMissing, Refused, SameHand, WrongState
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from stopline.law.organisation import InstitutionKind, Power
from tests.factories import MORNING, World, signer, world
from tests.scenes import do, fact, institution, into_force, partner

EVIDENCE = [{"kind": "photograph", "ref": "ph1"}]
JOIN = {"agreement": "agreement of 2026-01", "legal_document": "list 7", "team": ["inv1"]}


@pytest.fixture
def centre() -> Iterator[World]:
    with world() as made:
        with made.act() as ledger:
            ledger.save(institution("X1", InstitutionKind.PARTNER), act="institution")
        yield made


@pytest.fixture
def desk(centre: World) -> AllianceDesk:
    return AllianceDesk(centre.office)


def person(number: int, **changes: object) -> dict[str, object]:
    return {
        "name": f"人{number}",
        "name_latin": f"Person {number}",
        "birth_on": "1990-01-01",
        "document_no": f"D{number}",
        "role_claimed": "operator",
        "circumstances": "found at a desk",
    } | changes


def nominated(centre: World, desk: AllianceDesk, *people: dict[str, object]) -> list[Transfer]:
    with centre.act(partner()) as ledger:
        den_id = desk.den_reported(
            ledger, "X1", {"place": "park 3", "evidence": EVIDENCE, "persons": list(people) or [person(1)]}
        )
    do(centre, desk, "liaison", "den", "join", den_id, **JOIN)
    with centre.act() as ledger:
        return ledger.find(Transfer)


def screen(centre: World, desk: AllianceDesk, transfer: Transfer, who: Any = "screener", **changes: object) -> None:
    told: dict[str, object] = {"language": "zh", "note": "spoken with alone"} | changes
    do(centre, desk, who, "victim_screening", "decide", transfer.screening_id, **told)


def now(centre: World, transfer: Transfer) -> Transfer:
    with centre.act() as ledger:
        return ledger.get(Transfer, transfer.id)


def cleared(centre: World, desk: AllianceDesk, transfer: Transfer) -> Transfer:
    do(centre, desk, "liaison", "transfer", "confirm_identity", transfer.id, evidence="fingerprints")
    screen(centre, desk, transfer)
    measure_id = now(centre, transfer).measure_id
    into_force(centre, measure_id, points=("X1",))
    with centre.act() as ledger:
        desk.measure_changed(ledger, fact("measure.in_force", measure_id=measure_id, measure="transfer_person"))
    return now(centre, transfer)


def planned(centre: World, desk: AllianceDesk, *, fill: bool = True, **body: object) -> str:
    with centre.act() as ledger:
        [den] = ledger.find(Den)
        people = ledger.find(Transfer)
    for one in people if fill else []:
        for part in PARTS:
            do(centre, desk, "liaison", "custody_record", "fill", one.id, part=part, text="written down")
    told = {"den_id": den.id, "conveyance": "flight 1", "at": (MORNING + timedelta(hours=5)).isoformat()}
    handover_id: str = do(centre, desk, "liaison", "handover", "new", **(told | body))
    return handover_id


def count(centre: World, desk: AllianceDesk, handover_id: str, **told: int) -> dict[str, object]:
    with centre.act(partner()) as ledger:
        return desk.counts(ledger, "X1", handover_id, told)


def test_45_a_den_report_drafts_nothing(centre: World, desk: AllianceDesk) -> None:
    with centre.act(partner()) as ledger:
        body = {"place": "park 3", "evidence": EVIDENCE, "persons": [person(1)]}
        assert desk.den_reported(ledger, "X1", body) == desk.den_reported(ledger, "X1", body)
        assert (ledger.count(Den), ledger.count(Transfer), ledger.count(Measure)) == (1, 0, 0)


def test_30_no_state_from_cleared_on_is_reached_without_passing_the_screening() -> None:
    """Walk every path of the table from the nomination, leaving out the one step that a screening takes."""
    beyond = {TransferState.SCREENED, TransferState.CLEARED, TransferState.SCHEDULED, TransferState.HANDED_OVER}
    reached, todo = {TransferState.NOMINATED}, [TransferState.NOMINATED]
    while todo:
        here = todo.pop()
        for (state, act), following in TRANSFER_STEPS.items():
            if state is here and act != "pass_screening" and following not in reached:
                reached.add(following)
                todo.append(following)
    assert not reached & beyond
    assert reached > {TransferState.REFERRED_AS_VICTIM, TransferState.OBJECTION}


@pytest.mark.parametrize("who", ["inv1", "liaison"])
def test_30_nobody_of_the_investigation_screens(centre: World, desk: AllianceDesk, who: str) -> None:
    [transfer] = nominated(centre, desk)
    with pytest.raises(SameHand, match="investigation"):
        screen(centre, desk, transfer, who)


def test_30_only_a_trained_person_screens_in_a_language_that_is_understood(centre: World, desk: AllianceDesk) -> None:
    [transfer] = nominated(centre, desk)
    with pytest.raises(PowerMissing):
        screen(centre, desk, transfer, signer("officer", powers=[Power.LIAISE, Power.INVESTIGATE]))
    with pytest.raises(BadField, match="language"):
        screen(centre, desk, transfer, language="  ")


def test_30_a_measure_is_drafted_only_when_the_screening_is_done(centre: World, desk: AllianceDesk) -> None:
    [transfer] = nominated(centre, desk)
    do(centre, desk, "liaison", "transfer", "confirm_identity", transfer.id, evidence="fingerprints")
    with centre.act() as ledger:
        assert ledger.count(Measure) == 0
    screen(centre, desk, transfer)
    with centre.act() as ledger:
        [measure] = ledger.find(Measure)
    assert {ground.kind for ground in measure.grounds} == {
        "agreement_in_force",
        "legal_document_attached",
        "identity_confirmed",
        "victim_screening_completed",
    }


INDICATORS = st.lists(
    st.builds(VictimIndicator, dimension=st.just("coercion"), strength=st.sampled_from(Strength), note=st.just("")),
    max_size=5,
)


@given(one=INDICATORS, more=INDICATORS)
def test_30_more_indicators_never_make_a_victim_less_of_one(
    one: list[VictimIndicator], more: list[VictimIndicator]
) -> None:
    if judge(tuple(one)) is ScreeningResult.VICTIM:
        assert judge((*one, *more)) is ScreeningResult.VICTIM
    if any(indicator.strength is Strength.STRONG for indicator in more):
        assert judge((*one, *more)) is ScreeningResult.VICTIM


def test_31_a_victim_is_referred_never_transferred_and_the_flag_shows_in_every_export(
    centre: World, desk: AllianceDesk
) -> None:
    [transfer] = nominated(centre, desk)
    screen(centre, desk, transfer, indicators=[{"dimension": "coercion", "strength": "strong", "note": "locked in"}])
    after = now(centre, transfer)
    assert (after.state, after.non_punishment) == (TransferState.REFERRED_AS_VICTIM, True)
    assert persons.view(after)["non_punishment"] is True
    assert not [act for state, act in TRANSFER_STEPS if state is TransferState.REFERRED_AS_VICTIM]
    with centre.act() as ledger:
        assert ledger.count(Measure) == 0


@pytest.mark.parametrize("claim", ["objection", "asylum", "torture"])
def test_32_an_objection_suspends_until_somebody_else_has_decided(
    centre: World, desk: AllianceDesk, claim: str
) -> None:
    [transfer] = nominated(centre, desk)
    cleared(centre, desk, transfer)
    handover_id = planned(centre, desk)
    do(centre, desk, "liaison", "transfer", "object", transfer.id, claim=claim, reason="fears return")
    after = now(centre, transfer)
    with centre.act() as ledger:
        assert not ledger.get(Measure, after.measure_id).binding
        assert ledger.get(Handover, handover_id).transfer_ids == ()
    for hand in ("liaison", "screener"):
        with pytest.raises(SameHand):
            do(centre, desk, hand, "transfer", "decide_objection", transfer.id, upheld=False, reason="no ground")
    do(centre, desk, "judge", "transfer", "decide_objection", transfer.id, upheld=False, reason="no ground")
    again = now(centre, transfer)
    with centre.act() as ledger:
        assert ledger.get(Measure, after.measure_id).state is MeasureState.LIFTED
        assert ledger.get(Measure, again.measure_id).state is MeasureState.DRAFTED
    assert again.state is TransferState.SCREENED


def test_32_an_upheld_objection_is_the_end(centre: World, desk: AllianceDesk) -> None:
    [transfer] = nominated(centre, desk)
    do(centre, desk, "liaison", "transfer", "object", transfer.id, claim="torture", reason="was beaten there")
    do(centre, desk, "judge", "transfer", "decide_objection", transfer.id, upheld=True, reason="believed")
    assert now(centre, transfer).outcome == "objection_upheld"
    with pytest.raises(WrongState):
        do(centre, desk, "judge", "transfer", "decide_objection", transfer.id, upheld=False, reason="again")


@pytest.mark.parametrize("missing", PARTS)
def test_33_custody_does_not_move_with_an_incomplete_record(centre: World, desk: AllianceDesk, missing: str) -> None:
    [transfer] = nominated(centre, desk)
    cleared(centre, desk, transfer)
    handover_id = planned(centre, desk, fill=False)
    for part in PARTS:
        if part != missing:
            do(centre, desk, "liaison", "custody_record", "fill", transfer.id, part=part, text="written down")
    with pytest.raises(Refused, match=missing):
        do(centre, desk, "liaison", "handover", "sign", handover_id)
    with pytest.raises(Refused, match=missing):
        count(centre, desk, handover_id, boarded=1)
    assert now(centre, transfer).state is TransferState.SCHEDULED


def test_33_a_measure_that_fell_keeps_the_person_where_they_are(centre: World, desk: AllianceDesk) -> None:
    [transfer] = nominated(centre, desk)
    after = cleared(centre, desk, transfer)
    handover_id = planned(centre, desk)
    with centre.act() as ledger:
        centre.office.suspend(ledger, after.measure_id, reason="an appeal is overdue")
    with pytest.raises(Refused, match="no measure binds"):
        do(centre, desk, "liaison", "handover", "sign", handover_id)


@pytest.mark.parametrize("theirs_first", [True, False])
def test_33_both_sign_before_anybody_moves(centre: World, desk: AllianceDesk, theirs_first: bool) -> None:  # noqa: FBT001 - a case
    [transfer] = nominated(centre, desk)
    cleared(centre, desk, transfer)
    handover_id = planned(centre, desk)
    steps = [
        lambda: count(centre, desk, handover_id, boarded=1, landed=1, received=1),
        lambda: do(centre, desk, "liaison", "handover", "sign", handover_id),
    ]
    for place, step in enumerate(steps if theirs_first else reversed(steps)):
        step()
        state = now(centre, transfer).state
        assert state is (TransferState.SCHEDULED if place == 0 else TransferState.RECEIVED)
    do(centre, desk, "liaison2", "handover", "count", handover_id, received=1)
    do(centre, desk, "liaison", "handover", "close", handover_id)
    assert (now(centre, transfer).state, now(centre, transfer).outcome) == (TransferState.CLOSED, "received")


@given(boarded=st.integers(0, 3), landed=st.integers(0, 3), received=st.integers(0, 3))
def test_33_counts_disagree_exactly_when_one_differs_from_the_manifest(
    boarded: int, landed: int, received: int
) -> None:
    handover = Handover(
        id="h",
        partner="X1",
        den_id="d",
        conveyance="",
        at=MORNING,
        on_day="2026-03-10",
        transfer_ids=("a", "b"),
        minors=False,
        state=HandoverState.SCHEDULED,
        manifest_count=2,
        planned_by="l",
        planned_at=MORNING,
        boarded_count=boarded,
        landed_count=landed,
        received_count=received,
    )
    assert bool(persons.disagreements(handover)) == ({boarded, landed, received} != {2})


def test_33_counts_that_differ_open_one_incident_that_must_be_explained(centre: World, desk: AllianceDesk) -> None:
    for one in nominated(centre, desk, person(1), person(2)):
        do(centre, desk, "liaison", "transfer", "confirm_identity", one.id, evidence="fingerprints")
        screen(centre, desk, one)
        measure_id = now(centre, one).measure_id
        into_force(centre, measure_id, points=("X1",))
        with centre.act() as ledger:
            desk.measure_changed(ledger, fact("measure.in_force", measure_id=measure_id, measure="transfer_person"))
    handover_id = planned(centre, desk)
    do(centre, desk, "liaison", "handover", "sign", handover_id)
    assert count(centre, desk, handover_id, boarded=2, landed=2, received=1)["agree"] is False
    count(centre, desk, handover_id, boarded=2, landed=2, received=1)
    do(centre, desk, "liaison2", "handover", "count", handover_id, received=2)
    with centre.act() as ledger:
        [incident] = ledger.find(Incident)
    assert incident.note == "manifest 2, received 1"
    with pytest.raises(Refused, match="incident"):
        do(centre, desk, "liaison", "handover", "close", handover_id)
    do(centre, desk, "liaison2", "incident", "explain", incident.id, note="one was counted in hospital")
    do(centre, desk, "liaison", "handover", "close", handover_id)
    with centre.act() as ledger:
        kept = ledger.get(Incident, incident.id)
    assert (kept.kind, kept.note, kept.happened_at) == (incident.kind, incident.note, incident.happened_at)


@pytest.mark.parametrize("kind", ["death", "injury", "use_of_force", "escape", "medical_event"])
def test_34_an_incident_is_kept_and_no_act_takes_it_away(centre: World, desk: AllianceDesk, kind: str) -> None:
    [transfer] = nominated(centre, desk)
    cleared(centre, desk, transfer)
    handover_id = planned(centre, desk)
    body = {"kind": kind, "note": "on the way", "transfer_id": transfer.id}
    incident_id = do(centre, desk, "liaison", "handover", "report_incident", handover_id, **body)
    assert [act.name for act in desk.acts() if act.thing == "incident"] == ["explain"]
    with pytest.raises(SameHand):
        do(centre, desk, "liaison", "incident", "explain", incident_id, note="never mind")


@pytest.mark.parametrize("birth_on", ["2010-01-01", "", "1990"])
def test_35_a_minor_waits_for_guardian_or_consul_and_travels_apart(
    centre: World, desk: AllianceDesk, birth_on: str
) -> None:
    [transfer] = nominated(centre, desk, person(1, birth_on=birth_on))
    assert transfer.minor
    assert cleared(centre, desk, transfer).state is TransferState.SCREENED
    do(centre, desk, "liaison", "transfer", "tell_guardian", transfer.id, who="the consul at M")
    assert now(centre, transfer).state is TransferState.CLEARED
    with pytest.raises(BadField, match="adults"):
        planned(centre, desk)
    handover_id = planned(centre, desk, minors=True)
    with centre.act() as ledger:
        assert ledger.get(Handover, handover_id).minors


def test_a_medical_hold_ends_where_it_began(centre: World, desk: AllianceDesk) -> None:
    [transfer] = nominated(centre, desk)
    cleared(centre, desk, transfer)
    do(centre, desk, "liaison", "transfer", "hold_medical", transfer.id, reason="fever")
    do(centre, desk, "liaison", "transfer", "end_hold", transfer.id, reason="well again")
    assert now(centre, transfer).state is TransferState.CLEARED


def test_a_day_receives_five_hundred_at_most(centre: World, desk: AllianceDesk) -> None:
    [transfer] = nominated(centre, desk)
    cleared(centre, desk, transfer)
    with centre.act() as ledger:
        full = Handover(
            id="full",
            partner="X1",
            den_id="d",
            conveyance="",
            at=MORNING,
            on_day="2026-03-10",
            transfer_ids=(),
            minors=False,
            state=HandoverState.CLOSED,
            manifest_count=500,
            planned_by="l",
            planned_at=MORNING,
        )
        ledger.save(full, act="handover.plan")
    with pytest.raises(Refused, match="500"):
        planned(centre, desk)


def test_a_second_screening_of_the_same_person_is_refused(centre: World, desk: AllianceDesk) -> None:
    [transfer] = nominated(centre, desk)
    do(centre, desk, "liaison", "transfer", "confirm_identity", transfer.id, evidence="fingerprints")
    screen(centre, desk, transfer)
    with pytest.raises(WrongState):
        screen(centre, desk, transfer, "screener2")
    with centre.act() as ledger:
        assert ledger.count(VictimScreening) == 1
