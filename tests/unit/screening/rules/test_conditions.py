"""Conditions say the same on columns and in DuckDB, with three values, and never name what is no ground."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.rules.expression import ExpressionInvalid, compile_expression
from stopline.screening.rules.features import CALL, FORBIDDEN_WORDS, MESSAGE, Channel, catalogue
from stopline.screening.rules.pack import answer, table_of
from stopline.screening.rules.prefixes import covers_region, covers_together, read_prefix

FEATURES = catalogue(Channel.CALL)


def test_what_is_not_known_leaves_a_rule_undecided_and_never_false() -> None:
    for text in ("calls_1h >= 20", "NOT calls_1h >= 20", "calls_1h >= 20 AND spoofed", "calls_1h = calls_1h"):
        truth = compile_expression(text, FEATURES).evaluate(table_of([{}], FEATURES))
        assert answer(truth, 0) == "undecided", text
    decided = compile_expression("calls_1h >= 20 AND listed_block", FEATURES)
    assert answer(decided.evaluate(table_of([{}], FEATURES)), 0) == "no"


@given(
    st.sampled_from(sorted(FORBIDDEN_WORDS)),
    st.sampled_from(
        ["{} = 'x'", "{}_code > 3", "caller_{} IN ('a')", "spoofed AND {}", "calling_kind = '{}'", "NOT ({} = 'a')"]
    ),
)
def test_who_somebody_is_or_whence_is_never_a_ground(word: str, form: str) -> None:
    for features in (FEATURES, catalogue(Channel.MESSAGE)):
        with pytest.raises(ExpressionInvalid):
            compile_expression(form.format(word), features)


def test_no_feature_bears_a_forbidden_word_save_by_what_it_counts() -> None:
    for feature in (*CALL, *MESSAGE):
        words = set(feature.name.split("_"))
        assert not words & (FORBIDDEN_WORDS - {"age"}), feature.name
    assert {feature.name for feature in CALL if "age" in feature.name.split("_")} == {"age_h", "reports_age_h"}


@pytest.mark.parametrize(
    "prefix",
    [
        "+",
        "+86",
        "+861",
        "+8613",
        "+86139",
        "+861390",
        "+8628",
        "028",
        "+95",
        "+855",
        "+1",
        "0086",
        "139",
        "",
        "86139",
        "8613900",
    ],
)
def test_a_prefix_that_covers_a_country_or_a_province_is_refused(prefix: str) -> None:
    assert covers_region(prefix)
    with pytest.raises(ExpressionInvalid, match="ground"):
        compile_expression(f"starts_with(calling, '{prefix}')", FEATURES)
    compile_expression(f"starts_with(calling, '{prefix}')", FEATURES, area_entry=True)


@pytest.mark.parametrize("prefix", ["+861390028", "+86288555", "+95912345", "+8617001234567", "95588", "106575"])
def test_a_narrow_block_may_be_named(prefix: str) -> None:
    assert covers_region(prefix) == ""


@pytest.mark.parametrize("first", ["+86139002", "+862855", "+1212", "+95912", "+86139", "+8610"])
def test_narrow_blocks_that_cover_a_region_together_are_found(first: str) -> None:
    narrow = [first]
    while any(covers_region(prefix) for prefix in narrow):
        narrow = [prefix + digit for prefix in narrow for digit in "0123456789"]
    assert covers_together(narrow)
    assert covers_together(narrow[: len(narrow) // 2])
    assert covers_together([prefix + digit for prefix in narrow for digit in "0123456789"])
    assert covers_together([narrow[0], *(narrow[0] + digit for digit in "0123456789")]) == ""
    assert covers_together(narrow[::10][:100]) == ""


def test_as_many_blocks_as_a_province_has_are_found_wherever_they_lie() -> None:
    assert covers_together(f"+861{place:05d}7" for place in range(30_000, 30_100)) == ""
    assert "hundred" in covers_together(f"+861{place:05d}7" for place in range(30_000, 30_101)).replace(
        "100", "hundred"
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [("+86 170-1234", "+861701234"), ("0086 (170) 1234", "+861701234"), ("95588", "95588"), (" 106575 ", "106575")],
)
def test_a_prefix_is_read_in_one_way(written: str, read: str) -> None:
    assert read_prefix(written) == read


@pytest.mark.parametrize(
    "written",
    ["8613900280", "1701234", "02885551", "+86139²", "+８６139", "ICBC", "", "+", "+0", "+86139*",
     "+861701234,+861701235", "+8617012340-+8617012349", "+" + "8" * 16, "95588 or 1", "0 00000139", "+86139\x00",
     "sip:+861701234"],
)  # fmt: skip
def test_what_is_no_prefix_or_could_be_two_is_not_read(written: str) -> None:
    assert read_prefix(written) is None


@given(st.text(max_size=40))
def test_any_text_is_a_condition_or_is_told_where_it_is_wrong(text: str) -> None:
    problems = None
    try:
        condition = compile_expression(text, FEATURES)
    except ExpressionInvalid as error:
        problems = error.problems
    else:
        assert condition.evaluate(table_of([{}], FEATURES)).known.dtype == np.bool_
        return
    assert problems
    assert all(problem.message and problem.hint and problem.offset >= 0 for problem in problems)
