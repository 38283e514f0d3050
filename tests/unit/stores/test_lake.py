"""The lake keeps feature rows under a pseudonym for their term, and then neither rows nor key."""

from __future__ import annotations

import hmac
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from stopline.kernel.errors import StoreError, StoreFull
from stopline.screening.columns import CALL_REQUIRED
from stopline.stores.lake import Lake
from tests.unit.screening.desks import Screening, burst, make_screening


def make_lake(folder: Path) -> Lake:
    return Lake(folder, random_bytes=random.Random(1).randbytes, days=7)


@pytest.fixture
def screening(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path / "store")
    yield made
    made.store.close()


def filled(screening: Screening, folder: Path) -> Lake:
    """Return a lake with the calls of a burst."""
    lake = make_lake(folder / "lake")
    screening.release()
    judged, rejects = screening.desk.judge_calls(burst(screening.clock.now(), 60))
    assert not rejects
    lake.append(judged)
    lake.flush()
    return lake


def test_duckdb_reads_back_what_was_judged_and_no_number_is_in_it(screening: Screening, tmp_path: Path) -> None:
    lake = filled(screening, tmp_path)
    with duckdb.connect() as connection:
        calls = lake.calls(connection)
        assert "calling" not in calls.columns
        assert not {"called", "device", "cell"} & set(calls.columns)
        assert len(calls.aggregate("caller").fetchall()) == 1
        assert len(calls.filter("verdict = 'BLOCK'").fetchall()) > 0
    for part in (tmp_path / "lake").rglob("*.parquet"):
        assert b"17012345678" not in part.read_bytes()
        assert b"861390" not in part.read_bytes()


def test_a_pseudonym_holds_for_its_day_and_cannot_be_made_without_the_key(screening: Screening, tmp_path: Path) -> None:
    lake = filled(screening, tmp_path)
    (key,) = (tmp_path / "lake" / "keys").glob("*.key")
    assert key.stat().st_mode & 0o077 == 0
    code = screening.desk.live.engine.codes.code("+8617012345678")
    expected = hmac.digest(key.read_bytes(), code.to_bytes(8, "big"), "sha256")[:16]
    with duckdb.connect() as connection:
        assert lake.calls(connection).aggregate("caller").fetchall() == [(expected,)]
    next_day = dict(burst(screening.clock.now() + timedelta(days=1), 6))
    lake.append(screening.desk.judge_calls(next_day)[0])
    lake.flush()
    with duckdb.connect() as connection:
        assert len(lake.calls(connection).aggregate("caller").fetchall()) == 2


def test_rows_and_key_are_gone_after_the_term_and_not_before(screening: Screening, tmp_path: Path) -> None:
    lake = filled(screening, tmp_path)
    start = screening.clock.now()
    assert lake.expire(start + timedelta(days=7)) == []
    assert lake.expire(start + timedelta(days=8)) == [start.date()]
    assert list((tmp_path / "lake").rglob("*.parquet")) == []
    assert list((tmp_path / "lake").rglob("*.key")) == []
    with duckdb.connect() as connection, pytest.raises(StoreError, match="no calls"):
        lake.calls(connection)


def test_what_waits_in_memory_expires_too(screening: Screening, tmp_path: Path) -> None:
    lake = make_lake(tmp_path / "lake")
    start = screening.clock.now()
    lake.append(screening.desk.judge_calls(burst(start, 5))[0])
    lake.append(screening.desk.judge_calls({name: [] for name in CALL_REQUIRED})[0])
    lake.expire(start + timedelta(days=8))
    lake.flush()
    assert list((tmp_path / "lake").rglob("*.parquet")) == []


def test_a_full_disk_keeps_rows_waiting_up_to_a_bound_and_writes_no_day_twice(
    screening: Screening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, folder = make_lake(tmp_path / "lake"), tmp_path / "lake" / "calls"
    screening.release()
    start = screening.clock.now()
    first, second = (screening.desk.judge_calls(burst(start + timedelta(days=days), 60))[0] for days in (0, 1))
    lake.append(first)
    lake.append(second)
    folder.mkdir(parents=True)
    blocked = folder / f"day={(start + timedelta(days=1)).date().isoformat()}"
    blocked.write_bytes(b"")  # a file in the place of the second day's folder: only the first can be written
    monkeypatch.setattr("stopline.stores.lake._WAITING_MOST", 60)
    for _ in range(3):
        with pytest.raises(StoreFull):
            lake.flush()
        with pytest.raises(StoreFull):
            lake.append(second)  # no more are taken than the bound
    blocked.unlink()
    lake.flush()
    with duckdb.connect() as connection:
        assert lake.calls(connection).aggregate("count(*)").fetchall() == [(120,)]
