"""Training a profile model: boosted trees in bags, each judged on rows it has not seen, then calibrated.

The training library is an optional extra; a trained model needs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.errors import BadField, SettingInvalid
from stopline.screening.profiles.forest import Forest
from stopline.screening.profiles.model import ProfileModel

Floats = NDArray[np.float64]

FOLDS: Final = 5
_FEWEST_OF_A_CLASS: Final = 20
_SHARED: Final[dict[str, Any]] = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.9,
    "bagging_freq": 1,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}
# Boosters that seek the best bound of a split and boosters that draw it by chance err in different rows: averaged,
# they were better than either on folds of a training table, in AUC and where false positives are few.
RECIPES: Final[dict[str, dict[str, Any]]] = {
    "sought": {**_SHARED, "num_iterations": 150},
    "drawn": {**_SHARED, "num_iterations": 200, "extra_trees": True},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table to learn from: rows x features with NaN for missing, and 1 for each row that is fraud."""

    features: tuple[str, ...]
    rows: Floats
    label: NDArray[np.bool_]


def train(table: Table, *, seed: int, facts: dict[str, Any], progress: Any = None) -> ProfileModel:  # noqa: ANN401 - called with a share
    """Return a model of a table; equal tables and seeds give equal models.

    Raises BadField when the label has one class or too few rows of one, SettingInvalid without the extra.
    """
    positives = int(table.label.sum())
    fewest = min(positives, len(table.label) - positives)
    if fewest < _FEWEST_OF_A_CLASS:
        why = f"{positives} rows of 1 and {len(table.label) - positives} of 0; {_FEWEST_OF_A_CLASS} of each are needed"
        raise BadField(field="label", value=positives, why=why)
    rng = np.random.default_rng(seed)
    fold = _folds(rng, table.label)
    unseen = np.zeros(len(table.label))
    for part in range(FOLDS):
        seen = fold != part
        held = _bag(table.rows[seen], table.label[seen], seed=seed * 1000 + part)
        unseen[~seen] = np.mean([booster.predict(table.rows[~seen], raw_score=True) for booster in held], axis=0)
        if progress is not None:
            progress(part, part / (2 * FOLDS))
    boosters = []
    for part in range(FOLDS):
        boosters += _bag(table.rows, table.label, seed=seed * 1000 + 500 + part)
        if progress is not None:
            progress(FOLDS + part, (FOLDS + part) / (2 * FOLDS))
    slope, shift = platt(unseen, table.label)
    probabilities = _chance(slope * unseen + shift)
    card = {
        "what": "a hint that ranks what an officer looks at; no fact, and no ground of a measure",
        **facts,
        "rows": len(table.label),
        "positives": positives,
        "seed": seed,
        "recipe": {**RECIPES, "bags": FOLDS},
        "metrics_unseen_folds": measures(table.label, probabilities),
        "limits": "holds for lines like those it learned from; calibrated to their share of fraud, not a country's",
    }
    forest = forest_of([booster.dump_model() for booster in boosters])
    return ProfileModel(features=table.features, forest=forest, slope=slope, shift=shift, card=card)


def platt(margins: Floats, label: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and shift of the logistic curve through margins of unseen rows (Platt 1999, smoothed targets)."""
    positives, negatives = int(label.sum()), int((~label).sum())
    target = np.where(label, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, shift = 0.0, 0.0
    loss = _loss(margins, target, slope, shift)
    for _ in range(60):
        chance = _chance(slope * margins + shift)
        weight = np.maximum(chance * (1 - chance), 1e-12)
        error = chance - target
        gradient = np.array([float(error @ margins), float(error.sum())])
        cross = float(weight @ margins)
        curve = np.array([[float(weight @ (margins * margins)) + 1e-9, cross], [cross, float(weight.sum()) + 1e-9]])
        step = np.linalg.solve(curve, gradient)
        length = 1.0
        while _loss(margins, target, slope - length * step[0], shift - length * step[1]) > loss and length > 1e-6:
            length /= 2  # Newton's step may overshoot where margins are far from nought
        slope, shift = slope - length * float(step[0]), shift - length * float(step[1])
        loss = _loss(margins, target, slope, shift)
        if float(np.abs(step).max()) < 1e-9:
            break
    return max(slope, 1e-6), shift


def _chance(margins: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(margins, -500, 500)))


def _loss(margins: Floats, target: Floats, slope: float, shift: float) -> float:
    given = slope * margins + shift
    return float(np.sum(np.logaddexp(0, given) - target * given))


def measures(label: NDArray[np.bool_], score: Floats) -> dict[str, float]:
    """Return AUC, recall at 1 % false positives, precision and recall at .5, and the Brier score."""
    called = score >= 0.5
    found = int((called & label).sum())
    return {
        "auc": round(auc(label, score), 4),
        "recall_at_1_percent": round(recall_at(label, score, 0.01), 4),
        "precision": round(found / max(1, int(called.sum())), 4),
        "recall": round(found / max(1, int(label.sum())), 4),
        "brier": round(float(np.mean((score - label) ** 2)), 4),
    }


def auc(label: NDArray[np.bool_], score: Floats) -> float:
    """Return the chance that a positive stands above a negative; ties count half."""
    order = np.sort(score)
    ranks = (np.searchsorted(order, score, "left") + np.searchsorted(order, score, "right") + 1) / 2
    positives = int(label.sum())
    negatives = len(label) - positives
    return float((ranks[label].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def recall_at(label: NDArray[np.bool_], score: Floats, false_positives: float) -> float:
    """Return the recall at the lowest threshold that passes at most this share of the negatives."""
    negatives = np.sort(score[~label])[::-1]
    bound = negatives[int(false_positives * len(negatives))]
    return float((score[label] > bound).mean())


def forest_of(dumps: Sequence[dict[str, Any]]) -> Forest:
    """Return the trees of trained boosters, averaged over them, as one forest."""
    rows: list[tuple[int, float, int, int, int, float]] = []
    roots: list[int] = []
    for dump in dumps:
        for tree in dump["tree_info"]:
            roots.append(len(rows))
            _add(rows, tree["tree_structure"], len(dumps))
    columns = list(zip(*rows, strict=True))
    return Forest(
        roots=np.array(roots, dtype=np.int32),
        feature=np.array(columns[0], dtype=np.int32),
        threshold=np.array(columns[1], dtype=np.float64),
        left=np.array(columns[2], dtype=np.int32),
        right=np.array(columns[3], dtype=np.int32),
        missing_left=np.array(columns[4], dtype=np.uint8),
        value=np.array(columns[5], dtype=np.float64),
    )


def _add(rows: list[tuple[int, float, int, int, int, float]], node: dict[str, Any], bags: int) -> int:
    place = len(rows)
    if "leaf_value" in node:
        rows.append((-1, 0.0, 0, 0, 0, node["leaf_value"] / bags))
        return place
    threshold = float(node["threshold"])
    # where no row of the training table missed the value, the library reads a missing one as nought
    left_when_missing = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0
    rows.append((-1, 0.0, 0, 0, 0, 0.0))
    left = _add(rows, node["left_child"], bags)
    right = _add(rows, node["right_child"], bags)
    value = node["internal_value"] / bags
    rows[place] = (node["split_feature"], threshold, left, right, int(left_when_missing), value)
    return place


def _folds(rng: np.random.Generator, label: NDArray[np.bool_]) -> NDArray[np.int64]:
    fold = np.zeros(len(label), dtype=np.int64)
    for kind in (True, False):
        places = rng.permutation(np.flatnonzero(label == kind))
        fold[places] = np.arange(len(places)) % FOLDS
    return fold


def _bag(rows: Floats, label: NDArray[np.bool_], *, seed: int) -> list[Any]:
    return [_boosted(rows, label, recipe, seed=seed) for recipe in RECIPES]


def _boosted(rows: Floats, label: NDArray[np.bool_], recipe: str, *, seed: int) -> Any:  # noqa: ANN401 - the library states no types here
    try:
        import lightgbm  # noqa: PLC0415 - an optional extra
    except ImportError as cause:
        why = "training needs the extra: pip install 'stopline[profiles]'; scoring does not"
        raise SettingInvalid(name="lightgbm", value=None, source="installed packages", why=why) from cause
    return lightgbm.train({**RECIPES[recipe], "seed": seed}, lightgbm.Dataset(rows, label.astype(np.float64)))
