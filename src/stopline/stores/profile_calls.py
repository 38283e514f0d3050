"""Profiles from records of calls: a file of calls in, one row a number out, in bounded memory.

The calls wait as plain numbers in a DuckDB file beside the output, which is gone when the verb ends. Everything is
counted in whole numbers, so that neither the order of the rows nor any cut of the file changes a figure.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.kernel.errors import BadFile
from stopline.screening.columns import CALL_REQUIRED, MISSING, CallBatch, Reject, read_calls
from stopline.screening.numbers import WITHHELD, Keys, NumberCodes
from stopline.stores.files import BadLine, Reader, RowBatch
from stopline.stores.local_time import days_and_hours
from stopline.stores.output import Writer
from stopline.stores.profile_statements import CREATE
from stopline.stores.screen_files import REJECTS, bad_line, rejected_columns

Progress = Callable[[int, float | None], None]

_WAITING_ROWS: Final = 200_000
_OUTCOME: Final = ("answered_at", "ended_at")


@dataclass(slots=True)
class CallTally:
    """How many calls were read and rejected, how many numbers went out, and what a reader should be told."""

    rows: int = 0
    rejected: int = 0
    numbers: int = 0
    notices: list[str] = field(default_factory=list)


@contextmanager
def gathered(
    source: Path,
    folder: Path,
    *,
    zone: ZoneInfo,
    tally: CallTally,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database with the calls of a file in the table `calls`, until the block ends.

    Raises BadFile when the file cannot be used or the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix=".stopline-profiles-", dir=folder) as place:
        try:
            with duckdb.connect(str(Path(place) / "calls.duckdb")) as connection:
                connection.execute("SET memory_limit = '1GB'")
                connection.execute("SET preserve_insertion_order = false")
                connection.execute(CREATE)
                _take(connection, source, tally, zone=zone, rejects=rejects, progress=progress)
                if not tally.rows:
                    raise BadFile(path=source, why="no row of it can be used", remedy="see them with --rejects")
                yield connection
        except duckdb.Error as error:
            why = f"the figures could not be gathered: {str(error).splitlines()[0]}"
            raise BadFile(path=folder, why=why, remedy="nothing was written; free space or name another") from error


def _take(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    tally: CallTally,
    *,
    zone: ZoneInfo,
    rejects: Path | None,
    progress: Progress | None,
) -> None:
    numbers, devices, cells = NumberCodes(), Keys(), Keys()
    waiting: list[pa.Table] = []
    with ExitStack() as open_files:
        reader = open_files.enter_context(Reader(source, required=CALL_REQUIRED))
        aside = open_files.enter_context(Writer(rejects, schema=REJECTS)) if rejects is not None else None
        for batch in reader.batches():
            calls, bad = _usable(batch)
            if not tally.rows and not tally.rejected and not any(name in batch.columns for name in _OUTCOME):
                tally.notices.append("the file tells no outcome (answered_at, ended_at): every call counts as answered")
            waiting.append(_plain(calls, numbers, devices, cells, zone))
            tally.rows += len(calls)
            tally.rejected += len(bad)
            if aside is not None:
                aside.write(rejected_columns(bad))
            if sum(map(len, waiting)) >= _WAITING_ROWS:
                connection.from_arrow(pa.concat_tables(waiting)).insert_into("calls")
                waiting.clear()
            if progress is not None:
                progress(tally.rows + tally.rejected, reader.share)
    if waiting:
        connection.from_arrow(pa.concat_tables(waiting)).insert_into("calls")


def _usable(batch: RowBatch) -> tuple[CallBatch, list[BadLine]]:
    calls, refused = read_calls(batch.columns if len(batch) else {name: [] for name in CALL_REQUIRED})
    wrong = {reject.row: reject.why for reject in refused}
    ended = calls.ended_us != MISSING
    early = ended & (calls.ended_us < np.where(calls.answered_us != MISSING, calls.answered_us, calls.at_us))
    for row in calls.rows[early].tolist():
        wrong[row] = "ended_at lies before the call was answered or began"
    nobody = np.array(
        [not calling and not called for calling, called in zip(calls.calling, calls.called, strict=True)],
        dtype=np.bool_,
    )
    for row in calls.rows[nobody & ~early].tolist():
        wrong[row] = "both numbers are missing"
    if len(wrong) > len(refused):
        calls, _ = read_calls(batch.only([row for row in range(len(batch)) if row not in wrong]).columns)
    bad = [bad_line(batch, Reject(row=place, why=why)) for place, why in wrong.items()]
    return calls, sorted([*batch.rejects, *bad], key=lambda line: line.row)


def _plain(calls: CallBatch, numbers: NumberCodes, devices: Keys, cells: Keys, zone: ZoneInfo) -> pa.Table:
    """Return calls as columns of whole numbers; who or what is not known is null."""
    count = len(calls)
    day, hour = days_and_hours(calls.at_us, zone)
    said_answered = calls.answered_us != MISSING
    told = said_answered & (calls.ended_us != MISSING)
    return pa.table(
        {
            "day": pa.array(day, pa.int32()),
            "hour": pa.array(hour, pa.int8()),
            "caller": _known(numbers.codes(calls.calling, count), WITHHELD),
            "callee": _known(numbers.codes(calls.called, count), WITHHELD),
            "device": _known(devices.keys(calls.device, count), 0),
            "cell": _known(cells.keys(calls.cell, count), 0),
            "answered": pa.array(said_answered | (calls.ended_us == MISSING)),
            "talk_us": pa.array(np.where(told, calls.ended_us - calls.answered_us, 0), mask=~told),
        }
    )


def _known(codes: NDArray[np.int64], nothing: int) -> pa.Array:
    return pa.array(codes, mask=codes == nothing)
