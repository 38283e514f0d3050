"""Batches that share a wait for the disk: a promise is kept when the frame is there, and refused with all behind it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stopline.kernel.errors import StoreFull
from stopline.stores.group_commit import GroupCommit
from stopline.stores.verdict_log import read_log
from tests.unit.stores.test_verdict_log import frame, log_in, same


@pytest.mark.parametrize("gather_s", [0.0, 0.002])
@pytest.mark.parametrize("segment_bytes", [2_000, 1 << 20])
def test_every_promise_is_kept_in_order_over_files(tmp_path: Path, gather_s: float, segment_bytes: int) -> None:
    group = GroupCommit(log_in(tmp_path, segment_bytes=segment_bytes), gather_s)
    frames = [frame(seed % 5, seed) for seed in range(40)]
    promises = []
    for one in frames:
        promises.append(group.append(one))
        if len(promises) % 7 == 0:
            group.wait(promises[-1])
            assert all(promise.kept for promise in promises)
    group.close()
    assert all(promise.kept for promise in promises)
    kept = list(read_log(tmp_path))
    assert [found.number for found in kept] == list(range(40))
    assert all(same(found.frame, one) for found, one in zip(kept, frames, strict=True))
    assert log_in(tmp_path).cut_bytes == 0


def test_what_the_disk_refuses_is_refused_with_all_behind_it_and_the_log_goes_on(tmp_path: Path) -> None:
    group = GroupCommit(log_in(tmp_path), 0.2)
    group.wait(group.append(frame(1, 1)))
    lost = [group.append(frame(1, seed)) for seed in (2, 3)]
    good, end = group.log._file, os.pipe()
    group.log._file = end[1]  # a pipe takes no wait
    for promise in lost:
        with pytest.raises(StoreFull):
            group.wait(promise)
    group.log._file = good
    for descriptor in end:
        os.close(descriptor)
    group.wait(group.append(frame(1, 4)))
    group.close()
    kept = list(read_log(tmp_path))
    assert [found.number for found in kept] == [0, 1]
    assert same(kept[1].frame, frame(1, 4))


def test_a_frame_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    group = GroupCommit(log_in(blocked / "log"))
    with pytest.raises(StoreFull):
        group.append(frame(1))
    group.close()
