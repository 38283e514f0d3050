"""Legal terms into instants, by the calendar of a jurisdiction.

How a term is counted (the stricter reading where the law leaves room, since most terms bind an
authority or cap a measure):

- hours run as elapsed time;
- days, months and years end at the same local time of the last day; a month without that day
  ends with its last day;
- working days leave out the day of the start and end with the last working day;
- a person's own time to act runs to the end of its last day, and on to the end of the next
  working day when that day is a day of rest (`due_for_person`).
"""

from __future__ import annotations

import calendar as gregorian
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from stopline.kernel.errors import BadField, RegisterInvalid
from stopline.law.statutes.entry import Standing, Term, Unit

_SATURDAY = 5
_LAST_YEAR = 9000  # keeps every sum within what datetime can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOfRest:
    """The days of rest of one year as announced, and the weekend days that are worked instead."""

    rest_on: frozenset[date]
    worked_on: frozenset[date]
    source: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Working days and local time of one jurisdiction.

    A year that is not announced yet knows only its weekends: a deadline in it can then fall
    earlier than the true one, never later by more than its unknown make-up days.
    """

    jurisdiction: str
    zone: ZoneInfo
    years: Mapping[int, YearOfRest]
    digest: str

    @classmethod
    def parse(cls, text: str | bytes, *, source: str) -> Calendar:
        """Read one calendar file; raises `RegisterInvalid` and loads nothing in part."""
        return _parse(text, source)

    @classmethod
    def shipped(cls, jurisdiction: str) -> Calendar:
        """Read the calendar that comes with the package, e.g. for `CN`."""
        return _shipped(jurisdiction)

    def announced(self, on: date) -> bool:
        """Return whether the days of rest of that year are known."""
        return on.year in self.years

    def works(self, on: date) -> bool:
        """Return whether the day is a working day."""
        year = self.years.get(on.year)
        if year is not None and on in year.rest_on:
            return False
        if year is not None and on in year.worked_on:
            return True
        return on.weekday() < _SATURDAY

    def end_of(self, on: date) -> datetime:
        """Return the instant (UTC) at which the local day ends."""
        return _instant(datetime.combine(on + timedelta(days=1), time.min), self.zone)


def due(at: datetime, term: Term, calendar: Calendar) -> datetime:
    """Return the instant (UTC) at which a term that starts at `at` has run out.

    Never before `at`, and never earlier for a later start. Raises `BadField` when `at` has no
    offset or lies outside what a calendar can hold.
    """
    start = _checked(at)
    if term.unit is Unit.HOURS:
        return start + timedelta(hours=term.amount)
    local = start.astimezone(calendar.zone).replace(tzinfo=None)
    match term.unit:
        case Unit.DAYS:
            return _instant(local + timedelta(days=term.amount), calendar.zone)
        case Unit.WORKING_DAYS:
            return calendar.end_of(_working_day(local.date(), term.amount, calendar))
        case Unit.MONTHS:
            return _after_months(local, term.amount, calendar)
        case Unit.YEARS:
            return _after_months(local, term.amount * 12, calendar)


def due_for_person(at: datetime, term: Term, calendar: Calendar) -> datetime:
    """Return until when (UTC) a person may still act: whole days, never ending on a day of rest.

    A house rule in favour of the person; hours stay hours.
    """
    ends = due(at, term, calendar)
    if term.unit in {Unit.HOURS, Unit.WORKING_DAYS}:
        return ends
    # A month without the day ends at the first instant after its last day: still that last day.
    last = (ends - timedelta(microseconds=1)).astimezone(calendar.zone).date()
    if not calendar.works(last):
        last = _working_day(last, 1, calendar)
    return calendar.end_of(last)


def _checked(at: datetime) -> datetime:
    if at.tzinfo is None:
        why = "has no offset; give an instant in UTC"
        raise BadField(field="at", value=at.isoformat(), why=why)
    if not 1 < at.year < _LAST_YEAR:
        raise BadField(field="at", value=at.isoformat(), why="lies outside the calendar")
    return at.astimezone(UTC)


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _working_day(start: date, amount: int, calendar: Calendar) -> date:
    """The amount-th working day after the start, which is not counted."""
    day = start
    for _ in range(amount):
        day += timedelta(days=1)
        while not calendar.works(day):
            day += timedelta(days=1)
    return day


def _after_months(local: datetime, months: int, calendar: Calendar) -> datetime:
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = gregorian.monthrange(year, month + 1)[1]
    if local.day > last:
        # no such day: the term ends with the month, so that a later start never ends earlier
        return calendar.end_of(date(year, month + 1, last))
    return _instant(local.replace(year=year, month=month + 1), calendar.zone)


@cache
def _shipped(jurisdiction: str) -> Calendar:
    name = f"{jurisdiction.lower()}.yaml"
    found = resources.files("stopline.law") / "calendars" / name
    if not found.is_file():
        raise RegisterInvalid(source=name, entry=jurisdiction, why="no such calendar is shipped")
    return Calendar.parse(found.read_bytes(), source=name)


def _parse(text: str | bytes, source: str) -> Calendar:
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        content: object = yaml.load(decoded, Loader=yaml.BaseLoader)  # noqa: S506 - strings only, no objects
        top = _table(content, {"jurisdiction", "time_zone", "years"})
        years = {
            int(year): _year(int(year), _table(body, {"source", "standing", "rest", "worked"}))
            for year, body in _table(top["years"], None).items()
        }
        return Calendar(
            jurisdiction=str(top["jurisdiction"]),
            zone=ZoneInfo(str(top["time_zone"])),
            years=years,
            digest=hashlib.sha256(decoded.encode()).hexdigest(),
        )
    except (ValueError, yaml.YAMLError, ZoneInfoNotFoundError) as broken:
        why = " ".join(str(broken).split())
        raise RegisterInvalid(source=source, entry="(calendar)", why=why) from broken


def _table(value: object, keys: set[str] | None) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a mapping")  # noqa: TRY004 - told as RegisterInvalid
    if keys is not None and set(value) != keys:
        raise ValueError(f"needs exactly {', '.join(sorted(keys))}; has {', '.join(sorted(value))}")
    return value


def _year(year: int, body: dict[str, object]) -> YearOfRest:
    rest, worked = _days(body["rest"], year), _days(body["worked"], year)
    if rest & worked:
        raise ValueError(f"{min(rest & worked)} is both rest and work")
    weekdays = sorted(day for day in worked if day.weekday() < _SATURDAY)
    if weekdays:
        raise ValueError(f"{weekdays[0]} is no weekend day, so it needs no make-up work")
    return YearOfRest(
        rest_on=rest,
        worked_on=worked,
        source=str(body["source"]),
        standing=Standing(str(body["standing"])),
    )


def _days(value: object, year: int) -> frozenset[date]:
    """Days of one year: `2026-01-04`, or a stretch `2026-02-15..2026-02-23`."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list of days")  # noqa: TRY004 - told as RegisterInvalid
    days: set[date] = set()
    for item in value:
        first, _, last = str(item).partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        if day > end or day.year != year or end.year != year:
            raise ValueError(f"{item!r} is not a stretch of days in {year}")
        while day <= end:
            days.add(day)
            day += timedelta(days=1)
    return frozenset(days)
