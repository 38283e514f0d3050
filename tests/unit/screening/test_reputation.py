"""What is told of a number in public lapses, is redressed at once, and never stops a call by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from stopline.kernel.actors import machine
from stopline.kernel.clock import micros
from stopline.screening.lists import VICTIMS, NumberLists
from stopline.screening.numbers import NumberCodes
from stopline.screening.records import CalledVictim, ReportedLine, Snooze
from stopline.screening.reputation import PublicState
from tests.unit.screening.desks import Screening, make_screening

CODES = NumberCodes()
NUMBER = "+8617012345678"
NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
TERM = timedelta(days=30)  # report_days as shipped


@pytest.fixture
def screening(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path)
    yield made
    made.store.close()


def state(screening: Screening) -> PublicState:
    with screening.store.read(machine("public")) as ledger:
        return screening.desk.public_state(ledger, NUMBER)


def victims(screening: Screening) -> list[tuple[str, bool]]:
    with screening.store.read(machine("screening")) as ledger:
        return [(kept.number, kept.expired) for kept in ledger.find(CalledVictim)]


def line(number: str, *, lapses_in: timedelta = timedelta(days=30)) -> ReportedLine:
    return ReportedLine(
        id=number,
        typology="",
        reports_count=1,
        first_at=NOON,
        newest_at=NOON,
        expires_at=NOON + lapses_in,
        sources=(),
    )


def test_a_block_counts_its_other_numbers_until_the_newest_lapses() -> None:
    lists = NumberLists(CODES)
    for number in ("+8617012345601", "+8617012345602", "+8617012345603"):
        lists.report(line(number))
    lists.report(line("+8617012345603", lapses_in=timedelta(days=40)))  # told again: one number still
    asked = ["+8617012345601", "+8617012345699", "+8617012345701", "110", ""]
    codes = CODES.codes(asked, len(asked))
    noon = np.full(len(asked), micros(NOON))
    assert lists.answers(codes, noon).block_reports_count.tolist() == [2, 3, 0, 0, 0]
    own_lapsed = noon + 31 * 86_400_000_000  # its own report is still no other number's
    assert lists.answers(codes, own_lapsed).block_reports_count.tolist() == [2, 3, 0, 0, 0]
    later = noon + 41 * 86_400_000_000
    assert lists.answers(codes, later).block_reports_count.tolist() == [0, 0, 0, 0, 0]


def test_who_was_called_in_a_case_is_known_for_its_term() -> None:
    lists = NumberLists(CODES)
    lists.rebuild((), (), (), [CalledVictim(id="C1", number=NUMBER, expires_at=NOON + timedelta(days=1))])
    codes = CODES.codes([NUMBER, "+8613800138000"], 2)
    assert lists.on(VICTIMS, codes, np.full(2, micros(NOON))).tolist() == [1, 0]
    assert lists.on(VICTIMS, codes, np.full(2, micros(NOON + timedelta(days=1)))).tolist() == [0, 0]


def test_a_report_is_told_until_it_lapses(screening: Screening) -> None:
    screening.release()
    screening.fact("case.lines", case_id="C1", lines=[NUMBER], called="+8613800138000")
    assert state(screening) is PublicState.REPORTED
    screening.later(TERM - timedelta(hours=1))
    assert state(screening) is PublicState.REPORTED
    screening.later(timedelta(hours=1))
    assert state(screening) is PublicState.UNKNOWN


def test_redress_takes_the_report_from_the_public_at_once_and_while_it_runs(screening: Screening) -> None:
    screening.release()
    screening.fact("case.lines", case_id="C1", lines=[NUMBER], called="+8613800138000")
    now = screening.clock.now()
    granted = Snooze(
        id="S1", number=NUMBER, rules=("call.burst",), verdict_id="", appeal_id="A1", from_at=now,
        expires_at=now + timedelta(days=7),
    )  # fmt: skip
    with screening.store.act(machine("screening")) as ledger:
        ledger.save(granted, act="snooze.grant")
    assert state(screening) is PublicState.UNKNOWN
    screening.later(timedelta(days=8))
    assert state(screening) is PublicState.REPORTED


def test_a_called_victim_is_forgotten_with_the_term(screening: Screening) -> None:
    screening.release()
    screening.fact("case.lines", case_id="C1", lines=[NUMBER], called="+8613800138000")
    assert victims(screening) == [("+8613800138000", False)]
    screening.later(TERM + timedelta(days=1))
    assert victims(screening) == [("", True)]
