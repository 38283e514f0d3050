"""Drafts stops and freezes on traced amounts. The machine prepares; officers sign in the office of measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from stopline.funds.records import Hold, HoldSort, Trace, TracedAccount
from stopline.kernel.errors import AttemptsSpent, Refused
from stopline.kernel.ledger import Ledger
from stopline.law.measure import Ground, GroundKind, Measure, Subject
from stopline.law.office import Draft, Office
from stopline.law.register import SubjectKind

STOP = "CN.86.stop"
FREEZE = "CN.PR.239"
FREEZE_AFTER = timedelta(hours=40)  # the stop ends at 48 h and is not renewed; eight hours to sign
_MOST_GROUNDS = 20


def live(ledger: Ledger, report_id: str, account: str, sort: HoldSort) -> Hold | None:
    """Return the hold of a sort that has not ended, for one report in one account."""
    found = ledger.find(Hold, report_id=report_id, account=account, sort=sort.value, ended_at=None)
    return found[0] if found else None


def stop_wanted(ledger: Ledger, row: TracedAccount, *, least_minor: int) -> bool:
    """Return whether the machine should draft a stop: money lies there, and none was drafted before."""
    if row.claimed_minor < max(1, least_minor) or not row.bank or row.attempts_spent:
        return False
    return not ledger.count(Hold, report_id=row.report_id, account=row.account)


def draft_stop(ledger: Ledger, office: Office, trace: Trace, row: TracedAccount) -> Hold | None:
    """Draft the stop of the traced amount; None when the register allows no further stop of the account.

    Raises Refused when one is live for the same report and account, or nothing lies there to stop.
    """
    if live(ledger, trace.report_id, row.account, HoldSort.STOP) is not None:
        raise Refused(why=f"a stop for report {trace.report_id} in {row.account} is already live")
    if row.claimed_minor <= 0 or not row.bank:
        raise Refused(why=f"the trace claims nothing in {row.account} of a bank that is known")
    references = _references(trace, row.account)
    grounds = [
        Ground(kind=GroundKind.REPORT.value, ref=trace.report_id),
        Ground(kind="victim_report_received", ref=trace.report_id),
        *(Ground(kind=GroundKind.TRANSFER.value, ref=one) for one in references),
    ]
    try:
        measure = office.draft(
            ledger,
            Draft(
                entry_id=STOP,
                subject=_subject(trace, row),
                reason=_stop_reason(row, trace),
                grounds=grounds,
                case_id=trace.case_id,
                amount_minor=row.claimed_minor,
                currency=trace.currency,
                facts_key=trace.report_id,
            ),
        )
    except AttemptsSpent:
        ledger.save(replace(row, attempts_spent=True), act="stop.attempts_spent")
        return None
    return _hold(ledger, measure, trace, row, follows="")


def draft_freeze(
    ledger: Ledger, office: Office, trace: Trace, row: TracedAccount, *, after: Hold | None
) -> Hold | None:
    """Draft the freeze of what the trace still claims, less what was spared for living; None if nothing is left.

    Raises Refused without an opened case (PR art. 239) or beside a live freeze of the same money.
    """
    if trace.case_id is None:
        raise Refused(why=f"report {trace.report_id} has no opened case, and a freeze needs one")
    if live(ledger, trace.report_id, row.account, HoldSort.FREEZE) is not None:
        raise Refused(why=f"a freeze for report {trace.report_id} in {row.account} is already live")
    amount = row.claimed_minor - row.spared_minor
    if after is not None and after.applied_minor:
        amount = min(amount, after.applied_minor - row.spared_minor)
    references = _references(trace, row.account)
    if amount <= 0 or not references:
        return None
    grounds = [
        Ground(kind=GroundKind.REPORT.value, ref=trace.report_id),
        Ground(kind="case_opened", ref=trace.case_id),
        Ground(kind="property_of_suspect", ref=references[0]),
        *(Ground(kind=GroundKind.TRANSFER.value, ref=one) for one in references),
    ]
    measure = office.draft(
        ledger,
        Draft(
            entry_id=FREEZE,
            subject=_subject(trace, row),
            reason=_freeze_reason(row, trace),
            grounds=grounds,
            lesser_means=_lesser_means(after),
            case_id=trace.case_id,
            amount_minor=amount,
            currency=trace.currency,
            facts_key=trace.report_id,
        ),
    )
    follows = after.id if after else ""
    hold = _hold(ledger, measure, trace, row, follows=follows)
    if after is not None:
        ledger.save(replace(after, freeze_id=hold.id), act="stop.to_freeze")
    return hold


# -- below: the parts of a draft


def _hold(ledger: Ledger, measure: Measure, trace: Trace, row: TracedAccount, *, follows: str) -> Hold:
    sort = HoldSort.STOP if measure.entry_id == STOP else HoldSort.FREEZE
    hold = Hold(
        id=measure.id,
        sort=sort,
        report_id=trace.report_id,
        account=row.account,
        bank=row.bank,
        tier=row.tier,
        amount_minor=measure.amount_minor or 0,
        currency=trace.currency,
        drafted_at=ledger.at,
        follows=follows,
    )
    ledger.save(hold, act=f"{sort.value}.draft")
    return hold


def _references(trace: Trace, account: str) -> Sequence[str]:
    """The payments that brought reported money into an account: the evidence that a hold stands on."""
    found = dict.fromkeys(edge.reference for edge in trace.edges if edge.target == account)
    return list(found)[:_MOST_GROUNDS]


def _subject(trace: Trace, row: TracedAccount) -> Subject:
    return Subject(
        kind=SubjectKind.ACCOUNT,
        ref=row.account,
        label=row.account,
        holder=row.bank,
        area=trace.district,
    )


def _stop_reason(row: TracedAccount, trace: Trace) -> str:
    amount = f"{row.claimed_minor / 100:,.2f} {trace.currency}"
    return (
        f"被害人报案的被骗资金 {amount} 经第 {row.tier} 级流入该账户，按先进先出规则计算；只止付该金额。 / "
        f"{amount} of money reported as defrauded reached this account in tier {row.tier}, by the rule "
        "first in first out; only this amount is stopped"
    )


def _freeze_reason(row: TracedAccount, trace: Trace) -> str:
    return (
        f"已立案，被骗资金经第 {row.tier} 级流入该账户；只冻结可归于被害人的金额。 / "
        f"A case is open and defrauded money reached this account in tier {row.tier}; "
        f"only the amount that is traced to the report is frozen ({trace.rule})"
    )


def _lesser_means(after: Hold | None) -> str:
    if after is None:
        return "该账户紧急止付次数已用尽。 / The stops that the rules allow for this account are spent"
    return (
        "紧急止付四十八小时届满后资金将失去控制，且不得续期。 / "
        "The stop ends after 48 hours and cannot be renewed; the money would then leave"
    )
