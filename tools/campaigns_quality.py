"""Print how well campaigns are found on the research data: `python tools/campaigns_quality.py FOLDER`.

The figures of docs/campaigns.md come from here. FOLDER holds robocall/calls.csv and messages/*.parquet.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from stopline.screening.campaigns.agreement import agreement
from stopline.screening.campaigns.files import FileCampaigns
from stopline.screening.campaigns.live import Campaigns
from stopline.screening.text.fold import Folded, fold_all

_STEPS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
_SETS = ("zh_fake_base_station", "zh_mudou", "zh_telegram", "zh_bdci", "zh_personal", "en_supersms", "en_mishra")
_BANKS = (
    "工商银行", "工行", "农业银行", "农行", "中国银行", "中行", "建设银行", "建行", "交通银行", "交行", "招商银行",
    "招行", "中信", "浦发", "民生", "兴业", "光大", "广发", "平安", "华夏", "邮储", "邮政储蓄", "北京银行",
)  # fmt: skip
_SHORT = {"工行": "工商银行", "农行": "农业银行", "中行": "中国银行", "建行": "建设银行", "交行": "交通银行",
          "招行": "招商银行", "邮政储蓄": "邮储"}  # fmt: skip


def main(folder: Path) -> None:
    """Print every figure."""
    transcripts(folder / "robocall" / "calls.csv")
    for name in _SETS:
        messages(folder / "messages" / f"{name}.parquet")
    hard_negatives(folder / "messages")
    speed(folder / "messages")


def transcripts(path: Path) -> None:
    """Agreement with the reference campaigns of transcripts, by threshold and half by half."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts, reference = [row["transcript"] for row in rows], [row["campaign_ref"] or None for row in rows]
    labelled = [row for row, name in enumerate(reference) if name is not None]
    folded = fold_all(texts)
    names = sorted({str(reference[row]) for row in labelled})
    half = dict(zip(names, np.random.default_rng(1).permutation(len(names)) % 2, strict=True))
    print(f"{path.name}: {len(rows)} transcripts, {len(labelled)} with a reference")
    exact = [text or None for text in texts]
    print(f"  exact text: {_on(exact, reference, labelled)}")
    ids = {step: files(folded, step) for step in _STEPS}
    for step, found in ids.items():
        parts = [[row for row in labelled if half[str(reference[row])] == side] for side in (0, 1)]
        halves = ", ".join(_on(found, reference, part) for part in parts)
        everything = agreement(found, reference)
        print(f"  {step}: {_on(found, reference, labelled)}; halves {halves}; all rows {everything.f:.3f}")
    chosen = [max(_STEPS, key=lambda step: agreement(*_only(ids[step], reference, part)).f) for part in parts]
    crossed = [_on(ids[step], reference, part) for step, part in zip(reversed(chosen), parts, strict=True)]
    print(f"  chosen on one half, judged on the other: {chosen[1]} -> {crossed[0]}, {chosen[0]} -> {crossed[1]}")
    print(f"  live: {_on(live(folded), reference, labelled)}")


def messages(path: Path) -> None:
    """Agreement with near-duplicate clusters (Jaccard of character 3-grams, .7 and more)."""
    rows = pq.read_table(path).to_pydict()
    folded = fold_all(rows["text"])
    before_s = time.process_time()
    found = files(folded)
    took_s = time.process_time() - before_s
    alone = agreement(found, rows["near"])
    grown = agreement(live(folded), rows["near"])
    mixed = _mixed(found, rows["label"])
    print(
        f"{path.stem}: {len(found)} rows, F {alone.f:.3f} (p {alone.precision:.3f}, r {alone.recall:.3f}), "
        f"live {grown.f:.3f}; campaigns with both labels {mixed}; {took_s:.2f} s CPU"
    )


def hard_negatives(folder: Path) -> None:
    """Whether notices of two banks, or a bank's notice and a fraud, end up in one campaign."""
    notices, frauds = pq.read_table(folder / "zh_mudou.parquet").to_pydict(), _frauds(folder)
    banks = [_bank(text) if not label else None for text, label in zip(notices["text"], notices["label"], strict=True)]
    texts = [text for text, bank in zip(notices["text"], banks, strict=True) if bank]
    named = [bank for bank in banks if bank]
    for how, group in (("file", files), ("live", live)):
        found = group(fold_all(texts + frauds))
        parts: dict[Any, set[str]] = defaultdict(set)
        for name, bank in zip(found, named + ["fraud"] * len(frauds), strict=True):
            if name is not None:
                parts[name].add(bank)
        several = sum(len(part - {"fraud"}) > 1 for part in parts.values())
        joined = sum("fraud" in part and len(part) > 1 for part in parts.values())
        print(
            f"{how}: {len(texts)} bank notices of {len(set(named))} banks and {len(frauds)} frauds: {len(parts)} "
            f"campaigns, {several} with two banks, {joined} with a notice and a fraud"
        )


def speed(folder: Path) -> None:
    """Print CPU time of sketch and look-up a message, one core, batches of 512, median of five; folding is apart."""
    texts = [text for name in _SETS[:2] for text in pq.read_table(folder / f"{name}.parquet")["text"].to_pylist()]
    texts += pq.read_table(folder / "zh_personal.parquet")["text"].to_pylist()
    order = np.random.default_rng(0).permutation(len(texts)).tolist()
    batches = [fold_all([texts[row] for row in order[first : first + 512]]) for first in range(0, len(order), 512)]
    first, again = [], []
    for _ in range(5):
        campaigns = Campaigns()
        first.append(_grown_ns(campaigns, batches))
        again.append(_grown_ns(campaigns, batches))
    small = Campaigns(capacity=1024)
    full = [_grown_ns(small, batches) for _ in range(5)]
    new = len(campaigns) / len(texts)
    print(
        f"speed: {median(first):.0f} ns a message where {new:.0%} found a campaign, {median(again):.0f} ns where none "
        f"does, {median(full):.0f} ns where the table is full and each new one lets another go"
    )


def _grown_ns(campaigns: Campaigns, batches: list[Folded]) -> float:
    before_ns, sent = time.process_time_ns(), 1
    for folded in batches:
        people = np.arange(sent, sent + len(folded.starts) - 1, dtype=np.int64)
        campaigns.grow(folded, people, people % 5_000 + 1, people)
        sent += len(people)
    return (time.process_time_ns() - before_ns) / sent


def _frauds(folder: Path) -> list[str]:
    rows = pq.read_table(folder / "zh_fake_base_station.parquet").to_pydict()
    return [text for text, fine in zip(rows["text"], rows["fine"], strict=True) if str(fine).startswith("FR")]


def _bank(text: str) -> str | None:
    """The one bank that a text names, "two" where it names several."""
    found = {_SHORT.get(name, name) for name in _BANKS if name in text}
    if not found:
        return None
    return found.pop() if len(found) == 1 else "two"


def files(folded: Folded, step: float | None = None) -> list[str | None]:
    """Campaigns as `stopline campaigns` finds them."""
    campaigns = FileCampaigns()
    campaigns.add(folded)
    return campaigns.ids() if step is None else campaigns.ids(resemblance=step)


def live(folded: Folded) -> list[int | None]:
    """Campaigns as the engine finds them, a message at a time."""
    order = np.arange(len(folded.starts) - 1, dtype=np.int64)
    found = Campaigns().grow(folded, order, order + 1, order + 1)
    size = Counter(found.ids.tolist())
    return [name if name and size[name] > 1 else None for name in found.ids.tolist()]


def _only(found: list[Any], reference: list[Any], rows: list[int]) -> tuple[list[Any], list[Any]]:
    return [found[row] for row in rows], [reference[row] for row in rows]


def _on(found: list[Any], reference: list[Any], rows: list[int]) -> str:
    part = agreement(*_only(found, reference, rows))
    return f"F {part.f:.3f} (p {part.precision:.3f}, r {part.recall:.3f})"


def _mixed(found: list[str | None], labels: list[int]) -> int:
    seen: dict[str, set[int]] = defaultdict(set)
    for name, label in zip(found, labels, strict=True):
        if name is not None:
            seen[name].add(label)
    return sum(len(kinds) > 1 for kinds in seen.values())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
