"""Fixtures that all tests share: throw-away PostgreSQL, free ports, Chromium, real data."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
POSTGRES_START_S = 30.0
POSTGRES_STOP_S = 20.0

# dev looks for new examples at every run; ci finds the same ones every time; soak looks for long.
# Deadlines are off: two tests at once on two cores make time a poor judge.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("soak", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("STOPLINE_HYPOTHESIS", "dev"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they ask for, so that nobody has to say it twice."""
    for item in items:
        wanted = getattr(item, "fixturenames", ())
        if "postgres_server" in wanted or "postgres_url" in wanted:
            item.add_marker(pytest.mark.postgres)
        if "chromium_path" in wanted:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of this tree."""
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data, or skip: STOPLINE_DATA, or ../shared/data beside the tree."""
    folder = Path(os.environ.get("STOPLINE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real data: put it beside the tree or name its folder in STOPLINE_DATA")
    return folder


@pytest.fixture
def free_port() -> int:
    """Return a TCP port on the loopback that nobody listens on at the moment."""
    return _free_port()


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    """Return a function that finds several distinct free ports."""

    def find(count: int) -> list[int]:
        with contextlib.ExitStack() as held:
            return [held.enter_context(_bound()).getsockname()[1] for _ in range(count)]

    return find


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of a Chromium that can run headless, or skip."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium: apt-get install chromium")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start a throw-away cluster on a socket of its own; yield its SQLAlchemy URL; stop it by pid.

    Each test worker has its own. Nothing listens on a TCP port. fsync is off: a test kills
    processes, never the machine, so what was written to the kernel is there afterwards.
    """
    programs = _postgres_programs()
    # Not pytest's tmp_path: the postgres user must reach it, and a socket's path has 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="stopline-pg-"))
    account = _postgres_account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    try:
        server = _start_postgres(programs, folder, account)
        try:
            yield f"postgresql+psycopg://stopline@/postgres?host={folder}"
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Yield the SQLAlchemy URL of an empty database of its own, dropped afterwards."""
    name = f"t_{os.getpid()}_{time.monotonic_ns()}"
    address = postgres_server.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _free_port() -> int:
    with _bound() as listener:
        port: int = listener.getsockname()[1]
        return port


def _bound() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    return listener


def _postgres_programs() -> Path:
    """Return the folder with initdb and postgres, Debian's newest first, or skip."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdecimal() else 0,
    )
    if installed:
        return installed[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    pytest.skip("no PostgreSQL: apt-get install postgresql")


def _postgres_account() -> pwd.struct_passwd | None:
    """Return who runs the server: PostgreSQL refuses root, so root hands it to another user."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("PostgreSQL refuses to run as root and there is no user postgres or nobody")


def _start_postgres(programs: Path, folder: Path, account: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    cluster, log = folder / "cluster", folder / "log"
    initdb = [programs / "initdb", "-D", cluster, "-U", "stopline", "--auth=trust"]
    made = _run_as(account, [*initdb, "--encoding=UTF8", "--no-locale", "--no-sync"], log)
    if made.wait() != 0:
        pytest.fail(f"initdb failed: {log.read_text(errors='replace')}")
    options = {
        "unix_socket_directories": str(folder),
        "listen_addresses": "",
        "fsync": "off",
        "max_connections": "60",
        "shared_buffers": "32MB",
    }
    flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
    server = _run_as(account, [programs / "postgres", "-D", cluster, *flags], log)
    deadline = time.monotonic() + POSTGRES_START_S
    while True:
        if server.poll() is not None or time.monotonic() > deadline:
            _stop(server)
            pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="stopline", dbname="postgres").close()
            return server
        time.sleep(0.05)


def _run_as(account: pwd.struct_passwd | None, command: Sequence[object], log: Path) -> subprocess.Popen[bytes]:
    """Start a program as the given user; where setpriv exists it dies with this test worker."""
    words = [str(word) for word in command]
    setpriv = shutil.which("setpriv")
    if setpriv:
        words = [setpriv, "--pdeathsig=INT", "--", *words]
    with log.open("ab") as output:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # fast shutdown: open connections are closed
        try:
            server.wait(POSTGRES_STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
