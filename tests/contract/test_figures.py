"""Every query of the bulletin, on every database the ledger claims."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stopline.bulletin.indicator import Indicator, indicators
from stopline.kernel.actors import machine
from stopline.law.appeal import Appeal, AppealChannel, AppealTarget
from stopline.law.machines import AppealState
from stopline.stores.figures import draw, measure
from stopline.stores.store import Store
from tests.factories import MORNING, make_store

UNTIL = MORNING + timedelta(days=1)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store, _clock = make_store(tmp_path_factory.mktemp("figures"))
    yield store
    store.close()


@pytest.mark.parametrize("indicator", indicators(), ids=lambda one: one.id)
def test_each_query_runs_on_a_fresh_sqlite_store(fresh: Store, indicator: Indicator) -> None:
    with fresh.read(machine("test")) as ledger:
        figures = measure(ledger, indicator, MORNING, UNTIL)
    assert [figure.value for figure in figures] == [] if indicator.by_district else figures[0].value in (0, None)


def test_each_query_runs_on_a_fresh_postgresql_store(postgres_url: str, tmp_path: Path) -> None:
    store, _clock = make_store(tmp_path, url=postgres_url)
    try:
        with store.read(machine("test")) as ledger:
            assert {figure.id for figure in draw(ledger, MORNING, UNTIL).figures} <= {one.id for one in indicators()}
    finally:
        store.close()


@pytest.mark.parametrize(("hours", "median"), [([], None), ([3], 3.0), ([1, 9], 5.0), ([2, 2, 8], 2.0)])
def test_a_median_is_the_middle_of_what_was_decided_in_the_period(
    tmp_path: Path, hours: list[int], median: float | None
) -> None:
    store, _clock = make_store(tmp_path)
    indicator = next(one for one in indicators() if one.id == "block_appeal_hours")
    with store.act(machine("test")) as ledger:
        for place, hour in enumerate(hours):
            ledger.save(decided(str(place), MORNING, MORNING + timedelta(hours=hour)), act="appeal")
        ledger.save(decided("early", MORNING - timedelta(days=3), MORNING - timedelta(seconds=1)), act="appeal")
        ledger.save(decided("late", MORNING, UNTIL), act="appeal")  # the end of a period is not in it
        assert measure(ledger, indicator, MORNING, UNTIL)[0].value == median
    store.close()


def decided(record_id: str, filed: datetime, at: datetime) -> Appeal:
    return Appeal(
        id=record_id,
        code=record_id,
        target_kind=AppealTarget.VERDICT,
        target_id="v",
        channel=AppealChannel.NOTICE_CODE,
        statement="s",
        contact="",
        state=AppealState.GRANTED,
        filed_at=filed.astimezone(UTC),
        acknowledged_at=filed,
        due_at=filed,
        decided_at=at,
    )
