"""The verb that finds campaigns in a file of messages or call transcripts."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stopline.cli_progress import Progress

_FILE = click.Path(path_type=Path)


@click.command("campaigns")
@click.argument("file", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="Where the rows go with their campaigns.")
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
def campaigns(file: Path, out: Path, rejects: Path | None, strict: bool) -> None:
    """Find the campaigns in FILE: texts that are copies of one another, up to edits.

    Columns: id, text; others are repeated. Adds `row` (1-based) and `campaign_id`, empty for a text that is alone or
    too short to compare. Numbers, links and contacts are masked before texts are compared, and disguised letters
    undone. CSV, JSON lines and Parquet go in and come out, by the ending of the name. FILE is read twice.
    """
    from stopline.stores.campaign_files import campaigns_of_file

    shown = Progress() if sys.stderr.isatty() else None
    try:
        tally = campaigns_of_file(file, out, rejects=rejects, progress=shown)
    finally:
        if shown is not None:
            shown.clear()
    more = f"; {tally.rejected:,} rejected" + ("" if rejects or not tally.rejected else ", see them with --rejects")
    several = "" if tally.campaigns == 1 else "s"
    click.echo(f"{tally.rows:,} rows: {tally.grouped:,} in {tally.campaigns:,} campaign{several}{more}", err=True)
    if strict and tally.rejected:
        sys.exit(1)
