"""The banks: they check the signature of each order and answer as banks do, at once, late, in part, or never."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from stopline.nation.client import CentreKeys, Doors, OrderForged
from stopline.nation.events import StopOutcome, Stopped
from stopline.nation.routine import its_turn, told
from stopline.nation.world import World

Order = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """How a bank's desk works: minutes it takes, and how often it does less than it should (ratios 0..1)."""

    wait: tuple[int, int]
    looks_every: int = 3
    part: float = 0.0
    mismatch: float = 0.0
    silent: float = 0.0
    refuse: float = 0.0
    twice: float = 0.0


TEMPERS: Mapping[str, Temper] = {
    "B1": Temper(wait=(0, 1), looks_every=1, twice=0.2),
    "B2": Temper(wait=(5, 30), looks_every=3),
    "B3": Temper(wait=(1, 4), part=0.3),
    "B4": Temper(wait=(1, 5), mismatch=0.15),
    "B5": Temper(wait=(1, 6), refuse=0.1),
    "B6": Temper(wait=(2, 10), silent=0.2, twice=0.1),
}
_PLAIN = Temper(wait=(1, 5))


@dataclass(frozen=True, order=True, slots=True)
class _Due:
    at: datetime
    ordinal: int
    bank: str = field(compare=False)
    order: Order = field(compare=False)


@dataclass(slots=True)
class Banks:
    """All banks of the country, each with its own key and temper."""

    doors: Doors
    keys: CentreKeys
    world: World
    codes: Mapping[str, str]
    seed: int
    day_began_at: datetime
    without: frozenset[str] = frozenset()
    seen: Counter[str] = field(default_factory=Counter)
    held: dict[tuple[str, str], int] = field(default_factory=dict)  # (bank, account) -> held minor now
    holds: dict[str, list[datetime]] = field(default_factory=dict)  # account -> when money in it was held
    _due: list[_Due] = field(default_factory=list)
    _ordinal: int = 0

    def minute(self, at: datetime) -> None:
        """Fetch new orders, then answer those whose turn has come."""
        if "funds" in self.without:
            return
        for place, (bank, key) in enumerate(sorted(self.codes.items())):
            if not its_turn(at, TEMPERS.get(bank, _PLAIN).looks_every, place):
                continue
            for order in sorted(self.doors.get("/api/v1/orders", token=key).rows(), key=_said):
                self._take(bank, order, at)
        while self._due and self._due[0].at <= at:
            due = heapq.heappop(self._due)
            self._answer(due.bank, due.order, at)

    def _take(self, bank: str, order: Order, at: datetime) -> None:
        try:
            self.keys.check(order)
        except OrderForged as error:
            self.seen["orders.forged"] += 1
            self._say(bank, order, {"outcome": "refused", "remark": str(error)})
            return
        self.seen[f"orders.{order.get('act')}"] += 1
        temper, chance = TEMPERS.get(bank, _PLAIN), self._chance(bank, order)
        if str(order.get("act")) == "impose" and chance.random() < temper.silent:
            self.seen["orders.never_answered"] += 1
            return
        self._ordinal += 1
        due_at = at + timedelta(minutes=chance.randint(*temper.wait))
        heapq.heappush(self._due, _Due(due_at, self._ordinal, bank, order))

    def _answer(self, bank: str, order: Order, at: datetime) -> None:
        match str(order.get("act")):
            case "impose":
                answer = self._impose(bank, order, at)
            case "release":
                answer = self._release(bank, order, at)
            case "suspend":
                self._release(bank, order, at)
                return
            case "resume":
                self._impose(bank, order, at)
                return
            case _:
                return  # a renewal asks for nothing: what is held stays held
        self._say(bank, order, answer)
        if self._chance(bank, order).random() < TEMPERS.get(bank, _PLAIN).twice:
            self._say(bank, order, answer)

    def _impose(self, bank: str, order: Order, at: datetime) -> dict[str, Any]:
        temper, chance = TEMPERS.get(bank, _PLAIN), self._chance(bank, order)
        chance.random()  # the first throw decided whether it answers at all
        throw = chance.random()
        if throw < temper.refuse:
            return {"outcome": "refused", "remark": "the desk asks for the paper original"}
        if throw < temper.refuse + temper.mismatch:
            return {"outcome": "mismatch", "remark": "name and account do not go together"}
        account, amount = str(order.get("subject", "")), _amount(order)
        asked = amount
        if amount is not None and throw < temper.refuse + temper.mismatch + temper.part:
            asked = max(1, amount // 2)
        stopped = self.world.account_stopped(bank, account, asked, at)
        if stopped.applied_minor > 0:
            place = (bank, account)
            self.held[place] = self.held.get(place, 0) + stopped.applied_minor
            self.holds.setdefault(account, []).append(at)
        outcome = stopped.outcome
        if outcome is StopOutcome.ACTIVE_FULL and amount is not None and stopped.applied_minor < amount:
            outcome = StopOutcome.ACTIVE_PART
        return {**_figures(stopped), "outcome": outcome.value, "transfers": self._statement(bank, account)}

    def _release(self, bank: str, order: Order, at: datetime) -> dict[str, Any]:
        account = str(order.get("subject", ""))
        released = self.world.account_released(bank, account, None, at)
        self.held.pop((bank, account), None)
        return {**_figures(released), "outcome": "released", "applied_minor": 0}

    def _statement(self, bank: str, account: str) -> list[dict[str, object]]:
        return [transfer.body() for transfer in self.world.statement(bank, account, self.day_began_at)]

    def _say(self, bank: str, order: Order, answer: Mapping[str, object]) -> None:
        self.seen[f"answers.{answer['outcome']}"] += 1
        body = {"version": order.get("version"), "remark": "", **answer}
        self.doors.post("/api/v1/orders/{id}/answers", body, token=self.codes[bank], id=str(order.get("order_id", "")))

    def _chance(self, bank: str, order: Order) -> random.Random:
        """Return a generator that depends on what is asked, not on ids that differ from run to run."""
        return random.Random(f"{self.seed}|{bank}|{order.get('subject')}|{order.get('act')}|{order.get('version')}")


def _said(order: Order) -> str:
    return told({name: value for name, value in order.items() if name != "signature"})


def _amount(order: Order) -> int | None:
    value = order.get("amount_minor")
    return value if isinstance(value, int) else None


def _figures(stopped: Stopped) -> dict[str, Any]:
    return {"applied_minor": stopped.applied_minor, "balance_minor": stopped.balance_minor}
