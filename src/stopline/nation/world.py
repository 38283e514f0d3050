"""The country itself: one seeded, minute-stepped world without a clock, without I/O and without the centre.

A minute goes: `step(at)`, then `calls_verdict` and `messages_verdict` with what the centre said,
then `ends()`; the other feedback methods may be called at any time between two steps. Traffic that
nobody judged passes. Seconds inside are those of the local day (Asia/Shanghai, UTC+8).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.kernel.clock import micros
from stopline.nation import baits as planning
from stopline.nation.abroad import fill_den
from stopline.nation.accounts import Account, Use, Vault
from stopline.nation.agenda import Agenda
from stopline.nation.baits import Bait
from stopline.nation.beginnings import hook_since_yesterday, settle_chances
from stopline.nation.events import (
    BankTransfer,
    Crossing,
    DenFinding,
    Exposure,
    Filing,
    Holder,
    Minute,
    RegisteredLine,
    RegisteredSender,
    Stopped,
    Tip,
    VisitOutcome,
)
from stopline.nation.exchange import Ears, Exchange, as_exposures
from stopline.nation.grievances import Grievances
from stopline.nation.mailroom import Mailroom
from stopline.nation.messages import bank_senders, plan_post
from stopline.nation.population import BANKS, DISTRICTS, Trade, settle
from stopline.nation.registers import Registers
from stopline.nation.scene import Calendar, Scene
from stopline.nation.syndicates import NEW_TRICK, Papers, Part, found
from stopline.nation.traffic import make_plates, plan_day
from stopline.nation.travel import Roads
from stopline.nation.truth import Truth
from stopline.nation.victims import Crowd

LOCAL: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
END_S: Final = 86_400
_RECOGNISED: Final = 0.85
_Row = TypeVar("_Row")


class World:
    """A country of `subscribers` people from `start` on; the same seed lives the same day."""

    def __init__(self, seed: int, subscribers: int, start: datetime) -> None:
        local = start.astimezone(LOCAL)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self._begin_s = int((local - midnight).total_seconds())
        self._now_s = float(self._begin_s)
        streams = np.random.SeedSequence(seed).spawn(8)
        self._rngs = [np.random.default_rng(stream) for stream in streams]
        self._rng = self._rngs[7]
        self.calendar = Calendar(micros(midnight))
        self.truth = Truth(subscribers=subscribers)
        self.people = settle(self._rngs[0], subscribers)
        self.vault = Vault(self.calendar.instant)
        self._agenda = Agenda()
        self._scene = Scene(
            people=self.people, vault=self.vault, agenda=self._agenda, truth=self.truth, calendar=self.calendar
        )
        self._papers: Papers = {}
        self._cut: set[str] = set()
        self._raided = False
        self._said: list[Bait] = []
        self._filings: list[Filing] = []
        self._crossings: list[Crossing] = []
        self._tips: list[Tip] = []
        self._index = {number: line for line, number in enumerate(self.people.numbers)}
        self._begin_crime()
        self._begin_traffic()
        self._registers = Registers(
            people=self.people,
            index=self._index,
            devices=self._devices,
            vault=self.vault,
            papers=self._papers,
            year=local.year,
        )

    def _begin_crime(self) -> None:
        """Found the syndicates, plan their day, put people on the hook, send others to the border."""
        shops = self._open_shops()
        shopkeepers = [shop.owner for shop in shops]
        self._grievances = Grievances(self._rng, self._scene, shopkeepers=shopkeepers)
        self.syndicates = found(self._rngs[1], self.people, self.vault, self._papers, shops)
        self._devices = {box.device: syndicate for syndicate in self.syndicates for box in syndicate.boxes}
        new = next(syndicate for syndicate in self.syndicates if syndicate.typology == NEW_TRICK)
        self.truth.new_trick_district = new.district
        self.crowd = Crowd(self._rngs[2], self._scene, self.syndicates, emit=self._say, file=self._filings.append)
        self._baits = planning.plan(self._rngs[1], self.people, self.syndicates)
        self._next_bait = 0
        subscribers = self.people.subscribers
        settle_chances(self.crowd, self.syndicates, self._baits, subscribers)
        self._yesterday = hook_since_yesterday(
            self._rng, self.crowd, self.syndicates, self._baits, subscribers=subscribers, begin_s=self._begin_s
        )
        roads = Roads(self._rngs[6], self._scene, arrive=self._crossings.append)
        roads.plan(self.syndicates, self._papers, begin_s=self._begin_s)
        abroad = next(syndicate for syndicate in self.syndicates if syndicate.spoofs)
        self._den = fill_den(self._rngs[6], self._papers, self.truth, syndicate=abroad.index)

    def _begin_traffic(self) -> None:
        """Draw the day's lawful calls and messages."""
        rngs, begin_s = self._rngs, self._begin_s
        day = plan_day(rngs[3], self.people, begin_s=begin_s, end_s=END_S)
        ears = Ears(
            contacted=lambda at_s, bait, marked: self.crowd.contacted(at_s, bait, marked=marked),
            kept=lambda victim, reached: self.crowd.talked(victim, reached=reached),
            call_back=self._call_back,
            wronged=self._wrong,
        )
        self._exchange = Exchange(rngs[4], self._scene, day, make_plates(rngs[3], self.people), ears=ears)
        post = plan_post(rngs[5], self.people, begin_s=begin_s, end_s=END_S)
        self._mailroom = Mailroom(rngs[5], self._scene, post, read=self._read_later, wronged=self._wrong)

    def step(self, at: datetime, *, minutes: int = 1) -> Minute:
        """Live the minute, or the few minutes, that begin at `at`; steps follow each other without a gap."""
        end_s = self.calendar.second(at) + 60 * minutes
        begin_s = self.calendar.second(at)
        self._exchange.settle()
        self._mailroom.settle()
        self._now_s = begin_s
        self._agenda.run_until(end_s)
        minute = int((begin_s - self._begin_s) // 60)
        due = self._due(end_s)
        calls, calls_truth = self._exchange.batch(minute, [bait for bait in due if not bait.text], minutes=minutes)
        posted, posted_truth = self._mailroom.batch(minute, [bait for bait in due if bait.text], minutes=minutes)
        self._now_s = end_s
        return Minute(
            at=at,
            calls=calls,
            calls_truth=calls_truth,
            messages=posted,
            messages_truth=posted_truth,
            transfers=self.vault.take_minute(),
            reports=_taken(self._filings),
            crossings=_taken(self._crossings),
            appellants=self._grievances.take_due(),
            tips=_taken(self._tips),
        )

    # -- what the centre answered about this minute's traffic

    def calls_verdict(self, codes: NDArray[np.uint8], references: Sequence[str] = ()) -> None:
        """Take one verdict code a call of the last minute (events.PASS…BLOCK), row order kept.

        `references` may be empty, or one text a row (empty where nothing was stopped); wrongly
        stopped callers keep theirs and may appeal with it later (`Minute.appellants`).
        """
        self._exchange.verdict(codes, references)

    def messages_verdict(self, codes: NDArray[np.uint8], references: Sequence[str] = ()) -> None:
        """Take one verdict code a message of the last minute; as `calls_verdict`."""
        self._mailroom.verdict(codes, references)

    def ends(self) -> pa.RecordBatch:
        """Return calls that ended by the end of this minute (exchange.ENDS_SCHEMA), and let go of them.

        `answered_at` is null for a call that nobody took; only calls that were passed on appear.
        """
        return self._exchange.ends(self.calendar.midnight_us + int(self._now_s * 1_000_000))

    # -- what carriers, banks and partners know from their own records

    def registered_lines(self) -> tuple[RegisteredLine, ...]:
        """Return the numbers registered as businesses (what carriers hand to the centre before the day)."""
        return self._registers.businesses()

    def registered_senders(self) -> tuple[RegisteredSender, ...]:
        """Return from where banks write and what (what they hand to the centre before the day)."""
        return bank_senders()

    def exposures(self, lines: Collection[str], since: datetime | None = None) -> tuple[Exposure, ...]:
        """Return who answered these lines, or got a message from them, since an instant (24 h by default)."""
        since_s = float("-inf") if since is None else self.calendar.second(since)
        out: list[Exposure] = []
        for line in lines:
            index = self._index.get(line)
            for kind, records in (("call", self._exchange), ("message", self._mailroom)):
                heard = records.exposures(line, index, since_s=since_s, until_s=self._now_s)
                out += as_exposures(self.people, line, heard, kind=kind, at=self.calendar.instant)
            out += self._since_yesterday(line, since_s)
        return tuple(out)

    def holder_of(self, value: str) -> Holder | None:
        """Return who stands in the institution's register behind a line, a device or an account."""
        return self._registers.holder_of(value)

    def statement(self, bank: str, account: str, since: datetime) -> tuple[BankTransfer, ...]:
        """Return the account's transfers, in and out, from an instant on, oldest first."""
        found_account = self.vault.find(bank, account)
        return () if found_account is None else tuple(done for done in found_account.entries if done.at >= since)

    def den_finding(self) -> DenFinding | None:
        """Return what a joint working group finds in the den abroad; None once it has been cleared."""
        return None if self._raided else self._den.finding()

    # -- what is done to people, lines, accounts

    def warned(self, person: str, at: datetime) -> None:
        """A warning reached this line."""
        line = self._index.get(person)
        if line is not None:
            self.crowd.warn(line, self.calendar.second(at))

    def visited(self, person: str, at: datetime, arrived: datetime | None = None) -> VisitOutcome:
        """An officer stood at the door of this line's holder at `arrived` (or `at`)."""
        line = self._index.get(person)
        if line is None:
            return VisitOutcome.NOT_FOUND
        return self.crowd.visit(line, self.calendar.second(arrived or at))

    def lesson_reached(self, district: str, at: datetime) -> None:
        """A lesson about the new trick reached the people of a district (or of all below its code)."""
        for place, code in enumerate(DISTRICTS):
            if code.startswith(district):
                self.crowd.teach(place, self.calendar.second(at))

    def line_cut(self, value: str, at: datetime) -> bool:
        """A carrier cut a line or a device; return whether anything was found to cut."""
        self._cut.add(value)
        if value in self._devices:
            if self.truth.operation_s is None:
                self.truth.operation_s = self.calendar.second(at)
            return True
        line = self._index.get(value)
        if line is None:
            return False
        self._exchange.silence(line, cut=True)
        self._mailroom.silence(line, cut=True)
        if self.people.trade[line] != Trade.FRAUD_CARD:
            self.truth.cut_lawful.add(value)
        return True

    def line_restored(self, value: str, at: datetime) -> None:
        """A carrier restored a line or a device."""
        del at
        self._cut.discard(value)
        line = self._index.get(value)
        if line is not None:
            self._exchange.silence(line, cut=False)
            self._mailroom.silence(line, cut=False)

    def account_stopped(self, bank: str, account: str, amount_minor: int | None, at: datetime) -> Stopped:
        """A bank held an amount (None: all, and what comes later) in an account."""
        answer = self.vault.stop(bank, account, amount_minor)
        held = self.vault.find(bank, account)
        if held is None:
            return answer
        if held.sealed:
            self.truth.sealed_s.setdefault(account, self.calendar.second(at))
        told = [self.crowd.victims[victim].reported_s for victim in held.victims]
        known = [told_s for told_s in told if told_s is not None]
        if answer.applied_minor and known:
            self.truth.stop_waits_s.append(max(0.0, self.calendar.second(at) - min(known)))
        return answer

    def account_released(self, bank: str, account: str, amount_minor: int | None, at: datetime) -> Stopped:
        """A bank let go of what it held (None: all)."""
        del at
        answer = self.vault.release(bank, account, amount_minor)
        free = self.vault.find(bank, account)
        if free is not None and free.use in (Use.MULE, Use.CHANNEL):
            laundry = self.syndicates[free.syndicate].laundry
            laundry.arrive(self._rng, self._agenda, self.vault, at_s=self._now_s, account=free)
        return answer

    def wronged(self, person: str, reference: str, at: datetime) -> None:
        """Somebody was told of a measure against a line or account of theirs; the innocent may appeal."""
        line = self._index.get(person)
        if line is not None and self.people.trade[line] != Trade.FRAUD_CARD:
            self._wrong(line, reference, self.calendar.second(at))

    def appeal_answered(self, reference: str, at: datetime, *, granted: bool) -> None:
        """The centre answered an appeal."""
        wrong = self.truth.wrongs.get(reference)
        if wrong is not None:
            wrong.answered_s, wrong.granted = self.calendar.second(at), granted

    def crossing_decided(self, truth_id: int, decision: str, at: datetime) -> None:
        """The centre answered a port about a traveller: `pass` or `refer`."""
        if decision == "refer":
            self.truth.referred_s[truth_id] = self.calendar.second(at)

    def notice_published(self, document_no: str, at: datetime) -> None:
        """A wanted notice about this person stands on the public page; somebody may recognise them."""
        if self.truth.fugitives.get(document_no) != "hiding" or self._rng.random() > _RECOGNISED:
            return
        at_s = self.calendar.second(at) + self._rng.uniform(25, 110) * 60
        place = DISTRICTS[int(self._rng.integers(0, len(DISTRICTS)))]
        self._agenda.put(at_s, lambda now: self._recognise(now, document_no, place))

    def caught(self, document_no: str, at: datetime) -> bool:
        """Police took this person; return whether they are one of the country's criminals."""
        somebody = self._papers.get(document_no)
        if somebody is None or somebody.part is Part.NOBODY:
            return False
        self.truth.caught_s.setdefault(document_no, self.calendar.second(at))
        if somebody.part is Part.OPERATOR:
            self._cut.update(box.device for box in self.syndicates[somebody.syndicate].boxes)
        return True

    def den_raided(self, at: datetime) -> None:
        """The den abroad was raided: its callers fall silent."""
        self.truth.raided_s = self.calendar.second(at)
        self._raided = True

    # -- inside

    def _due(self, end_s: float) -> list[Bait]:
        """Return the baits of this minute that are really made: not by cut lines, not from a raided den."""
        first = self._next_bait
        while self._next_bait < len(self._baits) and self._baits[self._next_bait].at_s < end_s:
            self._next_bait += 1
        planned = self._baits[first : self._next_bait] + self._said
        self._said = []
        made = [bait for bait in planned if self._makes(bait)]
        minute = int(end_s // 60) - 1
        for counter, rows in ((self.truth.planned, planned), (self.truth.made, made)):
            counter.update((minute, bait.syndicate) for bait in rows if not bait.lawful)
        return made

    def _makes(self, bait: Bait) -> bool:
        if bait.lawful:
            return True
        if self._raided and bait.syndicate == self._den.syndicate and bait.card < 0 and not bait.text:
            return False
        return bait.calling not in self._cut and (bait.device is None or bait.device not in self._cut)

    def _say(self, bait: Bait) -> None:
        self._said.append(replace(bait, at_s=max(bait.at_s, self._now_s)))

    def _call_back(self, bait: Bait) -> None:
        """Somebody who missed a scam call wonders who it was, and calls the number."""
        line = bait.target
        code = self.people.carrier_code(line)
        back = replace(
            bait,
            calling=self.people.numbers[line],
            card=line,
            target=bait.card,
            trunk=f"loc-{code}",
            network=f"CN-{code}",
            device=f"86{line:013d}",
            cell=f"{self.people.district(line)}-000",
            lawful=True,
            victim=-1,
        )
        self._agenda.put(bait.at_s + self._rng.uniform(90, 3_000), lambda now: self._say(replace(back, at_s=now)))

    def _read_later(self, at_s: float, bait: Bait, marked: bool) -> None:  # noqa: FBT001  # the mailroom's own form
        self._agenda.put(at_s, lambda now: self.crowd.contacted(now, bait, marked=marked))

    def _wrong(self, line: int, reference: str, at_s: float) -> None:
        self._grievances.wronged(self.people.numbers[line], reference, at_s)

    def _recognise(self, at_s: float, document_no: str, place: str) -> None:
        if document_no in self.truth.caught_s:
            return
        self.truth.recognised[document_no] = at_s
        text = "在小区门口见过通告上的人，戴帽子，每天傍晚出来买菜。"
        self._tips.append(Tip(at=self.calendar.instant(at_s), document_no=document_no, place=place, text=text))

    def _open_shops(self) -> tuple[Account, ...]:
        owners = np.flatnonzero(self.people.trade[: self.people.subscribers] == Trade.ORDINARY)[:3].tolist()
        return tuple(
            self.vault.open(BANKS[place], Use.MERCHANT, owner=self.people.numbers[line], balance_minor=4_000_000)
            for place, line in enumerate(owners)
        )

    def _since_yesterday(self, line: str, since_s: float) -> list[Exposure]:
        known = [bait for bait in self._yesterday if bait.calling == line and bait.at_s >= since_s]
        heard = [(bait.target, bait.at_s, 180) for bait in known]
        return as_exposures(self.people, line, heard, kind="call", at=self.calendar.instant)


def _taken(rows: list[_Row]) -> tuple[_Row, ...]:
    """Return what has gathered in a list, and empty it."""
    taken = tuple(rows)
    rows.clear()
    return taken
