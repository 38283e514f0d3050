"""Training sets of messages: Parquet files of id, text, label, fine, near and, mostly, split."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stopline.kernel.errors import BadFile
from stopline.screening.text.training.measures import Row

SETS = (
    "zh_fake_base_station", "zh_bdci", "zh_mudou", "zh_telegram", "zh_personal", "en_mishra",
    "en_supersms",
)  # fmt: skip
"""Synthetic call dialogues stay out: a model that is perfect there flags private messages."""
_COLUMNS = ("text", "label", "fine", "near")


def read_message_sets(folder: Path) -> list[Row]:
    """Read every known set in a folder; raises BadFile when there is none or one is unusable."""
    rows = [row for name in SETS for row in _read(folder / f"{name}.parquet", name)]
    if not rows:
        raise BadFile(path=folder, why="no message set here", remedy="name the folder of the sets")
    return rows


def _read(path: Path, name: str) -> list[Row]:
    if not path.is_file():
        return []
    try:
        table = pq.read_table(path)
        columns = {column: table[column].to_pylist() for column in _COLUMNS}
        splits = table["split"].to_pylist() if "split" in table.column_names else None
    except (pa.ArrowException, OSError, KeyError) as cause:
        raise BadFile(path=path, why=str(cause), remedy="use the published file") from cause
    return [
        Row(
            source=name,
            text=text,
            label=int(label),
            fine=fine or "",
            cluster=int(near),
            split=splits[number] if splits else _split_by_cluster(int(near)),
        )
        for number, (text, label, fine, near) in enumerate(zip(*columns.values(), strict=True))
    ]


def _split_by_cluster(near: int) -> str:
    """A fifth of the clusters is valid; a cluster is never cut."""
    return "valid" if (near * 2_654_435_761) % 100 < 20 else "train"
