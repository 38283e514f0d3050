"""The live state of screening is on disk within its interval, whole, and comes back after kill -9."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from stopline.screening.state.layout import C_TODAY, CALLERS, SALT
from stopline.screening.state.table import find, mix
from stopline.stores.screening_state import Snapshots, open_live
from tests.contract.screener import CAPACITY, NUMBER, one_call

EVERY_S = 0.5


def live_in(folder: Path, capacity: int = CAPACITY) -> Snapshots:
    """Open the state in a folder as a centre does, with a clock that the test moves."""
    live = open_live(folder, random_bytes=random.Random(1).randbytes, capacity=capacity)
    return Snapshots(live=live, folder=folder, every_s=60, seconds=lambda: 0.0)


def counted(snapshots: Snapshots) -> int:
    """Return how many calls of the number the state has counted today."""
    calls = snapshots.live.engine.calls
    code = snapshots.live.engine.codes.codes([NUMBER], 1)[0]
    words, _floats, book, _block = calls.state
    record = find(words, book, CALLERS, mix(code.astype(np.uint64), book[SALT].astype(np.uint64)))
    return int(words[record + C_TODAY]) if record >= 0 else 0


@pytest.mark.parametrize("after", [7, 23])
def test_a_killed_process_comes_back_at_most_one_interval_old(tmp_path: Path, repository: Path, after: int) -> None:
    """A real process screens, ticks and says how far it is; it is killed in the middle of that."""
    command = [sys.executable, "-m", "tests.contract.screener", str(tmp_path), str(EVERY_S)]
    process = subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said: list[dict[str, float]] = []
    while len([row for row in said if row["wrote"]]) < 2 or len(said) % 25 != after:
        said.append(json.loads(process.stdout.readline()))
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    said += [json.loads(line) for line in process.stdout.read().splitlines() if line.endswith("}")]
    process.stdout.close()

    killed, written = said[-1], [row for row in said if row["wrote"]]
    step_s = max(later["at_s"] - earlier["at_s"] for earlier, later in pairwise(said))  # a tick waits for its step
    assert written[-1]["count"] <= counted(live_in(tmp_path)) <= killed["count"] + 1
    assert killed["at_s"] - written[-1]["at_s"] <= EVERY_S + 2 * step_s
    for earlier, later in pairwise(written):
        assert EVERY_S - step_s <= later["at_s"] - earlier["at_s"] <= EVERY_S + 2 * step_s


@pytest.mark.parametrize(("after", "every_s"), [(7, 1_000), (41, 0.3)])
def test_with_a_journal_a_killed_process_forgets_no_call_it_has_finished(
    tmp_path: Path, repository: Path, after: int, every_s: float
) -> None:
    command = [sys.executable, "-m", "tests.contract.screener", str(tmp_path), str(every_s), "journal"]
    process = subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = [json.loads(process.stdout.readline())["count"] for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    said += [json.loads(line)["count"] for line in process.stdout.read().splitlines() if line.endswith("}")]
    process.stdout.close()
    assert said[-1] <= counted(live_in(tmp_path)) <= said[-1] + 1


def test_a_snapshot_is_written_when_it_is_due_and_something_changed(tmp_path: Path) -> None:
    now = [0.0]
    snapshots = live_in(tmp_path)
    snapshots.seconds = lambda: now[0]
    file = tmp_path / "calls.npz"
    for at_s, moves, wrote in ((30, True, False), (60, False, True), (120, False, False), (130, True, True)):
        now[0] = at_s
        if moves:
            one_call(snapshots.live.engine, at_s)
        before = file.stat().st_ino if file.exists() else None
        assert snapshots.tick() is wrote, at_s
        assert ((file.stat().st_ino if file.exists() else None) != before) is wrote
    assert counted(live_in(tmp_path)) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.npz", "campaigns.npz", "messages.npz"]


@pytest.mark.parametrize("kept", [0, 1, 100, 1_000])
def test_half_a_snapshot_is_left_aside(tmp_path: Path, kept: int) -> None:
    snapshots = live_in(tmp_path)
    one_call(snapshots.live.engine, 1)
    snapshots.save()
    whole = (tmp_path / "calls.npz").read_bytes()
    assert len(whole) > kept
    (tmp_path / "calls.npz").write_bytes(whole[:kept])
    assert counted(live_in(tmp_path)) == 0


def test_a_disk_that_takes_no_snapshot_is_counted_and_tried_again(tmp_path: Path) -> None:
    now = [0.0]
    snapshots = live_in(tmp_path / "state")
    snapshots.seconds = lambda: now[0]
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "calls.part").mkdir()  # nothing can be written there
    one_call(snapshots.live.engine, 1)
    for at_s, fails in ((60, 1), (61, 1), (120, 2)):
        now[0] = at_s
        assert not snapshots.tick()
        assert snapshots.fails == fails
    (tmp_path / "state" / "calls.part").rmdir()
    now[0] = 180
    assert snapshots.tick()
    assert snapshots.fails == 0
