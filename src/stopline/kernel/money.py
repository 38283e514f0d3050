"""Money is an integer of minor units and a currency; there is no float anywhere on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stopline.kernel.errors import BadField

_MOST_MINOR = 10**17  # a thousand trillion of a two-digit currency: anything above is a mistake


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount that is never negative, in minor units of one currency (ISO 4217)."""

    minor: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise BadField(field="amount_minor", value=self.minor, why="an integer of minor units is needed")
        if not 0 <= self.minor <= _MOST_MINOR:
            raise BadField(field="amount_minor", value=self.minor, why=f"must lie between 0 and {_MOST_MINOR}")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise BadField(field="currency", value=self.currency, why="three capital letters, as in ISO 4217")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise BadField(field="currency", value=other.currency, why=f"cannot be added to {self.currency}")


def apportion(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights so that the parts add up to it exactly (largest remainder).

    Args are minor units and non-negative integer weights; ties go to the earlier weight.
    Raises BadField when a weight is negative or when money is to be split over nothing.
    """
    if total_minor < 0 or any(weight < 0 for weight in weights):
        raise BadField(field="weights", value=list(weights), why="amounts and weights cannot be negative")
    whole = sum(weights)
    if whole == 0:
        if total_minor:
            raise BadField(field="weights", value=list(weights), why=f"nobody to give {total_minor} to")
        return [0] * len(weights)
    shares = [total_minor * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(total_minor * weights[place] % whole), place))
    for place in by_remainder[: total_minor - sum(shares)]:
        shares[place] += 1
    return shares
