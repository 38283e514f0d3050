"""Links, numbers and contact names as they stand in a message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stopline.screening.text.extract import MOST, contacts


def test_each_kind_is_found_once_and_in_order() -> None:
    found = contacts("看 http://a.top/x 和a.top/y，加微信：abc_123 或致电138-0013-8000，再看 http://a.top/x")
    assert found.links == ("http://a.top/x", "a.top/y")
    assert found.numbers == ("13800138000",)
    assert found.handles == ("abc_123",)


def test_prose_has_none() -> None:
    found = contacts("晚上7点半老地方见，带30块钱。ok.see you")
    assert (found.links, found.numbers, found.handles) == ((), (), ())


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_is_read(text: str) -> None:
    found = contacts(text)
    assert all(len(part) <= MOST for part in (found.links, found.numbers, found.handles))
