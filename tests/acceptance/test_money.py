"""A victim reports, a stop is signed, banks answer in part, the trace goes on, and the stop ends by itself."""

from __future__ import annotations

from datetime import timedelta

from stopline.wire.orders import signed_by
from tests.acceptance.conftest import Doors, report_body


def test_a_report_stops_the_amount_and_follows_the_rest(overridden: Doors) -> None:
    doors = overridden
    doors.post("/api/v1/reports", report_body(doors))
    doors.later(minutes=1)
    (measure,) = doors.rows("measure", "duty1", kind="stop_payment")
    assert (measure["state"], measure["amount_minor"], measure["holder"]) == ("drafted", 100_000, "B1")

    doors.act("duty1", "measure", measure["id"], "sign")
    (order,) = doors.get("/api/v1/orders", "B1")["rows"]
    assert order["amount_minor"] == 100_000
    assert signed_by(order, doors.centre.store.key.public_key())
    assert not signed_by(order | {"amount_minor": 1}, doors.centre.store.key.public_key())
    assert doors.get("/api/v1/orders", "B1")["rows"] == []
    assert doors.get("/api/v1/orders", "B2")["rows"] == []

    at = doors.now()
    hops = [
        {"reference": "t1", "at": (at - timedelta(minutes=5)).isoformat(), "source": "622200000001",
         "source_bank": "B2", "target": "6222990001", "target_bank": "B1", "amount_minor": 100_000, "currency": "CNY"},
        {"reference": "t2", "at": (at - timedelta(minutes=3)).isoformat(), "source": "6222990001",
         "source_bank": "B1", "target": "6222990002", "target_bank": "B3", "amount_minor": 70_000, "currency": "CNY"},
    ]  # fmt: skip
    answer = {"version": order["version"], "outcome": "active_part", "applied_minor": 30_000, "balance_minor": 30_000}
    path = f"/api/v1/orders/{order['order_id']}/answers"
    assert doors.post(path, answer | {"transfers": hops}, "B1")["state"] == "active_part"
    doors.post(path, answer | {"transfers": hops}, "B1")  # a duplicate changes nothing
    doors.post(path, answer, "B2", expect=404)  # another bank's order

    doors.later(minutes=1)
    stops = {row["subject_ref"]: row for row in doors.rows("measure", "duty1", kind="stop_payment")}
    assert {ref: row["amount_minor"] for ref, row in stops.items()} == {"6222990001": 100_000, "6222990002": 70_000}
    doors.act("duty1", "measure", stops["6222990002"]["id"], "sign")
    assert [row["amount_minor"] for row in doors.get("/api/v1/orders", "B3")["rows"]] == [70_000]

    doors.later(hours=48, minutes=1)
    states = {row["subject_ref"]: row["state"] for row in doors.rows("measure", "duty1", kind="stop_payment")}
    assert states == {"6222990001": "expired", "6222990002": "expired"}
    (release,) = doors.get("/api/v1/orders", "B1")["rows"]
    assert release["act"] == "release"


def test_the_register_asks_for_an_override_before_a_second_hand_rule_binds(doors: Doors) -> None:
    doors.post("/api/v1/reports", report_body(doors))
    doors.later(minutes=1)
    (measure,) = doors.rows("measure", "duty1", kind="stop_payment")
    refused = doors.act("duty1", "measure", measure["id"], "sign", expect=409)
    assert refused["error"] == "EntryNotVerified"
    assert doors.get("/api/v1/orders", "B1")["rows"] == []
