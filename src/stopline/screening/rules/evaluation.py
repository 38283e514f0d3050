"""Answers of a checked condition on columns, with SQL's three values: yes, no, not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from stopline.screening.rules.features import Column, Table, Type

Mask = NDArray[np.bool_]
Types = Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class Truth:
    """Three-valued answers: `value` counts only where `known`; it is False where not known."""

    value: Mask
    known: Mask


_Numbers = tuple[NDArray[np.float64], Mask]
_Texts = tuple[NDArray[np.str_], Mask]


def answer_of(node: exp.Expr, types: Types) -> Callable[[Table], Truth]:
    """Return how to answer a checked condition on columns."""
    match node:
        case exp.Paren():
            return answer_of(node.this, types)
        case exp.And():
            return _conjunction(answer_of(node.left, types), answer_of(node.right, types))
        case exp.Or():
            return _disjunction(answer_of(node.left, types), answer_of(node.right, types))
        case exp.Not():
            inner = answer_of(node.this, types)
            return lambda table: _negate(inner(table))
        case exp.Boolean():
            return _constant(value=bool(node.this))
        case exp.Column():
            name = node.name
            return lambda table: _truth(table[name].values, table[name].known)
        case exp.Is():
            asked = node.this.name
            return lambda table: _is_null(table[asked])
        case exp.Between():
            value = _number(node.this)
            low, high = _number(node.args["low"]), _number(node.args["high"])
            return _conjunction(_compare(np.greater_equal, value, low), _compare(np.less_equal, value, high))
        case exp.In():
            return _is_in(node, types)
        case exp.StartsWith():
            prefix = node.expression.name
            return _asked_of_text(node.this, lambda texts: np.strings.startswith(texts, prefix))
        case exp.EQ() | exp.NEQ():
            return _equality(node, types)
        case _:
            order = _ORDER[type(node)]
            return _compare(order, _number(node.args["this"]), _number(node.args["expression"]))


_ORDER: Final[dict[type[exp.Expr], np.ufunc]] = {
    exp.GT: np.greater,
    exp.GTE: np.greater_equal,
    exp.LT: np.less,
    exp.LTE: np.less_equal,
}


def _equality(node: exp.EQ | exp.NEQ, types: Types) -> Callable[[Table], Truth]:
    same = isinstance(node, exp.EQ)
    match _type(node.left, types):
        case Type.NUMBER:
            return _compare(np.equal if same else np.not_equal, _number(node.left), _number(node.right))
        case Type.TEXT:
            return _compare_texts(node.left.unnest(), node.right.unnest(), same=same)
        case Type.BOOLEAN:
            left, right = answer_of(node.left, types), answer_of(node.right, types)

            def answer(table: Table) -> Truth:
                a, b = left(table), right(table)
                return _truth((a.value == b.value) == same, a.known & b.known)

            return answer


def _type(node: exp.Expr, types: Types) -> Type:
    match node:
        case exp.Paren():
            return _type(node.this, types)
        case exp.Column():
            return types[node.name]
        case exp.Literal():
            return Type.TEXT if node.is_string else Type.NUMBER
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div() | exp.Neg():
            return Type.NUMBER
        case _:
            return Type.BOOLEAN


def _is_in(node: exp.In, types: Types) -> Callable[[Table], Truth]:
    if _type(node.this, types) is Type.NUMBER:
        number = _number(node.this)
        numbers = np.array([_plain_number(value) for value in node.expressions])

        def among_numbers(table: Table) -> Truth:
            values, known = number(table)
            return _spread(_truth(np.isin(values, numbers), known), table)

        return among_numbers
    texts = np.array([value.name for value in node.expressions])
    return _asked_of_text(node.this, lambda values: np.isin(values, texts))


def _plain_number(value: exp.Expr) -> float:
    return -float(value.this.name) if isinstance(value, exp.Neg) else float(value.name)


def _asked_of_text(node: exp.Expr, ask: Callable[[NDArray[np.str_]], Mask]) -> Callable[[Table], Truth]:
    """Return how to ask something of each text; of a column that knows its few names, of those alone."""
    bare = node.unnest()
    if not isinstance(bare, exp.Column):
        text = _text(bare)

        def of_literal(table: Table) -> Truth:
            values, known = text(table)
            return _spread(_truth(ask(values), known), table)

        return of_literal
    name = bare.name

    def of_column(table: Table) -> Truth:
        column = table[name]
        if column.names is not None and column.places is not None:
            return _truth(ask(column.names)[column.places], column.known)
        return _truth(ask(column.values.astype(np.str_, copy=False)), column.known)

    return of_column


def _number(node: exp.Expr) -> Callable[[Table], _Numbers]:
    match node:
        case exp.Paren():
            return _number(node.this)
        case exp.Literal():
            literal = np.array([float(node.name)]), _SURE
            return lambda _table: literal
        case exp.Neg():
            inner = _number(node.this)
            return lambda table: (-inner(table)[0], inner(table)[1])
        case exp.Column():
            name = node.name
            return lambda table: (table[name].values.astype(np.float64, copy=False), table[name].known)
        case _:
            return _arithmetic(node)


_ARITHMETIC: Final[dict[type[exp.Expr], np.ufunc]] = {
    exp.Add: np.add,
    exp.Sub: np.subtract,
    exp.Mul: np.multiply,
    exp.Div: np.divide,
}


def _arithmetic(node: exp.Expr) -> Callable[[Table], _Numbers]:
    left, right = _number(node.args["this"]), _number(node.args["expression"])
    apply = _ARITHMETIC[type(node)]

    def answer(table: Table) -> _Numbers:
        (a, a_known), (b, b_known) = left(table), right(table)
        return apply(a, b), a_known & b_known

    return answer


def _text(node: exp.Expr) -> Callable[[Table], _Texts]:
    match node:
        case exp.Paren():
            return _text(node.this)
        case exp.Literal():
            literal = np.array([node.name]), _SURE
            return lambda _table: literal
        case _:
            name = node.name
            return lambda table: (table[name].values.astype(np.str_, copy=False), table[name].known)


def _height(table: Table) -> int:
    return len(next(iter(table.values())).known)


_SURE: Final = np.ones(1, dtype=np.bool_)  # of a literal: one value stands for every row


def _truth(value: NDArray[np.generic], known: Mask) -> Truth:
    return Truth(value.astype(np.bool_, copy=False) & known, known)


def _spread(truth: Truth, table: Table) -> Truth:
    """Return an answer a row, where only literals were compared."""
    if len(truth.known) != 1:
        return truth
    height = _height(table)
    return Truth(np.repeat(truth.value, height), np.repeat(truth.known, height)) if height != 1 else truth


def _constant(*, value: bool) -> Callable[[Table], Truth]:
    return lambda table: Truth(np.full(_height(table), value), np.ones(_height(table), dtype=np.bool_))


def _negate(inner: Truth) -> Truth:
    return Truth(~inner.value & inner.known, inner.known)


def _is_null(column: Column) -> Truth:
    return Truth(~column.known, np.ones_like(column.known))


def _conjunction(left: Callable[[Table], Truth], right: Callable[[Table], Truth]) -> Callable[[Table], Truth]:
    def answer(table: Table) -> Truth:
        a, b = left(table), right(table)
        return Truth(a.value & b.value, (a.known & b.known) | (a.known & ~a.value) | (b.known & ~b.value))

    return answer


def _disjunction(left: Callable[[Table], Truth], right: Callable[[Table], Truth]) -> Callable[[Table], Truth]:
    def answer(table: Table) -> Truth:
        a, b = left(table), right(table)
        return Truth(a.value | b.value, (a.known & b.known) | a.value | b.value)

    return answer


def _compare(
    order: np.ufunc, left: Callable[[Table], _Numbers], right: Callable[[Table], _Numbers]
) -> Callable[[Table], Truth]:
    def answer(table: Table) -> Truth:
        (a, a_known), (b, b_known) = left(table), right(table)
        return _spread(_truth(order(a, b), a_known & b_known), table)

    return answer


def _compare_texts(left: exp.Expr, right: exp.Expr, *, same: bool) -> Callable[[Table], Truth]:
    for one, other in ((left, right), (right, left)):
        if isinstance(other, exp.Literal):
            return _asked_of_text(one, partial(_equals, text=other.name, same=same))
    a_of, b_of = _text(left), _text(right)

    def answer(table: Table) -> Truth:
        (a, a_known), (b, b_known) = a_of(table), b_of(table)
        return _truth((a == b) == same, a_known & b_known)

    return answer


def _equals(values: NDArray[np.str_], *, text: str, same: bool) -> Mask:
    found: Mask = (values == text) == same
    return found
