"""Pages of the audit chain, newest first: for the auditor's screen."""

from __future__ import annotations

from sqlalchemy import Connection, select

from stopline.law.audit import AuditRow
from stopline.stores.tables import AUDIT

FILTERS = ("actor_kind", "actor_id", "act", "subject_kind", "subject_id")


def audit_page(
    connection: Connection, *, before: int | None = None, limit: int = 50, equal: dict[str, str] | None = None
) -> list[AuditRow]:
    """Return rows whose columns equal the values given (names of FILTERS), newest first, before a row number."""
    query = select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AUDIT.c.seq < before)
    for name, value in (equal or {}).items():
        query = query.where(AUDIT.c[name] == value)
    return [AuditRow(**row) for row in connection.execute(query).mappings()]
