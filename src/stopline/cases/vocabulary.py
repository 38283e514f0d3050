"""The words by which a typology is suggested from what a person wrote, in Chinese and in English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A typology that the words point to, with the words themselves; it is never more than a proposal."""

    typology: str
    words: tuple[str, ...]


# typology -> words; a longer word says more than a short one (weight = letters, Han count double)
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "rebate": (
        *("刷单", "返利", "做任务", "垫付", "点赞", "关注公众号", "抢单", "佣金"),
        *("rebate", "task job", "commission", "like and follow", "part-time job", "prepay"),
    ),
    "investment": (
        *("理财", "投资", "股票", "期货", "虚拟币", "老师带", "内幕", "稳赚", "荐股", "平台提现"),
        *("investment", "trading platform", "stock tip", "crypto", "guaranteed return", "insider"),
    ),
    "romance": (
        *("网恋", "婚恋", "交友", "相亲", "杀猪盘", "恋爱", "对象"),
        *("romance", "dating", "online lover", "met online", "fiance"),
    ),
    "loan": (
        *("贷款", "放款", "解冻费", "保证金", "额度", "银行卡号填错", "网贷"),
        *("loan", "unlock fee", "credit limit", "processing fee", "deposit first"),
    ),
    "credit": (
        *("征信", "注销账户", "校园贷", "百万保障", "影响征信", "利率调整"),
        *("credit record", "close the account", "credit score", "insurance plan", "auto renewal"),
    ),
    "customer_service": (
        *("客服", "退款", "理赔", "快递丢", "会员扣费", "双倍赔付", "包裹"),
        *("customer service", "refund", "parcel", "lost package", "compensation", "membership fee"),
    ),
    "authority": (
        *("公安", "检察院", "法院", "通缉令", "安全账户", "涉嫌洗钱", "公检法", "笔录"),
        *("police officer", "prosecutor", "court", "warrant", "safe account", "money laundering"),
    ),
    "acquaintance": (
        *("领导", "老板让", "冒充熟人", "猜猜我是谁", "校长", "亲戚", "借钱周转"),
        *("my boss", "guess who", "pretended to be my", "relative in trouble", "headmaster"),
    ),
    "shopping": (
        *("购物", "低价", "代购", "二手", "演唱会门票", "不发货", "闲置"),
        *("online shop", "never delivered", "second-hand", "concert ticket", "cheap price"),
    ),
    "gaming": (
        *("游戏", "装备", "皮肤", "充值", "账号交易", "代练"),
        *("game account", "game item", "top-up", "skin", "in-game"),
    ),
    "gambling": (
        *("赌博", "博彩", "下注", "彩票", "百家乐"),
        *("gambling", "betting", "casino", "lottery"),
    ),
}


def suggest(text: str) -> Suggestion | None:
    """Return the typology whose words weigh most in a text, or None when none occurs; ties go to the first."""
    folded = text.casefold()
    best: tuple[int, Suggestion] | None = None
    for typology, words in WORDS.items():
        found = tuple(word for word in words if word in folded)
        weight = sum(len(word) * (1 if word.isascii() else 2) for word in found)
        if found and (best is None or weight > best[0]):
            best = (weight, Suggestion(typology=typology, words=found))
    return None if best is None else best[1]
