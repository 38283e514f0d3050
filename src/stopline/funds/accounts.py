"""Keeps one row for each account that a report's money reached, so that its statement finds every trace."""

from __future__ import annotations

from dataclasses import replace

from stopline.funds.records import Trace, TracedAccount
from stopline.funds.tracing import Traced
from stopline.kernel.ledger import Ledger


def update(ledger: Ledger, trace: Trace, traced: Traced) -> list[TracedAccount]:
    """Save the accounts of a trace as they stand now and return them; one once reached keeps its row."""
    there = {row.account: row for row in ledger.find(TracedAccount, report_id=trace.report_id)}
    claimed: dict[str, int] = {}
    for claim in traced.claims:
        claimed[claim.account] = claimed.get(claim.account, 0) + claim.claimed_minor
    rows = []
    for account in sorted({*traced.reached, *there}):
        before = there.get(account)
        bank, tier, at = traced.reached.get(
            account, (before.bank, before.tier, before.reached_at) if before else ("", 0, ledger.at)
        )
        now = claimed.get(account, 0)
        most = max(now, before.most_minor if before else 0)
        row = TracedAccount(
            id=f"{trace.report_id}:{account}",
            report_id=trace.report_id,
            account=account,
            bank=bank or (before.bank if before else ""),
            tier=tier,
            claimed_minor=now,
            most_minor=most,
            reached_at=at,
        )
        if before is not None:
            row = replace(
                row,
                attempts_spent=before.attempts_spent,
                spared_minor=before.spared_minor,
                spared_reason=before.spared_reason,
            )
        if row != before:
            ledger.save(row, act="trace.account")
        rows.append(row)
    return rows
