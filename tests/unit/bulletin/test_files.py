from __future__ import annotations

import csv
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow past a size: to a writer the disk is full then."""
    low, high = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, high))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (low, high))
        signal.signal(signal.SIGXFSZ, before)


def test_a_disk_that_fills_leaves_no_half_of_an_edition(edition: Edition, tmp_path: Path) -> None:
    page = write_edition(edition, tmp_path / "whole")[0]
    with files_of_at_most(page.stat().st_size - 1), pytest.raises(BadFile, match="nothing was written"):
        write_edition(edition, tmp_path / "new" / "out")
    assert [entry.name for entry in tmp_path.iterdir()] == ["whole"]


def test_a_disk_that_fills_leaves_the_earlier_edition_as_it_was(edition: Edition, tmp_path: Path) -> None:
    write_edition(edition, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with files_of_at_most(len(before["index.html"]) - 1), pytest.raises(BadFile, match="nothing was written"):
        write_edition(replace(edition, revision=2), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    write_edition(replace(edition, revision=2), tmp_path)
    assert (tmp_path / "index.html").read_bytes() != before["index.html"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_in_the_place_of_a_file_is_named_before_anything_is_replaced(edition: Edition, tmp_path: Path) -> None:
    (tmp_path / "figures.sql").mkdir()
    with pytest.raises(BadFile, match=r"figures\.sql in it is a directory"):
        write_edition(edition, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["figures.sql"]
