"""Whoever is restricted is told, appeals with the code and no login, and an answer that is late costs the centre."""

from __future__ import annotations

import re

from tests.acceptance.conftest import Doors, Json, identity

LINE = "+8613812340000"
CODE = re.compile(r"[0-9A-Z]{8}(?:-[0-9A-Z]{8}){3}")
RESTRICT: Json = {
    "entry_id": "CN.ATF.11.restrict",
    "subject_kind": "line",
    "subject": LINE,
    "points": "C1",
    "area": "010101",
    "person": LINE,
    "reason": "re-verification failed twice",
    "grounds": [{"kind": "reverification_not_passed", "ref": "carrier's answer 9"}],
    "lesser_means": "the holder was warned and asked to verify",
}


def restricted(doors: Doors) -> tuple[str, str]:
    """Restrict a line and read the code from the text that its carrier delivers; return (measure, code)."""
    measure = str(doors.post("/api/v1/measure/new", RESTRICT, "analyst1")["id"])
    assert doors.act("analyst1", "measure", measure, "sign", expect=403)["error"] == "PowerMissing"
    doors.act("duty1", "measure", measure, "sign")
    doors.later(minutes=1)
    (text,) = doors.get("/api/v1/deliveries", "C1")["rows"]
    assert (text["kind"], text["to"]) == ("notification", LINE)
    found = CODE.search(text["text_en"])
    assert found, text
    return measure, found[0]


def appealed(doors: Doors, code: str) -> tuple[str, str]:
    """Appeal with a code; return the appeal's id and its own code."""
    body = {"reference": code, "statement": "号码是我母亲的，营业厅已经核实", "contact": "13700000000"}
    first = doors.post("/api/v1/public/appeals", body)
    assert doors.post("/api/v1/public/appeals", body)["code"] == first["code"]  # twice is once
    (filed,) = doors.rows("appeal", "appeals1")
    return str(filed["id"]), str(first["code"])


def test_an_upheld_appeal_lifts_the_measure_at_once(doors: Doors) -> None:
    measure, code = restricted(doors)
    told = doors.get(f"/api/v1/public/references/{code}")
    assert (told["kind"], told["state"]) == ("measure", "in_force")
    assert {"reason", "basis", "authority", "term", "remedy"} <= set(told["parts"]["zh"])
    appeal, own = appealed(doors, code)
    doors.act("duty1", "appeal", appeal, "assign", expect=403)
    doors.act("appeals1", "appeal", appeal, "assign")
    doors.act("appeals1", "appeal", appeal, "grant", decision="verified at the counter")
    assert doors.one("measure", "duty1", measure)["state"] == "lifted"
    acts = [row["act"] for row in doors.get("/api/v1/orders", "C1")["rows"]]
    assert acts[-1] == "release"
    answer = doors.get(f"/api/v1/public/appeals/{own}")
    assert (answer["state"], answer["decision"]) == ("granted", "verified at the counter")
    doors.act("appeals2", "appeal", appeal, "reject", expect=409, decision="decided is decided")


def test_an_appeal_that_nobody_decides_escalates_and_suspends(doors: Doors) -> None:
    measure, code = restricted(doors)
    doors.get("/api/v1/orders", "C1")
    appeal, own = appealed(doors, code)
    doors.later(days=7)
    late = doors.one("appeal", "appeals1", appeal)
    assert late["escalated_at"]
    assert late["suspended_target_at"] is None
    assert doors.one("measure", "duty1", measure)["suspended"] is False
    doors.later(hours=25)
    assert doors.one("measure", "duty1", measure)["suspended"] is True
    assert [row["act"] for row in doors.get("/api/v1/orders", "C1")["rows"]] == ["suspend"]
    assert doors.get(f"/api/v1/public/references/{code}")["state"] == "suspended"
    reason = {"reason": "the holder could wait"}
    refused = doors.act("head-nation", "measure", measure, "resume", expect=403, **reason)
    assert refused["error"] == "PowerMissing"
    doors.later(days=30)
    assert doors.one("measure", "duty1", measure)["state"] == "expired"  # an appealed measure still expires
    assert doors.get(f"/api/v1/public/appeals/{own}")["state"] == "filed"


def test_whoever_signed_does_not_hear_the_appeal(doors: Doors) -> None:
    doors.post("/api/v1/suspect/new", identity(), "investigator1")
    (notice,) = doors.rows("notice", "investigator1")
    doors.into_force(notice["measure_id"], approver="visitor-head")  # may approve, and may decide appeals
    (notification,) = doors.rows("notification", "auditor1")
    appeal, _own = appealed(doors, notification["code"])
    assert doors.act("visitor-head", "appeal", appeal, "assign", expect=409)["error"] == "SameHand"
    doors.act("appeals1", "appeal", appeal, "assign")
    refused = doors.act("visitor-head", "appeal", appeal, "grant", expect=409, decision="mine to judge")
    assert refused["error"] == "SameHand"
    doors.act("appeals1", "appeal", appeal, "reject", decision="the identity was verified twice")
    assert doors.one("measure", "duty1", notice["measure_id"])["state"] == "in_force"


def test_an_empty_or_unknown_appeal_is_refused_without_telling_more(doors: Doors) -> None:
    _measure, code = restricted(doors)
    body = {"reference": code, "statement": " ", "contact": ""}
    assert doors.post("/api/v1/public/appeals", body, expect=422)["error"] == "BadField"
    other = {"reference": "A" * 32, "statement": "为什么", "contact": ""}
    assert doors.post("/api/v1/public/appeals", other, expect=404)["error"] == "NotFound"
    assert doors.post("/api/v1/public/appeals", {**body, "statement": "为什么", "channel": "fax"}, expect=422)
