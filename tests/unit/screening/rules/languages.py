"""Random conditions and rows of the rules' language, and each way to answer them, for tests of agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import duckdb
import pyarrow as pa
from hypothesis import strategies as st

from stopline.screening.rules.expression import Expression, compile_expression
from stopline.screening.rules.features import Channel, Feature, Type, catalogue
from stopline.screening.rules.matrix import Layout, matrix_of
from stopline.screening.rules.pack import table_of
from stopline.screening.rules.program import program_of
from stopline.screening.rules.tree import Outcome

Row = Mapping[str, float | bool | str | None]

WRITTEN = st.sampled_from(
    ["0", "1", "0.5", "0.1", "0.3", "20", "-1", "1e3", "2.1", "1e308", "-1.7976931348623157e308", "5e-324",
     "9007199254740993", "0.12345678901234567", "1e-300"]
)  # fmt: skip
MEASURED = st.sampled_from(
    [0.0, -0.0, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 20.0, 20.5, -1.0, 1e308, -1e308, 1.7976931348623157e308, 5e-324, 1e-300,
     9007199254740992.0, float("nan"), float("inf"), float("-inf"), None]
)  # fmt: skip
NAMES = [
    "ICBC",
    "95588",
    "+8613800138000",
    "+861380013800",
    "8613800138000",
    "",
    "银行",
    "10690123456789012345",
    "+86 138",
]
PREFIXES = ["+86", "+8613800138", "95", "955", "106901234567890", "", "+", "9", "+8613800138000"]
TYPED = {Type.NUMBER: pa.float64(), Type.BOOLEAN: pa.bool_(), Type.TEXT: pa.string()}


@cache
def names_of(channel: Channel, kind: Type) -> list[str]:
    return sorted(feature.name for feature in catalogue(channel).values() if feature.type is kind)


def numeric(channel: Channel, depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(WRITTEN, st.sampled_from(names_of(channel, Type.NUMBER)[:5]))
    if depth == 0:
        return leaf
    inner = numeric(channel, depth - 1)
    plain, features = sums(channel), st.sampled_from(names_of(channel, Type.NUMBER)[:5])
    return st.one_of(
        leaf,
        sums(channel, inner),
        st.builds("({} / {})".format, inner, st.sampled_from(["2", "0.3", "1e-300"])),
        st.builds("-({})".format, inner),
        st.builds("ratio({}, {})".format, plain, features),
        st.builds("ratio({}, {})".format, features, plain.filter(lambda text: "_" in text)),
    )


def sums(channel: Channel, inner: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    part = inner if inner is not None else numeric(channel, 0)
    return st.builds("({} {} {})".format, part, st.sampled_from("+-*"), part)


@cache
def boolean(channel: Channel, depth: int) -> st.SearchStrategy[str]:
    features = catalogue(channel)
    few = [feature for feature in features.values() if feature.values]
    of_few = st.sampled_from(few).flatmap(
        lambda feature: st.tuples(
            st.just(feature.name), st.sampled_from(feature.values), st.sampled_from(feature.values)
        )
    )
    open_text = "calling" if channel is Channel.CALL else "sender"
    name, order = st.sampled_from(NAMES), st.sampled_from(["<", "<=", ">", ">=", "=", "<>"])
    number = numeric(channel, 1)
    leaf = st.one_of(
        st.sampled_from(names_of(channel, Type.BOOLEAN)),
        st.sampled_from(["TRUE", "FALSE"]),
        st.builds("{} {} {}".format, number, order, number),
        st.builds("{} BETWEEN {} AND {}".format, number, number, number),
        st.builds("{} IN ({}, {})".format, number, WRITTEN, WRITTEN),
        of_few.map(lambda found: f"{found[0]} = '{found[1]}'"),
        of_few.map(lambda found: f"{found[0]} NOT IN ('{found[1]}', '{found[2]}')"),
        of_few.map(lambda found: f"starts_with({found[0]}, '{found[1][:2]}')"),
        st.builds("{} {} '{}'".format, st.just(open_text), st.sampled_from(["=", "<>"]), name),
        st.builds("{} IN ('{}', '{}')".format, st.just(open_text), name, name),
        st.builds("starts_with({}, '{}')".format, st.just(open_text), st.sampled_from(PREFIXES)),
        st.builds("{} IS {}NULL".format, st.sampled_from(sorted(features)), st.sampled_from(["", "NOT "])),
        st.just("displayed_kind = called_kind" if channel is Channel.CALL else "sender_kind <> sender_kind"),
    )
    if depth == 0:
        return leaf
    inner = boolean(channel, depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} AND {} AND {})".format, inner, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
        st.builds("(({}) = ({}))".format, inner, inner),
    )


@cache
def rows(channel: Channel) -> st.SearchStrategy[list[dict[str, float | bool | str | None]]]:
    fields = {feature.name: _values(feature) for feature in catalogue(channel).values()}
    return st.lists(st.fixed_dictionaries(fields), min_size=1, max_size=8)


def _values(feature: Feature) -> st.SearchStrategy[float | bool | str | None]:
    match feature.type:
        case Type.NUMBER:
            return MEASURED
        case Type.BOOLEAN:
            return st.sampled_from([True, False, None])
        case Type.TEXT:
            return st.sampled_from([*(feature.values or NAMES), "never listed", None])


def conditions(channel: Channel, texts: Sequence[str]) -> list[Expression]:
    return [compile_expression(text, catalogue(channel), area_entry=True) for text in texts]


def by_machine(channel: Channel, asked: Sequence[Expression], given: Sequence[Row]) -> list[list[Outcome]]:
    layout = Layout.of(channel)
    program = program_of(
        [condition.tree for condition in asked],
        layout,
        columns=[condition.columns for condition in asked],
        given=frozenset(),
    )
    answers = program.answers(matrix_of(table_of(given, catalogue(channel)), layout, program.columns))
    return [[Outcome(answer) for answer in rule] for rule in answers.tolist()]


def by_numpy(channel: Channel, asked: Sequence[Expression], given: Sequence[Row]) -> list[list[Outcome]]:
    table = table_of(given, catalogue(channel))
    found = []
    for condition in asked:
        truth = condition.evaluate(table)
        assert not (truth.value & ~truth.known).any()
        assert not (truth.overflow & truth.known).any()
        found.append(
            [
                _outcome(parts)
                for parts in zip(truth.value.tolist(), truth.known.tolist(), truth.overflow.tolist(), strict=True)
            ]
        )
    return found


def by_oracle(asked: Sequence[Expression], given: Sequence[Row]) -> list[list[Outcome]]:
    return [[ask(row) for row in given] for ask in (condition.oracle() for condition in asked)]


def by_duckdb(channel: Channel, asked: Sequence[Expression], given: Sequence[Row]) -> list[list[Outcome]]:
    """Ask DuckDB; the statement is made of conditions that the checker has passed."""
    columns = {
        feature.name: pa.array([row[feature.name] for row in given], type=TYPED[feature.type], from_pandas=False)
        for feature in catalogue(channel).values()
    }
    listed = ", ".join(f"({condition.sql}), ({condition.overflow_sql})" for condition in asked)
    with duckdb.connect() as connection:
        connection.register("given", pa.table(columns))
        found = connection.execute(f"SELECT {listed} FROM given").fetchall()  # noqa: S608 - of our own making
    return [
        [_outcome((row[2 * at], row[2 * at] is not None, row[2 * at + 1])) for row in found] for at in range(len(asked))
    ]


def _outcome(said: tuple[bool | None, bool, bool]) -> Outcome:
    """Return the outcome of a value, whether it is known, and whether a number overflowed."""
    value, known, overflow = said
    if known:
        assert not overflow
        return Outcome.HIT if value else Outcome.NOT
    return Outcome.OVERFLOW if overflow else Outcome.UNDECIDED
