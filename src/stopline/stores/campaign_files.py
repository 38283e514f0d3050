"""Campaigns of a file: read once for the sketches of its texts and once more for its rows, which go out with theirs."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from stopline.kernel.errors import BadFile
from stopline.screening.campaigns.files import FileCampaigns
from stopline.screening.text.fold import fold_all
from stopline.stores.files import BadLine, Reader, RowBatch
from stopline.stores.output import Writer, apart
from stopline.stores.screen_files import Progress

REQUIRED: Final = ("id", "text")
_RESULT: Final = "campaign_id"
_REJECTS: Final = pa.schema({"row": pa.int64(), "line": pa.int64(), "reason": pa.string(), "text": pa.string()})
_LONGEST: Final = 100_000  # characters: an hour of speech


@dataclass(slots=True)
class CampaignTally:
    """How many rows were read, how many of them stand in a campaign, in how many, and how many were rejected."""

    rows: int = 0
    grouped: int = 0
    campaigns: int = 0
    rejected: int = 0


def campaigns_of_file(
    source: Path, out: Path, *, rejects: Path | None = None, progress: Progress | None = None
) -> CampaignTally:
    """Write the rows of a file with their campaigns; raises BadFile when it or an output cannot be used.

    Only sketches are held in memory, about 0.5 kB for each different text.
    """
    if source.is_fifo() or source.is_char_device():
        raise BadFile(path=source, why="a pipe cannot be read twice", remedy="save it as a file")
    apart(source, out, rejects)
    ids = _ids_of(source, progress)
    tally = CampaignTally(campaigns=len(set(ids) - {None}))
    with ExitStack() as open_files:
        reader = open_files.enter_context(Reader(source, required=REQUIRED))
        aside = open_files.enter_context(Writer(rejects, schema=_REJECTS)) if rejects is not None else None
        writer: Writer | None = None
        for batch in reader.batches():
            kept, bad = _usable(batch)
            mine = ids[tally.rows : tally.rows + len(kept)]
            if len(mine) < len(kept):
                raise BadFile(path=source, why="it grew while it was read", remedy="copy it first")
            columns = _columns(kept, mine)
            tally.rows += len(kept)
            tally.grouped += sum(name is not None for name in mine)
            tally.rejected += len(bad)
            if writer is None:
                writer = open_files.enter_context(Writer(out, schema=_schema(reader.schema, list(columns))))
            writer.write(columns)
            if aside is not None:
                aside.write(_rejected(bad))
            if progress is not None:
                progress(tally.rows + tally.rejected, _half(reader.share, 0.5))
    return tally


def _ids_of(source: Path, progress: Progress | None) -> list[str | None]:
    campaigns = FileCampaigns()
    rows = 0
    with Reader(source, required=REQUIRED) as reader:
        for batch in reader.batches():
            kept, bad = _usable(batch)
            campaigns.add(fold_all([str(text) for text in kept.columns.get("text", ())]))
            rows += len(kept) + len(bad)
            if progress is not None:
                progress(rows, _half(reader.share, 0.0))
    return campaigns.ids()


def _half(share: float | None, before: float) -> float | None:
    return None if share is None else before + share / 2


def _usable(batch: RowBatch) -> tuple[RowBatch, list[BadLine]]:
    """Return the rows with an id and a text, and the others with what is wrong with them, in order."""
    names, texts = batch.columns.get("id", []), batch.columns.get("text", [])
    wrong = {
        place: why
        for place, (name, text) in enumerate(zip(names, texts, strict=True))
        if (why := _wrong(name, text)) is not None
    }
    if not wrong:
        return batch, batch.rejects
    bad = [
        BadLine(row=batch.rows[place], line=batch.lines[place], why=why, text=_began(batch, place))
        for place, why in wrong.items()
    ]
    kept = batch.only([place for place in range(len(batch)) if place not in wrong])
    return kept, sorted([*batch.rejects, *bad], key=lambda line: line.row)


def _wrong(name: object, text: object) -> str | None:
    if name is None or name == "":
        return "id is missing"
    if text is None:
        return "text is missing"
    if not isinstance(text, str):
        return f"text is a {type(text).__name__}, not a text"
    if len(text) > _LONGEST:
        return f"text has {len(text)} characters, more than {_LONGEST}"
    return None


def _began(batch: RowBatch, place: int) -> str:
    return ", ".join(f"{name}={values[place]!s}" for name, values in batch.columns.items())[:200]


def _columns(kept: RowBatch, ids: list[str | None]) -> dict[str, list[object]]:
    taken = {"row", _RESULT}
    given = {f"input_{name}" if name in taken else name: values for name, values in kept.columns.items()}
    return {"row": list(kept.rows), **given, _RESULT: list(ids)}


def _rejected(bad: list[BadLine]) -> dict[str, list[object]]:
    return {
        "row": [line.row for line in bad],
        "line": [line.line for line in bad],
        "reason": [line.why for line in bad],
        "text": [line.text.rstrip("\r\n") for line in bad],
    }


def _schema(given: pa.Schema | None, names: list[str]) -> pa.Schema:
    """Return the output's types: as they came in where the input says, the row a number, the rest texts."""
    types = {"row": pa.int64(), _RESULT: pa.string()}
    fields = []
    for name in names:
        of = name.removeprefix("input_") if given is not None and name not in given.names else name
        if name in types:
            fields.append(pa.field(name, types[name]))
        elif given is not None and of in given.names:
            fields.append(pa.field(name, given.field(of).type))
    return pa.schema(fields)
