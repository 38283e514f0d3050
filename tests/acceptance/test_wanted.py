"""A suspect named by evidence is sought in public with the least that is needed, and no longer than needed."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.acceptance.conftest import Doors, Json, identity


def published(doors: Doors) -> tuple[str, str]:
    """Let an investigator name a suspect and three others sign the notice; return (notice, measure)."""
    doors.post("/api/v1/suspect/new", identity(), "investigator1")
    (notice,) = doors.rows("notice", "investigator1")
    measure = str(notice["measure_id"])
    doors.act("investigator1", "measure", measure, "review", expect=403)
    doors.act("reviewer1", "measure", measure, "review")
    assert doors.act("head-010101", "measure", measure, "approve", expect=409)["error"] == "AuthorityTooLow"
    doors.act("head-nation", "measure", measure, "approve")
    doors.later(minutes=1)
    assert doors.one("notice", "investigator1", notice["id"])["state"] == "approved"
    assert cards(doors) == []  # approved is not published
    doors.act("executor1", "measure", measure, "activate")
    doors.later(minutes=1)
    return str(notice["id"]), measure


def cards(doors: Doors) -> list[Json]:
    return list(doors.get("/api/v1/public/notices")["rows"])


def test_a_notice_shows_the_least_and_ends_when_the_person_is_caught(doors: Doors) -> None:
    notice, measure = published(doors)
    (card,) = cards(doors)
    assert card["name"] == "张伟"
    assert card["birth_year"] == "1988"
    assert "court" in card["presumption_en"]
    shown = json.dumps(card, ensure_ascii=False)
    for secret in ("E12345678", "1988-05", "warrant 12", "bank answer", "known address"):
        assert secret not in shown

    tip = doors.post(
        "/api/v1/public/tips", {"notice_id": notice, "text": "在口岸见过", "place": "G1", "contact": "137"}
    )
    (kept,) = doors.rows("tip", "investigator1")
    assert (kept["id"], kept["state"]) == (tip["id"], "received")
    assert "137" not in json.dumps(kept)  # who told is kept apart
    assert doors.refused("investigator1", "/api/v1/tip_contact") == "403 PowerMissing"
    doors.act("investigator1", "tip", tip["id"], "follow", reason="the place fits")

    doors.act("analyst1", "notice", notice, "capture", expect=403, evidence="met at G1")
    doors.act("investigator1", "notice", notice, "capture", evidence="met at G1 with passport and photograph")
    assert cards(doors) == []
    assert doors.one("measure", "duty1", measure)["state"] == "revoked"
    assert doors.one("notice", "investigator1", notice)["state"] == "captured"
    late = {"notice_id": notice, "text": "又见到他"}
    assert doors.post("/api/v1/public/tips", late, expect=404)["error"] == "NotFound"


def test_a_notice_lapses_with_its_measure_and_with_a_mistake(doors: Doors) -> None:
    notice, measure = published(doors)
    mistake = {"notice_id": notice, "text": "那是我，你们认错人了", "kind": "mistaken_identity"}
    tip = doors.post("/api/v1/public/tips", mistake)["id"]
    doors.act("investigator1", "tip", tip, "uphold", expect=403, reason="the photograph is another person's")
    doors.act("duty1", "tip", tip, "uphold", reason="the photograph is another person's")
    assert cards(doors) == []
    assert doors.one("measure", "duty1", measure)["state"] == "revoked"
    told = doors.one("notice", "investigator1", notice)
    assert (told["state"], told["ended_why"]) == ("revoked", "mistaken identity")


def test_a_notice_that_nobody_renews_disappears_by_itself(doors: Doors) -> None:
    notice, measure = published(doors)
    doors.later(days=190)
    assert cards(doors) == []
    assert doors.one("measure", "duty1", measure)["state"] == "expired"
    ended = doors.one("notice", "investigator1", notice)
    assert ended["state"] == "revoked"
    assert ended["ended_at"] <= (doors.now() + timedelta(minutes=1)).isoformat()
