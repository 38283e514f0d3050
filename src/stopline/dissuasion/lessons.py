"""Lessons: a trick that grows in a district is seen, a lesson is drafted, reviewed, brought there and measured."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from stopline.dissuasion import texts
from stopline.kernel.errors import BadField, SameHand, WrongState
from stopline.kernel.ledger import Ledger

Columns = tuple[tuple[str, ...], ...]
WINDOW: Final = timedelta(hours=6)
_LEAST: Final = 5  # fewer sightings than this say nothing
_CHANCE: Final = 0.001  # how seldom chance alone may give as many
_RATIO: Final = 1.5  # against the windows before, where there were any


class LessonState(StrEnum):
    """Where a lesson stands."""

    DRAFTED = "drafted"
    REVIEWED = "reviewed"
    LIVE = "live"
    MEASURED = "measured"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a quiz; `right` is the index of the right choice."""

    ask_zh: str
    ask_en: str
    choices_zh: tuple[str, ...]
    choices_en: tuple[str, ...]
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson for one or more districts, and what people knew before and after it."""

    INDEXES: ClassVar[Columns] = (("state",), ("typology",))

    id: str
    typology: str
    districts: tuple[str, ...]
    text_zh: str
    text_en: str
    quiz: tuple[Question, ...]
    state: LessonState
    drafted_by: str
    drafted_session: str
    drafted_at: datetime
    reviewed_by: str = ""
    published_by: str = ""
    live_at: datetime | None = None
    before_right: int = 0
    before_count: int = 0
    after_right: int = 0
    after_count: int = 0
    reached_count: int = 0

    @property
    def gain_ratio(self) -> float | None:
        """How much more was answered rightly after the lesson (-1..1); None while either side has no answer."""
        if not self.before_count or not self.after_count:
            return None
        return self.after_right / self.after_count - self.before_right / self.before_count


@dataclass(frozen=True, slots=True, kw_only=True)
class TrickSign:
    """One sign of a trick in a district, or `count` of them at once; it names no person."""

    INDEXES: ClassVar[Columns] = (("at",), ("typology", "district"))

    id: str
    typology: str
    district: str
    at: datetime
    count: int


def growing(recent: Sequence[TrickSign], before: Sequence[TrickSign]) -> list[tuple[str, str, int]]:
    """Return (typology, district, count) that stand out: far above the district's share of the trick.

    A district's share is its part of all other tricks' sightings (add-one smoothed); the exact binomial
    tail must be below one in a thousand, and the count above the window before, where there was one.
    """
    counts: Counter[tuple[str, str]] = Counter()
    earlier: Counter[tuple[str, str]] = Counter()
    for one in recent:
        counts[one.typology, one.district] += one.count
    for one in before:
        earlier[one.typology, one.district] += one.count
    of_trick, of_district = Counter[str](), Counter[str]()
    for (typology, district), count in counts.items():
        of_trick[typology] += count
        of_district[district] += count
    whole = sum(counts.values())
    found = []
    for (typology, district), count in sorted(counts.items()):
        rest = whole - of_trick[typology]
        share = (of_district[district] - count + 1) / (rest + max(2, len(of_district)))
        unusual = tail(count, of_trick[typology], share) < _CHANCE
        grown = count >= _RATIO * earlier[typology, district]
        if count >= _LEAST and unusual and grown:
            found.append((typology, district, count))
    return found


def tail(at_least: int, of: int, chance: float) -> float:
    """Return the exact probability of `at_least` or more successes in `of` trials."""
    if at_least <= 0:
        return 1.0
    low, high = math.log(chance), math.log1p(-chance)
    terms = [
        math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * low + (of - k) * high
        for k in range(at_least, of + 1)
    ]
    most = max(terms, default=-math.inf)
    return 0.0 if most == -math.inf else min(1.0, math.exp(most) * math.fsum(math.exp(term - most) for term in terms))


def draft(ledger: Ledger, typology: str, district: str) -> Lesson:
    """Draft a lesson from the template of a trick; an editor reviews it before anybody sees it."""
    text = texts.lesson(typology)
    of = texts.trick(typology)
    lesson = Lesson(
        id=ledger.new_id(),
        typology=typology,
        districts=(district,),
        text_zh=text.zh,
        text_en=text.en,
        quiz=(_sign(of), _truth(of)),
        state=LessonState.DRAFTED,
        drafted_by=ledger.actor.id,
        drafted_session=ledger.actor.session,
        drafted_at=ledger.at,
    )
    ledger.save(lesson, act="lesson.draft")
    ledger.publish("lesson.drafted", lesson_id=lesson.id, typology=typology, district=district)
    return lesson


def edited(lesson: Lesson, *, text_zh: str, text_en: str, by: str, session: str) -> Lesson:
    """Return the lesson with new words; whoever edits it cannot review it."""
    _must(lesson, LessonState.DRAFTED, "edit")
    if not text_zh.strip() or not text_en.strip():
        raise BadField(field="text", value="", why="both languages are needed")
    return replace(lesson, text_zh=text_zh, text_en=text_en, drafted_by=by, drafted_session=session)


def reviewed(lesson: Lesson, *, by: str, session: str) -> Lesson:
    """Return the lesson reviewed by a second editor; raises SameHand for the hand that wrote it."""
    _must(lesson, LessonState.DRAFTED, "review")
    if by == lesson.drafted_by or (session and session == lesson.drafted_session):
        raise SameHand(act="review", measure=lesson.id, who=by, earlier="written it")
    return replace(lesson, state=LessonState.REVIEWED, reviewed_by=by)


def published(lesson: Lesson, *, by: str, at: datetime) -> Lesson:
    """Return the lesson live."""
    _must(lesson, LessonState.REVIEWED, "publish")
    return replace(lesson, state=LessonState.LIVE, published_by=by, live_at=at)


def answered(lesson: Lesson, answers: Sequence[object], *, after: bool) -> tuple[Lesson, int]:
    """Return the lesson with one person's answers counted, and how many were right; nobody is named."""
    if lesson.state not in (LessonState.LIVE, LessonState.MEASURED):
        raise WrongState(machine="lesson", id=lesson.id, state=lesson.state.value, act="quiz", allowed="publish")
    if len(answers) != len(lesson.quiz):
        raise BadField(field="answers", value=len(answers), why=f"{len(lesson.quiz)} answers")
    right = sum(answer == question.right for answer, question in zip(answers, lesson.quiz, strict=True))
    count = len(lesson.quiz)
    if not after:
        done = replace(
            lesson,
            before_right=lesson.before_right + right,
            before_count=lesson.before_count + count,
        )
        return done, right
    done = replace(lesson, after_right=lesson.after_right + right, after_count=lesson.after_count + count)
    measured = min(done.before_count, done.after_count) >= _LEAST * count
    return replace(done, state=LessonState.MEASURED if measured else done.state), right


def _must(lesson: Lesson, state: LessonState, act: str) -> None:
    if lesson.state is not state:
        raise WrongState(machine="lesson", id=lesson.id, state=lesson.state.value, act=act, allowed=state.value)


def _sign(of: texts.Trick) -> Question:
    return Question(
        ask_zh=f"下列哪一项是“{of.name.zh}”的特征？",
        ask_en=f"Which of these is a sign of {of.name.en}?",
        choices_zh=(of.sign.zh, "银行寄来的月结单", "您主动拨打官方号码"),
        choices_en=(of.sign.en, "a monthly statement from your bank", "you call the official number yourself"),
        right=0,
    )


def _truth(of: texts.Trick) -> Question:
    return Question(
        ask_zh="遇到这种情况，应当怎么做？",
        ask_en="What do you do when it happens?",
        choices_zh=("先转一小笔试试", f"不转账：{of.truth.zh}", "把验证码告诉对方"),
        choices_en=("pay a little first", f"pay nothing: {of.truth.en}", "tell the caller the code"),
        right=1,
    )
