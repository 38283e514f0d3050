"""From a checked sqlglot tree to what it means; only what the checker lets through arrives here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlglot import exp

from stopline.screening.rules.features import Feature, Type
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

Features = Mapping[str, Feature]

_ORDER: Final[dict[type[exp.Expr], Order]] = {
    exp.LT: Order.LESS,
    exp.LTE: Order.AT_MOST,
    exp.GT: Order.MORE,
    exp.GTE: Order.AT_LEAST,
    exp.EQ: Order.EQUAL,
    exp.NEQ: Order.UNEQUAL,
}
_OPERATOR: Final[dict[type[exp.Expr], Operator]] = {
    exp.Add: Operator.ADD,
    exp.Sub: Operator.SUBTRACT,
    exp.Mul: Operator.MULTIPLY,
    exp.Div: Operator.DIVIDE,
}


def condition_of(node: exp.Expr, features: Features) -> Condition:
    """Return what a checked condition means."""
    match node:
        case exp.Paren():
            return condition_of(node.this, features)
        case exp.And():
            return AllOf(tuple(_flat(node, AllOf, features)))
        case exp.Or():
            return AnyOf(tuple(_flat(node, AnyOf, features)))
        case exp.Not():
            return Not(condition_of(node.this, features))
        case exp.Boolean():
            return Always(bool(node.this))
        case exp.Column():
            return Flag(node.name)
        case exp.Is():
            return IsUnknown(node.this.name)
        case exp.Between():
            return Between(_number(node.this), _number(node.args["low"]), _number(node.args["high"]))
        case exp.In():
            return _among(node, features)
        case exp.StartsWith():
            return _prefix(node.this.unnest(), node.expression.name, features)
        case exp.EQ() | exp.NEQ():
            same = _equality(node, features)
            return Not(same) if isinstance(node, exp.NEQ) and not isinstance(same, Comparison) else same
        case _:
            return Comparison(_ORDER[type(node)], _number(node.args["this"]), _number(node.args["expression"]))


def chain(node: exp.And | exp.Or) -> Iterator[exp.Expr]:
    """Iterate over the parts of a AND b AND c in their order, which the parser nests to the left."""
    kind, waiting = type(node), [node.right, node.left]
    while waiting:
        part = waiting.pop()
        if type(part) is kind:
            waiting += (part.right, part.left)
        else:
            yield part


def _flat(node: exp.And | exp.Or, kind: type[AllOf | AnyOf], features: Features) -> Iterator[Condition]:
    """Iterate over the parts of a chain; brackets around a part of the same kind change nothing."""
    for part in chain(node):
        found = condition_of(part, features)
        if isinstance(found, AllOf | AnyOf) and isinstance(found, kind):
            yield from found.parts
        else:
            yield found


def type_of(node: exp.Expr, features: Features) -> Type:
    """Return the type of a checked part."""
    match node:
        case exp.Paren():
            return type_of(node.this, features)
        case exp.Column():
            return features[node.name].type
        case exp.Literal():
            return Type.TEXT if node.is_string else Type.NUMBER
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div() | exp.Neg() | exp.Anonymous():
            return Type.NUMBER
        case _:
            return Type.BOOLEAN


def _equality(node: exp.EQ | exp.NEQ, features: Features) -> Condition:
    left, right = node.left.unnest(), node.right.unnest()
    match type_of(left, features):
        case Type.NUMBER:
            return Comparison(_ORDER[type(node)], _number(left), _number(right))
        case Type.BOOLEAN:
            return SameAnswer(condition_of(left, features), condition_of(right, features))
        case Type.TEXT:
            if isinstance(left, exp.Literal):
                left, right = right, left
            if isinstance(left, exp.Literal):
                return Always(left.name == right.name)
            return AmongTexts(left.name, (right.name,)) if isinstance(right, exp.Literal) else SameText(
                left.name, right.name
            )  # fmt: skip


def _among(node: exp.In, features: Features) -> Condition:
    asked = node.this.unnest()
    if type_of(asked, features) is Type.NUMBER:
        numbers = [_number(value) for value in node.expressions]
        return AmongNumbers(_number(asked), tuple(value.value for value in numbers if isinstance(value, Constant)))
    texts = tuple(dict.fromkeys(value.name for value in node.expressions))
    return Always(asked.name in texts) if isinstance(asked, exp.Literal) else AmongTexts(asked.name, texts)


def _prefix(asked: exp.Expr, prefix: str, features: Features) -> Condition:
    if isinstance(asked, exp.Literal):
        return Always(asked.name.startswith(prefix))
    values = features[asked.name].values
    if values:
        return AmongTexts(asked.name, tuple(value for value in values if value.startswith(prefix)))
    return Prefix(asked.name, prefix)


def _number(node: exp.Expr) -> Number:
    match node:
        case exp.Paren():
            return _number(node.this)
        case exp.Literal():
            return Constant(float(node.name))
        case exp.Neg():
            inner = _number(node.this)
            if isinstance(inner, Constant):
                return Constant(-inner.value)
            return Arithmetic(Operator.MULTIPLY, inner, Constant(-1.0))
        case exp.Column():
            return Read(node.name)
        case exp.Anonymous():
            part, whole = node.expressions
            return Ratio(_number(part), _number(whole))
        case _:
            return Arithmetic(_OPERATOR[type(node)], _number(node.args["this"]), _number(node.args["expression"]))
