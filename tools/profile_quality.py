"""Print how well profiles of subscribers are scored on a province's published table, in Markdown.

    python tools/profile_quality.py FOLDER [--seeds 20] [--months 5] [--lines 1500] [--only score rule transfer]

FOLDER holds users_train_val.parquet: figures of subscribers, `label` 1 for fraud, `split` train or val. Three tables
come out, those of docs/profiles.md: our score beside plain LightGBM on the same rows, the shipped rule, and a model
that learned from months of the simulated nation alone, by way of its call records and our own features.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any, Final
from zoneinfo import ZoneInfo

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stopline.nation.months import write_month
from stopline.screening.profiles.model import ProfileModel
from stopline.screening.profiles.training import auc, recall_at
from stopline.stores.profile_build import build_file
from stopline.stores.profile_files import score_file, train_file
from stopline.stores.profile_rows import ColumnMap, read_map

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

MAP: Final = Path(__file__).with_name("sichuan_columns.toml")
_ON: Final = "2026-01-01"
_AS_NAMED: Final = ColumnMap()
_TWO_SIDED: Final = {20: 2.093, 10: 2.262, 5: 2.776, 3: 4.303, 2: 12.706}  # Student's t, 95 %, by number of pairs
_PLAIN: Final[dict[str, dict[str, Any]]] = {
    "LightGBM, its defaults": {},
    "LightGBM, set with care": {
        "n_estimators": 300, "learning_rate": 0.05, "subsample": 0.9, "subsample_freq": 1, "colsample_bytree": 0.8,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training and its judgement on rows unseen."""

    auc: float
    recall: float
    wall_s: float
    cpu_s: float


def main() -> None:
    """Print the tables that are asked for."""
    ask = argparse.ArgumentParser(prog="tools/profile_quality.py")
    ask.add_argument("folder", type=Path)
    ask.add_argument("--seeds", type=int, choices=sorted(_TWO_SIDED), default=20)
    ask.add_argument("--months", type=int, default=5)
    ask.add_argument("--lines", type=int, default=1_500)
    ask.add_argument("--only", nargs="+", default=("score", "rule", "transfer"))
    given = ask.parse_args()
    table = pq.read_table(given.folder / "users_train_val.parquet")
    with tempfile.TemporaryDirectory() as place:
        if "score" in given.only:
            beside_plain(table, Path(place), seeds=given.seeds)
        if "rule" in given.only:
            the_rule(table, Path(place))
        if "transfer" in given.only:
            transferred(table, Path(place), months=given.months, lines=given.lines)


# ---------------------------------------------------------------- our score beside plain LightGBM


def beside_plain(table: pa.Table, place: Path, *, seeds: int) -> None:
    """Print AUC and recall of both on the published split and on stratified splits, and the paired differences."""
    label = _label(table)
    published = np.array(table["split"].to_pylist()) == "train"
    splits: dict[str, Callable[[int], Marks]] = {
        "published split": lambda _seed: published,
        "stratified splits, 80 : 20": lambda seed: _stratified(label, seed),
    }
    print("| rows | who | AUC | recall at 1 % false positives | wall s | CPU s |\n|---|---|---|---|---|---|")
    told = []
    for name, split in splits.items():
        runs = {who: [_run(table, split(seed), seed, who, place) for seed in range(seeds)] for who in ("ours", *_PLAIN)}
        for who, several in runs.items():
            figures = f"{_spread(run.auc for run in several)} | {_spread(run.recall for run in several)}"
            took = f"{median(run.wall_s for run in several):.1f} | {median(run.cpu_s for run in several):.1f}"
            print(f"| {name} | {who} | {figures} | {took} |", flush=True)
        for who in _PLAIN:
            pairs = list(zip(runs["ours"], runs[who], strict=True))
            told.append(f"| {name} | ours minus {who} | {_paired([a.auc - b.auc for a, b in pairs])} "
                        f"| {_paired([a.recall - b.recall for a, b in pairs])} |")  # fmt: skip
    print(f"\n| rows | paired over {seeds} seeds, 95 % interval | AUC | recall at 1 % |\n|---|---|---|---|")
    print("\n".join(told), flush=True)


def _run(table: pa.Table, seen: Marks, seed: int, who: str, place: Path) -> Run:
    unseen = ~seen
    label = _label(table)[unseen]
    features = table.drop_columns(["split"])
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    if who == "ours":
        pq.write_table(features.filter(pa.array(seen)), place / "train.parquet")
        model, _ = train_file(place / "train.parquet", place / "m.npz", label="label", seed=seed, trained_on=_ON)
        scores = _scored(features.filter(pa.array(unseen)), model, place)
    else:
        rows = np.column_stack([_numbers(features, name) for name in features.column_names if name not in _NO_FEATURE])
        plain = lightgbm.LGBMClassifier(random_state=seed, n_jobs=1, verbose=-1, **_PLAIN[who])
        plain.fit(rows[seen], _label(table)[seen])
        scores = plain.predict_proba(rows[unseen])[:, 1]
    took = time.perf_counter() - wall_s, time.process_time() - cpu_s
    return Run(auc=auc(label, scores), recall=recall_at(label, scores, 0.01), wall_s=took[0], cpu_s=took[1])


_NO_FEATURE: Final = ("node", "label", "split")


def _scored(table: pa.Table, model: ProfileModel, place: Path, columns: ColumnMap = _AS_NAMED) -> Floats:
    """Return the score of each row as the verb writes it, NaN for one that it rejects since nothing is known of it."""
    pq.write_table(table, place / "judged.parquet")
    score_file(place / "judged.parquet", model, place / "scored.parquet", columns=columns)
    out = pq.read_table(place / "scored.parquet", columns=["row", "score"])
    scores = np.full(len(table), np.nan)
    scores[np.array(out["row"].to_pylist()) - 1] = out["score"].to_numpy()
    return scores


def _stratified(label: Marks, seed: int) -> Marks:
    rng = np.random.default_rng(1_000 + seed)
    seen = np.ones(len(label), dtype=np.bool_)
    for kind in (True, False):
        places = rng.permutation(np.flatnonzero(label == kind))
        seen[places[: len(places) // 5]] = False
    return seen


# ---------------------------------------------------------------- the shipped rule


def the_rule(table: pa.Table, place: Path) -> None:
    """Print precision and recall of the rule alone, its columns named by the map; no row is learned from."""
    columns = read_map(MAP)
    label = _label(table)
    model = _any_model(table, place, columns)
    print("\n| rows | the rule holds for | precision | recall | recall of fraud with calls |\n|---|---|---|---|---|")
    for name in ("train", "val", "all"):
        rows = table if name == "all" else table.filter(pa.array(np.array(table["split"].to_pylist()) == name))
        pq.write_table(rows.drop_columns(["split"]), place / "judged.parquet")
        score_file(place / "judged.parquet", model, place / "scored.parquet", columns=columns)
        out = pq.read_table(place / "scored.parquet", columns=["row", "rule"])
        label = _label(rows)
        held = np.zeros(len(rows), dtype=np.bool_)
        held[np.array(out["row"].to_pylist()) - 1] = [rule is not None for rule in out["rule"].to_pylist()]
        right = int((held & label).sum())
        with_calls = label & ~np.isnan(_numbers(rows, columns.columns["calls_count"]))
        told = f"{int(held.sum()):,} of {len(rows):,} | {right / held.sum():.4f} | {right / label.sum():.4f}"
        told += f" | {right / with_calls.sum():.4f}"
        print(f"| {name} | {told} |", flush=True)


def _any_model(table: pa.Table, place: Path, columns: ColumnMap) -> ProfileModel:
    """Return some model: the verb that applies the rule wants one, and the rule does not ask it."""
    pq.write_table(table.slice(0, 1_000).drop_columns(["split"]), place / "train.parquet")
    return train_file(place / "train.parquet", place / "m.npz", label="label", seed=1, trained_on=_ON, columns=columns)[
        0
    ]


# ---------------------------------------------------------------- learned from the nation, judged on the province


def transferred(table: pa.Table, place: Path, *, months: int, lines: int) -> None:
    """Print how a model learned from months of the nation judges the province's valid rows."""
    columns = read_map(MAP)
    part = np.array(table["split"].to_pylist())
    valid = table.filter(pa.array(part == "val")).drop_columns(["split"])
    label = _label(valid)
    print(
        "\n| learned from | AUC, rows with calls | AUC, all rows | recall at 1 % | 95 % of AUC by resampling rows "
        "| AUC, all rows, lines without calls last |"
    )
    print("|---|---|---|---|---|---|")
    built = []
    for seed in range(1, months + 1):
        built.append(_month(place, seed, lines))
        _judge(f"month {seed}", built[-1], valid, label, place, columns)
    pq.write_table(pa.concat_tables([pq.read_table(path) for path in built]), place / "all.parquet")
    _judge(f"{months} months together", place / "all.parquet", valid, label, place, columns)
    own = table.filter(pa.array(part == "train")).drop_columns(["split"])
    own = own.set_column(own.column_names.index("label"), "fraud", own["label"])
    pq.write_table(own, place / "own.parquet")
    _judge("the province's own train rows, same features", place / "own.parquet", valid, label, place, columns)


def _month(place: Path, seed: int, lines: int) -> Path:
    folder = place / f"month-{seed}"
    write_month(folder, lines=lines, fraud_share=0.3, seed=seed)
    out = folder / "profiles.parquet"
    build_file(
        folder / "calls.parquet", out, zone=ZoneInfo("Asia/Shanghai"), subscribers=folder / "subscribers.parquet"
    )
    (folder / "calls.parquet").unlink()
    return out


def _judge(name: str, learned: Path, valid: pa.Table, label: Marks, place: Path, columns: ColumnMap) -> None:
    model, _ = train_file(learned, place / "m.npz", label="fraud", seed=1, trained_on=_ON, columns=columns)
    share = model.card["positives"] / model.card["rows"]  # of a line that nothing is known of, no more can be said
    scores = _scored(valid, model, place, columns)
    known = ~np.isnan(scores)
    whole = np.where(known, scores, share)
    rng = np.random.default_rng(1)
    again = [auc(label[rows], whole[rows]) for rows in (rng.integers(0, len(label), len(label)) for _ in range(1_000))]
    low, high = np.percentile(again, (2.5, 97.5))
    with_calls = f"{auc(label[known], scores[known]):.4f} ({int((~known).sum())} rows without)"
    everybody = f"{auc(label, whole):.4f} | {recall_at(label, whole, 0.01):.3f}"
    last = auc(label, np.where(known, scores, -1.0))
    print(f"| {name} | {with_calls} | {everybody} | {low:.3f} to {high:.3f} | {last:.4f} |", flush=True)


# ---------------------------------------------------------------- figures


def _label(table: pa.Table) -> Marks:
    found: Marks = _numbers(table, "label") > 0
    return found


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.array(table[name].to_pylist(), dtype=np.float64)


def _spread(values: Iterable[float]) -> str:
    several = list(values)
    return f"{mean(several):.4f} ± {stdev(several):.4f}"


def _paired(differences: list[float]) -> str:
    half = _TWO_SIDED[len(differences)] * stdev(differences) / len(differences) ** 0.5
    middle = mean(differences)
    return f"{middle:+.4f} ({middle - half:+.4f} to {middle + half:+.4f})"


if __name__ == "__main__":
    main()
