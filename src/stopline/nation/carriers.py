"""The carriers: they ask before each call and message, do as they are told, and refer who was reached by a fraud."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stopline.nation.client import CentreKeys, Doors, OrderForged
from stopline.nation.events import BLOCK, CALL_COLUMNS, FLAG, HOLD, MESSAGE_COLUMNS, PASS, Exposure, Minute
from stopline.nation.routine import its_turn
from stopline.nation.world import World

_CODES = {"PASS": PASS, "FLAG": FLAG, "HOLD": HOLD, "BLOCK": BLOCK}
_NOTICE_CODE = re.compile(r"\b(?:[0-9A-Z]{8}-){3}[0-9A-Z]{8}\b")
_ENDS_EVERY = 4  # minutes between two posts of call outcomes
_WATCH_EVERY = 4


@dataclass(slots=True)
class Carriers:
    """All carriers of the country, each with its own key. `without` names the parts that stand still today."""

    doors: Doors
    keys: CentreKeys
    world: World
    codes: Mapping[str, str]  # carrier -> key
    without: frozenset[str] = frozenset()
    side: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="messages"))
    seen: Counter[str] = field(default_factory=Counter)
    warned: dict[str, datetime] = field(default_factory=dict)  # line -> first warning
    cut: dict[str, datetime] = field(default_factory=dict)  # line or device -> when it was cut
    lessons: dict[str, datetime] = field(default_factory=dict)  # district -> when the lesson came
    _ends: list[pa.RecordBatch] = field(default_factory=list)
    _watched: dict[str, datetime] = field(default_factory=dict)
    _referred: set[tuple[str, str, datetime]] = field(default_factory=set)

    def screen(self, minute: Minute, now: datetime) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Ask for the verdicts of this minute's calls and messages and apply them; returns both code columns."""
        # calls and messages share no state at the centre, so that asking side by side keeps the day the same
        posted = self.side.submit(self._ask, "/api/v1/messages/batch", minute.messages, MESSAGE_COLUMNS, "messages")
        codes, references = self._ask("/api/v1/calls/batch", minute.calls, CALL_COLUMNS, "calls")
        texts, told = posted.result()
        self.world.calls_verdict(codes, references)
        self.world.messages_verdict(texts, told)
        self._outcomes(now)
        return codes, texts

    def rounds(self, at: datetime) -> None:
        """Do what is asked besides: orders, texts to people, and who was reached by confirmed fraud lines."""
        for place, (code, key) in enumerate(sorted(self.codes.items())):
            if its_turn(at, 2, place):
                self._orders(key, at)
                self._deliver(key, at)
            if "dissuasion" not in self.without and its_turn(at, _WATCH_EVERY, place):
                self._refer(code, key, at)

    def _ask(
        self, door: str, batch: pa.RecordBatch, columns: Sequence[str], part: str
    ) -> tuple[NDArray[np.uint8], list[str]]:
        codes = np.zeros(batch.num_rows, np.uint8)
        references = [""] * batch.num_rows
        if part in self.without or not batch.num_rows:
            return codes, references
        carriers = batch.column("carrier")
        sent = batch.select([name for name in columns if name != "carrier"])
        for code, key in sorted(self.codes.items()):
            rows = np.flatnonzero(np.asarray(pc.equal(carriers, code)))
            if not len(rows):
                continue
            answer = self.doors.post_columns(door, sent.take(pa.array(rows)), token=key)
            if answer is None or answer.num_rows != len(rows):
                self.seen[f"{part}.unanswered"] += len(rows)  # the carrier's own policy: let it through
                continue
            self._apply(rows, answer, codes, references)
        return codes, references

    def _apply(self, rows: NDArray[np.intp], answer: pa.Table, codes: NDArray[np.uint8], references: list[str]) -> None:
        verdicts = answer.column("verdict").to_pylist()
        for place, verdict in zip(rows.tolist(), verdicts, strict=True):
            codes[place] = _CODES.get(str(verdict).upper(), PASS)
        told = answer.column("reference").to_pylist()
        for place in np.flatnonzero(codes[rows] != PASS).tolist():
            references[int(rows[place])] = str(told[place] or "")

    def _outcomes(self, at: datetime) -> None:
        ended = self.world.ends()
        if ended.num_rows:
            self._ends.append(ended)
        if not its_turn(at, _ENDS_EVERY) or not self._ends or "calls" in self.without:
            return
        table = pa.Table.from_batches(self._ends).combine_chunks()
        self._ends.clear()
        for code, key in sorted(self.codes.items()):
            mine = table.filter(pc.equal(table.column("carrier"), code)).drop_columns(["carrier"])
            for batch in mine.combine_chunks().to_batches():
                self.doors.post_columns("/api/v1/calls/ends", batch, token=key)

    def _orders(self, key: str, at: datetime) -> None:
        orders = self.doors.get("/api/v1/orders", token=key).rows()
        for order in sorted(orders, key=lambda row: (str(row.get("subject")), str(row.get("act")))):
            answer = self._obey(order, at)
            if answer is not None:
                self.doors.post("/api/v1/orders/{id}/answers", answer, token=key, id=str(order["order_id"]))

    def _obey(self, order: Mapping[str, object], at: datetime) -> dict[str, Any] | None:
        try:
            self.keys.check(order)
        except OrderForged as error:
            self.seen["orders.forged"] += 1
            return {"version": order.get("version"), "outcome": "refused", "remark": str(error)}
        subject = str(order.get("subject", ""))
        match str(order.get("act")):
            case "impose" | "resume":
                found = self.world.line_cut(subject, at)
                self.seen["lines.cut"] += int(found)
                if found:
                    self.cut.setdefault(subject, at)
                outcome = "active_full" if found else "empty"
            case "release" | "suspend":
                self.world.line_restored(subject, at)
                self.seen["lines.restored"] += 1
                outcome = "released"
            case _:
                return None  # a renewal asks for nothing: the line stays as it is
        if str(order.get("act")) in {"resume", "suspend"}:
            return None
        return {"version": order.get("version"), "outcome": outcome, "remark": ""}

    def _deliver(self, key: str, at: datetime) -> None:
        texts = self.doors.get("/api/v1/deliveries", token=key).rows()
        for text in sorted(texts, key=lambda row: (str(row.get("kind")), str(row.get("to")))):
            self._bring(text, at)
            self.doors.post("/api/v1/deliveries/{id}/delivered", {}, token=key, id=str(text["id"]))

    def _bring(self, text: Mapping[str, object], at: datetime) -> None:
        person, kind = str(text.get("to", "")), str(text.get("kind", ""))
        self.seen[f"delivered.{kind}"] += 1
        if kind == "lesson" or person.startswith("district:"):
            if "education" not in self.without:
                district = person.removeprefix("district:")
                self.world.lesson_reached(district, at)
                self.lessons.setdefault(district, at)
        elif kind == "warning":
            if "dissuasion" not in self.without:
                self.world.warned(person, at)
                self.warned.setdefault(person, at)
        elif kind == "notification":
            for code in _NOTICE_CODE.findall(f"{text.get('text_zh', '')} {text.get('text_en', '')}")[:1]:
                self.world.wronged(person, code, at)

    def _refer(self, code: str, key: str, at: datetime) -> None:
        lines = [str(row["line"]) for row in self.doors.get("/api/v1/watch", token=key).rows("lines")]
        fresh = {line for line in lines if f"{code} {line}" not in self._watched}
        known = set(lines) - fresh
        found: list[Exposure] = list(self.world.exposures(sorted(fresh))) if fresh else []
        if known:
            found += self.world.exposures(sorted(known), min(self._watched[f"{code} {line}"] for line in known))
        self._watched |= {f"{code} {line}": at for line in lines}
        rows = []
        for seen in found:
            mark = (seen.line, seen.person, seen.at)
            if seen.carrier == code and mark not in self._referred:
                self._referred.add(mark)
                rows.append(_exposure(seen))
        if rows:
            self.seen["exposures"] += len(rows)
            self.doors.post("/api/v1/exposures", rows, token=key)


def _exposure(seen: Exposure) -> dict[str, object]:
    return {
        "line": seen.line,
        "person": seen.person,
        "at": seen.at.isoformat(),
        "seconds": seen.seconds,
        "kind": seen.kind,
        "district": seen.district,
    }
