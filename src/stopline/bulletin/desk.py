"""The desk of the bulletin: two persons between a query and the public."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from stopline.bulletin.edition import STEPS, Edition, EditionState, digest_of, moved, public_rows, verified
from stopline.bulletin.indicator import Figure
from stopline.kernel.errors import BadField, Refused
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind
from stopline.law.organisation import Power, Signer, require_power
from stopline.law.stepping import states_for

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What the store gave for a period: figures, and the end of the audit chain at that moment."""

    figures: tuple[Figure, ...]
    audit_seq: int
    audit_hash: str


Draw = Callable[[Ledger, datetime, datetime], Drawn]  # runs every indicator's query; `stores.figures.draw`


@dataclass(frozen=True, slots=True)
class BulletinDesk:
    """Everything that happens to an edition."""

    draw: Draw

    def latest(self, ledger: Ledger) -> list[dict[str, object]]:
        """Return the figures of the newest released edition, with unit, definition, query and period."""
        for edition in ledger.find(Edition, state=EditionState.RELEASED.value, newest_first=True, limit=1):
            return public_rows(edition)
        return []

    def tick(self, ledger: Ledger) -> None:
        """Nothing runs by itself here: an edition is drawn, verified and released by hand."""

    def acts(self) -> tuple[Act, ...]:
        """Return what statisticians can do to editions."""
        period = (Field(name="from_at", kind=FieldKind.INSTANT), Field(name="to_at", kind=FieldKind.INSTANT))
        reason = Field(name="reason", kind=FieldKind.LONG_TEXT)
        thing, power = "edition", Power.PUBLISH_FIGURES
        return (
            Act(thing=thing, name=NEW, power=power, run=self._new, fields=period),
            Act(thing=thing, name="verify", power=power, run=self._verify, states=states_for(STEPS, "verify")),
            Act(thing=thing, name="release", power=power, run=self._release, states=states_for(STEPS, "release")),
            Act(
                thing=thing,
                name="revise",
                power=power,
                run=self._revise,
                states=states_for(STEPS, "revise"),
                fields=(reason,),
            ),
        )

    def drawn(self, ledger: Ledger, *, from_at: datetime, to_at: datetime) -> Edition:
        """Return an edition of a period, not yet saved; raises BadField for a period that is none."""
        if not from_at < to_at:
            raise BadField(field="to_at", value=to_at.isoformat(), why=f"after {from_at.isoformat()}")
        found = self.draw(ledger, from_at, to_at)
        return Edition(
            id=ledger.new_id(),
            from_at=from_at,
            to_at=to_at,
            state=EditionState.DRAFTED,
            figures=found.figures,
            queries_digest=digest_of(found.figures),
            audit_seq=found.audit_seq,
            audit_hash=found.audit_hash,
            drafted_at=ledger.at,
            drafted_by=ledger.actor.id,
            drafted_session=ledger.actor.session,
        )

    def _new(self, ledger: Ledger, signer: Signer, _record_id: str, body: Body) -> str:
        require_power(signer, Power.PUBLISH_FIGURES, at=ledger.at)
        from_at, to_at = body["from_at"], body["to_at"]
        if not isinstance(from_at, datetime) or not isinstance(to_at, datetime):
            raise BadField(field="from_at", value=from_at, why="two instants")
        edition = self.drawn(ledger, from_at=from_at, to_at=to_at)
        ledger.save(edition, act="edition.draw")
        return edition.id

    def _verify(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        """Verify by drawing it again: every query must still be the one that is shown."""
        require_power(signer, Power.PUBLISH_FIGURES, at=ledger.at)
        edition = verified(ledger.get(Edition, record_id), signer, at=ledger.at)
        again = self.draw(ledger, edition.from_at, edition.to_at)
        if digest_of(again.figures) != edition.queries_digest:
            raise Refused(why=f"the queries have changed since edition {record_id} was drawn: draw it afresh")
        ledger.save(edition, act="edition.verify")
        return record_id

    def _release(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.PUBLISH_FIGURES, at=ledger.at)
        edition = replace(moved(ledger.get(Edition, record_id), "release"), released_at=ledger.at)
        ledger.save(edition, act="edition.release")
        ledger.publish("edition.released", edition_id=record_id, revision=edition.revision)
        return record_id

    def _revise(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Draw the period again as the next revision; the old one stays, marked, with the reason."""
        require_power(signer, Power.PUBLISH_FIGURES, at=ledger.at)
        old = ledger.get(Edition, record_id)
        why = str(body["reason"])
        fresh = replace(
            self.drawn(ledger, from_at=old.from_at, to_at=old.to_at),
            revision=old.revision + 1,
            revises=old.id,
            reason=why,
        )
        ledger.save(fresh, act="edition.draw", reason=why)
        ledger.save(replace(moved(old, "revise"), revised_by_edition=fresh.id), act="edition.revise", reason=why)
        return fresh.id
