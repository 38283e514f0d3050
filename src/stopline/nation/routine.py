"""How an officer works: reads an inbox, waits as people do, opens the page, and takes one step.

A routine is one row of a table: whose inbox, which thing in which state, how it is judged, how long it takes.
The engine signs people in with password and code, sends a refused step to the next hand up the ladder, and
counts what was done. It sees only what the centre's pages show.
"""

from __future__ import annotations

import heapq
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stopline.nation.client import Doors, Reply, code_at

STEP_MINUTES = 2  # people look at their clocks and their post this often

Row = Mapping[str, object]
Body = Mapping[str, object]

_MOST_ROWS = 200  # of one inbox at one look
_MOST_TRIES = 6
_GLANCE_EVERY = 28  # minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an officer decided to do with a row: the act's name and what its fields shall hold."""

    act: str
    body: Body = field(default_factory=dict)
    hands: tuple[str, ...] = ()  # logins in the order they are asked; empty = the routine's own
    then: Callable[[], None] | None = None  # what happens outside the centre once it was done
    news: str = ""  # a line for whoever watches the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One thing's page: its record, the acts offered with their fields, and who did what before."""

    record: Row
    acts: Mapping[str, Sequence[Row]]
    history: Sequence[Row]


Judge = Callable[[Page, "Staff"], Step | None]


def _always() -> bool:
    """Whether there is any reason to look: there always is, unless somebody would ring."""
    return True


Hands = Callable[[Row], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """One line of the table of duties; `wait` and `every` are simulated minutes."""

    thing: str
    states: tuple[str, ...]
    hands: tuple[str, ...] | Hands
    judge: Judge
    wait: tuple[int, int] = (1, 5)
    every: int = 2
    part: str = ""
    column: str = "state"
    when: Callable[[], bool] = _always
    at_a_glance: bool = False  # the row in the inbox is enough: nobody opens the page for it

    def who(self, row: Row) -> tuple[str, ...]:
        """Return the logins that may take the step, in the order they are asked."""
        return self.hands if isinstance(self.hands, tuple) else self.hands(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a person signs in with."""

    name: str
    password: str
    totp_secret: str
    area: str = ""


@dataclass(frozen=True, order=True, slots=True)
class _Task:
    due_at: datetime
    ordinal: int
    routine: Routine = field(compare=False)
    row: Row = field(compare=False)
    tries: int = field(compare=False, default=0)


@dataclass(slots=True)
class Staff:
    """All the officers of the centre: their sessions, their inboxes and the steps they have planned."""

    doors: Doors
    logins: Mapping[str, Login]
    routines: Sequence[Routine]
    seed: int
    at: datetime
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    news: list[str] = field(default_factory=list)
    memory: dict[str, str] = field(default_factory=dict)  # what a refusal taught: "entry -> level that signs"
    _tokens: dict[str, str] = field(default_factory=dict)
    _tasks: list[_Task] = field(default_factory=list)
    _planned: set[tuple[int, str, str]] = field(default_factory=set)
    _ordinal: int = 0

    def minute(self, at: datetime) -> None:
        """Live one minute: look into the inboxes whose turn it is, then take the steps that are due."""
        self.at = at
        for place, inbox in enumerate(self._inboxes()):
            if its_turn(at, min(routine.every for routine in inbox), place):
                self._look([routine for routine in inbox if routine.when()])
        while self._tasks and self._tasks[0].due_at <= at:
            self._work(heapq.heappop(self._tasks))
        if its_turn(at, _GLANCE_EVERY):
            self._stay_awake()

    def _stay_awake(self) -> None:
        """Let everybody who is signed in glance at something: a session that nobody uses ends after half an hour."""
        for login in list(self._tokens):
            self.rows(login, "unit", limit=1)

    def token(self, login: str) -> str:
        """Return the session of a person, signing in when there is none; an empty text if it is refused."""
        if login not in self._tokens:
            self._tokens[login] = self._sign_in(login)
        return self._tokens[login]

    def rows(self, login: str, thing: str, **query: str | int) -> list[Row]:
        """Return the rows of one inbox as this person sees it."""
        reply = self._as(login, lambda token: self.doors.get(f"/api/v1/{thing}", token=token, query=query))
        return list(reply.rows())

    def page(self, login: str, thing: str, record_id: str) -> Page | None:
        """Open the page of one thing; None when it is not this person's to see."""
        reply = self._as(login, lambda token: self.doors.get(f"/api/v1/{thing}/{{id}}", token=token, id=record_id))
        if not reply.ok:
            return None
        record = reply.mapping.get("record", {})
        acts = {str(act.get("name", "")): _fields(act) for act in reply.rows("acts")}
        return Page(record=record if isinstance(record, dict) else {}, acts=acts, history=reply.rows("history"))

    def act(self, login: str, thing: str, record_id: str, act: str, body: Body) -> Reply:
        """Take one step as this person."""
        door = f"/api/v1/{thing}/{{id}}/{act}"
        return self._as(login, lambda token: self.doors.post(door, body, token=token, id=record_id))

    def make(self, login: str, thing: str, body: Body) -> Reply:
        """Make a new thing as this person."""
        reply = self._as(login, lambda token: self.doors.post(f"/api/v1/{thing}/new", body, token=token))
        self.count(f"{thing}.new", reply)
        return reply

    def _as(self, login: str, ask: Callable[[str], Reply]) -> Reply:
        token = self.token(login)
        if not token:
            return Reply(status=401, body={"error": "NotSignedIn", "message": f"{login} has no session"})
        reply = ask(token)
        if reply.status == 401:  # the session has ended: sign in again, once
            del self._tokens[login]
            reply = ask(self.token(login))
        return reply

    def _sign_in(self, name: str) -> str:
        login = self.logins.get(name)
        if login is None:
            return ""
        refused = ""
        for step in (0, 30):  # a code that was just used is refused: the next one is as good
            code = code_at(login.totp_secret, self.at.timestamp() + step)
            body = {"login": login.name, "password": login.password, "code": code}
            reply = self.doors.post("/api/v1/session", body)
            if reply.ok:
                return str(reply.mapping.get("token", ""))
            refused = reply.error or str(reply.status)
        self.refused[f"session {refused}"] += 1
        return ""

    def _inboxes(self) -> list[list[Routine]]:
        """Return the routines that look into the same list, side by side: one look serves them all."""
        inboxes: dict[tuple[str, str, bool], list[Routine]] = {}
        for routine in self.routines:
            inboxes.setdefault((routine.thing, routine.column, bool(routine.states)), []).append(routine)
        return list(inboxes.values())

    def _look(self, inbox: Sequence[Routine]) -> None:
        reader = next((name for routine in inbox for name in routine.who({}) if name in self.logins), "")
        if not reader:
            return
        query: dict[str, str | int] = {"limit": _MOST_ROWS, "order": "newest"}
        states = sorted({state for routine in inbox for state in routine.states})
        if states:
            query[inbox[0].column] = ",".join(states)
        rows = self.rows(reader, inbox[0].thing, **query)
        fresh = [(routine, row) for routine in inbox for row in rows if self._is_new(routine, row)]
        for words, routine, row in sorted(((told(row), routine, row) for routine, row in fresh), key=_in_order):
            self._planned.add(self._mark(routine, row))
            self._later(routine, row, chance(self.seed, routine.thing, words).randint(*routine.wait), 0)

    def _is_new(self, routine: Routine, row: Row) -> bool:
        state = str(row.get(routine.column, ""))
        return (not routine.states or state in routine.states) and self._mark(routine, row) not in self._planned

    def _mark(self, routine: Routine, row: Row) -> tuple[int, str, str]:
        return self.routines.index(routine), str(row.get("id", "")), str(row.get(routine.column, ""))

    def _later(self, routine: Routine, row: Row, minutes: int, tries: int) -> None:
        self._ordinal += 1
        due_at = self.at + timedelta(minutes=minutes)
        heapq.heappush(self._tasks, _Task(due_at, self._ordinal, routine, row, tries))

    def _work(self, task: _Task) -> None:
        routine, record_id = task.routine, str(task.row.get("id", ""))
        hands = [name for name in routine.who(task.row) if name in self.logins]
        if not hands:
            return
        reader = hands[min(task.tries, len(hands) - 1)]
        glance = Page(record=task.row, acts={}, history=()) if routine.at_a_glance else None
        page = glance or self.page(reader, routine.thing, record_id)
        if page is None or (routine.states and str(page.record.get(routine.column, "")) not in routine.states):
            return
        step = routine.judge(page, self)
        if step is None:
            return
        able = [name for name in step.hands if name in self.logins] or hands
        login = able[min(task.tries, len(able) - 1)]
        reply = self.act(login, routine.thing, record_id, step.act, filled(page.acts.get(step.act), step.body))
        self.count(f"{routine.thing}.{step.act}", reply)
        if reply.ok:
            if step.then is not None:
                step.then()
            if step.news:
                self.news.append(step.news)
            return
        if "entry_id" in page.record:
            self.memory[f"{step.act} {page.record['entry_id']}"] = reply.error
        if reply.error in _ANOTHER_TRY and task.tries + 1 < _MOST_TRIES:
            self._later(routine, task.row, 1, task.tries + 1)

    def count(self, name: str, reply: Reply) -> None:
        if reply.ok:
            self.done[name] += 1
        else:
            self.refused[f"{name} {reply.error or reply.status}"] += 1


_ANOTHER_TRY = frozenset(
    {"AuthorityTooLow", "AuthorityOutOfArea", "PowerMissing", "SameHand", "NotYours", "EntryNotVerified"}
)


def its_turn(at: datetime, every: int, place: int = 0) -> bool:
    """Return whether something done every so many minutes falls into the step that ends now; `place` spreads them."""
    number = int(at.timestamp()) // 60 + place
    return any((number - back) % every == 0 for back in range(STEP_MINUTES))


def told(row: Row) -> str:
    """Return what a row says without the ids in it, which differ from run to run of the same day."""
    return _IDS.sub("#", json.dumps(row, sort_keys=True, default=str))


def chance(*words: object) -> random.Random:
    """Return a generator that depends on what is judged and on nothing that went before."""
    return random.Random("|".join(str(word) for word in words))


# Identifiers, references, and what is derived with a key: a shortened digest has a letter, an account number has none.
_IDS = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}|(?:[0-9A-Z]{8}-){3}[0-9A-Z]{8}|[0-9a-f]{32,}|(?=\d*[a-f])[0-9a-f]{12,}")


def _in_order(planned: tuple[str, Routine, Row]) -> tuple[str, str]:
    words, _routine, row = planned
    return words, str(row.get("id", ""))


def _fields(act: Row) -> list[Row]:
    fields = act.get("fields", [])
    if not isinstance(fields, list):
        return []
    return [entry if isinstance(entry, dict) else {"name": str(entry)} for entry in fields]


def filled(fields: Sequence[Row] | None, given: Body) -> Body:
    """Return a form filled in: what the officer has to say, and a plain entry where the page insists on more.

    Fields that the page does not ask for are left out; with no page at hand the body goes as it is.
    """
    if fields is None:
        return given
    body: dict[str, object] = {}
    for entry in fields:
        name = str(entry.get("name", ""))
        if name in given:
            body[name] = given[name]
        elif entry.get("required", False):
            body[name] = _plain(entry)
    return body


def _plain(entry: Row) -> object:
    choices = entry.get("choices") or []
    match str(entry.get("kind", "text")):
        case "choice" if isinstance(choices, list) and choices:
            return choices[0]
        case "money" | "number":
            return 0
        case "yes_no":
            return True
        case "list":
            return []
        case _:
            return "read and checked"
