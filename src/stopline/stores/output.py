"""Files of rows written in batches of columns; one appears under its name only when it is complete."""

from __future__ import annotations

import csv
import fcntl
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from stopline.kernel.errors import BadFile
from stopline.stores.files import BY_SUFFIX, REMEDY, Format


def apart(source: Path, *outputs: Path | None) -> None:
    """Refuse an output that is the input itself, under whatever name: what was there would be gone; raises BadFile."""
    for output in outputs:
        if output is not None and output.is_file() and source.is_file() and output.samefile(source):
            raise BadFile(path=output, why="it is the input itself", remedy="name another file for what is written")


class _Sink(Protocol):
    def write(self, columns: dict[str, list[Any]]) -> None: ...

    def close(self) -> None: ...


class Writer:
    """Writes one file in batches of columns under a temporary name; leaving without an error renames it.

    Raises BadFile when the name says no format, the folder is not there, or the disk is full; then nothing is left.
    """

    def __init__(self, path: Path, *, schema: pa.Schema | None = None) -> None:
        """Open for writing; `schema` types the columns of a Parquet file (others are texts)."""
        known = BY_SUFFIX.get(path.suffix.lower())
        if known is None:
            raise BadFile(path=path, why="its ending names no format", remedy=REMEDY)
        self.path = path
        self.format = known
        self._schema = schema
        self._direct = path.exists() and not path.is_file()
        self._part = path if self._direct else path.with_name(f".{path.name}.{os.getpid()}.part")
        self._sink: _Sink | None = None
        try:
            self._file = self._direct_or_alone()
        except OSError as error:
            raise self._full(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandon()
            return
        try:
            if self._sink is not None:
                self._sink.close()
            self._file.flush()
            if not self._direct:
                os.fsync(self._file.fileno())
            self._file.close()
            if not self._direct:
                self._part.replace(self.path)
        except (OSError, pa.ArrowException) as error:
            self._abandon()
            raise self._full(error) from error

    def write(self, columns: dict[str, list[Any]]) -> None:
        """Append rows; every batch names the same columns in the same order."""
        try:
            if self._sink is None:
                self._sink = self._open(columns)
            self._sink.write(columns)
        except OSError as error:
            self._abandon()
            raise self._full(error) from error

    def _direct_or_alone(self) -> IO[bytes]:
        """Open for writing; two outputs under one name would write into each other, so the second is refused."""
        if self._direct:
            return self.path.open("wb")
        file = self._part.open("ab")  # emptied only once it is ours
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(0)
        except BlockingIOError:
            file.close()
            why, remedy = "two outputs would have this name", "name a file for each"
            raise BadFile(path=self.path, why=why, remedy=remedy) from None
        return file

    def _open(self, columns: dict[str, list[Any]]) -> _Sink:
        match self.format:
            case Format.CSV:
                return _CsvSink(self._file, list(columns))
            case Format.LINES:
                return _LinesSink(self._file)
            case Format.PARQUET:
                return _ParquetSink(self._file, _schema_of(columns, self._schema))

    def _abandon(self) -> None:
        with suppress(OSError, ValueError, pa.ArrowException):
            if self._sink is not None:
                self._sink.close()  # while the file is open: a Parquet writer ends itself otherwise, too late
        with suppress(OSError):
            self._file.close()
        if not self._direct:
            self._part.unlink(missing_ok=True)

    def _full(self, error: BaseException) -> BadFile:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return BadFile(path=self.path, why=str(said).lower(), remedy="nothing was written; free space or name another")


class _CsvSink:
    def __init__(self, file: IO[bytes], names: list[str]) -> None:
        self._file = file
        self._names = names
        self._rows([names])

    def write(self, columns: dict[str, list[Any]]) -> None:
        texts = [[_cell(value) for value in columns.get(name, ())] for name in self._names]
        odd = any("\r" in text for column in texts for text in column)  # csv quotes it only in its own line ends
        self._rows(zip(*texts, strict=True), everything=odd)

    def close(self) -> None:
        """Nothing waits."""

    def _rows(self, rows: Iterable[Sequence[str]], *, everything: bool = False) -> None:
        parts: list[str] = []
        csv.writer(
            _Parts(parts), lineterminator="\n", quoting=csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL
        ).writerows(rows)
        self._file.write("".join(parts).encode("utf-8"))


class _Parts:
    """What csv writes into: parts of a text."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts

    def write(self, text: str) -> int:
        self._parts.append(text)
        return len(text)


class _LinesSink:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, columns: dict[str, list[Any]]) -> None:
        names = list(columns)
        rows = zip(*columns.values(), strict=True)
        lines = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=_cell) for row in rows]
        self._file.write("".join(line + "\n" for line in lines).encode("utf-8"))

    def close(self) -> None:
        """Nothing waits."""


class _ParquetSink:
    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")

    def write(self, columns: dict[str, list[Any]]) -> None:
        arrays = [_typed(columns.get(item.name, ()), item.type) for item in self._schema]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _typed(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        values = [None if value is None else _cell(value) for value in values]
    return pa.array(values, type=kind)


def _schema_of(columns: dict[str, list[Any]], given: pa.Schema | None) -> pa.Schema:
    return pa.schema(
        [
            (name, given.field(name).type if given is not None and name in given.names else pa.string())
            for name in columns
        ]
    )


def _cell(value: object) -> str:
    """Return a value as text: instants in ISO 8601, nothing as nothing, nested values as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case bytes():
            return value.hex()
        case _:
            isoformat = getattr(value, "isoformat", None)
            return str(isoformat() if callable(isoformat) else value)
