"""At the doors a verdict is answered only when it is recorded; otherwise nothing new is stopped, loudly."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import text

from stopline.kernel.actors import machine
from stopline.screening.records import ScreeningHour, Verdict
from stopline.stores import journal
from stopline.stores.lake import Lake
from stopline.stores.screening_state import Snapshots, open_live
from tests.unit.screening.desks import CARRIER, Screening, burst, make_screening


def table(at: datetime, calling: list[str]) -> pa.Table:
    count = len(calling)
    return pa.table(
        {
            "at": pa.array([at] * count, pa.timestamp("us", tz="UTC")),
            "calling": calling,
            "called": ["+8613900139000"] * count,
            "trunk": pa.array(["intl-1"] * count).dictionary_encode(),
        }
    )


@pytest.fixture
def screening(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path / "store")
    made.release()
    yield made
    made.store.close()


def screen(made: Screening, calling: list[str], lake: Lake | None = None) -> pa.Table:
    rows = table(made.clock.now(), calling)
    return journal.screen_calls(made.store, CARRIER, made.desk, rows, carrier="C1", lake=lake)


def test_an_arrow_batch_is_answered_row_by_row_and_recorded(screening: Screening, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", random_bytes=random.Random(1).randbytes)
    answers = screen(screening, ["02885551234", "+8613800138000"], lake)
    assert answers.column_names == ["row", "verdict", "score", "reasons", "reference"]
    assert answers["verdict"].to_pylist() == ["BLOCK", "PASS"]
    with screening.store.read(machine("test")) as ledger:
        assert [verdict.id for verdict in ledger.find(Verdict)] == [answers["reference"][0].as_py()]
    lake.flush()
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 1


def test_when_the_journal_cannot_be_written_nothing_new_is_stopped(
    screening: Screening, caplog: pytest.LogCaptureFixture
) -> None:
    with screening.store.engine.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON verdict BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
        )
    with caplog.at_level(logging.CRITICAL):
        answers = screen(screening, ["02885551234", "+8613800138000"])
    assert answers["verdict"].to_pylist() == ["PASS", "PASS"]
    assert str(answers["reasons"][0]).startswith("unrecorded")
    assert answers["reference"].to_pylist() == [None, None]
    assert "not written" in caplog.text
    assert screening.desk.live.journal_fails == 1
    with screening.store.read(machine("test")) as ledger:
        assert ledger.find(Verdict) == []
        assert ledger.find(ScreeningHour) == []
    with screening.store.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full"))
    assert screen(screening, ["02885551234"])["verdict"].to_pylist() == ["BLOCK"]


def test_messages_are_answered_with_kind_and_campaign(screening: Screening) -> None:
    rows = pa.table({"text": ["你好"], "sender": ["+8613800138000"]})
    answers = journal.screen_messages(screening.store, CARRIER, screening.desk, rows, carrier="C1")
    expected = ["row", "verdict", "kind", "score", "typology", "campaign", "reasons", "reference"]
    assert answers.column_names == expected


def test_the_engine_goes_on_from_its_snapshot(screening: Screening, tmp_path: Path) -> None:
    live = open_live(tmp_path / "live", random_bytes=random.Random(1).randbytes, capacity=1 << 10)
    screening.desk.live.engine = live.engine
    start = screening.clock.now()
    screening.calls(**burst(start, 60))
    Snapshots(live=live, folder=tmp_path / "live", every_s=60, seconds=lambda: 0.0).save()
    again = open_live(tmp_path / "live", random_bytes=random.Random(2).randbytes, capacity=1 << 10)
    screening.desk.live.engine = again.engine
    later = dict(burst(start + timedelta(minutes=20), 1))
    assert screening.calls(**later).columns["verdict"] == ["BLOCK"]


def test_a_damaged_snapshot_is_left_aside(tmp_path: Path) -> None:
    (tmp_path / "calls.npz").write_bytes(b"not a snapshot")
    live = open_live(tmp_path, random_bytes=random.Random(1).randbytes, capacity=1 << 10)
    assert not any(live.engine.calls.held.values())
