"""The features of a profile, defined once: what a table built from calls holds, and what follows from it.

A call counts when it was answered, and when its record says nothing of its outcome: records kept for billing hold
answered calls only, so that both mean the same. Days and hours are local ones. A ratio whose divisor is nought, and
whatever is not known, is missing (NaN).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A feature that is counted from the calls of one number over the whole file."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A feature that is one counted feature divided by another."""

    name: str
    unit: str
    meaning: str
    part: str
    whole: str


COUNTED: Final = (
    Counted(name="days_count", unit="days", meaning="days on which it made or got a call"),
    Counted(name="calls_count", unit="calls", meaning="calls made and got"),
    Counted(name="calls_out_count", unit="calls", meaning="calls made"),
    Counted(name="contacts_count", unit="numbers", meaning="different numbers at the other end of its calls"),
    Counted(name="callees_count", unit="numbers", meaning="different numbers that it called"),
    Counted(name="devices_count", unit="devices", meaning="different devices that it called from"),
    Counted(name="cells_count", unit="cells", meaning="different cells that it called from"),
    Counted(name="hours_count", unit="hours", meaning="different hours of the day (of 24) in which it had calls"),
    Counted(name="night_calls_count", unit="calls", meaning="calls from 22 to 6 o'clock"),
    Counted(name="busiest_day_count", unit="calls", meaning="calls on the day that had most"),
    Counted(
        name="busiest_hour_count", unit="calls", meaning="calls in the hour of the day that had most, over all days"
    ),
    Counted(name="busiest_contact_count", unit="calls", meaning="calls with the number that it spoke to most"),
    Counted(name="talk_mean_s", unit="seconds", meaning="mean length of its calls, where it is known"),
    Counted(name="talk_max_s", unit="seconds", meaning="length of its longest call"),
    Counted(name="attempts_out_count", unit="calls", meaning="calls made, answered or not"),
    Counted(name="attempts_in_count", unit="calls", meaning="calls got, answered or not"),
)

DERIVED: Final = (
    Derived(name="calls_per_day", unit="calls a day", meaning="calls on an active day",
            part="calls_count", whole="days_count"),
    Derived(name="contacts_per_day", unit="numbers a day", meaning="different numbers over all active days",
            part="contacts_count", whole="days_count"),
    Derived(name="contact_ratio", unit="0 to 1", meaning="different numbers among its calls, made and got",
            part="contacts_count", whole="calls_count"),
    Derived(name="callee_ratio", unit="0 to 1", meaning="different numbers called among the calls made",
            part="callees_count", whole="calls_out_count"),
    Derived(name="outgoing_ratio", unit="0 to 1", meaning="calls made among its calls",
            part="calls_out_count", whole="calls_count"),
    Derived(name="night_ratio", unit="0 to 1", meaning="calls from 22 to 6 o'clock among its calls",
            part="night_calls_count", whole="calls_count"),
    Derived(name="busiest_day_ratio", unit="0 to 1", meaning="calls on its busiest day among its calls",
            part="busiest_day_count", whole="calls_count"),
    Derived(name="busiest_hour_ratio", unit="0 to 1", meaning="calls in its busiest hour of the day among its calls",
            part="busiest_hour_count", whole="calls_count"),
    Derived(name="busiest_contact_ratio", unit="0 to 1", meaning="calls with its most frequent contact among its calls",
            part="busiest_contact_count", whole="calls_count"),
    Derived(name="answered_out_ratio", unit="0 to 1", meaning="answered ones among the calls made",
            part="calls_out_count", whole="attempts_out_count"),
    Derived(name="answered_in_ratio", unit="0 to 1", meaning="answered ones among the calls got",
            part="calls_in_count", whole="attempts_in_count"),
)  # fmt: skip

COUNTED_NAMES: Final = tuple(feature.name for feature in COUNTED)
DERIVED_NAMES: Final = tuple(feature.name for feature in DERIVED)


def derived(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the derived features that can be told from some columns; what these give themselves is not told again."""
    found: dict[str, Floats] = {}
    parts = dict(columns)
    if "calls_count" in parts and "calls_out_count" in parts:
        parts.setdefault("calls_in_count", parts["calls_count"] - parts["calls_out_count"])
    for feature in DERIVED:
        if feature.part in parts and feature.whole in parts and feature.name not in columns:
            whole = parts[feature.whole]
            found[feature.name] = np.divide(
                parts[feature.part], whole, out=np.full(len(whole), np.nan), where=whole > 0
            )
    return found
