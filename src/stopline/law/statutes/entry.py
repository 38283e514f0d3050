"""The words of the statute register: what one entry says and how it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """The rank of a unit; a higher one may do what a lower one may."""

    STATION = 1
    COUNTY = 2
    PREFECTURE = 3
    PROVINCE = 4
    NATION = 5


class EntryKind(StrEnum):
    """What an entry is: only a measure can be imposed on somebody."""

    MEASURE = "measure"
    DUTY = "duty"
    RIGHT = "right"
    PROCEDURE = "procedure"
    LIMIT = "limit"


class MeasureKind(StrEnum):
    """What is done to a person, a line or an account."""

    RESTRICT_LINE = "restrict_line"
    RESTRICT_SERVICE = "restrict_service"
    STOP_PAYMENT = "stop_payment"
    HOLD_AMOUNT = "hold_amount"
    FREEZE_AMOUNT = "freeze_amount"
    FREEZE_SECURITIES = "freeze_securities"
    MONITOR_ACCOUNT = "monitor_account"
    RESTRAIN_TRANSFER = "restrain_transfer"
    BORDER_STOP = "border_stop"
    PUBLISH_NOTICE = "publish_notice"
    TRANSFER_PERSON = "transfer_person"


class SubjectKind(StrEnum):
    """On whom or what a measure may lie; an area or a group is never a subject."""

    LINE = "line"
    PERSON = "person"
    ACCOUNT = "account"
    AMOUNT = "amount"
    DEVICE = "device"


class Standing(StrEnum):
    """How the entry was checked; only `verified` was read in the original text."""

    VERIFIED = "verified"
    SECOND_HAND = "second_hand"
    UNVERIFIED = "unverified"
    NOT_FOUND = "not_found"


class NoticePart(StrEnum):
    """A part that a notice to the person concerned, or an order to a bank, must state."""

    REASON = "reason"
    BASIS = "basis"
    AUTHORITY = "authority"
    TERM = "term"
    REMEDY = "remedy"
    DOCUMENTS = "documents"
    PERSON = "person"
    ACCOUNT_NAME = "account_name"
    ACCOUNT_NUMBER = "account_number"
    AMOUNT = "amount"
    SCOPE = "scope"
    PROCEEDS = "proceeds"
    RIGHTS = "rights"
    REFERENCE = "reference"


NOTICE_MINIMUM = frozenset(
    {
        NoticePart.REASON,
        NoticePart.BASIS,
        NoticePart.AUTHORITY,
        NoticePart.TERM,
        NoticePart.REMEDY,
        NoticePart.DOCUMENTS,
    }
)


class AttemptScope(StrEnum):
    """Over what `attempts_max` counts: one subject, or one set of facts about it."""

    SUBJECT = "subject"
    FACTS = "facts"


class Unit(StrEnum):
    """The unit of a legal term."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


_LONGEST_DAYS = {
    Unit.DAYS: 1,
    Unit.WORKING_DAYS: 1,  # a working day is at least a day; only used to order terms roughly
    Unit.MONTHS: 31,
    Unit.YEARS: 366,
}


@dataclass(frozen=True, slots=True)
class Term:
    """A legal length of time, e.g. six months; `law.deadlines.due` turns it into an instant."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        words = self.unit.value.replace("_", " ")
        return f"{self.amount} {words[:-1] if self.amount == 1 else words}"

    @property
    def hours_at_most(self) -> int:
        """The length in hours with the longest months and years, to compare terms by."""
        if self.unit is Unit.HOURS:
            return self.amount
        return self.amount * _LONGEST_DAYS[self.unit] * 24


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in the two languages of the product."""

    zh: str
    en: str

    def __bool__(self) -> bool:
        return bool(self.zh and self.en)


NOTHING = Text(zh="", en="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statute:
    """A law an entry cites; `original` names the file of its text, when it was read."""

    code: str
    title: Text
    in_force_on: str | None
    original: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Words that must stand in an article of the original for the entry to count as verified."""

    law: str
    article: int
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One rule of one law as data: what it permits, who signs, how long, what must be told.

    `None` means that the rule does not arise. Fields named in `house_terms` are a stricter rule
    of the house where the law names no figure or level.
    """

    id: str
    version: str
    jurisdiction: str
    law: str
    article: str
    kind: EntryKind
    title: Text
    summary: Text
    software: Text
    standing: Standing
    source: str
    measure: MeasureKind | None = None
    subjects: frozenset[SubjectKind] = frozenset()
    # who signs
    signatures: int = 0
    separation: bool = False
    executors: int = 1
    approver_level: Level | None = None
    own_area: bool = False
    wider_level: Level | None = None
    review_level: Level | None = None
    lift_level: Level | None = None
    # how long, how often
    min_term: Term | None = None
    max_term: Term | None = None
    total_max: Term | None = None
    major_level: Level | None = None
    major_term: Term | None = None
    major_renewal_term: Term | None = None
    renewals_max: int | None = None
    renewal_term: Term | None = None
    renewal_level: Level | None = None
    attempts_max: int | None = None
    attempts_per: AttemptScope = AttemptScope.SUBJECT
    ratify_within: Term | None = None
    ratify_level: Level | None = None
    runs_from: str | None = None
    # on what ground
    facts_required: tuple[str, ...] = ()
    graded: bool = False
    area_measure: bool = False
    # what must be told, and the way back
    notice_parts: tuple[NoticePart, ...] = ()
    notice_within: Term | None = None
    release_within: Term | None = None
    remedy: Text = NOTHING
    documents: Text = NOTHING
    appeal_decide_within: Term | None = None
    # how we know
    house_terms: tuple[str, ...] = ()
    check: tuple[Check, ...] = ()
    note: Text = NOTHING

    @property
    def reference(self) -> str:
        """The entry and its version, as a measure cites them."""
        return f"{self.id}@{self.version}"

    @property
    def needs_override(self) -> bool:
        """Whether a measure under this entry needs a signed override: its text was not read."""
        return self.standing is not Standing.VERIFIED

    @property
    def house_term(self) -> bool:
        """Whether any figure or level in the entry is the house's own, stricter rule."""
        return bool(self.house_terms)

    @property
    def renewable(self) -> bool:
        """Whether a measure under this entry may be renewed at all."""
        return self.renewal_term is not None
