"""The ledger of acts on SQL: one transaction holds the records, the audit rows and the facts of an act."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Insert, Select, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from stopline.kernel.actors import Actor
from stopline.kernel.clock import micros
from stopline.kernel.errors import NotFound, StoreError
from stopline.kernel.facts import Fact
from stopline.kernel.ids import Ids
from stopline.kernel.ledger import Record
from stopline.law.audit import GENESIS, AuditEntry, AuditRow, append
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
        row = self.connection.execute(select(of.table).where(of.table.c.id == record_id)).mappings().first()
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
        query = _where(select(of.table), of, {**(where or {}), **equal})
        if before is not None:
            query = query.where(of.table.c[before[0]] < micros(before[1]))
        if since is not None:
            query = query.where(of.table.c[since[0]] >= micros(since[1]))
        if after is not None:
            query = query.where(of.table.c.id < after if newest_first else of.table.c.id > after)
        order = of.table.c.id.desc() if newest_first else of.table.c.id
        rows = self.connection.execute(query.order_by(order).limit(limit)).mappings()
        return [of.record(row) for row in rows]

    def count(self, kind: type[R], /, **equal: object) -> int:
        """Return how many records match."""
        of = mapper(kind)
        query: Select[Any] = select(func.count()).select_from(of.table)
        return int(self.connection.execute(_where(query, of, equal)).scalar_one())

    def save(self, record: Record, *, act: str, reason: str = "") -> None:
        """Insert or replace a record and append its audit row."""
        self._writing()
        of = mapper(type(record))
        self.connection.execute(_upsert(self.connection.dialect.name, of), of.row(record))
        digest = hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()
        self._chain(AuditEntry(act=act, subject_kind=of.table.name, subject_id=record.id, digest=digest, reason=reason))

    def save_all(self, records: Sequence[Record], *, act: str, reason: str = "") -> None:
        """Insert many new records of one kind; a single audit row holds the digest over all of them."""
        if not records:
            return
        self._writing()
        of = mapper(type(records[0]))
        self.connection.execute(insert(of.table), [of.row(record) for record in records])
        digest = hashlib.sha256()
        for record in records:
            digest.update(hashlib.sha256(msgspec.json.encode(record, order="sorted")).digest())
        entry = AuditEntry(
            act=act,
            subject_kind=of.table.name,
            subject_id=f"{records[0].id}..{records[-1].id}",
            digest=digest.hexdigest(),
            reason=reason or f"{len(records)} rows",
        )
        self._chain(entry)

    def note(self, *, act: str, subject_kind: str, subject_id: str, reason: str = "") -> None:
        """Append an audit row for what changes no record."""
        self._chain(AuditEntry(act=act, subject_kind=subject_kind, subject_id=subject_id, reason=reason))

    def publish(self, kind: str, **body: object) -> Fact:
        """Write a fact into the outbox."""
        self._writing()
        fact = Fact(id=self.new_id(), kind=kind, at=self.at, by=self.actor.id, body=body)
        self._facts.append(fact)
        return fact

    def flush(self) -> None:
        """Write what was gathered; the store calls it before it commits."""
        if self._audit:
            self.connection.execute(insert(AUDIT), [_plain(row) for row in self._audit])
        if self._facts:
            newest = int(self.connection.execute(select(func.coalesce(func.max(FACT.c.ordinal), 0))).scalar_one())
            rows = [
                {
                    "ordinal": newest + place,
                    "id": fact.id,
                    "kind": fact.kind,
                    "at": micros(fact.at),
                    "by": fact.by,
                    "body": msgspec.json.encode(fact.body).decode(),
                    "pending": True,
                }
                for place, fact in enumerate(self._facts, start=1)
            ]
            self.connection.execute(insert(FACT), rows)
        self._audit, self._facts = [], []

    def _writing(self) -> None:
        if not self.writable:
            raise StoreError(where="ledger", why="it was opened for reading only", remedy="open an act to write")

    def _chain(self, entry: AuditEntry) -> None:
        self._writing()
        if self._head is None:
            newest = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
            row = self.connection.execute(newest).first()
            self._head = (0, GENESIS) if row is None else (int(row[0]), str(row[1]))
        seq, previous = self._head
        row_ = append(entry, seq=seq + 1, previous=previous, at=self.at, actor=self.actor, key=self.key)
        self._head = (row_.seq, row_.hash)
        self._audit.append(row_)


def _plain(row: AuditRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in AuditRow.__dataclass_fields__}


def _where(query: Select[Any], of: Mapper, equal: dict[str, object]) -> Select[Any]:
    for name, value in equal.items():
        column = of.table.c[name]
        if isinstance(value, tuple):
            query = query.where(column.in_([to_column(part) for part in value]))
        elif value is None:
            query = query.where(column.is_(None))
        else:
            query = query.where(column == to_column(value))
    return query


@cache
def _upsert(dialect: str, of: Mapper) -> Insert:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(of.table)
    changed = {column.name: statement.excluded[column.name] for column in of.table.columns if column.name != "id"}
    return statement.on_conflict_do_update(index_elements=["id"], set_=changed)
