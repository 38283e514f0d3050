"""What a pack would have changed: the record of a back-test, its report, and the tally of a release in shadow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.ledger import Ledger
from stopline.law.organisation import Power
from stopline.screening.release import Decisions, LoadedRelease
from stopline.screening.rules.features import Channel

_STOPPED: Final = 2
_REGISTERS: Final = 1024  # of the sketch that counts different numbers: standard error 3.3 %
_SKETCH_BITS: Final = 10


class BackTestState(StrEnum):
    """How far a back-test is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % interval (Wilson); `whole_count` 0 means that there was nothing to measure on."""

    name: str
    part_count: int
    whole_count: int
    ratio: float
    low_ratio: float
    high_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrial:
    """What one rule did: hits, different numbers hit, rows newly stopped, those stopped by it alone, and undecided."""

    rule: str
    zh: str
    en: str
    severity: str
    hits_count: int
    numbers_count: int
    newly_count: int
    alone_count: int
    undecided_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One of the numbers most affected, without the number: what would change, and its verdicts where it has any."""

    day: str
    newly_count: int
    freed_count: int
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialReport:
    """What would have changed. A number counts once a day, since its pseudonym changes every day."""

    rows_count: int = 0
    numbers_count: int = 0
    stopped_before_count: int = 0
    stopped_then_count: int = 0
    newly_count: int = 0
    newly_numbers_count: int = 0
    freed_count: int = 0
    freed_numbers_count: int = 0
    undecided_count: int = 0
    rules: tuple[RuleTrial, ...] = ()
    shares: tuple[Share, ...] = ()
    most: tuple[Touched, ...] = ()
    unseen: tuple[str, ...] = ()  # keys of what the report could not see
    days: tuple[str, ...] = ()
    run_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """A pack tried on what was kept, asked for by an officer for a purpose; the report names nobody."""

    READ_POWER: ClassVar[Power] = Power.RELEASE_RULES

    id: str
    state: BackTestState
    channel: str
    title: str
    purpose: str
    asked_by: str
    asked_at: datetime
    from_at: datetime
    to_at: datetime
    release_id: str
    pack_digest: str
    pack: str
    done_ratio: float = 0.0
    finished_at: datetime | None = None
    failed_why: str = ""
    report: TrialReport = field(default_factory=TrialReport)

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("state",), ("release_id",))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowTally:
    """What a release on trial would have changed so far in one channel. `id` is release:channel.

    `sketch` counts the different numbers that it would newly stop, and cannot be read back to any of them.
    """

    id: str
    release_id: str
    channel: str
    since_at: datetime
    rows_count: int = 0
    newly_count: int = 0
    freed_count: int = 0
    agree_count: int = 0
    rule_hits: dict[str, int] = field(default_factory=dict)
    rule_newly: dict[str, int] = field(default_factory=dict)
    sketch: str = "00" * _REGISTERS

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("release_id",),)

    @property
    def numbers_count(self) -> int:
        """Different numbers that would be newly stopped (estimate, within 7 % at 95 %)."""
        return round(distinct_of(np.frombuffer(bytes.fromhex(self.sketch), dtype=np.uint8)))


def share(name: str, part: int, whole: int, z: float = 1.96) -> Share:
    """Return a share with Wilson's interval at 95 %."""
    if whole == 0:
        return Share(name=name, part_count=0, whole_count=0, ratio=0.0, low_ratio=0.0, high_ratio=1.0)
    ratio = part / whole
    middle = (ratio + z * z / (2 * whole)) / (1 + z * z / whole)
    spread = z * math.sqrt(ratio * (1 - ratio) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return Share(
        name=name,
        part_count=part,
        whole_count=whole,
        ratio=ratio,
        low_ratio=max(0.0, middle - spread),
        high_ratio=min(1.0, middle + spread),
    )


def tally(ledger: Ledger, channel: Channel, codes: NDArray[np.int64], now: Decisions, trial: Decisions,
          release: LoadedRelease) -> None:  # fmt: skip
    """Count what the release on trial would change in a batch, beside what the release in force decided."""
    tally_id = f"{release.id}:{channel.value}"
    kept = ledger.maybe(ShadowTally, tally_id) or ShadowTally(
        id=tally_id, release_id=release.id, channel=channel.value, since_at=ledger.at
    )
    before, then = now.verdict >= _STOPPED, trial.verdict >= _STOPPED
    newly = then & ~before
    rules = release.pack.of(channel)
    sketch = np.frombuffer(bytes.fromhex(kept.sketch), dtype=np.uint8).copy()
    mark(sketch, codes[newly])
    after = replace(
        kept,
        rows_count=kept.rows_count + len(codes),
        newly_count=kept.newly_count + int(np.count_nonzero(newly)),
        freed_count=kept.freed_count + int(np.count_nonzero(before & ~then)),
        agree_count=kept.agree_count + int(np.count_nonzero(before == then)),
        rule_hits=_added(kept.rule_hits, [rule.id for rule in rules], trial.hits.sum(axis=0)),
        rule_newly=_added(kept.rule_newly, [rule.id for rule in rules], trial.hits[newly].sum(axis=0)),
        sketch=sketch.tobytes().hex(),
    )
    ledger.save(after, act="shadow_tally.count")


def mark(sketch: NDArray[np.uint8], codes: NDArray[np.int64]) -> None:
    """Count numbers in a sketch (HyperLogLog; Flajolet and others, 2007); twice the same counts once."""
    if not len(codes):
        return
    mixed = codes.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64's finalizer
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    places = (mixed >> np.uint64(64 - _SKETCH_BITS)).astype(np.int64)
    rest = (mixed << np.uint64(_SKETCH_BITS)) >> np.uint64(12)  # 52 bits: exact as a double
    zeros = 52 - np.frexp(rest.astype(np.float64))[1]
    np.maximum.at(sketch, places, (zeros + 1).astype(np.uint8))


def distinct_of(sketch: NDArray[np.uint8]) -> float:
    """Return how many different numbers a sketch has counted."""
    count = len(sketch)
    found = 0.7213 / (1 + 1.079 / count) * count * count / float(np.sum(np.exp2(-sketch.astype(np.float64))))
    empty = int(np.count_nonzero(sketch == 0))
    return count * math.log(count / empty) if empty and found <= 2.5 * count else found


def _added(kept: dict[str, int], names: Sequence[str], counts: NDArray[np.int64]) -> dict[str, int]:
    more = {name: int(count) for name, count in zip(names, counts.tolist(), strict=True) if count}
    return {name: kept.get(name, 0) + more.get(name, 0) for name in sorted({*kept, *more})}
