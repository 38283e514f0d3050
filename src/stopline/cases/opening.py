"""Makes records: a report from what was told, a case from a report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stopline.cases.case_file import CaseFile, CaseState, Outcome, Party, PartyRole
from stopline.cases.extraction import Identifier, IdentifierKind, account, extract, line, link
from stopline.cases.intake import Intake
from stopline.cases.report import Report, ReportState, TypologySource
from stopline.cases.vocabulary import suggest
from stopline.kernel.ledger import Ledger

ANSWER_WITHIN = timedelta(hours=24)  # house rule: accepted or refused by then
UPDATE_WITHIN = timedelta(days=30)  # house rule: the victim hears how the case stands


def report_of(ledger: Ledger, told: Intake) -> Report:
    """Return the record of a report; what it was told by is kept whole beside what was read out of it."""
    suggestion = None if told.typology else suggest(told.text)
    source = TypologySource.GIVEN if told.typology else TypologySource.NONE
    report_id = ledger.new_id()
    return Report(
        id=report_id,
        receipt=ledger.new_reference(),
        state=ReportState.RECEIVED,
        outcome="",
        phone=told.phone,
        name=told.name,
        district=told.district,
        text=told.text,
        typology=suggestion.typology if suggestion else told.typology,
        typology_source=TypologySource.SUGGESTED if suggestion else source,
        identifiers=_identifiers(told),
        payments=tuple(
            replace(paid, reference=paid.reference or f"{report_id}-{place}")
            for place, paid in enumerate(told.payments, start=1)
        ),
        loss_minor=told.loss_minor,
        currency=told.currency,
        happened_at=told.happened_at,
        received_at=ledger.at,
        acknowledged_at=ledger.at,
        answer_due_at=ledger.at + ANSWER_WITHIN,
        received_by=ledger.actor.id,
    )


def case_of(ledger: Ledger, report: Report) -> CaseFile:
    """Return a case opened from one report; the person who told is its victim."""
    victim = Party(ref=report.phone, name=report.name, roles=(PartyRole.VICTIM, PartyRole.REPORTER))
    return CaseFile(
        id=ledger.new_id(),
        state=CaseState.OPEN,
        outcome=Outcome.NONE,
        report_ids=(report.id,),
        typology=report.typology,
        district=report.district,
        lines=report.values(IdentifierKind.LINE),
        accounts=report.values(IdentifierKind.ACCOUNT),
        parties=(victim,),
        evidence=(),
        loss_minor=report.loss_minor,
        currency=report.currency,
        opened_by=ledger.actor.id,
        opened_at=ledger.at,
        update_due_at=ledger.at + UPDATE_WITHIN,
        series_id=report.series_id,
    )


def told(report: Report) -> dict[str, object]:
    """Return what the fact `report.received` carries: everything that other desks need of it."""
    return {
        "report_id": report.id,
        "phone": report.phone,
        "district": report.district,
        "typology": report.typology,
        "loss_minor": report.loss_minor,
        "currency": report.currency,
        "lines": list(report.values(IdentifierKind.LINE)),
        "accounts": list(report.values(IdentifierKind.ACCOUNT)),
        "links": list(report.values(IdentifierKind.LINK)),
        "happened_at": report.happened_at.isoformat(),
        "payments": [
            {
                "reference": paid.reference,
                "at": paid.at.isoformat(),
                "source": paid.source,
                "source_bank": paid.source_bank,
                "target": paid.target,
                "target_bank": paid.target_bank,
                "amount_minor": paid.amount_minor,
                "currency": paid.currency,
            }
            for paid in report.payments
        ],
    }


def _identifiers(told: Intake) -> tuple[Identifier, ...]:
    own = {told.phone} | {account(paid.source, source="given").value for paid in told.payments}
    found = [
        *(line(raw, source="given") for raw in told.calling),
        *(account(raw, source="given") for raw in told.accounts),
        *(account(paid.target, source="given") for paid in told.payments),
        *(link(raw, source="given") for raw in told.links),
        *extract(told.text),
    ]
    kept: dict[tuple[IdentifierKind, str], Identifier] = {}
    for one in found:
        if one.value not in own:  # the person's own number and account identify nobody else
            kept.setdefault((one.kind, one.value), one)
    return tuple(kept.values())
