"""The stations and the lead of dissuasion: officers who go to people's doors; and the editors of lessons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from stopline.nation.events import VisitOutcome
from stopline.nation.routine import Page, Routine, Row, Staff, Step
from stopline.nation.world import World

_LEAD = "lead-dissuasion"
_EDITORS = ("editor2", "editor1")


def own_station(row: Row) -> tuple[str, ...]:
    """Return the station of a visit's district; the lead reads the inbox for all of them."""
    district = str(row.get("district") or "")
    return (f"station-{district}",) if district else (_LEAD,)


@dataclass(slots=True)
class Stations:
    """How stations and editors judge what lies in their inboxes; `reached` is who was met, and when."""

    world: World
    reached: dict[str, datetime] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)

    def duties(self) -> list[Routine]:
        """Return the table of duties; waits are the minutes of the road and of the talk."""
        part = "dissuasion"
        return [
            Routine(thing="visit", states=("issued",), hands=(_LEAD,), judge=_dispatch, wait=(1, 2), part=part,
                    at_a_glance=True),
            Routine(thing="visit", states=("dispatched",), hands=own_station, judge=_sign, wait=(1, 4), part=part,
                    at_a_glance=True),
            Routine(thing="visit", states=("signed",), hands=own_station, judge=self.meet, wait=(10, 40), part=part),
            Routine(thing="visit", states=("met",), hands=own_station, judge=_follow_up, wait=(30, 60), part=part,
                    every=10, column="state"),
            Routine(thing="lesson", states=("drafted",), hands=_EDITORS, judge=_review, every=6, part="education"),
            Routine(thing="lesson", states=("reviewed",), hands=("editor1",), judge=_publish, every=6,
                    part="education"),
        ]  # fmt: skip

    def meet(self, page: Page, staff: Staff) -> Step | None:
        """Stand at the door and write down what happened there."""
        person = str(page.record.get("person", ""))
        outcome = self.world.visited(person, staff.at)
        self.outcomes[outcome.value] += 1
        match outcome:
            case VisitOutcome.MET:
                self.reached.setdefault(person, staff.at)
                return Step(act="meet", body={"outcome": "dissuaded"}, news="somebody at risk was met in time")
            case VisitOutcome.ALREADY_PAID:
                self.reached.setdefault(person, staff.at)
                return Step(act="meet", body={"outcome": "had_paid"})
            case VisitOutcome.REFUSED:
                return Step(act="refuse")
            case VisitOutcome.NOT_FOUND:
                return Step(act="not_found")


def _dispatch(page: Page, _staff: Staff) -> Step | None:
    district = str(page.record.get("district") or "")
    return Step(act="dispatch", body={"district": district} if district else {"district": "010101"})


def _sign(_page: Page, _staff: Staff) -> Step:
    return Step(act="sign")


def _follow_up(page: Page, _staff: Staff) -> Step | None:
    if page.record.get("follow_up_due_at") is None:
        return None  # the first follow-up falls due tomorrow
    return Step(act="follow_up", body={"result": "safe"})


def _review(_page: Page, _staff: Staff) -> Step:
    return Step(act="review", hands=_EDITORS)


def _publish(page: Page, _staff: Staff) -> Step:
    return Step(act="publish", news=f"a lesson on {page.record.get('typology', '')} went out")
