"""One seed is one country and one day: two demonstrations of it end with the same scoreboard."""

import subprocess
import sys
from pathlib import Path

import pytest

DAY = ("demo", "--once", "--seed", "3", "--port", "0", "--subscribers", "10000")


@pytest.mark.soak
def test_the_same_seed_is_the_same_day(tmp_path: Path) -> None:
    boards = []
    for run in ("first", "second"):
        board = tmp_path / f"{run}.csv"
        command = [str(Path(sys.executable).with_name("stopline")), *DAY, "--scoreboard", str(board)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr
        boards.append(board.read_text(encoding="utf-8"))
    assert boards[0] == boards[1]
