"""What moved the counters moves them again, to the same counters, wherever a kill fell."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.errors import StoreError
from stopline.screening.columns import read_calls, read_ends, read_messages
from stopline.screening.engine import Engine
from stopline.stores.counter_journal import CounterJournal, open_counters, read_counters, shown
from stopline.stores.narrow import narrow, widened
from stopline.stores.screening_state import Snapshots, open_live

NOON_US = 1_773_115_200_000_000
NUMBERS = ("+8613800000001", "+8613800000002", "95588", "")


def traffic(engine: Engine, count: int, seed: int) -> None:
    """Screen calls, ends of calls and messages in turn."""
    chance = random.Random(seed)
    for step in range(count):
        at = [NOON_US + 1_000_000 * (100 * seed + step)] * 2
        numbers = {name: [chance.choice(NUMBERS) for _ in at] for name in ("calling", "called")}
        match step % 3:
            case 0:
                batch, _rejects = read_calls({"at": at, **numbers, "device": ["imei", None], "cell": ["c", None]})
                engine.call_features(batch)
            case 1:
                batch, _rejects = read_ends({"at": at, **numbers, "ended_at": [moment + 5_000_000 for moment in at]})
                engine.call_outcomes(batch)
            case _:
                texts = {"sender": numbers["calling"], "recipient": numbers["called"], "text": ["您好", "Hello"]}
                messages, _rejects = read_messages({"at": at, **texts})
                engine.message_features(messages, None)


def opened(folder: Path, now: list[float]) -> Snapshots:
    live = open_live(folder, random_bytes=random.Random(1).randbytes, capacity=1 << 8)
    counters = open_counters(folder, random_bytes=random.Random(2).randbytes, seconds=lambda: now[0])
    return Snapshots(live=live, folder=folder, every_s=60, seconds=lambda: now[0], counters=counters)


def state(engine: Engine) -> list[bytes]:
    parts = [(name, part) for velocity in (engine.calls, engine.messages) for name, part in velocity.arrays().items()]
    return [part.tobytes() for name, part in parts if name != "salt"]


def journal_of(snapshots: Snapshots) -> CounterJournal:
    assert snapshots.counters is not None
    return snapshots.counters


def test_without_another_word_the_counters_come_back_after_a_kill(tmp_path: Path) -> None:
    now = [0.0]
    first = opened(tmp_path, now)
    traffic(first.live.engine, 7, 1)
    first.save()
    traffic(first.live.engine, 8, 2)  # then it is killed: nothing is closed
    second = opened(tmp_path, now)
    assert state(second.live.engine) == state(first.live.engine)
    traffic(second.live.engine, 4, 3)
    third = opened(tmp_path, now)
    assert state(third.live.engine) == state(second.live.engine)
    third.save()
    fourth = opened(tmp_path, now)
    assert state(fourth.live.engine) == state(third.live.engine)
    traffic(fourth.live.engine, 4, 4)
    assert state(opened(tmp_path, now).live.engine) == state(fourth.live.engine)


def test_a_kill_between_the_two_files_of_a_snapshot_counts_nothing_twice(tmp_path: Path) -> None:
    now = [0.0]
    first = opened(tmp_path, now)
    traffic(first.live.engine, 7, 1)
    first.save()
    before = (tmp_path / "messages.npz").read_bytes()
    traffic(first.live.engine, 8, 2)
    moved = {path: path.read_bytes() for path in tmp_path.glob("moved-*.log")}
    first.save()
    traffic(first.live.engine, 3, 3)
    (tmp_path / "messages.npz").write_bytes(before)  # as if it had not been replaced, nor the old files deleted
    for path, data in moved.items():
        path.write_bytes(data)
    assert state(opened(tmp_path, now).live.engine) == state(first.live.engine)


def test_a_torn_end_is_left_out_and_the_journal_goes_on_behind_it(tmp_path: Path) -> None:
    now = [0.0]
    first = opened(tmp_path, now)
    traffic(first.live.engine, 6, 1)
    (file,) = tmp_path.glob("moved-*.log")
    whole = file.read_bytes()
    for size in range(0, len(whole), 11):
        file.write_bytes(whole[:size])
        kept = len(list(read_counters(tmp_path)))
        assert kept < 6
        again = opened(tmp_path, now)
        traffic(again.live.engine, 1, 9)
        assert len(list(read_counters(tmp_path))) == kept + 1


def test_a_disk_that_takes_nothing_stops_no_screening_and_is_counted(tmp_path: Path) -> None:
    now = [0.0]
    snapshots = opened(tmp_path / "state", now)
    blocked = tmp_path / "state" / "moved-0000000000000000.log"
    blocked.mkdir()
    traffic(snapshots.live.engine, 3, 1)
    assert journal_of(snapshots).fails == 3
    blocked.rmdir()
    traffic(snapshots.live.engine, 3, 1)
    assert journal_of(snapshots).fails == 0
    assert len(list(read_counters(tmp_path / "state"))) == 3


def test_no_number_stands_in_the_journal(tmp_path: Path) -> None:
    snapshots = opened(tmp_path, [0.0])
    traffic(snapshots.live.engine, 9, 1)
    (file,) = tmp_path.glob("moved-*.log")
    words = set(np.frombuffer(file.read_bytes(), dtype=np.int64).tolist())
    assert words.isdisjoint(snapshots.live.engine.codes.codes(list(NUMBERS), 4).tolist())
    (tmp_path / "moved.key").unlink()
    assert list(read_counters(tmp_path)) == []


COLUMN = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(st.just).flatmap(lambda one: st.lists(one, min_size=5)),
    *(st.lists(st.integers(7, 7 + most), min_size=5) for most in (1, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32)),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=5),
)


@given(st.lists(COLUMN, min_size=1, max_size=6), st.integers(0, 3), st.integers(0, 2**64 - 1))
def test_columns_come_back_narrow_or_wide_hidden_or_plain(columns: list[list[int]], hidden: int, key: int) -> None:
    rows = min(map(len, columns))
    values = np.array([column[:rows] for column in columns], dtype=np.int64)
    back = widened(narrow(values, hidden, np.uint64(key)), *values.shape)
    back[:hidden] = shown(back[:hidden], np.uint64(key))
    assert np.array_equal(back.view(np.int64), values)


def test_a_file_of_another_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    snapshots = opened(tmp_path, [0.0])
    traffic(snapshots.live.engine, 3, 1)
    (file,) = tmp_path.glob("moved-*.log")
    old = b"SLCNTS1\n" + file.read_bytes()[8:]
    file.write_bytes(old)
    with pytest.raises(StoreError, match="another version"):
        opened(tmp_path, [0.0])
    assert file.read_bytes() == old
