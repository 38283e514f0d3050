"""A condition as DuckDB's SQL, for history: TRUE, FALSE or NULL, with the same answers as the machine.

NaN in a column is not known; an infinity is an overflow. DuckDB computes doubles as IEEE 754 does, so that a number
which overflows becomes infinite or NaN and stays so, apart from a division by it, which is guarded here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from stopline.screening.rules.tree import (
    AllOf,
    Always,
    AmongNumbers,
    AmongTexts,
    AnyOf,
    Arithmetic,
    Between,
    Comparison,
    Condition,
    Constant,
    Flag,
    IsUnknown,
    Not,
    Number,
    Operator,
    Order,
    Prefix,
    Ratio,
    Read,
    SameAnswer,
    SameText,
)


def sql_of(condition: Condition, *, numbers: frozenset[str]) -> str:
    """Return a condition as SQL; `numbers` are the features whose columns are numbers."""
    return _condition(condition, numbers).sql(dialect="duckdb")


def overflow_sql_of(condition: Condition, *, numbers: frozenset[str]) -> str:
    """Return as SQL whether the condition is NULL since a number overflowed: TRUE or FALSE."""
    found = _overflow(condition, numbers) or exp.false()
    return exp.func("coalesce", found, exp.false()).sql(dialect="duckdb")


def answers_sql(conditions: Sequence[Condition], table: str, *, numbers: frozenset[str]) -> str:
    """Return one statement that answers many conditions on each row of a table, as columns rule_0, rule_1 and on."""
    listed = [
        exp.alias_(_condition(condition, numbers), f"rule_{place}", copy=False)
        for place, condition in enumerate(conditions)
    ]
    return exp.select(*listed, copy=False).from_(exp.to_table(table)).sql(dialect="duckdb")


def _condition(node: Condition, numbers: frozenset[str]) -> exp.Expr:  # noqa: C901, PLR0912 - one arm a kind of node
    match node:
        case Always(value):
            return exp.true() if value else exp.false()
        case Flag(name):
            return exp.column(name)
        case IsUnknown(name):
            return exp.Is(this=_read(name) if name in numbers else exp.column(name), expression=exp.null())
        case Comparison(order, left, right):
            return _finite(_ORDER[order](this=_number(left), expression=_number(right)), left, right)
        case Between(number, low, high):
            asked = exp.Between(this=_number(number), low=_number(low), high=_number(high))
            if isinstance(low, Constant) and isinstance(high, Constant):
                return _finite(asked, number)
            return _condition(_halves(node), numbers)
        case AmongNumbers(number, values):
            listed = [_constant(value) for value in values]
            return _finite(exp.In(this=_number(number), expressions=listed), number)
        case AmongTexts(name, ()):
            return exp.Case().when(exp.Not(this=_is_null(exp.column(name))), exp.false())
        case AmongTexts(name, texts):
            return exp.In(this=exp.column(name), expressions=[exp.Literal.string(text) for text in texts])
        case Prefix(name, prefix):
            return exp.StartsWith(this=exp.column(name), expression=exp.Literal.string(prefix))
        case SameText(one, other):
            return exp.EQ(this=exp.column(one), expression=exp.column(other))
        case SameAnswer(first, second):
            sides = [exp.paren(_condition(side, numbers), copy=False) for side in (first, second)]
            return exp.EQ(this=sides[0], expression=sides[1])
        case Not(inner):
            return exp.Not(this=exp.paren(_condition(inner, numbers), copy=False))
        case AllOf(parts):
            return exp.and_(*(_condition(part, numbers) for part in parts), copy=False)
        case AnyOf(parts):
            return exp.or_(*(_condition(part, numbers) for part in parts), copy=False)


def _overflow(node: Condition, numbers: frozenset[str]) -> exp.Expr | None:
    """Return when a part is an overflow, NULL counting as no; None is never."""
    match node:
        case Comparison(_, left, right):
            return _overflowed(left, right)
        case Between(number, Constant(), Constant()) | AmongNumbers(number, _):
            return _overflowed(number)
        case Between():
            return _overflow(_halves(node), numbers)
        case Not(inner):
            return _overflow(inner, numbers)
        case SameAnswer(first, second):
            return _any_overflow((first, second), numbers)
        case AllOf(parts) | AnyOf(parts):
            found = _any_overflow(parts, numbers)
            if found is None:
                return None
            undecided = _is_null(exp.paren(_condition(node, numbers), copy=False))
            return exp.and_(undecided, found, copy=False)
        case _:
            return None


def _any_overflow(parts: tuple[Condition, ...], numbers: frozenset[str]) -> exp.Expr | None:
    found = [asked for part in parts if (asked := _overflow(part, numbers)) is not None]
    return exp.or_(*found, copy=False) if found else None


def _overflowed(*asked: Number) -> exp.Expr | None:
    """Return whether all of some numbers are known and one of them is not finite."""
    doubtful = [number for number in asked if not isinstance(number, Constant)]
    if not doubtful:
        return None
    known = [exp.Not(this=_is_null(_number(number))) for number in doubtful]
    infinite = [exp.Not(this=_is_finite(number)) for number in doubtful]
    return exp.and_(*known, exp.or_(*infinite, copy=False), copy=False)


def _halves(node: Between) -> AllOf:
    above = Comparison(Order.AT_LEAST, node.number, node.low)
    return AllOf((above, Comparison(Order.AT_MOST, node.number, node.high)))


def _finite(answer: exp.Expr, *asked: Number) -> exp.Expr:
    """Return an answer that is NULL unless every number it rests on is known and finite."""
    doubtful = [_is_finite(number) for number in asked if not isinstance(number, Constant)]
    return exp.Case().when(exp.and_(*doubtful, copy=False), answer) if doubtful else answer


def _number(node: Number) -> exp.Expr:
    match node:
        case Constant(value):
            return _constant(value)
        case Read(name):
            return _read(name)
        case Ratio(part, whole):
            return _ratio(_number(part), whole)
        case Arithmetic(operator, left, right):
            sides = [exp.paren(_number(side), copy=False) for side in (left, right)]
            return _OPERATOR[operator](this=sides[0], expression=sides[1])


def _ratio(part: exp.Expr, whole: Number) -> exp.Expr:
    """Return a / b: NULL where b is 0 or either is not known, NaN where b overflowed, since a / infinity is 0."""
    by = exp.func("nullif", _number(whole), _constant(0.0))
    lost = exp.Add(this=exp.paren(part.copy(), copy=False), expression=_constant(float("nan")))
    return (
        exp.Case()
        .when(_is_finite(whole), exp.Div(this=exp.paren(part, copy=False), expression=by))
        .when(exp.Not(this=_is_null(_number(whole))), lost)
    )


def _read(name: str) -> exp.Expr:
    return exp.func("nullif", exp.cast(exp.column(name), "double"), _constant(float("nan")))


def _constant(value: float) -> exp.Expr:
    return exp.cast(exp.Literal.string(repr(value)), "double")  # a text is read to the nearest double, digit by digit


def _is_finite(number: Number) -> exp.Expr:
    return exp.Anonymous(this="isfinite", expressions=[_number(number)])


def _is_null(node: exp.Expr) -> exp.Expr:
    return exp.Is(this=node, expression=exp.null())


_ORDER: Final[dict[Order, type[exp.Binary]]] = {
    Order.LESS: exp.LT,
    Order.AT_MOST: exp.LTE,
    Order.MORE: exp.GT,
    Order.AT_LEAST: exp.GTE,
    Order.EQUAL: exp.EQ,
    Order.UNEQUAL: exp.NEQ,
}
_OPERATOR: Final[dict[Operator, type[exp.Binary]]] = {
    Operator.ADD: exp.Add,
    Operator.SUBTRACT: exp.Sub,
    Operator.MULTIPLY: exp.Mul,
    Operator.DIVIDE: exp.Div,
}
