"""How writers of fraud dodge a filter, as functions: for augmenting training and for judging."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import numpy as np

from stopline.screening.text.han import READINGS

_FRIENDLY: Final = (
    "好的，那我们明天见，路上注意安全。",
    "谢谢你昨天的帮忙，周末有空一起吃饭吧。",
    "妈妈说让你早点回家，晚上包饺子。",
    "会议改到下午三点了，记得带上资料。",
    "天气转凉了，多穿点衣服，别感冒了。",
    "生日快乐，祝你天天开心，工作顺利！",
    "I will be home late tonight, don't wait for dinner. ",
    "Thanks for yesterday, it was lovely to see you all again. ",
    "Can you pick up some milk on the way back please? ",
)
_INVISIBLE: Final = "\u200b\u200c\u2060\ufeff"
_TWINS: Final = dict(zip("aceiopsxyABEHKMOPTX0123456789", "асеіорѕхуАВЕНКМОРТХ０①②③④⑤⑥⑦⑧⑨", strict=True))
_CIRCLED: Final = dict(zip("0123456789", "⓪①②③④⑤⑥⑦⑧⑨", strict=True))
_FULL_WIDTH: Final = dict(zip("0123456789", "０１２３４５６７８９", strict=True))
_HAN_TWINS: Final = dict(zip("发电话银行号码请贷款开钱", "發電話銀行號碼請貸款開錢", strict=True))

Attack = Callable[[str, np.random.Generator], str]


def padded_after(text: str, generator: np.random.Generator) -> str:
    """Friendly text, about twice the message, after it."""
    return text + _friendly(text, generator)


def padded_before(text: str, generator: np.random.Generator) -> str:
    """Friendly text, about twice the message, before it."""
    return _friendly(text, generator) + text


def padded_both(text: str, generator: np.random.Generator) -> str:
    """Friendly text, about twice the message, before it and after it."""
    return _friendly(text, generator) + text + _friendly(text, generator)


def homophones(text: str, generator: np.random.Generator) -> str:
    """Three in ten Han characters written as others that sound alike."""
    picks = generator.random(len(text))
    draws = generator.random(len(text))
    return "".join(
        _sounding_like(char, draw) if pick < 0.3 else char for char, pick, draw in zip(text, picks, draws, strict=True)
    )


def circled_digits(text: str, generator: np.random.Generator) -> str:
    """Digits written in circles or in full width."""
    picks = generator.random(len(text)) < 0.5
    return "".join((_CIRCLED if pick else _FULL_WIDTH).get(char, char) for char, pick in zip(text, picks, strict=True))


def invisible(text: str, generator: np.random.Generator) -> str:
    """Invisible characters between a third of the characters."""
    picks = generator.random(len(text)) < 0.33
    kinds = generator.integers(len(_INVISIBLE), size=len(text))
    return "".join(
        char + (_INVISIBLE[kind] if pick else "") for char, pick, kind in zip(text, picks, kinds, strict=True)
    )


def lookalikes(text: str, generator: np.random.Generator) -> str:
    """Letters, digits and some Han characters written as their twins, two in three."""
    picks = generator.random(len(text)) < 0.67
    return "".join(
        _TWINS.get(char, _HAN_TWINS.get(char, char)) if pick else char for char, pick in zip(text, picks, strict=True)
    )


def spaced(text: str, generator: np.random.Generator) -> str:
    """Gaps and dots between a third of the Han characters."""
    picks = generator.random(len(text))
    return "".join(
        char + (" " if pick < 0.2 else "." if pick < 0.33 else "") if ord(char) > 0x2E80 else char
        for char, pick in zip(text, picks, strict=True)
    )


@cache
def _by_sound() -> tuple[dict[str, str], dict[str, str]]:
    """Return the sound of each common character, and the characters of each sound."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    sounds = {entry[: len(entry) - len(entry.lstrip(letters))]: entry.lstrip(letters) for entry in READINGS.split()}
    return {char: sound for sound, chars in sounds.items() for char in chars}, sounds


def _sounding_like(char: str, draw: float) -> str:
    of, sounds = _by_sound()
    alike = sounds[of[char]].replace(char, "") if char in of else ""
    return alike[int(draw * len(alike))] if alike else char


ATTACKS: Final[dict[str, Attack]] = {
    "padded after": padded_after,
    "padded before": padded_before,
    "padded on both sides": padded_both,
    "homophones": homophones,
    "circled and full-width digits": circled_digits,
    "invisible characters": invisible,
    "lookalikes": lookalikes,
    "spaced": spaced,
}
DISGUISES: Final[Sequence[Attack]] = (invisible, lookalikes, spaced)


def _friendly(text: str, generator: np.random.Generator) -> str:
    han = sum(ord(char) > 0x2E80 for char in text)
    wanted = [one for one in _FRIENDLY if one.isascii() == (han * 4 < len(text))]
    parts: list[str] = []
    while sum(map(len, parts)) < 2 * len(text) and len(parts) < 60:
        parts.append(wanted[int(generator.integers(len(wanted)))])
    return "".join(parts)
