"""Judging a model: recall, precision and false positives per slice, and under attack."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.fold import fold_all
from stopline.screening.text.model import MessageModel
from stopline.screening.text.training.attacks import ATTACKS
from stopline.screening.text.training.labels import is_notice, truth
from stopline.screening.text.vocabulary import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message of a training set; `split` is train or valid, near duplicates share `cluster`."""

    source: str
    text: str
    label: int
    fine: str
    cluster: int
    split: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a model did on one slice; a ratio without rows to speak of is None."""

    name: str
    fraud_count: int
    lawful_count: int
    recall_ratio: float | None
    precision_ratio: float | None
    false_positive_ratio: float | None
    commercial_count: int = 0
    commercial_flagged_ratio: float | None = None
    commercial_named_ratio: float | None = None

    def as_dict(self) -> dict[str, object]:
        """The slice for a model card; ratios to four places."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


def measure(model: MessageModel, rows: Sequence[Row], *, seed: int = 7) -> list[Slice]:
    """Judge a model on rows: a slice a set, one for notices, then attacks on the frauds."""
    kinds = model.screen([row.text for row in rows]).kind
    folded = fold_all([row.text for row in rows])
    facts = [truth(row.source, row.label, row.fine, folded.text(number)) for number, row in enumerate(rows)]
    known = np.array([-1 if fact is None else int(fact) for fact in facts])
    sources = np.array([row.source for row in rows])
    slices = [
        _slice(name, known[sources == name], kinds[sources == name])
        for name in sorted(set(sources.tolist()))
        if (known[sources == name] >= 0).any()
    ]
    notice = np.array(
        [fact is not None and is_notice(row.source, fact, row.text) for row, fact in zip(rows, facts, strict=True)]
    )
    if notice.any():
        slices.append(_slice("zh_mudou notices", known[notice], kinds[notice]))
    political = np.array([row.fine == "out_of_scope" for row in rows])
    if political.any():
        slices.append(_slice("political", known[political], kinds[political]))
    return slices + _under_attack(model, rows, known, seed)


def _under_attack(model: MessageModel, rows: Sequence[Row], known: NDArray[np.int64], seed: int) -> list[Slice]:
    slices = []
    for script, source in (("zh", "zh_fake_base_station"), ("en", "en_mishra")):
        picked = [
            row.text for row, fact in zip(rows, known, strict=True) if fact == Kind.FRAUD and row.source == source
        ]
        if not picked:
            continue
        everything = np.full(len(picked), int(Kind.FRAUD))
        slices.append(_slice(f"attack on {script}: none", everything, model.screen(picked).kind))
        for name, attack in ATTACKS.items():
            generator = np.random.default_rng(seed)
            kinds = model.screen([attack(text, generator) for text in picked]).kind
            slices.append(_slice(f"attack on {script}: {name}", everything, kinds))
    return slices


def _slice(name: str, known: NDArray[np.int64], kinds: NDArray[np.uint8]) -> Slice:
    fraud, lawful = known == Kind.FRAUD, (known >= 0) & (known != Kind.FRAUD)
    flagged, commercial = kinds == Kind.FRAUD, known == Kind.COMMERCIAL
    hits, false = int((fraud & flagged).sum()), int((lawful & flagged).sum())
    return Slice(
        name=name,
        fraud_count=int(fraud.sum()),
        lawful_count=int(lawful.sum()),
        recall_ratio=_share(hits, int(fraud.sum())),
        precision_ratio=_share(hits, hits + false) if fraud.any() else None,
        false_positive_ratio=_share(false, int(lawful.sum())),
        commercial_count=int(commercial.sum()),
        commercial_flagged_ratio=_share(int((commercial & flagged).sum()), int(commercial.sum())),
        commercial_named_ratio=_share(int((commercial & (kinds == Kind.COMMERCIAL)).sum()), int(commercial.sum())),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
