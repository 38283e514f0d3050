from __future__ import annotations

import pytest

from stopline.borders.matching import Closeness, Identity, closeness, document_key, full_date

ORDER = Identity(name="张伟", name_latin="Zhang Wei", birth_on="1988-05-01", document_no="E12345678")


def traveller(**changes: str) -> Identity:
    told = {"name": "李四", "name_latin": "Li Si", "birth_on": "1990-01-01", "document_no": "X9"} | changes
    return Identity(**told)


@pytest.mark.parametrize(
    ("told", "close"),
    [
        ({"document_no": "e 1234-5678"}, Closeness.DOCUMENT),
        ({"document_no": "Ｅ１２３４５６７８"}, Closeness.DOCUMENT),
        ({"name": "张 伟", "birth_on": "1988-05-01"}, Closeness.NAME_AND_BIRTH),
        ({"name": "", "name_latin": "WEI ZHANG", "birth_on": "1988-05-01"}, Closeness.NAME_AND_BIRTH),
        ({"name": "", "name_latin": "ZHANG,Wéi", "birth_on": "1988-05-01"}, Closeness.NAME_AND_BIRTH),
        ({"name": "张伟"}, Closeness.LOOK_CLOSER),
        ({"name": "张伟", "birth_on": ""}, Closeness.LOOK_CLOSER),
        ({"name": "张伟", "birth_on": "1988"}, Closeness.LOOK_CLOSER),
        ({"birth_on": "1988-05-01"}, Closeness.NOTHING),
        ({}, Closeness.NOTHING),
    ],
)
def test_how_close_a_traveller_is(told: dict[str, str], close: Closeness) -> None:
    assert closeness(ORDER, traveller(**told)) is close


def test_an_empty_document_is_nobodys() -> None:
    assert closeness(Identity(name="a", name_latin="", birth_on="", document_no=""), traveller(document_no="")) is (
        Closeness.NOTHING
    )
    assert document_key(" -- ") == ""


@pytest.mark.parametrize("partial", ["", "1988", "1988-05", "1988-05-0x", "19880501"])
def test_a_partial_date_is_no_second_datum(partial: str) -> None:
    assert not full_date(partial)
