"""Whoever holds a line sees what stands against it, proved by a one-time code that its carrier brings."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from stopline.console.limits import RateLimit
from stopline.console.own_measures import GOOD_FOR, TRIES, OwnMeasures
from stopline.demo import START
from stopline.kernel.errors import BadField
from tests.acceptance.conftest import Doors
from tests.acceptance.test_appeals import LINE, restricted

OTHER = "+8613812340001"
TICKET = re.compile(r'name="ticket" value="([^"]+)"')


def asked(doors: Doors, line: str) -> tuple[str, str]:
    """Ask for a code as a person does; return the ticket of the page and the code that the carrier was given."""
    page = doors.raw().post("/public/restrictions/code", data={"line": line})
    assert page.status_code == 200, page.text
    found = TICKET.search(page.text)
    assert found
    (text,) = [row for row in doors.get("/api/v1/deliveries", "C1")["rows"] if row["kind"] == "one_time_code"]
    code = re.search(r"\d{8}", text["text_en"])
    assert code
    assert code[0] not in page.text
    return found[1], code[0]


def shown(doors: Doors, line: str, ticket: str, code: str) -> httpx.Response:
    body = {"line": line, "ticket": ticket, "code": code}
    return doors.raw().post("/public/restrictions/list?lang=en", data=body)


def test_a_person_sees_the_measures_of_the_own_line_and_nobody_else_does(doors: Doors) -> None:
    measure, notification = restricted(doors)
    ticket, code = asked(doors, "138 1234 0000")
    wrong = shown(doors, LINE, ticket, f"{(int(code) + 1) % 10**8:08}")
    assert wrong.status_code == 422
    assert "CN.ATF" not in wrong.text
    assert shown(doors, OTHER, ticket, code).status_code == 422  # the ticket is the line's own
    page = shown(doors, LINE, ticket, f"{code[:4]} {code[4:]}")
    assert page.status_code == 200
    entry = doors.get(f"/api/v1/public/references/{notification}")["parts"]["en"]
    for part in ("reason", "basis", "remedy"):
        assert entry[part][:60] in page.text, part
    assert f"/public/r/{notification}" in page.text
    assert "Until" in page.text
    assert shown(doors, LINE, ticket, code).status_code == 422  # a code is good for one look
    reads = [row for row in doors.centre.store.audit_rows() if row.act == "read.own"]
    assert [row.subject_id for row in reads] == ["1 rows"]
    assert measure not in page.text
    doors.act("duty1", "measure", measure, "lift", reason="the ground fell")
    assert "No measure that may be told" in shown(doors, LINE, *asked(doors, LINE)).text


def test_asking_tells_nothing_of_a_line(doors: Doors) -> None:
    restricted(doors)
    known, unknown = (doors.raw().post("/public/restrictions/code", data={"line": line}) for line in (LINE, OTHER))
    hidden = [re.sub(r'value="[^"]*"', "", page.text) for page in (known, unknown)]
    assert hidden[0] == re.sub(r"nonce-\w+", "", hidden[1])
    texts = [row for row in doors.get("/api/v1/deliveries", "C1")["rows"] if row["kind"] == "one_time_code"]
    assert sorted(row["to"] for row in texts) == [LINE, OTHER]
    for line in ("", "110", "HSBC", "+", "1" * 200, "\x00"):
        assert doors.raw().post("/public/restrictions/code", data={"line": line}).status_code == 422, line


def test_a_code_ends_after_ten_minutes_and_so_does_its_text(doors: Doors) -> None:
    ticket, code = asked(doors, LINE)
    doors.later(minutes=10, seconds=1)
    assert shown(doors, LINE, ticket, code).status_code == 422
    doors.later(seconds=5)
    (text,) = doors.rows("telling", "lead-dissuasion", sort="one_time_code")
    assert (text["state"], text["text_en"], text["to"]) == ("erased", "", "")


def test_one_line_is_not_flooded_with_codes(doors: Doors) -> None:
    said = [doors.raw().post("/public/restrictions/code", data={"line": LINE}).status_code for _ in range(5)]
    assert said == [200, 200, 200, 429, 429]
    assert doors.raw().post("/public/restrictions/code", data={"line": OTHER}).status_code == 200
    assert len(doors.rows("telling", "lead-dissuasion", sort="one_time_code")) == 4


def test_tries_are_counted_and_a_changed_ticket_is_none() -> None:
    own = OwnMeasures.of(b"k" * 32, lambda: 0.0)
    ticket, code = own.ticket(LINE, at=START, nonce=b"n" * 16)
    assert re.fullmatch(r"\d{8}", code)
    until, nonce, seal = ticket.split(".")
    longer = f"{int(until) + 10**9}.{nonce}.{seal}"
    for changed in (longer, f"{until}.{'0' * 32}.{seal}", f"{until}.{nonce}.", "", "..", "é.é.é"):
        with pytest.raises(BadField):
            own.check(LINE, changed, code, at=START)
    for _ in range(TRIES - 1):
        with pytest.raises(BadField):
            own.check(LINE, ticket, "00000000" if code != "00000000" else "1", at=START)
    own.check(LINE, ticket, code, at=START + GOOD_FOR - timedelta(seconds=1))  # the last try is one
    with pytest.raises(BadField):
        own.check(LINE, ticket, code, at=START)
    spent = OwnMeasures(own.key, own.asked, own.tried, RateLimit(per_minute=0, burst=1, seconds=lambda: 0.0))
    with pytest.raises(BadField):
        spent.check(LINE, ticket, code, at=START)  # five tries are all, right or wrong
