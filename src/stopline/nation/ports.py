"""The ports: each traveller is put to the centre, and whoever is referred waits until an officer has looked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stopline.nation.client import CentreKeys, Doors, OrderForged
from stopline.nation.events import Crossing, Minute
from stopline.nation.routine import its_turn
from stopline.nation.world import World

_ORDERS_EVERY = 6


@dataclass(slots=True)
class Ports:
    """All ports of the country; `waiting` holds the travellers who were referred, by hit."""

    doors: Doors
    keys: CentreKeys
    world: World
    codes: Mapping[str, str]
    without: frozenset[str] = frozenset()
    waiting: dict[str, Crossing] = field(default_factory=dict)
    referred: list[Crossing] = field(default_factory=list)
    found: dict[str, datetime] = field(default_factory=dict)  # document -> when an officer confirmed it
    let_go: list[str] = field(default_factory=list)  # documents of namesakes let go
    seen: Counter[str] = field(default_factory=Counter)

    def minute(self, minute: Minute, now: datetime) -> None:
        """Put the travellers of this minute to the centre, and take note of its orders."""
        if its_turn(now, _ORDERS_EVERY):
            for key in self.codes.values():
                self._orders(key)
        for crossing in minute.crossings:
            self._cross(crossing, now)

    def _cross(self, crossing: Crossing, at: datetime) -> None:
        key = self.codes.get(crossing.port)
        if key is None:
            return
        self.seen["crossings"] += 1
        reply = self.doors.post("/api/v1/crossings", crossing.body, token=key)
        self.world.crossing_decided(crossing.truth_id, str(reply.mapping.get("decision", "pass")), at)
        if reply.mapping.get("decision") == "refer":
            self.seen["referred"] += 1
            self.referred.append(crossing)
            self.waiting[str(reply.mapping.get("hit_id", ""))] = crossing

    def _orders(self, key: str) -> None:
        for order in self.doors.get("/api/v1/orders", token=key).rows():
            outcome = "released" if order.get("act") == "release" else "active_full"
            remark = ""
            try:
                self.keys.check(order)
            except OrderForged as error:
                self.seen["orders.forged"] += 1
                outcome, remark = "refused", str(error)
            if order.get("act") in {"impose", "release"}:
                self.seen[f"orders.{order.get('act')}"] += 1
                body = {"version": order.get("version"), "outcome": outcome, "remark": remark}
                self.doors.post("/api/v1/orders/{id}/answers", body, token=key, id=str(order.get("order_id", "")))
