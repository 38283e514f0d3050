"""Which prefixes of numbers cover a country or a province: those are never a ground of a rule or a list.

A prefix is narrow when it names about ten thousand lines of one carrier. Many narrow ones can still make up a region;
`covers_together` finds where they fill one that is refused as a whole, or are more than any block of lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import phonenumbers

_NARROW_FOREIGN: Final = 6  # national digits below which a foreign prefix is as good as a region
_NARROW_MOBILE: Final = 7  # 1xx and the four digits of one exchange: ten thousand lines of one carrier
_NARROW_FIXED: Final = 4  # digits of an exchange behind the area code
_NARROW_SHORT: Final = 5
_SHORT_CODES: Final = ("95", "96", "106", "100", "11", "12")
_HOME: Final = "86"
_LONGEST: Final = 15
_MOST_BLOCKS: Final = 100  # of one country or area code on one list: below the allocation of any province
_PLACED: Final = re.compile(r"[ ().-]+")
_READABLE: Final = re.compile(r"\+[1-9][0-9]*|[1-9][0-9]*", re.ASCII)


def covers_region(prefix: str) -> str:
    """Return what a prefix of a number covers in words, or "" when it is narrow enough to name a block of lines."""
    text = prefix.strip()
    if text.startswith("00"):
        text = "+" + text[2:]
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    if not digits and not any(letter.isalpha() for letter in text):
        return "every number"
    if any(letter.isalpha() for letter in text):
        return ""
    if text.startswith("+"):
        return _international(digits)
    if _short_code(digits):
        return ""
    # without a plus sign it may be meant either way, and has to be narrow both ways
    return _home(digits.removeprefix("0")) or _international(digits)


def read_prefix(text: str) -> str | None:
    """Return a prefix as a list holds it: + and up to 15 digits, or the digits of a short code; None for others."""
    bare = _PLACED.sub("", text.strip())
    bare = "+" + bare[2:] if bare.startswith("00") else bare
    if not _READABLE.fullmatch(bare) or len(bare.removeprefix("+")) > _LONGEST:
        return None
    return bare if bare.startswith("+") or (_short_code(bare) and len(bare) < _LONGEST) else None


def covers_together(prefixes: Iterable[str]) -> str:
    """Return what narrow prefixes, each with + and country code, cover together in words, or ""."""
    outermost: list[str] = []
    for prefix in sorted(set(prefixes)):
        if prefix.startswith("+") and not (outermost and prefix.startswith(outermost[-1])):
            outermost.append(prefix)
    blocks: dict[str, float] = {}
    wider: dict[str, float] = {}
    for prefix in outermost:
        area, narrow = _area(prefix)
        share = 10.0 ** min(0, narrow - len(prefix))
        blocks[area] = blocks.get(area, 0.0) + share
        wider[prefix[: narrow - 1]] = wider.get(prefix[: narrow - 1], 0.0) + share / 10
    for above, share in sorted(wider.items()):
        if share >= 0.5:  # a half of it is no block of lines any more
            return f"most of {above}, {covers_region(above)}"
    for area, count in sorted(blocks.items()):
        if count > _MOST_BLOCKS:
            return f"more than {_MOST_BLOCKS} blocks of {area}, as many as a province has"
    return ""


def _short_code(digits: str) -> bool:
    return digits.startswith(_SHORT_CODES) and len(digits) >= _NARROW_SHORT


def _area(prefix: str) -> tuple[str, int]:
    """Return to what a prefix with a plus sign belongs, and how many characters make it narrow there."""
    country = _country(prefix[1:])
    if country != _HOME:
        return f"+{country}", 1 + len(country) + _NARROW_FOREIGN
    national = prefix[1 + len(country) :]
    if _mobile(national):
        return f"+{country} mobiles", 1 + len(country) + _NARROW_MOBILE
    area = national[: _area_digits(national)]
    return f"+{country} {area}", 1 + len(country) + len(area) + _NARROW_FIXED


def _country(digits: str) -> str:
    for length in (1, 2, 3):
        if int(digits[:length] or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length]
    return ""


def _international(digits: str) -> str:
    country = _country(digits)
    if not country:
        return "a country code"
    national = digits[len(country) :]
    if country == _HOME:
        return _home(national)
    return "" if len(national) >= _NARROW_FOREIGN else f"country code {country} or a region of it"


def _mobile(national: str) -> bool:
    return national.startswith("1") and not national.startswith("10")


def _area_digits(national: str) -> int:
    return 2 if national.startswith(("10", "2")) else 3


def _home(national: str) -> str:
    if _mobile(national):
        return "" if len(national) >= _NARROW_MOBILE else "the numbers of a province"
    enough = len(national) >= _area_digits(national) + _NARROW_FIXED
    return "" if enough else "the numbers of a province or a prefecture"
