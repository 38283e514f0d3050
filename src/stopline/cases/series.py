"""A series: reports that share their work, joined one by one, each by a human decision that can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stopline.cases.extraction import IdentifierKind


class SeriesState(StrEnum):
    """Where a series stands."""

    PROPOSED = "proposed"
    JOINED = "joined"
    DISSOLVED = "dissolved"


class JoinState(StrEnum):
    """What was decided about one proposed join."""

    PROPOSED = "proposed"
    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"  # what it rested on was decided otherwise


class Stage(StrEnum):
    """How far a report belongs to a series."""

    PROPOSED = "proposed"
    JOINED = "joined"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierUse:
    """One report uses one identifier: the index by which reports that share work are found."""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("value", "sort"), ("report_id",))

    id: str
    sort: IdentifierKind
    value: str
    report_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEvidence:
    """Why two reports may be one work: what they share, from which source, and what it weighs."""

    report_a: str
    report_b: str
    kind: str
    value: str
    source: str
    spread_count: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Reports taken for one work; `seed_id` is the report that the others were first compared with."""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("state",),)

    id: str
    state: SeriesState
    seed_id: str
    member_ids: tuple[str, ...]
    typology: str
    lines: tuple[str, ...]
    accounts: tuple[str, ...]
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesJoin:
    """One proposed join: a report to a series, or (`other_id`) one series to another.

    It lists the evidence pair by pair; without a direct pair with a member nothing is proposed.
    """

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("state",),
        ("series_id",),
        ("report_id",),
        ("other_id",),
    )

    id: str
    series_id: str
    report_id: str
    other_id: str
    evidence: tuple[PairEvidence, ...]
    weight: float
    state: JoinState
    proposed_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    moved_ids: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesMember:
    """To which series a report belongs, or is proposed to belong; the id is the report's."""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("series_id",),)

    id: str
    series_id: str
    stage: Stage
