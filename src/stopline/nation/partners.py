"""The partners abroad: they answer requests, report a den with what they found there, and count who goes home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from stopline.nation.client import CentreKeys, Doors, OrderForged
from stopline.nation.events import DenFinding
from stopline.nation.routine import its_turn
from stopline.nation.world import World

_ROUND_EVERY = 5  # minutes between two looks into the post
_ANSWER_AFTER = timedelta(minutes=20)
_DEN_AFTER = timedelta(hours=4)  # of the day: the working group has been to the place
_DONE = frozenset({"received", "closed", "cancelled"})


@dataclass(slots=True)
class Partners:
    """The neighbour's police (X1) and the mechanism's third party (X2)."""

    doors: Doors
    keys: CentreKeys
    world: World
    codes: Mapping[str, str]
    day_began_at: datetime
    without: frozenset[str] = frozenset()
    den: DenFinding | None = None
    raided_at: datetime | None = None
    counted: dict[str, dict[str, int]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    _asked: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    def minute(self, at: datetime) -> None:
        """Look into the post every few minutes, and answer what has lain long enough."""
        if "alliance" in self.without or not self.codes:
            return
        if self.den is None and at - self.day_began_at >= _DEN_AFTER:
            self._report_den()
        if its_turn(at, _ROUND_EVERY):
            for code, key in sorted(self.codes.items()):
                self._post(code, key, at)
        for request_id, (asked_at, code) in list(self._asked.items()):
            if at - asked_at >= _ANSWER_AFTER:
                del self._asked[request_id]
                self._answer(code, request_id, at)

    def _report_den(self) -> None:
        self.den = self.world.den_finding()
        if self.den is None:
            return
        code = min(self.codes)
        reply = self.doors.post("/api/v1/dens", self.den.body, token=self.codes[code])
        self.seen["dens"] += int(reply.ok)

    def _post(self, code: str, key: str, at: datetime) -> None:
        for order in self.doors.get("/api/v1/orders", token=key).rows():
            self._obey(key, order)
        for request in self.doors.get("/api/v1/requests", token=key).rows():
            request_id = str(request.get("id", ""))
            if request_id not in self.seen:
                self.seen[request_id] += 1
                self._asked[request_id] = (at, code)
        for handover in self.doors.get("/api/v1/handovers", token=key).rows():
            self._count(key, handover)

    def _obey(self, key: str, order: Mapping[str, object]) -> None:
        """Make ready for a person's transfer, or stand down again."""
        outcome, remark = ("released" if order.get("act") == "release" else "active_full"), ""
        try:
            self.keys.check(order)
        except OrderForged as error:
            outcome, remark = "refused", str(error)
        if order.get("act") in {"impose", "release"}:
            body = {"version": order.get("version"), "outcome": outcome, "remark": remark}
            self.doors.post("/api/v1/orders/{id}/answers", body, token=key, id=str(order.get("order_id", "")))

    def _answer(self, code: str, request_id: str, at: datetime) -> None:
        place = self.den.body.get("place", "the place named") if self.den else "the place named"
        evidence = [{"kind": "observation", "ref": f"X-{request_id}", "note": f"seen at {place}"}]
        body = {"state": "executed", "note": "done together with your officers", "evidence": evidence}
        reply = self.doors.post("/api/v1/requests/{id}/answers", body, token=self.codes[code], id=request_id)
        self.seen["requests.answered"] += int(reply.ok)
        if reply.ok and self.den is not None and self.raided_at is None:
            self.raided_at = at
            self.world.den_raided(at)

    def _count(self, key: str, handover: Mapping[str, object]) -> None:
        handover_id = str(handover.get("id", ""))
        if handover_id in self.counted or str(handover.get("state", "")) in _DONE:
            return
        number = _aboard(handover)
        if number is None:
            return
        counts = {"boarded": number, "landed": number, "received": number}
        reply = self.doors.post("/api/v1/handovers/{id}/counts", counts, token=key, id=handover_id)
        if reply.ok:
            self.counted[handover_id] = counts
            self.seen["handovers.counted"] += 1


def _aboard(handover: Mapping[str, Any]) -> int | None:
    """Return how many people stand on the manifest, wherever the partner's page shows it."""
    for name in ("manifest_count", "manifest", "persons", "transfer_ids", "person_ids"):
        value = handover.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, list) and value:
            return len(value)
    return None
