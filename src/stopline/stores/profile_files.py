"""Files of subscribers: a table to learn from, and rows that go out with their scores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.kernel.errors import BadField, BadFile
from stopline.screening.profiles.columns import refusal_of_name, refusal_of_values
from stopline.screening.profiles.features import DERIVED
from stopline.screening.profiles.model import ProfileModel
from stopline.screening.profiles.rule import NAME, calls_out_to_strangers
from stopline.screening.profiles.training import Table, train
from stopline.stores.files import Reader, RowBatch
from stopline.stores.output import Writer, apart
from stopline.stores.profile_rows import ColumnMap, completed, is_number, numbers
from stopline.stores.screen_files import REJECTS, rejected_columns

Floats = NDArray[np.float64]
Progress = Callable[[int, float | None], None]

_RESULTS: Final = {"row": pa.int64(), "score": pa.float64(), "reasons": pa.string(), "rule": pa.string()}
_AS_NAMED: Final = ColumnMap()
_RULE: Final = ("outgoing_ratio", "contact_ratio", "calls_per_day")
_MOST_CELLS: Final = 500_000_000  # 4 GB while learning
_MOST_BYTES: Final = 1 << 30


@dataclass(slots=True)
class ProfileTally:
    """How many rows were used and rejected, score .5 and more or meet the rule, and what a reader should be told."""

    rows: int = 0
    rejected: int = 0
    called: int = 0
    ruled: int = 0
    notices: list[str] = field(default_factory=list)


def read_model(path: Path) -> ProfileModel:
    """Load a profile model; raises BadFile when it cannot be read and ReleaseInvalid when it is none."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadFile(path=path, why="larger than any model", remedy="name a model file")
        content = path.read_bytes()
    except OSError as cause:
        raise BadFile(path=path, why=str(cause.strerror).lower(), remedy="name a model file") from cause
    return ProfileModel.load(content, name=path.name)


def train_file(  # noqa: PLR0913 - what a verb is told
    source: Path,
    out: Path,
    *,
    label: str,
    seed: int,
    trained_on: str,
    columns: ColumnMap = _AS_NAMED,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> tuple[ProfileModel, ProfileTally]:
    """Learn a model from a labelled file and write it; raises BadFile and BadField."""
    if not out.parent.is_dir():
        raise BadFile(path=out, why="its folder is not there", remedy="make the folder or name another")
    apart(source, out, rejects)
    tally = ProfileTally()
    table, digest = _table(source, label, tally, columns=columns, rejects=rejects, progress=progress)
    facts = {
        "trained_on": trained_on,
        "training_set": {"columns": digest, "rows": len(table.label)},
        "features": list(table.features),
    }
    model = train(table, seed=seed, facts=facts, progress=progress)
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_bytes(model.content())
        part.replace(out)
    except OSError as cause:
        raise BadFile(path=out, why=str(cause.strerror).lower(), remedy="nothing was written") from cause
    return model, tally


def score_file(
    source: Path,
    model: ProfileModel,
    out: Path,
    *,
    columns: ColumnMap = _AS_NAMED,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> ProfileTally:
    """Write the rows of a file with `score`, `reasons` and `rule`; raises BadFile when it or an output cannot be used.

    A derived feature that a row lacks is computed from its parts.
    """
    apart(source, out, rejects)
    tally = ProfileTally()
    with ExitStack() as open_files:
        reader = open_files.enter_context(Reader(source))
        aside = open_files.enter_context(Writer(rejects, schema=REJECTS)) if rejects is not None else None
        writer: Writer | None = None
        for batch in reader.batches():
            names = _asked(model, batch, columns)
            kept, rows, bad = numbers(batch, names, columns)
            told = completed(names, rows)
            if writer is None:
                tally.notices += _absent(source, model, told)
            unknown = np.full(len(kept), np.nan)
            rows = np.column_stack([told.get(name, unknown) for name in model.features])
            scores, reasons = model.explained(rows)
            ruled = calls_out_to_strangers(*(told.get(name, unknown) for name in _RULE)) == 1
            results = {"score": scores.tolist(), "reasons": reasons, "rule": [NAME if one else None for one in ruled]}
            out_columns = _beside(kept, results)
            if writer is None:
                writer = open_files.enter_context(Writer(out, schema=_schema(reader.schema, list(out_columns))))
            writer.write(out_columns)
            if aside is not None:
                aside.write(rejected_columns(bad))
            tally.rows += len(kept)
            tally.rejected += len(bad)
            tally.called += int((scores >= 0.5).sum())
            tally.ruled += int(ruled.sum())
            if progress is not None:
                progress(tally.rows + tally.rejected, reader.share)
    return tally


def _asked(model: ProfileModel, batch: RowBatch, columns: ColumnMap) -> list[str]:
    """Return the model's and the rule's features, and their parts, that a batch holds."""
    wanted = (*model.features, *_RULE)
    parts = [part for feature in DERIVED if feature.name in wanted for part in (feature.part, feature.whole)]
    several = dict.fromkeys((*wanted, *parts, "calls_count", "calls_out_count"))
    return [name for name in several if columns.column(batch, name) is not None]


def _beside(kept: RowBatch, results: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the rows with their results; a column of the same name goes out as `input_…`."""
    given = {f"input_{name}" if name in _RESULTS else name: values for name, values in kept.columns.items()}
    return {"row": list(kept.rows), **given, **results}


def _table(
    source: Path,
    label: str,
    tally: ProfileTally,
    *,
    columns: ColumnMap,
    rejects: Path | None,
    progress: Progress | None,
) -> tuple[Table, str]:
    names: list[str] = []
    parts: list[Floats] = []
    labels: list[Floats] = []
    with ExitStack() as open_files:
        reader = open_files.enter_context(Reader(source, required=(label,)))
        aside = open_files.enter_context(Writer(rejects, schema=REJECTS)) if rejects is not None else None
        for batch in reader.batches():
            if not parts:
                names = _mapped(source, batch, columns) if columns.given else _by_name(batch, label, tally)
            kept, rows, bad = numbers(batch, names, columns, label=label)
            parts.append(rows[:, :-1])
            labels.append(rows[:, -1])
            tally.rows += len(kept)
            tally.rejected += len(bad)
            if aside is not None:
                aside.write(rejected_columns(bad))
            if tally.rows * len(names) > _MOST_CELLS:
                raise BadFile(path=source, why=f"more than {_MOST_CELLS:,} values", remedy="train on a sample of it")
            if progress is not None:
                progress(tally.rows + tally.rejected, None)
    rows, truth = np.concatenate(parts), np.concatenate(labels)
    if not len(rows):
        raise BadFile(path=source, why="no row of it can be used", remedy="see them with --rejects")
    if truth.min() == truth.max():
        raise BadField(field=label, value=int(truth[0]), why="the same in every row; rows of 0 and of 1 are needed")
    told = completed(names, rows) if columns.given else dict(zip(names, rows.T, strict=True))
    return _serving(source, told, truth > 0, tally)


def _serving(source: Path, told: dict[str, Floats], truth: NDArray[np.bool_], tally: ProfileTally) -> tuple[Table, str]:
    """Return the columns that may be features, as a table with a digest of their names."""
    features = []
    for name, values in told.items():
        why = refusal_of_values(name, values)
        if why is None:
            features.append(name)
        else:
            tally.notices.append(f"column {name} is ignored: {why}")
    if not features:
        raise BadFile(path=source, why="no column of it can serve as a feature", remedy="give columns of figures")
    digest = hashlib.sha256("\n".join(sorted(features)).encode()).hexdigest()[:16]
    rows = np.column_stack([told[name] for name in features])
    return Table(features=tuple(features), rows=np.ascontiguousarray(rows), label=truth), digest


def _mapped(source: Path, batch: RowBatch, columns: ColumnMap) -> list[str]:
    names = columns.features(batch)
    if not names:
        why = f"it has none of the columns that the map names; it has {', '.join(list(batch.columns)[:20])}"
        raise BadFile(path=source, why=why, remedy="correct the map")
    return names


def _by_name(batch: RowBatch, label: str, tally: ProfileTally) -> list[str]:
    """Return the columns that may be features by their name and by being numbers where the file begins."""
    names = []
    for name, values in batch.columns.items():
        if name == label:
            continue
        why = refusal_of_name(name)
        if why is None and values and all(not is_number(value) for value in values):
            why = "it holds no numbers"
        if why is None:
            names.append(name)
        else:
            tally.notices.append(f"column {name} is ignored: {why}")
    return names


def _absent(source: Path, model: ProfileModel, told: dict[str, Floats]) -> list[str]:
    absent = [name for name in model.features if name not in told]
    if len(absent) == len(model.features):
        why = f"it has none of the model's columns ({', '.join(model.features[:8])} …)"
        raise BadFile(path=source, why=why, remedy="name the columns as in the training file")
    several = "" if len(absent) == 1 else "s"
    return [f"{len(absent)} column{several} taken as missing: {', '.join(absent[:8])}"] if absent else []


def _schema(given: pa.Schema | None, names: list[str]) -> pa.Schema:
    fields = []
    for name in names:
        of = name.removeprefix("input_") if given is not None and name not in given.names else name
        if name in _RESULTS:
            fields.append(pa.field(name, _RESULTS[name]))
        elif given is not None and of in given.names:
            fields.append(pa.field(name, given.field(of).type))
    return pa.schema(fields)
