"""The desk of handovers: cleared people only, complete records, two signatures, four counts that agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stopline.alliance import persons
from stopline.alliance.persons import (
    HANDOVER_STEPS,
    CustodyRecord,
    Handover,
    HandoverState,
    Incident,
    IncidentKind,
    IncidentState,
    Transfer,
    TransferState,
)
from stopline.alliance.requests import Disclosure, Handling
from stopline.kernel.errors import BadField, NotYours, Refused
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind
from stopline.law.measure import Measure
from stopline.law.organisation import Power, Signer, require_power
from stopline.law.stepping import following, require_other_hand, states_for

Body = Mapping[str, object]
PER_DAY_MOST = 500  # what the receiving desks can look after in a day
_KEPT = timedelta(days=365)
_COUNTS = ("boarded", "landed", "received")
_OPEN = tuple(state.value for state in HandoverState if state is not HandoverState.CLOSED)


@dataclass(frozen=True, slots=True)
class HandoverDesk:
    """Everything that happens to handovers and incidents."""

    # -- doors

    def handovers_for(self, ledger: Ledger, partner: str) -> list[dict[str, object]]:
        """Return the handovers of a partner that are not closed, with the people on them."""
        return [self._view(ledger, row) for row in ledger.find(Handover, partner=partner, state=_OPEN)]

    def counts(self, ledger: Ledger, partner: str, handover_id: str, body: Body) -> dict[str, object]:
        """Take a partner's counts; the first that names who boarded is also its signature for giving them over.

        Raises NotYours, BadField, and Refused while a custody record is incomplete or a measure does not bind.
        """
        before = ledger.maybe(Handover, handover_id)
        if before is None or before.partner != partner:
            raise NotYours(kind="handover", id=handover_id, who=partner)
        told = {name: _count(name, body[name]) for name in _COUNTS if body.get(name) is not None}
        after = replace(
            before,
            boarded_count=told.get("boarded", before.boarded_count),
            landed_count=told.get("landed", before.landed_count),
            received_count=told.get("received", before.received_count),
        )
        if "boarded" in told and not after.gave_by:
            self._may_move(ledger, before)
            after = replace(after, gave_by=f"{partner}:{ledger.actor.id}", gave_at=ledger.at)
        for name, count in told.items():
            earlier = getattr(before, f"{name}_count")
            if earlier is not None and earlier != count:
                self._incident(ledger, after, f"{name} was {earlier} and is now said to be {count}")
        after = self._advanced(ledger, after)
        if after != before:
            ledger.save(after, act="handover.count")
        return {"id": handover_id, "state": after.state.value, "agree": not persons.disagreements(after)}

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what liaison officers can do to handovers and incidents."""
        new = (
            Field(name="den_id"),
            Field(name="conveyance"),
            Field(name="at", kind=FieldKind.INSTANT),
            Field(name="transfers", kind=FieldKind.LIST, required=False),
            Field(name="minors", kind=FieldKind.YES_NO, required=False),
        )
        incident = (
            Field(name="kind", kind=FieldKind.CHOICE, choices=tuple(kind.value for kind in IncidentKind)),
            Field(name="note", kind=FieldKind.LONG_TEXT),
            Field(name="transfer_id", required=False),
        )
        received = Field(name="received", kind=FieldKind.NUMBER)
        note = Field(name="note", kind=FieldKind.LONG_TEXT)
        power, of = Power.LIAISE, HANDOVER_STEPS
        return (
            Act(thing="handover", name=NEW, power=power, run=self._new, fields=new, coercive=True),
            Act(thing="handover", name="sign", power=power, run=self._sign, states=("scheduled",), coercive=True),
            Act(thing="handover", name="count", power=power, run=self._count_ours, fields=(received,)),
            Act(thing="handover", name="report_incident", power=power, run=self._report, fields=incident),
            Act(thing="handover", name="close", power=power, run=self._close, states=states_for(of, "close")),
            Act(thing="incident", name="explain", power=power, run=self._explain, states=("open",), fields=(note,)),
        )

    def _new(self, ledger: Ledger, signer: Signer, _record_id: str, body: Body) -> str:
        """Plan a journey of cleared people of one den; minors travel apart, and a day has its bound."""
        require_power(signer, Power.LIAISE, at=ledger.at)
        at, minors = body["at"], bool(body.get("minors", False))
        if not isinstance(at, datetime):
            raise BadField(field="at", value=at, why="an instant")
        named = body.get("transfers")
        ids = [str(one) for one in named] if isinstance(named, list) and named else None
        chosen = self._chosen(ledger, str(body["den_id"]), ids, minors=minors)
        day = at.date().isoformat()
        planned = sum(row.manifest_count for row in ledger.find(Handover, on_day=day))
        if planned + len(chosen) > PER_DAY_MOST:
            raise Refused(why=f"{planned} are planned on {day}, and at most {PER_DAY_MOST} can be received")
        handover = Handover(
            id=ledger.new_id(),
            partner=chosen[0].partner,
            den_id=chosen[0].den_id,
            conveyance=str(body["conveyance"]),
            at=at,
            on_day=day,
            transfer_ids=tuple(row.id for row in chosen),
            minors=minors,
            state=HandoverState.SCHEDULED,
            manifest_count=len(chosen),
            planned_by=signer.officer.id,
            planned_at=ledger.at,
        )
        ledger.save(handover, act="handover.plan")
        for row in chosen:
            ledger.save(replace(persons.moved(row, "schedule"), handover_id=handover.id), act="transfer.schedule")
        ledger.save(self._disclosed(ledger, handover), act="disclosure.make")
        ledger.publish("handover.planned", handover_id=handover.id, partner=handover.partner, count=len(chosen))
        return handover.id

    def _chosen(self, ledger: Ledger, den_id: str, ids: Sequence[str] | None, *, minors: bool) -> list[Transfer]:
        cleared = ledger.find(Transfer, den_id=den_id, state=TransferState.CLEARED.value)
        wanted = [row for row in cleared if row.minor is minors and (ids is None or row.id in ids)]
        if not wanted or (ids is not None and len(wanted) != len(set(ids))):
            what = "minors" if minors else "adults"
            raise BadField(field="transfers", value=ids, why=f"cleared {what} of den {den_id}: {len(wanted)} found")
        return wanted

    def _sign(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        """Sign for taking the people over; refused while any custody record lacks a part."""
        require_power(signer, Power.LIAISE, at=ledger.at)
        before = ledger.get(Handover, record_id)
        if before.took_by:
            return record_id
        self._may_move(ledger, before)
        after = replace(before, took_by=signer.officer.id, took_session=signer.session, took_at=ledger.at)
        ledger.save(self._advanced(ledger, after), act="handover.sign")
        return record_id

    def _count_ours(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        before = ledger.get(Handover, record_id)
        count = int(str(body["received"]))
        after = replace(before, counted_count=count, counted_by=signer.officer.id)
        ledger.save(self._advanced(ledger, after), act="handover.count")
        return record_id

    def _close(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        """Close a journey: everybody counted, nothing unexplained."""
        require_power(signer, Power.LIAISE, at=ledger.at)
        before = ledger.get(Handover, record_id)
        if ledger.count(Incident, handover_id=record_id, state=IncidentState.OPEN.value):
            raise Refused(why=f"handover {record_id} has an incident that nobody has explained")
        if before.counted_count is None:
            raise Refused(why=f"nobody of ours has counted who arrived with handover {record_id}")
        ledger.save(_step(before, "close"), act="handover.close")
        for row in self._aboard(ledger, before):
            ledger.save(replace(persons.moved(row, "close"), outcome="received"), act="transfer.close")
        return record_id

    def _report(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        handover = ledger.get(Handover, record_id)
        person = str(body.get("transfer_id") or "")
        if person and person not in handover.transfer_ids:
            raise BadField(field="transfer_id", value=person, why="not on this handover")
        kind = IncidentKind(str(body["kind"]))
        return self._opened(ledger, handover, kind, str(body["note"]), transfer_id=person)

    def _explain(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Explain an incident, by another hand than reported it; what happened stays as it was written."""
        require_power(signer, Power.LIAISE, at=ledger.at)
        incident = ledger.get(Incident, record_id)
        earlier = {"reported it": (incident.reported_by, incident.reported_session)}
        require_other_hand(signer, act="explain", subject_id=record_id, earlier=earlier)
        note = str(body["note"])
        after = replace(incident, state=IncidentState.EXPLAINED, explanation=note, explained_by=signer.officer.id)
        ledger.save(after, act="incident.explain", reason=note)
        return record_id

    # -- below: what they share

    def removed(self, ledger: Ledger, transfer: Transfer) -> None:
        """Take a person off a journey that has not begun: an objection, a hold or a fallen measure."""
        handover = ledger.maybe(Handover, transfer.handover_id)
        if handover is None or handover.state is not HandoverState.SCHEDULED:
            return
        left = tuple(one for one in handover.transfer_ids if one != transfer.id)
        after = replace(handover, transfer_ids=left, manifest_count=len(left))
        ledger.save(after, act="handover.remove", reason=f"transfer {transfer.id}")

    def _may_move(self, ledger: Ledger, handover: Handover) -> None:
        """Refuse to move custody with an incomplete record or without a measure that binds (LAW safeguard 33)."""
        for row in self._aboard(ledger, handover):
            record = ledger.get(CustodyRecord, row.id)
            if record.missing:
                raise Refused(why=f"custody record {row.id} lacks {', '.join(record.missing)}: custody does not move")
            if not ledger.get(Measure, row.measure_id).binding:
                raise Refused(why=f"no measure binds for transfer {row.id}: custody does not move")

    def _advanced(self, ledger: Ledger, handover: Handover) -> Handover:
        """Carry the handover as far as signatures and counts allow, its people too; a wrong count is an incident."""
        signed = bool(handover.gave_by and handover.took_by)
        arrived = handover.received_count is not None or handover.counted_count is not None
        for act, may in (
            ("hand_over", signed),
            ("depart", handover.boarded_count is not None),
            ("receive", arrived),
        ):
            if not may:
                break
            if handover.state.value in states_for(HANDOVER_STEPS, act):
                handover = _step(handover, act)
                self._carry(ledger, handover, act)
        for name, count in persons.disagreements(handover).items():
            self._incident(ledger, handover, f"manifest {handover.manifest_count}, {name} {count}")
        return handover

    def _carry(self, ledger: Ledger, handover: Handover, act: str) -> None:
        for row in self._aboard(ledger, handover):
            after = persons.moved(row, act)
            if after.state is TransferState.RECEIVED:
                after = replace(after, received_at=ledger.at)
            ledger.save(after, act=f"transfer.{act}")
        ledger.publish(f"handover.{handover.state.value}", handover_id=handover.id, count=handover.manifest_count)

    def _incident(self, ledger: Ledger, handover: Handover, note: str) -> None:
        for known in ledger.find(Incident, handover_id=handover.id):
            if known.note == note:
                return
        self._opened(ledger, handover, IncidentKind.COUNT_MISMATCH, note)

    def _opened(
        self, ledger: Ledger, handover: Handover, kind: IncidentKind, note: str, *, transfer_id: str = ""
    ) -> str:
        incident = Incident(
            id=ledger.new_id(),
            kind=kind,
            handover_id=handover.id,
            transfer_id=transfer_id,
            note=note,
            state=IncidentState.OPEN,
            reported_by=ledger.actor.id,
            reported_session=ledger.actor.session,
            happened_at=ledger.at,
        )
        ledger.save(incident, act="incident.open", reason=note)
        ledger.publish("incident.opened", incident_id=incident.id, incident=kind.value, handover_id=handover.id)
        return incident.id

    def _aboard(self, ledger: Ledger, handover: Handover) -> list[Transfer]:
        return [ledger.get(Transfer, one) for one in handover.transfer_ids]

    def _disclosed(self, ledger: Ledger, handover: Handover) -> Disclosure:
        return Disclosure(
            id=ledger.new_id(),
            object_kind="handover",
            object_id=handover.id,
            measure_id="",
            recipient=handover.partner,
            handling=Handling.AUTHORITY,
            purpose="to hand over and receive the people named",
            sent_at=ledger.at,
            retention_until_at=ledger.at + _KEPT,
        )

    def _view(self, ledger: Ledger, row: Handover) -> dict[str, object]:
        return {
            "id": row.id,
            "state": row.state.value,
            "conveyance": row.conveyance,
            "at": row.at.isoformat(),
            "minors": row.minors,
            "manifest_count": row.manifest_count,
            "boarded_count": row.boarded_count,
            "landed_count": row.landed_count,
            "received_count": row.received_count,
            "signed_by_them": bool(row.gave_by),
            "signed_by_us": bool(row.took_by),
            "persons": [persons.view(one) for one in self._aboard(ledger, row)],
        }


def _step(handover: Handover, act: str) -> Handover:
    state = following(HANDOVER_STEPS, handover.state, act, machine="handover", subject_id=handover.id)
    return replace(handover, state=state)


def _count(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= PER_DAY_MOST:
        raise BadField(field=field, value=value, why=f"a whole number of people, 0 to {PER_DAY_MOST}")
    return value
