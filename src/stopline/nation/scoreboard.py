"""The evening's scoreboard: what the centre did, measured by the country that knows the truth.

It goes to the terminal that started the day and to nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from stopline.nation import truth as facts
from stopline.nation.accounts import Account
from stopline.nation.citizens import Citizens
from stopline.nation.officers_abroad import Abroad
from stopline.nation.ports import Ports
from stopline.nation.world import END_S, World

Line = dict[str, object]
_TOLERANCE = 0.005  # of the nation's own count; the figures of the day are drawn some minutes before its end
_NAMES: Mapping[str, tuple[str, str]] = {
    "calls": ("Calls", "呼叫"),
    "messages": ("Messages", "短信"),
    "funds": ("Funds", "资金"),
    "dissuasion": ("Dissuasion", "见面劝阻"),
    "cases": ("Cases", "串并案"),
    "operations": ("Operations", "专项行动"),
    "wanted": ("Wanted notices", "通缉"),
    "borders": ("Borders", "口岸"),
    "organisers": ("Organisers", "偷渡组织者"),
    "alliance": ("Alliance", "国际合作"),
    "appeals": ("Appeals", "申诉"),
    "education": ("Education", "宣传教育"),
    "bulletin": ("Bulletin", "通报"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """What the doors returned over the day, beside the world that knows better."""

    world: World
    citizens: Citizens
    ports: Ports
    abroad: Abroad
    holds: Mapping[str, Sequence[datetime]]  # account -> when a bank held money in it
    series_of: Mapping[int, str]  # truth id of a report -> series that officers joined it to
    screened: Mapping[str, bool]  # document of a den person -> treated as a victim
    home: int  # people whom a handover brought home
    counts_agree: bool
    published: Mapping[str, float]  # figure -> value in the released edition
    own_counts: Mapping[str, float]  # the same figures as the nation counted them


def lines(evening: Evening) -> list[Line]:
    """Return one line a part, in the order of the mission."""
    first = (_calls, _messages, _funds, _dissuasion, _cases, _operations, _wanted)
    then = (_borders, _organisers, _alliance, _appeals, _education, _bulletin)
    return [build(evening) for build in (*first, *then)]


def _calls(evening: Evening) -> Line:
    return _channel(evening, "calls", evening.world.truth.calls)


def _messages(evening: Evening) -> Line:
    return _channel(evening, "messages", evening.world.truth.messages)


def _channel(evening: Evening, part: str, tally: facts.Tally) -> Line:
    recall, precision = facts.recall(tally), facts.precision(tally)
    false = facts.false_blocks_per_100k(tally, evening.world.truth.subscribers)
    said = f"{tally.fraud_stopped:,} of {tally.fraud:,} fraudulent {part} stopped ({_ratio(recall)}), "
    said += f"precision {_ratio(precision)}, {false:.1f} people wrongly stopped per 100,000"
    zh = f"拦截涉诈{_NAMES[part][1]} {tally.fraud_stopped:,}/{tally.fraud:,}（{_ratio(recall)}），"
    zh += f"准确率 {_ratio(precision)}，每十万人误拦 {false:.1f} 人"
    line = _line(part, recall, "ratio", said, zh)
    return {**line, "false_blocks_per_100k": round(false, 2), "precision": precision}


def _funds(evening: Evening) -> Line:
    truth = evening.world.truth
    held = sum(min(account.stolen_minor, _held(account)) for account in evening.world.vault.all())
    share, minutes = facts.stopped_share(truth.stolen_minor, held), _first_stop(evening)
    said = f"{held / 100:,.0f} of {truth.stolen_minor / 100:,.0f} yuan stolen is held ({_ratio(share)}), "
    said += f"first stop {_number(minutes)} minutes after the report (median)"
    zh = f"被骗 {truth.stolen_minor / 100:,.0f} 元中止付 {held / 100:,.0f} 元（{_ratio(share)}），"
    zh += f"报案到首次止付中位 {_number(minutes)} 分钟"
    return {**_line("funds", share, "ratio", said, zh), "minutes_to_stop": minutes}


def _first_stop(evening: Evening) -> float | None:
    """Return the median minutes from a person's report to the first hold on any account that their money reached."""
    world, waits = evening.world, dict[int, float]()
    for account in world.vault.all():
        held_s = [world.calendar.second(at) for at in evening.holds.get(account.number, ())]
        for victim in account.victims:
            told_s = world.crowd.victims[victim].reported_s
            for at_s in held_s:
                if told_s is not None and at_s >= told_s:
                    waits[victim] = min(waits.get(victim, float(END_S)), at_s - told_s)
    return median(waits.values()) / 60 if waits else None


def _held(account: Account) -> int:
    """Return what an account holds on order: all of it once it is sealed."""
    return account.balance_minor if account.sealed else account.held_minor


def _dissuasion(evening: Evening) -> Line:
    victims = evening.world.crowd.victims
    share = facts.reached_share(victims)
    reached = sum(victim.reached_in_time for victim in victims)
    said = f"{reached} of {len(victims)} people on the hook reached before they paid ({_ratio(share)})"
    return _line(
        "dissuasion", share, "ratio", said, f"{len(victims)} 名受骗者中 {reached} 人在转账前被劝阻（{_ratio(share)}）"
    )


def _cases(evening: Evening) -> Line:
    score = facts.series_f1(evening.world.truth, evening.series_of)
    said = f"joined reports agree with the true syndicates at F1 {_number(score, 2)}"
    zh = f"串并结果与真实团伙的成对 F1 为 {_number(score, 2)}"
    return _line("cases", score, "F1", said, zh)


def _operations(evening: Evening) -> Line:
    truth = evening.world.truth
    ratio = facts.traffic_after_operation(truth)
    when = "no device was cut" if truth.operation_s is None else f"first device cut at {_clock(truth.operation_s)}"
    said = f"fraud per hour after the operation is {_ratio(ratio)} of before ({when})"
    zh = f"行动后每小时诈骗活动为行动前的 {_ratio(ratio)}"
    return _line("operations", ratio, "ratio", said, zh, better="lower")


def _wanted(evening: Evening) -> Line:
    found = facts.found_by_notice(evening.world.truth)
    revoked, published = len(evening.abroad.revoked), len(evening.abroad.notices)
    said = f"{found} found through {published} notices; {revoked} notices revoked after"
    return _line(
        "wanted", found, "people", said, f"发布通缉 {published} 份，据此找到 {found} 人，随后撤销 {revoked} 份"
    )


def _borders(evening: Evening) -> Line:
    truth = evening.world.truth
    referred = [crossing.truth_id for crossing in evening.ports.referred]
    _found, came, namesakes, others = facts.border_counts(truth, referred)
    caught = sum(1 for document in evening.ports.found if document in truth.fugitives)
    share = caught / came if came else None
    said = f"{caught} of {came} named persons found at ports; {namesakes} namesakes and {others} others delayed"
    zh = f"口岸发现应控人员 {caught}/{came} 人；同名者延误 {namesakes} 人，其他 {others} 人"
    return _line("borders", share, "ratio", said, zh)


def _organisers(evening: Evening) -> Line:
    count, all_count = len(evening.abroad.leads), len(evening.world.truth.organisers)
    said = f"{count} organisers' networks opened from a trip ({all_count} organisers travelled)"
    return _line("organisers", count, "networks", said, f"由出行打开组织者网络 {count} 个（实有组织者 {all_count} 人）")


def _alliance(evening: Evening) -> Line:
    right = facts.victims_recognised(evening.world.truth, evening.screened)
    victims = sum(evening.screened.values())
    agree = "agree" if evening.counts_agree else "do not agree"
    said = f"{evening.home} people brought home, {victims} referred as victims ({_ratio(right)} placed rightly), "
    said += f"counts {agree}"
    zh = f"接返 {evening.home} 人，甄别为被害人 {victims} 人（甄别正确率 {_ratio(right)}），"
    zh += "人数一致" if evening.counts_agree else "人数不一致"
    return _line("alliance", evening.home + victims, "people", said, zh)


def _appeals(evening: Evening) -> Line:
    truth = evening.world.truth
    hours, share = facts.appeal_wait_h(truth, end_s=float(END_S)), facts.released_share(truth)
    said = f"a wrongly stopped person who appeals waits {_number(hours)} hours (median); {_ratio(share)} released"
    zh = f"被误拦者申诉后中位等待 {_number(hours)} 小时，解除比例 {_ratio(share)}"
    return _line("appeals", hours, "hours", said, zh, better="lower")


def _education(evening: Evening) -> Line:
    ratio = facts.fall_rate_ratio(evening.world.truth)
    before, after = (_mean(evening.citizens.quizzed[phase]) for phase in ("before", "after"))
    said = f"after the lesson people fall for the new trick at {_ratio(ratio)} of the rate before; "
    said += f"quiz {_ratio(before)} right before, {_ratio(after)} after"
    zh = f"课后新手法受骗率为课前的 {_ratio(ratio)}；测验正确率由 {_ratio(before)} 到 {_ratio(after)}"
    return _line("education", ratio, "ratio", said, zh, better="lower")


def _bulletin(evening: Evening) -> Line:
    checked = {name: value for name, value in evening.own_counts.items() if name in evening.published}
    good = sum(_agrees(evening.published[name], value) for name, value in checked.items())
    said = f"{len(evening.published)} figures published; {good} of {len(checked)} that the nation counted too agree"
    zh = f"公布指标 {len(evening.published)} 项；可核对的 {len(checked)} 项中 {good} 项一致"
    return _line("bulletin", good, "figures", said, zh)


def _agrees(published: float, own: float) -> bool:
    return abs(published - own) <= max(2.0, _TOLERANCE * abs(own))


def _line(part: str, value: float | None, unit: str, text_en: str, text_zh: str, better: str = "higher") -> Line:
    name_en, name_zh = _NAMES[part]
    return {
        "part": part,
        "name_en": name_en,
        "name_zh": name_zh,
        "value": value,
        "unit": unit,
        "text_en": text_en,
        "text_zh": text_zh,
        "better": better,
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _number(value: float | None, places: int = 1) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _clock(at_s: float) -> str:
    return f"{int(at_s) // 3600:02d}:{int(at_s) // 60 % 60:02d}"
