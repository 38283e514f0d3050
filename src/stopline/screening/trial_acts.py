"""Asking for a back-test: of a pasted pack or a release, over a period, for a purpose; it then runs by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from stopline.kernel.errors import BadField
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind
from stopline.law.organisation import Power, Signer, require_human, require_power
from stopline.screening.records import Release
from stopline.screening.rules.features import Channel
from stopline.screening.rules.pack import LONGEST_PACK, load_pack
from stopline.screening.trial import BackTest, BackTestState

_LONGEST: Final = timedelta(days=366)
_WAITING_MOST: Final = 20
_TERM: Final = timedelta(days=30)  # the longest that anything is kept by default


def ask_back_test(ledger: Ledger, signer: Signer, body: Mapping[str, object], entries: Collection[str]) -> str:
    """Ask for a back-test; raises ReleaseInvalid for a bad pack and BadField for the rest."""
    require_human(ledger.actor, act="new", subject="(new)")
    require_power(signer, Power.RELEASE_RULES, at=ledger.at)
    release_id, pack = str(body.get("release_id") or ""), str(body.get("pack") or "")
    if bool(release_id) == bool(pack):
        raise BadField(field="pack", value=pack[:20], why="either a pack or the id of a release")
    title = "pack"
    if release_id:
        release = ledger.get(Release, release_id)
        pack, title = release.pack, release.title
    load_pack(pack, source=title, entries=entries)
    if ledger.count(BackTest, state=BackTestState.WAITING.value) >= _WAITING_MOST:
        raise BadField(field="pack", value="", why=f"{_WAITING_MOST} back-tests wait already; ask again when they ran")
    to_at = _instant(body, "to_at", ledger.at)
    from_at = _instant(body, "from_at", to_at - _TERM)
    if not to_at - _LONGEST <= from_at < to_at:
        raise BadField(field="from_at", value=from_at, why="before the end of the period, within a year of it")
    asked = BackTest(
        id=ledger.new_id(),
        state=BackTestState.WAITING,
        channel=str(body["channel"]),
        title=title,
        purpose=str(body["purpose"]),
        asked_by=signer.officer.id,
        asked_at=ledger.at,
        from_at=from_at,
        to_at=to_at,
        release_id=release_id,
        pack_digest=hashlib.sha256(pack.encode()).hexdigest(),
        pack=pack,
    )
    ledger.save(asked, act="back_test.ask", reason=asked.purpose)
    return asked.id


def trial_acts(entries: Collection[str]) -> tuple[Act, ...]:
    """Return the act that asks for a back-test."""
    fields = (
        Field(name="channel", kind=FieldKind.CHOICE, choices=tuple(channel.value for channel in Channel)),
        Field(name="release_id", required=False),
        Field(name="pack", kind=FieldKind.LONG_TEXT, required=False, most=LONGEST_PACK),
        Field(name="from_at", kind=FieldKind.INSTANT, required=False),
        Field(name="to_at", kind=FieldKind.INSTANT, required=False),
        Field(name="purpose"),
    )
    return (
        Act(thing="back_test", name=NEW, power=Power.RELEASE_RULES, fields=fields,
            run=lambda ledger, signer, _id, body: ask_back_test(ledger, signer, body, entries)),
    )  # fmt: skip


def _instant(body: Mapping[str, object], name: str, otherwise: datetime) -> datetime:
    value = body.get(name)
    return value if isinstance(value, datetime) else otherwise
