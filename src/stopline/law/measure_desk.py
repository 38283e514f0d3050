"""The desk of measures: what officers can do to a measure, an override and an authorization's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stopline.kernel.errors import SameHand, WrongState
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind, Run
from stopline.law.authorization import Override
from stopline.law.measure import Measure, Subject, parse_grounds
from stopline.law.office import Draft, Office
from stopline.law.organisation import Power, Signer, require_human, require_power
from stopline.law.register import SubjectKind

_OVERRIDE_RUNS = timedelta(days=365)  # house rule: an override is looked at again every year
_LIVE = ("in_force", "renewed")
_DRAFTS = ("drafted", "reviewed", "approved")

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MeasureDesk:
    """Offers every step of a measure as an act of an officer, and runs the clocks that need no hand."""

    office: Office

    def tick(self, ledger: Ledger) -> None:
        """End what has run out, tell what was lawfully delayed, and mark the points that have not answered."""
        self.office.lapse(ledger)
        self.office.tell_delayed(ledger)
        self.office.chase(ledger)

    def case_closed(self, ledger: Ledger, fact: Fact) -> None:
        """Lift what rests on a case whose ground fell when it was closed; a cleared case keeps its measures.

        LAW safeguard 10; a fact that does not say counts as fallen.
        """
        if not fact.body.get("ground_fell", True):
            return
        self.office.ground_fell(ledger, fact.text("case_id"), why="the case it rests on was closed")

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to measures and overrides."""
        return (*self._imposing(), *self._changing(), *self._overriding())

    def _imposing(self) -> tuple[Act, ...]:
        return (
            _act(NEW, Power.DRAFT, self._draft, coercive=True, fields=_DRAFT_FIELDS),
            _act("review", Power.REVIEW, self._review, states=("drafted",)),
            _act("sign", Power.DUTY, self._sign, states=("drafted",), coercive=True, fields=(_POINTS,)),
            _act("override", Power.OVERRIDE, self._override, states=_DRAFTS, fields=(_REASON,)),
            _act("approve", Power.APPROVE, self._approve, states=("reviewed",), coercive=True),
            _act("cosign", Power.EXECUTE, self._cosign, states=("approved",)),
            _act(
                "activate", Power.EXECUTE, self._activate, states=("approved",), coercive=True, fields=_ACTIVATE_FIELDS
            ),
        )

    def _changing(self) -> tuple[Act, ...]:
        until = Field(name="until", kind=FieldKind.INSTANT)
        return (
            _act("ratify", Power.APPROVE, self._ratify, states=_LIVE, coercive=True),
            _act("renew", Power.APPROVE, self._renew, states=_LIVE, coercive=True, fields=(until, _REASON)),
            _act("suspend", Power.REVIEW, self._suspend, states=_LIVE, fields=(_REASON,)),
            _act("resume", Power.APPROVE, self._resume, states=_LIVE, coercive=True, fields=(_REASON,)),
            _act("lift", Power.REVIEW, self._lift, states=_LIVE, fields=(_REASON,)),
            _act("withdraw", Power.REVIEW, self._withdraw, states=_DRAFTS, fields=(_REASON,)),
        )

    def _overriding(self) -> tuple[Act, ...]:
        fields = (Field(name="entry_id"), _REASON)
        return (
            Act(thing="override", name=NEW, power=Power.OVERRIDE, run=self._override_new, fields=fields),
            Act(thing="override", name="second", power=Power.OVERRIDE, run=self._override_second),
        )

    def _draft(self, ledger: Ledger, signer: Signer, _record_id: str, body: Body) -> str:
        require_power(signer, Power.DRAFT, at=ledger.at)
        grounds = parse_grounds(_list(body["grounds"]), self.office.words)
        subject = Subject(
            kind=SubjectKind(str(body["subject_kind"])),
            ref=str(body["subject"]),
            label=str(body.get("subject_label", "")),
            holder=str(body.get("points", "")),
            area=str(body.get("area", "")),
            person_ref=str(body.get("person", "")),
        )
        amount = body.get("amount_minor")
        draft = Draft(
            entry_id=str(body["entry_id"]),
            subject=subject,
            reason=str(body["reason"]),
            grounds=grounds,
            lesser_means=str(body.get("lesser_means", "")),
            case_id=_optional(body.get("case_id")),
            amount_minor=int(str(amount)) if amount is not None else None,
            currency="CNY" if amount is not None else None,
            facts_key=str(body.get("facts_key", "")),
        )
        return self.office.draft(ledger, draft).id

    def _review(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        return self.office.review(ledger, signer, record_id).id

    def _sign(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self.office.sign(ledger, signer, record_id, points=self._points(ledger, record_id, body)).id

    def _override(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self.office.override(ledger, signer, record_id, reason=str(body["reason"])).id

    def _approve(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        return self.office.approve(ledger, signer, record_id).id

    def _cosign(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        return self.office.cosign(ledger, signer, record_id).id

    def _activate(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        until, delay_until, runs_from_at = body.get("until"), body.get("delay_until"), body.get("runs_from_at")
        measure = self.office.activate(
            ledger,
            signer,
            record_id,
            points=self._points(ledger, record_id, body),
            until=until if isinstance(until, datetime) else None,
            runs_from_at=runs_from_at if isinstance(runs_from_at, datetime) else None,
            delay_ground=str(body.get("delay_ground", "")),
            delay_until=delay_until if isinstance(delay_until, datetime) else None,
        )
        return measure.id

    def _ratify(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        return self.office.ratify(ledger, signer, record_id).id

    def _renew(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        until = body["until"]
        if not isinstance(until, datetime):
            raise TypeError(until)
        return self.office.renew(ledger, signer, record_id, until=until, reason=str(body["reason"])).id

    def _suspend(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_human(ledger.actor, act="suspend", subject=record_id)
        require_power(signer, Power.REVIEW, at=ledger.at)
        return self.office.suspend(ledger, record_id, reason=str(body["reason"])).id

    def _resume(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self.office.resume(ledger, signer, record_id, reason=str(body["reason"])).id

    def _lift(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self.office.lift(ledger, signer, record_id, reason=str(body["reason"])).id

    def _withdraw(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_human(ledger.actor, act="withdraw", subject=record_id)
        require_power(signer, Power.REVIEW, at=ledger.at)
        measure = ledger.get(Measure, record_id)
        return self.office.release(ledger, measure, "withdraw", why=str(body["reason"])).id

    def _override_new(self, ledger: Ledger, signer: Signer, _record_id: str, body: Body) -> str:
        require_human(ledger.actor, act="override", subject=str(body["entry_id"]))
        require_power(signer, Power.OVERRIDE, at=ledger.at)
        entry = self.office.register.entry(str(body["entry_id"]))
        override = Override(
            id=ledger.new_id(),
            entry_id=entry.id,
            entry_version=str(entry.version),
            reason=str(body["reason"]),
            first_by=signer.officer.id,
            first_session=signer.session,
            made_at=ledger.at,
        )
        ledger.save(override, act="override.new", reason=override.reason)
        return override.id

    def _override_second(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_human(ledger.actor, act="second", subject=record_id)
        require_power(signer, Power.OVERRIDE, at=ledger.at)
        override = ledger.get(Override, record_id)
        if signer.officer.id == override.first_by or signer.session == override.first_session:
            raise SameHand(act="second", measure=record_id, who=signer.officer.id, earlier="signed it first")
        if override.second_by is not None:
            raise WrongState(machine="override", id=record_id, state="signed", act="second", allowed="nothing")
        signed = replace(override, second_by=signer.officer.id, from_at=ledger.at, to_at=ledger.at + _OVERRIDE_RUNS)
        ledger.save(signed, act="override.second")
        return record_id

    def _points(self, ledger: Ledger, record_id: str, body: Body) -> list[str]:
        """Return the points that must act: the ones named, or the holders that the draft names."""
        named = body.get("points")
        if isinstance(named, list) and named:
            return [str(point) for point in named]
        holder = ledger.get(Measure, record_id).holder
        return [point.strip() for point in holder.split(",") if point.strip()]


def _act(
    name: str,
    power: Power,
    run: Run,
    *,
    states: tuple[str, ...] = (),
    coercive: bool = False,
    fields: tuple[Field, ...] = (),
) -> Act:
    return Act(thing="measure", name=name, power=power, run=run, states=states, coercive=coercive, fields=fields)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _optional(value: object) -> str | None:
    return None if value in (None, "") else str(value)


_REASON = Field(name="reason", kind=FieldKind.LONG_TEXT)
_POINTS = Field(name="points", kind=FieldKind.LIST, required=False)
_ACTIVATE_FIELDS = (
    _POINTS,
    Field(name="until", kind=FieldKind.INSTANT, required=False),
    Field(name="runs_from_at", kind=FieldKind.INSTANT, required=False),
    Field(name="delay_ground", kind=FieldKind.TEXT, required=False),
    Field(name="delay_until", kind=FieldKind.INSTANT, required=False),
)
_DRAFT_FIELDS = (
    Field(name="entry_id"),
    Field(name="subject_kind", kind=FieldKind.CHOICE, choices=tuple(kind.value for kind in SubjectKind)),
    Field(name="subject"),
    Field(name="subject_label", required=False),
    Field(name="points", required=False),
    Field(name="area", required=False),
    Field(name="person", required=False),
    Field(name="reason", kind=FieldKind.LONG_TEXT),
    Field(name="grounds", kind=FieldKind.LIST),
    Field(name="lesser_means", kind=FieldKind.LONG_TEXT, required=False),
    Field(name="case_id", required=False),
    Field(name="amount_minor", kind=FieldKind.MONEY, required=False),
    Field(name="facts_key", required=False),
)
