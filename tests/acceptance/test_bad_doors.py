"""What is not of its form is refused at the door with a name and a sentence; nothing is recorded, nothing breaks."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pyarrow as pa
import pytest

from tests.acceptance.conftest import Doors, Json, release_rules, report_body, traveller

ARROW = "application/vnd.apache.arrow.stream"
LINES = "application/x-ndjson"
JSON = "application/json"


def named(answer: httpx.Response) -> str:
    """Return status and error; fails the test for an answer that does not say what was wrong, or says too much."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code}: {answer.text[:300]}"
    said = answer.json()
    assert set(said) == {"error", "message"}
    assert said["message"]
    assert "Traceback" not in answer.text
    assert len(said["message"]) < 2_000
    return f"{answer.status_code} {said['error']}"


@contextmanager
def nothing_recorded(doors: Doors, *things: str) -> Iterator[None]:
    before = [doors.rows(thing, "auditor1") for thing in things]
    yield
    assert [doors.rows(thing, "auditor1") for thing in things] == before


BODIES: dict[str, bytes] = {
    "no json": b"{",
    "empty": b"",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "invalid utf-8": b'{"phone": "\xff\xfe"}',
    "utf-16": '{"phone": "1"}'.encode("utf-16"),
    "deep": b"[" * 100_000,
    "half a surrogate": b'{"phone": "13800000001", "district": "010101", "text": "\\ud800"}',
    "a huge number": b'{"loss_minor": 1' + b"0" * 5_000 + b"}",
    "not a number": b'{"loss_minor": NaN}',
}


@pytest.mark.parametrize("door", ["reports", "public/appeals", "public/tips", "session", "crossings", "dens"])
def test_a_body_that_is_not_of_its_form_is_refused(doors: Doors, door: str) -> None:
    who = {"crossings": "G1", "dens": "X1"}.get(door, "")
    with nothing_recorded(doors, "report", "appeal", "tip", "den"):
        for body in BODIES.values():
            assert named(doors.send(f"/api/v1/{door}", body, JSON, who))
        assert named(doors.send(f"/api/v1/{door}", b"phone=1", "text/plain", who))


def test_what_the_framework_refuses_has_a_name_of_the_house(doors: Doors) -> None:
    assert named(doors.send("/api/v1/reports", b'{"phone": "\xff"}', JSON, "")) == "400 BadRequest"
    for method in ("PUT", "PATCH", "DELETE"):
        refused = doors.raw().request(method, "/api/v1/reports")
        assert named(refused) == "405 MethodRefused"
        assert refused.headers["allow"] == "POST"
    assert named(doors.raw().get("/api/v1/measure/a/b/c")) == "404 PageMissing"
    assert named(doors.send("/api/v1/reports", b"[]", JSON, "")) == "422 BadField"
    assert named(doors.raw().post("/metrics")) == "405 MethodRefused"


REPORTS: dict[str, Json] = {
    "unknown field": {"colour": "red"},
    "negative money": {"loss_minor": -1},
    "money with a point": {"loss_minor": 1.5},
    "money beyond every bank": {"loss_minor": 10**30},
    "money as truth": {"loss_minor": True},
    "a currency that is none": {"currency": "¤¤"},
    "the year 1900": {"happened_at": "1900-01-01T00:00:00+08:00"},
    "the year 2100": {"happened_at": "2100-01-01T00:00:00+08:00"},
    "no offset": {"happened_at": "2026-03-10T06:00:00"},
    "no date": {"happened_at": 7},
    "a NUL byte": {"text": "a\x00b"},
    "a NUL byte in a name": {"name": "a\x00b"},
    "an endless text": {"text": "x" * 20_001},
    "no text": {"text": " "},
    "no phone": {"phone": None},
    "a district that is none": {"district": "north"},
    "lines that are no list": {"calling": {"a": 1}},
    "too many lines": {"calling": [str(place) for place in range(51)]},
    "a payment that is a text": {"payments": ["t1"]},
    "the same payment twice": {"payments": "twice"},
}


def test_a_report_that_cannot_be_true_is_refused_field_by_field(doors: Doors) -> None:
    whole = report_body(doors)
    with nothing_recorded(doors, "report"):
        for name, change in REPORTS.items():
            body = {**whole, **change}
            if body["payments"] == "twice":
                body["payments"] = whole["payments"] * 2
            answer = doors.send("/api/v1/reports", json.dumps(body).encode(), JSON, "")
            assert named(answer) == "422 BadField", name
    doors.post("/api/v1/reports", whole)


def test_batches_that_are_not_what_they_say_are_refused(doors: Doors) -> None:
    sink = io.BytesIO()
    table = pa.table({"when": [1], "who": ["x"]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    wrong_columns = sink.getvalue()
    for door in ("calls/batch", "calls/ends", "messages/batch"):
        for body in (b"", b"not arrow", wrong_columns[:40], wrong_columns, b"\x00" * 64):
            assert named(doors.send(f"/api/v1/{door}", body, ARROW, "C1"))
        for body in (
            b"",
            b"not json\n",
            b"[1,2]\n",
            b'{"at": "\xff"}\n',
            b'{"when": 1}\n',
            b'{"at": 1}\n{"at": "x"}\n',
        ):
            named(doors.send(f"/api/v1/{door}", body, LINES, "C1"))
        named(doors.send(f"/api/v1/{door}", wrong_columns, "text/csv", "C1"))


def test_rows_that_cannot_be_judged_are_named_and_the_others_are_judged(doors: Doors) -> None:
    release_rules(doors)
    rows: list[Json] = [
        {"at": doors.now().isoformat(), "calling": "+8613900000001", "called": "+8613900000002"},
        {"at": "1900-01-01T00:00:00+00:00", "calling": "+8613900000001", "called": "+8613900000002"},
        {"at": "2100-01-01T00:00:00+00:00", "calling": "+8613900000001", "called": "+8613900000002"},
        {"at": "soon", "calling": "+8613900000001", "called": "+8613900000002"},
    ]
    body = "\n".join(json.dumps(row) for row in rows).encode()
    answer = doors.send("/api/v1/calls/batch", body, LINES, "C1")
    assert answer.status_code == 200, answer.text
    said = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["row"] for row in said] == [1, 2, 3, 4]
    assert [row["verdict"] for row in said] == ["PASS"] * 4  # failing to judge stops nobody
    assert not said[0]["reasons"]
    assert all(row["reasons"] for row in said[1:])


def test_a_batch_past_the_bound_is_refused_while_it_comes(doors: Doors) -> None:
    def endless() -> Iterator[bytes]:
        for _chunk in range(80):
            yield b"x" * (1 << 20)

    headers = {"Authorization": f"Bearer {doors.credentials.keys['C1']}", "content-type": ARROW}
    answer = doors.raw().post("/api/v1/calls/batch", content=endless(), headers=headers)
    assert named(answer) in {"413 TooLarge", "422 BadField"}


def test_wrong_keys_and_sessions_open_nothing(doors: Doors) -> None:
    for header in ("", "Bearer", "Bearer x", "Bearer \xe9", "Basic QTpC", "Bearer " + "y" * 10_000):
        headers = {b"Authorization": header.encode("latin-1")}
        for path in ("/api/v1/measure", "/api/v1/orders", "/api/v1/watch", "/api/v1/handovers"):
            assert named(doors.raw().get(path, headers=headers)) == "401 NotSignedIn"
    bank = doors.credentials.keys["B1"]
    answer = doors.raw().get("/api/v1/watch", headers={"Authorization": f"Bearer {bank}"})
    assert named(answer) == "401 NotSignedIn"
    wrong = {"login": "duty1", "password": "x", "code": "000000"}
    assert named(doors.raw().post("/api/v1/session", json=wrong)) == "401 NotSignedIn"
    assert named(doors.raw().post("/api/v1/session", json={"login": {"a": 1}, "password": [], "code": None}))


def test_lists_and_acts_name_what_they_do_not_know(doors: Doors) -> None:
    made = doors.post("/api/v1/reports", report_body(doors))["report_id"]
    token = {"Authorization": f"Bearer {_token(doors, 'investigator1')}"}
    web = doors.raw()
    for path, error in (
        ("/api/v1/nothing", "404 NotFound"),
        ("/api/v1/report/none", "404 NotFound"),
        ("/api/v1/report?colour=red", "422 BadField"),
        ("/api/v1/report?limit=0", "422 BadField"),
        ("/api/v1/report?limit=x", "422 BadField"),
        ("/api/v1/report?loss_minor=x", "422 BadField"),
        ("/api/v1/report?loss_minor=" + "9" * 40, "422 BadField"),
        ("/api/v1/public/check?kind=soul&value=x", "422 BadField"),
        ("/api/v1/public/check?kind=number", "422 BadField"),
    ):
        assert named(web.get(path, headers=token)) == error, path
    for path in (
        "/api/v1/report?state=%00",
        "/api/v1/report/%00",
        "/api/v1/report?after=%ff",
        "/api/v1/report?state=%ff",
    ):
        answer = web.get(f"/api/v1/{path}", headers=token)
        assert answer.status_code < 500, path
    act = f"/api/v1/report/{made}/accept"
    assert named(web.post(act, json={"colour": "red"}, headers=token)) == "422 BadField"
    assert named(web.post(f"/api/v1/report/{made}/explode", headers=token)) == "404 NotFound"
    assert named(web.post("/api/v1/report/none/accept", headers=token)) == "404 NotFound"
    assert named(web.post(act)) == "401 NotSignedIn"
    assert named(web.put(act)).startswith("405")
    refuse = f"/api/v1/report/{made}/refuse"
    for reason in (None, "", 7, "a\x00b", "\ud800", "x" * 20_001):
        body = json.dumps({"reason": reason}).encode()
        assert named(doors.send(refuse, body, JSON, "investigator1")) == "422 BadField", reason
    assert doors.one("report", "investigator1", made)["state"] == "received"


def test_the_form_of_a_signed_in_browser_needs_its_own_token(doors: Doors) -> None:
    login = doors.credentials.logins["duty1"]
    page = doors.raw().post(
        "/sign-in", data={"login": "duty1", "password": login["password"], "code": "1", "csrf": "guessed"}
    )
    assert 400 <= page.status_code < 500
    assert "Traceback" not in page.text
    assert doors.raw().cookies.get("session") is None


def test_an_answer_to_an_order_is_read_or_refused(overridden: Doors) -> None:
    doors = overridden
    doors.post("/api/v1/reports", report_body(doors))
    doors.later(minutes=1)
    (measure,) = doors.rows("measure", "duty1", kind="stop_payment")
    doors.act("duty1", "measure", measure["id"], "sign")
    (order,) = doors.get("/api/v1/orders", "B1")["rows"]
    path = f"/api/v1/orders/{order['order_id']}/answers"
    good: Json = {"version": order["version"], "outcome": "active_full", "applied_minor": 1, "balance_minor": 1}
    bad_payment = {"reference": "t", "at": "soon", "source": "a", "target": "6222990001", "amount_minor": -1}
    for change in (
        {"outcome": "perhaps"},
        {"version": "one"},
        {"version": True},
        {"applied_minor": -1},
        {"applied_minor": 10**18},
        {"balance_minor": 0.5},
        {"transfers": "all"},
        {"transfers": None},
        {"transfers": ["t1"]},
        {"transfers": [bad_payment]},
    ):
        named(doors.raw().post(path, json=good | change, headers=_key(doors, "B1")))
    (row,) = doors.rows("enforcement", "duty1")
    assert row["state"] == "sent"  # none of it was half taken
    assert doors.post(path, good | {"transfers": []}, "B1")["state"] == "active_full"


def test_a_payment_told_twice_in_one_statement_is_kept_once_and_named(overridden: Doors) -> None:
    doors = overridden
    doors.post("/api/v1/reports", report_body(doors))
    doors.later(minutes=1)
    (measure,) = doors.rows("measure", "duty1", kind="stop_payment")
    doors.act("duty1", "measure", measure["id"], "sign")
    (order,) = doors.get("/api/v1/orders", "B1")["rows"]
    paid = report_body(doors, payment="out1")["payments"][0] | {"source": "6222990001", "target": "6222990002"}
    told = [paid, paid | {"amount_minor": 7}, paid | {"reference": "out2"}, paid]
    body = {"version": order["version"], "outcome": "active_full", "applied_minor": 0, "transfers": told}
    said = doors.post(f"/api/v1/orders/{order['order_id']}/answers", body, "B1")
    why = "reference 'out1' stands in row 1 already"
    assert said["rejects"] == [{"row": 2, "why": why}, {"row": 4, "why": why}]
    kept = [row for row in doors.rows("payment", "investigator1") if row["by_bank"]]
    assert sorted((row["reference"], row["amount_minor"]) for row in kept) == [("out1", 100_000), ("out2", 100_000)]


def test_a_contact_referred_twice_is_one_contact(doors: Doors) -> None:
    one: Json = {"line": "13900000002", "person": "13800000001", "at": doors.now().isoformat(), "seconds": 60}
    said = doors.post("/api/v1/exposures", [one, one | {"person": "13800000003"}, {**one, "district": ""}], "C1")
    assert said["accepted"] == 2
    assert said["rejects"] == [{"row": 3, "why": "the same contact as in row 1"}]


def test_a_batch_that_names_a_column_twice_is_refused_and_equal_rows_are_each_answered(doors: Doors) -> None:
    at, line = pa.array([doors.now()]), pa.array(["13900000001"])
    table = pa.Table.from_arrays([at, line, line, line], names=["at", "calling", "called", "called"])
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    refused = doors.send("/api/v1/calls/batch", sink.getvalue(), ARROW, "C1")
    assert named(refused) == "422 BadInput"
    assert "column 'called' twice" in refused.json()["message"]
    row = {"at": doors.now().isoformat(), "calling": "13900000001", "called": "13900000002"}
    answer = doors.send("/api/v1/calls/batch", json.dumps(row).encode() + b"\n" + json.dumps(row).encode(), LINES, "C1")
    assert [json.loads(line)["row"] for line in answer.text.splitlines()] == [1, 2]  # a call carries no id of its own


def test_a_crossing_and_a_count_are_read_or_refused(doors: Doors) -> None:
    whole = traveller(doors, "x1")
    for change in (
        {"direction": "sideways"},
        {"at": "soon"},
        {"at": "2026-03-10T06:00:00"},
        {"document_no": ""},
        {"crossing_id": None},
        {"name": "x" * 201},
        {"name": "a\x00b"},
        {"companions": ["E1"] * 61},
    ):
        assert named(doors.raw().post("/api/v1/crossings", json=whole | change, headers=_key(doors, "G1"))).endswith(
            "BadField"
        ), change
    exposures: list[Json] = [{"line": 1}, {"line": "139", "person": "138", "at": "1900-01-01T00:00:00Z"}, {}]
    said = doors.post("/api/v1/exposures", exposures, "C1")
    assert said["accepted"] == 0
    assert [row["row"] for row in said["rejects"]] == [1, 2, 3]
    named(doors.raw().post("/api/v1/exposures", json=["x"], headers=_key(doors, "C1")))


def _key(doors: Doors, code: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {doors.credentials.keys[code]}"}


def _token(doors: Doors, login: str) -> str:
    doors.rows("report", login)
    return doors.token(login)
