"""A pack tried on a file or on the history, for `stopline rules test`."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from stopline.cli_progress import Progress
from stopline.kernel.errors import BadField, BadFile, StoplineError
from stopline.settings import Settings

if TYPE_CHECKING:  # loads the engine, which the help does not need
    from stopline.cli_officer import Hand
    from stopline.screening.rules.features import Channel
    from stopline.screening.trial import TrialReport

_ASK_EVERY_S = 0.3


class BackTestFailed(StoplineError):
    """The back-test could not be run; the message is why. Choose other days or another pack."""

    says = "the back-test failed: {why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What of the history is asked, and why."""

    channel: Channel
    from_on: datetime | None
    to_on: datetime | None
    purpose: str


def on_file(
    channel: Channel, pack: Path, traffic: Path, *, label: str | None, rejects: Path | None
) -> tuple[TrialReport, int]:
    """Try a pack on a file; returns the report and how many rows were rejected. Raises BadFile and ReleaseInvalid."""
    from stopline.stores.backtest.of_files import try_on_file

    begun, shown = time.perf_counter(), Progress() if sys.stderr.isatty() else None
    try:
        report, rejected = try_on_file(channel, pack, traffic, label=label, rejects=rejects, progress=shown)
    finally:
        if shown is not None:
            shown.clear()
    if rejected:
        more = "" if rejects is not None else ", see them with --rejects"
        click.echo(f"{rejected:,} rows rejected{more}", err=True)
    return replace(report, run_ms=round(1000 * (time.perf_counter() - begun))), rejected


def on_history(pack: Path, asked: History, settings: Settings, *, url: str | None, login: str | None) -> TrialReport:
    """Try a pack on what a centre keeps, as an officer; raises what refuses the officer, and BackTestFailed."""
    from stopline.cli_officer import signed_in
    from stopline.stores.screen_files import read_pack

    text = read_pack(pack)
    if not text.strip():
        raise BadFile(path=pack, why="empty", remedy="name a rule pack")
    if not asked.purpose:
        raise BadField(field="--purpose", value="", why="is needed for the history: why it is asked")
    body: dict[str, object] = {"channel": asked.channel.value, "pack": text, "purpose": asked.purpose}
    if asked.from_on is not None:
        body["from_at"] = asked.from_on.replace(tzinfo=UTC).isoformat()
    if asked.to_on is not None:
        body["to_at"] = (asked.to_on.replace(tzinfo=UTC) + timedelta(days=1, microseconds=-1)).isoformat()
    with signed_in(settings, url=url, login=login) as hand:
        return _finished(hand, hand.act("back_test", "", "new", body))


def print_report(report: TrialReport, *, as_json: bool) -> None:
    """Print a report as lines or as JSON."""
    from stopline.stores.backtest.lines import lines_of

    if as_json:
        click.echo(msgspec.json.encode(report).decode())
        return
    for line in lines_of(report):
        click.echo(line)


def _finished(hand: Hand, back_test_id: str) -> TrialReport:
    """Return the report once it is there; shows on a terminal how far it is."""
    from stopline.screening.trial import TrialReport

    hand.run_back_tests()
    shown = Progress() if sys.stderr.isatty() else None
    while True:
        (row,) = hand.rows("back_test", id=back_test_id)
        if shown is not None:
            shown(0, float(str(row["done_ratio"])))
        if row["state"] in {"done", "failed"}:
            break
        time.sleep(_ASK_EVERY_S)
    if shown is not None:
        shown.clear()
    if row["state"] == "failed":
        raise BackTestFailed(why=row["failed_why"])
    return msgspec.convert(row["report"], TrialReport)
