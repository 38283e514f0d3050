"""Banks answer signed orders as their desks do, and refuse what the centre has not signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from stopline.nation.banks import TEMPERS, Banks, Temper
from stopline.nation.client import CentreKeys, Doors
from stopline.nation.events import BankTransfer, StopOutcome, Stopped
from stopline.nation.world import World
from tests.unit.nation_doors.conftest import SmallCentre

START = datetime(2026, 3, 9, 22, 0, tzinfo=UTC)


class Vault:
    """The part of the world that banks ask: one account with 700 of money in it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int | None]] = []
        self.released: list[str] = []

    def account_stopped(self, bank: str, account: str, amount_minor: int | None, at: datetime) -> Stopped:
        self.asked.append((bank, account, amount_minor))
        most = 700 if amount_minor is None else min(700, amount_minor)
        full = amount_minor is None or most == amount_minor
        outcome = StopOutcome.ACTIVE_FULL if full else StopOutcome.ACTIVE_PART
        return Stopped(outcome=outcome, applied_minor=most, balance_minor=700)

    def account_released(self, bank: str, account: str, amount_minor: int | None, at: datetime) -> Stopped:
        self.released.append(account)
        return Stopped(outcome=StopOutcome.RELEASED, applied_minor=0, balance_minor=700)

    def statement(self, bank: str, account: str, since: datetime) -> tuple[BankTransfer, ...]:
        transfer = BankTransfer(
            reference="T1", at=since, source="V", source_bank="B9", target=account, target_bank=bank, amount_minor=700
        )
        return (transfer,)


def banks_of(doors: Doors, vault: Vault) -> Banks:
    return Banks(doors, CentreKeys(doors), cast("World", vault), {"B1": "key-B1"}, 1, START)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make B1 a bank without moods, so that each test sees one of them."""

    def set_to(**fields: object) -> None:
        monkeypatch.setitem(TEMPERS, "B1", Temper(wait=(0, 0), looks_every=1, **fields))  # type: ignore[arg-type]  # a test names its own

    set_to()
    return set_to


def test_bank_holds_what_it_has_and_sends_the_statement(
    centre: SmallCentre, doors: Doors, plain: Callable[..., None]
) -> None:
    vault = Vault()
    centre.order("key-B1", order_id="o1", subject="A1", amount_minor=1_000)
    banks_of(doors, vault).minute(START)
    (answer,) = centre.answers()
    assert (answer["outcome"], answer["applied_minor"], answer["balance_minor"]) == ("active_part", 700, 700)
    assert [row["reference"] for row in answer["transfers"]] == ["T1"]
    assert vault.asked == [("B1", "A1", 1_000)]


def test_bank_refuses_an_order_that_the_centre_has_not_signed(
    centre: SmallCentre, doors: Doors, plain: Callable[..., None]
) -> None:
    vault = Vault()
    order = centre.order("key-B1", order_id="o1")
    order["amount_minor"] = 10**9
    banks = banks_of(doors, vault)
    banks.minute(START)
    assert [answer["outcome"] for answer in centre.answers()] == ["refused"]
    assert vault.asked == []
    assert banks.seen["orders.forged"] == 1


@pytest.mark.parametrize(
    ("fields", "outcomes"),
    [
        ({"silent": 1.0}, []),
        ({"refuse": 1.0}, ["refused"]),
        ({"mismatch": 1.0}, ["mismatch"]),
        ({"part": 1.0}, ["active_part"]),
        ({"twice": 1.0}, ["active_full", "active_full"]),
    ],
)
def test_tempers(
    centre: SmallCentre, doors: Doors, plain: Callable[..., None], fields: dict[str, Any], outcomes: list[str]
) -> None:
    plain(**fields)
    centre.order("key-B1", order_id="o1", amount_minor=500)
    banks_of(doors, Vault()).minute(START)
    assert [answer["outcome"] for answer in centre.answers()] == outcomes


def test_slow_bank_answers_later(
    centre: SmallCentre, doors: Doors, plain: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TEMPERS, "B1", Temper(wait=(7, 7), looks_every=1))
    centre.order("key-B1", order_id="o1")
    banks = banks_of(doors, Vault())
    for minute in range(7):
        banks.minute(START + timedelta(minutes=minute))
    assert centre.answers() == []
    banks.minute(START + timedelta(minutes=7))
    assert len(centre.answers()) == 1


def test_release_lets_the_money_go(centre: SmallCentre, doors: Doors, plain: Callable[..., None]) -> None:
    vault = Vault()
    centre.order("key-B1", order_id="o1", act="release", version=2)
    banks_of(doors, vault).minute(START)
    (answer,) = centre.answers()
    assert (answer["outcome"], answer["version"]) == ("released", 2)
    assert vault.released == ["A1"]


def test_nothing_is_fetched_when_the_part_is_left_out(
    centre: SmallCentre, doors: Doors, plain: Callable[..., None]
) -> None:
    centre.order("key-B1", order_id="o1")
    banks = banks_of(doors, Vault())
    banks.without = frozenset({"funds"})
    banks.minute(START)
    assert doors.asked_count == 0
