"""Links, numbers, contact names, amounts and brands as they stand in a message, plain or disguised."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.identity.brands import shipped_brands
from stopline.screening.identity.extract import (
    MOST,
    canonical,
    extracted,
    foreign_link,
    host_of,
    links_in,
    shown,
    view_of,
)

BOOK = shipped_brands()


def test_each_kind_is_found_once_and_in_order() -> None:
    text = "看 http://a.top/x 和a.top/y，加微信：abc_123 或致电138-0013-8000，再看 http://a.top/x"
    found = extracted(text, BOOK)
    assert [(link.url, link.host) for link in found.links] == [("http://a.top/x", "a.top"), ("a.top/y", "a.top")]
    assert found.numbers == ("13800138000",)
    assert found.handles == ("abc_123",)


def test_prose_has_none() -> None:
    found = extracted("晚上7点半老地方见，带伞。ok.see you", BOOK)
    assert (found.links, found.numbers, found.handles, found.amounts, found.brands) == ((), (), (), (), ())


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("支出人民币1,234.50元", 123_450, "CNY"),
        ("奖金１２万元", 12_000_000, "CNY"),
        ("￥８８８.8", 88_880, "CNY"),
        ("①②块", 1_200, "CNY"),
        ("补贴三千五百元", 350_000, "CNY"),
        ("两万块钱", 2_000_000, "CNY"),
        ("贰拾万圆", 20_000_000, "CNY"),
        ("12.5亿元", 125_000_000_000, "CNY"),
        ("带，30块", 3_000, "CNY"),
        ("$1,200.5 today", 120_050, "USD"),
        ("USD 30", 3_000, "USD"),
        ("500美元", 50_000, "USD"),
        ("Rs.5,00,000", 50_000_000, "INR"),
        ("INR 2 lakh", 20_000_000, "INR"),
        ("£20k", 2_000_000, "GBP"),
        ("5\u200b00元", 50_000, "CNY"),
        ("3000日元", 3_000, "JPY"),
    ],
)
def test_amounts_are_whole_minor_units(text: str, minor: int, currency: str) -> None:
    assert [(one.minor, one.currency) for one in extracted(text, BOOK).amounts] == [(minor, currency)]


@pytest.mark.parametrize(
    "text", ["验证码123456", "第12万人", "1.2.3.4元", "9" * 40 + "元", "k 12", "12345678901234567890元"]
)
def test_bare_numbers_and_impossible_ones_are_no_amounts(text: str) -> None:
    assert all(one.minor < 10**17 for one in extracted(text, BOOK).amounts)
    assert "元" in text or extracted(text, BOOK).amounts == ()


@pytest.mark.parametrize(
    ("text", "brands"),
    [
        ("【中国工商银行】您的账户", ("icbc",)),
        ("工 商 银 行提醒您", ("icbc",)),
        ("【工.商.银.行】", ("icbc",)),
        ("工\u200b商\u2060银行", ("icbc",)),
        ("𝐈𝐂𝐁𝐂 notice", ("icbc",)),
        ("ICBC: your account", ("icbc",)),
        ("建設銀行通知", ("ccb",)),
        ("您好，招商银行向支付宝转账", ("cmb", "alipay")),
        ("Your Royal Mail parcel", ("royal-mail",)),
        ("施工行为不当，北京东路，上海航班", ()),  # short names are ordinary words elsewhere
        ("xicbc icbcx 1CBC", ()),  # not a word of its own, or merely similar
        ("工商很行", ()),
    ],
)
def test_brands_are_found_through_disguises_and_never_by_likeness(text: str, brands: tuple[str, ...]) -> None:
    assert extracted(text, BOOK).brands == brands


def test_every_name_of_the_file_is_found_and_belongs_to_one_brand() -> None:
    owners: dict[str, str] = {}
    for brand in BOOK.brands:
        assert brand.hosts, brand.id
        for name in {brand.zh, brand.en, *brand.names}:
            assert brand.id in extracted(f"您好 {name} 通知", BOOK).brands, name
        for name in {brand.zh, brand.en, *brand.names, *brand.short}:
            assert owners.setdefault(name.casefold(), brand.id) == brand.id, name
    assert len(BOOK.places) == len(BOOK.brands)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.icbc.com.cn:443/a?b", "www.icbc.com.cn"),
        ("http://icbc.com.cn@evil.top/x", "evil.top"),
        ("http://icbc.com.cn:x@evil.top", "evil.top"),
        ("http:\\\\evil.top\\icbc.com.cn", "evil.top"),
        ("HTTPS:////Evil.Top./", "evil.top"),
        ("http://icbc.com.cn%2eevil.top", ""),
        ("http://ісbс.com.cn", ""),  # Cyrillic
    ],
)
def test_the_host_is_the_one_a_browser_goes_to(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("请登录 https://m.icbc.com.cn/a 查看", False),
        ("请登录www.icbc.com.cn查看", False),
        ("请登录 http://icbc.com.cn.evil.top 查看", True),
        ("请登录 http://evilicbc.com.cn 查看", True),
        ("请登录 http://icbc.com.cn@evil.top 查看", True),
        ("请登录 http://icbc.com.cn!@evil.top 查看", True),
        ("请登录 http://icbc.com.cn\u00ad.evil.top 查看", True),
        ("请登录 http://icbc.com.cn\u0301.evil.top 查看", True),
        ("请登录 http://icbc.com.cn\\@evil.top 查看", True),
        ("请登录 http://icbc.com.cn?@evil.top 查看", True),
        ("请登录icbc.com.cn\u0301.evil.top查看", True),
        ("请登录 icbc.com.cn。evil.top 查看", True),
        ("请登录 http://ісbс.com.cn 查看", True),
        ("请登录 ｉｃｂｃ．ｃｏｍ．ｃｎ 查看", True),  # a body writes its links plainly
        ("请登录 https://icbc.com.cn 或 https://evil.top", True),
        ("请登录 \u202ehttps://icbc.com.cn", False),
        ("https://icbc.com.cn " + "x" * 4_000 + " https://evil.top", True),
    ],
)
def test_only_plainly_written_hosts_are_own(text: str, *, foreign: bool) -> None:
    assert foreign_link(text, 1, ("icbc.com.cn",)) is foreign


def test_a_link_that_was_counted_and_cannot_be_read_is_foreign() -> None:
    assert foreign_link("请登录 https://icbc.com.cn", 2, ("icbc.com.cn",))
    assert not foreign_link("没有链接", 0, ())


def test_an_officer_is_shown_whose_own_a_link_and_a_number_are() -> None:
    found = shown("【工商银行】请登录 https://m.icbc.com.cn 或 http://icbc-safe.top，详询95588", BOOK)
    assert [brand.id for brand in found.brands] == ["icbc"]
    assert [(link.host, owner) for link, owner in found.links] == [("m.icbc.com.cn", "icbc"), ("icbc-safe.top", "")]
    assert found.numbers == (("95588", "icbc"),)
    assert [owner for _link, owner in shown("登录 ісbс.com.cn", BOOK).links] == [""]


HOSTILE = {
    "digits": "1" * 100_000,
    "commas": "1,111," * 17_000,
    "schemes": "http:" * 20_000,
    "at": "@" * 100_000,
    "numerals": "一" * 100_000,
    "invisible": "\u200b" * 100_000,
    "right to left": "\u202e1" * 50_000,
    "messengers": "微信号: " * 15_000,
    "amounts": "¥1,1" * 25_000,
    "hosts": "a.co" * 25_000,
    "dots": "a." * 50_000,
    "halves": "\ud800" * 100_000,
    "spaces": " " * 100_000,
    "brands": "中国" * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_of_a_hundred_kilobytes_costs_little(name: str) -> None:
    extracted("", BOOK)
    began = time.process_time()
    found = shown(HOSTILE[name], BOOK)
    assert time.process_time() - began < 1.0
    assert all(len(part) <= MOST for part in (found.links, found.numbers, found.handles, found.amounts))


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_is_read(text: str) -> None:
    found = extracted(text, BOOK)
    assert all(len(part) <= MOST for part in (found.links, found.numbers, found.handles, found.amounts, found.brands))


PARTS = (
    "http://",
    "www.",
    "icbc",
    ".com.cn",
    "evil.top",
    "/",
    "@",
    "。",
    "：",
    "，",
    " ",
    "!",
    "?",
    "请登录",
    "2",
    "\\",
)


@given(st.lists(st.sampled_from(PARTS), max_size=9).map("".join))
def test_a_plain_text_has_the_links_of_its_canonical_form(text: str) -> None:
    if view_of(text) is text and not foreign_link(text, 1, ("icbc.com.cn", "evil.top")):
        assert {link.host for link in links_in(text)} == {link.host for link in links_in(canonical(text))}
