"""The message centre: lawful messages and fraud's of one minute, verdicts, and who has read what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.nation.baits import Bait
from stopline.nation.events import FLAG, HOLD, MESSAGE_COLUMNS
from stopline.nation.exchange import AT, Heard, Wronged
from stopline.nation.messages import Post
from stopline.nation.population import Ints
from stopline.nation.scene import Scene

_READS = 0.5


@dataclass(slots=True, kw_only=True)
class _Open:
    order: Ints
    lawful: Ints
    baits: list[Bait]


class Mailroom:
    """Carries the messages of the day; what the centre stops is not delivered."""

    def __init__(
        self,
        rng: np.random.Generator,
        scene: Scene,
        post: Post,
        *,
        read: Callable[[float, Bait, bool], None],
        wronged: Wronged,
    ) -> None:
        self._rng = rng
        self._people = scene.people
        self._post = post
        self._truth = scene.truth
        self._midnight_us = scene.calendar.midnight_us
        self._read = read
        self._wronged = wronged
        self._open: _Open | None = None
        self._codes = pa.array(["C1", "C2", "C3"])
        self._silent: NDArray[np.bool_] = np.zeros(len(post.senders), dtype=np.bool_)
        self._got: dict[str, list[Heard]] = {}

    def silence(self, line: int, *, cut: bool) -> None:
        """A line of the population was cut or restored."""
        self._silent[line] = cut

    def batch(self, minute: int, baits: list[Bait], *, minutes: int = 1) -> tuple[pa.RecordBatch, NDArray[np.int16]]:
        """Return the minute's messages in order of time, and the truth beside them."""
        self.settle()
        post, rows = self._post, self._post.rows(minute, minutes)
        lawful = np.arange(rows.start, rows.stop, dtype=np.int64)
        lawful = lawful[~self._silent[post.sender[lawful]]]
        at_s = np.concatenate([post.at_s[lawful], [bait.at_s for bait in baits]])
        at_us = (at_s * 1e6).astype(np.int64) + self._midnight_us
        order = np.argsort(at_us, kind="stable")
        index = pa.array(order)
        targets = np.array([bait.target for bait in baits], dtype=np.int32)
        recipients = np.concatenate([post.recipient[lawful], targets])
        numbers = post.senders  # the population's lines come first in the pool of senders
        parts = {
            "sender": pa.concat_arrays(
                [post.senders.take(pa.array(post.sender[lawful])), _texts(bait.calling for bait in baits)]
            ),
            "recipient": numbers.take(pa.array(recipients)),
            "text": pa.concat_arrays(
                [post.pool.take(pa.array(post.text[lawful])), _texts(bait.text for bait in baits)]
            ),
            "carrier": self._codes.take(pa.array(self._people.carrier[recipients])),
        }
        arrays = [pa.array(at_us[order], type=AT)] + [parts[name].take(index) for name in MESSAGE_COLUMNS[1:]]
        mark = np.array([0] * len(lawful) + [1 + bait.syndicate for bait in baits], dtype=np.int16)
        self._open = _Open(order=order, lawful=lawful, baits=baits)
        return pa.RecordBatch.from_arrays(arrays, names=list(MESSAGE_COLUMNS)), mark[order]

    def verdict(self, codes: NDArray[np.uint8], references: Sequence[str]) -> None:
        """Take the verdicts of the open minute; from HOLD on a message is not delivered."""
        opened, self._open = self._open, None
        if opened is None:
            return
        if len(codes) != len(opened.order):
            raise ValueError(f"{len(codes)} verdicts for {len(opened.order)} messages")
        by_row = np.empty(len(codes), dtype=np.uint8)
        by_row[opened.order] = codes
        place = np.argsort(opened.order)
        tally, lawful_count = self._truth.messages, len(opened.lawful)
        tally.flagged += int((by_row == FLAG).sum())
        tally.lawful += lawful_count
        for row in np.flatnonzero(by_row[:lawful_count] >= HOLD).tolist():
            at = int(opened.lawful[row])
            sender = int(self._post.sender[at])
            tally.lawful_stopped += 1
            tally.wronged.add(self._post.senders[sender].as_py())
            reference = references[int(place[row])] if len(references) else ""
            if sender < self._post.lines:
                self._wronged(sender, reference, float(self._post.at_s[at]))
        for bait, code in zip(opened.baits, by_row[lawful_count:].tolist(), strict=True):
            tally.fraud += 1
            tally.fraud_stopped += code >= HOLD
            if code < HOLD:
                self._deliver(bait, code)

    def settle(self) -> None:
        """Deliver every message of the open minute if nobody judged them."""
        if self._open is not None:
            self.verdict(np.zeros(len(self._open.order), dtype=np.uint8), ())

    def exposures(self, line: str, index: int | None, *, since_s: float, until_s: float) -> list[Heard]:
        """Return who got a message from a line between two seconds of the day."""
        found = [got for got in self._got.get(line, ()) if since_s <= got[1] < until_s]
        if index is None:
            return found
        low, high = np.searchsorted(self._post.at_s, (since_s, until_s)).tolist()
        rows = low + np.flatnonzero(self._post.sender[low:high] == index)
        return found + [(int(self._post.recipient[row]), float(self._post.at_s[row]), 0) for row in rows.tolist()]

    def _deliver(self, bait: Bait, code: int) -> None:
        self._got.setdefault(bait.calling, []).append((bait.target, bait.at_s, 0))
        if self._rng.random() < _READS:
            self._read(bait.at_s + float(self._rng.exponential(480)), bait, code == FLAG)


def _texts(values: Iterable[str]) -> pa.Array:
    return pa.array(list(values), type=pa.string())
