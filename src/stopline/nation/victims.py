"""People on the hook: contacted, believing, hesitating, paying, noticing, reporting late or never.

Whether somebody believes depends on trust, age and the trick, on a lesson or a warning heard before,
and on a mark beside the number; how long they hesitate is theirs. All parameters are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np

from stopline.kernel.money import apportion
from stopline.nation.accounts import Account, Use
from stopline.nation.baits import Bait, from_abroad, from_card
from stopline.nation.events import BankTransfer, Filing, VisitOutcome
from stopline.nation.messages import fill, name_of, texts
from stopline.nation.population import BANKS
from stopline.nation.scene import Scene
from stopline.nation.syndicates import NEW_TRICK, Syndicate

_LESSON, _WARNED, _MARKED = 0.2, 0.2, 0.5  # what is left of the chance to fall
_CURED_BY_WARNING, _CURED_BY_VISIT = 0.45, 0.92
_LOST_TOUCH: Final = 0.45  # gives up when none of the calls that keep them on the hook comes through
_REPORTS: Final = 0.8
_TELLS_OF_ATTEMPT: Final = 0.015
_DROPPED_AFTER_S: Final = 45 * 60  # a syndicate notices that its channel is shut


@dataclass(slots=True, kw_only=True)
class Victim:
    """One person who believed: the line, by whom and when, what is planned and what was paid."""

    index: int
    line: int
    syndicate: int
    bait: Bait
    hooked_s: float
    account: Account
    planned: list[tuple[float, int]]
    paid: list[tuple[float, BankTransfer]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    reached_s: float | None = None
    cured: bool = False
    talks: int = 0
    missed: int = 0
    reported_s: float | None = None

    @property
    def first_paid_s(self) -> float | None:
        """When the first money left, if it did."""
        return self.paid[0][0] if self.paid else None

    @property
    def reached_in_time(self) -> bool:
        """Whether a warning or a visit came before the first money left."""
        return self.reached_s is not None and (not self.paid or self.reached_s < self.paid[0][0])


class Crowd:
    """Everybody who can fall for something, and those who did."""

    def __init__(
        self,
        rng: np.random.Generator,
        scene: Scene,
        syndicates: tuple[Syndicate, ...],
        *,
        emit: Callable[[Bait], None],
        file: Callable[[Filing], None],
    ) -> None:
        self._rng = rng
        self._people = scene.people
        self._syndicates = syndicates
        self._vault = scene.vault
        self._agenda = scene.agenda
        self._truth = scene.truth
        self._instant = scene.calendar.instant
        self._emit = emit
        self._file = file
        self.base: dict[tuple[int, bool], float] = {}
        self.victims: list[Victim] = []
        self._by_line: dict[int, Victim] = {}
        self._lessons: dict[int, float] = {}
        self._warned: set[int] = set()

    def contacted(self, at_s: float, bait: Bait, *, marked: bool) -> None:
        """Somebody answered a bait, or read it: they fall for it, forget it, or tell the police."""
        chance = self.chance(at_s, bait, marked=marked)
        if self._syndicates[bait.syndicate].typology == NEW_TRICK:
            self._truth.new_trick.append((at_s, chance))
        draw = self._rng.random()
        if draw < chance:
            self.hook(at_s, bait)
        elif draw > 1 - _TELLS_OF_ATTEMPT and bait.target not in self._by_line:
            self._agenda.put(at_s + self._rng.uniform(300, 5_400), lambda now: self._tell(now, bait, None))

    def chance(self, at_s: float, bait: Bait, *, marked: bool) -> float:
        """Return the probability that this person falls for this bait now."""
        line, syndicate = bait.target, self._syndicates[bait.syndicate]
        if line in self._by_line:
            return 0.0
        chance = self.base[bait.syndicate, bool(bait.text)] * (0.35 + 1.3 * float(self._people.trust[line]))
        age = int(self._people.age[line])
        if syndicate.typology in ("authority", NEW_TRICK):
            chance *= 1.6 if age >= 55 else 0.8
        elif syndicate.typology in ("rebate", "loan"):
            chance *= 1.3 if age < 40 else 0.7
        lesson_s = self._lessons.get(int(self._people.home[line]))
        if lesson_s is not None and lesson_s <= at_s and syndicate.typology == NEW_TRICK:
            chance *= _LESSON
        if line in self._warned:
            chance *= _WARNED
        return min(0.9, chance * (_MARKED if marked else 1.0))

    def hook(self, at_s: float, bait: Bait, *, pays_s: float | None = None) -> Victim:
        """Put a person on the hook; they pay after their own time of hesitation, or at `pays_s`."""
        people, line = self._people, bait.target
        hesitation_s = float(people.hesitation_s[line]) * float(self._rng.lognormal(0, 0.3))
        first_s = at_s + hesitation_s if pays_s is None else pays_s
        planned = self._plan(first_s, bait)
        owned = int(people.wealth_minor[line]) + sum(amount for _, amount in planned)
        bank = BANKS[int(self._rng.integers(0, len(BANKS)))]
        victim = Victim(
            index=len(self.victims),
            line=line,
            syndicate=bait.syndicate,
            bait=bait,
            hooked_s=at_s,
            account=self._vault.open(bank, Use.PERSON, owner=people.numbers[line], balance_minor=owned),
            planned=planned,
            numbers=[bait.calling],
        )
        self.victims.append(victim)
        self._by_line[line] = victim
        for due_s, amount in planned:
            self._agenda.put(due_s, partial(self._pay, victim=victim, amount_minor=amount))
        for _ in range(int(self._rng.integers(1, 3))):
            talk_s = first_s - self._rng.uniform(0.1, 0.9) * min(hesitation_s, 5_400)
            self._agenda.put(talk_s, lambda now: self._keep(now, victim))
        return victim

    def talked(self, victim: int, *, reached: bool) -> None:
        """A call that keeps somebody on the hook came through, or did not."""
        found = self.victims[victim]
        if reached:
            found.talks += 1
        else:
            found.missed += 1

    def warn(self, line: int, at_s: float) -> None:
        """A warning reached this line."""
        self._warned.add(line)
        victim = self._by_line.get(line)
        if victim is None:
            return
        self._reach(victim, at_s)
        if self._rng.random() < _CURED_BY_WARNING + 0.3 * (0.5 - float(self._people.trust[line])):
            self._cure(victim, at_s)

    def visit(self, line: int, at_s: float) -> VisitOutcome:
        """An officer came to the door."""
        draw = self._rng.random()
        if draw < 0.12:
            return VisitOutcome.NOT_FOUND
        if draw < 0.18:
            return VisitOutcome.REFUSED
        self._warned.add(line)
        victim = self._by_line.get(line)
        if victim is None:
            return VisitOutcome.MET
        paid = bool(victim.paid)
        self._reach(victim, at_s)
        if self._rng.random() < _CURED_BY_VISIT:
            self._cure(victim, at_s)
        return VisitOutcome.ALREADY_PAID if paid else VisitOutcome.MET

    def teach(self, district: int, at_s: float) -> None:
        """A lesson about the new trick reached a district."""
        self._lessons.setdefault(district, at_s)
        self._truth.lesson_s.setdefault(district, at_s)

    def _reach(self, victim: Victim, at_s: float) -> None:
        if victim.reached_s is None:
            victim.reached_s = at_s

    def _cure(self, victim: Victim, at_s: float) -> None:
        victim.cured = True
        if victim.paid and victim.reported_s is None:
            self._agenda.put(at_s + self._rng.uniform(300, 1_800), lambda now: self._report(now, victim))

    def _plan(self, first_s: float, bait: Bait) -> list[tuple[float, int]]:
        """Return when and how much: one to three payments, the first a small one where tasks are paid."""
        wealth = int(self._people.wealth_minor[bait.target])
        whole = int(np.clip(wealth * self._rng.uniform(0.15, 0.9), 50_000, 80_000_000)) // 100 * 100
        count = int(self._rng.choice(3, p=(0.6, 0.25, 0.15))) + 1
        rising = self._syndicates[bait.syndicate].typology in ("rebate", "investment")
        weights = [1, 4, 12][:count] if rising else [1] * count
        due_s, out = first_s, []
        for amount in apportion(whole, weights):
            out.append((due_s, amount))
            due_s += self._rng.uniform(500, 2_600)
        return out

    def _keep(self, at_s: float, victim: Victim) -> None:
        """The caller talks again to the one on the hook, by another number where the first is used up."""
        if victim.cured:
            return
        syndicate = self._syndicates[victim.syndicate]
        if syndicate.boxes and (victim.bait.card >= 0 or not syndicate.spoofs):
            box = next((box for box in syndicate.boxes if victim.bait.card in box.cards), None)
            box = box or syndicate.boxes[int(self._rng.integers(0, len(syndicate.boxes)))]
            card = victim.bait.card if victim.bait.card in box.cards else int(self._rng.choice(box.cards))
            bait = from_card(at_s, syndicate, self._people, card=card, box=box, target=victim.line)
        else:
            bait = from_abroad(self._rng, at_s, syndicate, victim.line)
        if bait.calling not in victim.numbers:
            victim.numbers.append(bait.calling)
        self._emit(replace(bait, victim=victim.index))

    def _pay(self, at_s: float, victim: Victim, amount_minor: int) -> None:
        if victim.cured:
            return
        if not victim.paid and victim.missed and not victim.talks and self._rng.random() < _LOST_TOUCH:
            victim.cured = True
            return
        laundry = self._syndicates[victim.syndicate].laundry
        target = self._receiver(victim.syndicate, at_s)
        victim.account.stolen_minor = amount_minor
        victim.account.victims.add(victim.index)
        moved = self._vault.move(at_s, victim.account, target, amount_minor)
        victim.account.stolen_minor = 0
        if moved is None:
            return
        self._truth.flowed(at_s, victim.syndicate, kept=not target.sealed)
        victim.paid.append((at_s, moved))
        self._truth.paid(at_s, victim.syndicate, amount_minor)
        laundry.arrive(self._rng, self._agenda, self._vault, at_s=at_s, account=target)
        if at_s >= victim.planned[-1][0] and self._rng.random() < _REPORTS:
            notices_s = at_s + float(np.clip(self._rng.lognormal(np.log(2_400), 0.9), 240, 6 * 3600))
            told_s = notices_s + float(np.clip(self._rng.lognormal(np.log(1_200), 0.8), 180, 3 * 3600))
            self._agenda.put(told_s, lambda now: self._report(now, victim))

    def _receiver(self, syndicate: int, at_s: float) -> Account:
        laundry = self._syndicates[syndicate].laundry
        channel = laundry.channel
        if channel is not None:
            shut_s = self._truth.sealed_s.get(channel.number)
            noticed = shut_s is not None and at_s > shut_s + _DROPPED_AFTER_S
            if not noticed and self._rng.random() < 0.55:
                return channel
        usable = [account for account in laundry.first if not account.held_minor] or list(laundry.first)
        return usable[int(self._rng.integers(0, len(usable)))]

    def _report(self, at_s: float, victim: Victim) -> None:
        if victim.reported_s is not None:
            return
        victim.reported_s = at_s
        self._tell(at_s, victim.bait, victim)

    def _tell(self, at_s: float, bait: Bait, victim: Victim | None) -> None:
        """Write a report in the person's own words; what they leave out is left out."""
        people, rng = self._people, self._rng
        typology = self._syndicates[bait.syndicate].typology
        payments = [] if victim is None else [done for _, done in victim.paid]
        numbers = [bait.calling] if victim is None else victim.numbers[: 1 + int(rng.integers(0, 3))]
        accounts = list(dict.fromkeys(done.target for done in payments))
        loss = sum(done.amount_minor for done in payments)
        stories = texts()["stories"]
        kind = "attempt" if victim is None else "english" if rng.random() < 0.05 else typology
        words = stories[kind][int(rng.integers(0, len(stories[kind])))]
        known = {"x": numbers[0], "a": accounts[0] if accounts else "对方账户", "m": str(loss // 100), "l": bait.link}
        text = fill(rng, words, **known)
        body: dict[str, Any] = {
            "phone": people.numbers[bait.target],
            "name": name_of(bait.target * 7_919)[0],
            "district": people.district(bait.target),
            "text": text + (f" 对方发来的内容：{bait.text}" if bait.text and rng.random() < 0.6 else ""),
            "typology": typology if rng.random() < 0.6 else "",
            "calling": numbers,
            "links": [bait.link] if bait.link else [],
            "accounts": accounts,
            "loss_minor": loss,
            "currency": "CNY",
            "happened_at": self._instant(bait.at_s if victim is None else victim.hooked_s).isoformat(),
            "payments": [done.body() for done in payments] if rng.random() < 0.93 else [],
        }
        truth_id = self._truth.told(at_s, bait.syndicate, -1 if victim is None else victim.index, loss)
        self._file(Filing(at=self._instant(at_s), body=body, truth_id=truth_id))
