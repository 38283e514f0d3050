"""The desk of borders: named orders, the two-second door of the ports, hits, and organisers' trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from stopline.borders.intake import Crossing, parse
from stopline.borders.matching import (
    Closeness,
    Identity,
    closeness,
    document_key,
    full_date,
    refers,
    traveller_key,
)
from stopline.borders.records import (
    HIT_STEPS,
    UNRESOLVED,
    BorderOrder,
    Hit,
    HitAction,
    HitState,
    NamesakeToken,
    OrderState,
    SecondDatum,
)
from stopline.borders.trip_desk import TripDesk
from stopline.kernel.errors import BadField, Refused
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind, Run
from stopline.law.measure import Ground, GroundKind, Measure, Subject
from stopline.law.notification import Notification
from stopline.law.office import Draft, Office
from stopline.law.organisation import Institution, InstitutionKind, Power, Signer, require_power
from stopline.law.register import SubjectKind
from stopline.law.stepping import following, states_for

Body = Mapping[str, object]
PASS, REFER = "pass", "refer"
RESOLVE_WITHIN = timedelta(minutes=20)  # house rule: a person who was stopped in error walks on by then
ORDINARY, URGENT, SUSPICION = "CN.PR.278", "CN.PR.278.urgent", "CN.ATF.36.1"
_WAITS = ("drafted", "reviewed", "approved")


@dataclass(frozen=True, slots=True)
class BorderDesk:
    """Everything that happens at the ports. `key` makes pseudonyms; without it none can be followed back."""

    office: Office
    key: bytes

    # -- doors

    def crossing(self, ledger: Ledger, port: str, body: Body) -> tuple[str, str | None]:
        """Judge one person at a port: ("pass", None) or ("refer", hit id); a repeated crossing gets its first answer.

        Raises BadField. Of a person who passes nothing is kept that names them.
        """
        told = parse(body)
        for earlier in ledger.find(Hit, crossing_id=told.id, port=port, limit=1):
            return (REFER if earlier.state.value in UNRESOLVED else PASS), earlier.id
        self._trips.travelled(ledger, port, told)
        order, close = self._order_for(ledger, told.identity)
        if order is None:
            return PASS, None
        hit = self._raised(ledger, port, told, order, close)
        return REFER, hit.id

    # -- reactions

    def suspect_identified(self, ledger: Ledger, fact: Fact) -> None:
        """On `suspect.identified`: prepare the order for the ports; officers sign it, or do not."""
        person = fact.text("person")
        warrant = str(fact.body.get("warrant", ""))
        if not warrant or ledger.count(BorderOrder, person=person):
            return
        urgency = str(fact.body.get("urgency", ""))
        evidence = fact.body.get("evidence")
        refs = [str(ref) for ref in evidence][:20] if isinstance(evidence, list) else []
        grounds = [Ground(kind="criminal_suspect", ref=warrant)]
        if urgency:
            grounds.append(Ground(kind="urgency", ref=urgency))
        else:
            grounds.append(Ground(kind="legal_document_attached", ref=warrant))
        grounds += [Ground(kind=GroundKind.DOCUMENT.value, ref=ref) for ref in refs]
        identity = Identity(
            name=fact.text("name"),
            name_latin=str(fact.body.get("name_latin", "")),
            birth_on=str(fact.body.get("birth_on", "")),
            document_no=str(fact.body.get("document_no", "")),
        )
        self._draft(
            ledger,
            entry_id=URGENT if urgency else ORDINARY,
            person=person,
            identity=identity,
            grounds=grounds,
            case_id=str(fact.body.get("case_id", "")),
            reason="sought in a case of fraud; the legal document is attached",
            lesser_means="the person is at large: a summons reaches nobody",
        )

    def measure_changed(self, ledger: Ledger, fact: Fact) -> None:
        """On any fact of a measure: an order is live while its measure is in force, and ended when that has ended."""
        if fact.body.get("measure") != "border_stop":
            return
        measure = ledger.get(Measure, fact.text("measure_id"))
        for order in ledger.find(BorderOrder, measure_id=measure.id):
            if measure.live and order.state is OrderState.WAITING:
                ledger.save(replace(order, state=OrderState.LIVE, live_at=ledger.at), act="border_order.live")
            elif measure.ended_at is not None and order.state is not OrderState.ENDED:
                after = replace(order, state=OrderState.ENDED, ended_at=ledger.at)
                ledger.save(after, act="border_order.end", reason=measure.ended_why)

    # -- timers

    def tick(self, ledger: Ledger) -> None:
        """Say which hits are overdue, and forget the trips that are a day old."""
        for hit in ledger.find(Hit, before=("resolve_by_at", ledger.at), state=UNRESOLVED, overdue_at=None):
            ledger.save(replace(hit, overdue_at=ledger.at), act="hit.overdue")
            ledger.publish("hit.overdue", hit_id=hit.id, port=hit.port)
        self._trips.forget(ledger)

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to orders, hits and leads."""
        reason = Field(name="reason", kind=FieldKind.LONG_TEXT)
        datum = tuple(one.value for one in SecondDatum)
        check = (
            Field(name="photo_same", kind=FieldKind.YES_NO),
            Field(name="second_datum", kind=FieldKind.CHOICE, choices=datum),
            Field(name="second_same", kind=FieldKind.YES_NO),
        )
        action = Field(name="action", kind=FieldKind.CHOICE, choices=tuple(one.value for one in HitAction))
        border, hit = Power.BORDER, HIT_STEPS
        return (
            Act(thing="border_order", name=NEW, power=Power.DRAFT, run=self._new, fields=_ORDER, coercive=True),
            _act("hit", "check_identity", border, self._check_identity, states_for(hit, "check_identity"), *check),
            _act("hit", "confirm", border, self._confirm, states_for(hit, "confirm")),
            _act("hit", "find_false", border, self._find_false, states_for(hit, "find_false"), reason),
            _act("hit", "act", border, self._take_action, states_for(hit, "act"), action, reason),
            _act("hit", "notify", border, self._notify, states_for(hit, "notify")),
            *self._trips.acts(),
        )

    def _new(self, ledger: Ledger, signer: Signer, _record_id: str, body: Body) -> str:
        require_power(signer, Power.DRAFT, at=ledger.at)
        rows = body["grounds"] if isinstance(body["grounds"], list) else []
        grounds = [
            Ground(kind=str(row.get("kind", "")), ref=str(row.get("ref", "")), note=str(row.get("note", "")))
            for row in rows
            if isinstance(row, dict)
        ]
        identity = Identity(
            name=str(body["name"]),
            name_latin=str(body.get("name_latin", "")),
            birth_on=str(body["birth_on"]),
            document_no=str(body["document_no"]),
        )
        order = self._draft(
            ledger,
            entry_id=str(body["entry_id"]),
            person=str(body.get("person", "")) or ledger.new_id(),
            identity=identity,
            grounds=grounds,
            case_id=str(body.get("case_id", "")),
            reason=str(body["reason"]),
            lesser_means=str(body["lesser_means"]),
        )
        return order.id

    def _check_identity(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.BORDER, at=ledger.at)
        hit = self._step(ledger, record_id, "check_identity")
        after = replace(
            hit,
            photo_same=bool(body["photo_same"]),
            second_datum=str(body["second_datum"]),
            second_same=bool(body["second_same"]),
            checked_by=signer.officer.id,
        )
        ledger.save(after, act="hit.check_identity")
        return record_id

    def _confirm(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        """Confirm that it is the person: the photograph and a second datum agree, and the order still binds."""
        require_power(signer, Power.BORDER, at=ledger.at)
        hit = self._step(ledger, record_id, "confirm")
        if not (hit.photo_same and hit.second_same):
            raise Refused(why="photograph and second datum must both agree before anybody is confirmed")
        if not ledger.get(Measure, hit.measure_id).binding:
            raise Refused(why=f"order {hit.order_id} no longer binds: let the person pass")
        after = self._resolved(ledger, replace(hit, resolved_by=signer.officer.id))
        ledger.save(after, act="hit.confirm")
        ledger.publish("hit.confirmed", hit_id=hit.id, order_id=hit.order_id, person=hit.person)
        return record_id

    def _find_false(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Find that it is somebody else: they pass, never meet this order again, and their data go."""
        require_power(signer, Power.BORDER, at=ledger.at)
        hit = self._step(ledger, record_id, "find_false")
        token = NamesakeToken(id=f"{hit.order_id}:{hit.traveller}", order_id=hit.order_id, made_at=ledger.at)
        ledger.save(token, act="namesake_token.make")
        bare = replace(hit, name="", birth_on="", document_no="", traveller="", resolved_by=signer.officer.id)
        after = self._resolved(ledger, bare)
        ledger.save(after, act="hit.find_false", reason=str(body["reason"]))
        ledger.publish("hit.false", hit_id=hit.id, order_id=hit.order_id, delay_s=after.delay_s)
        return record_id

    def _take_action(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.BORDER, at=ledger.at)
        action = HitAction(str(body["action"]))
        after = replace(self._step(ledger, record_id, "act"), action=action.value, acted_by=signer.officer.id)
        ledger.save(after, act="hit.act", reason=str(body["reason"]))
        match action:
            case HitAction.HANDED_OVER:
                self._caught(ledger, after)
            case HitAction.EXIT_REFUSED | HitAction.LET_GO:
                ledger.publish("hit.acted", hit_id=after.id, order_id=after.order_id, action=action.value)
        return record_id

    def _caught(self, ledger: Ledger, hit: Hit) -> None:
        """The ground has gone: the order is withdrawn promptly (EEL 65), and whoever sought the person is told."""
        measure = ledger.get(Measure, hit.measure_id)
        if measure.live:
            self.office.release(ledger, measure, "lift", why=f"the person was found at the port, hit {hit.id}")
        order = ledger.get(BorderOrder, hit.order_id)
        ledger.publish(
            "person.caught",
            hit_id=hit.id,
            order_id=order.id,
            person=order.person,
            document_no=order.document_no,
            case_id=order.case_id,
            port=hit.port,
        )

    def _notify(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        """Record that the person was told on the spot: reason, basis, remedy, and the code to appeal with."""
        require_power(signer, Power.BORDER, at=ledger.at)
        hit = self._step(ledger, record_id, "notify")
        told = ledger.find(Notification, measure_id=hit.measure_id, newest_first=True, limit=1)
        if not told:
            raise Refused(why=f"measure {hit.measure_id} has no notification to hand over")
        if told[0].told_at is None:
            ledger.save(replace(told[0], told_at=ledger.at, channel="port"), act="notification.told")
        ledger.save(replace(hit, told_code=told[0].code), act="hit.notify")
        return record_id

    # -- below: what they share

    @property
    def _trips(self) -> TripDesk:
        return TripDesk(self.key)

    def _draft(  # noqa: PLR0913 - what an order names
        self,
        ledger: Ledger,
        *,
        entry_id: str,
        person: str,
        identity: Identity,
        grounds: Sequence[Ground],
        case_id: str,
        reason: str,
        lesser_means: str,
    ) -> BorderOrder:
        """Draft the measure and the order that waits for it; raises BadField for a person not fully named."""
        _named(identity)
        ports = [one for one in ledger.find(Institution) if one.kind is InstitutionKind.PORT]
        subject = Subject(
            kind=SubjectKind.PERSON,
            ref=person,
            label=identity.name,
            holder=",".join(port.code for port in ports),
            person_ref=person,
        )
        draft = Draft(
            entry_id=entry_id,
            subject=subject,
            reason=reason,
            grounds=grounds,
            lesser_means=lesser_means,
            case_id=case_id or None,
            facts_key=f"person:{person}:{case_id}",
        )
        measure = self.office.draft(ledger, draft)
        order = BorderOrder(
            id=ledger.new_id(),
            person=person,
            name=identity.name,
            name_latin=identity.name_latin,
            birth_on=identity.birth_on,
            document_no=identity.document_no,
            document_key=document_key(identity.document_no),
            measure_id=measure.id,
            case_id=case_id,
            state=OrderState.WAITING,
            drafted_at=ledger.at,
        )
        ledger.save(order, act="border_order.draft")
        return order

    def _order_for(self, ledger: Ledger, traveller: Identity) -> tuple[BorderOrder | None, Closeness]:
        """Return the order that refers a traveller to an officer; nobody is looked up by name alone."""
        live, key = OrderState.LIVE.value, document_key(traveller.document_no)
        candidates = ledger.find(BorderOrder, document_key=key, state=live) if key else []
        if full_date(traveller.birth_on):
            candidates += ledger.find(BorderOrder, birth_on=traveller.birth_on, state=live)
        token = traveller_key(self.key, traveller)
        found: tuple[BorderOrder | None, Closeness] = (None, Closeness.NOTHING)
        for order in candidates:
            close = closeness(order.identity, traveller)
            if not refers(close) or close <= found[1]:
                continue
            if ledger.maybe(NamesakeToken, f"{order.id}:{token}") is not None:
                continue
            if ledger.get(Measure, order.measure_id).binding:
                found = (order, close)
        return found

    def _raised(self, ledger: Ledger, port: str, told: Crossing, order: BorderOrder, close: Closeness) -> Hit:
        hit = Hit(
            id=ledger.new_id(),
            order_id=order.id,
            measure_id=order.measure_id,
            person=order.person,
            crossing_id=told.id,
            port=port,
            direction="out" if told.out else "in",
            closeness=close.name.lower(),
            traveller=traveller_key(self.key, told.identity),
            name=told.identity.name,
            birth_on=told.identity.birth_on,
            document_no=told.identity.document_no,
            state=HitState.RAISED,
            raised_at=ledger.at,
            resolve_by_at=ledger.at + RESOLVE_WITHIN,
        )
        ledger.save(hit, act="hit.raise")
        ledger.publish("hit.raised", hit_id=hit.id, order_id=order.id, port=port)
        return hit

    def _step(self, ledger: Ledger, record_id: str, act: str) -> Hit:
        hit = ledger.get(Hit, record_id)
        return replace(hit, state=following(HIT_STEPS, hit.state, act, machine="hit", subject_id=hit.id))

    def _resolved(self, ledger: Ledger, hit: Hit) -> Hit:
        delay_s = int((ledger.at - hit.raised_at).total_seconds())
        return replace(hit, resolved_at=ledger.at, delay_s=delay_s)


def _named(identity: Identity) -> None:
    """Refuse an order that does not name one person in full; raises BadField."""
    if not identity.name.strip():
        raise BadField(field="name", value=identity.name, why="an order names a person")
    if not document_key(identity.document_no):
        raise BadField(field="document_no", value=identity.document_no, why="an order names a document")
    try:
        date.fromisoformat(identity.birth_on)
    except ValueError:
        raise BadField(field="birth_on", value=identity.birth_on, why="a full date as in ISO 8601") from None


def _act(thing: str, name: str, power: Power, run: Run, states: tuple[str, ...], *fields: Field) -> Act:
    coercive = (thing, name) == ("hit", "act")
    return Act(thing=thing, name=name, power=power, run=run, states=states, fields=fields, coercive=coercive)


_ORDER: Final = (
    Field(name="entry_id", kind=FieldKind.CHOICE, choices=(ORDINARY, URGENT, SUSPICION)),
    Field(name="name"),
    Field(name="name_latin", required=False),
    Field(name="birth_on"),
    Field(name="document_no"),
    Field(name="person", required=False),
    Field(name="case_id", required=False),
    Field(name="grounds", kind=FieldKind.LIST),
    Field(name="lesser_means", kind=FieldKind.LONG_TEXT),
    Field(name="reason", kind=FieldKind.LONG_TEXT),
)
