"""A den is reported with evidence; people are screened before anything, and travel with counts that agree."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.acceptance.conftest import Doors, Json

PARTS = {
    "risk": "no risk known",
    "offence": "suspected of fraud; the warrant is attached",
    "health": "seen by a doctor today",
    "belongings": "one bag, sealed",
}
DEN: Json = {
    "place": "a compound behind the market",
    "evidence": [{"kind": "photograph", "ref": "x1-77", "note": "rows of phones"}],
    "persons": [
        {"name": "李甲", "name_latin": "Li Jia", "birth_on": "1990-02-03", "document_no": "E80000001"},
        {
            "name": "王乙",
            "name_latin": "Wang Yi",
            "birth_on": "2001-07-08",
            "document_no": "E80000002",
            "circumstances": "passport taken, beaten",
        },
    ],
}
JOIN: Json = {"agreement": "treaty of 2019", "legal_document": "warrant 12", "team": ["investigator1"]}
STRONG: Json = {"dimension": "papers", "strength": "strong", "note": "the passport was taken away"}


def joined(doors: Doors) -> tuple[str, dict[str, str]]:
    """Open a working group on a den that a partner reported; return the den and its transfers by document."""
    den = doors.post("/api/v1/dens", DEN, "X1")["id"]
    assert doors.rows("transfer", "liaison1") == []  # a report is a lead and nominates nobody
    doors.act("liaison1", "den", den, "join", **JOIN)
    found = {row["document_no"]: str(row["id"]) for row in doors.rows("transfer", "liaison1")}
    for transfer in found.values():
        doors.act("liaison1", "transfer", transfer, "confirm_identity", evidence="document and photograph")
    return str(den), found


def screened(doors: Doors, transfer: str, *indicators: Json) -> Json:
    """Screen one person and return the transfer as it then stands."""
    (waiting,) = [row for row in doors.rows("victim_screening", "screener1") if row["transfer_id"] == transfer]
    body = {"language": "中文", "note": "heard alone", "indicators": list(indicators)}
    assert doors.refused("investigator1", "/api/v1/victim_screening") == "403 PowerMissing"
    doors.act("liaison1", "victim_screening", waiting["id"], "decide", expect=403, **body)
    doors.act("screener1", "victim_screening", waiting["id"], "decide", **body)
    return doors.one("transfer", "liaison1", transfer)


def cleared(doors: Doors, transfer: str) -> None:
    """Let three hands sign the one measure of one person."""
    measure = doors.one("transfer", "liaison1", transfer)["measure_id"]
    doors.act("head-01", "measure", measure, "review")
    assert doors.act("head-02", "measure", measure, "approve", expect=409)["error"] == "AuthorityTooLow"
    doors.act("head-nation", "measure", measure, "approve")
    doors.act("executor1", "measure", measure, "activate")
    doors.later(minutes=1)
    assert doors.one("transfer", "liaison1", transfer)["state"] == "cleared"


def planned(doors: Doors, den: str) -> str:
    at = (doors.now() + timedelta(hours=5)).isoformat()
    return str(doors.post("/api/v1/handover/new", {"den_id": den, "conveyance": "bus 7", "at": at}, "liaison1")["id"])


def filled(doors: Doors, transfer: str) -> None:
    for part, text in PARTS.items():
        doors.act("liaison1", "custody_record", transfer, "fill", part=part, text=text)


def test_victims_are_recognised_and_the_others_come_home_with_counts_that_agree(doors: Doors) -> None:
    den, people = joined(doors)
    victim = screened(doors, people["E80000002"], STRONG)
    assert (victim["state"], victim["non_punishment"]) == ("referred_as_victim", True)
    assert victim["measure_id"] == ""  # nothing coercive follows from it
    suspect = people["E80000001"]
    assert screened(doors, suspect)["state"] == "screened"
    at = doors.now().isoformat()
    plan = {"den_id": den, "conveyance": "bus 7", "at": at}
    doors.post("/api/v1/handover/new", plan, "liaison1", expect=422)  # nobody is cleared yet
    cleared(doors, suspect)

    handover = planned(doors, den)
    refused = doors.act("liaison2", "handover", handover, "sign", expect=409)
    assert "custody record" in refused["message"]
    filled(doors, suspect)
    doors.act("liaison2", "handover", handover, "sign")
    (seen,) = doors.get("/api/v1/handovers", "X1")["rows"]
    assert [row["document_no"] for row in seen["persons"]] == ["E80000001"]
    assert doors.get("/api/v1/handovers", "X2")["rows"] == []
    path = f"/api/v1/handovers/{handover}/counts"
    doors.post(path, {"boarded": 1}, "X2", expect=404)
    doors.post(path, {"boarded": 1}, "X1")
    assert doors.post(path, {"landed": 1, "received": 1}, "X1") == {"id": handover, "state": "received", "agree": True}
    doors.act("liaison1", "handover", handover, "close", expect=409)  # our own count is missing
    doors.act("liaison1", "handover", handover, "count", received=1)
    doors.act("liaison1", "handover", handover, "close")
    home = doors.one("transfer", "liaison1", suspect)
    assert (home["state"], home["outcome"]) == ("closed", "received")
    assert doors.rows("incident", "liaison1") == []


def test_a_count_that_differs_is_an_incident_that_somebody_else_explains(doors: Doors) -> None:
    den, people = joined(doors)
    for transfer in people.values():
        screened(doors, transfer)
        cleared(doors, transfer)
        filled(doors, transfer)
    handover = planned(doors, den)
    doors.act("liaison2", "handover", handover, "sign")
    path = f"/api/v1/handovers/{handover}/counts"
    doors.post(path, {"boarded": 2}, "X1")
    said = doors.post(path, {"landed": 1, "received": 1}, "X1")
    assert said["agree"] is False
    incidents = doors.rows("incident", "liaison1")
    assert {row["kind"] for row in incidents} == {"count_mismatch"}
    doors.act("liaison1", "handover", handover, "count", received=1)
    doors.act("liaison1", "handover", handover, "close", expect=409)  # not while one is unexplained
    for row in doors.rows("incident", "liaison1", state="open"):
        doors.act("liaison2", "incident", row["id"], "explain", note="one person stayed in hospital, see the record")
    doors.act("liaison1", "handover", handover, "close")
    assert {row["state"] for row in doors.rows("incident", "liaison1")} == {"explained"}
    doors.post(path, {"boarded": 501}, "X1", expect=422)


def test_an_objection_stops_the_transfer_until_an_outsider_decides(doors: Doors) -> None:
    _den, people = joined(doors)
    person = people["E80000001"]
    measure = screened(doors, person)["measure_id"]
    cleared(doors, person)
    doors.act("liaison1", "transfer", person, "object", claim="torture", reason="fears to be beaten")
    held = doors.one("transfer", "liaison1", person)
    assert (held["state"], held["held_state"]) == ("objection", "cleared")
    assert doors.one("measure", "duty1", measure)["suspended"] is True
    upheld = {"upheld": True, "reason": "the fear is well founded"}
    doors.act("liaison1", "transfer", person, "decide_objection", expect=403, **upheld)
    doors.act("appeals1", "transfer", person, "decide_objection", **upheld)
    ended = doors.one("transfer", "liaison1", person)
    assert (ended["outcome"], ended["measure_id"]) == ("objection_upheld", "")
    assert doors.one("measure", "duty1", measure)["state"] == "lifted"


def test_a_den_without_evidence_or_from_somebody_else_is_refused(doors: Doors) -> None:
    bare = {**DEN, "evidence": []}
    assert doors.post("/api/v1/dens", bare, "X1", expect=422)["error"] == "BadField"
    assert doors.post("/api/v1/dens", DEN, "G1", expect=401)["error"] == "NotSignedIn"
    den = doors.post("/api/v1/dens", DEN, "X1")["id"]
    team = {**JOIN, "team": ["screener1"]}
    doors.act("liaison1", "den", den, "join", **team)
    (one, _other) = doors.rows("victim_screening", "screener1")
    body = {"language": "中文", "note": "heard alone"}
    refused = doors.act("screener1", "victim_screening", one["id"], "decide", expect=409, **body)
    assert refused["error"] == "SameHand"  # whoever investigates does not screen
    assert "E8000" not in json.dumps(doors.get("/api/v1/public/bulletin"))
