"""What time alone does here: late visits are said once, follow-ups come due, and everything is erased at its term."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stopline.dissuasion import lessons, texts
from stopline.dissuasion.deliveries import carriers, prepare
from stopline.dissuasion.lessons import Lesson, LessonState, TrickSign
from stopline.dissuasion.records import (
    DeliveryKind,
    DeliveryState,
    Telling,
    Visit,
    VisitState,
    Warning,  # noqa: A004 - the word of the domain
    WarningState,
)
from stopline.kernel.ledger import Ledger

_WAITING = (
    VisitState.ISSUED.value,
    VisitState.DISPATCHED.value,
    VisitState.SIGNED.value,
    VisitState.LOCATED.value,
)
_KEPT_WARNINGS = tuple(one.value for one in WarningState if one is not WarningState.ERASED)
_KEPT_VISITS = tuple(one.value for one in VisitState if one is not VisitState.ERASED)
_KEPT_DELIVERIES = tuple(one.value for one in DeliveryState if one is not DeliveryState.ERASED)
_LOOK_EVERY = timedelta(minutes=10)
_LESSON_STATES = (
    LessonState.DRAFTED.value,
    LessonState.REVIEWED.value,
    LessonState.LIVE.value,
    LessonState.MEASURED.value,
)


def late_visits(ledger: Ledger) -> None:
    """Say once of each visit that was not signed, or not made, in its time."""
    unsigned = ledger.find(Visit, before=("sign_by_at", ledger.at), state=_WAITING[:2], late_at=None)
    unmet = ledger.find(Visit, before=("meet_by_at", ledger.at), state=_WAITING[2:], late_at=None)
    for visit in (*unsigned, *unmet):
        ledger.save(replace(visit, late_at=ledger.at), act="visit.late")
        ledger.publish("visit.late", visit_id=visit.id, district=visit.district)


def follow_ups(ledger: Ledger) -> None:
    """Bring each follow-up that came due to the person, and to the station's list, once."""
    due = ledger.at + timedelta(microseconds=1)
    for visit in ledger.find(Visit, before=("next_follow_up_at", due), follow_up_due_at=None):
        ledger.save(replace(visit, follow_up_due_at=ledger.at), act="visit.follow_up_due")
        warning = ledger.maybe(Warning, visit.warning_id)
        if warning is not None and warning.person:
            prepare(
                ledger,
                carrier=warning.carrier,
                to=warning.person,
                sort=DeliveryKind.FOLLOW_UP,
                about_id=visit.id,
                text=texts.follow_up(visit.typology, visit.code),
                keep=timedelta(days=7),
            )
        ledger.publish(
            "visit.follow_up_due",
            visit_id=visit.id,
            district=visit.district,
            ordinal=len(visit.follow_ups) + 1,
        )


def sight(ledger: Ledger, sighting_id: str, typology: str, district: str, count: int) -> None:
    """Keep one sign of a trick, once; without a typology or a district it says nothing."""
    if typology and district and count > 0 and ledger.maybe(TrickSign, sighting_id) is None:
        sighting = TrickSign(id=sighting_id, typology=typology, district=district, at=ledger.at, count=count)
        ledger.save(sighting, act="trick.sight")


def growing_tricks(ledger: Ledger) -> None:
    """Every ten minutes: draft a lesson where a trick has grown and none was drafted for that place yet."""
    minutes = int(ledger.at.timestamp() // 60)
    if minutes % (_LOOK_EVERY // timedelta(minutes=1)):
        return
    start = ledger.at - lessons.WINDOW
    recent = ledger.find(TrickSign, since=("at", start), limit=200_000)
    if not recent:
        return
    before = ledger.find(TrickSign, since=("at", start - lessons.WINDOW), before=("at", start), limit=200_000)
    for typology, district, count in lessons.growing(recent, before):
        there = ledger.find(Lesson, typology=typology, state=_LESSON_STATES)
        if not any(district in one.districts for one in there):
            ledger.publish("trick.growing", typology=typology, district=district, count=count)
            lessons.draft(ledger, typology, district)


def bring(ledger: Ledger, lesson: Lesson) -> None:
    """Lay a lesson ready for every carrier, addressed to its districts."""
    for district in lesson.districts:
        for carrier in carriers(ledger):
            prepare(
                ledger,
                carrier=carrier,
                to=f"district:{district}",
                sort=DeliveryKind.LESSON,
                about_id=lesson.id,
                text=texts.Both(lesson.text_zh, lesson.text_en),
                keep=timedelta(days=90),
            )


def close_visit(ledger: Ledger, visit: Visit, outcome: str, *, reason: str = "") -> None:
    """Close a visit with no further contact."""
    after = replace(
        visit,
        state=VisitState.CLOSED,
        outcome=outcome,
        closed_at=ledger.at,
        next_follow_up_at=None,
        follow_up_due_at=None,
    )
    ledger.save(after, act="visit.close", reason=reason)
    ledger.publish("visit.closed", visit_id=visit.id, outcome=outcome)


def erase(ledger: Ledger) -> None:
    """Erase who was warned, visited and written to, when the term has run; counts and times stay."""
    due = ledger.at + timedelta(microseconds=1)
    for warning in ledger.find(Warning, before=("erase_at", due), state=_KEPT_WARNINGS):
        gone = replace(warning, person="", contacts=(), evidence=(), code=warning.id, state=WarningState.ERASED)
        ledger.save(gone, act="warning.erase")
    for visit in ledger.find(Visit, before=("erase_at", due), state=_KEPT_VISITS):
        nobody = replace(
            visit,
            person="",
            code=visit.id,
            state=VisitState.ERASED,
            next_follow_up_at=None,
            closed_at=visit.closed_at or ledger.at,
        )
        ledger.save(nobody, act="visit.erase")
    for delivery in ledger.find(Telling, before=("erase_at", due), state=_KEPT_DELIVERIES):
        blank = replace(delivery, to="", text_zh="", text_en="", state=DeliveryState.ERASED)
        ledger.save(blank, act="delivery.erase")
