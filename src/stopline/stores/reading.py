"""Opens a store only to read it: beside a running centre, without its lock and without touching its schema."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.migration import MigrationContext
from sqlalchemy import text

from stopline.kernel.clock import SystemClock
from stopline.kernel.errors import StoreError
from stopline.kernel.ids import Ids
from stopline.stores.keys import signing_key
from stopline.stores.migrate import require_known
from stopline.stores.store import Store, make_engine, named_errors


@contextmanager
def reading_store(url: str, folder: Path) -> Iterator[Store]:
    """Yield a store for reading.

    Raises StoreError when there is none at the place named, StoreNewer when a newer version wrote it.
    """
    if not url and not (folder / "ledger.db").is_file():
        raise StoreError(
            where=folder, why="there is no ledger", remedy="name its folder in STOPLINE_FOLDER or --config"
        )
    engine = make_engine(url or f"sqlite:///{folder / 'ledger.db'}")
    with named_errors(engine), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA query_only=ON"))
        require_known(engine, MigrationContext.configure(connection).get_current_revision())
    key = signing_key(folder / "keys", "audit")
    store = Store(engine=engine, clock=SystemClock(), ids=Ids(os.urandom), key=key)
    try:
        yield store
    finally:
        store.close()
