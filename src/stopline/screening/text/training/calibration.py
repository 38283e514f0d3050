"""Turning margins into probabilities, on rows that took no part in fitting.

Each script has its own line `slope * margin + offset`. It is fitted as if one message in four were
fraud, then lowered until every kind of honest traffic keeps its bound of false positives.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.scoring import C_PEAK, C_WHOLE

FRAUD_SHARE: Final = 0.25
PENALTIES: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
BOUNDS: Final[dict[str, float]] = {
    "zh_personal": 0.003, "zh_bdci": 0.004, "zh_mudou": 0.006, "zh_telegram": 0.025,
    "en_mishra": 0.006, "en_supersms": 0.006,
}  # fmt: skip
_USUAL_BOUND: Final = 0.005


def calibrate(
    parts: NDArray[np.float64], fraud: NDArray[np.bool_], weight: NDArray[np.float64],
    groups: NDArray[np.str_],
) -> NDArray[np.float64]:  # fmt: skip
    """Slope, offset and window penalty for one script, from development rows."""
    share = np.where(fraud, FRAUD_SHARE / weight[fraud].sum(), (1 - FRAUD_SHARE) / weight[~fraud].sum())
    importance = weight * share
    best, best_loss = np.zeros(3), np.inf
    for penalty in PENALTIES:
        margin = np.maximum(parts[:, C_WHOLE], parts[:, C_PEAK] - penalty)
        slope, offset = _logistic(margin, fraud, importance)
        loss = _loss(slope * margin + offset, fraud, importance)
        if loss < best_loss:
            best, best_loss = np.array([slope, offset, penalty]), loss
    slope, offset, penalty = best
    margin = np.maximum(parts[:, C_WHOLE], parts[:, C_PEAK] - penalty)
    decision = max(-offset / slope, _bounded(margin[~fraud], weight[~fraud], groups[~fraud]))
    return np.array([slope, -slope * decision, penalty])


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


def _loss(exponent: NDArray[np.float64], fraud: NDArray[np.bool_], importance: NDArray[np.float64]) -> float:
    signed = np.where(fraud, -exponent, exponent)
    return float((importance * np.logaddexp(0.0, signed)).sum())
