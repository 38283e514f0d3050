"""What the desk of funds keeps: payments as told, traces, holds on amounts, recovery figures, channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stopline.funds.tracing import Claim, Edge, Sunk

Columns = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment as somebody told it; append-only. `told_by` is a bank's code, or `report:` and its id."""

    INDEXES: ClassVar[Columns] = (("source",), ("target",))
    UNIQUE: ClassVar[Columns] = (("told_by", "reference"),)

    id: str
    reference: str
    told_by: str
    by_bank: bool
    told_at: datetime
    at: datetime
    sequence: int
    source: str
    source_bank: str
    target: str
    target_bank: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The newest balance a bank told of an account; the id is `bank:account`."""

    INDEXES: ClassVar[Columns] = (("account",),)

    id: str
    account: str
    bank: str
    balance_minor: int | None
    as_of_at: datetime


class TraceState(StrEnum):
    """Whether the money is still followed."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The way of one report's money; the id is the report's. Amounts in minor units of `currency`.

    claims + sunk + dropped + returned = loss, at every moment and to the last unit.
    """

    INDEXES: ClassVar[Columns] = (("state",), ("case_id",))

    id: str
    report_id: str
    case_id: str | None
    district: str
    rule: str
    state: TraceState
    currency: str
    reported_minor: int
    loss_minor: int
    claims: tuple[Claim, ...]
    edges: tuple[Edge, ...]
    sunk: tuple[Sunk, ...]
    dropped_minor: int
    returned_minor: int
    frontier: tuple[str, ...]
    reported_at: datetime
    watermark_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedAccount:
    """An account that one report's money reached; the id is `report:account`."""

    INDEXES: ClassVar[Columns] = (("account",), ("report_id",))

    id: str
    report_id: str
    account: str
    bank: str
    tier: int
    claimed_minor: int
    most_minor: int
    reached_at: datetime
    attempts_spent: bool = False
    spared_minor: int = 0
    spared_reason: str = ""


class HoldSort(StrEnum):
    """The two legal acts on an amount."""

    STOP = "stop"
    FREEZE = "freeze"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One drafted stop or freeze for one report in one account; the id is the measure's.

    `applied_minor` is what banks said they hold; `over_minor` is what the trace no longer claims of it.
    """

    INDEXES: ClassVar[Columns] = (("report_id", "account"), ("account",), ("ended_at",))

    id: str
    sort: HoldSort
    report_id: str
    account: str
    bank: str
    tier: int
    amount_minor: int
    currency: str
    drafted_at: datetime
    follows: str = ""
    in_force_at: datetime | None = None
    applied_minor: int = 0
    first_applied_at: datetime | None = None
    answer: str = ""
    over_minor: int = 0
    unrelated_at: datetime | None = None
    freeze_id: str = ""
    ended_at: datetime | None = None
    released_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What came of one report's money; the id is the report's. The figures are never merged into one sum.

    `kept_minor` is what stayed free in the accounts that hold some: a hold takes an amount, not an account.
    """

    id: str
    currency: str
    reported_minor: int
    traced_minor: int
    stopped_minor: int
    frozen_minor: int
    released_minor: int
    returned_minor: int
    cash_minor: int
    abroad_minor: int
    unknown_minor: int
    unheld_minor: int
    kept_minor: int
    reported_at: datetime
    first_stop_at: datetime | None
    minutes_count: int | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An account in which many reports' money meets: evidence for an officer, not a measure. Id: the account."""

    id: str
    bank: str
    report_ids: tuple[str, ...]
    case_ids: tuple[str, ...]
    amount_minor: int
    currency: str
    suspected_at: datetime
    said_count: int
