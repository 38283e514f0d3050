from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stopline import cases
from stopline.dissuasion.desk import DissuasionDesk
from stopline.dissuasion.lessons import Lesson, LessonState
from stopline.dissuasion.records import (
    Telling,
    Visit,
    VisitState,
    Warning,  # noqa: A004 - the word of the domain
    WarningLevel,
    WarningState,
    WatchedLine,
)
from stopline.kernel.errors import (
    AuthorityOutOfArea,
    AuthorityTooLow,
    BadField,
    NotYours,
    PowerMissing,
    Refused,
    SameHand,
    WrongState,
)
from stopline.kernel.facts import Fact
from tests.desks import START, Centre, open_centre

LINE = "+8613912345678"
PERSON = "+8613800138000"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    opened = open_centre(tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
def desk(centre: Centre) -> DissuasionDesk:
    made = DissuasionDesk(centre.office)
    body: dict[str, object] = {"case_id": "K1", "lines": [LINE], "typology": "authority"}
    with centre.as_() as ledger:
        fact = Fact(id="F0", kind="case.lines", at=START, by="t", body=body)
        made.lines_confirmed(ledger, fact)
    return made


def row(seconds: int = 300, **changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "line": LINE,
        "person": PERSON,
        "at": START.isoformat(),
        "seconds": seconds,
        "kind": "call",
        "district": "010101",
    }
    return base | changes


def expose(centre: Centre, desk: DissuasionDesk, *rows: object) -> dict[str, object]:
    with centre.as_() as ledger:
        return desk.exposures(ledger, "C1", rows)


def every(centre: Centre, kind: type[Any]) -> list[Any]:
    with centre.as_() as ledger:
        return ledger.find(kind)


def test_a_long_talk_warns_and_sends_a_visit_and_a_repetition_changes_nothing(
    centre: Centre, desk: DissuasionDesk
) -> None:
    for _time in range(2):
        expose(centre, desk, row())
    (warning,) = every(centre, Warning)
    assert (warning.level, warning.state) == (WarningLevel.HIGH, WarningState.ISSUED)
    assert (warning.role, warning.typology) == ("potential_victim", "authority")
    assert warning.evidence == ("K1",)
    (visit,) = every(centre, Visit)
    assert (visit.district, visit.state) == ("010101", VisitState.ISSUED)
    assert len(every(centre, Telling)) == 1


def test_a_warning_is_raised_and_told_again_only_when_its_level_rises(centre: Centre, desk: DissuasionDesk) -> None:
    for minute, seconds in enumerate((0, 5, 50, 5, 300)):
        at = (START - timedelta(minutes=10 - minute)).isoformat()
        expose(centre, desk, row(seconds, at=at))
    (warning,) = every(centre, Warning)
    assert (warning.contacts_count, warning.level) == (5, WarningLevel.HIGH)
    assert len(every(centre, Telling)) == 3  # low, mid, high


def test_a_line_on_no_watch_warns_nobody_and_nothing_is_kept(centre: Centre, desk: DissuasionDesk) -> None:
    assert expose(centre, desk, row(line="13900000000"))["warnings"] == 0
    assert every(centre, Warning) == []


def test_lines_of_another_desk_s_watch_count_with_their_blocks_as_evidence(
    centre: Centre, desk: DissuasionDesk
) -> None:
    other = "+8613900000000"
    with centre.as_() as ledger:
        desk.exposures(ledger, "C1", [row(line=other)], [{"line": other, "typology": "loan"}])
    (warning,) = every(centre, Warning)
    assert (warning.typology, warning.evidence) == ("loan", ("verdicts",))


def test_one_report_tells_of_a_line_and_a_second_confirms_it(centre: Centre, desk: DissuasionDesk) -> None:
    line = "+8613911111111"
    for number in (1, 2):
        body: dict[str, object] = {
            "report_id": f"R{number}",
            "typology": "loan",
            "district": "010101",
            "lines": [line],
        }
        fact = Fact(id=f"F{number}", kind="report.received", at=START, by="t", body=body)
        for _time in range(2):
            with centre.as_() as ledger:
                desk.protect(ledger, fact)
        with centre.as_() as ledger:
            assert ledger.get(WatchedLine, line).confirmed is (number == 2)
            assert (line in {one["line"] for one in desk.watch(ledger)}) is (number == 2)
    assert [fact.kind for fact in centre.facts()].count("lines.reported") == 2


@pytest.mark.parametrize(
    "bad",
    [
        row(seconds=-1),
        row(seconds=10**9),
        row(at="1900-01-01T00:00:00+08:00"),
        row(at="noon"),
        row(person=""),
        row(kind="visit"),
        row(district="北京"),
        "row",
    ],
)
def test_a_bad_row_is_named_and_costs_no_other(centre: Centre, desk: DissuasionDesk, bad: object) -> None:
    result = expose(centre, desk, bad, row())
    assert (result["accepted"], result["warnings"]) == (1, 1)
    assert isinstance(result["rejects"], list)
    assert [reject["row"] for reject in result["rejects"]] == [1]


def test_texts_go_to_the_carrier_that_referred_and_only_to_it(centre: Centre, desk: DissuasionDesk) -> None:
    expose(centre, desk, row())
    with centre.as_() as ledger:
        assert desk.deliveries(ledger, "C2") == []
        (text,) = desk.deliveries(ledger, "C1")
        assert desk.deliveries(ledger, "C1") == []
    assert (text["to"], text["kind"]) == (PERSON, "warning")
    assert "冒充公检法" in str(text["text_zh"])
    with centre.as_() as ledger, pytest.raises(NotYours):
        desk.delivered(ledger, "C2", str(text["id"]))
    for _time in range(2):
        with centre.as_() as ledger:
            desk.delivered(ledger, "C1", str(text["id"]))
    (warning,) = every(centre, Warning)
    assert warning.state is WarningState.DELIVERED
    assert [fact.kind for fact in centre.facts()].count("warning.delivered") == 1


def test_a_visit_from_the_lead_to_the_last_follow_up(centre: Centre, desk: DissuasionDesk) -> None:
    expose(centre, desk, row())
    (visit,) = every(centre, Visit)
    act = centre.act
    with pytest.raises(AuthorityTooLow):
        act(desk, "station-010101", "visit", "dispatch", visit.id)
    act(desk, "lead-dissuasion", "visit", "dispatch", visit.id)
    with pytest.raises(AuthorityOutOfArea):
        act(desk, "station-010102", "visit", "sign", visit.id)
    with pytest.raises(PowerMissing):
        act(desk, "analyst1", "visit", "sign", visit.id)
    for step in ("sign", "locate"):
        act(desk, "station-010101", "visit", step, visit.id)
    act(desk, "station-010101", "visit", "meet", visit.id, outcome="dissuaded")
    for ordinal, days in enumerate((1, 6, 23), start=1):
        centre.later(days=days)
        for _time in range(2):
            with centre.as_() as ledger:
                desk.tick(ledger)
        due = [fact for fact in centre.facts() if fact.kind == "visit.follow_up_due"]
        assert [fact.body["ordinal"] for fact in due] == [ordinal]
        act(desk, "station-010101", "visit", "follow_up", visit.id, result="safe")
    (done,) = every(centre, Visit)
    assert (done.state, done.outcome, len(done.follow_ups)) == (VisitState.CLOSED, "dissuaded", 3)


def test_the_person_may_refuse_at_any_step_and_no_act_is_coercive(centre: Centre, desk: DissuasionDesk) -> None:
    assert not any(act.coercive for act in desk.acts())
    expose(centre, desk, row())
    (visit,) = every(centre, Visit)
    centre.act(desk, "lead-dissuasion", "visit", "dispatch", visit.id)
    centre.act(desk, "station-010101", "visit", "refuse", visit.id)
    with pytest.raises(WrongState):
        centre.act(desk, "station-010101", "visit", "meet", visit.id, outcome="dissuaded")


def test_visits_to_one_person_are_capped(centre: Centre, desk: DissuasionDesk) -> None:
    expose(centre, desk, row())
    (warning,) = every(centre, Warning)
    for count in (1, 2, 3):
        visit = next(one for one in every(centre, Visit) if one.state is VisitState.ISSUED)
        with pytest.raises(Refused):
            centre.act(desk, "lead-dissuasion", "warning", "visit", warning.id)
        centre.act(desk, "lead-dissuasion", "visit", "dispatch", visit.id)
        centre.act(desk, "station-010101", "visit", "refuse", visit.id)
        if count < 3:
            centre.act(desk, "lead-dissuasion", "warning", "visit", warning.id)
    with pytest.raises(Refused, match="3 were made"):
        centre.act(desk, "lead-dissuasion", "warning", "visit", warning.id)
    assert len(every(centre, Visit)) == 3


def test_who_opts_out_is_left_alone(centre: Centre, desk: DissuasionDesk) -> None:
    expose(centre, desk, row())
    (warning,) = every(centre, Warning)
    with centre.as_() as ledger:
        desk.opt_out(ledger, warning.code.lower())
    assert every(centre, Visit)[0].state is VisitState.CLOSED
    assert expose(centre, desk, row(at=(START - timedelta(hours=1)).isoformat()))["warnings"] == 0


def test_a_code_proves_a_visit_genuine_and_tells_of_nobody(centre: Centre, desk: DissuasionDesk) -> None:
    expose(centre, desk, row())
    (visit,) = every(centre, Visit)
    with centre.as_() as ledger:
        told = desk.verify(ledger, visit.code)
        assert desk.verify(ledger, "ABCDEFGH") == {"answer": "unknown"}
    assert told == {"answer": "official", "kind": "visit", "district": "010101", "closed": False}


def test_everything_about_a_person_is_erased_at_its_term(centre: Centre, desk: DissuasionDesk) -> None:
    expose(centre, desk, row())
    centre.later(days=40)
    with centre.as_() as ledger:
        desk.tick(ledger)
    rows = [*every(centre, Warning), *every(centre, Visit), *every(centre, Telling)]
    assert rows
    assert not any(PERSON in str(one) for one in rows)


def test_warnings_cannot_be_reached_from_the_records_of_cases() -> None:
    assert not {Warning, Visit, Telling} & set(cases.RECORDS)
    assert {one.READ_POWER.value for one in (Warning, Visit, Telling)} == {"dissuade"}


def test_a_district_that_nobody_named_is_named_by_the_lead(centre: Centre, desk: DissuasionDesk) -> None:
    expose(centre, desk, row(district=""))
    (visit,) = every(centre, Visit)
    with pytest.raises(BadField, match="district"):
        centre.act(desk, "lead-dissuasion", "visit", "dispatch", visit.id)
    centre.act(desk, "lead-dissuasion", "visit", "dispatch", visit.id, district="010102")
    centre.act(desk, "station-010102", "visit", "sign", visit.id)


def report_many(centre: Centre, desk: DissuasionDesk, district: str, typology: str, n: int) -> None:
    for number in range(n):
        key = f"{district}{typology}{number}"
        body: dict[str, object] = {
            "report_id": key,
            "typology": typology,
            "district": district,
            "lines": [],
        }
        with centre.as_() as ledger:
            fact = Fact(id=key, kind="report.received", at=START, by="t", body=body)
            desk.protect(ledger, fact)


def test_a_trick_that_grows_in_a_district_gets_a_lesson_that_two_hands_bring_there(
    centre: Centre, desk: DissuasionDesk
) -> None:
    for district in ("010101", "010102", "010201", "010202"):
        report_many(centre, desk, district, "rebate", 6)
    report_many(centre, desk, "010102", "shopping", 12)
    centre.later(minutes=10)
    for _time in range(2):
        with centre.as_() as ledger:
            desk.tick(ledger)
    grown = [fact.body for fact in centre.facts() if fact.kind == "trick.growing"]
    assert grown == [{"typology": "shopping", "district": "010102", "count": 12}]
    (lesson,) = every(centre, Lesson)
    new = {"text_zh": "请先核实再付款", "text_en": "check before you pay"}
    centre.act(desk, "editor1", "lesson", "edit", lesson.id, **new)
    with pytest.raises(SameHand):
        centre.act(desk, "editor1", "lesson", "review", lesson.id)
    with pytest.raises(WrongState):
        centre.act(desk, "editor2", "lesson", "publish", lesson.id)
    centre.act(desk, "editor2", "lesson", "review", lesson.id)
    centre.act(desk, "editor2", "lesson", "publish", lesson.id)
    with centre.as_() as ledger:
        for carrier in ("C1", "C2"):
            (text,) = desk.deliveries(ledger, carrier)
            assert (text["to"], text["kind"]) == ("district:010102", "lesson")
        assert desk.lessons(ledger, "010101") == []
        (live,) = desk.lessons(ledger, "010102")
    assert live["text_en"] == "check before you pay"
    assert "right" not in str(live)


def test_knowledge_gain_is_measured_before_and_after(centre: Centre, desk: DissuasionDesk) -> None:
    report_many(centre, desk, "010101", "rebate", 6)
    report_many(centre, desk, "010102", "shopping", 12)
    centre.later(minutes=10)
    with centre.as_() as ledger:
        desk.tick(ledger)
    lesson = every(centre, Lesson)[0]
    for name in ("review", "publish"):
        centre.act(desk, "editor1", "lesson", name, lesson.id)
    for phase, answers in (("before", [1, 0]), ("after", [0, 1])):
        for _person in range(5):
            with centre.as_() as ledger:
                desk.quiz(ledger, lesson.id, answers, before_after=phase)
    with centre.as_() as ledger:
        after = ledger.get(Lesson, lesson.id)
        with pytest.raises(BadField):
            desk.quiz(ledger, lesson.id, [0], before_after="after")
        with pytest.raises(BadField):
            desk.quiz(ledger, lesson.id, [0, 1], before_after="during")
    assert (after.state, after.gain_ratio) == (LessonState.MEASURED, 1.0)
