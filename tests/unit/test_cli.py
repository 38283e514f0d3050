"""Help is instant: what a verb needs is loaded when the verb runs, not when the program starts."""

from __future__ import annotations

import subprocess
import sys

from stopline.cli import stopline

HEAVY = ("alembic", "duckdb", "fastapi", "httpx", "numba", "numpy", "pyarrow", "sqlalchemy", "stopline.app", "uvicorn")
VERBS = sorted(stopline.commands)


def test_no_help_loads_what_only_work_needs() -> None:
    asked = [[], *([verb] for verb in VERBS), ["release", "sign"], ["screen", "calls"]]
    source = (
        "import contextlib, io, sys\n"
        "from stopline.cli import stopline\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    for words in {asked!r}:\n"
        "        stopline([*words, '--help'], standalone_mode=False)\n"
        "print(*sys.modules)\n"
    )
    said = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    loaded = set(said.stdout.split())
    assert "stopline.cli" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_a_centre_that_runs_has_loaded_nothing_of_training() -> None:
    source = "import sys, stopline.app\nprint(*sys.modules)\n"
    said = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    loaded = said.stdout.split()
    assert "stopline.screening.engine" in loaded
    assert [name for name in loaded if name.startswith("stopline.screening.text.training")] == []
