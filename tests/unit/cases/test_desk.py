from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stopline.cases.case_file import CaseFile, CaseState, Outcome, PartyRole
from stopline.cases.desk import CasesDesk
from stopline.cases.report import Report, ReportState
from stopline.cases.series import JoinState, Series, SeriesJoin, SeriesState
from stopline.kernel.errors import FactsMissing, NotFound, Refused, SameHand, WrongState
from stopline.kernel.facts import Fact
from tests.desks import START, Centre, open_centre


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    opened = open_centre(tmp_path)
    yield opened
    opened.store.close()


def tell(centre: Centre, desk: CasesDesk, person: int, **changes: object) -> Report:
    body: dict[str, object] = {
        "phone": f"1380013{person:04}",
        "name": f"person {person}",
        "district": "010101",
        "text": "有人打电话说给我贷款，要先交保证金",
        "loss_minor": 100_000,
        "currency": "CNY",
        "happened_at": (START - timedelta(hours=1)).isoformat(),
    }
    with centre.as_() as ledger:
        made, _receipt = desk.receive(ledger, body | changes)
    centre.deliver({"report.received": [desk.link_report], "trace.extended": [desk.money_path]}, times=2)
    return made


def joins(centre: Centre) -> list[SeriesJoin]:
    with centre.as_() as ledger:
        return ledger.find(SeriesJoin)


def read(centre: Centre, kind: type[Any], record_id: str) -> Any:
    with centre.as_() as ledger:
        return ledger.get(kind, record_id)


def test_a_report_is_acknowledged_at_once_and_followed_by_its_receipt(centre: Centre) -> None:
    desk = CasesDesk()
    made = tell(centre, desk, 1, calling=["13912345678"])
    assert made.acknowledged_at == made.received_at
    assert made.typology == "loan"
    with centre.as_() as ledger:
        status = desk.status_by_receipt(ledger, made.receipt.lower())
        with pytest.raises(NotFound):
            desk.status_by_receipt(ledger, "0000")
    assert status["state"] == "received"
    assert "person 1" not in str(status)
    assert made.phone not in str(status)


def test_the_fact_carries_what_the_other_desks_need(centre: Centre) -> None:
    desk = CasesDesk()
    payment = {
        "at": (START - timedelta(hours=1)).isoformat(),
        "source": "V1",
        "target": "6222 0212 3456 7890",
        "target_bank": "B1",
        "amount_minor": 100_000,
    }
    with centre.as_() as ledger:
        made, _receipt = desk.receive(
            ledger,
            {
                "phone": "13800138000",
                "district": "010101",
                "text": "loan",
                "calling": ["13912345678"],
                "loss_minor": 100_000,
                "happened_at": START.isoformat(),
                "payments": [payment],
            },
        )
    (fact,) = [one for one in centre.facts() if one.kind == "report.received"]
    assert fact.body["lines"] == ["+8613912345678"]
    assert fact.body["accounts"] == ["6222021234567890"]
    assert f"{made.id}-1" in str(fact.body["payments"])


def test_a_refusal_is_reasoned_and_taken_by_two(centre: Centre) -> None:
    desk = CasesDesk()
    made = tell(centre, desk, 1)
    act = centre.act
    act(desk, "investigator1", "report", "refuse", made.id, reason="a civil dispute over a sale")
    with pytest.raises(SameHand):
        act(desk, "investigator1", "report", "confirm_refusal", made.id)
    centre.sessions["investigator2"] = "session of investigator1"
    with pytest.raises(SameHand):
        act(desk, "investigator2", "report", "confirm_refusal", made.id)
    del centre.sessions["investigator2"]
    act(desk, "investigator2", "report", "confirm_refusal", made.id)
    after = read(centre, Report, made.id)
    assert (after.state, after.outcome) == (ReportState.REFUSED, "refused")
    assert "report.refused" in {fact.kind for fact in centre.facts()}
    with pytest.raises(WrongState):
        act(desk, "investigator1", "report", "open", made.id)


def test_nothing_in_the_table_discards_a_report() -> None:
    names = {act.name for act in CasesDesk().acts() if act.thing == "report"}
    assert names == {"accept", "refuse", "confirm_refusal", "keep", "reconsider", "open"}


def test_a_report_waiting_beyond_a_day_is_told_once(centre: Centre) -> None:
    desk = CasesDesk()
    tell(centre, desk, 1)
    centre.later(hours=24, seconds=1)
    for _time in range(2):
        with centre.as_() as ledger:
            desk.tick(ledger)
    assert [fact.kind for fact in centre.facts()] == ["report.overdue"]


def test_cleared_means_what_its_definition_says_and_needs_a_second_officer(centre: Centre) -> None:
    desk = CasesDesk()
    made = tell(centre, desk, 1, calling=["13912345678"])
    act = centre.act
    case_id = act(desk, "investigator1", "report", "open", made.id)
    close = {"outcome": "cleared", "reason": "suspect identified by account papers"}
    with pytest.raises(FactsMissing, match="suspect, evidence"):
        act(desk, "investigator1", "case_file", "propose_close", case_id, **close)
    # the victim turns out to have lent an account: both roles stand
    act(
        desk,
        "investigator1",
        "case_file",
        "add_party",
        case_id,
        person=made.phone,
        role="suspect",
        evidence=["E1"],
    )
    act(desk, "investigator1", "case_file", "add_evidence", case_id, reference="E1")
    act(desk, "investigator1", "case_file", "propose_close", case_id, **close)
    with pytest.raises(SameHand):
        act(desk, "investigator1", "case_file", "confirm_close", case_id)
    act(desk, "investigator2", "case_file", "confirm_close", case_id)
    case = read(centre, CaseFile, case_id)
    assert (case.state, case.outcome) == (CaseState.CLOSED, Outcome.CLEARED)
    assert case.parties[0].roles == (PartyRole.VICTIM, PartyRole.REPORTER, PartyRole.SUSPECT)
    closed = [fact.body for fact in centre.facts() if fact.kind == "case.closed"]
    assert [(body["outcome"], body["ground_fell"]) for body in closed] == [("cleared", False)]
    assert read(centre, Report, made.id).outcome == "cleared"


def test_a_shared_number_is_proposed_and_joined_only_by_an_analyst(centre: Centre) -> None:
    desk = CasesDesk()
    first = tell(centre, desk, 1, calling=["13912345678"])
    second = tell(centre, desk, 2, calling=["139 1234 5678"])
    (join,) = joins(centre)
    assert join.report_id == second.id
    assert {(piece.kind, piece.report_b) for piece in join.evidence} == {
        (kind, first.id) for kind in ("line", "typology", "time")
    }
    assert read(centre, Report, second.id).series_id is None
    centre.act(desk, "analyst1", "series_join", "decide", join.id, choice="same")
    series = read(centre, Series, join.series_id)
    assert (series.state, series.member_ids) == (SeriesState.JOINED, (first.id, second.id))
    (fact,) = [one for one in centre.facts() if one.kind == "series.joined"]
    assert fact.body["lines"] == ["+8613912345678"]


def test_nothing_shared_nothing_proposed(centre: Centre) -> None:
    desk = CasesDesk()
    tell(centre, desk, 1, calling=["13912345678"])
    tell(centre, desk, 2, calling=["13912345679"])
    assert joins(centre) == []


def test_one_number_is_not_enough_across_different_tricks(centre: Centre) -> None:
    desk = CasesDesk()
    tell(centre, desk, 1, calling=["13912345678"], typology="loan")
    tell(centre, desk, 2, calling=["13912345678"], typology="romance")
    assert joins(centre) == []


def test_two_pieces_from_one_source_count_once(centre: Centre) -> None:
    desk = CasesDesk()
    tell(centre, desk, 1, calling=["13912345678", "13912345670"])
    tell(centre, desk, 2, calling=["13912345678", "13912345670"])
    (join,) = joins(centre)
    assert [piece.source for piece in join.evidence] == ["phone", "typology", "time"]


def test_a_number_borrowed_by_many_works_says_nothing(centre: Centre) -> None:
    desk = CasesDesk()
    for person in range(9):
        tell(centre, desk, person, calling=["95588"], typology=f"trick{person}")
    tell(centre, desk, 10, calling=["95588"], typology="trick3")
    assert joins(centre) == []


def test_money_that_meets_later_is_evidence(centre: Centre) -> None:
    desk = CasesDesk()
    one, two = tell(centre, desk, 1), tell(centre, desk, 2)
    assert joins(centre) == []
    for made in (one, two):
        body: dict[str, object] = {"report_id": made.id, "accounts": ["COLLECTOR"]}
        with centre.as_() as ledger:
            fact = Fact(id=f"T{made.id}", kind="trace.extended", at=START, by="t", body=body)
            desk.money_path(ledger, fact)
    (join,) = joins(centre)
    assert join.evidence[0].kind == "money"


def test_no_join_by_way_of_a_report_that_was_not_joined(centre: Centre) -> None:
    """Three reports in a chain: the last hangs on the middle one, and falls when that is decided different."""
    desk = CasesDesk()
    first = tell(centre, desk, 1, calling=["13912345671"])
    middle = tell(centre, desk, 2, calling=["13912345671", "13912345672"])
    last = tell(centre, desk, 3, calling=["13912345672"])
    by_report = {join.report_id: join for join in joins(centre)}
    to_middle, to_last = by_report[middle.id], by_report[last.id]
    with pytest.raises(Refused, match="decide that one first"):
        centre.act(desk, "analyst1", "series_join", "decide", to_last.id, choice="same")
    centre.act(desk, "analyst1", "series_join", "decide", to_middle.id, choice="different")
    after = {join.id: join for join in joins(centre)}
    assert after[to_last.id].state is JoinState.WITHDRAWN
    (again,) = [join for join in after.values() if join.state is JoinState.PROPOSED]
    assert {again.report_id, read(centre, Series, again.series_id).seed_id} == {middle.id, last.id}
    assert read(centre, Report, first.id).series_id is None


def test_two_series_are_merged_by_a_person_and_come_apart_again(centre: Centre) -> None:
    desk = CasesDesk()
    reports = [
        tell(centre, desk, person, calling=[f"1391234567{line}"])
        for person, line in ((1, "1"), (2, "1"), (3, "2"), (4, "2"))
    ]
    for join in joins(centre):
        centre.act(desk, "analyst1", "series_join", "decide", join.id, choice="same")
    before = {one.id: read(centre, Report, one.id).series_id for one in reports}
    assert len(set(before.values())) == 2
    for place, pair in enumerate(((0, 2), (1, 3))):
        for member in pair:
            body: dict[str, object] = {"report_id": reports[member].id, "accounts": [f"COL{place}"]}
            with centre.as_() as ledger:
                fact = Fact(id="T", kind="trace.extended", at=START, by="t", body=body)
                desk.money_path(ledger, fact)
    (merge,) = [join for join in joins(centre) if join.other_id]
    assert {piece.kind for piece in merge.evidence} == {"account"}
    centre.act(desk, "analyst1", "series_join", "decide", merge.id, choice="same")
    assert len({read(centre, Report, one).series_id for one in before}) == 1
    centre.act(desk, "analyst1", "series_join", "undo", merge.id, reason="two gangs, one launderer")
    assert {one: read(centre, Report, one).series_id for one in before} == before
