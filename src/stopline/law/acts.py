"""An act is one thing an officer can do to one kind of record: the console's buttons and the API's verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stopline.kernel.errors import BadField, NotYours
from stopline.kernel.ledger import Ledger, Record
from stopline.law.organisation import Officer, Power, Signer, require_power

NEW = "new"  # the name of the act that makes a record: it has no id yet


class FieldKind(StrEnum):
    """How a field is asked for and read."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    MONEY = "money"  # integer minor units
    NUMBER = "number"
    INSTANT = "instant"  # ISO 8601 with offset
    YES_NO = "yes_no"
    LIST = "list"  # of texts or of objects; JSON only, or one per line in a form


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an act; `name` is also the key of its label in both languages, `most` bounds a text's characters."""

    name: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    choices: tuple[str, ...] = ()
    most: int = 20_000


Run = Callable[[Ledger, Signer, str, Mapping[str, object]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What can be done: to which kind of thing, by which power, in which states, asking for which fields.

    An act without a power is that of the one officer whose id stands in the record's column `owner`.

    `run(ledger, signer, record_id, body)` takes the parsed body and may return the id of what it made.
    A coercive act gets a page of its own that shows basis, subject, duration, second signer and appeal.
    """

    thing: str
    name: str
    power: Power | None
    run: Run
    fields: tuple[Field, ...] = ()
    states: tuple[str, ...] = ()
    coercive: bool = False
    owner: str = ""

    def open_to(self, officer: Officer, record: Record | None, *, at: datetime) -> bool:
        """Return whether an officer may take this act: by power, or because the record names the officer."""
        if self.power is None:
            return record is not None and bool(self.owner) and getattr(record, self.owner) == officer.id
        return officer.holds(self.power, at=at)

    def require(self, signer: Signer, record: Record | None, *, at: datetime) -> None:
        """Refuse an officer who may not take this act; raises PowerMissing, or NotYours for a record of others."""
        if self.power is not None:
            require_power(signer, self.power, at=at)
        elif not self.open_to(signer.officer, record, at=at):
            raise NotYours(kind=self.thing, id=record.id if record else "", who=signer.officer.id)


def parse_body(act: Act, body: Mapping[str, object]) -> dict[str, object]:
    """Read the fields of an act from outside; raises BadField naming the field, its value and what would do."""
    known = {field.name for field in act.fields}
    for name in body:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise BadField(field=name, value=body[name], why=f"not a field here; known: {names}")
    asked = (field for field in act.fields if field.required or body.get(field.name) not in (None, ""))
    return {field.name: _read(field, body.get(field.name)) for field in asked}


def _read(field: Field, value: object) -> object:
    if value is None or value == "":
        raise BadField(field=field.name, value=value, why="is needed")
    match field.kind:
        case FieldKind.TEXT | FieldKind.LONG_TEXT:
            return _text(field, value)
        case FieldKind.CHOICE:
            if value not in field.choices:
                raise BadField(field=field.name, value=value, why="one of " + ", ".join(field.choices))
            return value
        case FieldKind.MONEY | FieldKind.NUMBER:
            return _whole(field, value)
        case FieldKind.INSTANT:
            return _instant(field, value)
        case FieldKind.YES_NO:
            return _yes_no(field, value)
        case FieldKind.LIST:
            if isinstance(value, str):
                return [line for line in value.splitlines() if line.strip()]
            if not isinstance(value, list):
                raise BadField(field=field.name, value=value, why="a list")
            return value


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > field.most:
        why = f"text of at most {field.most:,} characters, without NUL"
        raise BadField(field=field.name, value=str(value)[:60], why=why)
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadField(field=field.name, value=ascii(value[:60]), why="half a surrogate pair is no text")
    return value


def _whole(field: Field, value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise BadField(field=field.name, value=value, why="a whole number") from None
    if isinstance(value, bool) or number < 0 or number > 10**17:
        raise BadField(field=field.name, value=value, why="a whole number from 0 to 10^17")
    return number


def _instant(field: Field, value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadField(field=field.name, value=value, why="an instant as in ISO 8601") from None
    if at.tzinfo is None or not 2000 <= at.year < 2100:
        raise BadField(field=field.name, value=value, why="an instant with offset, from 2000 to 2099")
    return at


def _yes_no(field: Field, value: object) -> bool:
    if isinstance(value, bool):
        return value
    match str(value).lower():
        case "yes" | "true" | "1" | "on":
            return True
        case "no" | "false" | "0" | "off":
            return False
        case _:
            raise BadField(field=field.name, value=value, why="yes or no")
