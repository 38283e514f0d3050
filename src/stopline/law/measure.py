"""The measure: one lawful, signed, time-limited, appealable act, and the guards on each of its steps.

Everything here is pure: a step takes a measure and what the step needs, and returns the next measure or raises.
`office.py` loads, applies and saves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stopline.kernel.errors import (
    BadField,
    EntryNotVerified,
    ExecutorMissing,
    FactsMissing,
    GroundForbidden,
    GroundsInsufficient,
    LesserMeansUntried,
    RenewalsSpent,
    SameHand,
    TermOutOfBounds,
)
from stopline.law.deadlines import Calendar, due
from stopline.law.machines import Machine, MeasureState, ended, step
from stopline.law.register import Entry, Level, MeasureKind, Register, SubjectKind


class GroundKind(StrEnum):
    """What a measure may rest on, beside the facts that a register entry names.

    There is no member for origin, ethnicity, belief, age or a place of living.
    """

    REPORT = "report"
    STATEMENT = "statement"
    TRANSFER = "transfer"
    VERDICTS = "verdicts"
    DOCUMENT = "document"
    WARRANT = "warrant"
    OBSERVATION = "observation"
    SECOND_DATUM = "second_datum"
    PHOTO_CONFIRMED = "photo_confirmed"
    BANK_MATCH = "bank_match"
    HUMAN_DECISION = "human_decision"
    NAME_MATCH = "name_match"
    MACHINE_SCORE = "machine_score"
    RANK = "rank"


# These may stand beside others and never alone: LAW safeguards 17, 19 and 25 (PIPL art. 24).
WEAK_GROUNDS = frozenset({GroundKind.NAME_MATCH.value, GroundKind.MACHINE_SCORE.value, GroundKind.RANK.value})
_PREDICATE = frozenset("*?%=<>|")  # a subject is one thing, never a pattern or a condition that many meet


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One ground: a `GroundKind` or a fact of the register, the evidence it points to, and a line for the reader."""

    kind: str
    ref: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """To whom or what it is done; `label` is what a screen may show, `holder` the institution that must act."""

    kind: SubjectKind
    ref: str
    label: str = ""
    holder: str = ""
    area: str = ""
    person_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One act of the centre against a person, a line or an account."""

    id: str
    kind: MeasureKind
    entry_id: str
    entry_version: str
    state: MeasureState
    subject_kind: SubjectKind
    subject_ref: str
    subject_label: str
    holder: str
    area: str
    person_ref: str
    reason: str
    grounds: tuple[Ground, ...]
    lesser_means: str
    case_id: str | None
    amount_minor: int | None
    currency: str | None
    major: bool
    drafted_by: str
    drafted_session: str
    drafted_at: datetime
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("state", "expires_at"),
        ("case_id",),
        ("entry_id", "subject_ref"),
        ("person_ref",),
    )
    reviewed_by: str | None = None
    reviewed_session: str | None = None
    approved_by: str | None = None
    approved_session: str | None = None
    cosigned_by: str | None = None
    cosigned_session: str | None = None
    executed_by: str | None = None
    executed_session: str | None = None
    authorization_id: str | None = None
    override_by: str | None = None
    starts_at: datetime | None = None
    term_from_at: datetime | None = None
    expires_at: datetime | None = None
    ratify_by_at: datetime | None = None
    ratified_by: str | None = None
    renewals_count: int = 0
    suspended: bool = False
    ended_at: datetime | None = None
    ended_why: str = ""
    order_version: int = 0
    facts_key: str = ""

    @property
    def live(self) -> bool:
        """Whether the measure binds anybody now (its effect may still be suspended)."""
        return self.state in (MeasureState.IN_FORCE, MeasureState.RENEWED)

    @property
    def binding(self) -> bool:
        """Whether it binds and its effect is not suspended."""
        return self.live and not self.suspended


def vocabulary(register: Register) -> frozenset[str]:
    """Return every word that may name a ground: the kinds above and the facts that entries of the register require."""
    facts = {fact for entry in register.entries for fact in entry.facts_required}
    return frozenset(facts | {kind.value for kind in GroundKind})


def parse_grounds(rows: Sequence[object], words: frozenset[str]) -> tuple[Ground, ...]:
    """Parse grounds from outside; a kind outside the vocabulary, or another field, raises GroundForbidden."""
    grounds = []
    for row in rows:
        if not isinstance(row, Mapping) or set(row) - {"kind", "ref", "note"} or row.get("kind") not in words:
            raise GroundForbidden(ground=repr(row)[:120])
        grounds.append(Ground(kind=str(row["kind"]), ref=str(row.get("ref", "")), note=str(row.get("note", ""))))
    return tuple(grounds)


def check_words(grounds: Sequence[Ground], words: frozenset[str]) -> None:
    """Refuse a ground that the vocabulary does not hold; raises GroundForbidden."""
    for ground in grounds:
        if ground.kind not in words:
            raise GroundForbidden(ground=ground.kind)


def check_subject(subject: Subject, entry: Entry) -> None:
    """Refuse a subject that is not one line, account or person of a kind the entry names.

    Raises BadField for another kind or an empty reference, GroundForbidden for a pattern or a condition.
    """
    if subject.kind not in entry.subjects:
        kinds = ", ".join(sorted(kind.value for kind in entry.subjects))
        raise BadField(field="subject_kind", value=subject.kind.value, why=f"{entry.id} lies on: {kinds}")
    if not subject.ref.strip():
        raise BadField(field="subject", value=subject.ref, why="one line, account or person is needed")
    if not entry.area_measure and (_PREDICATE & set(subject.ref) or not subject.ref.isprintable()):
        raise GroundForbidden(ground=f"the condition {subject.ref[:60]!r}")


def check_grounds(measure: Measure, entry: Entry) -> None:
    """Refuse a measure whose grounds are weak, unevidenced, or lack the facts that the entry requires."""
    strong = [ground for ground in measure.grounds if ground.kind not in WEAK_GROUNDS and ground.ref]
    if not strong:
        names = ", ".join(sorted({ground.kind for ground in measure.grounds})) or "nothing"
        raise GroundsInsufficient(measure=measure.id, grounds=names)
    present = {ground.kind for ground in measure.grounds if ground.ref}
    missing = [name for name in entry.facts_required if name not in present]
    if missing:
        raise FactsMissing(entry=entry.id, missing=", ".join(missing))
    if entry.graded and not measure.lesser_means.strip():
        raise LesserMeansUntried(entry=entry.id)


def check_hands(measure: Measure, *, act: str, officer_id: str, session: str, separation: bool) -> None:
    """Refuse a step by a hand or a session that took an earlier one; raises SameHand.

    With `separation` drafter, reviewer, approver and executor are all different; without it one officer may
    take the human steps of what the machine prepared, but never approve what the same officer drafted.
    """
    earlier = {
        "drafted it": (measure.drafted_by, measure.drafted_session),
        "reviewed it": (measure.reviewed_by, measure.reviewed_session),
        "approved it": (measure.approved_by, measure.approved_session),
        "co-signed it": (measure.cosigned_by, measure.cosigned_session),
        "executed it": (measure.executed_by, measure.executed_session),
    }
    watched = earlier if separation else {"drafted it": earlier["drafted it"]}
    for what, (hand, at_session) in watched.items():
        if act == "review" and what == "reviewed it":
            continue
        if hand is not None and (hand == officer_id or (session and at_session == session)):
            raise SameHand(act=act, measure=measure.id, who=officer_id, earlier=what)


def check_verified(measure: Measure, entry: Entry, *, standing_override: bool) -> None:
    """Refuse to ground a measure on an unverified entry without a signed override; raises EntryNotVerified."""
    if entry.needs_override and measure.override_by is None and not standing_override:
        raise EntryNotVerified(entry=entry.id, standing=entry.standing.value)


def check_executors(measure: Measure, entry: Entry) -> None:
    """Refuse to carry out alone what the register has carried out by several; raises ExecutorMissing (ACL art. 18)."""
    if entry.executors > 1 and measure.cosigned_by is None:
        raise ExecutorMissing(entry=entry.id, needs=entry.executors, measure=measure.id)


def needed_level(entry: Entry, measure: Measure) -> Level:
    """Return the level that must approve: the entry's, the one for a major case, or for more than the own area."""
    level = entry.approver_level or Level.COUNTY
    if measure.major and entry.major_level is not None:
        level = entry.major_level
    if entry.own_area and entry.wider_level is not None and _level_of(measure.area) > level:
        level = max(level, entry.wider_level)  # PR art. 274: wider than the own area goes to the superior
    return level


def _level_of(area: str) -> Level:
    """Return whose whole area a division code is: two digits a level (GB/T 2260)."""
    match len(area):
        case 0:
            return Level.NATION
        case 1 | 2:
            return Level.PROVINCE
        case 3 | 4:
            return Level.PREFECTURE
        case _:
            return Level.COUNTY


def term_start(entry: Entry, *, at: datetime, event_at: datetime | None) -> datetime:
    """Return from when the term runs: the activation, or the event that the register names.

    An event that a point confirms later is not waited for: counting from the activation is the shorter term.
    Raises FactsMissing when the instant of the event is not given, BadField when it cannot be that instant.
    """
    event = entry.runs_from
    if event is None:
        if event_at is not None:
            raise BadField(field="runs_from_at", value=event_at.isoformat(), why=f"{entry.id} runs from its activation")
        return at
    if event_at is None:
        if event.endswith("_confirmed"):
            return at
        raise FactsMissing(entry=entry.id, missing=f"the instant of {event}")
    if event in entry.facts_required and event_at > at:
        raise BadField(field="runs_from_at", value=event_at.isoformat(), why=f"{event} has not happened yet")
    return event_at


def longest_until(entry: Entry, *, start: datetime, major: bool, calendar: Calendar) -> datetime:
    """Return the latest lawful expiry from an instant; every measure entry has one."""
    term = entry.major_term if major and entry.major_term is not None else entry.max_term
    if term is None:
        raise TermOutOfBounds(until="no term", entry=entry.id, low="-", high="the register names none")
    return due(start, term, calendar)


def set_in_force(
    measure: Measure, entry: Entry, *, at: datetime, until: datetime | None, authorized_to: datetime, calendar: Calendar
) -> Measure:
    """Return the measure in force from `at`; raises TermOutOfBounds when `until` leaves the lawful bounds.

    The term runs from `measure.term_from_at`, or from `at`; it never outlives its authorization.
    """
    start = measure.term_from_at or at
    high = min(longest_until(entry, start=start, major=measure.major, calendar=calendar), authorized_to)
    low = due(start, entry.min_term, calendar) if entry.min_term else at
    until = until or high
    if not low <= until <= high or until <= at:
        raise TermOutOfBounds(until=until.isoformat(), entry=entry.id, low=low.isoformat(), high=high.isoformat())
    ratify_by = due(at, entry.ratify_within, calendar) if entry.ratify_within else None
    return replace(
        measure,
        state=MeasureState(step(Machine.MEASURE, measure.state, "activate", subject_id=measure.id)),
        starts_at=at,
        term_from_at=start,
        expires_at=until,
        ratify_by_at=ratify_by,
        order_version=measure.order_version + 1,
    )


def renew(measure: Measure, entry: Entry, *, at: datetime, until: datetime, calendar: Calendar) -> Measure:
    """Return the measure renewed; raises RenewalsSpent or TermOutOfBounds (counted from the present expiry)."""
    if entry.renewals_max is not None and measure.renewals_count >= entry.renewals_max:
        raise RenewalsSpent(measure=measure.id, count=measure.renewals_count, entry=entry.id)
    start = measure.expires_at or at
    if at >= start:
        raise TermOutOfBounds(until=until.isoformat(), entry=entry.id, low="-", high="it has already lapsed")
    usual = entry.renewal_term or entry.max_term
    term = (entry.major_renewal_term or entry.major_term or usual) if measure.major else usual
    high = due(start, term, calendar) if term is not None else start
    if entry.total_max is not None and measure.term_from_at is not None:
        high = min(high, due(measure.term_from_at, entry.total_max, calendar))
    if not start < until <= high:
        raise TermOutOfBounds(until=until.isoformat(), entry=entry.id, low=start.isoformat(), high=high.isoformat())
    return replace(
        measure,
        state=MeasureState(step(Machine.MEASURE, measure.state, "renew", subject_id=measure.id)),
        expires_at=until,
        renewals_count=measure.renewals_count + 1,
        order_version=measure.order_version + 1,
    )


def end(measure: Measure, act: str, *, at: datetime, why: str) -> Measure:
    """Return the measure ended by lift, revoke, expire or withdraw; enforcement points must then be told."""
    following = MeasureState(step(Machine.MEASURE, measure.state, act, subject_id=measure.id))
    was_ended = ended(Machine.MEASURE, following)
    return replace(
        measure,
        state=following,
        ended_at=at if was_ended else None,
        ended_why=why,
        suspended=False,
        order_version=measure.order_version + 1,
    )


def lapses_at(measure: Measure) -> datetime | None:
    """Return when the measure ends with no human act: its expiry, or its ratification deadline if unratified."""
    if not measure.live or measure.expires_at is None:
        return None
    if measure.ratify_by_at is not None and measure.ratified_by is None:
        return min(measure.expires_at, measure.ratify_by_at)
    return measure.expires_at
