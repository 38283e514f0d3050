"""What the public doors answer: typed, in both languages, and never more than the person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Answer(StrEnum):
    """What the public check says; there is no answer that says "safe" (LAW safeguard 24)."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    OFFICIAL = "official"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceAnswer:
    """What a block or a notification tells the person concerned; never the other party nor the text.

    Texts are keyed by language; `parts` are those of a notification.
    """

    kind: str  # "measure" | "verdict"
    state: str
    parts: Mapping[str, Mapping[str, str]]
    made_at: datetime
    until_at: datetime | None = None
    open_appeal_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressAnswer:
    """Where a report or an appeal stands, for the one who holds its code."""

    state: str
    filed_at: datetime
    due_at: datetime | None = None
    decided_at: datetime | None = None
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCard:
    """The least that a published wanted notice shows (LAW safeguard 46)."""

    id: str
    name: str
    facts_zh: str
    facts_en: str
    published_at: datetime
    authority: str = ""
    reward_minor: int = 0
    currency: str = "CNY"
    number: str = ""
    name_latin: str = ""
    aliases: Sequence[str] = ()
    sex: str = ""
    birth_year: str = ""
    supplements: Sequence[Mapping[str, str]] = ()
    presumption_zh: str = ""
    presumption_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a quiz, in both languages, with its choices."""

    id: str
    text: Mapping[str, str]
    choices: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonCard:
    """One lesson: what the trick looks like and what to do, in both languages."""

    id: str
    title: Mapping[str, str]
    body: Mapping[str, str]
    questions: Sequence[Question] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One published figure with its unit, definition and period (LAW safeguard 47)."""

    id: str
    name: Mapping[str, str]
    value: float | None  # None = suppressed, the cell is too small
    unit: Mapping[str, str]
    definition: Mapping[str, str]
    query: str
    period: str
    counts: str = ""  # people, contacts, events, money, duration or ratio: never mixed
    suppressed: bool = False
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAnswer:
    """Whether an officer or a warning is the centre's own: unit and purpose, never whom it concerns."""

    unit: Mapping[str, str]
    what: Mapping[str, str]
    at: datetime
