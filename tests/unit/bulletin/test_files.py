from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stopline.bulletin.edition import Edition
from stopline.bulletin.indicator import indicators
from stopline.kernel.errors import BadFile
from stopline.stores.editions import edition_between, shown, write_edition
from tests.factories import world

DAY = date(2026, 3, 10)


@pytest.fixture(scope="module")
def edition() -> Edition:
    with world() as made:
        return edition_between(made.store, DAY, DAY, ZoneInfo("Asia/Shanghai"))


def test_a_day_begins_at_midnight_of_the_operator(edition: Edition) -> None:
    assert edition.period == "2026-03-09 16:00 – 2026-03-10 16:00 UTC"


def test_page_table_and_queries_show_every_figure(edition: Edition, tmp_path: Path) -> None:
    page, table, queries = write_edition(edition, tmp_path / "out")
    assert [path.name for path in (page, table, queries)] == ["index.html", "figures.csv", "figures.sql"]
    with table.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["id"] for row in rows] == [figure.id for figure in edition.figures]
    assert all(row["unit_zh"] and row["definition_en"] and len(row["query_sha256"]) == 64 for row in rows)
    text = page.read_text(encoding="utf-8")
    assert all(figure.definition["zh"] in text for figure in edition.figures)
    assert edition.queries_digest in text
    sql = queries.read_text(encoding="utf-8")
    assert all(one.sql in sql for one in indicators() if not one.by_district)


def test_what_is_kept_back_is_shown_as_such(edition: Edition) -> None:
    figure = edition.figures[0]
    assert shown(replace(figure, value=None, suppressed=True)) == "<5"
    assert shown(replace(figure, value=None)) == "–"
    assert shown(replace(figure, value=3_600_000.0)) == "3,600,000"


def test_markup_in_a_reason_is_text(edition: Edition, tmp_path: Path) -> None:
    page = write_edition(replace(edition, reason="<script>alert(1)</script>"), tmp_path)[0]
    assert "<script>" not in page.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_named(edition: Edition, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFile, match="file"):
        write_edition(edition, tmp_path / "file")
