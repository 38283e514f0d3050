"""A fraudulent text is stopped at the carrier's door; its sender learns why, and nobody learns what it said."""

from __future__ import annotations

import json
from datetime import timedelta

from stopline.console.scope import READERS
from stopline.stores.records import MAPPERS
from tests.acceptance.conftest import Doors, Json, release_rules

LINES = "application/x-ndjson"
FRAUD = "【某银行】您的账户存在风险将于今日冻结，请立即点击 http://bank-safe.example.top/u 登录验证，否则资金损失自负"
ORDINARY = "妈，我今天晚点回家，饭不用等我"
VICTIM = "+8613800000777"


def texts(doors: Doors, rows: list[tuple[str, str]], carrier: str = "C1") -> list[Json]:
    """Hand messages over as a carrier; return its answers."""
    body = "\n".join(
        json.dumps(
            {
                "at": (doors.now() + timedelta(seconds=place)).isoformat(),
                "sender": sender,
                "recipient": VICTIM,
                "text": text,
            }
        )
        for place, (sender, text) in enumerate(rows)
    )
    answer = doors.send("/api/v1/messages/batch", body.encode(), LINES, carrier)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_fraudulent_text_is_stopped_and_stays_unread(doors: Doors) -> None:
    unreleased = texts(doors, [("+8617012345678", FRAUD)])
    assert unreleased[0]["verdict"] == "PASS"  # without a signed release nobody is stopped

    release_rules(doors)
    answers = texts(doors, [("+8617012345678", FRAUD), ("+8613900000001", ORDINARY)])
    assert [row["row"] for row in answers] == [1, 2]
    bad, good = answers
    assert bad["verdict"] in {"HOLD", "BLOCK"}
    assert bad["kind"] == "fraud"
    assert bad["score"] > 0.5
    assert bad["reasons"]
    assert good["verdict"] == "PASS"
    assert not good["reference"]

    told = doors.get(f"/api/v1/public/references/{bad['reference']}")
    assert told["kind"] == "verdict"
    public = json.dumps(told, ensure_ascii=False)
    assert told["parts"]["zh"]["reason"]
    assert told["parts"]["en"]["remedy"]
    for secret in ("bank-safe", "账户存在风险", VICTIM.removeprefix("+86"), "17012345678"):
        assert secret not in public


def test_what_was_held_is_read_only_by_those_who_judge_it(doors: Doors) -> None:
    release_rules(doors)
    (stopped,) = texts(doors, [("+8617012345678", FRAUD)])
    assert stopped["verdict"] in {"HOLD", "BLOCK"}
    assert any("bank-safe" in str(row) for row in doors.rows("stopped_text", "appeals1"))
    assert doors.refused("investigator1", "/api/v1/stopped_text") == "403 PowerMissing"
    assert doors.refused("", "/api/v1/stopped_text") == "401 NotSignedIn"
    assert doors.refused("B1", "/api/v1/stopped_text") == "401 NotSignedIn"  # a key of an institution is no session
    refused = doors.send("/api/v1/messages/batch", b"{}", LINES, "B1")
    assert (refused.status_code, refused.json()["error"]) == (401, "NotSignedIn")


def test_every_kind_with_readers_of_its_own_is_a_kind_that_exists() -> None:
    assert set(READERS) - {"account", "session"} <= set(MAPPERS)  # a misspelt kind would be open to everybody
