"""What screening keeps: releases, list entries, verdicts other than PASS, and counts of the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class VerdictKind(StrEnum):
    """What is done with a call or a message, in rising order; stopped means HOLD or BLOCK."""

    PASS = "PASS"  # noqa: S105 - the word of the doors, no secret
    FLAG = "FLAG"
    HOLD = "HOLD"
    BLOCK = "BLOCK"


class ReleaseState(StrEnum):
    """Where a release stands; only FULL and PERCENTAGE decide, SHADOW is counted beside them."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    SHADOW = "shadow"
    PERCENTAGE = "percentage"
    FULL = "full"
    RETIRED = "retired"
    ROLLED_BACK = "rolled_back"


class FailPolicy(StrEnum):
    """The signed answer when no verdict could be reached."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a release sets beside its rules; signed with them."""

    fail_calls: FailPolicy = FailPolicy.OPEN
    fail_messages: FailPolicy = FailPolicy.OPEN
    term_days: int = 30  # verdicts are reproducible, and blocked text is kept, until then
    feature_days: int = 7  # feature rows of allowed calls
    hold_minutes: int = 30  # a held message waits this long, then the fail policy answers
    snooze_days: int = 30
    report_days: int = 30
    watch_blocks: int = 2  # blocks within a day that make a line one whose recent contacts carriers refer


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An immutable release: rule pack, text model and settings under one digest."""

    id: str
    title: str
    digest: str
    pack: str
    model_digest: str
    settings: Settings
    state: ReleaseState
    percentage: int
    created_by: str
    created_session: str
    created_at: datetime
    signed_by: str | None = None
    signed_session: str | None = None
    signed_at: datetime | None = None
    staged_by: str | None = None
    staged_at: datetime | None = None
    follows_id: str | None = None

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("state",),)


class ListKind(StrEnum):
    """What a list entry does."""

    BLOCK = "block"
    WATCH = "watch"
    EXEMPT = "exempt"
    SENDER = "sender"  # the number or name from which a brand writes


class EntryState(StrEnum):
    """An entry counts while it is signed and has not lapsed."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    REMOVED = "removed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberEntry:
    """One number, or a block of numbers by prefix, on a list; with owner, expiry and a second signature.

    A registered sender names its brand (an id of the brand file, or a name that only entries know), the hosts of its
    links beside those of the file, and the fingerprints of its notices.
    """

    id: str
    list_kind: ListKind
    number: str
    prefix: bool
    typology: str
    reason: str
    owner: str
    owner_session: str
    state: EntryState
    created_at: datetime
    expires_at: datetime
    signed_by: str | None = None
    signed_at: datetime | None = None
    measure_id: str | None = None
    area_measure_id: str | None = None
    ended_at: datetime | None = None
    ended_why: str = ""
    brand: str = ""
    hosts: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("state", "expires_at"), ("number",), ("measure_id",))


class SnoozeState(StrEnum):
    """A snooze holds while it is active; a long one waits for a second signature."""

    DRAFTED = "drafted"
    ACTIVE = "active"
    ENDED = "ended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Some rules do not stop a number until the snooze ends: an appeal was upheld, or an officer saw the mistake."""

    id: str
    number: str
    rules: tuple[str, ...]
    verdict_id: str
    appeal_id: str  # "" for one by an officer's hand
    from_at: datetime
    expires_at: datetime
    state: SnoozeState = SnoozeState.ACTIVE
    release_id: str = ""
    reason: str = ""
    granted_by: str = ""
    granted_session: str = ""
    signed_by: str | None = None
    signed_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    ended_why: str = ""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("state", "expires_at"),
        ("number",),
        ("verdict_id",),
        ("release_id",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedLine:
    """A line that victims named; evidence for a rule, never a block by itself. `id` is the number."""

    id: str
    typology: str
    reports_count: int
    first_at: datetime
    newest_at: datetime
    expires_at: datetime
    sources: tuple[str, ...]  # ids of the facts counted, so that one told twice counts once

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("expires_at",),)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledVictim:
    """A number that criminals called in a case, so that whoever calls several such numbers shows; never published."""

    id: str  # of the case
    number: str
    expires_at: datetime
    expired: bool = False

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("expired", "expires_at"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule that spoke, in both languages, and the entry under which it stops anything."""

    rule: str
    zh: str
    en: str
    entry: str = ""


FeatureValue = float | bool | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A verdict other than PASS. `id` is the reference; the called party is never part of it.

    `features` and `parts` reproduce it bit for bit until `expires_at`; then they, the number and the
    reasons' subject go, and reference, release, rule ids and times remain.
    """

    id: str
    channel: str
    at: datetime
    verdict: VerdictKind
    score: float
    rules: tuple[str, ...]
    reasons: tuple[Reason, ...]
    typology: str
    number: str
    carrier: str
    release_id: str
    release_digest: str
    features: dict[str, FeatureValue]
    parts: dict[str, float]
    expires_at: datetime
    muted: tuple[str, ...] = ()  # rules that a snooze kept from stopping it
    campaign_id: str = ""  # of a message, once a second copy of its text has come
    text_key: str = ""  # salted sketch of the first text that this one is a copy of
    expired: bool = False

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("expired", "expires_at"),
        ("channel", "verdict", "at"),
        ("number", "at"),
        ("carrier", "at"),
        ("campaign_id",),
        ("text_key", "campaign_id"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedText:
    """The text of a held or blocked message; it is emptied when its hold or its term ends. `id` is the reference."""

    id: str
    text: str
    template: str
    at: datetime
    expires_at: datetime
    expired: bool = False

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("expired", "expires_at"), ("template",))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningHour:
    """Counts of one hour, channel and carrier: all that remains of what was allowed. `id` is hour:channel:carrier."""

    id: str
    hour_at: datetime
    channel: str
    carrier: str
    screened_count: int = 0
    pass_count: int = 0
    flag_count: int = 0
    hold_count: int = 0
    block_count: int = 0
    undecided_count: int = 0
    rejected_count: int = 0
    rule_hits: dict[str, int] = field(default_factory=dict)
    undecided_rules: dict[str, int] = field(default_factory=dict)
    shadow_counts: dict[str, int] = field(default_factory=dict)

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("channel", "hour_at"),)
