"""What people are told, in Chinese and in English: warnings, follow-up, codes, and lessons from templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stopline.dissuasion.records import WarningLevel


@dataclass(frozen=True, slots=True)
class Both:
    """The same sentence in the two languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Trick:
    """A trick by name, its sign, and what it is not."""

    name: Both
    sign: Both
    truth: Both


_OTHER: Final = Trick(
    Both("新型诈骗", "a new trick"),
    Both("陌生人来电或来信，催您转账或索要验证码", "a stranger who presses you to pay or asks for a code"),
    Both("正规单位不会电话要求转账或验证码", "no real office asks for money or codes by phone"),
)
_TRICKS: Final[dict[str, Trick]] = {
    "rebate": Trick(
        Both("刷单返利", "paid clicking"),
        Both("先返小利，再让您垫付大额", "small rewards first, then a large advance"),
        Both("凡是要先垫钱的任务都是诈骗", "a job that asks you to pay first is a fraud"),
    ),
    "investment": Trick(
        Both("虚假投资理财", "false investment"),
        Both("“导师”带您在陌生平台稳赚不赔", "a mentor promises sure profit on an unknown platform"),
        Both("能看到的收益取不出来", "the profit on the screen cannot be withdrawn"),
    ),
    "romance": Trick(
        Both("婚恋交友诈骗", "romance fraud"),
        Both("网上恋人从不见面，却谈投资或借钱", "an online lover who never meets you talks of money"),
        Both("没见过面就谈钱的不是恋人", "whoever speaks of money before meeting is no lover"),
    ),
    "loan": Trick(
        Both("虚假贷款", "false loan"),
        Both("放款前要交保证金、解冻费", "a deposit or unlock fee before the loan"),
        Both("正规贷款放款前不收费", "no real lender takes a fee before paying out"),
    ),
    "credit": Trick(
        Both("虚假征信", "false credit record"),
        Both("自称客服，说不注销账户会影响征信", "a caller says an account will harm your credit record"),
        Both("征信记录不能由他人消除", "nobody can clean a credit record for you"),
    ),
    "customer_service": Trick(
        Both("冒充客服", "false customer service"),
        Both("以退款、理赔为由要您共享屏幕或转账", "a refund that needs a shared screen or a transfer"),
        Both("退款原路返回，不需要您转账", "refunds come back by themselves; you never pay for one"),
    ),
    "authority": Trick(
        Both("冒充公检法", "false police"),
        Both("说您涉案，要求转到“安全账户”", "you are said to be in a case and must use a safe account"),
        Both("公检法没有安全账户，也不在电话里办案", "police have no safe account and work no case by phone"),
    ),
    "acquaintance": Trick(
        Both("冒充领导熟人", "false boss or friend"),
        Both("换了新号，急着让您转账", "a new number and an urgent transfer"),
        Both("打旧号码核实再说", "call the old number first"),
    ),
    "shopping": Trick(
        Both("虚假购物", "false shop"),
        Both("低价商品，要求离开平台付款", "a low price and payment outside the platform"),
        Both("离开平台付款就没有保障", "outside the platform nothing protects you"),
    ),
    "gaming": Trick(
        Both("游戏交易诈骗", "game trading fraud"),
        Both("交易前要充值解冻", "a top-up before the trade"),
        Both("只在官方平台交易", "trade on the official platform only"),
    ),
    "gambling": Trick(
        Both("网络赌博", "online gambling"),
        Both("先让您赢，再让您输光", "you win first and lose everything after"),
        Both("后台可以操纵输赢", "the house sets who wins"),
    ),
}


def trick(typology: str) -> Trick:
    """Return the texts of a typology; one that is not known yet gets the general ones."""
    return _TRICKS.get(typology, _OTHER)


def warning(typology: str, level: WarningLevel, code: str) -> Both:
    """Return the warning to a person who was contacted; the code shows that it is genuine."""
    of = trick(typology)
    press = level is WarningLevel.HIGH
    zh = (
        f"【反诈预警】您近期接到的联系疑似“{of.name.zh}”：{of.sign.zh}。{of.truth.zh}。"
        f"{'请勿转账，民警可能上门提醒，您可以拒绝。' if press else '请勿转账。'}"
        f"核验码 {code}；不愿再收到提醒可凭此码退出。"
    )
    en = (
        f"[Fraud warning] A recent contact looks like {of.name.en}: {of.sign.en}. {of.truth.en}. "
        f"{'Do not pay. An officer may visit; you may refuse.' if press else 'Do not pay.'} "
        f"Code {code}; use it to check this text or to opt out."
    )
    return Both(zh, en)


def follow_up(typology: str, code: str) -> Both:
    """Return the text that goes with a follow-up."""
    of = trick(typology)
    return Both(
        f"【反诈回访】近期仍请提防“{of.name.zh}”：{of.truth.zh}。核验码 {code}。",
        f"[Follow-up] Please stay alert to {of.name.en}: {of.truth.en}. Code {code}.",
    )


def notification(code: str, title: Both) -> Both:
    """Return the text that hands a person the code of a decision; the page behind it says all the rest."""
    return Both(
        f"【告知】对您采取了措施：{title.zh}。凭编号 {code} 可查询理由、期限并提出申诉。",
        f"[Notice] A measure concerns you: {title.en}. Reason, term and appeal: code {code}.",
    )


def one_time_code(code: str) -> Both:
    """Return the text that brings a one-time code to whoever holds the line."""
    return Both(
        f"【验证码】{code}，十分钟内有效，用于查询与您本人有关的措施。工作人员不会向您索要此码；非本人操作请忽略。",
        f"[Code] {code}, good for ten minutes, shows the measures that concern you. Nobody of the centre asks for it; "
        "if you did not ask, ignore it.",
    )


def lesson(typology: str) -> Both:
    """Return the draft of a lesson on a trick that is growing nearby."""
    of = trick(typology)
    return Both(
        f"【身边的骗局】近期本地“{of.name.zh}”增多。特征：{of.sign.zh}。记住：{of.truth.zh}。"
        "接到这类联系请挂断，并告诉家人。",
        f"[Near you] {of.name.en.capitalize()} is growing here. Its sign: {of.sign.en}. "
        f"Remember: {of.truth.en}. Hang up and tell your family.",
    )
