"""Time is an argument: a Clock is handed down from the composition root."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the instant (UTC) and whether that instant can be trusted."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        ...

    def sure(self) -> bool:
        """Return whether the clock may ground a new measure."""
        ...


class SystemClock:
    """The machine's clock; it is unsure once it has been seen to run backwards by more than a second."""

    def __init__(self) -> None:
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Return the machine's instant, in UTC."""
        instant = datetime.now(UTC)
        self._latest = max(self._latest, instant)
        return instant

    def sure(self) -> bool:
        """Return False after the machine's time stepped back."""
        return datetime.now(UTC) > self._latest - timedelta(seconds=1)


class SetClock:
    """A clock that stands until it is moved; it never moves back."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)
        self._sure = True

    def now(self) -> datetime:
        """Return the instant it was last set to."""
        return self._at

    def sure(self) -> bool:
        """Return whether the clock was declared trustworthy."""
        return self._sure

    def move_to(self, at: datetime) -> None:
        """Move forward to an instant; an earlier one makes the clock unsure instead of moving it."""
        if at < self._at:
            self._sure = False
            return
        self._at = at.astimezone(UTC)

    def declare(self, *, sure: bool) -> None:
        """Say whether the clock can be trusted."""
        self._sure = sure


def micros(at: datetime) -> int:
    """Return whole microseconds since 1970-01-01 UTC; exact, without a float in between."""
    return (at - _EPOCH) // _MICROSECOND


def instant(value_us: int) -> datetime:
    """Return the UTC instant of whole microseconds since 1970-01-01."""
    return _EPOCH + timedelta(microseconds=value_us)


_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
