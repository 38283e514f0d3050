"""One text, four answers: the machine, plain NumPy, plain Python and DuckDB never differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.rules.features import Channel
from tests.unit.screening.rules.languages import (
    Row,
    boolean,
    by_duckdb,
    by_machine,
    by_numpy,
    by_oracle,
    conditions,
    rows,
)

ASKED = st.sampled_from(Channel).flatmap(
    lambda channel: st.tuples(st.just(channel), st.lists(boolean(channel, 2), min_size=1, max_size=6), rows(channel))
)


@given(ASKED)
def test_four_back_ends_say_the_same_of_every_row(asked: tuple[Channel, list[str], list[Row]]) -> None:
    channel, texts, given_rows = asked
    found = conditions(channel, texts)
    machine = by_machine(channel, found, given_rows)
    assert by_oracle(found, given_rows) == machine
    assert by_numpy(channel, found, given_rows) == machine
    assert by_duckdb(channel, found, given_rows) == machine
