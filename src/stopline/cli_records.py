"""The verbs that read what the centre has recorded: the audit chain and the bulletin."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from stopline.kernel.errors import BadField
from stopline.settings import load_settings


@click.group()
def audit() -> None:
    """The audit chain: every act and every read, hash-chained and signed."""


@audit.command("verify")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), help="The centre's audit.pub; by default the one of the store.")
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file of settings.")
def audit_verify(file: Path | None, key: Path | None, config: Path | None) -> None:
    """Check a chain from its first row: an exported FILE offline, or the store's own.

    \b
    stopline audit verify                              the store named by the settings
    stopline audit verify chain.jsonl --key audit.pub  an export, with nothing but the public key
    """  # noqa: D301 - click reads the b mark as "keep these lines"
    from stopline.stores.export import verify_export, verify_store
    from stopline.stores.reading import reading_store

    settings = load_settings(config, os.environ)
    if file is not None:
        seal = verify_export(file, key or settings.folder / "keys" / "audit.pub")
        click.echo(f"ok: {seal.seal_rows} rows, head {seal.seal_head}")
        return
    with reading_store(settings.database, settings.folder) as store:
        count, head = verify_store(store)
    click.echo(f"ok: {count} rows, head {head}")


@audit.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file of settings.")
def audit_export(file: Path, config: Path | None) -> None:
    """Write the chain as JSON lines, for an auditor who has only the public key."""
    from stopline.stores.export import export_audit
    from stopline.stores.reading import reading_store

    settings = load_settings(config, os.environ)
    with reading_store(settings.database, settings.folder) as store:
        seal = export_audit(store, file)
    click.echo(f"{seal.seal_rows} rows written to {file}")


@click.command()
@click.option("--from", "first", required=True, help="First day, as in 2026-03-10.")
@click.option("--to", "last", required=True, help="Last day, included.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A folder for HTML, CSV, SQL and definitions."
)
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file of settings.")
def bulletin(first: str, last: str, out: Path, config: Path | None) -> None:
    """Write an edition: each figure with its unit, its definition and the query behind it."""
    from stopline.stores.editions import edition_between, write_edition
    from stopline.stores.reading import reading_store

    settings = load_settings(config, os.environ)
    zone = ZoneInfo(settings.time_zone)
    since, until = day(first, "--from"), day(last, "--to")
    if until < since:
        raise BadField(field="--to", value=last, why=f"a day not before {first}")
    with reading_store(settings.database, settings.folder) as store:
        edition = edition_between(store, since, until, zone)
    files = write_edition(edition, out)
    click.echo(f"{len(edition.figures)} figures written to {', '.join(str(path) for path in files)}")


def day(text: str, option: str) -> date:
    """Return a day as ISO 8601 writes it; raises BadField."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadField(field=option, value=text, why="a day as in 2026-03-10") from None
    if not 2000 <= found.year < 2100:
        raise BadField(field=option, value=text, why="a day from 2000 to 2099")
    return found
