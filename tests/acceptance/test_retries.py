"""A request that is sent again because its answer was lost is done once and answered the same."""

from __future__ import annotations

import threading

import httpx
import pytest

from stopline.console.retries import KEY_MOST
from tests.acceptance.conftest import Doors, Json, report_body, traveller

KEY = "0f1e2d3c4b5a69788796"


def post(doors: Doors, path: str, body: Json, *, who: str = "", key: str = KEY) -> httpx.Response:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    if who:
        headers[b"Authorization"] = f"Bearer {bearer(doors, who)}".encode()
    return doors.raw().post(f"/api/v1/{path}", json=body, headers=headers)


def bearer(doors: Doors, who: str) -> str:
    if who in doors.credentials.keys:
        return doors.credentials.keys[who]
    doors.rows("measure", who)
    return doors.token(who)


def test_a_report_sent_twice_is_one_report_with_one_receipt(doors: Doors) -> None:
    body = report_body(doors)
    first, again = post(doors, "reports", body), post(doors, "reports", body)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    turned = dict(reversed(body.items()))  # the same facts in another order are the same request
    assert post(doors, "reports", turned).json() == first.json()
    assert len(doors.rows("report", "duty1")) == 1
    assert post(doors, "reports", body, key=f"{KEY}1").json() != first.json()
    doors.post("/api/v1/reports", body)
    assert len(doors.rows("report", "duty1")) == 3


def test_another_request_under_the_same_key_is_refused_and_changes_nothing(doors: Doors) -> None:
    body = report_body(doors)
    assert post(doors, "reports", body).status_code == 201
    for path, other in (("reports", body | {"loss_minor": 1}), ("public/tips", body)):
        refused = post(doors, path, other)
        assert (refused.status_code, refused.json()["error"]) == (422, "BadField")
        assert "was used for another request" in refused.json()["message"]
    assert len(doors.rows("report", "duty1")) == 1


@pytest.mark.parametrize("key", ["", "short", "x" * (KEY_MOST + 1), "né" * 10])
def test_a_key_that_is_none_is_refused_before_anything_is_done(doors: Doors, key: str) -> None:
    refused = post(doors, "reports", report_body(doors), key=key)
    assert (refused.status_code, refused.json()["error"]) == (422, "BadField")
    assert "16 to 200 printable" in refused.json()["message"]
    assert doors.rows("report", "duty1") == []


def test_an_officer_signs_once_and_a_refusal_may_be_tried_again(overridden: Doors) -> None:
    doors = overridden
    doors.post("/api/v1/reports", report_body(doors))
    doors.later(minutes=1)
    (measure,) = doors.rows("measure", "duty1", kind="stop_payment")
    sign = f"measure/{measure['id']}/sign"
    assert post(doors, sign, {}, who="auditor1").status_code == 403
    first, again = post(doors, sign, {}, who="duty1"), post(doors, sign, {}, who="duty1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert post(doors, sign, {}, who="duty1", key=f"{KEY}1").status_code == 409  # it is signed already
    assert post(doors, sign, {}, who="auditor1").status_code == 403  # another hand has keys of its own
    (order,) = doors.get("/api/v1/orders", "B1")["rows"]
    told = {"version": order["version"], "outcome": "active_full", "applied_minor": 1, "transfers": []}
    path = f"orders/{order['order_id']}/answers"
    assert post(doors, path, told, who="B1").json() == post(doors, path, told, who="B1").json()
    refused = post(doors, path, told | {"applied_minor": 2}, who="B1")
    assert refused.json()["error"] == "BadField"
    (row,) = doors.rows("enforcement", "duty1")
    assert row["applied_minor"] == 1


def test_a_crossing_asked_for_by_many_at_once_is_judged_once(doors: Doors) -> None:
    body, answers = traveller(doors, "x1"), list[httpx.Response]()
    before = doors.centre.store.audit_head()[0]
    asking = [threading.Thread(target=lambda: answers.append(post(doors, "crossings", body, who="G1"))) for _ in "1234"]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert [one.status_code for one in answers] == [200] * 4
    assert len({one.text for one in answers}) == 1
    once = doors.centre.store.audit_head()[0] - before
    post(doors, "crossings", traveller(doors, "x2"), who="G1", key=f"{KEY}1")
    assert doors.centre.store.audit_head()[0] - before == 2 * once


def test_an_answer_is_kept_for_a_day(doors: Doors) -> None:
    body = report_body(doors)
    first = post(doors, "reports", body).json()
    doors.later(hours=23)
    assert post(doors, "reports", body).json() == first
    doors.later(hours=2)
    assert post(doors, "reports", body).json() != first
