"""People who talk to fraudsters are warned through their carrier, visited by their own station, and followed up."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.conftest import Doors, Json, report_body

LINE = "13900000002"
PERSON = "+8613800000555"
OTHER = "+8613800000556"


def confirm_line(doors: Doors) -> None:
    """Let two victims report one line: that confirms it, and carriers hear of it."""
    for number in (1, 2):
        doors.post("/api/v1/reports", report_body(doors, phone=f"1380000000{number}", line=LINE, payment=f"t{number}"))
    doors.later(minutes=1)


def exposed(doors: Doors, person: str, *, seconds: int, district: str = "010101", carrier: str = "C1") -> Json:
    """Refer one contact of one person with the line, as a carrier does."""
    at = (doors.now() - timedelta(minutes=1)).isoformat()
    row = {"line": LINE, "person": person, "district": district, "at": at, "seconds": seconds, "kind": "call"}
    return doors.post("/api/v1/exposures", [row], carrier)


def warning_of(doors: Doors, person: str) -> Json:
    (warning,) = [row for row in doors.rows("warning", "lead-dissuasion") if row["person"] == person]
    return warning


def test_a_person_at_risk_is_warned_visited_and_followed_up(doors: Doors) -> None:
    assert exposed(doors, PERSON, seconds=300)["warnings"] == 0  # nobody has told of this line yet
    confirm_line(doors)
    assert [row["line"] for row in doors.get("/api/v1/watch", "C1")["lines"]] == ["+8613900000002"]
    assert exposed(doors, PERSON, seconds=300) == {"accepted": 1, "warnings": 1, "rejects": []}

    (text,) = [row for row in doors.get("/api/v1/deliveries", "C1")["rows"] if row["to"] == PERSON]
    assert text["kind"] == "warning"
    assert text["text_zh"]
    assert text["text_en"]
    doors.post(f"/api/v1/deliveries/{text['id']}/delivered", {}, "C2", expect=404)  # another carrier's text
    doors.post(f"/api/v1/deliveries/{text['id']}/delivered", {}, "C1")
    warning = warning_of(doors, PERSON)
    assert (warning["state"], warning["level"], warning["role"]) == ("delivered", "high", "potential_victim")

    (visit,) = doors.rows("visit", "lead-dissuasion")
    station = "station-010101"
    refused = doors.act(station, "visit", visit["id"], "dispatch", expect=409)
    assert refused["error"] == "AuthorityTooLow"  # a station does not send itself
    doors.act("lead-dissuasion", "visit", visit["id"], "dispatch")
    doors.act("station-020101", "visit", visit["id"], "sign", expect=404)  # another area does not even see it
    doors.act(station, "visit", visit["id"], "sign")
    doors.act(station, "visit", visit["id"], "locate")
    doors.later(minutes=20)
    doors.act(station, "visit", visit["id"], "meet", outcome="dissuaded")
    doors.act(station, "visit", visit["id"], "refuse", expect=409)  # a visit is met or refused, not both

    doors.later(hours=24, minutes=1)
    due = doors.one("visit", station, visit["id"])
    assert due["follow_up_due_at"]
    kinds = [row["kind"] for row in doors.get("/api/v1/deliveries", "C1")["rows"] if row["to"] == PERSON]
    assert kinds == ["follow_up"]
    doors.act(station, "visit", visit["id"], "follow_up", result="safe")
    after = doors.one("visit", station, visit["id"])
    assert (after["outcome"], after["follow_ups"]) == ("dissuaded", ["safe"])


def test_a_person_may_refuse_and_is_left_alone(doors: Doors) -> None:
    confirm_line(doors)
    exposed(doors, PERSON, seconds=300)
    (visit,) = doors.rows("visit", "lead-dissuasion")
    doors.act("lead-dissuasion", "visit", visit["id"], "dispatch")
    doors.act("station-010101", "visit", visit["id"], "sign")
    doors.act("station-010101", "visit", visit["id"], "refuse")
    after = doors.one("visit", "station-010101", visit["id"])
    assert (after["state"], after["outcome"]) == ("refused", "refused")
    assert {act["name"] for act in doors.get(f"/api/v1/visit/{visit['id']}", "station-010101")["acts"]} == {"close"}


def test_nobody_who_investigates_reads_who_was_warned(doors: Doors) -> None:
    confirm_line(doors)
    exposed(doors, OTHER, seconds=20)
    assert doors.rows("visit", "lead-dissuasion") == []  # a short contact is warned of, not visited
    warning = warning_of(doors, OTHER)
    for thing in ("warning", "visit", "telling", "opt_out"):
        assert doors.refused("investigator1", f"/api/v1/{thing}") == "403 PowerMissing"
    assert doors.refused("investigator1", f"/api/v1/warning/{warning['id']}") == "403 PowerMissing"
    assert doors.refused("station-020101", f"/api/v1/warning/{warning['id']}") == "404 NotYours"
    assert doors.rows("warning", "station-020101") == []
    assert len(doors.rows("warning", "station-010101")) == 1
