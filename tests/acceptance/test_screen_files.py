"""Files of calls and messages through the command line: what a person at a terminal gets."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

START = datetime(2026, 3, 10, 1, tzinfo=UTC)
RUN = "from stopline.cli import main; import sys; sys.argv[0] = 'stopline'; main()"
FRAUD = "恭喜您中奖，请登录 http://a.bc/x 领取12万元奖金"


def run(*words: object, stdin: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *map(str, words)],
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def calls(count: int) -> list[dict[str, str]]:
    """Return a burst from one number, ordinary calls beside it, and a spoofed desk."""
    rows = []
    for row in range(count):
        at = START + timedelta(seconds=10 * row)
        burst = row % 2 == 0
        rows.append(
            {
                "at": at.isoformat(),
                "calling": "+8617012345678" if burst else f"+86138001{row:05d}",
                "called": f"+861390{7_919 * row % 10_000_000:07d}",
                "ended_at": (at + timedelta(seconds=15)).isoformat(),
                "note": f"line {row}",
            }
        )
    rows.append(
        {"at": START.isoformat(), "calling": "02885551234", "called": "13900139000", "ended_at": "", "note": ""}
    )
    return rows


def as_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_calls_are_judged_in_every_format_with_the_same_answer(tmp_path: Path) -> None:
    rows = calls(200)
    as_csv(tmp_path / "in.csv", rows)
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    instants = [datetime.fromisoformat(row["at"]) for row in rows]
    columns = {name: [row[name] for row in rows] for name in ("calling", "called", "ended_at", "note")}
    pq.write_table(
        pa.table({"at": pa.array(instants, pa.timestamp("ms", tz="UTC")), **columns}), tmp_path / "in.parquet"
    )
    verdicts = {}
    for given, wanted in (("csv", "parquet"), ("jsonl", "csv"), ("parquet", "jsonl")):
        out = tmp_path / f"from-{given}.{wanted}"
        done = run("screen", "calls", tmp_path / f"in.{given}", "--out", out)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert "201 calls" in done.stderr
        verdicts[given] = read(out)
    assert verdicts["csv"] == verdicts["jsonl"] == verdicts["parquet"]
    assert [row for row, *_ in verdicts["csv"]] == list(range(1, 202))
    stopped = [(row, note) for row, verdict, _score, note in verdicts["csv"] if verdict in ("HOLD", "BLOCK")]
    assert stopped
    assert all(int(note.removeprefix("line ")) % 2 == 0 for _row, note in stopped if note)
    assert all((score >= 0.5) == (verdict in ("HOLD", "BLOCK")) for _row, verdict, score, _note in verdicts["csv"])


def read(path: Path) -> list[tuple[int, str, float, str]]:
    rows: list[dict[str, object]]
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    elif path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            rows = [dict(row) for row in csv.DictReader(file)]
    else:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(int(str(r["row"])), str(r["verdict"]), float(str(r["score"])), str(r["note"] or "")) for r in rows]


def test_bad_rows_go_aside_and_strict_says_so(tmp_path: Path) -> None:
    given = tmp_path / "in.csv"
    good = "2026-03-10T08:00:00+08:00,13800138000,13900139000\n"
    given.write_bytes(
        ("at,calling,called\n" + good + "1900-01-01T00:00:00Z,1,2\n2100-01-01T00:00:00Z,1,2\nsoon,1,2\n").encode()
        + b"1773100800,\xff,2\n1773100800,a\x00b,2\n1773100800,1\n"
        + good.encode()
    )
    out, rejects = tmp_path / "out.csv", tmp_path / "rejects.jsonl"
    done = run("screen", "calls", given, "--out", out, "--rejects", rejects)
    assert done.returncode == 0
    assert "6 rejected" in done.stderr
    found = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
    assert [(row["row"], row["line"]) for row in found] == [(row, row + 1) for row in range(2, 8)]
    with out.open(newline="", encoding="utf-8") as file:
        assert [row["row"] for row in csv.DictReader(file)] == ["1", "8"]
    assert run("screen", "calls", given, "--out", out, "--strict").returncode == 1


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("none.csv", None, "no such file"),
        ("empty.csv", b"", "empty"),
        ("short.csv", b"at,calling\n1,2\n", "no column called"),
        ("text.parquet", b"hello", "Parquet"),
    ],
    ids=["missing", "empty", "column", "parquet"],
)
def test_an_unusable_file_is_one_line_and_exit_two(tmp_path: Path, name: str, data: bytes | None, says: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    done = run("screen", "calls", tmp_path / name, "--out", tmp_path / "out.csv")
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out.csv").exists()


def test_an_endless_line_from_a_pipe_ends_in_one_line(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    endless = [sys.executable, "-c", "import sys\nwhile True: sys.stdout.write('y' * 65536)"]
    with subprocess.Popen(endless, stdout=writing, stderr=subprocess.DEVNULL) as source:
        os.close(writing)
        done = run("screen", "messages", "/dev/stdin", "--out", tmp_path / "out.csv", stdin=reading)
        os.close(reading)
        source.wait(timeout=30)
    assert done.returncode == 2
    assert "64 MiB" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "out.csv").symlink_to("/dev/full")
    given = as_csv(tmp_path / "in.csv", calls(3_000))
    done = run("screen", "calls", given, "--out", tmp_path / "out.csv")
    assert done.returncode == 2
    assert "no space left" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_messages_get_kind_typology_and_campaign_and_keep_their_columns(tmp_path: Path) -> None:
    rows = [
        {"id": "7", "text": FRAUD, "score": "mine"},
        {"id": "7", "text": FRAUD.replace("12", "34"), "score": "mine"},
        {"id": "8", "text": "晚上一起吃饭吗，\n我等你", "score": "mine"},
    ]
    done = run("screen", "messages", as_csv(tmp_path / "in.csv", rows), "--out", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["verdict"] for row in found] == ["BLOCK", "BLOCK", "PASS"]
    assert [row["kind"] for row in found] == ["fraud", "fraud", "pass"]
    assert [row["input_score"] for row in found] == ["mine"] * 3
    assert found[1]["campaign"] is not None
    assert found[2]["text"] == rows[2]["text"]
    assert found[2]["reference"] is None
    assert len({row["reference"] for row in found}) == 3


def test_a_pack_is_checked_and_tried_on_past_traffic(tmp_path: Path) -> None:
    from stopline.screening.rules.pack import shipped_pack  # noqa: PLC0415 - only for its text

    pack = tmp_path / "pack.yaml"
    pack.write_text(shipped_pack(), encoding="utf-8")
    assert run("rules", "check", pack).stdout.startswith("ok: ")
    rows = [{**row, "scam": str(int(row["calling"] == "+8617012345678"))} for row in calls(200)]
    done = run("rules", "test", pack, "--on", as_csv(tmp_path / "in.csv", rows), "--label", "scam")
    assert done.returncode == 0, done.stderr
    assert "newly stopped 0, no longer stopped 0" in done.stdout
    assert "precision: 1.0000" in done.stdout
    pack.write_text(shipped_pack().replace("when: spoofed", "when: hometown = 'x'"), encoding="utf-8")
    refused = run("rules", "check", pack)
    assert refused.returncode == 1
    assert "can never be a ground" in refused.stdout
    done = run("screen", "calls", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--release", pack)
    assert done.returncode == 2
    assert not (tmp_path / "out.csv").exists()


def test_many_rows_stay_in_bounded_memory(tmp_path: Path) -> None:
    """Not a million here: enough that holding every row would show."""
    given = tmp_path / "in.csv"
    with given.open("w", encoding="utf-8") as file:
        file.write("at,calling,called\n")
        file.writelines(f"1773100800,+8613800{row % 1000:06d},+8613900{row % 997:06d}\n" for row in range(150_000))
    script = (
        "import re; from pathlib import Path; from click.testing import CliRunner; "
        "from stopline.cli_screen import screen_group; "
        f"done = CliRunner().invoke(screen_group, ['calls', {str(given)!r}, '--out', {str(tmp_path / 'out.csv')!r}]); "
        # VmHWM begins afresh at exec; ru_maxrss would carry the test worker's own peak over
        "print(done.exit_code, re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=200)
    code, most_kib = map(int, done.stdout.split())
    assert code == 0
    assert most_kib < 900_000
    print(f"150,000 calls: {most_kib / 1024:.0f} MiB at most")
