"""Columns are parsed at the edge: a row that cannot be used is told with its reason, the others stay."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from stopline.kernel.clock import micros
from stopline.kernel.errors import BadField
from stopline.screening.columns import MISSING, abroad_of, read_calls, read_ends, read_instant, read_messages

AT = datetime(2026, 3, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-10T08:00:00+08:00",
        "2026-03-10T00:00:00Z",
        AT,
        AT.replace(tzinfo=None),
        1773100800,
        1773100800_000,
        1773100800_000_000,
        " 1773100800 ",
    ],
)
def test_one_instant_is_read_in_every_form(value: object) -> None:
    assert read_instant(value) == micros(AT)


@pytest.mark.parametrize(
    "value",
    [
        "1900-01-01T00:00:00Z",
        "2100-01-01T00:00:00Z",
        "2026-03-10T08:00",
        "soon",
        5,
        -1,
        10**18,
        1.5,
        True,
        None,
        [],
        "",
    ],
)
def test_what_is_no_usable_instant_is_refused(value: object) -> None:
    with pytest.raises(BadField):
        read_instant(value)


def test_a_bad_row_does_not_cost_the_others() -> None:
    batch, rejects = read_calls(
        {
            "at": [AT, "1900-01-01T00:00:00Z", AT, AT, None],
            "calling": ["13800138000", "1", 4.5, None, "1"],
            "called": ["1", "2", "3", 13900139000, "5"],
        }
    )
    assert batch.rows.tolist() == [0, 3]
    assert batch.calling == ["13800138000", None]
    assert batch.called == ["1", "13900139000"]
    assert [(reject.row, reject.why.split(" ", 1)[0]) for reject in rejects] == [(1, "at"), (2, "calling"), (4, "at")]


def test_instants_in_arrow_columns_are_bounded_too() -> None:
    at = np.array(["2026-03-10T00:00:00", "1900-01-01", "NaT"], dtype="datetime64[us]")
    batch, rejects = read_calls({"at": at, "calling": ["1", "2", "3"], "called": ["1", "2", "3"]})
    assert batch.at_us.tolist() == [micros(AT)]
    assert [reject.row for reject in rejects] == [1, 2]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadField, match="called"):
        read_calls({"at": [AT], "calling": ["1"]})
    with pytest.raises(BadField, match="ended_at"):
        read_ends({"at": [AT], "calling": ["1"], "called": ["1"]})
    with pytest.raises(BadField, match="equally long"):
        read_messages({"text": ["a", "b"], "sender": ["x"]})


def test_messages_need_a_text_without_nul() -> None:
    batch, rejects = read_messages({"text": ["ok", None, "a\x00b", "", "x" * 20_001]})
    assert batch.text == ["ok", ""]
    assert batch.at_us.tolist() == [MISSING, MISSING]
    assert [reject.row for reject in rejects] == [1, 2, 4]


def test_signalling_from_abroad_is_told_by_trunk_then_by_network() -> None:
    of = abroad_of()
    trunks = ["intl-1", "domestic-3", None, None, None, None, "", None]
    origins = ["CN-1", "MM-1", "MM-mpt", "46000", "41401", "C1", "CN-ct", None]
    assert of(trunks, origins).tolist() == [1, 0, 1, 0, 1, -1, 0, -1]
