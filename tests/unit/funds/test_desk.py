from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stopline.funds.desk import FundsDesk
from stopline.funds.records import (
    Channel,
    Hold,
    HoldSort,
    Payment,
    Recovery,
    Trace,
    TracedAccount,
)
from stopline.kernel.errors import BadField, Refused
from stopline.kernel.facts import Fact
from stopline.law.enforcement import Enforcement
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from tests.desks import START, Centre, Reaction, open_centre


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    opened = open_centre(tmp_path)
    yield opened
    opened.store.close()


def paid(reference: str, target: str, amount: int, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "reference": reference,
        "at": (START - timedelta(minutes=20)).isoformat(),
        "source": "VICTIM-1",
        "source_bank": "B2",
        "target": target,
        "target_bank": "B1",
        "amount_minor": amount,
        "currency": "CNY",
    }
    return row | changes


def report(centre: Centre, desk: FundsDesk, report_id: str, *payments: dict[str, object]) -> Fact:
    body: dict[str, object] = {
        "report_id": report_id,
        "phone": "+8613800000000",
        "district": "010101",
        "typology": "loan",
        "loss_minor": sum(int(str(row["amount_minor"])) for row in payments),
        "currency": "CNY",
        "lines": [],
        "accounts": [],
        "payments": list(payments),
    }
    fact = Fact(id=f"F{report_id}", kind="report.received", at=centre.clock.now(), by="t", body=body)
    for _time in range(2):  # a fact may come twice
        with centre.as_() as ledger:
            desk.trace_report(ledger, fact)
    return fact


def holds(centre: Centre) -> list[Hold]:
    with centre.as_() as ledger:
        return ledger.find(Hold)


def table(desk: FundsDesk) -> dict[str, list[Reaction]]:
    moved: list[Reaction] = [desk.measure_moved]
    names = ("in_force", "lifted", "expired", "revoked", "withdrawn")
    return {
        "enforcement.answered": [desk.enforcement_answered],
        **{f"measure.{name}": moved for name in names},
    }


def answer(  # noqa: PLR0913 - the fields of a bank's answer
    centre: Centre,
    desk: FundsDesk,
    hold: Hold,
    outcome: str,
    *,
    applied: int,
    balance: int,
    transfers: list[dict[str, object]] | None = None,
) -> None:
    """A bank fetches its orders and answers; every part comes twice."""
    with centre.as_() as ledger:
        centre.office.orders_for(ledger, hold.bank)
        row = ledger.find(Enforcement, measure_id=hold.id)[0]
    for _time in range(2):
        with centre.as_() as ledger:
            centre.office.answer(
                ledger,
                row.id,
                version=1,
                outcome=outcome,
                applied_minor=applied,
                balance_minor=balance,
            )
            desk.answered(ledger, row.id, transfers)
    centre.deliver(table(desk), times=2)


def test_a_report_drafts_the_stop_of_the_amount_at_once_and_only_once(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "6222 0212-3456 7890", 800_000))
    (hold,) = holds(centre)
    with centre.as_() as ledger:
        measure = ledger.get(Measure, hold.id)
        trace = ledger.get(Trace, "R1")
    assert measure.state is MeasureState.DRAFTED
    assert (measure.entry_id, measure.subject_ref) == ("CN.86.stop", "6222021234567890")
    assert (measure.holder, measure.amount_minor, measure.area) == ("B1", 800_000, "010101")
    assert {(one.kind, one.ref) for one in measure.grounds} == {
        ("report", "R1"),
        ("victim_report_received", "R1"),
        ("transfer", "T1"),
    }
    assert trace.frontier == ("6222021234567890",)
    assert trace.loss_minor == 800_000


def test_a_bank_s_statement_carries_the_trace_to_the_next_tier(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    (first,) = holds(centre)
    centre.later(minutes=3)
    centre.sign(first.id, "B1")
    on = paid("T2", "MULE2", 500_000, source="MULE1", source_bank="B1", target_bank="B2")
    onward = on | {"at": (START - timedelta(minutes=15)).isoformat()}
    centre.later(minutes=4)
    answer(centre, desk, first, "active_part", applied=300_000, balance=300_000, transfers=[onward])
    stops = {hold.account: hold for hold in holds(centre)}
    assert set(stops) == {"MULE1", "MULE2"}
    assert (stops["MULE2"].amount_minor, stops["MULE2"].tier) == (500_000, 2)
    assert stops["MULE1"].applied_minor == 300_000
    with centre.as_() as ledger:
        figures = ledger.get(Recovery, "R1")
        assert ledger.count(Payment) == 2
    assert (figures.stopped_minor, figures.minutes_count) == (300_000, 7)
    assert figures.unheld_minor == 500_000


def test_money_stopped_is_told_once(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    (hold,) = holds(centre)
    centre.sign(hold.id, "B1")
    with centre.as_() as ledger:
        centre.office.orders_for(ledger, "B1")
        row = ledger.find(Enforcement, measure_id=hold.id)[0]
        centre.office.answer(ledger, row.id, version=1, outcome="active_full", applied_minor=800_000)
        desk.answered(ledger, row.id, None)
    seen = centre.deliver(table(desk), times=2)
    told = [fact.body for fact in seen if fact.kind == "money.stopped"]
    assert [body["amount_minor"] for body in told] == [800_000]


def test_cash_is_out_of_reach_and_drafts_nothing(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    (hold,) = holds(centre)
    centre.sign(hold.id, "B1")
    cash = paid("T2", "cash", 800_000, source="MULE1", target_bank="")
    answer(centre, desk, hold, "empty", applied=0, balance=0, transfers=[cash])
    assert len(holds(centre)) == 1
    with centre.as_() as ledger:
        figures = ledger.get(Recovery, "R1")
    assert (figures.cash_minor, figures.stopped_minor, figures.unheld_minor) == (800_000, 0, 0)


def test_a_third_stop_of_an_account_becomes_a_freeze_once_a_case_is_open(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    for number in (1, 2, 3):
        row = paid(f"T{number}", "MULE1", 100_000, source=f"V{number}")
        report(centre, desk, f"R{number}", row)
    assert [hold.sort for hold in holds(centre)] == [HoldSort.STOP, HoldSort.STOP]
    fact = Fact(
        id="F9",
        kind="case.opened",
        at=START,
        by="t",
        body={"case_id": "K1", "report_id": "R3"},
    )
    for _time in range(2):
        with centre.as_() as ledger:
            desk.case_opened(ledger, fact)
    freeze = holds(centre)[-1]
    with centre.as_() as ledger:
        measure = ledger.get(Measure, freeze.id)
        channel = ledger.get(Channel, "MULE1")
    assert (freeze.sort, freeze.report_id, measure.state) == (
        HoldSort.FREEZE,
        "R3",
        MeasureState.DRAFTED,
    )
    assert measure.case_id == "K1"
    assert channel.report_ids == ("R1", "R2", "R3")


def test_a_channel_is_evidence_and_told_when_reports_meet(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    for number in range(1, 8):
        row = paid(f"T{number}", "MULE1", 100_000, source=f"V{number}")
        report(centre, desk, f"R{number}", row)
    told = [fact.body for fact in centre.facts() if fact.kind == "payment_channel.suspected"]
    assert [len(body["report_ids"]) for body in told] == [3, 6]  # type: ignore[arg-type]  # a list


def test_a_stop_becomes_a_freeze_before_it_runs_out(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    (hold,) = holds(centre)
    centre.sign(hold.id, "B1")
    answer(centre, desk, hold, "active_full", applied=800_000, balance=900_000, transfers=[])
    with centre.as_() as ledger:
        trace = ledger.get(Trace, "R1")
        ledger.save(replace(trace, case_id="K1"), act="test")
    centre.act(desk, "reviewer1", "trace", "spare", "R1", account="MULE1", amount_minor=50_000, reason="wages")
    for hours, count in ((39, 1), (1, 2), (1, 2)):
        centre.later(hours=hours)
        with centre.as_() as ledger:
            desk.tick(ledger)
        assert len(holds(centre)) == count
    freeze = holds(centre)[-1]
    assert (freeze.sort, freeze.amount_minor, freeze.follows) == (HoldSort.FREEZE, 750_000, hold.id)
    centre.later(hours=8)
    with centre.as_() as ledger:
        centre.office.lapse(ledger)
    centre.deliver(table(desk), times=2)
    with centre.as_() as ledger:
        figures = ledger.get(Recovery, "R1")
    assert figures.released_minor == 800_000  # nobody signed the freeze, so the money is free again


def test_what_the_trace_shows_to_be_unrelated_is_released_within_the_hour(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    (hold,) = holds(centre)
    centre.sign(hold.id, "B1")
    gone = paid("T2", "abroad", 800_000, source="MULE1", target_bank="abroad")
    wages = paid("T3", "MULE1", 60_000, source="WORK", at=START.isoformat())
    answer(centre, desk, hold, "active_part", applied=60_000, balance=60_000, transfers=[gone, wages])
    centre.later(minutes=59)
    with centre.as_() as ledger:
        desk.tick(ledger)
        assert ledger.get(Measure, hold.id).live
    centre.later(minutes=1)
    with centre.as_() as ledger:
        desk.tick(ledger)
        assert ledger.get(Measure, hold.id).state is MeasureState.LIFTED
        assert ledger.get(Recovery, "R1").released_minor == 60_000


def test_a_refused_report_takes_its_drafts_with_it(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    fact = Fact(id="F", kind="report.refused", at=START, by="t", body={"report_id": "R1"})
    for _time in range(2):
        with centre.as_() as ledger:
            desk.ground_fell(ledger, fact)
    (hold,) = holds(centre)
    with centre.as_() as ledger:
        assert ledger.get(Measure, hold.id).state is MeasureState.REVOKED
    assert hold.ended_at is not None


def test_manual_acts_name_an_account_of_the_trace_and_never_double_a_stop(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    with pytest.raises(BadField, match="an account that this trace reached"):
        centre.act(desk, "analyst1", "trace", "stop", "R1", account="ELSEWHERE")
    with pytest.raises(Refused, match="already live"):
        centre.act(desk, "analyst1", "trace", "stop", "R1", account="MULE1")
    with pytest.raises(Refused, match="no opened case"):
        centre.act(desk, "analyst1", "trace", "freeze", "R1", account="MULE1")


def test_rows_of_other_accounts_are_left_out_and_noted(centre: Centre) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    (hold,) = holds(centre)
    centre.sign(hold.id, "B1")
    strange = paid("T9", "OTHER", 5, source="STRANGER")
    answer(centre, desk, hold, "active_full", applied=800_000, balance=800_000, transfers=[strange])
    with centre.as_() as ledger:
        assert ledger.count(Payment, by_bank=True) == 0
    assert any(row.act == "statement.left_out" for row in centre.store.audit_rows())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_minor": -5}, "amount_minor"),
        ({"amount_minor": 1.5}, "amount_minor"),
        ({"at": "yesterday"}, "at"),
        ({"at": "1900-01-01T00:00:00+08:00"}, "at"),
        ({"reference": ""}, "reference"),
        ({"currency": "yuan"}, "currency"),
    ],
)
def test_a_bad_row_names_its_field_and_nothing_is_half_written(
    centre: Centre, changes: dict[str, object], field: str
) -> None:
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("T1", "MULE1", 800_000))
    (hold,) = holds(centre)
    centre.sign(hold.id, "B1")
    row = paid("T2", "MULE2", 5, source="MULE1") | changes
    with pytest.raises(BadField, match=field):
        answer(centre, desk, hold, "active_full", applied=1, balance=1, transfers=[row])
    with centre.as_() as ledger:
        assert ledger.count(Payment, by_bank=True) == 0
        assert ledger.find(Enforcement)[0].answered_at is None


def test_two_tellings_of_one_payment_count_once(centre: Centre) -> None:
    """The bank's own row of the reported payment is not a second inflow, whatever its reference."""
    desk = FundsDesk(centre.office)
    report(centre, desk, "R1", paid("typed wrongly", "MULE1", 800_000))
    (hold,) = holds(centre)
    centre.sign(hold.id, "B1")
    own = paid("T1", "MULE1", 800_000, source="VICTIM-1")
    on = paid("T2", "MULE2", 800_000, source="MULE1", at=(START - timedelta(minutes=5)).isoformat())
    answer(centre, desk, hold, "empty", applied=0, balance=0, transfers=[own, on])
    with centre.as_() as ledger:
        rows = {row.account: row.claimed_minor for row in ledger.find(TracedAccount)}
    assert rows == {"MULE1": 0, "MULE2": 800_000}
