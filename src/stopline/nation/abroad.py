"""The den abroad: who is held there, who came to work, and what a joint working group finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from stopline.nation.events import DenFinding
from stopline.nation.messages import texts
from stopline.nation.syndicates import Papers, Part, Person, person
from stopline.nation.truth import Truth

PLACE: Final = "Riverside road, block 7"
_HELD: Final = 9
_COERCED: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Inmate:
    """Somebody in the den; `coerced` is the truth that a screening is to find."""

    person: Person
    coerced: bool
    circumstances: str
    role_claimed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Den:
    """One den: the people in it before the day's recruits came."""

    syndicate: int
    inmates: tuple[Inmate, ...]

    def finding(self) -> DenFinding:
        """Return what a working group reports: the place, evidence, and everybody it met."""
        body: dict[str, object] = {
            "place": PLACE,
            "evidence": [
                {"kind": "photo", "ref": "WG-0310-01", "note": "rows of desks, scripts in Chinese on the walls"},
                {"kind": "device_list", "ref": "WG-0310-02", "note": "gateways calling under false numbers"},
                {"kind": "statement", "ref": "WG-0310-03", "note": "two who got out describe guards, locked floors"},
            ],
            "persons": [
                {
                    "name": inmate.person.name,
                    "name_latin": inmate.person.name_latin,
                    "birth_on": inmate.person.birth_on,
                    "document_no": inmate.person.document_no,
                    "role_claimed": inmate.role_claimed,
                    "circumstances": inmate.circumstances,
                }
                for inmate in self.inmates
            ],
        }
        return DenFinding(body=body, truth_ids=tuple(range(len(self.inmates))))


def fill_den(rng: np.random.Generator, papers: Papers, truth: Truth, *, syndicate: int) -> Den:
    """Return a den with its people, most of them held against their will; the truth is told who."""
    words = texts()["circumstances"]
    inmates = []
    for place in range(_HELD):
        # one of each at least, whatever the draw
        coerced = place == 0 or (place != 1 and bool(rng.random() < _COERCED))
        somebody = person(rng, Part.WORKER, syndicate=syndicate)
        papers[somebody.document_no] = somebody
        truth.coerced[somebody.document_no] = coerced
        told = words["coerced" if coerced else "willing"]
        inmates.append(
            Inmate(
                person=somebody,
                coerced=coerced,
                circumstances=told[int(rng.integers(0, len(told)))],
                role_claimed="caller" if coerced or rng.random() < 0.5 else "team leader",
            )
        )
    return Den(syndicate=syndicate, inmates=tuple(inmates))
