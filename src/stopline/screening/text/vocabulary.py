"""The words of message screening: kinds, lanes and typologies, with their labels and cues."""

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class Kind(IntEnum):
    """What a message is; fraud includes illegal trade. The codes are stored: never renumber."""

    PASS = 0
    COMMERCIAL = 1
    FRAUD = 2


class Lane(IntEnum):
    """The eight lanes of the model; the first three are no fraud. Stored in model files."""

    CHAT = 0
    NOTICE = 1
    COMMERCIAL = 2
    PHISHING = 3
    VICE = 4
    ILLEGAL_TRADE = 5
    MONEY = 6
    OTHER_FRAUD = 7


class Typology(StrEnum):
    """How the fraud works, in the classes that the police count by; empty for what is no fraud."""

    NONE = ""
    BRUSHING_REBATE = "brushing_rebate"
    FAKE_INVESTMENT = "fake_investment"
    FAKE_SHOPPING = "fake_shopping"
    IMPERSONATED_SERVICE = "impersonated_service"
    IMPERSONATED_AUTHORITY = "impersonated_authority"
    IMPERSONATED_ACQUAINTANCE = "impersonated_acquaintance"
    FAKE_LOAN = "fake_loan"
    FAKE_CREDIT_REPAIR = "fake_credit_repair"
    FAKE_PRIZE = "fake_prize"
    ROMANCE = "romance"
    GAME_TRADING = "game_trading"
    ACCOUNT_RENTAL = "account_rental"
    FAKE_INVOICE = "fake_invoice"
    GAMBLING = "gambling"
    SEXUAL_SERVICES = "sexual_services"
    ILLEGAL_TRADE = "illegal_trade"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A typology's name for people."""

    zh: str
    en: str


LABELS: Final[dict[Typology, Label]] = {
    Typology.NONE: Label(zh="", en=""),
    Typology.BRUSHING_REBATE: Label(zh="刷单返利", en="Brushing and rebate tasks"),
    Typology.FAKE_INVESTMENT: Label(zh="虚假投资理财", en="Fake investment"),
    Typology.FAKE_SHOPPING: Label(zh="虚假购物服务", en="Fake shopping or service"),
    Typology.IMPERSONATED_SERVICE: Label(zh="冒充电商物流银行客服", en="Impersonated service"),
    Typology.IMPERSONATED_AUTHORITY: Label(zh="冒充公检法及政府机关", en="Impersonated authority"),
    Typology.IMPERSONATED_ACQUAINTANCE: Label(zh="冒充领导熟人", en="Impersonated acquaintance"),
    Typology.FAKE_LOAN: Label(zh="虚假网络贷款", en="Fake loan"),
    Typology.FAKE_CREDIT_REPAIR: Label(zh="虚假征信", en="Fake credit repair"),
    Typology.FAKE_PRIZE: Label(zh="虚假中奖", en="Fake prize"),
    Typology.ROMANCE: Label(zh="网络婚恋交友", en="Romance"),
    Typology.GAME_TRADING: Label(zh="网络游戏虚假交易", en="Fake game trading"),
    Typology.ACCOUNT_RENTAL: Label(zh="出租出售账户", en="Renting or selling accounts"),
    Typology.FAKE_INVOICE: Label(zh="假发票假证件", en="Fake invoices and papers"),
    Typology.GAMBLING: Label(zh="网络赌博", en="Gambling"),
    Typology.SEXUAL_SERVICES: Label(zh="色情招嫖", en="Sexual services"),
    Typology.ILLEGAL_TRADE: Label(zh="其他违法交易", en="Other illegal trade"),
    Typology.OTHER: Label(zh="其他", en="Other"),
}
CODES: Final = tuple(Typology)
"""A typology's stored code is its place here; new ones go to the end."""

_CUES: Final = (
    (
        Typology.BRUSHING_REBATE,
        (r"刷单|刷信誉|返佣|佣金|做任务|点赞|抢单|日结|在家.{0,8}赚|兼职|"
        r"\bper day\b|\bpart time\b|\b(daily|earn)\b.{0,20}\b(income|salary|day)\b|\btask\b|\bjob\b"),
    ),
    (
        Typology.FAKE_INVESTMENT,
        (r"牛股|金股|涨停|建仓|操盘|荐股|股民|股票|散户|拉升|理财|投资|稳赚|带单|币圈|翻倍|老师带|"
        r"\b(invest\w*|crypto\w*|bitcoin|trading|forex|stocks?|profit\w*)\b"),
    ),
    (
        Typology.FAKE_SHOPPING,
        r"低价出|代购|内部价|免费送.{0,6}手机|货到付款|海关罚没|门票|\bcheap \w+ for sale\b",
    ),
    (
        Typology.IMPERSONATED_SERVICE,
        (r"客服|理赔|退款|包裹|快递|密码器|积分|网银|手机银行|尊敬的.{0,8}用户|工行|建行|农行|中行|"
        r"招行|etc|会员.{0,8}扣费|百万保障|"
        r"\b(account|parcel|package|delivery|kyc|verify|bank|payee|netflix|paypal|refund|card)\b"),
    ),
    (
        Typology.IMPERSONATED_AUTHORITY,
        (r"公安|检察院|法院|传票|涉嫌|通缉|洗钱案|社保|医保|个税|税务局|违章|交警|营业执照|补贴|"
        r"\b(hmrc|irs|tax|police|court|warrant|toll|fine|medicare|dvla|nhs|customs|social security)\b"),
    ),
    (
        Typology.IMPERSONATED_ACQUAINTANCE,
        (r"我是.{0,4}(领导|书记|老板|校长|局长)|来我办公室|换号|新号码|猜猜|房东|爸|妈|"
        r"(打|汇|转|存).{0,10}(卡|账|帐)|相册|聚会.{0,8}照片|"
        r"\b(mum|mom|dad)\b|\bnew number\b|\bphone (broke|is broken)\b|\bboss\b"),
    ),
    (
        Typology.FAKE_LOAN,
        r"贷款|放款|下款|额度|解冻费|借款|秒批|\b(loan|lender|borrow)\b",
    ),
    (Typology.FAKE_CREDIT_REPAIR, r"征信|注销.{0,6}(账户|贷)|校园贷|逾期记录|\bcredit (repair|score)\b"),
    (
        Typology.FAKE_PRIZE,
        (r"中奖|抽中|幸运用户|幸运观众|一等奖|二等奖|"
        r"\b(won|winner|prize|lottery|award\w*|claim|voucher|congratulations)\b"),
    ),
    (Typology.ROMANCE, r"交友|相亲|征婚|寂寞|富婆|重金求子|\b(lonely|dating|admirer|date|chat)\b"),
    (Typology.GAME_TRADING, r"游戏.{0,6}(账号|装备|皮肤)|代练|点券|\bgame (account|items?)\b"),
    (
        Typology.ACCOUNT_RENTAL,
        (r"(收|租|卖|出).{0,6}(银行卡|对公|公户|微信号|手机卡|电话卡|支付宝|账号)|四件套|u盾|跑分|"
        r"接回u|换汇|收u|车队|卡主|\brent\w* (your )?(account|bank)\b"),
    ),
    (Typology.FAKE_INVOICE, r"发票|税票|开票|办证|刻章|毕业证|证件|学历|文凭|驾驶证|保过|枪手"),
    (
        Typology.GAMBLING,
        (r"百家乐|娱乐城|娱乐场|博彩|六合彩|彩票|特码|投注|棋牌|真人|首充|首存|返水|赌|pt老虎机|皇冠|"
        r"威尼斯|太阳城|时时彩|\b(casino|betting|jackpot|slots?)\b"),
    ),
    (
        Typology.SEXUAL_SERVICES,
        (r"上门服务|约炮|裸聊|小姐|按摩|美女|妹子|性爱|学生妹|全套|看片|看我名字|看名|骚|"
        r"\b(sexy?|xxx|hardcore|babes?|escort|horny|naughty)\b"),
    ),
    (
        Typology.ILLEGAL_TRADE,
        r"窃听|监听|枪|迷药|麻醉|透视|黑客|数据出售|群发|盗u|假u|仿u|开锁|复制卡|信号放大器",
    ),
)  # fmt: skip
_PATTERNS: Final = tuple((typology, re.compile(cues)) for typology, cues in _CUES)

# What each lane leans to where no cue speaks, and how much a cue of the lane's own counts more.
_OF_LANE: Final[dict[Lane, tuple[Typology, ...]]] = {
    Lane.CHAT: (),
    Lane.NOTICE: (),
    Lane.COMMERCIAL: (),
    Lane.PHISHING: (Typology.IMPERSONATED_SERVICE, Typology.IMPERSONATED_AUTHORITY),
    Lane.VICE: (Typology.GAMBLING, Typology.SEXUAL_SERVICES),
    Lane.ILLEGAL_TRADE: (
        Typology.ILLEGAL_TRADE, Typology.FAKE_INVOICE, Typology.ACCOUNT_RENTAL,
    ),
    Lane.MONEY: (
        Typology.FAKE_INVESTMENT, Typology.BRUSHING_REBATE, Typology.FAKE_LOAN,
        Typology.FAKE_CREDIT_REPAIR,
    ),
    Lane.OTHER_FRAUD: (
        Typology.OTHER, Typology.FAKE_PRIZE, Typology.IMPERSONATED_ACQUAINTANCE, Typology.ROMANCE,
    ),
}  # fmt: skip


def typology_of(folded: str, lane: Lane) -> Typology:
    """Name the typology of a fraudulent message from its cues and its strongest fraud lane."""
    own = _OF_LANE[lane]
    votes: dict[Typology, int] = {}
    for typology, pattern in _PATTERNS:
        found = {match.group() for match in pattern.finditer(folded)}
        if found:
            votes[typology] = 2 * len(found) + (3 if typology in own else 0)
    if not votes:
        mixed = lane in {Lane.VICE, Lane.OTHER_FRAUD}
        return own[0] if own and not mixed else Typology.OTHER
    return max(votes, key=lambda typology: votes[typology])
