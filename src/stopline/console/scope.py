"""Who may read what: powers that open a kind of record, and the area or institution that bounds the rows."""

from __future__ import annotations

from stopline.kernel.errors import NotYours, PowerMissing
from stopline.kernel.ledger import Record
from stopline.law.organisation import Power, Signer
from stopline.law.reads import WatchedRead
from stopline.stores.records import MAPPERS
from stopline.stores.tables import mapper

_ANY: frozenset[Power] = frozenset(Power)
_NOBODY: frozenset[Power] = frozenset()

# A kind that is not named here is open to every signed-in officer. LAW safeguards 37 and 42: warnings are not for
# investigators, and nobody reads accounts, sessions or delivery texts through a screen.
READERS: dict[str, frozenset[Power]] = {
    "account": _NOBODY,
    "session": _NOBODY,
    "officer_tie": frozenset({Power.ADMINISTER, Power.AUDIT}),
    "stopped_text": frozenset({Power.RELEASE_RULES, Power.DECIDE_APPEAL, Power.ANALYSE}),
    "tip_contact": frozenset({Power.AUDIT}),  # whoever gave a tip stays unknown to those who follow it
    "warning": frozenset({Power.DISSUADE, Power.AUDIT}),
    "visit": frozenset({Power.DISSUADE, Power.AUDIT}),
    "victim_screening": frozenset({Power.SCREEN_VICTIMS, Power.LIAISE, Power.AUDIT}),
    "custody_record": frozenset({Power.SCREEN_VICTIMS, Power.LIAISE, Power.AUDIT}),
}
_AREA_COLUMNS = ("district", "area")
_INSTITUTION_COLUMNS = ("point", "holder", "carrier", "bank", "port", "partner")


def readers_of(kind: str) -> frozenset[Power]:
    """Return the powers that open a kind: those named here, and the READ_POWER that the record type names itself.

    Auditors read whatever somebody reads.
    """
    named = READERS.get(kind)
    found = MAPPERS.get(kind)
    own = getattr(found.kind, "READ_POWER", None) if found is not None else None
    if own is None:
        return _ANY if named is None else named
    return (named or frozenset({Power.AUDIT})) | {own}


def require_reader(signer: Signer, kind: str) -> None:
    """Refuse a kind that none of the officer's powers opens; raises PowerMissing."""
    if not may_read(signer, kind):
        readers = sorted(readers_of(kind))
        raise PowerMissing(officer=signer.officer.id, power=" or ".join(readers) or "(none opens this)")


def may_read(signer: Signer, kind: str) -> bool:
    """Return whether one of the officer's powers opens a kind."""
    return bool(readers_of(kind) & {Power(power) for power in signer.officer.powers})


def sees(signer: Signer, record: Record) -> bool:
    """Return whether a record lies within the officer's area, or within the institution the officer works for."""
    if isinstance(record, WatchedRead):
        return _audits(signer) or (record.told and record.officer_id == signer.officer.id)
    columns = mapper(type(record)).table.columns
    if signer.officer.unit_id.startswith("institution:"):
        code = signer.officer.unit_id.removeprefix("institution:")
        named = [str(getattr(record, name)) for name in _INSTITUTION_COLUMNS if name in columns]
        return any(code in (part.strip() for part in value.split(",")) for value in named)
    if not signer.officer.area:
        return True
    for name in _AREA_COLUMNS:
        if name in columns:
            area = str(getattr(record, name) or "")
            return not area or area.startswith(signer.officer.area) or signer.officer.area.startswith(area)
    return True


def bounds(signer: Signer, record_type: type) -> dict[str, object]:
    """Return the columns that a query must hold for this officer, where counts would tell what rows do not.

    Whoever is no auditor finds only the own reads that had to be justified: an alert warns nobody.
    """
    if issubclass(record_type, WatchedRead) and not _audits(signer):
        return {"officer_id": signer.officer.id, "told": True}
    return {}


def _audits(signer: Signer) -> bool:
    return Power.AUDIT.value in signer.officer.powers


def require_sight(signer: Signer, kind: str, record: Record) -> None:
    """Refuse a record outside the officer's area or institution; raises NotYours."""
    if not sees(signer, record):
        raise NotYours(kind=kind, id=record.id, who=signer.officer.id)
