"""The ledger of acts on SQL: one transaction holds the records, the audit rows and the facts of an act."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, CursorResult, func, select

from stopline.kernel.actors import Actor
from stopline.kernel.clock import micros
from stopline.kernel.errors import NotFound, StoreError
from stopline.kernel.facts import Fact
from stopline.kernel.ids import Ids
from stopline.kernel.ledger import Record
from stopline.law.audit import GENESIS, AuditEntry, AuditRow, append
from stopline.stores.statements import EQUALS, IS_NULL, Shape, insertion, selection, upsertion
from stopline.stores.tables import AUDIT, FACT, Mapper, mapper, to_column

R = TypeVar("R", bound=Record)


@dataclass(slots=True)
class SqlLedger:
    """One open transaction; it keeps the port `stopline.kernel.ledger.Ledger`."""

    connection: Connection
    actor: Actor
    at: datetime
    clock_sure: bool
    ids: Ids
    key: Ed25519PrivateKey
    writable: bool = True
    _audit: list[AuditRow] = field(default_factory=list)
    _facts: list[Fact] = field(default_factory=list)
    _head: tuple[int, str] | None = None

    def new_id(self) -> str:
        """Return a fresh ULID."""
        return self.ids.new(self.at)

    def new_reference(self) -> str:
        """Return a fresh unguessable reference."""
        return self.ids.reference()

    def get(self, kind: type[R], record_id: str) -> R:
        """Return one record; raises NotFound."""
        found = self.maybe(kind, record_id)
        if found is None:
            raise NotFound(kind=mapper(kind).table.name, id=record_id)
        return found

    def maybe(self, kind: type[R], record_id: str) -> R | None:
        """Return one record, or None."""
        of = mapper(kind)
        row = self._asked(of, _BY_ID, {"equal_0": record_id, "limit": 1}).first()
        return None if row is None else of.record(row)

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
        """Return the records that match, ordered by id."""
        of = mapper(kind)
        named, values = _equal({**(where or {}), **equal})
        values["limit"] = limit
        if before is not None:
            values["before"] = micros(before[1])
        if since is not None:
            values["since"] = micros(since[1])
        if after is not None:
            values["after"] = after
        shape = Shape(
            equal=named,
            before=before[0] if before is not None else None,
            since=since[0] if since is not None else None,
            after=after is not None,
            newest_first=newest_first,
        )
        return [of.record(row) for row in self._asked(of, shape, values)]

    def count(self, kind: type[R], /, **equal: object) -> int:
        """Return how many records match."""
        named, values = _equal(equal)
        return int(self._asked(mapper(kind), Shape(equal=named, counted=True), values).scalar_one())

    def save(self, record: Record, *, act: str, reason: str = "") -> None:
        """Insert or replace a record and append its audit row."""
        self._writing()
        of = mapper(type(record))
        upsertion(self.connection.dialect.name, of.table).run_rows(self.connection, of.names, [of.row(record)])
        digest = hashlib.sha256(_SORTED.encode(record)).hexdigest()
        self._chain(AuditEntry(act=act, subject_kind=of.table.name, subject_id=record.id, digest=digest, reason=reason))

    def save_all(self, records: Sequence[Record], *, act: str, reason: str = "") -> None:
        """Insert many new records of one kind; a single audit row holds the digest over all of them."""
        if not records:
            return
        self._writing()
        of = mapper(type(records[0]))
        rows = [of.row(record) for record in records]
        insertion(self.connection.dialect.name, of.table).run_rows(self.connection, of.names, rows)
        digest = hashlib.sha256()
        for record in records:
            digest.update(hashlib.sha256(_SORTED.encode(record)).digest())
        entry = AuditEntry(
            act=act,
            subject_kind=of.table.name,
            subject_id=f"{records[0].id}..{records[-1].id}",
            digest=digest.hexdigest(),
            reason=reason or f"{len(records)} rows",
        )
        self._chain(entry)

    def note(self, *, act: str, subject_kind: str, subject_id: str, reason: str = "") -> int:
        """Append an audit row for what changes no record; returns its number."""
        return self._chain(AuditEntry(act=act, subject_kind=subject_kind, subject_id=subject_id, reason=reason))

    def publish(self, kind: str, **body: object) -> Fact:
        """Write a fact into the outbox."""
        self._writing()
        fact = Fact(id=self.new_id(), kind=kind, at=self.at, by=self.actor.id, body=body)
        self._facts.append(fact)
        return fact

    def flush(self) -> None:
        """Write what was gathered; the store calls it before it commits."""
        if self._audit:
            insertion(self.connection.dialect.name, AUDIT).run_rows(
                self.connection, _AUDIT_NAMES, [_plain(row) for row in self._audit]
            )
        if self._facts:
            newest = int(self.connection.execute(_NEWEST_FACT).scalar_one())
            rows: list[tuple[object, ...]] = [
                (newest + place, fact.id, fact.kind, micros(fact.at), fact.by, _JSON.encode(fact.body).decode(), True)
                for place, fact in enumerate(self._facts, start=1)
            ]
            insertion(self.connection.dialect.name, FACT).run_rows(self.connection, _FACT_NAMES, rows)
        self._audit, self._facts = [], []

    def _writing(self) -> None:
        if not self.writable:
            raise StoreError(where="ledger", why="it was opened for reading only", remedy="open an act to write")

    def _chain(self, entry: AuditEntry) -> int:
        self._writing()
        if self._head is None:
            row = self.connection.execute(_NEWEST_AUDIT).first()
            self._head = (0, GENESIS) if row is None else (int(row[0]), str(row[1]))
        seq, previous = self._head
        row_ = append(entry, seq=seq + 1, previous=previous, at=self.at, actor=self.actor, key=self.key)
        self._head = (row_.seq, row_.hash)
        self._audit.append(row_)
        return row_.seq

    def _asked(self, of: Mapper, shape: Shape, values: dict[str, object]) -> CursorResult[Any]:
        return selection(self.connection.dialect.name, of.table, shape).run(self.connection, values)


_BY_ID = Shape(equal=(("id", EQUALS),))
_AUDIT_NAMES = tuple(AuditRow.__dataclass_fields__)
_NEWEST_AUDIT = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
_NEWEST_FACT = select(func.coalesce(func.max(FACT.c.ordinal), 0))
_FACT_NAMES = ("ordinal", "id", "kind", "at", "by", "body", "pending")
_JSON = msgspec.json.Encoder()
_SORTED = msgspec.json.Encoder(order="sorted")
_plain = attrgetter(*_AUDIT_NAMES)


def _equal(equal: Mapping[str, object]) -> tuple[tuple[tuple[str, int], ...], dict[str, object]]:
    """Return the shape of what must be equal, and its values by name."""
    shape, values = [], {}
    for place, (name, value) in enumerate(equal.items()):
        if isinstance(value, tuple):
            shape.append((name, len(value)))
            values.update({f"equal_{place}_{part}": to_column(one) for part, one in enumerate(value)})
        elif value is None:
            shape.append((name, IS_NULL))
        else:
            shape.append((name, EQUALS))
            values[f"equal_{place}"] = to_column(value)
    return tuple(shape), values
