"""Brings a store to this version's schema with Alembic, forward only when asked and never past what it knows."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from stopline.kernel.errors import StoreNewer
from stopline.stores import records

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(engine: Engine, target: str = "head") -> None:
    """Upgrade the schema to `target`; raises StoreNewer when the store carries a revision we do not know."""
    script = ScriptDirectory(str(_SCRIPTS))
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    known = {revision.revision for revision in script.walk_revisions()}
    if present is not None and present not in known:
        raise StoreNewer(
            where=engine.url.render_as_string(hide_password=True),
            why=f"it was written by a newer version (schema {present})",
            remedy="install that version; nothing was changed",
        )
    if target == "head" and present == script.get_current_head():
        return
    _run(engine, target, down=target == "base")


def _run(engine: Engine, target: str, *, down: bool) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        config.attributes["mappers"] = records.MAPPERS
        (command.downgrade if down else command.upgrade)(config, target)
        connection.commit()
