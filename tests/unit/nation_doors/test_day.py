"""The country as a process: what it says when it cannot go on, and its greeting."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from stopline.kernel.errors import BadFile
from stopline.nation.day import Control, Greeting

GREETING = {
    "seed": 1,
    "subscribers": 500,
    "url": "http://127.0.0.1:9",
    "without": ["calls"],
    "start": "2026-03-09T21:50:00+00:00",
    "logins": {"duty1": {"password": "p", "totp_secret": "JBSWY3DPEHPK3PXP", "area": ""}},
    "keys": {"C1": "k"},
    "speed": 0,
}


def test_greeting_is_read_whole() -> None:
    greeting = Greeting.read(json.dumps(GREETING))
    assert (greeting.seed, greeting.subscribers, greeting.without) == (1, 500, frozenset({"calls"}))
    assert greeting.logins["duty1"].totp_secret == "JBSWY3DPEHPK3PXP"


@pytest.mark.parametrize("line", ["", "{}", "[]", "no json", json.dumps({**GREETING, "start": "soon"})])
def test_line_that_is_no_greeting_is_refused_by_name(line: str) -> None:
    with pytest.raises(BadFile, match="start the day with stopline demo"):
        Greeting.read(line)


def test_clock_waits_for_the_centre_and_ends_when_nobody_listens() -> None:
    said = io.StringIO()
    control = Control(io.StringIO('{"ok": true}\n'), said)
    at = datetime(2026, 3, 9, 22, 0, tzinfo=UTC)
    assert control.tick(at) is True
    assert control.tick(at) is False
    assert json.loads(said.getvalue().splitlines()[0]) == {"tick": at.isoformat()}


def test_process_without_a_greeting_says_one_line_and_exits_2() -> None:
    command = [sys.executable, "-m", "stopline.nation"]
    done = subprocess.run(command, input="hello\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "not a greeting" in done.stderr


def test_process_without_a_centre_says_one_line_and_exits_2(free_port: int) -> None:
    greeting = {**GREETING, "url": f"http://127.0.0.1:{free_port}"}
    spoken = json.dumps(greeting) + "\n" + '{"ok": true}\n' * 3
    command = [sys.executable, "-m", "stopline.nation"]
    done = subprocess.run(command, input=spoken, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "does not answer" in done.stderr
