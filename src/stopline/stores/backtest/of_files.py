"""What a rule pack would have done with a file of past traffic, beside the shipped pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from stopline.screening.engine import Judged
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.features import Channel
from stopline.screening.trial import TrialReport, share
from stopline.stores.backtest.of_calls import Sums, report_of
from stopline.stores.files import Reader
from stopline.stores.screen_files import REQUIRED, file_desk

_STOPPED = 2
_TRUE = frozenset({"1", "true", "yes"})

Progress = Callable[[int, float | None], None]


def try_on_file(
    channel: Channel, pack: Path, traffic: Path, *, label: str | None, progress: Progress | None = None
) -> TrialReport:
    """Return what a pack would have changed in a file; against a label also precision, recall and false stops.

    Raises BadFile and ReleaseInvalid.
    """
    desks = file_desk(pack), file_desk(None)
    sums, against = Sums(), Counter[tuple[bool, bool]]()
    required = (*REQUIRED[channel], *([label] if label else []))
    numbers: Counter[str] = Counter()
    seen: dict[str, set[int]] = {}
    with Reader(traffic, required=required) as reader:
        for batch in reader.batches():
            if not len(batch):
                continue
            judged = [desk.judge(channel, batch.columns)[0] for desk in desks]
            _count(judged[0], judged[1], desks[0].live.full, sums, seen)
            if label is not None:
                column = batch.columns[label]
                truth = [str(column[row]).lower() in _TRUE for row in judged[0].rows.tolist()]
                against.update(zip(truth, (judged[0].verdict >= _STOPPED).tolist(), strict=True))
            if progress is not None:
                progress(sums.rows["rows"], None)
    numbers.update({name: len(codes) for name, codes in seen.items()})
    sums.rows.update({name: numbers[name] for name in ("numbers", "newly_numbers", "freed_numbers")})
    full = desks[0].live.full
    rules = full.pack.of(channel) if full is not None else ()
    for rule in rules:
        sums.of(rule.id)["numbers"] = numbers[f"rule {rule.id}"]
    report = report_of(sums, rules, unseen=())
    shares = tuple(one for one in report.shares if one.name in {"newly_stopped", "freed"})
    if label is None:
        return replace(report, shares=shares)
    right, stopped = against[True, True], against[True, True] + against[False, True]
    labelled = (
        share("precision", right, stopped),
        share("recall", right, right + against[True, False]),
        share("false_blocks", against[False, True], against[False, True] + against[False, False]),
    )
    return replace(report, shares=(*labelled, *shares))


def _count(now: Judged, before: Judged, release: LoadedRelease | None, sums: Sums, seen: dict[str, set[int]]) -> None:
    then, was = now.verdict >= _STOPPED, before.verdict >= _STOPPED
    newly, freed = then & ~was, was & ~then
    sums.rows.update(
        rows=len(now),
        before=int(was.sum()),
        then=int(then.sum()),
        newly=int(newly.sum()),
        freed=int(freed.sum()),
        undecided=int(now.undecided.sum()),
    )
    for name, rows in (("numbers", np.ones_like(newly)), ("newly_numbers", newly), ("freed_numbers", freed)):
        seen.setdefault(name, set()).update(now.codes[rows].tolist())
    rules = release.pack.of(now.channel) if release is not None else ()
    hits = now.decisions.hits
    stopping = hits & np.array([rule.severity.value != "flag" for rule in rules], dtype=np.bool_)
    alone = newly & (stopping.sum(axis=1) == 1)
    for place, rule in enumerate(rules):
        hit = hits[:, place]
        sums.of(rule.id).update(
            hits=int(hit.sum()),
            newly=int((hit & newly).sum()),
            alone=int((hit & alone).sum()),
            undecided=int(now.decisions.undecided_rules[place]),
        )
        seen.setdefault(f"rule {rule.id}", set()).update(now.codes[hit].tolist())
