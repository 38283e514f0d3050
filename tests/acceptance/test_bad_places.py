"""Places and settings that cannot be used: one line that says what and what to do, exit 2, nothing half-written."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stopline.cli import main
from stopline.cli_centre import claim_port
from stopline.demo import Credentials
from stopline.kernel.errors import PortTaken
from stopline.settings import Settings

RUN = "from stopline.cli import main; import sys; sys.argv[0] = 'stopline'; main()"
DAY = ("bulletin", "--from", "2026-03-10", "--to", "2026-03-10", "--out")
GREETING = "Stopline is opening its stores: a few seconds\n"
LOW_PORT = 997
NOBODY = 65_534

Said = Callable[..., tuple[int, str]]


@pytest.fixture
def stopline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Return the command line: its exit code and the one line that it says; any other output fails the test."""

    def run(*words: object, **settings: object) -> tuple[int, str]:
        with monkeypatch.context() as process:
            process.setattr(sys, "argv", ["stopline", *map(str, words)])
            for name, value in settings.items():
                process.setenv(f"STOPLINE_{name.upper()}", str(value))
            with pytest.raises(SystemExit) as ended:
                main()
        return int(str(ended.value.code)), one_line(capsys.readouterr().err)

    return run


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """Return a block in which this process may do no more than anybody; skips where low ports are everybody's."""
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text("utf-8")) <= LOW_PORT:
        pytest.skip("this machine lets everybody open low ports")

    @contextmanager
    def block() -> Iterator[None]:
        before = os.geteuid()
        os.seteuid(before or NOBODY)
        try:
            yield
        finally:
            os.seteuid(before)

    return block


def one_line(stderr: str) -> str:
    stderr = stderr.removeprefix(GREETING)
    assert len(stderr.strip().splitlines()) == 1, stderr
    assert stderr.startswith("stopline: ")
    return stderr.strip()


def test_a_folder_that_is_no_ledger(stopline: Said, tmp_path: Path) -> None:
    assert stopline("audit", "verify", folder=tmp_path / "none")[0] == 2
    (tmp_path / "ledger.db").write_bytes(b"hello")
    verbs: tuple[tuple[object, ...], ...] = (("audit", "verify"), (*DAY, tmp_path / "out"), ("serve",))
    for words in verbs:
        code, said = stopline(*words, folder=tmp_path)
        assert code == 2
        assert "not a database" in said
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "ledger.db").read_bytes() == b"hello"


def test_a_store_of_a_newer_version_is_left_alone(
    stopline: Said, founded: tuple[Path, Credentials], tmp_path: Path
) -> None:
    folder = tmp_path / "newer"
    subprocess.run(["cp", "-r", founded[0], folder], check=True)
    with sqlite3.connect(folder / "ledger.db") as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999_future'")
    ledger.close()
    verbs: tuple[tuple[object, ...], ...] = (("serve",), ("release", "list"), (*DAY, tmp_path / "out"))
    for words in verbs:
        code, said = stopline(*words, folder=folder)
        assert code == 2
        assert "9999_future" in said
        assert "install that version" in said
    assert not (tmp_path / "out").exists()


def test_a_store_that_another_process_holds(
    stopline: Said, founded: tuple[Path, Credentials], tmp_path: Path, free_port: int
) -> None:
    folder = tmp_path / "held"
    subprocess.run(["cp", "-r", founded[0], folder], check=True)
    hold = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(folder / "stopline.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        code, said = stopline("serve", folder=folder, port=free_port)
        holder.communicate(b"\n")
    assert (code, "another process holds it" in said) == (2, True)


def test_a_port_in_use(stopline: Said, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = stopline("serve", folder=tmp_path / "centre", port=port)
        assert (code, f"port {port}" in said, "--port" in said) == (2, True, True)
        assert stopline("demo", "--once", "--port", port)[0] == 2
    assert not (tmp_path / "centre").exists()


def test_a_port_that_only_the_administrator_may_open(
    stopline: Said, tmp_path: Path, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    with as_nobody():
        code, said = stopline("serve", folder=tmp_path / "centre", port=LOW_PORT)
    assert code == 2
    assert said == (
        "stopline: port 997 on 127.0.0.1 may not be opened by this user; "
        "choose one above 1023 with --port or the setting port"
    )
    assert not (tmp_path / "centre").exists()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "two words", "." * 300, "例え。"])
def test_a_host_that_is_no_address_of_this_machine(stopline: Said, tmp_path: Path, free_port: int, host: str) -> None:
    code, said = stopline("serve", folder=tmp_path / "centre", host=host, port=free_port)
    assert code == 2
    assert f"host {host!r} is no address of this machine" in said
    assert "setting host" in said
    assert "in use" not in said
    assert not (tmp_path / "centre").exists()


def test_the_sixth_version_of_the_protocol_is_an_address_too() -> None:
    with socket.socket(socket.AF_INET6) as taken:
        try:
            taken.bind(("::1", 0))
        except OSError as error:
            pytest.skip(f"this machine speaks no IPv6: {error}")
        taken.listen()
        with pytest.raises(PortTaken):
            claim_port(replace(Settings(), host="::1", port=taken.getsockname()[1]))


def test_port_nought_is_any_free_one() -> None:
    chosen = claim_port(replace(Settings(), port=0)).port
    with socket.socket() as free:
        free.bind(("127.0.0.1", chosen))
    assert chosen > 0


def test_a_full_disk_founds_nothing_and_says_so(tmp_path: Path, free_port: int) -> None:
    small = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (20_000, 20_000)); "
    settings = {"STOPLINE_FOLDER": str(tmp_path / "centre"), "STOPLINE_PORT": str(free_port)}
    done = subprocess.run(
        [sys.executable, "-c", small + RUN, "serve"],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "free space" in one_line(done.stderr)


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "port": ({"port": "99999"}, "1 to 65535"),
    "zone": ({"time_zone": "Mars/X"}, "Asia/Shanghai"),
    "database": ({"database": "mysql://user:secret@host/x"}, "postgresql://"),
    "unreachable": ({"database": "postgresql://nobody@127.0.0.1:1/x"}, "start the database"),
    "jurisdiction": ({"jurisdiction": "XX"}, "no such calendar"),
    "under a file": ({"folder": "/dev/null/x"}, "choose another"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_cannot_be_used(stopline: Said, tmp_path: Path, free_port: int, name: str) -> None:
    change, says = SETTINGS[name]
    code, said = stopline("serve", **({"folder": tmp_path / "centre", "port": free_port} | change))
    assert code == 2
    assert says in said
    assert "secret" not in said


def test_words_that_are_no_command(stopline: Said) -> None:
    for words in (("nope",), ("demo", "--without", "nothing"), ("screen", "calls"), ("bulletin", "--from", "x")):
        code, said = stopline(*words)
        assert (code, "--help" in said) == (2, True)
    for first, last in (("1900-01-01", "2026-03-10"), ("2026-03-10", "2100-01-01"), ("2026-03-10", "2026-03-09")):
        assert stopline("bulletin", "--from", first, "--to", last, "--out", "o")[0] == 2
