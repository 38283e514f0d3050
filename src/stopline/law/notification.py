"""The notification tells the person concerned what was done, why, on what basis, until when, and how to object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from stopline.kernel.errors import NotificationIncomplete
from stopline.law.measure import Measure
from stopline.law.register import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What the person is told; `code` opens the public page without login and carries the appeal.

    A lawful delay (`delay_ground`, `delay_until_at`) puts off the telling, never the appeal, and ends by itself.
    """

    id: str
    code: str
    measure_id: str
    person_ref: str
    parts: dict[str, dict[str, str]]  # language -> part -> text
    made_at: datetime
    due_at: datetime
    delay_ground: str = ""
    delay_until_at: datetime | None = None
    told_at: datetime | None = None
    channel: str = ""
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("code",), ("measure_id",), ("person_ref",))


def compose(measure: Measure, entry: Entry, *, authority_zh: str, authority_en: str) -> dict[str, dict[str, str]]:
    """Return the parts of a notification in zh and en, from the register entry and the measure."""
    until = measure.expires_at.strftime("%Y-%m-%d %H:%M UTC") if measure.expires_at else ""
    amount = f"{(measure.amount_minor or 0) / 100:,.2f} {measure.currency or ''}".strip()
    label = measure.subject_label or measure.subject_ref
    shared = {
        "scope": label,
        "amount": amount,
        "person": measure.person_ref or label,
        "account_name": label,
        "account_number": measure.subject_ref,
        "reference": measure.id,
    }
    basis = f"{entry.law} {entry.article}"
    return {
        "zh": {
            **shared,
            "reason": measure.reason,
            "proceeds": "上述金额产生的孳息一并处理。",
            "rights": "您有权陈述、申辩和申诉。",
            "basis": f"{entry.title.zh}（{basis}）",
            "authority": authority_zh,
            "term": f"至 {until}",
            "remedy": entry.remedy.zh if entry.remedy else "",
            "documents": entry.documents.zh if entry.documents else "",
        },
        "en": {
            **shared,
            "reason": measure.reason,
            "proceeds": "Interest on the amount follows the amount.",
            "rights": "You may be heard, give your own account, and appeal.",
            "basis": f"{entry.title.en} ({basis})",
            "authority": authority_en,
            "term": f"until {until}",
            "remedy": entry.remedy.en if entry.remedy else "",
            "documents": entry.documents.en if entry.documents else "",
        },
    }


def check_complete(notification: Notification, entry: Entry, *, at: datetime) -> None:
    """Refuse a notification that lacks a part the entry requires in either language; raises NotificationIncomplete."""
    missing = [
        f"{part.value} ({language})"
        for language in ("zh", "en")
        for part in entry.notice_parts
        if not notification.parts.get(language, {}).get(part.value, "").strip()
    ]
    if notification.delay_ground and (notification.delay_until_at is None or notification.delay_until_at <= at):
        missing.append("an end of the delay")
    if missing:
        raise NotificationIncomplete(measure=notification.measure_id, missing=", ".join(missing))
