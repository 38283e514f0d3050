import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from stopline.cli import stopline
from stopline.kernel.errors import BadField, BadFile
from stopline.screening.profiles.rule import calls_out_to_strangers
from stopline.screening.profiles.training import auc
from stopline.stores.files import Reader
from stopline.stores.profile_files import read_model, score_file, train_file
from stopline.stores.profile_rows import completed, numbers, read_map

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


def counts(path: Path, rows: int = 200) -> Path:
    """A table whose columns have names of their own."""
    rng = np.random.default_rng(5)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["all", "unique", "out", "days_count", "bill", "fraud"])
        for row in range(rows):
            fraud = row % 3 == 0
            calls = 1 + int(rng.poisson(60 if fraud else 20))
            out.writerow([calls, 1 + calls // (1 if fraud else 4), calls // (1 if fraud else 2), 1 + row % 7, row / 3,
                          int(fraud)])  # fmt: skip
    return path


def test_a_map_names_the_columns_and_nothing_else_is_learned_from(tmp_path: Path) -> None:
    source, mapped = counts(tmp_path / "in.csv"), tmp_path / "map.toml"
    mapped.write_text(
        'calls_count = "all"\ncontacts_count = "unique"\ncalls_out_count = "out"\ndays_count = "daytime"\n'
    )
    columns = read_map(mapped)
    model, _ = train_file(source, tmp_path / "m", label="fraud", seed=1, trained_on="2026-01-01", columns=columns)
    assert model.features == (
        *("days_count", "calls_count", "calls_out_count", "contacts_count"),
        *("calls_per_day", "contacts_per_day", "contact_ratio", "outgoing_ratio"),
    )
    score_file(source, model, tmp_path / "out.jsonl", columns=columns)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    truth = np.array([row["fraud"] == "1" for row in rows])
    assert auc(truth, np.array([row["score"] for row in rows])) > 0.99
    ruled = [int(row["all"]) >= 20 * int(row["days_count"]) and row["fraud"] == "1" for row in rows]
    assert [row["rule"] for row in rows] == ["CALLS_OUT_TO_STRANGERS" if one else None for one in ruled]
    assert any(ruled)


def test_a_derived_feature_that_a_file_lacks_follows_from_its_parts(tmp_path: Path) -> None:
    source, mapped = counts(tmp_path / "in.csv"), tmp_path / "map.toml"
    mapped.write_text('calls_count = "all"\ncalls_out_count = "out"\n')
    columns = read_map(mapped)
    model, _ = train_file(source, tmp_path / "m", label="fraud", seed=1, trained_on="2026-01-01", columns=columns)
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(source.read_text().replace("all,unique,out", "calls_count,unique,calls_out_count", 1))
    assert score_file(renamed, model, tmp_path / "out.csv").notices == []
    score_file(source, model, tmp_path / "again.csv", columns=columns)
    with (tmp_path / "out.csv").open() as one, (tmp_path / "again.csv").open() as other:
        assert [row["score"] for row in csv.DictReader(one)] == [row["score"] for row in csv.DictReader(other)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'callz = "x"\n', "callz is no feature of a profile"),
        (b"calls_count = 3\n", "calls_count names no column"),
        (b"calls_count\n", "not TOML"),
        (b"\xff", "not TOML"),
        (b"", "it names no feature"),
    ],
)
def test_a_map_that_is_none_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "map.toml").write_bytes(content)
    with pytest.raises(BadFile, match=why):
        read_map(tmp_path / "map.toml")


def test_a_map_that_fits_no_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('calls_count = "nowhere"\n')
    columns = read_map(tmp_path / "map.toml")
    with pytest.raises(BadFile, match="none of the columns that the map names"):
        train_file(
            written(tmp_path / "in.csv"),
            tmp_path / "m",
            label="fraud",
            seed=1,
            trained_on="2026-01-01",
            columns=columns,
        )


def test_the_rule_on_a_provinces_subscribers(tmp_path: Path, data_dir: Path, repository: Path) -> None:
    columns = read_map(repository / "tools/sichuan_columns.toml")
    with Reader(data_dir / "sichuan" / "users_train_val.parquet", batch_rows=10_000) as reader:
        batch = next(reader.batches())
    names = ["calls_count", "calls_out_count", "contacts_count", "days_count"]
    kept, rows, _ = numbers(batch, names, columns)
    told = completed(names, rows)
    held = calls_out_to_strangers(told["outgoing_ratio"], told["contact_ratio"], told["calls_per_day"]) == 1
    fraud = np.array(kept.columns["label"]) == 1
    assert (held & fraud).sum() / held.sum() >= 0.995
    assert (held & fraud).sum() / sum(batch.columns["label"]) >= 0.46
