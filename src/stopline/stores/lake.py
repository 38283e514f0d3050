"""The lake of events: feature rows of calls in Parquet by day, under a pseudonym whose key is soon destroyed.

A row holds what a rule could read and the verdict; the calling number stands in it only as an HMAC under
the key of its day, the called number not at all. When the day's term ends its rows and its key are deleted.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stopline.kernel.errors import StoreError, StoreFull
from stopline.screening.engine import Judged
from stopline.screening.release import VERDICTS
from stopline.screening.rules.features import CALL, Column

_FLUSH_ROWS = 100_000
_WAITING_MOST = 1_000_000
_DAY = re.compile(r"day=(\d{4}-\d{2}-\d{2})$")
_DAY_US = 86_400_000_000
_KEPT = tuple(feature for feature in CALL if feature.name != "calling")
_ALL = np.ones(1, dtype=np.bool_)


class Lake:
    """Feature rows of calls on disk, written in large parts and read with DuckDB."""

    def __init__(self, folder: Path, *, random_bytes: Callable[[int], bytes], days: int = 7) -> None:
        """Keep rows under `folder` for `days` days; `random_bytes` makes the daily keys."""
        self.folder = folder
        self.days = days
        self._random_bytes = random_bytes
        self._waiting: dict[date, list[_Part]] = {}
        self._rows = 0
        self._key: tuple[date, bytes] | None = None
        self._names: dict[int, bytes] = {}

    def append(self, judged: Judged) -> None:
        """Take the feature rows of a batch of calls; they reach the disk in parts of about 100,000 rows.

        Raises StoreFull when the disk is full; the rows wait then, until a million do and no more are taken.
        """
        if not len(judged):
            return
        if self._rows >= _WAITING_MOST:
            self.flush()
        days = judged.at_us // _DAY_US
        for day in np.unique(days).tolist():
            on = date(1970, 1, 1) + timedelta(days=day)
            self._waiting.setdefault(on, []).append(_Part.of(judged, np.flatnonzero(days == day)))
        self._rows += len(judged)
        if self._rows >= _FLUSH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits; each part appears whole or not at all. Raises StoreFull when the disk is full."""
        for on, parts in list(self._waiting.items()):
            folder = self.folder / "calls" / f"day={on.isoformat()}"
            part = folder / f"part-{self._random_bytes(8).hex()}.parquet"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                pq.write_table(self._table(parts, on), part.with_suffix(".tmp"), compression="zstd")
                part.with_suffix(".tmp").rename(part)
            except OSError as error:
                with suppress(OSError):
                    part.with_suffix(".tmp").unlink()
                raise StoreFull(where=folder, why=str(error.strerror or error), remedy="free space") from error
            del self._waiting[on]  # a day that is written is not written again when the next one fails
            self._rows = self._waiting_rows()

    def expire(self, now: datetime) -> list[date]:
        """Delete the days whose term has ended, rows and key; returns them."""
        last = now.astimezone(UTC).date() - timedelta(days=self.days)
        gone = []
        for folder in sorted((self.folder / "calls").glob("day=*")):
            found = _DAY.search(folder.name)
            if found is not None and date.fromisoformat(found.group(1)) < last:
                shutil.rmtree(folder)
                gone.append(date.fromisoformat(found.group(1)))
        for key in sorted((self.folder / "keys").glob("*.key")):
            if date.fromisoformat(key.stem) < last:
                key.unlink()
        self._waiting = {on: parts for on, parts in self._waiting.items() if on >= last}
        self._rows = self._waiting_rows()
        if self._key is not None and self._key[0] < last:
            self._key, self._names = None, {}
        return gone

    def calls(self, connection: duckdb.DuckDBPyConnection, *, day: date | None = None) -> duckdb.DuckDBPyRelation:
        """Return the feature rows, of one day or of all, as a relation of DuckDB; raises StoreError for none."""
        which = "day=*" if day is None else f"day={day.isoformat()}"
        parts = sorted(str(part) for part in (self.folder / "calls").glob(f"{which}/part-*.parquet"))
        if not parts:
            raise StoreError(where=self.folder, why="the lake holds no calls", remedy="screen some first")
        return connection.read_parquet(parts, hive_partitioning=True, union_by_name=True)

    def days_between(self, first: date, last: date, *, now: datetime) -> list[date]:
        """Return the days of a period that are kept and within their term; raises StoreError for none."""
        first = max(first, now.astimezone(UTC).date() - timedelta(days=self.days))
        found = (_DAY.search(folder.name) for folder in sorted((self.folder / "calls").glob("day=*")))
        days = [date.fromisoformat(one.group(1)) for one in found if one is not None]
        within = [day for day in days if first <= day <= last]
        if not within:
            raise StoreError(
                where=self.folder, why=f"no calls from {first} to {last} are kept", remedy="choose other days"
            )
        return within

    def pseudonyms(self, on: date, codes: Sequence[int]) -> list[bytes]:
        """Return what numbers were called on a day that is kept; none when its key is gone."""
        path = self.folder / "keys" / f"{on.isoformat()}.key"
        if not path.exists():
            return []
        pseudonym = _keyed(path.read_bytes())
        return [pseudonym(code.to_bytes(8, "big")) for code in codes]

    def _waiting_rows(self) -> int:
        return sum(len(part.at_us) for parts in self._waiting.values() for part in parts)

    def _table(self, parts: Sequence[_Part], on: date) -> pa.Table:
        """Return what waits of a day as one table: made once for many batches, it costs next to nothing a call."""
        at_us = np.concatenate([part.at_us for part in parts])
        columns: dict[str, pa.Array] = {
            "minute": pa.array(at_us // 60_000_000 * 60_000_000, type=pa.timestamp("us")),  # UTC
            "caller": self._pseudonyms(np.concatenate([part.codes for part in parts]), on),
        }
        for place, feature in enumerate(_KEPT):
            columns[feature.name] = _array([part.features[place] for part in parts])
        verdict = pa.array(np.concatenate([part.verdict for part in parts]))
        columns["verdict"] = pa.DictionaryArray.from_arrays(verdict, [kind.value for kind in VERDICTS])
        columns["score"] = pa.array(np.concatenate([part.score for part in parts]))
        return pa.table(columns)

    def _pseudonyms(self, codes: NDArray[np.int64], on: date) -> pa.Array:
        pseudonym, known = _keyed(self._day_key(on)), self._names
        distinct, places = np.unique(codes, return_inverse=True)
        for code in distinct.tolist():
            if code not in known:
                known[code] = pseudonym(code.to_bytes(8, "big"))
        return pa.array(map(known.__getitem__, distinct.tolist()), type=pa.binary(16)).take(pa.array(places))

    def _day_key(self, on: date) -> bytes:
        if self._key is None or self._key[0] != on:
            path = self.folder / "keys" / f"{on.isoformat()}.key"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _write_secret(path, self._random_bytes(32))
            self._key, self._names = (on, path.read_bytes()), {}
        return self._key[1]


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one batch and one day, as narrow as the file holds them, until there are enough to write."""

    at_us: NDArray[np.int64]
    codes: NDArray[np.int64]
    features: tuple[_Narrow, ...]  # of _KEPT, in its order
    verdict: NDArray[np.int8]
    score: NDArray[np.float32]

    @classmethod
    def of(cls, judged: Judged, rows: NDArray[np.int64]) -> _Part:
        """Take some rows of a batch."""
        return cls(
            judged.at_us[rows],
            judged.codes[rows],
            tuple(_Narrow.of(judged.table[feature.name], rows) for feature in _KEPT),
            judged.verdict[rows].astype(np.int8),
            judged.score[rows].astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class _Narrow:
    """One feature of a part: a text as its place among the names, a number in four bytes."""

    values: NDArray[np.generic]
    known: NDArray[np.bool_]
    names: NDArray[np.str_] | None

    @classmethod
    def of(cls, column: Column, rows: NDArray[np.int64]) -> _Narrow:
        """Take some rows of a column."""
        known = _ALL if column.known.all() else column.known[rows]
        if column.names is not None and column.places is not None:
            return cls(column.places[rows].astype(np.int8), known, column.names)
        values = column.values[rows]
        return cls(values, known, None)  # whole doubles: a back-test must answer as the engine did

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Which rows are not known."""
        return ~np.broadcast_to(self.known, len(self.values))


def _array(parts: Sequence[_Narrow]) -> pa.Array:
    """Return the values of one feature, in the order of the parts."""
    unknown = np.concatenate([part.unknown for part in parts])
    values = pa.array(np.concatenate([part.values for part in parts]), mask=unknown)
    names = parts[0].names
    return values if names is None else pa.DictionaryArray.from_arrays(values, names.tolist()).cast(pa.string())


def _keyed(key: bytes) -> Callable[[bytes], bytes]:
    """Return HMAC-SHA-256 under a key, its first 16 bytes; the key is read once (RFC 2104 section 4)."""
    block = key.ljust(64, b"\0")
    inner, outer = sha256(bytes(byte ^ 0x36 for byte in block)), sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(data: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(data)
        second.update(first.digest())
        return second.digest()[:16]

    return digest


def _write_secret(path: Path, data: bytes) -> None:
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    except OSError:
        part.unlink()
        raise
    finally:
        os.close(descriptor)
    part.rename(path)
