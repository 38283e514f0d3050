"""Rarer conduct is the same for a seed, stays small, and shows what the rules for it look for."""

from __future__ import annotations

from collections import Counter

from stopline.nation.conducts import Conducts, plan_conducts

SIX = 6 * 3600.0
NUMBERS = [f"+861380{place:07d}" for place in range(0, 3_000_000, 1_000)]


def plan(seed: int = 1) -> Conducts:
    return plan_conducts(seed, NUMBERS, begin_s=SIX)


def test_a_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert (plan().calls, plan().messages, plan().before) == (plan().calls, plan().messages, plan().before)
    assert plan().calls != plan(2).calls


def test_it_is_taken_in_order_once_and_within_the_day() -> None:
    whole = plan()
    taken = [call for until_s in range(int(SIX) + 600, 86_400 + 600, 600) for call in whole.take(until_s)]
    assert whole.calls == []
    assert [call.at_s for call in taken] == sorted(call.at_s for call in taken)
    assert SIX <= taken[0].at_s <= taken[-1].at_s < 86_400
    assert len(taken) == len(plan().calls) < 8_000
    assert len({call.calling for call in taken}) < 200
    assert all(sent.at_s < 86_400 for sent in whole.take_messages(86_400))
    assert whole.messages == []


def test_each_conduct_is_there_and_lawful_lines_beside_it() -> None:
    calls = plan().take(86_400)
    assert sum(call.ring_s == 2.5 and not call.talk_s for call in calls) > 300
    assert sum(call.trunk.startswith("int-") and call.calling.startswith("+86") for call in calls) > 50
    assert Counter(call.fraud for call in calls)[False] > 500
    assert {call.identity for call in calls} == {None, "A", "C"}
    numbers = {call.calling for call in calls}
    assert numbers >= {call.calling for call in plan().before}
    assert numbers >= {number for number in plan().exempt if number in numbers} != set()
    assert not numbers & set(plan().reported)


def test_who_fell_for_a_fraud_is_called_again_by_the_same_card() -> None:
    whole = plan()
    before = len(whole.calls)
    for place in range(7):
        whole.fell(NUMBERS[place], 40_000.0 + place)
    again = whole.calls[before:]
    assert [call.called for call in again] == NUMBERS[:7]
    assert [count for _card, count in Counter(call.calling for call in again).most_common()] == [5, 2]
    assert all(40_000 < call.at_s < 46_000 for call in again)
