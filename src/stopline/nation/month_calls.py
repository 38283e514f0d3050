"""The calls behind a month's habits: drawn at once for some lines, as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stopline.nation.population import Floats, Ints

DAYS: Final = 31
_BEGIN_US: Final = int(datetime(2026, 2, 28, 16, tzinfo=UTC).timestamp() * 1e6)  # 1 March 2026, midnight in China
_DAY_US: Final = 86_400_000_000
_HOUR_US: Final = 3_600_000_000
_MISSED_IN: Final = 0.40  # of the calls that reach a line; ours
_FAVOURITES: Final = 2.5  # people call the same few most


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What lines do in a month, one value a line.

    `days` they are seen on, answered `calls` on such a day (made and got), `ratio` of different numbers among these,
    `share` of calls made, mean `seconds` of an answered call, `phones` they call from, `hours` of the day they are
    active in, and the share of their calls out that is answered. A `burnt` line's days follow one another.
    """

    days: Ints
    calls: Floats
    ratio: Floats
    share: Floats
    seconds: Floats
    phones: Ints
    hours: Ints
    answer: Floats
    burnt: NDArray[np.bool_]

    def of(self, some: slice) -> Habits:
        """Return the habits of some lines."""
        return Habits(**{item.name: getattr(self, item.name)[some] for item in fields(self)})


def calls_of(rng: np.random.Generator, numbers: list[str], habits: Habits, *, first: int) -> pa.Table:
    """Return the month's calls of some lines, `first` being the place of the first; answered ones come first.

    Every day, hour, contact and phone of a habit occurs at least once where there are calls enough.
    """
    talks = np.maximum(1, np.rint(habits.calls * habits.days)).astype(np.int64)
    made = np.clip(np.rint(talks * habits.share), 0, talks).astype(np.int64)
    contacts = np.clip(np.rint(talks * habits.ratio), 1, talks).astype(np.int64)
    answered = _Rows.of(rng, talks, made)
    missed_out = np.rint(made * (1 / habits.answer - 1)).astype(np.int64)
    missed_in = np.rint((talks - made) * _MISSED_IN).astype(np.int64)
    missed = _Rows.of(rng, missed_out + missed_in, missed_out)
    days, hours = _days(rng, habits), _hours(rng, habits)
    parts = []
    for rows, heard in ((answered, True), (missed, False)):
        at_us = _BEGIN_US + days.slot(rng, rows) * _DAY_US + hours.slot(rng, rows) * _HOUR_US
        at_us += rng.integers(0, _HOUR_US, len(at_us))
        other = _others(rng, rows, contacts, habits, first=first, heard=heard)
        parts.append(_table(rng, numbers, habits, rows, at_us=at_us, other=other, first=first, heard=heard))
    return pa.concat_tables(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Calls of lines: whose each is, the how-manieth of its line in an order by chance, and whether it was made."""

    owner: Ints
    place: Ints
    made: NDArray[np.bool_]
    count: Ints

    @classmethod
    def of(cls, rng: np.random.Generator, count: Ints, made: Ints) -> _Rows:
        owner = np.repeat(np.arange(len(count)), count)
        return cls(owner=owner, place=_shuffled(rng, owner, count), made=_shuffled(rng, owner, count) < made[owner],
                   count=count)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slots:
    """The days or hours that lines use: `values` in a row for each, `most` of them in use."""

    values: Ints
    most: Ints

    def slot(self, rng: np.random.Generator, rows: _Rows) -> Ints:
        """Return one of them for each call: each once, then any."""
        order = _shuffled(rng, rows.owner, rows.count)
        most = self.most[rows.owner]
        any_of_them = (rng.random(len(order)) * most).astype(np.int64)
        found: Ints = self.values[rows.owner, np.where(order < most, order, any_of_them)]
        return found


def _shuffled(rng: np.random.Generator, owner: Ints, count: Ints) -> Ints:
    """Return 0, 1, 2, … within each owner's rows, by chance."""
    order = np.lexsort((rng.random(len(owner)), owner))
    starts = np.cumsum(count) - count
    place = np.empty(len(owner), dtype=np.int64)
    place[order] = np.arange(len(owner)) - starts[owner]
    return place


def _days(rng: np.random.Generator, habits: Habits) -> _Slots:
    count = len(habits.days)
    anyhow = np.argsort(rng.random((count, DAYS)), axis=1)
    begin = (rng.random(count) * (DAYS + 1 - habits.days)).astype(np.int64)
    in_a_row = (begin[:, None] + np.arange(DAYS)) % DAYS
    return _Slots(values=np.where(habits.burnt[:, None], in_a_row, anyhow), most=habits.days)


def _hours(rng: np.random.Generator, habits: Habits) -> _Slots:
    begin = np.clip(np.rint(14.5 - habits.hours / 2 + rng.normal(0, 1.0, len(habits.hours))), 0, 24 - habits.hours)
    return _Slots(values=(begin.astype(np.int64)[:, None] + np.arange(24)) % 24, most=habits.hours)


def _others(rng: np.random.Generator, rows: _Rows, contacts: Ints, habits: Habits, *, first: int, heard: bool) -> Ints:
    """Return the number at the other end: each contact once and then the favourites; fraud's missed calls reach any."""
    mine = contacts[rows.owner]
    again = (mine * rng.random(len(mine)) ** _FAVOURITES).astype(np.int64)
    slot = np.where(rows.place < mine, rows.place, again) if heard else again
    # a number of eleven digits from line and slot: multiplication by an odd prime spreads them, and none meets twice
    key = (first + rows.owner) * 40_000 + np.minimum(slot, 39_999)
    known = 13_900_000_000 + key * 7_368_787 % 100_000_000
    strangers = 13_700_000_000 + rng.integers(0, 100_000_000, len(mine))
    return known if heard else np.where(habits.burnt[rows.owner], strangers, known)


def _table(  # noqa: PLR0913 - columns of one table
    rng: np.random.Generator,
    numbers: list[str],
    habits: Habits,
    rows: _Rows,
    *,
    at_us: Ints,
    other: Ints,
    first: int,
    heard: bool,
) -> pa.Table:
    ring_us = (2e6 + 6e6 * rng.standard_exponential(len(at_us))).astype(np.int64)
    answered_us = at_us + ring_us
    ended_us = answered_us + (_talk_us(rng, habits, rows) if heard else 0)
    mine = pa.array(numbers).take(pa.array(rows.owner))
    theirs = pc.binary_join_element_wise("+86", pc.cast(pa.array(other), pa.string()), "")
    made = pa.array(rows.made)
    phone = np.where(rows.place < habits.phones[rows.owner], rows.place, 0)
    device = pa.array(86 * 10**13 + (first + rows.owner) * 1_000 + phone, mask=~rows.made)
    return pa.table(
        {
            "at": _instants(at_us),
            "calling": pc.if_else(made, mine, theirs),
            "called": pc.if_else(made, theirs, mine),
            "device": pc.cast(device, pa.string()),
            "answered_at": _instants(answered_us, missing=not heard),
            "ended_at": _instants(ended_us),
        }
    )


def _talk_us(rng: np.random.Generator, habits: Habits, rows: _Rows) -> Ints:
    """Return lengths whose mean over a line's calls is what its habit says, at least a second each."""
    drawn = rng.standard_exponential(len(rows.owner))
    mean = np.bincount(rows.owner, drawn, len(rows.count)) / np.maximum(1, rows.count)
    return (np.maximum(1.0, drawn / mean[rows.owner] * habits.seconds[rows.owner]) * 1e6).astype(np.int64)


def _instants(at_us: Ints, *, missing: bool = False) -> pa.Array:
    kind = pa.timestamp("us", tz="UTC")
    return pa.nulls(len(at_us), kind) if missing else pa.array(at_us).cast(kind)
