"""Runs the bulletin's queries: one for each indicator, with the period bound, in the open transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text

from stopline.bulletin.desk import Drawn
from stopline.bulletin.indicator import Figure, Indicator, figures_of, indicators
from stopline.kernel.clock import micros
from stopline.kernel.ledger import Ledger
from stopline.law.audit import GENESIS
from stopline.stores.ledger import SqlLedger
from stopline.stores.tables import AUDIT


def draw(ledger: Ledger, from_at: datetime, to_at: datetime) -> Drawn:
    """Return every figure of a period, and the end of the audit chain at which they were drawn."""
    if not isinstance(ledger, SqlLedger):
        raise TypeError(ledger)
    figures = tuple(one for indicator in indicators() for one in measure(ledger, indicator, from_at, to_at))
    newest = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
    head = ledger.connection.execute(newest).first()
    seq, digest = (0, GENESIS) if head is None else (int(head[0]), str(head[1]))
    return Drawn(figures=figures, audit_seq=seq, audit_hash=digest)


def measure(ledger: SqlLedger, indicator: Indicator, from_at: datetime, to_at: datetime) -> tuple[Figure, ...]:
    """Return the figures of one indicator; the end of the period is not in it."""
    query = text(indicator.sql)
    rows = ledger.connection.execute(query, {"from_at": micros(from_at), "to_at": micros(to_at)}).all()
    if indicator.by_district:
        return figures_of(indicator, [(str(row[0]), _value(row[1])) for row in rows])
    return figures_of(indicator, [("", _value(rows[0][0]) if rows else None)])


def _value(found: object) -> float | None:
    return None if found is None else float(str(found))
