"""The store: opens SQLite or PostgreSQL, migrates it, and hands out transactions of the ledger."""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from stopline.kernel.actors import Actor
from stopline.kernel.clock import Clock, micros
from stopline.kernel.errors import BadField, StoreError, StoreFull, StoreLocked, StoreUnreachable
from stopline.kernel.ids import Ids
from stopline.law.audit import GENESIS, AuditRow, signed_by
from stopline.stores.keys import signing_key
from stopline.stores.ledger import SqlLedger
from stopline.stores.migrate import WRITER, migrate
from stopline.stores.tables import ACKNOWLEDGED, AUDIT

_WAL_PAGES = 8_000  # 32 MB: an index page that many acts touch is carried over to the database once for them all
_WAIT_S = 10  # for another process to finish its act, on either back-end


@dataclass(slots=True)
class Store:
    """The ledger of acts, open. Acts are serialised: one audit chain has one end."""

    engine: Engine
    clock: Clock
    ids: Ids
    key: Ed25519PrivateKey
    lock_file: IO[str] | None = None
    _writer: threading.Lock = field(default_factory=threading.Lock)
    _acting: threading.local = field(default_factory=threading.local)

    @contextmanager
    def act(self, actor: Actor) -> Iterator[SqlLedger]:
        """Open a transaction for writing; leaving it commits, an exception undoes everything in it.

        An act within an act would wait for itself, so it raises StoreError.
        """
        if getattr(self._acting, "open", False):
            raise StoreError(where="ledger", why="an act is open in this thread", remedy="pass its ledger on")
        with self._writer, named_errors(self.engine), self.engine.connect() as connection:
            self._acting.open = True
            try:
                self._begin(connection)
                ledger = self._ledger(connection, actor, writable=True)
                yield ledger
                ledger.flush()
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._acting.open = False

    def once(self, actor: Actor, key: str, act: Callable[[SqlLedger], object], *, request: str = "") -> object:
        """Do an act once for an idempotency key of an actor, and give the same answer every time it is asked for.

        The answer is plain values (JSON). `request` is what the key was first used for, e.g. path and body: another
        request under the same key raises BadField. An act that raises leaves no answer and can be repeated.
        """
        named = f"{actor.kind}:{actor.id}:{key}"
        digest = hashlib.sha256(request.encode()).hexdigest()
        with self.act(actor) as ledger:
            kept = ledger.connection.execute(select(ACKNOWLEDGED.c.answer).where(ACKNOWLEDGED.c.key == named)).scalar()
            if kept is None:
                kept = msgspec.json.encode({"request": digest, "answer": act(ledger)}).decode()
                row = {"key": named, "at": micros(ledger.at), "answer": kept}
                ledger.connection.execute(insert(ACKNOWLEDGED).values(**row))
        answered = msgspec.json.decode(kept, type=dict[str, object])
        if answered["request"] != digest:
            raise BadField(field="Idempotency-Key", value=key, why="was used for another request; take a fresh one")
        return answered["answer"]

    def forget_answers(self, actor: Actor, *, before: datetime) -> int:
        """Delete the answers kept for idempotency keys used before an instant; returns how many."""
        with self.act(actor) as ledger:
            old = delete(ACKNOWLEDGED).where(ACKNOWLEDGED.c.at < micros(before))
            return int(ledger.connection.execute(old).rowcount)

    @contextmanager
    def read(self, actor: Actor) -> Iterator[SqlLedger]:
        """Open a transaction for reading only."""
        with named_errors(self.engine), self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.execute(text("BEGIN"))
            else:  # one instant for the whole read, as SQLite gives it
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield self._ledger(connection, actor, writable=False)
            connection.rollback()

    def audit_rows(self, *, after: int = 0) -> Iterator[AuditRow]:
        """Stream the audit chain from a row on."""
        query = select(AUDIT).where(AUDIT.c.seq > after).order_by(AUDIT.c.seq)
        with named_errors(self.engine), self.engine.connect() as connection:
            streamed = connection.execution_options(yield_per=2_000)
            for row in streamed.execute(query).mappings():
                yield AuditRow(**row)

    def audit_head(self) -> tuple[int, str]:
        """Return the number and the hash of the newest audit row."""
        query = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
        with named_errors(self.engine), self.engine.connect() as connection:
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
            connection.execute(select(func.set_config("lock_timeout", f"{_WAIT_S}s", True)))
            connection.execute(select(func.pg_advisory_xact_lock(WRITER)))

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


def open_store(url: str, folder: Path, *, clock: Clock, ids: Ids, power_safe: bool = True) -> Store:
    """Open the ledger at a database URL ("" = SQLite in `folder`), migrating it forward.

    Without `power_safe` SQLite does not wait for the disk at each commit: what was acknowledged survives a killed
    process and may not survive a power cut. That is for demonstrations.

    Raises StoreLocked when another process holds the folder, StoreNewer when a newer version wrote the store,
    StoreUnreachable when the database does not answer, StoreFull when the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(where=folder, why=str(error.strerror), remedy="choose another --data folder") from error
    lock = _hold(folder)
    try:
        engine = make_engine(url or f"sqlite:///{folder / 'ledger.db'}", power_safe=power_safe)
    except BaseException:
        lock.close()
        raise
    try:
        with named_errors(engine):
            migrate(engine)
        store = Store(engine, clock, ids, signing_key(folder / "keys", "audit"), lock)
        _own_chain(store, folder)
    except BaseException:
        engine.dispose()
        lock.close()
        raise
    return store


def make_engine(url: str, *, power_safe: bool = True) -> Engine:
    """Return an engine; SQLite gets WAL, foreign keys, and waits for the disk unless told not to."""
    if url.startswith("postgres"):
        name = url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)
        return create_engine(name, pool_size=8, pool_pre_ping=True)
    synchronous = "FULL" if power_safe else "NORMAL"
    engine = create_engine(url, connect_args={"timeout": _WAIT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, and mean IMMEDIATE
        settings = ("foreign_keys=ON", "cache_size=-65536", f"wal_autocheckpoint={_WAL_PAGES}")
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", *settings):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _own_chain(store: Store, folder: Path) -> None:
    """Refuse to go on with a chain that another key has signed: nobody could verify what would follow."""
    with named_errors(store.engine), store.engine.connect() as connection:
        row = connection.execute(select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(1)).mappings().first()
    if row is not None and not signed_by(AuditRow(**row), store.key.public_key()):
        where = store.engine.url.render_as_string(hide_password=True)
        remedy = f"copy the folder keys of the process that wrote it to {folder / 'keys'}"
        raise StoreError(where=where, why="its audit chain was signed with another key", remedy=remedy)


def _hold(folder: Path) -> IO[str]:
    try:
        lock = (folder / "stopline.lock").open("a", encoding="utf-8")
    except OSError as error:
        raise StoreError(where=folder, why=str(error.strerror), remedy="choose another --data folder") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreLocked(
            where=folder, why="another process holds it", remedy="stop that process or choose another --data folder"
        ) from None
    return lock


@contextmanager
def named_errors(engine: Engine) -> Iterator[None]:
    """Turn what a driver says into an error of ours that says what to do."""
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except (DBAPIError, OperationalError) as error:
        said = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
        for kind, remedy, signs in _SIGNS:
            if any(sign in said.lower() for sign in signs):
                raise kind(where=where, why=said, remedy=remedy) from error
        if error.connection_invalidated:
            raise StoreUnreachable(where=where, why=said, remedy="start the database or correct its URL") from error
        raise StoreError(where=where, why=said, remedy="see the server's log") from error
    except SQLAlchemyError as error:
        raise StoreError(where=where, why=str(error).splitlines()[0], remedy="correct the setting") from error


_SIGNS: tuple[tuple[type[StoreError], str, tuple[str, ...]], ...] = (
    (
        StoreFull,
        "free space and repeat the act",
        ("disk is full", "no space left", "disk i/o error", "could not extend file"),
    ),
    (
        StoreLocked,
        "stop the process that holds it",
        ("database is locked", "table is locked", "database is busy", "due to lock timeout"),
    ),
    (
        StoreError,
        "restore it from its backup, or name another folder",
        ("file is not a database", "disk image is malformed"),
    ),
    (
        StoreUnreachable,
        "start the database or correct its URL",
        (
            "connection failed",
            "failed to resolve",
            "connection refused",
            "connection timeout",
            "server closed",
            "connection is closed",
            "terminating connection",
            "connection is lost",
            "unable to open",
        ),
    ),
)
