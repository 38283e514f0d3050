"""Each number of the scoreboard, on truths small enough to count by hand."""

import pytest

from stopline.nation import truth as facts
from stopline.nation.truth import Tally, Told, Truth, Wrong


def test_recall_and_precision_count_contacts_and_lines() -> None:
    tally = Tally(fraud=10, fraud_stopped=6, lawful=90, lawful_stopped=2, wronged={"a"})
    assert facts.recall(tally) == 0.6
    assert facts.precision(tally) == 0.75
    assert facts.false_blocks_per_100k(tally, 50_000) == 2.0
    assert facts.recall(Tally()) is None
    assert facts.precision(Tally()) is None


def test_series_are_judged_by_pairs_and_attempts_do_not_count() -> None:
    truth = Truth(subscribers=1)
    for syndicate, victim in ((0, 0), (0, 1), (1, 2), (0, -1)):
        truth.reports.append(Told(at_s=0, syndicate=syndicate, victim=victim, loss_minor=1))
    assert facts.series_f1(truth, {0: "s", 1: "s"}) == 1.0
    assert facts.series_f1(truth, {0: "s", 1: "s", 2: "s"}) == pytest.approx(2 * 1 / (1 + 3))
    assert facts.series_f1(truth, {}) == 0.0
    assert facts.series_f1(Truth(subscribers=1), {}) is None


def test_an_operation_is_measured_against_what_was_planned() -> None:
    truth = Truth(subscribers=1, operation_s=600.0)
    truth.planned.update({(5, 0): 100, (15, 0): 10})
    truth.made.update({(5, 0): 100, (15, 0): 4})
    assert facts.traffic_after_operation(truth) == pytest.approx(0.4)


def test_a_lesson_is_measured_by_the_chance_to_fall() -> None:
    truth = Truth(subscribers=1, new_trick_district=3, lesson_s={3: 100.0})
    truth.new_trick += [(50.0, 0.2), (150.0, 0.05)]
    assert facts.fall_rate_ratio(truth) == pytest.approx(0.25)
    truth.lesson_s.clear()
    assert facts.fall_rate_ratio(truth, otherwise_s=500) is None


def test_who_still_waits_for_an_answer_waits_until_the_end() -> None:
    truth = Truth(subscribers=1)
    truth.wrongs["a"] = Wrong(person="a", at_s=0, appealed_s=10, answered_s=7_200, granted=True)
    truth.wrongs["b"] = Wrong(person="b", at_s=0, appealed_s=10)
    truth.wrongs["c"] = Wrong(person="c", at_s=0)
    assert facts.appeal_wait_h(truth, end_s=4 * 3600) == 3.0
    assert facts.released_share(truth) == 0.5


def test_border_counts_tell_namesakes_from_the_named() -> None:
    truth = Truth(subscribers=1, travellers={0: "fugitive", 1: "namesake", 2: "ordinary", 3: "fugitive"})
    assert facts.border_counts(truth, [0, 1]) == (1, 2, 1, 0)


def test_screening_is_right_where_it_agrees_with_the_truth() -> None:
    truth = Truth(subscribers=1, coerced={"E1": True, "E2": False})
    assert facts.victims_recognised(truth, {"E1": True, "E2": True, "E9": True}) == 0.5
    assert facts.victims_recognised(truth, {}) is None
