"""The machine works in blocks, asks equal parts once, names overflows, and takes another program without compiling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.bench.rules import bench_rules, case_of
from stopline.screening.records import Settings
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.expression import LONGEST, ExpressionInvalid, compile_expression
from stopline.screening.rules.features import Channel, catalogue
from stopline.screening.rules.machine import BLOCK
from stopline.screening.rules.matrix import Layout, e164_value, prefix_interval, text_values
from stopline.screening.rules.pack import load_pack, shipped_pack, table_of
from stopline.screening.rules.program import program_of
from stopline.screening.rules.tree import Outcome

FEATURES = catalogue(Channel.CALL)
TEXTS = st.text(st.sampled_from("+0123456789 A行"), max_size=20)
DIGITS = st.text(st.sampled_from("0123456789"), min_size=1, max_size=15)


@given(TEXTS, st.sampled_from(["", "+"]), DIGITS, st.integers(0, 16))
def test_a_beginning_of_digits_is_one_interval(rest: str, sign: str, digits: str, shared: int) -> None:
    prefix = sign + digits
    text = prefix[:shared] + rest
    low, high = prefix_interval(prefix)
    assert (low <= text_values(text)[0] <= high) == text.startswith(prefix)


@given(TEXTS, TEXTS)
def test_two_texts_are_one_exactly_when_their_values_are(one: str, other: str) -> None:
    assert (text_values(one)[1] == text_values(other)[1]) == (one == other)


@given(st.integers(1, 10**15 - 1))
def test_a_number_in_digits_has_the_values_of_its_text(digits: int) -> None:
    value = e164_value(digits)
    assert (value, value) == text_values(f"+{digits}")


@pytest.mark.parametrize("count", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 77])
def test_rows_are_answered_alike_in_any_block(count: int) -> None:
    case = case_of(30, count, seed=7)
    answers = case.program.answers(case.matrix)
    for rule, condition in enumerate(case.asked):
        truth = condition.evaluate(case.table)
        assert ((answers[rule] == Outcome.HIT) == truth.value).all(), condition.text
        assert ((answers[rule] & (Outcome.HIT | Outcome.NOT) != 0) == truth.known).all(), condition.text


def test_equal_parts_are_asked_once() -> None:
    texts = ["calls_1h >= 20 AND spoofed", "calls_1h >= 20 AND spoofed", "spoofed OR calls_1h >= 20"]
    asked = [compile_expression(text, FEATURES) for text in texts]

    def size(count: int) -> int:
        few = asked[:count]
        trees, columns = [condition.tree for condition in few], [condition.columns for condition in few]
        return len(program_of(trees, Layout.of(Channel.CALL), columns=columns, given=frozenset()).code)

    assert [size(count) for count in (1, 2, 3)] == [6, 7, 9]  # an answer more, then OR and an answer


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + "spoofed" + ")" * 5_000,
        "NOT " * 3_000 + "spoofed",
        "calls_1h > " + "- " * 5_000 + "1",
        " + ".join(["calls_1h"] * 1_000) + " > 1",
        "(" * 5_000,
        "spoofed AND " * (LONGEST // 12 + 1) + "spoofed",
    ],
)
def test_a_condition_beyond_its_bounds_is_refused_by_name(text: str) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        compile_expression(text, FEATURES)
    assert refused.value.problems[0].hint


def test_hundreds_of_parts_side_by_side_are_no_depth() -> None:
    condition = compile_expression(" AND ".join(["calls_1h < 3"] * 600), FEATURES)
    row = {name: 1.0 if name == "calls_1h" else None for name in FEATURES}
    assert condition.oracle()(row) is Outcome.HIT


def release(when: str) -> LoadedRelease:
    text = shipped_pack()
    found = text.replace("when: spoofed\n  tests:\n  - {given: {spoofed: true}, expect: yes}\n"
                         "  - {given: {spoofed: false}, expect: no}\n  - {given: {}, expect: undecided}\n",
                         f"when: {when}\n  tests:\n  - {{given: {{}}, expect: undecided}}\n")  # fmt: skip
    assert found != text
    return LoadedRelease("R1", "", load_pack(found), Settings(), "")


def test_an_overflow_is_counted_apart_and_neither_hits_nor_settles() -> None:
    loaded = release("calls_1h * 1e307 > 1e308")
    place = [rule.id for rule in loaded.pack.of(Channel.CALL)].index("call.spoofed")
    table = table_of([{"calls_1h": 50.0}, {}, {"calls_1h": 15.0}, {"calls_1h": 5.0}], FEATURES)
    decisions = loaded.decide(Channel.CALL, table, muted={})
    assert decisions.hits[:, place].tolist() == [False, False, True, False]
    assert (decisions.undecided_rules[place], decisions.overflow_rules[place]) == (1, 1)


def test_another_release_takes_effect_at_the_next_batch_and_the_old_one_still_says_what_it_said() -> None:
    table = table_of([{"calls_1h": 50.0, "spoofed": False}], FEATURES)
    one, other = release("calls_1h > 60"), release("calls_1h > 40")
    before = one.decide(Channel.CALL, table, muted={})
    assert other.decide(Channel.CALL, table, muted={}).verdict.tolist() == [3]
    assert np.array_equal(one.decide(Channel.CALL, table, muted={}).hits, before.hits)
    assert [part.dtype for part in (one.program(Channel.CALL).code, one.program(Channel.CALL).bounds)] == [
        part.dtype for part in (other.program(Channel.CALL).code, other.program(Channel.CALL).bounds)
    ]


def test_the_benchmark_of_the_rules_finds_the_same_hits_three_ways() -> None:
    found = bench_rules(5, 64, quick=True)
    assert found["rules"] == 5
    assert found["machine_ns"] > 0
