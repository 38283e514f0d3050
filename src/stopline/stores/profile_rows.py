"""Rows of figures out of a batch: which of them can be used, as numbers, and why the others cannot."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.errors import BadFile
from stopline.screening.profiles.features import COUNTED_NAMES, DERIVED_NAMES, derived
from stopline.stores.files import BadLine, RowBatch

Floats = NDArray[np.float64]

_NOTHING: Final = frozenset(("", "na", "n/a", "nan", "null", "none"))
_LARGEST_MAP: Final = 1 << 20
_REMEDY: Final = 'write lines as in calls_count = "voice_records"'


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of a file holds which feature; `given` says that only features may be learned from.

    A feature that is not named stands in the column of its own name.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    given: bool = False

    def column(self, batch: RowBatch, feature: str) -> str | None:
        """Return the column of a batch that holds a feature, None where there is none."""
        named = self.columns.get(feature, feature)
        for name in (named, feature):
            if name in batch.columns:
                return name
        return None

    def features(self, batch: RowBatch) -> list[str]:
        """Return the features that this map names and a batch holds, as the catalogue orders them."""
        known = (*COUNTED_NAMES, *DERIVED_NAMES)
        return [name for name in known if name in self.columns and self.column(batch, name) is not None]


def read_map(path: Path) -> ColumnMap:
    """Read a map of columns: TOML with a line for each feature; raises BadFile for what is none."""
    try:
        content = path.read_bytes()
        if len(content) > _LARGEST_MAP:
            raise BadFile(path=path, why="larger than any map", remedy=_REMEDY)
        found = tomllib.loads(content.decode())
    except OSError as cause:
        raise BadFile(path=path, why=str(cause.strerror).lower(), remedy="name a file that can be read") from cause
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise BadFile(path=path, why=f"not TOML: {cause}", remedy=_REMEDY) from cause
    for feature, column in found.items():
        if feature not in (*COUNTED_NAMES, *DERIVED_NAMES):
            raise BadFile(
                path=path, why=f"{feature} is no feature of a profile", remedy="see docs/profiles.md for them"
            )
        if not isinstance(column, str):
            raise BadFile(path=path, why=f"{feature} names no column", remedy=_REMEDY)
    if not found:
        raise BadFile(path=path, why="it names no feature", remedy=_REMEDY)
    return ColumnMap(found, given=True)


def completed(names: Sequence[str], rows: Floats) -> dict[str, Floats]:
    """Return columns by name, and the derived features that follow from them."""
    columns = {name: rows[:, place] for place, name in enumerate(names)}
    return {**columns, **derived(columns)}


def numbers(
    batch: RowBatch, names: Sequence[str], columns: ColumnMap, *, label: str | None = None
) -> tuple[RowBatch, Floats, list[BadLine]]:
    """Return the rows that can be used, their values with the label last, and the others with the reason."""
    rows = np.full((len(batch), len(names) + (label is not None)), np.nan)
    wrong: dict[int, str] = {}
    for place, feature in enumerate(names):
        name = columns.column(batch, feature)
        if name is not None:
            _fill(rows[:, place], batch.columns[name], name, wrong)
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


def is_number(value: object) -> bool:
    """Return whether a value is a finite number or nothing at all."""
    return not isinstance(_number(value), str)


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
