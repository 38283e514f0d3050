"""The desk of the alliance: dens that partners report, screening before everything, transfers one person at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from stopline.alliance import persons
from stopline.alliance.handover_desk import HandoverDesk
from stopline.alliance.persons import (
    PARTS,
    TRANSFER_STEPS,
    CustodyRecord,
    Den,
    DenPerson,
    DenState,
    ScreeningResult,
    ScreeningState,
    Strength,
    Transfer,
    TransferState,
    VictimIndicator,
    VictimScreening,
)
from stopline.alliance.request_desk import RequestDesk
from stopline.alliance.requests import parse_evidence
from stopline.kernel.errors import BadField, Refused, SameHand, WrongState
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act, Field, FieldKind, Run
from stopline.law.measure import Ground, Measure, Subject
from stopline.law.office import Draft, Office
from stopline.law.organisation import Power, Signer, require_power
from stopline.law.register import SubjectKind
from stopline.law.stepping import states_for

Body = Mapping[str, object]
ENTRY = "CN.PR.375.transfer"
_ADULT_YEARS = 18
_PERSONS_MOST = 2_000
_WAITS = ("drafted", "reviewed", "approved")
_REASON = Field(name="reason", kind=FieldKind.LONG_TEXT)


@dataclass(frozen=True, slots=True)
class AllianceDesk:
    """Everything that is done together with other states."""

    office: Office

    # -- doors

    def requests_for(self, ledger: Ledger, partner: str) -> list[dict[str, object]]:
        """Return the requests that wait for a partner."""
        return self._requests.requests_for(ledger, partner)

    def answer(self, ledger: Ledger, partner: str, request_id: str, body: Body) -> dict[str, object]:
        """Record a partner's answer to a request; raises NotYours, BadField, WrongState."""
        return self._requests.answer(ledger, partner, request_id, body)

    def handovers_for(self, ledger: Ledger, partner: str) -> list[dict[str, object]]:
        """Return a partner's handovers that are not closed."""
        return self._handovers.handovers_for(ledger, partner)

    def counts(self, ledger: Ledger, partner: str, handover_id: str, body: Body) -> dict[str, object]:
        """Take a partner's counts of a handover; raises NotYours, BadField, Refused."""
        return self._handovers.counts(ledger, partner, handover_id, body)

    def den_reported(self, ledger: Ledger, partner: str, body: Body) -> str:
        """Take a partner's report of a den and return its id; it is a lead, and drafts nothing. Raises BadField."""
        place = str(body.get("place") or "").strip()[:500]
        evidence = parse_evidence(body.get("evidence"))
        if not place or not evidence:
            raise BadField(field="place and evidence", value=place, why="both are needed")
        told = tuple(_person(row) for row in _rows(body.get("persons"), "persons"))
        for known in ledger.find(Den, partner=partner, state=DenState.REPORTED.value):
            if known.place == place and known.persons == told:
                return known.id
        den = Den(
            id=ledger.new_id(),
            partner=partner,
            place=place,
            evidence=evidence,
            persons=told,
            state=DenState.REPORTED,
            reported_at=ledger.at,
        )
        ledger.save(den, act="den.report")
        ledger.publish("den.reported", den_id=den.id, partner=partner, persons_count=len(told))
        return den.id

    # -- reactions

    def appeal_granted(self, ledger: Ledger, fact: Fact) -> None:
        """On `appeal.granted`: call back what partners were told about the measure."""
        self._requests.appeal_granted(ledger, fact)

    def organiser_corroborated(self, ledger: Ledger, fact: Fact) -> None:
        """On `organiser.corroborated`: draft the question to the partners."""
        self._requests.organiser_corroborated(ledger, fact)

    def measure_changed(self, ledger: Ledger, fact: Fact) -> None:
        """On any fact of a measure: a person is cleared while the measure binds, and falls back when it has ended."""
        if fact.body.get("measure") != "transfer_person":
            return
        measure = ledger.get(Measure, fact.text("measure_id"))
        for transfer in ledger.find(Transfer, measure_id=measure.id):
            if measure.live and transfer.state is TransferState.SCREENED:
                self._clear(ledger, transfer)
            elif measure.ended_at is not None and transfer.state in (TransferState.CLEARED, TransferState.SCHEDULED):
                self._handovers.removed(ledger, transfer)
                after = replace(persons.moved(transfer, "fall_back"), measure_id="", handover_id="")
                ledger.save(after, act="transfer.fall_back", reason=measure.ended_why)

    # -- timers

    def tick(self, ledger: Ledger) -> None:
        """Run the clocks of requests and disclosures."""
        self._requests.tick(ledger)

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to dens, screenings, transfers, custody records, handovers and requests."""
        join = (
            Field(name="agreement"),
            Field(name="legal_document"),
            Field(name="team", kind=FieldKind.LIST),
            Field(name="persons", kind=FieldKind.LIST, required=False),
        )
        screen = (
            Field(name="language"),
            Field(name="interpreter", required=False),
            Field(name="indicators", kind=FieldKind.LIST, required=False),
            Field(name="note", kind=FieldKind.LONG_TEXT),
        )
        part = (
            Field(name="part", kind=FieldKind.CHOICE, choices=PARTS),
            Field(name="text", kind=FieldKind.LONG_TEXT),
        )
        claim = Field(name="claim", kind=FieldKind.CHOICE, choices=("objection", "asylum", "torture"))
        decide = (Field(name="upheld", kind=FieldKind.YES_NO), _REASON)
        evidence = Field(name="evidence", kind=FieldKind.LONG_TEXT)
        liaise, of = Power.LIAISE, TRANSFER_STEPS
        return (
            _act("den", "join", liaise, self._join, (DenState.REPORTED.value,), *join),
            _act("victim_screening", "decide", Power.SCREEN_VICTIMS, self._screen, ("waiting",), *screen),
            _act("custody_record", "fill", liaise, self._fill, (), *part),
            _act("transfer", "confirm_identity", liaise, self._identity, states_for(of, "confirm_identity"), evidence),
            _act("transfer", "tell_guardian", liaise, self._tell_guardian, (), Field(name="who")),
            _act("transfer", "object", liaise, self._object, states_for(of, "object"), claim, _REASON),
            _act("transfer", "decide_objection", Power.DECIDE_APPEAL, self._decide, ("objection",), *decide),
            _act("transfer", "hold_medical", liaise, self._hold, states_for(of, "hold_medical"), _REASON),
            _act("transfer", "end_hold", liaise, self._end_hold, ("medical_hold",), _REASON),
            _act("transfer", "redraft", liaise, self._redraft, states_for(of, "redraft")),
            *self._handovers.acts(),
            *self._requests.acts(),
        )

    def _join(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Open a joint working group on a den: it nominates people, and each waits for a screening."""
        require_power(signer, Power.LIAISE, at=ledger.at)
        den = ledger.get(Den, record_id)
        if den.state is not DenState.REPORTED:
            raise WrongState(machine="den", id=den.id, state=den.state.value, act="join", allowed="nothing")
        named = body.get("persons")
        wanted = {str(one) for one in named} if isinstance(named, list) and named else None
        chosen = [one for one in den.persons if wanted is None or one.document_no in wanted]
        team = body["team"] if isinstance(body["team"], list) else []
        joined = replace(
            den,
            state=DenState.JOINED,
            agreement=str(body["agreement"]),
            legal_document=str(body["legal_document"]),
            team=tuple(str(one) for one in team),
            joined_by=signer.officer.id,
            joined_at=ledger.at,
        )
        ledger.save(joined, act="den.join")
        for person in chosen:
            self._nominate(ledger, signer, joined, person)
        ledger.publish("den.joined", den_id=den.id, persons_count=len(chosen))
        return record_id

    def _nominate(self, ledger: Ledger, signer: Signer, den: Den, person: DenPerson) -> None:
        for known in ledger.find(Transfer, document_no=person.document_no, den_id=den.id):
            if person.document_no:
                ledger.note(act="transfer.repeat", subject_kind="transfer", subject_id=known.id)
                return
        transfer_id, screening_id = ledger.new_id(), ledger.new_id()
        transfer = Transfer(
            id=transfer_id,
            den_id=den.id,
            partner=den.partner,
            name=person.name,
            name_latin=person.name_latin,
            birth_on=person.birth_on,
            document_no=person.document_no,
            minor=_minor(person.birth_on, ledger.at.date()),
            role_claimed=person.role_claimed,
            state=TransferState.NOMINATED,
            screening_id=screening_id,
            nominated_by=signer.officer.id,
            nominated_at=ledger.at,
            agreement=den.agreement,
            legal_document=den.legal_document,
        )
        screening = VictimScreening(
            id=screening_id,
            transfer_id=transfer_id,
            circumstances=person.circumstances,
            state=ScreeningState.WAITING,
            result=ScreeningResult.OPEN,
            opened_at=ledger.at,
        )
        ledger.save(transfer, act="transfer.nominate")
        ledger.save(screening, act="victim_screening.open")
        ledger.save(CustodyRecord(id=transfer_id), act="custody_record.open")
        ledger.publish("transfer.nominated", transfer_id=transfer_id, den_id=den.id)

    def _screen(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Decide a screening: an indication refers the person as a victim, and nothing else follows from it."""
        require_power(signer, Power.SCREEN_VICTIMS, at=ledger.at)
        screening = ledger.get(VictimScreening, record_id)
        transfer = ledger.get(Transfer, screening.transfer_id)
        den = ledger.get(Den, transfer.den_id)
        if screening.state is not ScreeningState.WAITING:
            raise WrongState(machine="victim_screening", id=record_id, state="decided", act="decide", allowed="nothing")
        officer = signer.officer
        if officer.id in (transfer.nominated_by, *den.team) or officer.login in den.team:
            raise SameHand(act="screening", measure=transfer.id, who=officer.id, earlier="part in the investigation")
        if not str(body["language"]).strip():
            raise BadField(field="language", value="", why="one that the person understands")
        indicators = tuple(_indicator(row) for row in _rows(body.get("indicators"), "indicators"))
        result = persons.judge(indicators)
        decided = replace(
            screening,
            state=ScreeningState.DECIDED,
            result=result,
            indicators=indicators,
            language=str(body["language"]),
            interpreter=str(body.get("interpreter") or ""),
            screened_by=officer.id,
            screened_at=ledger.at,
            note=str(body["note"]),
        )
        if result is ScreeningResult.VICTIM:
            after = replace(persons.moved(transfer, "refer"), non_punishment=True, outcome="referred_as_victim")
        else:
            after = persons.moved(transfer, "pass_screening")
        ledger.save(decided, act="victim_screening.decide")
        ledger.save(after, act=f"transfer.{'refer' if after.non_punishment else 'screen'}")
        if after.non_punishment:
            ledger.publish("transfer.referred_as_victim", transfer_id=after.id, document_no=after.document_no)
        else:
            self._draft(ledger, after)
        return record_id

    def _fill(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        record = ledger.get(CustodyRecord, record_id)
        ledger.save(replace(record, **{str(body["part"]): str(body["text"])}), act="custody_record.fill")
        return record_id

    def _identity(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        transfer = persons.moved(ledger.get(Transfer, record_id), "confirm_identity")
        ledger.save(replace(transfer, identity_evidence=str(body["evidence"])), act="transfer.confirm_identity")
        return record_id

    def _tell_guardian(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Record that a minor's guardian or consul was told; without it no minor is cleared."""
        require_power(signer, Power.LIAISE, at=ledger.at)
        transfer = ledger.get(Transfer, record_id)
        after = replace(transfer, guardian_told=str(body["who"]), guardian_told_at=ledger.at)
        ledger.save(after, act="transfer.tell_guardian")
        measure = ledger.maybe(Measure, after.measure_id)
        if after.state is TransferState.SCREENED and measure is not None and measure.live:
            self._clear(ledger, after)
        return record_id

    def _object(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Take an objection, or a claim of asylum or torture: the transfer stops until somebody else decides."""
        require_power(signer, Power.LIAISE, at=ledger.at)
        before = ledger.get(Transfer, record_id)
        self._handovers.removed(ledger, before)
        after = replace(
            persons.moved(before, "object"),
            held_state=before.held_state if before.state is TransferState.MEDICAL_HOLD else before.state.value,
            objection=str(body["reason"]),
            objection_claim=str(body["claim"]),
            handover_id="",
        )
        ledger.save(after, act="transfer.object", reason=after.objection_claim)
        if before.measure_id:
            self.office.suspend(ledger, before.measure_id, reason="an objection waits for its decision")
        ledger.publish("transfer.objected", transfer_id=record_id, claim=after.objection_claim)
        return record_id

    def _decide(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Decide an objection outside the chain; upheld it is the end, rejected a fresh measure must be signed."""
        require_power(signer, Power.DECIDE_APPEAL, at=ledger.at)
        before = ledger.get(Transfer, record_id)
        if before.state is not TransferState.OBJECTION or before.outcome:
            raise WrongState(
                machine="transfer", id=record_id, state=before.state.value, act="decide_objection", allowed="nothing"
            )
        screening = ledger.get(VictimScreening, before.screening_id)
        if signer.officer.id in (before.nominated_by, screening.screened_by):
            raise SameHand(act="decide_objection", measure=record_id, who=signer.officer.id, earlier="part in it")
        why = str(body["reason"])
        upheld = bool(body["upheld"])
        self._end_measure(ledger, before, why=f"objection {'upheld' if upheld else 'rejected'}: {why}")
        if upheld:
            after = replace(before, outcome="objection_upheld", measure_id="")
        else:
            after = replace(before, state=_resumed(before.held_state), held_state="", measure_id="")
        ledger.save(after, act="transfer.decide_objection", reason=why)
        if after.state is TransferState.SCREENED:
            self._draft(ledger, after)
        return record_id

    def _hold(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        before = ledger.get(Transfer, record_id)
        self._handovers.removed(ledger, before)
        held = "cleared" if before.state is TransferState.SCHEDULED else before.state.value
        after = replace(persons.moved(before, "hold_medical"), held_state=held, handover_id="")
        ledger.save(after, act="transfer.hold_medical", reason=str(body["reason"]))
        return record_id

    def _end_hold(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        before = ledger.get(Transfer, record_id)
        if before.state is not TransferState.MEDICAL_HOLD:
            raise WrongState(machine="transfer", id=record_id, state=before.state.value, act="end_hold", allowed="-")
        state = TransferState(before.held_state)
        measure = ledger.maybe(Measure, before.measure_id)
        if state is TransferState.CLEARED and (measure is None or not measure.binding):
            state = TransferState.SCREENED
        after = replace(before, state=state, held_state="")
        ledger.save(after, act="transfer.end_hold", reason=str(body["reason"]))
        if state is TransferState.SCREENED and measure is not None and measure.binding:
            self._clear(ledger, after)
        return record_id

    def _redraft(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        transfer = ledger.get(Transfer, record_id)
        measure = ledger.maybe(Measure, transfer.measure_id)
        if measure is not None and measure.ended_at is None:
            raise Refused(why=f"measure {measure.id} still runs")
        self._draft(ledger, persons.moved(transfer, "redraft"))
        return record_id

    # -- below: what they share

    @property
    def _requests(self) -> RequestDesk:
        return RequestDesk()

    @property
    def _handovers(self) -> HandoverDesk:
        return HandoverDesk()

    def _draft(self, ledger: Ledger, transfer: Transfer) -> None:
        """Prepare the one measure for one person; three signatures make it bind."""
        subject = Subject(
            kind=SubjectKind.PERSON,
            ref=transfer.id,
            label=transfer.name,
            holder=transfer.partner,
            person_ref=transfer.document_no or transfer.id,
        )
        grounds = (
            Ground(kind="agreement_in_force", ref=transfer.agreement),
            Ground(kind="legal_document_attached", ref=transfer.legal_document),
            Ground(kind="identity_confirmed", ref=transfer.identity_evidence),
            Ground(kind="victim_screening_completed", ref=transfer.screening_id),
        )
        draft = Draft(
            entry_id=ENTRY,
            subject=subject,
            reason=f"to receive {transfer.name} from {transfer.partner} under {transfer.agreement}",
            grounds=grounds,
            lesser_means="the person is abroad: a summons has no effect there",
            facts_key=f"transfer:{transfer.id}",
        )
        measure = self.office.draft(ledger, draft)
        ledger.save(replace(transfer, measure_id=measure.id), act="transfer.draft")

    def _clear(self, ledger: Ledger, transfer: Transfer) -> None:
        """Clear a person whose screening was completed; a minor only when guardian or consul knows."""
        screening = ledger.get(VictimScreening, transfer.screening_id)
        done = screening.state is ScreeningState.DECIDED and screening.result is ScreeningResult.NO_INDICATION
        if not done or (transfer.minor and transfer.guardian_told_at is None):
            return
        ledger.save(persons.moved(transfer, "clear"), act="transfer.clear")
        ledger.publish("transfer.cleared", transfer_id=transfer.id, den_id=transfer.den_id)

    def _end_measure(self, ledger: Ledger, transfer: Transfer, *, why: str) -> None:
        measure = ledger.maybe(Measure, transfer.measure_id)
        if measure is not None and measure.live:
            self.office.release(ledger, measure, "lift", why=why)
        elif measure is not None and measure.state.value in _WAITS:
            self.office.release(ledger, measure, "withdraw", why=why)


def _resumed(held: str) -> TransferState:
    """Return where a transfer goes on after a rejected objection: never past the screening without fresh signatures."""
    state = TransferState(held)
    return TransferState.SCREENED if state in (TransferState.CLEARED, TransferState.SCHEDULED) else state


def _minor(birth_on: str, today: date) -> bool:
    """Return whether somebody is under eighteen; an unknown or partial birth date counts as a minor's."""
    try:
        born = date.fromisoformat(birth_on)
    except ValueError:
        return True
    return (today.year - born.year) - ((today.month, today.day) < (born.month, born.day)) < _ADULT_YEARS


def _person(row: Mapping[str, object]) -> DenPerson:
    name = str(row.get("name") or row.get("name_latin") or "").strip()
    if not name:
        raise BadField(field="persons", value=repr(row)[:80], why="each has a name in one script at least")
    return DenPerson(
        name=name[:200],
        name_latin=str(row.get("name_latin") or "")[:200],
        birth_on=str(row.get("birth_on") or "")[:10],
        document_no=str(row.get("document_no") or "").strip().upper()[:60],
        role_claimed=str(row.get("role_claimed") or "")[:200],
        circumstances=str(row.get("circumstances") or "")[:4_000],
    )


def _indicator(row: Mapping[str, object]) -> VictimIndicator:
    known = {strength.value for strength in Strength}
    if row.get("strength") not in known or not row.get("dimension"):
        raise BadField(field="indicators", value=repr(row)[:80], why="dimension, and strength strong, medium or weak")
    return VictimIndicator(
        dimension=str(row["dimension"]), strength=Strength(str(row["strength"])), note=str(row.get("note") or "")
    )


def _rows(value: object, field: str) -> list[Mapping[str, object]]:
    rows = value if isinstance(value, list) else []
    if len(rows) > _PERSONS_MOST or not all(isinstance(row, Mapping) for row in rows):
        raise BadField(field=field, value=repr(value)[:80], why=f"a list of at most {_PERSONS_MOST} objects")
    return list(rows)


def _act(thing: str, name: str, power: Power, run: Run, states: tuple[str, ...], *fields: Field) -> Act:
    return Act(thing=thing, name=name, power=power, run=run, states=states, fields=fields)
