"""An indicator: one figure, what it counts, its unit and definition in two languages, and the one query behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import yaml

from stopline.kernel.errors import RegisterInvalid

SMALLEST_SHOWN = 5  # fewer people than this in a district are not shown (LAW safeguard 49)


class Counts(StrEnum):
    """What a figure counts; people and contacts are never mixed."""

    PEOPLE = "people"  # each person once
    CONTACTS = "contacts"  # each contact, so one person may stand in it several times
    EVENTS = "events"
    MONEY = "money"  # minor units
    DURATION = "duration"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A definition as it stands in indicators.yaml; `sql` gives one value, or (district, value) where split."""

    id: str
    name: dict[str, str]
    unit: dict[str, str]
    definition: dict[str, str]
    counts: Counts
    by_district: bool
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One value of one indicator in one edition; `value` is None where there was nothing to measure or to show."""

    id: str
    district: str
    name: dict[str, str]
    unit: dict[str, str]
    definition: dict[str, str]
    counts: Counts
    value: float | None
    suppressed: bool
    query: str
    query_digest: str


def indicators() -> tuple[Indicator, ...]:
    """Return every indicator, in the order of the bulletin; raises RegisterInvalid naming the faulty one."""
    return _shipped()


@cache
def _shipped() -> tuple[Indicator, ...]:
    text = (resources.files("stopline.bulletin") / "indicators.yaml").read_text(encoding="utf-8")
    return parse(text)


def parse(text: str) -> tuple[Indicator, ...]:
    """Read indicators from YAML; raises RegisterInvalid for one without both languages, unit, definition or query."""
    found = tuple(_indicator(row) for row in yaml.safe_load(text))
    ids = [one.id for one in found]
    if len(set(ids)) != len(ids):
        raise RegisterInvalid(source="indicators", entry=str(ids), why="an id stands twice")
    return found


def figures_of(indicator: Indicator, rows: Sequence[tuple[str, float | None]]) -> tuple[Figure, ...]:
    """Return the figures of a query's rows; small numbers of people in a district are kept back."""
    digest = hashlib.sha256(indicator.sql.encode()).hexdigest()
    found = [
        Figure(
            id=indicator.id,
            district=district,
            name=indicator.name,
            unit=indicator.unit,
            definition=indicator.definition,
            counts=indicator.counts,
            value=value,
            suppressed=False,
            query=indicator.sql,
            query_digest=digest,
        )
        for district, value in rows
    ]
    return tuple(_suppressed(found) if indicator.by_district and indicator.counts is Counts.PEOPLE else found)


def _suppressed(figures: list[Figure]) -> list[Figure]:
    """Keep back cells of fewer than five people; a single one takes the next smallest along.

    Otherwise the total, which is published, would give it away by subtraction.
    """
    hidden = {one.district for one in figures if one.value is not None and 0 < one.value < SMALLEST_SHOWN}
    if len(hidden) == 1:
        shown = [one for one in figures if one.district not in hidden and one.value]
        hidden |= {min(shown, key=lambda one: (one.value or 0, one.district)).district} if shown else set()
    return [replace(one, value=None, suppressed=True) if one.district in hidden else one for one in figures]


def _indicator(row: Any) -> Indicator:  # noqa: ANN401 - a row as YAML gives it
    name = str(row.get("id", "?"))
    for part in ("name", "unit", "definition"):
        if set(row.get(part) or {}) != {"zh", "en"}:
            raise RegisterInvalid(source="indicators", entry=name, why=f"{part} is needed in zh and en")
    if not str(row.get("sql", "")).strip():
        raise RegisterInvalid(source="indicators", entry=name, why="a query is needed")
    return Indicator(
        id=name,
        name=dict(row["name"]),
        unit=dict(row["unit"]),
        definition=dict(row["definition"]),
        counts=Counts(row["counts"]),
        by_district=bool(row.get("by_district", False)),
        sql=str(row["sql"]).strip(),
    )
