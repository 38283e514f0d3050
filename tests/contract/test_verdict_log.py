"""kill -9 loses no acknowledged verdict of a gateway, and the ledger takes each over exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from stopline.kernel.actors import machine
from stopline.screening.journal import explain
from stopline.screening.records import ScreeningHour, Verdict, VerdictKind
from stopline.stores.log_replay import take_over
from stopline.stores.verdict_log import open_log
from tests.unit.screening.desks import make_screening


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
