"""Safeguard 49: no small number of people can be read, nor worked out from what is published."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stopline.bulletin.indicator import SMALLEST_SHOWN, Counts, Indicator, figures_of

BOTH = {"zh": "x", "en": "x"}
PEOPLE = Indicator(
    id="p", name=BOTH, unit=BOTH, definition=BOTH, counts=Counts.PEOPLE, by_district=True, sql="SELECT 1"
)
CELLS = st.dictionaries(st.sampled_from([f"0101{n:02d}" for n in range(8)]), st.integers(0, 40), min_size=1)


@given(cells=CELLS)
def test_49_a_small_number_of_people_is_never_shown(cells: dict[str, int]) -> None:
    for figure in figures_of(PEOPLE, [(district, float(count)) for district, count in cells.items()]):
        assert figure.value is None or figure.value == 0 or figure.value >= SMALLEST_SHOWN
        assert (figure.value is None) == figure.suppressed
        assert figure.suppressed or figure.value == cells[figure.district]


@given(cells=CELLS)
def test_49_the_total_does_not_give_a_single_hidden_cell_away(cells: dict[str, int]) -> None:
    figures = figures_of(PEOPLE, [(district, float(count)) for district, count in cells.items()])
    hidden = [figure for figure in figures if figure.suppressed]
    others = [figure for figure in figures if figure.value]
    assert len(hidden) != 1 or not others
