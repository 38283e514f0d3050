"""Alembic's environment: the connection is handed over by stopline.stores.migrate."""

from alembic import context

from stopline.stores.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
