"""The day's lawful messages, and the country's own way with words.

Texts are rendered once into a pool and referred to by index; a minute of messages is a slice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from stopline.nation.events import RegisteredSender
from stopline.nation.population import Floats, Ints, Population
from stopline.nation.traffic import profile_times

_A_DAY: Final = 5.2  # lawful messages a subscriber receives a day; of our own choosing
# what messages are: share of all, senders, texts in the pool for each 1,000 messages
_MIX: Final = (
    *(("chat", 0.30), ("bank", 0.17), ("code", 0.17), ("parcel", 0.11)),
    *(("carrier", 0.07), ("public", 0.06), ("ads", 0.12)),
)
_SENDERS: Final = {
    "bank": tuple(f"9550{desk}" for desk in range(1, 7)),
    "code": tuple(f"1069{tail:06d}" for tail in range(310_100, 310_900, 20)),
    "parcel": tuple(f"1068{tail:06d}" for tail in range(520_000, 520_400, 20)),
    "carrier": ("10081", "10082", "10083"),
    "public": ("12345", "96110", "12333", *(f"1065{tail:05d}" for tail in range(71_000, 71_500, 25))),
    "ads": tuple(f"1069{tail:07d}" for tail in range(8_800_000, 8_803_000, 30)),
}
_BANKS: Final = {  # who writes from which desks, and where its links lead
    "青禾银行": (("95501", "95502"), ("qinghebank.example",)),
    "江北商业银行": (("95503", "95504"), ()),
    "南岭银行": (("95505", "95506"), ()),
}
_LATIN_BANKS: Final = {"Qinghe Bank": "青禾银行"}
_SURNAMES: Final = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余")
_SURNAMES_LATIN: Final = (
    *("Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Huang", "Zhao", "Wu", "Zhou"),
    *("Xu", "Sun", "Ma", "Zhu", "Hu", "Guo", "He", "Gao", "Lin", "Luo"),
    *("Zheng", "Liang", "Xie", "Song", "Tang", "Xu", "Han", "Feng", "Deng", "Cao"),
    *("Peng", "Zeng", "Xiao", "Tian", "Dong", "Yuan", "Pan", "Jiang", "Cai", "Yu"),
)
_GIVEN: Final = tuple("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲梅建文斌宇浩凯鑫晨雪佳琳")
_GIVEN_LATIN: Final = (
    *("wei", "fang", "na", "min", "jing", "li", "qiang", "lei", "jun", "yang", "yong"),
    *("yan", "jie", "juan", "tao", "ming", "chao", "xiu", "xia", "ping", "gang", "gui"),
    *("ying", "hua", "yu", "ping", "hong", "ling", "mei", "jian", "wen", "bin", "yu"),
    *("hao", "kai", "xin", "chen", "xue", "jia", "lin"),
)
_PLACES: Final = ("阳光", "新华", "东湖", "滨江", "育才", "和平", "建设", "朝阳", "西街", "南门", "金桂", "翠园")
_WEEKDAYS: Final = tuple("一二三四五六日")


@cache
def texts() -> dict[str, Any]:
    """Return the country's texts (texts.yaml of this package)."""
    source = resources.files("stopline.nation").joinpath("texts.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(source)
    return loaded


def name_of(draw: int) -> tuple[str, str]:
    """Return a name in Han and in Latin letters for any non-negative number."""
    family, rest = draw % len(_SURNAMES), draw // len(_SURNAMES)
    first, second = rest % len(_GIVEN), rest // len(_GIVEN) % (len(_GIVEN) + 1)
    tail = "" if second == len(_GIVEN) else _GIVEN[second]
    tail_latin = "" if second == len(_GIVEN) else _GIVEN_LATIN[second]
    latin = f"{_SURNAMES_LATIN[family]} {_GIVEN_LATIN[first].title()}{tail_latin}"
    return _SURNAMES[family] + _GIVEN[first] + tail, latin


def fill(rng: np.random.Generator, template: str, **known: str) -> str:
    """Return a template with its blanks filled; what is not given is drawn."""
    blanks = _Blanks(rng, known)
    return template.format_map(blanks)


class _Blanks(dict[str, str]):
    """Draws each blank when it is asked for, so that a template costs only what it holds."""

    def __init__(self, rng: np.random.Generator, known: dict[str, str]) -> None:
        super().__init__(known)
        self._rng = rng

    def __missing__(self, key: str) -> str:
        draw = int(self._rng.integers(0, 10**8))
        match key:
            case "n":
                return str(10 + draw % 90 if draw % 3 else 1000 + draw % 9000)
            case "m":
                return f"{(1 + draw % 90) * (100 if draw % 2 else 1000)}"
            case "c":
                return f"{draw % 10**6:06d}"
            case "h":
                return str(8 + draw % 14)
            case "w":
                return _WEEKDAYS[draw % 7]
            case "p":
                return name_of(draw)[0]
            case "s":
                return _PLACES[draw % len(_PLACES)]
            case "t":
                return f"138{draw:08d}"
            case "q":
                return f"{draw % 10**7 + 10**8}"
            case _:
                return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The day's lawful messages sorted by time; `sender` and `text` are places in their pools."""

    at_s: Floats
    sender: NDArray[np.int32]
    recipient: NDArray[np.int32]
    text: NDArray[np.int32]
    senders: pa.Array
    pool: pa.Array
    lines: int
    minute: Ints

    def rows(self, minute: int, minutes: int = 1) -> slice:
        """Return the slice of messages sent in a minute since the day's beginning, or in several from it on."""
        return slice(int(self.minute[minute]), int(self.minute[minute + minutes]))


def plan_post(rng: np.random.Generator, people: Population, *, begin_s: int, end_s: int) -> Post:
    """Return all lawful messages between two local seconds of the day."""
    count = int(people.subscribers * _A_DAY)
    pools = [_chat_pool(rng, count)] + [_notice_pool(rng, kind, count) for kind, _ in _MIX[1:]]
    desks = [sender for kind in _SENDERS for sender in _SENDERS[kind]]
    kind = rng.choice(len(_MIX), count, p=[share for _, share in _MIX])
    sender = np.empty(count, dtype=np.int32)
    text = np.empty(count, dtype=np.int32)
    recipient = rng.integers(0, people.subscribers, count).astype(np.int32)
    first_text, first_desk = 0, len(people)
    for place, (name, _) in enumerate(_MIX):
        rows = np.flatnonzero(kind == place)
        first_of_pool = first_text
        text[rows] = first_text + rng.integers(0, len(pools[place]), len(rows))
        first_text += len(pools[place])
        if name == "chat":
            sender[rows] = rng.integers(0, people.subscribers, len(rows))
            continue
        # a text of a desk always comes from the same desk: its sign is in the text
        desks_of = _bank_desks(pools[place]) if name == "bank" else np.arange(len(pools[place])) * 7
        sender[rows] = first_desk + desks_of[text[rows] - first_of_pool] % len(_SENDERS[name])
        first_desk += len(_SENDERS[name])
    at_s = profile_times(rng, np.full(count, 0.0), np.full(count, 24.0))
    order = np.flatnonzero((at_s >= begin_s) & (at_s < end_s))
    order = order[np.argsort(at_s[order], kind="stable")]
    minutes = (end_s - begin_s) // 60
    return Post(
        at_s=at_s[order],
        sender=sender[order],
        recipient=recipient[order],
        text=text[order],
        senders=pa.array([*people.numbers, *desks]),
        pool=pa.array([entry for pool in pools for entry in pool]),
        lines=len(people),
        minute=np.searchsorted(at_s[order], begin_s + 60.0 * np.arange(minutes + 1)),
    )


def bank_senders() -> tuple[RegisteredSender, ...]:
    """Return the desks from which banks write, with examples of each of their notices: one for every weekday in it."""
    rng = np.random.default_rng(0)
    found = []
    for name in (*_BANKS, *_LATIN_BANKS):
        desks, hosts = _BANKS[_LATIN_BANKS.get(name, name)]
        own = [notice for notice in texts()["notices"]["bank"] if name in notice]
        examples = [fill(rng, notice, w=day) for notice in own for day in (_WEEKDAYS if "{w}" in notice else "一")]
        found.append(RegisteredSender(brand=name, senders=desks, hosts=hosts, examples=tuple(examples)))
    return tuple(found)


def _bank_desks(pool: list[str]) -> NDArray[np.int64]:
    """Return for each text of a pool the place of the desk it comes from: one of its bank's own two."""
    names = [*_BANKS]
    banks = [next(name for name in (*_BANKS, *_LATIN_BANKS) if name in entry) for entry in pool]
    return np.array([2 * names.index(_LATIN_BANKS.get(name, name)) + row % 2 for row, name in enumerate(banks)])


def _chat_pool(rng: np.random.Generator, count: int) -> list[str]:
    chat = texts()["chat"]
    parts = [chat["opening"], chat["middle"], chat["closing"]]
    picks = [rng.integers(0, len(part), min(20_000, 400 + count // 20)).tolist() for part in parts]
    rows = zip(*picks, strict=True)
    return [fill(rng, parts[0][first] + parts[1][middle] + parts[2][last]) for first, middle, last in rows]


def _notice_pool(rng: np.random.Generator, kind: str, count: int) -> list[str]:
    templates = texts()["ads"] if kind == "ads" else texts()["notices"][kind]
    size = min(6_000, 200 + count // 100)
    return [fill(rng, templates[pick]) for pick in rng.integers(0, len(templates), size).tolist()]
