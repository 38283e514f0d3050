"""Files of calls and messages through the engine: rows in, the same rows with their verdicts out, in bounded memory.

A file has no journal: its references are minted for the reader's convenience and open no page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from stopline.kernel.errors import BadFile
from stopline.kernel.ids import Ids
from stopline.law.deadlines import Calendar
from stopline.law.office import Office
from stopline.law.register import Register
from stopline.screening.columns import CALL_REQUIRED, MESSAGE_REQUIRED, Reject
from stopline.screening.desk import Live, ScreeningDesk
from stopline.screening.engine import Engine
from stopline.screening.journal import result_columns
from stopline.screening.records import Settings
from stopline.screening.release import LoadedRelease, content_digest
from stopline.screening.rules.features import Channel
from stopline.screening.rules.pack import load_pack, shipped_pack
from stopline.stores.files import BadLine, Reader, RowBatch
from stopline.stores.model_files import shipped_message_model
from stopline.stores.output import Writer, apart

REJECTS = pa.schema({"row": pa.int64(), "line": pa.int64(), "reason": pa.string(), "text": pa.string()})
_RESULTS = (
    pa.field("row", pa.int64()),
    pa.field("verdict", pa.string()),
    pa.field("kind", pa.string()),
    pa.field("score", pa.float64()),
    pa.field("typology", pa.string()),
    pa.field("campaign", pa.string()),
    pa.field("reasons", pa.string()),
    pa.field("reference", pa.string()),
)
REQUIRED = {Channel.CALL: CALL_REQUIRED, Channel.MESSAGE: MESSAGE_REQUIRED}

Progress = Callable[[int, float | None], None]


@dataclass(slots=True)
class Tally:
    """How many rows got which verdict, and how many were rejected."""

    verdicts: Counter[str] = field(default_factory=Counter)
    rejected: int = 0

    @property
    def rows(self) -> int:
        """How many rows were screened."""
        return self.verdicts.total()


def screen_file(  # noqa: PLR0913 - what a verb is told
    channel: Channel,
    source: Path,
    out: Path,
    *,
    ids: Ids,
    release: Path | LoadedRelease | None = None,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> Tally:
    """Screen a file; raises BadFile when it or the output cannot be used, ReleaseInvalid for a bad pack."""
    apart(source, out, rejects)
    desk = file_desk(release)
    tally = Tally()
    with ExitStack() as open_files:
        reader = open_files.enter_context(Reader(source, required=REQUIRED[channel]))
        aside = open_files.enter_context(Writer(rejects, schema=REJECTS)) if rejects is not None else None
        writer: Writer | None = None
        for batch in reader.batches():
            columns, bad = _screened(desk, channel, batch, ids)
            tally.verdicts.update(str(verdict) for verdict in columns["verdict"])
            tally.rejected += len(bad)
            if writer is None:
                writer = open_files.enter_context(Writer(out, schema=_schema(reader.schema, list(columns))))
            writer.write(columns)
            if aside is not None:
                aside.write(rejected_columns(bad))
            if progress is not None:
                progress(tally.rows + tally.rejected, reader.share)
    return tally


def file_desk(release: Path | LoadedRelease | None) -> ScreeningDesk:
    """Return a desk with a fresh engine and the rules of a release, of a pack file, or of the shipped pack."""
    model = shipped_message_model()
    office = Office(Register.shipped(), Calendar.shipped("CN"))
    if not isinstance(release, LoadedRelease):
        entries = [entry.id for entry in office.register.current()]
        text = shipped_pack() if release is None else read_pack(release)
        pack = load_pack(text, source="shipped" if release is None else release.name, entries=entries)
        digest = content_digest(text, model.version, Settings())
        release = LoadedRelease(pack.name, digest, pack, Settings(), model.version)
    return ScreeningDesk(office, Live(engine=Engine(), model=model, full=release))


def read_pack(path: Path) -> str:
    """Return the text of a rule pack file; raises BadFile."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        remedy = "name a rule pack, the id of a release, or `shipped`"
        raise BadFile(path=path, why=str(error.strerror).lower(), remedy=remedy) from error
    except UnicodeDecodeError as error:
        raise BadFile(path=path, why="not UTF-8 text", remedy="save the pack as UTF-8") from error


def _screened(
    desk: ScreeningDesk, channel: Channel, batch: RowBatch, ids: Ids
) -> tuple[dict[str, list[object]], list[BadLine]]:
    """Return the rows of a batch with what was decided, and the rows that could not be used, in order."""
    if len(batch):
        judged, refused = desk.judge(channel, batch.columns)
    else:
        judged, refused = desk.judge(channel, {name: [] for name in REQUIRED[channel]})
    kept = batch.only(judged.rows.tolist()) if refused else batch
    references = {row: ids.reference() for row in range(len(judged)) if judged.verdict[row] > 0}
    results = result_columns(judged, references)
    taken = {"row", *results}
    given = {f"input_{name}" if name in taken else name: values for name, values in kept.columns.items()}
    bad = [*batch.rejects, *(bad_line(batch, reject) for reject in refused)]
    return {"row": list(kept.rows), **given, **results}, sorted(bad, key=lambda line: line.row)


def bad_line(batch: RowBatch, reject: Reject) -> BadLine:
    """Return a row that could not be judged as it goes into the file of rejects."""
    began = ", ".join(f"{name}={values[reject.row]!s}" for name, values in batch.columns.items())
    return BadLine(row=batch.rows[reject.row], line=batch.lines[reject.row], why=reject.why, text=began[:200])


def rejected_columns(bad: list[BadLine]) -> dict[str, list[object]]:
    """Return what the file of rejects says of rows."""
    return {
        "row": [line.row for line in bad],
        "line": [line.line for line in bad],
        "reason": [line.why for line in bad],
        "text": [line.text.rstrip("\r\n") for line in bad],
    }


def _schema(given: pa.Schema | None, names: list[str]) -> pa.Schema:
    results = {item.name: item for item in _RESULTS}
    return pa.schema([item for name in names if (item := _typed(name, given, results)) is not None])


def _typed(name: str, given: pa.Schema | None, results: dict[str, pa.Field]) -> pa.Field | None:
    if name in results:
        return results[name]
    of = name.removeprefix("input_") if given is not None and name not in given.names else name
    return pa.field(name, given.field(of).type) if given is not None and of in given.names else None
