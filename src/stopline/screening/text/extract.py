"""What a message asks its reader to touch: links, numbers, contact names, as they were written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef<>\"']{2,400}"
    r"|\b(?:[a-z0-9-]{1,63}\.){1,4}(?:com|cn|net|org|top|xyz|cc|vip|info|biz|club|shop|site|online|"
    r"store|app|link|live|icu|pw|tv|hk|tw|uk|us|in|me|co|io|ly|gl|gd|ru|tk|ml|win|ltd|fun)\b"
    r"(?:/[^\s\u3000-\u9fff\uff00-\uffef<>\"']{0,400})?",
    re.IGNORECASE | re.ASCII,  # a link may stand against a Han character
)
_NUMBER: Final = re.compile(r"(?<![\w.])\+?\d(?:[- ]?\d){6,18}(?!\w)", re.ASCII)
_HANDLE: Final = re.compile(
    r"(?:@|(?:微信|薇信|威信|vx|wx|v信|qq|扣扣|telegram|whatsapp)[号群:：\s]{0,3})"
    r"([a-z0-9_-]{5,32})",
    re.IGNORECASE,
)
MOST: Final = 16
"""More of each than this is not kept: no honest message has them."""
LONGEST: Final = 4_000
"""Characters that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Links, telephone or account numbers and messenger names, each in order, without repeats."""

    links: tuple[str, ...]
    numbers: tuple[str, ...]
    handles: tuple[str, ...]


def contacts(text: str) -> Contacts:
    """Extract what a message asks its reader to open, call or add."""
    part = text[:LONGEST]
    links = _first(match.group().rstrip(".,;:!?)") for match in _LINK.finditer(part))
    rest = _LINK.sub(" ", part)
    handles = _first(match.group(1) for match in _HANDLE.finditer(rest))
    numbers = _first(
        number
        for number in (re.sub(r"[- ]", "", match.group()) for match in _NUMBER.finditer(rest))
        if number not in handles
    )
    return Contacts(links=links, numbers=numbers, handles=handles)


def _first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MOST]
