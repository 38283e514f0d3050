"""The habits of the lines follow the published quantiles, and fraud stays the few that it is."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stopline.kernel.phone import NumberKind, read_number
from stopline.nation import population
from stopline.nation.population import Quantiles, Trade, settle
from stopline.nation.traffic import Day, plan_day

_POINTS = (5, 25, 50, 75, 95)


@pytest.fixture(scope="module")
def people() -> population.Population:
    return settle(np.random.default_rng(5), 40_000)


@pytest.fixture(scope="module")
def day(people: population.Population) -> Day:
    return plan_day(np.random.default_rng(6), people, begin_s=0, end_s=86_400)


@pytest.mark.parametrize(
    "quantiles",
    [
        population.CALLS_A_DAY,
        population.CALLEE_RATIO,
        population.OUTGOING_SHARE,
        population.ANSWERED_S,
        population.PHONES,
        population.ACTIVE_HOURS,
        population.SCAM_CALLS_A_DAY,
        population.SCAM_CALLEE_RATIO,
        population.SCAM_ANSWERED_S,
    ],
)
def test_a_drawn_habit_has_the_published_quantiles(quantiles: Quantiles) -> None:
    drawn = quantiles.draw(np.random.default_rng(1), 60_000)
    np.testing.assert_allclose(np.percentile(drawn, _POINTS), quantiles.points, rtol=0.06, atol=0.02)


def test_ordinary_lines_live_those_habits(people: population.Population, day: Day) -> None:
    made = np.bincount(day.caller, minlength=len(people))
    got = np.bincount(day.callee, minlength=len(people))
    pairs = np.unique(day.caller.astype(np.int64) * len(people) + day.callee)
    different = np.bincount(pairs // len(people), minlength=len(people))
    rows = np.flatnonzero((people.trade == Trade.ORDINARY) & (made > 0))
    calls = made[rows] + got[rows]
    assert _near(calls, population.CALLS_A_DAY.points, within=(0.5, 1.35))
    assert _near(different[rows] / calls, population.CALLEE_RATIO.points, within=(0.6, 1.75))
    assert _near(made[rows] / calls, population.OUTGOING_SHARE.points, within=(0.5, 1.45))
    assert _near(different[rows], (0.5, 1, 2, 4, 12), within=(0.99, 2.1))


def test_contacts_answer_more_often_than_strangers(people: population.Population, day: Day) -> None:
    business = people.trade[day.caller] == Trade.CALL_CENTRE
    ordinary = people.trade[day.caller] == Trade.ORDINARY
    assert day.answer[business].mean() == pytest.approx(0.53, abs=0.03)
    assert 0.60 < day.answer[ordinary].mean() < 0.70


def test_fraud_holds_at_most_a_thousandth_of_the_lines() -> None:
    for subscribers in (24_000, 50_000, 200_000, 1_000_000):
        assert population.fraud_cards(subscribers) <= subscribers * population.FRAUD_SHARE
    assert population.fraud_cards(3_000) >= 24


def test_no_number_is_given_twice_and_each_can_be_read(people: population.Population) -> None:
    assert len(set(people.numbers)) == len(people.numbers)
    kinds = {
        Trade.ORDINARY: NumberKind.MOBILE,
        Trade.FRAUD_CARD: NumberKind.MOBILE,
        Trade.BANK_DESK: NumberKind.SHORT_CODE,
        Trade.CALL_CENTRE: NumberKind.SHORT_CODE,
        Trade.HOSPITAL: NumberKind.FIXED,
        Trade.ABROAD: NumberKind.FOREIGN,
    }
    for trade, kind in kinds.items():
        for line in np.flatnonzero(people.trade == trade)[:40].tolist():
            read = read_number(people.numbers[line])
            assert (read.kind, read.normalised) == (kind, people.numbers[line])


def test_hard_negatives_are_there_and_some_never_registered(people: population.Population) -> None:
    for trade in (Trade.COURIER, Trade.PROPERTY_AGENT):
        rows = people.trade == trade
        assert 0 < people.registered[rows].sum() < rows.sum()
    for trade in Trade:
        assert (people.trade == trade).any()
    assert not people.registered[people.trade == Trade.FRAUD_CARD].any()


def _near(drawn: NDArray[Any], points: tuple[float, ...], *, within: tuple[float, float]) -> bool:
    ratio = np.percentile(drawn, _POINTS) / np.array(points)
    print(ratio.round(2))
    return bool(within[0] <= ratio.min() and ratio.max() <= within[1])
