"""Turns what carriers refer into warnings: one per person and trick, raised and never repeated for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from stopline.dissuasion import texts
from stopline.dissuasion.deliveries import prepare
from stopline.dissuasion.levels import RANK, Levels
from stopline.dissuasion.records import (
    Contact,
    DeliveryKind,
    OptOut,
    Visit,
    VisitState,
    Warning,  # noqa: A004 - the word of the domain
    WarningLevel,
    WarningState,
    WatchedLine,
)
from stopline.kernel.errors import BadField
from stopline.kernel.ledger import Ledger
from stopline.kernel.phone import read_number

_MOST_ROWS = 100_000
_KINDS = ("call", "message")
_LIVE = (WarningState.ISSUED.value, WarningState.DELIVERED.value)
_CONTACTS_KEPT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One row of what a carrier refers."""

    line: str
    person: str
    district: str
    contact: Contact


def read(rows: Iterable[object], *, at: datetime) -> tuple[list[Exposure], list[dict[str, object]]]:
    """Return the rows that can be used, and the others with their line number and why; a row said twice is once."""
    good: dict[Exposure, int] = {}
    bad: list[dict[str, object]] = []
    for place, row in enumerate(rows, start=1):
        if place > _MOST_ROWS:
            bad.append({"row": place, "why": f"at most {_MOST_ROWS} rows at once"})
            break
        try:
            read_ = _exposure(row, at=at)
        except BadField as error:
            bad.append({"row": place, "why": str(error)})
            continue
        if read_ in good:
            bad.append({"row": place, "why": f"the same contact as in row {good[read_]}"})
        else:
            good[read_] = place
    return list(good), bad


def warn(ledger: Ledger, carrier: str, exposure: Exposure, levels: Levels) -> Warning | None:
    """Issue or raise the warning of one person; None when it is not to be: unwatched line, opt-out, known contact."""
    line = ledger.maybe(WatchedLine, exposure.line)
    if line is None or not line.confirmed or line.until_at <= ledger.at:
        return None
    if ledger.maybe(OptOut, exposure.person) is not None:
        return None
    live = ledger.find(Warning, person=exposure.person, typology=line.typology, state=_LIVE)
    before = live[0] if live else None
    if before is not None and exposure.contact in before.contacts:
        return None
    after = _warning(ledger, carrier, exposure, line, before, levels)
    ledger.save(after, act="warning.issue" if before is None else "warning.raise")
    if before is None or RANK[after.level] > RANK[before.level]:
        _tell(ledger, after, levels)
        ledger.publish("warning.issued", warning_id=after.id, level=after.level.value, district=after.district)
    return after


def visit_for(ledger: Ledger, warning: Warning, levels: Levels) -> Visit | None:
    """Issue the visit of a high warning; None when the person has had as many as the cap allows."""
    if warning.level is not WarningLevel.HIGH or warning.visit_id:
        return None
    visits = ledger.find(Visit, person=warning.person)
    open_ = [one for one in visits if one.closed_at is None and one.state not in _OVER]
    if len(visits) >= levels.visits_most or open_:
        return None
    visit = Visit(
        id=ledger.new_id(),
        warning_id=warning.id,
        person=warning.person,
        district=warning.district,
        typology=warning.typology,
        code=ledger.new_reference(),
        state=VisitState.ISSUED,
        outcome="",
        issued_at=ledger.at,
        sign_by_at=ledger.at + levels.sign_within,
        meet_by_at=ledger.at + levels.meet_within,
        erase_at=ledger.at + levels.keep,
    )
    ledger.save(visit, act="visit.issue")
    ledger.save(replace(warning, visit_id=visit.id), act="warning.visit")
    ledger.publish("visit.issued", visit_id=visit.id, district=visit.district)
    return visit


_OVER = (VisitState.REFUSED, VisitState.NOT_FOUND, VisitState.CLOSED, VisitState.ERASED)


def _warning(
    ledger: Ledger,
    carrier: str,
    exposure: Exposure,
    line: WatchedLine,
    before: Warning | None,
    levels: Levels,
) -> Warning:
    contacts = (*(before.contacts if before else ()), exposure.contact)
    count = (before.contacts_count if before else 0) + 1
    seconds = (before.seconds_count if before else 0) + exposure.contact.seconds
    level = levels.of(seconds=seconds, contacts=count, typology=line.typology)
    evidence = tuple(dict.fromkeys((*(before.evidence if before else ()), *line.refs)))
    if before is not None:
        return replace(
            before,
            level=level if RANK[level] > RANK[before.level] else before.level,
            contacts=contacts[-_CONTACTS_KEPT:],
            contacts_count=count,
            seconds_count=seconds,
            evidence=evidence,
            district=before.district or exposure.district,
            changed_at=ledger.at,
        )
    return Warning(
        id=ledger.new_id(),
        person=exposure.person,
        role="potential_victim",
        carrier=carrier,
        district=exposure.district,
        level=level,
        state=WarningState.ISSUED,
        typology=line.typology,
        contacts=contacts,
        contacts_count=count,
        seconds_count=seconds,
        evidence=evidence,
        code=ledger.new_reference(),
        issued_at=ledger.at,
        changed_at=ledger.at,
        erase_at=ledger.at + levels.keep,
    )


def _tell(ledger: Ledger, warning: Warning, levels: Levels) -> None:
    prepare(
        ledger,
        carrier=warning.carrier,
        to=warning.person,
        sort=DeliveryKind.WARNING,
        about_id=warning.id,
        text=texts.warning(warning.typology, warning.level, warning.code),
        keep=levels.keep,
    )


def _exposure(row: object, *, at: datetime) -> Exposure:
    if not isinstance(row, Mapping):
        raise BadField(field="exposures", value=str(row)[:60], why="each row is an object")
    seconds = row.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 86_400:
        raise BadField(field="seconds", value=seconds, why="seconds of one contact, at most a day")
    kind = row.get("kind", "call")
    if kind not in _KINDS:
        raise BadField(field="kind", value=kind, why="call or message")
    line = number(row.get("line"), "line")
    contact = Contact(line=line, at=_instant(row.get("at"), at), seconds=int(seconds), kind=str(kind))
    return Exposure(
        line=line,
        person=number(row.get("person"), "person"),
        district=_district(row.get("district", "")),
        contact=contact,
    )


def number(value: object, name: str) -> str:
    """Return a number as it is compared; raises BadField for what is none."""
    if not isinstance(value, str) or not value.strip():
        raise BadField(field=name, value=value, why="a phone number, as text")
    return read_number(value).normalised or value.strip()[:64]


def _district(value: object) -> str:
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 6:
        raise BadField(field="district", value=value, why="a division code of at most 6 digits")
    return value


def _instant(value: object, at: datetime) -> datetime:
    try:
        told = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise BadField(field="at", value=value, why="an instant as in ISO 8601") from None
    if told.tzinfo is None or abs((told - at).days) > 30:
        raise BadField(field="at", value=value, why="an instant with offset, within thirty days")
    return told.astimezone(UTC)
