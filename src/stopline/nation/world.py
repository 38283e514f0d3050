"""The country itself: one seeded, minute-stepped world without a clock, without I/O and without the centre.

A minute goes: `step(at)`, then `calls_verdict` and `messages_verdict` with what the centre said,
then `ends()`; the other feedback methods may be called at any time between two steps. Traffic that
nobody judged passes. Seconds inside are those of the local day (Asia/Shanghai, UTC+8).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.kernel.clock import instant as instant_of
from stopline.kernel.clock import micros
from stopline.nation import baits as planning
from stopline.nation.abroad import fill_den
from stopline.nation.accounts import Account, Use, Vault
from stopline.nation.agenda import Agenda
from stopline.nation.baits import Bait
from stopline.nation.events import (
    Appellant,
    BankTransfer,
    Crossing,
    DenFinding,
    Exposure,
    Filing,
    Holder,
    Minute,
    RegisteredLine,
    Stopped,
    Tip,
    VisitOutcome,
)
from stopline.nation.exchange import Exchange, as_exposures
from stopline.nation.mailroom import Mailroom
from stopline.nation.messages import fill, name_of, plan_post, texts
from stopline.nation.population import BANKS, DISTRICTS, Trade, settle
from stopline.nation.syndicates import NEW_TRICK, Papers, Part, Person, found
from stopline.nation.traffic import make_plates, plan_day
from stopline.nation.travel import Roads
from stopline.nation.truth import Truth, Wrong
from stopline.nation.victims import Crowd

LOCAL: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
END_S: Final = 86_400
_FALL_A_HEAD, _FEWEST_FALL = 0.0005, 16  # how many would fall for something if nobody did anything
_BY_CALL, _BY_MESSAGE, _SINCE_YESTERDAY = 0.5, 0.22, 0.28
_ANSWERED, _READ = 0.18, 0.5
_APPEALS: Final = 0.7
_RECOGNISED: Final = 0.85
_Row = TypeVar("_Row")


class World:
    """A country of `subscribers` people from `start` on; the same seed lives the same day."""

    def __init__(self, seed: int, subscribers: int, start: datetime) -> None:
        local = start.astimezone(LOCAL)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self._midnight_us = micros(midnight)
        self._year = local.year
        begin_s = int((local - midnight).total_seconds())
        self._begin_s, self._now_s = begin_s, float(begin_s)
        streams = np.random.SeedSequence(seed).spawn(8)
        rngs = [np.random.default_rng(stream) for stream in streams]
        self._rng = rngs[7]
        self._agenda = Agenda()
        self._papers: Papers = {}
        self._cut: set[str] = set()
        self._said: list[Bait] = []
        self._filings: list[Filing] = []
        self._crossings: list[Crossing] = []
        self._appellants: list[Appellant] = []
        self._tips: list[Tip] = []
        self.truth = Truth(subscribers=subscribers)
        self.people = settle(rngs[0], subscribers)
        self._index = {number: line for line, number in enumerate(self.people.numbers)}
        self.vault = Vault(self.instant)
        shops = self._open_shops()
        self.syndicates = found(rngs[1], self.people, self.vault, self._papers, shops)
        self._devices = {box.device: syndicate for syndicate in self.syndicates for box in syndicate.boxes}
        self.crowd = Crowd(
            rngs[2],
            self.people,
            self.syndicates,
            self.vault,
            agenda=self._agenda,
            truth=self.truth,
            instant=self.instant,
            emit=self._say,
            file=self._filings.append,
        )
        self._baits = planning.plan(rngs[1], self.people, self.syndicates)
        self._next_bait = 0
        self._settle_chances()
        day = plan_day(rngs[3], self.people, begin_s=begin_s, end_s=END_S)
        self._exchange = Exchange(
            rngs[4],
            self.people,
            day,
            make_plates(rngs[3], self.people),
            truth=self.truth,
            midnight_us=self._midnight_us,
            contacted=lambda at_s, bait, marked: self.crowd.contacted(at_s, bait, marked=marked),
            kept=lambda victim, reached: self.crowd.talked(victim, reached=reached),
            call_back=self._call_back,
            wronged=self._wrong,
        )
        self._mailroom = Mailroom(
            rngs[5],
            self.people,
            plan_post(rngs[5], self.people, begin_s=begin_s, end_s=END_S),
            truth=self.truth,
            midnight_us=self._midnight_us,
            read=self._read_later,
            wronged=self._wrong,
        )
        roads = Roads(
            rngs[6],
            self.people,
            agenda=self._agenda,
            truth=self.truth,
            instant=self.instant,
            arrive=self._crossings.append,
        )
        roads.plan(self.syndicates, self._papers, begin_s=begin_s)
        abroad = next(syndicate for syndicate in self.syndicates if syndicate.spoofs)
        self._den = fill_den(rngs[6], self._papers, self.truth, syndicate=abroad.index)
        self._raided = False
        self._hook_since_yesterday()

    # -- time

    def instant(self, at_s: float) -> datetime:
        """Return the UTC instant of a local second of the day."""
        return instant_of(self._midnight_us + int(at_s * 1_000_000))

    def second(self, at: datetime) -> float:
        """Return the local second of the day of an instant."""
        return (micros(at) - self._midnight_us) / 1_000_000

    def step(self, at: datetime) -> Minute:
        """Live the minute that begins at `at` (steps follow each other by 60 s)."""
        begin_s = self.second(at)
        self._exchange.settle()
        self._mailroom.settle()
        self._now_s = begin_s
        self._agenda.run_until(begin_s + 60)
        minute = int((begin_s - self._begin_s) // 60)
        due = self._due(begin_s + 60)
        calls, calls_truth = self._exchange.batch(minute, [bait for bait in due if not bait.text])
        posted, posted_truth = self._mailroom.batch(minute, [bait for bait in due if bait.text])
        self._now_s = begin_s + 60
        return Minute(
            at=at,
            calls=calls,
            calls_truth=calls_truth,
            messages=posted,
            messages_truth=posted_truth,
            transfers=self.vault.take_minute(),
            reports=_taken(self._filings),
            crossings=_taken(self._crossings),
            appellants=_taken(self._appellants),
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
        return self._exchange.ends(self._midnight_us + int(self._now_s * 1_000_000))

    # -- what carriers, banks and partners know from their own records

    def registered_lines(self) -> tuple[RegisteredLine, ...]:
        """Return the numbers registered as businesses (what carriers hand to the centre before the day)."""
        people = self.people
        return tuple(
            RegisteredLine(
                line=people.numbers[line],
                kind=Trade(int(people.trade[line])).name.lower(),
                owner=f"{name_of(line * 7_919)[0]} ({people.carrier_code(line)})",
            )
            for line in np.flatnonzero(people.registered).tolist()
        )

    def exposures(self, lines: Collection[str], since: datetime | None = None) -> tuple[Exposure, ...]:
        """Return who answered these lines, or got a message from them, since an instant (24 h by default)."""
        since_s = float("-inf") if since is None else self.second(since)
        out: list[Exposure] = []
        for line in lines:
            index = self._index.get(line)
            for kind, records in (("call", self._exchange), ("message", self._mailroom)):
                heard = records.exposures(line, index, since_s=since_s, until_s=self._now_s)
                out += as_exposures(self.people, line, heard, kind=kind, at=self.instant)
            out += self._since_yesterday(line, since_s)
        return tuple(out)

    def holder_of(self, value: str) -> Holder | None:
        """Return who stands in the institution's register behind a line, a device or an account."""
        line = self._index.get(value)
        if line is not None:
            return self._line_holder(line)
        if value in self._devices:
            operator = self._devices[value].people[Part.OPERATOR]
            return _holder(value, "device", operator, institution="C1")
        account = self.vault.find_number(value)
        if account is None:
            return None
        if account.owner in self._papers:
            return _holder(value, "account", self._papers[account.owner], institution=account.bank)
        owner = self._line_holder(self._index[account.owner])
        return replace(owner, value=value, kind="account", institution=account.bank)

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
            self.crowd.warn(line, self.second(at))

    def visited(self, person: str, at: datetime, arrived: datetime | None = None) -> VisitOutcome:
        """An officer stood at the door of this line's holder at `arrived` (or `at`)."""
        line = self._index.get(person)
        if line is None:
            return VisitOutcome.NOT_FOUND
        return self.crowd.visit(line, self.second(arrived or at))

    def lesson_reached(self, district: str, at: datetime) -> None:
        """A lesson about the new trick reached the people of a district (or of all below its code)."""
        for place, code in enumerate(DISTRICTS):
            if code.startswith(district):
                self.crowd.teach(place, self.second(at))

    def line_cut(self, value: str, at: datetime) -> bool:
        """A carrier cut a line or a device; return whether anything was found to cut."""
        self._cut.add(value)
        if value in self._devices:
            if self.truth.operation_s is None:
                self.truth.operation_s = self.second(at)
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
            self.truth.sealed_s.setdefault(account, self.second(at))
        told = [self.crowd.victims[victim].reported_s for victim in held.victims]
        known = [told_s for told_s in told if told_s is not None]
        if answer.applied_minor and known:
            self.truth.stop_waits_s.append(max(0.0, self.second(at) - min(known)))
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
            self._wrong(line, reference, self.second(at))

    def appeal_answered(self, reference: str, at: datetime, *, granted: bool) -> None:
        """The centre answered an appeal."""
        wrong = self.truth.wrongs.get(reference)
        if wrong is not None:
            wrong.answered_s, wrong.granted = self.second(at), granted

    def crossing_decided(self, truth_id: int, decision: str, at: datetime) -> None:
        """The centre answered a port about a traveller: `pass` or `refer`."""
        if decision == "refer":
            self.truth.referred_s[truth_id] = self.second(at)

    def notice_published(self, document_no: str, at: datetime) -> None:
        """A wanted notice about this person stands on the public page; somebody may recognise them."""
        if self.truth.fugitives.get(document_no) != "hiding" or self._rng.random() > _RECOGNISED:
            return
        at_s = self.second(at) + self._rng.uniform(25, 110) * 60
        place = DISTRICTS[int(self._rng.integers(0, len(DISTRICTS)))]
        self._agenda.put(at_s, lambda now: self._recognise(now, document_no, place))

    def caught(self, document_no: str, at: datetime) -> bool:
        """Police took this person; return whether they are one of the country's criminals."""
        somebody = self._papers.get(document_no)
        if somebody is None or somebody.part is Part.NOBODY:
            return False
        self.truth.caught_s.setdefault(document_no, self.second(at))
        if somebody.part is Part.OPERATOR:
            self._cut.update(box.device for box in self.syndicates[somebody.syndicate].boxes)
        return True

    def den_raided(self, at: datetime) -> None:
        """The den abroad was raided: its callers fall silent."""
        self.truth.raided_s = self.second(at)
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
        person = self.people.numbers[line]
        if not reference or reference in self.truth.wrongs or person in self._appealing:
            return
        wrong = Wrong(person=person, at_s=at_s)
        self.truth.wrongs[reference] = wrong
        if self._rng.random() > _APPEALS:
            return
        self._appealing.add(person)
        words = texts()["appeals"]["account" if person in self._shopkeepers else "line"]
        statement = fill(self._rng, words[int(self._rng.integers(0, len(words)))])
        truth_id = len(self.truth.wrongs) - 1

        def appeal(now: float) -> None:
            wrong.appealed_s = now
            self._appellants.append(
                Appellant(
                    at=self.instant(now), reference=reference, contact=person, statement=statement, truth_id=truth_id
                )
            )

        self._agenda.put(at_s + self._rng.uniform(5, 60) * 60, appeal)

    def _recognise(self, at_s: float, document_no: str, place: str) -> None:
        if document_no in self.truth.caught_s:
            return
        self.truth.recognised[document_no] = at_s
        text = "在小区门口见过通告上的人，戴帽子，每天傍晚出来买菜。"
        self._tips.append(Tip(at=self.instant(at_s), document_no=document_no, place=place, text=text))

    def _open_shops(self) -> tuple[Account, ...]:
        owners = np.flatnonzero(self.people.trade[: self.people.subscribers] == Trade.ORDINARY)[:3].tolist()
        self._shopkeepers = {self.people.numbers[line] for line in owners}
        self._appealing: set[str] = set()
        return tuple(
            self.vault.open(BANKS[place], Use.MERCHANT, owner=self.people.numbers[line], balance_minor=4_000_000)
            for place, line in enumerate(owners)
        )

    def _settle_chances(self) -> None:
        """Set each syndicate's chance so that, left alone, a fixed share of the people would fall."""
        falls = max(_FEWEST_FALL, self.people.subscribers * _FALL_A_HEAD)
        for syndicate in self.syndicates:
            own = [bool(bait.text) for bait in self._baits if bait.syndicate == syndicate.index]
            for by_message, part, reached in ((False, _BY_CALL, _ANSWERED), (True, _BY_MESSAGE, _READ)):
                contacts = sum(text is by_message for text in own) * reached
                chance = falls * part * syndicate.share / contacts if contacts else 0.0
                self.crowd.base[syndicate.index, by_message] = min(0.5, chance)
            if syndicate.typology == NEW_TRICK:
                self.truth.new_trick_district = syndicate.district

    def _hook_since_yesterday(self) -> None:
        """Some were talked into it yesterday evening and pay this morning: the first reports of the day."""
        falls = max(_FEWEST_FALL, self.people.subscribers * _FALL_A_HEAD) * _SINCE_YESTERDAY
        old = [bait for bait in self._baits if self.syndicates[bait.syndicate].typology != NEW_TRICK]
        self._yesterday: list[Bait] = []
        for place in self._rng.permutation(len(old))[: int(round(falls))].tolist():
            at_s = self._rng.uniform(-7, -2) * 3600
            bait = replace(old[place], at_s=at_s)
            victim = self.crowd.hook(at_s, bait, pays_s=self._begin_s + self._rng.uniform(60, 2.5 * 3600))
            self._yesterday.append(victim.bait)

    def _since_yesterday(self, line: str, since_s: float) -> list[Exposure]:
        heard = [(bait.target, bait.at_s, 180) for bait in self._yesterday if bait.calling == line and bait.at_s >= since_s]
        return as_exposures(self.people, line, heard, kind="call", at=self.instant)

    def _line_holder(self, line: int) -> Holder:
        name, latin = name_of(line * 7_919)
        born = date(self._year - int(self.people.age[line]), 1, 1) + timedelta(days=int(self.people.birth_day[line]))
        return Holder(
            value=self.people.numbers[line],
            kind="line",
            name=name,
            name_latin=latin,
            birth_on=born.isoformat(),
            sex="f" if self.people.woman[line] else "m",
            document_no=f"{self.people.district(line)}{born:%Y%m%d}{line % 10_000:04d}",
            phone=self.people.numbers[line],
            institution=self.people.carrier_code(line),
        )


def _holder(value: str, kind: str, somebody: Person, *, institution: str) -> Holder:
    return Holder(
        value=value,
        kind=kind,
        name=somebody.name,
        name_latin=somebody.name_latin,
        birth_on=somebody.birth_on,
        sex=somebody.sex,
        document_no=somebody.document_no,
        phone=somebody.phone,
        institution=institution,
    )


def _taken(rows: list[_Row]) -> tuple[_Row, ...]:
    """Return what has gathered in a list, and empty it."""
    taken = tuple(rows)
    rows.clear()
    return taken
