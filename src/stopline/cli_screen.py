"""The verbs that judge files, and those that look after rules and releases."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopline.cli_kernels import FOR_CALLS, make_kernels_ready
from stopline.cli_options import as_officer
from stopline.cli_progress import Progress
from stopline.kernel.errors import BadField
from stopline.kernel.ids import Ids, is_id
from stopline.settings import load_settings

if TYPE_CHECKING:  # loads the engine, which the help does not need
    from stopline.screening.release import LoadedRelease

_FILE = click.Path(path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])
_RELEASE_HELP = (
    "Which rules judge: the id of a release in any state, a rule pack (YAML), or `shipped`. By default the release in "
    "force in the store of the settings; where there is none, the shipped pack."
)


@click.group("screen")
def screen_group() -> None:
    """Judge calls or messages in a file: one row out for every row in, order kept.

    CSV, JSON lines and Parquet go in and come out, by the ending of the name. The rows are repeated with `row`
    (1-based), `verdict`, `score` (a probability, decided at .5) and `reasons`. Rows that cannot be used go to
    --rejects with their line and the reason. Judging a file touches nobody and writes nothing into the store.

    \b
    stopline screen calls day.parquet --out judged.parquet                      by the release in force
    stopline screen calls day.parquet --out trial.parquet --release ID          by a release before it is staged
    stopline screen messages inbox.csv --out judged.csv --release rules.yaml    by a pack that is still in work
    """  # noqa: D301 - click reads the b mark as "keep these lines"


@screen_group.command("calls")
@click.argument("file", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="Where the rows go with their verdicts.")
@click.option("--release", "named", help=_RELEASE_HELP)
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
@click.option("--config", type=_FILE, help="A TOML file of settings that names the store.")
def screen_calls(
    file: Path, out: Path, named: str | None, rejects: Path | None, strict: bool, config: Path | None
) -> None:
    """Judge the calls of FILE.

    Columns: at, calling, called[, displayed, trunk, origin_network, device, cell, answered_at, ended_at, cause,
    identity]; others are repeated. Rows should stand in the order of time: the engine remembers what came before.
    """
    _screen("call", file, out, rules=_rules(named, config), rejects=rejects, strict=strict)


@screen_group.command("messages")
@click.argument("file", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="Where the rows go with their verdicts.")
@click.option("--release", "named", help=_RELEASE_HELP)
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
@click.option("--config", type=_FILE, help="A TOML file of settings that names the store.")
def screen_messages(
    file: Path, out: Path, named: str | None, rejects: Path | None, strict: bool, config: Path | None
) -> None:
    """Judge the messages of FILE.

    Columns: text[, at, sender, recipient]; others are repeated. Adds kind (pass, commercial, fraud), typology and
    campaign to the verdict.
    """
    _screen("message", file, out, rules=_rules(named, config), rejects=rejects, strict=strict)


@click.group("messages")
def messages_group() -> None:
    """The text model that judges messages."""


@messages_group.command("train")
@click.argument("folder", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="The model file; its card is written beside it.")
@click.option("--seed", default=1, show_default=True, help="Equal sets and seed give equal bytes.")
def messages_train(folder: Path, out: Path, seed: int) -> None:
    """Train a text model on the message sets in FOLDER; it holds weights, never a text."""
    from stopline.stores.model_training import train_message_model

    card = train_message_model(folder, out, seed=seed)
    click.echo(f"{out}: trained on {len(card.get('sets', ()))} sets; its card is {out.with_suffix('.json')}")


@messages_group.command("measure")
@click.argument("folder", type=_FILE)
@click.option("--model", type=_FILE, help="A model file; by default the shipped one.")
def messages_measure(folder: Path, model: Path | None) -> None:
    """Judge a text model on the valid rows of the sets in FOLDER, slice by slice."""
    from stopline.stores.model_files import read_message_model, shipped_message_model
    from stopline.stores.model_training import measure_message_model

    loaded = shipped_message_model() if model is None else read_message_model(model)
    for row in measure_message_model(folder, loaded):
        click.echo(json.dumps(row, ensure_ascii=False))


@click.group("rules")
def rules_group() -> None:
    """Look after rule packs."""


@rules_group.command("check")
@click.argument("pack", type=_FILE)
def rules_check(pack: Path) -> None:
    """Check PACK as a whole: types, features, tests, the statute entries it cites, and what may never be a ground."""
    from stopline.law.register import Register
    from stopline.screening.rules.pack import check_pack
    from stopline.stores.screen_files import read_pack

    entries = [entry.id for entry in Register.shipped().current()]
    found, diagnostics = check_pack(read_pack(pack), source=str(pack), entries=entries)
    for diagnostic in diagnostics:
        click.echo(str(diagnostic))
    if found is None:
        count = len(diagnostics)
        click.echo(f"{count} problem{'s' if count != 1 else ''}; a pack loads whole or not at all", err=True)
        sys.exit(1)
    click.echo(f"ok: {len(found.rules)} rules, {sum(len(rule.tests) for rule in found.rules)} tests")


@rules_group.command("test")
@click.argument("pack", type=_FILE)
@click.option("--on", "traffic", required=True, help="A file of past calls or messages, or `history`: what is kept.")
@click.option("--messages", is_flag=True, help="Messages, not calls.")
@click.option("--label", help="A column of the file that says 1 for what should be stopped.")
@click.option("--from", "from_on", type=_DAY, help="First day of the history (UTC); by default 30 days before --to.")
@click.option("--to", "to_on", type=_DAY, help="Last day of the history (UTC); by default today.")
@click.option("--purpose", help="Why the history is asked; it stands in the audit chain.")
@click.option("--rejects", type=_FILE, help="Where unusable rows of the file go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row of the file was rejected.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@as_officer
def rules_test(
    pack: Path,
    traffic: str,
    messages: bool,
    label: str | None,
    from_on: datetime | None,
    to_on: datetime | None,
    purpose: str | None,
    rejects: Path | None,
    strict: bool,
    as_json: bool,
    url: str | None,
    login: str | None,
    config: Path | None,
) -> None:
    """Tell what PACK would have changed in past traffic; nothing is decided by it.

    \b
    stopline rules test PACK --on calls.csv --label scam
    stopline rules test PACK --on history --from 2026-03-01 --to 2026-03-07 --purpose "weekly review"

    A file is judged beside the shipped pack. The history is what the centre keeps: feature rows of calls, and flagged,
    held or blocked messages; asking it is an act of an officer who signs in, through --url while a centre runs.
    """  # noqa: D301 - click reads the b mark as "keep these lines"
    from stopline.cli_trial import History, on_file, on_history, print_report
    from stopline.screening.rules.features import Channel

    channel, rejected = Channel.MESSAGE if messages else Channel.CALL, 0
    if traffic != "history":
        report, rejected = on_file(channel, pack, Path(traffic), label=label, rejects=rejects)
    elif label is not None:
        raise BadField(field="--label", value=label, why="a file; the history is held against appeals and cases")
    else:
        asked = History(channel=channel, from_on=from_on, to_on=to_on, purpose=purpose or "")
        report = on_history(pack, asked, load_settings(config, os.environ), url=url, login=login)
    print_report(report, as_json=as_json)
    if strict and rejected:
        sys.exit(1)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What judges a file, and how to name it; None is the shipped pack."""

    release: Path | LoadedRelease | None
    said: str


def _rules(named: str | None, config: Path | None) -> _Rules:
    """Return what `--release` names, or the release in force; raises NotFound, ReleaseInvalid and StoreError."""
    from stopline.law.register import Register
    from stopline.stores.model_files import shipped_message_model
    from stopline.stores.reading import reading_store
    from stopline.stores.releases import checked_release, release_in_force, release_named

    shipped = _Rules(None, "the shipped pack")
    if named == "shipped":
        return shipped
    if named is not None and not is_id(named):
        return _Rules(Path(named), f"the pack {named}")
    settings = load_settings(config, os.environ)
    if named is None and not settings.database and not (settings.folder / "ledger.db").is_file():
        return shipped
    with reading_store(settings.database, settings.folder) as store:
        found = release_in_force(store) if named is None else release_named(store, named.upper())
        if found is None:
            return shipped
        entries = [entry.id for entry in Register.shipped().current()]
        loaded = checked_release(store, found, model_digest=shipped_message_model().version, entries=entries)
    return _Rules(loaded, f"release {found.id} ({found.state.value}{'' if found.signed_by else ', unsigned'})")


def _screen(channel: str, file: Path, out: Path, *, rules: _Rules, rejects: Path | None, strict: bool) -> None:
    from stopline.screening.rules.features import Channel
    from stopline.stores.screen_files import screen_file

    make_kernels_ready(FOR_CALLS if channel == "call" else ())
    shown = Progress() if sys.stderr.isatty() else None
    try:
        tally = screen_file(
            Channel(channel), file, out, ids=Ids(os.urandom), release=rules.release, rejects=rejects, progress=shown
        )
    finally:
        if shown is not None:
            shown.clear()
    counts = ", ".join(f"{tally.verdicts[name]:,} {name}" for name in ("PASS", "FLAG", "HOLD", "BLOCK"))
    more = f"; {tally.rejected:,} rejected" + ("" if rejects or not tally.rejected else ", see them with --rejects")
    click.echo(f"{tally.rows:,} {channel}s by {rules.said}: {counts}{more}", err=True)
    if strict and tally.rejected:
        sys.exit(1)
