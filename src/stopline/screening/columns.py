"""Calls and messages as columns: parsed at the edge into values that cannot be wrong, and not checked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.clock import micros
from stopline.kernel.errors import BadField

Columns = Mapping[str, Sequence[object] | NDArray[np.datetime64]]
Text = list[str | None]
Instants = NDArray[np.int64]

CALL_REQUIRED: Final = ("at", "calling", "called")
CALL_OPTIONAL: Final = (
    "displayed",
    "trunk",
    "origin_network",
    "device",
    "cell",
    "answered_at",
    "ended_at",
    "cause",
    "identity",
    "call_id",
)
END_REQUIRED: Final = ("at", "calling", "called", "ended_at")
MESSAGE_REQUIRED: Final = ("text",)
MESSAGE_OPTIONAL: Final = ("at", "sender", "recipient")

MISSING: Final = np.iinfo(np.int64).min  # an instant that was not given
_EARLIEST: Final = 946_684_800_000_000  # 2000-01-01, in microseconds
_LATEST: Final = 4_102_444_800_000_000  # 2100-01-01
_LONGEST_TEXT: Final = 20_000  # characters of one message: 130 concatenated parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One row that cannot be used: its place in what was handed in (0-based), and why."""

    row: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBatch:
    """Calls in the order they came; `rows` are their places in what was handed in (0-based)."""

    rows: NDArray[np.int64]
    at_us: Instants
    calling: Text
    called: Text
    displayed: Text
    trunk: Text
    origin_network: Text
    device: Text
    cell: Text
    identity: Text
    call_id: Text
    answered_us: Instants
    ended_us: Instants

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBatch:
    """Messages in the order they came; an `at_us` of MISSING means that the sender gave no time."""

    rows: NDArray[np.int64]
    at_us: Instants
    sender: Text
    recipient: Text
    text: list[str]

    def __len__(self) -> int:
        return len(self.rows)


def read_calls(columns: Columns) -> tuple[CallBatch, list[Reject]]:
    """Parse calls; a row that cannot be used is rejected with its reason, and the others go on.

    Raises BadField when a required column is missing or columns differ in length.
    """
    count = _shape(columns, CALL_REQUIRED)
    reading = _Reading(columns, count)
    at_us = reading.instants("at", required=True)
    texts = {
        name: reading.texts(name)
        for name in (
            "calling", "called", "displayed", "trunk", "origin_network", "device", "cell", "identity", "call_id"
        )
    }  # fmt: skip
    answered_us, ended_us = reading.instants("answered_at"), reading.instants("ended_at")
    keep = reading.kept()
    picked = {name: _pick(values, keep) for name, values in texts.items()}
    batch = CallBatch(
        rows=keep,
        at_us=at_us[keep],
        answered_us=answered_us[keep],
        ended_us=ended_us[keep],
        **picked,
    )
    return batch, reading.rejects()


def read_ends(columns: Columns) -> tuple[CallBatch, list[Reject]]:
    """Parse the outcomes of earlier attempts; raises BadField when a required column is missing."""
    _shape(columns, END_REQUIRED)
    return read_calls(columns)


def read_messages(columns: Columns) -> tuple[MessageBatch, list[Reject]]:
    """Parse messages; raises BadField when `text` is missing or columns differ in length."""
    count = _shape(columns, MESSAGE_REQUIRED)
    reading = _Reading(columns, count)
    at_us = reading.instants("at")
    sender, recipient = reading.texts("sender"), reading.texts("recipient")
    text = reading.texts("text", longest=_LONGEST_TEXT, needed=True)
    keep = reading.kept()
    batch = MessageBatch(
        rows=keep,
        at_us=at_us[keep],
        sender=_pick(sender, keep),
        recipient=_pick(recipient, keep),
        text=[value or "" for value in _pick(text, keep)],
    )
    return batch, reading.rejects()


class _Reading:
    """Reads columns of one hand-in, remembering the first thing wrong with each row."""

    def __init__(self, columns: Columns, count: int) -> None:
        self._columns = columns
        self._count = count
        self._wrong: dict[int, str] = {}

    def texts(self, name: str, *, longest: int = 1_000, needed: bool = False) -> Text:
        values = self._columns.get(name)
        if values is None:
            return [None] * self._count
        listed = list(values)
        if _all_plain(listed, longest, needed=needed):
            return listed
        found: Text = []
        for row, value in enumerate(listed):
            if type(value) is str and len(value) <= longest and "\x00" not in value:
                found.append(value)
            else:
                found.append(self._odd_text(name, row, value, longest=longest, needed=needed))
        return found

    def _odd_text(self, name: str, row: int, value: object, *, longest: int, needed: bool) -> str | None:
        if value is None and not needed:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)  # a column of numbers that some tool has read as integers
        if value is None:
            self._refuse(row, f"{name} is missing")
        elif not isinstance(value, str):
            self._refuse(row, f"{name} is a {type(value).__name__}, not a text")
        elif "\x00" in value:
            self._refuse(row, f"{name} holds a NUL character")
        else:
            self._refuse(row, f"{name} has {len(value)} characters, more than {longest}")
        return None

    def instants(self, name: str, *, required: bool = False) -> Instants:
        values = self._columns.get(name)
        if values is None:
            return np.full(self._count, MISSING, dtype=np.int64)
        if isinstance(values, np.ndarray):
            return self._from_numpy(name, values, required=required)
        found = np.full(self._count, MISSING, dtype=np.int64)
        for row, value in enumerate(values):
            if value is None or value == "":
                if required:
                    self._refuse(row, f"{name} is missing")
                continue
            try:
                found[row] = read_instant(value)
            except BadField as error:
                self._refuse(row, f"{name} {error.facts['value']!r}: {error.facts['why']}")
        return found

    def _from_numpy(self, name: str, values: NDArray[np.datetime64], *, required: bool) -> Instants:
        found: Instants = values.astype("datetime64[us]").astype(np.int64)
        missing = np.isnat(values)
        odd = ((found < _EARLIEST) | (found >= _LATEST)) & ~missing
        for row in np.flatnonzero(odd).tolist():
            self._refuse(row, f"{name} {values[row]}: must lie from 2000 to 2099")
        if required:
            for row in np.flatnonzero(missing).tolist():
                self._refuse(row, f"{name} is missing")
        found[missing] = MISSING
        return found

    def kept(self) -> NDArray[np.int64]:
        if not self._wrong:
            return np.arange(self._count, dtype=np.int64)
        return np.array([row for row in range(self._count) if row not in self._wrong], dtype=np.int64)

    def rejects(self) -> list[Reject]:
        return [Reject(row=row, why=why) for row, why in sorted(self._wrong.items())]

    def _refuse(self, row: int, why: str) -> None:
        self._wrong.setdefault(row, why)


def read_instant(value: object) -> int:
    """Return microseconds since 1970 of an ISO 8601 text with offset, a datetime, or an epoch in s, ms or µs.

    A datetime without zone (a Parquet timestamp) is UTC. Raises BadField, also outside 2000-2099.
    """
    if isinstance(value, str):
        value = _from_text(value)
    if isinstance(value, datetime):
        found = micros(value if value.tzinfo is not None else value.replace(tzinfo=UTC))
    elif isinstance(value, int) and not isinstance(value, bool):
        found = _from_epoch(value)
    else:
        raise BadField(field="at", value=value, why="an instant as ISO 8601 with offset or an integer epoch is needed")
    if not _EARLIEST <= found < _LATEST:
        raise BadField(field="at", value=str(value), why="must lie from 2000 to 2099")
    return found


def _from_text(text: str) -> datetime | int:
    bare = text.strip()
    if bare.removeprefix("-").isdecimal() and bare.isascii() and len(bare) <= 20:
        return int(bare)
    try:
        at = datetime.fromisoformat(bare)
    except ValueError:
        raise BadField(field="at", value=text[:40], why="not an instant as in ISO 8601") from None
    if at.tzinfo is None:
        raise BadField(field="at", value=text[:40], why="the offset from UTC is missing")
    return at


def _from_epoch(value: int) -> int:
    for unit in (1_000_000, 1_000, 1):
        if _EARLIEST <= value * unit < _LATEST:
            return value * unit
    raise BadField(field="at", value=value, why="must lie from 2000 to 2099 as seconds, milliseconds or microseconds")


def _shape(columns: Columns, required: Sequence[str]) -> int:
    for name in required:
        if name not in columns:
            had = ", ".join(columns) or "none"
            raise BadField(field=name, value=None, why=f"this column is needed; columns here: {had}")
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise BadField(field="columns", value=sorted(lengths), why="all columns must be equally long")
    return lengths.pop() if lengths else 0


def _all_plain(values: list[Any], longest: int, *, needed: bool) -> TypeGuard[Text]:
    """Return whether a whole column is usable texts: the common case, without a look at each."""
    kinds = set(map(type, values))
    if kinds <= {str}:
        texts = values
    elif kinds <= {str, type(None)} and not needed:
        texts = [value for value in values if value is not None]
    else:
        return False
    return max(map(len, texts), default=0) <= longest and "\x00" not in "".join(texts)


def _pick(values: Text, keep: NDArray[np.int64]) -> Text:
    return values if len(keep) == len(values) else [values[row] for row in keep.tolist()]


Abroad = Callable[[Text, Text], NDArray[np.int8]]


def abroad_of(country: str = "CN", codes: Sequence[str] = ("460", "461")) -> Abroad:
    """Return how to tell that signalling entered from abroad: by its trunk, else by its origin network.

    A trunk named `int…` is an international one. An origin network is read as a country and a name
    (`CN-…`, `MM-…`) or as MCC and MNC. Answers are 1 (from abroad), 0 (not), -1 (a name of another form says nothing).
    """
    known: dict[tuple[str | None, str | None], int] = {}

    def of(trunks: Text, origins: Text) -> NDArray[np.int8]:
        pairs = list(zip(trunks, origins, strict=True))
        if len(known) > 10_000:
            known.clear()
        for pair in set(pairs).difference(known):
            found = _abroad(*pair, country=country, codes=tuple(codes))
            known[pair] = -1 if found is None else int(found)
        return np.fromiter(map(known.__getitem__, pairs), np.int8, len(pairs))

    return of


def _abroad(trunk: str | None, origin: str | None, *, country: str, codes: tuple[str, ...]) -> bool | None:
    if trunk:
        return trunk.casefold().startswith("int")
    if not origin:
        return None
    head = origin.upper().split("-", 1)[0]
    if head[:3].isdigit() and len(head) >= 3:
        return not head.startswith(codes)
    if len(head) == 2 and head.isalpha():
        return head != country
    return None
