"""The score of a verdict, in one place: the inline kernel and the explanation of years later run the same code.

Conduct gives a base by itself, each rule that hit closes a part of what is left open, and the verdict bounds the
whole: one minus the product of what each part leaves open, in the order of the rules, rounded to nine digits, since
the last bits differ between machines.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.compiled import compiled

F64 = NDArray[np.float64]
I8 = NDArray[np.int8]

# Log-odds of conduct alone. It ranks what no rule stops; by itself it never reaches .5.
_BASE: Final = -7.0
_CALLEES: Final = 1.3
_OUTGOING: Final = 2.0
_UNANSWERED: Final = 2.0
_DEVICES: Final = 0.8

HIGHEST: Final = np.array([0.499, 0.499, 0.899, 1.0])
"""Of PASS, FLAG, HOLD, BLOCK: .5 divides what is stopped from the rest."""
LOWEST: Final = np.array([0.0, 0.0, 0.5, 0.9])

CONDUCT: Final = ("callees_today", "callee_ratio", "answered_ratio", "number_devices", "outgoing_ratio")
"""The features that the base of a call rests on, in the order of the kernels; NaN = not known."""


@compiled(allocates=False)
def nine_digits(value: float) -> float:
    """Return a number rounded to nine digits, halves to even, as NumPy rounds."""
    return float(np.rint(value * 1e9) / 1e9)


@compiled(allocates=False)
def conduct_base(callees: float, callee_ratio: float, answered: float, devices: float, outgoing: float) -> float:
    """Return the probability that conduct alone gives; what is not known counts as the quiet middle."""
    many = 0.0 if math.isnan(callees) else callees
    many *= 0.0 if math.isnan(callee_ratio) else callee_ratio
    odds = (
        _BASE
        + _CALLEES * math.log1p(many)
        + _OUTGOING * (0.5 if math.isnan(outgoing) else outgoing)
        + _UNANSWERED * (1.0 - (0.5 if math.isnan(answered) else answered))
    )
    if devices > 1.0:
        odds += _DEVICES * math.log(devices)
    return nine_digits(1.0 / (1.0 + math.exp(-odds)))


@compiled(allocates=False)
def bounded_score(base: float, left: float, verdict: int) -> float:
    """Return the score from the base, the product of what the rules leave open, and the verdict."""
    score = 1.0 - (1.0 - base) * left
    return nine_digits(min(max(score, LOWEST[verdict]), HIGHEST[verdict]))


@compiled("void(float64[:, ::1], float64[::1])")
def base_scores(conduct: F64, base: F64) -> None:
    """Write the base of every row; `conduct` has a row for each name of CONDUCT."""
    for row in range(len(base)):
        base[row] = conduct_base(conduct[0, row], conduct[1, row], conduct[2, row], conduct[3, row], conduct[4, row])


@compiled("void(float64[::1], boolean[:, ::1], float64[::1], int8[::1], float64[::1])")
def combined_scores(base: F64, hits: NDArray[np.bool_], precisions: F64, verdict: I8, score: F64) -> None:
    """Write the score of every row; `hits` is row by rule."""
    for row in range(len(base)):
        left = 1.0
        for rule in range(len(precisions)):
            if hits[row, rule]:
                left *= 1.0 - precisions[rule]
        score[row] = bounded_score(base[row], left, verdict[row])
