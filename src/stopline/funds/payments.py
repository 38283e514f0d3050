"""Reads payments as banks and reporters tell them, and gives each account its known movements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stopline.funds.records import Payment, Statement
from stopline.funds.tracing import Known, Movement
from stopline.kernel.errors import BadField
from stopline.kernel.ledger import Ledger
from stopline.kernel.money import Money

_MOST_ROWS = 20_000
_CARD_DIGITS = 12
_FIRST = -1  # what was reported stands before what the bank posted in the same instant


def store(ledger: Ledger, told_by: str, rows: Iterable[object], *, by_bank: bool) -> list[Payment]:
    """Keep the payments that somebody told, each reference once; raises BadField naming the field.

    A repetition changes nothing: the first telling by the same hand stands.
    """
    parsed = [_payment(ledger, told_by, row, by_bank=by_bank) for row in rows]
    if len(parsed) > _MOST_ROWS:
        raise BadField(field="transfers", value=len(parsed), why=f"at most {_MOST_ROWS} rows at once")
    fresh = {row.reference: row for row in reversed(parsed)}
    references = tuple(fresh)
    for start in range(0, len(references), 500):
        part = references[start : start + 500]
        for there in ledger.find(Payment, told_by=told_by, reference=part):
            fresh.pop(there.reference, None)
    kept = [row for row in parsed if fresh.get(row.reference) is row]
    ledger.save_all(kept, act="payment.told")
    return kept


def movement(row: Payment, *, sequence: int | None = None) -> Movement:
    """Return a payment as the trace sees it."""
    return Movement(
        reference=row.reference,
        at=row.at,
        source=row.source,
        target=row.target,
        target_bank=row.target_bank,
        amount_minor=row.amount_minor,
        sequence=row.sequence if sequence is None else sequence,
    )


def losses(ledger: Ledger, report_id: str, currency: str) -> list[Movement]:
    """Return what one report says was lost; the bank's own instant stands where it told the same payment."""
    rows = ledger.find(Payment, told_by=f"report:{report_id}")
    found = []
    for row in rows:
        if row.currency != currency:
            continue
        posted = _posted(ledger, row)
        found.append(movement(posted or row, sequence=_FIRST if posted is None else posted.sequence))
    return found


def _posted(ledger: Ledger, told: Payment) -> Payment | None:
    same = ledger.find(Payment, target=told.target, by_bank=True, amount_minor=told.amount_minor)
    by_reference = [row for row in same if row.reference == told.reference]
    if by_reference:
        return by_reference[0]
    # people mistype references: the same amount from the same account within ten minutes is the same payment
    near = [row for row in same if row.source == told.source and abs((row.at - told.at).total_seconds()) <= 600]
    return min(near, key=lambda row: (abs((row.at - told.at).total_seconds()), row.id), default=None)


@dataclass(slots=True)
class Ledgers:
    """Reads the known movements of an account once for one trace; `lost` are the trace's own losses."""

    ledger: Ledger
    currency: str
    lost: list[Movement]
    read: dict[str, Known] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def __call__(self, account: str) -> Known:
        """Return the account's movements, and its balance before the first of them."""
        if account not in self.read:
            self.read[account] = self._known(account)
        return self.read[account]

    def _known(self, account: str) -> Known:
        out = self._rows(by_bank=True, source=account)
        into = self._rows(by_bank=True, target=account)
        if not into:  # a statement of debits only: what people reported is then the best that is known
            into = self._rows(by_bank=False, target=account)
        rows = {one.reference: one for one in (*into, *out)}
        rows |= {one.reference: one for one in self.lost if one.target == account}
        statements = self.ledger.find(Statement, account=account)
        if statements:
            self.told.add(account)
        movements = tuple(rows.values())
        return Known(opening_minor=_opening(account, movements, statements), movements=movements)

    def _rows(self, *, by_bank: bool, **side: str) -> list[Movement]:
        own = {one.reference for one in self.lost}
        rows = self.ledger.find(Payment, limit=_MOST_ROWS, by_bank=by_bank, **side)  # type: ignore[arg-type]  # a column, never one of the port's own words
        return [
            movement(row) for row in rows if row.currency == self.currency and (by_bank or row.reference not in own)
        ]


def _opening(account: str, movements: Iterable[Movement], statements: list[Statement]) -> int:
    """What the account held before the first known movement, from the newest balance told of it."""
    told = [one for one in statements if one.balance_minor is not None]
    if not told:
        return 0
    newest = max(told, key=lambda one: one.as_of_at)
    held = newest.balance_minor or 0
    for one in movements:
        if one.at <= newest.as_of_at and one.source != one.target:
            held += one.amount_minor if one.source == account else -one.amount_minor
    return max(0, held)


def _payment(ledger: Ledger, told_by: str, row: object, *, by_bank: bool) -> Payment:
    if not isinstance(row, Mapping):
        raise BadField(field="transfers", value=str(row)[:60], why="each transfer is an object")
    currency = _word(row, "currency") or "CNY"
    amount = row.get("amount_minor")
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        raise BadField(field="amount_minor", value=amount, why="a positive integer of minor units")
    reference = _word(row, "reference")
    if not reference:
        raise BadField(field="reference", value=reference, why="each transfer has its reference")
    return Payment(
        id=ledger.new_id(),
        reference=reference,
        told_by=told_by,
        by_bank=by_bank,
        told_at=ledger.at,
        at=_instant(row.get("at")),
        sequence=_sequence(row.get("sequence", 0)),
        source=account_key(_word(row, "source")),
        source_bank=_word(row, "source_bank"),
        target=account_key(_word(row, "target")),
        target_bank=_word(row, "target_bank"),
        amount_minor=Money(amount, currency).minor,
        currency=currency,
    )


def account_key(raw: str) -> str:
    """Return an account as it is compared: spaces do not distinguish two, nor hyphens in a card number."""
    bare = "".join(raw.split())
    digits = bare.replace("-", "")
    return digits if digits.isdigit() and len(digits) >= _CARD_DIGITS else bare


def _word(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 128 or not value.isprintable():
        raise BadField(field=name, value=str(value)[:60], why="at most 128 printable characters")
    return value.strip()


def _sequence(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise BadField(field="sequence", value=value, why="a whole number")
    return value


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        told = value
    else:
        try:
            told = datetime.fromisoformat(str(value))
        except ValueError:
            raise BadField(field="at", value=value, why="an instant as in ISO 8601") from None
    if told.tzinfo is None or not 2000 <= told.year < 2100:
        raise BadField(field="at", value=value, why="an instant with offset, from 2000 to 2099")
    return told.astimezone(UTC)
