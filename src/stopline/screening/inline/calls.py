"""Calls decided in batches by one kernel: what a door or a gateway hands in, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.inline import decide as kernel
from stopline.screening.inline.record import Frame, Origin, Word, record_words
from stopline.screening.lists import NumberLists
from stopline.screening.moved import Moved, What
from stopline.screening.numbers import HASHED
from stopline.screening.records import FailPolicy
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.features import Channel, catalogue
from stopline.screening.rules.matrix import Layout, text_values
from stopline.screening.rules.pack import Severity
from stopline.screening.scores import CONDUCT
from stopline.screening.state.layout import FEATURES
from stopline.screening.state.velocity import Velocity

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

LAYOUT: Final = Layout.of(Channel.CALL)
NAMES: Final = tuple(catalogue(Channel.CALL))
_LISTS: Final = (
    *("listed_block", "listed_watch", "listed_exempt", ""),
    *("reports_count", "reports_age_h", "block_reports_count"),
)
_OWN: Final = (
    *_LISTS,
    "hour",
    "calling",
    "calling",
    "calling_kind",
    "called_kind",
    "displayed_kind",
    "from_abroad",
    "spoofed",
    "display_differs",
    "attestation",
)
_HOLD: Final = 2
_LEVEL: Final = {severity: level for level, severity in enumerate(Severity, 1)}  # they stand in rising order
_NO_ODD: Final = np.zeros((2, 0), dtype=np.float64)
_NO_TEXTS: Final = np.zeros((0, 3), dtype=np.uint64)
_APART: Final = 64
"""Rows of room that no call uses: columns that are a power of two apart would drive each other out of the caches."""
_NO_RECORDS: Final = np.zeros((0, 1), dtype=np.uint64)


def moved_of(columns: I64, said: Decided) -> Moved:
    """Return what moved the counters, for their journal: the columns as decided, and which calls were stopped."""
    keys = tuple(columns[row] for row in (kernel.CALLING, kernel.CALLED, kernel.DEVICE, kernel.CELL, kernel.CALL))
    plain = tuple(columns[row] for row in (kernel.AT, kernel.ANSWERED, kernel.ENDED, kernel.VICTIM))
    return Moved(What.CALLS, keys, (*plain, (said.verdict >= _HOLD).astype(np.int64)))


def own_places() -> I64:
    """Return where our own features stand in the matrix, as `decide` wants it."""
    found = np.array([LAYOUT.rows.get(name, -1) for name in _OWN], dtype=np.int64)
    found[kernel.P_WHOLE] = LAYOUT.whole["calling"]
    return found


@dataclass(slots=True, kw_only=True)
class Decided:
    """The answers of one batch; views of the room it was decided in, which the next batch overwrites."""

    count: int
    features: F64  # feature x row, in the order of the matrix
    answers: NDArray[np.uint8]  # rule x row: 1 hit, 2 not, 0 undecided, 4 overflow
    verdict: NDArray[np.uint8]
    score: F64
    base: F64
    undecided: NDArray[np.bool_]
    muted: NDArray[np.bool_]
    undecided_rules: I64
    overflow_rules: I64
    counts: I64  # rows by verdict, then the undecided
    records: U64  # of the verdicts other than PASS, their references still empty

    def frame(self, origin: Origin, random_bytes: Callable[[int], bytes]) -> Frame:
        """Draw the references and return what the log keeps."""
        written = len(self.records)
        drawn = np.frombuffer(random_bytes(16 * written), dtype=np.uint64).reshape(written, 2)
        self.records[:, Word.REFERENCE : Word.AT_US] = drawn
        return Frame(origin=origin, counts=(self.count, *self.counts[:5].tolist()), records=self.records)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A release as the kernel takes it."""

    release: LoadedRelease
    version: int  # of the snoozes that its masks know
    program: Any  # rules.machine.Program
    scratch: tuple[NDArray[np.uint8], F64]
    rules: tuple[NDArray[np.int8], F64, NDArray[np.bool_]]
    silences: tuple[I64, I64, U64]
    closed: bool
    own: I64


@dataclass(slots=True)
class CallKernel:
    """Decides batches of calls on one state and one set of lists; one thread at a time.

    `reuse=True` writes every batch into the same room, as a gateway wants it; else each answer stays what it is.
    """

    lists: NumberLists
    velocity: Velocity
    reuse: bool = False
    _ready: _Ready | None = None
    _room: _Room | None = None
    _of_state: I64 = field(default_factory=lambda: np.array([LAYOUT.rows.get(name, -1) for name in FEATURES]))
    _conduct: I64 = field(default_factory=lambda: np.array([LAYOUT.rows[name] for name in CONDUCT]))

    def decide(self, columns: I64, release: LoadedRelease, *, odd: F64 = _NO_ODD, texts: U64 | None = None) -> Decided:
        """Decide calls given as columns (see `kernel.COLUMNS`); with `texts`, records for the log are written.

        `odd` holds the values of calling texts that are no plain digits, from `odd_values`; `texts` the calling
        numbers as they were written, three words of eight bytes each.
        """
        ready, count = self._made_ready(release), columns.shape[1]
        room = self._room_for(count, ready)
        records = room.records if texts is not None else _NO_RECORDS
        kernel.decide(
            columns,
            self.lists.arrays,
            self.velocity.state,
            room.asked,
            (ready.own, self._of_state, self._conduct),
            (ready.program.code, ready.program.bounds, *ready.scratch),
            ready.rules,
            ready.silences,
            ready.closed,
            odd,
            room.features,
            _NO_TEXTS if texts is None else texts,
            len(NAMES),
            (room.answers, room.cells, room.marks, room.unsure, room.counts),
            records,
        )
        return room.said(count)

    def _made_ready(self, release: LoadedRelease) -> _Ready:
        ready = self._ready
        if ready is None or ready.release is not release or ready.version != self.lists.version:
            ready = self._ready = _make_ready(release, self.lists)
            self._room = None
        return ready

    def _room_for(self, count: int, ready: _Ready) -> _Room:
        room = self._room
        if not self.reuse or room is None or len(room.asked) < count:
            room = _Room.of(count if not self.reuse else max(512, 1 << (count - 1).bit_length()), len(ready.rules[0]))
            self._room = room if self.reuse else None
        return room


@dataclass(slots=True)
class _Room:
    """The arrays that one batch is decided in."""

    features: F64
    answers: NDArray[np.uint8]
    cells: F64
    marks: NDArray[np.uint8]
    unsure: I64
    counts: I64
    asked: I64
    records: U64

    @classmethod
    def of(cls, rows: int, rules: int) -> _Room:
        """Return room for some rows."""
        line = rows + _APART
        return cls(
            np.empty((LAYOUT.height, line)),
            np.empty((rules, line), dtype=np.uint8),
            np.empty((3, line)),
            np.zeros((4, line), dtype=np.uint8),
            np.zeros((2, rules), dtype=np.int64),
            np.zeros(kernel.COUNTS, dtype=np.int64),
            np.empty(rows, dtype=np.int64),
            np.zeros((rows, record_words(rules, len(NAMES))), dtype=np.uint64),
        )

    def said(self, count: int) -> Decided:
        """Return the answers of a batch of `count` rows."""
        return Decided(
            count=count,
            features=self.features[:, :count],
            answers=self.answers[:, :count],
            verdict=self.marks[kernel.M_VERDICT, :count],
            score=self.cells[kernel.C_SCORE, :count],
            base=self.cells[kernel.C_BASE, :count],
            undecided=self.marks[kernel.M_UNDECIDED, :count].view(np.bool_),
            muted=self.marks[kernel.M_MUTED, :count].view(np.bool_),
            undecided_rules=self.unsure[0],
            overflow_rules=self.unsure[1],
            counts=self.counts,
            records=self.records[: self.counts[kernel.N_RECORDS]],
        )


def _make_ready(release: LoadedRelease, lists: NumberLists) -> _Ready:
    rules = release.pack.of(Channel.CALL)
    program = release.program(Channel.CALL)
    own = own_places()
    if own[kernel.P_FRONT] not in program.rows_read and own[kernel.P_WHOLE] not in program.rows_read:
        own[kernel.P_FRONT] = -1  # no rule asks for the number itself
    return _Ready(
        release,
        lists.version,
        program,
        program.scratch(),
        (
            np.array([_LEVEL[rule.severity] for rule in rules], dtype=np.int8),
            np.array([rule.precision for rule in rules], dtype=np.float64),
            np.array(program.judging, dtype=np.bool_),
        ),
        _silences(lists, {rule.id: place for place, rule in enumerate(rules)}),
        release.settings.fail_calls is FailPolicy.CLOSED,
        own,
    )


def _silences(lists: NumberLists, places: Mapping[str, int]) -> tuple[I64, I64, U64]:
    count = len(lists.silences)
    masks = np.zeros((count, max(1, (len(places) + 63) // 64)), dtype=np.uint64)
    for row, silence in enumerate(lists.silences):
        for rule in silence.rules & places.keys():
            masks[row, places[rule] // 64] |= np.uint64(1 << places[rule] % 64)
    untils = np.array([silence.until_us for silence in lists.silences], dtype=np.int64)
    followings = np.array([silence.following for silence in lists.silences], dtype=np.int64)
    return untils, followings, masks


def odd_values(codes: I64, text_of: Callable[[int], str]) -> F64:
    """Return the values under which rules compare calling texts that are no plain digits; `text_of` gives a row's."""
    rows = np.flatnonzero(codes & HASHED)
    if not len(rows):
        return _NO_ODD
    found = np.full((2, len(codes)), np.nan)
    for row in rows.tolist():
        found[:, row] = text_values(text_of(row))
    return found
