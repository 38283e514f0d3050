"""The template of a message: one key for what differs only in what is masked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.text.fold import fold, fold_all
from stopline.screening.text.template import template_keys


def test_numbers_links_and_disguises_do_not_change_the_template() -> None:
    texts = [
        "【某银行】您尾号1234的账户支出20.50元，余额318.20元",
        "【某银行】您尾号9876的账户支出7.00元，余额12.90元",
        "【某银行】您尾号①②③④的账\u200b户支出7.00元，余额12.90元",
        "【某银行】您尾号1234的账户收入20.50元，余额318.20元",
    ]
    keys = template_keys(fold_all(texts)).tolist()
    assert keys[0] == keys[1] == keys[2] != keys[3]


@given(st.lists(st.text("你我他好的ab1 🔗", max_size=12), min_size=2, max_size=30))
def test_equal_folded_texts_and_only_they_have_equal_keys(texts: list[str]) -> None:
    keys = template_keys(fold_all(texts)).tolist()
    assert all(key > 0 for key in keys)
    assert len(set(keys)) == len({fold(text) for text in texts})
