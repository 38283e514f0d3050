"""The log gives back what was written, leaves a torn end out, and never says more than was acknowledged."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import numpy as np
import pytest

from stopline.kernel.errors import StoreError, StoreFull
from stopline.screening.inline.record import Frame, Origin, record_words
from stopline.screening.rules.features import Channel
from stopline.stores.verdict_log import VerdictLog, open_log, read_log

ORIGIN = Origin(channel=Channel.CALL, carrier="C1", release_id="R1", rules=70, features=("a", "b"))


def frame(count: int, seed: int = 1) -> Frame:
    records = np.random.default_rng(seed).integers(0, 2**63, (count, record_words(70, 2))).astype(np.uint64)
    return Frame(origin=ORIGIN, counts=(count + 3, 3, 0, count, 0, 0), records=records)


def log_in(folder: Path, **more: int) -> VerdictLog:
    return open_log(folder, random_bytes=Random(1).randbytes, **more)


def same(one: Frame, other: Frame) -> bool:
    return (one.origin, one.counts) == (other.origin, other.counts) and bool(np.array_equal(one.records, other.records))


def test_frames_come_back_as_they_were_over_files_and_openings(tmp_path: Path) -> None:
    frames = [frame(count, count) for count in (0, 1, 5, 512, 2, 0)]
    for part in (frames[:4], frames[4:]):
        log = log_in(tmp_path, segment_bytes=1_000)
        for one in part:
            log.append(one)
        log.close()
    kept = list(read_log(tmp_path))
    assert [found.number for found in kept] == list(range(6))
    assert all(same(found.frame, one) for found, one in zip(kept, frames, strict=True))
    assert len({found.name for found in kept}) == 6
    assert len(list(tmp_path.iterdir())) > 2


def test_every_torn_end_is_cut_and_the_log_goes_on(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for seed in (1, 2):
        log.append(frame(2, seed))
    log.close()
    (file,) = tmp_path.iterdir()
    whole, first = file.read_bytes(), next(iter(read_log(tmp_path))).end
    again = log
    for size in [*range(first, len(whole), 7), len(whole) - 1]:
        file.write_bytes(whole[:size])
        again = log_in(tmp_path)
        assert again.cut_bytes == size - first
        assert again.number == 1
        assert file.stat().st_size == first
    again.append(frame(3, 3))
    again.close()
    assert [len(found.frame.records) for found in read_log(tmp_path)] == [2, 3]


@pytest.mark.parametrize("place", [0, 9, 20, 40, 70, 300, -1])
def test_a_changed_byte_is_found(tmp_path: Path, place: int) -> None:
    log = log_in(tmp_path)
    log.append(frame(2))
    log.close()
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    assert list(read_log(tmp_path)) == []


def test_damage_before_the_last_file_stops_the_opening(tmp_path: Path) -> None:
    log = log_in(tmp_path, segment_bytes=1)
    for seed in (1, 2):
        log.append(frame(2, seed))
    log.close()
    first = min(tmp_path.iterdir())
    os.truncate(first, first.stat().st_size - 1)
    with pytest.raises(StoreError, match="damaged at byte 0"):
        log_in(tmp_path)


def test_files_are_deleted_once_all_their_frames_were_taken_over(tmp_path: Path) -> None:
    log = log_in(tmp_path, segment_bytes=1_000)
    for seed in range(6):
        log.append(frame(3, seed))
    files = len(list(tmp_path.iterdir()))
    assert log.forget(0) == 0
    log.forget(3)
    assert [found.number for found in read_log(tmp_path)][-3:] == [3, 4, 5]
    assert len(list(tmp_path.iterdir())) < files
    log.forget(6)
    assert list(tmp_path.iterdir()) == []
    log.append(frame(1))
    assert [found.number for found in read_log(tmp_path)] == [6]
    log.close()


def test_a_disk_that_takes_nothing_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.append(frame(1))
    (file,) = tmp_path.iterdir()
    size = file.stat().st_size
    good = log._file
    log._file = os.open(file, os.O_RDONLY)
    with pytest.raises(StoreFull):
        log.append(frame(1, 2))
    os.close(log._file)
    log._file = good
    assert file.stat().st_size == size
    log.append(frame(1, 3))
    assert len(list(read_log(tmp_path))) == 2
    log.close()


def test_zeros_written_ahead_are_no_torn_end_and_lost_frames_are_damage(tmp_path: Path) -> None:
    log = log_in(tmp_path, segment_bytes=1_000)
    for seed in range(4):
        log.append(frame(3, seed))
    first, *_rest, last = sorted(tmp_path.iterdir())
    for path in (first, last):
        os.truncate(path, path.stat().st_size + 5_000)
    opened = log_in(tmp_path)
    assert (opened.number, opened.cut_bytes) == (4, 0)
    assert last.stat().st_size < 5_000
    os.truncate(first, next(iter(read_log(tmp_path))).end)
    with pytest.raises(StoreError, match="damaged"):
        log_in(tmp_path)


def test_hits_and_features_are_told_from_the_words() -> None:
    records = np.zeros((1, record_words(70, 2)), dtype=np.uint64)
    records[0, 12] = 1 << 5
    records[0, 13] = 1 << 3
    records[0, 14:] = np.array([1.5, np.nan]).view(np.uint64)
    found = Frame(origin=ORIGIN, counts=(1, 0, 0, 0, 1, 0), records=records)
    assert np.flatnonzero(found.hits()[0]).tolist() == [5, 67]
    assert found.features[0, 0] == 1.5
    assert np.isnan(found.features[0, 1])
    assert found.references() == ["00000000-00000000-00000000-00"]
