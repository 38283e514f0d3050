from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from stopline.bulletin.desk import BulletinDesk
from stopline.bulletin.edition import Edition, EditionState
from stopline.kernel.errors import BadField, SameHand, WrongState
from stopline.stores.figures import draw
from tests.factories import MORNING, World, world
from tests.scenes import do

PERIOD = {"from_at": MORNING.isoformat(), "to_at": (MORNING + timedelta(days=1)).isoformat()}


@pytest.fixture
def centre() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def desk() -> BulletinDesk:
    return BulletinDesk(draw)


def test_two_persons_stand_between_a_query_and_the_public(centre: World, desk: BulletinDesk) -> None:
    edition_id = do(centre, desk, "s1", "edition", "new", **PERIOD)
    with pytest.raises(WrongState):
        do(centre, desk, "s1", "edition", "release", edition_id)
    with pytest.raises(SameHand):
        do(centre, desk, "s1", "edition", "verify", edition_id)
    do(centre, desk, "s2", "edition", "verify", edition_id)
    with centre.act() as ledger:
        assert desk.latest(ledger) == []
    do(centre, desk, "s1", "edition", "release", edition_id)
    with centre.act() as ledger:
        rows = desk.latest(ledger)
    assert {"id", "name", "value", "unit", "definition", "query", "period", "counts", "revision"} <= set(rows[0])


def test_an_edition_names_the_end_of_the_chain_it_was_drawn_at(centre: World, desk: BulletinDesk) -> None:
    seq, head = centre.store.audit_head()
    edition_id = do(centre, desk, "s1", "edition", "new", **PERIOD)
    with centre.act() as ledger:
        edition = ledger.get(Edition, edition_id)
    assert (edition.audit_seq, edition.audit_hash) == (seq, head)


def test_a_revision_keeps_the_old_edition_and_says_why(centre: World, desk: BulletinDesk) -> None:
    first = do(centre, desk, "s1", "edition", "new", **PERIOD)
    do(centre, desk, "s2", "edition", "verify", first)
    do(centre, desk, "s2", "edition", "release", first)
    second = do(centre, desk, "s1", "edition", "revise", first, reason="an appeal was upheld")
    with centre.act() as ledger:
        old, fresh = ledger.get(Edition, first), ledger.get(Edition, second)
    assert (old.state, old.revised_by_edition) == (EditionState.REVISED, second)
    assert (fresh.state, fresh.revision, fresh.revises, fresh.reason) == (
        EditionState.DRAFTED,
        2,
        first,
        "an appeal was upheld",
    )


def test_a_period_that_ends_before_it_begins_is_refused(centre: World, desk: BulletinDesk) -> None:
    with pytest.raises(BadField, match="to_at"):
        do(centre, desk, "s1", "edition", "new", from_at=PERIOD["to_at"], to_at=PERIOD["from_at"])
