"""A month's calls carry the published habits, as they are counted from the calls themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from stopline.nation import months, population
from stopline.nation.months import Lines, draw_lines, month_of, write_month
from stopline.nation.population import Quantiles, Trade

_POINTS = (5, 25, 50, 75, 95)
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def drawn() -> Lines:
    return draw_lines(np.random.default_rng(4), 4_000, fraud_share=0.5)


@pytest.mark.parametrize(
    ("habit", "of_fraud", "of_others"),
    [
        ("days", months.SCAM_DAYS_SEEN, months.DAYS_SEEN),
        ("calls", population.SCAM_CALLS_A_DAY, population.CALLS_A_DAY),
        ("ratio", population.SCAM_CALLEE_RATIO, population.CALLEE_RATIO),
        ("share", population.SCAM_OUTGOING_SHARE, population.OUTGOING_SHARE),
        ("seconds", population.SCAM_ANSWERED_S, population.ANSWERED_S),
        ("phones", population.SCAM_PHONES, population.PHONES),
        ("hours", population.SCAM_ACTIVE_HOURS, population.ACTIVE_HOURS),
    ],
)
def test_a_habit_has_the_published_quantiles(
    drawn: Lines, habit: str, of_fraud: Quantiles, of_others: Quantiles
) -> None:
    values = getattr(drawn.habits, habit)
    for rows, quantiles in ((drawn.fraud, of_fraud), (drawn.trade == Trade.ORDINARY, of_others)):
        np.testing.assert_allclose(np.percentile(values[rows], _POINTS), quantiles.points, rtol=0.06, atol=0.3)


def test_fraud_calls_more_strangers_the_shorter_a_card_is_kept(drawn: Lines) -> None:
    short = drawn.fraud & (drawn.habits.days < 6)
    kept = drawn.fraud & (drawn.habits.days > 25)
    assert drawn.habits.ratio[short].mean() > 1.3 * drawn.habits.ratio[kept].mean()
    assert drawn.habits.hours[short].mean() < 0.7 * drawn.habits.hours[kept].mean()


def test_the_calls_live_the_habits() -> None:
    rng = np.random.default_rng(4)
    some = draw_lines(rng, 60, fraud_share=0.5)
    calls = pa.concat_tables(list(month_of(rng, some)))
    heard = calls.filter(pc.is_valid(calls["answered_at"]))
    for place, number in enumerate(some.numbers):
        made = heard.filter(pc.equal(heard["calling"], number))
        got = heard.filter(pc.equal(heard["called"], number))
        total, habits = len(made) + len(got), some.habits
        assert total == max(1, round(habits.calls[place] * habits.days[place]))
        assert len(made) == round(total * habits.share[place])
        others = {*made["called"].to_pylist(), *got["calling"].to_pylist()}
        assert len(others) == min(total, max(1, round(total * habits.ratio[place])))
        at = [*made["at"].to_pylist(), *got["at"].to_pylist()]
        assert len({(one.timestamp() + 8 * 3600) // 86_400 for one in at}) == min(total, habits.days[place])
        assert len({(one.timestamp() + 8 * 3600) // 3600 % 24 for one in at}) == min(total, habits.hours[place])


def test_equal_seeds_write_equal_months(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        write_month(tmp_path / name, lines=20, fraud_share=0.5, seed=seed)
    one, same, other = (pq.read_table(tmp_path / name / "calls.parquet") for name in ("one", "same", "other"))
    assert one.equals(same)
    assert not one.equals(other)
    truth = pq.read_table(tmp_path / "one" / "subscribers.parquet").to_pydict()
    assert sum(truth["fraud"]) == 10
    assert len(set(truth["number"])) == 20
    assert [fraud == 1 for fraud in truth["fraud"]] == [trade == "fraud_card" for trade in truth["trade"]]
