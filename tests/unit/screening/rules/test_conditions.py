"""Conditions say the same on columns and in DuckDB, with three values, and never name what is no ground."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.rules.expression import ExpressionInvalid, compile_expression
from stopline.screening.rules.features import CALL, FORBIDDEN_WORDS, MESSAGE, Channel, catalogue
from stopline.screening.rules.pack import answer, table_of
from stopline.screening.rules.prefixes import covers_region

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
    "prefix", ["+", "+86", "+861", "+8613", "+86139", "+861390", "+8628", "028", "+95", "+855", "+1", "0086", "139", ""]
)
def test_a_prefix_that_covers_a_country_or_a_province_is_refused(prefix: str) -> None:
    assert covers_region(prefix)
    with pytest.raises(ExpressionInvalid, match="ground"):
        compile_expression(f"starts_with(calling, '{prefix}')", FEATURES)
    compile_expression(f"starts_with(calling, '{prefix}')", FEATURES, area_entry=True)


@pytest.mark.parametrize("prefix", ["+861390028", "+86288555", "+95912345", "+8617001234567", "95588", "106575"])
def test_a_narrow_block_may_be_named(prefix: str) -> None:
    assert covers_region(prefix) == ""


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
