"""The line on the terminal that tells how far a verb is."""

from __future__ import annotations

import time

import click


class Progress:
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
