"""Reaches people before they pay: warnings, visits that compel nobody, follow-up, and lessons."""

from __future__ import annotations

from stopline.dissuasion.lessons import Lesson, TrickSign
from stopline.dissuasion.records import OptOut, Telling, Visit, Warning, WatchedLine  # noqa: A004 - the word of the domain

RECORDS: tuple[type, ...] = (Warning, Visit, Telling, OptOut, WatchedLine, Lesson, TrickSign)
