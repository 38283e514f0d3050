"""The desk of dissuasion and education: hears of people at risk, warns them, sends somebody who may be refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from stopline.dissuasion import clocks, lessons, texts, visits, warnings
from stopline.dissuasion.deliveries import delivered, pending, prepare, serving
from stopline.dissuasion.lessons import Lesson, LessonState
from stopline.dissuasion.levels import LEVELS, Levels
from stopline.dissuasion.records import (
    DeliveryKind,
    OptOut,
    Telling,
    Visit,
    Warning,  # noqa: A004 - the word of the domain
    WarningState,
    WatchedLine,
)
from stopline.kernel.errors import BadField, NotFound, Refused
from stopline.kernel.facts import Fact
from stopline.kernel.ids import reference_key
from stopline.kernel.ledger import Ledger
from stopline.kernel.phone import NumberKind, read_number
from stopline.law.acts import Act, Field, FieldKind, Run
from stopline.law.measure import Measure
from stopline.law.notification import Notification
from stopline.law.office import Office
from stopline.law.organisation import Power, Signer, require_power

Body = Mapping[str, object]
_REASON = Field(name="reason", kind=FieldKind.LONG_TEXT)
_REFS_KEPT = 20
_PHONES = (NumberKind.MOBILE, NumberKind.FIXED, NumberKind.FOREIGN, NumberKind.SERVICE)


@dataclass(frozen=True, slots=True)
class DissuasionDesk:
    """Warnings, visits, follow-up and lessons; none of it compels anybody (ATF art. 34)."""

    office: Office
    levels: Levels = LEVELS
    education: bool = True

    # -- reactions

    def protect(self, ledger: Ledger, fact: Fact) -> None:
        """On `report.received`: others hear from the same lines, so tell of them.

        Somebody who has paid confirms a line alone, since a warning compels nobody; otherwise it takes two reports.
        """
        report_id, typology = fact.text("report_id"), fact.text("typology")
        lines = _texts(fact.body.get("lines"))
        paid = bool(fact.body.get("payments"))
        fresh = [line for line in lines if self._watch(ledger, line, typology, report_id, sure=paid)]
        clocks.sight(ledger, f"report:{report_id}", typology, fact.text("district"), 1)
        if fresh:
            ledger.publish("lines.reported", lines=fresh, typology=typology, report_id=report_id)

    def lines_confirmed(self, ledger: Ledger, fact: Fact) -> None:
        """On `case.lines`, or whatever else says that an officer or a release confirmed lines: watch them."""
        ref = str(fact.body.get("case_id") or fact.body.get("series_id") or fact.id)
        for line in _texts(fact.body.get("lines")):
            self._watch(ledger, line, str(fact.body.get("typology", "")), ref, sure=True)

    def verdicts_counted(self, ledger: Ledger, fact: Fact) -> None:
        """On counts of stopped traffic by trick and district: they are signs of a trick too."""
        typology, district = str(fact.body.get("typology", "")), str(fact.body.get("district", ""))
        clocks.sight(ledger, fact.id, typology, district, fact.number("count"))

    def notification_made(self, ledger: Ledger, fact: Fact) -> None:
        """On `notification.made`: bring the code to the person, when the person is known by a number."""
        notification = ledger.get(Notification, fact.text("notification_id"))
        number = read_number(notification.person_ref)
        told = ledger.count(Telling, about_id=notification.id)
        if told or not number.valid or number.kind not in _PHONES:
            return
        measure = ledger.get(Measure, notification.measure_id)
        entry = self.office.register.entry(measure.entry_id, measure.entry_version)
        text = texts.notification(notification.code, texts.Both(entry.title.zh, entry.title.en))
        prepare(
            ledger,
            carrier=serving(ledger, measure.holder),
            to=number.normalised,
            sort=DeliveryKind.NOTIFICATION,
            about_id=notification.id,
            text=text,
            keep=self.levels.keep,
        )

    # -- doors

    def watch(self, ledger: Ledger) -> list[dict[str, object]]:
        """Return the confirmed lines whose recent contacts carriers refer."""
        rows = ledger.find(WatchedLine, confirmed=True, since=("until_at", ledger.at), limit=50_000)
        return [{"line": row.id, "since": row.since_at.isoformat(), "typology": row.typology} for row in rows]

    def exposures(
        self,
        ledger: Ledger,
        carrier: str,
        rows: Sequence[object],
        watched: Sequence[Mapping[str, object]] = (),
    ) -> dict[str, object]:
        """Take what a carrier refers; returns how many people were warned, and the rows that cannot be used.

        `watched` are lines that the carriers were given by another desk: `line`, `typology`; their blocks
        are the evidence. Rows of lines on no watch are not kept: nobody asked for them.
        """
        named = {str(row.get("line")) for row in rows if isinstance(row, Mapping)}
        for one in watched:
            if str(one["line"]) in named:
                self._watch(ledger, str(one["line"]), str(one.get("typology", "")), "verdicts", sure=True)
        good, bad = warnings.read(rows, at=ledger.at)
        issued: dict[str, Warning] = {}
        for exposure in good:
            warning = warnings.warn(ledger, carrier, exposure, self.levels)
            if warning is not None:
                issued[warning.id] = warning
        for warning in issued.values():
            clocks.sight(ledger, f"warning:{warning.id}", warning.typology, warning.district, 1)
            warnings.visit_for(ledger, warning, self.levels)
        return {"accepted": len(good), "warnings": len(issued), "rejects": bad}

    def deliveries(self, ledger: Ledger, carrier: str) -> list[dict[str, object]]:
        """Hand a carrier the texts that wait for it, and record that they were sent."""
        return pending(ledger, carrier)

    def delivered(self, ledger: Ledger, carrier: str, delivery_id: str) -> Telling:
        """Record that a text reached the person; raises NotYours for another carrier's text."""
        done = delivered(ledger, carrier, delivery_id)
        if done.sort is DeliveryKind.WARNING:
            warning = ledger.maybe(Warning, done.about_id)
            if warning is not None and warning.state is WarningState.ISSUED:
                ledger.save(replace(warning, state=WarningState.DELIVERED), act="warning.delivered")
                ledger.publish("warning.delivered", warning_id=warning.id)
        if done.sort is DeliveryKind.NOTIFICATION:
            told = ledger.maybe(Notification, done.about_id)
            if told is not None and told.told_at is None:
                after = replace(told, told_at=done.delivered_at, channel=f"carrier:{carrier}")
                ledger.save(after, act="notification.told")
        return done

    def one_time_code(self, ledger: Ledger, line: str, code: str, *, keep: timedelta) -> None:
        """Send a one-time code to a line; the text is erased when the code has lapsed."""
        prepare(
            ledger,
            carrier=serving(ledger, ""),
            to=line,
            sort=DeliveryKind.ONE_TIME_CODE,
            about_id="",
            text=texts.one_time_code(code),
            keep=keep,
        )

    def opt_out(self, ledger: Ledger, code: str) -> None:
        """End all contact with the person who holds the code of a warning; raises NotFound."""
        found = ledger.find(Warning, code=reference_key(code), limit=1)
        if not found or not found[0].person:
            raise NotFound(kind="warning", id=code)
        person = found[0].person
        if ledger.maybe(OptOut, person) is None:
            ledger.save(OptOut(id=person, since_at=ledger.at), act="person.opt_out")
        for visit in ledger.find(Visit, person=person, closed_at=None):
            clocks.close_visit(ledger, visit, "opted_out")

    def verify(self, ledger: Ledger, code: str) -> dict[str, object]:
        """Say whether a code belongs to a warning or a visit of ours; never to whom."""
        key = reference_key(code)
        visit = ledger.find(Visit, code=key, limit=1)
        if visit:
            closed = visit[0].closed_at is not None
            return {"answer": "official", "kind": "visit", "district": visit[0].district, "closed": closed}
        if ledger.count(Warning, code=key):
            return {"answer": "official", "kind": "warning"}
        return {"answer": "unknown"}

    def lessons(self, ledger: Ledger, district: str) -> list[dict[str, object]]:
        """Return the lessons that are live in a district, with their quiz and without its answers."""
        states = (LessonState.LIVE.value, LessonState.MEASURED.value)
        return [
            {
                "id": row.id,
                "typology": row.typology,
                "text_zh": row.text_zh,
                "text_en": row.text_en,
                "quiz": [
                    {
                        "ask_zh": ask.ask_zh,
                        "ask_en": ask.ask_en,
                        "choices_zh": list(ask.choices_zh),
                        "choices_en": list(ask.choices_en),
                    }
                    for ask in row.quiz
                ],
            }
            for row in ledger.find(Lesson, state=states, newest_first=True, limit=500)
            if not district or any(district.startswith(one) for one in row.districts)
        ]

    def quiz(self, ledger: Ledger, lesson_id: str, answers: object, *, before_after: str) -> dict[str, object]:
        """Count one person's answers, before or after the lesson; nobody is named. Raises BadField."""
        if before_after not in ("before", "after") or not isinstance(answers, list | tuple):
            raise BadField(field="before_after", value=before_after, why="before or after, and answers")
        lesson = ledger.get(Lesson, lesson_id)
        after, right = lessons.answered(lesson, answers, after=before_after == "after")
        ledger.save(after, act="lesson.quiz")
        if after.state is not lesson.state:
            ledger.publish("lesson.measured", lesson_id=lesson_id, gain=after.gain_ratio)
        return {"right": right, "of": len(lesson.quiz)}

    # -- timers

    def tick(self, ledger: Ledger) -> None:
        """Run the clocks of visits and follow-ups, look for growing tricks, and erase what has served."""
        clocks.late_visits(ledger)
        clocks.follow_ups(ledger)
        if self.education:
            clocks.growing_tricks(ledger)
        clocks.erase(ledger)

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to warnings, visits and lessons; none of it is coercive."""
        power, of = Power.DISSUADE, visits.states_for
        outcome = Field(name="outcome", kind=FieldKind.CHOICE, choices=("dissuaded", "unconvinced", "had_paid"))
        result = Field(name="result", kind=FieldKind.CHOICE, choices=("safe", "paid", "unreachable"))
        live = (WarningState.ISSUED.value, WarningState.DELIVERED.value)
        edit, drafted = Power.EDIT_LESSONS, (LessonState.DRAFTED.value,)
        both = (
            Field(name="text_zh", kind=FieldKind.LONG_TEXT),
            Field(name="text_en", kind=FieldKind.LONG_TEXT),
        )
        district = Field(name="district", required=False)
        return (
            _act("warning", "false_alert", power, self._false_alert, live, _REASON),
            _act("warning", "visit", power, self._visit_again, live),
            _act("visit", "dispatch", power, self._dispatch, of("dispatch"), district),
            _act("visit", "sign", power, self._sign, of("sign")),
            _act("visit", "locate", power, self._locate, of("locate")),
            _act("visit", "meet", power, self._meet, of("meet"), outcome),
            _act("visit", "refuse", power, self._refuse, of("refuse")),
            _act("visit", "not_found", power, self._not_found, of("not_found")),
            _act("visit", "follow_up", power, self._follow_up, of("follow_up"), result),
            _act("visit", "close", power, self._act_close, of("close"), _REASON),
            _act("lesson", "edit", edit, self._edit, drafted, *both),
            _act("lesson", "review", edit, self._review, drafted),
            _act("lesson", "publish", edit, self._publish, (LessonState.REVIEWED.value,)),
        )

    # -- below: the acts

    def _false_alert(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.DISSUADE, at=ledger.at)
        warning = ledger.get(Warning, record_id)
        after = replace(warning, state=WarningState.FALSE_ALERT, outcome="false_alert")
        ledger.save(after, act="warning.false_alert", reason=str(body["reason"]))
        return record_id

    def _visit_again(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.DISSUADE, at=ledger.at)
        warning = replace(ledger.get(Warning, record_id), visit_id="")
        visit = warnings.visit_for(ledger, warning, self.levels)
        if visit is None:
            most = self.levels.visits_most
            raise Refused(why=f"a visit is under way, is not called for, or {most} were made")
        return visit.id

    def _dispatch(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Send a visit to the station of its district; the duty lead names the district where none is known."""
        visit = ledger.get(Visit, record_id)
        district = visit.district or str(body.get("district", ""))
        if not district:
            raise BadField(field="district", value="", why="the carrier named none; name it here")
        visits.require_lead(signer, replace(visit, district=district))
        if district != visit.district:
            ledger.save(replace(visit, district=district), act="visit.district")
        after = visits.step(ledger, signer, record_id, "dispatch")
        after = replace(after, dispatched_by=signer.officer.id, dispatched_at=ledger.at)
        ledger.save(after, act="visit.dispatch")
        return record_id

    def _sign(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        after = visits.step(ledger, signer, record_id, "sign")
        after = replace(after, officer_id=signer.officer.id, signed_at=ledger.at)
        ledger.save(after, act="visit.sign")
        return record_id

    def _locate(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        ledger.save(visits.step(ledger, signer, record_id, "locate"), act="visit.locate")
        return record_id

    def _meet(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        after = visits.step(ledger, signer, record_id, "meet")
        after = visits.met(ledger, after, str(body["outcome"]))
        ledger.save(after, act="visit.meet")
        ledger.publish("visit.met", visit_id=record_id, outcome=after.outcome, district=after.district)
        return record_id

    def _refuse(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        after = replace(visits.step(ledger, signer, record_id, "refuse"), outcome="refused")
        ledger.save(after, act="visit.refuse")
        ledger.publish("visit.refused", visit_id=record_id, district=after.district)
        return record_id

    def _not_found(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        after = replace(visits.step(ledger, signer, record_id, "not_found"), outcome="not_found")
        ledger.save(after, act="visit.not_found")
        ledger.publish("visit.not_found", visit_id=record_id, district=after.district)
        return record_id

    def _follow_up(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        after = visits.step(ledger, signer, record_id, "follow_up")
        after = visits.followed_up(ledger, after, str(body["result"]))
        ledger.save(after, act="visit.follow_up")
        ledger.publish("visit.followed_up", visit_id=record_id, result=str(body["result"]))
        return record_id

    def _act_close(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        after = visits.step(ledger, signer, record_id, "close")
        clocks.close_visit(ledger, after, after.outcome or "closed", reason=str(body["reason"]))
        return record_id

    def _edit(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.EDIT_LESSONS, at=ledger.at)
        after = lessons.edited(
            ledger.get(Lesson, record_id),
            text_zh=str(body["text_zh"]),
            text_en=str(body["text_en"]),
            by=signer.officer.id,
            session=signer.session,
        )
        ledger.save(after, act="lesson.edit")
        return record_id

    def _review(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.EDIT_LESSONS, at=ledger.at)
        lesson = ledger.get(Lesson, record_id)
        after = lessons.reviewed(lesson, by=signer.officer.id, session=signer.session)
        ledger.save(after, act="lesson.review")
        return record_id

    def _publish(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.EDIT_LESSONS, at=ledger.at)
        lesson = lessons.published(ledger.get(Lesson, record_id), by=signer.officer.id, at=ledger.at)
        ledger.save(lesson, act="lesson.publish")
        clocks.bring(ledger, lesson)
        ledger.publish(
            "lesson.live",
            lesson_id=lesson.id,
            typology=lesson.typology,
            districts=list(lesson.districts),
        )
        return record_id

    # -- the watch

    def _watch(self, ledger: Ledger, line: str, typology: str, ref: str, *, sure: bool) -> bool:
        """Keep a line on the watch; returns whether this told something new. Two tellings confirm it."""
        before = ledger.maybe(WatchedLine, line)
        if before is not None and ref in before.refs and (before.confirmed or not sure):
            return False
        refs = tuple(dict.fromkeys((*(before.refs if before else ()), ref)))
        after = WatchedLine(
            id=line,
            typology=(before.typology if before else "") or typology,
            since_at=before.since_at if before else ledger.at,
            until_at=ledger.at + self.levels.watch,
            confirmed=sure or len(refs) > 1 or (before is not None and before.confirmed),
            refs=refs[-_REFS_KEPT:],
        )
        ledger.save(after, act="line.watch")
        return True


def _texts(value: object) -> list[str]:
    return [str(one) for one in value if one] if isinstance(value, list) else []


def _act(thing: str, name: str, power: Power, run: Run, states: tuple[str, ...], *fields: Field) -> Act:
    return Act(thing=thing, name=name, power=power, run=run, states=states, fields=fields)
