"""The live state of one channel as Python sees it: moved over batches, kept in snapshots."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.state.kernel import advance_batch, end_batch, stop_batch, watch_batch
from stopline.screening.state.layout import (
    B_CLOCK_JUMPS,
    B_FORGOTTEN,
    B_RETRANSMITS,
    B_TABLES,
    B_UNMATCHED_ENDS,
    B_WORK,
    BOOK,
    CHUNK,
    EXACT_FROM,
    F64,
    FEATURES,
    FORGOTTEN,
    HOUR,
    I64,
    OFFSET,
    OPENING,
    OPENS,
    QUARTER,
    SALT,
    TABLES,
    TICKS_S,
    U32,
    WORDS,
    State,
)
from stopline.screening.state.open_calls import PLACES
from stopline.screening.state.table import WAYS

_LAYOUT: Final = 2  # of a snapshot; grows with every change of what lies where
_NAMES: Final = ("callers", "callees", "devices", "exact", "opens")
_FILL: Final = 7 / 8  # of its slots a table is made to hold
_LINE_WORDS: Final = 16  # of a cache line


class Velocity:
    """The live state of one channel; `advance` moves it over a batch and returns one feature row a call."""

    def __init__(  # noqa: PLR0913 - one bound a table
        self,
        *,
        capacity: int = 1 << 19,
        callees: int | None = None,
        devices: int | None = None,
        salt: int = 0x5DEECE66D,
        offset_s: int = 8 * 3600,
        open_hours: float = 4.0,
        opening: bool = True,
        exact_from: int = 20,
    ) -> None:
        """Reserve room for `capacity` callers and as many callees and devices (0 = no such table).

        `offset_s` places the local midnight. `opening` says that what begins also ends: calls, not messages; without
        an end a call is let go within `open_hours`. A number is watched exactly from `exact_from` calls an hour on.
        """
        rooms = (capacity, capacity if callees is None else callees, capacity if devices is None else devices)
        slots = [_slots(room) for room in (*rooms, max(WAYS, capacity >> 4))]
        slots.append(-(-max(capacity >> 1, WAYS) // PLACES) * PLACES if opening else 0)
        book = np.zeros(BOOK, dtype=np.int64)
        book[SALT] = np.uint64(salt & (2**64 - 1)).astype(np.int64)
        book[OFFSET] = offset_s * TICKS_S
        book[QUARTER] = max(int(open_hours * HOUR / 4), 1)
        book[OPENING], book[EXACT_FROM] = int(opening), exact_from
        total = 0
        for which, (count, width) in enumerate(zip(slots, WORDS, strict=True)):
            book[B_TABLES + 2 * which : B_TABLES + 2 * which + 2] = total, count
            total += -(-count * (width + (which != OPENS)) // _LINE_WORDS) * _LINE_WORDS
        self._words = _aligned(total)
        self._book = book
        self._block = np.empty((len(FEATURES), CHUNK), dtype=np.float64)
        self._everywhere = np.arange(len(FEATURES), dtype=np.int64)

    @property
    def state(self) -> State:
        """What the kernels work on."""
        return self._words, self._words.view(np.float32), self._book, self._block

    def table(self, which: int) -> tuple[U32, U32]:
        """Return the tags (0 = free; of calls under way: half of their keys) and the records of a table."""
        base, slots = self._book[B_TABLES + 2 * which : B_TABLES + 2 * which + 2].tolist()
        first = base + (slots if which != OPENS else 0)
        records = self._words[first : first + slots * WORDS[which]].reshape(slots, WORDS[which])
        return (self._words[base:first] if which != OPENS else records[:, 0]), records

    def advance(  # noqa: PLR0913 - one array a column
        self,
        at_us: I64,
        calling: I64,
        *,
        called: I64,
        device: I64,
        cell: I64,
        answered_us: I64,
        ended_us: I64,
        call: I64 | None = None,
        victim: I64 | None = None,
    ) -> F64:
        """Return the features of every call (NaN = not known), each as of that call and before its outcome."""
        none = np.zeros(len(at_us), dtype=np.int64)
        events = (at_us, calling, called, device, cell, answered_us, ended_us,
                  none if call is None else call, none if victim is None else victim)  # fmt: skip
        features = np.empty((len(FEATURES), len(at_us)), dtype=np.float64)
        advance_batch(events, self.state, self._everywhere, features)
        return features.T

    def outcomes(
        self, at_us: I64, calling: I64, *, called: I64, answered_us: I64, ended_us: I64, call: I64 | None = None
    ) -> None:
        """Take the ends of calls into account, each once, in whatever way it ended."""
        names = np.zeros(len(at_us), dtype=np.int64) if call is None else call
        end_batch((at_us, calling, called, names, answered_us, ended_us), self.state)

    def stopped(self, called: I64, at_us: I64) -> None:
        """Count attempts at called numbers that were stopped."""
        stop_batch(called, at_us, self.state)

    def watch(self, calling: I64, at_us: I64) -> None:
        """Count these numbers exactly from now on: a rule that needs exact windows has asked for them."""
        watch_batch(calling, at_us, self.state)

    @property
    def counts(self) -> dict[str, int]:
        """What was let go for want of room, and what was odd: clock jumps, retransmits, ends without a call."""
        forgotten = self._book[B_FORGOTTEN : B_FORGOTTEN + TABLES].tolist()
        odd = (("clock jumps", B_CLOCK_JUMPS), ("retransmits", B_RETRANSMITS), ("unmatched ends", B_UNMATCHED_ENDS))
        return dict(zip((f"forgotten {name}" for name in FORGOTTEN), forgotten, strict=True)) | {
            name: int(self._book[place]) for name, place in odd
        }

    @property
    def held(self) -> dict[str, int]:
        """How many keys each table holds."""
        return {name: int(np.count_nonzero(self.table(which)[0])) for which, name in enumerate(_NAMES)}

    @property
    def nbytes(self) -> dict[str, int]:
        """How many bytes each table takes, whether its slots are used or not."""
        return {
            name: 4 * int(self._book[B_TABLES + 2 * which + 1]) * (WORDS[which] + (which != OPENS))
            for which, name in enumerate(_NAMES)
        }

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return a copy of the state for a snapshot: names and arrays, only the slots in use."""
        kept: dict[str, NDArray[np.generic]] = {"layout": self._layout(), "book": self._book[:B_WORK].copy()}
        for which, name in enumerate(_NAMES):
            tags, records = self.table(which)
            used = np.flatnonzero(tags)
            kept |= {f"{name}_used": used, f"{name}_tags": tags[used], f"{name}_records": records[used]}
        return kept

    def restore(self, arrays: dict[str, NDArray[np.generic]]) -> bool:
        """Take a snapshot over; returns False, changing nothing, when it was made for another layout or size."""
        if "layout" not in arrays or arrays["layout"].tolist() != self._layout().tolist():
            return False
        self._words[:] = 0
        for which, name in enumerate(_NAMES):
            tags, records = self.table(which)
            used = arrays[f"{name}_used"].astype(np.int64)
            tags[used], records[used] = arrays[f"{name}_tags"], arrays[f"{name}_records"]
        book = arrays["book"].astype(np.int64)
        self._book[SALT] = book[SALT]
        self._book[B_FORGOTTEN:B_WORK] = book[B_FORGOTTEN:B_WORK]
        return True

    def _layout(self) -> I64:
        """Return what must agree for a snapshot to fit: widths and sizes, and what the instants rest on."""
        return np.array([_LAYOUT, *WORDS, *self._book[OFFSET:EXACT_FROM], *self._book[B_TABLES:B_FORGOTTEN]])


def _slots(room: int) -> int:
    """Return how many slots hold a number of keys."""
    return WAYS * -(-int(room / _FILL) // WAYS) if room else 0


def _aligned(count: int) -> U32:
    """Return words of zero that begin with a cache line; memory is taken when it is first touched."""
    whole = np.zeros(count + _LINE_WORDS, dtype=np.uint32)
    first = (-whole.ctypes.data % (4 * _LINE_WORDS)) // 4
    return whole[first : first + count]
