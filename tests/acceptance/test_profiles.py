"""From a country's call records to a ranking of its lines, by nothing but the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from stopline.cli import stopline
from stopline.screening.profiles.training import auc

pytest.importorskip("lightgbm", reason="the extra `profiles` is not installed")


def run(*words: object) -> Result:
    return CliRunner().invoke(stopline, ["profile", *map(str, words)], catch_exceptions=False)


def month(folder: Path, seed: int) -> Path:
    command = [sys.executable, "-m", "stopline.nation.months", folder, "--lines", 60, "--fraud-share", 0.5]
    subprocess.run([*map(str, command), "--seed", str(seed)], check=True)
    return folder


def test_a_month_teaches_what_the_next_one_is_ranked_by(tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("next", 2)):
        folder = month(tmp_path / name, seed)
        done = run("build", folder / "calls.parquet", "--subscribers", folder / "subscribers.parquet",
                   "--out", folder / "profiles.parquet", "--strict")  # fmt: skip
        assert done.exit_code == 0, done.output
        assert "profiles of 60 numbers; personal data" in done.stderr
        assert {path.name for path in folder.iterdir()} == {"calls.parquet", "subscribers.parquet", "profiles.parquet"}
    learned = run("train", tmp_path / "first/profiles.parquet", "--label", "fraud", "--out", tmp_path / "m.npz")
    assert learned.exit_code == 0, learned.output
    assert "column subscriber is ignored" in learned.stderr
    assert "column trade is ignored" in learned.stderr
    out = tmp_path / "scored.parquet"
    scored = run("score", tmp_path / "next/profiles.parquet", "--model", tmp_path / "m.npz", "--out", out)
    assert scored.exit_code == 0, scored.output
    assert scored.stderr.endswith("a hint, no fact\n")
    rows = pq.read_table(out)
    truth = np.array(rows["fraud"].to_pylist()) == 1
    assert auc(truth, np.array(rows["score"].to_pylist())) > 0.9
    ruled = np.array([rule is not None for rule in rows["rule"].to_pylist()])
    desks = {trade for trade, held in zip(rows["trade"].to_pylist(), ruled, strict=True) if held}
    assert truth[ruled].mean() > 0.8, desks
    assert desks <= {"fraud_card", "call_centre", "debt_reminder"}  # whom the rule cannot tell from fraud by habits


def test_a_zone_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("at,calling,called\n1773100800,13800138000,13900139000\n")
    done = CliRunner().invoke(
        stopline,
        [
            "profile",
            "build",
            str(tmp_path / "in.csv"),
            "--out",
            str(tmp_path / "out.csv"),
            "--time-zone",
            "Mars/Olympus",
        ],
    )
    assert done.exit_code != 0
    assert "no time zone" in str(done.exception)
    assert not (tmp_path / "out.csv").exists()
