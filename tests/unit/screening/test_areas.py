"""A whole area is a ground only under a measure of the national level, only as far as it reaches, and ends with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stopline.kernel.actors import machine
from stopline.kernel.errors import AuthorizationMissing, BadField, GroundForbidden, ReleaseInvalid
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from stopline.screening.records import EntryState, NumberEntry, Release, ReleaseState
from stopline.screening.rules.pack import AREA_ENTRY
from tests.factories import REGISTER, draft_for, make_office
from tests.unit.screening.desks import PACK, Screening, make_screening

AREA = next(one for one in REGISTER.current() if one.id == AREA_ENTRY)
RULE = """- id: call.area
  on: call
  title: {zh: 地区, en: Area}
  reason: {zh: 地区, en: Area}
  typology: area
  severity: hold
  precision: 0.6
  entry: CN.ATF.35.area
  owner: rules desk
  when: "starts_with(calling, '+86139') AND calls_1h >= 5"
  tests:
    - {given: {calling: "+8613912345678", calls_1h: 9}, expect: yes}
    - {given: {calling: "+8613912345678", calls_1h: 1}, expect: no}
"""
AREA_PACK = PACK + RULE


@pytest.fixture
def screening(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path)
    yield made
    made.store.close()


def entry(screening: Screening, **body: object) -> str:
    expires_at = screening.clock.now() + timedelta(days=2)
    fields = {"list_kind": "watch", "typology": "x", "reason": "y", "prefix": True, "expires_at": expires_at}
    return screening.do("owner", "number_entry", "new", "", **{**fields, **body})


def in_force(screening: Screening, ref: str) -> str:
    office = make_office()
    with screening.store.act(machine("test")) as ledger:
        measure = office.draft(ledger, draft_for(AREA, ref=ref, amount_minor=None))
        live = replace(measure, state=MeasureState.IN_FORCE, expires_at=ledger.at + timedelta(days=3))
        ledger.save(live, act="test.in_force")
    return live.id


def state(screening: Screening, release: str) -> ReleaseState:
    with screening.store.read(machine("test")) as ledger:
        return ledger.get(Release, release).state


@pytest.mark.parametrize(
    "number",
    ["+86139", "+86", "0086", "86 1", "86139", "8613900", "139", "028", "+8628", "+95", "+1212", "", "+", "８６１３９"],
)
def test_a_prefix_that_covers_a_region_is_refused_however_it_is_spelled(screening: Screening, number: str) -> None:
    with pytest.raises((GroundForbidden, BadField)):
        entry(screening, number=number)
    with pytest.raises((GroundForbidden, BadField)):
        entry(screening, number="+861701234", more=[number])


@pytest.mark.parametrize(
    "number",
    ["+8613900280²", "+861701234-+861701239", "+861701234,139", "ICBC", "+861701234*", "sip:+861701234", "1701234"],
)
def test_a_prefix_is_one_beginning_in_one_spelling(screening: Screening, number: str) -> None:
    with pytest.raises(BadField, match="country code"):
        entry(screening, number=number)


@pytest.mark.parametrize(
    "number", ["+8613900280000-+8613900289999", "+86139002800%", "*", "anonymous", "139..199", "²"]
)
def test_a_range_or_a_pattern_is_no_number(screening: Screening, number: str) -> None:
    with pytest.raises(BadField, match="one number"):
        entry(screening, number=number, prefix=False)


def test_ten_narrow_prefixes_are_not_let_in_where_the_wide_one_is_not(screening: Screening) -> None:
    ten = [f"+86139002{digit}" for digit in range(10)]
    with pytest.raises(GroundForbidden, match="most of"):
        entry(screening, number=ten[0], more=ten[1:])
    for number in ten[:4]:
        entry(screening, number=number)
    with pytest.raises(GroundForbidden, match="together"):
        entry(screening, number=ten[4])
    scattered = [f"+861390{place:03d}" for place in range(1, 200)]
    with pytest.raises(GroundForbidden):
        entry(screening, number="+861391000", more=scattered, list_kind="exempt")


def test_a_desk_code_and_a_country_are_two_prefixes(screening: Screening) -> None:
    screening.release()
    made = entry(screening, number="95912")
    screening.do("reviewer", "number_entry", "sign", made)
    said = screening.calls(calling=["95912", "+95912345678"])
    assert said.columns["verdict"] == ["FLAG", "PASS"]


def test_an_area_measure_grounds_what_it_names_and_no_longer_than_it_lasts(screening: Screening) -> None:
    screening.release()
    measure = in_force(screening, "+86139")
    with pytest.raises(GroundForbidden, match="names"):
        entry(screening, number="+86138", measure_id=measure)
    with pytest.raises(GroundForbidden, match="names"):
        entry(screening, number="+86", measure_id=measure)
    with pytest.raises(BadField, match="not after its measure"):
        entry(screening, number="+86139", measure_id=measure, expires_at=screening.clock.now() + timedelta(days=9))
    made = entry(screening, number="+86139", measure_id=measure)
    screening.do("reviewer", "number_entry", "sign", made)
    assert screening.calls(calling=["+8613912345678"]).columns["verdict"] == ["FLAG"]
    screening.fact("measure.lifted", measure_id=measure)
    assert screening.calls(calling=["+8613912345678"]).columns["verdict"] == ["PASS"]
    with screening.store.read(machine("test")) as ledger:
        assert ledger.get(NumberEntry, made).state is EntryState.REMOVED


def test_an_entry_is_not_signed_once_its_area_measure_has_gone(screening: Screening) -> None:
    measure = in_force(screening, "+86139")
    made = entry(screening, number="+86139", measure_id=measure)
    with screening.store.act(machine("test")) as ledger:
        ledger.save(replace(ledger.get(Measure, measure), state=MeasureState.LIFTED), act="test.lift")
    with pytest.raises(GroundForbidden):
        screening.do("reviewer", "number_entry", "sign", made)


def test_a_rule_on_an_area_needs_a_measure_that_names_it_and_leaves_with_it(screening: Screening) -> None:
    first = screening.release()
    in_force(screening, "+86138")
    release = screening.do("owner", "release", "new", title="area", pack=AREA_PACK)
    with pytest.raises(AuthorizationMissing):
        screening.do("reviewer", "release", "sign", release)
    measure = in_force(screening, "+86139")
    screening.do("reviewer", "release", "sign", release)
    screening.do("owner", "release", "full", release)
    assert state(screening, release) is ReleaseState.FULL
    with screening.store.act(machine("test")) as ledger:
        ledger.save(replace(ledger.get(Measure, measure), state=MeasureState.LIFTED), act="test.lift")
    screening.fact("measure.lifted", measure_id=measure)
    assert (state(screening, release), state(screening, first)) == (ReleaseState.ROLLED_BACK, ReleaseState.FULL)
    assert screening.desk.live.full is not None
    assert screening.desk.live.full.id == first


def test_a_signed_release_is_not_staged_after_its_area_measure(screening: Screening) -> None:
    measure = in_force(screening, "+86139")
    release = screening.do("owner", "release", "new", title="area", pack=AREA_PACK)
    screening.do("reviewer", "release", "sign", release)
    with screening.store.act(machine("test")) as ledger:
        ledger.save(replace(ledger.get(Measure, measure), state=MeasureState.LIFTED), act="test.lift")
    for act in ("shadow", "full"):
        with pytest.raises(AuthorizationMissing):
            screening.do("owner", "release", act, release)


def test_the_rules_of_a_pack_cover_no_region_together(screening: Screening) -> None:
    ten = " OR ".join(f"starts_with(calling, '+86139002{digit}')" for digit in range(10))
    narrow = RULE.replace("CN.ATF.35.area", "CN.ATF.13.intercept")
    whole = narrow.replace("starts_with(calling, '+86139')", f"({ten})").replace("+8613912345678", "+8613900245678")
    with pytest.raises(ReleaseInvalid, match="never a ground"):
        screening.do("owner", "release", "new", title="ten", pack=PACK + whole)
    parts = "".join(
        narrow.replace("call.area", f"call.area{digit}")
        .replace("'+86139'", f"'+86139002{digit}'")
        .replace("+8613912345678", f"+86139002{digit}5678")
        for digit in range(10)
    )
    with pytest.raises(ReleaseInvalid, match="never a ground"):
        screening.do("owner", "release", "new", title="ten rules", pack=PACK + parts)
