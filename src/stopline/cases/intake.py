"""Reads a report from outside into a type that cannot be wrong; every refusal names its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stopline.cases.report import ReportedPayment
from stopline.kernel.errors import BadField
from stopline.kernel.money import Money
from stopline.kernel.phone import NumberKind, read_number

_MOST_LISTED = 50
_MOST_TEXT = 20_000
_MOST_WORD = 128
_OLDEST = timedelta(days=366 * 20)  # what is told later than that was mistyped
_AHEAD = timedelta(minutes=10)  # clocks differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A report as parsed."""

    phone: str
    name: str
    district: str
    text: str
    typology: str
    calling: tuple[str, ...]
    links: tuple[str, ...]
    accounts: tuple[str, ...]
    loss_minor: int
    currency: str
    happened_at: datetime
    payments: tuple[ReportedPayment, ...]


def parse(body: Mapping[str, object], *, at: datetime) -> Intake:
    """Return the report that a body holds; raises BadField naming the field, its value and what would do."""
    known = {*Intake.__dataclass_fields__}
    for name in body:
        if name not in known:
            raise BadField(field=name, value=body[name], why="not a field of a report")
    currency = _word(body, "currency", default="CNY")
    return Intake(
        phone=_phone(body),
        name=_word(body, "name", default=""),
        district=_district(body),
        text=_text(body),
        typology=_slug(body),
        calling=_words(body, "calling"),
        links=_words(body, "links"),
        accounts=_words(body, "accounts"),
        loss_minor=_minor(body.get("loss_minor", 0), "loss_minor", currency),
        currency=currency,
        happened_at=_instant(body.get("happened_at"), "happened_at", at),
        payments=_payments(body, at=at),
    )


def _phone(body: Mapping[str, object]) -> str:
    raw = _word(body, "phone")
    number = read_number(raw)
    if number.kind in (NumberKind.WITHHELD, NumberKind.SENDER_NAME):
        raise BadField(field="phone", value=raw, why="a number where you can be reached")
    return number.normalised or raw


def _district(body: Mapping[str, object]) -> str:
    value = _word(body, "district")
    if not value.isascii() or not value.isdigit() or len(value) not in (2, 4, 6):
        raise BadField(field="district", value=value, why="a division code of 2, 4 or 6 digits")
    return value


def _text(body: Mapping[str, object]) -> str:
    value = body.get("text")
    if not isinstance(value, str) or not value.strip():
        raise BadField(field="text", value=value, why="tell what happened, in your own words")
    if "\x00" in value or len(value) > _MOST_TEXT:
        raise BadField(field="text", value=value[:60], why=f"at most {_MOST_TEXT} characters, no NUL")
    return value


def _slug(body: Mapping[str, object]) -> str:
    value = _word(body, "typology", default="")
    if value and not value.replace("_", "").replace("-", "").isalnum():
        raise BadField(field="typology", value=value, why="the code of a typology")
    return value


def _word(body: Mapping[str, object], name: str, *, default: str | None = None) -> str:
    value = body.get(name)
    if value in (None, "") and default is not None:
        return default
    if not isinstance(value, str) or not value.strip():
        raise BadField(field=name, value=value, why="is needed, as text")
    if len(value) > _MOST_WORD or not value.isprintable():
        raise BadField(field=name, value=value[:60], why=f"at most {_MOST_WORD} printable characters")
    return value.strip()


def _words(body: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = body.get(name) or []
    if isinstance(value, str):
        value = [part for part in value.splitlines() if part.strip()]
    if not isinstance(value, list | tuple) or len(value) > _MOST_LISTED:
        raise BadField(field=name, value=str(value)[:60], why=f"a list of at most {_MOST_LISTED}")
    return tuple(dict.fromkeys(_word({name: one}, name) for one in value))


def _minor(value: object, name: str, currency: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BadField(field=name, value=value, why="an integer of minor units")
    try:
        return Money(int(value), currency).minor
    except ValueError:
        raise BadField(field=name, value=value, why="an integer of minor units") from None


def _instant(value: object, name: str, at: datetime) -> datetime:
    if isinstance(value, datetime):
        told = value
    else:
        try:
            told = datetime.fromisoformat(str(value))
        except ValueError:
            raise BadField(field=name, value=value, why="an instant as in ISO 8601") from None
    if told.tzinfo is None:
        raise BadField(field=name, value=value, why="an instant with its offset from UTC")
    if not at - _OLDEST <= told <= at + _AHEAD:
        raise BadField(field=name, value=value, why="not in the future, and within twenty years")
    return told.astimezone(UTC)


def _payments(body: Mapping[str, object], *, at: datetime) -> tuple[ReportedPayment, ...]:
    value = body.get("payments") or []
    if not isinstance(value, list | tuple) or len(value) > _MOST_LISTED:
        raise BadField(field="payments", value=str(value)[:60], why=f"at most {_MOST_LISTED} payments")
    rows = [_payment(one, at=at) for one in value]
    references = [row.reference for row in rows if row.reference]
    if len(set(references)) < len(references):
        raise BadField(field="payments", value=references, why="one reference stands twice")
    return tuple(rows)


def _payment(row: object, *, at: datetime) -> ReportedPayment:
    if not isinstance(row, Mapping):
        raise BadField(field="payments", value=str(row)[:60], why="each payment is an object")
    currency = _word(row, "currency", default="CNY")
    amount = _minor(row.get("amount_minor"), "amount_minor", currency)
    if amount == 0:
        raise BadField(field="amount_minor", value=0, why="a payment moves some money")
    return ReportedPayment(
        reference=_word(row, "reference", default=""),
        at=_instant(row.get("at"), "at", at),
        source=_word(row, "source"),
        source_bank=_word(row, "source_bank", default=""),
        target=_word(row, "target"),
        target_bank=_word(row, "target_bank", default=""),
        amount_minor=amount,
        currency=currency,
    )
