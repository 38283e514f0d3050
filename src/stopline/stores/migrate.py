"""Brings a store to this version's schema with Alembic, forward only when asked and never past what it knows."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select, text

from stopline.kernel.errors import StoreNewer
from stopline.stores import records

_SCRIPTS = Path(__file__).parent / "migrations"


WRITER = 0x570_9115E  # the advisory lock under which all acts of a PostgreSQL ledger are serialised


def migrate(engine: Engine, target: str = "head") -> None:
    """Upgrade the schema to `target` ("base" takes it down) in one transaction: whole or not at all.

    Raises StoreNewer when the store carries a revision that this version does not know; nothing is changed then.
    """
    script = ScriptDirectory(str(_SCRIPTS))
    with engine.connect() as connection:
        if target == "head" and _present(connection) == script.get_current_head():
            return
        connection.rollback()
        _begin(connection)
        present = _present(connection)  # again: another process may have migrated meanwhile
        require_known(engine, present)
        _run(connection, target, down=target == "base")
        connection.commit()


def require_known(engine: Engine, present: str | None) -> None:
    """Refuse a schema that this version does not know; raises StoreNewer."""
    known = {revision.revision for revision in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if present is not None and present not in known:
        raise StoreNewer(
            where=engine.url.render_as_string(hide_password=True),
            why=f"it was written by a newer version (schema {present})",
            remedy="install that version; nothing was changed",
        )


def _present(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _begin(connection: Connection) -> None:
    """Take the writer's place, so that a kill in between leaves the old schema and two processes do it once."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("BEGIN IMMEDIATE"))
    else:
        connection.execute(select(func.pg_advisory_xact_lock(WRITER)))


def _run(connection: Connection, target: str, *, down: bool) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["mappers"] = records.MAPPERS
    (command.downgrade if down else command.upgrade)(config, target)
