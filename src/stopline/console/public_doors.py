"""What anybody may ask without a login, answered by the desks; the public pages and the public API share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from stopline.cases.extraction import IdentifierKind
from stopline.cases.series import IdentifierUse
from stopline.console.answers import (
    Answer,
    FigureRow,
    LessonCard,
    NoticeCard,
    ProgressAnswer,
    Question,
    ReferenceAnswer,
    VerifyAnswer,
)
from stopline.console.desks import Desks
from stopline.kernel.errors import BadField, NotFound
from stopline.kernel.ids import reference_key
from stopline.kernel.ledger import Ledger
from stopline.kernel.phone import read_number
from stopline.law.appeal import Appeal, AppealChannel
from stopline.law.measure import Measure
from stopline.law.notification import Notification

_OPEN = ("filed", "assigned")
_USES = {
    "number": (),
    "account": (IdentifierKind.ACCOUNT, IdentifierKind.MONEY),
    "link": (IdentifierKind.LINK,),
}


@dataclass(frozen=True, slots=True)
class DeskDoors:
    """What the desks answer to anybody."""

    desks: Desks

    def report(self, ledger: Ledger, body: Mapping[str, object]) -> str:
        """Take a report and return its receipt."""
        return self.desks.cases.receive(ledger, body)[1]

    def report_state(self, ledger: Ledger, receipt: str) -> ProgressAnswer | None:
        """Return where a report stands; nothing of its content."""
        try:
            found = self.desks.cases.status_by_receipt(ledger, receipt)
        except NotFound:
            return None
        return ProgressAnswer(
            state=str(found["state"]),
            filed_at=_instant(found["received_at"]),
            due_at=_instant(found["answer_due_at"]),
            decision=str(found["refusal_reason"]),
        )

    def reference(self, ledger: Ledger, reference: str) -> ReferenceAnswer | None:
        """Return what a block's reference or a notification's code tells; never the other party nor the text."""
        key = reference_key(reference)
        for notification in ledger.find(Notification, code=key, limit=1):
            measure = ledger.get(Measure, notification.measure_id)
            return ReferenceAnswer(
                kind="measure",
                state="suspended" if measure.suspended else measure.state.value,
                parts=notification.parts,
                made_at=notification.made_at,
                until_at=measure.expires_at,
                open_appeal_code=_open_appeal(ledger, measure.id),
            )
        verdict = self.desks.screening.public_view(ledger, key)
        return None if verdict is None else _verdict_answer(verdict, _open_appeal(ledger, key))

    def appeal(self, ledger: Ledger, *, reference: str, statement: str, contact: str) -> str:
        """File an appeal and return its code."""
        return self.file_appeal(ledger, reference=reference, statement=statement, contact=contact).code

    def file_appeal(
        self,
        ledger: Ledger,
        *,
        reference: str,
        statement: str,
        contact: str,
        channel: AppealChannel = AppealChannel.NOTICE_CODE,
    ) -> Appeal:
        """File an appeal by any of its channels."""
        return self.desks.appeals.file(
            ledger, reference=reference_key(reference), statement=statement, contact=contact, channel=channel
        )

    def appeal_state(self, ledger: Ledger, code: str) -> ProgressAnswer | None:
        """Return where an appeal stands."""
        try:
            found = self.desks.appeals.by_code(ledger, reference_key(code))
        except NotFound:
            return None
        return ProgressAnswer(
            state=found.state.value,
            filed_at=found.filed_at,
            due_at=found.due_at,
            decided_at=found.decided_at,
            decision=found.decision,
        )

    def check(self, ledger: Ledger, kind: str, value: str) -> Answer:
        """Say what is known; nothing is kept of the query, and there is no answer that says "safe"."""
        if kind not in _USES or not value.strip() or len(value) > 300:
            why = "kind is number, account or link, and a value of 1 to 300 characters"
            raise BadField(field="value", value=f"{kind}={value[:40]}", why=why)
        sought = value.strip()
        if kind == "number":
            return Answer(self.desks.screening.public_state(ledger, read_number(sought).normalised).value)
        for sort in _USES[kind]:
            if ledger.count(IdentifierUse, sort=sort, value=sought):
                return Answer.REPORTED
        return Answer.UNKNOWN

    def notices(self, ledger: Ledger) -> Sequence[NoticeCard]:
        """Return the wanted notices in force."""
        return msgspec.convert(self.desks.syndicates.public_notices(ledger), list[NoticeCard])

    def tip(self, ledger: Ledger, *, notice_id: str, text: str, place: str, contact: str) -> None:
        """Take a tip on a notice."""
        self.desks.syndicates.tip(ledger, {"notice_id": notice_id, "text": text, "place": place, "contact": contact})

    def lessons(self, ledger: Ledger, district: str) -> Sequence[LessonCard]:
        """Return the lessons that are live in a district."""
        return [_lesson(row) for row in self.desks.dissuasion.lessons(ledger, district)]

    def quiz(self, ledger: Ledger, *, lesson_id: str, answers: Mapping[str, int], phase: str) -> tuple[int, int]:
        """Count one person's answers."""
        ordered = [answers.get(str(place), -1) for place in range(len(answers))]
        scored = self.desks.dissuasion.quiz(ledger, lesson_id, ordered, before_after=phase)
        return int(str(scored["right"])), int(str(scored["of"]))

    def bulletin(self, ledger: Ledger) -> Sequence[FigureRow]:
        """Return the figures of the newest released edition."""
        return msgspec.convert(self.desks.bulletin.latest(ledger), list[FigureRow])

    def verify(self, ledger: Ledger, code: str) -> VerifyAnswer | None:
        """Say whether a warning's or a visit's code is the centre's own."""
        found = self.desks.dissuasion.verify(ledger, code)
        if found["answer"] != "official":
            return None
        what = _WHAT[str(found["kind"])]
        place = str(found.get("district", ""))
        return VerifyAnswer(unit={"zh": place, "en": place}, what=what, at=ledger.at)


_WHAT = {
    "visit": {"zh": "上门见面劝阻", "en": "a visit by an officer of the station"},
    "warning": {"zh": "反诈预警", "en": "a warning from the centre"},
}


def _open_appeal(ledger: Ledger, target_id: str) -> str:
    found = ledger.find(Appeal, target_id=target_id, state=_OPEN, limit=1)
    return found[0].code if found else ""


def _verdict_answer(view: Mapping[str, object], open_code: str) -> ReferenceAnswer:
    parts: dict[str, dict[str, str]] = {"zh": {}, "en": {}}
    reasons: Any = view["reasons"]
    for language, words in parts.items():
        for name in ("reason", "basis", "remedy"):
            told = [str(row[name][language]) for row in reasons]
            words[name] = "\n".join(dict.fromkeys(told))
    return ReferenceAnswer(
        kind="verdict",
        state="released" if view["snoozed"] else str(view["verdict"]).lower(),
        parts=parts,
        made_at=_instant(view["at"]),
        until_at=_instant(view["expires_at"]),
        open_appeal_code=open_code,
    )


def _lesson(row: Mapping[str, object]) -> LessonCard:
    quiz: Any = row["quiz"]
    questions = [
        Question(
            id=str(place),
            text={"zh": ask["ask_zh"], "en": ask["ask_en"]},
            choices={"zh": ask["choices_zh"], "en": ask["choices_en"]},
        )
        for place, ask in enumerate(quiz)
    ]
    title = {"zh": str(row["typology"]), "en": str(row["typology"]).replace("_", " ")}
    return LessonCard(
        id=str(row["id"]),
        title=title,
        body={"zh": str(row["text_zh"]), "en": str(row["text_en"])},
        questions=questions,
    )


def _instant(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
