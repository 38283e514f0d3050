from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from stopline.funds.tracing import Bounds, Claim, Known, Movement, SinkKind, Sunk, fifo

START = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


def move(minute: int, source: str, target: str, amount: int, bank: str = "B2") -> Movement:
    return Movement(
        reference=f"{source}>{target}@{minute}",
        at=START + timedelta(minutes=minute),
        source=source,
        target=target,
        target_bank=bank,
        amount_minor=amount,
    )


def known(*rows: Movement, opening: dict[str, int] | None = None) -> Callable[[str], Known]:
    def of(account: str) -> Known:
        mine = tuple(row for row in rows if account in (row.source, row.target))
        return Known(opening_minor=(opening or {}).get(account, 0), movements=mine)

    return of


def test_clayton_first_in_first_out_as_in_the_textbook() -> None:
    """P+10, M+10, -10, K+10, -10 leaves K its 10 and nothing to P and M."""
    rows = [
        move(1, "P", "X", 10),
        move(2, "M", "X", 10),
        move(3, "X", "out1", 10),
        move(4, "K", "X", 10),
        move(5, "X", "out2", 10),
    ]
    for who, left in (("P", 0), ("M", 0), ("K", 10)):
        losses = [row for row in rows if row.source == who]
        traced = fifo(losses, known(*rows))
        assert sum(claim.claimed_minor for claim in traced.claims if claim.account == "X") == left


def test_what_an_account_held_before_goes_out_before() -> None:
    loss = move(5, "victim", "mule", 1_000)
    out = move(6, "mule", "next", 600)
    traced = fifo([loss], known(loss, out, opening={"mule": 400}))
    assert traced.claims == (
        Claim(account="mule", bank="B2", tier=1, claimed_minor=800),
        Claim(account="next", bank="B2", tier=2, claimed_minor=200),
    )


def test_a_payment_before_the_money_came_moves_none_of_it() -> None:
    loss = move(5, "victim", "mule", 1_000)
    earlier = move(4, "mule", "next", 600)
    traced = fifo([loss], known(loss, earlier))
    assert traced.claims == (Claim(account="mule", bank="B2", tier=1, claimed_minor=1_000),)


def test_a_cycle_ends_and_splits_a_returning_account_by_tier() -> None:
    loss = move(0, "victim", "a", 900)
    rows = [loss, move(1, "a", "b", 600), move(2, "b", "a", 500), move(3, "a", "b", 200)]
    traced = fifo([loss], known(*rows))
    assert [(one.account, one.tier, one.claimed_minor) for one in traced.claims] == [
        ("a", 1, 100),
        ("a", 3, 500),
        ("b", 2, 300),
    ]


def test_cash_abroad_and_the_way_back_are_told_apart() -> None:
    loss = move(0, "victim", "a", 1_000)
    rows = [
        loss,
        move(1, "a", "cash", 100, bank=""),
        move(2, "a", "wallet", 200, bank="abroad"),
        move(3, "a", "", 300, bank=""),
        move(4, "a", "victim", 50),
    ]
    traced = fifo([loss], known(*rows))
    assert traced.sunk == (
        Sunk(kind=SinkKind.ABROAD, account="a", amount_minor=200),
        Sunk(kind=SinkKind.CASH, account="a", amount_minor=100),
        Sunk(kind=SinkKind.UNKNOWN, account="a", amount_minor=300),
    )
    assert traced.returned_minor == 50
    assert sum(claim.claimed_minor for claim in traced.claims) == 350


def test_parts_below_the_cut_are_dropped_and_counted() -> None:
    loss = move(0, "victim", "a", 1_000)
    traced = fifo([loss], known(loss, move(1, "a", "b", 40)), Bounds(cut_minor=50))
    assert traced.dropped_minor == 40
    assert traced.claims == (Claim(account="a", bank="B2", tier=1, claimed_minor=960),)
