"""How officers work an inbox: waiting, forms, another hand after a refusal, a session that ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stopline.nation.client import Doors
from stopline.nation.officers import Desk, level_by_level
from stopline.nation.routine import Login, Page, Routine, Staff, Step, chance, filled, told
from tests.unit.nation_doors.conftest import SmallCentre

START = datetime(2026, 3, 9, 22, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXP"
NAMES = ("duty1", "duty2", "reviewer1", "head-0101", "head-01", "head-nation", "executor1")


def staff_of(doors: Doors, *routines: Routine, wrong: bool = False, names: tuple[str, ...] = NAMES) -> Staff:
    logins = {
        name: Login(name=name, password="wrong horse" if wrong else "right horse", totp_secret=SECRET) for name in names
    }
    return Staff(doors, logins, routines, 1, START)


def live(staff: Staff, minutes: int) -> None:
    for minute in range(minutes):
        staff.minute(START + timedelta(minutes=minute))


def test_step_is_taken_once_and_not_before_its_wait(centre: SmallCentre, doors: Doors) -> None:
    centre.rows["report"] = [{"id": "r1", "state": "received"}]
    routine = Routine(
        thing="report", states=("received",), hands=("duty1",), judge=lambda page, staff: Step(act="accept"),
        wait=(3, 3), every=1,
    )  # fmt: skip
    staff = staff_of(doors, routine)
    live(staff, 3)
    assert centre.posted == []
    live_on = [START + timedelta(minutes=minute) for minute in range(3, 8)]
    for at in live_on:
        staff.minute(at)
    assert centre.posted == [("/api/v1/report/r1/accept", {}, "duty1")]
    assert staff.done == {"report.accept": 1}


def test_refused_step_goes_up_the_ladder(centre: SmallCentre, doors: Doors) -> None:
    centre.rows["measure"] = [{"id": "m1", "state": "reviewed", "area": "0101", "entry_id": "E"}]
    centre.refusals["approve", "head-0101"] = ["AuthorityTooLow"]
    desk = Desk(1)
    routine = Routine(
        thing="measure", states=("reviewed",), hands=level_by_level, judge=desk.approve, wait=(0, 0), every=1
    )
    staff = staff_of(doors, routine)
    live(staff, 4)
    assert [(path, login) for path, _, login in centre.posted] == [("/api/v1/measure/m1/approve", "head-01")]
    assert staff.refused == {"measure.approve AuthorityTooLow": 1}


def test_measure_that_needs_more_than_one_signature_is_reviewed_instead(centre: SmallCentre, doors: Doors) -> None:
    centre.rows["measure"] = [{"id": "m1", "state": "drafted", "entry_id": "E", "kind": "restrict_line"}]
    for login in ("duty1", "duty2", "duty3"):
        centre.refusals["sign", login] = ["SameHand"]
    desk = Desk(1)
    routine = Routine(
        thing="measure", states=("drafted",), hands=("duty1", "duty2"), judge=desk.sign, wait=(0, 0), every=1
    )
    live(staff_of(doors, routine), 3)
    assert [(path, login) for path, _, login in centre.posted] == [("/api/v1/measure/m1/review", "reviewer1")]


def test_session_that_ended_is_opened_again(centre: SmallCentre, doors: Doors) -> None:
    centre.rows["report"] = []
    staff = staff_of(doors)
    staff.rows("duty1", "report")
    centre.sessions.clear()
    centre.rows["report"] = [{"id": "r1"}]
    assert staff.rows("duty1", "report") == [{"id": "r1"}]


def test_wrong_password_sees_nothing_and_is_counted(centre: SmallCentre, doors: Doors) -> None:
    centre.rows["report"] = [{"id": "r1"}]
    staff = staff_of(doors, wrong=True)
    assert staff.rows("duty1", "report") == []
    assert staff.refused == {"session NotSignedIn": 1}


def test_two_duties_of_one_inbox_cost_one_look(centre: SmallCentre, doors: Doors) -> None:
    centre.rows["measure"] = []
    duties = [
        Routine(thing="measure", states=(state,), hands=("duty1",), judge=lambda page, staff: None, every=1)
        for state in ("drafted", "reviewed")
    ]
    staff = staff_of(doors, *duties)
    live(staff, 4)
    assert doors.asked_count == 1 + 4  # one sign-in


def test_nobody_looks_before_somebody_rings(centre: SmallCentre, doors: Doors) -> None:
    centre.rows["hit"] = [{"id": "h1", "state": "raised"}]
    routine = Routine(
        thing="hit", states=("raised",), hands=("duty1",), judge=lambda page, staff: None, every=1, when=lambda: False
    )
    live(staff_of(doors, routine), 3)
    assert doors.asked_count == 0


FORM = [
    {"name": "reason", "kind": "long_text", "required": True},
    {"name": "choice", "kind": "choice", "required": True, "choices": ["same", "different"]},
    {"name": "note", "kind": "text", "required": False},
]


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({}, {"reason": "read and checked", "choice": "same"}),
        ({"choice": "different", "unknown": 1}, {"reason": "read and checked", "choice": "different"}),
        ({"reason": "x", "note": "y"}, {"reason": "x", "choice": "same", "note": "y"}),
    ],
)
def test_form_is_filled_with_what_is_said_and_nothing_it_does_not_ask(
    given: dict[str, Any], body: dict[str, Any]
) -> None:
    assert filled(FORM, given) == body


def test_without_a_page_the_body_goes_as_it_is() -> None:
    assert filled(None, {"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("evidence", "weight", "choice"),
    [
        ([{"kind": "account"}, {"kind": "line"}], 1.0, "same"),
        ([{"kind": "account"}], 9.0, "same"),
        ([{"kind": "typology"}], 1.0, "different"),
        ([], 0.0, "different"),
    ],
)
def test_analyst_joins_by_the_evidence_that_the_page_shows(
    evidence: list[dict[str, Any]], weight: float, choice: str
) -> None:
    desk = Desk(1)
    page = Page(record={"id": "j", "evidence": evidence, "weight": weight}, acts={}, history=())
    step = desk.join(page, None)  # type: ignore[arg-type]  # the page says it all
    assert step is not None
    assert step.body["choice"] == choice


def test_ladder_begins_where_the_measure_lies() -> None:
    assert level_by_level({"area": "010101"}) == ("head-010101", "head-0101", "head-01", "head-nation", "head-nation2")
    assert level_by_level({"area": ""}) == ("head-nation", "head-nation2")


def test_wait_depends_on_what_a_row_says_and_not_on_its_id(centre: SmallCentre, doors: Doors) -> None:
    rows = [{"id": f"01KKAY84Q0CQKFERDE8PKP50N{tail}", "state": "received", "phone": "1"} for tail in "48"]
    assert told(rows[0]) == told(rows[1])
    assert chance(1, told(rows[0])).random() == chance(1, told(rows[1])).random()
    assert told({**rows[0], "phone": "2"}) != told(rows[0])
