"""The desk of wanted notices: from an identified suspect to publication, tips, and an end in the same scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from stopline.kernel.errors import BadField, NotFound
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind, Run
from stopline.law.measure import Measure
from stopline.law.office import Office
from stopline.law.organisation import Power, Signer, require_power
from stopline.law.stepping import following, states_for
from stopline.syndicates import notices
from stopline.syndicates.notices import Notice, NoticeState, Suspect, Tip, TipContact, TipKind, TipState

Body = Mapping[str, object]
_SOURCES = ("evidence", "partner_reply", "bank_answer")
_LONGEST_TIP = 2_000
_WAITS = ("drafted", "reviewed", "approved")


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """Everything that happens to suspects' notices and the tips on them."""

    office: Office

    # -- doors

    def public_notices(self, ledger: Ledger) -> list[dict[str, object]]:
        """Return the notices whose measure binds at this moment, with the least that they need."""
        shown = ledger.find(Notice, state=notices.PUBLIC, newest_first=True)
        return [notices.public_view(one) for one in shown if ledger.get(Measure, one.measure_id).binding]

    def tip(self, ledger: Ledger, body: Body) -> str:
        """Take a tip and return its id; who gave it is kept apart. Raises NotFound, BadField."""
        notice = ledger.maybe(Notice, str(body.get("notice_id", "")))
        if notice is None or notice.state.value not in notices.PUBLIC:
            raise NotFound(kind="notice", id=str(body.get("notice_id", ""))[:40])
        text = _plain("text", body.get("text"), needed=True)
        kinds = {kind.value for kind in TipKind}
        kind = str(body.get("kind") or TipKind.SIGHTING.value)
        if kind not in kinds:
            raise BadField(field="kind", value=kind, why="one of " + ", ".join(sorted(kinds)))
        tip = Tip(
            id=ledger.new_id(),
            notice_id=notice.id,
            kind=TipKind(kind),
            text=text,
            place=_plain("place", body.get("place"), needed=False)[:200],
            state=TipState.RECEIVED,
            received_at=ledger.at.replace(minute=0, second=0, microsecond=0),
            due_at=ledger.at + notices.ANSWER_WITHIN,
        )
        ledger.save(tip, act="tip.receive")
        contact = _plain("contact", body.get("contact"), needed=False)[:200]
        if contact:
            ledger.save(TipContact(id=tip.id, contact=contact), act="tip_contact.keep")
        ledger.publish("tip.received", tip_id=tip.id, notice_id=notice.id, tip=tip.kind.value)
        return tip.id

    # -- reactions

    def measure_changed(self, ledger: Ledger, fact: Fact) -> None:
        """On any fact of a measure: a notice is published while its measure is in force, and no longer."""
        if fact.body.get("measure") != "publish_notice":
            return
        measure = ledger.get(Measure, fact.text("measure_id"))
        for notice in ledger.find(Notice, measure_id=measure.id, state=notices.OPEN):
            self._follow(ledger, notice, measure)

    def person_caught(self, ledger: Ledger, fact: Fact) -> None:
        """On `person.caught` {person, …}: unpublish at once and revoke the measure in the same scope (PR 281)."""
        for notice in ledger.find(Notice, person=str(fact.body.get("person", "")), state=notices.OPEN):
            self._end(ledger, notice, "capture", why=f"caught: {fact.body.get('hit_id', fact.id)}")

    def tick(self, ledger: Ledger) -> None:
        """Say once of each claim of mistaken identity that its answer is overdue."""
        waiting = (TipState.RECEIVED.value, TipState.FOLLOWED.value)
        for tip in ledger.find(Tip, before=("due_at", ledger.at), state=waiting, overdue_at=None):
            if tip.kind is TipKind.MISTAKEN_IDENTITY:
                ledger.save(replace(tip, overdue_at=ledger.at), act="tip.overdue")
                ledger.publish("notice.mistake_overdue", tip_id=tip.id, notice_id=tip.notice_id)

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to suspects, notices and tips."""
        evidence = Field(name="evidence", kind=FieldKind.LONG_TEXT)
        reason = Field(name="reason", kind=FieldKind.LONG_TEXT)
        addition = (Field(name="text_zh", kind=FieldKind.LONG_TEXT), Field(name="text_en", kind=FieldKind.LONG_TEXT))
        power = Power.INVESTIGATE
        return (
            Act(thing="network", name="identify", power=power, run=self._identify, fields=IDENTITY),
            Act(thing="suspect", name=NEW, power=power, run=self._new_suspect, fields=IDENTITY),
            _act("notice", "supplement", power, self._supplement, addition),
            _act("notice", "capture", power, self._capture, (evidence,)),
            _act("notice", "surrender", power, self._surrender, (evidence,)),
            _act("notice", "revoke", Power.REVIEW, self._revoke, (reason,)),
            _act("tip", "follow", power, self._follow_tip, (reason,)),
            _act("tip", "set_aside", power, self._set_aside, (reason,)),
            _act("tip", "uphold", Power.REVIEW, self._uphold, (reason,)),
        )

    def _identify(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self._suspect(ledger, signer, record_id, body)

    def _new_suspect(self, ledger: Ledger, signer: Signer, _record_id: str, body: Body) -> str:
        return self._suspect(ledger, signer, "", body)

    def _suspect(self, ledger: Ledger, signer: Signer, network_id: str, body: Body) -> str:
        """Enter an identity from evidence; a known document number returns the suspect known before."""
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        number = str(body["document_no"]).strip().upper()
        for known in ledger.find(Suspect, document_no=number, limit=1):
            return known.id
        suspect = Suspect(
            id=ledger.new_id(),
            name=str(body["name"]).strip(),
            name_latin=str(body.get("name_latin", "")).strip(),
            aliases=_texts(body.get("aliases")),
            sex=str(body.get("sex", "")),
            birth_on=_day(str(body["birth_on"])),
            document_no=number,
            network_id=network_id,
            case_id=str(body.get("case_id", "")),
            source=str(body.get("source", _SOURCES[0])),
            evidence=_texts(body["evidence"]),
            warrant=str(body["warrant"]).strip(),
            at_large=str(body["at_large"]).strip(),
            identified_by=signer.officer.id,
            identified_at=ledger.at,
        )
        if not suspect.evidence:
            raise BadField(field="evidence", value="[]", why="what shows that this is the person")
        ledger.save(suspect, act="suspect.identify")
        self._draft(ledger, suspect, body)
        ledger.publish(
            "suspect.identified",
            person=suspect.id,
            name=suspect.name,
            name_latin=suspect.name_latin,
            birth_on=suspect.birth_on,
            document_no=suspect.document_no,
            case_id=suspect.case_id,
            evidence=list(suspect.evidence),
            warrant=suspect.warrant,
            urgency=str(body.get("urgency", "")),
            area=str(body.get("area", "")),
        )
        return suspect.id

    def _draft(self, ledger: Ledger, suspect: Suspect, body: Body) -> None:
        area = str(body.get("area", ""))
        facts_zh, facts_en = str(body["facts_zh"]), str(body["facts_en"])
        draft = notices.draft_for(
            suspect, area=area, reason=f"{facts_zh} / {facts_en}", lesser_means=str(body["lesser_means"])
        )
        measure = self.office.draft(ledger, draft)
        notice = Notice(
            id=ledger.new_id(),
            number=f"A{ledger.at:%Y}-{ledger.count(Notice) + 1:04d}",
            state=NoticeState.DRAFTED,
            person=suspect.id,
            name=suspect.name,
            name_latin=suspect.name_latin,
            aliases=suspect.aliases,
            sex=suspect.sex,
            birth_year=suspect.birth_on[:4],
            case_id=suspect.case_id,
            area=area,
            facts_zh=facts_zh,
            facts_en=facts_en,
            reward_minor=int(str(body.get("reward_minor") or 0)),
            currency="CNY",
            measure_id=measure.id,
            drafted_at=ledger.at,
        )
        ledger.save(notice, act="notice.draft")
        ledger.publish("notice.drafted", notice_id=notice.id, measure_id=measure.id)

    def _supplement(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        before = ledger.get(Notice, record_id)
        after = notices.supplemented(before, text_zh=str(body["text_zh"]), text_en=str(body["text_en"]), at=ledger.at)
        ledger.save(after, act="notice.supplement")
        return record_id

    def _capture(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        return self._end(ledger, ledger.get(Notice, record_id), "capture", why=str(body["evidence"]))

    def _surrender(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.INVESTIGATE, at=ledger.at)
        return self._end(ledger, ledger.get(Notice, record_id), "surrender", why=str(body["evidence"]))

    def _revoke(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.REVIEW, at=ledger.at)
        return self._end(ledger, ledger.get(Notice, record_id), "revoke", why=str(body["reason"]))

    def _follow_tip(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self._judge(ledger, signer, record_id, "follow", str(body["reason"])).id

    def _set_aside(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        return self._judge(ledger, signer, record_id, "set_aside", str(body["reason"])).id

    def _uphold(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Find that the notice was mistaken: it is revoked in the same act."""
        require_power(signer, Power.REVIEW, at=ledger.at)
        tip = self._judge(ledger, signer, record_id, "uphold", str(body["reason"]))
        notice = ledger.get(Notice, tip.notice_id)
        if notice.state.value in notices.OPEN:
            self._end(ledger, notice, "revoke", why="mistaken identity")
        return record_id

    def _judge(self, ledger: Ledger, signer: Signer, record_id: str, act: str, reason: str) -> Tip:
        require_power(signer, Power.REVIEW if act == "uphold" else Power.INVESTIGATE, at=ledger.at)
        tip = ledger.get(Tip, record_id)
        state = following(notices.TIP_STEPS, tip.state, act, machine="tip", subject_id=tip.id)
        after = replace(tip, state=state, judged_by=signer.officer.id, judgement=reason)
        ledger.save(after, act=f"tip.{act}", reason=reason)
        return after

    # -- below: what the acts share

    def _follow(self, ledger: Ledger, notice: Notice, measure: Measure) -> None:
        if measure.live:
            if notice.published_at is None:
                after = replace(notices.moved(notice, "publish"), published_at=ledger.at)
                ledger.save(after, act="notice.publish")
                ledger.publish("notice.published", notice_id=notice.id, person=notice.person, area=notice.area)
        elif measure.state.value == "approved" and notice.state is NoticeState.DRAFTED:
            ledger.save(notices.moved(notice, "approve"), act="notice.approve")
        elif measure.ended_at is not None:
            after = notices.ended(notice, "revoke", at=ledger.at, why=measure.ended_why)
            ledger.save(after, act="notice.revoke", reason=after.ended_why)
            ledger.publish("notice.revoked", notice_id=notice.id, person=notice.person)

    def _end(self, ledger: Ledger, notice: Notice, act: str, *, why: str) -> str:
        """End a notice and its measure together: nothing public is left when this transaction commits."""
        after = notices.ended(notice, act, at=ledger.at, why=why)
        ledger.save(after, act=f"notice.{act}", reason=why)
        measure = ledger.get(Measure, notice.measure_id)
        if measure.live:
            self.office.release(ledger, measure, "revoke", why=why)
        elif measure.state.value in _WAITS:
            self.office.release(ledger, measure, "withdraw", why=why)
        ledger.publish("notice.revoked", notice_id=notice.id, person=notice.person, outcome=after.state.value)
        return notice.id


def _act(thing: str, name: str, power: Power, run: Run, fields: Sequence[Field]) -> Act:
    states = states_for(notices.TIP_STEPS, name) if thing == "tip" else states_for(notices.STEPS, name)
    return Act(thing=thing, name=name, power=power, run=run, states=states, fields=tuple(fields))


def _plain(field: str, value: object, *, needed: bool) -> str:
    """Return a text from outside; raises BadField when it is too long, or empty where it is needed."""
    text = "" if value is None else str(value).strip()
    if (needed and not text) or len(text) > _LONGEST_TIP or "\x00" in text:
        raise BadField(field=field, value=text[:40], why=f"1 to {_LONGEST_TIP} characters")
    return text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise BadField(field="birth_on", value=text, why="a full date as in ISO 8601") from None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value if str(one).strip()) if isinstance(value, list | tuple) else ()


IDENTITY = (
    Field(name="name"),
    Field(name="name_latin", required=False),
    Field(name="aliases", kind=FieldKind.LIST, required=False),
    Field(name="sex", kind=FieldKind.CHOICE, choices=("female", "male", "other"), required=False),
    Field(name="birth_on"),
    Field(name="document_no"),
    Field(name="case_id", required=False),
    Field(name="source", kind=FieldKind.CHOICE, choices=_SOURCES, required=False),
    Field(name="evidence", kind=FieldKind.LIST),
    Field(name="warrant"),
    Field(name="at_large", kind=FieldKind.LONG_TEXT),
    Field(name="facts_zh", kind=FieldKind.LONG_TEXT),
    Field(name="facts_en", kind=FieldKind.LONG_TEXT),
    Field(name="lesser_means", kind=FieldKind.LONG_TEXT),
    Field(name="area", required=False),
    Field(name="urgency", kind=FieldKind.LONG_TEXT, required=False),
    Field(name="reward_minor", kind=FieldKind.MONEY, required=False),
)
