"""The live figures of the overview: counts of the ledger and of the traffic, each with what it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stopline.kernel.actors import machine
from stopline.kernel.ledger import Ledger
from stopline.law.appeal import Appeal
from stopline.law.enforcement import Enforcement
from stopline.law.machines import EnforcementState
from stopline.law.measure import Measure
from stopline.law.register import MeasureKind

if TYPE_CHECKING:
    from stopline.console.frame import Site

MONEY = ("stopped", "frozen", "returned")
_LIVE = ("in_force", "renewed")
_OPEN = ("filed", "assigned")
_FRESH_S = 1.5  # all readers of the overview share one count
_STOPS = (MeasureKind.STOP_PAYMENT.value, MeasureKind.HOLD_AMOUNT.value)
_FREEZES = (MeasureKind.FREEZE_AMOUNT.value, MeasureKind.FREEZE_SECURITIES.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: its name, its value, how to write it, and the list behind it."""

    name: str
    value: int
    money: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Figures that belong together."""

    name: str
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for a person, and its oldest clock."""

    name: str
    count: int
    oldest_at: datetime | None
    href: str
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything that the overview shows at one instant."""

    at: datetime
    groups: Sequence[Group]
    waiting: Sequence[Waiting]


@dataclass(slots=True)
class LiveFigures:
    """Counts at most every second and a half, however many look on."""

    site: Site
    _kept: Overview | None = None
    _kept_s: float = field(default=float("-inf"))

    def now(self) -> Overview:
        """Return the figures of this moment."""
        now_s = self.site.parts.seconds()
        if self._kept is None or now_s - self._kept_s >= _FRESH_S:
            with self.site.centre.store.read(machine("overview")) as ledger:
                self._kept = _count(self.site, ledger)
            self._kept_s = now_s
        return self._kept


def _count(site: Site, ledger: Ledger) -> Overview:
    traffic, kinds = site.parts.traffic(), site.centre.kinds
    money = site.parts.money(ledger) if site.parts.money else _money(ledger)
    calls = Group(
        name="calls",
        figures=(
            Figure(name="calls_screened", value=traffic.calls),
            Figure(
                name="calls_stopped", value=traffic.calls_blocked, href="/records/verdict?channel=call&verdict=BLOCK"
            ),
            Figure(name="calls_held", value=traffic.calls_held, href="/records/verdict?channel=call&verdict=HOLD"),
        ),
    )
    messages = Group(
        name="messages",
        figures=(
            Figure(name="messages_screened", value=traffic.messages),
            Figure(
                name="messages_stopped",
                value=traffic.messages_blocked,
                href="/records/verdict?channel=message&verdict=BLOCK",
            ),
            Figure(
                name="messages_held", value=traffic.messages_held, href="/records/verdict?channel=message&verdict=HOLD"
            ),
        ),
    )
    funds = Group(
        name="money",
        figures=tuple(
            Figure(name=f"money_{name}", value=int(money.get(name, 0)), money=True, href="/records/hold")
            for name in MONEY
        ),
    )
    return Overview(
        at=ledger.at,
        groups=(calls, messages, funds, *_counted(kinds, ledger)),
        waiting=_waiting(site, ledger),
    )


# group -> (figure, kind, filters)
_COUNTED: Mapping[str, Sequence[tuple[str, str, Mapping[str, object]]]] = {
    "people": (("warnings", "warning", {}), ("visits", "visit", {}), ("lessons", "lesson", {})),
    "cases": (("reports", "report", {}), ("cases", "case_file", {}), ("series", "series", {})),
    "measures": (
        ("measures_in_force", "measure", {"state": _LIVE}),
        ("networks", "network", {}),
        ("operations", "operation", {}),
    ),
    "borders": (("hits", "hit", {}), ("requests", "cooperation_request", {}), ("handovers", "handover", {})),
}


def _counted(kinds: Mapping[str, type], ledger: Ledger) -> list[Group]:
    groups = []
    for name, wanted in _COUNTED.items():
        figures = []
        for figure, kind, equal in wanted:
            if kind not in kinds:
                continue
            query = "&".join(f"{key}={','.join(value)}" for key, value in equal.items() if isinstance(value, tuple))
            href = f"/records/{kind}" + (f"?{query}" if query else "")
            figures.append(Figure(name=figure, value=ledger.count(kinds[kind], **equal), href=href))
        if figures:
            groups.append(Group(name=name, figures=figures))
    return groups


def _money(ledger: Ledger) -> Mapping[str, int]:
    """Add up what banks answered that they hold: stopped and frozen are two legal acts and stay two figures."""
    totals = dict.fromkeys(MONEY, 0)
    kinds = {"stopped": _STOPS, "frozen": _FREEZES}
    for name, of in kinds.items():
        ids = {measure.id for measure in ledger.find(Measure, kind=of, state=_LIVE, limit=50_000)}
        held = (EnforcementState.ACTIVE_FULL.value, EnforcementState.ACTIVE_PART.value)
        rows = ledger.find(Enforcement, state=held, limit=100_000) if ids else []
        totals[name] = sum(row.applied_minor or 0 for row in rows if row.measure_id in ids)
    return totals


def _waiting(site: Site, ledger: Ledger) -> list[Waiting]:
    """Return what waits for a decision, oldest clock first."""
    appeals = ledger.find(Appeal, state=_OPEN, limit=10_000)
    oldest = min((appeal.due_at for appeal in appeals), default=None)
    rows = [
        Waiting(
            name="appeals",
            count=len(appeals),
            oldest_at=oldest,
            href="/records/appeal?state=filed,assigned",
            late=oldest is not None and oldest < ledger.at,
        )
    ]
    for state in ("drafted", "reviewed", "approved"):
        waiting = ledger.find(Measure, state=state, limit=10_000)
        first = min((measure.drafted_at for measure in waiting), default=None)
        href = f"/records/measure?state={state}"
        rows.append(Waiting(name=f"measures_{state}", count=len(waiting), oldest_at=first, href=href, late=False))
    unanswered = ledger.count(Enforcement, state=EnforcementState.TIMED_OUT.value)
    href = "/records/enforcement?state=timed_out"
    rows.append(Waiting(name="points_silent", count=unanswered, oldest_at=None, href=href, late=unanswered > 0))
    joins: Any = site.centre.kinds.get("series_join")
    if joins is not None:
        count = ledger.count(joins, state="proposed")
        href = "/records/series_join?state=proposed"
        rows.append(Waiting(name="joins", count=count, oldest_at=None, href=href, late=False))
    return rows
