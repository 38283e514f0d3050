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
    """What an instruction does; s is a column of answers, n a row of features or (below 0) a column of numbers.

    There are no more than it takes: a - b is a + -1 * b, a <= b is NOT b < a, and what is quick here is quick there.
    """

    STATE = 0  # s = 3 known, 0 not known, 4 overflow, of n
    TEST = 1  # s = low <= n <= high, of which the state s tells what is known
    LESS = 2  # s = whether n < n
    AND = 3  # s = of s and s
    OR = 4
    NOT = 5
    IS_UNKNOWN = 6  # s = whether the state s is 0
    ANSWER = 7  # the answer of a rule = s
    FILL = 8  # n = a constant
    ADD = 9  # n = of n and n
    MULTIPLY = 10
    RATIO = 11


@compiled(allocates=False)
def run_program(  # noqa: PLR0913, PLR0917 - kernels hand plain values on
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
            if op <= Op.LESS:
                left = features[a, first : first + size] if a >= 0 else numbers[-1 - a]
                if op == Op.LESS:
                    right = features[b, first : first + size] if b >= 0 else numbers[-1 - b]
                    _less(slots[to], left, right, size)
                else:
                    _ask(op, slots[to], slots[b], left, bounds[place], size)
            elif op < Op.ANSWER:
                _combine(op, slots[to], slots[a], slots[b], size)
            elif op == Op.ANSWER:
                _combine(op, answers[to, first : first + size], slots[a], slots[a], size)
            elif op == Op.FILL:
                for row in range(size):
                    numbers[-1 - to, row] = bounds[place, 0]
            else:
                left = features[a, first : first + size] if a >= 0 else numbers[-1 - a]
                right = features[b, first : first + size] if b >= 0 else numbers[-1 - b]
                _calculate(op, numbers[-1 - to], left, right, size)


@compiled(
    "void(int32[:, ::1], float64[:, ::1], float64[:, ::1], int64, uint8[:, ::1], float64[:, ::1], uint8[:, ::1])",
    allocates=False,
)
def answer_rows(  # noqa: PLR0913, PLR0917 - the parts of `run_program`
    code: I32, bounds: F64, features: F64, count: int, slots: U8, numbers: F64, answers: U8
) -> None:
    """Run a program by itself; see `run_program`."""
    run_program(code, bounds, features, count, slots, numbers, answers)


@compiled(allocates=False)
def _ask(op: int, to: U8, state: U8, values: F64, bounds: F64, size: int) -> None:
    low, high = bounds[0], bounds[1]
    if op == Op.TEST:
        for row in range(size):
            value = values[row]
            within = np.uint8(5) if (value >= low) & (value <= high) else np.uint8(6)
            to[row] = within & state[row]
    else:
        for row in range(size):
            value = values[row]
            known = np.uint8(3) if abs(value) < np.inf else np.uint8(4)
            to[row] = known if value == value else np.uint8(0)  # noqa: PLR0124 - NaN is not equal to itself


@compiled(allocates=False)
def _less(to: U8, left: F64, right: F64, size: int) -> None:
    for row in range(size):
        a, b = left[row], right[row]
        decided = np.uint8(1) if a < b else np.uint8(2)
        known = decided if (abs(a) < np.inf) & (abs(b) < np.inf) else np.uint8(4)
        to[row] = known if (a == a) & (b == b) else np.uint8(0)  # noqa: PLR0124 - NaN is not equal to itself


@compiled(allocates=False)
def _combine(op: int, to: U8, left: U8, right: U8, size: int) -> None:
    """Write the answers made of others; what overflowed stands where nothing decides, before what is not known."""
    if op == Op.AND:
        for row in range(size):
            either = left[row] | right[row]
            yes, no = left[row] & right[row] & np.uint8(1), either & np.uint8(2)
            to[row] = yes | no | (either & np.uint8(4) & ~(no << np.uint8(1)))
    elif op == Op.OR:
        for row in range(size):
            either = left[row] | right[row]
            no, yes = left[row] & right[row] & np.uint8(2), either & np.uint8(1)
            to[row] = yes | no | (either & np.uint8(4) & ~(yes << np.uint8(2)))
    elif op == Op.NOT:
        for row in range(size):
            a = left[row]
            to[row] = ((a & np.uint8(1)) << np.uint8(1)) | ((a & np.uint8(2)) >> np.uint8(1)) | (a & np.uint8(4))
    elif op == Op.IS_UNKNOWN:
        for row in range(size):
            to[row] = np.uint8(1) if left[row] == 0 else np.uint8(2)
    else:
        for row in range(size):
            to[row] = left[row]


@compiled(allocates=False)
def _calculate(op: int, to: F64, left: F64, right: F64, size: int) -> None:
    if op == Op.ADD:
        for row in range(size):
            to[row] = _sound(left[row] + right[row], left[row], right[row])
    elif op == Op.MULTIPLY:
        for row in range(size):
            to[row] = _sound(left[row] * right[row], left[row], right[row])
    else:
        for row in range(size):
            part, whole = left[row], right[row]
            divisor = whole if whole != 0.0 else np.nan
            by = np.nan if abs(whole) == np.inf else divisor  # a part of infinity is no number, and not 0
            to[row] = _sound(part / by, part, divisor)


@compiled(allocates=False)
def _sound(result: float, left: float, right: float) -> float:
    """Return a result as the machine writes it: NaN where an operand is not known, infinity where it overflowed."""
    sound = result if abs(result) < np.inf else np.inf
    return sound if (left == left) & (right == right) else np.nan  # noqa: PLR0124 - NaN is not equal to itself
