"""How a screen or a door logs that somebody looked: at one record, at a list, or for a person by a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from stopline.kernel.actors import Actor
from stopline.law.organisation import Signer
from stopline.law.reads import Read, asked_values, person_values

if TYPE_CHECKING:
    from stopline.console.desks import Centre
    from stopline.kernel.ledger import Ledger, Record

_PURPOSE_MOST, _FILTERS_MOST = 80, 200


def reader(signer: Signer, purpose: str | None) -> Actor:
    """Return the hand that reads, with the purpose it gave (percent-encoded or plain); "duty" where it gave none."""
    said = unquote(purpose or "").strip()[:_PURPOSE_MOST]
    return replace(signer.actor, purpose=said) if said.isprintable() and said else signer.actor


def log_record(centre: Centre, ledger: Ledger, signer: Signer, what: tuple[str, Record]) -> None:
    """Log that one record (kind, record) was opened."""
    thing, record = what
    read = Read(act="read", thing=thing, thing_id=record.id, values=person_values(thing, record))
    centre.desks.reads.log(ledger, signer, read)


def log_list(
    centre: Centre, ledger: Ledger, signer: Signer, what: tuple[str, int], *, filters: Mapping[str, object]
) -> None:
    """Log that rows (kind, how many) were listed; a filter that names a person looks that person up."""
    thing, count = what
    values = asked_values(thing, filters)
    read = Read(act="read.list", thing=thing, thing_id=f"{count} rows", reason=_said(filters), values=values)
    centre.desks.reads.log(ledger, signer, read)


def log_export(
    centre: Centre, ledger: Ledger, signer: Signer, what: tuple[str, int], *, filters: Mapping[str, object]
) -> None:
    """Log that rows (kind, how many) were taken out as a file."""
    thing, count = what
    values = asked_values(thing, filters)
    read = Read(act="read.export", thing=thing, thing_id=f"{count} rows", reason=_said(filters), values=values)
    centre.desks.reads.log(ledger, signer, read)


def log_search(centre: Centre, ledger: Ledger, signer: Signer, wanted: str, count: int) -> None:
    """Log what was searched for, in every kind at once."""
    reason = wanted[:_FILTERS_MOST]
    read = Read(act="read.search", thing="search", thing_id=f"{count} rows", reason=reason, values=frozenset({wanted}))
    centre.desks.reads.log(ledger, signer, read)


def log_audit(centre: Centre, ledger: Ledger, signer: Signer, filters: Mapping[str, object]) -> None:
    """Log that the audit chain itself was looked at."""
    centre.desks.reads.log(ledger, signer, Read(act="read", thing="audit", thing_id="", reason=_said(filters)))


def _said(filters: Mapping[str, object]) -> str:
    return str(dict(filters))[:_FILTERS_MOST] if filters else ""
