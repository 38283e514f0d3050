"""The desk of trips: who travels together is kept for a day under pseudonyms, to notice organisers and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from stopline.borders import trips
from stopline.borders.intake import Crossing
from stopline.borders.matching import document_key, pseudonym
from stopline.borders.records import LEAD_STEPS, LeadState, OrganiserLead, TripLeg
from stopline.kernel.errors import BadField
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act, Field, FieldKind
from stopline.law.organisation import Power, Signer, require_power
from stopline.law.stepping import following, require_other_hand, states_for

Body = Mapping[str, object]
_OPEN_LEADS: Final = (LeadState.HYPOTHESIS.value, LeadState.REVIEWED.value, LeadState.CORROBORATED.value)


@dataclass(frozen=True, slots=True)
class TripDesk:
    """Everything that happens to trips and the leads drawn from them; `key` makes the pseudonyms."""

    key: bytes

    def travelled(self, ledger: Ledger, port: str, told: Crossing) -> None:
        """Keep, for a day and under pseudonyms, with whom somebody went out; of a lone traveller keep nothing."""
        me = pseudonym(self.key, "document", document_key(told.identity.document_no))
        if not told.out:
            if ledger.count(TripLeg, traveller=me, out=True):  # who came back was not brought away
                leg = TripLeg(id=f"{port}:{told.id}:in", trip="", traveller=me, out=False, at=told.at)
                ledger.save(leg, act="trip_leg.keep")
            return
        for trip in self._parties(told, me):
            leg = TripLeg(id=f"{port}:{told.id}:{trip[:12]}", trip=trip, traveller=me, out=True, at=told.at)
            ledger.save(leg, act="trip_leg.keep")
            self._look(ledger, port, trip)

    def _parties(self, told: Crossing, me: str) -> tuple[str, ...]:
        if told.vehicle:
            return (pseudonym(self.key, "vehicle", document_key(told.vehicle)),)
        others = {pseudonym(self.key, "document", document_key(one)) for one in told.companions}
        return tuple(sorted({me, *others})) if others else ()

    def _look(self, ledger: Ledger, port: str, trip: str) -> None:
        legs = ledger.find(TripLeg, trip=trip, since=("at", ledger.at - trips.KEPT))
        people = tuple({leg.traveller for leg in legs})
        back = {leg.traveller for leg in ledger.find(TripLeg, traveller=people, out=False)} if people else set()
        found = trips.pattern(legs, back)
        if found is None:
            return
        known = ledger.find(OrganiserLead, escort=found.escort, state=_OPEN_LEADS)
        if known and set(found.escorted) <= set(known[0].escorted):
            return
        before = known[0] if known else None
        lead = OrganiserLead(
            id=before.id if before else ledger.new_id(),
            trip=trip,
            port=port,
            escort=found.escort,
            escorted=tuple(sorted({*found.escorted, *(before.escorted if before else ())})),
            evidence=tuple(dict.fromkeys((*(before.evidence if before else ()), *found.legs))),
            state=before.state if before else LeadState.HYPOTHESIS,
            raised_at=before.raised_at if before else ledger.at,
            reviewed_by=before.reviewed_by if before else "",
            reviewed_session=before.reviewed_session if before else "",
        )
        ledger.save(lead, act="organiser_lead.raise")
        if before is None:
            ledger.publish("trip.suspicious", lead_id=lead.id, port=port, escorted_count=len(lead.escorted))

    def forget(self, ledger: Ledger) -> None:
        """Empty the legs that are a day old."""
        for leg in ledger.find(TripLeg, before=("at", ledger.at - trips.KEPT), kept=True):
            ledger.save(replace(leg, trip="", traveller="", kept=False), act="trip_leg.forget")

    def acts(self) -> tuple[Act, ...]:
        """Return what analysts can do to a lead; nothing here compels anybody."""
        evidence = Field(name="evidence", kind=FieldKind.LIST)
        reason = Field(name="reason", kind=FieldKind.LONG_TEXT)
        thing, power, of = "organiser_lead", Power.ANALYSE, LEAD_STEPS
        return (
            Act(thing=thing, name="review", power=power, run=self._review, states=states_for(of, "review")),
            Act(
                thing=thing,
                name="corroborate",
                power=power,
                run=self._corroborate,
                states=states_for(of, "corroborate"),
                fields=(evidence,),
            ),
            Act(thing=thing, name="drop", power=power, run=self._drop, states=states_for(of, "drop"), fields=(reason,)),
        )

    def _review(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        lead = self._lead(ledger, record_id, "review")
        after = replace(lead, reviewed_by=signer.officer.id, reviewed_session=signer.session)
        ledger.save(after, act="organiser_lead.review")
        return record_id

    def _corroborate(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Carry the hypothesis with evidence of another kind, by another analyst; it still compels nobody."""
        require_power(signer, Power.ANALYSE, at=ledger.at)
        lead = self._lead(ledger, record_id, "corroborate")
        earlier = {"reviewed it": (lead.reviewed_by, lead.reviewed_session)}
        require_other_hand(signer, act="corroborate", subject_id=lead.id, earlier=earlier)
        rows = body["evidence"] if isinstance(body["evidence"], list) else []
        evidence = tuple(str(one) for one in rows if str(one).strip())
        if not evidence:
            raise BadField(field="evidence", value=rows, why="something beside the trips themselves")
        after = replace(lead, decided_by=signer.officer.id, further_evidence=evidence)
        ledger.save(after, act="organiser_lead.corroborate")
        ledger.publish("organiser.corroborated", lead_id=lead.id, escorted_count=len(lead.escorted))
        return record_id

    def _drop(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        lead = self._lead(ledger, record_id, "drop")
        bare = replace(lead, escort="", escorted=(), decided_by=signer.officer.id, reason=str(body["reason"]))
        ledger.save(bare, act="organiser_lead.drop", reason=bare.reason)
        return record_id

    def _lead(self, ledger: Ledger, record_id: str, act: str) -> OrganiserLead:
        lead = ledger.get(OrganiserLead, record_id)
        return replace(lead, state=following(LEAD_STEPS, lead.state, act, machine="organiser_lead", subject_id=lead.id))
