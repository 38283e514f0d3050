"""How good the recipe is on rows it never saw: folds by near-duplicate cluster, slices, attacks, intervals.

Each fold is judged by a model fitted on the other folds and calibrated on what models that had not seen them said of
those. So no figure rests on a row, or on a near copy of a row, that the judging model or its thresholds had met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.model import MessageModel
from stopline.screening.text.training.attacks import ATTACKS
from stopline.screening.text.training.labels import is_notice, truth
from stopline.screening.text.training.measures import Row
from stopline.screening.text.training.recipe import Draft, calibration_of, fit_rows, judge_rows
from stopline.screening.text.vocabulary import Kind

FRAUDS: Final = "zh_fake_base_station"
LOAN: Final = re.compile(r"贷款|借款|信贷|放款|额度|抵押")
"""An advert for loans: often illegal, and so held apart from the lawful adverts."""
RESAMPLES: Final = 1_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One share of rows that were stopped, with its interval when near-duplicate clusters are drawn again."""

    name: str
    wanted: str
    rows: int
    clusters: int
    share: float
    low: float
    high: float
    by_cluster: float

    def as_dict(self) -> dict[str, object]:
        """The share for a card; figures to four places."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Rows of one slice: of which cluster each is, and whether it was stopped."""

    clusters: list[int]
    stopped: list[bool]

    def add(self, cluster: int, stopped: bool) -> None:  # noqa: FBT001 - a fact, not a switch
        self.clusters.append(cluster)
        self.stopped.append(stopped)


def quality(rows: Sequence[Row], *, folds: int = 5, seed: int = 1, progress: Progress | None = None) -> list[Measured]:
    """Return every slice's share of stopped rows, and the recall of the frauds under each attack."""
    parts = [[row for row in rows if row.cluster * 2_654_435_761 % 1_000_003 % folds == fold] for fold in range(folds)]
    drafts, seen = [], []
    for fold in range(folds):
        drafts.append(fit_rows([row for other in range(folds) if other != fold for row in parts[other]], seed))
        seen.append(judge_rows(drafts[fold], parts[fold], seed))
        if progress is not None:
            progress(fold + 1, folds)
    slices: dict[str, _Stopped] = {}
    for fold in range(folds):
        others = [seen[other] for other in range(folds) if other != fold]
        _judge(_model(drafts[fold], calibration_of(others)), parts[fold], slices)
    chance = np.random.default_rng(seed)
    return [_measured(name, one, chance) for name, one in slices.items()]


def _model(draft: Draft, calibration: NDArray[np.float64]) -> MessageModel:
    return MessageModel(
        weights=draft.weights, bias=draft.bias, unit=draft.unit, calibration=calibration, card={}, version="fold"
    )


def _judge(model: MessageModel, rows: Sequence[Row], slices: dict[str, _Stopped]) -> None:
    scores = model.screen([row.text for row in rows])
    stopped = scores.kind == Kind.FRAUD
    frauds = []
    for number, row in enumerate(rows):
        folded = scores.folded.text(number)
        known = truth(row.source, row.label, row.fine, folded)
        if known is None:
            continue
        for name in _slices_of(row, known, folded):
            slices.setdefault(name, _Stopped([], [])).add(row.cluster, bool(stopped[number]))
        if known is Kind.FRAUD and row.source == FRAUDS:
            frauds.append(row)
    for name, attack in ATTACKS.items():
        generator = np.random.default_rng(7)
        kinds = model.screen([attack(row.text, generator) for row in frauds]).kind
        under = slices.setdefault(f"fraud: under attack, {name}", _Stopped([], []))
        for row, kind in zip(frauds, kinds.tolist(), strict=True):
            under.add(row.cluster, kind == Kind.FRAUD)


def _slices_of(row: Row, known: Kind, folded: str) -> Iterator[str]:
    if row.fine == "out_of_scope":
        yield "lawful: political rows"
    elif known is Kind.FRAUD:
        yield f"fraud: {row.source}"
    elif known is Kind.COMMERCIAL:
        yield f"lawful: adverts, {row.source}" if not LOAN.search(folded) else f"loans: adverts, {row.source}"
    else:
        yield f"lawful: {row.source}"
        if is_notice(row.source, known, row.text):
            yield "lawful: notices"


def _measured(name: str, one: _Stopped, chance: np.random.Generator) -> Measured:
    """Draw clusters with replacement: rows that are near copies of each other count together (Efron 1979)."""
    keys, place = np.unique(np.array(one.clusters, dtype=np.int64), return_inverse=True)
    stopped = np.bincount(place, weights=np.array(one.stopped, dtype=np.float64), minlength=len(keys))
    sizes = np.bincount(place, minlength=len(keys)).astype(np.float64)
    drawn = chance.integers(0, len(keys), (RESAMPLES, len(keys)))
    shares = stopped[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return Measured(
        name=name, wanted="high" if name.startswith("fraud") else "low", rows=len(one.stopped), clusters=len(keys),
        share=float(stopped.sum() / sizes.sum()), low=float(low), high=float(high),
        by_cluster=float((stopped / sizes).mean()),
    )  # fmt: skip


def table(measured: Sequence[Measured]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| slice | stopped | 95 % | a cluster counted once | rows | clusters |", "|---|---:|---|---:|---:|---:|"]
    lines += [
        f"| {one.name} | {one.share:.1%} | {one.low:.1%}-{one.high:.1%} | {one.by_cluster:.1%} | {one.rows:,} | "
        f"{one.clusters:,} |"
        for one in sorted(measured, key=lambda one: one.name)
    ]
    return "\n".join(lines) + "\n"
