"""Nothing in the tree tells of the machine it was written on, and nothing in it is too big."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, tracked

SIZE_MAX_BYTES = 5 * 1024 * 1024
THIS_FILE = Path(__file__).resolve()
TELLTALES = re.compile(
    r"""
    (?<![\w.$})]) /(work|root|opt/pypi|opt/wheels)/       # folders of one machine
    | pypi\.org | pythonhosted | deb\.debian\.org | registry\.npmjs  # package hosts
    | --(extra-)?index-url[ =] | --find-links[ =] | --trusted-host[ =]  # and ways to name them
    """,
    re.VERBOSE,
)


def test_no_file_names_this_machine_or_a_package_host() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked()
        if path != THIS_FILE
        for number, line in enumerate(_text(path).splitlines(), 1)
        if TELLTALES.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "data = '/" + "work/data'",
        "see /" + "root/.cache",
        "https://files.pythonhosted.org/x.whl",
        "--extra-index-url file:///x",
    ],
)
def test_such_a_line_is_noticed(line: str) -> None:
    assert TELLTALES.search(line)


def test_no_file_is_too_big_to_review() -> None:
    big = [
        f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes"
        for path in tracked()
        if path.stat().st_size > SIZE_MAX_BYTES
    ]
    assert big == []


def test_scripts_can_be_run() -> None:
    scripts = [path for path in tracked() if _text(path).startswith("#!/")]
    assert ROOT / ".ci/run" in scripts
    assert [str(path) for path in scripts if not path.stat().st_mode & 0o100] == []


def _text(path: Path) -> str:
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")
