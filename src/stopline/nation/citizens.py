"""The citizens: they report, appeal with the reference they were told, give tips, and learn a lesson."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stopline.nation.client import Doors
from stopline.nation.events import Appellant, Minute, Tip
from stopline.nation.routine import its_turn
from stopline.nation.world import World

_ASK_EVERY = 20  # minutes between two looks at how an appeal stands
_PUPILS = 12  # people of a district who take the quiz, before and after
_LESSONS_EVERY = 30


@dataclass(slots=True)
class Filed:
    """One appeal as the person who filed it knows it."""

    appellant: Appellant
    code: str
    filed_at: datetime
    decided_at: datetime | None = None
    granted: bool = False


@dataclass(slots=True)
class Citizens:
    """What people without any login do at the public doors. `notices` maps a document to its notice's id."""

    doors: Doors
    world: World
    rng: random.Random
    without: frozenset[str] = frozenset()
    notices: dict[str, str] = field(default_factory=dict)
    reported: dict[int, tuple[datetime, str]] = field(default_factory=dict)  # truth id -> when, report id
    appeals: list[Filed] = field(default_factory=list)
    quizzed: dict[str, list[float]] = field(default_factory=lambda: {"before": [], "after": []})
    seen: Counter[str] = field(default_factory=Counter)
    _taught: set[tuple[str, str]] = field(default_factory=set)
    _late_tips: list[tuple[datetime, Tip]] = field(default_factory=list)

    def minute(self, minute: Minute, now: datetime, districts: Mapping[str, datetime]) -> None:
        """Live one minute; `districts` are those that a lesson has reached."""
        for filing in minute.reports:
            reply = self.doors.post("/api/v1/reports", filing.body)
            self.seen["reports"] += int(reply.ok)
            if reply.ok:
                self.reported[filing.truth_id] = (now, str(reply.mapping.get("report_id", "")))
        for appellant in minute.appellants:
            self._appeal(appellant, now)
        for tip in minute.tips:
            self._tip(tip)
        if its_turn(now, _ASK_EVERY):
            self._follow(now)
        if its_turn(now, _LESSONS_EVERY) and "education" not in self.without:
            for district in sorted(districts):
                self._learn(district)

    def _appeal(self, appellant: Appellant, at: datetime) -> None:
        if "appeals" in self.without:
            return
        self.doors.get("/api/v1/public/references/{reference}", reference=appellant.reference)
        body = {
            "reference": appellant.reference,
            "statement": appellant.statement,
            "contact": appellant.contact,
            "channel": "notice_code",
        }
        reply = self.doors.post("/api/v1/public/appeals", body)
        self.seen["appeals"] += int(reply.ok)
        if reply.ok:
            self.appeals.append(Filed(appellant=appellant, code=str(reply.mapping.get("code", "")), filed_at=at))

    def _follow(self, at: datetime) -> None:
        for filed in self.appeals:
            if filed.decided_at is not None:
                continue
            reply = self.doors.get("/api/v1/public/appeals/{code}", code=filed.code)
            state = str(reply.mapping.get("state", ""))
            if state in {"granted", "rejected"}:
                filed.decided_at, filed.granted = _instant(reply.mapping.get("decided_at"), at), state == "granted"
                self.world.appeal_answered(filed.appellant.reference, at, granted=filed.granted)

    def _tip(self, tip: Tip) -> None:
        notice_id = self.notices.get(tip.document_no)
        if notice_id is None or "wanted" in self.without:
            return
        body = {"notice_id": notice_id, "text": tip.text, "place": tip.place}
        self.seen["tips"] += int(self.doors.post("/api/v1/public/tips", body).ok)

    def _learn(self, district: str) -> None:
        for lesson in self.doors.get("/api/v1/public/lessons", query={"district": district}).rows():
            mark = (district, str(lesson.get("id", "")))
            if mark in self._taught:
                continue
            self._taught.add(mark)
            for _ in range(_PUPILS):
                self._quiz(lesson, "before")
                self._quiz(lesson, "after")

    def _quiz(self, lesson: Mapping[str, object], phase: str) -> None:
        asks = lesson.get("quiz")
        if not isinstance(asks, list) or not asks:
            return
        text = str(lesson.get("text_zh", ""))
        answers = [self._choose(ask, text if phase == "after" else "") for ask in asks]
        body = {"answers": answers, "before_after": phase}
        reply = self.doors.post("/api/v1/public/lessons/{id}/quiz", body, id=str(lesson.get("id", "")))
        right, whole = reply.mapping.get("right"), reply.mapping.get("of")
        if isinstance(right, int) and isinstance(whole, int) and whole:
            self.quizzed[phase].append(right / whole)

    def _choose(self, ask: Mapping[str, object], lesson: str) -> int:
        """Guess before the lesson; after it, mostly choose what shares most letter pairs with its text."""
        choices = ask.get("choices_zh")
        if not isinstance(choices, list) or not choices:
            return 0
        if not lesson or self.rng.random() < 0.15:
            return self.rng.randrange(len(choices))
        known = {lesson[place : place + 2] for place in range(len(lesson) - 1)}
        shares = [_shared(str(choice), known) for choice in choices]
        return max(range(len(choices)), key=lambda place: (shares[place], -place))

    def waits(self, at: datetime) -> list[timedelta]:
        """Return how long each appellant has waited: until the decision, or until now."""
        return [(filed.decided_at or at) - filed.filed_at for filed in self.appeals]


def _shared(choice: str, known: set[str]) -> float:
    pairs = [choice[place : place + 2] for place in range(len(choice) - 1)]
    return sum(pair in known for pair in pairs) / len(pairs) if pairs else 0.0


def _instant(value: object, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return otherwise
