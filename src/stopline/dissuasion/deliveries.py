"""Texts to people go through carriers, which poll for them; each text is erased at its term."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stopline.dissuasion.records import DeliveryKind, DeliveryState, Telling
from stopline.dissuasion.texts import Both
from stopline.kernel.errors import NotYours
from stopline.kernel.ledger import Ledger
from stopline.law.organisation import Institution, InstitutionKind

_MOST = 5_000
_ANY = ""  # the number's carrier is not known: whoever serves it takes it


def prepare(  # noqa: PLR0913 - the facts of one text
    ledger: Ledger,
    *,
    carrier: str,
    to: str,
    sort: DeliveryKind,
    about_id: str,
    text: Both,
    keep: timedelta,
) -> Telling:
    """Lay a text ready for a carrier."""
    delivery = Telling(
        id=ledger.new_id(),
        carrier=carrier,
        to=to,
        sort=sort,
        about_id=about_id,
        text_zh=text.zh,
        text_en=text.en,
        state=DeliveryState.PENDING,
        created_at=ledger.at,
        erase_at=ledger.at + keep,
    )
    ledger.save(delivery, act="delivery.prepare")
    return delivery


def pending(ledger: Ledger, carrier: str) -> list[dict[str, object]]:
    """Return the texts that wait for a carrier and mark them sent; what nobody owns goes to who asks first."""
    rows = ledger.find(Telling, carrier=(carrier, _ANY), state=DeliveryState.PENDING.value, limit=_MOST)
    for row in rows:
        after = replace(row, state=DeliveryState.SENT, carrier=carrier, sent_at=ledger.at)
        ledger.save(after, act="delivery.send")
    return [
        {
            "id": row.id,
            "to": row.to,
            "text_zh": row.text_zh,
            "text_en": row.text_en,
            "kind": row.sort.value,
        }
        for row in rows
    ]


def delivered(ledger: Ledger, carrier: str, delivery_id: str) -> Telling:
    """Return the text marked delivered; a repetition changes nothing. Raises NotYours for another carrier's."""
    row = ledger.get(Telling, delivery_id)
    if row.carrier != carrier:
        raise NotYours(kind="telling", id=delivery_id, who=carrier)
    if row.state is DeliveryState.DELIVERED:
        return row
    after = replace(row, state=DeliveryState.DELIVERED, delivered_at=ledger.at)
    ledger.save(after, act="delivery.delivered")
    return after


def carriers(ledger: Ledger) -> list[str]:
    """Return the codes of the carriers of the organisation register."""
    found = ledger.find(Institution)
    return [one.code for one in found if one.kind is InstitutionKind.CARRIER]


def serving(ledger: Ledger, holders: str) -> str:
    """Return the first of the holders that is a carrier, or nobody in particular."""
    known = set(carriers(ledger))
    named = [one.strip() for one in holders.split(",")]
    return next((one for one in named if one in known), _ANY)
