"""Which prefixes of numbers cover a country or a province: those are never a ground of a rule or a list."""

from __future__ import annotations

from typing import Final

import phonenumbers

_NARROW_FOREIGN: Final = 6  # national digits below which a foreign prefix is as good as a region
_NARROW_MOBILE: Final = 7  # 1xx and the four digits of one exchange: ten thousand lines of one carrier
_NARROW_FIXED: Final = 4  # digits of an exchange behind the area code
_SHORT_CODES: Final = ("95", "96", "106", "100", "11", "12")


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
    if not text.startswith("+"):
        return "" if digits.startswith(_SHORT_CODES) and len(digits) >= 5 else _home(digits.removeprefix("0"))
    return _international(digits)


def _international(digits: str) -> str:
    for length in (1, 2, 3):
        if int(digits[:length] or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            national = digits[length:]
            if digits[:length] == "86":
                return _home(national)
            return "" if len(national) >= _NARROW_FOREIGN else f"country code {digits[:length]} or a region of it"
    return "a country code"


def _home(national: str) -> str:
    if national.startswith("1") and not national.startswith("10"):
        return "" if len(national) >= _NARROW_MOBILE else "the numbers of a province"
    area = 2 if national.startswith(("10", "2")) else 3
    return "" if len(national) >= area + _NARROW_FIXED else "the numbers of a province or a prefecture"
