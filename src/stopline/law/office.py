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
    AttemptsSpent,
    AuthorizationMissing,
    ClockUnsure,
    EmergencyRepeated,
    SameHand,
)
from stopline.kernel.ledger import Ledger
from stopline.law import measure as steps
from stopline.law.authorization import Authorization, Override, require_current
from stopline.law.deadlines import Calendar, due
from stopline.law.enforcement import Enforcement, OrderAct, answered, sent, tell
from stopline.law.machines import EnforcementState, Machine, MeasureState, Transition, step
from stopline.law.measure import Ground, Measure, Subject
from stopline.law.notification import Notification, check_complete, compose
from stopline.law.organisation import Power, Signer, Unit, require_human, require_level, require_power
from stopline.law.register import AttemptScope, Entry, Level, MeasureKind, Register

_ANSWER_WITHIN = timedelta(minutes=30)  # house rule: a point that has not answered by then is chased


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a measure is drafted from."""

    entry_id: str
    subject: Subject
    reason: str
    grounds: Sequence[Ground]
    lesser_means: str = ""
    case_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    major: bool = False
    facts_key: str = ""


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

        Raises ClockUnsure, AttemptsSpent, EmergencyRepeated, and the guards on grounds and terms.
        """
        self._clock(ledger, "draft")
        entry = self.register.entry(draft.entry_id)
        steps.check_words(draft.grounds, self.words)
        self._attempts(ledger, entry, draft)
        actor, subject = ledger.actor, draft.subject
        measure = Measure(
            id=ledger.new_id(),
            kind=_kind(entry),
            entry_id=entry.id,
            entry_version=str(entry.version),
            state=MeasureState.DRAFTED,
            subject_kind=subject.kind,
            subject_ref=subject.ref,
            subject_label=subject.label,
            holder=subject.holder,
            area=subject.area,
            person_ref=subject.person_ref,
            reason=draft.reason,
            grounds=tuple(draft.grounds),
            lesser_means=draft.lesser_means,
            case_id=draft.case_id,
            amount_minor=draft.amount_minor,
            currency=draft.currency,
            major=draft.major,
            drafted_by=actor.id,
            drafted_session=actor.session,
            drafted_at=ledger.at,
            facts_key=draft.facts_key,
        )
        steps.check_grounds(measure, entry)
        ledger.save(measure, act="measure.draft", reason=draft.reason)
        self._row(ledger, Machine.MEASURE, measure.id, "", "draft", measure.state.value)
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
        power = Power.APPROVE if entry.signatures > 1 else Power.DUTY
        self._human(ledger, measure, "approve", signer, power)
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

    def activate(  # noqa: PLR0913 - the term, the points and the delay are the executor's to name
        self,
        ledger: Ledger,
        signer: Signer,
        measure_id: str,
        *,
        points: Sequence[str],
        until: datetime | None = None,
        delay_ground: str = "",
        delay_until: datetime | None = None,
    ) -> Measure:
        """Put an approved measure in force: notification complete, authorization current, enforcement told."""
        measure, entry = self._load(ledger, measure_id)
        self._clock(ledger, "activate")
        self._human(ledger, measure, "activate", signer, Power.EXECUTE if entry.separation else Power.DUTY)
        self._hands(measure, entry, "activate", signer)
        held = ledger.maybe(Authorization, measure.authorization_id or "")
        authorization = require_current(held, measure, at=ledger.at)
        self._verified(ledger, measure, entry)
        after = steps.set_in_force(measure, entry, at=ledger.at, until=until, calendar=self.calendar)
        after = replace(after, executed_by=signer.officer.id, executed_session=signer.session)
        if (after.expires_at or ledger.at) > authorization.to_at:
            after = replace(after, expires_at=authorization.to_at)
        notification = self._notification(ledger, after, entry, signer, delay_ground, delay_until)
        check_complete(notification, entry, at=ledger.at)
        ledger.save(notification, act="notification.make")
        self._save(ledger, measure, after, "activate")
        for point in points:
            self._enforce(ledger, after, point)
        ledger.publish("notification.made", notification_id=notification.id, measure_id=after.id)
        return after

    def sign(self, ledger: Ledger, signer: Signer, measure_id: str, *, points: Sequence[str]) -> Measure:
        """Take the three human steps at once where the register asks for one signature (an urgent stop-payment)."""
        measure, entry = self._load(ledger, measure_id)
        if entry.signatures != 1 or entry.separation:
            raise SameHand(act="sign at once", measure=measure.id, who=signer.officer.id, earlier="one of two")
        self.review(ledger, signer, measure_id)
        self.approve(ledger, signer, measure_id)
        return self.activate(ledger, signer, measure_id, points=points)

    def ratify(self, ledger: Ledger, signer: Signer, measure_id: str) -> Measure:
        """Regularise an emergency measure before its deadline, at the level the register names."""
        measure, entry = self._load(ledger, measure_id)
        self._human(ledger, measure, "ratify", signer, Power.APPROVE)
        if measure.ratify_by_at is None or not measure.live or ledger.at >= measure.ratify_by_at:
            raise AuthorizationMissing(measure=measure.id, entry=entry.id)
        if signer.officer.id in chain_of(measure):
            raise SameHand(act="ratify", measure=measure.id, who=signer.officer.id, earlier="acted on it")
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
        if signer.officer.id == measure.drafted_by:
            raise SameHand(act="renew", measure=measure.id, who=signer.officer.id, earlier="drafted it")
        after = steps.renew(measure, entry, at=ledger.at, until=until, calendar=self.calendar)
        authorization = self._authorize(ledger, signer, after, level=level, until=until)
        after = replace(after, authorization_id=authorization.id)
        self._save(ledger, measure, after, "renew", reason=reason)
        self._tell_all(ledger, after, OrderAct.RENEW)
        return after

    def suspend(self, ledger: Ledger, measure_id: str, *, reason: str) -> Measure:
        """Suspend the effect at once; any reviewer may, and so may the clock of an overdue appeal."""
        measure, _entry = self._load(ledger, measure_id)
        if not measure.live or measure.suspended:
            return measure
        after = replace(measure, suspended=True, order_version=measure.order_version + 1)
        ledger.save(after, act="measure.suspend", reason=reason)
        ledger.publish("measure.suspended", measure_id=measure.id, reason=reason)
        self._tell_all(ledger, after, OrderAct.SUSPEND)
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
            self._tell_all(ledger, after, OrderAct.RELEASE)
        return after

    def ground_fell(self, ledger: Ledger, case_id: str, *, why: str) -> list[Measure]:
        """Lift whatever rests on a case that was closed or refused (LAW safeguard 10)."""
        released = []
        for measure in ledger.find(Measure, case_id=case_id):
            if measure.live:
                released.append(self.release(ledger, measure, "lift", why=why))
            elif measure.state in (MeasureState.DRAFTED, MeasureState.REVIEWED, MeasureState.APPROVED):
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
        orders = []
        for row in ledger.find(Enforcement, point=point, unsent=True, limit=limit):
            after = sent(row, at=ledger.at)
            ledger.save(after, act="enforcement.send")
            self._row(ledger, Machine.ENFORCEMENT, row.id, row.state.value, "send", after.state.value)
            orders.append((ledger.get(Measure, row.measure_id), after))
        return orders

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
        row = ledger.get(Enforcement, enforcement_id)
        after = answered(
            row,
            at=ledger.at,
            version=version,
            outcome=outcome,
            applied_minor=applied_minor,
            balance_minor=balance_minor,
            remark=remark,
        )
        if after != row:
            ledger.save(after, act="enforcement.answer", reason=outcome)
            self._row(ledger, Machine.ENFORCEMENT, row.id, row.state.value, outcome, after.state.value)
            ledger.publish(
                "enforcement.answered", enforcement_id=row.id, measure_id=row.measure_id, state=after.state.value
            )
        return after

    def chase(self, ledger: Ledger) -> list[Enforcement]:
        """Mark the points that have not answered in time; their answer is still accepted, as late."""
        waiting = (EnforcementState.PENDING.value, EnforcementState.SENT.value, EnforcementState.DELIVERED.value)
        late = []
        for row in ledger.find(Enforcement, before=("answer_due_at", ledger.at), state=waiting):
            state = EnforcementState(step(Machine.ENFORCEMENT, row.state, "time_out", subject_id=row.id))
            after = replace(row, state=state)
            ledger.save(after, act="enforcement.time_out")
            self._row(ledger, Machine.ENFORCEMENT, row.id, row.state.value, "time_out", state.value)
            ledger.publish("enforcement.timed_out", enforcement_id=row.id, measure_id=row.measure_id)
            late.append(after)
        return late

    # -- below: the parts of a step

    def _load(self, ledger: Ledger, measure_id: str) -> tuple[Measure, Entry]:
        measure = ledger.get(Measure, measure_id)
        return measure, self.register.entry(measure.entry_id, measure.entry_version)

    def _clock(self, ledger: Ledger, act: str) -> None:
        if not ledger.clock_sure:
            raise ClockUnsure(act=act)

    def _human(self, ledger: Ledger, measure: Measure, act: str, signer: Signer, power: Power) -> None:
        require_human(ledger.actor, act=act, subject=measure.id)
        if ledger.actor.id != signer.officer.id or ledger.actor.kind is not ActorKind.OFFICER:
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

    def _attempts(self, ledger: Ledger, entry: Entry, draft: Draft) -> None:
        """Count what the subject has had already: drafts that still wait count, withdrawn ones do not."""
        if entry.attempts_max is None:
            return
        ended_early = (MeasureState.REVOKED.value, MeasureState.EXPIRED.value)
        same = ledger.find(Measure, entry_id=entry.id, subject_ref=draft.subject.ref)
        earlier = [row for row in same if row.starts_at is not None or row.state.value not in ended_early]
        if entry.attempts_per is AttemptScope.FACTS:
            earlier = [row for row in earlier if row.facts_key == draft.facts_key]
            if len(earlier) >= entry.attempts_max:
                raise EmergencyRepeated(facts_key=draft.facts_key or "unnamed", earlier=earlier[0].id)
        if len(earlier) >= entry.attempts_max:
            raise AttemptsSpent(subject=draft.subject.ref, count=len(earlier), entry=entry.id, most=entry.attempts_max)

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

    def _notification(
        self, ledger: Ledger, measure: Measure, entry: Entry, signer: Signer, delay_ground: str, until: datetime | None
    ) -> Notification:
        unit = ledger.get(Unit, signer.officer.unit_id)
        within = due(ledger.at, entry.notice_within, self.calendar) if entry.notice_within else ledger.at
        return Notification(
            id=ledger.new_id(),
            code=ledger.new_reference(),
            measure_id=measure.id,
            person_ref=measure.person_ref or measure.subject_ref,
            parts=compose(measure, entry, authority_zh=unit.name_zh, authority_en=unit.name_en),
            made_at=ledger.at,
            due_at=until or within,
            delay_ground=delay_ground,
            delay_until_at=until,
        )

    def _enforce(self, ledger: Ledger, measure: Measure, point: str) -> None:
        row = Enforcement(
            id=ledger.new_id(),
            measure_id=measure.id,
            point=point,
            state=EnforcementState.PENDING,
            order_act=OrderAct.IMPOSE,
            version=1,
            told_version=0,
            unsent=True,
            created_at=ledger.at,
            answer_due_at=ledger.at + _ANSWER_WITHIN,
        )
        ledger.save(row, act="enforcement.order")
        ledger.publish("enforcement.pending", enforcement_id=row.id, measure_id=measure.id, point=point)

    def _tell_all(self, ledger: Ledger, measure: Measure, act: OrderAct) -> None:
        for row in ledger.find(Enforcement, measure_id=measure.id):
            if row.state is not EnforcementState.RELEASED:
                after = tell(row, act, version=row.version + 1, answer_due_at=ledger.at + _ANSWER_WITHIN)
                ledger.save(after, act=f"enforcement.{act.value}")
                ledger.publish("enforcement.pending", enforcement_id=row.id, measure_id=measure.id, point=row.point)

    def _save(self, ledger: Ledger, before: Measure, after: Measure, act: str, *, reason: str = "") -> Measure:
        ledger.save(after, act=f"measure.{act}", reason=reason)
        self._row(ledger, Machine.MEASURE, after.id, before.state.value, act, after.state.value)
        ledger.publish(f"measure.{_FACT[act]}", measure_id=after.id, measure=after.kind.value)
        return after

    def _row(self, ledger: Ledger, machine: Machine, subject_id: str, before: str, act: str, after: str) -> None:
        transition = Transition(
            id=ledger.new_id(),
            machine=machine,
            subject_id=subject_id,
            ordinal=ledger.count(Transition, machine=machine.value, subject_id=subject_id) + 1,
            state_from=before,
            act=act,
            state_to=after,
            at=ledger.at,
            by=ledger.actor.id,
            session=ledger.actor.session,
        )
        ledger.save(transition, act="transition")


def chain_of(measure: Measure) -> frozenset[str]:
    """Return the officers who took part in a measure: none of them decides an appeal against it."""
    hands = (measure.drafted_by, measure.reviewed_by, measure.approved_by, measure.executed_by, measure.ratified_by)
    return frozenset(hand for hand in hands if hand)


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
