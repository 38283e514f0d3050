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
    """One instruction before it has its place: operands of bytes and of numbers are earlier steps, `row` a feature."""

    op: Op
    bytes_in: tuple[int, ...] = ()
    numbers_in: tuple[int, ...] = ()
    row: int = 0
    low: float = 0.0
    high: float = 0.0


_NUMBERS: Final = frozenset(
    (Op.LOAD, Op.FILL, Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.RATIO, Op.ADD_CONSTANT, Op.MULTIPLY_CONSTANT,
     Op.DIVIDE_CONSTANT)
)  # fmt: skip


class _Lowering:
    """Turns trees into steps, each step once however often it is asked for."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._steps: list[_Step] = []
        self._known: dict[_Step, int] = {}

    def answer(self, place: int, condition: Condition) -> None:
        """Add the steps of one rule."""
        self._steps.append(_Step(Op.ANSWER, (self._condition(condition),), row=place))

    def _step(self, op: Op, *, of: tuple[int, ...] = (), numbers: tuple[int, ...] = (), row: int = 0,
              low: float = 0.0, high: float = 0.0) -> int:  # fmt: skip
        step = _Step(op, of, numbers, row, low, high)
        place = self._known.get(step)
        if place is None:
            place = self._known[step] = len(self._steps)
            self._steps.append(step)
        return place

    def _condition(self, node: Condition) -> int:  # noqa: C901, PLR0912 - one arm a kind of node is the lowering
        rows = self._layout.rows
        match node:
            case Always(value):
                return self._step(Op.CONSTANT, row=1 if value else 2)
            case Flag(name):
                return self._test_row(rows[name], 1.0, 1.0)
            case IsUnknown(name):
                return self._step(Op.IS_UNKNOWN, of=(self._step(Op.STATE_ROW, row=rows[name]),))
            case Comparison(order, left, right):
                return self._comparison(order, left, right)
            case Between(number, Constant(low), Constant(high)):
                return self._test(number, low, high)
            case Between(number, low, high):
                above, below = Comparison(Order.AT_LEAST, number, low), Comparison(Order.AT_MOST, number, high)
                return self._all((above, below), Op.AND)
            case AmongNumbers(number, values):
                return self._any([self._test(number, value, value) for value in dict.fromkeys(values)])
            case AmongTexts(name, values):
                return self._among_texts(name, values)
            case Prefix(name, prefix):
                return self._test_row(rows[name], *prefix_interval(prefix))
            case SameText(left, right):
                sides = [self._step(Op.LOAD, row=self._whole(name)) for name in (left, right)]
                return self._step(Op.EQUAL, numbers=(sides[0], sides[1]))
            case SameAnswer(left, right):
                return self._step(Op.SAME, of=(self._condition(left), self._condition(right)))
            case Not(inner):
                return self._step(Op.NOT, of=(self._condition(inner),))
            case AllOf(parts):
                return self._all(parts, Op.AND)
            case AnyOf(parts):
                return self._all(parts, Op.OR)

    def _all(self, parts: Sequence[Condition], op: Op) -> int:
        found = self._condition(parts[0])
        for part in parts[1:]:
            found = self._step(op, of=(found, self._condition(part)))
        return found

    def _any(self, found: Sequence[int]) -> int:
        whole = found[0]
        for one in found[1:]:
            whole = self._step(Op.OR, of=(whole, one))
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
        return self._any([self._test_row(row, low, high) for low, high in spans or [[1.0, 0.0]]])

    def _whole(self, name: str) -> int:
        return self._layout.whole.get(name, self._layout.rows[name])

    def _comparison(self, order: Order, left: Number, right: Number) -> int:
        if isinstance(left, Constant) and not isinstance(right, Constant):
            return self._comparison(_TURNED[order], right, left)
        if isinstance(right, Constant):
            return self._against(order, left, right.value)
        match order:
            case Order.LESS | Order.AT_MOST | Order.EQUAL:
                return self._step(_COMPARED[order], numbers=(self._number(left), self._number(right)))
            case Order.MORE | Order.AT_LEAST:
                return self._comparison(_TURNED[order], right, left)
            case Order.UNEQUAL:
                return self._step(Op.NOT, of=(self._comparison(Order.EQUAL, left, right),))

    def _against(self, order: Order, number: Number, value: float) -> int:
        match order:
            case Order.LESS:
                return self._test(number, -_LARGEST, nextafter(value, -inf))
            case Order.AT_MOST:
                return self._test(number, -_LARGEST, value)
            case Order.MORE:
                return self._test(number, nextafter(value, inf), _LARGEST)
            case Order.AT_LEAST:
                return self._test(number, value, _LARGEST)
            case Order.EQUAL:
                return self._test(number, value, value)
            case Order.UNEQUAL:
                return self._step(Op.NOT, of=(self._test(number, value, value),))

    def _test(self, number: Number, low: float, high: float) -> int:
        if isinstance(number, Read):
            return self._test_row(self._layout.rows[number.name], low, high)
        asked = self._number(number)
        state = self._step(Op.STATE_NUMBER, numbers=(asked,))
        return self._step(Op.TEST_NUMBER, of=(state,), numbers=(asked,), low=low, high=high)

    def _test_row(self, row: int, low: float, high: float) -> int:
        state = self._step(Op.STATE_ROW, row=row)
        return self._step(Op.TEST_ROW, of=(state,), row=row, low=low, high=high)

    def _number(self, node: Number) -> int:
        match node:
            case Constant(value):
                return self._step(Op.FILL, low=value)
            case Read(name):
                return self._step(Op.LOAD, row=self._layout.rows[name])
            case Ratio(part, whole):
                return self._step(Op.RATIO, numbers=(self._number(part), self._number(whole)))
            case Arithmetic(operator, left, Constant(value)):
                return self._with_constant(operator, left, value)
            case Arithmetic(Operator.ADD | Operator.MULTIPLY as operator, Constant(value), right):
                return self._with_constant(operator, right, value)
            case Arithmetic(operator, left, right):
                return self._step(_CALCULATED[operator], numbers=(self._number(left), self._number(right)))

    def _with_constant(self, operator: Operator, left: Number, value: float) -> int:
        match operator:
            case Operator.ADD:
                return self._step(Op.ADD_CONSTANT, numbers=(self._number(left),), low=value)
            case Operator.SUBTRACT:  # the same double: a minus sign rounds nothing
                return self._step(Op.ADD_CONSTANT, numbers=(self._number(left),), low=-value)
            case Operator.MULTIPLY:
                return self._step(Op.MULTIPLY_CONSTANT, numbers=(self._number(left),), low=value)
            case Operator.DIVIDE:
                return self._step(Op.DIVIDE_CONSTANT, numbers=(self._number(left),), low=value)

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
_COMPARED: Final = {Order.LESS: Op.LESS, Order.AT_MOST: Op.AT_MOST, Order.EQUAL: Op.EQUAL}
_CALCULATED: Final = {Operator.ADD: Op.ADD, Operator.SUBTRACT: Op.SUBTRACT, Operator.MULTIPLY: Op.MULTIPLY}


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
    last = {}
    for at, step in enumerate(steps):
        for operand in (*step.bytes_in, *step.numbers_in):
            last[operand] = at
    slots, numbers = _Room(), _Room()
    places: dict[int, int] = {}
    for at, step in enumerate(steps):
        if step.op is Op.ANSWER:
            to = step.row
        else:
            to = places[at] = (numbers if step.op in _NUMBERS else slots).take()
        code[at] = (step.op, to, *_operands(step, places))
        bounds[at] = (step.low, step.high)
        for operand in {*step.bytes_in, *step.numbers_in}:
            if last[operand] == at:
                (numbers if steps[operand].op in _NUMBERS else slots).give(places[operand])
    return code, bounds, slots.count, numbers.count


def _operands(step: _Step, places: dict[int, int]) -> tuple[int, int]:
    """Return both operands as the machine reads them, see `Op`."""
    bytes_in, numbers_in = [places[at] for at in step.bytes_in], [places[at] for at in step.numbers_in]
    match step.op:
        case Op.TEST_ROW:
            return step.row, bytes_in[0]
        case Op.TEST_NUMBER:
            return numbers_in[0], bytes_in[0]
        case Op.STATE_ROW | Op.LOAD | Op.CONSTANT:
            return step.row, 0
        case Op.ANSWER:
            return bytes_in[0], 0
        case _:
            found = [*bytes_in, *numbers_in, 0, 0]
            return found[0], found[1]
