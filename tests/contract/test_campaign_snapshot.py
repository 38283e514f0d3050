"""Live campaigns are part of the snapshot: a centre that starts again knows the texts of before, without a text."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from stopline.screening.columns import read_messages
from stopline.stores.screening_state import Snapshots, open_live

LURE = "恭喜您中奖，请登录 http://a{}.bc/x 领取{}万元奖金，逾期作废，详情请咨询客服"


def opened(folder: Path) -> Snapshots:
    live = open_live(folder, random_bytes=random.Random(1).randbytes, capacity=1 << 12)
    return Snapshots(live=live, folder=folder, every_s=60, seconds=lambda: 0.0)


def sizes(snapshots: Snapshots, count: int) -> list[float]:
    """Send copies of one lure; returns how big the engine says that its campaign is."""
    batch, _rejects = read_messages({"text": [LURE.format(row, row + 1) for row in range(count)]})
    size = snapshots.live.engine.message_features(batch, None).table["campaign_size"].values
    return [float(value) for value in size]


def test_a_centre_that_starts_again_goes_on_counting(tmp_path: Path) -> None:
    before = opened(tmp_path)
    assert sizes(before, 3) == [1, 2, 3]
    before.save()
    assert sizes(opened(tmp_path), 2) == [4, 5]
    with np.load(tmp_path / "campaigns.npz") as kept:
        assert int(np.count_nonzero(kept["keys"])) == 1


def test_a_snapshot_that_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    before = opened(tmp_path)
    sizes(before, 3)
    before.save()
    path = tmp_path / "campaigns.npz"
    path.write_bytes(path.read_bytes()[:200])
    assert sizes(opened(tmp_path), 1) == [1]
