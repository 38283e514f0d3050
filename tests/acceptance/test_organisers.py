"""The same hand brings out different people who do not come back: a lead, and for them a screening, never a charge."""

from __future__ import annotations

from tests.acceptance.conftest import Doors, Json, traveller

ESCORT = "E70000001"


def journey(doors: Doors, name: str, people: list[str], *, vehicle: str = "云A12345") -> None:
    """Let people go out in one vehicle with the escort."""
    party = [ESCORT, *people]
    for document in party:
        companions = [one for one in party if one != document]
        body = {"name": f"旅客{document[-2:]}", "name_latin": "", "birth_on": "1999-01-01", "document_no": document}
        told = traveller(doors, f"{name}-{document}", vehicle=vehicle, companions=companions, **body)
        assert doors.post("/api/v1/crossings", told, "G1")["decision"] == "pass"  # nobody is stopped for company


def leads(doors: Doors) -> list[Json]:
    doors.later(minutes=1)
    return doors.rows("organiser_lead", "analyst1")


def test_an_organiser_shows_by_the_trips_and_two_analysts_say_so(doors: Doors) -> None:
    journey(doors, "morning", ["E71000001", "E71000002"])
    assert leads(doors) == []  # one journey says nothing
    doors.later(hours=3)
    journey(doors, "noon", ["E71000003", "E71000004"])
    (lead,) = leads(doors)
    assert (lead["state"], lead["default_for_escorted"]) == ("hypothesis", "victim_screening")
    assert len(lead["escorted"]) == 4
    assert "E7" not in "".join((lead["escort"], *lead["escorted"]))  # pseudonyms, not documents
    assert doors.rows("measure", "duty1") == []  # a lead compels nobody

    doors.act("investigator1", "organiser_lead", lead["id"], "review", expect=403)
    doors.act("analyst1", "organiser_lead", lead["id"], "review")
    evidence = {"evidence": ["a recruit's message names the driver"]}
    refused = doors.act("analyst1", "organiser_lead", lead["id"], "corroborate", expect=409, **evidence)
    assert refused["error"] == "SameHand"
    doors.act("analyst2", "organiser_lead", lead["id"], "corroborate", expect=422, evidence=[" "])
    doors.act("analyst2", "organiser_lead", lead["id"], "corroborate", **evidence)
    doors.later(minutes=1)
    assert doors.one("organiser_lead", "analyst1", lead["id"])["state"] == "corroborated"
    assert doors.rows("measure", "duty1") == []
    asked = doors.rows("cooperation_request", "liaison1")  # a question to each partner, for a person to send
    assert sorted((row["partner"], row["state"]) for row in asked) == [("X1", "drafted"), ("X2", "drafted")]
    assert doors.get("/api/v1/requests", "X1")["rows"] == []


def test_a_family_and_those_who_come_back_show_nothing(doors: Doors) -> None:
    people = ["E72000001", "E72000002"]
    for day in ("one", "two"):
        journey(doors, f"out {day}", people)
        for document in (ESCORT, *people):
            back = traveller(doors, f"in {day}-{document}", direction="in", document_no=document, vehicle="云A12345")
            doors.post("/api/v1/crossings", back, "G1")
        doors.later(hours=2)
    assert leads(doors) == []


def test_trips_are_forgotten_within_a_day(doors: Doors) -> None:
    journey(doors, "morning", ["E71000001", "E71000002"])
    doors.later(hours=24, minutes=5)
    assert [row["traveller"] + row["trip"] for row in doors.rows("trip_leg", "auditor1")] == ["", "", ""]
