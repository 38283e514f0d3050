"""Screening: calls and messages, decided inline."""

from stopline.screening.campaigns.kept import Campaign
from stopline.screening.records import (
    CalledVictim,
    NumberEntry,
    Release,
    ReportedLine,
    ScreeningHour,
    Snooze,
    StoppedText,
    Verdict,
)
from stopline.screening.trial import BackTest, ShadowTally

RECORDS: tuple[type, ...] = (
    Release,
    NumberEntry,
    Snooze,
    ReportedLine,
    CalledVictim,
    Verdict,
    StoppedText,
    ScreeningHour,
    Campaign,
    BackTest,
    ShadowTally,
)
