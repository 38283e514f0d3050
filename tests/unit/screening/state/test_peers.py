"""What went wrong in other engines: counters that never expire, run below zero, or miss a way a call can end."""

from __future__ import annotations

import numpy as np
import pytest

from stopline.screening.columns import MISSING
from stopline.screening.state import FEATURES, Velocity
from stopline.screening.state.layout import CALLER_WORDS

START = 1_773_100_800_000_000
CALLER = 8613800000000 << 5 | 8
SECOND = 1_000_000
WINDOWS = (("exact_calls_1m", 10, 6), ("exact_calls_1h", 600, 6), ("exact_calls_1d", 3600, 24))
HOUR = 3_600 * SECOND


def call(velocity: Velocity, at_us: int, tail: int = 1, **columns: int) -> dict[str, float]:
    """Make one call and return its features by name."""
    values = {"calling": CALLER, "called": (8613900000000 + tail) << 5 | 8, "device": 0, "cell": 0,
              "answered_us": MISSING, "ended_us": MISSING, "call": 0, "victim": 0} | columns  # fmt: skip
    row = velocity.advance(np.array([at_us]), **{name: np.array([value]) for name, value in values.items()})[0]
    return dict(zip(FEATURES, row.tolist(), strict=True))


def end(velocity: Velocity, at_us: int, tail: int = 1, *, answered: int = MISSING, ended: int, name: int = 0) -> None:
    called = np.array([(8613900000000 + tail) << 5 | 8])
    velocity.outcomes(np.array([at_us]), np.array([CALLER]), called=called, answered_us=np.array([answered]),
                      ended_us=np.array([ended]), call=np.array([name]))  # fmt: skip


@pytest.mark.parametrize("answered", [MISSING, START + 2 * SECOND], ids=["cancel, busy, timeout, refused", "answered"])
def test_every_way_a_call_ends_lets_it_go(answered: int) -> None:
    velocity = Velocity(capacity=64)
    call(velocity, START)
    end(velocity, START, answered=answered, ended=START + 9 * SECOND)
    assert call(velocity, START + 10 * SECOND, 2)["calls_in_progress"] == 1


def test_a_second_end_lets_nothing_more_go() -> None:
    velocity = Velocity(capacity=64)
    for tail in (1, 2, 3):
        call(velocity, START + tail, tail)
    for _ in range(5):
        end(velocity, START + 1, 1, ended=START + SECOND)
    assert call(velocity, START + 2 * SECOND, 4)["calls_in_progress"] == 3
    assert velocity.counts["unmatched ends"] == 4


def test_ends_without_calls_never_run_below_none() -> None:
    velocity = Velocity(capacity=64)
    for tail in range(20):
        end(velocity, START, tail, ended=START + SECOND)
    assert call(velocity, START + 2 * SECOND)["calls_in_progress"] == 1


def test_calls_that_never_end_age_out() -> None:
    velocity = Velocity(capacity=64, open_hours=4.0)
    for tail in range(10):
        call(velocity, START + tail * SECOND, tail)
    assert call(velocity, START + 2 * HOUR, 50)["calls_in_progress"] == 11
    assert call(velocity, START + 5 * HOUR, 51)["calls_in_progress"] == 2
    end(velocity, START, 0, ended=START + 6 * HOUR)  # of one that has aged out
    assert call(velocity, START + 5 * HOUR + SECOND, 52)["calls_in_progress"] == 3


def test_a_full_quarter_of_calls_under_way_is_a_bound_and_not_an_overflow() -> None:
    velocity = Velocity(capacity=64)
    said = [call(velocity, START + tail * SECOND, tail)["calls_in_progress"] for tail in range(300)]
    assert said[-1] == 255


def test_a_retransmit_moves_nothing() -> None:
    velocity = Velocity(capacity=64)
    first = call(velocity, START, device=5)
    again = [call(velocity, START, device=5) for _ in range(10)][-1]
    for name in ("calls_1m", "calls_today", "callee_calls_1h", "device_calls_1h", "calls_in_progress", "sequence_run"):
        assert again[name] == first[name], name
    assert velocity.counts["retransmits"] == 10


def test_a_call_id_tells_a_retransmit_that_comes_later_and_a_redial_that_does_not() -> None:
    velocity = Velocity(capacity=64)
    call(velocity, START, call=77)
    assert call(velocity, START + SECOND // 2, call=77)["calls_today"] == 1
    assert call(velocity, START + SECOND, call=78)["calls_today"] == 2
    end(velocity, START + 3 * SECOND, ended=START + 9 * SECOND, name=77)
    assert call(velocity, START + 10 * SECOND, call=79)["calls_in_progress"] == 2


def test_a_million_calls_of_one_number_are_counted_one_by_one() -> None:
    velocity = Velocity(capacity=64)
    many = 1_000_000
    one = np.ones(many, dtype=np.int64)
    found = velocity.advance(
        START + np.arange(many) * 10, one * CALLER, called=(8613900000000 + np.arange(many)) << 5 | 8,
        device=one * 9, cell=one, answered_us=one * MISSING, ended_us=one * MISSING,
    )[-1]  # fmt: skip
    said = dict(zip(FEATURES, found.tolist(), strict=True))
    assert said["calls_today"] == many
    assert said["calls_1d"] == pytest.approx(many, rel=1e-3)
    assert said["callees_today"] > 100
    assert np.isfinite([value for value in found if not np.isnan(value)]).all()


def test_a_clock_that_ran_ahead_does_not_stop_the_fading() -> None:
    velocity = Velocity(capacity=64)
    call(velocity, START, 1)
    call(velocity, START + 70 * 365 * 24 * HOUR, 2)
    back = call(velocity, START + 20 * SECOND, 3)
    later = call(velocity, START + 2 * HOUR, 4)
    assert velocity.counts["clock jumps"] == 2
    assert back["idle_h"] >= 0.0
    assert later["calls_1m"] == pytest.approx(1.0)
    assert later["idle_h"] == pytest.approx(2.0, abs=0.01)
    assert later["calls_today"] == 2


def test_instants_outside_all_time_are_kept_within_what_a_record_holds() -> None:
    velocity = Velocity(capacity=64)
    for at_us in (0, -(2**62), 2**62, START, MISSING, np.iinfo(np.int64).max):
        said = call(velocity, at_us, 3)
        assert min(value for value in said.values() if not np.isnan(value)) >= 0.0


def test_windows_of_an_hour_and_a_day_are_exact_once_they_are_known() -> None:
    velocity = Velocity(capacity=64, exact_from=3)
    said: dict[str, float] = {}
    instants: list[int] = []
    for step in range(4_000):
        at_us = START + step * 30 * SECOND
        instants.append(at_us)
        said = call(velocity, at_us, step % 7)
        for name, width, buckets in (
            ("exact_calls_1m", 10, 6),
            ("exact_calls_1h", 600, 6),
            ("exact_calls_1d", 3600, 24),
        ):
            if not np.isnan(said[name]):
                first = (at_us // SECOND // width - buckets + 1) * width * SECOND
                assert said[name] == sum(first <= at <= at_us for at in instants[-3000:]), (step, name)
        if step == 10:
            assert not np.isnan(said["exact_calls_1m"])
            assert np.isnan(said["exact_calls_1h"])
    assert not np.isnan(said["exact_calls_1d"])


def test_a_number_is_watched_when_a_rule_asks() -> None:
    velocity = Velocity(capacity=64, exact_from=1_000)
    call(velocity, START)
    assert np.isnan(call(velocity, START + 120 * SECOND)["exact_calls_1m"])
    velocity.watch(np.array([CALLER]), np.array([START + 121 * SECOND]))
    assert np.isnan(call(velocity, START + 130 * SECOND)["exact_calls_1m"])
    assert call(velocity, START + 182 * SECOND)["exact_calls_1m"] == 2


def test_even_spacing_is_told_from_chance() -> None:
    machine, person = Velocity(capacity=64), Velocity(capacity=64)
    gaps = np.random.default_rng(5).exponential(20.0, 200)
    even = [call(machine, START + step * 20 * SECOND, step) for step in range(200)][-1]
    uneven = [call(person, START + int(gaps[:step].sum() * SECOND), step) for step in range(200)][-1]
    assert even["gap_mean_s"] == pytest.approx(20.0, abs=0.1)
    assert even["gap_even"] > 0.99
    assert uneven["gap_even"] < 0.7


def test_office_hours_and_nights_are_shares_of_a_day() -> None:
    velocity = Velocity(capacity=64)
    noon, night = START + 4 * HOUR, START + 16 * HOUR  # 12:00 and 00:00 in China, on a Tuesday and a Wednesday
    said = call(velocity, noon)
    assert (said["office_ratio"], said["night_ratio"]) == (1.0, 0.0)
    said = call(velocity, night)
    weight = np.exp(-0.5)
    assert said["office_ratio"] == pytest.approx(weight / (1 + weight), abs=1e-4)
    assert said["night_ratio"] == pytest.approx(1 / (1 + weight), abs=1e-4)


def test_a_callee_is_called_by_many_and_victims_are_counted_once() -> None:
    velocity = Velocity(capacity=1024)
    said = [call(velocity, START + caller * SECOND, 5, calling=CALLER + (caller << 5)) for caller in range(12)][-1]
    assert said["callee_calls_1h"] == pytest.approx(12, rel=0.01)
    assert said["callee_strangers_1d"] == pytest.approx(12, abs=3)
    velocity.stopped(np.array([(8613900000000 + 5) << 5 | 8]), np.array([START + 13 * SECOND]))
    assert call(velocity, START + 14 * SECOND, 5)["callee_stopped_1d"] == pytest.approx(1, rel=0.01)
    for _ in range(3):
        for tail in (70, 71, 72):
            said = call(velocity, START + (20 + tail) * SECOND, tail, victim=1)
    assert said["called_victims"] == pytest.approx(3, abs=1)


def test_new_numbers_on_a_device_are_told_from_those_of_yesterday() -> None:
    velocity = Velocity(capacity=1024)
    said = [call(velocity, START + tail * SECOND, device=4, calling=CALLER + (tail << 5)) for tail in range(5)][-1]
    assert said["device_new_numbers_1h"] == pytest.approx(5, abs=1)
    for tail in range(5):
        said = call(velocity, START + 24 * HOUR + tail * SECOND, device=4, calling=CALLER + (tail << 5))
    assert said["device_new_numbers_1h"] < 0.1


@pytest.mark.parametrize(
    ("called", "shared"),
    [(8613800000001, 12), (8613800009999, 9), (8513800000000, 1), (1013800000000, 0), (95588, None)],
)
def test_leading_digits_in_common(called: int, shared: int | None) -> None:
    said = call(Velocity(capacity=64), START, called=called << 5 | 8)["shared_digits"]
    assert np.isnan(said) if shared is None else said == shared


def test_a_caller_takes_at_most_96_bytes_with_the_room_that_stays_free() -> None:
    capacity = 100_000
    velocity = Velocity(capacity=capacity)
    assert 4 * CALLER_WORDS + 4 <= 96
    assert velocity.nbytes["callers"] / capacity <= 96.1
    count = np.arange(capacity)
    none = np.full(capacity, MISSING)
    velocity.advance(
        START + count, (8613000000000 + 7 * count) << 5 | 8, called=count * 0 + CALLER, device=count * 0,
        cell=count * 0, answered_us=none, ended_us=none,
    )  # fmt: skip
    assert velocity.held["callers"] >= 0.98 * capacity


def test_a_snapshot_of_another_layout_is_left_aside() -> None:
    velocity = Velocity(capacity=64)
    call(velocity, START)
    before = velocity.arrays()
    assert not velocity.restore({})
    assert not velocity.restore(before | {"layout": before["layout"] + 1})
    assert not velocity.restore(Velocity(capacity=64, open_hours=1.0).arrays())
    assert velocity.held == {"callers": 1, "callees": 1, "devices": 0, "exact": 0, "opens": 1}
