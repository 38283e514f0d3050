"""`stopline campaigns` as a person at a terminal meets it: rows repeated, bad rows named, bad files refused."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from stopline.cli import stopline
from stopline.kernel.errors import BadFile

LURE = "您的包裹因地址不详无法派送，请登录 http://a{}.top/x 更新收件信息，逾期退回并收取仓储费用"
ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": LURE.format(1), "note": "first"},
    {"id": "b", "text": "妈妈我今天晚上不回家吃饭了，和同学一起去看电影，十点前到家", "note": "alone"},
    {"id": "c", "text": LURE.format(2).replace("收取", "加收"), "note": ""},
    {"id": "d", "text": "好的", "note": "short"},
]


def run(*words: object) -> Result:
    return CliRunner().invoke(stopline, ["campaigns", *map(str, words)], catch_exceptions=False)


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_come_back_in_order_with_their_campaign(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = run(lines(tmp_path / "in.jsonl", ROWS), "--out", out)
    assert (done.exit_code, done.stderr) == (0, "4 rows: 2 in 1 campaign; 0 rejected\n")
    found = read_lines(out)
    assert [(row["row"], row["id"], row["note"]) for row in found] == [
        (1, "a", "first"),
        (2, "b", "alone"),
        (3, "c", ""),
        (4, "d", "short"),
    ]
    names = [row["campaign_id"] for row in found]
    assert names[0] == names[2] is not None
    assert (names[1], names[3]) == (None, None)


def test_csv_and_parquet_say_the_same(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", "--out", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        as_csv = list(csv.DictReader(file))
    run(tmp_path / "out.csv", "--out", tmp_path / "again.parquet")
    again = pq.read_table(tmp_path / "again.parquet")
    assert again.column_names == ["row", "input_row", "id", "text", "note", "input_campaign_id", "campaign_id"]
    assert [name or "" for name in again["campaign_id"].to_pylist()] == [row["campaign_id"] for row in as_csv]
    assert again["row"].to_pylist() == [1, 2, 3, 4]


def test_bad_rows_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    rows = [*ROWS, {"id": "e", "text": None}, {"id": "", "text": "x"}, {"id": "f", "text": 7}]
    source = lines(tmp_path / "in.jsonl", rows)
    with source.open("a", encoding="utf-8") as file:
        file.write("not JSON\n" + json.dumps({"id": "g", "text": LURE.format(3)}) + "\n")
    done = run(source, "--out", tmp_path / "out.jsonl", "--rejects", tmp_path / "bad.jsonl", "--strict")
    assert done.exit_code == 1
    assert done.stderr == "5 rows: 3 in 1 campaign; 4 rejected\n"
    bad = read_lines(tmp_path / "bad.jsonl")
    assert [(row["row"], row["line"], row["reason"].split(":")[0]) for row in bad] == [
        (5, 5, "text is missing"),
        (6, 6, "id is missing"),
        (7, 7, "text is a int, not a text"),
        (8, 8, "not JSON"),
    ]
    assert [row["row"] for row in read_lines(tmp_path / "out.jsonl")] == [1, 2, 3, 4, 9]
    assert run(source, "--out", tmp_path / "out.jsonl").exit_code == 0


def test_many_batches_are_one_file(tmp_path: Path) -> None:
    rows = [{"id": str(row), "text": LURE.format(row % 9) if row % 3 == 0 else f"短{row}"} for row in range(20_000)]
    done = run(lines(tmp_path / "in.jsonl", rows), "--out", tmp_path / "out.parquet")
    assert done.stderr == "20,000 rows: 6,667 in 1 campaign; 0 rejected\n"
    found = pq.read_table(tmp_path / "out.parquet")
    assert found["id"].to_pylist() == [row["id"] for row in rows]
    assert {name is not None for name in found["campaign_id"].to_pylist()[::3]} == {True}


def test_a_file_that_cannot_be_used_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine")
    bare = tmp_path / "bare.csv"
    bare.write_text("id,words\n1,2\n")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for source, why in ((bare, "no column text"), (tmp_path / "none.csv", "no such file"), (pipe, "read twice")):
        with pytest.raises(BadFile, match=why) as refused:
            run(source, "--out", out)
        assert refused.value.exit_code == 2
        assert out.read_text() == "mine"
