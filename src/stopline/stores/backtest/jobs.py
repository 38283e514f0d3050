"""Back-tests that officers asked for, run one after another beside the centre's work."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

from stopline.kernel.actors import machine
from stopline.kernel.errors import StoplineError
from stopline.kernel.ledger import Ledger
from stopline.law.appeal import Appeal, AppealTarget
from stopline.law.machines import AppealState
from stopline.screening.desk import Live
from stopline.screening.records import Release, ReportedLine, Settings, Verdict
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.features import Channel
from stopline.screening.rules.pack import load_pack
from stopline.screening.trial import BackTest, BackTestState, TrialReport
from stopline.stores.backtest.of_calls import Outcomes, Progress, try_on_calls
from stopline.stores.backtest.of_messages import try_on_messages
from stopline.stores.lake import Lake
from stopline.stores.store import Store

_log = logging.getLogger(__name__)
_HAND: Final = machine("back-test")
_STEP: Final = 0.1  # how far it must have come before that is written
_REFERENCES_MOST: Final = 50_000


@dataclass(slots=True, kw_only=True)
class BackTests:
    """Runs what waits, in a thread of its own; `turn` keeps it apart from the batch that writes to the lake."""

    store: Store
    lake: Lake
    live: Live
    entries: Collection[str]
    turn: threading.Lock
    _thread: threading.Thread | None = None
    _closing: threading.Event = field(default_factory=threading.Event)
    _swept: bool = False

    def start(self) -> None:
        """Begin with what waits, unless one is running already."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self.store.read(_HAND) as ledger:
            waiting = ledger.count(BackTest, state=(BackTestState.WAITING.value, BackTestState.RUNNING.value))
        if waiting:
            self._thread = threading.Thread(target=self.run_waiting, name="back-test", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop after the step under way; a back-test that was running begins again at the next start."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def run_waiting(self) -> None:
        """Run all that wait, oldest first."""
        while not self._closing.is_set():
            with self.store.read(_HAND) as ledger:
                states = (BackTestState.WAITING.value, BackTestState.RUNNING.value)
                waiting = ledger.find(BackTest, state=states, limit=1)
            if not waiting:
                return
            self.run(waiting[0].id)

    def run(self, back_test_id: str) -> None:
        """Run one and keep its report, or why it failed."""
        begun, asked = time.perf_counter(), self._save(back_test_id, "start", state=BackTestState.RUNNING)
        try:
            report = self._report(asked)
        except _Closing:
            return
        except StoplineError as error:
            self._save(back_test_id, "fail", state=BackTestState.FAILED, failed_why=str(error))
            return
        report = replace(report, run_ms=round(1000 * (time.perf_counter() - begun)))
        self._save(back_test_id, "finish", state=BackTestState.DONE, done_ratio=1.0, report=report)

    def _report(self, asked: BackTest) -> TrialReport:
        channel = Channel(asked.channel)
        with self.store.read(_HAND) as ledger:
            settings, model = _settings(ledger, asked, self.live.model_digest)
            outcomes, now = _outcomes(ledger, channel), ledger.at
        pack = load_pack(asked.pack, source=asked.title, entries=self.entries)
        release = LoadedRelease(asked.release_id or "pack", asked.pack_digest, pack, settings, model)
        progress = self._progress(asked.id)
        match channel:
            case Channel.CALL:
                with self.turn:
                    self.lake.flush()
                return try_on_calls(
                    release, self.lake, outcomes, from_at=asked.from_at, to_at=asked.to_at, now=now,
                    code=self.live.engine.codes.code, progress=progress,
                )  # fmt: skip
            case Channel.MESSAGE:
                with self.store.read(_HAND) as ledger:
                    return try_on_messages(
                        release, ledger, outcomes, from_at=asked.from_at, to_at=asked.to_at,
                        model=self.live.model, progress=progress,
                    )  # fmt: skip

    def _progress(self, back_test_id: str) -> Progress:
        told = 0.0

        def progress(done: float) -> None:
            nonlocal told
            if self._closing.is_set():
                raise _Closing
            if told + _STEP <= done < 1.0:
                told = done
                self._save(back_test_id, "progress", done_ratio=done)

        return progress

    def _save(self, back_test_id: str, act: str, **changes: object) -> BackTest:
        with self.store.act(_HAND) as ledger:
            asked = ledger.get(BackTest, back_test_id)
            over = changes.get("state") in (BackTestState.DONE, BackTestState.FAILED)
            after: BackTest = replace(asked, finished_at=ledger.at if over else None, **changes)  # type: ignore[arg-type]  # fields of the record
            ledger.save(after, act=f"back_test.{act}")
        return after


class _Closing(Exception):
    """The centre closes while a back-test runs."""


def _settings(ledger: Ledger, asked: BackTest, model_digest: str) -> tuple[Settings, str]:
    record = ledger.maybe(Release, asked.release_id) if asked.release_id else None
    return (record.settings, record.model_digest) if record is not None else (Settings(), model_digest)


def _outcomes(ledger: Ledger, channel: Channel) -> Outcomes:
    """Return what is known of numbers: appeals upheld, lines of cases, and references of verdicts by number."""
    granted = ledger.find(Appeal, target_kind=AppealTarget.VERDICT.value, state=AppealState.GRANTED.value)
    appealed = [ledger.maybe(Verdict, appeal.target_id) for appeal in granted]
    references: dict[str, list[str]] = defaultdict(list)
    kept = ledger.find(Verdict, channel=channel.value, expired=False, newest_first=True, limit=_REFERENCES_MOST)
    for verdict in kept:
        references[verdict.number].append(verdict.id)
    return Outcomes(
        cleared=frozenset(one.number for one in appealed if one is not None and one.number),
        reported=frozenset(line.id for line in ledger.find(ReportedLine, since=("expires_at", ledger.at))),
        references={number: tuple(ids) for number, ids in references.items() if number},
    )
