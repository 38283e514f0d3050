"""Reports that share their work are proposed, joined by a person and parted again; what ends needs two officers."""

from __future__ import annotations

from tests.acceptance.conftest import Doors, Json, report_body


def two_reports(doors: Doors) -> tuple[str, str]:
    """Take two reports from strangers who were called by one line and paid one account."""
    first = doors.post("/api/v1/reports", report_body(doors, phone="13800000001", payment="t1"))
    second = doors.post("/api/v1/reports", report_body(doors, phone="13800000002", payment="t2"))
    doors.later(minutes=1)
    return str(first["report_id"]), str(second["report_id"])


def report(doors: Doors, record_id: str) -> Json:
    return doors.one("report", "investigator1", record_id)


def test_two_reports_become_a_series_and_part_again(doors: Doors) -> None:
    first, second = two_reports(doors)
    (join,) = doors.rows("series_join", "analyst1", state="proposed")
    kinds = {piece["kind"] for piece in join["evidence"]}
    assert {"line", "account"} <= kinds
    assert {join["report_id"], *(piece["report_b"] for piece in join["evidence"])} == {first, second}
    assert report(doors, first)["series_id"] is None  # the machine proposes and joins nothing

    choice = {"choice": "same", "reason": "one line, one account"}
    doors.act("investigator1", "series_join", join["id"], "decide", expect=403, **choice)
    doors.act("analyst1", "series_join", join["id"], "decide", **choice)
    doors.later(minutes=1)
    assert report(doors, first)["series_id"] == report(doors, second)["series_id"] == join["series_id"]
    (network,) = doors.rows("network", "analyst1")
    assert sorted(network["report_ids"]) == sorted([first, second])
    assert {node["kind"] for node in network["nodes"]} >= {"line", "account"}

    doors.act("analyst1", "series_join", join["id"], "decide", expect=409, **choice)  # undo comes first
    doors.act("analyst2", "series_join", join["id"], "undo", reason="the account belongs to a shop")
    assert report(doors, first)["series_id"] is None
    assert report(doors, second)["series_id"] is None
    assert doors.one("series_join", "analyst1", join["id"])["state"] == "undone"


def test_a_refusal_needs_two_officers_and_the_reporter_reads_why(doors: Doors) -> None:
    made = doors.post("/api/v1/reports", report_body(doors))
    doors.later(minutes=1)
    doors.act("investigator1", "report", made["report_id"], "refuse", reason="the payment was to the own account")
    refused = doors.act("investigator1", "report", made["report_id"], "confirm_refusal", expect=409)
    assert refused["error"] == "SameHand"
    receipt = doors.get(f"/api/v1/public/reports/{made['receipt']}")
    assert (receipt["state"], receipt["refusal_reason"]) == ("refusal_proposed", "")

    doors.act("investigator2", "report", made["report_id"], "confirm_refusal")
    doors.later(minutes=1)
    receipt = doors.get(f"/api/v1/public/reports/{made['receipt']}")
    assert (receipt["state"], receipt["refusal_reason"]) == ("refused", "the payment was to the own account")
    assert "13800000001" not in str(receipt)
    (stop,) = doors.rows("measure", "duty1", kind="stop_payment")
    assert (stop["state"], stop["drafted_by"]) == ("revoked", "funds.trace")  # what rested on it went with it
    doors.act("investigator1", "report", made["report_id"], "reconsider", reason="a second victim named the account")
    assert report(doors, made["report_id"])["state"] == "accepted"


def test_clearing_a_case_needs_a_suspect_evidence_and_a_second_officer(overridden: Doors) -> None:
    doors = overridden
    made = doors.post("/api/v1/reports", report_body(doors))
    doors.later(minutes=1)
    doors.act("investigator1", "report", made["report_id"], "accept")
    case = doors.act("investigator1", "report", made["report_id"], "open")["id"]
    doors.later(minutes=1)
    (stop,) = doors.rows("measure", "duty1", kind="stop_payment")
    doors.act("duty1", "measure", stop["id"], "sign")

    cleared = {"outcome": "cleared", "reason": "the account holder confessed"}
    refused = doors.act("investigator1", "case_file", case, "propose_close", expect=409, **cleared)
    assert refused["error"] == "FactsMissing"
    claim = {"person": "p-9", "name": "某甲", "role": "suspect"}
    doors.act("investigator1", "case_file", case, "add_party", expect=422, **claim)  # a claim needs evidence
    doors.act("investigator1", "case_file", case, "add_party", evidence=["bank answer 3"], **claim)
    doors.act("investigator1", "case_file", case, "add_evidence", reference="bank answer 3")
    doors.act("investigator1", "case_file", case, "propose_close", **cleared)
    assert doors.act("investigator1", "case_file", case, "confirm_close", expect=409)["error"] == "SameHand"
    doors.act("investigator2", "case_file", case, "confirm_close")
    doors.later(minutes=1)
    closed = doors.one("case_file", "investigator1", case)
    assert (closed["state"], closed["outcome"]) == ("closed", "cleared")
    assert report(doors, made["report_id"])["state"] == "closed"
    held = doors.one("measure", "duty1", stop["id"])
    assert held["state"] == "in_force"  # a cleared case keeps what was stopped; an unfounded one would not
