"""The day: minute by minute, everybody in the country does what they do, and the centre's clock is told.

The order within a minute is fixed and everything runs in one thread: the same seed lives the same day.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

import numpy as np

from stopline.kernel.errors import BadFile
from stopline.nation import scoreboard
from stopline.nation.banks import Banks
from stopline.nation.carriers import Carriers
from stopline.nation.citizens import Citizens
from stopline.nation.client import CentreKeys, Doors
from stopline.nation.events import HOLD, Minute
from stopline.nation.officers import Desk, before_the_day
from stopline.nation.officers_abroad import Abroad
from stopline.nation.partners import Partners
from stopline.nation.ports import Ports
from stopline.nation.routine import STEP_MINUTES, Login, Staff, its_turn
from stopline.nation.stations import Stations
from stopline.nation.world import LOCAL, World

_STEP = timedelta(minutes=STEP_MINUTES)
_FIRST_HOUR = 6
_PROGRESS_EVERY = 5  # minutes
_EXEMPT_KINDS = frozenset({"courier", "call_centre", "bank_desk", "hospital", "school", "debt_reminder"})
_FIGURES_AT = (23, 30)
_HANDOVERS_EVERY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """The first line on the control pipe: who we are today and how we come through the doors."""

    seed: int
    subscribers: int
    url: str
    without: frozenset[str]
    start: datetime
    logins: Mapping[str, Login]
    keys: Mapping[str, str]
    speed: float

    @classmethod
    def read(cls, line: str) -> Greeting:
        """Read the line; raises BadFile when it is not a greeting."""
        try:
            told = json.loads(line)
            logins = {name: _login(name, row) for name, row in told["logins"].items()}
            return cls(
                seed=int(told["seed"]),
                subscribers=int(told["subscribers"]),
                url=str(told["url"]),
                without=frozenset(told.get("without", ())),
                start=datetime.fromisoformat(told["start"]),
                logins=logins,
                keys={str(code): str(key) for code, key in told["keys"].items()},
                speed=float(told.get("speed") or 0),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"not a greeting ({type(error).__name__}: {error})"
            raise BadFile(path="(stdin)", why=why, remedy="start the day with stopline demo") from error


def _login(name: str, row: Mapping[str, Any]) -> Login:
    return Login(
        name=name,
        password=str(row["password"]),
        totp_secret=str(row["totp_secret"]),
        area=str(row.get("area") or ""),
    )


@dataclass(slots=True)
class Control:
    """The pipe to whoever started the day: time, progress, and the scoreboard."""

    hear: IO[str]
    say_to: IO[str]

    def say(self, **words: object) -> None:
        """Write one line."""
        self.say_to.write(json.dumps(words, ensure_ascii=False, default=str) + "\n")
        self.say_to.flush()

    def tick(self, at: datetime) -> bool:
        """Tell the instant and wait until the centre has lived up to it; False when nobody listens any more."""
        self.say(tick=at.isoformat())
        answer = self.hear.readline()
        return bool(answer) and bool(json.loads(answer).get("ok"))


class Day:
    """Everybody in the country on one day."""

    def __init__(self, greeting: Greeting, control: Control, doors: Doors, sleep: Callable[[float], None]) -> None:
        self.greeting, self.control, self.doors, self._sleep = greeting, control, doors, sleep
        local = greeting.start.astimezone(LOCAL)
        self.begins_at = local.replace(hour=_FIRST_HOUR, minute=0, second=0, microsecond=0)
        self.ends_at = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        without = greeting.without
        self.world = World(greeting.seed, greeting.subscribers, self.begins_at)
        keys, codes = CentreKeys(doors), greeting.keys
        self.carriers = Carriers(doors, keys, self.world, _of(codes, "C"), without)
        self.banks = Banks(doors, keys, self.world, _of(codes, "B"), greeting.seed, self.begins_at, without)
        self.ports = Ports(doors, keys, self.world, _of(codes, "G"), without)
        self.partners = Partners(doors, keys, self.world, _of(codes, "X"), self.begins_at, without)
        self.citizens = Citizens(doors, self.world, self._chance("citizens"), without)
        self.desk = Desk(greeting.seed)
        self.abroad = Abroad(self.world, self.ports, self.citizens.notices)
        self.abroad.den_known = lambda: self.partners.den is not None
        self.stations = Stations(self.world)
        duties = [*self.desk.duties(), *self.abroad.duties(), *self.stations.duties()]
        routines = [routine for routine in duties if routine.part not in without]
        self.staff = Staff(doors, greeting.logins, routines, greeting.seed, greeting.start)
        self.counted: dict[str, float] = dict.fromkeys(
            ("calls_screened", "calls_stopped", "messages_screened", "messages_stopped", "reports"), 0.0
        )
        self._last_news = ""
        self._edition = ""
        self._frozen_counts: dict[str, float] = {}

    def live(self) -> list[scoreboard.Line]:
        """Live the day from the night shift's last minutes to midnight and return the scoreboard."""
        self._night_shift()
        at = self.begins_at
        while at < self.ends_at and self._step(at):
            at += _STEP
        self.control.tick(self.ends_at)
        return scoreboard.lines(self._evening())

    def _night_shift(self) -> None:
        """Sign in, and bring the rules into force before the first call of the day."""
        self.control.tick(self.greeting.start)
        self.staff.at = self.greeting.start
        lines = {row.line: row.kind for row in self.world.registered_lines() if row.kind in _EXEMPT_KINDS}
        before_the_day(self.staff, lines, self.world.registered_senders())
        self._progress(self.greeting.start, "the first release of rules is in force")

    def _step(self, began_at: datetime) -> bool:
        """Let a step of the day happen, then let the centre hear of it at the step's end."""
        minute = self.world.step(began_at, minutes=STEP_MINUTES)
        at = began_at + _STEP
        if not self.control.tick(at):
            return False
        self._count(minute, at)
        self.citizens.minute(minute, at, self.carriers.lessons)
        self.ports.minute(minute, at)
        self.staff.minute(at)
        self.carriers.rounds(at)
        self.banks.minute(at)
        self.partners.minute(at)
        self._appointments(at)
        if its_turn(at, _PROGRESS_EVERY):
            self._progress(at, self._news())
        if self.greeting.speed > 0:
            self._sleep(_STEP.total_seconds() / self.greeting.speed)
        return True

    def _count(self, minute: Minute, at: datetime) -> None:
        calls, texts = self.carriers.screen(minute, at)
        self.counted["reports"] += len(minute.reports)
        for name, codes in (("calls", calls), ("messages", texts)):
            if name not in self.greeting.without:
                self.counted[f"{name}_screened"] += len(codes)
                self.counted[f"{name}_stopped"] += int(np.count_nonzero(codes >= HOLD))

    def _appointments(self, at: datetime) -> None:
        """Do what stands in the calendar rather than in an inbox."""
        local, without = at.astimezone(LOCAL), self.greeting.without
        if "alliance" not in without and self.partners.den is not None and its_turn(at, _HANDOVERS_EVERY):
            self.abroad.plan_handovers(self.staff)
            self.abroad.count_home(self.staff)
        if (local.hour, local.minute) == _FIGURES_AT and "bulletin" not in without:
            period = {"from_at": self.greeting.start.isoformat(), "to_at": at.isoformat()}
            made = self.staff.make("statistician1", "edition", period)
            self._edition = str(made.mapping.get("id", ""))
            self._frozen_counts = dict(self.counted)
            self.desk.figures_due = made.ok

    def _news(self) -> str:
        if self.staff.news:
            self._last_news = self.staff.news[-1]
            self.staff.news.clear()
            return self._last_news
        return f"{self.counted['calls_stopped']:,.0f} calls stopped, {self.counted['reports']:.0f} reports"

    def _progress(self, at: datetime, line: str) -> None:
        whole = (self.ends_at - self.begins_at).total_seconds()
        share = min(1.0, max(0.0, (at - self.begins_at).total_seconds() / whole))
        local = at.astimezone(LOCAL).isoformat()
        self.control.say(progress={"at": local, "share": round(share, 4), "line": line})

    def _evening(self) -> scoreboard.Evening:
        home = agree = 0
        handovers = self.staff.rows("liaison1", "handover", limit=100) if self.partners.den is not None else []
        for row in handovers:
            if row.get("state") in {"received", "closed"}:
                home += _whole(row.get("received_count"))
                agree += int(row.get("received_count") == row.get("manifest_count") == row.get("boarded_count"))
        return scoreboard.Evening(
            world=self.world,
            citizens=self.citizens,
            ports=self.ports,
            abroad=self.abroad,
            holds=self.banks.holds,
            series_of=self._series(),
            screened=self._screened(),
            home=home,
            counts_agree=bool(handovers) and agree == len(handovers),
            published=self._published(),
            own_counts=self._frozen_counts,
        )

    def _series(self) -> dict[int, str]:
        by_report = {report_id: truth_id for truth_id, (_at, report_id) in self.citizens.reported.items()}
        found: dict[int, str] = {}
        for row in _every(self.staff, "investigator1", "report"):
            truth_id = by_report.get(str(row.get("id", "")))
            if truth_id is not None and row.get("series_id"):
                found[truth_id] = str(row["series_id"])
        return found

    def _screened(self) -> dict[str, bool]:
        if self.partners.den is None:
            return {}
        rows = _every(self.staff, "liaison1", "transfer")
        known = {str(row.get("id", "")): str(row.get("document_no", "")) for row in rows}
        return {known[one]: victim for one, victim in self.abroad.screened.items() if one in known}

    def _published(self) -> dict[str, float]:
        rows = self.doors.get("/api/v1/public/bulletin").rows()
        values = {str(row.get("id", "")): row.get("value") for row in rows}
        return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}

    def _chance(self, who: str) -> random.Random:
        return random.Random(f"{self.greeting.seed}|{who}")


def tell_doors(doors: Doors, staff: Staff) -> list[str]:
    """Return what a developer wants to know at the end: doors not open, acts done, and refusals by reason."""
    told = [f"doors not open: {door} ({count})" for door, count in sorted(doors.closed.items())]
    told += [f"done: {name} {count}" for name, count in sorted(staff.done.items())]
    for (door, why), count in sorted(doors.refused.items()):
        told.append(f"refused: {door} {why} {count}: {doors.said[door, why][:160]}")
    return told


def _every(staff: Staff, login: str, thing: str) -> Iterator[Mapping[str, object]]:
    query: dict[str, str | int] = {"limit": 500}
    while True:
        rows = staff.rows(login, thing, **query)
        yield from rows
        if len(rows) < 500:
            return
        query["after"] = str(rows[-1].get("id", ""))


def _of(keys: Mapping[str, str], letter: str) -> dict[str, str]:
    return {code: key for code, key in sorted(keys.items()) if code.startswith(letter)}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
