"""What a rule pack would have done with a file of past traffic, beside the shipped pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from stopline.kernel.errors import BadFile
from stopline.screening.columns import Reject
from stopline.screening.desk import ScreeningDesk
from stopline.screening.engine import Judged
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.features import Channel
from stopline.screening.trial import Share, TrialReport, share
from stopline.stores.backtest.of_calls import Sums, report_of
from stopline.stores.files import BadLine, Reader, RowBatch
from stopline.stores.output import Writer, apart
from stopline.stores.screen_files import REJECTS, REQUIRED, bad_line, file_desk, rejected_columns

_STOPPED = 2
_TRUE = frozenset({"1", "1.0", "true", "yes"})
_FALSE = frozenset({"0", "0.0", "false", "no"})

Progress = Callable[[int, float | None], None]


def try_on_file(
    channel: Channel,
    pack: Path,
    traffic: Path,
    *,
    label: str | None,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> tuple[TrialReport, int]:
    """Return what a pack would have changed in a file, against a label also how right it was, and the rows rejected.

    Raises BadFile, also for a pack without a rule for the channel, and ReleaseInvalid.
    """
    apart(traffic, rejects)
    pair = file_desk(pack), file_desk(None)
    full = pair[0].live.full
    if full is None or not full.pack.of(channel):
        raise BadFile(path=pack, why=f"it has no rule for {channel.value}s", remedy=_OTHER[channel])
    told = _Told(channel, pair, label)
    with ExitStack() as open_files:
        required = (*REQUIRED[channel], *([label] if label else []))
        reader = open_files.enter_context(Reader(traffic, required=required))
        aside = open_files.enter_context(Writer(rejects, schema=REJECTS)) if rejects is not None else None
        for batch in reader.batches():
            bad = told.take(batch)
            if aside is not None:
                aside.write(rejected_columns(bad))
            if progress is not None:
                progress(told.sums.rows["rows"] + told.rejected, reader.share)
    return told.report(full), told.rejected


_OTHER = {
    Channel.CALL: "name another pack, or say --messages",
    Channel.MESSAGE: "name another pack, or leave --messages out",
}


@dataclass(slots=True)
class _Told:
    """What two desks said of the batches so far, and how it compares with the label."""

    channel: Channel
    pair: tuple[ScreeningDesk, ScreeningDesk]
    label: str | None
    sums: Sums = field(default_factory=Sums)
    against: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    seen: dict[str, set[int]] = field(default_factory=dict)
    rejected: int = 0

    def take(self, batch: RowBatch) -> list[BadLine]:
        """Count a batch; returns the rows that could not be used."""
        bad = list(batch.rejects)
        if self.label is not None and len(batch):
            labels = [_labelled(value) for value in batch.columns[self.label]]
            why = f"its {self.label} is neither 1 nor 0"
            bad += [bad_line(batch, Reject(row=place, why=why)) for place, said in enumerate(labels) if said is None]
            batch = batch.only([place for place, said in enumerate(labels) if said is not None])
        if len(batch):
            now, refused = self.pair[0].judge(self.channel, batch.columns)
            before, _same = self.pair[1].judge(self.channel, batch.columns)
            bad += [bad_line(batch, reject) for reject in refused]
            _count(now, before, self.pair[0].live.full, self.sums, self.seen)
            if self.label is not None:
                truth = [_labelled(batch.columns[self.label][row]) is True for row in now.rows.tolist()]
                self.against.update(zip(truth, (now.verdict >= _STOPPED).tolist(), strict=True))
        self.rejected += len(bad)
        return sorted(bad, key=lambda line: line.row)

    def report(self, full: LoadedRelease) -> TrialReport:
        """Return all of it as a report."""
        numbers = Counter({name: len(codes) for name, codes in self.seen.items()})
        self.sums.rows.update({name: numbers[name] for name in ("numbers", "newly_numbers", "freed_numbers")})
        rules = full.pack.of(self.channel)
        for rule in rules:
            self.sums.of(rule.id)["numbers"] = numbers[f"rule {rule.id}"]
        unseen = ("file_centre", *([f"file_rejected: {self.rejected:,}"] if self.rejected else []))
        report = report_of(self.sums, rules, unseen=unseen)
        shares = tuple(one for one in report.shares if one.name in {"newly_stopped", "freed"})
        return replace(report, shares=(*_shares_against(self.against), *shares) if self.label is not None else shares)


def _labelled(value: object) -> bool | None:
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _shares_against(against: Counter[tuple[bool, bool]]) -> tuple[Share, ...]:
    right, stopped = against[True, True], against[True, True] + against[False, True]
    return (
        share("precision", right, stopped),
        share("recall", right, right + against[True, False]),
        share("false_blocks", against[False, True], against[False, True] + against[False, False]),
    )


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
