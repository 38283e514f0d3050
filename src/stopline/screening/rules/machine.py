"""The machine: one kernel that answers all rules of a program on columns of features.

A program is plain arrays, so that a changed pack is another few arrays and nothing is compiled. The kernel walks over
blocks of 512 rows; each instruction works on a whole block, which stays in the processor's first caches. An answer is
one byte with one bit set, as in `Outcome`: 1 yes, 2 no, 4 overflow, and 0 undecided.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.compiled import compiled

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

BLOCK: Final = 512
"""Rows a block: a column of features is 4 KB of it, a column of answers 512 bytes."""
CODE_COLUMNS: Final = 4
"""Of an instruction: what to do, where the result goes, and two operands."""
BOUND_COLUMNS: Final = 2
"""Of an instruction: the lowest and the highest value of an interval, or a constant."""


class Op(IntEnum):
    """What an instruction does; r is a row of features, s a column of answers, n a column of numbers."""

    STATE_ROW = 0  # s = 3 known, 0 not known, 4 overflow, of r
    STATE_NUMBER = 1  # the same of n
    TEST_ROW = 2  # s = low <= r <= high, of which s already tells what is known
    TEST_NUMBER = 3  # the same of n
    IS_UNKNOWN = 4  # s = whether the state s is 0
    CONSTANT = 5  # s = TRUE or FALSE
    AND = 6
    OR = 7
    NOT = 8
    SAME = 9  # s = whether two answers are one
    LOAD = 10  # n = r
    FILL = 11  # n = a constant
    ADD = 12
    SUBTRACT = 13
    MULTIPLY = 14
    RATIO = 15
    ADD_CONSTANT = 16
    MULTIPLY_CONSTANT = 17
    DIVIDE_CONSTANT = 18
    LESS = 19  # s = whether n < n
    AT_MOST = 20
    EQUAL = 21
    ANSWER = 22  # the answer of a rule = s


@compiled()
def run_program(  # noqa: C901, PLR0912, PLR0913, PLR0917 - one arm an instruction is the machine
    code: I32, bounds: F64, features: F64, count: int, slots: U8, numbers: F64, answers: U8
) -> None:
    """Write the answer of every rule to `count` rows; answers[rule, row] has one bit of `Outcome`, or none.

    `code` is int32[instructions, 4], `bounds` float64[instructions, 2]; `features` is float64[features, >= count]
    with NaN where not known and an infinity where a number overflowed; `slots` uint8[slots, 512] and `numbers`
    float64[slots, 512] are room to work in.
    """
    for first in range(0, count, BLOCK):
        size = min(BLOCK, count - first)
        for place in range(len(code)):
            op, to, a, b = code[place, 0], code[place, 1], code[place, 2], code[place, 3]
            low, high = bounds[place, 0], bounds[place, 1]
            if op == Op.TEST_ROW:
                _test(slots[to], slots[b], features[a, first : first + size], low, high, size)
            elif op == Op.AND:
                _and(slots[to], slots[a], slots[b], size)
            elif op == Op.OR:
                _or(slots[to], slots[a], slots[b], size)
            elif op == Op.NOT:
                _not(slots[to], slots[a], size)
            elif op == Op.ANSWER:
                _copy(answers[to, first : first + size], slots[a], size)
            elif op == Op.STATE_ROW:
                _state(slots[to], features[a, first : first + size], size)
            elif op == Op.STATE_NUMBER:
                _state(slots[to], numbers[a], size)
            elif op == Op.TEST_NUMBER:
                _test(slots[to], slots[b], numbers[a], low, high, size)
            elif op == Op.IS_UNKNOWN:
                _is_unknown(slots[to], slots[a], size)
            elif op == Op.CONSTANT:
                _constant(slots[to], a, size)
            elif op == Op.SAME:
                _same(slots[to], slots[a], slots[b], size)
            elif op == Op.LOAD:
                _load(numbers[to], features[a, first : first + size], size)
            elif op == Op.FILL:
                _fill(numbers[to], low, size)
            elif op <= Op.RATIO:
                _calculate(op, numbers[to], numbers[a], numbers[b], size)
            elif op <= Op.DIVIDE_CONSTANT:
                _calculate_constant(op, numbers[to], numbers[a], low, size)
            else:
                _compare(op, slots[to], numbers[a], numbers[b], size)


@compiled("void(int32[:, ::1], float64[:, ::1], float64[:, ::1], int64, uint8[:, ::1], float64[:, ::1], uint8[:, ::1])")
def answer_rows(  # noqa: PLR0913, PLR0917 - the parts of `run_program`
    code: I32, bounds: F64, features: F64, count: int, slots: U8, numbers: F64, answers: U8
) -> None:
    """Run a program by itself; see `run_program`."""
    run_program(code, bounds, features, count, slots, numbers, answers)


@compiled()
def _state(to: U8, values: F64, size: int) -> None:
    for row in range(size):
        value = values[row]
        known = np.uint8(3) if abs(value) < np.inf else np.uint8(4)
        to[row] = known if value == value else np.uint8(0)  # noqa: PLR0124 - NaN is not equal to itself


@compiled()
def _test(to: U8, state: U8, values: F64, low: float, high: float, size: int) -> None:
    for row in range(size):
        value = values[row]
        within = np.uint8(5) if (value >= low) & (value <= high) else np.uint8(6)
        to[row] = within & state[row]


@compiled()
def _is_unknown(to: U8, state: U8, size: int) -> None:
    for row in range(size):
        to[row] = np.uint8(1) if state[row] == 0 else np.uint8(2)


@compiled()
def _constant(to: U8, value: int, size: int) -> None:
    for row in range(size):
        to[row] = np.uint8(value)


@compiled()
def _and(to: U8, left: U8, right: U8, size: int) -> None:
    for row in range(size):
        a, b = left[row], right[row]
        either = np.uint8(a | b)
        yes, no = np.uint8(a & b & np.uint8(1)), np.uint8(either & np.uint8(2))
        overflow = np.uint8(either & np.uint8(4) & ~np.uint8(no + no))
        to[row] = yes | no | overflow


@compiled()
def _or(to: U8, left: U8, right: U8, size: int) -> None:
    for row in range(size):
        a, b = left[row], right[row]
        either = np.uint8(a | b)
        no, yes = np.uint8(a & b & np.uint8(2)), np.uint8(either & np.uint8(1))
        overflow = np.uint8(either & np.uint8(4) & ~np.uint8(yes + yes + yes + yes))
        to[row] = yes | no | overflow


@compiled()
def _not(to: U8, inner: U8, size: int) -> None:
    for row in range(size):
        a = inner[row]
        yes, no = np.uint8(a & np.uint8(1)), np.uint8(a & np.uint8(2))
        to[row] = np.uint8(yes + yes) | np.uint8(no >> np.uint8(1)) | np.uint8(a & np.uint8(4))


@compiled()
def _same(to: U8, left: U8, right: U8, size: int) -> None:
    for row in range(size):
        a, b = left[row], right[row]
        found = np.uint8(1) if a == b else np.uint8(2)
        known = found if (a != 0) & (b != 0) else np.uint8(0)
        to[row] = np.uint8(4) if (a | b) & np.uint8(4) != 0 else known


@compiled()
def _copy(to: U8, values: U8, size: int) -> None:
    for row in range(size):
        to[row] = values[row]


@compiled()
def _load(to: F64, values: F64, size: int) -> None:
    for row in range(size):
        to[row] = values[row]


@compiled()
def _fill(to: F64, value: float, size: int) -> None:
    for row in range(size):
        to[row] = value


@compiled()
def _calculate(op: int, to: F64, left: F64, right: F64, size: int) -> None:
    if op == Op.ADD:
        for row in range(size):
            to[row] = _sound(left[row] + right[row], left[row], right[row])
    elif op == Op.SUBTRACT:
        for row in range(size):
            to[row] = _sound(left[row] - right[row], left[row], right[row])
    elif op == Op.MULTIPLY:
        for row in range(size):
            to[row] = _sound(left[row] * right[row], left[row], right[row])
    else:
        for row in range(size):
            part, whole = left[row], right[row]
            divisor = whole if whole != 0.0 else np.nan
            by = np.nan if abs(whole) == np.inf else divisor  # a part of infinity is no number, and not 0
            to[row] = _sound(part / by, part, divisor)


@compiled()
def _calculate_constant(op: int, to: F64, left: F64, value: float, size: int) -> None:
    if op == Op.ADD_CONSTANT:
        for row in range(size):
            to[row] = _sound(left[row] + value, left[row], value)
    elif op == Op.MULTIPLY_CONSTANT:
        for row in range(size):
            to[row] = _sound(left[row] * value, left[row], value)
    else:
        for row in range(size):
            to[row] = _sound(left[row] / value, left[row], value)


@compiled()
def _sound(result: float, left: float, right: float) -> float:
    """Return a result as the machine writes it: NaN where an operand is not known, infinity where it overflowed."""
    sound = result if abs(result) < np.inf else np.inf
    return sound if (left == left) & (right == right) else np.nan  # noqa: PLR0124 - NaN is not equal to itself


@compiled()
def _compare(op: int, to: U8, left: F64, right: F64, size: int) -> None:
    for row in range(size):
        a, b = left[row], right[row]
        if op == Op.LESS:
            found = a < b
        elif op == Op.AT_MOST:
            found = a <= b
        else:
            found = a == b
        decided = np.uint8(1) if found else np.uint8(2)
        known = decided if (abs(a) < np.inf) & (abs(b) < np.inf) else np.uint8(4)
        to[row] = known if (a == a) & (b == b) else np.uint8(0)  # noqa: PLR0124 - NaN is not equal to itself
