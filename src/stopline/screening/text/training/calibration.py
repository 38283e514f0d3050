"""Turning margins into probabilities, on rows that took no part in fitting.

Each script has its own line `slope * margin + offset`. It is fitted as if one message in four were
fraud, then lowered until every kind of honest traffic keeps its bound of false positives.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.scoring import SIZES

FRAUD_SHARE: Final = 0.25
BOUNDS: Final[dict[str, float]] = {
    "zh_personal": 0.003, "zh_bdci": 0.004, "zh_mudou": 0.02, "notices": 0.007, "zh_telegram": 0.025,
    "zh_fake_base_station": 0.03, "en_mishra": 0.01, "en_supersms": 0.006,
}  # fmt: skip
_USUAL_BOUND: Final = 0.005
LEAST_PENALTY: Final = 0.3
"""Of any size of window: honest texts of a kind that is not among these rows also have a worst window."""


def calibrate(
    margins: NDArray[np.float64], fraud: NDArray[np.bool_], weight: NDArray[np.float64],
    groups: NDArray[np.str_],
) -> NDArray[np.float64]:  # fmt: skip
    """Slope, offset and the penalty of each size of window for one script, from development rows.

    `margins` holds that of the whole and of the worst window of each size. A size is penalised until, taken alone,
    it keeps every honest group within its bound.
    """
    share = np.where(fraud, FRAUD_SHARE / weight[fraud].sum(), (1 - FRAUD_SHARE) / weight[~fraud].sum())
    importance = weight * share
    whole, windows = margins[:, 0], margins[:, 1:]
    slope, offset = _logistic(whole, fraud, importance)
    honest, groups_of, weight_of = ~fraud, groups[~fraud], weight[~fraud]
    decision = max(-offset / slope, _bounded(whole[honest], weight_of, groups_of))
    penalties = [
        max(_bounded(windows[honest, size], weight_of, groups_of) - decision, LEAST_PENALTY) for size in range(SIZES)
    ]
    margin = np.maximum(whole, (windows - penalties).max(axis=1))
    slope, offset = _logistic(margin, fraud, importance)
    decision = max(-offset / slope, _bounded(margin[honest], weight_of, groups_of))
    return np.array([slope, -slope * decision, *penalties])


def _bounded(margin: NDArray[np.float64], weight: NDArray[np.float64], groups: NDArray[np.str_]) -> float:
    """The lowest margin at which no group of honest messages exceeds its bound."""
    lowest = -np.inf
    for group in np.unique(groups):
        mine = groups == group
        order = np.argsort(-margin[mine], kind="stable")
        above = np.cumsum(weight[mine][order]) / weight[mine].sum()
        allowed = np.searchsorted(above, BOUNDS.get(str(group), _USUAL_BOUND), side="right")
        if allowed < len(order):
            lowest = max(lowest, float(margin[mine][order][allowed]) + 1e-6)
    return lowest


def _logistic(
    margin: NDArray[np.float64], fraud: NDArray[np.bool_], importance: NDArray[np.float64]
) -> tuple[float, float]:
    """Weighted logistic regression on one feature by Newton's method."""
    design = np.stack([margin, np.ones_like(margin)], axis=1)
    line = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ line, -30, 30)))
        gradient = design.T @ (importance * (p - fraud)) + 1e-6 * (line - [1.0, 0.0])
        curvature = (design * (importance * p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.clip(np.linalg.solve(curvature, gradient), -2.0, 2.0)
        line = line - step
        if float(np.abs(step).max()) < 1e-9:
            break
    return max(float(line[0]), 0.05), float(line[1])
