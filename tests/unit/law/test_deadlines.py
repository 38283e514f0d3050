from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.errors import BadField, RegisterInvalid
from stopline.law.deadlines import Calendar, due, due_for_person
from stopline.law.register import Register, Standing, Term, Unit

CN = Calendar.shipped("CN")
IN = Calendar.shipped("IN")


def local(calendar: Calendar, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=calendar.zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-11-23T14:05", Term(48, Unit.HOURS), "2026-11-25T14:05"),
        ("2026-11-23T14:05", Term(7, Unit.DAYS), "2026-11-30T14:05"),
        ("2026-11-23T14:05", Term(6, Unit.MONTHS), "2027-05-23T14:05"),
        ("2026-11-23T14:05", Term(3, Unit.YEARS), "2029-11-23T14:05"),
        # a month without the day ends with its last day
        ("2026-08-31T10:00", Term(6, Unit.MONTHS), "2027-03-01T00:00"),
        ("2026-08-28T10:00", Term(6, Unit.MONTHS), "2027-02-28T10:00"),
        ("2024-02-29T10:00", Term(1, Unit.YEARS), "2025-03-01T00:00"),
        ("2024-02-29T10:00", Term(4, Unit.YEARS), "2028-02-29T10:00"),
        ("2026-12-31T23:59", Term(2, Unit.MONTHS), "2027-03-01T00:00"),
        # working days end with the day
        ("2026-11-23T14:05", Term(3, Unit.WORKING_DAYS), "2026-11-27T00:00"),
        ("2026-11-20T14:05", Term(1, Unit.WORKING_DAYS), "2026-11-24T00:00"),
        # the National Day week of 2026: rest from 1 to 7 October, work on Saturday the 10th
        ("2026-09-30T09:00", Term(3, Unit.WORKING_DAYS), "2026-10-11T00:00"),
        # Sunday 20 September 2026 is worked
        ("2026-09-18T09:00", Term(1, Unit.WORKING_DAYS), "2026-09-21T00:00"),
        # Spring Festival of 2025: rest from 28 January to 4 February, work on 26 January
        ("2025-01-25T09:00", Term(1, Unit.WORKING_DAYS), "2025-01-27T00:00"),
        ("2025-01-27T09:00", Term(1, Unit.WORKING_DAYS), "2025-02-06T00:00"),
    ],
)
def test_a_chinese_term_ends_where_the_calendar_says(start: str, term: Term, end: str) -> None:
    assert due(local(CN, start), term, CN) == local(CN, end)


def test_the_local_day_decides_and_not_the_utc_day() -> None:
    # 2026-11-23 20:00 UTC is Tuesday the 24th in Shanghai: the next working day is Wednesday
    at = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert due(at, Term(1, Unit.WORKING_DAYS), CN) == local(CN, "2026-11-26T00:00")
    # 30 January 17:00 UTC is already the 31st there, and February has no such day
    at = datetime(2026, 1, 30, 17, tzinfo=UTC)
    assert due(at, Term(1, Unit.MONTHS), CN) == local(CN, "2026-03-01T00:00")


def test_india_keeps_its_own_days_and_zone() -> None:
    assert not IN.works(date(2026, 1, 26))
    assert CN.works(date(2026, 1, 26))
    ends = due(local(IN, "2026-08-14T12:00"), Term(1, Unit.WORKING_DAYS), IN)
    assert ends == datetime(2026, 8, 17, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        # 7 days from Friday 13 November end on Friday the 20th, at midnight
        ("2026-11-13T09:00", Term(7, Unit.DAYS), "2026-11-21T00:00"),
        # 7 days from Saturday end on a Saturday, so on Monday
        ("2026-11-14T09:00", Term(7, Unit.DAYS), "2026-11-24T00:00"),
        # 7 days from 24 September end within the holiday, so on Thursday 8 October
        ("2026-09-24T09:00", Term(7, Unit.DAYS), "2026-10-09T00:00"),
        # the end of a month without the day is still its last day, here a Sunday
        ("2026-08-31T10:00", Term(6, Unit.MONTHS), "2027-03-02T00:00"),
        ("2026-11-13T09:00", Term(12, Unit.HOURS), "2026-11-13T21:00"),
        ("2026-11-13T09:00", Term(1, Unit.WORKING_DAYS), "2026-11-17T00:00"),
    ],
)
def test_a_person_has_whole_days_and_no_day_of_rest_at_the_end(start: str, term: Term, end: str) -> None:
    assert due_for_person(local(CN, start), term, CN) == local(CN, end)


def test_the_announced_years_hold_the_notices_of_the_state_council() -> None:
    for year, rest_count, worked_count in ((2025, 28, 5), (2026, 33, 6)):
        days = CN.years[year]
        assert len(days.rest_on) == rest_count
        assert len(days.worked_on) == worked_count
        assert days.standing is Standing.SECOND_HAND
        assert CN.announced(date(year, 6, 1))
    assert not CN.announced(date(2099, 1, 1))
    assert CN.works(date(2026, 2, 14))
    assert not CN.works(date(2026, 2, 17))


def test_a_year_not_announced_knows_only_its_weekends() -> None:
    assert CN.works(date(2099, 1, 1))  # a Thursday; its holiday is not known yet
    assert not CN.works(date(2099, 1, 3))


# ---------------------------------------------------------------- laws


def between(first: str, last: str) -> st.SearchStrategy[datetime]:
    low, high = datetime.fromisoformat(first), datetime.fromisoformat(last)
    return st.datetimes(low, high, timezones=st.just(UTC))


instants = between("2000-01-01", "2100-01-01")
near = between("2024-12-01", "2027-02-01")
terms = st.builds(Term, st.integers(1, 60), st.sampled_from(Unit))
calendars = st.sampled_from([CN, IN])


@given(instants | near, terms, calendars)
def test_a_term_ends_after_it_begins(at: datetime, term: Term, calendar: Calendar) -> None:
    ends = due(at, term, calendar)
    assert ends > at
    assert ends.tzinfo is UTC
    assert due_for_person(at, term, calendar) >= ends


@given(instants | near, st.integers(0, 3 * 86_400), terms, calendars)
def test_a_later_start_never_ends_earlier(at: datetime, later_s: int, term: Term, calendar: Calendar) -> None:
    later = at + timedelta(seconds=later_s)
    assert due(later, term, calendar) >= due(at, term, calendar)
    assert due_for_person(later, term, calendar) >= due_for_person(at, term, calendar)


@given(near, st.sampled_from(Unit), st.integers(1, 40), calendars)
def test_a_longer_term_ends_later(at: datetime, unit: Unit, amount: int, calendar: Calendar) -> None:
    assert due(at, Term(amount + 1, unit), calendar) > due(at, Term(amount, unit), calendar)


@given(near, st.integers(1, 40), calendars)
def test_working_days_count_each_worked_day_and_no_day_of_rest(at: datetime, amount: int, calendar: Calendar) -> None:
    ends = due(at, Term(amount, Unit.WORKING_DAYS), calendar)
    day = at.astimezone(calendar.zone).date()
    last = (ends - timedelta(microseconds=1)).astimezone(calendar.zone).date()
    assert calendar.works(last)
    worked = 0
    while day < last:
        day += timedelta(days=1)
        worked += calendar.works(day)
    assert worked == amount


@given(instants | near, terms, calendars)
def test_no_term_outlasts_its_longest_reading(at: datetime, term: Term, calendar: Calendar) -> None:
    if term.unit is not Unit.WORKING_DAYS:
        assert due(at, term, calendar) - at <= timedelta(hours=term.hours_at_most)


@given(instants, st.integers(1, 20))
def test_twelve_months_are_a_year(at: datetime, years: int) -> None:
    months = Term(12 * years, Unit.MONTHS)
    assert due(at, months, CN) == due(at, Term(years, Unit.YEARS), CN)


def test_every_term_of_the_register_comes_due() -> None:
    at = local(CN, "2026-11-23T14:05")
    seen = 0
    for entry in Register.shipped().current():
        for field in ("max_term", "notice_within", "release_within", "appeal_decide_within"):
            term: Term | None = getattr(entry, field)
            if term is not None:
                seen += 1
                assert due(at, term, CN) > at
    assert seen > 100


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "at",
    [datetime.fromisoformat("2026-01-01"), datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
)
def test_an_instant_that_cannot_be_counted_is_refused(at: datetime) -> None:
    with pytest.raises(BadField, match="at = "):
        due(at, Term(1, Unit.DAYS), CN)


GOOD = """
jurisdiction: XX
time_zone: Asia/Shanghai
years:
  2026: {source: a notice, standing: unverified, rest: [2026-01-01..2026-01-03], worked: [2026-01-04]}
"""


def test_a_calendar_is_read_as_it_stands() -> None:
    calendar = Calendar.parse(GOOD, source="xx.yaml")
    year = calendar.years[2026]
    assert year.rest_on == {date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)}
    assert year.worked_on == {date(2026, 1, 4)}
    assert year.standing is Standing.UNVERIFIED
    assert calendar.digest != Calendar.parse(GOOD + "\n", source="xx.yaml").digest


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("Asia/Shanghai", "Asia/Nowhere", "Nowhere"),
        ("2026-01-01..2026-01-03", "2026-01-03..2026-01-01", "not a stretch"),
        ("2026-01-01..2026-01-03", "2025-12-31..2026-01-03", "not a stretch"),
        ("2026-01-01..2026-01-03", "2026-02-30", "day is out of range"),
        ("worked: [2026-01-04]", "worked: [2026-01-03]", "both rest and work"),
        ("worked: [2026-01-04]", "worked: [2026-01-05]", "no weekend day"),
        ("worked: [2026-01-04]", "works: [2026-01-04]", "needs exactly"),
        ("rest: [2026-01-01..2026-01-03]", "rest: 2026-01-01", "not a list"),
        ("standing: unverified", "standing: sure", "sure"),
        ("  2026: {", "  MMXXVI: {", "MMXXVI"),
        ("jurisdiction: XX", "country: XX", "needs exactly"),
        ("years:", "years: [", "xx.yaml"),
    ],
)
def test_a_calendar_with_a_fault_is_refused_whole(old: str, new: str, why: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(RegisterInvalid, match=why):
        Calendar.parse(GOOD.replace(old, new), source="xx.yaml")


def test_a_calendar_that_is_no_text_is_refused() -> None:
    for text in ("", "[]", b"\xff\xfe"):
        with pytest.raises(RegisterInvalid):
            Calendar.parse(text, source="xx.yaml")


def test_a_jurisdiction_without_a_calendar_is_named() -> None:
    with pytest.raises(RegisterInvalid, match="ZZ"):
        Calendar.shipped("ZZ")
