"""Write the SQL of the first revision from the record types, as long as no version has been released.

After the first release a changed record needs a revision of its own; tests/contract/test_migrations.py tells which
of the two is missing.
"""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

import stopline.app  # noqa: F401 - every record type is known once the composition root is
from stopline.stores.tables import METADATA

TARGET = Path(__file__).parent.parent / "src/stopline/stores/migrations/versions/0001_first.sql"
HEAD = "-- The first schema of the ledger, for SQLite and PostgreSQL alike; written by tools/first_schema.py.\n"


def statements() -> list[str]:
    """Return the statements that make every table and index, in an order that does not change."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
    made = []
    for table in sorted(METADATA.tables.values(), key=lambda table: table.name):
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    return [re.sub(r"\s*\n\s*\n\s*|\s*\n", "\n", one.strip()).replace("\t", "  ") for one in made]


def main() -> None:
    """Write the file."""
    TARGET.write_text(HEAD + "\n" + "\n\n".join(f"{one};" for one in statements()) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(statements())} statements")


if __name__ == "__main__":
    main()
