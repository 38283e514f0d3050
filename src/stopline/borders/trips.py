"""Organisers of illegal crossing: the same hand brings out different people who do not come back. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from stopline.borders.records import TripLeg

KEPT = timedelta(hours=24)
_JOURNEY = timedelta(minutes=30)  # legs of one vehicle or party within this are one journey
_PARTY_MOST = 8  # more are a coach or a train: sharing one says nothing
_JOURNEYS_LEAST = 2
_ESCORTED_LEAST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One person who went out on several journeys with different people, none of whom returned."""

    escort: str
    escorted: tuple[str, ...]
    legs: tuple[str, ...]


def pattern(legs: Sequence[TripLeg], returned: Collection[str]) -> Pattern | None:
    """Return the pattern of an escort in one day of a vehicle or party, or None.

    A family that goes out once shows none, nor do commuters, who come back.
    """
    journeys = _journeys(sorted((leg for leg in legs if leg.out), key=lambda leg: (leg.at, leg.id)))
    on_journeys: defaultdict[str, set[int]] = defaultdict(set)
    for index, journey in enumerate(journeys):
        for leg in journey:
            on_journeys[leg.traveller].add(index)
    for escort, on in sorted(on_journeys.items(), key=lambda item: (-len(item[1]), item[0])):
        if len(on) < _JOURNEYS_LEAST:
            break
        gone = [leg for i in sorted(on) for leg in journeys[i] if _once(leg, escort, on_journeys, returned)]
        different = {index for index in on if any(leg in journeys[index] for leg in gone)}
        people = sorted({leg.traveller for leg in gone})
        if len(people) >= _ESCORTED_LEAST and len(different) >= _JOURNEYS_LEAST:
            return Pattern(escort=escort, escorted=tuple(people), legs=tuple(leg.id for leg in gone))
    return None


def _once(leg: TripLeg, escort: str, on_journeys: dict[str, set[int]], returned: Collection[str]) -> bool:
    """Return whether a leg is of somebody who was brought out: once, and not back."""
    return leg.traveller != escort and len(on_journeys[leg.traveller]) == 1 and leg.traveller not in returned


def _journeys(legs: Sequence[TripLeg]) -> list[list[TripLeg]]:
    """Split the legs out, in order of time, into journeys of a party."""
    journeys: list[list[TripLeg]] = []
    for leg in legs:
        if journeys and leg.at - journeys[-1][0].at <= _JOURNEY:
            journeys[-1].append(leg)
        else:
            journeys.append([leg])
    return [journey for journey in journeys if len(journey) <= _PARTY_MOST]
