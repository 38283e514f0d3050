"""The verbs that take a release of rules from its draft to full force and back."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopline.cli_options import CONFIG, as_officer
from stopline.kernel.errors import BadField, BadFile, ReleaseInvalid
from stopline.kernel.ids import is_id
from stopline.settings import load_settings

if TYPE_CHECKING:  # loads the engine, which the help does not need
    from stopline.screening.records import Release

_FILE = click.Path(path_type=Path)
_POLICY = click.Choice(("open", "closed"))


@click.group("release")
def release_group() -> None:
    """Releases of rules: drafted, signed by a second officer, then shadow, a percentage, full; or rolled back.

    \b
    stopline release create --title "March" --pack rules.yaml   one officer drafts
    stopline release show ID --pack                             another reads what there is to sign
    stopline release sign ID                                    and signs
    stopline release stage ID --percentage 0                    shadow: counted, decides nothing
    stopline release stage ID --percentage 10                   decides for one number in ten
    stopline release stage ID --percentage 100                  decides for all; the one before retires
    stopline release rollback ID                                out at once; the one before decides again

    Who creates, signs, stages or rolls back signs in with login, password and second factor, and needs the power to
    release rules. They are asked for, or stand in STOPLINE_LOGIN, STOPLINE_PASSWORD and STOPLINE_CODE; a code is good
    once. While a centre runs, act through it: --url http://127.0.0.1:8000.
    """  # noqa: D301 - click reads the b mark as "keep these lines"


@release_group.command("create")
@click.option("--title", required=True, help="What people will call it.")
@click.option("--pack", type=_FILE, help="A rule pack (YAML); by default the one that the centre ships.")
@click.option("--fail-calls", type=_POLICY, default="open", show_default=True, help="When no rule can be decided.")
@click.option("--fail-messages", type=_POLICY, default="open", show_default=True, help="The same for messages.")
@as_officer
def release_create(
    title: str,
    pack: Path | None,
    fail_calls: str,
    fail_messages: str,
    url: str | None,
    login: str | None,
    config: Path | None,
) -> None:
    """Draft a release: rule pack, text model and settings under one digest; it never changes afterwards.

    \b
    stopline release create --title "March" --pack rules.yaml
    stopline release create --title "first" --url https://centre.example --login rules-owner
    """  # noqa: D301 - click reads the b mark as "keep these lines"
    from stopline.cli_officer import signed_in

    body = {"title": title, "fail_calls": fail_calls, "fail_messages": fail_messages}
    if pack is not None:
        body["pack"] = _pack(pack)
    with signed_in(load_settings(config, os.environ), url=url, login=login) as hand:
        made = hand.act("release", "", "new", body)
    click.echo(f"{made}  drafted")
    click.echo(f"another officer signs it: stopline release sign {made}", err=True)


@release_group.command("sign")
@click.argument("release")
@as_officer
def release_sign(release: str, url: str | None, login: str | None, config: Path | None) -> None:
    """Sign RELEASE as the second officer; who has drafted it cannot.

    \b
    stopline release show ID --pack    first read what you sign
    stopline release sign ID --login rules-reviewer
    """  # noqa: D301 - click reads the b mark as "keep these lines"
    from stopline.cli_officer import signed_in

    named = release_id(release)
    with signed_in(load_settings(config, os.environ), url=url, login=login) as hand:
        hand.act("release", named, "sign", {})
    click.echo(f"{named}  signed")


@release_group.command("stage")
@click.argument("release")
@click.option("--percentage", required=True, type=int, help="0 = shadow, 1 to 99 = that share of numbers, 100 = full.")
@as_officer
def release_stage(release: str, percentage: int, url: str | None, login: str | None, config: Path | None) -> None:
    """Let a signed RELEASE decide: for nobody but the counters, for a share of the numbers, or for all.

    \b
    stopline release stage ID --percentage 0      shadow
    stopline release stage ID --percentage 10     one number in ten, always the same ones
    stopline release stage ID --percentage 100    full; the release before it retires
    """  # noqa: D301 - click reads the b mark as "keep these lines"
    from stopline.cli_officer import signed_in

    named = release_id(release)
    if not 0 <= percentage <= 100:
        raise BadField(field="--percentage", value=percentage, why="0 (shadow) to 100 (full)")
    act, body, said = "stage", {"percentage": percentage}, f"percentage {percentage}"
    if percentage in {0, 100}:
        act = said = "full" if percentage else "shadow"
        body = {}
    with signed_in(load_settings(config, os.environ), url=url, login=login) as hand:
        hand.act("release", named, act, body)
    click.echo(f"{named}  {said}")


@release_group.command("rollback")
@click.argument("release")
@as_officer
def release_rollback(release: str, url: str | None, login: str | None, config: Path | None) -> None:
    """Take RELEASE out at once; the release that it followed decides again.

    \b
    stopline release rollback ID --url http://127.0.0.1:8000
    """  # noqa: D301 - click reads the b mark as "keep these lines"
    from stopline.cli_officer import plain, signed_in

    named = release_id(release)
    with signed_in(load_settings(config, os.environ), url=url, login=login) as hand:
        hand.act("release", named, "roll_back", {})
        deciding = [str(row["id"]) for row in hand.rows("release", state="full")]
    click.echo(f"{named}  rolled back")
    click.echo(f"in force: {plain(deciding[0])}" if deciding else "no release is in force now", err=True)


@release_group.command("list")
@CONFIG
def release_list(config: Path | None) -> None:
    """List the releases of the store, newest last: id, state, share, digest, title, who drafted, who signed."""
    from stopline.cli_officer import plain
    from stopline.stores.reading import reading_store
    from stopline.stores.releases import all_releases

    settings = load_settings(config, os.environ)
    with reading_store(settings.database, settings.folder) as store:
        for release in all_releases(store):
            signed = release.signed_by or "unsigned"
            click.echo(f"{release.id}  {release.state.value:<11} {release.percentage:>3} %  {release.digest[:12]}  "
                       f"{plain(release.title)}  {release.created_by}, {signed}")  # fmt: skip


@release_group.command("show")
@click.argument("release")
@click.option("--pack", is_flag=True, help="Print its rule pack instead, as it was drafted.")
@CONFIG
def release_show(release: str, pack: bool, config: Path | None) -> None:
    """Show RELEASE and check that its content fits the digest and that the audit chain bears out its signature.

    \b
    stopline release show ID
    stopline release show ID --pack > rules.yaml
    """  # noqa: D301 - click reads the b mark as "keep these lines"
    from stopline.cli_officer import plain
    from stopline.law.register import Register
    from stopline.stores.model_files import shipped_message_model
    from stopline.stores.reading import reading_store
    from stopline.stores.releases import checked_release, release_named

    settings = load_settings(config, os.environ)
    with reading_store(settings.database, settings.folder) as store:
        found = release_named(store, release_id(release))
        if pack:
            click.echo(found.pack, nl=False)
            return
        for name, value in _facts(found):
            click.echo(f"{name:<14} {plain(str(value))}")
        entries = [entry.id for entry in Register.shipped().current()]
        loaded = checked_release(store, found, model_digest=shipped_message_model().version, entries=entries)
    signed = "and its second signature stands in the audit chain" if found.signed_by else "and nobody has signed it"
    click.echo(f"{'check':<14} ok: {len(loaded.pack.rules)} rules, the content fits the digest, {signed}")


def release_id(text: str) -> str:
    """Return the id of a release as typed; raises BadField for what cannot be one."""
    named = text.strip().upper()
    if not is_id(named):
        raise BadField(field="RELEASE", value=text, why="26 letters and digits, as `stopline release list` shows them")
    return named


def _facts(release: Release) -> list[tuple[str, object]]:
    settings = release.settings
    return [
        ("release", release.id),
        ("title", release.title),
        ("state", release.state.value),
        ("percentage", release.percentage),
        ("digest", release.digest),
        ("text model", release.model_digest),
        ("undecided", f"calls fail {settings.fail_calls.value}, messages fail {settings.fail_messages.value}"),
        ("drafted", _by(release.created_by, release.created_at)),
        ("signed", _by(release.signed_by, release.signed_at)),
        ("staged", _by(release.staged_by, release.staged_at)),
        ("follows", release.follows_id or "-"),
    ]


def _by(hand: str | None, at: datetime | None) -> str:
    return f"{hand}, {at.isoformat(timespec='seconds')}" if hand and at else hand or "-"


def _pack(path: Path) -> str:
    """Return the text of a pack that checks; raises BadFile and ReleaseInvalid, in one line."""
    from stopline.law.register import Register
    from stopline.screening.rules.pack import check_pack
    from stopline.stores.screen_files import read_pack

    text = read_pack(path)
    if not text.strip():
        raise BadFile(path=path, why="empty", remedy="name a rule pack")
    _found, wrong = check_pack(text, source=str(path), entries=[entry.id for entry in Register.shipped().current()])
    if wrong:
        why = f"line {wrong[0].line}: {wrong[0].message}; `stopline rules check` shows each of {len(wrong)} problems"
        raise ReleaseInvalid(release=path, why=why)
    return text
