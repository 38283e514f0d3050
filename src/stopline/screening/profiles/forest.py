"""Trees of decisions as flat arrays, walked by one kernel that also tells what each feature added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

NODES: Final = ("feature", "threshold", "left", "right", "missing_left", "value")
_MOST_NODES: Final = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Nodes of all trees in one row of arrays; `feature` is -1 in a leaf, `value` is the margin at every node.

    A row goes left where its value <= threshold, and where it is missing and `missing_left` is 1. `left` and `right`
    are places after the node's own, so that no walk can go round.
    """

    roots: Ints
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing_left: NDArray[np.uint8]
    value: Floats

    def fault(self, features: int) -> str | None:
        """Return why these arrays are no forest over `features` columns, or None when they are."""
        count = len(self.feature)
        arrays = (self.threshold, self.left, self.right, self.missing_left, self.value)
        if not 0 < count <= _MOST_NODES or any(len(array) != count for array in arrays):
            return "its nodes are not equally many in every array"
        places = np.arange(count, dtype=np.int32)
        inner = self.feature >= 0
        if np.any(self.feature >= features) or not len(self.roots):
            return "it asks for a feature that it does not name"
        if np.any(self.roots < 0) or np.any(self.roots >= count):
            return "a tree begins outside"
        for side in (self.left, self.right):
            if np.any(side[inner] <= places[inner]) or np.any(side[inner] >= count):
                return "a branch leads back or outside"
        if not (np.isfinite(self.value).all() and np.isfinite(self.threshold[inner]).all()):
            return "a threshold or value is not finite"
        return None

    def margins(self, rows: Floats) -> Floats:
        """Return the sum of the trees for each row (rows x features, NaN = missing)."""
        given = np.ascontiguousarray(rows, dtype=np.float64)
        out = np.zeros(len(given))
        walk(given, self._nodes(), self.roots, out, np.zeros((0, 0)))
        return out

    def contributions(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return the margins and what each feature added to them on the paths taken (rows x features).

        A margin is the sum over the roots' values and its contributions (Saabas 2014).
        """
        given = np.ascontiguousarray(rows, dtype=np.float64)
        out = np.zeros(len(given))
        parts = np.zeros(given.shape)
        walk(given, self._nodes(), self.roots, out, parts)
        return out, parts

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays under their names, as a model file keeps them."""
        return {"roots": self.roots, **{name: getattr(self, name) for name in NODES}}

    def _nodes(self) -> tuple[Ints, Floats, Ints, Ints, NDArray[np.uint8], Floats]:
        return self.feature, self.threshold, self.left, self.right, self.missing_left, self.value


_NODES: Final = "Tuple((int32[::1], float64[::1], int32[::1], int32[::1], uint8[::1], float64[::1]))"


@compiled(f"void(float64[:, ::1], {_NODES}, int32[::1], float64[::1], float64[:, ::1])", allocates=False)
def walk(rows: Floats, nodes: Any, roots: Ints, margins: Floats, parts: Floats) -> None:  # noqa: ANN401 - a tuple of arrays
    """Add each tree's leaf to `margins`, and the change of value at each step to `parts` unless that is empty."""
    feature, threshold, left, right, missing_left, value = nodes
    told = parts.shape[0] > 0
    for row in range(rows.shape[0]):
        for root in roots:
            node = root
            while feature[node] >= 0:
                column = feature[node]
                given = rows[row, column]
                if np.isnan(given):
                    following = left[node] if missing_left[node] else right[node]
                else:
                    following = left[node] if given <= threshold[node] else right[node]
                if told:
                    parts[row, column] += value[following] - value[node]
                node = following
            margins[row] += value[node]


def walk_plainly(forest: Forest, row: list[float]) -> float:
    """Return the margin of one row in plain Python: the reference of the kernel."""
    total = 0.0
    for root in forest.roots.tolist():
        node = root
        while forest.feature[node] >= 0:
            given = row[forest.feature[node]]
            goes_left = bool(forest.missing_left[node]) if given != given else given <= forest.threshold[node]  # noqa: PLR0124 - only a missing value differs from itself
            node = int(forest.left[node] if goes_left else forest.right[node])
        total += float(forest.value[node])
    return total
