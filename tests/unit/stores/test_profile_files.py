import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from stopline.cli import stopline
from stopline.kernel.errors import BadField, BadFile
from stopline.stores.profile_files import read_model, score_file, train_file

pytest.importorskip("lightgbm", reason="the extra `profiles` is not installed")


def written(path: Path, rows: int = 200) -> Path:
    rng = np.random.default_rng(3)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["user_id", "calls", "ratio", "age", "note", "fraud"])
        for row in range(rows):
            fraud = row % 3 == 0
            calls = int(rng.poisson(60 if fraud else 20))
            out.writerow([row, calls, "" if row % 7 == 0 else rng.random(), 30 + row % 9, "text", int(fraud)])
    return path


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profile")
    out = folder / "m.npz"
    train_file(written(folder / "in.csv"), out, label="fraud", seed=1, trained_on="2026-01-01")
    return out


def test_ids_grounds_and_texts_are_ignored_with_a_notice(tmp_path: Path) -> None:
    found = train_file(written(tmp_path / "in.csv"), tmp_path / "m.npz", label="fraud", seed=1, trained_on="2026-01-01")
    assert found[0].features == ("calls", "ratio")
    assert [notice.split()[1] for notice in found[1].notices] == ["user_id", "age", "note"]
    assert found[0].card["training_set"]["rows"] == 200
    assert found[0].card["trained_on"] == "2026-01-01"


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_rows_go_out_in_order_with_their_score(tmp_path: Path, model_file: Path, ending: str) -> None:
    source, out = written(tmp_path / "in.csv"), tmp_path / f"out.{ending}"
    tally = score_file(source, read_model(model_file), out)
    assert tally.rows == 200
    again = tmp_path / "again.jsonl"
    score_file(out, read_model(model_file), again)
    rows = [json.loads(line) for line in again.read_text().splitlines()]
    assert [row["row"] for row in rows] == list(range(1, 201))
    assert [float(row["input_score"]) for row in rows] == [row["score"] for row in rows]
    assert all("calls=" in row["reasons"] for row in rows)


def test_hostile_rows_are_rejected_with_their_line(tmp_path: Path, model_file: Path) -> None:
    source = tmp_path / "in.jsonl"
    hostile = [{"calls": "many"}, {"calls": "inf"}, {"calls": None}, {"calls": [1]}, {"calls": -5}, {"calls": 10**400}]
    source.write_text("".join(json.dumps(row) + "\n" for row in hostile))
    rejects = tmp_path / "rejects.csv"
    tally = score_file(source, read_model(model_file), tmp_path / "out.csv", rejects=rejects)
    assert (tally.rows, tally.rejected) == (1, 5)
    assert "1 column taken as missing: ratio" in tally.notices
    with rejects.open() as file:
        told = [(row["line"], row["reason"]) for row in csv.DictReader(file)]
    assert told[:4] == [
        ("1", "calls is not a number: many"),
        ("2", "calls is not finite"),
        ("3", "no feature has a value"),
        ("4", "calls is a list, not a number"),
    ]


def test_files_that_cannot_be_used_are_one_line(tmp_path: Path, model_file: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("x,y\n1,2\n")
    with pytest.raises(BadFile, match="none of the model's columns"):
        score_file(other, read_model(model_file), tmp_path / "out.csv")
    with pytest.raises(BadFile, match="no column fraud"):
        train_file(other, tmp_path / "m", label="fraud", seed=1, trained_on="2026-01-01")
    constant = tmp_path / "constant.csv"
    constant.write_text("x,fraud\n" + "1,0\n2,0\n" * 40)
    with pytest.raises(BadField, match="same in every row"):
        train_file(constant, tmp_path / "m", label="fraud", seed=1, trained_on="2026-01-01")
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(f"c{place}" for place in range(100_000)) + "\n")
    with pytest.raises(BadFile, match="too many"):
        score_file(wide, read_model(model_file), tmp_path / "out.csv")
    with pytest.raises(BadFile):
        read_model(tmp_path / "none")


def test_the_verbs_and_strict(tmp_path: Path) -> None:
    source, model = written(tmp_path / "in.csv"), tmp_path / "m.npz"
    with source.open("a") as file:
        file.write("x,many,1,2,t,1\n")
    run = CliRunner()
    trained = run.invoke(
        stopline, ["profile", "train", str(source), "--label", "fraud", "--out", str(model), "--strict"]
    )
    assert trained.exit_code == 1, trained.output
    assert "AUC" in trained.output
    scored = run.invoke(
        stopline, ["profile", "score", str(source), "--model", str(model), "--out", str(tmp_path / "out.csv")]
    )
    assert scored.exit_code == 0, scored.output
    assert "1 rejected" in scored.output
