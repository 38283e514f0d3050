"""The folding alphabet: what every character is taken for, as arrays that kernels can read.

Lookalike letters, circled and mathematical forms, full-width forms, traditional characters and
invisible characters are all ways to write one text in many byte sequences. The tables undo them.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.han import READINGS, SIMPLIFIED, TRADITIONAL
from stopline.screening.text.han_rare import RARE_READINGS

TABLE_SIZE: Final = 0x20000
DROP: Final = 0
GAP: Final = 32

INVISIBLE: Final = 1
LOOKALIKE: Final = 2
ODD_FORM: Final = 4
HAN: Final = 8
RARE: Final = 16

PHONE: Final = 0x260E  # ☎ seven digits and more
LINK: Final = 0x1F517  # 🔗 a web address
HANDLE: Final = 0x2691  # ⚑ a contact name in a messenger
CODE: Final = 0x2116  # № a mixed code, an account or order number
MAIL: Final = 0x2709  # ✉ a mail address
NUMBER: Final = 0x30  # 0 any other number
MONEY: Final = 0x24  # $ any currency sign

_SYMBOLS: Final = (PHONE, LINK, HANDLE, CODE, MAIL, MONEY)
_KEPT_PUNCTUATION: Final = ".:/@-_?=&%#~+"
_APOSTROPHES: Final = "'’‘`´ʼ"
_CURRENCIES: Final = "$£€¥¢₹₽₩₦฿₱₫"
# Characters that show nothing. ZERO WIDTH JOINER and VARIATION SELECTOR-16 are left out: emoji
# carry them honestly.
_INVISIBLES: Final = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d"
    "\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206f\u2800\u3164\ufeff\uffa0"
)
_LOOKALIKES: Final = (
    (
        "АВЕЅІЈКМНОРСТУХЗаеѕіјкмнорстухԁԛԝһӏԍѵɡɑıʟɴʀᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢʙɢʜɪʏϲϳ"
        "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορτυχικεƖǀꓐꓑꓒꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ"
    ),
    (
        "ABESIJKMHOPCTYX3aesijkmhopctyxdqwhlgvgailnracdejkmoptuvwzbghiycj"
        "ABEZHIKMNOPTYXavoptuxikellBPdDTGKJCZFMNLSRVHWXYAEIOU"
    ),
)
_HAN_RANGES: Final = ((0x3400, 0x4DC0), (0x4E00, 0xA000))


class Alphabet(NamedTuple):
    """`codes` what each character becomes, `marks` its bits, `readings` its syllable (0: none)."""

    codes: NDArray[np.uint32]
    marks: NDArray[np.uint8]
    readings: NDArray[np.uint32]


@cache
def alphabet() -> Alphabet:
    """Build the tables once a process, in some tens of milliseconds."""
    codes = np.full(TABLE_SIZE, GAP, dtype=np.uint32)
    marks = np.zeros(TABLE_SIZE, dtype=np.uint8)
    for first, last in _HAN_RANGES:
        codes[first:last] = np.arange(first, last, dtype=np.uint32)
        marks[first:last] = HAN | RARE
    codes[0xAC00:0xD7A4] = np.arange(0xAC00, 0xD7A4, dtype=np.uint32)
    codes[0xD800:0xF900] = DROP
    for first, last in ((0, 0x3400), (0xA000, 0xAC00), (0xF900, 0x10000), (0x1D400, 0x1D800)):
        _fill_by_category(codes, marks, first, last)
    _fill_enclosed_letters(codes, marks)
    _fill_by_hand(codes, marks)
    readings = _fill_han(codes, marks)
    return Alphabet(codes=codes, marks=marks, readings=readings)


def _fill_by_category(codes: NDArray[np.uint32], marks: NDArray[np.uint8], first: int, last: int) -> None:
    for code in range(first, last):
        category = unicodedata.category(chr(code))
        if category[0] in "LN" or category == "Mc":
            taken, odd = _letter(code)
            codes[code] = taken
            marks[code] = ODD_FORM if odd else 0
        elif category in {"Mn", "Me", "Cf", "Cs", "Co", "Cn"} or (
            category == "Cc" and chr(code) not in "\t\n\r\x0b\x0c"
        ):
            codes[code] = DROP
    for code in range(0xFF01, 0xFF5F):
        if first <= code < last:
            codes[code] = _punctuation_or_letter(chr(code - 0xFEE0))
            marks[code] = 0


def _letter(code: int) -> tuple[int, bool]:
    """What a letter or digit is taken for, and whether it is an odd form of a plain one."""
    char = chr(code)
    if char.isascii():
        return code, False
    value = unicodedata.digit(char, None)
    if value is not None:
        return 0x30 + value, True
    plain = unicodedata.normalize("NFKD", char)
    first = next((one for one in plain if one.isalnum()), None)
    if first is None:
        return GAP, False
    if first.isascii():
        return ord(first), len(plain) == 1 or not unicodedata.combining(plain[1])
    lowered = first.lower()
    odd = first != char and ord(first) > 0x2E80
    return ord(lowered) if len(lowered) == 1 else ord(first), odd


def _punctuation_or_letter(char: str) -> int:
    return ord(char) if char.isalnum() or char in _KEPT_PUNCTUATION else GAP


def _fill_enclosed_letters(codes: NDArray[np.uint32], marks: NDArray[np.uint8]) -> None:
    """Squared and circled capitals and the letters of flags (U+1F130 to U+1F1FF)."""
    for base in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6):
        codes[base : base + 26] = np.arange(0x41, 0x41 + 26, dtype=np.uint32)
        marks[base : base + 26] = ODD_FORM
    for offset in range(10):
        codes[0x1F101 + offset] = 0x30 + offset
        marks[0x1F101 + offset] = ODD_FORM


def _fill_by_hand(codes: NDArray[np.uint32], marks: NDArray[np.uint8]) -> None:
    for seen, taken in zip(*_LOOKALIKES, strict=True):
        codes[ord(seen)] = ord(taken)
        marks[ord(seen)] = LOOKALIKE
    for char in _INVISIBLES:
        codes[ord(char)] = DROP
        marks[ord(char)] = INVISIBLE
    for char in _KEPT_PUNCTUATION:
        codes[ord(char)] = ord(char)
    codes[ord("。")] = codes[ord("｡")] = ord(".")
    for char in _APOSTROPHES:
        codes[ord(char)] = DROP
    for char in _CURRENCIES:
        codes[ord(char)] = MONEY
    codes[0xFFE5] = codes[0xFFE1] = MONEY
    for symbol in _SYMBOLS:
        codes[symbol] = symbol
        marks[symbol] = 0


def _fill_han(codes: NDArray[np.uint32], marks: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Map traditional characters, then give common ones their reading and take their rare mark."""
    readings = np.zeros(TABLE_SIZE, dtype=np.uint32)
    numbers = {}
    for number, (sound, chars) in enumerate(_by_sound(READINGS), start=1):
        numbers[sound] = number
        for char in chars:
            readings[ord(char)] = number
            marks[ord(char)] = HAN
    for sound, chars in _by_sound(RARE_READINGS):  # they keep their mark: rare they are
        for char in chars:
            readings[ord(char)] = numbers[sound]
    for old, new in zip(TRADITIONAL, SIMPLIFIED, strict=True):
        codes[ord(old)] = ord(new)
        if marks[ord(new)] == HAN:
            marks[ord(old)] = HAN
    return readings


def _by_sound(readings: str) -> Iterator[tuple[str, str]]:
    for entry in readings.split():
        chars = entry.lstrip("abcdefghijklmnopqrstuvwxyz")
        yield entry[: len(entry) - len(chars)], chars
