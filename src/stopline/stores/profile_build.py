"""The table of profiles as a file: one row a number, for every home number of the calls or for those of a list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.kernel.errors import BadFile
from stopline.kernel.phone import NumberKind
from stopline.screening.inline.retell import number_text
from stopline.screening.numbers import HASHED, HOME, KINDS, VALID, WITHHELD, NumberCodes
from stopline.screening.profiles.features import COUNTED_NAMES, DERIVED_NAMES, derived
from stopline.stores.files import Reader, RowBatch
from stopline.stores.output import Writer, apart
from stopline.stores.profile_calls import CallTally, Progress, gathered
from stopline.stores.profile_statements import GATHER, IN_ORDER, LIST_HOME, OF_PLACES

SUBSCRIBER: Final = "subscriber"
LISTED: Final = "number"
_SUBSCRIBED: Final = (NumberKind.MOBILE, NumberKind.FIXED, NumberKind.SERVICE, NumberKind.SHORT_CODE)
_FEATURES: Final = (*COUNTED_NAMES, *DERIVED_NAMES)
_ROWS: Final = 50_000


def build_file(
    source: Path,
    out: Path,
    *,
    zone: ZoneInfo,
    subscribers: Path | None = None,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> CallTally:
    """Write the profiles of the numbers in a file of calls; raises BadFile when it or an output cannot be used.

    With a list, its numbers go out in its order with its other columns, also those without a call.
    """
    if not out.parent.is_dir():
        raise BadFile(path=out, why="its folder is not there", remedy="make the folder or name another")
    apart(source, out, rejects)
    if subscribers is not None:
        apart(subscribers, out, rejects)
    listed = _numbers_of(subscribers) if subscribers is not None else None
    tally = CallTally()
    with ExitStack() as until_done:
        writer = until_done.enter_context(Writer(out, schema=_schema(subscribers)))
        calls = gathered(source, out.parent, zone=zone, tally=tally, rejects=rejects, progress=progress)
        connection = until_done.enter_context(calls)
        _list(connection, listed)
        connection.execute(GATHER)
        rows = _all(connection) if subscribers is None else _of_list(connection, subscribers)
        for columns in rows:
            writer.write(columns)
            tally.numbers += len(columns[SUBSCRIBER])
    return tally


def _list(connection: duckdb.DuckDBPyConnection, listed: NDArray[np.int64] | None) -> None:
    if listed is not None:
        connection.from_arrow(pa.table({"number": listed})).insert_into("listed")
        return
    kinds = [KINDS.index(kind) for kind in _SUBSCRIBED]
    connection.execute(LIST_HOME, {"hashed": HASHED, "known": HOME | VALID, "kinds": kinds})


def _all(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, list[Any]]]:
    found = connection.sql(IN_ORDER).to_arrow_reader(_ROWS)
    some = False
    for part in found:
        some = True
        codes = part.column("number").to_pylist()
        yield {SUBSCRIBER: [number_text(code, "") for code in codes], **_features(part)}
    if not some:
        yield {name: [] for name in (SUBSCRIBER, *_FEATURES)}


def _of_list(connection: duckdb.DuckDBPyConnection, subscribers: Path) -> Iterator[dict[str, list[Any]]]:
    numbers = NumberCodes()
    for batch, texts in _listed(subscribers):
        codes = numbers.codes(texts, len(texts))
        connection.register("asked", pa.table({"number": codes, "place": np.arange(len(codes))}))
        found = connection.sql(OF_PLACES).to_arrow_table()
        connection.unregister("asked")
        names = [number_text(code, text) for code, text in zip(codes.tolist(), texts, strict=True)]
        given = {_beside(name): values for name, values in batch.columns.items() if name != LISTED}
        yield {SUBSCRIBER: names, **given, **_features(found)}


def _features(found: pa.Table | pa.RecordBatch) -> dict[str, list[Any]]:
    counted = {name: found.column(name).to_pylist() for name in COUNTED_NAMES}
    follows = derived({name: np.array(values, dtype=np.float64) for name, values in counted.items()})
    told = {name: [None if np.isnan(value) else value for value in follows[name].tolist()] for name in DERIVED_NAMES}
    return {**counted, **told}


def _numbers_of(subscribers: Path) -> NDArray[np.int64]:
    """Return the codes of a list of numbers; raises BadFile for one that is missing or stands twice."""
    numbers = NumberCodes()
    seen: set[int] = set()
    for batch, texts in _listed(subscribers):
        codes = numbers.codes(texts, len(texts)).tolist()
        for code, line in zip(codes, batch.lines, strict=True):
            if code == WITHHELD or code in seen:
                why = (
                    f"line {line}: its number is missing"
                    if code == WITHHELD
                    else f"line {line}: its number stands twice"
                )
                raise BadFile(path=subscribers, why=why, remedy="list every number once")
            seen.add(code)
    return np.fromiter(seen, np.int64, len(seen))


def _listed(subscribers: Path) -> Iterator[tuple[RowBatch, list[str]]]:
    with Reader(subscribers, required=(LISTED,)) as reader:
        for batch in reader.batches():
            for bad in batch.rejects:
                raise BadFile(path=subscribers, why=f"line {bad.line}: {bad.why}", remedy="list every number once")
            yield batch, [str(value if value is not None else "") for value in batch.columns.get(LISTED, ())]


def _beside(name: str) -> str:
    return f"input_{name}" if name in {SUBSCRIBER, *_FEATURES} else name


def _schema(subscribers: Path | None) -> pa.Schema:
    """Return the types of the output: those of the list's other columns where it states them."""
    fields = [
        pa.field(name, pa.int64() if name in COUNTED_NAMES and not name.endswith("_s") else pa.float64())
        for name in _FEATURES
    ]
    given: list[pa.Field] = []
    if subscribers is not None:
        with Reader(subscribers, required=(LISTED,)) as reader:
            next(reader.batches(), None)
            schema = reader.schema
        given = [
            pa.field(_beside(item.name), item.type)
            for item in (schema if schema is not None else ())
            if item.name != LISTED
        ]
    return pa.schema([pa.field(SUBSCRIBER, pa.string()), *given, *fields])
