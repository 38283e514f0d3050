"""Reads a crossing as a port tells it; what cannot be read is refused with the field's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from stopline.borders.matching import Identity
from stopline.kernel.errors import BadField

_LONGEST = 200
_COMPANIONS_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """One person at a port: never kept as such."""

    id: str
    at: datetime
    out: bool
    identity: Identity
    vehicle: str
    companions: tuple[str, ...]


def parse(body: Mapping[str, object]) -> Crossing:
    """Parse a crossing; raises BadField."""
    direction = _text(body, "direction", needed=True)
    if direction not in {"out", "in"}:
        raise BadField(field="direction", value=direction, why="out or in")
    companions = body.get("companions")
    rows = companions if isinstance(companions, list) else []
    if len(rows) > _COMPANIONS_MOST:
        raise BadField(field="companions", value=len(rows), why=f"at most {_COMPANIONS_MOST}")
    return Crossing(
        id=_text(body, "crossing_id", needed=True),
        at=_instant(_text(body, "at", needed=True)),
        out=direction == "out",
        identity=Identity(
            name=_text(body, "name"),
            name_latin=_text(body, "name_latin"),
            birth_on=_text(body, "birth_on"),
            document_no=_text(body, "document_no", needed=True),
        ),
        vehicle=_text(body, "vehicle"),
        companions=tuple(str(one)[:_LONGEST] for one in rows),
    )


def _text(body: Mapping[str, object], field: str, *, needed: bool = False) -> str:
    value = body.get(field)
    text = "" if value is None else str(value).strip()
    if (needed and not text) or len(text) > _LONGEST or "\x00" in text:
        raise BadField(field=field, value=text[:40], why=f"1 to {_LONGEST} characters")
    return text


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadField(field="at", value=text, why="an instant as in ISO 8601") from None
    if at.tzinfo is None:
        raise BadField(field="at", value=text, why="an instant with its offset")
    return at.astimezone(UTC)
