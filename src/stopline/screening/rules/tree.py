"""What a checked condition means, apart from how it was written: the one tree that every back-end answers from.

Answers have four values. A decided part is *yes* or *no*. What rests on a feature that is not known is *undecided*.
What rests on a number too large for a double is an *overflow*. A decided part settles AND and OR whatever the others
say; of the rest an overflow is named before what is merely undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum


class Outcome(IntEnum):
    """The answer of a condition to one row, as the machine writes it: one bit each."""

    UNDECIDED = 0
    HIT = 1
    NOT = 2
    OVERFLOW = 4


class Operator(StrEnum):
    """Arithmetic on doubles; only a written number divides."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"


class Order(Enum):
    """How two numbers are compared."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    EQUAL = "="
    UNEQUAL = "<>"


@dataclass(frozen=True, slots=True)
class Constant:
    """A written number."""

    value: float


@dataclass(frozen=True, slots=True)
class Read:
    """A feature that is a number."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers added, subtracted, multiplied or divided."""

    operator: Operator
    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class Ratio:
    """One number divided by another; not known where the second is 0."""

    part: Number
    whole: Number


Number = Constant | Read | Arithmetic | Ratio


@dataclass(frozen=True, slots=True)
class Always:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class Flag:
    """A feature that is a yes or no."""

    name: str


@dataclass(frozen=True, slots=True)
class IsUnknown:
    """Whether a feature is not known; this is always decided."""

    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two numbers compared."""

    order: Order
    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class Between:
    """A number within two bounds, both included."""

    number: Number
    low: Number
    high: Number


@dataclass(frozen=True, slots=True)
class AmongNumbers:
    """A number that is one of a few."""

    number: Number
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class AmongTexts:
    """A text feature that is one of a few; none of them means never."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """A text feature without named values that begins with digits, or with a plus sign and digits."""

    name: str
    prefix: str


@dataclass(frozen=True, slots=True)
class SameText:
    """Two text features that are equal."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class SameAnswer:
    """Two conditions with one answer; undecided where either is."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """AND of two or more."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """OR of two or more."""

    parts: tuple[Condition, ...]


Condition = (
    Always
    | Flag
    | IsUnknown
    | Comparison
    | Between
    | AmongNumbers
    | AmongTexts
    | Prefix
    | SameText
    | SameAnswer
    | Not
    | AllOf
    | AnyOf
)


def parts_of(tree: Condition | Number) -> Iterator[Condition | Number]:
    """Iterate over a tree and all below it, so that its size can be counted."""
    waiting: list[Condition | Number] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case AllOf(parts) | AnyOf(parts):
                waiting += parts
            case Not(inner):
                waiting.append(inner)
            case SameAnswer(left, right) | Comparison(_, left, right) | Arithmetic(_, left, right) | Ratio(left, right):
                waiting += (left, right)
            case Between(number, low, high):
                waiting += (number, low, high)
            case AmongNumbers(number, _):
                waiting.append(number)
            case _:
                pass
