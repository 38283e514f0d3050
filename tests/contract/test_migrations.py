"""The schema: what a migration makes is what the records need, on both back-ends, up and down, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

import stopline.app  # noqa: F401 - every record type is known once the composition root is
from stopline.stores import migrate as migrating
from stopline.stores.migrate import migrate
from stopline.stores.store import make_engine
from stopline.stores.tables import METADATA

HEAD = ScriptDirectory(str(Path(migrating.__file__).parent / "migrations")).get_current_head()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = make_engine(str(url))
    yield made
    made.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def functions(engine: Engine) -> int:
    if engine.dialect.name == "sqlite":
        return 0
    query = text("SELECT COUNT(*) FROM pg_proc WHERE proname = 'audit_is_append_only'")
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def test_the_migrated_schema_is_the_one_the_records_need(engine: Engine) -> None:
    """If this fails before the first release: python tools/first_schema.py; after it: a revision is missing."""
    migrate(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert differences == []


def test_up_down_and_up_again_leaves_the_same(engine: Engine) -> None:
    migrate(engine)
    first = {name: [str(column) for column in inspect(engine).get_columns(name)] for name in tables(engine)}
    migrate(engine)  # at the head already: nothing to do
    migrate(engine, "base")
    assert tables(engine) == {"alembic_version"}
    assert functions(engine) == 0
    migrate(engine)
    assert {name: [str(column) for column in inspect(engine).get_columns(name)] for name in tables(engine)} == first
    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD


def test_a_migration_that_fails_half_way_leaves_what_was_there(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE warning (x TEXT)"))
    with pytest.raises(DBAPIError, match="exists"):
        migrate(engine)
    assert tables(engine) <= {"warning", "alembic_version"}
    assert functions(engine) == 0
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE warning"))
    migrate(engine)
    assert tables(engine) == {*METADATA.tables, "alembic_version"}


def test_the_chain_is_append_only_after_every_way_up(engine: Engine) -> None:
    for _ in range(2):
        migrate(engine)
        row = "1, 0, '', '', '', '', '', '', '', '', '', '', '', ''"
        with engine.begin() as connection:
            connection.execute(text(f"INSERT INTO audit VALUES ({row})"))  # noqa: S608 - a fixed row
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text("UPDATE audit SET reason = 'x'"))
        migrate(engine, "base")


def test_accounts_and_sessions_are_part_of_the_schema(engine: Engine) -> None:
    migrate(engine)
    assert {"account", "session", "acknowledged", "delivery", "fact", "audit"} <= tables(engine)
