"""The kernel that reads columns of numbers says what `NumberCodes.code` says, text by text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.inline.parsing import NumberReader
from stopline.screening.numbers import WITHHELD, NumberCodes

DIGITS = "0123456789"
MOBILES = st.builds(lambda tail: f"+861{tail}", st.text(DIGITS, min_size=9, max_size=11))
BARE = st.builds(lambda tail: f"1{tail}", st.text(DIGITS, min_size=9, max_size=11))
IP_CALLS = st.builds(lambda tail: f"179{tail}", st.text(DIGITS, min_size=6, max_size=16))
FIXED = st.builds(lambda tail: f"0{tail}", st.text(DIGITS, min_size=8, max_size=11))
ABROAD = st.builds(lambda tail: f"+{tail}", st.text(DIGITS, min_size=3, max_size=16))
HOSTILE = st.sampled_from(
    (
        *(
            "",
            "anonymous",
            "1" * 40,
            "+86138001380\uff100",
            "+861380013800a",
            "\x00",
            "abc\x00",
            "95588",
            "106575258192144",
        ),
        *("+8619999999999", "19999999999", "sip:+8613800138000@x", "\u94f6\u884c", " 13800138000", "+86 138 0013 8000"),
    )
)
TEXTS = st.one_of(MOBILES, BARE, IP_CALLS, FIXED, ABROAD, HOSTILE, st.text(max_size=30)).map(
    lambda text: text.encode("utf-8", "replace").decode()
)


@given(st.lists(TEXTS, max_size=12))
def test_an_arrow_column_is_read_as_text_by_text(texts: list[str]) -> None:
    column = pa.array(texts, type=pa.string())
    _nulls, offsets, data = column.buffers()
    starts = np.frombuffer(offsets, dtype=np.int32)[: len(texts) + 1] if texts else np.zeros(1, dtype=np.int32)
    letters = np.frombuffer(data or b"", dtype=np.uint8)
    codes, plain = NumberCodes(), NumberCodes()
    reader = NumberReader(codes)
    expected = [plain.code(text) for text in texts]
    for _time in range(2):  # the second time from what it remembers
        assert reader.utf8(letters, starts).tolist() == expected


@given(st.lists(TEXTS, max_size=12))
def test_fixed_width_bytes_are_read_as_text_by_text(texts: list[str]) -> None:
    column = np.array([text.encode() for text in texts], dtype="S24")
    plain = NumberCodes()
    reader = NumberReader(NumberCodes())
    expected = [plain.code(raw.decode("utf-8", "replace")) for raw in column.tolist()]
    for _time in range(2):
        assert reader.fixed(column).tolist() == expected


@given(st.text(DIGITS, min_size=4, max_size=4), st.text(DIGITS, min_size=6, max_size=6), st.text(DIGITS, min_size=6))
def test_what_one_bare_mobile_teaches_holds_for_its_neighbours(head: str, one: str, other: str) -> None:
    reader, plain = NumberReader(NumberCodes()), NumberCodes()
    reader.fixed(np.array([f"1{head}{one}".encode()], dtype="S24"))
    text = f"1{head}{other[:6]}"
    assert reader.fixed(np.array([text.encode()], dtype="S24")).tolist() == [plain.code(text)]


def test_bytes_that_are_no_text_are_a_named_outcome() -> None:
    reader = NumberReader(NumberCodes())
    odd = reader.fixed(np.array([b"\xff\xfe", b"+861380013\xff000", b""], dtype="S24")).tolist()
    assert odd[2] == WITHHELD
    assert len(set(odd)) == 3
    assert min(odd) >= 0


def test_a_column_of_nothing_has_no_codes() -> None:
    reader = NumberReader(NumberCodes())
    assert reader.fixed(np.zeros(0, dtype="S24")).tolist() == []
    assert reader.fixed(np.zeros(2, dtype="S0")).tolist() == [WITHHELD, WITHHELD]
