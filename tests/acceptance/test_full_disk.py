"""The disk fills under a running centre: no act is half taken, nothing new is stopped, freed space heals it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from stopline.demo import START, Credentials
from stopline.kernel.clock import SetClock
from stopline.kernel.errors import StoreFull
from stopline.settings import Settings
from stopline.stores.export import verify_store
from tests.acceptance.conftest import Doors, release_rules, report_body
from tests.acceptance.test_blocked_caller import call
from tests.served import served

DISK = "512m"
MOST_REPORTS = 400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder that is a disk of its own, or skip: mounting one takes an administrator."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def crowded(founded: tuple[Path, Credentials], small_disk: Path, free_port: int) -> Iterator[Doors]:
    """Yield a centre on a small disk, with its rules released."""
    folder, credentials = founded
    shutil.copytree(folder, small_disk / "centre")
    clock = SetClock(START)
    settings = replace(Settings(), folder=small_disk / "centre", port=free_port)
    with served(settings, clock) as centre:
        doors = Doors(f"http://127.0.0.1:{free_port}", clock, credentials, centre)
        release_rules(doors)
        yield doors
        doors.raw().close()


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Fill what is left of a disk while the block runs."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        left = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize)
    try:
        yield
    finally:
        ballast.unlink()


def until_refused(doors: Doors) -> tuple[int, str]:
    """Report until the disk is full; returns how many reports were taken, and what the refusal says."""
    for taken in range(MOST_REPORTS):
        answer = doors.raw().post("/api/v1/reports", json=report_body(doors, payment=f"t{taken}"))
        if answer.status_code != 201:
            assert answer.status_code == 503, answer.text
            assert answer.json()["error"] == "StoreFull"
            return taken, answer.json()["message"]
    pytest.fail("the disk never filled")


def test_a_disk_that_fills_refuses_whole_acts_and_stops_nobody(crowded: Doors, small_disk: Path) -> None:
    doors = crowded
    assert "BLOCK" in {row["verdict"] for row in call(doors, "+8695588", 3)}
    verdicts = len(doors.rows("verdict", "analyst1"))
    with filled(small_disk):
        taken, said = until_refused(doors)
        assert "full" in said
        assert "free space and repeat the act" in said
        unrecorded = call(doors, "+8695588", 3)
        assert {row["verdict"] for row in unrecorded} == {"PASS"}
        assert all(str(row["reasons"]).startswith("unrecorded") for row in unrecorded)
        assert {row["reference"] for row in unrecorded} == {None}
        assert "stopline_unrecorded_batches_total 1" in doors.raw().get("/metrics").text
        assert doors.raw().get("/healthz").json()["ok"] is True  # what only reads goes on
    rows = doors.rows("report", "duty1", limit=500)
    assert len(rows) == taken  # acknowledged is there, refused is not
    assert len(doors.rows("verdict", "analyst1")) == verdicts
    verify_store(doors.centre.store)
    doors.later(minutes=1)  # and what waited in the outbox goes on
    assert doors.centre.outbox.pending_count() == 0
    assert len(doors.rows("trace", "investigator1", limit=500)) == taken
    assert "BLOCK" in {row["verdict"] for row in call(doors, "+8695588", 3)}
    doors.post("/api/v1/reports", report_body(doors, payment="after"))
    verify_store(doors.centre.store)


def test_a_centre_that_closes_on_a_full_disk_gives_its_folder_free(crowded: Doors, small_disk: Path) -> None:
    doors = crowded
    call(doors, "+8695588", 3)
    with filled(small_disk), pytest.raises(StoreFull, match="free space"):
        doors.centre.close()
    assert doors.centre.store.lock_file is not None
    assert doors.centre.store.lock_file.closed
    assert [path for path in small_disk.rglob("*") if path.suffix in {".part", ".tmp"}] == []
    assert not list(small_disk.rglob("*.parquet"))
    doors.centre.lake.flush()  # the rows have waited for the space
    assert len(list(small_disk.rglob("*.parquet"))) == 1
