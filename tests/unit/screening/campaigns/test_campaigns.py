"""Campaigns: copies stay together, others do not, and neither batches, order nor want of room change the rules."""

from __future__ import annotations

import csv
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.campaigns.agreement import agreement
from stopline.screening.campaigns.files import FileCampaigns, sketches_of
from stopline.screening.campaigns.live import DAY_US, Campaigns, Grown
from stopline.screening.campaigns.sketches import LEAST, MOST
from stopline.screening.text.fold import fold_all

START = 1_773_100_800_000_000  # 2026-03-10 00:00 UTC
HAN = "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学"
WORDS = (
    "account parcel customs officer press refund order transfer warranty vehicle final notice claim reward visa "
    "agent callback hotline verify arrest court lawyer insurance invoice device support gift subsidy loan credit"
)
LURE = "您的包裹因地址不详无法派送，请在二十四小时内登录网址更新收件信息，逾期将退回发件人并收取仓储费用"


def written(seed: int, length: int = 60) -> str:
    """A text of one writer that no other seed shares."""
    dice = random.Random(seed)
    return "".join(dice.choice(HAN) for _ in range(length))


def said(seed: int, length: int = 40) -> str:
    dice = random.Random(seed)
    return " ".join(dice.choice(WORDS.split()) for _ in range(length))


def edited(text: str, edits: int, seed: int) -> str:
    """Replace, drop or add a few characters."""
    dice = random.Random(seed)
    letters = list(text)
    for _ in range(edits):
        place = dice.randrange(len(letters))
        letters[place : place + 1] = dice.choice([[], [dice.choice(HAN)], [letters[place], dice.choice(HAN)]])
    return "".join(letters)


def grow(campaigns: Campaigns, texts: list[str], *, at_us: list[int] | None = None) -> Grown:
    count = len(texts)
    at = np.array(at_us if at_us is not None else [START] * count, dtype=np.int64)
    people = np.arange(1, count + 1, dtype=np.int64)
    return campaigns.grow(fold_all(texts), at, people, people)


def in_file(texts: list[str]) -> list[str | None]:
    campaigns = FileCampaigns()
    campaigns.add(fold_all(texts))
    return campaigns.ids()


@given(st.integers(0, 10_000), st.integers(0, 3), st.integers(0, 10_000))
def test_a_copy_with_up_to_three_edits_in_sixty_characters_stays(seed: int, edits: int, other: int) -> None:
    text = written(seed)
    copy = edited(text, edits, other)
    found = grow(Campaigns(capacity=64), [text, copy])
    assert found.ids[0] == found.ids[1] != 0
    assert found.size.tolist() == [1, 2]
    assert found.likeness[1] >= 0.65
    assert in_file([text, copy])[0] is not None


@given(st.lists(st.integers(0, 1_000_000), min_size=2, max_size=20, unique=True))
def test_unrelated_texts_stay_alone(seeds: list[int]) -> None:
    texts = [written(seed) for seed in seeds]
    found = grow(Campaigns(capacity=64), texts)
    assert len(set(found.ids.tolist())) == len(texts)
    assert in_file(texts) == [None] * len(texts)


def test_numbers_links_contacts_and_disguises_make_no_difference() -> None:
    copies = [
        LURE + "http://a.cn/x1 电话13800001111",
        LURE + "http://bb.top/other 电话13922223333",
        "\u200b".join(LURE) + "http://c.xyz/q 电话１３７７７７７８８８８",
    ]
    found = grow(Campaigns(capacity=64), copies)
    assert len(set(found.ids.tolist())) == 1
    assert found.likeness.tolist() == [0.0, 1.0, 1.0]
    assert len({*in_file(copies)}) == 1


def test_a_text_too_short_to_compare_is_in_no_campaign() -> None:
    assert grow(Campaigns(capacity=64), ["我在路上", "我在路上", "", "\x00"]).ids.tolist() == [0, 0, 0, 0]
    assert in_file(["on my way", "on my way", ""]) == [None, None, None]


def test_notices_of_two_banks_are_not_one_campaign() -> None:
    notices = [
        "您尾号1234的储蓄卡账户3月9日12时30分消费支出人民币52.10元，活期余额830.20元。[建设银行]",
        "工商银行：您尾号5678卡9日12:30快捷支付支出52.10元，余额830.20元，如有疑问请致电95588。",
        "您账户尾号1234于3月9日被冻结，请立即登录网址核实身份，逾期将永久停用。[建设银行]",
    ]
    assert in_file(notices) == [None, None, None]
    assert len(set(grow(Campaigns(capacity=64), notices).ids.tolist())) == 3


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(0, 30)), max_size=40),
    st.lists(st.integers(0, 40), max_size=5),
    st.sampled_from([16, 64]),
)
def test_every_cut_into_batches_gives_the_same(
    rows: list[tuple[int, int, int]], cuts: list[int], capacity: int
) -> None:
    texts = [edited(written(seed, 40), edits, edits) for seed, edits, _days in rows]
    at_us = [START + days * DAY_US for _seed, _edits, days in rows]
    whole = grow(Campaigns(capacity=capacity), texts, at_us=at_us)
    parts = Campaigns(capacity=capacity)
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut <= len(rows))})
    people = np.arange(1, len(rows) + 1, dtype=np.int64)
    for first, last in pairwise(edges):
        cut = slice(first, last)
        found = parts.grow(fold_all(texts[cut]), np.array(at_us[cut], dtype=np.int64), people[cut], people[cut])
        for name, values in found._asdict().items():
            assert values.tolist() == getattr(whole, name)[cut].tolist()


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=30), st.randoms())
def test_the_order_of_a_file_changes_no_campaign(rows: list[tuple[int, int]], dice: random.Random) -> None:
    texts = [edited(written(seed), edits, edits) for seed, edits in rows]
    order = list(range(len(texts)))
    dice.shuffle(order)
    found, shuffled = in_file(texts), in_file([texts[place] for place in order])
    back: list[str | None] = [None] * len(texts)
    for place, name in zip(order, shuffled, strict=True):
        back[place] = name
    assert agreement(found, back).f == (1.0 if texts else 0.0)


def test_every_two_texts_of_a_campaign_in_a_file_are_copies_not_only_neighbours() -> None:
    chain = [written(1, 60)]
    for step in range(12):
        place = 5 * step
        chain.append(chain[-1][:place] + written(100 + step, 5) + chain[-1][place + 5 :])
    found = in_file(chain)
    assert found[0] is not None
    assert found[0] != found[-1]
    assert len(set(found)) > 1


def test_memory_is_bounded_and_the_longest_silent_goes() -> None:
    campaigns = Campaigns(capacity=16)
    texts = [written(seed) for seed in range(16)]
    grow(campaigns, texts)
    grow(campaigns, texts[:1])  # the first is heard of again, the second is now silent longest
    grow(campaigns, [written(99)])
    assert (len(campaigns), campaigns.let_go) == (16, (1, 0))
    again = grow(campaigns, [texts[0], texts[1]])
    assert again.size.tolist() == [3, 1]
    grow(campaigns, [written(1000 + seed) for seed in range(500)])
    assert len(campaigns) == 16
    assert int(np.count_nonzero(campaigns.buckets)) <= 16 * campaigns.bands.shape[1]


def test_a_campaign_that_nobody_sends_is_forgotten() -> None:
    campaigns = Campaigns(capacity=64, days=14)
    grow(campaigns, [LURE], at_us=[START])
    assert grow(campaigns, [LURE], at_us=[START + 13 * DAY_US]).size.tolist() == [2]
    assert grow(campaigns, [LURE], at_us=[START + 28 * DAY_US]).size.tolist() == [1]
    assert campaigns.let_go == (0, 1)


def test_a_clock_that_jumps_does_not_empty_the_table() -> None:
    campaigns = Campaigns(capacity=64)
    grow(campaigns, [written(seed) for seed in range(30)])
    grow(campaigns, [written(99)], at_us=[START + 20_000 * DAY_US])
    assert len(campaigns) >= 28


def test_senders_and_recipients_are_counted_once_each() -> None:
    campaigns = Campaigns(capacity=64)
    folded = fold_all([LURE] * 3_000)
    at = np.full(3_000, START, dtype=np.int64)
    found = campaigns.grow(folded, at, np.arange(3_000) % 5 + 1, np.arange(3_000) % 1_500 + 1)
    assert found.senders[-1] == 5
    assert found.recipients[-1] == pytest.approx(1_500, rel=0.2)
    none = campaigns.grow(fold_all([written(5)]), at[:1], np.zeros(1, np.int64), np.zeros(1, np.int64))
    assert (none.senders[0], none.recipients[0]) == (0, 0)


def test_a_snapshot_goes_on_as_if_nothing_had_happened() -> None:
    texts = [edited(written(seed % 7), seed % 4, seed) for seed in range(60)]
    one = Campaigns(capacity=16)
    grow(one, texts)
    two = Campaigns(capacity=16, salt=1)
    assert two.restore(one.arrays())
    more = [edited(written(seed % 9), 2, seed) for seed in range(40)]
    here, there = grow(one, more), grow(two, more)
    assert {name: values.tolist() for name, values in here._asdict().items()} == {
        name: values.tolist() for name, values in there._asdict().items()
    }
    assert not Campaigns(capacity=32).restore(one.arrays())


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_a_long_text_is_compared_by_an_even_sample(seed: int, place: int) -> None:
    words = said(seed, 900).split() + [f"w{seed}x{number}" for number in "abcdefghij"]
    other = [*words]
    other[place % 900] = "changed"
    sketches = sketches_of(fold_all([" ".join(words), " ".join(other)]))
    assert max(np.diff(sketches.starts)) <= MOST
    assert sketches.levels[0] > 0
    found = in_file([" ".join(words), " ".join(other)])
    assert found[0] is not None
    assert found[0] == found[1]


def test_a_text_of_a_hundred_thousand_characters_is_one_text() -> None:
    huge = said(3, 15_000)
    found = grow(Campaigns(capacity=16), [huge, huge + " more", "a" * 100_000])
    assert found.ids[0] == found.ids[1] != 0
    assert found.ids[2] == 0


def test_the_least_length_counts_different_shingles() -> None:
    repeated = "发财" * 50
    assert grow(Campaigns(capacity=16), [repeated]).ids.tolist() == [0]
    assert np.diff(sketches_of(fold_all([repeated])).starts)[0] < LEAST


def test_sketches_hold_no_text() -> None:
    campaigns = Campaigns(capacity=16)
    grow(campaigns, [LURE])
    kept = b"".join(np.asarray(values).tobytes() for values in campaigns.arrays().values())
    for width in (2, 3):
        for place in range(len(LURE) - width):
            piece = LURE[place : place + width]
            assert piece.encode() not in kept
            assert piece.encode("utf-32-le") not in kept


def test_agreement_on_call_transcripts(data_dir: Path) -> None:
    """The reference clusters the sound of the calls; a row that it leaves out tells nothing."""
    with (data_dir / "robocall" / "calls.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    reference = [row["campaign_ref"] or None for row in rows]
    labelled = [place for place, name in enumerate(reference) if name is not None]
    found: list[Any] = in_file([row["transcript"] for row in rows])
    assert agreement([found[row] for row in labelled], [reference[row] for row in labelled]).f >= 0.9


@pytest.mark.parametrize("name", ["zh_mudou", "zh_fake_base_station"])
def test_agreement_with_near_duplicates(data_dir: Path, name: str) -> None:
    rows = pq.read_table(data_dir / "messages" / f"{name}.parquet").to_pydict()
    found = in_file(rows["text"])
    assert agreement(found, rows["near"]).f >= 0.97
    mixed: dict[str, set[int]] = {}
    for campaign, label in zip(found, rows["label"], strict=True):
        if campaign is not None:
            mixed.setdefault(campaign, set()).add(label)
    assert sum(len(labels) > 1 for labels in mixed.values()) <= 1
