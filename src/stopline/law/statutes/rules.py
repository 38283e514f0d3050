"""What an entry of the register may not say: each rule yields the field and the reason."""

from __future__ import annotations

from collections.abc import Iterator

from stopline.law.statutes.entry import (
    NOTICE_MINIMUM,
    Entry,
    EntryKind,
    Level,
    MeasureKind,
    Standing,
    Statute,
    Term,
)

Contradiction = tuple[str, str]

# LAW: drafter, approver and executor are three people for these kinds (and a freeze of securities).
SEPARATED = frozenset(
    {
        MeasureKind.FREEZE_AMOUNT,
        MeasureKind.FREEZE_SECURITIES,
        MeasureKind.BORDER_STOP,
        MeasureKind.PUBLISH_NOTICE,
        MeasureKind.TRANSFER_PERSON,
    }
)


def contradictions(entry: Entry, law: Statute) -> Iterator[Contradiction]:
    """Yield every field of an entry that contradicts another, or that a measure must have."""
    yield from _standing(entry, law)
    yield from _house(entry)
    yield from _pairs(entry)
    if entry.kind is EntryKind.MEASURE:
        yield from _measure_has(entry)
        yield from _signed(entry)
        yield from _told(entry)
        yield from _bounded(entry)
        yield from _renewed(entry)
    else:
        yield from _not_a_measure(entry)


def _standing(entry: Entry, law: Statute) -> Iterator[Contradiction]:
    if entry.standing is not Standing.VERIFIED:
        if not entry.note:
            yield "note", f"a {entry.standing} entry must say what is not known"
        return
    if law.original is None:
        yield "standing", f"cannot be verified: {law.code} names no original text"
    if not entry.check:
        yield "check", "a verified entry names the words it was checked by"


def _house(entry: Entry) -> Iterator[Contradiction]:
    for field in entry.house_terms:
        if field not in Entry.__dataclass_fields__:
            yield "house_terms", f"{field} is not a field"
        elif getattr(entry, field) in (None, (), 0, False, frozenset()):
            yield "house_terms", f"{field} is named as a house rule but not set"
    if entry.house_terms and not entry.note:
        yield "note", "a house rule must be said as such in a note"


def _pairs(entry: Entry) -> Iterator[Contradiction]:
    for one, other in (
        ("major_level", "major_term"),
        ("ratify_within", "ratify_level"),
        ("renewal_term", "renewal_level"),
    ):
        if (getattr(entry, one) is None) != (getattr(entry, other) is None):
            yield one, f"{one} and {other} go together"
    if entry.major_renewal_term and not entry.major_term:
        yield "major_renewal_term", "a longer renewal without a longer term"
    if entry.wider_level and not entry.own_area:
        yield "wider_level", "names a level for a wider area, but own_area is not set"


def _measure_has(entry: Entry) -> Iterator[Contradiction]:
    for field in ("measure", "approver_level", "lift_level", "max_term", "appeal_decide_within"):
        if getattr(entry, field) is None:
            yield field, "a measure needs it"
    if not entry.subjects:
        yield "subjects", "a measure needs at least one"
    if entry.signatures < 1:
        yield "signatures", "a measure needs at least one human signature"
    if entry.executors < 1:
        yield "executors", "somebody must carry it out"


def _signed(entry: Entry) -> Iterator[Contradiction]:
    approver = entry.approver_level
    if approver is None:
        return
    if entry.lift_level and entry.lift_level > approver:
        yield (
            "lift_level",
            f"{entry.lift_level.name.lower()} stands above the approver: lifting is never harder",
        )
    for field in ("wider_level", "major_level"):
        level: Level | None = getattr(entry, field)
        if level is not None and level < approver:
            yield field, "stands below the ordinary approver"
    if entry.review_level and entry.review_level > approver:
        yield "review_level", "stands above the approver"
    if entry.separation and entry.signatures < 2:
        yield "separation", "drafter and approver are two people, so two signatures"
    if entry.measure in SEPARATED and not entry.separation:
        yield "separation", f"{entry.measure} needs drafter, approver and executor apart"
    if entry.area_measure and approver is not Level.NATION:
        yield "area_measure", "only the national level approves a measure on an area"


def _told(entry: Entry) -> Iterator[Contradiction]:
    missing = sorted(NOTICE_MINIMUM - set(entry.notice_parts))
    if missing:
        yield "notice_parts", f"lacks {', '.join(missing)}"
    for field in ("remedy", "documents"):
        if not getattr(entry, field):
            yield field, "a measure needs it"


def _bounded(entry: Entry) -> Iterator[Contradiction]:
    longest = entry.max_term
    if longest is None:
        return
    if entry.min_term and _longer(entry.min_term, longest):
        yield "min_term", f"{entry.min_term} is longer than max_term {longest}"
    if entry.major_term and _longer(longest, entry.major_term):
        yield "major_term", f"{entry.major_term} is shorter than max_term {longest}"
    if entry.total_max and _longer(entry.major_term or longest, entry.total_max):
        yield "total_max", f"{entry.total_max} is shorter than one term"
    if entry.ratify_within and _longer(entry.ratify_within, longest):
        yield "ratify_within", f"{entry.ratify_within} is longer than max_term {longest}"
    if entry.ratify_level and entry.approver_level and entry.ratify_level <= entry.approver_level:
        yield "ratify_level", "ratifying is done above the level that ordered"
    if entry.attempts_max == 0:
        yield "attempts_max", "none at all would be no measure"


def _renewed(entry: Entry) -> Iterator[Contradiction]:
    if entry.renewal_term is None:
        if entry.renewals_max != 0:
            yield "renewals_max", "without a renewal_term it must be 0"
        return
    if entry.renewals_max == 0:
        yield "renewals_max", "is 0, yet a renewal_term is set"
    if entry.max_term and _longer(entry.renewal_term, entry.max_term):
        yield "renewal_term", f"{entry.renewal_term} is longer than max_term {entry.max_term}"
    if entry.renewal_level and entry.approver_level and entry.renewal_level < entry.approver_level:
        yield "renewal_level", "stands below the approver: renewing is never easier than imposing"
    if entry.major_renewal_term and entry.major_term and _longer(entry.major_renewal_term, entry.major_term):
        yield "major_renewal_term", "is longer than major_term"


def _not_a_measure(entry: Entry) -> Iterator[Contradiction]:
    for field in ("measure", "max_term", "approver_level", "lift_level"):
        if getattr(entry, field) is not None:
            yield field, f"a {entry.kind} imposes nothing"
    if entry.signatures or entry.subjects:
        yield "kind", f"a {entry.kind} has neither signatures nor subjects"


def _longer(one: Term, other: Term) -> bool:
    return one.hours_at_most > other.hours_at_most
