"""The desk of cases: takes reports, opens and closes cases, proposes series; people decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stopline.cases import case_file, proposals, report
from stopline.cases.case_file import CaseFile, Outcome, Party, PartyRole
from stopline.cases.extraction import IdentifierKind
from stopline.cases.intake import parse
from stopline.cases.opening import UPDATE_WITHIN, case_of, report_of, told
from stopline.cases.report import Report, ReportState
from stopline.cases.series import JoinState, SeriesJoin
from stopline.kernel.errors import NotFound
from stopline.kernel.facts import Fact
from stopline.kernel.ids import reference_key
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act, Field, FieldKind, Run
from stopline.law.organisation import Power, Signer, require_power

Body = Mapping[str, object]
_REASON = Field(name="reason", kind=FieldKind.LONG_TEXT)


@dataclass(frozen=True, slots=True)
class CasesDesk:
    """Everything that happens to a report, a case and a series."""

    # -- doors

    def receive(self, ledger: Ledger, body: Body) -> tuple[Report, str]:
        """Take a report, acknowledge it at once, and return it with the receipt that follows it.

        Raises BadField naming the field. What is taken can never be discarded (ATF art. 27(2)).
        """
        taken = report_of(ledger, parse(body, at=ledger.at))
        ledger.save(taken, act="report.receive")
        proposals.index(ledger, taken, ((one.kind, one.value) for one in taken.identifiers))
        ledger.publish("report.received", **told(taken))
        return taken, taken.receipt

    def status_by_receipt(self, ledger: Ledger, receipt: str) -> dict[str, object]:
        """Return what the reporter may see by the receipt; raises NotFound. No name, text or officer."""
        found = ledger.find(Report, receipt=reference_key(receipt), limit=1)
        if not found:
            raise NotFound(kind="report", id=receipt)
        one = found[0]
        case = ledger.maybe(CaseFile, one.case_id or "")
        return {
            "state": one.state.value,
            "outcome": one.outcome,
            "received_at": one.received_at.isoformat(),
            "acknowledged_at": one.acknowledged_at.isoformat(),
            "answer_due_at": one.answer_due_at.isoformat(),
            "typology": one.typology,
            "case_opened": case is not None,
            "case_state": case.state.value if case else "",
            "refusal_reason": one.refusal_reason if one.state is ReportState.REFUSED else "",
        }

    # -- reactions

    def link_report(self, ledger: Ledger, fact: Fact) -> None:
        """On `report.received`: propose the series that the report may belong to."""
        one = ledger.get(Report, fact.text("report_id"))
        if not ledger.count(SeriesJoin, report_id=one.id):
            proposals.propose(ledger, one)

    def money_path(self, ledger: Ledger, fact: Fact) -> None:
        """On `trace.extended`: the accounts that the money reached are evidence too."""
        one = ledger.maybe(Report, fact.text("report_id"))
        reached = fact.body.get("accounts")
        if one is None or not isinstance(reached, list):
            return
        proposals.index(ledger, one, ((IdentifierKind.MONEY, str(name)) for name in reached))
        proposals.propose(ledger, one)

    # -- timers

    def tick(self, ledger: Ledger) -> None:
        """Say once of each report and case whose answer to the person is overdue."""
        waiting = (ReportState.RECEIVED.value, ReportState.REFUSAL_PROPOSED.value)
        for one in ledger.find(Report, before=("answer_due_at", ledger.at), state=waiting, overdue_at=None):
            ledger.save(replace(one, overdue_at=ledger.at), act="report.overdue")
            ledger.publish("report.overdue", report_id=one.id)
        for case in ledger.find(CaseFile, before=("update_due_at", ledger.at), state=case_file.LIVE, overdue_at=None):
            ledger.save(replace(case, overdue_at=ledger.at), act="case.overdue")
            ledger.publish("case.update_due", case_id=case.id)

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to reports, cases and proposed joins."""
        return (*self._report_acts(), *self._case_acts(), *self._series_acts())

    def _report_acts(self) -> tuple[Act, ...]:
        power, thing, of = Power.INVESTIGATE, "report", report.states_for
        return (
            _act(thing, "accept", power, self._accept, of("accept")),
            _act(thing, "refuse", power, self._refuse, of("refuse"), _REASON),
            _act(thing, "confirm_refusal", power, self._confirm_refusal, of("confirm_refusal")),
            _act(thing, "keep", power, self._keep, of("keep"), _REASON),
            _act(thing, "reconsider", power, self._reconsider, of("reconsider"), _REASON),
            _act(thing, "open", power, self._open, of("open")),
        )

    def _case_acts(self) -> tuple[Act, ...]:
        power, thing, of = Power.INVESTIGATE, "case_file", case_file.states_for
        roles = tuple(role.value for role in PartyRole)
        party = (
            Field(name="person"),
            Field(name="name", required=False),
            Field(name="role", kind=FieldKind.CHOICE, choices=roles),
            Field(name="evidence", kind=FieldKind.LIST, required=False),
        )
        outcomes = tuple(one.value for one in Outcome if one is not Outcome.NONE)
        outcome = Field(name="outcome", kind=FieldKind.CHOICE, choices=outcomes)
        live = case_file.LIVE
        return (
            _act(thing, "add_party", power, self._add_party, live, *party),
            _act(thing, "add_evidence", power, self._add_evidence, live, Field(name="reference")),
            _act(thing, "update_victim", power, self._update_victim, live),
            _act(thing, "propose_close", power, self._propose_close, live, outcome, _REASON),
            _act(thing, "confirm_close", power, self._confirm_close, of("confirm_close")),
            _act(thing, "keep_open", power, self._keep_open, of("keep_open"), _REASON),
            _act(thing, "reopen", power, self._reopen, of("reopen"), _REASON),
        )

    def _series_acts(self) -> tuple[Act, ...]:
        choices = (JoinState.SAME.value, JoinState.DIFFERENT.value, JoinState.UNSURE.value)
        choice = Field(name="choice", kind=FieldKind.CHOICE, choices=choices)
        open_ = (JoinState.PROPOSED.value, JoinState.UNSURE.value, JoinState.UNDONE.value)
        done = (JoinState.SAME.value, JoinState.DIFFERENT.value)
        why = Field(name="reason", kind=FieldKind.LONG_TEXT, required=False)
        thing, power = "series_join", Power.ANALYSE
        return (
            _act(thing, "decide", power, self._decide, open_, choice, why),
            _act(thing, "undo", power, self._undo, done, _REASON),
        )

    # -- below: the acts on reports

    def _accept(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        after = report.moved(ledger.get(Report, record_id), "accept")
        after = replace(after, accepted_by=signer.officer.id, decided_at=ledger.at)
        ledger.save(after, act="report.accept")
        ledger.publish("report.accepted", report_id=record_id)
        return record_id

    def _refuse(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        after = report.refusal_proposed(
            ledger.get(Report, record_id),
            officer_id=signer.officer.id,
            session=signer.session,
            reason=str(body["reason"]),
        )
        ledger.save(after, act="report.refuse", reason=after.refusal_reason)
        return record_id

    def _confirm_refusal(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        before = ledger.get(Report, record_id)
        after = report.refused(before, officer_id=signer.officer.id, session=signer.session, at=ledger.at)
        ledger.save(after, act="report.confirm_refusal", reason=after.refusal_reason)
        ledger.publish("report.refused", report_id=record_id)
        return record_id

    def _keep(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self._step_report(ledger, signer, record_id, "keep", str(body["reason"]))

    def _reconsider(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self._step_report(ledger, signer, record_id, "reconsider", str(body["reason"]))

    def _step_report(self, ledger: Ledger, signer: Signer, record_id: str, act: str, reason: str) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        after = replace(report.moved(ledger.get(Report, record_id), act), outcome="")
        ledger.save(after, act=f"report.{act}", reason=reason)
        ledger.publish("report.accepted", report_id=record_id)
        return record_id

    def _open(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        """Open a case from a report: police must, once they have the report (ATF art. 27(2))."""
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        opened = report.moved(ledger.get(Report, record_id), "open")
        case = case_of(ledger, opened)
        if opened.series_id is not None:
            opened = report.moved(opened, "link")
        ledger.save(case, act="case.open")
        ledger.save(replace(opened, case_id=case.id, decided_at=ledger.at), act="report.open")
        ledger.publish(
            "case.opened",
            case_id=case.id,
            report_id=record_id,
            report_ids=list(case.report_ids),
            lines=list(case.lines),
            accounts=list(case.accounts),
            typology=case.typology,
            district=case.district,
        )
        ledger.publish(
            "case.lines", case_id=case.id, lines=list(case.lines), typology=case.typology, called=opened.phone
        )
        return case.id

    # -- the acts on cases

    def _add_party(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        evidence = body.get("evidence")
        party = Party(
            ref=str(body["person"]),
            name=str(body.get("name", "")),
            roles=(PartyRole(str(body["role"])),),
            evidence=tuple(str(one) for one in evidence) if isinstance(evidence, list) else (),
        )
        after = case_file.with_party(ledger.get(CaseFile, record_id), party)
        ledger.save(after, act="case.add_party")
        return record_id

    def _add_evidence(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        case = ledger.get(CaseFile, record_id)
        evidence = tuple(dict.fromkeys((*case.evidence, str(body["reference"]))))
        ledger.save(replace(case, evidence=evidence), act="case.add_evidence")
        return record_id

    def _update_victim(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        case = ledger.get(CaseFile, record_id)
        after = replace(case, update_due_at=ledger.at + UPDATE_WITHIN, overdue_at=None)
        ledger.save(after, act="case.update_victim")
        return record_id

    def _propose_close(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        after = case_file.closing_proposed(
            ledger.get(CaseFile, record_id),
            outcome=Outcome(str(body["outcome"])),
            reason=str(body["reason"]),
            officer_id=signer.officer.id,
            session=signer.session,
        )
        ledger.save(after, act="case.propose_close", reason=after.closing_reason)
        return record_id

    def _confirm_close(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        after = case_file.closed(
            ledger.get(CaseFile, record_id),
            officer_id=signer.officer.id,
            session=signer.session,
            at=ledger.at,
        )
        ledger.save(after, act="case.close", reason=after.closing_reason)
        for one in ledger.find(Report, id=after.report_ids):
            closed = replace(report.moved(one, "close"), outcome=after.outcome.value)
            ledger.save(closed, act="report.close")
        ledger.publish(
            "case.closed",
            case_id=record_id,
            report_ids=list(after.report_ids),
            outcome=after.outcome.value,
            ground_fell=after.outcome in case_file.GROUNDLESS,
        )
        return record_id

    def _keep_open(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        after = case_file.moved(ledger.get(CaseFile, record_id), "keep_open")
        ledger.save(after, act="case.keep_open", reason=str(body["reason"]))
        return record_id

    def _reopen(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        before = ledger.get(CaseFile, record_id)
        after = replace(
            case_file.moved(before, "reopen"),
            outcome=Outcome.NONE,
            closed_at=None,
            update_due_at=ledger.at + UPDATE_WITHIN,
        )
        ledger.save(after, act="case.reopen", reason=str(body["reason"]))
        for one in ledger.find(Report, id=after.report_ids, state=ReportState.CLOSED.value):
            again = report.moved(one, "reopen")
            again = report.moved(again, "link") if again.series_id else again
            ledger.save(replace(again, outcome=""), act="report.reopen")
        ledger.publish("case.reopened", case_id=record_id)
        return record_id

    # -- the acts on proposed joins

    def _decide(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        choice = JoinState(str(body["choice"]))
        proposals.decide(ledger, record_id, choice, reason=str(body.get("reason", "")))
        return record_id

    def _undo(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        proposals.undo(ledger, record_id, reason=str(body["reason"]))
        return record_id


def _act(thing: str, name: str, power: Power, run: Run, states: tuple[str, ...], *fields: Field) -> Act:
    return Act(thing=thing, name=name, power=power, run=run, states=states, fields=fields)
