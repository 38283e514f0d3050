"""What a rule pack would have done with past traffic, beside the shipped pack."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from stopline.screening.rules.features import Channel
from stopline.stores.files import Reader
from stopline.stores.screen_files import REQUIRED, file_desk

_STOPPED = 2
_TRUE = frozenset({"1", "true", "yes"})


def backtest(channel: Channel, pack: Path, traffic: Path, *, label: str | None) -> Iterator[str]:
    """Yield lines of a report: hits per rule, what would change, and against a label precision and recall.

    Intervals are Wilson's at 95 %. Raises BadFile and ReleaseInvalid.
    """
    desks = file_desk(pack), file_desk(None)
    hits: Counter[str] = Counter()
    changes: Counter[tuple[bool, bool]] = Counter()
    against: Counter[tuple[bool, bool]] = Counter()
    required = (*REQUIRED[channel], *([label] if label else []))
    with Reader(traffic, required=required) as reader:
        for batch in reader.batches():
            if not len(batch):
                continue
            judged = [desk.judge(channel, batch.columns)[0] for desk in desks]
            release, decisions = desks[0].live.full, judged[0].decisions
            rules = release.pack.of(channel) if release is not None else ()
            for rule, count in zip(rules, decisions.hits.sum(axis=0).tolist(), strict=True):
                hits[rule.id] += count
            now = (judged[0].verdict >= _STOPPED).tolist()
            before = (judged[1].verdict >= _STOPPED).tolist()
            changes.update(zip(before, now, strict=True))
            if label is not None:
                truth = [str(batch.columns[label][row]).lower() in _TRUE for row in judged[0].rows.tolist()]
                against.update(zip(truth, now, strict=True))
    yield f"{changes.total():,} rows"
    for name, count in hits.items():
        yield f"  {name:<28} {count:>10,} hits"
    newly, kept, freed = changes[False, True], changes[True, True], changes[True, False]
    yield f"stopped {newly + kept:,}; newly stopped {newly:,}, no longer stopped {freed:,}"
    if label is not None:
        yield _share("precision", against[True, True], against[True, True] + against[False, True])
        yield _share("recall", against[True, True], against[True, True] + against[True, False])
        yield _share("false stops", against[False, True], against[False, True] + against[False, False])


def _share(name: str, part: int, whole: int) -> str:
    if whole == 0:
        return f"{name}: nothing to measure on"
    low, high = _wilson(part, whole)
    return f"{name}: {part / whole:.4f} ({low:.4f} to {high:.4f}), {part:,} of {whole:,}"


def _wilson(part: int, whole: int, z: float = 1.96) -> tuple[float, float]:
    share = part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    spread = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return max(0.0, middle - spread), min(1.0, middle + spread)
