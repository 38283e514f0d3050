"""Conditions as Ibis expressions, for engines that keep history on many machines, as Spark does.

The answer is TRUE, FALSE or NULL, as of `Expression.sql`: NaN in a column is not known, and what overflows is NULL.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import ibis

from stopline.screening.rules.expression import Expression
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

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, NumericValue, Table

_NAN: Final = float("nan")
_LARGEST: Final = sys.float_info.max
_ORDER: Final[dict[Order, Callable[[Any, Any], Any]]] = {
    Order.LESS: operator.lt,
    Order.AT_MOST: operator.le,
    Order.MORE: operator.gt,
    Order.AT_LEAST: operator.ge,
    Order.EQUAL: operator.eq,
    Order.UNEQUAL: operator.ne,
}
_SIGN: Final[dict[Operator, Callable[[Any, Any], Any]]] = {
    Operator.ADD: operator.add,
    Operator.SUBTRACT: operator.sub,
    Operator.MULTIPLY: operator.mul,
    Operator.DIVIDE: operator.truediv,
}


def ibis_of(expression: Expression, table: Table) -> BooleanValue:
    """Return a checked condition as an expression over a table that has a column for each of its features."""
    return _Writer(table, expression.numbers).condition(expression.tree)


class _Writer:
    """Writes one condition over one table."""

    def __init__(self, table: Table, numbers: frozenset[str]) -> None:
        self._table = table
        self._numbers = numbers

    def condition(self, node: Condition) -> Any:  # noqa: ANN401, C901, PLR0912 - ibis states few types; one arm a kind
        match node:
            case Always(value):
                return ibis.literal(value)
            case Flag(name):
                return self._table[name]
            case IsUnknown(name):
                return (self._read(name) if name in self._numbers else self._table[name]).isnull()
            case Comparison(order, left, right):
                return self._compared(order, left, right)
            case Between(number, low, high):
                above = self._compared(Order.AT_LEAST, number, low)
                return above & self._compared(Order.AT_MOST, number, high)
            case AmongNumbers(number, values):
                return reduce(operator.or_, [self._compared(Order.EQUAL, number, Constant(value)) for value in values])
            case AmongTexts(name, ()):
                return self._table[name].isnull().ifelse(ibis.null("boolean"), ibis.literal(value=False))
            case AmongTexts(name, texts):
                return self._table[name].isin(texts)
            case Prefix(name, prefix):
                return self._table[name].startswith(prefix)
            case SameText(one, other):
                return self._table[one] == self._table[other]
            case SameAnswer(first, second):
                return self.condition(first) == self.condition(second)
            case Not(inner):
                return ~self.condition(inner)
            case AllOf(parts):
                return reduce(operator.and_, [self.condition(part) for part in parts])
            case AnyOf(parts):
                return reduce(operator.or_, [self.condition(part) for part in parts])

    def _compared(self, order: Order, left: Number, right: Number) -> Any:  # noqa: ANN401 - ibis states few types
        answer = _ORDER[order](self._number(left), self._number(right))
        for number in (left, right):
            if not isinstance(number, Constant):
                answer = self._finite(number).ifelse(answer, ibis.null("boolean"))
        return answer

    def _number(self, node: Number) -> NumericValue:
        match node:
            case Constant(value):
                return _double(value)
            case Read(name):
                return self._read(name)
            case Ratio(part, whole):
                return self._ratio(part, whole)
            case Arithmetic(sign, left, right):
                found: NumericValue = _SIGN[sign](self._number(left), self._number(right))
                return found

    def _ratio(self, part: Number, whole: Number) -> NumericValue:
        """Return a / b: NULL where b is 0 or either is not known, NaN where b overflowed, since a / infinity is 0."""
        above, below = self._number(part), self._number(whole)
        lost = below.isnull().ifelse(ibis.null("float64"), above + _double(_NAN))
        found: NumericValue = self._finite(whole).ifelse(above / below.nullif(_double(0.0)), lost)
        return found

    def _finite(self, node: Number) -> Any:  # noqa: ANN401 - ibis states few types
        # Not by isinf, which Ibis writes as FALSE for Spark; both engines hold NaN for more than any number.
        return self._number(node).abs() <= _double(_LARGEST)

    def _read(self, name: str) -> NumericValue:
        number = self._table[name].cast("float64")
        found: NumericValue = number.isnan().ifelse(ibis.null("float64"), number)
        return found


def _double(value: float) -> NumericValue:
    return ibis.literal(value, type="float64")
