"""Follows reported money, drafts the stop and the freeze of the amount, and counts what came of it."""

from __future__ import annotations

from stopline.funds.records import Channel, Hold, Payment, Recovery, Statement, Trace, TracedAccount

RECORDS: tuple[type, ...] = (
    Trace,
    TracedAccount,
    Payment,
    Statement,
    Hold,
    Recovery,
    Channel,
)
