"""The verbs that judge files, and those that look after rules and releases."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import click

from stopline.kernel.errors import BadFile
from stopline.kernel.ids import Ids

_FILE = click.Path(path_type=Path)


@click.group("screen")
def screen_group() -> None:
    """Judge calls or messages in a file: one row out for every row in, order kept.

    CSV, JSON lines and Parquet go in and come out, by the ending of the name. The rows are repeated with `row`
    (1-based), `verdict`, `score` (a probability, decided at .5) and `reasons`. Rows that cannot be used go to
    --rejects with their line and the reason.
    """


@screen_group.command("calls")
@click.argument("file", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="Where the rows go with their verdicts.")
@click.option("--release", type=_FILE, help="A rule pack (YAML); by default the shipped one.")
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
def screen_calls(file: Path, out: Path, release: Path | None, rejects: Path | None, strict: bool) -> None:
    """Judge the calls of FILE.

    Columns: at, calling, called[, displayed, trunk, origin_network, device, cell, answered_at, ended_at, cause,
    identity]; others are repeated. Rows should stand in the order of time: the engine remembers what came before.
    """
    _screen("call", file, out, release=release, rejects=rejects, strict=strict)


@screen_group.command("messages")
@click.argument("file", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="Where the rows go with their verdicts.")
@click.option("--release", type=_FILE, help="A rule pack (YAML); by default the shipped one.")
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
def screen_messages(file: Path, out: Path, release: Path | None, rejects: Path | None, strict: bool) -> None:
    """Judge the messages of FILE.

    Columns: text[, at, sender, recipient]; others are repeated. Adds kind (pass, commercial, fraud), typology and
    campaign to the verdict.
    """
    _screen("message", file, out, release=release, rejects=rejects, strict=strict)


@click.group("messages")
def messages_group() -> None:
    """The text model that judges messages."""


@messages_group.command("train")
@click.argument("folder", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="The model file; its card is written beside it.")
@click.option("--seed", default=1, show_default=True, help="Equal sets and seed give equal bytes.")
def messages_train(folder: Path, out: Path, seed: int) -> None:
    """Train a text model on the message sets in FOLDER; it holds weights, never a text."""
    from stopline.stores.model_files import train_message_model

    card = train_message_model(folder, out, seed=seed)
    click.echo(f"{out}: trained on {len(card.get('sets', ()))} sets; its card is {out.with_suffix('.json')}")


@messages_group.command("measure")
@click.argument("folder", type=_FILE)
@click.option("--model", type=_FILE, help="A model file; by default the shipped one.")
def messages_measure(folder: Path, model: Path | None) -> None:
    """Judge a text model on the valid rows of the sets in FOLDER, slice by slice."""
    from stopline.stores.model_files import measure_message_model, read_message_model, shipped_message_model

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

    entries = [entry.id for entry in Register.shipped().current()]
    found, diagnostics = check_pack(_read(pack), source=str(pack), entries=entries)
    for diagnostic in diagnostics:
        click.echo(str(diagnostic))
    if found is None:
        count = len(diagnostics)
        click.echo(f"{count} problem{'s' if count != 1 else ''}; a pack loads whole or not at all", err=True)
        sys.exit(1)
    click.echo(f"ok: {len(found.rules)} rules, {sum(len(rule.tests) for rule in found.rules)} tests")


@rules_group.command("test")
@click.argument("pack", type=_FILE)
@click.option("--on", "traffic", required=True, type=_FILE, help="Past calls or messages.")
@click.option("--messages", is_flag=True, help="The file holds messages, not calls.")
@click.option("--label", help="A column that says 1 for what should be stopped.")
def rules_test(pack: Path, traffic: Path, messages: bool, label: str | None) -> None:
    """Tell what PACK would have done with past traffic, beside the shipped pack; nothing is written."""
    from stopline.screening.rules.features import Channel
    from stopline.stores.backtest import backtest

    channel = Channel.MESSAGE if messages else Channel.CALL
    for line in backtest(channel, pack, traffic, label=label):
        click.echo(line)


@click.group("release")
def release_group() -> None:
    """Releases of rules: drafted, signed by a second officer, then shadow, percentage, full."""


@release_group.command("list")
@click.option("--config", type=_FILE, help="A TOML file of settings.")
def release_list(config: Path | None) -> None:
    """List the releases of the store, newest last."""
    from stopline.kernel.actors import machine
    from stopline.screening.records import Release
    from stopline.settings import load_settings
    from stopline.stores.reading import reading_store

    settings = load_settings(config, os.environ)
    with reading_store(settings.database, settings.folder) as store, store.read(machine("cli")) as ledger:
        for release in ledger.find(Release):
            signed = release.signed_by or "unsigned"
            click.echo(f"{release.id}  {release.state.value:<11} {release.percentage:>3} %  {release.digest[:12]}  "
                       f"{release.title}  {release.created_by}, {signed}")  # fmt: skip


def _screen(channel: str, file: Path, out: Path, *, release: Path | None, rejects: Path | None, strict: bool) -> None:
    from stopline.screening.rules.features import Channel
    from stopline.stores.screen_files import screen_file

    shown = _Progress() if sys.stderr.isatty() else None
    try:
        tally = screen_file(
            Channel(channel), file, out, ids=Ids(os.urandom), release=release, rejects=rejects, progress=shown
        )
    finally:
        if shown is not None:
            shown.clear()
    counts = ", ".join(f"{tally.verdicts[name]:,} {name}" for name in ("PASS", "FLAG", "HOLD", "BLOCK"))
    more = f"; {tally.rejected:,} rejected" + ("" if rejects or not tally.rejected else ", see them with --rejects")
    click.echo(f"{tally.rows:,} {channel}s: {counts}{more}", err=True)
    if strict and tally.rejected:
        sys.exit(1)


class _Progress:
    """One line on the terminal, renewed a few times a second."""

    def __init__(self) -> None:
        self._shown_at = 0.0

    def __call__(self, rows: int, share: float | None) -> None:
        now = time.perf_counter()
        if now - self._shown_at > 0.2:
            self._shown_at = now
            part = f"{share:>4.0%}  " if share is not None else ""
            click.echo(f"\r{part}{rows:,} rows", nl=False, err=True)

    def clear(self) -> None:
        """Take the line away."""
        click.echo("\r\x1b[K", nl=False, err=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadFile(path=path, why=str(error.strerror).lower(), remedy="name a rule pack") from error
    except UnicodeDecodeError as error:
        raise BadFile(path=path, why="not UTF-8 text", remedy="save the pack as UTF-8") from error
