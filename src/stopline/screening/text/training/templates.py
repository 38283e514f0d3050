"""Spelling out our own example texts: alternatives chosen and slots filled by a seeded generator."""

from typing import Final, NamedTuple

import numpy as np

from stopline.screening.text.training.schemes import SCHEMES, line_of
from stopline.screening.text.training.templates_en import LINES_EN
from stopline.screening.text.training.templates_zh import LINES_ZH
from stopline.screening.text.vocabulary import Lane

_WORDS: Final[dict[str, str]] = {
    "bank": "工商银行|建设银行|农业银行|中国银行|招商银行|交通银行|邮储银行|浦发银行|平安银行|农商银行",
    "app": "支付宝|微信|淘宝|京东|美团|抖音|滴滴出行|携程旅行|拼多多|百度|微博|饿了么",
    "app2": "APP|软件|会议APP|聊天软件",
    "carrier": "中国移动|中国联通|中国电信|中国广电",
    "airline": "南方航空|东方航空|中国国航|海南航空|春秋航空",
    "courier": "顺丰|圆通|中通|韵达|菜鸟|京东物流|邮政",
    "city": "杭州|成都|武汉|广州|北京|上海|西安|郑州|长沙|济南|昆明",
    "road": "人民路|解放路|中山路|建设路|文化路",
    "shop": "天猫|优衣库|屈臣氏|苏宁|永辉|李宁|海底捞|肯德基",
    "company": "新东方|华联|腾达科技|阳光教育|启明",
    "name": "张伟|李娜|王芳|刘洋|陈静|赵先生|周女士|小吴",
    "date": "{n1}月{n2}日|今日|{n2}日|2025-{n2}-{n2}",
    "time": "{n2}:{n2}|{n2}时{n2}分",
    "date_en": "{n2}/{n2}|{n2} May|Monday|{n2}-Mar-25",
    "hot": "955{n2}|400{n7}|10086",
    "plate": "粤A·{n5}|苏B{n5}|川A{n5}",
    "flight": "CZ{n4}|MU{n4}|CA{n4}|BA{n3}",
    "money": "{n3}.{n2}|{n2}.00|{n1},{n3}.{n2}|{n4}",
    "phone": "1{n10}|400{n7}|0{n3}-{n8}",
    "phone_en": "0{n10}|+44{n10}|9{n9}|1-800-{n3}-{n4}",
    "wx": "wx{n6}|vip{n5}|kf{n4}abc|微信{n9}",
    "tg": "hy{n3}|boss{n4}|kefu{n3}",
    "url": "http://t.cn/{n4}ab|10086.cn|www.12306.cn|m.ctrip.com",
    "fake": "http://{n3}.cc/{n3}|www.etc{n3}.top|{n4}bank.vip|http://a{n2}.xyz",
    "url_en": "shop.com/sale|bit.ly/{n3}x|www.store.com",
    "fake_en": "http://secure-{n3}.com/login|verify-{n3}.info|bit.ly/{n4}|parcel-{n2}.top/pay",
    "mail": "claims{n2}@mail.com",
    "bank_en": "HSBC|Barclays|Chase|HDFC Bank|SBI|Santander|Wells Fargo|NatWest|DBS",
    "app_en": "Google|WhatsApp|Netflix|Uber|Amazon|PayPal|Spotify|Instagram",
    "shop_en": "Boots|Target|Nike|Lifestyle|Tesco|IKEA|Amazon",
    "courier_en": "Royal Mail|DHL|UPS|USPS|Evri|FedEx|DPD",
    "airline_en": "British Airways|Delta|Emirates|IndiGo",
    "carrier_en": "Vodafone|O2|T-Mobile|Airtel|Jio|Telenor",
    "name_en": "Sam|Priya|John|Anna|David|Maria",
    "cur": "£|$|Rs |€",
}
_MOST_STEPS: Final = 200


class Example(NamedTuple):
    """One spelled-out text, its lane, and the number of the line it came from."""

    text: str
    lane: Lane
    line: int


def examples(count_per_line: int, generator: np.random.Generator) -> list[Example]:
    """Spell out every line so many times, and every scheme, which has more to say, four times that.

    Of a scheme each lead, hook and ask that was drawn together counts as a line of its own: what
    several of them share is kept, what only one wording has is not.
    """
    found = [
        Example(spell(text, generator), lane, number)
        for number, (lane, text) in enumerate((*LINES_ZH, *LINES_EN))
        for _ in range(count_per_line)
    ]
    number = len(LINES_ZH) + len(LINES_EN)
    for scheme in SCHEMES:
        found.extend(
            Example(spell(line_of(scheme), generator), scheme.lane, number + at % 8) for at in range(4 * count_per_line)
        )
        number += 8
    return found


def spell(line: str, generator: np.random.Generator) -> str:
    """Resolve innermost braces until none is left: `{a|b}` chooses, `{n4}` digits, `{bank}` a word."""
    for _ in range(_MOST_STEPS):
        end = line.find("}")
        if end < 0:
            return line
        start = line.rindex("{", 0, end)
        line = line[:start] + _resolved(line[start + 1 : end], generator) + line[end + 1 :]
    raise AssertionError(f"braces nested without end in {line[:40]}")


def _resolved(slot: str, generator: np.random.Generator) -> str:
    if slot in _WORDS:
        slot = _WORDS[slot]
    elif len(slot) > 1 and slot[0] == "n" and slot[1:].isdigit():
        return "".join(str(d) for d in generator.integers(1, 10, int(slot[1:])))
    choices = slot.split("|")
    return choices[int(generator.integers(len(choices)))]
