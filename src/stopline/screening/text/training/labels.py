"""Which lanes a row of a training set may have: the label guide (docs/label-guide.md) as code.

A set's own label is taken where it is certain. Where a set says only "unwanted", cues in the
folded text decide if they can; otherwise the row allows every unwanted lane and the model
decides together with the other sets. A political text passes: it is nobody's fraud.
"""

import re
from typing import Final

from stopline.screening.text.vocabulary import Kind, Lane


def bits(*lanes: Lane) -> int:
    """Lanes as the bits of one byte."""
    return sum(1 << lane for lane in lanes)


PASS: Final = bits(Lane.CHAT, Lane.NOTICE)
LAWFUL: Final = bits(Lane.CHAT, Lane.NOTICE, Lane.COMMERCIAL)
COMMERCIAL: Final = bits(Lane.COMMERCIAL)
FRAUD: Final = bits(Lane.PHISHING, Lane.VICE, Lane.ILLEGAL_TRADE, Lane.MONEY, Lane.OTHER_FRAUD)
UNWANTED: Final = COMMERCIAL | FRAUD
UNUSED: Final = 0
"""A row that nobody can place: left out of training."""

_FAKE_BASE_STATION: Final = {
    "FR:Phishing(Bank)": bits(Lane.PHISHING),
    "FR:Phishing(Other)": bits(Lane.PHISHING),
    "FR:Other": bits(Lane.PHISHING, Lane.OTHER_FRAUD),
    "FR:Financial": bits(Lane.MONEY),
    "IL:Gambling": bits(Lane.VICE),
    "IL:Escort_service": bits(Lane.VICE),
    "IL:Fake_ID_and_invoice": bits(Lane.ILLEGAL_TRADE),
    "out_of_scope": PASS,
    "Other": PASS,
}

_FRAUD_CUES: Final = {
    Lane.PHISHING: (
        r"积分.{0,16}(兑换|换取|领取).{0,12}(现金|元|礼包)",
        (
            r"(工行|建行|农行|中行|招行|工商|建设|农业|电子密码器|e令|网银|手机银行).{0,24}"
            r"(失效|过期|升级|冻结|停用).{0,30}(登|🔗)"
        ),
        r"\b(kyc|pan ?card|netbanking)\b",
        (
            r"\b(account|card|a c|wallet|yono|paytm|access|id)\b.{0,40}"
            r"\b(block|blocked|suspend|suspended|locked|limited|restricted|deactivated|hold|expired?)\b"
        ),
        (
            r"\b(verify|confirm|update|validate)\b.{0,30}"
            r"\b(account|identity|details|data|information|pan|payment|billing)\b"
        ),
        r"\bnew (payee|device|payment)\b.{0,60}(🔗|\bnot you\b)",
        (
            r"\b(parcel|package|shipment|item|delivery)\b.{0,80}\b(fee|unpaid|customs?|redeliver\w*|"
            r"reschedul\w*|pending|held|unable|missed)\b.{0,80}🔗"
        ),
        r"\b(hmrc|tax|refund|rebate|ato|irs|dvla|nhs|toll|medicare|mygov)\b.{0,90}🔗",
    ),
    Lane.VICE: (
        (
            r"百家乐|娱乐城|博彩|六合彩|特码|真人视讯|老虎机|时时彩|威尼斯人|投注站|一肖|"
            r"上门服务|援交|约炮|裸聊|小姐.{0,6}(上门|服务)|全套服务|看片|裸舞"
        ),
    ),
    Lane.ILLEGAL_TRADE: (
        (
            r"代开.{0,8}票|发票.{0,10}(代开|优惠|可开|低税)|(开|有).{0,6}发票.{0,10}(☎|联系)|"
            r"办证|刻章|毕业证|窃听|监听卡|复制卡|手机卡复制|枪支|迷药|麻醉|透视.{0,4}(牌|眼镜)|"
            r"四件套|收.{0,4}(银行卡|对公|公户|u盾)|黑料|洗料"
        ),
    ),
    Lane.MONEY: (
        r"(牛股|金股|黑马|涨停|拉停|停板|建仓|封仓|锁仓|布局).{0,60}(☎|qq|群|微信|热线|专线|预约)",
        r"(带|率).{0,4}(学员|散户|会员|股民).{0,40}☎|内幕.{0,10}(股|消息)|操盘手.{0,20}(群|☎|qq)",
        r"刷单|(兼职|在家).{0,20}(日赚|日结|每天.{0,6}元).{0,30}(qq|微信|⚑|☎)",
        r"\b(earn|income|salary)\b.{0,60}\b(whats ?app|wa me|per day|daily|day)\b",
        r"\b(part time|work from home|online) job\b|\bpersonal loan\b.{0,30}\bapproved\b",
    ),
    Lane.OTHER_FRAUD: (
        (
            r"(户名|帐号|账号|卡号).{0,24}(银行|农行|建行|工行|户名|☎|№)|(钱|款).{0,10}(打|汇|存)"
            r"(到|入|在|这).{0,14}(卡|账|帐|№|☎)|换卡了.{0,20}(打|汇)"
        ),
        r"(中奖|幸运用户|抽中|被选为|二等奖|一等奖).{0,60}(🔗|验证码|领取|公证|☎)",
        r"\b(won|winner|winning|lottery|prize|jackpot|lucky draw)\b",
        r"\b(urgent|unclaimed|claim your|guaranteed)\b.{0,60}☎|\bbisp\b|\bbenazir\b",
    ),
}
_COMMERCIAL_CUES: Final = re.compile(
    r"全场|折优惠|新品|上市|专柜|满0|买0送|直降|特惠|团购|楼盘|首付|户型|专卖|开业|店庆|会员日|"
    r"旗舰店|促销|招生|报名|装修|免费咨询|女人节|现房|商铺|贷款.{0,20}☎|抵押|"
    r"\b(sale|discount|offer|off on|flat 0|cashback|recharge|coupon|promo|voucher code|shop|store|"
    r"pizza|deal|subscribe|showroom|membership|app now|caller ?tune|ringtone|t ?cs? apply|"
    r"tc apply|shopping|pack|data|rental|plan)\b"
)
_NOTICE_CUES: Final = re.compile(r"优惠|抽奖|下载|退订|领取|免费|礼包|折|满0|元起|活动|专享|好礼|送0|热销|关注")
_BROKER_CUES: Final = re.compile(r"仅供参考|招商证券|投资有风险|证券$|^证券")
_FRAUD_PATTERNS: Final = {lane: re.compile("|".join(patterns)) for lane, patterns in _FRAUD_CUES.items()}


def allowed_lanes(source: str, label: int, fine: str, folded: str) -> int:
    """The lanes that a row may have, as bits; 0 leaves the row out."""
    if not folded:
        return UNUSED
    match source:
        case "zh_fake_base_station":
            return _of_fake_base_station(fine, folded)
        case "zh_personal":
            return bits(Lane.CHAT)
        case "zh_mudou" if label == 0:
            return LAWFUL if _NOTICE_CUES.search(folded) else PASS
        case "en_mishra" if label == 1:
            return COMMERCIAL if fine == "spam" else FRAUD
        case "zh_telegram" if label == 1:
            return FRAUD
        case "zh_bdci" | "zh_mudou" | "en_supersms" if label == 1:
            return _of_unwanted(folded)
        case _:
            return PASS if label == 0 else UNWANTED


def _of_fake_base_station(fine: str, folded: str) -> int:
    if fine.startswith("AD:"):
        # The set files task scams under advertising; the police do not.
        return bits(Lane.MONEY) if "刷单" in folded else COMMERCIAL
    return _FAKE_BASE_STATION.get(fine, UNUSED)


def _of_unwanted(folded: str) -> int:
    """Advertising or fraud: decided by cues where they are clear."""
    found = 0
    for lane, pattern in _FRAUD_PATTERNS.items():
        if pattern.search(folded):
            found |= 1 << lane
    if found and not _BROKER_CUES.search(folded):
        return found
    return COMMERCIAL if _COMMERCIAL_CUES.search(folded) else UNWANTED


def truth(source: str, label: int, fine: str, folded: str) -> Kind | None:
    """What a row certainly is, for judging; None where the set says only "unwanted"."""
    if not folded:
        return None
    if label == 0 or fine in {"out_of_scope", "Other"}:
        return Kind.PASS
    if source == "zh_fake_base_station":
        lanes = _of_fake_base_station(fine, folded)
        return Kind.COMMERCIAL if lanes == COMMERCIAL else Kind.FRAUD
    if source == "en_mishra":
        return Kind.COMMERCIAL if fine == "spam" else Kind.FRAUD
    return Kind.FRAUD if source == "zh_telegram" else None


_NOTICES_OF: Final = "zh_mudou"
_NOTICE: Final = re.compile(
    r"银行|尾号|验证码|动态码|校验码|财付通|支付宝|中国移动|联通|电信|航班|航空|机票|流量|余额|套餐|"
    r"信用卡|账单|快递|订单|水费|电费|燃气"
)
"""A lawful row that speaks of a bank, a one-time code, a carrier, an airline, a courier or a utility is a notice."""


def is_notice(source: str, kind: Kind, text: str) -> bool:
    """Return whether a lawful row is a notice; one set alone has real ones."""
    return source == _NOTICES_OF and kind is Kind.PASS and bool(_NOTICE.search(text))
