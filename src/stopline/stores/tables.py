"""SQL tables derived from the record types: flat columns, and JSON text for what is nested."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from operator import attrgetter

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Float, Index, MetaData, Table, Text, UniqueConstraint

from stopline.kernel.clock import instant, micros
from stopline.kernel.ledger import Record

METADATA = MetaData()

FACT = Table(
    "fact",
    METADATA,
    Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("pending", Boolean, nullable=False),
)
Index("fact_pending", FACT.c.pending, FACT.c.ordinal)

DELIVERY = Table(
    "delivery",
    METADATA,
    Column("fact_id", Text, primary_key=True),
    Column("handler", Text, primary_key=True),
    Column("done_at", BigInteger, nullable=True),
    Column("attempts_count", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
)

ACKNOWLEDGED = Table(
    "acknowledged",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("answer", Text, nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    *(
        Column(name, Text, nullable=False)
        for name in (
            "actor_kind",
            "actor_id",
            "session",
            "purpose",
            "act",
            "subject_kind",
            "subject_id",
            "digest",
            "reason",
            "previous",
            "hash",
            "signature",
        )
    ),
)
Index("audit_subject", AUDIT.c.subject_kind, AUDIT.c.subject_id)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Mapper:
    """How one record type becomes a row and comes back."""

    kind: type
    table: Table
    names: tuple[str, ...]
    values: Callable[[object], tuple[object, ...]]
    to_sql: tuple[tuple[int, Callable[[object], object]], ...]  # only of the columns that are held otherwise
    from_sql: tuple[tuple[int, Callable[[object], object]], ...]

    def row(self, record: Record) -> tuple[object, ...]:
        """Return the column values of a record, in the order of `names`."""
        values = list(self.values(record))
        for place, convert in self.to_sql:
            values[place] = convert(values[place])
        return tuple(values)

    def record(self, row: Sequence[object]) -> typing.Any:  # noqa: ANN401 - the type is the mapper's `kind`
        """Return the record of a row of the whole table."""
        values = list(row)
        for place, convert in self.from_sql:
            values[place] = convert(values[place])
        return self.kind(**dict(zip(self.names, values, strict=True)))


def table_name(kind: type) -> str:
    """Return the snake-case name of a record type: WantedNotice -> wanted_notice."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()


@cache
def mapper(kind: type) -> Mapper:
    """Return the mapper of a record type, making its table on first use.

    A type may name `INDEXES` (tuples of columns) and `UNIQUE` (tuples of columns) as class variables.
    """
    hints = typing.get_type_hints(kind)
    fields = [field.name for field in dataclasses.fields(kind)]
    columns, to_sql, from_sql = zip(*(_column(name, hints[name]) for name in fields), strict=True)
    name = table_name(kind)
    unique = [UniqueConstraint(*names, name=f"{name}_{'_'.join(names)}_once") for names in getattr(kind, "UNIQUE", ())]
    table = Table(name, METADATA, *columns, *unique)
    for names in getattr(kind, "INDEXES", ()):
        Index(f"{name}_{'_'.join(names)}", *(table.c[part] for part in names))
    return Mapper(
        kind,
        table,
        tuple(fields),
        attrgetter(*fields) if len(fields) > 1 else lambda record: (getattr(record, fields[0]),),
        tuple((place, convert) for place, convert in enumerate(to_sql) if convert is not _same),
        tuple((place, convert) for place, convert in enumerate(from_sql) if convert is not _same),
    )


def to_column(value: object) -> object:
    """Return a value as a column holds it, for a comparison in a query."""
    if isinstance(value, datetime):
        return micros(value)
    if isinstance(value, Enum):
        return value.value
    return value


_Converter = Callable[[typing.Any], typing.Any]


def _column(
    name: str,
    hint: typing.Any,  # noqa: ANN401 - a type hint has no narrower type
) -> tuple[Column[typing.Any], _Converter, _Converter]:
    inner, optional = _without_none(hint)
    key = name == "id"
    if isinstance(inner, type) and issubclass(inner, Enum):
        held: dict[object, object] = {None: None, **{member: member.value for member in inner}}
        members: dict[object, object] = {None: None, **{member.value: member for member in inner}}
        return Column(name, Text, primary_key=key, nullable=optional), held.__getitem__, members.__getitem__
    if inner is bool:  # SQLite gives back 0 and 1
        back = _bool_or_none if optional else bool
        return Column(name, Boolean, nullable=optional), _same, back
    for kind, sql in ((int, BigInteger), (float, Float), (str, Text)):
        if inner is kind:
            return Column(name, sql, primary_key=key, nullable=optional), _same, _same
    if inner is datetime:
        return (
            Column(name, BigInteger, nullable=optional),
            lambda value: None if value is None else micros(value),
            lambda value: None if value is None else instant(value),
        )
    decode = msgspec.json.Decoder(inner).decode
    return (
        Column(name, Text, nullable=optional),
        lambda value: None if value is None else _JSON.encode(value).decode(),
        lambda value: None if value is None else decode(value),
    )


_JSON = msgspec.json.Encoder()


def _same(value: object) -> object:
    return value


def _bool_or_none(value: object) -> bool | None:
    return None if value is None else bool(value)


def _without_none(hint: typing.Any) -> tuple[typing.Any, bool]:  # noqa: ANN401 - a type hint
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(rest) < len(typing.get_args(hint)) and len(rest) == 1:
            return rest[0], True
    return hint, False
