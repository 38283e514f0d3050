"""The live state of screening: opened with the shipped text model, kept in snapshots while it runs and after."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.errors import StoreFull
from stopline.screening.campaigns.live import Campaigns
from stopline.screening.desk import Live
from stopline.screening.engine import Engine
from stopline.screening.moved import What
from stopline.screening.state import Velocity
from stopline.stores.counter_journal import CounterJournal, read_counters
from stopline.stores.model_files import shipped_message_model


def open_live(folder: Path, *, random_bytes: Callable[[int], bytes], capacity: int = 1 << 19) -> Live:
    """Return the live state, from the snapshot in `folder` where there is one that fits and what came after it."""
    salt = int.from_bytes(random_bytes(8), "big")
    engine = Engine(capacity=capacity, salt=salt)
    since = {name: _restore(folder / f"{name}.npz", velocity) for name, velocity in _parts(engine)}
    _restore(folder / "campaigns.npz", engine.campaigns)
    for generation, moved in read_counters(folder):
        if generation >= since["messages" if moved.what is What.MESSAGES else "calls"]:
            engine.replay(moved)
    return Live(engine=engine, model=shipped_message_model())


@dataclass(slots=True, kw_only=True)
class Snapshots:
    """Keeps the live state on disk: the whole every `every_s` seconds, and with `counters` all that came since.

    A killed process loses no more than the batch it was in, a power cut a second; without `counters` a kill costs what
    came since the last snapshot.

    `seconds` is a steady clock of real time: a simulated day races, and a loss is counted in what was really screened.
    """

    live: Live
    folder: Path
    every_s: float
    seconds: Callable[[], float]
    counters: CounterJournal | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)  # one state: one batch or one copy at a time
    fails: int = 0  # in a row
    _saved_s: float = field(init=False)
    _saved_moves: int = 0

    def __post_init__(self) -> None:
        self._saved_s = self.seconds()
        if self.counters is not None:
            saved = [saved_generation(self.folder / f"{name}.npz") for name, _velocity in _parts(self.live.engine)]
            self.counters.generation = max(self.counters.generation, *saved)
            self.live.engine.inputs = self.counters

    def tick(self) -> bool:
        """Write a snapshot when one is due and something changed; returns whether it did.

        A full disk is counted and tried again at the next interval: screening goes on without a snapshot.
        """
        if self.counters is not None:
            with self.turn:
                self.counters.tick()
        due = self.seconds() - self._saved_s >= self.every_s
        if not due or self.live.engine.moves == self._saved_moves:
            return False
        self._saved_s = self.seconds()
        try:
            self.save()
        except StoreFull:
            self.fails += 1
            return False
        self.fails = 0
        return True

    def save(self) -> None:
        """Write a snapshot now, each file whole or not at all; raises StoreFull when the disk is full.

        Screening waits while the state is copied, not while it is written.
        """
        with self.turn:
            moves = self.live.engine.moves
            generation = self.counters.turn_over() if self.counters is not None else 0
            follows = {"generation": np.array([generation], dtype=np.int64)}
            copied = [(name, velocity.arrays() | follows) for name, velocity in _parts(self.live.engine)]
            copied.append(("campaigns", self.live.engine.campaigns.arrays()))
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, arrays in copied:
            _write_whole(self.folder / f"{name}.npz", arrays)
        if self.counters is not None:
            self.counters.forget(generation)
        self._saved_moves = moves


def _parts(engine: Engine) -> tuple[tuple[str, Velocity], ...]:
    return (("calls", engine.calls), ("messages", engine.messages))


def _write_whole(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write a file whole or not at all: it is on the disk before it takes the old one's place."""
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # the stub takes the arrays for its flags
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise StoreFull(where=part, why=str(error.strerror), remedy="free space") from error


def saved_generation(path: Path) -> int:
    """Return which of the files of what came after belong to a snapshot; 0 where it cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return int(kept["generation"][0])
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return 0


def _restore(path: Path, velocity: Velocity | Campaigns) -> int:
    """Take a snapshot over; returns which of the files of what came after belong to it.

    One that cannot be read or does not fit is left aside, and the engine starts fresh.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            velocity.restore({name: kept[name] for name in kept.files if name != "generation"})
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return 0
    return saved_generation(path)
