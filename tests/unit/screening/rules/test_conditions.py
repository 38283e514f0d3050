"""Conditions say the same on columns and in DuckDB, with three values, and never name what is no ground."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.rules.expression import ExpressionInvalid, compile_expression
from stopline.screening.rules.features import CALL, FORBIDDEN_WORDS, MESSAGE, Channel, Type, catalogue
from stopline.screening.rules.pack import answer, table_of
from stopline.screening.rules.prefixes import covers_region

FEATURES = catalogue(Channel.CALL)
NAMES = {kind: sorted(f.name for f in CALL if f.type is kind and f.name != "calling") for kind in Type}
NUMBERS = st.sampled_from(["0", "1", "0.5", "0.1", "0.3", "20", "-1", "1e3", "2.1"])
LITERALS = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 20.0, 20.5])
WORDS = st.sampled_from(["mobile", "fixed", "foreign", "malformed"])


def numeric(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(NUMBERS, st.sampled_from(NAMES[Type.NUMBER]))
    if depth == 0:
        return leaf
    inner = numeric(depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("({} / {})".format, inner, st.sampled_from(["2", "0.3"])),
        st.builds("-({})".format, inner),
    )


def boolean(depth: int) -> st.SearchStrategy[str]:
    text = st.sampled_from(NAMES[Type.TEXT])
    leaf = st.one_of(
        st.sampled_from(NAMES[Type.BOOLEAN]),
        st.sampled_from(["TRUE", "FALSE"]),
        st.builds("{} {} {}".format, numeric(1), st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]), numeric(1)),
        st.builds("{} BETWEEN {} AND {}".format, numeric(0), numeric(0), numeric(0)),
        st.builds("{} IN ({}, {})".format, st.sampled_from(NAMES[Type.NUMBER]), NUMBERS, NUMBERS),
        st.builds("{} {} '{}'".format, text, st.sampled_from(["=", "<>"]), WORDS),
        st.builds("{} IN ('{}', '{}')".format, text, WORDS, WORDS),
        st.builds("{} IS {}NULL".format, st.sampled_from(sorted(FEATURES)), st.sampled_from(["", "NOT "])),
        st.just("starts_with(calling, '+861700123')"),
    )
    if depth == 0:
        return leaf
    inner = boolean(depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    )


def rows() -> st.SearchStrategy[list[dict[str, object]]]:
    kinds: dict[Type, st.SearchStrategy[object]] = {
        Type.NUMBER: LITERALS,
        Type.BOOLEAN: st.booleans(),
        Type.TEXT: WORDS,
    }
    fields = {f.name: st.one_of(st.none(), kinds[f.type]) if f.nullable else kinds[f.type] for f in CALL}
    numbers = st.sampled_from(["+8617001234567", "+8613800138000", "10086", ""])
    return st.lists(st.fixed_dictionaries({**fields, "calling": numbers}), min_size=1, max_size=5)


@given(boolean(2), rows())
def test_columns_and_duckdb_agree_on_every_row(text: str, given_rows: list[dict[str, object]]) -> None:
    condition = compile_expression(text, FEATURES)
    truth = condition.evaluate(table_of(given_rows, FEATURES))
    assert [answer(truth, row) for row in range(len(given_rows))] == [
        in_duckdb(condition.sql, row) for row in given_rows
    ]
    assert not (truth.value & ~truth.known).any()


def in_duckdb(condition: str, row: dict[str, object]) -> str:
    """Ask DuckDB the same of one row; the statement is made of a condition that the checker has passed."""
    types = {Type.NUMBER: "DOUBLE", Type.TEXT: "VARCHAR", Type.BOOLEAN: "BOOLEAN"}
    columns = ", ".join(f"CAST(${name} AS {types[feature.type]}) AS {name}" for name, feature in FEATURES.items())
    statement = f"SELECT {condition} FROM (SELECT {columns})"  # noqa: S608 - of our own making, in a test
    with duckdb.connect() as connection:
        found = connection.execute(statement, {name: row[name] for name in FEATURES}).fetchone()
    assert found is not None
    return {None: "undecided", True: "yes", False: "no"}[found[0]]


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
