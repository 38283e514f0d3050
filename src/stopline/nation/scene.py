"""What every part of the country shares: its people, its money, what is due, the truth, and its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stopline.kernel.clock import instant as instant_of
from stopline.kernel.clock import micros
from stopline.nation.accounts import Vault
from stopline.nation.agenda import Agenda
from stopline.nation.population import Population
from stopline.nation.truth import Truth


@dataclass(frozen=True, slots=True)
class Calendar:
    """Turns local seconds of the day into instants and back."""

    midnight_us: int

    def instant(self, at_s: float) -> datetime:
        """Return the UTC instant of a local second of the day."""
        return instant_of(self.midnight_us + int(at_s * 1_000_000))

    def second(self, at: datetime) -> float:
        """Return the local second of the day of an instant."""
        return (micros(at) - self.midnight_us) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The shared parts of one country."""

    people: Population
    vault: Vault
    agenda: Agenda
    truth: Truth
    calendar: Calendar
