"""Money is conserved over split, merge, cycle and refund; first in first out is exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stopline.funds.tracing import Bounds, Known, Movement, fifo

Rows = list[tuple[int, str, str, int]]
Lost = list[tuple[int, str, int]]
Opening = dict[str, int]
START = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
ACCOUNTS = ("a", "b", "c", "d", "e", "cash", "")

movements = st.lists(
    st.tuples(
        st.integers(0, 8),  # few instants, so that many payments share one
        st.sampled_from(ACCOUNTS[:5]),
        st.sampled_from(ACCOUNTS),
        st.integers(1, 300),
    ),
    max_size=40,
)
losses = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from(ACCOUNTS[:5]), st.integers(1, 500)),
    min_size=1,
    max_size=5,
)
openings = st.dictionaries(st.sampled_from(ACCOUNTS[:5]), st.integers(0, 400))


def build(rows: Rows, lost: Lost) -> tuple[list[Movement], list[Movement]]:
    ledger = [
        Movement(
            reference=f"m{place:03}",
            at=START + timedelta(seconds=second),
            source=source,
            target=target,
            target_bank="B1",
            amount_minor=amount,
        )
        for place, (second, source, target, amount) in enumerate(rows)
    ]
    reported = [
        Movement(
            reference=f"l{place:03}",
            at=START + timedelta(seconds=second),
            source="victim",
            target=target,
            target_bank="B1",
            amount_minor=amount,
            sequence=-1,
        )
        for place, (second, target, amount) in enumerate(lost)
    ]
    return ledger, reported


def port(everything: list[Movement], opening: Opening) -> Callable[[str], Known]:
    def known(account: str) -> Known:
        mine = tuple(row for row in everything if account in (row.source, row.target))
        return Known(opening_minor=opening.get(account, 0), movements=mine)

    return known


@given(movements, losses, openings, st.integers(0, 60), st.integers(1, 6))
def test_claims_and_what_is_gone_add_up_to_the_loss(
    rows: Rows, lost: Lost, opening: Opening, cut: int, tiers: int
) -> None:
    ledger, reported = build(rows, lost)
    traced = fifo(reported, port([*ledger, *reported], opening), Bounds(cut_minor=cut, tiers=tiers))
    parts = (
        sum(claim.claimed_minor for claim in traced.claims),
        sum(sunk.amount_minor for sunk in traced.sunk),
        traced.dropped_minor,
        traced.returned_minor,
    )
    assert sum(parts) == traced.loss_minor == sum(amount for _s, _t, amount in lost)
    assert all(claim.claimed_minor > 0 for claim in traced.claims)


@given(movements, losses, openings)
def test_an_edge_never_moves_more_than_its_payment_nor_before_the_money_came(
    rows: Rows, lost: Lost, opening: Opening
) -> None:
    ledger, reported = build(rows, lost)
    traced = fifo(reported, port([*ledger, *reported], opening))
    amount = {row.reference: row.amount_minor for row in (*ledger, *reported)}
    moved: dict[str, int] = defaultdict(int)
    for edge in traced.edges:
        moved[edge.reference] += edge.amount_minor
        assert edge.at >= min(row.at for row in reported)
    assert all(moved[reference] <= amount[reference] for reference in moved)


@given(movements, losses, openings)
def test_it_agrees_with_two_counters_over_the_whole_ledger(rows: Rows, lost: Lost, opening: Opening) -> None:
    """The independent oracle: a lot is an interval of what came in, a debit takes the next interval."""
    ledger, reported = build(rows, lost)
    traced = fifo(reported, port([*ledger, *reported], opening))
    got: dict[str, int] = defaultdict(int)
    for claim in traced.claims:
        got[claim.account] += claim.claimed_minor
    assert dict(got) == oracle([*ledger, *reported], {row.reference for row in reported}, opening)


def oracle(everything: list[Movement], lost: set[str], opening: Opening) -> dict[str, int]:
    came: dict[str, int] = defaultdict(int, opening)
    went: dict[str, int] = defaultdict(int)
    ours: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in sorted(everything, key=lambda one: one.key):
        source, target, left = row.source, row.target, row.amount_minor
        if row.reference in lost:
            pieces = [(left, True)]
        elif source == target:
            continue
        else:
            pieces = []
            have = min(left, came[source] - went[source])
            for start, end in cut(ours[source], went[source], went[source] + have):
                pieces.append((end - start, True))
            ordered = []
            at = went[source]
            for start, end in cut(ours[source], went[source], went[source] + have):
                if start > at:
                    ordered.append((start - at, False))
                ordered.append((end - start, True))
                at = end
            if at < went[source] + have:
                ordered.append((went[source] + have - at, False))
            if left > have:
                ordered.append((left - have, False))
            went[source] += have
            pieces = ordered
        if target in ("cash", "", "victim"):
            continue
        for size, stolen in pieces:
            if stolen:
                ours[target].append((came[target], came[target] + size))
            came[target] += size
    rest = {
        account: sum(end - start for start, end in cut(lots, went[account], came[account]))
        for account, lots in ours.items()
    }
    return {account: amount for account, amount in rest.items() if amount}


def cut(lots: list[tuple[int, int]], low: int, high: int) -> Iterator[tuple[int, int]]:
    for start, end in sorted(lots):
        if max(start, low) < min(end, high):
            yield max(start, low), min(end, high)
