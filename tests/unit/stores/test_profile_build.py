"""Profiles counted from records of calls: by hand, against a plain reference, and with bad rows and lists."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopline.kernel.errors import BadFile
from stopline.screening.profiles.features import COUNTED_NAMES, DERIVED_NAMES
from stopline.stores import profile_calls
from stopline.stores.files import Reader
from stopline.stores.profile_build import build_file
from tests.architecture.sources import ROOT

CHINA = ZoneInfo("Asia/Shanghai")
A, B, C = "+8613800138000", "+8613900139000", "+8613700137000"
BEGIN = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in China


def call(hour: float, calling: str, called: str, *, talk_s: float | None = 60, **more: Any) -> dict[str, Any]:
    at = BEGIN + timedelta(hours=hour)
    answered = at + timedelta(seconds=5)
    ended = answered + timedelta(seconds=talk_s or 0)
    return {
        "at": at.isoformat(),
        "calling": calling,
        "called": called,
        "answered_at": answered.isoformat() if talk_s is not None else "",
        "ended_at": ended.isoformat(),
        **more,
    }


def lines(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def built(folder: Path, rows: Sequence[dict[str, Any]], **how: Any) -> dict[str, dict[str, Any]]:
    build_file(lines(folder / "calls.jsonl", rows), folder / "out.jsonl", zone=how.pop("zone", CHINA), **how)
    found = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    return {row["subscriber"]: row for row in found}


def test_a_profile_by_hand(tmp_path: Path) -> None:
    rows = [
        call(9, A, B, talk_s=30, device="d1", cell="c1"),
        call(10, A, "13900139000", talk_s=90, device="d2", cell="c1"),  # B as it is dialled
        call(23, A, C, talk_s=60, device="d1", cell="c2"),
        call(33, A, C, talk_s=None, device="d3", cell="c3"),  # nobody answered
        call(34, B, A, talk_s=20, device="e1"),
        call(35, "", A, talk_s=40),  # withheld
        call(36, "bank", A, talk_s=None),
    ]
    of_a = built(tmp_path, rows)[A]
    assert of_a == {
        "subscriber": A,
        "days_count": 2,
        "calls_count": 5,
        "calls_out_count": 3,
        "contacts_count": 2,
        "callees_count": 2,
        "devices_count": 2,
        "cells_count": 2,
        "hours_count": 4,  # 9, 10, 23 and 11 o'clock; the next day's 10 o'clock again
        "night_calls_count": 1,
        "busiest_day_count": 3,
        "busiest_hour_count": 2,
        "busiest_contact_count": 3,
        "talk_mean_s": 48.0,
        "talk_max_s": 90.0,
        "attempts_out_count": 4,
        "attempts_in_count": 3,
        "calls_per_day": 2.5,
        "contacts_per_day": 1.0,
        "contact_ratio": 0.4,
        "callee_ratio": 2 / 3,
        "outgoing_ratio": 0.6,
        "night_ratio": 0.2,
        "busiest_day_ratio": 0.6,
        "busiest_hour_ratio": 0.4,
        "busiest_contact_ratio": 0.6,
        "answered_out_ratio": 0.75,
        "answered_in_ratio": 2 / 3,
    }


def test_the_table_has_a_row_for_each_home_number_in_order(tmp_path: Path) -> None:
    rows = [
        call(9, B, A),
        call(9, A, "95588"),
        call(9, A, "+85512345678"),
        call(9, A, "bank"),
        call(9, "02887654321", A),
    ]
    assert list(built(tmp_path, rows)) == ["95588", "+862887654321", A, B]


def test_a_list_chooses_the_rows_and_its_columns_stand_beside(tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("number,fraud,days_count\n13700137000,1,x\n13800138000,0,y\n+85512345678,0,z\n")
    found = built(tmp_path, [call(9, A, B), call(9, B, "+85512345678")], subscribers=listed)
    assert list(found) == [C, A, "+85512345678"]
    assert [row["fraud"] for row in found.values()] == ["1", "0", "0"]
    assert [row["input_days_count"] for row in found.values()] == ["x", "y", "z"]
    assert [row["calls_count"] for row in found.values()] == [0, 1, 1]
    assert found[C]["outgoing_ratio"] is None


@pytest.mark.parametrize(
    ("rows", "why"),
    [("13800138000\n+8613800138000\n", "line 3: its number stands twice"), ('""\n', "line 2: its number is missing")],
)
def test_a_list_that_names_a_number_twice_or_none_is_refused(tmp_path: Path, rows: str, why: str) -> None:
    (tmp_path / "list.csv").write_text("number\n" + rows)
    with pytest.raises(BadFile, match=why):
        built(tmp_path, [call(9, A, B)], subscribers=tmp_path / "list.csv")


def test_days_and_hours_are_those_of_the_zone(tmp_path: Path) -> None:
    rows = [call(7.5, A, B), call(8.5, A, B)]  # 07:30 and 08:30 in China, half past eleven and half past nought in UTC
    assert (built(tmp_path, rows)[A]["days_count"], built(tmp_path, rows)[A]["night_calls_count"]) == (1, 0)
    in_utc = built(tmp_path, rows, zone=ZoneInfo("UTC"))[A]
    assert (in_utc["days_count"], in_utc["night_calls_count"]) == (2, 2)


def test_a_file_that_tells_no_outcome_counts_every_call_and_says_so(tmp_path: Path) -> None:
    rows = [{"at": 1_773_100_800, "calling": A, "called": B}]
    tally = build_file(lines(tmp_path / "in.jsonl", rows), tmp_path / "out.csv", zone=CHINA)
    assert (tally.rows, tally.numbers) == (1, 2)
    assert "no outcome" in tally.notices[0]
    with (tmp_path / "out.csv").open() as file:
        first = next(csv.DictReader(file))
    assert (first["calls_count"], first["talk_mean_s"], first["devices_count"]) == ("1", "", "")


def test_bad_calls_go_aside_with_their_line(tmp_path: Path) -> None:
    good = call(9, A, B)
    bad = [{**good, "at": "soon"}, {**good, "ended_at": good["at"]}, {**good, "calling": "", "called": None}]
    source = lines(tmp_path / "in.jsonl", [bad[0], good, *bad[1:]])
    with source.open("a") as file:
        file.write("[]\n")
    tally = build_file(source, tmp_path / "out.csv", zone=CHINA, rejects=tmp_path / "bad.jsonl")
    assert (tally.rows, tally.rejected) == (1, 4)
    told = [json.loads(line) for line in (tmp_path / "bad.jsonl").read_text().splitlines()]
    assert [(row["line"], row["reason"]) for row in told] == [
        (1, "at 'soon': not an instant as in ISO 8601"),
        (3, "ended_at lies before the call was answered or began"),
        (4, "both numbers are missing"),
        (5, "not a JSON object"),
    ]


def test_a_file_without_one_usable_call_is_refused_and_leaves_only_its_rejects(tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", [{"at": "soon", "calling": A, "called": B}])
    with pytest.raises(BadFile, match="no row of it can be used"):
        build_file(source, tmp_path / "out.csv", zone=CHINA, rejects=tmp_path / "bad.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl", "bad.csv"}


def test_types_of_the_list_and_of_the_features_are_kept_in_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"number": [A, C], "fraud": pa.array([1, 0], pa.int8())}), tmp_path / "list.parquet")
    source, out = lines(tmp_path / "in.jsonl", [call(9, A, B)]), tmp_path / "out.parquet"
    build_file(source, out, zone=CHINA, subscribers=tmp_path / "list.parquet")
    kinds = {item.name: str(item.type) for item in pq.read_schema(out)}
    assert list(kinds) == ["subscriber", "fraud", *COUNTED_NAMES, *DERIVED_NAMES]
    assert (kinds["fraud"], kinds["days_count"], kinds["talk_mean_s"]) == ("int8", "int64", "double")


# ---------------------------------------------------------------- against a plain reference, however the file is cut

CALLS = st.lists(
    st.builds(
        call,
        st.floats(0, 100).map(lambda hour: round(hour, 3)),
        st.sampled_from([A, B, C, "", "bank"]),
        st.sampled_from([A, B, C, "95588"]),
        talk_s=st.one_of(st.none(), st.integers(0, 500)),
        device=st.sampled_from(["", "d1", "d2"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=CALLS, batch=st.integers(1, 9), waiting=st.integers(1, 20), data=st.data())
def test_neither_a_cut_nor_the_order_of_the_file_changes_a_figure(
    tmp_path: Path, rows: list[dict[str, Any]], batch: int, waiting: int, data: st.DataObject
) -> None:
    whole = built(tmp_path, rows)
    with pytest.MonkeyPatch.context() as cut:
        cut.setattr(profile_calls, "Reader", partial(Reader, batch_rows=batch))
        cut.setattr(profile_calls, "_WAITING_ROWS", waiting)
        assert built(tmp_path, data.draw(st.permutations(rows))) == whole
    for number in {A, B, C} & whole.keys():
        plain = reference(number, rows)
        assert {name: whole[number][name] for name in plain} == plain


def reference(number: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [(row, row["calling"] == number) for row in rows if row["calling"] == number]
    mine += [(row, False) for row in rows if row["called"] == number]
    heard = [(row, made) for row, made in mine if row["answered_at"]]
    local = [datetime.fromisoformat(row["at"]).astimezone(CHINA) for row, _ in heard]
    others = Counter(other for row, made in heard if (other := row["called"] if made else row["calling"]))
    days, hours = Counter(at.date() for at in local), Counter(at.hour for at in local)
    made_calls = [row for row, made in heard if made]
    talks = [
        (datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["answered_at"])).total_seconds()
        for row, _ in heard
    ]
    return {
        "days_count": len(days),
        "calls_count": len(heard),
        "calls_out_count": len(made_calls),
        "contacts_count": len(others),
        "callees_count": len({row["called"] for row in made_calls}),
        "devices_count": len({row["device"] for row in made_calls} - {""}) or None,
        "cells_count": None,
        "hours_count": len(hours),
        "night_calls_count": sum(at.hour >= 22 or at.hour < 6 for at in local),
        "busiest_day_count": max(days.values(), default=0),
        "busiest_hour_count": max(hours.values(), default=0),
        "busiest_contact_count": max(others.values(), default=0),
        "talk_mean_s": pytest.approx(sum(talks) / len(talks)) if talks else None,
        "talk_max_s": max(talks, default=None),
        "attempts_out_count": sum(made for _, made in mine),
        "attempts_in_count": sum(not made for _, made in mine),
        "outgoing_ratio": len(made_calls) / len(heard) if heard else None,
        "contact_ratio": len(others) / len(heard) if heard else None,
    }


def test_every_feature_stands_in_the_docs_with_its_unit() -> None:
    page = (ROOT / "docs/profiles.md").read_text(encoding="utf-8")
    assert [name for name in (*COUNTED_NAMES, *DERIVED_NAMES) if f"| `{name}` |" not in page] == []
