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
from stopline.screening.profiles.model import ProfileModel
from stopline.screening.profiles.training import Table, train
from stopline.stores.files import BadLine, Reader, RowBatch
from stopline.stores.output import Writer, apart

Floats = NDArray[np.float64]
Progress = Callable[[int, float | None], None]

_REJECTS: Final = pa.schema({"row": pa.int64(), "line": pa.int64(), "reason": pa.string(), "text": pa.string()})
_RESULTS: Final = {"row": pa.int64(), "score": pa.float64(), "reasons": pa.string()}
_NOTHING: Final = frozenset(("", "na", "n/a", "nan", "null", "none"))
_MOST_CELLS: Final = 500_000_000  # 4 GB while learning
_MOST_BYTES: Final = 1 << 30


@dataclass(slots=True)
class ProfileTally:
    """How many rows were used and rejected, how many score .5 and more, and what a reader should be told."""

    rows: int = 0
    rejected: int = 0
    called: int = 0
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
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> tuple[ProfileModel, ProfileTally]:
    """Learn a model from a labelled file and write it; raises BadFile and BadField."""
    if not out.parent.is_dir():
        raise BadFile(path=out, why="its folder is not there", remedy="make the folder or name another")
    apart(source, out, rejects)
    tally = ProfileTally()
    table, digest = _table(source, label, tally, rejects=rejects, progress=progress)
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
    source: Path, model: ProfileModel, out: Path, *, rejects: Path | None = None, progress: Progress | None = None
) -> ProfileTally:
    """Write the rows of a file with `score` and `reasons`; raises BadFile when it or an output cannot be used."""
    apart(source, out, rejects)
    tally = ProfileTally()
    with ExitStack() as open_files:
        reader = open_files.enter_context(Reader(source))
        aside = open_files.enter_context(Writer(rejects, schema=_REJECTS)) if rejects is not None else None
        writer: Writer | None = None
        for batch in reader.batches():
            if writer is None:
                tally.notices += _absent(source, model, list(batch.columns))
            kept, rows, bad = _numbers(batch, list(model.features))
            scores, reasons = model.explained(rows)
            taken = _RESULTS.keys()
            given = {f"input_{name}" if name in taken else name: values for name, values in kept.columns.items()}
            columns = {"row": list(kept.rows), **given, "score": scores.tolist(), "reasons": list(reasons)}
            if writer is None:
                writer = open_files.enter_context(Writer(out, schema=_schema(reader.schema, list(columns))))
            writer.write(columns)
            if aside is not None:
                aside.write(_rejected(bad))
            tally.rows += len(kept)
            tally.rejected += len(bad)
            tally.called += int((scores >= 0.5).sum())
            if progress is not None:
                progress(tally.rows + tally.rejected, reader.share)
    return tally


def _table(
    source: Path, label: str, tally: ProfileTally, *, rejects: Path | None, progress: Progress | None
) -> tuple[Table, str]:
    names: list[str] = []
    parts: list[Floats] = []
    labels: list[Floats] = []
    with ExitStack() as open_files:
        reader = open_files.enter_context(Reader(source, required=(label,)))
        aside = open_files.enter_context(Writer(rejects, schema=_REJECTS)) if rejects is not None else None
        for batch in reader.batches():
            if not parts:
                names = _by_name(batch, label, tally)
            kept, rows, bad = _numbers(batch, names, label=label)
            parts.append(rows[:, :-1])
            labels.append(rows[:, -1])
            tally.rows += len(kept)
            tally.rejected += len(bad)
            if aside is not None:
                aside.write(_rejected(bad))
            if tally.rows * len(names) > _MOST_CELLS:
                raise BadFile(path=source, why=f"more than {_MOST_CELLS:,} values", remedy="train on a sample of it")
            if progress is not None:
                progress(tally.rows + tally.rejected, None)
    rows, truth = np.concatenate(parts), np.concatenate(labels)
    if not len(rows):
        raise BadFile(path=source, why="no row of it can be used", remedy="see them with --rejects")
    if truth.min() == truth.max():
        raise BadField(field=label, value=int(truth[0]), why="the same in every row; rows of 0 and of 1 are needed")
    serving = []
    for place, name in enumerate(names):
        why = refusal_of_values(name, rows[:, place])
        if why is None:
            serving.append(place)
        else:
            tally.notices.append(f"column {name} is ignored: {why}")
    if not serving:
        raise BadFile(path=source, why="no column of it can serve as a feature", remedy="give columns of figures")
    features = tuple(names[place] for place in serving)
    digest = hashlib.sha256("\n".join(sorted(features)).encode()).hexdigest()[:16]
    return Table(features=features, rows=np.ascontiguousarray(rows[:, serving]), label=truth > 0), digest


def _by_name(batch: RowBatch, label: str, tally: ProfileTally) -> list[str]:
    """Return the columns that may be features by their name and by being numbers where the file begins."""
    names = []
    for name, values in batch.columns.items():
        if name == label:
            continue
        why = refusal_of_name(name)
        if why is None and values and all(isinstance(_number(value), str) for value in values):
            why = "it holds no numbers"
        if why is None:
            names.append(name)
        else:
            tally.notices.append(f"column {name} is ignored: {why}")
    return names


def _absent(source: Path, model: ProfileModel, names: list[str]) -> list[str]:
    absent = [name for name in model.features if name not in names]
    if len(absent) == len(model.features):
        why = f"it has none of the model's columns ({', '.join(model.features[:8])} …)"
        raise BadFile(path=source, why=why, remedy="name the columns as in the training file")
    several = "" if len(absent) == 1 else "s"
    return [f"{len(absent)} column{several} taken as missing: {', '.join(absent[:8])}"] if absent else []


def _numbers(batch: RowBatch, names: list[str], *, label: str | None = None) -> tuple[RowBatch, Floats, list[BadLine]]:
    """Return the rows that can be used, their values with the label last, and the others with the reason."""
    rows = np.full((len(batch), len(names) + (label is not None)), np.nan)
    wrong: dict[int, str] = {}
    for column, name in enumerate(names):
        _fill(rows[:, column], batch.columns.get(name), name, wrong)
    empty = np.flatnonzero(np.isnan(rows[:, : len(names)]).all(axis=1))
    for place in empty.tolist():
        wrong.setdefault(place, "no feature has a value")
    if label is not None:
        _fill(rows[:, -1], batch.columns.get(label), label, wrong)
        for place in np.flatnonzero(~np.isin(rows[:, -1], (0, 1))).tolist():
            wrong.setdefault(place, f"{label} is neither 0 nor 1")
    if not wrong:
        return batch, rows, batch.rejects
    good = [place for place in range(len(batch)) if place not in wrong]
    bad = [
        BadLine(row=batch.rows[place], line=batch.lines[place], why=why, text=_began(batch, place))
        for place, why in wrong.items()
    ]
    return batch.only(good), rows[good], sorted([*batch.rejects, *bad], key=lambda line: line.row)


def _fill(into: Floats, values: list[Any] | None, name: str, wrong: dict[int, str]) -> None:
    for place, value in enumerate(values or ()):
        found = _number(value)
        if isinstance(found, str):
            wrong.setdefault(place, f"{name} {found}")
        else:
            into[place] = found


def _number(value: object) -> float | str:
    """Return a value as a number, NaN for nothing, or why it is none."""
    if value is None:
        return np.nan
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _NOTHING:
            return np.nan
        if text.lower() in {"true", "false"}:
            return float(text.lower() == "true")
        value = text
    elif not isinstance(value, int | float):
        return f"is a {type(value).__name__}, not a number"
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return f"is not a number: {str(value)[:40]}"
    if np.isnan(found):
        return np.nan
    return found if np.isfinite(found) else "is not finite"


def _began(batch: RowBatch, place: int) -> str:
    return ", ".join(f"{name}={values[place]!s}" for name, values in list(batch.columns.items())[:20])[:200]


def _rejected(bad: list[BadLine]) -> dict[str, list[object]]:
    return {
        "row": [line.row for line in bad],
        "line": [line.line for line in bad],
        "reason": [line.why for line in bad],
        "text": [line.text.rstrip("\r\n") for line in bad],
    }


def _schema(given: pa.Schema | None, names: list[str]) -> pa.Schema:
    fields = []
    for name in names:
        of = name.removeprefix("input_") if given is not None and name not in given.names else name
        if name in _RESULTS:
            fields.append(pa.field(name, _RESULTS[name]))
        elif given is not None and of in given.names:
            fields.append(pa.field(name, given.field(of).type))
    return pa.schema(fields)
