"""A SIM box shows itself by its verdicts: two sign an operation, a third the measure, and its carrier cuts it off."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.acceptance.conftest import Doors, Json, release_rules

LINES = "application/x-ndjson"
DEVICE = "86012345678901"


def burst(doors: Doors, *, lines: int = 12, calls: int = 12) -> list[Json]:
    """Let many lines of one device call many strangers within minutes; return the answers."""
    rows = []
    for place in range(lines * calls):
        at = doors.now() + timedelta(seconds=place)
        row = {"calling": f"+86170123400{place % lines:02}", "called": f"+86138{place * 7919 % 100_000_000:08}"}
        rows.append({"at": at.isoformat(), **row, "device": DEVICE, "cell": "cell-7"})
    body = "\n".join(json.dumps(row) for row in rows).encode()
    answer = doors.send("/api/v1/calls/batch", body, LINES, "C2")
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_device_is_cut_off_by_its_carrier(doors: Doors) -> None:
    release_rules(doors)
    answers = burst(doors)
    assert sum(row["verdict"] in {"HOLD", "BLOCK"} for row in answers) >= 10
    doors.later(minutes=10)
    (operation,) = doors.rows("operation", "analyst1")
    (target,) = doors.rows("operation_target", "analyst1")
    assert (operation["state"], operation["aim"]) == ("proposed", "cut_flow")
    assert (target["ref"], target["holder"]) == (DEVICE, "C2")
    assert doors.rows("measure", "duty1", kind="restrict_line") == []  # proposed is not prepared

    rights = {"rights_check": "only the device that the verdicts name; a shop that rents it can appeal"}
    doors.act("analyst1", "operation", operation["id"], "approve_lead", expect=403)
    doors.act("head-nation", "operation", operation["id"], "approve_lead")
    refused = doors.act("head-nation", "operation", operation["id"], "approve_legal", expect=409, **rights)
    assert refused["error"] == "SameHand"
    doors.act("investigator1", "operation", operation["id"], "start", expect=409)  # one signature is not two
    doors.act("legal1", "operation", operation["id"], "approve_legal", **rights)
    doors.act("investigator1", "operation", operation["id"], "start")

    (measure,) = doors.rows("measure", "duty1", kind="restrict_line")
    assert (measure["state"], measure["subject_ref"], measure["holder"]) == ("drafted", DEVICE, "C2")
    assert measure["lesser_means"]
    doors.act("duty1", "measure", measure["id"], "sign")
    assert doors.get("/api/v1/orders", "C1")["rows"] == []
    (order,) = doors.get("/api/v1/orders", "C2")["rows"]
    assert (order["act"], order["subject"]) == ("impose", DEVICE)
    doors.post(
        f"/api/v1/orders/{order['order_id']}/answers", {"version": order["version"], "outcome": "active_full"}, "C2"
    )
    doors.later(minutes=1)
    (target,) = doors.rows("operation_target", "analyst1")
    assert target["answer"] == "active_full"
    doors.act("investigator1", "operation", operation["id"], "close", result="the device is off the network")
    doors.act("analyst1", "operation", operation["id"], "review", expect=409, recovered=False, reason="too early")
    assert doors.one("operation", "analyst1", operation["id"])["state"] == "closed"
