"""The first schema of the ledger."""

from alembic import op

from stopline.stores.tables import METADATA

revision = "0001"
down_revision = None

_NO_EDIT = ("UPDATE", "DELETE")


def upgrade() -> None:
    """Make every table, and forbid any edit of the audit chain in the database itself."""
    METADATA.create_all(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit chain is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_no_edit BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )
    else:
        for act in _NO_EDIT:
            op.execute(
                f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END"
            )


def downgrade() -> None:
    """Drop everything."""
    METADATA.drop_all(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS audit_is_append_only()")
