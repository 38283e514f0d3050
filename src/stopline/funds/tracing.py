"""First in, first out over known payments, in integers: exact, time-respecting, nothing lost.

Clayton's case (1816): what came in first goes out first. Each account reached by the money is a queue
of lots; a lot is reported money (with its tier) or not. Only accounts that the money reaches are read.
Claims + sunk + dropped + returned equal the loss to the last unit, whatever the payments are.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

_CASH: Final = frozenset({"cash", "atm", "counter", "cash_out", "cashout", "现金"})
_ABROAD: Final = frozenset({"abroad", "foreign", "crypto", "overseas", "境外"})


class SinkKind(StrEnum):
    """Where money is out of reach of a domestic order."""

    CASH = "cash"
    ABROAD = "abroad"
    UNKNOWN = "unknown"
    BEYOND = "beyond"  # past the tiers or accounts that a trace follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One payment as the trace sees it; `sequence` is the bank's posting order within an instant."""

    reference: str
    at: datetime
    source: str
    target: str
    target_bank: str
    amount_minor: int
    sequence: int = 0

    @property
    def key(self) -> tuple[datetime, int, str]:
        """The order in which payments are followed."""
        return (self.at, self.sequence, self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one account: what it held before the first of its known movements, and these."""

    opening_minor: int = 0
    movements: Sequence[Movement] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Reported money that lies in an account, by the tier in which it got there."""

    account: str
    bank: str
    tier: int
    claimed_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Reported money that one payment moved."""

    reference: str
    source: str
    target: str
    tier: int
    amount_minor: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunk:
    """Reported money that left the accounts, and from which account it left."""

    kind: SinkKind
    account: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The result of a trace; `reached` gives for each account its bank, lowest tier and first instant."""

    loss_minor: int
    claims: tuple[Claim, ...]
    edges: tuple[Edge, ...]
    sunk: tuple[Sunk, ...]
    dropped_minor: int
    returned_minor: int
    reached: dict[str, tuple[str, int, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a trace goes: parts below `cut_minor` are dropped and counted as dropped."""

    cut_minor: int = 0
    tiers: int = 12
    accounts: int = 2_000


_Part = tuple[int, int]  # amount, tier; tier 0 = not this report's money


def fifo(losses: Iterable[Movement], known: Callable[[str], Known], bounds: Bounds = Bounds()) -> Traced:
    """Follow the losses through what is known of each account that they reach."""
    walk = _Walk(known=known, bounds=bounds)
    return walk.run(list(losses))


@dataclass(slots=True)
class _Walk:
    known: Callable[[str], Known]
    bounds: Bounds
    queues: dict[str, deque[_Part]] = field(default_factory=dict)
    reached: dict[str, tuple[str, int, datetime]] = field(default_factory=dict)
    heap: list[tuple[datetime, int, str, Movement]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    edges: list[Edge] = field(default_factory=list)
    sunk: dict[tuple[SinkKind, str], int] = field(default_factory=dict)
    dropped_minor: int = 0
    returned_minor: int = 0

    def run(self, losses: list[Movement]) -> Traced:
        self.lost = {loss.reference for loss in losses}
        self.own = {loss.source for loss in losses} - {loss.target for loss in losses} - {""}
        for loss in losses:
            self._push(loss)
        while self.heap:
            self._follow(heapq.heappop(self.heap)[3])
        return Traced(
            loss_minor=sum(loss.amount_minor for loss in losses),
            claims=self._claims(),
            edges=tuple(self.edges),
            sunk=tuple(
                Sunk(kind=kind, account=account, amount_minor=minor)
                for (kind, account), minor in sorted(self.sunk.items())
            ),
            dropped_minor=self.dropped_minor,
            returned_minor=self.returned_minor,
            reached=self.reached,
        )

    def _push(self, movement: Movement) -> None:
        if movement.reference not in self.seen and movement.amount_minor > 0:
            self.seen.add(movement.reference)
            heapq.heappush(self.heap, (*movement.key, movement))

    def _follow(self, movement: Movement) -> None:
        if movement.reference in self.lost:
            parts = [(movement.amount_minor, 1)]
        elif movement.source == movement.target:
            return
        else:
            parts = [
                (minor, tier + 1 if tier else 0) for minor, tier in self._take(movement.source, movement.amount_minor)
            ]
        self._give(movement, parts)

    def _take(self, account: str, amount_minor: int) -> list[_Part]:
        """Take an amount from the front of a queue; what the queue does not hold came from elsewhere."""
        queue = self.queues.get(account, deque())
        taken: list[_Part] = []
        while amount_minor and queue:
            minor, tier = queue.popleft()
            part = min(minor, amount_minor)
            taken.append((part, tier))
            amount_minor -= part
            if part < minor:
                queue.appendleft((minor - part, tier))
        if amount_minor:
            taken.append((amount_minor, 0))
        return taken

    def _give(self, movement: Movement, parts: list[_Part]) -> None:
        sink = _sink(movement)
        kept: list[_Part] = []
        for minor, tier in parts:
            if not tier:
                kept.append((minor, 0))
            elif movement.target in self.own:
                self.returned_minor += minor
            elif minor < self.bounds.cut_minor and tier > 1:
                self.dropped_minor += minor
                kept.append((minor, 0))
            else:
                self._edge(movement, minor, tier)
                where = sink or self._beyond(movement, tier)
                if where is not None:
                    key = (where, movement.source)
                    self.sunk[key] = self.sunk.get(key, 0) + minor
                else:
                    kept.append((minor, tier))
        if sink is None:
            self._append(movement, kept)

    def _edge(self, movement: Movement, minor: int, tier: int) -> None:
        self.edges.append(
            Edge(
                reference=movement.reference,
                source=movement.source,
                target=movement.target,
                tier=tier,
                amount_minor=minor,
                at=movement.at,
            )
        )

    def _beyond(self, movement: Movement, tier: int) -> SinkKind | None:
        full = movement.target not in self.queues and len(self.queues) >= self.bounds.accounts
        return SinkKind.BEYOND if tier > self.bounds.tiers or full else None

    def _append(self, movement: Movement, parts: list[_Part]) -> None:
        ours = [tier for _minor, tier in parts if tier]
        if movement.target not in self.queues:
            if not ours:
                return  # money of others in an account that ours has not reached
            self._reach(movement)
        if ours:
            bank, tier, at = self.reached.get(movement.target, ("", min(ours), movement.at))
            self.reached[movement.target] = (bank or movement.target_bank, min(tier, *ours), at)
        self.queues[movement.target].extend(parts)

    def _reach(self, movement: Movement) -> None:
        """Open the queue of an account: what it holds already stands in front of our money."""
        held = self.known(movement.target)
        ahead = held.opening_minor
        for other in sorted(held.movements, key=lambda one: one.key):
            if other.reference == movement.reference or other.source == other.target:
                continue
            if other.key < movement.key:
                change = other.amount_minor if other.target == movement.target else -other.amount_minor
                ahead = max(0, ahead + change)
            else:
                self._push(other)
        self.queues[movement.target] = deque([(ahead, 0)] if ahead else [])

    def _claims(self) -> tuple[Claim, ...]:
        found: dict[tuple[str, int], int] = {}
        for account, queue in self.queues.items():
            for minor, tier in queue:
                if tier:
                    found[account, tier] = found.get((account, tier), 0) + minor
        return tuple(
            Claim(account=account, bank=self.reached[account][0], tier=tier, claimed_minor=minor)
            for (account, tier), minor in sorted(found.items())
        )


def _sink(movement: Movement) -> SinkKind | None:
    words = {movement.target.casefold(), movement.target_bank.casefold()}
    prefix = movement.target.casefold().partition(":")[0]
    if words & _CASH or prefix in _CASH:
        return SinkKind.CASH
    if words & _ABROAD or prefix in _ABROAD:
        return SinkKind.ABROAD
    return None if movement.target.strip() else SinkKind.UNKNOWN
