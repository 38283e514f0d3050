from __future__ import annotations

import pytest

from stopline.bulletin.indicator import Counts, indicators, parse
from stopline.kernel.errors import RegisterInvalid

ROW = """
- id: reports
  name: {zh: 报案, en: Reports}
  unit: {zh: 件, en: items}
  definition: {zh: 期内, en: in the period}
  counts: events
  sql: SELECT 1
"""


def test_every_indicator_has_unit_and_definition_in_both_languages() -> None:
    for one in indicators():
        assert all(text.strip() for words in (one.name, one.unit, one.definition) for text in words.values()), one.id
        assert one.sql.count(":from_at") >= 1, one.id
        assert one.sql.count(":to_at") >= 1, one.id


def test_people_are_counted_in_people_and_contacts_in_contacts() -> None:
    for one in indicators():
        assert (one.unit["zh"] == "人次") == (one.counts is Counts.CONTACTS), one.id
        assert (one.unit["zh"] == "人") == (one.counts is Counts.PEOPLE), one.id


def test_money_stands_in_four_columns_and_no_query_adds_them_up() -> None:
    columns = ("stopped_minor", "frozen_minor", "released_minor", "returned_minor")
    for one in indicators():
        assert sum(column in one.sql for column in columns) <= 1, one.id
    assert set(columns) <= {one.id for one in indicators()}


def test_errors_stand_beside_successes() -> None:
    ids = {one.id for one in indicators()}
    assert {"block_appeals_upheld", "measure_appeals_upheld", "hits_false", "warnings_false", "calls_undecided"} <= ids
    assert {"incident_death", "incident_injury", "incident_use_of_force", "notices_mistaken"} <= ids


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("zh: 报案, ", ""), ("zh: 件, ", ""), ("zh: 期内, ", ""), ("SELECT 1", "''")],
)
def test_an_indicator_that_lacks_a_part_refuses_the_whole_list(was: str, becomes: str) -> None:
    assert parse(ROW)[0].id == "reports"
    with pytest.raises(RegisterInvalid, match="reports"):
        parse(ROW.replace(was, becomes))


def test_an_id_stands_once() -> None:
    with pytest.raises(RegisterInvalid, match="twice"):
        parse(ROW + ROW)
