"""The words every part speaks: money, ids, numbers, clocks, errors."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stopline.kernel import errors
from stopline.kernel.clock import SetClock, instant, micros
from stopline.kernel.errors import AuthorityTooLow, BadField, StoplineError
from stopline.kernel.ids import Ids, reference_key
from stopline.kernel.money import Money, apportion
from stopline.kernel.phone import NumberKind, read_number

AT = datetime(2026, 3, 10, tzinfo=UTC)
instants = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12)


@given(total=st.integers(0, 10**15), weights=WEIGHTS)
def test_a_split_gives_out_every_unit_and_nobody_more_than_one_unit_off(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    assume(whole)
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert total * weight // whole <= part <= total * weight // whole + 1
        assert weight or not part


def test_money_refuses_floats_debts_and_another_currency() -> None:
    for minor in (-1, 1.0, True, "1", 10**18):
        with pytest.raises(BadField):
            Money(minor)  # type: ignore[arg-type]  # what is tested is the refusal
    with pytest.raises(BadField):
        Money(1, "CNY") + Money(1, "USD")
    with pytest.raises(BadField):
        Money(1) - Money(2)
    assert Money(5) - Money(2) == Money(3)


@given(at=instants)
def test_an_instant_survives_as_microseconds(at: datetime) -> None:
    assert instant(micros(at)) == at


@given(earlier=instants, gap=st.timedeltas(timedelta(milliseconds=1), timedelta(days=900)))
def test_ids_sort_by_time_and_references_are_read_as_they_are_typed(earlier: datetime, gap: timedelta) -> None:
    ids = Ids(random.Random(7).randbytes)
    assert ids.new(earlier) < ids.new(earlier + gap)
    reference = ids.reference()
    assert reference_key(reference) == reference
    typed = reference.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert reference_key(typed) == reference


def test_references_hold_160_bits_and_do_not_repeat() -> None:
    ids = Ids(os.urandom)
    made = {ids.reference() for _ in range(1_000)}
    assert len(made) == 1_000
    assert {len(one.replace("-", "")) * 5 for one in made} == {160}


def test_a_clock_set_back_becomes_unsure_and_stays() -> None:
    clock = SetClock(AT)
    clock.move_to(AT + timedelta(hours=1))
    assert clock.sure()
    clock.move_to(AT)
    assert (clock.now(), clock.sure()) == (AT + timedelta(hours=1), False)


@given(raw=st.text(max_size=100))
def test_any_text_is_read_as_a_number_and_kept(raw: str) -> None:
    number = read_number(raw)
    assert number.raw == raw
    assert len(number.normalised) <= 100
    assert number.valid or number.kind in (NumberKind.MALFORMED, NumberKind.WITHHELD, NumberKind.FOREIGN)


def test_a_desk_line_that_comes_from_abroad_is_spoofed_and_a_mobile_roams() -> None:
    assert read_number("01012345678", from_abroad=True).spoofed_as == "+861012345678"
    assert read_number("13812345678", from_abroad=True).spoofed_as is None
    assert read_number("95588").kind is NumberKind.SHORT_CODE
    assert read_number("").kind is NumberKind.WITHHELD


def test_every_error_says_itself_even_without_its_facts() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, StoplineError)]
    assert len(kinds) > 30
    for kind in kinds:
        assert str(kind())
        assert kind.__doc__
        assert kind.__name__ in (errors.__doc__ or "")
    told = AuthorityTooLow(entry="E", needs="PROVINCE", officer="o", has="COUNTY")
    assert str(told) == "E needs a signature at level PROVINCE, o signs at COUNTY"
    assert told.needs == "PROVINCE"
    with pytest.raises(AttributeError):
        _ = told.nothing
