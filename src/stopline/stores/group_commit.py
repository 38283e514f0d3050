"""Several batches share one wait for the disk: each answer waits until its frame is there, the processor does not.

The thread that decides hands frames in and goes on with the next batch. A thread of its own waits for the disk, each
time for all that was handed in since, and lets the answers go. What a gateway may have answered was on the disk before.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import sleep
from typing import Final

from stopline.kernel.errors import StoreFull
from stopline.screening.inline.record import Frame
from stopline.stores.verdict_log import VerdictLog

GATHER_S: Final = 0.002
"""How long a wait for the disk is put off so that more may share it."""


@dataclass(slots=True, eq=False)
class Promise:
    """A frame on its way to the disk; only when it is kept may its answers be said."""

    number: int
    refusals: int  # of the log when it was written: after one more the frame is lost
    kept: bool = False
    refused: StoreFull | None = None


@dataclass(slots=True)
class GroupCommit:
    """Hands frames to a log and says when they are on the disk; one thread hands in, any may wait."""

    log: VerdictLog
    gather_s: float = GATHER_S
    _open: deque[Promise] = field(init=False, default_factory=deque)
    _woken: SimpleQueue[bool] = field(init=False, default_factory=SimpleQueue)
    _moved: threading.Condition = field(init=False, default_factory=threading.Condition)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="verdict-log", daemon=True)
        self._thread.start()

    def append(self, frame: Frame) -> Promise:
        """Write a frame without waiting for the disk; raises StoreFull, and then nothing of it remains."""
        try:
            self.log.write(frame)
        except StoreFull:
            self._woken.put(True)  # a refusal met here concerns those before it as well
            raise
        promise = Promise(self.log.number - 1, self.log.undone)
        self._open.append(promise)
        self._woken.put(True)
        return promise

    def wait(self, promise: Promise) -> None:
        """Wait until a frame is on the disk; raises StoreFull when the disk refused it: nothing of it remains."""
        if not promise.kept:
            with self._moved:
                self._moved.wait_for(lambda: promise.kept or promise.refused is not None)
        if promise.refused is not None:
            raise promise.refused

    def close(self) -> None:
        """Wait for what was handed in, end the thread and give the file free."""
        self._woken.put(False)
        self._thread.join()
        self.log.close()

    def _run(self) -> None:
        going = True
        while going:
            going = self._woken.get()
            if going and self.gather_s > 0:
                sleep(self.gather_s)
            while not self._woken.empty():
                going &= self._woken.get()
            if self._open:
                self._let_go()

    def _let_go(self) -> None:
        refusal: StoreFull | None = None
        reached = 0
        try:
            reached = self.log.sync()
        except StoreFull as error:
            refusal = error
        with self._moved:
            while self._open:
                promise = self._open[0]
                if promise.refusals < self.log.refusals:
                    promise.refused = refusal or StoreFull(where=self.log.folder, why="refused", remedy="free space")
                elif promise.number < reached:
                    promise.kept = True
                else:
                    break
                self._open.popleft()
            self._moved.notify_all()
