"""From the log of verdicts into the ledger: every frame exactly once, under its own name, and then the file goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stopline.kernel.actors import machine
from stopline.kernel.errors import NotFound
from stopline.kernel.ledger import Ledger
from stopline.screening.inline.record import COUNTS, Frame
from stopline.screening.inline.retell import verdicts_of
from stopline.screening.records import Release, ScreeningHour, Verdict
from stopline.screening.release import LoadedRelease, load_release
from stopline.stores.store import Store
from stopline.stores.verdict_log import VerdictLog, read_log

_ACTOR = machine("screening.log")


def take_over(store: Store, folder: Path, log: VerdictLog | None = None) -> int:
    """Put every frame of a log into the ledger once; returns how many verdicts were new.

    A frame and the mark that it was taken stand in one transaction: a kill between two frames repeats nothing and
    leaves nothing out. With `log`, files whose frames are all in the ledger are deleted. Raises NotFound and
    ReleaseInvalid when a frame names a release that is not in the ledger or decides otherwise.
    """
    new, number = 0, 0
    for kept in read_log(folder):
        taken: list[int] = []

        def take(ledger: Ledger, frame: Frame = kept.frame, taken: list[int] = taken) -> int:
            taken.append(_take(ledger, frame))
            return taken[0]

        store.once(_ACTOR, f"verdicts:{kept.name}", take)
        new, number = new + sum(taken), kept.number + 1
    if log is not None:
        log.forget(number)
    return new


def _take(ledger: Ledger, frame: Frame) -> int:
    """Write one frame's verdicts and counts; a verdict whose reference is known is not written again."""
    verdicts = [
        verdict
        for verdict in verdicts_of(frame, lambda name: _release(ledger, name), ledger.at)
        if ledger.maybe(Verdict, verdict.id) is None
    ]
    ledger.save_all(verdicts, act="verdict.record")
    _count(ledger, frame)
    return len(verdicts)


def _release(ledger: Ledger, name: str) -> LoadedRelease:
    record = ledger.maybe(Release, name)
    if record is None:
        raise NotFound(kind="release", id=name)
    return load_release(record, model_digest=record.model_digest)


def _count(ledger: Ledger, frame: Frame) -> None:
    hour = ledger.at.replace(minute=0, second=0, microsecond=0)
    origin = frame.origin
    hour_id = f"{hour:%Y-%m-%dT%H}:{origin.channel.value}:{origin.carrier}"
    kept = ledger.maybe(ScreeningHour, hour_id) or ScreeningHour(
        id=hour_id, hour_at=hour, channel=origin.channel.value, carrier=origin.carrier
    )
    counted = {f"{name}_count": count for name, count in zip(COUNTS, frame.counts, strict=True)}
    added = {name: getattr(kept, name) + count for name, count in counted.items()}
    ledger.save(replace(kept, **added), act="screening_hour.count")
