"""People at the border: ordinary travellers, organisers with recruits, fugitives, and their namesakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from stopline.nation.events import Crossing
from stopline.nation.scene import Scene
from stopline.nation.syndicates import Papers, Part, Person, Syndicate, person
from stopline.nation.traffic import profile_times

PORTS: Final = ("G1", "G2")
_TRAVELLERS_A_HEAD: Final = 0.003
_FEWEST: Final = 40
_TRIPS_H: Final = (7.4, 10.2, 13.1, 16.0)  # when an organiser sets out with the next recruits
_FLIGHT_H: Final = (19.5, 23.0)
_DESTINATIONS: Final = ("KH", "TH", "MM", "LA", "VN", "SG")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Journey:
    at_s: float
    traveller: Person
    what: str
    outward: bool
    port: str
    vehicle: str
    trip: str
    destination: str
    companions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    vehicle: str
    port: str
    destination: str


class Roads:
    """Plans who stands at which port when; somebody caught does not come."""

    def __init__(
        self,
        rng: np.random.Generator,
        scene: Scene,
        *,
        arrive: Callable[[Crossing], None],
    ) -> None:
        self._rng = rng
        self._people = scene.people
        self._agenda = scene.agenda
        self._truth = scene.truth
        self._instant = scene.calendar.instant
        self._arrive = arrive
        self._serial = 0

    def plan(self, syndicates: tuple[Syndicate, ...], papers: Papers, *, begin_s: float) -> tuple[Person, ...]:
        """Put the day's journeys on the agenda; return the recruits who are taken abroad."""
        journeys = self._ordinary()
        recruits: list[Person] = []
        for syndicate in syndicates:
            if syndicate.spoofs:  # who works from abroad needs hands there
                taken, trips = self._organise(syndicate, papers)
                recruits += taken
                journeys += trips
            journeys += self._flights(syndicate)
        for journey in sorted(journeys, key=lambda journey: journey.at_s):
            if journey.at_s >= begin_s:
                self._agenda.put(journey.at_s, partial(self._stand, journey=journey))
        return tuple(recruits)

    def _ordinary(self) -> list[_Journey]:
        rng = self._rng
        count = max(_FEWEST, int(self._people.subscribers * _TRAVELLERS_A_HEAD))
        times = profile_times(rng, np.full(count, 6.2), np.full(count, 23.8)).tolist()
        out: list[_Journey] = []
        while len(out) < count:
            size = min(count - len(out), int(rng.choice(4, p=(0.6, 0.25, 0.1, 0.05))) + 1)
            party = [person(rng, Part.NOBODY) for _ in range(size)]
            out += self._party(times[len(out)], party, "ordinary", outward=bool(rng.random() < 0.5))
        return out

    def _organise(self, syndicate: Syndicate, papers: Papers) -> tuple[list[Person], list[_Journey]]:
        """An organiser takes two or three recruits at a time over the border, and comes back alone."""
        rng = self._rng
        organiser = person(rng, Part.ORGANISER, syndicate=syndicate.index)
        papers[organiser.document_no] = organiser
        self._truth.organisers.add(organiser.document_no)
        destination = "KH" if syndicate.index == 1 else "MM"
        way = _Way(vehicle=self._plate(), port=PORTS[syndicate.index % 2], destination=destination)
        recruits: list[Person] = []
        out: list[_Journey] = []
        for hour in _TRIPS_H:
            taken = [person(rng, Part.RECRUIT, syndicate=syndicate.index) for _ in range(2 + int(rng.random() < 0.4))]
            papers.update((somebody.document_no, somebody) for somebody in taken)
            recruits += taken
            at_s = hour * 3600 + rng.uniform(0, 1_500)
            out += self._party(at_s, [organiser, *taken], "recruit", outward=True, way=way)
            back_s = at_s + rng.uniform(4_800, 7_200)
            out += self._party(back_s, [organiser], "organiser", outward=False, way=way)
        for place, journey in enumerate(out):
            if journey.traveller is organiser:
                out[place] = replace(journey, what="organiser")
        return recruits, out

    def _flights(self, syndicate: Syndicate) -> list[_Journey]:
        """Some of a syndicate's people try to leave in the evening; people of their name travel too."""
        leaving = syndicate.people[Part.OPERATOR if syndicate.index % 2 == 0 else Part.KEY_MEMBER]
        for part in (Part.OPERATOR, Part.KEY_MEMBER, Part.CHANNEL_HOLDER, Part.CASH_COURIER):
            somebody = syndicate.people[part]
            self._truth.fugitives[somebody.document_no] = "border" if somebody is leaving else "hiding"
        out = self._party(self._rng.uniform(*_FLIGHT_H) * 3600, [leaving], "fugitive", outward=True)
        for _ in range(2):
            other = person(self._rng, Part.NOBODY)
            namesake = replace(other, name=leaving.name, name_latin=leaving.name_latin, sex=leaving.sex)
            out += self._party(self._rng.uniform(18.0, 23.2) * 3600, [namesake], "namesake", outward=True)
        return out

    def _party(
        self,
        at_s: float,
        party: list[Person],
        what: str,
        *,
        outward: bool,
        way: _Way | None = None,
    ) -> list[_Journey]:
        self._serial += 1
        way = way or self._some_way()
        return [
            _Journey(
                at_s=at_s + 20.0 * place,
                traveller=somebody,
                what=what,
                outward=outward,
                port=way.port,
                vehicle=way.vehicle,
                trip=f"TR{self._serial:06d}",
                destination=way.destination,
                companions=tuple(other.document_no for other in party if other is not somebody),
            )
            for place, somebody in enumerate(party)
        ]

    def _some_way(self) -> _Way:
        rng = self._rng
        return _Way(
            vehicle=self._plate() if rng.random() < 0.5 else "",
            port=PORTS[int(rng.random() < 0.4)],
            destination=_DESTINATIONS[int(rng.integers(0, len(_DESTINATIONS)))],
        )

    def _plate(self) -> str:
        return f"P{int(self._rng.integers(1, 5)):02d}-{int(self._rng.integers(10_000, 100_000))}"

    def _stand(self, at_s: float, journey: _Journey) -> None:
        traveller = journey.traveller
        if traveller.document_no in self._truth.caught_s:
            return
        truth_id = len(self._truth.travellers)
        self._truth.travellers[truth_id] = journey.what
        body: dict[str, object] = {
            "crossing_id": f"{journey.port}-{truth_id:07d}",
            "at": self._instant(at_s).isoformat(),
            "port": journey.port,
            "direction": "out" if journey.outward else "in",
            "name": traveller.name,
            "name_latin": traveller.name_latin,
            "birth_on": traveller.birth_on,
            "sex": traveller.sex,
            "document_kind": "passport",
            "document_no": traveller.document_no,
            "trip": journey.trip,
            "vehicle": journey.vehicle,
            "destination": journey.destination,
            "companions": list(journey.companions),
        }
        self._arrive(Crossing(at=self._instant(at_s), port=journey.port, body=body, truth_id=truth_id))
