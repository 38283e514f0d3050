"""One value of a record as a screen shows it: its text, its state, its link, its alignment."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from stopline.console.formats import inert
from stopline.console.kinds import DEADLINES, ENDED, STATE_COLUMNS
from stopline.kernel.actors import machine
from stopline.law.organisation import Officer

if TYPE_CHECKING:
    from stopline.console.frame import Visit

_ALIASES = {"case": "case_file", "member": "report", "seed": "report", "target": "", "subject": "", "person": ""}
_HANDS = ("_by", "assigned_to", "officer_id", "owner")
_LIST_MOST, _LONG_MOST = 90, 4_000
_ULID_LETTERS = 26
_WORDED = frozenset({"typology", "outcome", "channel", "sort", "rule", "role", "level", "kind", "carrier_kind"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value ready to be shown. `shape` is text, state, time, number, link, hand, long or many."""

    text: str
    shape: str = "text"
    href: str = ""
    value: str = ""
    late: bool = False
    note: str = ""
    parts: tuple[Cell, ...] = ()


_EMPTY = Cell(text="")


def cell(visit: Visit, record: object, column: str, *, brief: bool = True) -> Cell:
    """Return a record's value as a screen shows it; `brief` is for a row of a list."""
    value = getattr(record, column)
    if value is None or value in ("", (), {}):
        return _EMPTY
    if isinstance(value, datetime):
        return _instant(visit, record, column, value)
    if isinstance(value, bool):
        return Cell(text=visit.words.say("yes") if value else visit.words.say("no"), value=str(value).lower())
    if isinstance(value, Enum):
        return _enum(visit, column, value)
    if isinstance(value, int | float):
        return _number(visit, record, column, value)
    if isinstance(value, str):
        return _text(visit, column, value, brief=brief)
    return _many(visit, value, column, brief=brief)


def _instant(visit: Visit, record: object, column: str, value: datetime) -> Cell:
    text, note, late = visit.formats.minute(value), "", False
    over = str(getattr(record, "state", "")) in ENDED
    if column in DEADLINES and not over:
        late = value < visit.at
        words = "{span} overdue" if late else "{span} left"
        note = visit.words.say(words, span=visit.formats.span(value - visit.at))
        late = late and column != "expires_at"
    return Cell(text=text, shape="time", value=value.isoformat(), note=note, late=late)


def _enum(visit: Visit, column: str, value: Enum) -> Cell:
    shape = "state" if column in STATE_COLUMNS else "text"
    return Cell(text=visit.words.word("value", value.value), shape=shape, value=str(value.value))


def _number(visit: Visit, record: object, column: str, value: float) -> Cell:
    raw = str(value)
    if column.endswith("_minor"):
        money = visit.formats.money(int(value), str(getattr(record, "currency", None) or "CNY"))
        return Cell(text=money, shape="number", value=raw)
    if column.endswith("_ratio") or column == "score":
        return Cell(text=visit.formats.ratio(float(value)), shape="number", value=raw)
    if column == "level":
        return Cell(text=visit.words.word("level", raw), value=raw)
    return Cell(text=visit.formats.number(value), shape="number", value=raw)


def _text(visit: Visit, column: str, value: str, *, brief: bool) -> Cell:
    if column in STATE_COLUMNS:
        return Cell(text=visit.words.word("value", value), shape="state", value=value)
    if column == "entry_id":
        return Cell(text=entry_title(visit, value), shape="link", value=value, href=f"/register#{value}")
    if column.endswith(_HANDS):
        return hand(visit, value)
    href = link_of(visit, column, value)
    if column in _WORDED:
        return Cell(text=visit.words.word("value", value), value=value)
    if href:
        return Cell(text=short_id(value), shape="link", value=value, href=href)
    if brief and len(value) == _ULID_LETTERS and value.isalnum():
        return Cell(text=short_id(value), value=value)
    text = inert(value, most=_LIST_MOST if brief else _LONG_MOST)
    return Cell(text=text, shape="text" if len(value) < _LIST_MOST and "\n" not in value else "long", value=value)


def _many(visit: Visit, value: object, column: str, *, brief: bool) -> Cell:
    if isinstance(value, Mapping) and set(value) <= {"zh", "en"}:
        return Cell(text=inert(visit.words.text(value), most=_LONG_MOST), shape="long")
    items = _items(value)
    if brief:
        flat = [item for item in items if isinstance(item, str)]
        if len(flat) == len(items) <= 3:
            return Cell(text=", ".join(inert(part, most=40) for part in flat), value=", ".join(flat))
        return Cell(text=visit.formats.number(len(items)), shape="number", value=str(len(items)))
    singular = column.removesuffix("_ids") + "_id" if column.endswith("_ids") else column.removesuffix("s")
    parts = tuple(_part(visit, item, singular) for item in items[:500])
    return Cell(text="", shape="many", parts=parts, value=str(len(items)))


def _items(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return [f"{name}: {inner}" for name, inner in value.items()]
    if isinstance(value, tuple | list | frozenset | set):
        return list(value)
    return [value]


def _part(visit: Visit, item: object, column: str) -> Cell:
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        names = [field.name for field in dataclasses.fields(item)]
        cells = tuple(
            dataclasses.replace(cell(visit, item, name, brief=True), note=visit.words.word("name", name))
            for name in names
        )
        return Cell(text="", shape="row", parts=cells)
    if isinstance(item, Mapping):
        return Cell(text="; ".join(f"{name}: {inner}" for name, inner in item.items()))
    return _text(visit, column, str(item), brief=True)


def link_of(visit: Visit, column: str, value: str) -> str:
    """Return the page of the record that a column names, when it names one."""
    if column in {"report_a", "report_b"}:
        return f"/records/report/{value}"
    if not column.endswith("_id"):
        return ""
    stem = column.removesuffix("_id")
    stem = _ALIASES.get(stem, stem)
    return f"/records/{stem}/{value}" if stem in visit.site.centre.kinds else ""


def hand(visit: Visit, value: str) -> Cell:
    """Return who acted: an officer by name with a link, an institution or a part of the centre by its code."""
    name = visit.site.names.get(value)
    if name is None:
        with visit.site.centre.store.read(machine("pages")) as ledger:
            officer = ledger.maybe(Officer, value)
        if officer is None:
            return Cell(text=inert(value, most=40), shape="hand", value=value)
        name = visit.site.names[value] = officer.name
    return Cell(text=inert(name, most=40), shape="hand", value=value, href=f"/records/officer/{value}")


def short_id(value: str) -> str:
    """Return an id so that a row stays short: a ULID by its last letters, a natural key whole."""
    return f"…{value[-7:]}" if len(value) == _ULID_LETTERS and value.isalnum() else inert(value, most=40)


def entry_title(visit: Visit, entry_id: str) -> str:
    """Return a register entry's title in the reader's language."""
    for entry in visit.site.centre.office.register.current():
        if entry.id == entry_id:
            return visit.words.text(entry.title)
    return entry_id
