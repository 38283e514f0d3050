"""The verbs for profiles of subscribers: learn a model from a table, and score one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stopline.cli_progress import Progress

_FILE = click.Path(path_type=Path)


@click.group("profile")
def profile_group() -> None:
    """Score subscribers by figures of their traffic.

    A score is a hint that ranks what an officer looks at first. It is no fact, and no measure rests on it alone.
    """


@profile_group.command("train")
@click.argument("file", type=_FILE)
@click.option("--label", required=True, help="The column that says 1 for fraud and 0 for not.")
@click.option("--out", required=True, type=_FILE, help="The model file, with its card inside.")
@click.option("--seed", default=1, show_default=True, help="Equal rows and seed give an equal model.")
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
def profile_train(file: Path, label: str, out: Path, seed: int, rejects: Path | None, strict: bool) -> None:
    """Learn a model from FILE: one row a subscriber, columns of figures, empty where nothing is known.

    Columns that name the subscriber, hold no numbers or are no lawful ground are ignored, with a notice; places serve
    only as counts. Needs the extra `profiles`.
    """
    from stopline.kernel.clock import SystemClock
    from stopline.stores.profile_files import train_file

    shown = Progress() if sys.stderr.isatty() else None
    try:
        today = SystemClock().now().date().isoformat()
        model, tally = train_file(file, out, label=label, seed=seed, trained_on=today, rejects=rejects, progress=shown)
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
@click.option("--rejects", type=_FILE, help="Where unusable rows go, with line and reason.")
@click.option("--strict", is_flag=True, help="End with 1 when any row was rejected.")
def profile_score(file: Path, model: Path, out: Path, rejects: Path | None, strict: bool) -> None:
    """Score the subscribers of FILE: adds `row`, `score` (a probability, decided at .5) and `reasons`.

    The reasons are the three features that moved the score most. CSV, JSON lines and Parquet go in and come out, by
    the ending of the name, in bounded memory.
    """
    from stopline.stores.profile_files import read_model, score_file

    loaded = read_model(model)
    shown = Progress() if sys.stderr.isatty() else None
    try:
        tally = score_file(file, loaded, out, rejects=rejects, progress=shown)
    finally:
        if shown is not None:
            shown.clear()
    _tell(tally.notices)
    click.echo(
        f"{tally.rows:,} rows: {tally.called:,} score .5 or more{_aside(tally.rejected, rejects)}; a hint, no fact",
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
