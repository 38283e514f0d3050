"""A wanted notice: published while its measure is in force, never a moment longer, and with the least it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from stopline.kernel.errors import BadField
from stopline.law.measure import Ground, GroundKind, Subject
from stopline.law.office import Draft
from stopline.law.organisation import Power
from stopline.law.register import SubjectKind
from stopline.law.stepping import following

Columns = tuple[tuple[str, ...], ...]
ENTRY = "CN.PR.274"
ANSWER_WITHIN = timedelta(days=3)  # somebody who says "that is me, and you are mistaken" is answered by then

PRESUMPTION = {
    "zh": "被通缉人在人民法院依法判决以前，不得被确定有罪。请勿自行抓捕，请向公安机关提供线索。",
    "en": "Nobody is guilty before a court has said so. Do not act yourself: tell the police what you know.",
}


class NoticeState(StrEnum):
    """Where a notice stands; the last three are its ends."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUPPLEMENTED = "supplemented"
    CAPTURED = "captured"
    SURRENDERED = "surrendered"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A person whom an investigator identified from evidence, under the id by which every other part names them."""

    INDEXES: ClassVar[Columns] = (("document_no",), ("network_id",), ("case_id",))

    id: str
    name: str
    name_latin: str
    aliases: tuple[str, ...]
    sex: str
    birth_on: str
    document_no: str
    network_id: str
    case_id: str
    source: str
    evidence: tuple[str, ...]
    warrant: str
    at_large: str
    identified_by: str
    identified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """What was added to a published notice; it cites the number and date of what it adds to (PR 276)."""

    cites: str
    text_zh: str
    text_en: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice. It holds no identity number and no address; those stay with the suspect's own record."""

    INDEXES: ClassVar[Columns] = (("state",), ("measure_id",), ("person",), ("number",))

    id: str
    number: str
    state: NoticeState
    person: str
    name: str
    name_latin: str
    aliases: tuple[str, ...]
    sex: str
    birth_year: str
    case_id: str
    area: str
    facts_zh: str
    facts_en: str
    reward_minor: int
    currency: str
    measure_id: str
    drafted_at: datetime
    published_at: datetime | None = None
    supplements: tuple[Supplement, ...] = ()
    ended_at: datetime | None = None
    ended_why: str = ""


class TipKind(StrEnum):
    """What a tip says; the last is the channel of somebody who is taken for another."""

    SIGHTING = "sighting"
    INFORMATION = "information"
    MISTAKEN_IDENTITY = "mistaken_identity"


class TipState(StrEnum):
    """What became of a tip."""

    RECEIVED = "received"
    FOLLOWED = "followed"
    SET_ASIDE = "set_aside"
    UPHELD = "upheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """What somebody said on a notice: text and place only, and the hour, not the minute, it came."""

    INDEXES: ClassVar[Columns] = (("notice_id",), ("state", "due_at"))

    id: str
    notice_id: str
    kind: TipKind
    text: str
    place: str
    state: TipState
    received_at: datetime
    due_at: datetime
    judged_by: str = ""
    judgement: str = ""
    overdue_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TipContact:
    """How to reach whoever gave a tip, kept apart from it: investigators read tips, and auditors alone read this."""

    READ_POWER: ClassVar[Power] = Power.AUDIT

    id: str
    contact: str


_N = NoticeState
STEPS: Final[dict[tuple[NoticeState, str], NoticeState]] = {
    (_N.DRAFTED, "approve"): _N.APPROVED,
    **{(state, "publish"): _N.PUBLISHED for state in (_N.DRAFTED, _N.APPROVED)},
    **{(state, "supplement"): _N.SUPPLEMENTED for state in (_N.PUBLISHED, _N.SUPPLEMENTED)},
    **{(state, "capture"): _N.CAPTURED for state in (_N.DRAFTED, _N.APPROVED, _N.PUBLISHED, _N.SUPPLEMENTED)},
    **{(state, "surrender"): _N.SURRENDERED for state in (_N.DRAFTED, _N.APPROVED, _N.PUBLISHED, _N.SUPPLEMENTED)},
    **{(state, "revoke"): _N.REVOKED for state in (_N.DRAFTED, _N.APPROVED, _N.PUBLISHED, _N.SUPPLEMENTED)},
}
PUBLIC = (_N.PUBLISHED.value, _N.SUPPLEMENTED.value)
OPEN = (_N.DRAFTED.value, _N.APPROVED.value, *PUBLIC)

_T = TipState
TIP_STEPS: Final[dict[tuple[TipState, str], TipState]] = {
    (_T.RECEIVED, "follow"): _T.FOLLOWED,
    (_T.RECEIVED, "set_aside"): _T.SET_ASIDE,
    (_T.FOLLOWED, "set_aside"): _T.SET_ASIDE,
    (_T.RECEIVED, "uphold"): _T.UPHELD,
    (_T.FOLLOWED, "uphold"): _T.UPHELD,
}


def moved(notice: Notice, act: str) -> Notice:
    """Return the notice after one step; raises WrongState."""
    state = following(STEPS, notice.state, act, machine="notice", subject_id=notice.id)
    return replace(notice, state=state)


def ended(notice: Notice, act: str, *, at: datetime, why: str) -> Notice:
    """Return the notice captured, surrendered or revoked."""
    return replace(moved(notice, act), ended_at=at, ended_why=why)


def supplemented(notice: Notice, *, text_zh: str, text_en: str, at: datetime) -> Notice:
    """Return the notice with an addition that cites its number and date; raises BadField when a language lacks."""
    if not text_zh.strip() or not text_en.strip():
        raise BadField(field="text", value=text_zh or text_en, why="in both languages")
    cites = f"{notice.number}, {notice.published_at:%Y-%m-%d}" if notice.published_at else notice.number
    addition = Supplement(cites=cites, text_zh=text_zh.strip(), text_en=text_en.strip(), at=at)
    return replace(moved(notice, "supplement"), supplements=(*notice.supplements, addition))


def public_view(notice: Notice) -> dict[str, object]:
    """Return what anybody may see: no identity number, no day of birth, no address, no case, no officer."""
    return {
        "id": notice.id,
        "number": notice.number,
        "name": notice.name,
        "name_latin": notice.name_latin,
        "aliases": list(notice.aliases),
        "sex": notice.sex,
        "birth_year": notice.birth_year,
        "facts_zh": notice.facts_zh,
        "facts_en": notice.facts_en,
        "supplements": [
            {"cites": one.cites, "text_zh": one.text_zh, "text_en": one.text_en} for one in notice.supplements
        ],
        "reward_minor": notice.reward_minor,
        "currency": notice.currency,
        "published_at": notice.published_at,
        "presumption_zh": PRESUMPTION["zh"],
        "presumption_en": PRESUMPTION["en"],
    }


def draft_for(suspect: Suspect, *, area: str, reason: str, lesser_means: str) -> Draft:
    """Return the measure that a notice stands on: arrest is required and the person is at large, each with evidence."""
    return Draft(
        entry_id=ENTRY,
        subject=Subject(kind=SubjectKind.PERSON, ref=suspect.id, label=suspect.name, area=area, person_ref=suspect.id),
        reason=reason,
        grounds=(
            Ground(kind="arrest_required", ref=suspect.warrant),
            Ground(kind="fugitive", ref=suspect.at_large),
            *(Ground(kind=GroundKind.DOCUMENT.value, ref=ref) for ref in suspect.evidence[:20]),
        ),
        lesser_means=lesser_means,
        case_id=suspect.case_id or None,
        facts_key=f"suspect:{suspect.id}",
    )
