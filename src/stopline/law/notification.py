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
    delay_ended_at: datetime | None = None
    told_at: datetime | None = None
    channel: str = ""
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("code",),
        ("measure_id",),
        ("person_ref",),
        ("delay_until_at",),
    )

    @property
    def delayed(self) -> bool:
        """Whether the telling still waits for the end of a lawful delay."""
        return bool(self.delay_ground) and self.delay_ended_at is None


def compose(measure: Measure, entry: Entry, *, authority_zh: str, authority_en: str) -> dict[str, dict[str, str]]:
    """Return the parts of a notification in zh and en, from the register entry and the measure."""
    until = measure.expires_at.strftime("%Y-%m-%d %H:%M UTC") if measure.expires_at else ""
    amount = _amount(measure.amount_minor, measure.currency)
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
            "term": f"至 {until}" if until else "",
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
            "term": f"until {until}" if until else "",
            "remedy": entry.remedy.en if entry.remedy else "",
            "documents": entry.documents.en if entry.documents else "",
        },
    }


def check_complete(notification: Notification, entry: Entry, *, at: datetime, until: datetime | None = None) -> None:
    """Refuse a notification that lacks a part the entry requires in either language; raises NotificationIncomplete.

    `until` is the measure's expiry: a delay of the telling ends before it.
    """
    missing = [
        f"{part.value} ({language})"
        for language in ("zh", "en")
        for part in entry.notice_parts
        if not notification.parts.get(language, {}).get(part.value, "").strip()
    ]
    missing += _delay_lacks(notification, at=at, until=until)
    if missing:
        raise NotificationIncomplete(measure=notification.measure_id, missing=", ".join(missing))


def _delay_lacks(notification: Notification, *, at: datetime, until: datetime | None) -> list[str]:
    """Return what a delay of the telling lacks: a ground, and an end of its own before the measure's."""
    ends = notification.delay_until_at
    if not notification.delay_ground.strip():
        return ["a ground of the delay"] if ends is not None or notification.delay_ground else []
    if ends is None or ends <= at:
        return ["an end of the delay"]
    return ["an end of the delay before the measure's own"] if until is not None and ends > until else []


def _amount(minor: int | None, currency: str | None) -> str:
    if minor is None or not currency:
        return ""  # an amount that nobody named is a part that lacks
    return f"{minor // 100:,}.{minor % 100:02d} {currency}"
