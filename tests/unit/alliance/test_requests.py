from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from stopline.alliance.desk import AllianceDesk
from stopline.alliance.requests import ESSENTIALS, CooperationRequest, Disclosure, RequestState
from stopline.kernel.errors import AuthorityTooLow, BadField, NotYours, Refused, SameHand, WrongState
from stopline.law.organisation import InstitutionKind
from stopline.law.register import Level
from tests.factories import MORNING, World, signer, world
from tests.scenes import do, fact, institution, partner

CHECK = {"export_check": "assessed", "authority_decision": "decision 4"}


@pytest.fixture
def centre() -> Iterator[World]:
    with world() as made:
        with made.act() as ledger:
            ledger.save(institution("X1", InstitutionKind.PARTNER), act="institution")
            ledger.save(institution("X2", InstitutionKind.PARTNER), act="institution")
        yield made


@pytest.fixture
def desk(centre: World) -> AllianceDesk:
    return AllianceDesk(centre.office)


def body(**changes: object) -> dict[str, object]:
    return {
        "partner": "X1",
        "assistance": "police",
        **{name: f"the {name}" for name in ESSENTIALS},
        "deadline_at": (MORNING + timedelta(days=5)).isoformat(),
        "handling": "authority",
        "retention_days": "90",
        "measure_id": "m1",
    } | changes


def sent(centre: World, desk: AllianceDesk, **changes: object) -> str:
    request_id: str = do(centre, desk, "l1", "cooperation_request", "new", **body(**changes))
    do(centre, desk, "l2", "cooperation_request", "check", request_id, **CHECK)
    do(centre, desk, "l2", "cooperation_request", "send", request_id)
    return request_id


def test_what_goes_out_is_written_down_with_purpose_code_and_term(centre: World, desk: AllianceDesk) -> None:
    request_id = sent(centre, desk)
    with centre.act() as ledger:
        [told] = ledger.find(Disclosure)
        [shown] = desk.requests_for(ledger, "X1")
        assert desk.requests_for(ledger, "X2") == []
    assert (told.object_id, told.recipient, told.handling.value, told.purpose) == (
        request_id,
        "X1",
        "authority",
        "the purpose",
    )
    assert told.retention_until_at == MORNING + timedelta(days=90)
    assert shown["relevance"] == "the relevance"


@pytest.mark.parametrize("missing", ESSENTIALS)
def test_no_part_of_a_request_may_be_blank(centre: World, desk: AllianceDesk, missing: str) -> None:
    request_id = do(centre, desk, "l1", "cooperation_request", "new", **body(**{missing: "   "}))
    with pytest.raises(BadField, match=missing):
        do(centre, desk, "l2", "cooperation_request", "check", request_id, **CHECK)


def test_nothing_is_sent_unchecked_and_nobody_checks_alone(centre: World, desk: AllianceDesk) -> None:
    request_id = do(centre, desk, "l1", "cooperation_request", "new", **body())
    with pytest.raises(WrongState):
        do(centre, desk, "l2", "cooperation_request", "send", request_id)
    with pytest.raises(SameHand):
        do(centre, desk, "l1", "cooperation_request", "check", request_id, **CHECK)


def test_only_the_central_authority_sends(centre: World, desk: AllianceDesk) -> None:
    request_id = do(centre, desk, "l1", "cooperation_request", "new", **body())
    do(centre, desk, "l2", "cooperation_request", "check", request_id, **CHECK)
    with pytest.raises(AuthorityTooLow):
        do(centre, desk, signer("l3", Level.PROVINCE), "cooperation_request", "send", request_id)


def test_grave_requests_are_looked_at_for_refusal_grounds(centre: World, desk: AllianceDesk) -> None:
    request_id = do(centre, desk, "l1", "cooperation_request", "new", **body(assistance="extradition"))
    with pytest.raises(Refused, match="death_penalty, torture"):
        do(centre, desk, "l2", "cooperation_request", "check", request_id, **CHECK)


def test_a_partner_answers_only_what_is_its_own(centre: World, desk: AllianceDesk) -> None:
    request_id = sent(centre, desk)
    evidence = [{"kind": "observation", "ref": "o1"}]
    with centre.act(partner("X2")) as ledger, pytest.raises(NotYours):
        desk.answer(ledger, "X2", request_id, {"state": "executed"})
    with centre.act(partner()) as ledger:
        desk.answer(ledger, "X1", request_id, {"state": "acknowledged", "note": "working"})
        desk.answer(ledger, "X1", request_id, {"state": "executed", "note": "done", "evidence": evidence})
        request = ledger.get(CooperationRequest, request_id)
    assert (request.state, request.answer, [one.ref for one in request.evidence]) == (
        RequestState.EXECUTED,
        "done",
        ["o1"],
    )


def test_an_upheld_appeal_calls_back_what_was_told_about_the_measure(centre: World, desk: AllianceDesk) -> None:
    request_id = sent(centre, desk)
    with centre.act() as ledger:
        desk.appeal_granted(ledger, fact("appeal.granted", appeal_id="a", target="measure", target_id="m1"))
        assert desk.requests_for(ledger, "X1") == [{"id": request_id, "recalled": True}]


def test_clocks_say_what_is_overdue_and_what_has_reached_its_term(centre: World, desk: AllianceDesk) -> None:
    request_id = sent(centre, desk)
    centre.clock.move_to(MORNING + timedelta(days=91))
    with centre.act() as ledger:
        desk.tick(ledger)
        assert ledger.get(CooperationRequest, request_id).overdue_at is not None
        assert ledger.find(Disclosure)[0].term_over_at is not None


def test_a_corroborated_organiser_drafts_a_question_that_names_nobody(centre: World, desk: AllianceDesk) -> None:
    told = fact("organiser.corroborated", lead_id="lead1", escorted_count=4)
    with centre.act() as ledger:
        desk.organiser_corroborated(ledger, told)
        desk.organiser_corroborated(ledger, told)
        drafts = ledger.find(CooperationRequest)
    assert [(one.partner, one.state) for one in drafts] == [("X1", RequestState.DRAFTED), ("X2", RequestState.DRAFTED)]
