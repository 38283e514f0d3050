"""From conditions to a program for the machine: equal parts are asked once, and room is used again when it is free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nextafter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.rules.machine import BLOCK, BOUND_COLUMNS, CODE_COLUMNS, Op, answer_rows
from stopline.screening.rules.matrix import Layout, prefix_interval, text_values
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
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_LARGEST: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """All rules of a channel as arrays; immutable, so that a batch sees one program from its first row to its last."""

    code: I32  # instruction x (what, where to, operand, operand)
    bounds: F64  # instruction x (low, high)
    rule_count: int
    slot_count: int
    number_count: int
    columns: frozenset[str]  # the features that are read
    rows_read: NDArray[np.int64]  # their rows in the matrix
    judging: NDArray[np.bool_]  # per rule, whether it rests on more than what is always known

    def scratch(self) -> tuple[U8, F64]:
        """Return room to work in, for one thread at a time."""
        return np.empty((self.slot_count, BLOCK), dtype=np.uint8), np.empty((self.number_count, BLOCK))

    def answers(self, matrix: F64) -> U8:
        """Return the `Outcome` of every rule on every row of a matrix, rule by row."""
        count = matrix.shape[1]
        found = np.empty((self.rule_count, count), dtype=np.uint8)
        answer_rows(self.code, self.bounds, matrix, count, *self.scratch(), found)
        return found


def program_of(
    conditions: Sequence[Condition], layout: Layout, *, columns: Sequence[frozenset[str]], given: frozenset[str]
) -> Program:
    """Return the program of conditions in their order; `columns` are the features each reads.

    `given` names the features that are always known: a rule that reads no other says nothing about a row by itself.
    """
    lowering = _Lowering(layout)
    for place, condition in enumerate(conditions):
        lowering.answer(place, condition)
    return lowering.program(columns, given)


@dataclass(frozen=True, slots=True)
class _Step:
    """One instruction before it has its place: its operands are rows of features (0 up) or earlier steps (below 0)."""

    op: Op
    left: int = 0
    right: int = 0
    low: float = 0.0
    high: float = 0.0


_NUMBERS: Final = frozenset((Op.FILL, Op.ADD, Op.MULTIPLY, Op.RATIO))


class _Lowering:
    """Turns trees into steps, each step once however often it is asked for."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._steps: list[_Step] = []
        self._known: dict[_Step, int] = {}

    def answer(self, place: int, condition: Condition) -> None:
        """Add the steps of one rule."""
        self._steps.append(_Step(Op.ANSWER, self._condition(condition), place))

    def _step(self, op: Op, left: int = 0, right: int = 0, *, low: float = 0.0, high: float = 0.0) -> int:
        """Return the step, as an operand of others."""
        step = _Step(op, left, right, low, high)
        place = self._known.get(step)
        if place is None:
            place = self._known[step] = -1 - len(self._steps)
            self._steps.append(step)
        return place

    def _condition(self, node: Condition) -> int:  # noqa: C901, PLR0912 - one arm a kind of node is the lowering
        rows = self._layout.rows
        match node:
            case Always(value):
                never = self._step(Op.IS_UNKNOWN, self._state(self._step(Op.FILL)))
                return self._step(Op.NOT, never) if value else never
            case Flag(name):
                return self._within(rows[name], 1.0, 1.0)
            case IsUnknown(name):
                return self._step(Op.IS_UNKNOWN, self._state(rows[name]))
            case Comparison(order, left, right):
                return self._comparison(order, left, right)
            case Between(number, Constant(low), Constant(high)):
                return self._within(self._number(number), low, high)
            case Between(number, low, high):
                above, below = Comparison(Order.AT_LEAST, number, low), Comparison(Order.AT_MOST, number, high)
                return self._join([self._condition(above), self._condition(below)], Op.AND)
            case AmongNumbers(number, values):
                asked = self._number(number)
                return self._join([self._within(asked, value, value) for value in dict.fromkeys(values)], Op.OR)
            case AmongTexts(name, values):
                return self._among_texts(name, values)
            case Prefix(name, prefix):
                return self._within(rows[name], *prefix_interval(prefix))
            case SameText(one, other):
                return self._equal(self._whole(one), self._whole(other))
            case SameAnswer(first, second):
                a, b = self._condition(first), self._condition(second)
                neither = self._step(Op.AND, self._step(Op.NOT, a), self._step(Op.NOT, b))
                return self._step(Op.OR, self._step(Op.AND, a, b), neither)
            case Not(inner):
                return self._step(Op.NOT, self._condition(inner))
            case AllOf(parts):
                return self._join([self._condition(part) for part in parts], Op.AND)
            case AnyOf(parts):
                return self._join([self._condition(part) for part in parts], Op.OR)

    def _join(self, parts: Sequence[int], op: Op) -> int:
        whole = parts[0]
        for part in parts[1:]:
            whole = self._step(op, whole, part)
        return whole

    def _among_texts(self, name: str, values: Sequence[str]) -> int:
        row, codes = self._whole(name), self._layout.codes.get(name)
        wanted = sorted(codes[value] if codes is not None else text_values(value)[1] for value in values)
        spans: list[list[float]] = []
        for value in wanted:
            if codes is not None and spans and value == spans[-1][1] + 1:
                spans[-1][1] = value
            else:
                spans.append([value, value])
        return self._join([self._within(row, low, high) for low, high in spans or [[1.0, 0.0]]], Op.OR)

    def _whole(self, name: str) -> int:
        return self._layout.whole.get(name, self._layout.rows[name])

    def _comparison(self, order: Order, left: Number, right: Number) -> int:
        if isinstance(right, Constant):
            return self._against(order, self._number(left), right.value)
        if isinstance(left, Constant):
            return self._against(_TURNED[order], self._number(right), left.value)
        a, b = self._number(left), self._number(right)
        match order:
            case Order.LESS:
                return self._step(Op.LESS, a, b)
            case Order.AT_MOST:
                return self._step(Op.NOT, self._step(Op.LESS, b, a))
            case Order.MORE:
                return self._step(Op.LESS, b, a)
            case Order.AT_LEAST:
                return self._step(Op.NOT, self._step(Op.LESS, a, b))
            case Order.EQUAL:
                return self._equal(a, b)
            case Order.UNEQUAL:
                return self._step(Op.OR, self._step(Op.LESS, a, b), self._step(Op.LESS, b, a))

    def _equal(self, a: int, b: int) -> int:
        return self._step(Op.NOT, self._step(Op.OR, self._step(Op.LESS, a, b), self._step(Op.LESS, b, a)))

    def _against(self, order: Order, number: int, value: float) -> int:
        match order:
            case Order.LESS:
                return self._within(number, -_LARGEST, nextafter(value, -inf))
            case Order.AT_MOST:
                return self._within(number, -_LARGEST, value)
            case Order.MORE:
                return self._within(number, nextafter(value, inf), _LARGEST)
            case Order.AT_LEAST:
                return self._within(number, value, _LARGEST)
            case Order.EQUAL:
                return self._within(number, value, value)
            case Order.UNEQUAL:
                return self._step(Op.NOT, self._within(number, value, value))

    def _within(self, number: int, low: float, high: float) -> int:
        return self._step(Op.TEST, number, self._state(number), low=low, high=high)

    def _state(self, number: int) -> int:
        return self._step(Op.STATE, number)

    def _number(self, node: Number) -> int:
        match node:
            case Constant(value):
                return self._step(Op.FILL, low=value)
            case Read(name):
                return self._layout.rows[name]
            case Ratio(part, whole):
                return self._step(Op.RATIO, self._number(part), self._number(whole))
            case Arithmetic(operator, left, right):
                return self._calculated(operator, self._number(left), self._number(right))

    def _calculated(self, operator: Operator, left: int, right: int) -> int:
        match operator:
            case Operator.ADD:
                return self._step(Op.ADD, left, right)
            case Operator.SUBTRACT:  # the same double: a minus sign rounds nothing
                return self._step(Op.ADD, left, self._step(Op.MULTIPLY, right, self._step(Op.FILL, low=-1.0)))
            case Operator.MULTIPLY:
                return self._step(Op.MULTIPLY, left, right)
            case Operator.DIVIDE:  # by a written number, which is not 0
                return self._step(Op.RATIO, left, right)

    def program(self, columns: Sequence[frozenset[str]], given: frozenset[str]) -> Program:
        """Return the steps as arrays, each with its room."""
        code, bounds, slot_count, number_count = _placed(self._steps)
        read = frozenset().union(*columns)
        rows = [self._layout.rows[name] for name in read]
        rows += [self._layout.whole[name] for name in read if name in self._layout.whole]
        return Program(
            code=code,
            bounds=bounds,
            rule_count=len(columns),
            slot_count=slot_count,
            number_count=number_count,
            columns=read,
            rows_read=np.array(sorted(rows), dtype=np.int64),
            judging=np.array([bool(of - given) for of in columns], dtype=np.bool_),
        )


_TURNED: Final = {
    Order.LESS: Order.MORE,
    Order.AT_MOST: Order.AT_LEAST,
    Order.MORE: Order.LESS,
    Order.AT_LEAST: Order.AT_MOST,
    Order.EQUAL: Order.EQUAL,
    Order.UNEQUAL: Order.UNEQUAL,
}


class _Room:
    """Places of one kind of column; what is free is used again, last freed first, while it is still in the cache."""

    def __init__(self) -> None:
        self.count = 1
        self._free: list[int] = [0]

    def take(self) -> int:
        if not self._free:
            self._free.append(self.count)
            self.count += 1
        return self._free.pop()

    def give(self, place: int) -> None:
        self._free.append(place)


def _placed(steps: Sequence[_Step]) -> tuple[I32, F64, int, int]:
    """Give every step its place; a result never shares a place with an operand of its own step.

    (If it did, the loop over the block could not be vectorised, which costs ten times as much.)
    """
    code = np.zeros((len(steps), CODE_COLUMNS), dtype=np.int32)
    bounds = np.zeros((len(steps), BOUND_COLUMNS))
    last = {operand: at for at, step in enumerate(steps) for operand in (step.left, step.right) if operand < 0}
    slots, numbers = _Room(), _Room()
    places: dict[int, int] = {}  # operand to place; of a number, as the machine names it
    for at, step in enumerate(steps):
        mine = -1 - at
        if step.op is Op.ANSWER:
            places[mine] = step.right
        elif step.op in _NUMBERS:
            places[mine] = -1 - numbers.take()
        else:
            places[mine] = slots.take()
        right = 0 if step.op is Op.ANSWER else places.get(step.right, step.right)
        code[at] = (step.op, places[mine], places.get(step.left, step.left), right)
        bounds[at] = (step.low, step.high)
        for operand in {step.left, step.right}:
            if operand < 0 and last[operand] == at:
                place = places[operand]
                (numbers.give(-1 - place) if place < 0 else slots.give(place))
    return code, bounds, slots.count, numbers.count
