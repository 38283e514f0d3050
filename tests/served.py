"""A whole centre behind its doors for a test, let go of entirely afterwards."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from fastapi.dependencies import models as dependency_models

from stopline.app import RunningCentre, build, web_of
from stopline.cli_centre import serving
from stopline.kernel.clock import Clock
from stopline.settings import Settings


@contextmanager
def served(
    settings: Settings, clock: Clock, web: Callable[[RunningCentre], FastAPI] = web_of
) -> Iterator[RunningCentre]:
    """Serve the centre of a folder on a port while the block runs; then close it and let go of it."""
    forget_closed_centres()
    centre = build(settings, clock=clock)
    try:
        with serving(web(centre), settings):
            yield centre
    finally:
        centre.close()
        del centre
        forget_closed_centres()


def forget_closed_centres() -> None:
    """Let go of what was closed: 160 MB of velocity state each, held by what FastAPI remembers of its routes."""
    for kept in vars(dependency_models).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
    gc.collect()
