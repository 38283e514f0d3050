"""Reads the identifiers out of what a person wrote: numbers, accounts, links, handles, amounts, times.

Nothing is dropped: what was seen stays as `raw`, what it means stands beside it as `value`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from stopline.kernel.phone import NumberKind, read_number

_MOST = 50  # identifiers of one kind from one text; the text itself is kept whole
_CARD_DIGITS = 12
_SHORTENERS: Final = frozenset({"t.cn", "dwz.cn", "url.cn", "bit.ly", "t.co", "tinyurl.com", "suo.im"})


class IdentifierKind(StrEnum):
    """What an identifier is."""

    LINE = "line"
    ACCOUNT = "account"
    LINK = "link"
    HANDLE = "handle"
    AMOUNT = "amount"
    TIME = "time"
    MONEY = "money"  # an account the money reached later, told by a bank's statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One identifier: how it was written, what it means, and where it came from (`given` or `text`)."""

    kind: IdentifierKind
    raw: str
    value: str
    source: str = "text"


_URL = re.compile(
    r"(?:https?://|www\.)[A-Za-z0-9.\-]+(?::\d+)?(?:/[A-Za-z0-9\-._~%/?#=&+]*)?"
    r"|\b[a-z0-9][a-z0-9\-]{1,40}(?:\.[a-z0-9\-]{1,40})?\.(?:com|cn|net|org|top|xyz|vip|cc|club|shop|info|app|icu)"
    r"\b(?:/[A-Za-z0-9\-._~%/?#=&+]*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\d.])(?:\+|00)?\d(?:[\d\- ]{3,26})\d(?![\d.])")
_HANDLE = re.compile(
    r"(?:微信|wechat|weixin|qq|telegram|tg|whatsapp|支付宝|alipay)(?:号|号码|账号|id)?\s*[:：是为]?\s*@?([A-Za-z0-9_\-]{5,32})",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?:¥|￥|CNY|RMB|人民币)?\s*(\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,12}(?:\.\d{1,4})?)\s*(万|亿|千)?\s*(元|块|yuan|rmb|cny)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2})?|\d{1,2}月\d{1,2}[日号](?:\s*\d{1,2}[时点:：](?:\d{1,2}分?)?)?"
    r"|(?<!\d)(?:[01]?\d|2[0-3])[:：][0-5]\d(?!\d)"
)
_SCALE: Final = {"": 1, "千": 1_000, "万": 10_000, "亿": 100_000_000}


def extract(text: str) -> tuple[Identifier, ...]:
    """Return the identifiers that a text holds, in the order of their kinds, without repeats."""
    rest = _TIME.sub(" ", _URL.sub(" ", text))
    found = [
        *_links(text),
        *_handles(rest),
        *_numbers(_AMOUNT.sub(" ", _HANDLE.sub(" ", rest))),
        *_amounts(rest),
        *(Identifier(kind=IdentifierKind.TIME, raw=raw, value=raw) for raw in _TIME.findall(text)),
    ]
    return _without_repeats(found)


def line(raw: str, *, source: str) -> Identifier:
    """Return a phone number as an identifier; a malformed one keeps its raw text as its value."""
    number = read_number(raw)
    return Identifier(kind=IdentifierKind.LINE, raw=raw, value=number.normalised or raw.strip(), source=source)


def account(raw: str, *, source: str) -> Identifier:
    """Return an account as an identifier: spaces do not distinguish two, nor hyphens in a card number."""
    bare = "".join(raw.split())
    digits = bare.replace("-", "")
    value = digits if digits.isdigit() and len(digits) >= _CARD_DIGITS else bare
    return Identifier(kind=IdentifierKind.ACCOUNT, raw=raw, value=value, source=source)


def link(raw: str, *, source: str) -> Identifier:
    """Return a link as an identifier: its host, and the path too where one host serves many hands."""
    bare = raw.strip().split("://", 1)[-1]
    host, _, path = bare.partition("/")
    host = host.casefold().removeprefix("www.").split(":", 1)[0]
    value = f"{host}/{path}" if host in _SHORTENERS else host
    return Identifier(kind=IdentifierKind.LINK, raw=raw, value=value, source=source)


def _links(text: str) -> list[Identifier]:
    return [link(found.group(0), source="text") for found in _URL.finditer(text)]


def _handles(text: str) -> list[Identifier]:
    return [
        Identifier(kind=IdentifierKind.HANDLE, raw=found.group(0), value=found.group(1).casefold())
        for found in _HANDLE.finditer(text)
    ]


def _numbers(text: str) -> list[Identifier]:
    found = []
    for match in _NUMBER.finditer(text):
        raw = match.group(0).strip()
        digits = sum(letter.isdigit() for letter in raw)
        if digits >= 16:
            found.append(account(raw, source="text"))
        elif digits >= 5 and read_number(raw).kind is not NumberKind.MALFORMED:
            found.append(line(raw, source="text"))
    return found


def _amounts(text: str) -> list[Identifier]:
    found = []
    for match in _AMOUNT.finditer(text):
        try:
            minor = Decimal(match.group(1).replace(",", "")) * _SCALE[match.group(2) or ""] * 100
        except InvalidOperation:
            continue
        raw = match.group(0).strip()
        found.append(Identifier(kind=IdentifierKind.AMOUNT, raw=raw, value=str(int(minor))))
    return found


def _without_repeats(found: list[Identifier]) -> tuple[Identifier, ...]:
    kept: dict[tuple[IdentifierKind, str], Identifier] = {}
    counts: dict[IdentifierKind, int] = {}
    for one in found:
        key = (one.kind, one.value)
        if key not in kept and counts.get(one.kind, 0) < _MOST:
            kept[key] = one
            counts[one.kind] = counts.get(one.kind, 0) + 1
    return tuple(kept.values())
