"""The desk of requests: drafted, checked by another, sent by the central authority, answered, called back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stopline.alliance import requests
from stopline.alliance.requests import STEPS, Assistance, CooperationRequest, Disclosure, Handling, RequestState
from stopline.kernel.errors import BadField, NotYours
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind
from stopline.law.organisation import Institution, InstitutionKind, Power, Signer, require_level, require_power
from stopline.law.register import Level
from stopline.law.stepping import states_for

Body = Mapping[str, object]
_LONG = FieldKind.LONG_TEXT
_KEPT_MOST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class RequestDesk:
    """Everything that happens to requests and disclosures."""

    # -- doors

    def requests_for(self, ledger: Ledger, partner: str) -> list[dict[str, object]]:
        """Return the requests that wait for a partner, and the covers of those that were called back."""
        rows = ledger.find(CooperationRequest, partner=partner, state=requests.WAITING)
        return [requests.view(row, self._disclosure(ledger, row.id)) for row in rows]

    def answer(self, ledger: Ledger, partner: str, request_id: str, body: Body) -> dict[str, object]:
        """Record a partner's answer; its evidence is a lead. Raises NotYours, BadField, WrongState."""
        request = ledger.maybe(CooperationRequest, request_id)
        if request is None or request.partner != partner or request.sent_at is None:
            raise NotYours(kind="cooperation_request", id=request_id, who=partner)
        note = str(body.get("note") or "")[:4_000]
        evidence = requests.parse_evidence(body.get("evidence"))
        after = requests.answered(request, str(body.get("state")), note=note, evidence=evidence, at=ledger.at)
        if after != request:
            ledger.save(after, act="cooperation_request.answer", reason=after.state.value)
            ledger.publish(
                "request.answered",
                request_id=request_id,
                partner=partner,
                state=after.state.value,
                case_id=after.case_id,
                evidence=[piece.ref for piece in evidence],
            )
        return {"id": request_id, "state": after.state.value}

    # -- reactions

    def appeal_granted(self, ledger: Ledger, fact: Fact) -> None:
        """On `appeal.granted`: call back what was told to others about the measure that fell (LAW safeguard 16)."""
        for told in ledger.find(Disclosure, measure_id=fact.text("target_id"), recalled_at=None):
            self.recall(ledger, told, reason=f"appeal {fact.body.get('appeal_id', '')} was upheld")

    def organiser_corroborated(self, ledger: Ledger, fact: Fact) -> None:
        """On `organiser.corroborated` {lead_id, escorted_count}: draft a question to each partner to decide on."""
        lead_id = fact.text("lead_id")
        if ledger.count(CooperationRequest, case_id=f"lead:{lead_id}"):
            return
        for partner in ledger.find(Institution):
            if partner.kind is InstitutionKind.PARTNER:
                ledger.save(_about_organisers(ledger, partner.code, lead_id, fact), act="cooperation_request.draft")

    def recall(self, ledger: Ledger, told: Disclosure, *, reason: str) -> None:
        """Call a disclosure back: its recipient sees an empty cover from this moment."""
        if told.recalled_at is None:
            ledger.save(
                replace(told, recalled_at=ledger.at, recall_reason=reason), act="disclosure.recall", reason=reason
            )
            ledger.publish("disclosure.recalled", disclosure_id=told.id, recipient=told.recipient)

    # -- timers

    def tick(self, ledger: Ledger) -> None:
        """Say once which requests are overdue, and which disclosures have reached their term."""
        for row in ledger.find(
            CooperationRequest, before=("deadline_at", ledger.at), state=requests.WAITING, overdue_at=None
        ):
            ledger.save(replace(row, overdue_at=ledger.at), act="cooperation_request.overdue")
            ledger.publish("request.overdue", request_id=row.id, partner=row.partner)
        for told in ledger.find(Disclosure, before=("retention_until_at", ledger.at), term_over_at=None):
            ledger.save(replace(told, term_over_at=ledger.at), act="disclosure.term_over")
            ledger.publish("disclosure.term_over", disclosure_id=told.id, recipient=told.recipient)

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what liaison officers can do to requests and disclosures."""
        reason = Field(name="reason", kind=_LONG)
        check = (
            Field(name="export_check", kind=_LONG),
            Field(name="authority_decision", kind=_LONG),
            *(Field(name=name, kind=_LONG, required=False) for name in requests.REFUSAL_CHECKS),
        )
        thing, power, ready = "cooperation_request", Power.LIAISE, states_for(STEPS, "check")
        return (
            Act(thing=thing, name=NEW, power=power, run=self._new, fields=_REQUEST),
            Act(thing=thing, name="check", power=power, run=self._check, states=ready, fields=check),
            Act(thing=thing, name="send", power=power, run=self._send, states=states_for(STEPS, "send")),
            Act(
                thing=thing,
                name="close",
                power=power,
                run=self._close,
                states=states_for(STEPS, "close"),
                fields=(reason,),
            ),
            Act(thing="disclosure", name="recall", power=power, run=self._recall, fields=(reason,)),
        )

    def _new(self, ledger: Ledger, signer: Signer, _record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        partner = str(body["partner"])
        known = {one.code for one in ledger.find(Institution) if one.kind is InstitutionKind.PARTNER}
        if partner not in known:
            raise BadField(field="partner", value=partner, why="one of " + ", ".join(sorted(known)))
        deadline, days = body["deadline_at"], int(str(body["retention_days"]))
        if not isinstance(deadline, datetime) or not 1 <= days <= _KEPT_MOST_DAYS:
            raise BadField(field="retention_days", value=days, why=f"1 to {_KEPT_MOST_DAYS} days")
        request = CooperationRequest(
            id=ledger.new_id(),
            partner=partner,
            assistance=Assistance(str(body["assistance"])),
            state=RequestState.DRAFTED,
            authority=str(body["authority"]),
            case_summary=str(body["case_summary"]),
            facts=str(body["facts"]),
            persons=str(body["persons"]),
            law=str(body["law"]),
            purpose=str(body["purpose"]),
            relevance=str(body["relevance"]),
            deadline_at=deadline,
            case_id=str(body.get("case_id") or ""),
            measure_id=str(body.get("measure_id") or ""),
            handling=Handling(str(body["handling"])),
            retention_days=days,
            drafted_by=signer.officer.id,
            drafted_session=signer.session,
            drafted_at=ledger.at,
        )
        ledger.save(request, act="cooperation_request.draft")
        return request.id

    def _check(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        request = requests.checked(ledger.get(CooperationRequest, record_id), signer, body=body, at=ledger.at)
        ledger.save(request, act="cooperation_request.check", reason=request.export_check)
        return record_id

    def _send(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        """Send as the central authority; what goes out is written down as a disclosure in the same act."""
        require_power(signer, Power.LIAISE, at=ledger.at)
        require_level(signer.officer, Level.NATION, entry="CN.PR.375.transfer", area="", own_area=False)
        before = ledger.get(CooperationRequest, record_id)
        request = replace(requests.moved(before, "send"), sent_by=signer.officer.id, sent_at=ledger.at)
        ledger.save(request, act="cooperation_request.send")
        disclosure = Disclosure(
            id=ledger.new_id(),
            object_kind="cooperation_request",
            object_id=request.id,
            measure_id=request.measure_id,
            recipient=request.partner,
            handling=request.handling,
            purpose=request.purpose,
            sent_at=ledger.at,
            retention_until_at=ledger.at + timedelta(days=request.retention_days),
        )
        ledger.save(disclosure, act="disclosure.make")
        ledger.publish("request.sent", request_id=request.id, partner=request.partner, disclosure_id=disclosure.id)
        return record_id

    def _close(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        request = requests.moved(ledger.get(CooperationRequest, record_id), "close")
        ledger.save(request, act="cooperation_request.close", reason=str(body["reason"]))
        return record_id

    def _recall(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.LIAISE, at=ledger.at)
        self.recall(ledger, ledger.get(Disclosure, record_id), reason=str(body["reason"]))
        return record_id

    def _disclosure(self, ledger: Ledger, request_id: str) -> Disclosure | None:
        found = ledger.find(Disclosure, object_id=request_id, newest_first=True, limit=1)
        return found[0] if found else None


def _about_organisers(ledger: Ledger, partner: str, lead_id: str, fact: Fact) -> CooperationRequest:
    """Return the draft of a question about people brought across; it names nobody, and a person checks and sends it."""
    escorted = fact.body.get("escorted_count", 0)
    return CooperationRequest(
        id=ledger.new_id(),
        partner=partner,
        assistance=Assistance.POLICE,
        state=RequestState.DRAFTED,
        authority="the national centre, through the central authority for police cooperation",
        case_summary=f"lead {lead_id}: an organiser of illegal crossing, corroborated by two analysts",
        facts=f"{escorted} people were brought out on several journeys by the same hand and have not come back",
        persons="unknown; those who were brought out are taken for victims until they have been screened",
        law="organising others to cross the border illegally",
        purpose="to find the people who were brought out, and to learn who received them",
        relevance="they crossed towards the area of the authority asked",
        deadline_at=ledger.at + timedelta(days=30),
        case_id=f"lead:{lead_id}",
        measure_id="",
        handling=Handling.ADDRESSEE,
        retention_days=365,
        drafted_by=ledger.actor.id,
        drafted_session=ledger.actor.session,
        drafted_at=ledger.at,
    )


_REQUEST = (
    Field(name="partner"),
    Field(name="assistance", kind=FieldKind.CHOICE, choices=tuple(one.value for one in Assistance)),
    *(Field(name=name, kind=_LONG) for name in requests.ESSENTIALS),
    Field(name="deadline_at", kind=FieldKind.INSTANT),
    Field(name="handling", kind=FieldKind.CHOICE, choices=tuple(one.value for one in Handling)),
    Field(name="retention_days", kind=FieldKind.NUMBER),
    Field(name="case_id", required=False),
    Field(name="measure_id", required=False),
)
