from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stopline.cases.extraction import IdentifierKind, extract, link
from stopline.cases.intake import parse
from stopline.cases.vocabulary import suggest
from stopline.kernel.errors import BadField
from tests.desks import START


def told(**changes: object) -> dict[str, object]:
    body: dict[str, object] = {
        "phone": "13800138000",
        "district": "010101",
        "text": "对方自称客服，说给我退款，让我转账。",
        "loss_minor": 500_000,
        "currency": "CNY",
        "happened_at": (START - timedelta(hours=1)).isoformat(),
    }
    return body | changes


def values(text: str, kind: IdentifierKind) -> list[str]:
    return [one.value for one in extract(text) if one.kind is kind]


def test_identifiers_are_read_out_of_chinese_and_english_text() -> None:
    text = (
        "3月9日14时30分 +8613912345678 来电，加微信号：abc_12345，"
        "打开 https://www.Bad-Shop.top/pay?id=1 转到 6222 0212 3456 7890 123，共5.5万元。 "
        "Then I paid CNY 3,000 yuan more at 15:20."
    )
    assert values(text, IdentifierKind.LINE) == ["+8613912345678"]
    assert values(text, IdentifierKind.HANDLE) == ["abc_12345"]
    assert values(text, IdentifierKind.LINK) == ["bad-shop.top"]
    assert values(text, IdentifierKind.ACCOUNT) == ["6222021234567890123"]
    assert values(text, IdentifierKind.AMOUNT) == ["5500000", "300000"]
    assert values(text, IdentifierKind.TIME) == ["3月9日14时30分", "15:20"]


def test_a_shortener_is_told_apart_by_its_path() -> None:
    assert link("https://t.cn/AbC", source="text").value == "t.cn/AbC"
    assert link("https://shop.example.com/AbC", source="text").value == "shop.example.com"


@pytest.mark.parametrize(
    ("text", "typology"),
    [
        ("对方说是公安，让我转到安全账户", "authority"),
        ("A task job: prepay and get your commission", "rebate"),
        ("今天天气很好", None),
    ],
)
def test_a_typology_is_suggested_from_the_words(text: str, typology: str | None) -> None:
    found = suggest(text)
    assert (found.typology if found else None) == typology


def test_text_stays_as_it_was_told() -> None:
    text = "  <script>alert(1)</script> 原文\n第二行  "
    assert parse(told(text=text), at=START).text == text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"phone": ""}, "phone"),
        ({"district": "Beijing"}, "district"),
        ({"text": "a\x00b"}, "text"),
        ({"text": " "}, "text"),
        ({"loss_minor": -1}, "amount_minor"),
        ({"loss_minor": "5,00"}, "loss_minor"),
        ({"happened_at": "1900-01-01T00:00:00Z"}, "happened_at"),
        ({"happened_at": "2100-01-01T00:00:00Z"}, "happened_at"),
        ({"happened_at": "2026-03-10T05:00:00"}, "happened_at"),
        ({"currency": "yuan"}, "currency"),
        ({"surprise": 1}, "surprise"),
        ({"calling": "x" * 200}, "calling"),
        ({"payments": [1]}, "payments"),
        ({"payments": [{"reference": "T1"}]}, "amount_minor"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadField, match=message):
        parse(told(**changes), at=START)
