"""How far found campaigns agree with a reference grouping: B³ (A. Bagga and B. Baldwin, 1998)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """B³ precision and recall, each the mean over all rows."""

    precision: float
    recall: float

    @property
    def f(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def agreement(found: Sequence[Hashable | None], reference: Sequence[Hashable | None]) -> Agreement:
    """Compare two groupings of the same rows; None is a row alone. Raises ValueError when they differ in length."""
    here, there = _alone(found), _alone(reference)
    together = Counter(zip(here, there, strict=True))
    mine, theirs = Counter(here), Counter(there)
    rows = max(1, len(here))
    precision = sum(count * count / mine[one] for (one, _other), count in together.items()) / rows
    recall = sum(count * count / theirs[other] for (_one, other), count in together.items()) / rows
    return Agreement(precision, recall)


def _alone(groups: Sequence[Hashable | None]) -> list[tuple[Hashable, int]]:
    return [(group, 0) if group is not None else (None, row) for row, group in enumerate(groups, start=1)]
