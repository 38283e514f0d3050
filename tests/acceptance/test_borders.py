"""A named person is met at a port and heard; a namesake walks on and is not asked again; a name alone asks nobody."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Doors, identity, traveller

CHECK = {"photo_same": True, "second_datum": "document_chip", "second_same": True}


def ordered(doors: Doors) -> str:
    """Bring an urgent order against one named person into force; return its measure."""
    doors.post("/api/v1/suspect/new", identity(urgency="a flight was booked for tonight"), "investigator1")
    doors.later(minutes=1)
    (measure,) = doors.rows("measure", "duty1", kind="border_stop")
    assert measure["entry_id"] == "CN.PR.278.urgent"
    assert doors.act("duty1", "measure", measure["id"], "sign", expect=409)["error"] == "SameHand"
    assert crossing(doors, "before") == ("pass", None)  # a draft stops nobody
    doors.into_force(measure["id"])
    doors.later(minutes=1)
    assert {row["subject"] for row in doors.get("/api/v1/orders", "G1")["rows"]} == {measure["subject_ref"]}
    return str(measure["id"])


def crossing(doors: Doors, crossing_id: str, port: str = "G1", **changes: object) -> tuple[str, str | None]:
    said = doors.post("/api/v1/crossings", traveller(doors, crossing_id, **changes), port)
    return said["decision"], said["hit_id"]


def test_the_person_named_is_met_checked_and_told(doors: Doors) -> None:
    measure = ordered(doors)
    decision, hit = crossing(doors, "x1")
    assert decision == "refer"
    assert hit
    assert crossing(doors, "x1") == ("refer", hit)  # asked twice, answered once
    assert doors.post("/api/v1/crossings", traveller(doors, "x9"), "B1", expect=401)["error"] == "NotSignedIn"

    doors.act("border1", "hit", hit, "confirm", expect=409)  # first look at the person
    doors.act("investigator1", "hit", hit, "check_identity", expect=403, **CHECK)
    doors.act("border1", "hit", hit, "check_identity", **CHECK)
    doors.act("border1", "hit", hit, "confirm")
    doors.later(minutes=3)
    doors.act("border1", "hit", hit, "act", action="handed_over", reason="to the unit of the case")
    doors.act("border1", "hit", hit, "notify")
    doors.later(minutes=1)
    done = doors.one("hit", "border1", hit)
    assert (done["state"], done["action"], done["delay_s"]) == ("notified", "handed_over", 0)
    told = doors.get(f"/api/v1/public/references/{done['told_code']}")
    assert told["kind"] == "measure"
    assert told["parts"]["en"]["remedy"]
    assert "E12345678" not in json.dumps(told)
    assert doors.one("measure", "duty1", measure)["state"] == "lifted"  # the ground has gone
    assert crossing(doors, "x2") == ("pass", None)
    (notice,) = doors.rows("notice", "investigator1")
    assert notice["state"] == "captured"  # what sought the person ended with it


def test_the_photograph_alone_confirms_nobody(doors: Doors) -> None:
    ordered(doors)
    _decision, hit = crossing(doors, "x1")
    doors.act("border1", "hit", str(hit), "check_identity", **(CHECK | {"second_same": False}))
    assert doors.act("border1", "hit", str(hit), "confirm", expect=409)["error"] == "Refused"


def test_a_namesake_walks_on_and_is_not_asked_again(doors: Doors) -> None:
    ordered(doors)
    other = {"document_no": "E99999999"}
    assert crossing(doors, "name only", birth_on="1971-12-24", **other) == ("pass", None)
    assert crossing(doors, "name and year", birth_on="1988", **other) == ("pass", None)
    decision, hit = crossing(doors, "twin", **other)  # name and full birth date agree: an officer looks
    assert decision == "refer"
    doors.act("border1", "hit", str(hit), "check_identity", **(CHECK | {"photo_same": False, "second_same": False}))
    doors.act("border1", "hit", str(hit), "find_false", reason="another face, another place of birth")
    after = doors.one("hit", "border1", str(hit))
    assert (after["state"], after["name"], after["document_no"]) == ("false", "", "")
    assert crossing(doors, "twin again", **other) == ("pass", None)
    assert crossing(doors, "at the other port", port="G2", **other) == ("pass", None)
    assert crossing(doors, "the person")[0] == "refer"


def test_an_urgent_order_that_the_province_does_not_approve_cancels_itself(doors: Doors) -> None:
    measure = ordered(doors)
    doors.act("head-010101", "measure", measure, "ratify", expect=409)
    doors.later(days=7, minutes=1)
    assert doors.one("measure", "duty1", measure)["state"] == "expired"
    assert crossing(doors, "x1") == ("pass", None)
