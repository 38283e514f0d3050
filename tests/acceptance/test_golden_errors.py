"""What the command line says of bad input, word for word: exit code, stderr, rejects, and nothing half-written.

A new or changed sentence is approved by running this file with STOPLINE_APPROVE=1 and reading the difference.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stopline.cli import main
from stopline.cli_kernels import make_kernels_ready
from stopline.demo import Credentials
from stopline.screening.rules.pack import shipped_pack
from stopline.stores.export import export_audit
from stopline.stores.reading import reading_store

GOLDEN = Path(__file__).parent.parent / "golden" / "cli"
RUN = "from stopline.cli import main; import sys; sys.argv[0] = 'stopline'; main()"
GOOD = b"2026-03-10T08:00:00+08:00,13800138000,13900139000\n"
HEAD = b"at,calling,called\n"
CALLS = ("screen", "calls", "in.csv", "--out", "out.csv", "--rejects", "rejects.csv")
MESSAGES = ("screen", "messages", "in.csv", "--out", "out.csv", "--rejects", "rejects.csv")
PROFILES = ("profile", "build", "in.csv", "--out", "out.csv", "--rejects", "rejects.csv")
DAY = ("bulletin", "--from", "2026-03-10", "--to", "2026-03-10", "--out", "edition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command line, the files that it finds, and what else is the matter with the place."""

    words: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    place: str = ""


def pack(change: tuple[str, str]) -> bytes:
    return shipped_pack().replace(*change).encode()


def lines(*rows: object) -> bytes:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows).encode()


MESSAGES_PACK = (
    b"pack: x\nrules:\n"
    + resources.files("stopline.screening").joinpath("packs", "messages.yaml").read_bytes().partition(b"\nrules:\n")[2]
)

CASES: dict[str, Case] = {
    # files that cannot be used as a whole
    "unknown_columns": Case(words=CALLS, files={"in.csv": b"when,from,to\n1,2,3\n"}),
    "unknown_columns_jsonl": Case(
        words=("screen", "messages", "in.jsonl", "--out", "out.csv"), files={"in.jsonl": lines({"body": "x"})}
    ),
    "a_column_twice": Case(words=CALLS, files={"in.csv": b"at,calling,called,called\n" + GOOD}),
    "empty_csv": Case(words=CALLS, files={"in.csv": b""}),
    "empty_lines_only": Case(words=CALLS, files={"in.csv": b"\n\n\n"}),
    "empty_jsonl": Case(words=("screen", "calls", "in.jsonl", "--out", "out.csv"), files={"in.jsonl": b""}),
    "empty_parquet": Case(words=("screen", "calls", "in.parquet", "--out", "out.csv"), files={"in.parquet": b""}),
    "text_as_parquet": Case(
        words=("screen", "calls", "in.parquet", "--out", "out.csv"), files={"in.parquet": HEAD + GOOD}
    ),
    "no_such_file": Case(words=CALLS),
    "a_folder_as_file": Case(words=("screen", "calls", ".", "--out", "out.csv")),
    "nul_in_the_header": Case(words=CALLS, files={"in.csv": b"at,call\x00ing,called\n" + GOOD}),
    "invalid_utf8_in_the_header": Case(words=CALLS, files={"in.csv": b"at,calling,\xff\n" + GOOD}),
    "utf16": Case(words=CALLS, files={"in.csv": (HEAD + GOOD).decode().encode("utf-16")}),
    "output_without_format": Case(
        words=("screen", "calls", "in.csv", "--out", "out.txt"), files={"in.csv": HEAD + GOOD}
    ),
    "output_in_no_folder": Case(
        words=("screen", "calls", "in.csv", "--out", "none/out.csv"), files={"in.csv": HEAD + GOOD}
    ),
    "two_outputs_in_one": Case(
        words=("screen", "calls", "in.csv", "--out", "out.csv", "--rejects", "out.csv"), files={"in.csv": HEAD + GOOD}
    ),
    "the_input_as_output": Case(words=("screen", "calls", "in.csv", "--out", "in.csv"), files={"in.csv": HEAD + GOOD}),
    "the_input_as_rejects": Case(
        words=("screen", "messages", "in.csv", "--out", "out.csv", "--rejects", "in.csv"),
        files={"in.csv": b"text\nx\n"},
    ),
    "the_input_as_campaigns": Case(
        words=("campaigns", "in.csv", "--out", "in.csv"), files={"in.csv": b"id,text\n1,x\n"}
    ),
    "full_disk": Case(
        words=("screen", "calls", "in.csv", "--out", "full.csv"), files={"in.csv": HEAD + GOOD * 3_000}, place="full"
    ),
    # past traffic for a pack
    "a_pack_without_a_rule_for_it": Case(
        words=("rules", "test", "pack.yaml", "--on", "in.csv"),
        files={"in.csv": HEAD + GOOD, "pack.yaml": MESSAGES_PACK},
    ),
    "labels_that_say_nothing": Case(
        words=(
            "rules",
            "test",
            "pack.yaml",
            "--on",
            "in.csv",
            "--messages",
            "--label",
            "scam",
            "--rejects",
            "rejects.csv",
        ),
        files={"in.csv": b"text,scam\nx,1.0\ny,maybe\nz,\n", "pack.yaml": MESSAGES_PACK},
    ),
    # rows that cannot be used go aside, the others go on
    "a_name_twice": Case(
        words=("screen", "messages", "in.jsonl", "--out", "out.csv", "--rejects", "rejects.csv"),
        files={"in.jsonl": b'{"text": "a", "text": "b"}\n{"text": "c"}\n'},
    ),
    "wrong_types": Case(
        words=("screen", "calls", "in.jsonl", "--out", "out.csv", "--rejects", "rejects.csv"),
        files={
            "in.jsonl": lines(
                {"at": 1773100800, "calling": "13800138000", "called": "13900139000"},
                {"at": "soon", "calling": "1", "called": "2"},
                {"at": True, "calling": "1", "called": "2"},
                {"at": {"day": 1}, "calling": "1", "called": "2"},
                {"at": None, "calling": "1", "called": "2"},
                {"at": 1773100800, "calling": ["1"], "called": "2"},
                {"at": 1773100800, "calling": None, "called": "2"},
                {"at": 1e300, "calling": "1", "called": "2"},
                '{"at": NaN, "calling": "1", "called": "2"}',
                "[1, 2]",
                "nonsense",
                '{"at": 1773100800, "calling": "\\ud800", "called": "2"}',
            )
        },
    ),
    "wrong_count_of_fields": Case(words=CALLS, files={"in.csv": HEAD + GOOD + b"1,2\n1,2,3,4\n" + GOOD}),
    "an_open_quotation": Case(words=CALLS, files={"in.csv": HEAD + GOOD + b'"open,1,2\n' + GOOD}),
    "nul_bytes": Case(words=CALLS, files={"in.csv": HEAD + GOOD + b"1773100800,a\x00b,2\n\x00\x00\n" + GOOD}),
    "invalid_utf8": Case(words=CALLS, files={"in.csv": HEAD + GOOD + b"1773100800,\xff\xfe,2\n" + GOOD}),
    "a_line_past_the_bound": Case(
        words=MESSAGES, files={"in.csv": b"text\nhello\n" + b"x" * ((1 << 20) + 1) + b"\nhello\n"}
    ),
    "dates_of_1900_and_2100": Case(
        words=CALLS,
        files={
            "in.csv": HEAD + GOOD + b"1900-01-01T00:00:00Z,1,2\n2100-01-01T00:00:00Z,1,2\n-2208988800,1,2\n"
            b"4102444800,1,2\n2026-02-30T00:00:00Z,1,2\n2026-03-10T08:00:00,1,2\n"
        },
    ),
    "ids_that_come_twice": Case(words=MESSAGES, files={"in.csv": b"id,text\n7,hello\n7,hello\n"}),
    "strict": Case(words=(*CALLS, "--strict"), files={"in.csv": HEAD + GOOD + b"soon,1,2\n"}),
    # profiles
    "profile_calls_without_columns": Case(words=PROFILES, files={"in.csv": b"number,fraud\n1,2\n"}),
    "profile_calls_rejected": Case(
        words=PROFILES,
        files={
            "in.csv": b"at,calling,called,answered_at,ended_at\n"
            b"2026-03-10T08:00:00+08:00,13800138000,13900139000,,2026-03-10T08:00:09+08:00\n"
            b"2026-03-10T08:00:00+08:00,13800138000,13900139000,,2026-03-10T07:00:00+08:00\n"
            b"2026-03-10T08:00:00+08:00,,,,\nsoon,1,2,,\n1,2\n"
        },
    ),
    "profile_calls_all_rejected": Case(words=PROFILES[:-2], files={"in.csv": HEAD + b"soon,1,2\n"}),
    "profile_number_twice": Case(
        words=(*PROFILES, "--subscribers", "list.csv"),
        files={"in.csv": HEAD + GOOD, "list.csv": b"number\n13800138000\n+8613800138000\n"},
    ),
    "profile_calls_as_output": Case(
        words=("profile", "build", "in.csv", "--out", "in.csv"), files={"in.csv": HEAD + GOOD}
    ),
    "profile_zone_unknown": Case(words=(*PROFILES, "--time-zone", "Mars/Olympus"), files={"in.csv": HEAD + GOOD}),
    "profile_map_unknown_feature": Case(
        words=("profile", "train", "in.csv", "--label", "fraud", "--out", "m.npz", "--map", "map.toml"),
        files={"in.csv": b"x,fraud\n1,0\n", "map.toml": b'callz = "x"\n'},
    ),
    "profile_map_fits_nothing": Case(
        words=("profile", "train", "in.csv", "--label", "fraud", "--out", "m.npz", "--map", "map.toml"),
        files={"in.csv": b"x,fraud\n1,0\n", "map.toml": b'calls_count = "calls"\n'},
    ),
    # rules and releases
    "a_rule_id_twice": Case(
        words=("rules", "check", "pack.yaml"), files={"pack.yaml": (GOLDEN.parent / "rules/id_twice.yaml").read_bytes()}
    ),
    "a_pack_that_is_not_utf8": Case(words=("rules", "check", "pack.yaml"), files={"pack.yaml": b"\xff\xfe"}),
    "a_bad_release": Case(
        words=(*CALLS, "--release", "pack.yaml"),
        files={"in.csv": HEAD + GOOD, "pack.yaml": pack(("when: spoofed", "when: spoofd"))},
    ),
    # the chain
    "chain_empty": Case(words=("audit", "verify", "chain.jsonl", "--key", "audit.pub"), place="key"),
    "chain_row_twice": Case(words=("audit", "verify", "twice.jsonl", "--key", "audit.pub"), place="key"),
    "chain_not_text": Case(words=("audit", "verify", "bytes.jsonl", "--key", "audit.pub"), place="key"),
    "chain_without_its_key": Case(words=("audit", "verify", "twice.jsonl", "--key", "none.pub"), place="key"),
    # settings and places
    "setting_unknown": Case(words=("serve", "--config", "s.toml"), files={"s.toml": b"prt = 80\n"}),
    "setting_wrong_type": Case(
        words=("serve", "--config", "s.toml"), files={"s.toml": b'secure_cookies = "perhaps"\n'}
    ),
    "setting_not_toml": Case(words=("serve", "--config", "s.toml"), files={"s.toml": b"port\x00"}),
    "day_of_1900": Case(words=("bulletin", "--from", "1900-01-01", "--to", "2026-03-10", "--out", "edition")),
    "day_of_2100": Case(words=("bulletin", "--from", "2026-03-10", "--to", "2100-01-01", "--out", "edition")),
    "day_that_is_none": Case(words=("bulletin", "--from", "2026-02-30", "--to", "2026-03-10", "--out", "edition")),
    "no_store": Case(words=DAY),
    "store_newer": Case(words=DAY, place="newer"),
    "store_newer_served": Case(words=("serve",), place="newer"),
    "store_locked": Case(words=("serve",), place="locked"),
    "port_in_use": Case(words=("serve",), place="port"),
    "host_unknown": Case(words=("serve",), env={"STOPLINE_HOST": "192.0.2.1"}),
}


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    """Compile what is not on the disk yet: a command that has to says so, and what is approved is said without."""
    make_kernels_ready()


@pytest.mark.parametrize("name", CASES)
def test_the_command_line_says_what_was_approved(
    name: str,
    tmp_path: Path,
    founded: tuple[Path, Credentials],
    free_port: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STOPLINE_FOLDER", "centre")
    monkeypatch.setenv("STOPLINE_PORT", str(free_port))
    for setting, value in case.env.items():
        monkeypatch.setenv(setting, value)
    for file, data in case.files.items():
        Path(file).write_bytes(data)
    with ExitStack() as until_done:
        port = PLACES[case.place](until_done, founded[0]) if case.place else 0
        if port:
            monkeypatch.setenv("STOPLINE_PORT", str(port))
        before = _files()
        monkeypatch.setattr(sys, "argv", ["stopline", *case.words])
        capfd.readouterr()
        code = _code()
    said = capfd.readouterr().err.replace(str(port or free_port), "PORT")
    _nothing_half_written(case, code, before)
    transcript = _transcript(case, code, said, Path())
    assert said_before(name, transcript) == transcript


def test_an_endless_line_from_a_pipe_says_what_was_approved(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    endless = [sys.executable, "-c", "import sys\nwhile True: sys.stdout.write('y' * 65536)"]
    case = Case(words=("screen", "messages", "/dev/stdin", "--out", "out.csv", "--rejects", "rejects.csv"))
    with subprocess.Popen(endless, stdout=writing, stderr=subprocess.DEVNULL) as source:
        os.close(writing)
        try:
            code, said = _process(case, tmp_path, stdin=reading)
        finally:
            os.close(reading)  # else the endless one waits for ever
        source.wait(timeout=30)
    assert list(tmp_path.iterdir()) == []
    transcript = _transcript(case, code, said, tmp_path)
    assert said_before("an_endless_pipe", transcript) == transcript


def test_a_full_disk_under_a_new_store_says_what_was_approved(tmp_path: Path, free_port: int) -> None:
    case = Case(words=("serve",), env={"STOPLINE_FOLDER": "centre", "STOPLINE_PORT": str(free_port)})
    code, said = _process(case, tmp_path, first="import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (20_000, 20_000)); ")
    transcript = _transcript(case, code, said, tmp_path)
    assert said_before("full_disk_under_a_new_store", transcript) == transcript


def test_no_sentence_is_left_over() -> None:
    made = {"an_endless_pipe", "full_disk_under_a_new_store"}
    assert {path.stem for path in GOLDEN.glob("*.txt")} == CASES.keys() | made


# ---------------------------------------------------------------- what is the matter with the place


def _full(_until_done: ExitStack, _founded: Path) -> int:
    Path("full.csv").symlink_to("/dev/full")
    return 0


def _key(_until_done: ExitStack, founded: Path) -> int:
    shutil.copy(founded / "keys" / "audit.pub", "audit.pub")
    with reading_store("", founded) as store:
        export_audit(store, Path("twice.jsonl"))
    rows = Path("twice.jsonl").read_bytes().splitlines(keepends=True)
    Path("twice.jsonl").write_bytes(b"".join([*rows[:3], rows[2], *rows[3:]]))
    Path("chain.jsonl").write_bytes(b"")
    Path("bytes.jsonl").write_bytes(rows[0] + b"\x00\xff\n")
    return 0


def _newer(_until_done: ExitStack, founded: Path) -> int:
    shutil.copytree(founded, "centre")
    with sqlite3.connect("centre/ledger.db") as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999_future'")
    ledger.close()
    return 0


def _locked(until_done: ExitStack, _founded: Path) -> int:
    Path("centre").mkdir()
    hold = (
        "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, "centre/stopline.lock"]
    holder = until_done.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    assert holder.stdout is not None
    assert holder.stdin is not None
    until_done.callback(holder.stdin.close)
    assert holder.stdout.readline() == b"held\n"
    return 0


def _port(until_done: ExitStack, _founded: Path) -> int:
    taken = until_done.enter_context(socket.create_server(("127.0.0.1", 0)))
    port: int = taken.getsockname()[1]
    return port


PLACES: dict[str, Callable[[ExitStack, Path], int]] = {
    "full": _full,
    "key": _key,
    "newer": _newer,
    "locked": _locked,
    "port": _port,
}


# ---------------------------------------------------------------- running and comparing


def _code() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(str(ended.code or 0))
    return 0


def _process(case: Case, folder: Path, *, first: str = "", stdin: int | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", first + RUN, *case.words],
        cwd=folder,
        env=os.environ | case.env,
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


def _files() -> dict[str, float]:
    return {str(path): path.lstat().st_mtime for path in _walk() if "centre" not in path.parts}


def _walk() -> Iterator[Path]:
    return (path for path in Path().rglob("*") if not path.is_dir())


def _nothing_half_written(case: Case, code: int, before: dict[str, float]) -> None:
    made = _files().keys() - before.keys()
    assert {path: at for path, at in _files().items() if path in before} == before
    whole = {"out.csv", "rejects.csv"} & set(case.words)
    assert made == (whole if code == 0 or "--strict" in case.words else set())
    assert code or "--rejects" in case.words, "bad input was taken"


def _transcript(case: Case, code: int, said: str, folder: Path) -> str:
    assert "Traceback" not in said
    errors = [line for line in said.splitlines() if line.startswith("stopline: ")]
    assert len(errors) == (1 if said.startswith("stopline: ") or code == 2 else 0)
    rejects = folder / "rejects.csv"
    aside = f"rejects.csv:\n{rejects.read_text('utf-8')}" if rejects.exists() else ""
    return f"$ stopline {' '.join(case.words)}\nexit {code}\n{said}{aside}"


def said_before(name: str, said: str) -> str:
    """Return what was approved; with STOPLINE_APPROVE=1 that is what is said now."""
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("STOPLINE_APPROVE"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(said, encoding="utf-8")
    return golden.read_text("utf-8")


# the Parquet of these tests is written where it is needed: bytes of a file are no text to approve
def test_a_column_twice_in_parquet_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    twice = pa.Table.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["text", "text"])
    pq.write_table(twice, tmp_path / "in.parquet")
    with pytest.MonkeyPatch.context() as process:
        process.chdir(tmp_path)
        process.setattr(sys, "argv", ["stopline", "screen", "messages", "in.parquet", "--out", "out.csv"])
        assert _code() == 2
    assert capfd.readouterr().err == "stopline: in.parquet: it has a column name twice; name every column once\n"
