"""Files of rows: what can be read is read, what cannot is told with its line, and output is whole or absent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.errors import BadFile
from stopline.stores.files import BadLine, Reader, RowBatch
from stopline.stores.output import Writer


def read(
    path: Path, *, required: tuple[str, ...] = (), batch_rows: int = 3
) -> tuple[list[dict[str, Any]], list[BadLine]]:
    rows, rejects = [], []
    with Reader(path, required=required, batch_rows=batch_rows) as reader:
        for batch in reader.batches():
            names = list(batch.columns)
            for place in range(len(batch)):
                values = {name: batch.columns[name][place] for name in names}
                rows.append({"row": batch.rows[place], **values})
            rejects.extend(batch.rejects)
    return rows, rejects


def file(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_csv_with_quotes_lines_and_a_mark_of_byte_order(tmp_path: Path) -> None:
    data = '\ufeffa,b\r\n1,"two\nlines, and ""quotes"""\r\n\r\n3,5" pipe\r\n4,\r\n'
    rows, rejects = read(file(tmp_path, "in.csv", data))
    assert rows == [
        {"row": 1, "a": "1", "b": 'two\nlines, and "quotes"'},
        {"row": 2, "a": "3", "b": '5" pipe'},
        {"row": 3, "a": "4", "b": ""},
    ]
    assert rejects == []


def test_bad_lines_of_csv_are_told_and_the_others_go_on(tmp_path: Path) -> None:
    data = b'a,b\n1,2\n1,2,3\nx\x00,1\n\xff\xfe,1\n"open",\n"still open\n5,6\n'
    rows, rejects = read(file(tmp_path, "in.csv", data))
    assert [row["row"] for row in rows] == [1, 5]
    assert [(bad.row, bad.line) for bad in rejects] == [(2, 3), (3, 4), (4, 5), (6, 7)]
    whys = " | ".join(bad.why for bad in rejects)
    for word in ("3 fields", "NUL", "UTF-8", "not CSV"):
        assert word in whys


def test_bad_lines_of_json_are_told_and_the_others_go_on(tmp_path: Path) -> None:
    deep = "[" * 100_000
    lines = ['{"a": 1}', "[1]", "nonsense", "", '{"a": NaN}', '{"a": "\\ud800"}', deep, '{"b": {"x": [1]}, "a": "ü"}']
    rows, rejects = read(file(tmp_path, "in.jsonl", "\n".join(lines)))
    assert [(row["row"], row["a"]) for row in rows] == [(1, 1), (7, "ü")]
    assert [bad.line for bad in rejects] == [2, 3, 5, 6, 7]


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_a_line_past_the_bound_costs_only_itself(tmp_path: Path, name: str) -> None:
    long = "x" * (1 << 20)
    rows = {"in.csv": f"a\n1\n{long}x\n2\n", "in.jsonl": f'{{"a": "1"}}\n{{"a": "{long}"}}\n{{"a": "2"}}\n'}
    found, rejects = read(file(tmp_path, name, rows[name]))
    assert [row["a"] for row in found] == ["1", "2"]
    assert [bad.row for bad in rejects] == [2]
    assert "longer than 1048576" in rejects[0].why


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("in.csv", b"", "empty"),
        ("in.jsonl", b"", "empty"),
        ("in.parquet", b"", "Parquet"),
        ("cut.parquet", b"PAR1 and no more", "Parquet"),
        ("in.csv", b"\xff\xfe\n", "first line"),
        ("in.csv", b"a,a\n1,2\n", "name twice"),
        ("in.csv", b"a,\n1,2\n", "empty name"),
        ("in.csv", b"b\n1\n", "no column a"),
        ("in.jsonl", b'{"b": 1}\n', "no column a"),
        ("in.jsonl", b"[1]\n", "JSON object"),
        ("in", b"PAR1....", "Parquet"),
        ("in.csv", b"x" * (65 << 20), "64 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_used_is_one_clear_line(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    with pytest.raises(BadFile, match=says) as caught:
        read(file(tmp_path, name, data), required=("a",))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadFile):
            Reader(path)


def test_parquet_keeps_its_types_and_tells_impossible_instants(tmp_path: Path) -> None:
    at = pa.array([0, 2**62, None], pa.timestamp("us", tz="UTC"))
    table = pa.table({"at": at, "n": [1, 2, 3], "f": [1.5, float("nan"), None]})
    pq.write_table(table, tmp_path / "in.parquet")
    rows, _ = read(tmp_path / "in.parquet")
    assert [row["at"] for row in rows] == [datetime(1970, 1, 1, tzinfo=UTC), 2**62, None]
    assert [row["f"] for row in rows] == [1.5, None, None]


def test_parquet_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(twice, tmp_path / "in.parquet")
    with pytest.raises(BadFile, match="column name twice"):
        read(tmp_path / "in.parquet", required=("a",))


def test_columns_that_appear_late_are_empty_before(tmp_path: Path) -> None:
    lines = [json.dumps({"a": row, **({"late": 1} if row > 3 else {})}) for row in range(6)]
    rows, _ = read(file(tmp_path, "in.jsonl", "\n".join(lines)), batch_rows=2)
    assert rows[0].get("late") is None
    assert rows[5]["late"] == 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@given(
    st.lists(st.fixed_dictionaries({"a": TEXTS, "b": TEXTS}), min_size=1, max_size=8),
    st.sampled_from(["csv", "jsonl", "parquet"]),
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], ending: str
) -> None:
    path = tmp_path_factory.mktemp("files") / f"out.{ending}"
    with Writer(path) as writer:
        for row in rows:
            writer.write({name: [value] for name, value in row.items()})
    found, rejects = read(path)
    assert rejects == []
    assert [{"a": row["a"], "b": row["b"]} for row in found] == rows


def test_values_of_every_kind_are_written(tmp_path: Path) -> None:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    columns: dict[str, list[Any]] = {"x": [None, True, 1.5, [1], {"a": "é"}, at, b"\x01"]}
    for ending in ("csv", "jsonl", "parquet"):
        with Writer(tmp_path / f"out.{ending}") as writer:
            writer.write(columns)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines() == [
        "x", '""', "true", "1.5", "[1]", '"{""a"": ""é""}"', "2026-03-10T00:00:00+00:00", "01",
    ]  # fmt: skip
    assert pq.read_table(tmp_path / "out.parquet")["x"].to_pylist()[:3] == [None, "true", "1.5"]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_an_error_leaves_the_old_output_and_no_part(tmp_path: Path, ending: str) -> None:
    path = file(tmp_path, f"out.{ending}", "old")
    with pytest.raises(RuntimeError), Writer(path) as writer:  # noqa: PT012 - the error comes after a write
        writer.write({"a": ["1"]})
        raise RuntimeError
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_full_disk_is_one_clear_line(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    path.symlink_to("/dev/full")
    with pytest.raises(BadFile, match="no space left"), Writer(path) as writer:
        writer.write({"a": [f"{row:01000d}" for row in range(5_000)]})


def test_output_needs_a_format_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="ending"):
        Writer(tmp_path / "out.txt")
    with pytest.raises(BadFile, match="no such file"):
        Writer(tmp_path / "none" / "out.csv")


def test_two_outputs_under_one_name_are_refused(tmp_path: Path) -> None:
    with Writer(tmp_path / "out.csv") as writer:
        writer.write({"a": ["1"]})
        with pytest.raises(BadFile, match="two outputs"):
            Writer(tmp_path / "out.csv")
        writer.write({"a": ["2"]})
    assert (tmp_path / "out.csv").read_text() == "a\n1\n2\n"
    with Writer(tmp_path / "out.csv") as writer:  # one after the other is no matter
        writer.write({"a": ["3"]})
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_only_some_rows_of_a_batch() -> None:
    batch = RowBatch({"a": [1, 2, 3]}, [1, 2, 3], [2, 3, 4])
    assert batch.only([0, 2]) == RowBatch({"a": [1, 3]}, [1, 3], [2, 4])
