"""A line that calls strangers without end is blocked, told why, appeals without a login, and is let through."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.acceptance.conftest import Doors, release_rules

LINES = "application/x-ndjson"


def call(doors: Doors, line: str, count: int) -> list[dict[str, object]]:
    """Let a line from abroad show a bank's number to many people; return the answers."""
    start = doors.now()
    rows = [
        {
            "at": (start + timedelta(seconds=place)).isoformat(),
            "calling": line,
            "called": f"138{place:08}",
            "displayed": line,
            "trunk": "international",
            "origin_network": "abroad",
        }
        for place in range(count)
    ]
    body = "\n".join(json.dumps(row) for row in rows).encode()
    answer = doors.send("/api/v1/calls/batch", body, LINES, "C1")
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_blocked_caller_is_told_and_released_on_appeal(doors: Doors) -> None:
    release_rules(doors)
    answers = call(doors, "+8695588", 3)
    assert [row["row"] for row in answers] == [1, 2, 3]
    stopped = [row for row in answers if row["verdict"] in {"HOLD", "BLOCK"}]
    assert stopped, answers
    reference = str(stopped[0]["reference"])

    told = doors.get(f"/api/v1/public/references/{reference}")
    assert told["kind"] == "verdict"
    assert told["parts"]["zh"]["reason"]
    assert told["parts"]["en"]["remedy"]
    assert "138000" not in json.dumps(told)  # never the other party

    appeal = {"reference": reference, "statement": "这是我们银行自己的号码", "contact": "13700000000"}
    code = doors.post("/api/v1/public/appeals", appeal)["code"]
    assert doors.get(f"/api/v1/public/appeals/{code}")["state"] == "filed"
    (filed,) = doors.rows("appeal", "appeals1", state="filed")
    doors.act("appeals1", "appeal", filed["id"], "assign")
    doors.act("appeals1", "appeal", filed["id"], "grant", decision="the bank confirmed the number")
    doors.later(seconds=30)
    assert doors.get(f"/api/v1/public/appeals/{code}")["state"] == "granted"
    assert {row["verdict"] for row in call(doors, "+8695588", 2)} <= {"PASS", "FLAG"}


def test_an_unknown_reference_opens_nothing(doors: Doors) -> None:
    answer = doors.raw().get("/api/v1/public/references/AAAAAAAA-AAAAAAAA-AAAAAAAA-AAAAAAAA")
    assert answer.status_code == 404
