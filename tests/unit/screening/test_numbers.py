"""Codes of numbers agree with the kernel's reading, text by text, on the fast way and on the slow one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.phone import NumberKind, read_number
from stopline.screening.numbers import HASHED, HOME, KINDS, SHIFT, VALID, WITHHELD, Keys, NumberCodes, kinds

DIGITS = "0123456789"
MOBILES = st.builds(lambda head, tail: f"+861{head}{tail}", st.text(DIGITS, min_size=2, max_size=4), st.text(DIGITS))
EXACT = st.builds(lambda tail: f"+861{tail}", st.text(DIGITS, min_size=10, max_size=10))
FIXED = st.builds(lambda tail: f"0{tail}", st.text(DIGITS, min_size=8, max_size=11))
SHORT = st.sampled_from(["110", "95588", "96110", "10086", "106575258192144", "1069", "955", "4008123123"])
ABROAD = st.builds(lambda tail: f"+{tail}", st.text(DIGITS, min_size=3, max_size=16))
ANY = st.text(max_size=20)
TEXTS = st.one_of(MOBILES, EXACT, FIXED, SHORT, ABROAD, ANY, st.sampled_from(["", "anonymous", "sip:+8613800138000@x"]))


@given(st.lists(TEXTS, max_size=8))
def test_a_code_tells_what_the_kernel_reads(texts: list[str]) -> None:
    codes = NumberCodes().codes(texts, len(texts))
    for text, code, kind in zip(texts, codes.tolist(), kinds(codes).tolist(), strict=True):
        number = read_number(text)
        assert KINDS[kind] is number.kind, text
        if number.kind is NumberKind.WITHHELD:
            assert code == WITHHELD
            continue
        assert bool(code & VALID) == number.valid, text
        if not code & HASHED:
            assert str(code >> SHIFT) == number.normalised.removeprefix("+"), text


@given(st.text(DIGITS, min_size=5, max_size=5), st.text(DIGITS, min_size=6, max_size=6), st.text(DIGITS, min_size=6))
def test_a_prefix_learned_from_one_mobile_holds_for_every_other(prefix: str, one: str, other: str) -> None:
    codes = NumberCodes()
    codes.code(f"+86{prefix}{one}")
    number = read_number(f"+86{prefix}{other[:6]}")
    code = codes.code(f"+86{prefix}{other[:6]}")
    assert KINDS[code & 7] is number.kind
    assert bool(code & VALID) == number.valid


def test_the_same_number_has_one_code_however_it_is_written() -> None:
    codes = NumberCodes()
    assert len({codes.code(text) for text in ("+8613800138000", "13800138000", "008613800138000")}) == 1


def test_a_national_desk_is_told_from_a_foreign_number() -> None:
    codes = NumberCodes()
    assert codes.code("02885551234") & HOME
    assert codes.code("95588") & HOME
    assert not codes.code("+95912345678") & HOME


def test_what_is_malformed_keeps_a_code_of_its_own() -> None:
    codes = NumberCodes()
    odd = [codes.code(text) for text in ("\x01abc", "+", "++86", "1" * 40)]
    assert len(set(odd)) == len(odd)
    assert all(code != WITHHELD for code in odd)


def test_a_missing_identifier_has_the_key_nought() -> None:
    keys = Keys().keys([None, "", "imei-1", "imei-2", "imei-1"], 5).tolist()
    assert keys[:2] == [0, 0]
    assert keys[2] == keys[4] != keys[3]
    assert 0 not in keys[2:]
