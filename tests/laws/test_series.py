"""Joining a series is reversible, and nothing joins without a person."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopline.cases.desk import CasesDesk
from stopline.cases.report import Report
from stopline.cases.series import JoinState, Series, SeriesJoin, SeriesMember
from stopline.kernel.errors import Refused, WrongState
from tests.desks import Centre, open_centre

_NUMBERS = itertools.count(10_000_000)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    opened = open_centre(Path(tmp_path_factory.mktemp("series")))
    yield opened
    opened.store.close()


def reports(centre: Centre, uses: list[list[int]]) -> list[str]:
    """Tell one report a list of lines; fresh numbers each time, so that examples do not meet."""
    desk, base = CasesDesk(), next(_NUMBERS) * 10
    made = []
    for lines in uses:
        with centre.as_() as ledger:
            one, _receipt = desk.receive(
                ledger,
                {
                    "phone": "13800138000",
                    "district": "010101",
                    "text": "told",
                    "typology": "loan",
                    "calling": [f"+44{base + line}" for line in lines],
                    "happened_at": (ledger.at - timedelta(hours=1)).isoformat(),
                },
            )
        made.append(one.id)
        centre.deliver({"report.received": [desk.link_report]}, times=2)
    return made


def standing(centre: Centre, made: list[str]) -> dict[str, str | None]:
    with centre.as_() as ledger:
        return {one.id: one.series_id for one in ledger.find(Report, id=tuple(made))}


lines = st.lists(st.lists(st.integers(0, 4), max_size=2, unique=True), min_size=2, max_size=6)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines, st.randoms(use_true_random=False))
def test_decisions_undone_in_reverse_leave_everything_as_it_stood(
    centre: Centre, uses: list[list[int]], chance: st.DrawFn
) -> None:
    desk = CasesDesk()
    made = reports(centre, uses)
    with centre.as_() as ledger:
        proposed = [join for join in ledger.find(SeriesJoin, state=JoinState.PROPOSED.value) if join.report_id in made]
    nothing = standing(centre, made)
    assert set(nothing.values()) <= {None}  # a proposal joins nobody
    history = []
    for join in proposed:
        before = standing(centre, made)
        try:
            centre.act(desk, "analyst1", "series_join", "decide", join.id, choice="same")
        except Refused:
            continue
        history.append((join.id, before))
    for join_id, before in reversed(history):
        centre.act(desk, "analyst1", "series_join", "undo", join_id, reason="look again")
        assert standing(centre, made) == before
        with pytest.raises(WrongState):
            centre.act(desk, "analyst1", "series_join", "undo", join_id, reason="twice")
    assert standing(centre, made) == nothing


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines)
def test_every_proposed_join_rests_on_a_line_that_both_reports_name(centre: Centre, uses: list[list[int]]) -> None:
    made = reports(centre, uses)
    named = dict(zip(made, uses, strict=True))
    with centre.as_() as ledger:
        for join in ledger.find(SeriesJoin):
            if join.report_id not in named:
                continue
            shared = [piece for piece in join.evidence if piece.kind == "line"]
            assert shared
            for piece in shared:
                assert set(named[piece.report_a]) & set(named[piece.report_b])
            ledger.get(Series, join.series_id)
        for member in ledger.find(SeriesMember, id=tuple(made)):
            assert member.stage.value == "proposed"
