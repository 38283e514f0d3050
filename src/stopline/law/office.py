"""The office of measures: loads, applies one guarded step, saves, and tells everybody who must know.

Every function takes the open ledger first; each writes the measure, its transition, its audit rows and its facts
in that one transaction, so that an act and its record happen together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stopline.kernel.actors import ActorKind
from stopline.kernel.errors import (
    AuthorizationMissing,
    ClockUnsure,
    Refused,
    SameHand,
    WrongState,
)
from stopline.kernel.ledger import Ledger
from stopline.law import measure as steps
from stopline.law import orders
from stopline.law.appeal import Appeal
from stopline.law.authorization import Authorization, Override, require_current
from stopline.law.deadlines import Calendar, due
from stopline.law.enforcement import Answer, Enforcement, OrderAct
from stopline.law.machines import AppealState, Machine, MeasureState, allowed, step
from stopline.law.measure import Measure
from stopline.law.notification import Notification, check_complete
from stopline.law.organisation import Power, Signer, require_human, require_level, require_power
from stopline.law.preparation import Draft, Execution, check_attempts, drafted, notify
from stopline.law.register import Entry, Level, MeasureKind, Register
from stopline.law.transitions import write_step

__all__ = ["Draft", "Execution", "Office", "chain_of"]

_OPEN_APPEAL = (AppealState.FILED.value, AppealState.ASSIGNED.value)
_DRAFTS = (MeasureState.DRAFTED, MeasureState.REVIEWED, MeasureState.APPROVED)


@dataclass(frozen=True, slots=True)
class Office:
    """The law in force: the register and the calendar by which its terms run."""

    register: Register
    calendar: Calendar

    @property
    def words(self) -> frozenset[str]:
        """The vocabulary of grounds."""
        return steps.vocabulary(self.register)

    def draft(self, ledger: Ledger, draft: Draft) -> Measure:
        """Prepare a measure; any hand may, the machine included, and nothing binds anybody yet.

        Raises ClockUnsure, AttemptsSpent, EmergencyRepeated, and the guards on subjects, grounds and terms.
        """
        self._clock(ledger, "draft")
        entry = self.register.entry(draft.entry_id)
        kind = _kind(entry)
        steps.check_subject(draft.subject, entry)
        steps.check_words(draft.grounds, self.words)
        check_attempts(ledger, entry, draft)
        measure = drafted(ledger, entry, draft, kind=kind)
        steps.check_grounds(measure, entry)
        ledger.save(measure, act="measure.draft", reason=draft.reason)
        self._row(ledger, measure.id, "", "draft", measure.state.value)
        ledger.publish("measure.drafted", measure_id=measure.id, measure=measure.kind.value, entry=entry.id)
        return measure

    def review(self, ledger: Ledger, signer: Signer, measure_id: str) -> Measure:
        """Take a draft over as an officer who has read it and finds it sound."""
        measure, entry = self._load(ledger, measure_id)
        self._human(ledger, measure, "review", signer, Power.REVIEW)
        self._hands(measure, entry, "review", signer)
        if entry.review_level is not None:
            require_level(signer.officer, entry.review_level, entry=entry.id, area=measure.area, own_area=False)
        state = MeasureState(step(Machine.MEASURE, measure.state, "review", subject_id=measure.id))
        after = replace(measure, state=state, reviewed_by=signer.officer.id, reviewed_session=signer.session)
        return self._save(ledger, measure, after, "review")

    def override(self, ledger: Ledger, signer: Signer, measure_id: str, *, reason: str) -> Measure:
        """Sign that an entry which was not checked against its original may ground this measure all the same."""
        measure, entry = self._load(ledger, measure_id)
        self._human(ledger, measure, "override", signer, Power.OVERRIDE)
        self._hands(measure, entry, "override", signer)
        after = replace(measure, override_by=signer.officer.id)
        ledger.save(after, act="measure.override", reason=reason)
        return after

    def approve(self, ledger: Ledger, signer: Signer, measure_id: str) -> Measure:
        """Sign a reviewed measure at the level the register names, and issue its authorization."""
        measure, entry = self._load(ledger, measure_id)
        self._clock(ledger, "approve")
        self._human(ledger, measure, "approve", signer, _approving(entry))
        self._hands(measure, entry, "approve", signer)
        steps.check_grounds(measure, entry)
        self._verified(ledger, measure, entry)
        needs = steps.needed_level(entry, measure)
        require_level(signer.officer, needs, entry=entry.id, area=measure.area, own_area=entry.own_area)
        state = MeasureState(step(Machine.MEASURE, measure.state, "approve", subject_id=measure.id))
        until = steps.longest_until(entry, start=ledger.at, major=measure.major, calendar=self.calendar)
        authorization = self._authorize(ledger, signer, measure, level=needs, until=until)
        after = replace(
            measure,
            state=state,
            approved_by=signer.officer.id,
            approved_session=signer.session,
            authorization_id=authorization.id,
        )
        return self._save(ledger, measure, after, "approve")

    def cosign(self, ledger: Ledger, signer: Signer, measure_id: str) -> Measure:
        """Sign as one of two executors where the register asks for two; the other one then activates."""
        measure, entry = self._load(ledger, measure_id)
        self._human(ledger, measure, "cosign", signer, Power.EXECUTE)
        if entry.executors < 2 or measure.state is not MeasureState.APPROVED or measure.cosigned_by is not None:
            names = ", ".join(allowed(Machine.MEASURE, measure.state)) or "nothing, it has ended"
            raise WrongState(machine="measure", id=measure.id, state=measure.state.value, act="cosign", allowed=names)
        self._hands(measure, entry, "cosign", signer)
        after = replace(measure, cosigned_by=signer.officer.id, cosigned_session=signer.session)
        ledger.save(after, act="measure.cosign")
        return after

    def activate(  # noqa: PLR0913 - the term, the points and the delay are the executor's to name
        self,
        ledger: Ledger,
        signer: Signer,
        measure_id: str,
        *,
        points: Sequence[str],
        until: datetime | None = None,
        runs_from_at: datetime | None = None,
        delay_ground: str = "",
        delay_until: datetime | None = None,
    ) -> Measure:
        """Put an approved measure in force: notification complete, authorization current, enforcement told.

        `runs_from_at` is the instant of the event from which the register counts, where it names one.
        """
        execution = Execution(
            points=points,
            until=until,
            runs_from_at=runs_from_at,
            delay_ground=delay_ground,
            delay_until=delay_until,
        )
        return self._activate(ledger, signer, measure_id, execution)

    def _activate(self, ledger: Ledger, signer: Signer, measure_id: str, execution: Execution) -> Measure:
        measure, entry = self._load(ledger, measure_id)
        self._clock(ledger, "activate")
        self._human(ledger, measure, "activate", signer, Power.EXECUTE if entry.separation else Power.DUTY)
        self._hands(measure, entry, "activate", signer)
        step(Machine.MEASURE, measure.state, "activate", subject_id=measure.id)  # says so before any other guard
        steps.check_executors(measure, entry)
        held = ledger.maybe(Authorization, measure.authorization_id or "")
        authorization = require_current(held, measure, at=ledger.at)
        self._verified(ledger, measure, entry)
        start = steps.term_start(entry, at=ledger.at, event_at=execution.runs_from_at)
        after = steps.set_in_force(
            replace(measure, term_from_at=start),
            entry,
            at=ledger.at,
            until=execution.until,
            authorized_to=authorization.to_at,
            calendar=self.calendar,
        )
        after = replace(after, executed_by=signer.officer.id, executed_session=signer.session)
        notification = notify(ledger, after, entry, execution, within=self._told_by(ledger, entry), signer=signer)
        check_complete(notification, entry, at=ledger.at, until=after.expires_at)
        ledger.save(notification, act="notification.make", reason=notification.delay_ground)
        self._save(ledger, measure, after, "activate")
        for point in dict.fromkeys(execution.points):
            orders.order(ledger, after, point)
        if not notification.delayed:
            ledger.publish("notification.made", notification_id=notification.id, measure_id=after.id)
        return after

    def tell_delayed(self, ledger: Ledger) -> list[Notification]:
        """End the lawful delays that have run out, so that the person is told now; no hand is needed."""
        told = []
        ended = ("delay_until_at", ledger.at + timedelta(microseconds=1))
        for notification in ledger.find(Notification, before=ended, delay_ended_at=None):
            after = replace(notification, delay_ended_at=ledger.at)
            ledger.save(after, act="notification.delay_end", reason=notification.delay_ground)
            ledger.publish("notification.due", notification_id=after.id, measure_id=after.measure_id)
            told.append(after)
        return told

    def sign(
        self,
        ledger: Ledger,
        signer: Signer,
        measure_id: str,
        *,
        points: Sequence[str],
        runs_from_at: datetime | None = None,
    ) -> Measure:
        """Take the three human steps at once where the register asks for one signature (an urgent stop-payment)."""
        measure, entry = self._load(ledger, measure_id)
        if entry.signatures != 1 or entry.separation:
            raise SameHand(act="sign at once", measure=measure.id, who=signer.officer.id, earlier="one of two")
        self.review(ledger, signer, measure_id)
        self.approve(ledger, signer, measure_id)
        return self.activate(ledger, signer, measure_id, points=points, runs_from_at=runs_from_at)

    def ratify(self, ledger: Ledger, signer: Signer, measure_id: str) -> Measure:
        """Regularise an emergency measure before its deadline, at the level the register names."""
        measure, entry = self._load(ledger, measure_id)
        self._human(ledger, measure, "ratify", signer, Power.APPROVE)
        if measure.ratify_by_at is None or not measure.live or ledger.at >= measure.ratify_by_at:
            raise AuthorizationMissing(measure=measure.id, entry=entry.id)
        if measure.ratified_by is not None:
            raise SameHand(act="ratify", measure=measure.id, who=signer.officer.id, earlier="ratified it already")
        steps.check_hands(measure, act="ratify", officer_id=signer.officer.id, session=signer.session, separation=True)
        level = entry.ratify_level or Level.PROVINCE
        require_level(signer.officer, level, entry=entry.id, area=measure.area, own_area=False)
        after = replace(measure, ratified_by=signer.officer.id)
        ledger.save(after, act="measure.ratify")
        ledger.publish("measure.ratified", measure_id=measure.id)
        return after

    def renew(self, ledger: Ledger, signer: Signer, measure_id: str, *, until: datetime, reason: str) -> Measure:
        """Renew before the expiry, with a new signature at the level the register names."""
        measure, entry = self._load(ledger, measure_id)
        self._clock(ledger, "renew")
        self._human(ledger, measure, "renew", signer, Power.APPROVE)
        level = entry.renewal_level or steps.needed_level(entry, measure)
        require_level(signer.officer, level, entry=entry.id, area=measure.area, own_area=entry.own_area)
        steps.check_hands(measure, act="renew", officer_id=signer.officer.id, session=signer.session, separation=False)
        after = steps.renew(measure, entry, at=ledger.at, until=until, calendar=self.calendar)
        authorization = self._authorize(ledger, signer, after, level=level, until=until)
        after = replace(after, authorization_id=authorization.id)
        self._save(ledger, measure, after, "renew", reason=reason)
        orders.tell_all(ledger, after, OrderAct.RENEW)
        return after

    def suspend(self, ledger: Ledger, measure_id: str, *, reason: str) -> Measure:
        """Suspend the effect at once; any reviewer may, and so may the clock of an overdue appeal."""
        measure, _entry = self._load(ledger, measure_id)
        if not measure.live or measure.suspended:
            return measure
        after = replace(measure, suspended=True, order_version=measure.order_version + 1)
        ledger.save(after, act="measure.suspend", reason=reason)
        ledger.publish("measure.suspended", measure_id=measure.id, reason=reason)
        orders.tell_all(ledger, after, OrderAct.SUSPEND)
        return after

    def resume(self, ledger: Ledger, signer: Signer, measure_id: str, *, reason: str) -> Measure:
        """Let a suspended effect go on: signed like an approval, and never while an appeal against it is open."""
        measure, entry = self._load(ledger, measure_id)
        self._clock(ledger, "resume")
        self._human(ledger, measure, "resume", signer, _approving(entry))
        level = steps.needed_level(entry, measure)
        require_level(signer.officer, level, entry=entry.id, area=measure.area, own_area=entry.own_area)
        if not measure.live or not measure.suspended:
            state = measure.state.value
            raise WrongState(machine="measure", id=measure.id, state=state, act="resume", allowed="what is suspended")
        if ledger.count(Appeal, target_id=measure.id, state=_OPEN_APPEAL):
            raise Refused(why=f"an appeal against measure {measure.id} is open")
        after = replace(measure, suspended=False, order_version=measure.order_version + 1)
        ledger.save(after, act="measure.resume", reason=reason)
        ledger.publish("measure.resumed", measure_id=measure.id, reason=reason)
        orders.tell_all(ledger, after, OrderAct.RESUME)
        return after

    def lift(self, ledger: Ledger, signer: Signer, measure_id: str, *, reason: str) -> Measure:
        """Lift formally: signed at the level the register names for it, never above what imposing needed."""
        measure, entry = self._load(ledger, measure_id)
        self._human(ledger, measure, "lift", signer, Power.REVIEW)
        needs = min(entry.lift_level or Level.STATION, steps.needed_level(entry, measure))
        require_level(signer.officer, needs, entry=entry.id, area=measure.area, own_area=False)
        return self.release(ledger, measure, "lift", why=reason)

    def release(self, ledger: Ledger, measure: Measure, act: str, *, why: str) -> Measure:
        """End a measure by lift, revoke, expire or withdraw, and tell every enforcement point.

        Ending needs no signature when the law itself ends it: expiry, a ground that fell, an appeal upheld.
        """
        after = steps.end(measure, act, at=ledger.at, why=why)
        self._save(ledger, measure, after, act, reason=why)
        if measure.live:
            orders.tell_all(ledger, after, OrderAct.RELEASE)
        return after

    def ground_fell(self, ledger: Ledger, case_id: str, *, why: str) -> list[Measure]:
        """Lift whatever rests on a case that was closed or refused (LAW safeguard 10)."""
        released = []
        for measure in ledger.find(Measure, case_id=case_id):
            if measure.live:
                released.append(self.release(ledger, measure, "lift", why=why))
            elif measure.state in _DRAFTS:
                released.append(self.release(ledger, measure, "withdraw", why=why))
        return released

    def lapse(self, ledger: Ledger) -> list[Measure]:
        """End every measure whose time has run out; no hand is needed and none can prevent it."""
        lapsed = []
        live = (MeasureState.IN_FORCE.value, MeasureState.RENEWED.value)
        for column in ("expires_at", "ratify_by_at"):
            for measure in ledger.find(Measure, before=(column, ledger.at + timedelta(microseconds=1)), state=live):
                ends_at = steps.lapses_at(measure)
                if ends_at is not None and ends_at <= ledger.at and ledger.get(Measure, measure.id).live:
                    lapsed.append(self.release(ledger, measure, "expire", why="its term has run out"))
        return lapsed

    def orders_for(self, ledger: Ledger, point: str, *, limit: int = 500) -> list[tuple[Measure, Enforcement]]:
        """Hand over the orders that a point has not been told yet, and record that they were sent."""
        return orders.hand_over(ledger, point, limit=limit)

    def answer(  # noqa: PLR0913 - the fields of a point's answer
        self,
        ledger: Ledger,
        enforcement_id: str,
        *,
        version: int,
        outcome: str,
        applied_minor: int | None = None,
        balance_minor: int | None = None,
        remark: str = "",
    ) -> Enforcement:
        """Record what a point answered; duplicates change nothing and late answers are kept as late."""
        answer = Answer(
            version=version,
            outcome=outcome,
            applied_minor=applied_minor,
            balance_minor=balance_minor,
            remark=remark,
        )
        return orders.record_answer(ledger, enforcement_id, answer)

    def chase(self, ledger: Ledger) -> list[Enforcement]:
        """Mark the points that have not answered in time, and tell again what frees somebody."""
        return orders.chase(ledger)

    def chain(self, ledger: Ledger, measure: Measure) -> frozenset[str]:
        """Return every officer who took part in a measure, its renewals included: none decides an appeal on it."""
        issued = ledger.find(Authorization, measure_id=measure.id)
        return chain_of(measure) | {authorization.issued_by for authorization in issued}

    # -- below: the parts of a step

    def _load(self, ledger: Ledger, measure_id: str) -> tuple[Measure, Entry]:
        measure = ledger.get(Measure, measure_id)
        return measure, self.register.entry(measure.entry_id, measure.entry_version)

    def _clock(self, ledger: Ledger, act: str) -> None:
        if not ledger.clock_sure:
            raise ClockUnsure(act=act)

    def _human(self, ledger: Ledger, measure: Measure, act: str, signer: Signer, power: Power) -> None:
        require_human(ledger.actor, act=act, subject=measure.id)
        actor = ledger.actor
        if (actor.kind, actor.id, actor.session) != (ActorKind.OFFICER, signer.officer.id, signer.session):
            raise SameHand(act=act, measure=measure.id, who=ledger.actor.id, earlier="a session of somebody else")
        require_power(signer, power, at=ledger.at)

    def _hands(self, measure: Measure, entry: Entry, act: str, signer: Signer) -> None:
        steps.check_hands(
            measure, act=act, officer_id=signer.officer.id, session=signer.session, separation=entry.signatures > 1
        )

    def _verified(self, ledger: Ledger, measure: Measure, entry: Entry) -> None:
        standing = any(
            override.current(at=ledger.at)
            for override in ledger.find(Override, entry_id=entry.id, entry_version=str(entry.version))
        )
        steps.check_verified(measure, entry, standing_override=standing)

    def _authorize(
        self, ledger: Ledger, signer: Signer, measure: Measure, *, level: Level, until: datetime
    ) -> Authorization:
        authorization = Authorization(
            id=ledger.new_id(),
            entry_id=measure.entry_id,
            entry_version=measure.entry_version,
            measure_id=measure.id,
            subject_ref=measure.subject_ref,
            area=measure.area,
            level=int(level),
            issued_by=signer.officer.id,
            issued_session=signer.session,
            from_at=ledger.at,
            to_at=until,
        )
        ledger.save(authorization, act="authorization.issue")
        return authorization

    def _told_by(self, ledger: Ledger, entry: Entry) -> datetime:
        return due(ledger.at, entry.notice_within, self.calendar) if entry.notice_within else ledger.at

    def _save(self, ledger: Ledger, before: Measure, after: Measure, act: str, *, reason: str = "") -> Measure:
        ledger.save(after, act=f"measure.{act}", reason=reason)
        self._row(ledger, after.id, before.state.value, act, after.state.value)
        ledger.publish(f"measure.{_FACT[act]}", measure_id=after.id, measure=after.kind.value)
        return after

    def _row(self, ledger: Ledger, measure_id: str, before: str, act: str, after: str) -> None:
        write_step(ledger, Machine.MEASURE, measure_id, before=before, act=act, after=after)


def chain_of(measure: Measure) -> frozenset[str]:
    """Return the officers who took part in a measure: none of them decides an appeal against it."""
    hands = (
        measure.drafted_by,
        measure.reviewed_by,
        measure.override_by,
        measure.approved_by,
        measure.cosigned_by,
        measure.executed_by,
        measure.ratified_by,
    )
    return frozenset(hand for hand in hands if hand)


def _approving(entry: Entry) -> Power:
    return Power.APPROVE if entry.signatures > 1 else Power.DUTY


def _kind(entry: Entry) -> MeasureKind:
    if entry.measure is None:
        raise AuthorizationMissing(measure="(draft)", entry=entry.id)
    return entry.measure


_FACT = {
    "review": "reviewed",
    "approve": "approved",
    "activate": "in_force",
    "renew": "renewed",
    "lift": "lifted",
    "revoke": "revoked",
    "expire": "expired",
    "withdraw": "withdrawn",
}
