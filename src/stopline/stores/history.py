"""What has been done to a record, as the audit chain tells it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from stopline.kernel.clock import instant
from stopline.stores.tables import AUDIT

_READS = ("read", "read.list")


def history_of(connection: Connection, kind: str, record_id: str, *, limit: int = 200) -> list[dict[str, object]]:
    """Return the acts on one record, oldest first; reads are left to the auditor's own page."""
    query = (
        select(AUDIT.c.seq, AUDIT.c.at_us, AUDIT.c.actor_kind, AUDIT.c.actor_id, AUDIT.c.act, AUDIT.c.reason)
        .where(AUDIT.c.subject_kind == kind, AUDIT.c.subject_id == record_id, AUDIT.c.act.not_in(_READS))
        .order_by(AUDIT.c.seq)
        .limit(limit)
    )
    return [
        {
            "seq": row.seq,
            "at": instant(row.at_us).isoformat(),
            "by": f"{row.actor_kind}:{row.actor_id}",
            "act": row.act,
            "reason": row.reason,
        }
        for row in connection.execute(query)
    ]
