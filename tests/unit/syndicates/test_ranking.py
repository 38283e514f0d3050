from __future__ import annotations

import pytest

from stopline.syndicates.ranking import Role, ranks, stable

STAR = [f"n{i}" for i in range(21)]
SPOKES = [(0, i, 3.0) for i in range(1, 21)]


def test_the_middle_of_a_star_stands_first_and_stays_there_when_ties_are_missing() -> None:
    first = ranks(STAR, SPOKES, [], Role.RINGLEADER)[0]
    assert (first.node, first.rank, first.rank_low, first.rank_high) == ("n0", 1, 1, 1)


def test_the_same_network_gives_the_same_intervals() -> None:
    assert ranks(STAR, SPOKES, [], Role.KEY_MEMBER) == ranks(STAR, SPOKES, [], Role.KEY_MEMBER)


def test_a_financier_is_sought_in_the_money_alone() -> None:
    money = [(1, 9, 2.0), (2, 9, 2.0), (3, 9, 2.0), (9, 4, 1.0)]
    rows = ranks(STAR, SPOKES, money, Role.FINANCIER)
    assert rows[0].node == "n9"
    assert "n0" not in {row.node for row in rows}


def test_without_money_nobody_is_a_financier() -> None:
    assert ranks(STAR, SPOKES, [], Role.FINANCIER) == []


def test_ranks_that_do_not_hold_are_hidden() -> None:
    ring = [(i, (i + 1) % 21, 1.0) for i in range(21)]  # nobody stands out: which tie is missing decides
    kept, hidden = stable(ranks(STAR, ring, [], Role.RINGLEADER), of_count=21)
    assert hidden == 21 - len(kept)
    assert hidden > 15


@pytest.mark.parametrize("role", list(Role))
def test_an_empty_network_ranks_nobody(role: Role) -> None:
    assert ranks([], [], [], role) == []
