"""How near a person seems to paying: seconds talked, number of contacts, and the trick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from stopline.dissuasion.records import WarningLevel

# tricks in which one long talk is often enough to make a person pay
_PRESSING: Final = frozenset({"authority", "customer_service", "credit", "loan", "acquaintance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The thresholds, the terms and the cap on visits; house rules, since the law names no figure."""

    high_s: int = 180
    pressing_high_s: int = 90
    mid_s: int = 45
    high_contacts: int = 3
    mid_contacts: int = 2
    visits_most: int = 3
    sign_within: timedelta = timedelta(minutes=5)
    meet_within: timedelta = timedelta(minutes=60)
    keep: timedelta = timedelta(days=40)  # the last follow-up is at thirty days
    watch: timedelta = timedelta(days=30)

    def of(self, *, seconds: int, contacts: int, typology: str) -> WarningLevel:
        """Return the level for what a carrier told of one person."""
        high_s = self.pressing_high_s if typology in _PRESSING else self.high_s
        long_talks = contacts >= self.high_contacts and seconds >= self.mid_s
        if seconds >= high_s or long_talks:
            return WarningLevel.HIGH
        if seconds >= self.mid_s or contacts >= self.mid_contacts:
            return WarningLevel.MID
        return WarningLevel.LOW


FOLLOW_UPS: Final = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))
LEVELS: Final = Levels()
RANK: Final = {WarningLevel.LOW: 0, WarningLevel.MID: 1, WarningLevel.HIGH: 2}
