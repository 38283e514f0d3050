"""The store: opens SQLite or PostgreSQL, migrates it, and hands out transactions of the ledger."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from stopline.kernel.actors import Actor
from stopline.kernel.clock import Clock
from stopline.kernel.errors import StoreError, StoreFull, StoreLocked, StoreUnreachable
from stopline.kernel.ids import Ids
from stopline.law.audit import GENESIS, AuditRow
from stopline.stores.keys import signing_key
from stopline.stores.ledger import SqlLedger
from stopline.stores.migrate import migrate
from stopline.stores.tables import AUDIT

_WRITER = 0x570_9115E  # the advisory lock under which all acts of a PostgreSQL ledger are serialised


@dataclass(slots=True)
class Store:
    """The ledger of acts, open. Acts are serialised: one audit chain has one end."""

    engine: Engine
    clock: Clock
    ids: Ids
    key: Ed25519PrivateKey
    lock_file: IO[str] | None = None
    _writer: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def act(self, actor: Actor) -> Iterator[SqlLedger]:
        """Open a transaction for writing; leaving it commits, an exception undoes everything in it."""
        with self._writer, _named_errors(self.engine), self.engine.connect() as connection:
            self._begin(connection)
            try:
                ledger = self._ledger(connection, actor, writable=True)
                yield ledger
                ledger.flush()
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def read(self, actor: Actor) -> Iterator[SqlLedger]:
        """Open a transaction for reading only."""
        with _named_errors(self.engine), self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.execute(text("BEGIN"))
            yield self._ledger(connection, actor, writable=False)
            connection.rollback()

    def audit_rows(self, *, after: int = 0) -> Iterator[AuditRow]:
        """Stream the audit chain from a row on."""
        query = select(AUDIT).where(AUDIT.c.seq > after).order_by(AUDIT.c.seq)
        with _named_errors(self.engine), self.engine.connect() as connection:
            streamed = connection.execution_options(yield_per=2_000)
            for row in streamed.execute(query).mappings():
                yield AuditRow(**row)

    def audit_head(self) -> tuple[int, str]:
        """Return the number and the hash of the newest audit row."""
        query = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
        with _named_errors(self.engine), self.engine.connect() as connection:
            row = connection.execute(query).first()
        return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))

    def close(self) -> None:
        """Close every connection and give the directory free."""
        self.engine.dispose()
        if self.lock_file is not None:
            self.lock_file.close()

    def _begin(self, connection: Connection) -> None:
        if self.engine.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        else:
            connection.execute(select(func.pg_advisory_xact_lock(_WRITER)))

    def _ledger(self, connection: Connection, actor: Actor, *, writable: bool) -> SqlLedger:
        return SqlLedger(
            connection=connection,
            actor=actor,
            at=self.clock.now(),
            clock_sure=self.clock.sure(),
            ids=self.ids,
            key=self.key,
            writable=writable,
        )


def open_store(url: str, folder: Path, *, clock: Clock, ids: Ids) -> Store:
    """Open the ledger at a database URL ("" = SQLite in `folder`), migrating it forward.

    Raises StoreLocked when another process holds the folder, StoreNewer when a newer version wrote the store,
    StoreUnreachable when the database does not answer, StoreFull when the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(where=folder, why=str(error.strerror), remedy="choose another --data folder") from error
    lock = _hold(folder)
    try:
        engine = make_engine(url or f"sqlite:///{folder / 'ledger.db'}")
        with _named_errors(engine):
            migrate(engine)
        key = signing_key(folder / "keys", "audit")
    except BaseException:
        lock.close()
        raise
    return Store(engine=engine, clock=clock, ids=ids, key=key, lock_file=lock)


def make_engine(url: str) -> Engine:
    """Return an engine; SQLite gets WAL, full synchronisation and foreign keys."""
    if url.startswith("postgres"):
        return create_engine(url.replace("postgres://", "postgresql+psycopg://", 1), pool_size=8, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, and mean IMMEDIATE
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _hold(folder: Path) -> IO[str]:
    lock = (folder / "stopline.lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreLocked(
            where=folder, why="another process holds it", remedy="stop that process or choose another --data folder"
        ) from None
    return lock


@contextmanager
def _named_errors(engine: Engine) -> Iterator[None]:
    """Turn what a driver says into an error of ours that says what to do."""
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except (DBAPIError, OperationalError) as error:
        said = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
        low = said.lower()
        if "full" in low or "no space" in low or "disk i/o" in low:
            raise StoreFull(where=where, why=said, remedy="free space and repeat the act") from error
        if "locked" in low or "busy" in low:
            raise StoreLocked(where=where, why=said, remedy="stop the process that holds it") from error
        if "connect" in low or "unable to open" in low or error.connection_invalidated:
            raise StoreUnreachable(where=where, why=said, remedy="start the database or correct its URL") from error
        raise StoreError(where=where, why=said, remedy="see the server's log") from error
    except SQLAlchemyError as error:
        raise StoreError(where=where, why=str(error).splitlines()[0], remedy="correct the setting") from error
