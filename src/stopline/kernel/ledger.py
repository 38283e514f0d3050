"""The port through which the domain reads and writes: one open transaction of the ledger of acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from stopline.kernel.actors import Actor
from stopline.kernel.facts import Fact


class Record(Protocol):
    """A frozen dataclass kept in the ledger: flat columns, and JSON for what is nested."""

    @property
    def id(self) -> str:
        """The record's ULID, or a natural key."""
        ...


R = TypeVar("R", bound=Record)


class Ledger(Protocol):
    """One transaction: all that is saved, published and audited in it happens together or not at all."""

    @property
    def actor(self) -> Actor:
        """Whose hand this transaction is."""
        ...

    @property
    def at(self) -> datetime:
        """The instant of the transaction (UTC); it does not move while it is open."""
        ...

    @property
    def clock_sure(self) -> bool:
        """Whether the clock may ground a new measure."""
        ...

    def new_id(self) -> str:
        """Return a fresh ULID."""
        ...

    def new_reference(self) -> str:
        """Return a fresh unguessable reference."""
        ...

    def get(self, kind: type[R], record_id: str) -> R:
        """Return one record; raises NotFound."""
        ...

    def maybe(self, kind: type[R], record_id: str) -> R | None:
        """Return one record, or None."""
        ...

    def find(  # noqa: PLR0913 - a query has this many independent sides
        self,
        kind: type[R],
        /,
        *,
        before: tuple[str, datetime] | None = None,
        since: tuple[str, datetime] | None = None,
        newest_first: bool = False,
        after: str | None = None,
        where: Mapping[str, object] | None = None,
        limit: int = 10_000,
        **equal: object,
    ) -> list[R]:
        """Return records whose columns equal the values given (a tuple means any of), ordered by id.

        `before=(column, instant)` keeps rows strictly before, `since` rows at or after.
        `after` is the id of the last row seen: the page that follows it in the same order.
        `where` holds further column = value pairs, for names that are only known at run time.
        """
        ...

    def count(self, kind: type[R], /, **equal: object) -> int:
        """Return how many records match."""
        ...

    def save(self, record: Record, *, act: str, reason: str = "") -> None:
        """Insert or replace a record by id and append the audit row of that act."""
        ...

    def save_all(self, records: Sequence[Record], *, act: str, reason: str = "") -> None:
        """Insert many new records of one kind with a single audit row that seals them all."""
        ...

    def note(self, *, act: str, subject_kind: str, subject_id: str, reason: str = "") -> int:
        """Append an audit row for what changes no record, a read or a refusal; returns the row's number."""
        ...

    def publish(self, kind: str, **body: object) -> Fact:
        """Write a fact into the outbox of this transaction."""
        ...
