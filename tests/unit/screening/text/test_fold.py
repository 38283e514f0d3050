"""The canonical form: what is taken for what, and laws that hold for any text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.text.alphabet import alphabet
from stopline.screening.text.fold import M_HOMOPHONES, M_INVISIBLE, fold, fold_all, fold_kernel

ANY = st.characters(exclude_categories=())
PARTS = st.sampled_from(
    ["微", "信", "加", "喂", "心", "QQ", "qq", "wx", "URL", "NAME", "WECHAT", "PHONE", "xx", "X9",
     "13812345678", "10:30", "a.com/x", "t.cn", "@ab12", "a@b.cn", " ", ".", "-", "①", "Ａ", "發",
     "\u200b", "\ufeff", "https://", "www.", "x", "0", "kk", "vx", "12-34", "$", "☎", "🔗", "№", "_"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("尊敬 的 工行 用户 URL 进行 升级", "尊敬的工行用户🔗进行升级"),
        ("致電 13812345678 發票", "致电☎发票"),
        ("Ｆｒｅｅ ①②③", "free 0"),
        ("加喂心：sx111505", "加微信⚑"),
        ("佳薇sx111505", "加微⚑"),
        ("微\u200b信", "微信"),
        ("添加维生素，增加威力", "添加维生素增加威力"),
        ("微.信", "微信"),
        ("尾号xxxx于xx月x日消费xxx.xx元", "尾号0于0月0日消费0元"),
        ("see t.cn/8FoHIPr now", "see🔗now"),
        ("okay.now you.in", "okay now you in"),
        ("love you xx", "love you xx"),
        ("a/c XX8576", "a c 0"),
        ("mail me: jo@example.com", "mail me✉"),
        ("ask @Daobi618", "ask⚑"),
        ("it's £1,000!", "its$0"),
        ("2014-08-13 10:30", "0"),
        ("卡号6222888877771234567", "卡号№"),
        ("", ""),
        ("\x00\ud83d\ude00", ""),
    ],
)
def test_a_text_is_taken_for(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.one_of(st.text(ANY, max_size=60), st.lists(PARTS, max_size=14).map("".join)))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(st.lists(st.text(ANY, max_size=20), max_size=6))
def test_a_batch_is_its_rows(texts: list[str]) -> None:
    together = fold_all(texts)
    assert [together.text(row) for row in range(len(texts))] == [fold(text) for text in texts]


@given(st.lists(st.lists(PARTS, max_size=8).map("".join), max_size=4))
def test_the_kernel_is_the_python_it_was_compiled_from(texts: list[str]) -> None:
    joined = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    table = alphabet()
    plain = fold_kernel.py_func(joined, starts, table.codes, table.marks)  # type: ignore[attr-defined]  # numba keeps the source here
    folded = fold_all(texts)
    assert folded.chars.tolist() == plain[0].tolist()
    assert folded.starts.tolist() == plain[1].tolist()
    assert folded.meters.tolist() == plain[2].tolist()


def test_disguises_are_counted() -> None:
    meters = fold_all(["免\u200b费\u200b 加薇心"]).meters[0]
    assert meters[M_INVISIBLE] == 2
    assert meters[M_HOMOPHONES] == 2


def test_a_hundred_thousand_characters_fold() -> None:
    assert fold("啊a1 " * 25_000).startswith("啊a 0")


def test_a_link_without_end_is_a_link_and_a_run_of_dots_is_read_in_parts() -> None:
    assert fold("http://a.com/" + "x" * 5_000).startswith("🔗")
    assert len(fold("a." * 50_000)) <= 200_000
