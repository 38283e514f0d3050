"""Phone numbers as evidence: the raw text is kept, what it means stands beside it, nothing is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

_LONGEST = 64  # longer than any dialled string or sender name: what is beyond is cut and marked malformed


class NumberKind(StrEnum):
    """What a calling, called or displayed number turned out to be."""

    MOBILE = "mobile"
    FIXED = "fixed"
    SERVICE = "service"
    SHORT_CODE = "short_code"
    SENDER_NAME = "sender_name"
    FOREIGN = "foreign"
    MALFORMED = "malformed"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """A number as it was seen and as it is understood.

    `normalised` is E.164 with a plus sign for dialled numbers, the digits for a short code,
    the folded text for a sender name, and the raw text for what is malformed.
    """

    raw: str
    normalised: str
    valid: bool
    kind: NumberKind
    spoofed_as: str | None = None


def read_number(raw: str, *, country: str = "CN", from_abroad: bool = False) -> PhoneNumber:
    """Understand one number as seen by a network of `country` (ISO 3166 alpha-2).

    `from_abroad` says that the signalling entered through an international trunk: a national
    number is then evidence of spoofing and is kept in `spoofed_as`.
    """
    text = raw.strip()
    if not text or text.lower() in {"anonymous", "withheld", "unknown", "restricted"}:
        return PhoneNumber(raw=raw, normalised="", valid=False, kind=NumberKind.WITHHELD)
    if len(text) > _LONGEST or not text.isprintable():
        return PhoneNumber(raw=raw, normalised=text[:_LONGEST], valid=False, kind=NumberKind.MALFORMED)
    bare = text.removeprefix("sip:").removeprefix("tel:").split("@", 1)[0].split(";", 1)[0]
    digits = "".join(letter for letter in bare if letter.isascii() and letter.isdigit())
    if any(letter.isalpha() for letter in bare):
        return PhoneNumber(raw=raw, normalised=bare.casefold(), valid=True, kind=NumberKind.SENDER_NAME)
    if _is_short_code(bare, digits, country):
        return PhoneNumber(raw=raw, normalised=digits, valid=True, kind=NumberKind.SHORT_CODE)
    return _dialled(raw, bare, country=country, from_abroad=from_abroad)


def _dialled(raw: str, bare: str, *, country: str, from_abroad: bool) -> PhoneNumber:
    text = "+" + bare[2:] if bare.startswith("00") else bare
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return PhoneNumber(raw=raw, normalised=bare, valid=False, kind=NumberKind.MALFORMED)
    normalised = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    valid = phonenumbers.is_valid_number(parsed)
    home = phonenumbers.country_code_for_region(country)
    if parsed.country_code != home:
        return PhoneNumber(raw=raw, normalised=normalised, valid=valid, kind=NumberKind.FOREIGN)
    kind = _national_kind(parsed) if valid else NumberKind.MALFORMED
    spoofed = normalised if from_abroad and kind is not NumberKind.MOBILE else None  # mobiles roam, desks do not
    return PhoneNumber(raw=raw, normalised=normalised, valid=valid, kind=kind, spoofed_as=spoofed)


def _national_kind(parsed: phonenumbers.PhoneNumber) -> NumberKind:
    match phonenumbers.number_type(parsed):
        case phonenumbers.PhoneNumberType.MOBILE:
            return NumberKind.MOBILE
        case phonenumbers.PhoneNumberType.FIXED_LINE | phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE:
            return NumberKind.FIXED
        case _:
            return NumberKind.SERVICE


def _is_short_code(bare: str, digits: str, country: str) -> bool:
    if bare.startswith(("+", "00")) or not digits:
        return False
    if len(digits) <= 6:
        return True
    # China: 95xxx/96xxx desks and their extensions, and the 106 platform senders of up to 20 digits
    return country == "CN" and (digits.startswith("106") or (digits.startswith(("95", "96")) and len(digits) <= 9))
