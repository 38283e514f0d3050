"""Whoever looks a person up can be asked why; who looks himself or a colleague up is seen by the auditor at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stopline.app import build, web_of
from stopline.cli_centre import serving
from stopline.demo import START, Credentials
from stopline.kernel.clock import SetClock
from stopline.settings import Settings
from tests.acceptance.conftest import Doors, Json, report_body

PRIVATE_LINE = "13800000001"  # the reporter of `report_body` turns out to be an officer


@pytest.fixture
def every_read(founded: tuple[Path, Credentials], tmp_path: Path, free_port: int) -> Iterator[Doors]:
    """Yield a centre whose operator has every read drawn, not one in a hundred."""
    folder, credentials = founded
    shutil.copytree(folder, tmp_path / "centre")
    settings = replace(Settings(), folder=tmp_path / "centre", port=free_port, reads_per_sample=1)
    clock = SetClock(START)
    centre = build(settings, clock=clock)
    try:
        with serving(web_of(centre), settings):
            opened = Doors(f"http://127.0.0.1:{free_port}", clock, credentials, centre)
            yield opened
            opened.raw().close()
    finally:
        centre.close()


def drawn(doors: Doors, who: str, **equal: str) -> list[Json]:
    """Return the drawn reads of one officer as an auditor finds them, without those that looking for them made."""
    rows = doors.rows("read_sample", "auditor1", officer_id=f"officer-{who}", **equal)
    return [row for row in rows if row["thing"] != "read_sample"]


def test_a_drawn_read_is_justified_and_another_auditor_judges_it(every_read: Doors) -> None:
    doors = every_read
    report = str(doors.post("/api/v1/reports", report_body(doors))["report_id"])
    said = {**doors._headers("investigator1"), "Purpose": "%E6%A1%88%E4%BB%B6 7"}
    assert doors.raw().get(f"/api/v1/report/{report}", headers=said).status_code == 200

    (asked,) = drawn(doors, "investigator1")
    assert (asked["state"], asked["thing"], asked["thing_id"]) == ("asked", "report", report)
    assert (asked["purpose"], asked["read_act"]) == ("案件 7", "read")
    answer = {"justification": "the victim called about the payment"}
    assert doors.act("analyst1", "read_sample", asked["id"], "justify", expect=404, **answer)["error"] == "NotYours"
    assert doors.rows("read_sample", "analyst1", officer_id="officer-investigator1") == []
    doors.act("investigator1", "read_sample", asked["id"], "justify", **answer)
    remark = {"remark": "case 7 names the report"}
    refused = doors.act("investigator1", "read_sample", asked["id"], "accept", expect=403, **remark)
    assert refused["error"] == "PowerMissing"
    doors.act("auditor1", "read_sample", asked["id"], "accept", **remark)
    assert doors.one("read_sample", "investigator1", asked["id"])["state"] == "accepted"

    doors.one("report", "auditor1", report)  # the auditor reads too, and does not judge that
    (own,) = [row for row in drawn(doors, "auditor1") if row["thing"] == "report"]
    doors.act("auditor1", "read_sample", own["id"], "justify", justification="to see what was read")
    assert doors.act("auditor1", "read_sample", own["id"], "reject", expect=409, **remark)["error"] == "SameHand"
    doors.act("visitor-auditor", "read_sample", own["id"], "reject", **remark)


def test_a_read_that_nobody_justifies_stands_on_the_auditors_page(every_read: Doors) -> None:
    doors = every_read
    report = str(doors.post("/api/v1/reports", report_body(doors))["report_id"])
    doors.one("report", "investigator1", report)
    doors.later(days=3, minutes=1)
    (left,) = drawn(doors, "investigator1", state="unanswered")
    page = doors.raw().get("/audit", headers=_cookie(doors, "auditor1"))
    assert page.status_code == 200
    assert "/records/read_sample?state=unanswered" in page.text
    doors.act("auditor1", "read_sample", left["id"], "reject", remark="nothing was said in three days")


def test_an_officer_who_looks_himself_or_a_colleague_up_is_seen_at_once(doors: Doors) -> None:
    report = str(doors.post("/api/v1/reports", report_body(doors, phone=PRIVATE_LINE))["report_id"])
    tie = {"officer_id": "officer-investigator1", "sort": "line", "value": "+86 " + PRIVATE_LINE}
    assert doors.post("/api/v1/officer_tie/new", tie, "investigator1", expect=403)["error"] == "PowerMissing"
    doors.post("/api/v1/officer_tie/new", tie, "admin1")

    doors.one("report", "investigator1", report)
    doors.one("report", "investigator2", report)
    doors.rows("report", "analyst1", phone=PRIVATE_LINE)  # a look-up, whether it finds anything or not
    assert doors.raw().get(f"/search?q={PRIVATE_LINE}", headers=_cookie(doors, "analyst2")).status_code in {200, 303}
    doors.one("officer", "duty1", "officer-duty2")

    raised = doors.rows("read_alert", "auditor1")
    assert [(row["officer_id"], row["lookup"], row["read_act"]) for row in raised] == [
        ("officer-investigator1", "own_record", "read"),
        ("officer-investigator2", "colleague_record", "read"),
        ("officer-analyst1", "colleague_record", "read.list"),
        ("officer-analyst2", "colleague_record", "read.search"),
        ("officer-duty1", "colleague_record", "read"),
    ]
    assert {row["state"] for row in raised} == {"raised"}
    page = doors.raw().get("/audit", headers=_cookie(doors, "auditor1"))
    assert "/records/read_alert?state=raised" in page.text

    own, other = raised[0]["id"], raised[1]["id"]
    assert doors.rows("read_alert", "investigator1") == []  # an alert warns nobody
    assert doors.refused("investigator1", f"/api/v1/read_alert/{own}") == "404 NotYours"
    early = doors.act("auditor1", "read_alert", own, "confirm", expect=409, remark="his own report")
    assert early["error"] == "WrongState"  # nobody is judged unheard
    doors.act("auditor1", "read_alert", own, "ask", remark="why did you open your own report?")
    doors.act("investigator1", "read_alert", own, "justify", justification="I wanted to know how far it was")
    doors.act("auditor1", "read_alert", own, "confirm", remark="to be reported to the head")
    doors.act("auditor1", "read_alert", other, "dismiss", remark="the report is assigned to this officer")
    assert [row["state"] for row in doors.rows("read_alert", "auditor1")][:2] == ["confirmed", "dismissed"]


def _cookie(doors: Doors, who: str) -> dict[str, str]:
    doors.rows("unit", who)  # signs in where that has not happened
    return {"Cookie": f"stopline_session={doors.token(who)}"}
