"""People wrongly stopped: most appeal within the hour, with the reference they were told; some never do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from stopline.nation.events import Appellant
from stopline.nation.messages import fill, texts
from stopline.nation.scene import Scene
from stopline.nation.truth import Wrong

_APPEALS: Final = 0.7


class Grievances:
    """Remembers who was wronged and lets them appeal, each once."""

    def __init__(
        self,
        rng: np.random.Generator,
        scene: Scene,
        *,
        shopkeepers: Collection[str],
    ) -> None:
        self._rng = rng
        self._agenda = scene.agenda
        self._truth = scene.truth
        self._instant = scene.calendar.instant
        self._shopkeepers = frozenset(shopkeepers)
        self._known: set[str] = set()
        self._due: list[Appellant] = []

    def take_due(self) -> tuple[Appellant, ...]:
        """Return who appeals now."""
        due, self._due = tuple(self._due), []
        return due

    def wronged(self, person: str, reference: str, at_s: float) -> None:
        """A lawful line's holder was told a reference; without one nobody can appeal."""
        if not reference or reference in self._truth.wrongs or person in self._known:
            return
        self._known.add(person)
        wrong = Wrong(person=person, at_s=at_s)
        self._truth.wrongs[reference] = wrong
        if self._rng.random() > _APPEALS:
            return
        truth_id = len(self._truth.wrongs) - 1
        due_s = at_s + self._rng.uniform(5, 60) * 60
        self._agenda.put(due_s, lambda now: self._appeal(now, wrong, reference, truth_id))

    def _appeal(self, at_s: float, wrong: Wrong, reference: str, truth_id: int) -> None:
        wrong.appealed_s = at_s
        words = texts()["appeals"]["account" if wrong.person in self._shopkeepers else "line"]
        self._due.append(
            Appellant(
                at=self._instant(at_s),
                reference=reference,
                contact=wrong.person,
                statement=fill(self._rng, words[int(self._rng.integers(0, len(words)))]),
                truth_id=truth_id,
            )
        )
