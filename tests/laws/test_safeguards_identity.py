"""Safeguards 19 to 21: no way from a name alone to a person stopped; the namesake is met once."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from stopline.borders.desk import BorderDesk
from stopline.borders.matching import Closeness, Identity, closeness, document_key, refers, traveller_key
from stopline.borders.records import HIT_STEPS, BorderOrder, Hit, HitState
from stopline.law.organisation import InstitutionKind
from tests.factories import world
from tests.scenes import TRAVELLER, fact, institution, into_force
from tests.unit.borders.test_desk import SUSPECT

NAMES = st.sampled_from(["张伟", "张 伟", "欧阳娜", "Zhang Wei", "WEI ZHANG", "Wei-Zhang", "", "Ö. Şen"])
DATES = st.sampled_from(["1988-05-01", "1988-05-02", "1988", "", "1988-05"])
NUMBERS = st.sampled_from(["E12345678", "e-1234 5678", "N1", ""])
IDENTITIES = st.builds(Identity, name=NAMES, name_latin=NAMES, birth_on=DATES, document_no=NUMBERS)


@given(order=IDENTITIES, traveller=IDENTITIES)
def test_19_whoever_shares_neither_document_nor_full_birth_date_is_never_referred(
    order: Identity, traveller: Identity
) -> None:
    same_document = document_key(order.document_no) == document_key(traveller.document_no) != ""
    full_birth = order.birth_on == traveller.birth_on and len(order.birth_on) == 10
    if refers(closeness(order, traveller)):
        assert same_document or full_birth


@given(order=IDENTITIES, traveller=IDENTITIES)
def test_closeness_is_the_same_from_both_sides(order: Identity, traveller: Identity) -> None:
    assert closeness(order, traveller) is closeness(traveller, order)


def test_19_every_state_of_a_hit_is_walked_and_none_begins_with_a_name() -> None:
    """Walk every path of acts from every closeness: only a referred traveller has a hit, and no path skips a check."""
    for close in Closeness:
        start = {HitState.RAISED} if refers(close) else set()
        reached, todo = set(start), list(start)
        while todo:
            here = todo.pop()
            for (state, _act), following in HIT_STEPS.items():
                if state is here and following not in reached:
                    reached.add(following)
                    todo.append(following)
        coercive = reached & {HitState.CONFIRMED, HitState.ACTED}
        assert bool(coercive) == (close in (Closeness.NAME_AND_BIRTH, Closeness.DOCUMENT))
    into_confirmed = [state for (state, _act), following in HIT_STEPS.items() if following is HitState.CONFIRMED]
    into_acted = [state for (state, _act), following in HIT_STEPS.items() if following is HitState.ACTED]
    assert into_confirmed == [HitState.IDENTITY_CHECKED]
    assert into_acted == [HitState.CONFIRMED]


def test_19_at_the_door_every_combination_without_a_second_datum_passes() -> None:
    with world() as made:
        desk = BorderDesk(made.office, b"k" * 32)
        with made.act() as ledger:
            ledger.save(institution("G1", InstitutionKind.PORT), act="institution")
            desk.suspect_identified(ledger, fact("suspect.identified", **SUSPECT))
            order = ledger.find(BorderOrder)[0]
        into_force(made, order.measure_id)
        with made.act() as ledger:
            desk.measure_changed(ledger, fact("measure.in_force", measure_id=order.measure_id, measure="border_stop"))
            names = ("张伟", "张 伟", "欧阳娜")
            births = ("", "1988", "1988-05", "1988-05-02")
            for place, (name, latin, birth) in enumerate(product(names, ("Zhang Wei", "WEI ZHANG", ""), births)):
                told = {"crossing_id": f"c{place}", "name": name, "name_latin": latin}
                body = TRAVELLER | told | {"birth_on": birth, "document_no": f"N{place}"}
                assert desk.crossing(ledger, "G1", body) == ("pass", None)
            assert ledger.count(Hit) == 0


@given(one=IDENTITIES, other=IDENTITIES)
def test_21_a_token_belongs_to_one_document_and_tells_nothing(one: Identity, other: Identity) -> None:
    key = b"k" * 32
    token = traveller_key(key, one)
    assert traveller_key(b"other key", one) != token
    assert not one.document_no or one.document_no not in token
    if document_key(one.document_no) != document_key(other.document_no):
        assert traveller_key(key, other) != token
