"""The first schema of the ledger."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

# The chain is append-only in the database itself. OR REPLACE deletes without asking a trigger, so an insert
# must also be the next row.
_SQLITE = (
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END""",
    """CREATE TRIGGER audit_next_only BEFORE INSERT ON audit
    WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END""",
)
_POSTGRES = (
    """CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit chain is append-only'; END $$""",
    """CREATE TRIGGER audit_no_edit BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()""",
)


def upgrade() -> None:
    """Make every table, and forbid any edit of the audit chain in the database itself."""
    for statement in _statements():
        op.execute(statement)
    for statement in _POSTGRES if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything that upgrade has made."""
    tables = [words[2].strip('"') for words in map(str.split, _statements()) if words[:2] == ["CREATE", "TABLE"]]
    for name in reversed(tables):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")


def _statements() -> list[str]:
    lines = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").splitlines()
    bare = "\n".join(line for line in lines if not line.startswith("--"))
    return [statement.strip().removesuffix(";") for statement in bare.split(";\n\n") if statement.strip()]
