"""The import contracts of pyproject.toml hold, and they would notice if they did not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.rules import PURE_PARTS
from tests.architecture.sources import PACKAGE, ROOT

PARTS = sorted(PURE_PARTS | {"bench", "console", "gateways", "nation", "stores", "wire"})
MODULES = ("app", "cli", "settings")


def test_every_contract_is_kept() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", done.stdout)


def test_every_part_of_the_plan_is_there() -> None:
    folders = [part for part in PARTS if not (PACKAGE / part / "__init__.py").is_file()]
    modules = [name for name in MODULES if not (PACKAGE / f"{name}.py").is_file()]
    assert folders + modules == []


def test_an_empty_plan_keeps_the_contracts(tmp_path: Path) -> None:
    _plan(tmp_path)
    done = _lint_imports(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("kernel/__init__.py", "import stopline.law", "Imports point downwards"),
        ("wire/__init__.py", "import stopline.stores", "Imports point downwards"),
        ("helpers.py", "", "Imports point downwards"),
        ("funds/__init__.py", "import stopline.cases", "capabilities never import each other"),
        ("nation/__init__.py", "import stopline.law", "knows only the kernel's words"),
        ("app.py", "import stopline.nation", "never reads the simulated country's ground truth"),
        ("law/__init__.py", "import socket", "do no I/O"),
        ("funds/__init__.py", "from random import Random", "do no I/O"),
        ("console/__init__.py", "import sqlalchemy", "Only the stores know a database driver"),
    ],
)
def test_a_contract_notices(tmp_path: Path, module: str, line: str, contract: str) -> None:
    _plan(tmp_path)
    (tmp_path / "src/stopline" / module).write_text(f"{line}\n", encoding="utf-8")
    done = _lint_imports(tmp_path)
    verdicts = [row for row in done.stdout.splitlines() if contract in row]
    assert done.returncode == 1, done.stdout + done.stderr
    assert any("BROKEN" in row for row in verdicts), done.stdout


def _plan(folder: Path) -> None:
    """Lay out the package with every part empty."""
    package = folder / "src/stopline"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for part in PARTS:
        (package / part).mkdir()
        (package / part / "__init__.py").touch()
    for name in MODULES:
        (package / f"{name}.py").touch()
    shutil.copy(ROOT / "pyproject.toml", folder)


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
