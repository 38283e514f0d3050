"""What the tests serve is let go of: a worker that runs fifty of them holds one centre at a time."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

from stopline.app import RunningCentre
from stopline.demo import START
from stopline.kernel.clock import SetClock
from stopline.settings import Settings
from tests.served import served


def test_a_closed_centre_is_let_go(tmp_path: Path, free_port: int) -> None:
    settings = replace(Settings(), folder=tmp_path / "centre", port=free_port)
    with served(settings, SetClock(START)):
        assert living(tmp_path) == 1
    assert living(tmp_path) == 0


def living(folder: Path) -> int:
    """Return how many centres of a folder are held by anything."""
    held = [one for one in gc.get_objects() if type(one) is RunningCentre]  # isinstance would wake dead weak proxies
    return sum(folder in one.settings.folder.parents for one in held)
