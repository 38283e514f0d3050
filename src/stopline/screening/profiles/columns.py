"""Which columns of a table of subscribers may serve as features, and why the others may not."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.rules.features import FORBIDDEN_WORDS

MOST_FEATURES: Final = 2_000
_FEWEST_FOR_IDS: Final = 50
_PLACES: Final = frozenset(("city", "country", "county", "prefecture", "province", "region", "village"))
_COUNTS: Final = frozenset(("call", "calls", "count", "counts", "distinct", "nunique", "unique"))
_IDS: Final = frozenset((
    "id", "node", "row", "index", "number", "msisdn", "imsi", "imei", "iccid", "subscriber", "phone", "calling",
    "uuid", "user", "account", "号码", "编号",
))  # fmt: skip
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[一-鿿]+")


def refusal_of_name(name: str) -> str | None:
    """Return why a column is no feature by its name alone, or None."""
    words = [word.lower() for word in _WORD.findall(name)]
    counted = bool(_COUNTS & set(words))
    forbidden = [word for word in words if word in FORBIDDEN_WORDS or _chinese_ground(word)]
    if forbidden and not (counted and set(forbidden) <= _PLACES):
        return f"{forbidden[0]} may never be a ground"
    if not counted and words and (words[-1] in _IDS or words == ["id"]):
        return "it names the subscriber"
    return None


def refusal_of_values(name: str, values: NDArray[np.float64]) -> str | None:
    """Return why a column is no feature by what stands in it, or None.

    Whole numbers that never repeat name the row rather than describe it; places serve only as counts.
    """
    given = values[~np.isnan(values)]
    if not len(given):
        return "it is empty in every row"
    if given.min() == given.max() and len(given) == len(values):
        return "it is the same in every row"
    whole = bool(np.all(given == np.floor(given)))
    words = {word.lower() for word in _WORD.findall(name)}
    if words & _PLACES and not (whole and given.min() >= 0 and given.max() < 10_000):
        return "a place may serve only as a count"
    if whole and len(given) >= _FEWEST_FOR_IDS:
        in_order = np.sort(given)
        if bool(np.all(in_order[1:] > in_order[:-1])):
            return "no value stands twice: it names the subscriber"
    return None


def _chinese_ground(word: str) -> bool:
    return not word.isascii() and any(ground in word for ground in FORBIDDEN_WORDS if not ground.isascii())
