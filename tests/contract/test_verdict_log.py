"""kill -9 loses no acknowledged verdict of a gateway, and the ledger takes each over exactly once."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from stopline.kernel.actors import machine
from stopline.screening.columns import read_calls
from stopline.screening.journal import explain
from stopline.screening.records import ScreeningHour, Verdict, VerdictKind
from stopline.stores.log_replay import take_over
from stopline.stores.screening_state import open_live
from stopline.stores.verdict_log import open_log, read_log
from tests.contract.gateway import NOON_US
from tests.unit.screening.desks import make_screening

DESK = "02885551234"


@pytest.mark.parametrize("after", [3, *(pytest.param(after, marks=pytest.mark.soak) for after in range(1, 400, 20))])
def test_the_counters_of_a_killed_gateway_know_every_call_it_acknowledged(
    tmp_path: Path, repository: Path, after: int
) -> None:
    acknowledged = len(said_until_killed(tmp_path / "log", repository, "R1", after))
    decided = sum(found.frame.counts[0] for found in read_log(tmp_path / "log"))
    live = open_live(tmp_path / "counters", random_bytes=random.Random(1).randbytes, capacity=64)
    batch, _rejects = read_calls({"at": [NOON_US + 3_600_000_000], "calling": [DESK], "called": ["+8613800138000"]})
    table, _codes = live.engine.call_features(batch)
    known = int(table["calls_today"].values[0]) - 1  # less the call that asks
    assert acknowledged <= known <= decided // 2
    fading = math.exp(-1 / 24)
    assert table["callee_stopped_1d"].values[0] == pytest.approx(known * fading, rel=2e-3)


@pytest.mark.parametrize("after", [3, 40])
def test_what_a_killed_gateway_acknowledged_is_in_the_ledger_once(tmp_path: Path, repository: Path, after: int) -> None:
    screening, folder = make_screening(tmp_path / "store"), tmp_path / "log"
    with closing(screening.store):
        acknowledged = said_until_killed(folder, repository, screening.release(), after)
        log = open_log(folder, random_bytes=random.Random(1).randbytes)
        new = take_over(screening.store, folder)
        assert take_over(screening.store, folder, log) == 0
        assert list(folder.iterdir()) == []
        with screening.store.read(machine("check")) as ledger:
            kept = {verdict.id: verdict for verdict in ledger.find(Verdict, limit=100_000)}
            (hour,) = ledger.find(ScreeningHour)
            one = min(kept)
            explained = explain(ledger, one, model_digest="")
        assert acknowledged <= set(kept)
        assert new == len(kept) == hour.screened_count // 2 == hour.block_count
        assert kept[one].verdict is VerdictKind.BLOCK
        assert kept[one].number == "+862885551234"
        assert explained["score"] == kept[one].score
        assert explained["conditions"]


def said_until_killed(folder: Path, repository: Path, release: str, after: int) -> set[str]:
    """Let a gateway decide, kill it in the middle of that, and return the references it said."""
    command = [sys.executable, "-m", "tests.contract.gateway", str(folder), release]
    process = subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    said += process.stdout.read().splitlines(keepends=True)
    process.stdout.close()
    return {reference for line in said if line.endswith("\n") for reference in line.split()}
