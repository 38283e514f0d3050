from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from stopline.borders.desk import BorderDesk
from stopline.borders.records import BorderOrder, Hit, HitState, LeadState, NamesakeToken, OrganiserLead, TripLeg
from stopline.kernel.errors import BadField, Refused, SameHand
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from stopline.law.notification import Notification
from stopline.law.organisation import InstitutionKind
from stopline.stores.outbox import Outbox
from tests.factories import MORNING, World, world
from tests.scenes import TRAVELLER, do, fact, institution, into_force

SUSPECT = {
    "person": "p1",
    "name": "张伟",
    "name_latin": "Zhang Wei",
    "birth_on": "1988-05-01",
    "document_no": "E12345678",
    "case_id": "case-1",
    "evidence": ["bank answer"],
    "warrant": "warrant 12",
}


@pytest.fixture
def centre() -> Iterator[World]:
    with world() as made:
        with made.act() as ledger:
            ledger.save(institution("G1", InstitutionKind.PORT), act="institution")
            ledger.save(institution("G2", InstitutionKind.PORT), act="institution")
        yield made


@pytest.fixture
def desk(centre: World) -> BorderDesk:
    return BorderDesk(centre.office, b"k" * 32)


def live_order(centre: World, desk: BorderDesk, **changes: object) -> BorderOrder:
    with centre.act() as ledger:
        desk.suspect_identified(ledger, fact("suspect.identified", **(SUSPECT | changes)))
        order = ledger.find(BorderOrder)[-1]
    into_force(centre, order.measure_id)
    with centre.act() as ledger:
        desk.measure_changed(ledger, fact("measure.in_force", measure_id=order.measure_id, measure="border_stop"))
        return ledger.get(BorderOrder, order.id)


def cross(centre: World, desk: BorderDesk, crossing: str = "x1", **changes: object) -> tuple[str, str | None]:
    with centre.act() as ledger:
        return desk.crossing(ledger, "G1", TRAVELLER | {"crossing_id": crossing} | changes)


@pytest.mark.parametrize(("urgency", "entry"), [("", "CN.PR.278"), ("flies tonight", "CN.PR.278.urgent")])
def test_an_identified_suspect_becomes_a_drafted_order_once(
    centre: World, desk: BorderDesk, urgency: str, entry: str
) -> None:
    with centre.act() as ledger:
        for _ in range(2):
            desk.suspect_identified(ledger, fact("suspect.identified", **SUSPECT, urgency=urgency))
        [order] = ledger.find(BorderOrder)
        measure = ledger.get(Measure, order.measure_id)
    assert (measure.entry_id, measure.state, measure.holder) == (entry, MeasureState.DRAFTED, "G1,G2")
    assert cross(centre, desk) == ("pass", None)


def test_without_a_warrant_nothing_is_drafted(centre: World, desk: BorderDesk) -> None:
    with centre.act() as ledger:
        desk.suspect_identified(ledger, fact("suspect.identified", **(SUSPECT | {"warrant": ""})))
        assert ledger.count(BorderOrder) == 0


def test_the_document_and_the_name_with_full_birth_date_refer_and_a_name_does_not(
    centre: World, desk: BorderDesk
) -> None:
    live_order(centre, desk)
    assert cross(centre, desk, "x1")[0] == "refer"
    assert cross(centre, desk, "x2", document_no="N1")[0] == "refer"
    assert cross(centre, desk, "x3", document_no="N1", birth_on="1988-05-02") == ("pass", None)
    assert cross(centre, desk, "x4", document_no="N1", birth_on="") == ("pass", None)


def test_a_repeated_crossing_raises_one_hit(centre: World, desk: BorderDesk) -> None:
    live_order(centre, desk)
    assert cross(centre, desk) == cross(centre, desk)
    with centre.act() as ledger:
        assert ledger.count(Hit) == 1


@pytest.mark.parametrize("ending", ["lift", "suspend", "expire"])
def test_an_order_is_live_only_while_its_measure_binds(centre: World, desk: BorderDesk, ending: str) -> None:
    order = live_order(centre, desk)
    with centre.act() as ledger:
        measure = ledger.get(Measure, order.measure_id)
        match ending:
            case "lift":
                centre.office.release(ledger, measure, "lift", why="the case was closed")
            case "suspend":
                centre.office.suspend(ledger, measure.id, reason="doubt")
            case _:
                centre.clock.move_to(MORNING + timedelta(days=400))
    centre.tick()
    assert cross(centre, desk) == ("pass", None)  # though no fact has told the desk yet


def test_an_unratified_emergency_order_is_gone_after_seven_days(centre: World, desk: BorderDesk) -> None:
    live_order(centre, desk, urgency="flies tonight")
    assert cross(centre, desk, "x1")[0] == "refer"
    centre.later(timedelta(days=7))
    assert cross(centre, desk, "x2") == ("pass", None)


def confirmed(centre: World, desk: BorderDesk) -> str:
    live_order(centre, desk)
    hit_id = cross(centre, desk)[1] or ""
    same = {"photo_same": True, "second_datum": "fingerprint", "second_same": True}
    do(centre, desk, "border1", "hit", "check_identity", hit_id, **same)
    do(centre, desk, "border1", "hit", "confirm", hit_id)
    return hit_id


def test_a_caught_person_ends_the_order_and_everybody_is_told(centre: World, desk: BorderDesk) -> None:
    hit_id = confirmed(centre, desk)
    do(centre, desk, "border2", "hit", "act", hit_id, action="handed_over", reason="to the unit of the case")
    heard: list[str] = []
    handlers = {"person.caught": [("test", lambda _ledger, one: heard.append(one.text("person")))]}
    Outbox(centre.store, handlers).drain()
    assert heard == ["p1"]
    do(centre, desk, "border2", "hit", "notify", hit_id)
    with centre.act() as ledger:
        hit = ledger.get(Hit, hit_id)
        measure = ledger.get(Measure, hit.measure_id)
        [told] = ledger.find(Notification, measure_id=measure.id)
    assert (measure.state, hit.state, hit.told_code) == (MeasureState.LIFTED, HitState.NOTIFIED, told.code)
    assert told.told_at is not None


@pytest.mark.parametrize(("photo", "datum"), [(True, False), (False, True), (False, False)])
def test_nobody_is_confirmed_without_photograph_and_second_datum(
    centre: World,
    desk: BorderDesk,
    photo: bool,  # noqa: FBT001 - two answers of a form
    datum: bool,  # noqa: FBT001 - two answers of a form
) -> None:
    live_order(centre, desk)
    hit_id = cross(centre, desk)[1] or ""
    answers = {"photo_same": photo, "second_datum": "family", "second_same": datum}
    do(centre, desk, "border1", "hit", "check_identity", hit_id, **answers)
    with pytest.raises(Refused, match="both agree"):
        do(centre, desk, "border1", "hit", "confirm", hit_id)


def test_a_namesake_is_met_once_and_forgotten(centre: World, desk: BorderDesk) -> None:
    live_order(centre, desk)
    decision, hit_id = cross(centre, desk, "x1", document_no="N1")
    assert decision == "refer"
    centre.clock.move_to(MORNING + timedelta(minutes=4))
    do(centre, desk, "border1", "hit", "find_false", hit_id or "", reason="another face")
    assert cross(centre, desk, "x2", document_no="N1") == ("pass", None)
    assert cross(centre, desk, "x1", document_no="N1")[0] == "pass"
    with centre.act() as ledger:
        hit = ledger.get(Hit, hit_id or "")
        assert (hit.name, hit.document_no, hit.traveller, hit.delay_s) == ("", "", "", 240)
        assert "N1" not in repr(ledger.find(NamesakeToken))
    assert cross(centre, desk, "x3")[0] == "refer"  # the person of the order still meets it


def test_a_hit_is_overdue_after_twenty_minutes(centre: World, desk: BorderDesk) -> None:
    live_order(centre, desk)
    hit_id = cross(centre, desk)[1] or ""
    centre.clock.move_to(MORNING + timedelta(minutes=21))
    with centre.act() as ledger:
        desk.tick(ledger)
        assert ledger.get(Hit, hit_id).overdue_at is not None


@pytest.mark.parametrize("field", ["crossing_id", "direction", "at", "document_no"])
def test_a_crossing_that_lacks_a_part_is_named(centre: World, desk: BorderDesk, field: str) -> None:
    with pytest.raises(BadField, match=field):
        cross(centre, desk, **{field: ""})


def journey(centre: World, desk: BorderDesk, hour: int, *people: str, vehicle: str = "V1", out: bool = True) -> None:
    at = MORNING + timedelta(hours=hour)
    centre.clock.move_to(max(at, centre.clock.now()))
    for place, document in enumerate(people):
        others = [one for one in people if one != document]
        told = {
            "at": at.isoformat(),
            "direction": "out" if out else "in",
            "name": document,
            "name_latin": "",
            "document_no": document,
            "vehicle": vehicle,
            "companions": others,
        }
        cross(centre, desk, f"{hour}-{place}-{vehicle}-{out}", **told)


@pytest.mark.parametrize("vehicle", ["V1", ""])
def test_a_hand_that_brings_out_different_people_is_a_lead_and_they_are_taken_for_victims(
    centre: World, desk: BorderDesk, vehicle: str
) -> None:
    journey(centre, desk, 1, "ORG", "a", "b", vehicle=vehicle)
    journey(centre, desk, 2, "ORG", vehicle=vehicle, out=False)
    journey(centre, desk, 3, "ORG", "c", "d", vehicle=vehicle)
    with centre.act() as ledger:
        leads = ledger.find(OrganiserLead)
    assert len(leads) == 1
    assert leads[0].default_for_escorted == "victim_screening"
    assert len(leads[0].escorted) >= 3
    assert "ORG" not in repr(leads)


@pytest.mark.parametrize("back", [("a", "b", "c", "d")])
def test_people_who_come_back_are_commuters(centre: World, desk: BorderDesk, back: tuple[str, ...]) -> None:
    journey(centre, desk, 1, "ORG", "a", "b")
    journey(centre, desk, 2, "ORG", *back[:2], out=False)
    journey(centre, desk, 3, "ORG", "c", "d")
    journey(centre, desk, 4, "ORG", *back[2:], out=False)
    journey(centre, desk, 5, "ORG", "e", "f")
    with centre.act() as ledger:
        assert ledger.count(OrganiserLead) == 0


def test_a_coach_says_nothing_about_its_driver(centre: World, desk: BorderDesk) -> None:
    journey(centre, desk, 1, "DRIVER", *(f"a{n}" for n in range(12)))
    journey(centre, desk, 3, "DRIVER", *(f"b{n}" for n in range(12)))
    with centre.act() as ledger:
        assert ledger.count(OrganiserLead) == 0


def test_trips_are_empty_after_a_day(centre: World, desk: BorderDesk) -> None:
    journey(centre, desk, 1, "ORG", "a", "b")
    centre.clock.move_to(MORNING + timedelta(hours=26))
    with centre.act() as ledger:
        desk.tick(ledger)
        legs = ledger.find(TripLeg)
    assert len(legs) == 3
    assert {(leg.trip, leg.traveller, leg.kept) for leg in legs} == {("", "", False)}


def test_of_a_lone_traveller_nothing_is_kept(centre: World, desk: BorderDesk) -> None:
    assert cross(centre, desk, "x1", direction="out") == ("pass", None)
    assert cross(centre, desk, "x2", direction="in") == ("pass", None)
    with centre.act() as ledger:
        assert ledger.count(TripLeg) == 0
        assert ledger.count(Hit) == 0


def test_a_lead_is_carried_by_two_analysts_with_other_evidence(centre: World, desk: BorderDesk) -> None:
    journey(centre, desk, 1, "ORG", "a", "b")
    journey(centre, desk, 3, "ORG", "c", "d")
    with centre.act() as ledger:
        lead_id = ledger.find(OrganiserLead)[0].id
    do(centre, desk, "a1", "organiser_lead", "review", lead_id)
    with pytest.raises(SameHand):
        do(centre, desk, "a1", "organiser_lead", "corroborate", lead_id, evidence=["statement"])
    do(centre, desk, "a2", "organiser_lead", "corroborate", lead_id, evidence=["statement"])
    with centre.act() as ledger:
        assert ledger.get(OrganiserLead, lead_id).state is LeadState.CORROBORATED
        assert ledger.count(Measure) == 0
