"""Sees where many reports' money meets: a payment channel, told as evidence and never a measure."""

from __future__ import annotations

from stopline.funds.records import Channel, Trace, TracedAccount
from stopline.kernel.ledger import Ledger

_FROM = 3  # reports whose money meets in one account before it is called a channel


def look(ledger: Ledger, row: TracedAccount, trace: Trace) -> None:
    """Say when many reports' money meets in one account, and again each time their number doubles."""
    met = [one for one in ledger.find(TracedAccount, account=row.account) if one.most_minor]
    before = ledger.maybe(Channel, row.account)
    report_ids = tuple(sorted({one.report_id for one in met}))
    if len(report_ids) < _FROM or (before and before.report_ids == report_ids):
        return
    said = before.said_count if before else 0
    say = len(report_ids) >= max(_FROM, 2 * said)
    cases = {one.case_id for one in ledger.find(Trace, id=report_ids)} - {None}
    channel = Channel(
        id=row.account,
        bank=row.bank,
        report_ids=report_ids,
        case_ids=tuple(sorted(str(one) for one in cases)),
        amount_minor=sum(one.most_minor for one in met),
        currency=trace.currency,
        suspected_at=before.suspected_at if before else ledger.at,
        said_count=len(report_ids) if say else said,
    )
    ledger.save(channel, act="channel.suspect")
    if say:
        ledger.publish(
            "payment_channel.suspected",
            account=channel.id,
            bank=channel.bank,
            report_ids=list(report_ids),
            case_ids=list(channel.case_ids),
            amount_minor=channel.amount_minor,
            currency=channel.currency,
        )
