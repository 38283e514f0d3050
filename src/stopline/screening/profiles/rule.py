"""The shipped rule over profiles: one that anybody can check by hand, beside the score that nobody can."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NAME: Final = "CALLS_OUT_TO_STRANGERS"
OUTGOING_SHARE: Final = 0.9
CALLEE_RATIO: Final = 0.5
CALLS_PER_ACTIVE_DAY: Final = 20


def calls_out_to_strangers(outgoing_share: Floats, callee_ratio: Floats, calls_per_active_day: Floats) -> Floats:
    """Return 1 where all three conditions hold, 0 where one does not, NaN where a missing value leaves it open.

    Outgoing share >= .9, distinct-callee ratio >= .5, and at least 20 calls on an active day.
    """
    columns = (outgoing_share, callee_ratio, calls_per_active_day)
    bounds = (OUTGOING_SHARE, CALLEE_RATIO, CALLS_PER_ACTIVE_DAY)
    fails = np.any([column < bound for column, bound in zip(columns, bounds, strict=True)], axis=0)
    unknown = np.any([np.isnan(column) for column in columns], axis=0)
    return np.where(fails, 0.0, np.where(unknown, np.nan, 1.0))
