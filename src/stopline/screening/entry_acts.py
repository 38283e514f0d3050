"""Number lists by hand: exemptions, numbers to mark and the own senders of brands.

Each entry has owner, reason, expiry and a second signature.

A block beyond one call is a measure and comes only from one in force; no officer writes it into a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from stopline.kernel.errors import BadField, GroundForbidden, SameHand, WrongState
from stopline.kernel.ledger import Ledger
from stopline.kernel.phone import NumberKind, read_number
from stopline.law.acts import NEW, Act, Field, FieldKind
from stopline.law.organisation import Power, Signer, require_human, require_power
from stopline.screening.area import area_measure, within
from stopline.screening.identity.registering import identity_of
from stopline.screening.records import EntryState, ListKind, NumberEntry
from stopline.screening.rules.pack import AREA_ENTRY
from stopline.screening.rules.prefixes import covers_region, covers_together, read_prefix

_LONGEST: Final = timedelta(days=366)
_MOST_AT_ONCE: Final = 2_000  # entries that two officers read and sign together
_PATTERN: Final = frozenset("*?%=<>|")
_MOST_ENTRIES: Final = 1_000_000
_KINDS: Final = (ListKind.WATCH.value, ListKind.EXEMPT.value, ListKind.SENDER.value)

Changed = Callable[[Ledger], None]


def draft_entry(ledger: Ledger, signer: Signer, body: Mapping[str, object]) -> str:
    """Draft a list entry; raises GroundForbidden for prefixes that cover a region, BadField for the rest."""
    _human(ledger, signer, "draft", "(new)")
    kind, raw = str(body["list_kind"]), str(body["number"]).strip()
    expires_at = body["expires_at"]
    if kind not in _KINDS:
        why = "watch, exempt or sender; a block comes from a measure in force"
        raise BadField(field="list_kind", value=kind, why=why)
    if not isinstance(expires_at, datetime) or not ledger.at < expires_at <= ledger.at + _LONGEST:
        raise BadField(field="expires_at", value=expires_at, why="within a year from now")
    prefix = body.get("prefix") is True
    number = _prefix(raw) if prefix else _one_number(raw)
    measure_id = str(body.get("measure_id") or "") or None
    if measure_id is not None:
        _under(ledger, number, measure_id, expires_at)
    elif prefix and (covered := covers_region(number)):
        raise _region(number, covered)
    entry = NumberEntry(
        id=ledger.new_id(),
        list_kind=ListKind(kind),
        number=number,
        prefix=prefix,
        typology=str(body["typology"]),
        reason=str(body["reason"]),
        owner=signer.officer.id,
        owner_session=signer.session,
        state=EntryState.DRAFTED,
        created_at=ledger.at,
        expires_at=expires_at,
        area_measure_id=measure_id,
        **identity_of(
            ListKind(kind),
            "" if prefix else number,
            brand=str(body.get("brand") or ""),
            hosts=_several(body, "hosts"),
            examples=_several(body, "examples"),
        ),
    )
    ledger.save(entry, act="number_entry.draft", reason=entry.reason)
    return entry.id


def draft_entries(ledger: Ledger, signer: Signer, body: Mapping[str, object]) -> str:
    """Draft an entry for a number and for `more` numbers of the same list and ground; returns the first's id."""
    first = draft_entry(ledger, signer, body)
    for number in _several(body, "more"):
        draft_entry(ledger, signer, {**body, "number": number})
    if body.get("prefix") is True and not body.get("measure_id"):
        _narrow_together(ledger, first)
    return first


def sign_entries(ledger: Ledger, signer: Signer, entry_id: str, body: Mapping[str, object], changed: Changed) -> str:
    """Sign an entry and `more` entries that were read with it; the engine hears of the list once."""
    for one in _several(body, "more"):
        sign_entry(ledger, signer, one, _later)
    return sign_entry(ledger, signer, entry_id, changed).id


def sign_entry(ledger: Ledger, signer: Signer, entry_id: str, changed: Changed) -> NumberEntry:
    """Sign an entry as a second officer; from then on it counts."""
    _human(ledger, signer, "sign", entry_id)
    entry = ledger.get(NumberEntry, entry_id)
    _state(entry, EntryState.DRAFTED, "sign")
    if signer.officer.id == entry.owner or signer.session == entry.owner_session:
        raise SameHand(act="sign", measure=entry.id, who=signer.officer.id, earlier="drafted it")
    if entry.area_measure_id is not None:
        _under(ledger, entry.number, entry.area_measure_id, entry.expires_at)
    after = replace(entry, state=EntryState.SIGNED, signed_by=signer.officer.id, signed_at=ledger.at)
    ledger.save(after, act="number_entry.sign")
    changed(ledger)
    return after


def remove_entry(ledger: Ledger, signer: Signer, entry_id: str, changed: Changed, *, reason: str) -> NumberEntry:
    """Take an entry off its list; one hand is enough."""
    _human(ledger, signer, "remove", entry_id)
    entry = ledger.get(NumberEntry, entry_id)
    if entry.state not in (EntryState.DRAFTED, EntryState.SIGNED) or entry.measure_id is not None:
        allowed = "lift its measure" if entry.measure_id is not None else "nothing"
        raise WrongState(machine="number entry", id=entry.id, state=entry.state, act="remove", allowed=allowed)
    after = replace(entry, state=EntryState.REMOVED, ended_at=ledger.at, ended_why=reason)
    ledger.save(after, act="number_entry.remove", reason=reason)
    changed(ledger)
    return after


def entry_acts(changed: Changed) -> tuple[Act, ...]:
    """Return the acts on list entries."""

    def remove(ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object]) -> str:
        return remove_entry(ledger, signer, record_id, changed, reason=str(body["reason"])).id

    more = Field(name="more", kind=FieldKind.LIST, required=False)
    fields = (
        Field(name="list_kind", kind=FieldKind.CHOICE, choices=_KINDS),
        Field(name="number"),
        Field(name="prefix", kind=FieldKind.YES_NO, required=False),
        Field(name="typology"),
        Field(name="reason"),
        Field(name="expires_at", kind=FieldKind.INSTANT),
        Field(name="measure_id", required=False),
        Field(name="brand", required=False, most=60),
        Field(name="hosts", kind=FieldKind.LIST, required=False),
        Field(name="examples", kind=FieldKind.LIST, required=False),
        more,
    )
    power = Power.RELEASE_RULES
    return (
        Act(thing="number_entry", name=NEW, power=power, fields=fields,
            run=lambda ledger, signer, _id, body: draft_entries(ledger, signer, body)),
        Act(thing="number_entry", name="sign", power=power, states=("drafted",), fields=(more,),
            run=lambda ledger, signer, entry, body: sign_entries(ledger, signer, entry, body, changed)),
        Act(thing="number_entry", name="remove", power=power, states=("drafted", "signed"), run=remove,
            fields=(Field(name="reason"),)),
    )  # fmt: skip


def _several(body: Mapping[str, object], name: str) -> list[str]:
    rows = body.get(name) or []
    if not isinstance(rows, list) or len(rows) > _MOST_AT_ONCE:
        raise BadField(field=name, value=str(rows)[:40], why=f"a list of at most {_MOST_AT_ONCE}")
    return [str(row) for row in rows]


def _later(_ledger: Ledger) -> None:
    """Nothing yet: the last signature of the list tells the engine."""


def _prefix(raw: str) -> str:
    number = read_prefix(raw)
    if number is None:
        covered = covers_region(raw)
        if covered:
            raise _region(raw[:40], covered)
        why = "a prefix is + and country code, as +8617012345, or the beginning of a short code, as 95588"
        raise BadField(field="number", value=raw[:40], why=why)
    return number


def _one_number(raw: str) -> str:
    """Read a number as the engine will meet it; what could only be a range or a pattern is refused."""
    number = read_number(raw)
    plain = number.normalised.removeprefix("+")
    unread = number.kind is NumberKind.MALFORMED and not (plain.isascii() and plain.isdigit())
    if number.kind is NumberKind.WITHHELD or unread or _PATTERN & set(raw) or ".." in raw:
        raise BadField(field="number", value=raw[:40], why="one number, a short code or the name of a sender")
    return number.normalised


def _narrow_together(ledger: Ledger, drafted: str) -> None:
    """Refuse prefixes that cover a region together with those that stand on their list without such a measure."""
    entry = ledger.get(NumberEntry, drafted)
    states = (EntryState.DRAFTED.value, EntryState.SIGNED.value)
    beside = ledger.find(
        NumberEntry,
        list_kind=entry.list_kind.value,
        prefix=True,
        state=states,
        since=("expires_at", ledger.at),
        limit=_MOST_ENTRIES,
    )
    covered = covers_together(one.number for one in beside if one.area_measure_id is None)
    if covered:
        raise _region(entry.number, f"together with the others of its list {covered}")


def _region(prefix: str, covered: str) -> GroundForbidden:
    return GroundForbidden(ground=f"prefix {prefix} covers {covered}; without a measure under {AREA_ENTRY} it")


def _under(ledger: Ledger, number: str, measure_id: str, expires_at: datetime) -> None:
    """Refuse an entry that goes beyond the area measure it cites, in numbers or in time (ATF art. 35)."""
    measure = area_measure(ledger, measure_id)
    if measure is None or not within(number, measure):
        raise GroundForbidden(ground=f"prefix {number} is not what a measure under {AREA_ENTRY} in force names; it")
    if measure.expires_at is not None and expires_at > measure.expires_at:
        raise BadField(field="expires_at", value=expires_at, why=f"not after its measure, {measure.expires_at}")


def _state(entry: NumberEntry, wanted: EntryState, act: str) -> None:
    if entry.state is not wanted:
        raise WrongState(machine="number entry", id=entry.id, state=entry.state, act=act, allowed=wanted.value)


def _human(ledger: Ledger, signer: Signer, act: str, subject: str) -> None:
    require_human(ledger.actor, act=act, subject=subject)
    require_power(signer, Power.RELEASE_RULES, at=ledger.at)
