"""The reference on columns: plain NumPy, one array a part of the condition, with all four outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.rules.features import Table
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

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]
Texts = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Truth:
    """Answers a row: `value` counts only where `known`, and is False elsewhere; an overflow is not known."""

    value: Mask
    known: Mask
    overflow: Mask


def answer_of(node: Condition, table: Table) -> Truth:  # noqa: C901, PLR0912 - one arm a kind of node is the language
    """Return what a condition says of every row of a table."""
    match node:
        case Always(value):
            everything = np.ones(_height(table), dtype=np.bool_)
            return Truth(everything & value, everything, ~everything)
        case Flag(name):
            return _decided(table[name].values.astype(np.bool_), table[name].known)
        case IsUnknown(name):
            known = table[name].known
            if table[name].values.dtype.kind == "f":
                known = known & ~np.isnan(table[name].values)
            return _decided(~known, np.ones_like(known))
        case Comparison(order, left, right):
            return _compared(_ORDER[order], _number(left, table), _number(right, table))
        case Between(number, low, high):
            asked = _number(number, table)
            above = _compared(np.greater_equal, asked, _number(low, table))
            return _both(above, _compared(np.less_equal, asked, _number(high, table)))
        case AmongNumbers(number, values):
            numbers = _number(number, table)
            return _of_numbers(np.isin(numbers, values), numbers, np.zeros_like(numbers))
        case AmongTexts(name, names):
            return _asked_of_text(name, table, lambda texts: np.isin(texts, names))
        case Prefix(name, prefix):
            return _asked_of_text(name, table, lambda texts: np.strings.startswith(texts, prefix))
        case SameText(one, other):
            return _decided(table[one].values == table[other].values, table[one].known & table[other].known)
        case SameAnswer(first, second):
            a, b = answer_of(first, table), answer_of(second, table)
            known = a.known & b.known
            return Truth((a.value == b.value) & known, known, a.overflow | b.overflow)
        case Not(inner):
            truth = answer_of(inner, table)
            return Truth(~truth.value & truth.known, truth.known, truth.overflow)
        case AllOf(parts):
            found = answer_of(parts[0], table)
            for part in parts[1:]:
                found = _both(found, answer_of(part, table))
            return found
        case AnyOf(parts):
            found = answer_of(parts[0], table)
            for part in parts[1:]:
                found = _either(found, answer_of(part, table))
            return found


_ORDER: Final[dict[Order, np.ufunc]] = {
    Order.LESS: np.less,
    Order.AT_MOST: np.less_equal,
    Order.MORE: np.greater,
    Order.AT_LEAST: np.greater_equal,
    Order.EQUAL: np.equal,
    Order.UNEQUAL: np.not_equal,
}
_OPERATOR: Final[dict[Operator, np.ufunc]] = {
    Operator.ADD: np.add,
    Operator.SUBTRACT: np.subtract,
    Operator.MULTIPLY: np.multiply,
    Operator.DIVIDE: np.divide,
}


def _number(node: Number, table: Table) -> F64:
    """Return a number a row: NaN where it is not known, infinite where it overflowed."""
    match node:
        case Constant(value):
            return np.full(_height(table), value)
        case Read(name):
            column = table[name]
            return np.where(column.known, column.values.astype(np.float64, copy=False), np.nan)
        case Ratio(part, whole):
            a, b = _number(part, table), _number(whole, table)
            unknown = np.isnan(a) | np.isnan(b) | (b == 0.0)
            with np.errstate(all="ignore"):
                return _sound(np.where(np.isinf(b), np.inf, a / np.where(unknown, 1.0, b)), unknown)
        case Arithmetic(operator, left, right):
            a, b = _number(left, table), _number(right, table)
            with np.errstate(all="ignore"):
                return _sound(_OPERATOR[operator](a, b), np.isnan(a) | np.isnan(b))


def _sound(found: F64, unknown: Mask) -> F64:
    sound: F64 = np.where(unknown, np.nan, np.where(np.isfinite(found), found, np.inf))
    return sound


def _compared(order: np.ufunc, left: F64, right: F64) -> Truth:
    return _of_numbers(order(left, right), left, right)


def _of_numbers(value: Mask, left: F64, right: F64) -> Truth:
    known = np.isfinite(left) & np.isfinite(right)
    return Truth(value & known, known, ~known & ~np.isnan(left) & ~np.isnan(right))


def _asked_of_text(name: str, table: Table, ask: Callable[[Texts], Mask]) -> Truth:
    """Ask something of each text; of a column that knows its few names, of those alone."""
    column = table[name]
    if column.names is not None and column.places is not None:
        return _decided(ask(column.names)[column.places], column.known)
    return _decided(ask(column.values.astype(np.str_, copy=False)), column.known)


def _decided(value: Mask, known: Mask) -> Truth:
    return Truth(value & known, known, np.zeros_like(known))


def _both(a: Truth, b: Truth) -> Truth:
    known = (a.known & b.known) | (a.known & ~a.value) | (b.known & ~b.value)
    return Truth(a.value & b.value, known, (a.overflow | b.overflow) & ~known)


def _either(a: Truth, b: Truth) -> Truth:
    known = (a.known & b.known) | a.value | b.value
    return Truth(a.value | b.value, known, (a.overflow | b.overflow) & ~known)


def _height(table: Table) -> int:
    return len(next(iter(table.values())).known)
