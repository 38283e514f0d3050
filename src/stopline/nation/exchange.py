"""The telephone exchange: lawful calls and baits of one minute side by side, verdicts, answers and ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.nation.baits import Bait
from stopline.nation.events import CALL_COLUMNS, FLAG, HOLD, Exposure
from stopline.nation.population import SCAM_ANSWERED_S, Ints, Population
from stopline.nation.scene import Scene
from stopline.nation.traffic import Day, Plates, minute_columns

AT = pa.timestamp("us", tz="UTC")
ENDS_SCHEMA: Final = pa.schema(
    [
        *(("at", AT), ("calling", pa.string()), ("called", pa.string())),
        *(("answered_at", AT), ("ended_at", AT), ("cause", pa.string()), ("carrier", pa.string())),
    ]
)
_ANSWERS_BAIT, _ANSWERS_FRIEND = 0.20, 0.95
_MARKED_ANSWER: Final = 0.5
_CALLS_BACK: Final = 0.06
_ANSWERED, _NO_ANSWER = "answered", "no_answer"

Heard = tuple[int, float, int]
"""A carrier's record: which person, at which second of the day, for how many seconds."""

Wronged = Callable[[int, str, float], None]
"""Told of a lawful line that was stopped, with the reference its holder heard, at a second of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who is told what became of a call.

    `contacted`: a bait was answered (second, bait, marked); `kept`: a call that keeps a victim on
    the hook came through or not; `call_back`: somebody will call the number back; `wronged`: above.
    """

    contacted: Callable[[float, Bait, bool], None]
    kept: Callable[[int, bool], None]
    call_back: Callable[[Bait], None]
    wronged: Wronged


@dataclass(slots=True, kw_only=True)
class _Open:
    """The minute that waits for its verdicts: rows of the batch, which of them are baits."""

    batch: pa.RecordBatch
    at_us: Ints
    row_of: Ints
    lawful: Ints
    baits: list[Bait]


class Exchange:
    """Carries the calls of the day; what the centre stops does not ring."""

    def __init__(
        self,
        rng: np.random.Generator,
        scene: Scene,
        day: Day,
        plates: Plates,
        *,
        ears: Ears,
    ) -> None:
        self._rng = rng
        people = self._people = scene.people
        self._day = day
        self._plates = plates
        self._truth = scene.truth
        self._midnight_us = scene.calendar.midnight_us
        self._ears = ears
        self._open: _Open | None = None
        self._done: list[pa.RecordBatch] = []
        self._stopped = np.zeros(len(day.at_s), dtype=np.bool_)
        self._silent: NDArray[np.bool_] = np.zeros(len(people), dtype=np.bool_)
        self._heard: dict[str, list[Heard]] = {}

    def silence(self, line: int, *, cut: bool) -> None:
        """A line of the population was cut or restored."""
        self._silent[line] = cut

    def batch(self, minute: int, baits: list[Bait], *, minutes: int = 1) -> tuple[pa.RecordBatch, NDArray[np.int16]]:
        """Return the minute's calls in order of time, and the truth beside them."""
        self.settle()
        rows = self._day.rows(minute, minutes)
        lawful = np.arange(rows.start, rows.stop, dtype=np.int64)
        silent = self._silent[self._day.caller[lawful]]
        if silent.any():
            self._stopped[lawful[silent]] = True
            lawful = lawful[~silent]
        columns = minute_columns(self._day, self._people, self._plates, lawful)
        at_s = np.concatenate([self._day.at_s[lawful], [bait.at_s for bait in baits]])
        at_us = (at_s * 1e6).astype(np.int64) + self._midnight_us
        order = np.argsort(at_us, kind="stable")
        extra = self._bait_columns(baits)
        index = pa.array(order)
        arrays = [pa.array(at_us[order], type=AT)]
        arrays += [pa.concat_arrays([columns[name], extra[name]]).take(index) for name in CALL_COLUMNS[1:]]
        batch = pa.RecordBatch.from_arrays(arrays, names=list(CALL_COLUMNS))
        fraud = [0 if bait.lawful else 1 + bait.syndicate for bait in baits]
        mark = np.array([0] * len(lawful) + fraud, dtype=np.int16)
        self._open = _Open(batch=batch, at_us=at_us[order], row_of=order, lawful=lawful, baits=baits)
        return batch, mark[order]

    def verdict(self, codes: NDArray[np.uint8], references: Sequence[str]) -> None:
        """Take the verdicts of the open minute; from HOLD on a call does not ring."""
        opened, self._open = self._open, None
        if opened is None:
            return
        if len(codes) != len(opened.row_of):
            raise ValueError(f"{len(codes)} verdicts for {len(opened.row_of)} calls")
        lawful_count = len(opened.lawful)
        by_row = np.empty(len(codes), dtype=np.uint8)
        by_row[opened.row_of] = codes
        self._count(opened, by_row, references, np.argsort(opened.row_of))
        passed = opened.lawful[by_row[:lawful_count] < HOLD]
        self._stopped[opened.lawful[by_row[:lawful_count] >= HOLD]] = True
        self._done.append(self._lawful_ends(passed))
        ended = [
            end
            for bait, code in zip(opened.baits, by_row[lawful_count:].tolist(), strict=True)
            if (end := self._ring(bait, code)) is not None
        ]
        if ended:
            self._done.append(pa.RecordBatch.from_pylist(ended, schema=ENDS_SCHEMA))

    def settle(self) -> None:
        """Let every call of the open minute pass if nobody judged them."""
        if self._open is not None:
            self.verdict(np.zeros(len(self._open.row_of), dtype=np.uint8), ())

    def ends(self, until_us: int) -> pa.RecordBatch:
        """Return the calls that have ended by an instant, and forget them."""
        self.settle()
        table = pa.Table.from_batches(self._done, schema=ENDS_SCHEMA).combine_chunks()
        over = table["ended_at"].cast(pa.int64()).to_numpy() < until_us
        self._done = table.filter(pa.array(~over)).to_batches()
        ended = table.filter(pa.array(over)).combine_chunks().to_batches()
        return ended[0] if ended else pa.RecordBatch.from_pylist([], schema=ENDS_SCHEMA)

    def exposures(self, line: str, index: int | None, *, since_s: float, until_s: float) -> list[Heard]:
        """Return who answered a line between two seconds of the day: person, when, how many seconds."""
        found = [heard for heard in self._heard.get(line, ()) if since_s <= heard[1] < until_s]
        if index is None:
            return found
        rows = self._day.of_caller(index)
        times = self._day.at_s[rows]
        rows = rows[(times >= since_s) & (times < until_s) & self._day.answer[rows] & ~self._stopped[rows]]
        return found + [
            (int(self._day.callee[row]), float(self._day.at_s[row]), int(self._day.talk_s[row]))
            for row in rows.tolist()
        ]

    def _bait_columns(self, baits: list[Bait]) -> dict[str, pa.Array]:
        people = self._people
        texts = {
            "calling": [bait.calling for bait in baits],
            "called": [people.numbers[bait.target] for bait in baits],
            "displayed": [bait.calling for bait in baits],
            "trunk": [bait.trunk for bait in baits],
            "origin_network": [bait.network for bait in baits],
            "device": [bait.device for bait in baits],
            "cell": [bait.cell for bait in baits],
            "carrier": [people.carrier_code(bait.card if bait.card >= 0 else bait.target) for bait in baits],
        }
        return {name: pa.array(values, type=pa.string()) for name, values in texts.items()}

    def _count(self, opened: _Open, by_row: NDArray[np.uint8], references: Sequence[str], place: Ints) -> None:
        tally, lawful_count = self._truth.calls, len(opened.lawful)
        tally.flagged += int((by_row == FLAG).sum())
        tally.lawful += lawful_count
        wrong = np.flatnonzero(by_row[:lawful_count] >= HOLD).tolist()
        tally.lawful_stopped += len(wrong)
        for row in wrong:
            caller = int(self._day.caller[opened.lawful[row]])
            tally.wronged.add(self._people.numbers[caller])
            reference = references[int(place[row])] if len(references) else ""
            self._ears.wronged(caller, reference, float(self._day.at_s[opened.lawful[row]]))
        for row, bait in enumerate(opened.baits, lawful_count):
            stopped = bool(by_row[row] >= HOLD)
            tally.fraud += not bait.lawful
            tally.fraud_stopped += stopped and not bait.lawful
            tally.lawful += bait.lawful
            if stopped and bait.lawful:
                tally.lawful_stopped += 1
                tally.wronged.add(bait.calling)
                self._ears.wronged(bait.card, references[int(place[row])] if len(references) else "", bait.at_s)

    def _lawful_ends(self, rows: NDArray[np.int64]) -> pa.RecordBatch:
        day, plates = self._day, self._plates
        at_us = (day.at_s[rows] * 1e6).astype(np.int64) + self._midnight_us
        answered = at_us + (day.ring_s[rows] * 1e6).astype(np.int64)
        taken = day.answer[rows]
        ended = np.where(taken, answered + (day.talk_s[rows] * 1e6).astype(np.int64), answered + 15_000_000)
        carrier = np.minimum(plates.carrier_of[day.caller[rows]], 2)
        carrier = np.where(plates.carrier_of[day.caller[rows]] > 2, self._people.carrier[day.callee[rows]], carrier)
        return pa.RecordBatch.from_arrays(
            [
                pa.array(at_us, type=AT),
                plates.numbers.take(pa.array(day.caller[rows])),
                plates.numbers.take(pa.array(day.callee[rows])),
                pa.array(answered, type=AT, mask=~taken),
                pa.array(ended, type=AT),
                pa.array([_NO_ANSWER, _ANSWERED]).take(pa.array(taken.astype(np.int8))),
                plates.carriers.take(pa.array(carrier)),
            ],
            schema=ENDS_SCHEMA,
        )

    def _ring(self, bait: Bait, code: int) -> dict[str, object] | None:
        """Let one bait ring, unless it was stopped; return how it ended."""
        if bait.victim >= 0:
            self._ears.kept(bait.victim, code < HOLD)
        if code >= HOLD:
            return None
        likely = _ANSWERS_FRIEND if bait.victim >= 0 or bait.lawful else _ANSWERS_BAIT
        if code == FLAG and bait.victim < 0:
            likely *= _MARKED_ANSWER
        ring_s = 2 + float(self._rng.exponential(7))
        taken = bool(self._rng.random() < likely)
        talk_s = float(SCAM_ANSWERED_S.draw(self._rng, 1)[0]) * float(self._rng.exponential()) + 2 if taken else 12.0
        if taken and not bait.lawful:
            self._heard.setdefault(bait.calling, []).append((bait.target, bait.at_s, int(talk_s)))
            if bait.victim < 0:
                self._ears.contacted(bait.at_s + ring_s, bait, code == FLAG)
        if not bait.lawful and bait.card >= 0 and self._rng.random() < _CALLS_BACK:
            self._ears.call_back(bait)
        at_us = int(bait.at_s * 1e6) + self._midnight_us
        answered_us = at_us + int(ring_s * 1e6)
        return {
            "at": at_us,
            "calling": bait.calling,
            "called": self._people.numbers[bait.target],
            "answered_at": answered_us if taken else None,
            "ended_at": answered_us + int(talk_s * 1e6),
            "cause": _ANSWERED if taken else _NO_ANSWER,
            "carrier": self._people.carrier_code(bait.card if bait.card >= 0 else bait.target),
        }


def as_exposures(
    people: Population, line: str, heard: Collection[Heard], *, kind: str, at: Callable[[float], datetime]
) -> list[Exposure]:
    """Return a carrier's records of who was reached by a line."""
    return [
        Exposure(
            line=line,
            person=people.numbers[person],
            at=at(at_s),
            seconds=seconds,
            kind=kind,
            district=people.district(person),
            carrier=people.carrier_code(person),
        )
        for person, at_s, seconds in heard
        if person < people.subscribers
    ]
