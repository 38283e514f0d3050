"""Files of rows: CSV, JSON lines and Parquet, read in batches of columns in bounded memory.

A row that cannot be read is a `BadLine` with its number and reason; the others go on. A file that cannot be
used as a whole is a BadFile.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from stopline.kernel.errors import BadFile
from stopline.stores.lines import Line, LongLine, numbered_lines

LONGEST_LINE: Final = 1 << 20
BATCH_ROWS: Final = 4_096
_MOST_COLUMNS: Final = 2_000


class Format(StrEnum):
    """The three formats of the file verbs."""

    CSV = "csv"
    LINES = "jsonl"
    PARQUET = "parquet"


BY_SUFFIX: Final = {
    ".csv": Format.CSV,
    ".jsonl": Format.LINES,
    ".ndjson": Format.LINES,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
}
REMEDY: Final = "name a file that ends in .csv, .jsonl or .parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A row that could not be read or used: its row (1-based), its line in the file, why, and how it began."""

    row: int
    line: int
    why: str
    text: str = ""


@dataclass(slots=True)
class RowBatch:
    """Rows as columns, all equally long; `rows` are their numbers (1-based), `lines` where they stand in the file."""

    columns: dict[str, list[Any]]
    rows: list[int]
    lines: list[int]
    rejects: list[BadLine] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, places: Sequence[int]) -> RowBatch:
        """Return the rows at some places."""
        columns = {name: [values[place] for place in places] for name, values in self.columns.items()}
        return RowBatch(columns, [self.rows[place] for place in places], [self.lines[place] for place in places])


class Reader:
    """Reads one file in batches; `share` tells how far it is."""

    def __init__(self, path: Path, *, required: Sequence[str] = (), batch_rows: int = BATCH_ROWS) -> None:
        """Open a file; raises BadFile when it cannot be read, its format is unknown, or a column is missing."""
        self.path = path
        self.required = tuple(required)
        self.batch_rows = batch_rows
        self.schema: pa.Schema | None = None
        try:
            self._file: IO[bytes] = path.open("rb")
            self._size = path.stat().st_size
        except OSError as error:
            raise BadFile(path=path, why=str(error.strerror).lower(), remedy="name a file that can be read") from error
        self._start = b""
        try:
            self.format = self._format()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    @property
    def share(self) -> float | None:
        """How much of the file was read, 0..1; None for a pipe."""
        if not self._size:
            return None
        with suppress(OSError, ValueError):
            return min(1.0, self._file.tell() / self._size)
        return None

    def batches(self) -> Iterator[RowBatch]:
        """Yield batches in file order; raises BadFile when the file as a whole cannot be used."""
        match self.format:
            case Format.PARQUET:
                yield from self._parquet()
            case Format.LINES:
                yield from self._json_lines()
            case Format.CSV:
                yield from self._csv()

    def _format(self) -> Format:
        known = BY_SUFFIX.get(self.path.suffix.lower())
        if known is not None:
            return known
        self._start = self._file.read(4)
        if self._start == b"PAR1":
            why = "Parquet cannot be read from a pipe" if not self._file.seekable() else "Parquet without its ending"
            raise BadFile(path=self.path, why=why, remedy=REMEDY)
        return Format.LINES if self._start.lstrip()[:1] == b"{" else Format.CSV

    # ------------------------------------------------------------ CSV

    def _csv(self) -> Iterator[RowBatch]:
        lines = self._lines()
        header = self._header(lines)
        batch = RowBatch({name: [] for name in header}, [], [])
        row = 0
        for found in _records(lines):
            if isinstance(found, BadLine):
                row += 1
                batch.rejects.append(_numbered(found, row))
            elif found.values:
                row += 1
                if len(found.values) == len(header):
                    for values, value in zip(batch.columns.values(), found.values, strict=True):
                        values.append(value)
                    batch.rows.append(row)
                    batch.lines.append(found.line)
                else:
                    why = f"{len(found.values)} fields, the header has {len(header)}"
                    batch.rejects.append(BadLine(row=row, line=found.line, why=why, text=",".join(found.values)[:200]))
            if len(batch) + len(batch.rejects) >= self.batch_rows:
                yield batch
                batch = RowBatch({name: [] for name in header}, [], [])
        yield batch

    def _header(self, lines: Iterator[Line | LongLine]) -> list[str]:
        for found in _records(lines):
            if isinstance(found, BadLine):
                raise BadFile(
                    path=self.path, why=f"its first line: {found.why}", remedy="give a header of column names"
                )
            if not found.values:
                continue
            header = [name.strip() for name in found.values]
            if len(header) > _MOST_COLUMNS or "" in header or len(set(header)) < len(header):
                why = "its header has an empty name, a name twice, or too many"
                raise BadFile(path=self.path, why=why, remedy="name every column once")
            self._check(header)
            return header
        raise BadFile(path=self.path, why="it is empty", remedy="give a header and at least one row")

    def _check(self, names: Sequence[str]) -> None:
        missing = [name for name in self.required if name not in names]
        if missing:
            why = f"it has no column {', '.join(missing)}; it has {', '.join(list(names)[:20]) or 'none'}"
            raise BadFile(path=self.path, why=why, remedy="rename or add the columns")

    # ------------------------------------------------------------ JSON lines

    def _json_lines(self) -> Iterator[RowBatch]:
        batch, row, checked = RowBatch({}, [], []), 0, False
        names: dict[str, None] = {}
        for line in self._lines():
            if isinstance(line, Line) and not line.text.strip():
                continue
            row += 1
            found = _object(line)
            if isinstance(found, BadLine):
                batch.rejects.append(_numbered(found, row))
            else:
                if not checked:
                    self._check(list(found))
                    checked = True
                    names.update(dict.fromkeys(found))
                    batch.columns = {name: [] for name in names}
                _append(batch, names, found)
                batch.rows.append(row)
                batch.lines.append(line.number)
            if len(batch) + len(batch.rejects) >= self.batch_rows:
                yield batch
                batch = RowBatch({name: [] for name in names}, [], [])
        if row == 0:
            raise BadFile(path=self.path, why="it is empty", remedy="give at least one row")
        if not checked:
            raise BadFile(path=self.path, why="none of its lines is a JSON object", remedy="write one object a line")
        yield batch

    # ------------------------------------------------------------ Parquet

    def _parquet(self) -> Iterator[RowBatch]:
        try:
            file = pq.ParquetFile(self._file)
            self.schema = file.schema_arrow
            if len(set(self.schema.names)) < len(self.schema.names):
                raise BadFile(path=self.path, why="it has a column name twice", remedy="name every column once")
            self._check(self.schema.names)
            row = 0
            for part in file.iter_batches(batch_size=self.batch_rows):
                numbers = list(range(row + 1, row + 1 + part.num_rows))
                row += part.num_rows
                columns = dict(zip(part.schema.names, [_values(column) for column in part.columns], strict=True))
                yield RowBatch(columns, numbers, numbers)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            said = str(error).splitlines()[0][:200]
            raise BadFile(path=self.path, why=f"not usable as Parquet ({said})", remedy="write it again") from error

    def _lines(self) -> Iterator[Line | LongLine]:
        return numbered_lines(self._file, self.path, start=self._start, longest=LONGEST_LINE)


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    values: list[str]


class _Unusable(Exception):
    def __init__(self, line: Line | LongLine, why: str) -> None:
        self.line = line
        self.why = why
        super().__init__(why)


class _Feed:
    """Hands lines to csv, which takes as many as a record needs; a bad line or an endless record breaks it off."""

    def __init__(self, lines: Iterator[Line | LongLine]) -> None:
        self._lines = lines
        self.first: Line | LongLine | None = None
        self.last = 0
        self._length = 0

    def begin(self) -> None:
        """Begin a record."""
        self.first = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.last = line.number
        if self.first is None:
            self.first, self._length = line, 0
        if line.why:
            raise _Unusable(line, line.why)
        self._length += len(line.text)
        if self._length > LONGEST_LINE:
            raise _Unusable(self.first, f"a record of more than {LONGEST_LINE} characters; is a quotation left open?")
        return line.text


def _records(lines: Iterator[Line | LongLine]) -> Iterator[_Record | BadLine]:
    """Split lines into CSV records; a quoted field may span lines."""
    feed = _Feed(lines)
    reader = csv.reader(feed, strict=True)
    while True:
        feed.begin()
        try:
            values = next(reader, None)
        except _Unusable as found:
            if feed.first is not None and feed.first is not found.line:
                yield _bad(feed.first, f"a quotation that is broken off by the unusable line {found.line.number}")
            yield _bad(found.line, found.why)
            reader = csv.reader(feed, strict=True)
            continue
        except csv.Error as error:
            if feed.first is not None:
                swallowed = f"; it took in the lines up to {feed.last}" if feed.last > feed.first.number else ""
                yield _bad(feed.first, f"not CSV: {error}{swallowed}")
            reader = csv.reader(feed, strict=True)
            continue
        if values is None:
            return
        yield _Record(feed.first.number if feed.first is not None else 0, values)


def _object(line: Line | LongLine) -> dict[str, Any] | BadLine:
    if line.why:
        return _bad(line, line.why)
    try:
        found: object = json.loads(line.text, parse_constant=_no_constant, object_pairs_hook=_once)
    except RecursionError:
        return BadLine(row=0, line=line.number, why="nested too deeply", text=line.text[:200])
    except ValueError as error:
        return BadLine(row=0, line=line.number, why=f"not JSON: {error}"[:200], text=line.text[:200])
    if not isinstance(found, dict):
        return BadLine(row=0, line=line.number, why="not a JSON object", text=line.text[:200])
    if "\\ud" in line.text.lower() and not _encodable(found):
        return BadLine(row=0, line=line.number, why="half of a surrogate pair", text=line.text[:200])
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):  # which of the two was meant, nobody can say
        names = [name for name, _value in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands in it twice")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _encodable(found: object) -> bool:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _append(batch: RowBatch, names: dict[str, None], found: dict[str, Any]) -> None:
    """Append an object; a column that appears late is empty before."""
    count = len(batch.rows)
    for name in found:
        if name not in batch.columns:
            if len(names) >= _MOST_COLUMNS:
                continue
            names[name] = None
            batch.columns[name] = [None] * count
    for name, values in batch.columns.items():
        values.append(found.get(name))


def _values(column: pa.Array) -> list[Any]:
    """Return plain values; an instant that Python cannot hold stays its integer, so that its row can be refused."""
    if not pa.types.is_timestamp(column.type):
        found: list[Any] = column.to_pylist()
        return [None if isinstance(value, float) and math.isnan(value) else value for value in found]
    instants = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    if column.type.tz in {None, "UTC"}:  # by way of numpy in a fiftieth of the time
        plain: list[Any] = instants.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).tolist()
        if column.type.tz is None:
            return plain
        return [value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in plain]
    try:
        found = instants.to_pylist()
    except (OverflowError, ValueError):
        found = instants.cast(pa.int64()).to_pylist()
    return found


def _bad(line: Line | LongLine, why: str) -> BadLine:
    return BadLine(row=0, line=line.number, why=why, text=line.text[:200])


def _numbered(found: BadLine, row: int) -> BadLine:
    return BadLine(row=row, line=found.line, why=found.why, text=found.text)
