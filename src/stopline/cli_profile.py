"""The verbs for profiles of subscribers: learn a model from a table, and score one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stopline.cli_progress import Progress

_FILE = click.Path(path_type=Path)
_MAP = click.option(
    "--map", "mapped", type=_FILE, help="TOML: which column of FILE holds which feature of docs/profiles.md."
)


@click.group("profile")
def profile_group() -> None:
    """Score subscribers by figures of their traffic.

    A score is a hint that ranks what an officer looks at first. It is no fact, and no measure rests on it alone.
    """


@profile_group.command("build")
@click.argument("calls", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="Where the table goes: one row a number.")
@click.option(
    "--subscribers", type=_FILE, help="Only the numbers of this file (column `number`), beside its other columns."
)
@click.option("--time-zone", default="Asia/Shanghai", show_default=True, help="Whose days and hours count.")
@click.option("--rejects", type=_FILE, help="Where unusable calls go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any call was rejected.")
def profile_build(
    calls: Path, out: Path, subscribers: Path | None, time_zone: str, rejects: Path | None, strict: bool
) -> None:
    """Count the profile of every home number in CALLS, whose columns are those of `screen calls`.

    at, calling, called[, device, cell, answered_at, ended_at]; rows in any order, in bounded memory. The features stand
    in docs/profiles.md. The table names subscribers by their numbers: it is personal data, bound to the purpose it was
    made for.
    """
    from stopline.stores.local_time import zone_of
    from stopline.stores.profile_build import build_file

    zone = zone_of(time_zone, "--time-zone")
    shown = Progress() if sys.stderr.isatty() else None
    try:
        tally = build_file(calls, out, zone=zone, subscribers=subscribers, rejects=rejects, progress=shown)
    finally:
        if shown is not None:
            shown.clear()
    _tell(tally.notices)
    click.echo(
        f"{tally.rows:,} calls: profiles of {tally.numbers:,} numbers{_aside(tally.rejected, rejects)}; personal data",
        err=True,
    )
    if strict and tally.rejected:
        sys.exit(1)


@profile_group.command("train")
@click.argument("file", type=_FILE)
@click.option("--label", required=True, help="The column that says 1 for fraud and 0 for not.")
@click.option("--out", required=True, type=_FILE, help="The model file, with its card inside.")
@_MAP
@click.option("--seed", default=1, show_default=True, help="Equal rows and seed give an equal model.")
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
def profile_train(
    file: Path, label: str, out: Path, mapped: Path | None, seed: int, rejects: Path | None, strict: bool
) -> None:
    """Learn a model from FILE: one row a subscriber, columns of figures, empty where nothing is known.

    Columns that name the subscriber, hold no numbers or are no lawful ground are ignored, with a notice; places serve
    only as counts. With --map only the features that it names are learned from, and those that follow from them. Needs
    the extra `profiles`.
    """
    from stopline.kernel.clock import SystemClock
    from stopline.stores.profile_files import train_file
    from stopline.stores.profile_rows import ColumnMap, read_map

    columns = read_map(mapped) if mapped is not None else ColumnMap()
    shown = Progress() if sys.stderr.isatty() else None
    try:
        today = SystemClock().now().date().isoformat()
        model, tally = train_file(
            file, out, label=label, seed=seed, trained_on=today, columns=columns, rejects=rejects, progress=shown
        )
    finally:
        if shown is not None:
            shown.clear()
    found = model.card["metrics_unseen_folds"]
    _tell(tally.notices)
    click.echo(
        f"{out}: {tally.rows:,} rows, {len(model.features)} features; on rows unseen: AUC {found['auc']:.3f}, "
        f"recall at 1 % false positives {found['recall_at_1_percent']:.3f}{_aside(tally.rejected, rejects)}",
        err=True,
    )
    if strict and tally.rejected:
        sys.exit(1)


@profile_group.command("score")
@click.argument("file", type=_FILE)
@click.option("--model", required=True, type=_FILE, help="A model file that `profile train` wrote.")
@click.option("--out", required=True, type=_FILE, help="Where the rows go with their scores.")
@_MAP
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
def profile_score(file: Path, model: Path, out: Path, mapped: Path | None, rejects: Path | None, strict: bool) -> None:
    """Score the subscribers of FILE: adds `row`, `score` (a probability, decided at .5), `reasons` and `rule`.

    The reasons are the three features that moved the score most; `rule` names the shipped rule where it holds. CSV,
    JSON lines and Parquet go in and come out, by the ending of the name, in bounded memory.
    """
    from stopline.stores.profile_files import read_model, score_file
    from stopline.stores.profile_rows import ColumnMap, read_map

    columns = read_map(mapped) if mapped is not None else ColumnMap()
    loaded = read_model(model)
    shown = Progress() if sys.stderr.isatty() else None
    try:
        tally = score_file(file, loaded, out, columns=columns, rejects=rejects, progress=shown)
    finally:
        if shown is not None:
            shown.clear()
    _tell(tally.notices)
    click.echo(
        f"{tally.rows:,} rows: {tally.called:,} score .5 or more, {tally.ruled:,} meet the rule"
        f"{_aside(tally.rejected, rejects)}; a hint, no fact",
        err=True,
    )
    if strict and tally.rejected:
        sys.exit(1)


def _tell(notices: list[str]) -> None:
    for notice in notices[:20]:
        click.echo(f"notice: {notice}", err=True)
    if len(notices) > 20:
        click.echo(f"notice: {len(notices) - 20} more columns are ignored", err=True)


def _aside(rejected: int, rejects: Path | None) -> str:
    if not rejected:
        return ""
    return f"; {rejected:,} rejected" + ("" if rejects is not None else ", see them with --rejects")
