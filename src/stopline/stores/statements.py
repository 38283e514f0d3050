"""Statements that SQLAlchemy writes once for each shape: to write one anew costs more than to run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    Table,
    bindparam,
    false,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import CompilerElement

IS_NULL: Final = -1
EQUALS: Final = -2  # as a number of values: nought or more stand for IN


class Statement(NamedTuple):
    """SQL of one dialect, and the names of its values in the order in which a driver with places wants them."""

    sql: str
    places: tuple[str, ...] | None
    fixed: Mapping[str, object]

    def run(self, connection: Connection, values: Mapping[str, object]) -> CursorResult[Any]:
        """Run it for values by name."""
        whole = {**self.fixed, **values}
        if self.places is None:
            return connection.exec_driver_sql(self.sql, whole)
        return connection.exec_driver_sql(self.sql, tuple(whole[name] for name in self.places))

    def run_rows(self, connection: Connection, names: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
        """Run it for rows whose values stand in the order of `names`."""
        if self.places == names:
            connection.exec_driver_sql(self.sql, list(rows))
            return
        by_name = [dict(zip(names, row, strict=True)) for row in rows]
        if self.places is None:
            connection.exec_driver_sql(self.sql, by_name)
        else:
            connection.exec_driver_sql(self.sql, [tuple(row[name] for name in self.places) for row in by_name])


class Shape(NamedTuple):
    """What a query asks for, without the values."""

    equal: tuple[tuple[str, int], ...] = ()  # column, and IS_NULL, EQUALS or how many values it may have
    before: str | None = None
    since: str | None = None
    after: bool = False
    newest_first: bool = False
    counted: bool = False


@cache
def insertion(dialect: str, table: Table) -> Statement:
    """Return how to insert a row."""
    return _compiled(dialect, insert(table))


@cache
def upsertion(dialect: str, table: Table) -> Statement:
    """Return how to insert a row, or replace the one with its id."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table)
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name != "id"}
    return _compiled(dialect, statement.on_conflict_do_update(index_elements=["id"], set_=changed))


@lru_cache(maxsize=4_096)  # an IN is a shape of its own for each number of values
def selection(dialect: str, table: Table, shape: Shape) -> Statement:
    """Return how to ask; values are named equal_0, equal_1_0 …, before, since, after and limit."""
    conditions = [_condition(table, place, name, many) for place, (name, many) in enumerate(shape.equal)]
    if shape.before is not None:
        conditions.append(table.c[shape.before] < bindparam("before"))
    if shape.since is not None:
        conditions.append(table.c[shape.since] >= bindparam("since"))
    if shape.counted:
        return _compiled(dialect, select(func.count()).select_from(table).where(*conditions))
    if shape.after:
        last: BindParameter[str] = bindparam("after")
        conditions.append(table.c.id < last if shape.newest_first else table.c.id > last)
    order = table.c.id.desc() if shape.newest_first else table.c.id
    limit = bindparam("limit", type_=BigInteger)
    return _compiled(dialect, select(table).where(*conditions).order_by(order).limit(limit))


def _condition(table: Table, place: int, name: str, many: int) -> ColumnElement[bool]:
    column = table.c[name]
    if many == IS_NULL:
        return column.is_(None)
    if many == EQUALS:
        return column == bindparam(f"equal_{place}")
    if not many:
        return false()
    return column.in_([bindparam(f"equal_{place}_{part}", type_=column.type) for part in range(many)])


def _compiled(dialect: str, statement: CompilerElement) -> Statement:
    compiled: Any = statement.compile(dialect=_dialect(dialect))
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return Statement(str(compiled), tuple(compiled.positiontup) if compiled.positional else None, fixed)


@cache
def _dialect(name: str) -> Dialect:
    made: Dialect = (psycopg if name == "postgresql" else pysqlite).dialect()
    return made
