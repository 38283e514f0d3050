"""Figures are drawn by one, verified by another, and published with unit, definition and the query behind each."""

from __future__ import annotations

import json
from datetime import timedelta

from stopline.bulletin.indicator import indicators
from tests.acceptance.conftest import Doors, report_body


def test_an_edition_goes_through_two_hands_into_the_public(overridden: Doors) -> None:
    doors = overridden
    for place in range(3):
        doors.post("/api/v1/reports", report_body(doors, phone=f"1380000000{place}", payment=f"t{place}"))
    doors.later(minutes=1)
    period = {"from_at": "2026-03-09T16:00:00+00:00", "to_at": "2026-03-10T16:00:00+00:00"}
    doors.post("/api/v1/edition/new", period, "analyst1", expect=403)
    backwards = {"from_at": period["to_at"], "to_at": period["from_at"]}
    assert doors.post("/api/v1/edition/new", backwards, "statistician1", expect=422)["error"] == "BadField"
    edition = doors.post("/api/v1/edition/new", period, "statistician1")["id"]
    assert doors.get("/api/v1/public/bulletin")["rows"] == []
    assert doors.act("statistician1", "edition", edition, "verify", expect=409)["error"] == "SameHand"
    doors.act("statistician1", "edition", edition, "release", expect=409)  # nobody has verified it
    doors.act("statistician2", "edition", edition, "verify")
    doors.act("statistician2", "edition", edition, "release")

    rows = {row["id"]: row for row in doors.get("/api/v1/public/bulletin")["rows"]}
    assert {indicator.id for indicator in indicators() if not indicator.by_district} <= set(rows)
    assert rows["reports"]["value"] == 3
    assert rows["reported_minor"]["value"] == 300_000
    for row in rows.values():
        assert all(row[part][language] for part in ("unit", "definition") for language in ("zh", "en"))
        assert "select" in row["query"].lower()
    by_district = [row for name, row in rows.items() if name.startswith("reporters_by_district")]
    assert by_district
    assert all(row["suppressed"] and row["value"] is None for row in by_district)  # three people are too few to show
    assert "1380000000" not in json.dumps(rows)


def test_a_correction_is_a_revision_that_says_why(doors: Doors) -> None:
    doors.post("/api/v1/reports", report_body(doors))
    until = (doors.now() + timedelta(hours=1)).isoformat()
    period = {"from_at": "2026-03-09T16:00:00+00:00", "to_at": until}
    first = doors.post("/api/v1/edition/new", period, "statistician1")["id"]
    doors.act("statistician2", "edition", first, "verify")
    doors.act("statistician2", "edition", first, "release")
    doors.post("/api/v1/reports", report_body(doors, phone="13800000009", payment="t9"))
    second = doors.act("statistician1", "edition", first, "revise", reason="a late report")["id"]
    assert doors.one("edition", "auditor1", first)["state"] == "revised"
    doors.act("statistician2", "edition", second, "verify")
    doors.act("statistician2", "edition", second, "release")
    rows = {row["id"]: row for row in doors.get("/api/v1/public/bulletin")["rows"]}
    assert (rows["reports"]["value"], rows["reports"]["revision"]) == (2, 2)
