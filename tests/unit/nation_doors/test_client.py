"""The doors from outside: codes, signatures, doors that are not open, a centre that is away."""

from __future__ import annotations

from typing import Any

import pytest

from stopline.nation.client import CentreKeys, CentreUnreachable, Doors, OrderForged, code_at
from tests.unit.nation_doors.conftest import SmallCentre

# RFC 6238 appendix B, SHA-1, the last six of its eight digits; the secret is "12345678901234567890"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
VECTORS = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.mark.parametrize(("at_s", "digits"), VECTORS)
def test_code_is_the_one_of_rfc_6238(at_s: float, digits: str) -> None:
    assert code_at(SECRET, at_s) == digits


def test_secret_may_lack_its_padding_and_be_typed_in_small_letters() -> None:
    assert code_at("jbswy3dpehpk3pxp", 59) == code_at("JBSWY3DPEHPK3PXP", 59)


def test_order_with_the_centres_signature_is_accepted(centre: SmallCentre, doors: Doors) -> None:
    order = centre.order("k", order_id="o1")
    keys = CentreKeys(doors)
    keys.check(order)  # a forged order raises


@pytest.mark.parametrize("change", [{"amount_minor": 2_000}, {"subject": "A2"}, {"signature": ""}, {"extra": 1}])
def test_order_that_was_changed_is_refused(centre: SmallCentre, doors: Doors, change: dict[str, Any]) -> None:
    order = {**centre.order("k", order_id="o1"), **change}
    with pytest.raises(OrderForged, match="order o1 is not signed by the centre"):
        CentreKeys(doors).check(order)


def test_order_is_refused_when_the_centre_shows_no_key(centre: SmallCentre, doors: Doors) -> None:
    order = centre.order("k", order_id="o1")
    centre.shown = ""
    with pytest.raises(OrderForged):
        CentreKeys(doors).check(order)


def test_door_that_is_not_there_is_counted_and_not_knocked_at_again(centre: SmallCentre, doors: Doors) -> None:
    centre.sessions["t"] = "duty1"
    for _ in range(3):
        assert not doors.get("/api/v1/ghost", token="t").ok
    assert doors.closed == {"/api/v1/ghost": 3}
    assert doors.asked_count == 1


def test_record_that_is_not_there_does_not_close_its_door(centre: SmallCentre, doors: Doors) -> None:
    centre.sessions["t"] = "duty1"
    centre.rows["measure"] = [{"id": "m1", "state": "drafted"}]
    assert doors.get("/api/v1/measure/{id}", token="t", id="m9").error == "NotFound"
    assert doors.get("/api/v1/measure/{id}", token="t", id="m1").ok
    assert not doors.closed


def test_centre_that_stays_away_is_one_clear_error(free_port: int) -> None:
    waits: list[float] = []
    doors = Doors.at(f"http://127.0.0.1:{free_port}")
    doors.pause = waits.append
    with pytest.raises(CentreUnreachable, match="does not answer"):
        doors.get("/api/v1/keys")
    assert len(waits) == 5
    assert sum(waits) < 10
