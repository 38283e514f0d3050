"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

CONFIG = click.option("--config", type=click.Path(path_type=Path), help="A TOML file of settings that names the store.")


def as_officer(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options by which an officer signs in."""
    url = click.option("--url", help="The running centre to act through; without it, the store of the settings.")
    login = click.option("--login", help="Who acts; else STOPLINE_LOGIN, else it is asked for.")
    return url(login(CONFIG(verb)))
