"""The desk where every read of personal data is logged, drawn for justification, and watched for misuse.

A read costs one row of the audit chain; one that is drawn, or that looks oneself or a colleague up, one record more,
in the same transaction. Nobody decides on a read of their own, nor on one that looked them up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from stopline.kernel.errors import BadField, NotYours, SameHand
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind
from stopline.law.organisation import Officer, Power, Signer, require_human, require_power
from stopline.law.reads import (
    ALERT_STEPS,
    SAMPLE_STEPS,
    AlertState,
    Lookup,
    OfficerTie,
    Read,
    ReadAlert,
    ReadSample,
    SampleState,
    TieSort,
    WatchedRead,
    drawn,
    tie_digest,
)
from stopline.law.stepping import following, require_other_hand, states_for

ANSWER_WITHIN: Final = timedelta(days=3)  # house rule: a justification is asked for, and no law names the time
_LONGEST = 4_000
_AT_ONCE = 500  # values a query: both stores bound the parameters of a statement
_WAITING: Final = ("asked", "unanswered")
_REGISTERED: Final = (TieSort.LINE, TieSort.ACCOUNT, TieSort.DOCUMENT, TieSort.NAME)


@dataclass(frozen=True, slots=True)
class ReadDesk:
    """Logs reads. `key` draws them, one in `one_in`, and hides what the register knows of officers."""

    key: bytes
    one_in: int = 100  # one per cent

    def log(self, ledger: Ledger, signer: Signer, read: Read) -> None:
        """Write the audit row of a read, and one record where the lot fell on it or it concerns an officer."""
        about = self._about(ledger, read.values)
        lookup = (Lookup.OWN if signer.officer.id in about else Lookup.COLLEAGUE) if about else None
        reason = "; ".join(part for part in (lookup.value if lookup else "", read.reason) if part)
        seq = ledger.note(act=read.act, subject_kind=read.thing, subject_id=read.thing_id, reason=reason)
        by_lot = drawn(self.key, seq, one_in=self.one_in)
        if not by_lot and lookup is None:
            return
        common = _of_read(ledger, signer, read, seq, by_lot)
        if lookup is None:
            ledger.save(ReadSample(**common, state=SampleState.ASKED), act="read_sample.draw")
            return
        alert = ReadAlert(
            **common,
            state=AlertState.ASKED if by_lot else AlertState.RAISED,
            lookup=lookup,
            about=tuple(sorted(about)),
            known_by=tuple(sorted({sort for sorts in about.values() for sort in sorts})),
            drawn=by_lot,
        )
        ledger.save(alert, act="read_alert.raise", reason=lookup.value)

    def tick(self, ledger: Ledger) -> None:
        """Mark what was not answered in time; it waits on the auditor's page until somebody answers or decides."""
        for sample in ledger.find(ReadSample, before=("due_at", ledger.at), state=SampleState.ASKED):
            lapsed = following(SAMPLE_STEPS, sample.state, "lapse", machine="read_sample", subject_id=sample.id)
            ledger.save(replace(sample, state=lapsed), act="read_sample.lapse", reason="not answered in time")
        for alert in ledger.find(ReadAlert, before=("due_at", ledger.at), state=AlertState.ASKED):
            unanswered = following(ALERT_STEPS, alert.state, "lapse", machine="read_alert", subject_id=alert.id)
            ledger.save(replace(alert, state=unanswered), act="read_alert.lapse", reason="not answered in time")

    def asked_of(self, ledger: Ledger, officer_id: str) -> dict[str, int]:
        """Return how many reads of each kind an officer has still to justify."""
        waiting: dict[str, Any] = {"officer_id": officer_id, "told": True, "state": _WAITING}
        return {"read_sample": ledger.count(ReadSample, **waiting), "read_alert": ledger.count(ReadAlert, **waiting)}

    def for_auditors(self, ledger: Ledger) -> list[tuple[str, str, int]]:
        """Return what waits for an auditor as (kind, state, count): alerts, answers, and what nobody justified."""
        found = [("read_alert", state.value, ledger.count(ReadAlert, state=state)) for state in _ALERTS_WAITING]
        found += [("read_sample", state.value, ledger.count(ReadSample, state=state)) for state in _SAMPLES_WAITING]
        return [row for row in found if row[2]]

    def acts(self) -> tuple[Act, ...]:
        """Return what the reader and the auditor can do, and how the register learns an officer's own lines."""
        answer = (Field(name="justification", kind=FieldKind.LONG_TEXT),)
        remark = (Field(name="remark", kind=FieldKind.LONG_TEXT),)
        sorts = tuple(sort.value for sort in _REGISTERED)
        tie = (Field(name="officer_id"), Field(name="sort", kind=FieldKind.CHOICE, choices=sorts), Field(name="value"))
        sample, alert = "read_sample", "read_alert"
        return (
            _own(sample, _justify_sample, states_for(SAMPLE_STEPS, "justify"), answer),
            _own(alert, _justify_alert, states_for(ALERT_STEPS, "justify"), answer),
            *(
                Act(
                    thing=sample,
                    name=name,
                    power=Power.AUDIT,
                    run=partial(_judge_sample, name),
                    fields=remark,
                    states=states_for(SAMPLE_STEPS, name),
                )
                for name in ("accept", "reject")
            ),
            *(
                Act(
                    thing=alert,
                    name=name,
                    power=Power.AUDIT,
                    run=partial(_judge_alert, name),
                    fields=remark,
                    states=states_for(ALERT_STEPS, name),
                )
                for name in ("ask", "confirm", "dismiss")
            ),
            Act(thing="officer_tie", name=NEW, power=Power.ADMINISTER, run=self._tie, fields=tie),
            Act(thing="officer_tie", name="end", power=Power.ADMINISTER, run=_end_tie),
        )

    # -- below: what the register knows of its officers

    def _about(self, ledger: Ledger, values: frozenset[str]) -> dict[str, set[TieSort]]:
        """Return the officers whom values name: by id, login and name, and by the ties that were registered."""
        found: dict[str, set[TieSort]] = {}
        ordered = sorted(values)
        for start in range(0, len(ordered), _AT_ONCE):
            some = _padded(ordered[start : start + _AT_ONCE])
            for column, sort in (("id", TieSort.ID), ("login", TieSort.LOGIN), ("name", TieSort.NAME)):
                for officer in ledger.find(Officer, where={column: some}):
                    found.setdefault(officer.id, set()).add(sort)
            digests = tuple(tie_digest(self.key, value) for value in some)
            for tie in ledger.find(OfficerTie, digest=digests, ended_at=None):
                found.setdefault(tie.officer_id, set()).add(tie.sort)
        return found

    def _tie(self, ledger: Ledger, signer: Signer, _record_id: str, body: Mapping[str, object]) -> str:
        _require(ledger, signer, Power.ADMINISTER, act=NEW, record_id="officer_tie")
        officer, value = ledger.get(Officer, str(body["officer_id"])), str(body["value"])
        if sum(letter.isalnum() for letter in value) < 2:
            raise BadField(field="value", value=value, why="a number, a document or a name")
        tie = OfficerTie(
            id=ledger.new_id(),
            officer_id=officer.id,
            sort=TieSort(str(body["sort"])),
            digest=tie_digest(self.key, value),
            registered_by=signer.officer.id,
            registered_at=ledger.at,
        )
        ledger.save(tie, act="officer_tie.new")
        return tie.id


_ALERTS_WAITING: Final = (AlertState.RAISED, AlertState.ANSWERED, AlertState.UNANSWERED)
_SAMPLES_WAITING: Final = (SampleState.ANSWERED, SampleState.UNANSWERED)


def _padded(values: list[str]) -> tuple[str, ...]:
    """Return values with the last repeated up to a power of two: a statement is kept for each number of them."""
    return (*values, *values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values)))


def _own(thing: str, run: Any, states: tuple[str, ...], fields: tuple[Field, ...]) -> Act:  # noqa: ANN401 - an Act's run
    """Return the act of answering, which is the reader's alone and needs no power."""
    return Act(thing=thing, name="justify", power=None, owner="officer_id", run=run, fields=fields, states=states)


def _of_read(ledger: Ledger, signer: Signer, read: Read, seq: int, told: bool) -> dict[str, Any]:  # noqa: FBT001 - one caller
    return {
        "id": ledger.new_id(),
        "read_seq": seq,
        "read_act": read.act,
        "thing": read.thing,
        "thing_id": read.thing_id,
        "officer_id": signer.officer.id,
        "read_session": signer.session,
        "purpose": ledger.actor.purpose,
        "read_at": ledger.at,
        "told": told,
        "due_at": ledger.at + ANSWER_WITHIN if told else None,
    }


def _justify_sample(ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object]) -> str:
    sample = ledger.get(ReadSample, record_id)
    after = following(SAMPLE_STEPS, sample.state, "justify", machine="read_sample", subject_id=record_id)
    answered = replace(sample, state=after, **_answer(ledger, signer, sample, body))
    ledger.save(answered, act="read_sample.justify")
    return record_id


def _justify_alert(ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object]) -> str:
    alert = ledger.get(ReadAlert, record_id)
    if not alert.told:  # whoever was not asked does not learn that there is an alert
        raise NotYours(kind="read_alert", id=record_id, who=signer.officer.id)
    after = following(ALERT_STEPS, alert.state, "justify", machine="read_alert", subject_id=record_id)
    answered = replace(alert, state=after, **_answer(ledger, signer, alert, body))
    ledger.save(answered, act="read_alert.justify")
    return record_id


def _answer(ledger: Ledger, signer: Signer, read: WatchedRead, body: Mapping[str, object]) -> dict[str, Any]:
    require_human(ledger.actor, act="justify", subject=read.id)
    if signer.officer.id != read.officer_id:
        raise NotYours(kind="read", id=read.id, who=signer.officer.id)
    return {"justification": _text(body, "justification"), "justified_at": ledger.at}


def _judge_sample(name: str, ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object]) -> str:
    _require(ledger, signer, Power.AUDIT, act=name, record_id=record_id)
    sample = ledger.get(ReadSample, record_id)
    _require_unconcerned(signer, sample, name, ())
    after = following(SAMPLE_STEPS, sample.state, name, machine="read_sample", subject_id=record_id)
    decided = replace(sample, state=after, **_decision(ledger, signer, body))
    ledger.save(decided, act=f"read_sample.{name}", reason=decided.remark[:200])
    return record_id


def _judge_alert(name: str, ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object]) -> str:
    _require(ledger, signer, Power.AUDIT, act=name, record_id=record_id)
    alert = ledger.get(ReadAlert, record_id)
    _require_unconcerned(signer, alert, name, alert.about)
    after = following(ALERT_STEPS, alert.state, name, machine="read_alert", subject_id=record_id)
    decision = _decision(ledger, signer, body)
    if after is AlertState.ASKED:  # a question decides nothing: the reader is told and has the usual time
        decision = {"told": True, "due_at": ledger.at + ANSWER_WITHIN, "remark": decision["remark"]}
    moved = replace(alert, state=after, **decision)
    ledger.save(moved, act=f"read_alert.{name}", reason=moved.remark[:200])
    return record_id


def _require_unconcerned(signer: Signer, read: WatchedRead, act: str, about: tuple[str, ...]) -> None:
    """Refuse the reader, the reader's session, and whoever was looked up; raises SameHand."""
    earlier = {"the read": (read.officer_id, read.read_session)}
    require_other_hand(signer, act=act, subject_id=read.id, earlier=earlier)
    if signer.officer.id in about:
        raise SameHand(act=act, measure=read.id, who=signer.officer.id, earlier="been looked up in it")


def _decision(ledger: Ledger, signer: Signer, body: Mapping[str, object]) -> dict[str, Any]:
    return {
        "decided_by": signer.officer.id,
        "decided_session": signer.session,
        "decided_at": ledger.at,
        "remark": _text(body, "remark"),
    }


def _end_tie(ledger: Ledger, signer: Signer, record_id: str, _body: Mapping[str, object]) -> str:
    _require(ledger, signer, Power.ADMINISTER, act="end", record_id=record_id)
    tie = ledger.get(OfficerTie, record_id)
    require_other_hand(signer, act="end", subject_id=record_id, earlier={"been known by it": (tie.officer_id, "")})
    ended = replace(tie, ended_by=tie.ended_by or signer.officer.id, ended_at=tie.ended_at or ledger.at)
    ledger.save(ended, act="officer_tie.end")
    return record_id


def _require(ledger: Ledger, signer: Signer, power: Power, *, act: str, record_id: str) -> None:
    require_human(ledger.actor, act=act, subject=record_id)
    require_power(signer, power, at=ledger.at)


def _text(body: Mapping[str, object], name: str) -> str:
    text = str(body[name]).strip()
    if not text or len(text) > _LONGEST:
        raise BadField(field=name, value=text[:40], why=f"1 to {_LONGEST} characters")
    return text
