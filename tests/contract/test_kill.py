"""kill -9 at any instant loses nothing that was acknowledged and doubles nothing. See docs/durability.md."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

import pytest
from sqlalchemy import select

from stopline.kernel.actors import machine
from stopline.kernel.clock import SetClock
from stopline.kernel.ids import Ids
from stopline.law.enforcement import Enforcement
from stopline.law.machines import EnforcementState, Machine, MeasureState, Transition
from stopline.law.measure import Measure
from stopline.law.organisation import Institution
from stopline.stores.export import verify_store
from stopline.stores.store import open_store
from stopline.stores.tables import ACKNOWLEDGED, FACT
from tests.factories import MORNING

OPENING_S = 0.8  # a third of the kills come while the store is being opened, within this time of the fork
STEP_S = 0.05  # the others come within this time of an acknowledgement
MOST_ACKNOWLEDGED = 24  # at most so many of them later
STEPS = ("draft", "sign", "answer", "drain")


@dataclass(slots=True)
class Nursery:
    """Forks writers, reads what they say, and remembers what was acknowledged."""

    process: subprocess.Popen[str]
    lines: SimpleQueue[str] = field(default_factory=SimpleQueue)
    acknowledged: dict[str, object] = field(default_factory=dict)
    repeated: int = 0

    def run(self, folder: Path, url: str, *, stop: int, kill: tuple[int, float] | None) -> int:
        """Let a writer go on where the acknowledgements end. Returns its wait status.

        `kill` is after how many acknowledgements and how many seconds more it is killed.
        """
        item = sum(1 for key in self.acknowledged if key.startswith("drain-"))
        asked = {"folder": str(folder), "url": url, "start": max(0, item - 1), "stop": stop}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        kind, child = json.loads(self.lines.get(timeout=30))
        assert kind == "child"
        if kill is not None:
            for _ in range(kill[0]):
                self._take()
            time.sleep(kill[1])
            os.kill(child, signal.SIGKILL)
        while (ended := self._take()) is None:
            pass
        return ended

    def _take(self) -> int | None:
        """Take one line; returns the writer's wait status when it was its last."""
        key, answer = json.loads(self.lines.get(timeout=60))
        if key == "ended":
            return int(answer)
        assert key != "failed", answer
        if key in self.acknowledged and not key.startswith("drain-"):
            assert self.acknowledged[key] == answer, key  # the same key, the same answer
            self.repeated += 1
        self.acknowledged[key] = answer
        return None


@contextmanager
def nursery(repository: Path) -> Iterator[Nursery]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contract.writer"],
        cwd=repository,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    made = Nursery(process)
    assert process.stdout is not None

    def read() -> None:
        for line in process.stdout or ():
            made.lines.put(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield made
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        reader.join()
        process.stdout.close()


def check(folder: Path, url: str, acknowledged: dict[str, object], *, finished: bool) -> int:
    """Everything acknowledged is there exactly once, the chain verifies; returns the rows of the chain."""
    store = open_store(url, folder, clock=SetClock(MORNING), ids=Ids(os.urandom))
    try:
        rows, _head = verify_store(store)
        with store.read(machine("check")) as ledger:
            kept = {
                row.key.rsplit(":", 1)[1]: json.loads(row.answer)["answer"]
                for row in ledger.connection.execute(select(ACKNOWLEDGED))
            }
            measures = {row.id: row for row in ledger.find(Measure)}
            points = ledger.find(Enforcement)
            steps = sorted(ledger.find(Transition, machine=Machine.MEASURE.value), key=lambda row: row.ordinal)
            handled = ledger.find(Institution)
            waiting = [row.kind for row in ledger.connection.execute(select(FACT).where(FACT.c.pending))]
    finally:
        store.close()
    for key, answer in acknowledged.items():
        if not key.startswith("drain-"):
            assert kept[key] == answer, f"{key} was acknowledged and is lost"
    subjects = [row.subject_ref for row in measures.values()]
    assert len(subjects) == len(set(subjects)), "a draft was doubled"
    assert len({row.measure_id for row in points}) == len(points), "an order was doubled"
    for key, answer in kept.items():
        kind, item = key.split("-")
        if kind == "sign":
            assert measures[str(kept[f"draft-{item}"])].state is MeasureState.IN_FORCE, key
        if kind == "answer":
            assert all(row.state is EnforcementState.ACTIVE_FULL for row in points if row.id in answer)
    for measure in measures.values():
        mine = [step.act for step in steps if step.subject_id == measure.id]
        assert mine in (["draft"], ["draft", "review", "approve", "activate"])
    assert {row.name_en for row in handled} <= {"1"}, "a fact was handled twice"
    if finished:
        assert waiting == []
        assert len(handled) == len(points) == len(measures)
    return rows


def kill_often(folder: Path, url: str, repository: Path, *, kills: int, seed: int) -> dict[str, int]:
    """Kill a writer many times, check after each, let it finish, check again; returns the figures."""
    chance = random.Random(seed)
    with nursery(repository) as made:
        for _ in range(kills):
            opening = chance.random() < 1 / 3
            count = 0 if opening else chance.randint(1, MOST_ACKNOWLEDGED)
            moment = chance.random() * (OPENING_S if opening else STEP_S)
            status = made.run(folder, url, stop=10**6, kill=(count, moment))
            assert os.WTERMSIG(status) == signal.SIGKILL
            check(folder, url, made.acknowledged, finished=False)
        done = sum(1 for key in made.acknowledged if key.startswith("drain-"))
        assert made.run(folder, url, stop=done + 5, kill=None) == 0
        rows = check(folder, url, made.acknowledged, finished=True)
    acts = sum(1 for key in made.acknowledged if not key.startswith("drain-"))
    return {"kills": kills, "acknowledged": acts, "repeated": made.repeated, "chain_rows": rows}


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_ten_kills_lose_nothing_and_double_nothing(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path, repository: Path
) -> None:
    url = "" if backend == "sqlite" else str(request.getfixturevalue("postgres_url"))
    figures = kill_often(tmp_path / "store", url, repository, kills=10, seed=10)
    print(backend, figures)
    assert figures["acknowledged"] > 20


@pytest.mark.soak
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_fifty_kills_lose_nothing_and_double_nothing(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path, repository: Path
) -> None:
    url = "" if backend == "sqlite" else str(request.getfixturevalue("postgres_url"))
    figures = kill_often(tmp_path / "store", url, repository, kills=50, seed=50)
    print(backend, figures)
    assert figures["acknowledged"] > 100
