"""The plain Python answer to one row: what the machine must say, in a form that can be read and reasoned about.

A row is a mapping of feature names to plain values; None and NaN are not known. Every part of a condition becomes one
closure with what it needs at hand; AND and OR stop at the first part that settles them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

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
    Outcome,
    Prefix,
    Ratio,
    Read,
    SameAnswer,
    SameText,
)

Row = Mapping[str, float | bool | str | None]
Ask = Callable[[Row], Outcome]
Measure = Callable[[Row], float | None]

_INFINITE: Final = float("inf")
_HIT, _NOT, _UNDECIDED, _OVERFLOW = Outcome.HIT, Outcome.NOT, Outcome.UNDECIDED, Outcome.OVERFLOW


def asking(node: Condition) -> Ask:  # noqa: C901, PLR0912 - one arm a kind of node is the language
    """Return how to ask a condition of one row."""
    match node:
        case Always(value):
            settled = _HIT if value else _NOT
            return lambda _row: settled
        case Flag(name):
            return _flag(name)
        case IsUnknown(name):
            return lambda row: _HIT if (value := row[name]) is None or value != value else _NOT  # noqa: PLR0124 - NaN
        case Comparison(Order.AT_LEAST, Read(name), Constant(value)):
            return _at_least(name, value)
        case Comparison(Order.AT_MOST, Read(name), Constant(value)):
            return _at_most(name, value)
        case Comparison(Order.MORE, Read(name), Constant(value)):
            return _not(_at_most(name, value))
        case Comparison(Order.LESS, Read(name), Constant(value)):
            return _not(_at_least(name, value))
        case Between(Read(name), Constant(low), Constant(high)):
            return _feature_within(name, low, high)
        case Comparison(order, left, Constant(value)):
            return _compared_with(_ORDER[order], measuring(left), value)
        case Comparison(order, left, right):
            return _compared(_ORDER[order], measuring(left), measuring(right))
        case Between(number, Constant(low), Constant(high)):
            return _within(measuring(number), low, high)
        case Between(number, low, high):
            measure = measuring(number)
            above = _compared(operator.ge, measure, measuring(low))
            return _all_of((above, _compared(operator.le, measure, measuring(high))))
        case AmongNumbers(number, values):
            return _among_numbers(measuring(number), frozenset(values))
        case AmongTexts(name, texts):
            return _among_texts(name, frozenset(texts))
        case Prefix(name, prefix):
            return _prefix(name, prefix)
        case SameText(one, other):
            return _same_text(one, other)
        case SameAnswer(first, second):
            return _same_answer(asking(first), asking(second))
        case Not(inner):
            return _not(asking(inner))
        case AllOf(parts):
            return _all_of([asking(part) for part in parts])
        case AnyOf(parts):
            return _any_of([asking(part) for part in parts])


_ORDER: Final[dict[Order, Callable[[float, float], bool]]] = {
    Order.LESS: operator.lt,
    Order.AT_MOST: operator.le,
    Order.MORE: operator.gt,
    Order.AT_LEAST: operator.ge,
    Order.EQUAL: operator.eq,
    Order.UNEQUAL: operator.ne,
}


def _not(inner: Ask) -> Ask:
    def ask(row: Row) -> Outcome:
        said = inner(row)
        if said is _HIT:
            return _NOT
        return _HIT if said is _NOT else said

    return ask


def _all_of(parts: Sequence[Ask]) -> Ask:
    """Return AND of all, in pairs of pairs, so that a call or two is all that any part lies deep."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = _all_of(parts[:half]), _all_of(parts[half:])

    def ask(row: Row) -> Outcome:
        one = left(row)
        if one is _NOT:
            return _NOT
        other = right(row)
        return other if one is _HIT or other is _NOT or other is _OVERFLOW else one

    return ask


def _any_of(parts: Sequence[Ask]) -> Ask:
    """Return OR of all, in pairs of pairs."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = _any_of(parts[:half]), _any_of(parts[half:])

    def ask(row: Row) -> Outcome:
        one = left(row)
        if one is _HIT:
            return _HIT
        other = right(row)
        return other if one is _NOT or other is _HIT or other is _OVERFLOW else one

    return ask


def _same_answer(first: Ask, second: Ask) -> Ask:
    def ask(row: Row) -> Outcome:
        one, other = first(row), second(row)
        if one is _OVERFLOW or other is _OVERFLOW:
            return _OVERFLOW
        if one is _UNDECIDED or other is _UNDECIDED:
            return _UNDECIDED
        return _HIT if one is other else _NOT

    return ask


def _flag(name: str) -> Ask:
    def ask(row: Row) -> Outcome:
        value = row[name]
        if value is None:
            return _UNDECIDED
        return _HIT if value else _NOT

    return ask


def _at_least(name: str, limit: float) -> Ask:
    def ask(row: Row) -> Outcome:
        value: Any = row[name]  # the checker saw to it that it is a number
        if value is None:
            return _UNDECIDED
        if value - value == 0.0:
            return _HIT if value >= limit else _NOT
        return _odd(value)

    return ask


def _at_most(name: str, limit: float) -> Ask:
    def ask(row: Row) -> Outcome:
        value: Any = row[name]
        if value is None:
            return _UNDECIDED
        if value - value == 0.0:
            return _HIT if value <= limit else _NOT
        return _odd(value)

    return ask


def _feature_within(name: str, low: float, high: float) -> Ask:
    def ask(row: Row) -> Outcome:
        value: Any = row[name]
        if value is None:
            return _UNDECIDED
        if value - value == 0.0:
            return _HIT if low <= value <= high else _NOT
        return _odd(value)

    return ask


def _odd(value: float) -> Outcome:
    return _UNDECIDED if value != value else _OVERFLOW  # noqa: PLR0124 - NaN is not equal to itself


def _compared_with(order: Callable[[float, float], bool], measure: Measure, value: float) -> Ask:
    def ask(row: Row) -> Outcome:
        found = measure(row)
        if found is None:
            return _UNDECIDED
        if found - found != 0.0:  # of an infinity this is NaN
            return _OVERFLOW
        return _HIT if order(found, value) else _NOT

    return ask


def _compared(order: Callable[[float, float], bool], left: Measure, right: Measure) -> Ask:
    def ask(row: Row) -> Outcome:
        one, other = left(row), right(row)
        if one is None or other is None:
            return _UNDECIDED
        if one - one != 0.0 or other - other != 0.0:
            return _OVERFLOW
        return _HIT if order(one, other) else _NOT

    return ask


def _within(measure: Measure, low: float, high: float) -> Ask:
    def ask(row: Row) -> Outcome:
        found = measure(row)
        if found is None:
            return _UNDECIDED
        if found - found != 0.0:
            return _OVERFLOW
        return _HIT if low <= found <= high else _NOT

    return ask


def _among_numbers(measure: Measure, values: frozenset[float]) -> Ask:
    def ask(row: Row) -> Outcome:
        found = measure(row)
        if found is None:
            return _UNDECIDED
        if found - found != 0.0:
            return _OVERFLOW
        return _HIT if found in values else _NOT

    return ask


def _among_texts(name: str, values: frozenset[str]) -> Ask:
    def ask(row: Row) -> Outcome:
        text = row[name]
        if text is None:
            return _UNDECIDED
        return _HIT if text in values else _NOT

    return ask


def _prefix(name: str, prefix: str) -> Ask:
    def ask(row: Row) -> Outcome:
        text = row[name]
        if text is None:
            return _UNDECIDED
        return _HIT if str(text).startswith(prefix) else _NOT

    return ask


def _same_text(one: str, other: str) -> Ask:
    def ask(row: Row) -> Outcome:
        left, right = row[one], row[other]
        if left is None or right is None:
            return _UNDECIDED
        return _HIT if left == right else _NOT

    return ask


# ---------------------------------------------------------------- numbers


def measuring(node: Number) -> Measure:
    """Return how to find a number in one row: None where it is not known, an infinity where it overflowed."""
    match node:
        case Constant(value):
            return lambda _row: value
        case Read(name):
            return _read(name)
        case Ratio(part, whole):
            return _ratio(measuring(part), measuring(whole))
        case Arithmetic(sign, left, right):
            return _calculated(_SIGNS[sign], measuring(left), measuring(right))


_SIGNS: Final[dict[Operator, Callable[[float, float], float]]] = {
    Operator.ADD: operator.add,
    Operator.SUBTRACT: operator.sub,
    Operator.MULTIPLY: operator.mul,
    Operator.DIVIDE: operator.truediv,
}


def _read(name: str) -> Measure:
    def measure(row: Row) -> float | None:
        value: Any = row[name]  # the checker saw to it that it is a number
        return None if value is None or value != value else value  # noqa: PLR0124 - NaN is not equal to itself

    return measure


def _calculated(sign: Callable[[float, float], float], left: Measure, right: Measure) -> Measure:
    def measure(row: Row) -> float | None:
        one, other = left(row), right(row)
        if one is None or other is None:
            return None
        found = sign(one, other)
        return found if found - found == 0.0 else _INFINITE

    return measure


def _ratio(part: Measure, whole: Measure) -> Measure:
    def measure(row: Row) -> float | None:
        one, other = part(row), whole(row)
        if one is None or other is None or other == 0.0:
            return None
        found = one / other if other - other == 0.0 else _INFINITE
        return found if found - found == 0.0 else _INFINITE

    return measure
