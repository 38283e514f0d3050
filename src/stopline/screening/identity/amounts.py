"""Amounts of money as they stand in a message, as integers of minor units and a currency."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from stopline.kernel.money import Money

_PREFIXES: Final = {
    "¥": "CNY", "￥": "CNY", "rmb": "CNY", "cny": "CNY", "人民币": "CNY", "$": "USD", "us$": "USD", "usd": "USD",
    "美元": "USD", "hk$": "HKD", "hkd": "HKD", "港币": "HKD", "£": "GBP", "gbp": "GBP", "€": "EUR", "eur": "EUR",
    "₹": "INR", "rs": "INR", "rs.": "INR", "inr": "INR", "₩": "KRW", "฿": "THB", "₫": "VND", "₽": "RUB", "₱": "PHP",
    "s$": "SGD", "sgd": "SGD", "a$": "AUD", "aud": "AUD", "c$": "CAD", "cad": "CAD", "nt$": "TWD", "jpy": "JPY",
}  # fmt: skip
_SUFFIXES: Final = {
    "元": "CNY", "圆": "CNY", "块": "CNY", "块钱": "CNY", "元人民币": "CNY", "yuan": "CNY", "rmb": "CNY", "cny": "CNY",
    "美元": "USD", "美金": "USD", "usd": "USD", "dollars": "USD", "港币": "HKD", "港元": "HKD", "hkd": "HKD",
    "英镑": "GBP", "gbp": "GBP", "pounds": "GBP", "欧元": "EUR", "eur": "EUR", "euros": "EUR", "€": "EUR", "£": "GBP",
    "卢比": "INR", "inr": "INR", "rupees": "INR", "日元": "JPY", "円": "JPY", "韩元": "KRW", "泰铢": "THB",
    "卢布": "RUB", "新台币": "TWD", "新币": "SGD", "澳元": "AUD", "加元": "CAD", "越南盾": "VND",
}  # fmt: skip
_WHOLE: Final = frozenset({"JPY", "KRW", "VND"})  # currencies without a minor unit (ISO 4217)
_TIMES: Final = {
    "": 1, "十": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000, "万": 10_000, "萬": 10_000, "w": 10_000,
    "十万": 100_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 10**8, "億": 10**8, "万亿": 10**12, "k": 1_000,
    "thousand": 1_000, "lakh": 100_000, "lakhs": 100_000, "lac": 100_000, "m": 10**6, "million": 10**6,
    "crore": 10**7, "crores": 10**7, "bn": 10**9, "billion": 10**9,
}  # fmt: skip
_DIGITS: Final = {
    **{letter: value for value, letter in enumerate("零一二三四五六七八九")},
    **{letter: value for value, letter in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "两": 2,
    "貳": 2,
    "參": 3,
    "陸": 6,
}
_TENS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_MYRIADS: Final = {"万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)


_NUMERALS: Final = "".join((*_DIGITS, *_TENS, *_MYRIADS))
# Every part is bounded, so that a text of nothing but digits and commas costs no more than any other.
_AMOUNT: Final = re.compile(
    rf"(?:(?<![a-z])(?P<before>{_any_of(_PREFIXES)})[ :]{{0,2}})?"
    rf"(?:(?(before)|(?<!\d)(?<!\d[.,]))(?P<plain>\d{{1,3}}(?:,\d{{3}}){{1,5}}(?:\.\d{{1,2}})?|\d{{1,3}}(?:,\d{{2}}){{1,4}},\d{{3}}(?:\.\d{{1,2}})?"
    rf"|\d{{1,15}}(?:\.\d{{1,4}})?)(?![\d])"
    rf" ?(?P<times>(?:{_any_of(_TIMES)})(?![a-z]))?|(?<![{_NUMERALS}])(?P<written>[{_NUMERALS}]{{1,16}}))"
    rf"[多余来]? ?(?P<after>(?:{_any_of(_SUFFIXES)})(?![a-z]| ?\d))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """One amount: as it is written in the canonical form, and what it comes to."""

    text: str
    minor: int
    currency: str


def amounts_in(plain: str, *, most: int) -> tuple[Amount, ...]:
    """Return the amounts of a text in compatibility form (NFKC), in order, without repeats; bare numbers are none."""
    found: dict[Amount, None] = {}
    for match in _AMOUNT.finditer(plain):
        before, after = match["before"], match["after"]
        if before is None and after is None:
            continue
        currency = _PREFIXES[before.lower()] if before is not None else _SUFFIXES[after.lower()]
        if before == "$" and after is not None:
            currency = _SUFFIXES[after.lower()]
        number = _number(match)
        minor = None if number is None else _minor(number, currency)
        if minor is not None:
            found[Amount(text=match.group().strip(), minor=minor, currency=currency)] = None
            if len(found) == most:
                break
    return tuple(found)


def _number(match: re.Match[str]) -> Decimal | None:
    if match["written"] is not None:
        return _written(match["written"])
    try:
        return Decimal(match["plain"].replace(",", "")) * _TIMES[(match["times"] or "").lower()]
    except InvalidOperation:
        return None


def _written(numerals: str) -> Decimal | None:
    """Return a number in Han numerals, None where they make none."""
    whole, part, digit = 0, 0, 0
    for letter in numerals:
        if letter in _DIGITS:
            digit = _DIGITS[letter]
        elif letter in _TENS:
            part += (digit or 1) * _TENS[letter]
            digit = 0
        else:
            whole = (whole + part + digit) * _MYRIADS[letter]
            part = digit = 0
    number = whole + part + digit
    return Decimal(number) if number else None


def _minor(number: Decimal, currency: str) -> int | None:
    minor = number * (1 if currency in _WHOLE else 100)
    if minor != minor.to_integral_value():
        return None
    try:
        return Money(int(minor), currency).minor
    except ValueError:
        return None
