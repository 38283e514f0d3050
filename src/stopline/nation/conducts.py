"""Rarer conduct beside the day of the syndicates, in small numbers: what single rules look for, and what resembles it.

One-ring gangs, autodiallers, neighbour spoofing, cards that wake up, callers at night, the second call to victims;
and beside them lawful lines that behave alike: a survey institute, taxi drivers, an alarm centre, a switchboard.
The world's own day does not hold these; `tools/rule_hits.py` lets both pass the rules side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from stopline.nation.conduct_texts import Sent, plan_messages
from stopline.nation.traffic import DAY_S

_ANSWER: Final = 0.2
_AGAIN_S: Final = (900.0, 5_400.0)
WOKEN_DAYS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; `talk_s` 0 means that nobody answered, `ring_s` 0 that it rings as long as others do."""

    at_s: float
    calling: str
    called: str
    fraud: bool = True
    displayed: str = ""
    trunk: str = "loc-C1"
    network: str = "CN-C1"
    device: str | None = None
    cell: str | None = None
    identity: str | None = None
    ring_s: float = 0.0
    talk_s: float = 0.0
    days: int = 0  # before the day


_PLAIN: Final = Call(at_s=0.0, calling="", called="")
_LONG_AGO: Final = replace(_PLAIN, days=WOKEN_DAYS)
_ABROAD: Final = replace(_PLAIN, trunk="int-KH-1", network="KH-1")


@dataclass(slots=True)
class Conducts:
    """The calls and messages of a day, in order of time; seconds are those of the local day."""

    rng: np.random.Generator
    numbers: Sequence[str]
    calls: list[Call] = field(default_factory=list)
    messages: list[Sent] = field(default_factory=list)
    before: list[Call] = field(default_factory=list)
    """What was done on days before, oldest first."""
    messages_before: list[Sent] = field(default_factory=list)
    exempt: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    _again: list[tuple[str, list[str]]] = field(default_factory=list)

    def take(self, until_s: float) -> list[Call]:
        """Return the calls before a second of the day, and forget them."""
        due = [call for call in self.calls if call.at_s < until_s]
        self.calls = [call for call in self.calls if call.at_s >= until_s]
        return sorted(due, key=lambda call: call.at_s)

    def take_messages(self, until_s: float) -> list[Sent]:
        """Return the messages before a second of the day, and forget them."""
        due = [sent for sent in self.messages if sent.at_s < until_s]
        self.messages = [sent for sent in self.messages if sent.at_s >= until_s]
        return sorted(due, key=lambda sent: sent.at_s)

    def fell(self, number: str, at_s: float) -> None:
        """Somebody reported a fraud: those who promise to bring the money back call five such people a card."""
        if not self._again or len(self._again[-1][1]) == 5:
            self._again.append((self.card(), []))
        card, called = self._again[-1]
        called.append(number)
        later = at_s + float(self.rng.uniform(*_AGAIN_S))
        self.calls.append(self._rung(Call(at_s=later, calling=card, called=number), answer=0.5))

    def card(self, stem: str = "+8617") -> str:
        """Return a number that nobody else of the country has."""
        return f"{stem}{int(self.rng.integers(0, 2))}{int(self.rng.integers(10**7, 10**8))}"

    def several(self, count: int) -> list[str]:
        """Return different subscribers."""
        places = self.rng.choice(len(self.numbers), count, replace=False).tolist()
        return [self.numbers[place] for place in places]

    def dial(self, card: str, times: Sequence[float], *, like: Call = _PLAIN) -> Iterator[Call]:
        """Yield a card's calls at some seconds of the day, each to somebody else."""
        for at_s, called in zip(times, self.several(len(times)), strict=True):
            yield replace(like, at_s=at_s, calling=card, called=called)

    def add(self, calls: Iterable[Call], *, answer: float, talk_s: float = 90.0) -> None:
        """Plan calls that are answered with some probability."""
        self.calls += [self._rung(call, answer=answer, talk_s=talk_s) for call in calls]

    def _rung(self, call: Call, *, answer: float, talk_s: float = 90.0) -> Call:
        taken = self.rng.random() < answer
        talked = 1.0 + talk_s * float(0.3 + self.rng.exponential(0.7)) if taken else 0.0
        rings = call.ring_s or 4.0 + float(self.rng.exponential(8.0))
        return replace(call, ring_s=rings, talk_s=talked, displayed=call.displayed or call.calling)

    def times(self, count: int, *, from_h: float, hours: float) -> list[float]:
        """Return sorted seconds of the day within some hours."""
        drawn = 3600.0 * (from_h + hours * np.sort(self.rng.random(count)))
        return [second for second in drawn.tolist() if second < DAY_S]


def plan_conducts(seed: int, numbers: Sequence[str], *, begin_s: float) -> Conducts:
    """Return a day of them among the subscribers of a country, whose numbers are given."""
    plan = Conducts(np.random.default_rng([seed, 0xC0DC]), numbers)
    for gang in (
        *(_one_ring, _in_a_row, _neighbours, _woken, _even, _at_night, _card_pools, _from_abroad),
        *(_desks, _all_day, _grip, _misused, _reported_block, _lawful),
    ):
        gang(plan)
    plan.before.sort(key=lambda call: (-call.days, call.at_s))
    plan.calls = [call for call in plan.calls if call.at_s >= begin_s]
    plan.messages = plan_messages(plan.rng, numbers, plan.card, exempt=plan.exempt, before=plan.messages_before)
    return plan


def _one_ring(plan: Conducts) -> None:
    """Rings once and hopes to be called back: from cards here and from expensive numbers abroad."""
    short = replace(_PLAIN, ring_s=2.5)
    for gang in range(3):
        plan.add(plan.dial(plan.card(), plan.times(90, from_h=9.0 + 2 * gang, hours=2.0), like=short), answer=0.02)
    for gang in range(2):
        like = replace(_ABROAD, ring_s=2.5)
        card = f"+88216{plan.card()[-8:]}"
        plan.add(plan.dial(card, plan.times(90, from_h=8.0 + 3 * gang, hours=2.0), like=like), answer=0.02)


def _in_a_row(plan: Conducts) -> None:
    """Dials number after number; the second kind leaves some out now and then."""
    for gang in range(4):
        base, card, step = _block(plan), plan.card(), 0
        calls = []
        for at_s in plan.times(120, from_h=9.0 + 2 * gang, hours=2.5):
            step += 1 if gang < 2 or plan.rng.random() < 0.75 else 40
            calls.append(Call(at_s=at_s, calling=card, called=f"+{base + step}"))
        plan.add(calls, answer=_ANSWER)


def _neighbours(plan: Conducts) -> None:
    """Shows a number like that of the called: from abroad a new one for every few people, here one for many."""
    for place, called in enumerate(plan.several(16)):
        near, like = called[:-4], _PLAIN if place % 4 == 0 else _ABROAD
        card = f"{near}{int(plan.rng.integers(0, 10_000)):04d}"
        for at_s in plan.times(35 if like is _PLAIN else 7, from_h=8.0 + 0.7 * place, hours=2.0):
            to = f"{near}{int(plan.rng.integers(0, 10_000)):04d}"
            plan.add([replace(like, at_s=at_s, calling=card, called=to)], answer=0.3)


def _woken(plan: Conducts) -> None:
    """Bought cards: a few calls long ago, nothing since, and then all at once."""
    for gang in range(6):
        card = plan.card()
        long_ago = plan.dial(card, plan.times(3, from_h=10.0, hours=8.0), like=_LONG_AGO)
        plan.before += [replace(call, talk_s=60.0) for call in long_ago]
        like = replace(_PLAIN, device=f"35{7_000_000_000_000 + gang}", cell="010101-001")
        plan.add(plan.dial(card, plan.times(40, from_h=8.0 + 2 * gang, hours=1.2), like=like), answer=_ANSWER)


def _even(plan: Conducts) -> None:
    """A machine dials at even gaps, one call ended after the other; another hangs up once it hears a voice."""
    for gang in range(4):
        times = [3600.0 * (9 + 3 * gang) + (45.0 + 15 * gang) * place for place in range(100)]
        plan.add(plan.dial(plan.card(), times, like=replace(_PLAIN, ring_s=12.0)), answer=0.3, talk_s=25.0)
    for gang in range(3):
        plan.add(plan.dial(plan.card(), plan.times(100, from_h=10.0 + 3 * gang, hours=2.0)), answer=0.6, talk_s=3.0)


def _at_night(plan: Conducts) -> None:
    for _gang in range(5):
        plan.add(plan.dial(plan.card(), plan.times(35, from_h=22.1, hours=1.7)), answer=0.3)


def _card_pools(plan: Conducts) -> None:
    """One number that goes from device to device; and cards and devices that are mixed all the time."""
    for gang in range(3):
        calls = plan.dial(plan.card(), plan.times(60, from_h=9.0 + 3 * gang, hours=4.0))
        plan.add((_on(call, f"{8 + 10 * gang}{place % 6}", place % 6) for place, call in enumerate(calls)), answer=0.2)
    cards = [plan.card() for _ in range(8)]
    for place, call in enumerate(plan.dial("", plan.times(240, from_h=9.0, hours=10.0))):
        plan.add([replace(_on(call, f"9{place % 5}", place % 40), calling=cards[place % 8])], answer=_ANSWER)


def _on(call: Call, device: str, mast: int) -> Call:
    return replace(call, device=f"35{device:0>13}", cell=f"010101-{mast:03d}")


def _from_abroad(plan: Conducts) -> None:
    """Bulk calls from abroad: under a number of there, and under a national mobile's."""
    for gang in range(6):
        card = plan.card() if gang % 2 else f"+85512{int(plan.rng.integers(10**5, 10**6))}"
        plan.add(plan.dial(card, plan.times(45, from_h=9.0 + 2 * gang, hours=3.0), like=_ABROAD), answer=_ANSWER)


def _desks(plan: Conducts) -> None:
    """Desk numbers that are shown without a right to them, or that cannot exist; and desks whose carrier vouches."""
    for gang, letter in enumerate("CCAA"):
        like = replace(_PLAIN, identity=letter, fraud=letter == "C")
        desk = f"+861085{int(plan.rng.integers(10**5, 10**6))}"
        answer = 0.3 if like.fraud else 0.6
        plan.add(plan.dial(desk, plan.times(40, from_h=9.0 + gang, hours=5.0), like=like), answer=answer)
    for gang in range(2):
        impossible = f"+8610000{int(plan.rng.integers(10**3, 10**4))}"
        plan.add(plan.dial(impossible, plan.times(30, from_h=9.0 + 4 * gang, hours=4.0)), answer=0.3)
        like = replace(_PLAIN, displayed="95588")
        plan.add(plan.dial(plan.card(), plan.times(30, from_h=11.0 + 4 * gang, hours=4.0), like=like), answer=0.3)


def _all_day(plan: Conducts) -> None:
    """Calls from morning to evening, yesterday as today."""
    for _gang in range(2):
        card, like = plan.card(), replace(_PLAIN, days=1)
        plan.before += plan.dial(card, plan.times(300, from_h=8.5, hours=12.0), like=like)
        plan.add(plan.dial(card, plan.times(300, from_h=8.5, hours=12.0)), answer=_ANSWER)


def _grip(plan: Conducts) -> None:
    """Keeps whoever answers on the line, so that nobody else can warn them."""
    for gang in range(4):
        plan.add(plan.dial(plan.card(), plan.times(45, from_h=9.0 + 2 * gang, hours=6.0)), answer=0.3, talk_s=1_500.0)


def _misused(plan: Conducts) -> None:
    """A number on the exempt list that was sold on: it dials number after number."""
    card, base = plan.card(), _block(plan)
    plan.exempt.append(card)
    times = plan.times(80, from_h=13.0, hours=2.0)
    plan.add((Call(at_s=at_s, calling=card, called=f"+{base + at}") for at, at_s in enumerate(times)), answer=_ANSWER)


def _reported_block(plan: Conducts) -> None:
    """Cards with numbers side by side, of which some were reported in the days before."""
    for gang in range(3):
        stem = plan.card()[:-2]
        plan.reported += [f"{stem}{place:02d}" for place in range(4)]
        plan.add(plan.dial(f"{stem}50", plan.times(30, from_h=10.0 + 3 * gang, hours=5.0)), answer=0.4)


_LAWFUL: Final = (
    # lines, calls each, from hour, hours, answered, seconds; none of them stands on the exempt list
    (3, 150, 9.5, 10.0, 0.28, 70.0),  # a survey institute
    (6, 25, 22.0, 1.9, 0.8, 25.0),  # a taxi driver at night
    (2, 60, 8.0, 12.0, 0.92, 40.0),  # an alarm centre
    (4, 30, 9.0, 9.0, 0.35, 900.0),  # a lawyer who calls many people back
    (4, 20, 7.5, 1.0, 0.75, 60.0),  # back from a long journey
)


def _lawful(plan: Conducts) -> None:
    """Lines that behave alike and do no harm."""
    like = replace(_PLAIN, fraud=False)
    for lines, count, from_h, hours, answer, talk_s in _LAWFUL:
        for _line in range(lines):
            card = plan.card()
            if hours == 1.0:
                plan.before += plan.dial(card, [36_000.0], like=_LONG_AGO)
            plan.add(
                plan.dial(card, plan.times(count, from_h=from_h, hours=hours), like=like), answer=answer, talk_s=talk_s
            )
    for office in plan.several(4):  # a firm whose own lines lie side by side
        for at_s in plan.times(24, from_h=9.0, hours=8.0):
            called = f"{office[:-2]}{int(plan.rng.integers(0, 100)):02d}"
            plan.add([replace(like, at_s=at_s, calling=office, called=called)], answer=0.7)


def _block(plan: Conducts) -> int:
    return int(plan.several(1)[0].removeprefix("+")) // 10_000 * 10_000
